"""Cells: what a number is while terms are carried out, and what can be done with it.

The problem: exact payment, simulation on a million paths and proof of bounds must not differ. They share
one engine; a cell is a whole number, a column of numbers, or an interval, and an ``Arithmetic`` knows what
to do with it. A cell that is ``None`` is pending: not observed yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Protocol

from ....finance.money import Rounding
from ..program import Node

Cell = Any  # int, bool, a column, an interval; None when pending
Cells = list[Cell]


class Arithmetic(Protocol):
    """What cells can do. All operands are known: pending ones never arrive here."""

    def add(self, left: Cell, right: Cell) -> Cell:
        """Add two cells."""

    def sub(self, left: Cell, right: Cell) -> Cell:
        """Subtract the second from the first."""

    def since(self, now: Cell, before: Cell) -> Cell:
        """Subtract what was there before; in proofs, it may have been pending until now."""

    def take(self, left: Cell, right: Cell) -> Cell:
        """Subtract what is known not to exceed it, or not to be positive."""

    def least(self, left: Cell, right: Cell) -> Cell:
        """Return the smaller."""

    def most(self, left: Cell, right: Cell) -> Cell:
        """Return the larger."""

    def scale(self, node: "Scaler", of: Cell, by: Sequence[Cell], over: Sequence[Cell], spare: Cell) -> Cell:
        """Multiply and divide with one rounding."""

    def bands(self, node: Node, number: int, digits: int, of: Cell) -> Cell:
        """Value a number by its band."""

    def compare(self, relation: str, left: Cell, right: Cell) -> Cell:
        """Compare two cells."""

    def conjunction(self, cells: Sequence[Cell]) -> Cell:
        """All hold; pending cells may be among them."""

    def disjunction(self, cells: Sequence[Cell]) -> Cell:
        """One holds; pending cells may be among them."""

    def invert(self, cell: Cell) -> Cell:
        """Return whether it does not hold."""

    def choose(self, test: Cell, then: Cell, other: Cell, path: str) -> Cell:
        """Choose by a condition; a pending value may be among the two."""

    def allocate(self, total: Cell, weights: Sequence[Cell], ties: str, times: int) -> Cells:
        """Share a total by weights, to the last unit."""

    def rank(self, cells: Sequence[Cell], best: str, times: int) -> Cells:
        """Rank cells among each other."""

    def grow(self, cell: Cell, factor: Fraction, rounding: Rounding) -> Cell:
        """Multiply by a fraction, rounded."""

    def gather(self, kind: str, cells: Sequence[Cell], times: int) -> Cell:
        """Fold: add, min, max, all or any; with ``times``, over none to so many cells like the one given."""

    def within(self, cell: Cell, low: int, high: int) -> Cell:
        """Return a cell that is known to lie within ends."""

    def most_of(self, new: Cell, old: Cell, ceiling: Cell) -> Cell:
        """Return a cell that is known not to exceed both others."""

    def not_negative(self, cell: Cell) -> Cell:
        """Return a number that is proven never to be negative."""

    def many(self, cell: Cell, times: int) -> Cell:
        """Return the sum of none to so many cells like this; the cell itself when ``times`` is 0."""

    def known(self, cell: Cell) -> Cell:
        """Say whether a cell is known; the one operation that pending cells reach."""

    def between(self, low: int, high: int) -> Cell:
        """Return some whole number of a range."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """A ``scale`` with its power of ten: result counts = of x by / over x numerator / denominator."""

    path: str
    numerator: int
    denominator: int
    rounding: Rounding
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was observed, laid out for evaluation.

    Attributes
    ----------
    members : dict of str to tuple of str
        Of every set.
    cells : dict of str to list
        Metric -> by period (one row when it is not by period) -> by combination of members, last set fastest.
    times : dict of str to int [members]
        For up to how many members the one named member of an open set stands; only in proofs.
    """

    members: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, Sequence[Cells]]
    times: Mapping[str, int] = field(default_factory=dict)

    def combinations(self, dims: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return all combinations of members, in order."""
        return tuple(product(*(self.members[dim] for dim in dims)))

    def multiplicity(self, dims: Sequence[str]) -> int:
        """Return for up to how many combinations one stands; 0 when it stands for itself."""
        if not self.times:  # outside proofs, and so on every payment
            return 0
        times = [self.times[dim] for dim in dims if dim in self.times]
        return prod(times) if times else 0
