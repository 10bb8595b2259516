"""Floors, caps and budgets as a small linear problem over pools, in which every named rule can give way.

The problem: a solver that says "infeasible" has said nothing. Here the rules of people (budgets, earmarks,
limits, locks, stocks, overrides) are rows with a slack, and the nature of the interventions (what they can
take) is not; the slacks that are needed, and the prices of the rows, are the conflict. Money flows by
signature, so that the problem has some dozens of rows whatever the number of interventions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from ..arrays import UNSET, Bool, ProblemArrays
from ..columns import FULL_BP
from ..model.pulp_bridge import SmallLP
from ..problem import period_label, rule_id
from ..tables import Int
from .pools import Reach, counting_lines, money_unit, outcome_lines, pools_of, spans

Floats = NDArray[np.float64]
EASY = 1e-6  # slack below which a rule holds [solver units]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that can give way.

    Attributes
    ----------
    id : str
        Rule id.
    kind : str
        First part of the id; ``lock`` stands for all that must be funded in one pool, ``barred`` for all that
        a decision keeps out of it.
    place : tuple of int
        Fund and period, limit, pool, resource and period, actor and period, override or metric.
    row : int
        In the linear problem.
    unit : float
        What one unit of slack is: minor units, funded cells, units in kind or millionths of outcome.
    slack : int
        Column that lets the rule give way.
    """

    id: str
    kind: str
    place: tuple[int, ...]
    row: int
    unit: float
    slack: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An earmark that could be opened: money of one fund for what it does not admit.

    Attributes
    ----------
    fund, signature : int
        Which fund; whom it does not admit.
    limit : int
        The group for which it would be opened, -1 for all with the signature.
    column : int
        In the linear problem.
    """

    fund: int
    signature: int
    limit: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """The least by which rules give way.

    Attributes
    ----------
    short : float [solver units]
        Weighted sum of the slacks; above ``EASY`` the rules cannot all hold.
    values : float64 array
        Every column.
    prices : float64 array
        Every row.
    """

    short: float
    values: Floats
    prices: Floats

    @property
    def is_met(self) -> bool:
        """Whether the rules that were kept can all hold."""
        return self.short <= EASY


@dataclass(slots=True)
class _Sheet:
    """A linear problem under construction."""

    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    entries: list[tuple[Int, Int, Floats]] = field(default_factory=list)
    width: int = 0

    def columns(self, count: int, lower: object = 0.0, upper: object = np.inf) -> Int:
        """Add columns and return their positions."""
        self.lower.append(np.broadcast_to(np.asarray(lower, float), count))
        self.upper.append(np.broadcast_to(np.asarray(upper, float), count))
        self.width += count
        return np.arange(self.width - count, self.width, dtype=np.int64)

    def row(self, lower: float, upper: float) -> int:
        """Add a row and return its position."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1

    def put(self, row: ArrayLike, column: ArrayLike, value: ArrayLike) -> None:
        """Add coefficients; those at one place are summed."""
        rows, columns, values = np.broadcast_arrays(
            np.asarray(row), np.asarray(column), np.asarray(value, float)
        )
        self.entries.append((rows.ravel().astype(np.int64), columns.ravel().astype(np.int64), values.ravel()))

    def matrix(self) -> sp.csc_matrix:
        """Return the coefficients."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        return sp.coo_matrix((values, (rows, columns)), shape=(len(self.row_lower), self.width)).tocsc()


class PolicySpace:
    """The rules of a problem over pools.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    reach : Reach
        What every cell can take.
    overrides : Mapping[tuple[int, str], str]
        Override that bounds an intervention's award, by position and kind.
    openings : bool
        Whether earmarks can be opened.
    """

    def __init__(
        self,
        arrays: ProblemArrays,
        reach: Reach,
        overrides: Mapping[tuple[int, str], str] | None = None,
        *,
        openings: bool = True,
    ) -> None:
        self.arrays, self.reach = arrays, reach
        self.overrides = overrides or {}
        bounded = np.flatnonzero((arrays.at_least > 0) | (arrays.at_most != UNSET)).tolist()
        self.pools = pools_of(arrays, reach, bounded)
        self.unit = money_unit(reach)
        self.rules: list[Rule] = []
        self.openings: list[Opening] = []
        self._sheet = _Sheet()
        self._waiting: list[tuple[str, str, tuple[int, ...], int, float, float]] = []
        self._money()
        self._budgets()
        self._spans()
        self._locks()
        self._limits()
        self._in_kind()
        self._actors()
        self._own_bounds()
        self._metrics()
        start = self._sheet.width
        if openings:
            self._openings()
        self._slacks()
        self._changing = np.arange(start, self._sheet.width, dtype=np.int64)
        sheet = self._sheet
        self._lp = SmallLP(
            cost=np.zeros(sheet.width),
            lower=np.concatenate(sheet.lower),
            upper=np.concatenate(sheet.upper),
            matrix=sheet.matrix(),
            row_lower=np.array(sheet.row_lower),
            row_upper=np.array(sheet.row_upper),
        )

    def solve(
        self,
        costs: Mapping[Rule, float],
        *,
        opened: Iterable[Opening] = (),
        price: float = 0.0,
        spending: float | Floats = 0.0,
    ) -> Answer:
        """Find the least weighted slack; rules without a cost hold.

        Parameters
        ----------
        costs : Mapping[Rule, float]
            Cost of a unit of slack; 0 takes the rule out.
        opened : iterable of Opening
            Earmarks that are open.
        price : float
            Cost of a unit of money through what is opened.
        spending : float or array [P]
            Cost of a unit of money that is awarded.
        """
        cost, upper = np.zeros(len(self._changing)), np.zeros(len(self._changing))
        for rule, weight in costs.items():
            upper[rule.slack - self._changing[0]] = np.inf
            cost[rule.slack - self._changing[0]] = weight
        for opening in opened:
            upper[opening.column - self._changing[0]] = np.inf
            cost[opening.column - self._changing[0]] = price
        self._lp.change_costs(self._changing, cost)
        self._lp.change_bounds(self._changing, 0.0, upper)
        self._lp.change_costs(self.award, spending)
        found = self._lp.solve()
        if found.x is None or found.row_dual is None:
            return Answer(short=np.inf, values=np.zeros(0), prices=np.zeros(0))
        return Answer(short=found.objective, values=found.x, prices=found.row_dual)

    def is_possible(self, kept: Iterable[Rule], opened: Iterable[Opening] = ()) -> bool:
        """Return whether some rules can hold together, whatever the others say."""
        stay = set(kept)
        costs = {rule: 1.0 if rule in stay else 0.0 for rule in self.rules}
        return self.solve(costs, opened=opened).is_met

    def _name(self, kind: str, rule: str, place: tuple[int, ...], row: int, unit: float, sign: float) -> None:
        self._waiting.append((kind, rule, place, row, unit, sign))

    def _slacks(self) -> None:
        columns = self._sheet.columns(len(self._waiting))
        for (kind, rule, place, row, unit, sign), column in zip(self._waiting, columns.tolist(), strict=True):
            self._sheet.put(row, column, -sign)
            self.rules.append(Rule(id=rule, kind=kind, place=place, row=row, unit=unit, slack=column))

    def _money(self) -> None:
        """Awards of pools, flows of funds to signatures, and that both agree."""
        arrays, pools, sheet = self.arrays, self.pools, self._sheet
        periods = arrays.period_count
        self.award = sheet.columns(len(pools), 0.0, (pools.most + pools.spare) / self.unit)
        keys, self.home = np.unique(pools.signature * periods + pools.period, return_inverse=True)
        self.home = self.home.reshape(-1)
        self.keys = keys
        self.balance = np.array([sheet.row(0.0, 0.0) for _ in keys], np.int64)
        sheet.put(self.balance[self.home], self.award, -1.0)
        stands_for = np.zeros(len(keys), np.int64)
        stands_for[self.home] = pools.first
        admitted = arrays.eligible[stands_for]
        where, fund = np.nonzero(admitted)
        self.flow_key, self.flow_fund = where, fund
        self.flow = sheet.columns(len(where))
        sheet.put(self.balance[where], self.flow, 1.0)
        self.stands_for = stands_for
        for at in np.flatnonzero((arrays.share_num < arrays.share_den)[stands_for[where], fund]).tolist():
            key, payer = int(where[at]), int(fund[at])
            who = int(stands_for[key])
            row = sheet.row(-np.inf, 0.0)
            inside = self.award[self.home == key]
            sheet.put(row, self.flow[at], 1.0)
            sheet.put(row, inside, -arrays.share_num[who, payer] / arrays.share_den[who, payer])
            self._name(
                "earmark", rule_id("earmark", arrays.fund_ids[payer]), (payer, key), row, self.unit, 1.0
            )

    def _budgets(self) -> None:
        arrays, sheet = self.arrays, self._sheet
        funds, periods = arrays.budget.shape
        self.carry = sheet.columns(funds * periods, 0.0, arrays.carry_limit.ravel() / self.unit)
        self.budget = np.zeros((funds, periods), np.int64)
        for fund in range(funds):
            for period in range(periods):
                row = sheet.row(-np.inf, arrays.budget[fund, period] / self.unit)
                self.budget[fund, period] = row
                sheet.put(row, self.carry[fund * periods + period], 1.0)
                if period:
                    kept = 1 - arrays.carry_fee_bp[fund] / FULL_BP
                    sheet.put(row, self.carry[fund * periods + period - 1], -kept)
                name = rule_id("budget", arrays.fund_ids[fund], period)
                self._name("budget", name, (fund, period), row, self.unit, 1.0)
        sheet.put(self.budget[self.flow_fund, self.keys[self.flow_key] % periods], self.flow, 1.0)

    def _spans(self) -> None:
        """Bound awards over all periods: a start is paid only after a period without money."""
        most = spans(self.arrays, self.reach)
        if most is None:
            return
        pools = self.pools
        owner = np.repeat(np.arange(self.arrays.n), self.arrays.period_count)
        living = pools.of_cell != UNSET
        kind = np.full(self.arrays.n, UNSET, np.int64)
        kind[owner[living]] = pools.kind[pools.of_cell[living]]
        for one in np.unique(pools.kind).tolist():
            total, own = int(most[kind == one].sum()), np.flatnonzero(pools.kind == one)
            if total < int((pools.most + pools.spare)[own].sum()):
                row = self._sheet.row(-np.inf, total / self.unit)
                self._sheet.put(row, self.award[own], 1.0)

    def _locks(self) -> None:
        for pool in np.flatnonzero(self.pools.locked).tolist():
            row = self._sheet.row(self.pools.least[pool] / self.unit, np.inf)
            self._sheet.put(row, self.award[pool], 1.0)
            self._name("lock", rule_id("lock", "*", pool), (pool,), row, self.unit, -1.0)
        for pool in np.flatnonzero(self.pools.spare_members).tolist():
            row = self._sheet.row(-np.inf, self.pools.most[pool] / self.unit)
            self._sheet.put(row, self.award[pool], 1.0)
            self._name("barred", rule_id("barred", pool), (pool,), row, self.unit, 1.0)

    def inside(self, at: int) -> Bool:
        """Return which pools are in the group and period of a limit [P]."""
        limits = self.arrays.limits
        members = np.zeros(self.arrays.n, bool)
        members[limits.members.at(at)] = True
        found = members[self.pools.first]
        period = int(limits.period[at])
        return found if period == UNSET else found & (self.pools.period == period)

    def _limits(self) -> None:
        limits, sheet = self.arrays.limits, self._sheet
        self.counts: Int | None = None
        for at in range(len(limits)):
            parts = (limits.kind[at], limits.group[at], period_label(int(limits.period[at])))
            inside = self.inside(at)
            period = int(limits.period[at])
            for kind, bound, sign in (("floor", limits.floor[at], -1.0), ("cap", limits.cap[at], 1.0)):
                if bound != UNSET:
                    row = self._bound(bound / self.unit, sign)
                    sheet.put(row, self.award[inside], 1.0)
                    self._name(kind, rule_id(kind, *parts), (at,), row, self.unit, sign)
            for kind, share, sign in (
                ("floor-share", limits.floor_bp[at], -1.0),
                ("cap-share", limits.cap_bp[at], 1.0),
            ):
                if share != UNSET:
                    row = self._bound(0.0, sign)
                    spent = inside if period == UNSET else self.pools.period == period
                    spent = np.ones(len(self.pools), bool) if period == UNSET else spent
                    sheet.put(row, self.award[inside], 1.0)
                    sheet.put(row, self.award[spent], -share / FULL_BP)
                    self._name(kind, rule_id(kind, *parts), (at,), row, self.unit, sign)
            for kind, count, sign in (
                ("floor-count", limits.floor_count[at], -1.0),
                ("cap-count", limits.cap_count[at], 1.0),
            ):
                if count != UNSET:
                    row = self._bound(float(count), sign)
                    sheet.put(row, self.number()[inside], 1.0)
                    self._name(kind, rule_id(kind, *parts), (at,), row, 1.0, sign)

    def _bound(self, value: float, sign: float) -> int:
        return self._sheet.row(value, np.inf) if sign < 0 else self._sheet.row(-np.inf, value)

    def number(self) -> Int:
        """Return the columns that count funded cells, made when first asked for [P].

        The money of a pool is tied to their number: at least the cheapest awards, at most the largest.
        """
        if self.counts is None:
            sheet, pools = self._sheet, self.pools
            both = pools.members + pools.spare_members
            self.counts = sheet.columns(len(pools), 0.0, both.astype(float))
            for pool, slope, base, sign in counting_lines(self.reach, pools):
                row = self._bound(base / self.unit, sign)
                sheet.put(row, self.award[pool], 1.0)
                sheet.put(row, self.counts[pool], -slope / self.unit)
            for pool in np.flatnonzero(pools.locked).tolist():
                row = sheet.row(float(pools.locked[pool]), np.inf)
                sheet.put(row, self.counts[pool], 1.0)
                self._name("lock", rule_id("lock", "*", pool), (pool,), row, 1.0, -1.0)
            for pool in np.flatnonzero(pools.spare_members).tolist():
                row = sheet.row(-np.inf, float(pools.members[pool]))
                sheet.put(row, self.counts[pool], 1.0)
                self._name("barred", rule_id("barred", pool), (pool,), row, 1.0, 1.0)
        return self.counts

    def _in_kind(self) -> None:
        arrays, sheet, pools = self.arrays, self._sheet, self.pools
        if not len(arrays.need):
            return
        number, periods = self.number(), arrays.period_count
        buyers = np.flatnonzero(arrays.unrestricted)
        for what in range(len(arrays.resource_ids)):
            quantity = np.zeros(arrays.n, np.int64)
            own = arrays.need[:, 1] == what
            np.add.at(quantity, arrays.need[own, 0], arrays.need_quantity[own])
            by_cell = np.repeat(quantity, periods)
            for period in range(periods):
                row = sheet.row(-np.inf, float(arrays.stock[what, period]))
                for pool in np.flatnonzero((pools.period == period) & (quantity[pools.first] > 0)).tolist():
                    cells = np.flatnonzero(pools.of_cell == pool)
                    least = float(by_cell[cells].min())
                    surplus = float((by_cell[cells][self.reach.on[cells]] - least).sum())
                    sheet.put(row, number[pool], least)
                    sheet.row_upper[row] -= surplus
                if arrays.price[what, period] != UNSET:
                    bought = sheet.columns(len(buyers))
                    sheet.put(self.budget[buyers, period], bought, 1.0)
                    sheet.put(row, bought, -self.unit / max(1, int(arrays.price[what, period])))
                name = rule_id("stock", arrays.resource_ids[what], period)
                self._name("stock", name, (what, period), row, 1.0, 1.0)

    def _actors(self) -> None:
        """Parts of awards of actors who cannot take on everything."""
        arrays, sheet, pools = self.arrays, self._sheet, self.pools
        actors = arrays.actors
        for actor, period in np.argwhere(actors.cap != UNSET).tolist():
            row = sheet.row(-np.inf, actors.cap[actor, period] / self.unit)
            rows = np.flatnonzero(actors.actor == actor)
            at_of = dict(zip(actors.intervention[rows].tolist(), rows.tolist(), strict=True))
            for pool in np.flatnonzero(pools.period == period).tolist():
                at = at_of.get(int(pools.first[pool]))
                if at is None:
                    continue
                if actors.share_bp[at] != UNSET:
                    sheet.put(row, self.award[pool], actors.share_bp[at] / FULL_BP)
                else:
                    cells = np.flatnonzero((pools.of_cell == pool) & self.reach.on) // arrays.period_count
                    low = sum(int(actors.low[at_of[who]]) for who in cells.tolist())
                    sheet.row_upper[row] -= low / self.unit
            name = rule_id("actor", actors.ids[actor], period)
            self._name("actor", name, (actor, period), row, self.unit, 1.0)

    def _own_bounds(self) -> None:
        """Add the overrides that bound an award over all periods."""
        arrays, sheet = self.arrays, self._sheet
        for kind, bounds, sign in (("at_least", arrays.at_least, -1.0), ("at_most", arrays.at_most, 1.0)):
            for who in np.flatnonzero((bounds > 0) if sign < 0 else (bounds != UNSET)).tolist():
                row = self._bound(bounds[who] / self.unit, sign)
                sheet.put(row, self.award[self.pools.first == who], 1.0)
                name = self.overrides.get((who, kind), arrays.intervention_ids[who])
                self._name(kind, rule_id("override", name), (who,), row, self.unit, sign)

    def _metrics(self) -> None:
        """Least outcomes, from the best use of a pool's money and every bonus."""
        arrays, sheet = self.arrays, self._sheet
        for metric in np.flatnonzero(arrays.metric_floor > 0).tolist():
            lines = outcome_lines(arrays, self.pools, metric)
            outcome = sheet.columns(len(self.pools))
            typical = max(1.0, float(arrays.metric_floor[metric]) / 1000)
            for pool, slope, base in lines:
                row = sheet.row(-np.inf, base / typical)
                sheet.put(row, outcome[pool], 1.0)
                sheet.put(row, self.award[pool], -slope * self.unit / typical)
            extra = int(arrays.bonus_micro.sum() + arrays.intensity_micro.sum()) * arrays.period_count
            row = sheet.row((float(arrays.metric_floor[metric]) - extra) / typical, np.inf)
            sheet.put(row, outcome, 1.0)
            self._name("metric", rule_id("metric", arrays.metric_ids[metric]), (metric,), row, typical, -1.0)

    def _openings(self) -> None:
        """Money of every fund for groups with a floor, and for what is locked, that it does not admit."""
        limits = self.arrays.limits
        floors = [
            at for at in range(len(limits)) if limits.floor[at] != UNSET or limits.floor_bp[at] != UNSET
        ]
        masks = [(at, self.inside(at)) for at in floors]
        masks.append((UNSET, (self.pools.locked > 0) | (self.arrays.at_least[self.pools.first] > 0)))
        for limit, mask in masks:
            for key in np.unique(self.home[mask]).tolist():
                closed = np.flatnonzero(~self.arrays.eligible[self.stands_for[key]])
                if len(closed):
                    self._open(limit, key, mask & (self.home == key), closed)

    def _open(self, limit: int, key: int, mask: Bool, closed: Int) -> None:
        sheet, period = self._sheet, int(self.keys[key] % self.arrays.period_count)
        columns = sheet.columns(len(closed))
        sheet.put(self.balance[key], columns, 1.0)
        sheet.put(self.budget[closed, period], columns, 1.0)
        row = sheet.row(-np.inf, 0.0)
        sheet.put(row, columns, 1.0)
        sheet.put(row, self.award[mask], -1.0)
        for fund, column in zip(closed.tolist(), columns.tolist(), strict=True):
            self.openings.append(Opening(fund=fund, signature=key, limit=limit, column=column))
