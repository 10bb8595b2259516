"""Tallies: what a forecast keeps of each block of paths once it is paid.

The problem: a million paths with every payment on each do not fit into memory, and most of it is never looked
at. Kept per path are totals by party and year, and the flows of those whose return is asked for; of clauses,
limits and bands only how often and how much.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..terms.program import Node, Program
from ..terms.running.cells import Cell
from ..terms.running.engine import Outturn
from ..terms.running.evaluation import Traced
from ..terms.types import Quantity
from .report import exact_sum

Amounts = NDArray[np.int64]
Total = tuple[str, str, str, str]  # what, party, unit, year
Place = tuple[str, str, str]  # what, name, unit


@dataclass(slots=True)
class Occurrences:
    """On how many paths something happened, and how much it was in all [minor units]."""

    paths: int = 0
    amount: int = 0


class BandHits(list[Traced]):
    """Takes the record of a block, and keeps only which bands its numbers fell into.

    Parameters
    ----------
    program : Program
        The terms.
    size : int [paths]
        Of the block.
    """

    def __init__(self, program: Program, size: int) -> None:
        super().__init__()
        self._nodes = program.nodes
        self._size = size
        self.hits: dict[int, NDArray[np.bool_]] = {}

    def append(self, row: Traced, /) -> None:
        """Mark the bands of one operation."""
        node = self._nodes[row.node]
        if node.op != "bands" or not row.inputs or row.inputs[0] is None:
            return
        marks = self.hits.setdefault(row.node, np.zeros((len(node.rows), self._size), dtype=bool))
        marks[bands_of(node, row.inputs[0], self._size), np.arange(self._size)] = True


@dataclass(slots=True)
class Tally:
    """What is kept of all blocks.

    Attributes
    ----------
    program : Program
        The terms.
    paths : int [paths]
        How many in all.
    followed : frozenset of str
        Parties whose flows are kept by period.
    """

    program: Program
    paths: int
    followed: frozenset[str]
    totals: dict[Total, Amounts] = field(default_factory=dict)
    received: dict[tuple[str, str], Amounts] = field(default_factory=dict)
    spent: dict[tuple[str, str], Amounts] = field(default_factory=dict)
    counts: dict[Place, Occurrences] = field(default_factory=dict)

    def take(self, outturn: Outturn, bands: BandHits, first: int, size: int) -> None:
        """Add a block.

        Parameters
        ----------
        outturn : Outturn
            Of its paths.
        bands : BandHits
            Of the same.
        first : int [path]
            Number of its first path.
        size : int [paths]
            How many it has.
        """
        span = slice(first, first + size)
        for (clause, payer, payee, period), cell in outturn.flows.items():
            self._flow(self._names(clause, payer, payee), period, cell, span)
        self._clauses(outturn, size)
        for node, marks in bands.hits.items():
            for row in range(len(marks)):
                name = f"{self.program.nodes[node].path} row {row + 1}"
                self._count("band", name, "", marks[row].astype(np.int64))

    def unit_of(self, clause: str) -> Quantity:
        """Return what a clause pays in, or the residual of a pot is in."""
        if clause.startswith("residual:"):
            name = clause.removeprefix("residual:")
            return next(one.unit for one in self.program.accounts if one.id == name)
        return next(one.unit for one in self.program.clauses if one.id == clause)

    def _names(self, clause: str, payer: str, payee: str) -> tuple[str, str, Quantity]:
        """Name members of an open set that are paid by the set they are in."""
        plan = next((one for one in self.program.clauses if one.id == clause), None)
        known = self.program.parties.keys() | {one.id for one in self.program.accounts}
        if plan is not None:
            payer = payer if payer in known else plan.payer
            payee = payee if payee in known else plan.payee
        return payer, payee, self.unit_of(clause)

    def _flow(self, names: tuple[str, str, Quantity], period: int, cell: Cell, span: slice) -> None:
        payer, payee, unit = names
        pots = {account.id for account in self.program.accounts if account.pot}
        year = str(self.program.periods[period][1].year)
        if payer not in pots:
            self._total(("paid", "", unit.unit, ""))[span] += cell
            self._side("pays", self.spent, (payer, unit.unit), (year, period), cell, span)
        if payee not in pots:
            self._side("receives", self.received, (payee, unit.unit), (year, period), cell, span)

    def _side(
        self,
        what: str,
        kept: dict[tuple[str, str], Amounts],
        whose: tuple[str, str],
        when: tuple[str, int],
        cell: Cell,
        span: slice,
    ) -> None:
        for year in ("", when[0]):
            self._total((what, *whose, year))[span] += cell
        if whose[0] in self.followed:
            if whose not in kept:
                kept[whose] = np.zeros((self.paths, len(self.program.periods)), dtype=np.int64)
            kept[whose][span, when[1]] += cell

    def _total(self, name: Total) -> Amounts:
        if name not in self.totals:
            self.totals[name] = np.zeros(self.paths, dtype=np.int64)
        return self.totals[name]

    def _clauses(self, outturn: Outturn, size: int) -> None:
        """Count what each clause pays, and what each limit, pot and split cuts."""
        sums: dict[Place, Amounts] = {}

        def add(place: Place, cell: Cell) -> None:
            if place not in sums:
                sums[place] = np.zeros(size, dtype=np.int64)
            sums[place] += 0 if cell is None else cell

        for clause, rows in outturn.paid.items():
            for cell in (cell for row in rows for cell in row):
                add(("clause pays", clause, self.unit_of(clause).unit), cell)
        for (clause, _, _), kept in outturn.keys.items():
            for limit, cut in kept.cuts.items():
                add(("limit cuts", limit, self.unit_of(clause).unit), cut)
        for plan in self.program.limits:
            add(("limit cuts", plan.id, self.unit_of(plan.clauses[0]).unit), 0)
        for place, values in sums.items():
            self._count(*place, values)

    def _count(self, what: str, name: str, unit: str, values: Amounts) -> None:
        count = self.counts.setdefault((what, name, unit), Occurrences())
        count.paths += int(np.count_nonzero(values))
        count.amount += exact_sum(values)


def bands_of(node: Node, cell: Cell, size: int) -> NDArray[np.intp]:
    """Return in which band each number falls, from 0.

    Parameters
    ----------
    node : Node
        A ``bands`` operation.
    cell : Cell
        Numbers, or one for all.
    size : int [paths]
        How many.

    Examples
    --------
    >>> node = Node(path="", op="bands", type=Quantity("USD", 2), edges=((10, False), (20, True)))
    >>> bands_of(node, np.array([10, 11, 19, 20]), 4).tolist()
    [0, 1, 1, 2]
    """
    column = np.broadcast_to(np.asarray(cell), (size,))
    above = [column >= at if is_above else column > at for at, is_above in node.edges]
    return np.asarray(sum(above, start=np.zeros(size, dtype=np.intp)))


def most_outlay(spent: Amounts, received: Amounts) -> Amounts:
    """Return the largest sum spent before it came back: each period is paid before it is received in.

    Parameters
    ----------
    spent, received : array of int64 [minor units]
        One row for each path, one column for each period.

    Examples
    --------
    >>> most_outlay(np.array([[50, 50, 50]]), np.array([[0, 80, 70]])).tolist()
    [100]
    """
    before = np.cumsum(received, axis=1) - received
    return np.asarray(np.maximum((np.cumsum(spent, axis=1) - before).max(axis=1), 0))
