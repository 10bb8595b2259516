"""What each actor receives of an award, in whole minor units.

The problem: three equal shares of 100.00 are no whole amounts, and what an actor can take on is a limit
over all its interventions. Shares are rounded so that the parts make the award, the largest remainders
first; parts that may vary fill up from their least amounts while actors have room, and make way for each
other.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ...errors import RoundingFailed
from ..answer import Part
from ..arrays import UNSET, ProblemArrays
from ..columns import FULL_BP
from ..problem import rule_id
from .flow import Flow

Ints = NDArray[np.int64]
Row = tuple[int, int, int, int]  # actor, share, low, high


def award_bounds(arrays: ProblemArrays, base: Ints) -> tuple[Ints, Ints]:
    """Return the bounds of working money that tickets and parts of actors leave [minor units].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    base : int array [cells] [minor units]
        What comes before working money.
    """
    low, high = arrays.low.copy(), arrays.high.copy()
    periods = arrays.period_count
    for at, rows in _rows_of(arrays).items():
        cells = slice(at * periods, (at + 1) * periods)
        least, most = 0, None if any(row[3] == UNSET for row in rows) else sum(row[3] for row in rows)
        for _, share, part_low, part_high in rows:
            if share > 0:
                if part_low > 0:
                    least = max(least, (part_low - 1) * FULL_BP // share + 1)
                if part_high != UNSET:
                    cut = ((part_high + 1) * FULL_BP - 1) // share
                    most = cut if most is None else min(most, cut)
        if all(row[1] == UNSET for row in rows):
            least = sum(row[2] for row in rows)
        low[cells] = np.maximum(low[cells], least - base[cells])
        if most is not None:
            high[cells] = np.minimum(high[cells], most - base[cells])
    return low, high


def share_out(arrays: ProblemArrays, awards: Mapping[int, int]) -> Iterator[Part]:
    """Part every award among the actors of its intervention.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    awards : mapping of int
        Cell -> award [minor units].

    Raises
    ------
    RoundingFailed
        When an actor cannot take on what it would receive.
    """
    actors, periods = arrays.actors, arrays.period_count
    rows = _rows_of(arrays)
    if not rows:
        return
    caps = actors.cap.ravel().tolist()
    given = defaultdict[tuple[int, int], int](int)
    waiting = list[tuple[int, int, dict[int, int]]]()  # cell, units left, room by node
    for cell in sorted(awards):
        at, period = divmod(cell, periods)
        if at not in rows:
            continue
        left, room = awards[cell], dict[int, int]()
        for actor, share, low, high in rows[at]:
            node = actor * periods + period
            exact = share * awards[cell] // FULL_BP
            part = max(exact, low) if share != UNSET else low
            most = exact + (share * awards[cell] % FULL_BP > 0) if share != UNSET else awards[cell]
            most = most if high == UNSET else min(most, high)
            if most < part:
                raise _overloaded(arrays, [node])
            given[cell, node] = part
            left -= part
            room[node] = most - part
        waiting.append((cell, left, room))
    free = [sum(awards.values()) if cap == UNSET else cap for cap in caps]
    for (_, node), part in given.items():
        free[node] -= part
    _fill(arrays, waiting, free, given)
    for (cell, node), part in given.items():
        if part:
            yield Part(
                intervention_id=arrays.intervention_ids[cell // periods],
                period=cell % periods,
                actor_id=actors.ids[node // periods],
                amount_minor=part,
            )


def _fill(
    arrays: ProblemArrays,
    waiting: list[tuple[int, int, dict[int, int]]],
    free: list[int],
    given: dict[tuple[int, int], int],
) -> None:
    """Give what is left of every award to actors that have room; later ones may move earlier ones."""
    periods = arrays.period_count
    if over := [node for node, room in enumerate(free) if room < 0]:
        raise _overloaded(arrays, over)
    flow, pools = Flow(free), dict[int, int]()
    shares = _exact_shares(arrays)
    for cell, left, room in waiting:
        at, period = divmod(cell, periods)
        remainder = shares.get(at, {})
        award = left + sum(given[cell, node] for node in room)
        order = sorted(
            room, key=lambda node: (-(remainder.get((node - period) // periods, 0) * award % FULL_BP), node)
        )
        pools[cell] = flow.pool(order, room)
        if flow.push(pools[cell], left) < left:
            raise _overloaded(arrays, order)
    for cell, _, _ in waiting:
        for node, amount in flow.paid[pools[cell]].items():
            given[cell, node] += amount


def _exact_shares(arrays: ProblemArrays) -> dict[int, dict[int, int]]:
    return {
        at: {actor: share for actor, share, _, _ in rows if share != UNSET}
        for at, rows in _rows_of(arrays).items()
    }


def _rows_of(arrays: ProblemArrays) -> dict[int, list[Row]]:
    """Return the actors of every intervention that has any."""
    actors, found = arrays.actors, defaultdict[int, list[Row]](list)
    rows = zip(
        actors.intervention.tolist(),
        actors.actor.tolist(),
        actors.share_bp.tolist(),
        actors.low.tolist(),
        actors.high.tolist(),
        strict=True,
    )
    for at, *row in rows:
        found[at].append((row[0], row[1], row[2], row[3]))
    return found


def _overloaded(arrays: ProblemArrays, nodes: list[int]) -> RoundingFailed:
    periods = arrays.period_count
    rules = [rule_id("actor", arrays.actors.ids[node // periods], node % periods) for node in nodes]
    return RoundingFailed(
        f"What the actors would receive is more than they can take on: {', '.join(rules[:5])}. "
        "Give less to their interventions.",
        rules=rules,
    )
