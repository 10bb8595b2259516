"""Prices in, bound and best choice out.

The problem: a third party must be able to see that nothing better exists. For any prices of the shared
rules, the value of every allocation is at most what the rules' right-hand sides are worth plus what each
cell gains when it pays those prices. One call finds that bound, the choice that reaches it, how far this
choice uses the shared rules (where prices should move), and the transfers that prove the bound without
solving anything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import ProblemArrays
from ..problem import rule_id
from .closure import CellLinks, Closure, Transfers, list_links
from .pricing import (
    BP,
    AmountMenu,
    FundClasses,
    PricedRows,
    cheapest_mix,
    list_classes,
    list_menu,
    list_rows,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call of the oracle says.

    Attributes
    ----------
    bound : float [value units]
        No allocation is worth more.
    slope : float [prices]
        Right-hand side minus use: the bound's slope.
    level, choice : float, int [cells]
        Funded (0, 1/2, 1) and which amount of the menu when funded.
    unit_price : float [cells], [value units per 1,000 major units]
    worth, net : float [cells], [value units]
        Before and after transfers.
    transfers : Transfers
    """

    bound: float
    slope: Floats
    level: Floats
    choice: Ints
    unit_price: Floats
    worth: Floats
    net: Floats
    transfers: Transfers


class Oracle:
    """A problem laid out for pricing."""

    def __init__(self, arrays: ProblemArrays) -> None:
        self.arrays = arrays
        self.rows: PricedRows = list_rows(arrays)
        self.menu: AmountMenu = list_menu(arrays)
        self.classes: FundClasses = list_classes(arrays)
        self.funds, self.periods = arrays.budget.shape
        links = list_links(arrays)
        k = arrays.minor_per_block
        self.budget = arrays.budget / k
        self.carry = arrays.carry_limit / k
        self.keep = 1.0 - arrays.carry_fee_bp / BP
        self.owner = np.repeat(np.arange(len(arrays.fixed)), self.periods)
        self.when = np.tile(np.arange(self.periods), len(arrays.fixed))
        self.class_cell = self.classes.of[self.owner] * self.periods + self.when
        unpaid = (self.classes.share.sum(axis=1) < 1 - 1e-9)[self.classes.of][self.owner]
        needy = arrays.fixed[self.owner] + arrays.low > 0
        links.closed[:] = links.closed | (unpaid & needy) | (arrays.low > arrays.high)
        for table in (self.menu.money, self.menu.value, *self.menu.metric):
            table[:, unpaid] = 0.0
        self.links: CellLinks = links
        self.closure = Closure(links)
        self.fixed = arrays.fixed[self.owner] / k
        self.start = arrays.start[self.owner] / k
        self.size = self.funds * self.periods + len(self.rows.names)
        self.names = [
            *(rule_id("budget", fund, t) for fund in arrays.fund_ids for t in range(self.periods)),
            *(rule_id(*name) for name in self.rows.names),
        ]
        self._money = self.rows.money.T.tocsr()
        self._count = self.rows.count.T.tocsr()
        self._by_metric = self.rows.metric.tocsc()[:, np.flatnonzero(arrays.metric_floor >= 0)].toarray()
        self._everyone = np.flatnonzero(arrays.unrestricted)

    def split(self, prices: Floats) -> tuple[Floats, Floats]:
        """Split a vector of prices into those of funds [funds x periods] and those of other rows."""
        head = self.funds * self.periods
        return prices[:head].reshape(self.funds, self.periods), prices[head:]

    def unit_prices(self, prices: Floats) -> tuple[Floats, Floats]:
        """Return the price of money per cell, and its mix of funds [classes x funds x periods]."""
        funds, others = self.split(prices)
        table = np.zeros((len(self.classes.share), self.periods))
        mix = np.zeros((len(self.classes.share), self.funds, self.periods))
        for t in range(self.periods):
            table[:, t], mix[:, :, t] = cheapest_mix(self.classes, funds[:, t])
        table[~np.isfinite(table)] = 0.0
        unit = table.ravel()[self.class_cell] + self._money @ others
        unit += (others @ self.rows.total)[self.when]
        return unit, mix

    def best_amounts(self, unit: Floats, others: Floats) -> tuple[Floats, Ints]:
        """Return what working money brings at its best in every cell, net of its price, and which amount."""
        phi = -(others @ self._by_metric)  # weights added by metric floors
        best = np.full(len(unit), -np.inf)
        choice = np.zeros(len(unit), np.int64)
        for at in range(len(self.menu.money)):
            net = self.menu.value[at] - unit * self.menu.money[at]
            for m, weight in enumerate(phi.tolist()):
                if weight:
                    net += weight * self.menu.metric[m][at]
            better = net > best
            best[better] = net[better]
            choice[better] = at
        return best, choice

    def ask(self, prices: Floats) -> Reply:
        """Evaluate the bound at these prices (>= 0): budgets by fund and period, then the other rows."""
        funds, others = self.split(prices)
        unit, mix = self.unit_prices(prices)
        worth, choice = self.best_amounts(unit, others)
        fee = self.start * unit  # cost of a start
        worth -= unit * self.fixed + self._count @ others
        charge = np.where(self.links.starts, np.maximum(fee, 0.0), 0.0)
        worth -= np.where(self.when == 0, fee, np.minimum(fee, 0.0))
        cut = self.closure.solve(worth, charge)
        carried = self._carried(funds)
        bought, cheapest = self._bought(funds, others)
        level = cut.level
        starts = level - np.where(self.links.starts & (unit >= 0), np.roll(level, 1), 0.0)
        working = level * self.menu.money[choice, np.arange(len(level))]
        award = working + level * self.fixed + np.maximum(starts, 0.0) * self.start
        used = self._used(award, level, choice, mix)
        slope = np.concatenate([self.budget.ravel(), self.rows.rhs]) - used
        bound = float(self.budget.ravel() @ funds.ravel() + self.rows.rhs @ others) + cut.bound
        for f, t in zip(*np.nonzero(carried), strict=True):
            gain = self.keep[f] * funds[f, t + 1] - funds[f, t]
            bound += carried[f, t] * gain
            slope[f * self.periods + t] -= carried[f, t]
            slope[f * self.periods + t + 1] += carried[f, t] * self.keep[f]
        bound += self._buy(bought, cheapest, funds, others, slope)
        return Reply(
            bound=bound,
            slope=slope,
            level=level,
            choice=choice,
            unit_price=unit,
            worth=worth,
            net=cut.net,
            transfers=cut.transfers,
        )

    def _carried(self, funds: Floats) -> Floats:
        """Money carried on because it is worth more a period later [funds x periods]."""
        later = np.concatenate([funds[:, 1:], np.zeros((self.funds, 1))], axis=1)
        out: Floats = np.where(self.keep[:, None] * later > funds, self.carry, 0.0)
        out[:, -1] = 0.0
        return out

    def _bought(self, funds: Floats, others: Floats) -> tuple[Floats, Ints]:
        """Return stock bought because it is worth more than its price, and the fund that pays."""
        bought = np.zeros(len(others))
        payer = np.full(len(others), -1)
        for row in np.flatnonzero(self.rows.bought >= 0).tolist():
            r, t = divmod(int(self.rows.bought[row]), self.periods)
            if not len(self._everyone):
                continue
            payer[row] = self._everyone[np.argmin(funds[self._everyone, t])]
            cost = self.price_k(r, t) * funds[payer[row], t]
            most = max(0.0, float(self.rows.count[row].sum()) - self.rows.rhs[row])
            bought[row] = most if others[row] > cost else 0.0
        return bought, payer

    def price_k(self, r: int, t: int) -> float:
        """Price of a unit of a resource [1,000 major units]."""
        return float(self.arrays.price[r, t]) / self.arrays.minor_per_block

    def _buy(self, bought: Floats, payer: Ints, funds: Floats, others: Floats, slope: Floats) -> float:
        gain = 0.0
        for row in np.flatnonzero(bought).tolist():
            r, t = divmod(int(self.rows.bought[row]), self.periods)
            price = self.price_k(r, t)
            gain += bought[row] * (others[row] - price * funds[payer[row], t])
            slope[self.funds * self.periods + row] += bought[row]
            slope[int(payer[row]) * self.periods + t] -= bought[row] * price
        return gain

    def _used(self, award: Floats, level: Floats, choice: Ints, mix: Floats) -> Floats:
        """Use of every row by this choice, budgets first."""
        spent = np.bincount(self.class_cell, award, len(mix) * self.periods).reshape(len(mix), self.periods)
        paid = np.einsum("cft,ct->ft", mix, spent)
        used = self.rows.money @ award + self.rows.count @ level
        used += self.rows.total @ np.bincount(self.when, award, self.periods)
        cells = np.arange(len(level))
        for m, table in enumerate(self.menu.metric):
            used += self._by_metric[:, m] * float((table[choice, cells] * level).sum())
        return np.concatenate([paid.ravel(), used])
