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
from .aims import KEPT, cost_aim, floor_aim, floor_line, missing_aim, shortfall_aim
from .draw_report import DrawReport
from .drawing import draw_assignment
from .flows import most_reads
from .graph import find_cuts, report_graph
from .grid import AssignmentGrid, Mask, compile_grid
from .lacking import explain_shortage
from .measures import greedy_pairs, measure, part_separated
from .model import Cut, StageLines
from .pins import require_pins
from .problem import AssignmentProblem
from .recheck import recheck_assignment
from .result import Assignment, StageResult, state_result
from .stages import StageRun, Whole

SMALL = 600  # pairs up to which the floor is found in whole pairs, to the end
EXPLAIN_S = 5.0  # beyond the limit, for trying what would help where reads are missing
JOININGS = 10  # times that parts are joined
MEDIUM, NEAR_FLOOR = 5_000, 0.005  # pairs, gap: where the floor is searched before lines are tried
PROBES, PROBE_S = 8, 2.0
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
    drawn : DrawReport or None
        What it was drawn from, where chance decides.

    Examples
    --------
    >>> Solved(pairs=np.zeros((1, 1), np.bool_), stages=()).stages
    ()
    """

    pairs: Mask
    stages: tuple[StageResult, ...]
    drawn: DrawReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBounds:
    """What no assignment beats, stage by stage; nothing is known of the last one until it is solved."""

    missing: float = 0.0
    shortfall: float = 0.0
    floor: float = 1.0
    cost: float | None = None


class Solver:
    """The stages of one problem, in their order.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    run : StageRun
        Pool and time.
    gap : float [1]
        Relative distance to the bound that is good enough.
    """

    def __init__(self, grid: AssignmentGrid, run: StageRun, gap: float) -> None:
        self.grid, self.run, self.gap = grid, run, gap
        self.flow = most_reads(grid)
        self.lacking = int(grid.demand.sum()) - self.flow.reads
        self.pairs = int(grid.allowed.sum())
        self.is_small = self.pairs <= SMALL

    def solve(self, cuts: tuple[Cut, ...] = (), missing: StageResult | None = None) -> Solved | None:
        """Solve all stages, at once where nothing is missing, in turn otherwise.

        Parameters
        ----------
        cuts : tuple of Cut
            What must be joined.
        missing : StageResult or None
            Of the first stage, where it is known.
        """
        lines = StageLines(cuts=cuts)
        if self.lacking == 0 and not self.is_small:
            hoped = replace(lines, missing=0, shortfall=0)
            floor = self._floor_bound(hoped)
            solved = None if floor is None else self._by_line(hoped, StageBounds(floor=float(floor)), floor)
            if solved is not None:
                return solved
        if missing is None:
            return self._in_turn(lines)
        known = replace(lines, missing=int(missing.value))
        return self._after_missing(known, StageBounds(missing=missing.bound))

    def _floor_bound(self, lines: StageLines) -> Fraction | None:
        """Return what no floor exceeds; None where the lines before cannot be kept, or time is over."""
        relaxed = self.run.relax(floor_aim(self.grid), lines)
        if relaxed is None:
            return None
        return Fraction(max(0, math.floor(min(1.0, -relaxed.priced.bound) * FINE)), FINE)

    def _by_line(
        self, lines: StageLines, bounds: StageBounds, floor: Fraction, *, is_patient: bool = False
    ) -> Solved | None:
        """Solve the last stage above a floor; None where no whole pairs reach it."""
        kept = replace(lines, floor=floor_line(self.grid, floor))
        best = self.run.least(cost_aim(self.grid), kept, gap=self.gap, is_patient=is_patient)
        return None if best is None else self._stated(best.pairs, replace(bounds, cost=best.bound))

    def _in_turn(self, lines: StageLines) -> Solved | None:
        """Solve stage by stage in whole pairs."""
        missing = self._known_missing(lines)
        if missing is None:
            missing = self.run.least(missing_aim(self.grid), lines, gap=0.0)
        if missing is None:
            return None
        lines, bounds = replace(lines, missing=int(missing.value)), StageBounds(missing=missing.bound)
        return self._after_missing(lines, bounds) or self._stated(missing.pairs, bounds)

    def _known_missing(self, lines: StageLines) -> Whole | None:
        """Return the first stage as the flow solves it; None where it is not all that counts."""
        if lines.cuts or self.grid.cliques or len(set(self.grid.weights.tolist())) != 1:
            return None
        value = float(self.lacking * int(self.grid.weights[0]))
        return Whole(pairs=self.flow.pairs, value=value, bound=value)

    def _after_missing(self, lines: StageLines, bounds: StageBounds) -> Solved | None:
        """Solve the stages after the first; None where nothing was found."""
        shortfall = self.run.least(shortfall_aim(self.grid), lines, gap=0.0)
        if shortfall is None:
            return None
        lines = replace(lines, shortfall=int(shortfall.value))
        return self._last(lines, replace(bounds, shortfall=shortfall.bound), shortfall)

    def _last(self, lines: StageLines, bounds: StageBounds, before: Whole) -> Solved:
        """Solve the floor and the cost: by the floor's bound, or in whole pairs where that cannot be."""
        if not self.is_small:
            bound = self._floor_bound(lines)
            if bound is None:
                return self._stated(before.pairs, bounds)
            bounds = replace(bounds, floor=float(bound))
            solved = self._by_line(lines, bounds, bound)
            if solved is not None:
                return solved
            low = self._searched_floor(lines)
            if low is None:
                before = replace(before, pairs=self._high_floor(lines, before.pairs, bound))
            else:
                before, bounds = low, replace(bounds, floor=min(bounds.floor, -low.bound))
        else:
            low = self.run.least(floor_aim(self.grid), lines, gap=0.0)
            if low is not None:
                before, bounds = low, replace(bounds, floor=-low.bound)
        floor = measure(self.grid, before.pairs).floor
        solved = self._by_line(lines, bounds, floor, is_patient=True)
        return solved or self._stated(before.pairs, bounds)

    def _searched_floor(self, lines: StageLines) -> Whole | None:
        """Search for the highest floor in whole pairs, where there are not too many, for half the time."""
        if self.pairs > MEDIUM:
            return None
        end = self.run.left() / 2
        run = StageRun(self.grid, lambda: self.run.left() - end, self.run.seed)
        return run.least(floor_aim(self.grid), lines, gap=NEAR_FLOOR)

    def _high_floor(self, lines: StageLines, pairs: Mask, bound: Fraction) -> Mask:
        """Return pairs with a high floor, halving what lies between one that is reached and its bound."""
        run, end = self.run, self.run.left() * (1 - RESERVE)
        probing = StageRun(self.grid, lambda: min(PROBE_S, run.left() - end), run.seed)
        probing.pool = run.pool
        best, low, high = pairs, measure(self.grid, pairs).floor, bound
        for _ in range(PROBES):
            if run.left() <= end or low >= high * KEPT:
                break
            line = (low + high) / 2
            found = probing.reached(replace(lines, floor=floor_line(self.grid, line / KEPT)))
            if found is None:
                high = line
            else:
                best, low = found, max(line, measure(self.grid, found).floor)
        return best

    def fallen_back(self) -> Solved:
        """Return an answer without proof."""
        found = [greedy_pairs(self.grid), part_separated(self.grid, self.flow.pairs)]
        best = min(found, key=lambda pairs: measure(self.grid, pairs).order())
        least = float(self.lacking * int(self.grid.weights.min(initial=1)))
        return self._stated(best, StageBounds(missing=least))

    def _stated(self, pairs: Mask, bounds: StageBounds) -> Solved:
        figures = measure(self.grid, pairs)
        least = self._plain_bound() if bounds.cost is None else bounds.cost + self.grid.constant
        return Solved(
            pairs=pairs,
            stages=(
                StageResult(name="missing", value=figures.missing, bound=bounds.missing),
                StageResult(name="shortfall", value=figures.shortfall, bound=bounds.shortfall),
                StageResult(name="floor", value=float(figures.floor), bound=bounds.floor),
                StageResult(name="cost", value=figures.cost, bound=least),
            ),
        )

    def _plain_bound(self) -> float:
        """Return what no assignment undercuts, whatever it is: everybody gets the best [bp]."""
        cost = np.sort(np.where(self.grid.allowed | self.grid.pinned, self.grid.pair_cost, 0), axis=1)
        best = (np.minimum(0, cost[row, :count]).sum() for row, count in enumerate(self.grid.demand.tolist()))
        return float(sum(best)) + self.grid.constant


def connected(grid: AssignmentGrid, solver: Solver, solved: Solved) -> Solved:
    """Join what falls into parts, as long as that costs no read; return the answer before where it cannot be.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    solver : Solver
        Of the problem.
    solved : Solved
        The answer without.
    """
    cuts: tuple[Cut, ...] = ()
    best = solved
    for _ in range(JOININGS):
        more = find_cuts(grid, best.pairs)
        if not more or solver.run.left() <= 0:
            break
        cuts += more
        joined = solver.solve(cuts, missing=solved.stages[0])
        if joined is None:
            break
        best = joined
    return best if not find_cuts(grid, best.pairs) else solved


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
    solved = _drawn(grid, run, problem, seed) or _solved(grid, run, problem, gap)
    recheck_assignment(problem, grid.named(solved.pairs), anchors=grid.anchor_ids)
    ask_until = max(end, clock()) + EXPLAIN_S
    shortage = explain_shortage(problem, grid, solved.pairs, seed=seed, left=lambda: ask_until - clock())
    return state_result(
        problem,
        grid,
        solved.pairs,
        solved.stages,
        seed=seed,
        gap=gap,
        graph=report_graph(grid, solved.pairs),
        shortage=shortage,
        drawn=solved.drawn,
    )


def _solved(grid: AssignmentGrid, run: StageRun, problem: AssignmentProblem, gap: float) -> Solved:
    solver = Solver(grid, run, gap)
    solved = solver.solve() or solver.fallen_back()
    return connected(grid, solver, solved) if problem.connect else solved


def _drawn(grid: AssignmentGrid, run: StageRun, problem: AssignmentProblem, seed: int) -> Solved | None:
    most_bp = problem.randomise_bp
    if most_bp is None:
        return None
    drawn = draw_assignment(grid, run, most_bp=most_bp, seed=seed, connect=problem.connect)
    return None if drawn is None else Solved(pairs=drawn.pairs, stages=drawn.stages, drawn=drawn.report)
