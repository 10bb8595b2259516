"""Whole numbers by the list: the exact arithmetic of payment on many paths, one Python number at a time.

The engine is told once what to do with a block of paths; every operation is then carried out path by path by
``WHOLE_NUMBERS``, the arithmetic that pays. So a million exact term-paths take minutes, not hours.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from almoner.contracts.terms.program import Node
from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
from almoner.contracts.terms.running.cells import Cell, Cells, Scaler
from almoner.finance.errors import TermError
from almoner.finance.money import Rounding

EXACT = WHOLE_NUMBERS


def each(function: Callable[..., Any], *cells: Cell) -> Cell:
    """Apply a function path by path; what is no list holds on every path."""
    size = next((len(cell) for cell in cells if isinstance(cell, list)), None)
    if size is None:
        return function(*cells)
    rows = [cell if isinstance(cell, list) else [cell] * size for cell in cells]
    return [function(*here) for here in zip(*rows, strict=True)]


def known_everywhere(cell: Cell) -> Cell:
    """Refuse what is pending on some paths only, as columns do."""
    if isinstance(cell, list) and None in cell:
        if any(one is not None for one in cell):
            raise TermError("Some paths need what was not observed.")
        return None
    return cell


def turned(rows: Cell, count: int) -> Cells:
    """One list per path into one cell per member."""
    if rows and isinstance(rows[0], list):
        return [list(cells) for cells in zip(*rows, strict=True)]
    return list(rows) if rows else [[] for _ in range(count)]


class Listed:
    """Arithmetic on lists of whole numbers."""

    def add(self, left: Cell, right: Cell) -> Cell:
        return each(EXACT.add, left, right)

    def sub(self, left: Cell, right: Cell) -> Cell:
        return each(EXACT.sub, left, right)

    def since(self, now: Cell, before: Cell) -> Cell:
        return each(EXACT.since, now, before)

    def take(self, left: Cell, right: Cell) -> Cell:
        return each(EXACT.take, left, right)

    def least(self, left: Cell, right: Cell) -> Cell:
        return each(EXACT.least, left, right)

    def most(self, left: Cell, right: Cell) -> Cell:
        return each(EXACT.most, left, right)

    def scale(self, node: Scaler, of: Cell, by: Sequence[Cell], over: Sequence[Cell], spare: Cell) -> Cell:
        def one(*here: Any) -> int:  # noqa: ANN401  # numbers
            factors, divisors = here[1 : 1 + len(by)], here[1 + len(by) : -1]
            return EXACT.scale(node, here[0], factors, divisors, here[-1])

        return each(one, of, *by, *over, spare)

    def bands(self, node: Node, number: int, digits: int, of: Cell) -> Cell:
        return each(lambda here: EXACT.bands(node, number, digits, here), of)

    def compare(self, relation: str, left: Cell, right: Cell) -> Cell:
        return each(lambda one, other: EXACT.compare(relation, one, other), left, right)

    def conjunction(self, cells: Sequence[Cell]) -> Cell:
        return known_everywhere(each(lambda *here: EXACT.conjunction(here), *cells))

    def disjunction(self, cells: Sequence[Cell]) -> Cell:
        return known_everywhere(each(lambda *here: EXACT.disjunction(here), *cells))

    def invert(self, cell: Cell) -> Cell:
        return each(EXACT.invert, cell)

    def choose(self, test: Cell, then: Cell, other: Cell, path: str) -> Cell:
        return known_everywhere(
            each(lambda at, one, two: EXACT.choose(at, one, two, path), test, then, other)
        )

    def allocate(self, total: Cell, weights: Sequence[Cell], ties: str, times: int) -> Cells:
        rows = each(lambda whole, *here: EXACT.allocate(whole, here, ties, times), total, *weights)
        return turned(rows, len(weights))

    def rank(self, cells: Sequence[Cell], best: str, times: int) -> Cells:
        return turned(each(lambda *here: EXACT.rank(here, best, times), *cells), len(cells))

    def grow(self, cell: Cell, factor: Fraction, rounding: Rounding) -> Cell:
        return each(lambda here: EXACT.grow(here, factor, rounding), cell)

    def gather(self, kind: str, cells: Sequence[Cell], times: int) -> Cell:
        return each(lambda *here: EXACT.gather(kind, here, times), *cells)

    def within(self, cell: Cell, low: int, high: int) -> Cell:
        return each(lambda here: EXACT.within(here, low, high), cell)

    def most_of(self, new: Cell, old: Cell, ceiling: Cell) -> Cell:
        return each(EXACT.most_of, new, old, ceiling)

    def not_negative(self, cell: Cell) -> Cell:
        return each(EXACT.not_negative, cell)

    def many(self, cell: Cell, times: int) -> Cell:
        return each(lambda here: EXACT.many(here, times), cell)

    def known(self, cell: Cell) -> Cell:
        return cell is not None

    def between(self, low: int, high: int) -> Cell:
        return EXACT.between(low, high)
