"""Columns of a table as numbers of their different cells.

The problem: a hundred thousand cells hold a few hundred different values. Read cell by cell they take seconds
and their rules are hidden in loops; here each different cell, or combination of cells, is handed once to a
plain function, and whatever it refuses is found for every row it stands in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from ...finance.errors import AlmonerError
from .partial_dates import DayOrder
from .rows import MAX_LISTED, OF, Kind, RowFinding

Ints = npt.NDArray[np.int64]
MAX_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column as numbers of its different values; -1 where there is none."""

    codes: Ints
    distinct: list[Any]

    def taken(self, places: Ints) -> "Coded":
        """Return some rows, or all in another order."""
        return Coded(self.codes[places], self.distinct)

    def ranked(self, order: Sequence[int]) -> "Coded":
        """Return the same column with its values in another order."""
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[list(order)] = np.arange(len(order))
        return Coded(ranks[self.codes], [self.distinct[at] for at in order])

    def listed(self) -> list[Any]:
        """Return the value of every row."""
        distinct = self.distinct
        return [distinct[code] for code in self.codes.tolist()]


class Sieve:
    """Reads columns by functions of one row and keeps what they refuse.

    Parameters
    ----------
    numbers : array of int [row]
        Of the rows in the file.
    """

    def __init__(self, numbers: Ints) -> None:
        self.numbers = numbers
        self.findings: list[RowFinding] = []
        self.counts: dict[Kind, int] = {}

    def read(
        self, name: str, function: Callable[..., object], *columns: Coded, kind: Kind = "invalid"
    ) -> Coded:
        """Call a function once for each different combination of cells."""
        known = np.logical_and.reduce([column.codes >= 0 for column in columns])
        places = np.flatnonzero(known)
        mixed, combos = combined([column.taken(places) for column in columns])
        codes = np.full(len(combos), -1, dtype=np.int64)
        index: dict[object, int] = {}
        refused: dict[int, str] = {}
        for at, combo in enumerate(combos):
            try:
                codes[at] = index.setdefault(function(*combo), len(index))
            except AlmonerError as fault:
                refused[at] = fault.message.rstrip(".")
        out = np.full(len(known), -1, dtype=np.int64)
        out[places] = codes[mixed]
        if refused:
            self._keep(name, kind, refused, mixed, places[codes[mixed] < 0], known)
        return Coded(out, list(index))

    def _keep(
        self,
        name: str,
        kind: Kind,
        refused: Mapping[int, str],
        mixed: Ints,
        bad: Ints,
        known: npt.NDArray[np.bool_],
    ) -> None:
        place_of = np.cumsum(known) - 1
        for row in bad[:MAX_LISTED].tolist():
            told = refused[int(mixed[place_of[row]])]
            column, _, rest = told.partition(": ") if told.startswith(OF) else (name, "", told)
            self.findings.append(RowFinding(int(self.numbers[row]), column, rest, kind))
        self.counts[kind] = self.counts.get(kind, 0) + len(bad)

    def refuse(self, number: int, name: str, message: str, kind: Kind) -> None:
        """Keep one more finding."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MAX_LISTED:
            self.findings.append(RowFinding(number, name, message, kind))


def combined(columns: Sequence[Coded]) -> tuple[Ints, list[tuple[Any, ...]]]:
    """Give each different combination of several columns a number, and list them.

    Examples
    --------
    >>> left, right = Coded(np.array([0, 1, 1]), ["a", "b"]), Coded(np.array([0, 0, 0]), ["x"])
    >>> codes, pairs = combined([left, right])
    >>> codes.tolist(), pairs
    ([0, 1, 1], [('a', 'x'), ('b', 'x')])
    """
    if len(columns) == 1:
        return columns[0].codes, [(value,) for value in columns[0].distinct]
    if prod(max(len(column.distinct), 1) for column in columns) >= MAX_KEY:
        first, rest = combined(columns[:-1])
        mixed, pairs = combined([Coded(first, rest), columns[-1]])
        return mixed, [(*before, last) for before, last in pairs]
    keys = np.zeros(len(columns[0].codes), dtype=np.int64)
    for column in columns:
        keys = keys * max(len(column.distinct), 1) + column.codes
    uniques, mixed = np.unique(keys, return_inverse=True)
    parts = []
    for column in reversed(columns):
        uniques, at = np.divmod(uniques, max(len(column.distinct), 1))
        parts.append([column.distinct[place] for place in at.tolist()])
    return mixed.astype(np.int64), list(zip(*reversed(parts), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawRows:
    """A table as it was read, before the terms are asked.

    Attributes
    ----------
    cells : Mapping of str to Coded
        By field, as text.
    fixed : Mapping of str to str
        Fields with one value for all rows.
    numbers : array of int [row]
        Of each row in the file.
    empty : int [rows]
        Left out because nothing stands in them.
    ignored : tuple of str
        Columns that are not read, and never leave the file.
    persons_are : tuple of str
        Sets of the terms whose members are the people themselves.
    days : str
        In which order the table writes days.
    encoding, source_sha256 : str
        How the file was written, and its digest.
    """

    cells: Mapping[str, Coded]
    fixed: Mapping[str, str]
    numbers: Ints
    empty: int
    ignored: tuple[str, ...]
    persons_are: tuple[str, ...]
    days: DayOrder
    encoding: str
    source_sha256: str
