"""Which columns a model has: one for every choice and amount that is still open.

The problem: closed cells, locked ones and segments without width need no column, and an intervention needs no
flow of its own where every fund may pay any part of it. ``Layout`` decides this once, for all blocks of rows.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Bool, ProblemArrays, Ragged
from ..tables import Int
from .sheet import NOWHERE, Float, ModelSheet

Form = Literal["aggregated", "base"]
FULL = 10_000  # basis points in a whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aim:
    """What a model maximises, when it is not the value of the problem.

    Attributes
    ----------
    weights : int64 array or None [value per outcome]
        Weights of the metrics; None: those of the problem.
    has_synergies : bool
        Whether bonuses, intensities and overlaps count.
    metric_floor : int64 array or None [micro outcome]
        Least outcomes, on top of those of the problem; -1 for none.
    groups : Ragged or None
        Groups of interventions; with ``group_floor`` None the least value of a group is maximised.
    group_floor : int64 array or None [micro value]
        Least value of each group.

    Examples
    --------
    >>> Aim(weights=np.array([0, 1]), has_synergies=False).metric_floor is None
    True
    """

    weights: Int | None = None
    has_synergies: bool = True
    metric_floor: Int | None = None
    groups: Ragged | None = None
    group_floor: Int | None = None

    @property
    def is_fair(self) -> bool:
        """Whether the least served group is all that counts."""
        return self.groups is not None and self.group_floor is None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Scales of a model: powers of ten.

    Attributes
    ----------
    money : int [minor units]
        One solver unit of money.
    value : int [micro value]
        One solver unit of value, where it is at least one.
    value_power : int
        Power of ten of ``value``; negative where a solver unit is less than a millionth.
    block : int [minor units]
        The 1,000 major units that gains are given for.

    Examples
    --------
    >>> units = Units(money=100_000, value_power=6, block=100_000)
    >>> units.gains(np.array([1_500_000])).tolist(), units.values(np.array([250_000])).tolist()
    ([1.5], [0.25])
    """

    money: int
    value_power: int
    block: int

    @property
    def value(self) -> float:
        """One solver unit of value [micro value]."""
        return float(10.0**self.value_power)

    def amounts(self, minor: Int) -> Float:
        """Return amounts in solver units.

        Parameters
        ----------
        minor : int64 array [minor units]
            Amounts.
        """
        return np.asarray(minor / self.money, np.float64)

    def gains(self, micro_per_k: Int) -> Float:
        """Return gains per solver unit of money in solver units of value.

        Parameters
        ----------
        micro_per_k : int64 array [micro value per 1,000 major units]
            Gains.
        """
        return _scaled(micro_per_k, _power(self.money) - _power(self.block) - self.value_power)

    def values(self, micro: Int) -> Float:
        """Return values in solver units.

        Parameters
        ----------
        micro : int64 array [micro value]
            Values.
        """
        return _scaled(micro, -self.value_power)


def _scaled(numbers: Int, power: int) -> Float:
    factor = float(10 ** abs(power))
    return np.asarray(numbers * factor if power >= 0 else numbers / factor, np.float64)


def _power(number: int) -> int:
    return len(str(number)) - 1


def units_of(arrays: ProblemArrays, gain: Int) -> Units:
    """Choose the scales: a typical award is between 10 and 100, a typical gain near 1.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    gain : int64 array [micro value per 1,000 major units]
        Weighted gains.
    """
    asks = arrays.high + np.repeat(arrays.fixed, arrays.period_count)
    asks = asks[asks > 0]
    money = 10 ** max(0, int(np.floor(np.log10(np.median(asks)))) - 1) if len(asks) else 1
    block = arrays.minor_per_block
    found = gain[(gain > 0) & (arrays.cap > 0)]
    if len(found):
        typical = float(np.median(found)) * money / block
    else:
        worth = np.concatenate([arrays.bonus_micro, arrays.intensity_micro])
        worth = worth[worth > 0]
        typical = float(np.median(worth)) if len(worth) else 1.0
    return Units(money=money, value_power=round(np.log10(typical)), block=block)


class Layout:
    """Columns of the choices and the money of one model.

    Where only one fund admits an intervention, ``payer`` names it, and its awards stand in the budget without
    a flow; ``shares`` are the active cells that flows pay.
    """

    def __init__(self, arrays: ProblemArrays, active: Bool, aim: Aim, form: Form) -> None:
        self.arrays = arrays
        self.aim = aim
        periods = arrays.period_count
        weights = arrays.metric_weight if aim.weights is None else aim.weights
        gain = (
            arrays.gain if aim.weights is None else np.tensordot(weights, arrays.metric_gain, axes=1)
        ).astype(np.int64)
        self.units = units_of(arrays, gain)
        self.cells = np.flatnonzero(active).astype(np.int64)
        self.who, self.when = self.cells // periods, self.cells % periods
        self.at = np.full(len(active), NOWHERE, np.int64)
        self.at[self.cells] = np.arange(len(self.cells))
        self.cap, self.gain, self.metric_gain = self._pieces(gain)
        before = self.at[np.maximum(self.cells - 1, 0)]
        self.before = np.where(self.when > 0, before, NOWHERE)
        has_start = arrays.start[self.who] > 0
        self.restarts = has_start & (self.before >= 0)
        self.fixed = arrays.fixed[self.who] + np.where(has_start & ~self.restarts, arrays.start[self.who], 0)
        self._units_of_flow(form)
        self.keys: dict[str, Int] = {}
        self.y = self.start = self.total = np.zeros(0, np.int64)
        self.money = self.carry = np.zeros((0, 0), np.int64)
        self.flow = self.bought = np.zeros((0, 0, 0), np.int64)
        self.lot = np.ones(len(arrays.resource_ids), np.int64)

    def _pieces(self, gain: Int) -> tuple[Int, Int, Int]:
        """Return the segments of the active cells, those without width last."""
        cap = self.arrays.cap[self.cells]
        order = np.argsort(cap == 0, axis=1, kind="stable")
        metric = self.arrays.metric_gain[:, self.cells]
        return (
            np.take_along_axis(cap, order, axis=1),
            np.take_along_axis(gain[self.cells], order, axis=1),
            np.take_along_axis(metric, order[None], axis=2),
        )

    def _units_of_flow(self, form: Form) -> None:
        """Group the interventions that are paid together: those that the same funds admit."""
        arrays = self.arrays
        eligible = arrays.eligible
        self.bounded = eligible & (arrays.share_num < arrays.share_den)
        own = self.bounded.any(axis=1) if form == "aggregated" else np.ones(arrays.n, bool)
        self.unit = np.full(arrays.n, NOWHERE, np.int64)
        shared = ~own
        patterns, which = np.unique(eligible[shared], axis=0, return_inverse=True)
        self.unit[shared] = which.ravel()
        self.unit[own] = len(patterns) + np.arange(int(own.sum()))
        self.unit_eligible = np.concatenate([patterns, eligible[own]])
        lone = (self.unit_eligible.sum(axis=1) == 1) & (form == "aggregated")
        lone[self.unit[own]] = False
        self.payer = np.where(lone[self.unit], eligible.argmax(axis=1), NOWHERE)
        costs = (self.fixed + self.cap.sum(axis=1) + arrays.start[self.who]) > 0
        self.shares = np.flatnonzero(costs & (self.payer[self.who] < 0))

    def put_columns(self, sheet: ModelSheet, *, lower: Bool, relax: bool) -> None:
        """Add the columns of choices, starts, working money, flows and carried money.

        Parameters
        ----------
        sheet : ModelSheet
            The model.
        lower : bool array
            Which active cells must be funded.
        relax : bool
            Whether choices may be parts.
        """
        arrays, count = self.arrays, len(self.cells)
        self.y = sheet.add("funded", count, lower=lower, upper=1.0, integer=not relax)
        self.start = np.full(count, NOWHERE, np.int64)
        self.start[self.restarts] = sheet.add("start", int(self.restarts.sum()), upper=1.0)
        self.money = np.full(self.cap.shape, NOWHERE, np.int64)
        wide = self.cap > 0
        cost = np.zeros(int(wide.sum())) if self.aim.is_fair else -self.units.gains(self.gain[wide])
        self.money[wide] = sheet.add(
            "money", int(wide.sum()), cost=cost, upper=self.units.amounts(self.cap[wide])
        )
        used = np.zeros((len(self.unit_eligible), arrays.period_count), bool)
        used[self.unit[self.who[self.shares]], self.when[self.shares]] = True
        where = self.unit_eligible[:, :, None] & used[:, None, :]
        self.flow = np.full(where.shape, NOWHERE, np.int64)
        self.flow[where] = sheet.add("flow", int(where.sum()))
        kept = arrays.carry_limit > 0
        self.carry = np.full(kept.shape, NOWHERE, np.int64)
        self.carry[kept] = sheet.add(
            "carry", int(kept.sum()), upper=self.units.amounts(arrays.carry_limit[kept])
        )

    def spend(
        self, sheet: ModelSheet, row: Int, cell: Int | None = None, weight: Float | float = 1.0
    ) -> None:
        """Put the award of cells, times a weight, into rows.

        Parameters
        ----------
        sheet : ModelSheet
            The model.
        row : int64 array [rows]
            Row of each; -1 leaves it out.
        cell : int64 array or None [active cells]
            Position among the active cells; None: every one of them, in order.
        weight : float or array [1]
            Factor of each.
        """
        at = slice(None) if cell is None else cell
        weights = np.broadcast_to(np.asarray(weight, np.float64), row.shape)
        sheet.put(row[:, None], self.money[at], weights[:, None])
        sheet.put(row, self.y[at], weights * self.units.amounts(self.fixed[at]))
        if self.restarts.any():
            starts = self.units.amounts(self.arrays.start[self.who[at]])
            sheet.put(row, self.start[at], weights * starts)

    def spend_alone(self, sheet: ModelSheet, row: Int, weight: float) -> None:
        """Put the awards that only one fund can pay, times a weight, into rows.

        Parameters
        ----------
        sheet : ModelSheet
            The model.
        row : int64 array [F, T]
            Row of each fund and period.
        weight : float [1]
            Factor.
        """
        cell = np.flatnonzero(self.payer[self.who] >= 0)
        self.spend(sheet, row[self.payer[self.who[cell]], self.when[cell]], cell, weight)

    def pairs(self, lists: Ragged, period: Int) -> tuple[Int, Int]:
        """Return list number and active cell of every member in a period, or in all of them.

        Parameters
        ----------
        lists : Ragged
            Interventions.
        period : int64 array [periods]
            Period of each list, -1 for all.
        """
        owner, members, periods = lists.owner(), lists.items, self.arrays.period_count
        one = period[owner] >= 0
        rows = [owner[one], np.repeat(owner[~one], periods)]
        cells = [
            members[one] * periods + period[owner[one]],
            (members[~one][:, None] * periods + np.arange(periods)).ravel(),
        ]
        row, at = np.concatenate(rows), self.at[np.concatenate(cells)]
        return row[at >= 0], at[at >= 0]
