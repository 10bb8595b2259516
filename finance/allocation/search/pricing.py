"""What every cell is worth on its own once every shared rule has a price.

The problem: budgets, floors, caps, shares, counts, stocks and metric floors tie thousands of choices
together. With a price on each of these rows the choices fall apart: an intervention in a period (a cell)
pays for what it takes, and its best amount follows from its own response alone. This module lists the rows
and the amounts worth trying: every breakpoint, so that steps, tranches and responses of any shape are
exact.

Notes
-----
Money is counted in 1,000 major units and value in value units, as floats: the exact bound is recomputed
from integer prices elsewhere. Every row reads usage <= right-hand side, so every price is >= 0. Budgets
come first, in the order of funds, then periods.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..arrays import ProblemArrays

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MICRO = 10**6
BP = 10_000
NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedRows:
    """The shared rules with a price, besides budgets: usage <= rhs.

    Attributes
    ----------
    names : tuple of tuple of str
        Parts of the rule ids.
    places : tuple of (str, int, ...)
        Where the price stands among the multipliers of a proof: field and index.
    money, count, metric : sparse matrix [rows x cells], [rows x cells], [rows x metrics]
        What 1,000 major units in a cell use; what funding a cell uses; minus 1 where a metric's floor stands.
    total : float [rows x periods]
        What 1,000 major units anywhere in a period use (shares of all that is spent).
    rhs : float [1,000 major units, cells or units of stock]
    bought : int [rows]
        Index of the row's resource and period (r * T + t) when more can be bought, else -1.
    """

    names: tuple[tuple[str, ...], ...]
    places: tuple[tuple[str, int | tuple[int, int]], ...]
    money: sp.csr_array
    count: sp.csr_array
    metric: sp.csr_array
    total: Floats
    rhs: Floats
    bought: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountMenu:
    """The amounts that can be best for a cell, whatever the prices: one column per breakpoint.

    Attributes
    ----------
    money : float [choices x cells], [1,000 major units]
        Working money.
    value : float [choices x cells], [value units]
    metric : tuple of float [choices x cells]
        Per metric with a floor.
    """

    money: Floats
    value: Floats
    metric: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundClasses:
    """Interventions that the same funds may pay, on the same terms.

    Attributes
    ----------
    of : int [interventions]
    admits : bool [classes x funds]
    share : float [classes x funds]
        Most of an award that one fund may pay.
    """

    of: Ints
    admits: Bools
    share: Floats


class _RowList:
    """Rows under construction."""

    def __init__(self, arrays: ProblemArrays) -> None:
        self.arrays = arrays
        self.periods = arrays.period_count
        self.names: list[tuple[str, ...]] = []
        self.places: list[tuple[str, int | tuple[int, int]]] = []
        self.rhs: list[float] = []
        self.bought: list[int] = []
        self.parts: dict[str, list[tuple[int, Ints, Floats]]] = {"money": [], "count": [], "metric": []}
        self.total: list[Floats] = []

    def add(
        self,
        name: tuple[str, ...],
        index: int | tuple[int, int],
        rhs: float,
        *,
        money: tuple[Ints, Floats | float] | None = None,
        count: tuple[Ints, Floats | float] | None = None,
        metric: int = -1,
        total: Floats | None = None,
        bought: int = -1,
    ) -> None:
        at = len(self.names)
        self.names.append(name)
        self.places.append((name[0].replace("-", "_"), index))
        self.rhs.append(rhs)
        self.bought.append(bought)
        self.total.append(np.zeros(self.periods) if total is None else total)
        if money is not None:
            self.parts["money"].append((at, money[0], np.broadcast_to(np.float64(money[1]), len(money[0]))))
        if count is not None:
            self.parts["count"].append((at, count[0], np.broadcast_to(np.float64(count[1]), len(count[0]))))
        if metric >= 0:
            self.parts["metric"].append((at, np.array([metric]), np.array([-1.0])))

    def cells(self, members: Ints, period: int) -> Ints:
        """Open cells of these interventions in a period, or in all."""
        when = np.arange(self.periods) if period < 0 else np.array([period])
        cells: Ints = (members[:, None] * self.periods + when).ravel()
        return cells[self.arrays.open[cells]]

    def matrix(self, part: str, width: int) -> sp.csr_array:
        entries = self.parts[part]
        rows = np.concatenate([np.full(len(at), row) for row, at, _ in entries] or [np.zeros(0, np.int64)])
        at = np.concatenate([at for _, at, _ in entries] or [np.zeros(0, np.int64)])
        data = np.concatenate([data for _, _, data in entries] or [np.zeros(0)])
        return sp.csr_array((data, (rows, at)), shape=(len(self.names), width))

    def built(self) -> PricedRows:
        cells = len(self.arrays.open)
        return PricedRows(
            names=tuple(self.names),
            places=tuple(self.places),
            money=self.matrix("money", cells),
            count=self.matrix("count", cells),
            metric=self.matrix("metric", len(self.arrays.metric_ids)),
            total=np.array(self.total).reshape(len(self.names), self.periods),
            rhs=np.array(self.rhs),
            bought=np.array(self.bought, np.int64),
        )


def list_rows(arrays: ProblemArrays) -> PricedRows:
    """List every shared rule that can carry a price, budgets apart."""
    rows = _RowList(arrays)
    for at in range(len(arrays.limits)):
        _limit(rows, arrays, at)
    _stocks(rows, arrays)
    for at, floor in enumerate(arrays.metric_floor.tolist()):
        if floor >= 0:
            rows.add(("metric", arrays.metric_ids[at]), at, -floor / MICRO, metric=at)
    for kind, lists in (("any-of", arrays.any_of), ("alternatives", arrays.alternatives)):
        for at, t in product(range(len(lists)), range(rows.periods)):
            _choice(rows, lists.at(at), kind, (at, t))
    _overrides(rows, arrays)
    _actors(rows, arrays)
    return rows.built()


def _choice(rows: _RowList, members: Ints, kind: str, index: tuple[int, int]) -> None:
    """Add a row between choices: the first needs one of the rest, or at most one of them."""
    arrays = rows.arrays
    sign = np.ones(len(members))
    if kind == "any-of":
        sign[1:] = -1.0
    cells = members * rows.periods + index[1]
    is_open = arrays.open[cells]
    name = (kind, *(arrays.intervention_ids[i] for i in members.tolist()), str(index[1]))
    if is_open.any():
        rows.add(name, index, float(kind != "any-of"), count=(cells[is_open], sign[is_open]))


def _limit(rows: _RowList, arrays: ProblemArrays, at: int) -> None:
    limits = arrays.limits
    members = limits.members.at(at)
    period = int(limits.period[at])
    cells = rows.cells(members, period)
    when = np.arange(rows.periods) == period if period >= 0 else np.ones(rows.periods, bool)
    tail = (limits.kind[at], limits.group[at], "all" if period < 0 else str(period))
    k = arrays.minor_per_block
    if (floor := int(limits.floor[at])) > 0:
        rows.add(("floor", *tail), at, -floor / k, money=(cells, -1.0))
    if (cap := int(limits.cap[at])) >= 0:
        rows.add(("cap", *tail), at, cap / k, money=(cells, 1.0))
    if (floor := int(limits.floor_bp[at])) > 0:
        rows.add(("floor-share", *tail), at, 0.0, money=(cells, -1.0), total=when * (floor / BP))
    if 0 <= (cap := int(limits.cap_bp[at])) < BP:
        rows.add(("cap-share", *tail), at, 0.0, money=(cells, 1.0), total=when * (-cap / BP))
    if (floor := int(limits.floor_count[at])) > 0:
        rows.add(("floor-count", *tail), at, -float(floor), count=(cells, -1.0))
    if 0 <= (cap := int(limits.cap_count[at])) < len(cells):
        rows.add(("cap-count", *tail), at, float(cap), count=(cells, 1.0))


def _stocks(rows: _RowList, arrays: ProblemArrays) -> None:
    for r, resource in enumerate(arrays.resource_ids):
        held = arrays.need[:, 1] == r
        members, quantity = arrays.need[held, 0], arrays.need_quantity[held].astype(float)
        for t in range(rows.periods):
            cells = members * rows.periods + t
            is_open = arrays.open[cells]
            rows.add(
                ("stock", resource, str(t)),
                (r, t),
                float(arrays.stock[r, t]),
                count=(cells[is_open], quantity[is_open]),
                bought=r * rows.periods + t if arrays.price[r, t] >= 0 else -1,
            )


def _overrides(rows: _RowList, arrays: ProblemArrays) -> None:
    """Add what people asked for single interventions over all periods."""
    k = arrays.minor_per_block
    for kind, bounds, sign in (("at-least", arrays.at_least, -1.0), ("at-most", arrays.at_most, 1.0)):
        for at in np.flatnonzero(bounds >= 0).tolist():
            cells = rows.cells(np.array([at]), -1)
            rows.add((kind, arrays.intervention_ids[at]), at, sign * int(bounds[at]) / k, money=(cells, sign))


def _actors(rows: _RowList, arrays: ProblemArrays) -> None:
    """Add what actors can take on where their parts are fixed shares, a minor unit more for each part."""
    actors, k = arrays.actors, arrays.minor_per_block
    for a, t in np.argwhere(actors.cap >= 0).tolist():
        held = np.flatnonzero((actors.actor == a) & (actors.share_bp >= 0))
        cells = actors.intervention[held] * rows.periods + t
        is_open = arrays.open[cells]
        part = actors.share_bp[held][is_open] / BP
        rhs = (int(actors.cap[a, t]) + len(held)) / k
        rows.add(("actor", actors.ids[a], str(t)), (a, t), rhs, money=(cells[is_open], part))


def list_menu(arrays: ProblemArrays) -> AmountMenu:
    """List, for every cell, the amounts that can be best: breakpoints, bounds and tranche sums."""
    k = arrays.minor_per_block
    cells, segments = arrays.cap.shape
    ends = np.concatenate([np.zeros((1, cells), np.int64), np.cumsum(arrays.cap.T, axis=0)])
    amounts = np.clip(ends, arrays.low, arrays.high)
    counts = np.diff(arrays.levels.ptr)
    if counts.any():
        amounts = _with_levels(arrays, amounts, counts)
    metrics = np.flatnonzero(arrays.metric_floor >= 0).tolist()

    def worth(gain: Ints) -> Floats:
        out = np.zeros(amounts.shape)
        for s in range(segments):
            out += np.clip(amounts - ends[s], 0, arrays.cap[:, s]) * (gain[:, s] / (MICRO * k))
        return out

    return AmountMenu(
        money=amounts / k,
        value=worth(arrays.gain),
        metric=tuple(worth(arrays.metric_gain[m]) for m in metrics),
    )


def _with_levels(arrays: ProblemArrays, amounts: Ints, counts: Ints) -> Ints:
    """Replace breakpoints by the allowed amounts where there are such."""
    deep = max(int(counts.max()), len(amounts))
    out = np.concatenate([amounts, np.repeat(amounts[-1:], deep - len(amounts), axis=0)])
    for at in range(deep):
        held = counts > 0
        pick = arrays.levels.ptr[:-1] + np.minimum(at, np.maximum(counts, 1) - 1)
        out[at, held] = arrays.levels.items[pick[held]]
    return out


def list_classes(arrays: ProblemArrays) -> FundClasses:
    """Group interventions by the funds that may pay them and the share each may pay."""
    share = np.where(arrays.eligible, arrays.share_num / np.maximum(arrays.share_den, 1), 0.0)
    if arrays.has_shares:
        kinds, of = np.unique(share, axis=0, return_inverse=True)
    else:
        funds = share.shape[1]
        if funds < 62:  # noqa: PLR2004 - bits of an int64
            code = arrays.eligible @ (np.int64(1) << np.arange(funds, dtype=np.int64))
            _, first, of = np.unique(code, return_index=True, return_inverse=True)
            kinds = share[first]
        else:
            kinds, of = np.unique(share, axis=0, return_inverse=True)
    return FundClasses(of=of.ravel().astype(np.int64), admits=kinds > 0, share=kinds)


def cheapest_mix(classes: FundClasses, funds: Floats) -> tuple[Floats, Floats]:
    """Return the price of money per class, for prices of funds, and the cheapest mix.

    Examples
    --------
    >>> share = np.array([[0.25, 1.0]])
    >>> classes = FundClasses(of=np.array([0]), admits=share > 0, share=share)
    >>> price, mix = cheapest_mix(classes, np.array([1.0, 2.0]))
    >>> price.tolist(), mix.tolist()
    ([1.75], [[0.25, 0.75]])
    """
    order = np.argsort(funds, kind="stable")
    left = np.ones(len(classes.share))
    mix = np.zeros(classes.share.shape)
    for f in order.tolist():
        mix[:, f] = np.minimum(left, classes.share[:, f])
        left = left - mix[:, f]
    price: Floats = mix @ funds
    price[left > NOTHING] = np.inf  # nobody may pay all of it
    return price, mix
