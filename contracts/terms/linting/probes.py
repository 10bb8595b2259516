"""Probes: terms carried out on many made-up results at once, one observed number moved at a time.

The problem: a cliff, a payment that falls as the result rises or a pot that never suffices shows only when
terms are paid on numbers near their edges. Every metric is moved through the ends of its domain, both sides
of every edge and literal of its type and some points between, closer where much changes, while all others
rest at their least, their most or the middle. All cases are one run of columns, exact like a payment; each
can be written out as observations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ....finance.errors import TermError
from ..observing import Observation
from ..program import Measure, Program
from ..running.arithmetic import WHOLE_NUMBERS
from ..running.cells import Cell, Cells, Table
from ..running.columns import Columns
from ..running.engine import Outturn, carry_out
from ..running.ranges import peaks
from ..types import Quantity, Truth

RESTS: Final = ("least", "most", "middle")
BETWEEN: Final = 4
MAX_CASES: Final = 4_000
MAX_SLOTS: Final = 12
FINER: Final = 31
ROUNDS: Final = 5
STEEP: Final = 4  # a stretch with a quarter of all change is looked at more closely
FEW_CASES: Final = 60
STAND_INS: Final = 2


@dataclass(frozen=True, slots=True)
class Curve:
    """One number moved while the others rest: its cases are neighbours, in rising order.

    Attributes
    ----------
    metric : str
        What is moved.
    of : tuple of (str, str)
        For which members.
    rest : str
        Where the others are: ``least``, ``most`` or ``middle`` of their domains.
    first : int [case]
        Of the cases of all curves.
    points : tuple of int [counts]
        Its values.
    """

    metric: str
    of: tuple[tuple[str, str], ...]
    rest: str
    first: int
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Terms carried out on all cases.

    Attributes
    ----------
    curves : tuple of Curve
        All that were tried; cases of the three rests alone come first.
    size : int [cases]
        How many.
    """

    program: Program
    curves: tuple[Curve, ...]
    size: int
    table: Table
    outturn: Outturn

    def column(self, cell: Cell) -> NDArray[np.int64] | None:
        """Return a cell case by case; None when it is pending."""
        if cell is None:
            return None
        return np.broadcast_to(np.asarray(cell, dtype=np.int64), (self.size,))

    def witness(self, case: int) -> tuple[Observation, ...]:
        """Write a case as observations that can be paid.

        Parameters
        ----------
        case : int [case]
            Its number.
        """
        rows = []
        for name, measure in self.program.metrics.items():
            combos = self.table.combinations(measure.dims)
            for span, cells in enumerate(self.table.cells[name]):
                for combo, cell in zip(combos, cells, strict=True):
                    rows.append(
                        Observation(
                            metric=name,
                            value=int(cell[case]),
                            period=self.program.periods[span][0] if measure.by_period else "",
                            of=tuple(sorted(zip(measure.dims, combo, strict=True))),
                        )
                    )
        return tuple(rows)


def probe(program: Program) -> Probes:
    """Carry out terms on made-up results near every edge.

    Parameters
    ----------
    program : Program
        Compiled terms, proven not to overflow.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> probes = probe(compile_terms(TermDocument.read(EXAMPLE)))
    >>> probes.curves[0].points
    (0, 8000, 16000, 24000, 32000, 40000)
    >>> probes.column(probes.outturn.keys["nights", -1, 0].earned)[3:9].tolist()
    [0, 12096000, 24192000, 36288000, 48384000, 60480000]
    """
    members = {
        name: listed or tuple(f"m{at + 1}" for at in range(min(program.most[name], STAND_INS)))
        for name, listed in program.sets.items()
    }
    layout = Table(members=members, cells={})
    points = {name: set(_points(program, name)) for name in program.metrics}
    try:
        probes = _probed(program, layout, points)
        for _ in range(ROUNDS):
            finer = _steep(probes)
            if not finer:
                break
            for name, found in finer.items():
                points[name] |= found
            probes = _probed(program, layout, points)
    except TermError:
        curves, size = _shortened(_curves(program, layout, points)[0])
        table = _filled(program, layout, curves, size)
        outturn = _one_by_one(program, table, size)
        return Probes(program=program, curves=curves, size=size, table=table, outturn=outturn)
    return probes


def _probed(program: Program, layout: Table, points: Mapping[str, set[int]]) -> Probes:
    curves, size = _curves(program, layout, points)
    table = _filled(program, layout, curves, size)
    outturn = carry_out(program, Columns(peaks(program)), table)
    return Probes(program=program, curves=curves, size=size, table=table, outturn=outturn)


def _steep(probes: Probes) -> dict[str, set[int]]:
    """Return points inside the stretches in which much of what a clause earns changes."""
    finer: dict[str, set[int]] = {}
    rows = [kept.earned for kept in probes.outturn.keys.values() if isinstance(kept.earned, np.ndarray)]
    if not rows:
        return finer
    earned = np.stack(rows)
    for curve in probes.curves:
        part = earned[:, curve.first : curve.first + len(curve.points)]
        change = np.abs(np.diff(part, axis=1))
        range_ = part.max(axis=1) - part.min(axis=1)
        steep = (change * STEEP > range_[:, None]).any(axis=0)
        for at in np.flatnonzero(steep):
            low, high = curve.points[at], curve.points[at + 1]
            inside = {low + (high - low) * step // (FINER + 1) for step in range(1, FINER + 1)}
            if new := inside - {low, high}:
                finer.setdefault(curve.metric, set()).update(new)
    return finer


def _shortened(curves: Sequence[Curve]) -> tuple[tuple[Curve, ...], int]:
    """Keep as many curves as can be paid one case after the other."""
    kept: list[Curve] = []
    size = len(RESTS)
    for curve in curves:
        if size + len(curve.points) <= FEW_CASES:
            kept.append(curve)
            size += len(curve.points)
        else:
            break
    return tuple(kept), size


def _one_by_one(program: Program, table: Table, size: int) -> Outturn:
    """Carry out case by case in whole numbers, and put the answers side by side."""
    runs = []
    for case in range(size):
        cells: dict[str, list[Cells]] = {
            name: [[cell[case].item() for cell in row] for row in rows] for name, rows in table.cells.items()
        }
        runs.append(carry_out(program, WHOLE_NUMBERS, Table(members=table.members, cells=cells)))
    whole = runs[0]
    for key, kept in whole.keys.items():
        cuts = {name: None for run in runs for name in run.keys[key].cuts}
        kept.cuts = {name: _side([run.keys[key].cuts.get(name, 0) for run in runs]) for name in cuts}
        for field in ("entitled", "paid"):
            setattr(kept, field, _side([getattr(run.keys[key], field) for run in runs]))
        kept.earned = _side([run.keys[key].earned for run in runs])
    for flow in {flow for run in runs for flow in run.flows}:
        whole.flows[flow] = _side([run.flows.get(flow, 0) for run in runs])
    return whole


def _side(cells: Sequence[Cell]) -> Cell:
    return None if any(cell is None for cell in cells) else np.array(cells, dtype=np.int64)


def _curves(program: Program, layout: Table, points: Mapping[str, set[int]]) -> tuple[tuple[Curve, ...], int]:
    """List all curves within the number of cases: the first member of each metric, then the others."""
    slots = sorted(_slots(program, layout), key=lambda slot: slot[0])
    curves: list[Curve] = []
    size = len(RESTS)
    rising = {name: tuple(sorted(found)) for name, found in points.items()}
    for _, name, of in slots:
        for rest in RESTS:
            if size + len(rising[name]) <= MAX_CASES:
                curves.append(Curve(name, of, rest, size, rising[name]))
                size += len(rising[name])
    return tuple(curves), size


def _slots(program: Program, layout: Table) -> Iterator[tuple[int, str, tuple[tuple[str, str], ...]]]:
    for name, measure in program.metrics.items():
        for at, combo in enumerate(layout.combinations(measure.dims)[:MAX_SLOTS]):
            if at == 0 or all(program.sets[dim] for dim in measure.dims):
                yield at, name, tuple(sorted(zip(measure.dims, combo, strict=True)))


def _points(program: Program, name: str) -> list[int]:
    """Return the ends of a domain, both sides of every edge and literal of its type, and some between."""
    measure = program.metrics[name]
    if not isinstance(measure.type, Quantity):
        return list(range(measure.high + 1))
    span = measure.high - measure.low
    found = {measure.low + span * step // (BETWEEN + 1) for step in range(BETWEEN + 2)}
    for at in _edges(program, measure):
        found |= {at - 1, at, at + 1}
    return sorted(at for at in found if measure.low <= at <= measure.high)


def _edges(program: Program, measure: Measure) -> set[int]:
    found: set[int] = set()
    for node in program.nodes:
        if node.op == "lit" and node.type == measure.type:
            found.add(node.const)
        elif node.op == "param" and node.type == measure.type:
            found |= {count for rows in program.params[node.name].values() for _, count in rows}
        elif node.op == "bands" and program.nodes[node.args[0]].type == measure.type:
            found |= {edge for edge, _ in node.edges}
    return found


def resting(measure: Measure, rest: str) -> int:
    """Return where a metric rests."""
    if rest == "least":
        return measure.low
    if rest == "most":
        return measure.high
    return (measure.low + measure.high + 1) // 2


def _filled(program: Program, layout: Table, curves: Sequence[Curve], size: int) -> Table:
    to_date = {node.name for node in program.nodes if node.op == "obs" and node.mode == "to_date"}
    cells: dict[str, list[Cells]] = {}
    for name, measure in program.metrics.items():
        rests = [resting(measure, rest) for rest in RESTS]
        base = np.array(rests + [0] * (size - len(RESTS)), dtype=np.int64)
        for curve in curves:
            base[curve.first : curve.first + len(curve.points)] = rests[RESTS.index(curve.rest)]
        combos = layout.combinations(measure.dims)
        columns = [base.copy() for _ in combos]
        for curve in curves:
            if curve.metric == name:
                at = combos.index(tuple(dict(curve.of)[dim] for dim in measure.dims))
                columns[at][curve.first : curve.first + len(curve.points)] = curve.points
        cells_of = [_typed(measure, column) for column in columns]
        cells[name] = _periods(program, measure, cells_of, spread=name in to_date and measure.pool == "sum")
    return Table(members=layout.members, cells=cells)


def _typed(measure: Measure, column: NDArray[np.int64]) -> Cell:
    return column.astype(bool) if isinstance(measure.type, Truth) else column


def _periods(program: Program, measure: Measure, columns: list[Cell], *, spread: bool) -> list[Cells]:
    """Repeat values in every period; what is summed to date comes whole in the first."""
    if not measure.by_period:
        return [columns]
    rest = max(measure.low, min(0, measure.high))
    later = [np.full_like(column, rest) if spread else column for column in columns]
    return [columns if at == 0 else later for at, _ in enumerate(program.periods)]
