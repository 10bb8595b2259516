"""Interventions that no rule tells apart, put together.

The problem: whether a set of floors, caps and budgets can be met at all does not depend on single
interventions, and a problem of ten thousand has only some hundred kinds of them. Cells of one period whose
intervention has the same funds, the same groups, the same actors and the same needs in kind are one **pool**,
with the least and the most that its members take.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..arrays import UNSET, Bool, ProblemArrays
from ..tables import Int

NEVER = -(10**17)  # minor units below everything that is awarded
TANGENTS = 12  # lines that stand for a curve


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """What every cell can take, when some must and some cannot be funded.

    Attributes
    ----------
    on, alive, barred : array [J]
        Must be funded; can be funded; could be, but for a decision of people.
    least, most : int64 array [J] [minor units]
        Award of a funded cell, with fixed and start cost.
    """

    on: Bool
    alive: Bool
    barred: Bool
    least: Int
    most: Int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pools:
    """Cells by kind.

    Attributes
    ----------
    of_cell : int64 array [J]
        The pool of a cell, -1 for one that cannot be funded.
    kind : int64 array [P]
        Which interventions, the same number in every period.
    first : int64 array [P]
        One intervention of each pool, which stands for all in funds, groups, actors and resources.
    period : int64 array [P]
        Index of the period.
    signature : int64 array [P]
        Set of funds and their shares; pools with one signature are paid by the same funds.
    least, most : int64 array [P] [minor units]
        Awards of those that must be funded; awards of all.
    locked, members : int64 array [P]
        How many must, and how many can be funded.
    cheapest : int64 array [P] [minor units]
        The smallest award of a member.
    spare, spare_members : int64 array [P] [minor units], [cells]
        Awards and number of those that could be funded, but for a decision of people.
    """

    of_cell: Int
    kind: Int
    first: Int
    period: Int
    signature: Int
    least: Int
    most: Int
    locked: Int
    members: Int
    cheapest: Int
    spare: Int
    spare_members: Int

    def __len__(self) -> int:
        return len(self.first)


def reach_of(arrays: ProblemArrays, on: Bool, off: Bool, *, with_barred: bool = False) -> Reach:
    """Return the bounds of every cell's award.

    A start is paid when the period before is not funded: it is part of the least only where that is certain,
    and part of the most wherever it is possible.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    on, off : bool array [J]
        Cells that must and that cannot be funded.
    with_barred : bool
        Whether cells that only a decision keeps out are told apart.
    """
    periods = arrays.period_count
    alive = arrays.open & ~off
    fixed = np.repeat(arrays.fixed, periods)
    start = np.repeat(arrays.start, periods)
    before_alive, before_on = np.zeros_like(alive), np.zeros_like(on)
    before_alive.reshape(-1, periods)[:, 1:] = alive.reshape(-1, periods)[:, :-1]
    before_on.reshape(-1, periods)[:, 1:] = on.reshape(-1, periods)[:, :-1]
    least = np.maximum(fixed + arrays.low + np.where(before_alive, 0, start), _parts(arrays, "low"))
    most = fixed + arrays.high + np.where(before_on, 0, start)
    ceiling = _parts(arrays, "high")
    barred = off & ~on & arrays.open & (arrays.low <= arrays.high)
    return Reach(
        on=on,
        alive=alive,
        barred=barred & with_barred,
        least=least,
        most=np.where(ceiling == UNSET, most, np.minimum(most, ceiling)),
    )


def _parts(arrays: ProblemArrays, name: str) -> Int:
    """Sum of the actors' bounds in an award; -1 where a part has no upper one."""
    actors = arrays.actors
    total = np.zeros(arrays.n, np.int64)
    if name == "low":
        np.add.at(total, actors.intervention, actors.low)
    else:
        total[:] = UNSET
        bounded = np.zeros(arrays.n, bool)
        bounded[actors.intervention] = True
        bounded[actors.intervention[actors.high == UNSET]] = False
        total[bounded] = 0
        inside = bounded[actors.intervention]
        np.add.at(total, actors.intervention[inside], actors.high[inside])
    return np.repeat(total, arrays.period_count)


def pools_of(arrays: ProblemArrays, reach: Reach, alone: Iterable[int] = ()) -> Pools:
    """Put cells together.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    reach : Reach
        Bounds of every cell.
    alone : iterable of int
        Interventions that stand by themselves.
    """
    periods = arrays.period_count
    signature = signatures(arrays)
    codes = [signature, *_group_codes(arrays), _patterns(arrays, alone)]
    kind = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    cell_kind = np.repeat(kind, periods) * periods + np.tile(np.arange(periods), arrays.n)
    living = np.flatnonzero(reach.alive | reach.barred)
    names, first_at, place = np.unique(cell_kind[living], return_index=True, return_inverse=True)
    of_cell = np.full(len(cell_kind), UNSET, np.int64)
    of_cell[living] = place
    count = len(names)
    first = living[first_at] // periods
    is_on, is_out = reach.on[living], reach.barred[living]
    cheapest = np.full(count, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(cheapest, place, reach.least[living])
    return Pools(
        of_cell=of_cell,
        kind=names // periods,
        first=first,
        period=names % periods,
        signature=signature[first],
        least=_total(place[is_on], reach.least[living][is_on], count),
        most=_total(place[~is_out], reach.most[living][~is_out], count),
        locked=np.bincount(place[is_on], minlength=count).astype(np.int64),
        members=np.bincount(place[~is_out], minlength=count).astype(np.int64),
        cheapest=cheapest,
        spare=_total(place[is_out], reach.most[living][is_out], count),
        spare_members=np.bincount(place[is_out], minlength=count).astype(np.int64),
    )


def signatures(arrays: ProblemArrays) -> Int:
    """Return a number for each set of funds that may pay, with the most of an award that each pays [n].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    """
    rows = arrays.eligible.astype(np.int64)
    if arrays.has_shares:
        part = np.where(arrays.eligible, arrays.share_num * 10**9 // arrays.share_den, 0)
        rows = np.concatenate([rows, part], axis=1)
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _total(place: Int, amounts: Int, count: int) -> Int:
    found = np.zeros(count, np.int64)
    np.add.at(found, place, amounts)
    return found


def _group_codes(arrays: ProblemArrays) -> list[Int]:
    """Per grouping column that has limits: which of its groups an intervention is in [n]."""
    limits = arrays.limits
    codes: dict[str, Int] = {}
    seen: dict[tuple[str, str], None] = {}
    for at in range(len(limits)):
        key = (limits.kind[at], limits.group[at])
        if key not in seen:
            seen[key] = None
            code = codes.setdefault(limits.kind[at], np.zeros(arrays.n, np.int64))
            code[limits.members.at(at)] = len(seen)
    return list(codes.values())


def _patterns(arrays: ProblemArrays, alone: Iterable[int]) -> Int:
    """Return a number for each way to use actors and resources; some stand by themselves [n]."""
    uses = defaultdict[int, list[tuple[int, ...]]](list)
    actors = arrays.actors
    if (actors.cap != UNSET).any():
        rows = zip(actors.intervention.tolist(), actors.actor.tolist(), actors.share_bp.tolist(), strict=True)
        for who, actor, share in rows:
            uses[who].append((0, actor, share))
    for (who, what), quantity in zip(arrays.need.tolist(), arrays.need_quantity.tolist(), strict=True):
        uses[who].append((1, what, int(quantity).bit_length()))
    found = np.zeros(arrays.n, np.int64)
    numbers: dict[tuple[tuple[int, ...], ...], int] = {}
    for who, pattern in uses.items():
        found[who] = numbers.setdefault(tuple(sorted(pattern)), len(numbers) + 1)
    for at, who in enumerate(sorted(set(alone))):
        found[who] = len(numbers) + 1 + at
    return found


def money_unit(reach: Reach) -> float:
    """Return minor units per unit of the solver: a power of ten near the middle award.

    Parameters
    ----------
    reach : Reach
        What every cell can take.
    """
    awards = reach.most[reach.alive]
    middle = float(np.median(awards)) if len(awards) else 1.0
    return float(10 ** max(0, round(np.log10(max(middle, 1.0)))))


def counting_lines(reach: Reach, pools: Pools) -> list[tuple[int, float, float, float]]:
    """Draw lines between number and money of pools: pool, slope, base [minor units], -1 below or 1 above.

    Parameters
    ----------
    reach : Reach
        What every cell can take.
    pools : Pools
        Cells by kind.
    """
    found = []
    cells = np.flatnonzero(pools.of_cell != UNSET)
    order = cells[np.argsort(pools.of_cell[cells], kind="stable")]
    sizes = pools.members + pools.spare_members
    ends = np.cumsum(sizes)
    for pool in range(len(pools)):
        own = order[ends[pool] - sizes[pool] : ends[pool]]
        for amounts, sign in ((np.sort(reach.least[own]), -1.0), (-np.sort(-reach.most[own]), 1.0)):
            sums = np.concatenate([[0], np.cumsum(amounts)])
            for at in np.unique(np.linspace(0, len(own) - 1, TANGENTS).astype(int)).tolist():
                slope = float(amounts[at])
                found.append((pool, slope, float(sums[at]) - slope * at, sign))
    return found


def outcome_lines(arrays: ProblemArrays, pools: Pools, metric: int) -> list[tuple[int, float, float]]:
    """Draw lines above the outcome of a pool's money: pool, slope [micro per minor unit], base [micro].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    pools : Pools
        Cells by kind.
    metric : int [metric]
        Which outcome.
    """
    found = []
    block = arrays.minor_per_block
    gains, widths = arrays.metric_gain[metric], arrays.cap
    for pool in range(len(pools)):
        own = np.flatnonzero(pools.of_cell == pool)
        slope, width = gains[own].ravel() / block, widths[own].ravel().astype(float)
        order = np.argsort(-slope, kind="stable")
        slope, money = slope[order], np.concatenate([[0.0], np.cumsum(width[order])])
        reached = np.concatenate([[0.0], np.cumsum(slope * width[order])])
        spread = np.unique(np.linspace(0, len(slope) - 1, TANGENTS).astype(int)).tolist()
        found += [(pool, float(slope[at]), float(reached[at] - slope[at] * money[at])) for at in spread]
    return found


def spans(arrays: ProblemArrays, reach: Reach) -> Int | None:
    """Return the most that an intervention gets over all periods, or None where starts change nothing [n].

    Whoever is not funded in a period may start again after it; the best pattern is found period by period.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    reach : Reach
        What every cell can take.
    """
    periods = arrays.period_count
    if periods == 1 or not arrays.start.any():
        return None
    working = np.repeat(arrays.fixed, periods) + arrays.high
    award = np.where(reach.alive | reach.barred, working, NEVER).reshape(-1, periods)
    funded, idle = np.full(arrays.n, NEVER, np.int64), np.zeros(arrays.n, np.int64)
    for period in range(periods):
        again = np.maximum(funded, idle + arrays.start) + award[:, period]
        idle = np.maximum(idle, funded)
        funded = np.maximum(again, NEVER)
    return np.maximum(funded, idle)
