"""An allocation that keeps every rule, found fast and without regard to its value.

The problem: "raise the budget by 1.3 million and it is possible" must be shown to be true before it is said,
and a full solve for each proposal takes longer than people wait. Pools say how much each kind of intervention
should get; members are then taken until a pool is full, with all that they need, and the money is laid out
once more for exactly those. What comes out is checked like every other answer.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DocumentInvalid, RoundingFailed
from ..answer import Allocation
from ..arrays import Bool, ProblemArrays
from ..checking.check import breaches
from ..model.compile import compile_model
from ..model.pulp_bridge import solve_model
from ..search.rounding import round_off
from .chains import Forced, forced
from .policy_space import PolicySpace
from .pools import Reach, reach_of

if TYPE_CHECKING:
    from ..problem import AllocationDocument

TRIES = ((1.0, "large"), (1.0, "small"), (1.15, "large"), (1.15, "small"), (1.6, "large"), (3.0, "large"))
FULL = 1e-9
SEARCHED = 20_000  # cells up to which the solver searches for an allocation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Who is funded and with how much, before rounding.

    Attributes
    ----------
    chosen : bool array [J]
        Funded cells.
    award : float64 array [J] [minor units]
        Money of each, with fixed and start cost.
    """

    chosen: Bool
    award: "np.ndarray[tuple[int], np.dtype[np.float64]]"


def plans(document: "AllocationDocument") -> Iterator[Plan]:
    """Try ways to keep every rule, from the plainest; nothing comes when none is found.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """
    arrays, known = document.arrays, forced(document)
    if known.clash is not None:
        return
    for off in (known.off | (_dependent(arrays) & ~known.on), known.off):
        reach = reach_of(arrays, known.on, off)
        space = PolicySpace(arrays, reach, openings=False)
        wanted = space.solve({}, spending=1.0)
        if not np.isfinite(wanted.short):
            continue
        money = wanted.values[space.award] * space.unit
        counts = None if space.counts is None else wanted.values[space.counts]
        for factor, order in TRIES:
            chosen = _Choice(arrays, known, reach, order).take(space, money * factor, counts)
            plan = laid_out(arrays, chosen)
            if plan is not None:
                yield plan


def _dependent(arrays: ProblemArrays) -> Bool:
    """Return the cells whose funding depends on who else is funded [J]."""
    found = np.zeros(arrays.n, bool)
    found[arrays.needs[:, 0]] = True
    found[arrays.any_of.items[arrays.any_of.ptr[:-1]]] = True
    found[arrays.alternatives.items] = True
    return np.repeat(found, arrays.period_count)


def laid_out(arrays: ProblemArrays, chosen: Bool) -> Plan | None:
    """Lay out the money for exactly these cells, or None where no money fits them.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    chosen : bool array [J]
        Funded cells.
    """
    reach = _settled(arrays, reach_of(arrays, chosen, ~chosen))
    space = PolicySpace(arrays, reach, openings=False)
    found = space.solve({}, spending=1.0)
    if not np.isfinite(found.short):
        return None
    award = np.zeros(len(chosen))
    cells = np.flatnonzero(reach.alive)
    pool = space.pools.of_cell[cells]
    room = (reach.most - reach.least)[cells].astype(float)
    total = np.bincount(pool, room, len(space.pools))
    over = found.values[space.award] * space.unit - space.pools.least
    part = np.clip(over / np.maximum(total, 1.0), 0.0, 1.0)
    award[cells] = reach.least[cells] + part[pool] * room
    return Plan(chosen=chosen, award=award)


def _settled(arrays: ProblemArrays, reach: Reach) -> Reach:
    """Give cells with tranches the least amount that is allowed."""
    held = np.flatnonzero(np.diff(arrays.levels.ptr))
    if not len(held):
        return reach
    most = reach.most.copy()
    most[held] = reach.least[held]
    return Reach(on=reach.on, alive=reach.alive, barred=reach.barred, least=reach.least, most=most)


class _Choice:
    """Who is taken, one after the other, each with all that it needs."""

    def __init__(self, arrays: ProblemArrays, known: Forced, reach: Reach, order: str) -> None:
        self.arrays, self.reach, self.order = arrays, reach, order
        self.periods = arrays.period_count
        self.chosen, self.off = known.on.copy(), known.off | ~reach.alive
        self.needs = defaultdict[int, list[int]](list)
        for first, second in arrays.needs.tolist():
            self.needs[first].append(second)
        self.choices = defaultdict[int, list[list[int]]](list)
        for at in range(len(arrays.any_of)):
            first, *rest = arrays.any_of.at(at).tolist()
            self.choices[first].append(rest)
        self.rivals = defaultdict[int, set[int]](set)
        for at in range(len(arrays.alternatives)):
            members = arrays.alternatives.at(at).tolist()
            for member in members:
                self.rivals[member] |= set(members) - {member}
        self.left = arrays.stock.astype(np.int64).copy()
        self.uses = defaultdict[int, list[tuple[int, int]]](list)
        for (who, what), quantity in zip(arrays.need.tolist(), arrays.need_quantity.tolist(), strict=True):
            self.uses[who].append((what, quantity))
        for cell in np.flatnonzero(self.chosen).tolist():
            self._use(cell)

    def take(
        self, space: PolicySpace, money: "np.ndarray[tuple[int], np.dtype[np.float64]]", counts: object
    ) -> Bool:
        pools = space.pools
        wanted = np.zeros(len(pools)) if counts is None else np.ceil(np.asarray(counts) - FULL)
        for cell in np.flatnonzero(self.chosen).tolist():
            self._with_all(cell)
        cells = np.flatnonzero(pools.of_cell >= 0)
        key = self.reach.least if self.order == "small" else -self.reach.most
        alone = np.array([not self.needs[cell // self.periods] for cell in range(len(pools.of_cell))])
        cells = cells[np.lexsort((cells, key[cells], ~alone[cells], pools.of_cell[cells]))]
        room = np.bincount(pools.of_cell[cells], np.where(self.chosen, self.reach.most, 0)[cells], len(pools))
        number = np.bincount(pools.of_cell[cells], self.chosen[cells], len(pools))
        needed = money * (1 - FULL)
        for cell in cells.tolist():
            pool = int(pools.of_cell[cell])
            if self.chosen[cell] or (room[pool] >= needed[pool] and number[pool] >= wanted[pool]):
                continue
            for added in self._with_all(cell):
                other = int(pools.of_cell[added])
                room[other] += self.reach.most[added]
                number[other] += 1
        return self.chosen

    def _with_all(self, cell: int) -> list[int]:
        """Choose a cell with all that it needs; nothing when that cannot be."""
        period = cell % self.periods
        added: list[int] = []
        seen, waiting = {cell}, [cell]
        while waiting:
            current = waiting.pop()
            if self.off[current] or self._is_rival(current, added):
                return []
            if not self.chosen[current]:
                added.append(current)
            who = current // self.periods
            wanted = [other * self.periods + period for other in self.needs[who]]
            wanted += [self._pick(rest, period) for rest in self.choices[who]]
            waiting += [other for other in wanted if other not in seen]
            seen.update(wanted)
        if not all(self._fits(one) for one in added):
            return []
        for one in added:
            self.chosen[one] = True
            self._use(one)
        return added

    def _pick(self, rest: list[int], period: int) -> int:
        cells = [who * self.periods + period for who in rest]
        return min(
            cells, key=lambda cell: (bool(self.off[cell]), not self.chosen[cell], int(self.reach.least[cell]))
        )

    def _is_rival(self, cell: int, added: list[int]) -> bool:
        period = cell % self.periods
        others = {who * self.periods + period for who in self.rivals[cell // self.periods]}
        return bool(others) and (any(self.chosen[other] for other in others) or bool(others & set(added)))

    def _fits(self, cell: int) -> bool:
        who, period = divmod(cell, self.periods)
        return all(
            self.arrays.price[what, period] >= 0 or self.left[what, period] >= quantity
            for what, quantity in self.uses[who]
        )

    def _use(self, cell: int) -> None:
        who, period = divmod(cell, self.periods)
        for what, quantity in self.uses[who]:
            self.left[what, period] -= quantity


def has_allocation(document: "AllocationDocument", *, deadline_s: float = 5.0) -> bool:
    """Return whether an allocation that keeps every rule was found.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    deadline_s : float [s]
        For the search with the solver, when the fast way finds nothing.
    """
    if has_plan(document):
        return True
    try:
        cells = len(document.arrays.open)
    except DocumentInvalid:
        return False
    return cells <= SEARCHED and is_possible(document, deadline_s=deadline_s) is True


def has_plan(document: "AllocationDocument") -> bool:
    """Return whether the fast way finds an allocation that keeps every rule.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """
    try:
        return any(allocation_of(document, plan) is not None for plan in plans(document))
    except DocumentInvalid:
        return False


def allocation_of(document: "AllocationDocument", plan: Plan) -> Allocation | None:
    """Round a plan to whole amounts and check every rule; None when one is broken.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    plan : Plan
        Who is funded and with how much.
    """
    arrays = document.arrays
    periods = arrays.period_count
    before = np.zeros_like(plan.chosen)
    before.reshape(-1, periods)[:, 1:] = plan.chosen.reshape(-1, periods)[:, :-1]
    costs = np.repeat(arrays.fixed, periods) + np.where(before, 0, np.repeat(arrays.start, periods))
    working = np.where(plan.chosen, np.maximum(plan.award - costs, 0.0), 0.0)
    try:
        allocation = round_off(arrays, plan.chosen, working)
    except RoundingFailed:
        return None
    return None if breaches(document, allocation) else allocation


def is_possible(document: "AllocationDocument", *, deadline_s: float) -> bool | None:
    """Ask the solver whether an allocation exists; None when it does not know in time.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    deadline_s : float [s]
        Wall time.
    """
    model = compile_model(document.arrays)
    if not len(model.cost):  # nobody can be funded
        return bool((model.row_lower <= 0).all() and (model.row_upper >= 0).all())
    found = solve_model(replace(model, cost=np.zeros(len(model.cost))), deadline_s=deadline_s)
    return {"solved": True, "stopped": True, "infeasible": False}.get(found.status)
