"""Reading 2, ``simulate``: the same terms on many paths at once, bit for bit as they would be paid.

The problem: what a contract may cost is asked before it is signed, over a million ways it could go, and the
answer must be made by the rules that will pay. Paths are carried out in blocks of fixed size; figures asked
for are kept per path, nothing else is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ...finance.errors import Missing, TermError
from .observing import outside
from .outputs import Output, read_output
from .program import Measure, Program
from .running.cells import Cell, Cells, Table
from .running.columns import Columns
from .running.engine import Outturn, carry_out
from .running.overlays import carry_out_amended
from .running.ranges import peaks
from .types import Quantity, Truth

BLOCK: Final = 32_768
Outcomes = Mapping[str, NDArray[np.int64]]


class OutcomeFeed(Protocol):
    """Where outcomes come from."""

    @property
    def members(self) -> Mapping[str, Sequence[str]]:
        """Members of open sets."""

    def block(self, number: int, size: int) -> Outcomes:
        """Return the outcomes of one block.

        Parameters
        ----------
        number : int [block]
            From 0; the same block always has the same outcomes.
        size : int [paths]
            How many of its paths are wanted.

        Returns
        -------
        Mapping of str to array of int64 [counts]
            Metric -> (periods or 1, combinations of members with the last set fastest, size); truths are 0
            and 1, labels their number. A metric that is left out takes its stand-in, or is pending.
        """


class Given:
    """Outcomes that are at hand.

    Parameters
    ----------
    outcomes : Mapping of str to array of int64 [counts]
        Metric -> (periods or 1, combinations of members, paths).
    members : Mapping of str to sequence of str
        Members of open sets.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> nights = Given({"nights": np.array([[[0, 12457, 40000]]])})
    >>> run(program, nights, paths=3, wanted=[Output("paid")])[Output("paid")].tolist()
    [0, 18834984, 50000000]
    """

    def __init__(self, outcomes: Outcomes, members: Mapping[str, Sequence[str]] | None = None) -> None:
        self._outcomes = outcomes
        self._members = members or {}

    @property
    def members(self) -> Mapping[str, Sequence[str]]:
        """Members of open sets."""
        return self._members

    def block(self, number: int, size: int) -> Outcomes:
        """Return the outcomes of one block."""
        first = number * BLOCK
        return {name: array[:, :, first : first + size] for name, array in self._outcomes.items()}


def run(
    program: Program,
    source: OutcomeFeed,
    *,
    paths: int,
    wanted: Sequence[Output],
    progress: Callable[[int], None] | None = None,
    overlays: Sequence[Program] = (),
) -> dict[Output, NDArray[np.int64]]:
    """Carry out terms on many paths.

    Parameters
    ----------
    program : Program
        Compiled terms.
    source : OutcomeFeed
        Of outcomes.
    paths : int [paths]
        How many.
    wanted : sequence of Output
        Figures to keep for each path.
    progress : callable
        Called with the number of paths done after each block.
    overlays : sequence of Program
        Terms of each period, where they were amended.

    Returns
    -------
    dict of Output to array of int64 [counts], shape (paths,)
        Each figure, path by path.

    Raises
    ------
    TermError
        When some paths need what was not drawn.
    OutsideDomain
        When an outcome lies outside its metric's domain.
    Missing
        When a wanted figure is pending, or no output of the terms.
    """
    use = Columns(_sizes(overlays or (program,)))
    kept = {output: np.empty(paths, dtype=np.int64) for output in wanted}
    names = frozenset(output.name for output in wanted)
    cuts = any(name.startswith(("limit:", "lost_to_cap")) or name.endswith(".cut") for name in names)
    for number in range(-(-paths // BLOCK)):
        first = number * BLOCK
        size = min(BLOCK, paths - first)
        table = columns_table(program, source.block(number, size), source.members, size, overlays)
        if overlays:
            outturn = carry_out_amended(program, overlays, use, table, figures=names, cuts=cuts)
        else:
            outturn = carry_out(program, use, table, figures=names, cuts=cuts)
        for output in wanted:
            cell = read_output(outturn, output)
            if cell is None:
                told = f"{output.name} is pending: give outcomes for every metric it needs."
                raise Missing(told, what="outcome", code=output.name)
            kept[output][first : first + size] = cell
        if progress is not None:
            progress(first + size)
    return kept


def _sizes(programs: Sequence[Program]) -> dict[int, int]:
    """Return the proven size of each product, the largest where several programs number it alike."""
    sizes: dict[int, int] = {}
    for program in programs:
        for at, size in peaks(program).items():
            sizes[at] = max(size, sizes.get(at, 0))
    return sizes


def run_table(program: Program, table: Table) -> Outturn:
    """Carry out terms on one path that is already laid out, in columns.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> outturn = run_table(program, Table(members={}, cells={"nights": [[12457]]}))
    >>> read_output(outturn, Output("paid")).tolist()
    [18834984]
    """

    def column(cell: Cell) -> Cell:
        if cell is None:
            return None
        return np.array([cell], dtype=bool if isinstance(cell, bool) else np.int64)

    cells: dict[str, list[Cells]] = {
        name: [[column(cell) for cell in row] for row in rows] for name, rows in table.cells.items()
    }
    return carry_out(program, Columns(peaks(program)), Table(members=table.members, cells=cells))


def columns_table(
    program: Program,
    outcomes: Outcomes,
    members: Mapping[str, Sequence[str]],
    size: int,
    overlays: Sequence[Program] = (),
) -> Table:
    """Lay out a block of outcomes for evaluation.

    Parameters
    ----------
    program : Program
        Compiled terms.
    outcomes : Mapping of str to array of int64 [counts]
        As from a source.
    members : Mapping of str to sequence of str
        Members of open sets.
    size : int [paths]
        Of the block.
    overlays : sequence of Program
        Terms of each period, where they were amended.
    """
    named = {name: listed or tuple(members.get(name, ())) for name, listed in program.sets.items()}
    for name, found in named.items():
        if len(found) > program.most[name]:
            told = f"{len(found)} members of {name}, at most {program.most[name]} were agreed."
            raise TermError(told, path=f"/sets/{name}")
    layout = Table(members=named, cells={})
    to_date = {node.name for node in program.nodes if node.op == "obs" and node.mode == "to_date"}
    cells: dict[str, list[Cells]] = {}
    for name, measure in program.metrics.items():
        rows = len(program.periods) if measure.by_period else 1
        combos = len(layout.combinations(measure.dims))
        if name not in outcomes:
            spans = [one.metrics.get(name, measure) for one in overlays] if measure.by_period else []
            cells[name] = [_absent(one, combos) for one in spans or [measure] * rows]
            continue
        drawn = outcomes[name]
        if drawn.shape != (rows, combos, size):
            told = f"{name} needs outcomes of shape {(rows, combos, size)}, not {drawn.shape}."
            raise TermError(told, path=f"/metrics/{name}")
        _require_domain(name, measure, drawn, summed=name in to_date and measure.pool == "sum")
        if isinstance(measure.type, Truth):
            drawn = drawn.astype(bool)
        cells[name] = [[drawn[row, combo] for combo in range(combos)] for row in range(rows)]
    return Table(members=named, cells=cells)


def _absent(measure: Measure, combos: int) -> Cells:
    value = measure.stand_in
    return [bool(value) if value is not None and isinstance(measure.type, Truth) else value] * combos


def _require_domain(name: str, measure: Measure, drawn: NDArray[np.int64], *, summed: bool) -> None:
    if not drawn.size:
        return
    ends = [int(drawn.min()), int(drawn.max())]
    if summed and isinstance(measure.type, Quantity):
        sums = np.cumsum(drawn, axis=0)
        ends += [int(sums.min()), int(sums.max())]
    for value in ends:
        if not measure.low <= value <= measure.high:
            if isinstance(measure.type, Quantity):
                raise outside(name, measure, value)
            raise TermError(f"{name} has no value number {value}.", path=f"/metrics/{name}")
