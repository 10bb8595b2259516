"""Judges by one joint problem: stage after stage, each certified, then counted anew.

The problem: two-pass heuristics leave applications short, a full model takes minutes, and a solver's word is
no proof. The stages are solved in their order (missing reads; readers, loads; the lowest floor; affinity,
even load, changes, soft conflicts), each fixed before the next; the answer carries its bound, is counted anew
in whole numbers and checked by a second reading of the problem before anybody sees it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ..errors import AssignmentInvalid
from .grid import AssignmentGrid, Int, Mask, compile_grid
from .measures import greedy_pairs, measure
from .model import PoolModel, StageLines, slice_costs
from .pins import require_pins
from .problem import BP, AssignmentProblem
from .recheck import recheck_assignment
from .result import Assignment, StageResult, state_result
from .stages import Costs, StageAim, StageRun, Whole

KEPT = Fraction(99, 100)  # of the best floor
MARGINS = (0.01 * BP, 0.03 * BP, 0.1 * BP)
SMALL = 600  # pairs up to which the floor is found in whole pairs, to the end
NEAR_FLOOR = 0.005
RESERVE = 0.3  # of the time: what is kept for the stages in turn
FINE = 10**9
DEFAULT_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """Pairs, and how far each stage is proven.

    Attributes
    ----------
    pairs : bool array
        Which judge reads what.
    stages : tuple of StageResult
        In their order.

    Examples
    --------
    >>> Solved(pairs=np.zeros((1, 1), np.bool_), stages=()).stages
    ()
    """

    pairs: Mask
    stages: tuple[StageResult, ...]


def missing_aim(grid: AssignmentGrid) -> StageAim:
    """Stage a: weighted missing reads."""
    weights = grid.weights.astype(np.float64)
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: {"s": weights},
        counted=lambda pairs: float(measure(grid, pairs).missing),
    )


def shortfall_aim(grid: AssignmentGrid) -> StageAim:
    """Stage b: readers of a sort, load below the least and above the most."""
    names = ["e", "o", *(f"t{at}" for at in range(len(grid.sorts)))]
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: dict.fromkeys(names, 1.0),
        counted=lambda pairs: float(measure(grid, pairs).shortfall),
    )


def floor_aim(grid: AssignmentGrid) -> StageAim:
    """Stage c: the lowest floor."""
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: {"z": -1.0},
        counted=lambda pairs: -float(measure(grid, pairs).floor),
        step=0.0,
    )


def cost_aim(grid: AssignmentGrid) -> StageAim:
    """Stage d: affinity, even load, changes, soft conflicts."""
    usual, over = slice_costs(grid)

    def others(_: PoolModel) -> Costs:
        return {"y": usual, "o": over}

    return StageAim(
        pair_cost=grid.pair_cost.astype(np.float64),
        others=others,
        counted=lambda pairs: float(measure(grid, pairs).cost - grid.constant),
        margins=MARGINS,
    )


def floor_line(grid: AssignmentGrid, floor: Fraction) -> Int:
    """Return what the affinities of each application must add up to, for 99 % of a floor [bp]."""
    line = KEPT * floor
    return np.array([math.ceil(line * full) for full in grid.full_floor.tolist()], np.int64)


class Solver:
    """The stages of one problem, in their order."""

    def __init__(self, grid: AssignmentGrid, run: StageRun, gap: float) -> None:
        self.grid, self.run, self.gap = grid, run, gap

    def solve(self, cuts: tuple[tuple[Int, Int], ...] = ()) -> Solved:
        """Solve all stages: at once where nothing is missing, in turn otherwise."""
        is_small = int(self.grid.allowed.sum()) <= SMALL
        hoped = StageLines(missing=0, shortfall=0, cuts=cuts)
        solved = None if is_small else self.at_once(hoped, reserve_s=RESERVE * self.run.left())
        return solved or self.in_turn(StageLines(cuts=cuts)) or self.fallen_back()

    def at_once(self, lines: StageLines, *, reserve_s: float) -> Solved | None:
        """Solve on the hope that nothing is missing and the floor holds in whole pairs."""
        run = StageRun(self.grid, lambda: self.run.left() - reserve_s, self.run.seed)
        relaxed = run.relax(floor_aim(self.grid), lines)
        if relaxed is None:
            return None
        floor = Fraction(max(0, math.floor(min(1.0, -relaxed.priced.bound) * FINE)), FINE)
        kept = replace(lines, floor=floor_line(self.grid, floor))
        best = run.least(cost_aim(self.grid), kept, gap=self.gap)
        return None if best is None else self._stated(best, missing=0.0, shortfall=0.0, floor=float(floor))

    def in_turn(self, lines: StageLines) -> Solved | None:
        """Solve stage by stage in whole pairs."""
        missing = self.run.least(missing_aim(self.grid), lines, gap=0.0)
        if missing is None:
            return None
        lines = replace(lines, missing=int(missing.value))
        shortfall = self.run.least(shortfall_aim(self.grid), lines, gap=0.0)
        if shortfall is None:
            return self._stated(missing, missing=missing.bound)
        lines = replace(lines, shortfall=int(shortfall.value))
        is_small = int(self.grid.allowed.sum()) <= SMALL
        low = self.run.least(floor_aim(self.grid), lines, gap=0.0 if is_small else NEAR_FLOOR)
        if low is None:
            return self._stated(shortfall, missing=missing.bound, shortfall=shortfall.bound)
        lines = replace(lines, floor=floor_line(self.grid, measure(self.grid, low.pairs).floor))
        best = self.run.least(cost_aim(self.grid), lines, gap=self.gap)
        bounds = {"missing": missing.bound, "shortfall": shortfall.bound, "floor": -low.bound}
        return self._stated(best or low, **bounds, is_last=best is not None)

    def fallen_back(self) -> Solved:
        """Return an answer without proof."""
        pairs = greedy_pairs(self.grid)
        return self._stated(Whole(pairs=pairs, value=0.0, bound=0.0), is_last=False)

    def _stated(
        self,
        whole: Whole,
        *,
        missing: float = 0.0,
        shortfall: float = 0.0,
        floor: float = 1.0,
        is_last: bool = True,
    ) -> Solved:
        figures = measure(self.grid, whole.pairs)
        least = whole.bound + self.grid.constant if is_last else self._plain_bound()
        return Solved(
            pairs=whole.pairs,
            stages=(
                StageResult(name="missing", value=figures.missing, bound=missing),
                StageResult(name="shortfall", value=figures.shortfall, bound=shortfall),
                StageResult(name="floor", value=float(figures.floor), bound=floor),
                StageResult(name="cost", value=figures.cost, bound=least),
            ),
        )

    def _plain_bound(self) -> float:
        """Return what no assignment undercuts, whatever it is: everybody gets the best [bp]."""
        cost = np.sort(np.where(self.grid.allowed | self.grid.pinned, self.grid.pair_cost, 0), axis=1)
        best = (np.minimum(0, cost[row, :count]).sum() for row, count in enumerate(self.grid.demand.tolist()))
        return float(sum(best)) + self.grid.constant


def assign(
    problem: AssignmentProblem,
    *,
    seed: int,
    gap: float = 1e-3,
    limit_s: float = DEFAULT_LIMIT_S,
    clock: Callable[[], float] = time.monotonic,
) -> Assignment:
    """Give every application its judges.

    Parameters
    ----------
    problem : AssignmentProblem
        Who may read what.
    seed : int [1]
        Of every choice by chance; the same problem and seed give the same bytes.
    gap : float [1]
        Relative distance to the bound that is good enough.
    limit_s : float [s]
        Time; when it is over the best answer so far is returned, not proven.
    clock : Callable
        Tells the time [s].

    Raises
    ------
    PinRefused
        When a pin meets a bar, or pins contradict each other.
    AssignmentInvalid
        When the gap or the limit is none.

    Examples
    --------
    >>> problem = AssignmentProblem(applications=("a", "b"), judges=("j1", "j2"),
    ...   affinity=np.array([[0.9, 0.1], [0.8, 0.7]]), demand=1, load_lo=1, load_hi=1, connect=False)
    >>> answer = assign(problem, seed=1)
    >>> answer.pairs, answer.state, answer.gap
    ((('a', 'j1'), ('b', 'j2')), 'optimal', 0.0)
    """
    if not (0 <= gap < 1 and limit_s > 0):
        raise AssignmentInvalid(
            f"A gap of {gap} within {limit_s} s cannot be asked; give 0 <= gap < 1 and a limit above 0.",
            gap=repr(gap),
            limit_s=repr(limit_s),
        )
    end = clock() + limit_s
    grid = compile_grid(problem, seed=seed)
    require_pins(grid)
    run = StageRun(grid, lambda: end - clock(), seed)
    solved = Solver(grid, run, gap).solve()
    recheck_assignment(problem, grid.named(solved.pairs), anchors=grid.anchor_ids)
    return state_result(problem, grid, solved.pairs, solved.stages, seed=seed, gap=gap)
