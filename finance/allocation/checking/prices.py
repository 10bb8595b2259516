"""Prices on rules, and the bound that they prove by arithmetic alone.

The problem: nobody can check a solver's tree by hand. With a price on every rule that ties choices
together, each intervention in each period (a **cell**) stands alone: no allocation is worth more than what
the rules' bounds cost at these prices, plus what each cell gains when it pays them. This holds for any
prices from 0 up, so a bound is re-computed from the problem and the prices, and nothing else has to be
believed. Decision 0026 derives each term.

Everything is counted in whole **grains**: 1 / (10**9 * minor units in 1,000 major units) of value. Prices
of money are in nano value per 1,000 major units, so a price times minor units is grains. Whatever is
rounded is rounded up in the bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import UNSET, Bool, ProblemArrays, Ragged
from ..columns import FULL_BP, MICRO
from ..tables import Int

NANO = 10**9
PER_MICRO = NANO // MICRO
SAFE = 2.0**61
Grains = NDArray[Any]  # int64, or objects where that would overflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Multipliers:
    """A price, from 0 up, for every rule and every tie between choices.

    Attributes
    ----------
    budget : int array [F, T] [nano value per 1,000 major units]
    floor, cap, floor_share, cap_share : int array [G] [nano value per 1,000 major units]
    floor_count, cap_count : int array [G] [nano value]
    stock : int array [R, T] [nano value per unit]
    metric : int array [M] [nano value per unit of outcome]
    at_least, at_most : int array [n] [nano value per 1,000 major units]
    churn : int array [1] [nano value per 1,000 major units]
    actor : int array [A, T] [nano value per 1,000 major units]
    needs : int array [Q, T] [nano value]
        What the first gives to the second.
    any_of, alternatives : int array [lists, T] [nano value]
        What the first gives to each of the rest; what each member pays.
    bonus, intensity : int array [items, T] [nano value]
        What each member gets of the value; the last one gets what is left.
    overlap : int array [W, T] [nano value]
        What each of two pays, up to the penalty.
    start : int array [J] [nano value]
        What a cell gives to the one before for its start cost, up to that cost.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> prices = Multipliers.none(problem.arrays)
    >>> price_bound(problem.arrays, prices)  # nothing costs anything
    Fraction(9, 50)
    >>> prices.budget[0, 0] = 2 * 10**9
    >>> price_bound(problem.arrays, prices)  # money costs what it brings
    Fraction(4, 25)
    """

    budget: Int
    floor: Int
    cap: Int
    floor_share: Int
    cap_share: Int
    floor_count: Int
    cap_count: Int
    stock: Int
    metric: Int
    at_least: Int
    at_most: Int
    churn: Int
    actor: Int
    needs: Int
    any_of: Int
    alternatives: Int
    bonus: Int
    intensity: Int
    overlap: Int
    start: Int

    @classmethod
    def none(cls, arrays: ProblemArrays) -> Self:
        """Return prices that are all 0, to be written into."""
        limits, periods = len(arrays.limits), arrays.period_count
        by_limit = ("floor", "cap", "floor_share", "cap_share", "floor_count", "cap_count")
        shapes: dict[str, tuple[int, ...]] = {
            "budget": arrays.budget.shape,
            **dict.fromkeys(by_limit, (limits,)),
            "stock": arrays.stock.shape,
            "metric": (len(arrays.metric_ids),),
            "at_least": (arrays.n,),
            "at_most": (arrays.n,),
            "churn": (1,),
            "actor": arrays.actors.cap.shape,
            "needs": (len(arrays.needs), periods),
            "any_of": (len(arrays.any_of), periods),
            "alternatives": (len(arrays.alternatives), periods),
            "bonus": (len(arrays.bonus.items), periods),
            "intensity": (len(arrays.intensity.items), periods),
            "overlap": (len(arrays.overlap), periods),
            "start": (len(arrays.open),),
        }
        return cls(**{field.name: np.zeros(shapes[field.name], np.int64) for field in fields(cls)})


def price_bound(arrays: ProblemArrays, multipliers: Multipliers) -> Fraction:
    """Return what no allocation can exceed, exactly, for any prices from 0 up.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    multipliers : Multipliers
        A price for every rule.

    Returns
    -------
    Fraction
        The bound [value units].

    Raises
    ------
    ValueError
        When a price is negative or an array has another shape.
    """
    expected, there = Multipliers.none(arrays), _existing(arrays)
    for field in fields(Multipliers):
        given = getattr(multipliers, field.name)
        if given.shape != getattr(expected, field.name).shape or (given < 0).any():
            raise ValueError(f"{field.name} has shape {given.shape}, or a price below 0")
        if field.name in there and given[~there[field.name]].any():
            raise ValueError(f"{field.name} has a price where there is no rule")
    return _Bound(arrays, multipliers).total()


def _existing(arrays: ProblemArrays) -> dict[str, Bool]:
    """Say where rules stand that need not be there."""
    limits = arrays.limits
    bounds = {
        "floor": limits.floor,
        "cap": limits.cap,
        "floor_share": limits.floor_bp,
        "cap_share": limits.cap_bp,
        "floor_count": limits.floor_count,
        "cap_count": limits.cap_count,
        "metric": arrays.metric_floor,
        "at_least": arrays.at_least,
        "at_most": arrays.at_most,
        "churn": np.array([arrays.churn_bp]),
        "actor": arrays.actors.cap,
    }
    return {name: bound != UNSET for name, bound in bounds.items()}


class _Bound:
    """One bound on its way."""

    def __init__(self, arrays: ProblemArrays, multipliers: Multipliers) -> None:
        self.arrays = arrays
        self.prices = multipliers
        self.periods = arrays.period_count
        self.block = arrays.minor_per_block
        self.kind: Any = np.int64 if self._fits() else object
        self.constant = 0
        cells = len(arrays.open)
        self.owner = np.repeat(np.arange(arrays.n), self.periods)
        self.money = np.zeros(cells, self.kind)  # price of money by cap, floor and the like
        self.parts = np.zeros(cells, self.kind)  # the same in 1 / 10,000
        self.worth = np.zeros(cells, self.kind)  # by choice alone [nano value]

    def _fits(self) -> bool:
        """Say whether int64 holds every number of a cell."""
        arrays, prices = self.arrays, self.prices
        money = float(np.max(arrays.fixed + arrays.start, initial=0)) + float(np.max(arrays.high, initial=0))
        unit = sum(
            float(getattr(prices, name).sum(dtype=float))
            for name in ("budget", "floor", "cap", "at_least", "at_most", "churn")
        )
        unit += FULL_BP * sum(
            float(getattr(prices, name).sum(dtype=float)) for name in ("floor_share", "cap_share", "actor")
        )
        metric = float(prices.metric.sum(dtype=float)) * float(np.max(arrays.metric_gain, initial=0))
        gain = PER_MICRO * float(np.max(arrays.gain, initial=0)) + metric
        choice = sum(
            float(getattr(prices, field.name).sum(dtype=float))
            for field in fields(Multipliers)
            if field.name not in {"budget", "floor", "cap", "stock", "metric"}
        )
        choice += float(prices.stock.sum(dtype=float)) * float(arrays.need_quantity.sum(dtype=float))
        choice += PER_MICRO * float(
            arrays.bonus_micro.sum(dtype=float) + arrays.intensity_micro.sum(dtype=float)
        )
        costs = [float(arrays.price.max(initial=0)) * float(prices.budget.max(initial=0))]
        return max([(unit + gain) * money, choice * self.block, metric * money, *costs]) < SAFE

    def total(self) -> Fraction:
        """Add everything up."""
        self._funds()
        self._limits()
        self._overrides()
        self._stocks()
        self._actors()
        self._ties()
        self._shares()
        mix, payable = self._mix()
        shut = self._shut(payable)
        cost = mix + self.money + self.parts // FULL_BP
        value = self._best(cost, payable) - cost * self.arrays.fixed[self.owner] + self.worth * self.block
        value = self._started(value, cost, shut)
        must = self.arrays.must
        value = np.where(shut, 0, np.where(must, value, np.maximum(value, 0)))
        return Fraction(self.constant + sum(value.tolist()), NANO * self.block)

    def _funds(self) -> None:
        """Add budgets, and what keeping money for later may bring."""
        arrays, lam = self.arrays, self.prices.budget.tolist()
        for f, row in enumerate(lam):
            self.constant += sum(
                price * money for price, money in zip(row, arrays.budget[f].tolist(), strict=True)
            )
            part = FULL_BP - int(arrays.carry_fee_bp[f])
            limits = arrays.carry_limit[f].tolist()
            for limit, (now, later) in zip(limits, pairwise(row), strict=False):
                self.constant -= -limit * max(0, part * later - FULL_BP * now) // FULL_BP

    def _scope(self, members: Int, period: int) -> Int:
        when = np.arange(self.periods) if period < 0 else np.array([period])
        cells: Int = (members[:, None] * self.periods + when).ravel()
        return cells

    def _limits(self) -> None:
        limits, prices = self.arrays.limits, self.prices
        everyone = np.arange(self.arrays.n)
        for at, (period, floor, cap) in enumerate(
            zip(limits.period.tolist(), limits.floor.tolist(), limits.cap.tolist(), strict=True)
        ):
            cells = self._scope(limits.members.at(at), period)
            up, down = int(prices.floor[at]), int(prices.cap[at])
            self.constant += down * cap - up * floor
            self.money[cells] += down - up
            least, most = int(prices.floor_share[at]), int(prices.cap_share[at])
            if least or most:
                self.parts[cells] += FULL_BP * (most - least)
                spread = least * int(limits.floor_bp[at]) - most * int(limits.cap_bp[at])
                self.parts[self._scope(everyone, period)] += spread
            more, fewer = int(prices.floor_count[at]), int(prices.cap_count[at])
            self.constant += fewer * int(limits.cap_count[at]) * self.block
            self.constant -= more * int(limits.floor_count[at]) * self.block
            self.worth[cells] += more - fewer

    def _overrides(self) -> None:
        """Add bounds of single awards, least outcomes and the limit on what may move."""
        arrays, prices = self.arrays, self.prices
        for name, bound, sign in (("at_least", arrays.at_least, -1), ("at_most", arrays.at_most, 1)):
            price = getattr(prices, name)
            for at in np.flatnonzero(price).tolist():
                self.constant += sign * int(price[at]) * int(bound[at])
                self.money[self._scope(np.array([at]), UNSET)] += sign * int(price[at])
        for price, least in zip(prices.metric.tolist(), arrays.metric_floor.tolist(), strict=True):
            self.constant -= price * least * self.block // MICRO
        if churn := int(prices.churn[0]):
            earlier = int(np.maximum(arrays.previous, 0).sum())
            self.constant -= -churn * arrays.churn_bp * earlier // FULL_BP + churn * earlier

    def _stocks(self) -> None:
        arrays, lam = self.arrays, self.prices.budget
        rho = np.zeros(arrays.stock.shape, object)
        for r, t in np.argwhere(self.prices.stock).tolist():
            grains = int(self.prices.stock[r, t]) * self.block
            if arrays.price[r, t] != UNSET and arrays.unrestricted.any():
                grains = min(grains, int(arrays.price[r, t]) * int(lam[arrays.unrestricted, t].min()))
            rho[r, t] = grains
            self.constant += grains * int(arrays.stock[r, t])
        self.in_kind = np.zeros(len(arrays.open), self.kind)
        for t in np.flatnonzero(rho.any(axis=0)).tolist():
            grains = rho[arrays.need[:, 1], t] * arrays.need_quantity
            np.subtract.at(self.in_kind, arrays.need[:, 0] * self.periods + t, grains.astype(self.kind))

    def _actors(self) -> None:
        actors, prices = self.arrays.actors, self.prices.actor
        parted = actors.share_bp != UNSET
        for a, t in np.argwhere(prices).tolist():
            rows = np.flatnonzero(parted & (actors.actor == a))
            self.constant += int(prices[a, t]) * (int(actors.cap[a, t]) + len(rows))
            cells = actors.intervention[rows] * self.periods + t
            np.add.at(self.parts, cells, int(prices[a, t]) * actors.share_bp[rows].astype(self.kind))

    def _ties(self) -> None:
        """Add what cells give to each other, and pay, for ties between choices."""
        arrays, prices, when = self.arrays, self.prices, np.arange(self.periods)
        first, second = (arrays.needs[:, side, None] * self.periods + when for side in (0, 1))
        np.subtract.at(self.worth, first, prices.needs)
        np.add.at(self.worth, second, prices.needs)
        for lists, price, sign in (
            (arrays.any_of, prices.any_of, 1),
            (arrays.alternatives, prices.alternatives, -1),
        ):
            given = price[lists.owner()]
            np.add.at(self.worth, lists.items[:, None] * self.periods + when, sign * given)
        heads = arrays.any_of.items[arrays.any_of.ptr[:-1]]
        np.subtract.at(self.worth, heads[:, None] * self.periods + when, 2 * prices.any_of)
        self.constant += sum(prices.alternatives.ravel().tolist()) * self.block
        paid = np.minimum(prices.overlap, arrays.overlap_micro[:, None] * PER_MICRO)
        self.constant += sum(paid.ravel().tolist()) * self.block
        for side in (0, 1):
            np.subtract.at(self.worth, arrays.overlap[:, side, None] * self.periods + when, paid)

    def _shares(self) -> None:
        """Part the value of bonuses among their members; the last gets what is left."""
        arrays, when = self.arrays, np.arange(self.periods)
        pairs: Iterator[tuple[Ragged, Int, Int]] = iter(
            (
                (arrays.bonus, arrays.bonus_micro, self.prices.bonus),
                (arrays.intensity, arrays.intensity_micro, self.prices.intensity),
            )
        )
        for lists, micro, given in pairs:
            if len(lists):
                share = given.copy()
                lack = np.maximum(
                    0, micro[:, None] * PER_MICRO - np.add.reduceat(given, lists.ptr[:-1], axis=0)
                )
                share[lists.ptr[1:] - 1] += lack
                np.add.at(self.worth, lists.items[:, None] * self.periods + when, share)

    def _mix(self) -> tuple[Grains, Bool]:
        """Return the price of money of the cheapest mix of funds, and whether funds can pay it all."""
        arrays, lam = self.arrays, self.prices.budget
        if not arrays.has_shares:
            ceiling = int(lam.max(initial=0))
            admitted = np.where(arrays.eligible[:, :, None], lam[None], ceiling)
            can = np.repeat(arrays.eligible.any(axis=1), self.periods)
            return np.where(can, admitted.min(axis=1).ravel().astype(self.kind), 0), can
        rows = np.concatenate(
            [arrays.eligible, np.where(arrays.eligible, arrays.share_num, 0), arrays.share_den], axis=1
        )
        classes, of = np.unique(rows, axis=0, return_inverse=True)
        found = [self._mixed(row.tolist(), t) for row in classes for t in range(self.periods)]
        at = of.ravel()[self.owner] * self.periods + np.tile(np.arange(self.periods), arrays.n)
        price = np.array([price for price, _ in found], self.kind)
        return price[at], np.array([can for _, can in found], bool)[at]

    def _mixed(self, row: list[int], period: int) -> tuple[int, bool]:
        funds = len(self.arrays.fund_ids)
        admitted, num, den = row[:funds], row[funds : 2 * funds], row[2 * funds :]
        lam = self.prices.budget[:, period].tolist()
        left, price = Fraction(1), Fraction(0)
        for f in sorted((f for f in range(funds) if admitted[f]), key=lambda f: (lam[f], f)):
            part = min(left, Fraction(num[f], den[f]))
            price += part * lam[f]
            left -= part
        return (0, False) if left else (price.numerator // price.denominator, True)

    def _shut(self, payable: Bool) -> Bool:
        arrays = self.arrays
        shut: Bool = ~arrays.open | (arrays.lock == -1)[self.owner] | (arrays.low > arrays.high)
        return shut | (~payable & (arrays.fixed[self.owner] + arrays.low > 0))

    def _best(self, cost: Grains, payable: Bool) -> Grains:
        """Return the most that working money brings, net of its price, over all allowed amounts."""
        arrays, prices = self.arrays, self.prices
        weighted = np.tensordot(prices.metric.astype(self.kind), arrays.metric_gain.astype(self.kind), axes=1)
        gain = PER_MICRO * arrays.gain.astype(self.kind) - (-weighted // MICRO)
        high = np.where(payable, arrays.high, 0)
        low = np.minimum(arrays.low, high)
        ends = np.cumsum(arrays.cap, axis=1)
        points = [low, high, *(np.clip(ends[:, k], low, high) for k in range(ends.shape[1]))]
        churn, before = int(prices.churn[0]), np.maximum(arrays.previous, 0)
        base = arrays.fixed[self.owner] + arrays.start[self.owner]
        if churn:
            points.append(np.clip(before - base, low, high))
        found = list[Grains]()
        for amount in self._allowed(points, high):
            net = -cost * amount
            for k in range(ends.shape[1]):
                begin = ends[:, k] - arrays.cap[:, k]
                net = net + gain[:, k] * np.clip(amount - begin, 0, arrays.cap[:, k])
            if churn:
                net = net + churn * np.minimum(base + amount, before)
            found.append(net)
        best: Grains = np.max(found, axis=0)
        return best + self.in_kind

    def _allowed(self, points: list[Int], high: Int) -> Iterator[Int]:
        """Yield amounts to be tried, cell by cell; where tranches fix the amounts only these."""
        ptr, items = self.arrays.levels.ptr, self.arrays.levels.items
        counts = np.diff(ptr)
        fixed = counts > 0
        if not fixed.any():
            yield from points
            return
        for at in range(max(len(points), int(counts.max()))):
            amount = points[min(at, len(points) - 1)].copy()
            amount[fixed] = items[ptr[:-1][fixed] + np.minimum(at, counts[fixed] - 1)]
            yield np.minimum(amount, high)

    def _started(self, value: Grains, cost: Grains, shut: Bool) -> Grains:
        """Charge the start of a run: in full where none can go before, else up to what is passed back."""
        start = cost * self.arrays.start[self.owner]
        alone = np.ones(len(shut), bool)
        alone[1:] = shut[:-1]
        alone[:: self.periods] = True
        alone |= shut
        alone |= start <= 0
        passed = np.where(alone, 0, np.minimum(self.prices.start.astype(self.kind) * self.block, start))
        value = value - np.where(alone, start, passed)
        value[:-1] += passed[1:]
        return value
