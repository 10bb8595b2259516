"""An assignment drawn by chance, so that nobody can be sure of getting a friend's entry.

The problem: a judge who shapes his profile can make sure of one entry under any fixed optimum. Here the best
chances are found with none above a limit, and pairs are drawn so that every pair has exactly its chance while
reads, loads and organisations hold in every draw: value moves around circles of fractions until none is left.
"""

import hashlib
import math
import random
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .aims import cost_aim, floor_aim, floor_line, missing_aim, shortfall_aim
from .draw_report import DrawReport
from .graph import find_cuts
from .grid import NOBODY, AssignmentGrid, Mask
from .measures import measure, part_separated
from .model import Float, StageLines
from .result import StageResult
from .stages import VERTEX, StageAim, StageRun

Node = tuple[str, int, int]
Arc = tuple[Node, Node]
LOOSE = 1e-7  # of a line that was found without whole numbers
WHOLE = 1e-6  # nearer than that a fraction is a whole number
DRAWS = 20
KEEP = 100_000  # of a drawn pair, in basis points: more than any affinity
NEAR = 1e-4
FINE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Pairs that were drawn, and what was reached.

    Examples
    --------
    >>> Drawn.__slots__[0]
    'pairs'
    """

    pairs: Mask
    stages: tuple[StageResult, ...]
    report: DrawReport


def draw_assignment(
    grid: AssignmentGrid, run: StageRun, *, most_bp: int, seed: int, connect: bool
) -> Drawn | None:
    """Draw an assignment; None where the chances were not found in time.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    run : StageRun
        Pool and time.
    most_bp : int [bp]
        No pair is more likely.
    seed : int [1]
        Of the draw.
    connect : bool
        Whether to draw again where the reads fall into parts.
    """
    found = find_chances(grid, run, most_bp=most_bp)
    if found is None:
        return None
    chances, bounds = found
    pairs, draws = _first_connected(grid, chances, seed, DRAWS if connect else 1)
    whole = _repaired(grid, run, pairs, bounds)
    figures = measure(grid, whole)
    values = (figures.missing, figures.shortfall, float(figures.floor), figures.cost)
    names = ("missing", "shortfall", "floor", "cost")
    stages = [StageResult(name=a, value=b, bound=c) for a, b, c in zip(names, values, bounds, strict=True)]
    report = DrawReport(
        most_bp=most_bp,
        open_pairs=int(((chances > WHOLE) & (chances < 1 - WHOLE)).sum()),
        expected=bounds[3],
        draws=draws,
        repaired=int((whole & ~pairs).sum()),
        chances_sha256=hashlib.sha256(np.rint(chances * FINE).astype(">i8").tobytes()).hexdigest(),
    )
    return Drawn(pairs=whole, stages=tuple(stages), report=report)


def find_chances(
    grid: AssignmentGrid, run: StageRun, *, most_bp: int
) -> tuple[Float, tuple[float, float, float, float]] | None:
    """Return the chance of every pair and the bound of every stage; None where time is over.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    run : StageRun
        Pool and time.
    most_bp : int [bp]
        No pair is more likely.
    """
    lines = StageLines(most=most_bp / 10_000)
    missing = _bound(run, missing_aim(grid), lines)
    lines = replace(lines, missing=max(0.0, missing) * (1 + LOOSE) + LOOSE)
    shortfall = _bound(run, shortfall_aim(grid), lines)
    lines = replace(lines, shortfall=max(0.0, shortfall) * (1 + LOOSE) + LOOSE)
    floor = min(1.0, max(0.0, -_bound(run, floor_aim(grid), lines)))
    if not math.isfinite(missing + shortfall + floor):
        return None
    lines = replace(lines, floor=floor_line(grid, Fraction(math.floor(floor * FINE), FINE)))
    relaxed = run.relax(cost_aim(grid), lines, options=VERTEX)
    if relaxed is None:
        return None
    chances = np.zeros(grid.affinity.shape)
    model = relaxed.model
    chances[model.row, model.column] = np.clip(relaxed.x[: len(model.row)], 0.0, 1.0)
    lowest = (math.ceil(missing - WHOLE), math.ceil(shortfall - WHOLE), floor)
    return chances, (*lowest, relaxed.priced.bound + grid.constant)


def _bound(run: StageRun, aim: StageAim, lines: StageLines) -> float:
    relaxed = run.relax(aim, lines)
    return math.nan if relaxed is None else relaxed.priced.bound


def _first_connected(grid: AssignmentGrid, chances: Float, seed: int, draws: int) -> tuple[Mask, int]:
    made = [round_chances(grid, chances, seed=seed, draw=1)]
    while find_cuts(grid, made[-1]) and len(made) < draws:
        made.append(round_chances(grid, chances, seed=seed, draw=len(made) + 1))
    return (made[0], 1) if find_cuts(grid, made[-1]) else (made[-1], len(made))


def round_chances(grid: AssignmentGrid, chances: Float, *, seed: int, draw: int = 1) -> Mask:
    """Draw pairs so that each has its chance, and reads, loads and organisations hold.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    chances : float array [1]
        Of every pair.
    seed, draw : int [1]
        Of the order of chance.
    """
    circles = _Circles(grid, chances, random.Random(f"{seed}:{draw}"))  # noqa: S311 - replayed by everybody
    while circles.open:
        circles.turn()
    pairs: Mask = np.asarray(np.rint(chances) == 1)
    for (row, column), value in circles.pairs().items():
        pairs[row, column] = round(value) == 1
    return pairs


class _Circles:
    """Flow from one source over judges, organisations and applications; only what is fractional is open."""

    def __init__(self, grid: AssignmentGrid, chances: Float, rng: random.Random) -> None:
        self.rng = rng
        self.flow: dict[Arc, float] = {}
        source: Node = ("source", 0, 0)
        for row, column in np.argwhere(chances > 0).tolist():
            own = int(grid.organisation[column])
            end: Node = ("application", row, 0)
            group: Node = end if own == NOBODY else ("group", row, own)
            judge: Node = ("judge", column, 0)
            value = float(chances[row, column])
            self._add(source, judge, value)
            self._add(judge, group, value)
            if group != end:
                self._add(group, end, value)
        for row, missing in enumerate((grid.demand - chances.sum(axis=1)).tolist()):
            self._add(source, ("application", row, 0), missing)
        self.open: dict[Node, dict[Arc, None]] = {}
        for arc, value in self.flow.items():
            if not _is_whole(value):
                for node in arc:
                    self.open.setdefault(node, {})[arc] = None

    def _add(self, tail: Node, head: Node, value: float) -> None:
        self.flow[tail, head] = self.flow.get((tail, head), 0.0) + value

    def pairs(self) -> dict[tuple[int, int], float]:
        """Return the value of every pair with a chance."""
        return {(head[1], tail[1]): value for (tail, head), value in self.flow.items() if tail[0] == "judge"}

    def turn(self) -> None:
        """Move value around one circle until an arc is whole."""
        circle = self._circle()
        if not circle:
            return
        up = min(_room(self.flow[arc], sign) for arc, sign in circle)
        down = min(_room(self.flow[arc], -sign) for arc, sign in circle)
        step = up if self.rng.random() * (up + down) < down else -down
        for arc, sign in circle:
            self.flow[arc] += sign * step
            if _is_whole(self.flow[arc]):
                self._close(arc)

    def _close(self, arc: Arc) -> None:
        for node in arc:
            held = self.open[node]
            held.pop(arc)
            if not held:
                del self.open[node]

    def _circle(self) -> list[tuple[Arc, int]]:
        """Walk along open arcs until a node comes again; one that leads nowhere is whole but for noise."""
        node = next(iter(self.open))
        seen: dict[Node, int] = {node: 0}
        path: list[tuple[Arc, int]] = []
        before: Arc | None = None
        while True:
            arc = next((one for one in self.open[node] if one != before), None)
            if arc is None:
                self._close(before or next(iter(self.open[node])))
                return []
            is_forward = arc[0] == node
            path.append((arc, 1 if is_forward else -1))
            node, before = arc[1] if is_forward else arc[0], arc
            if node in seen:
                return path[seen[node] :]
            seen[node] = len(path)


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) <= WHOLE


def _room(value: float, sign: int) -> float:
    """Return how far a fraction is from the next whole number in a direction."""
    return math.ceil(value) - value if sign > 0 else value - math.floor(value)


def _repaired(
    grid: AssignmentGrid, run: StageRun, pairs: Mask, bounds: tuple[float, float, float, float]
) -> Mask:
    """Change as few pairs as can be, where a draw leaves separated judges together or lacks readers."""
    figures = measure(grid, pairs)
    allowed = int(bounds[1])
    apart = all((pairs[:, clique].sum(axis=1) <= 1).all() for clique in grid.cliques)
    if apart and figures.shortfall <= allowed:
        return pairs
    lines = StageLines(missing=figures.missing, shortfall=allowed)
    cost = -(KEEP * pairs + grid.affinity).astype(np.float64)
    same = StageAim(
        pair_cost=cost,
        others=lambda _: {},
        counted=lambda whole: float(cost[whole].sum()),
        margins=(KEEP / 4,),
    )
    run.pool = run.pool | pairs
    found = run.least(same, lines, gap=NEAR) or run.least(same, replace(lines, shortfall=None), gap=NEAR)
    return part_separated(grid, pairs) if found is None else found.pairs
