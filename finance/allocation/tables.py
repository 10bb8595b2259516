"""One section of an allocation problem as columns, whatever form it came in.

The problem: 150,000 rows as 150,000 objects cost more than the solve, and people still want to write rows.
``Table`` takes a list of rows or an object of columns, checks whole columns at once, and keeps the rows in
one fixed order, so that the order in which they were written decides nothing. What is wrong is kept as
findings with the place and the key of the row; a table with findings is never used.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from ..findings import Findings, finding
from .columns import REQUIRED, SECTIONS, Column, Section

Int = NDArray[np.int64]
Values = Int | list[Any]
NONE = int(np.iinfo(np.int64).min)  # stands where an int column has nothing
ID = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}")
GROUPING = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}")
EVERY = "*"  # every group of a kind
MAY_BE_EVERY = {"group_id"}
MAX_TEXT = 2000
MAX_MEMBERS = 1000
MAX_ROWS = 5_000_000
SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """The checked columns of one section.

    Attributes
    ----------
    section : Section
        What may stand in it.
    columns : Mapping[str, array or list]
        ``int`` columns as int64 with ``NONE`` for nothing, all others as lists; every row sorted by key.
    count : int [rows]
        Number of rows.
    faults : list of dict
        What is wrong, with JSON pointers inside the section.

    Examples
    --------
    >>> from .columns import SECTIONS
    >>> table = Table.read(SECTIONS["funds"], [{"fund_id": "b", "budget_minor": 5}, {"fund_id": "a"}])
    >>> table.faults
    [{'path': '/1', 'message': 'budget_minor is missing'}]
    >>> Table.read(SECTIONS["funds"], {"fund_id": ["b", "a"], "budget_minor": [5, 7]}).columns["fund_id"]
    ['a', 'b']
    """

    section: Section
    columns: Mapping[str, Values]
    count: int
    faults: Findings = field(default_factory=list)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._identity() == other._identity()

    def __repr__(self) -> str:
        return f"Table({self.section.name}, {self.count} rows)"

    def __hash__(self) -> int:
        return hash((self.section.name, self.count))

    def __reduce__(self) -> tuple[object, ...]:
        return _revived, (self.section.name, self.plain() if not self.faults else {}, self.faults)

    def _identity(self) -> tuple[str, int, dict[str, list[Any]], Findings]:
        return self.section.name, self.count, self.plain(), self.faults

    @classmethod
    def read(cls, section: Section, given: object) -> Self:
        """Read rows (a list of objects) or columns (an object of lists).

        Parameters
        ----------
        section : Section
            What may stand in it.
        given : object
            Decoded JSON, or columns as lists and arrays.
        """
        reader = _Reader(section)
        if isinstance(given, Mapping):
            reader.take_columns(given)
        elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
            reader.take_rows(given)
        else:
            reader.fault("", f"{type(given).__name__} is neither a list of rows nor an object of columns")
        columns = reader.finished()
        return cls(section, columns, reader.count, reader.faults)

    def ints(self, name: str) -> Int:
        """Return an ``int`` column [as its note says]."""
        return cast("Int", self.columns[name])

    def texts(self, name: str) -> list[str]:
        """Return a column of codes, words or texts; nothing is an empty text."""
        return ["" if value is None else value for value in cast("list[str | None]", self.columns[name])]

    def members(self) -> list[tuple[str, ...]]:
        """Return the lists of a column of members."""
        return cast("list[tuple[str, ...]]", self.columns["members"])

    def plain(self) -> dict[str, list[Any]]:
        """Return the columns as JSON values; columns that hold only defaults are left out."""
        found = {}
        for name, values in self.columns.items():
            listed = (
                [None if value == NONE else value for value in values.tolist()]
                if isinstance(values, np.ndarray)
                else [list(value) if isinstance(value, tuple) else value for value in values]
            )
            column = next((column for column in self.section.columns if column.name == name), None)
            default = None if column is None else column.default
            if not all(value == default for value in listed):
                found[name] = listed
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as objects, without defaults."""
        plain = self.plain()
        return [
            {name: values[at] for name, values in plain.items() if values[at] is not None}
            for at in range(self.count)
        ]


def _revived(name: str, plain: Mapping[str, list[Any]], faults: Findings) -> Table:
    """Make a table again in another process."""
    section = SECTIONS[name]
    return Table(section, {}, 0, faults) if faults else Table.read(section, plain)


class _Reader:
    """Columns under construction and what is wrong with them."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self.faults: Findings = []
        self.given: dict[str, Any] = {}
        self.count = 0
        self.by_rows = False

    def fault(self, path: str, message: str) -> None:
        """Add a finding, as long as they can be read."""
        if len(self.faults) < SHOWN:
            self.faults.append(finding(path, message))

    def place(self, name: str, at: int) -> str:
        """Point to a cell in the form in which the table was given."""
        return f"/{at}/{name}" if self.by_rows else f"/{name}/{at}"

    def take_rows(self, rows: Sequence[object]) -> None:
        """Turn rows into columns."""
        self.by_rows = True
        self.count = len(rows)
        names: dict[str, None] = {}
        for at, row in enumerate(rows):
            if not isinstance(row, Mapping):
                self.fault(f"/{at}", f"{type(row).__name__} is no row: write an object")
                return
            names.update(dict.fromkeys(row))
        listed = cast("Sequence[Mapping[str, object]]", rows)
        for column in self.section.columns:
            absent = [at for at, row in enumerate(listed) if column.name not in row]
            if column.default is REQUIRED and absent:
                names.pop(column.name, None)
                for at in absent:
                    self.fault(f"/{at}", f"{column.name} is missing")
        defaults = {column.name: column.default for column in self.section.columns}
        for name in names:
            self.given[str(name)] = [row.get(name, defaults.get(name)) for row in listed]

    def take_columns(self, columns: Mapping[object, object]) -> None:
        """Take columns of one length."""
        lengths = {}
        for name, values in columns.items():
            if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray):
                self.fault(f"/{name}", f"{type(values).__name__} is no column: write a list")
            else:
                self.given[str(name)] = values
                lengths[str(name)] = len(values)
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name} {length}" for name, length in sorted(lengths.items()))
            self.fault("", f"columns have different lengths: {shown}")
            self.given = {}
            return
        self.count = next(iter(lengths.values()), 0)
        for column in self.section.columns:
            if column.default is REQUIRED and column.name not in self.given and (self.count or columns):
                self.fault("", f"column {column.name} is missing")

    def finished(self) -> Mapping[str, Values]:
        """Check every column, then sort the rows by their key; empty when something is wrong."""
        known = {column.name: column for column in self.section.columns}
        made: dict[str, Values] = {}
        if self.count > MAX_ROWS:
            self.fault("", f"{self.count} rows; the limit is {MAX_ROWS}")
        for name, values in self.given.items():
            self._take(made, known, name, values)
        if self.faults:
            self.count = 0
        for column in self.section.columns:
            if column.name not in made or self.faults:
                made[column.name] = _constant(column, self.count)
        if self.faults:
            return {name: made[name] for name in known}
        if self.section.name == "synergies":
            self._join_members(made)
        return self._sorted(made)

    def _take(self, made: dict[str, Values], known: Mapping[str, Column], name: str, values: Any) -> None:  # noqa: ANN401 - decoded JSON or an array
        if name in known:
            made[name] = self._column(known[name], values)
        elif self.section.is_open and GROUPING.fullmatch(name):
            groups = self._ids(Column(name=name, kind="id", note="", default=None), values)
            if any(groups):  # a column without any group says nothing
                made[name] = groups
        else:
            allowed = ", ".join(known)
            self.fault(f"/{name}", f"column {name} is unknown in {self.section.name}; known: {allowed}")

    def _column(self, column: Column, values: Any) -> Values:  # noqa: ANN401 - decoded JSON or an array
        if column.kind == "int":
            return self._ints(column, values)
        if column.kind == "id":
            return self._ids(column, values)
        if column.kind == "ids":
            return self._lists(column, values)
        return self._texts(column, values)

    def _ints(self, column: Column, values: Any) -> Values:  # noqa: ANN401 - decoded JSON or an array
        if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
            numbers = values.astype(np.int64) if values.dtype != np.uint64 else values.astype(object)
            stands = np.ones(len(numbers), bool)
        else:
            listed = list(values)
            numbers = self._whole(column, listed)
            if numbers is None:
                return []
            stands = np.array([value is not None for value in listed], bool)
        outside = stands & ((numbers < column.least) | (numbers > column.most))
        if not stands.all() and column.default not in {None, NONE}:
            at = int(np.flatnonzero(~stands)[0])
            self.fault(self.place(column.name, at), f"{column.name} is missing")
        for at in np.flatnonzero(outside)[:SHOWN].tolist():
            self.fault(
                self.place(column.name, at),
                f"{column.name} of {self._name(at)} is {int(numbers[at])}; "
                f"it must be from {column.least} to {column.most}",
            )
        return np.asarray(numbers, np.int64) if not outside.any() else []

    def _whole(self, column: Column, values: list[Any]) -> Any:  # noqa: ANN401 - int64, or objects beyond it
        for at, value in enumerate(values):
            if value is not None and (
                isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer)
            ):
                kind = type(value).__name__
                self.fault(
                    self.place(column.name, at),
                    f"{column.name} of {self._name(at)} is {value!r}, a {kind}; whole numbers only "
                    f"({column.note})",
                )
                return None
        listed = [NONE if value is None else int(value) for value in values]
        try:
            return np.array(listed, np.int64)
        except OverflowError:
            return np.array(listed, object)

    def _ids(self, column: Column, values: Any) -> list[Any]:  # noqa: ANN401 - decoded JSON or an array
        listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
        good: dict[str, str | None] = {}
        found: list[Any] = []
        for at, value in enumerate(listed):
            if not isinstance(value, str):
                found.append(self._code(column, value, at))
                continue
            if value not in good:
                good[value] = self._code(column, value, at)
            found.append(good[value])
        return found

    def _code(self, column: Column, value: object, at: int) -> str | None:
        if value is None:
            if column.default is REQUIRED:
                self.fault(self.place(column.name, at), f"{column.name} is missing")
            return None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        is_every = text == EVERY and column.name not in MAY_BE_EVERY
        if not isinstance(text, str) or not ID.fullmatch(text) or is_every:
            self.fault(
                self.place(column.name, at),
                f"{value!r} is no code: letters, digits and _ . : / -, at most 80, no blank",
            )
            return None
        return text

    def _lists(self, column: Column, values: Any) -> list[Any]:  # noqa: ANN401 - decoded JSON or an array
        found: list[Any] = []
        for at, value in enumerate(list(values)):
            if value is None:
                found.append(None)
            elif isinstance(value, list | tuple | np.ndarray) and 0 < len(value) <= MAX_MEMBERS:
                found.append(tuple(self._code(column, member, at) for member in value))
                if None in found[-1] and not self.faults:
                    self.fault(self.place(column.name, at), f"{value!r} has a member without a name")
            else:
                self.fault(self.place(column.name, at), f"{value!r} is no list of 1 to {MAX_MEMBERS} codes")
                found.append(None)
        return found

    def _texts(self, column: Column, values: Any) -> list[Any]:  # noqa: ANN401 - decoded JSON or an array
        listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
        for at, value in enumerate(listed):
            if value is None and column.default is None:
                continue
            if not _is_text(value) or (not value and column.default is REQUIRED):
                self.fault(
                    self.place(column.name, at), f"{value!r} is no text of at most {MAX_TEXT} characters"
                )
            elif column.words and value not in column.words:
                self.fault(self.place(column.name, at), f"{value!r} is not one of {', '.join(column.words)}")
        return listed

    def _name(self, at: int) -> str:
        parts = [str(self.given[name][at]) for name in self.section.key if name in self.given]
        return "/".join(parts) or f"row {at}"

    def _join_members(self, made: dict[str, Values]) -> None:
        """Keep every synergy's members as one list, in the order that counts for its kind."""
        kinds = cast("list[str]", made["kind"])
        lists = cast("list[tuple[str, ...] | None]", made["members"])
        pairs = zip(cast("list[Any]", made["first_id"]), cast("list[Any]", made["second_id"]), strict=True)
        joined: list[tuple[str, ...]] = []
        for at, (first, second) in enumerate(pairs):
            named = tuple(member for member in (first, second) if member is not None)
            members = lists[at]
            if (members is None) == (not named):
                self.fault(self.place("members", at), "name either first_id and second_id or members")
            both = members or named
            ordered = both if kinds[at] == "needs" else both[:1] + tuple(sorted(both[1:]))
            joined.append(tuple(sorted(both)) if kinds[at] not in {"needs", "any_of"} else ordered)
        made["members"] = joined
        made["first_id"] = made["second_id"] = [None] * self.count

    def _sorted(self, made: dict[str, Values]) -> Mapping[str, Values]:
        keys = [made[name] for name in self.section.key]
        listed = [values.tolist() if isinstance(values, np.ndarray) else values for values in keys]
        safe = [["" if value is None else value for value in values] for values in listed]
        rows = list(zip(*safe, strict=True))
        order = sorted(range(self.count), key=rows.__getitem__)
        is_repeatable = self.section.name == "synergies"
        for before, after in itertools.pairwise(order):
            if rows[before] == rows[after] and not is_repeatable:
                at = max(before, after)
                shown = "/".join(str(part) for part in rows[after])
                self.fault(
                    self.place(self.section.key[0], at), f"{shown} stands twice in {self.section.name}"
                )
        if is_repeatable:
            values = cast("Int", made["value_micro"])
            order.sort(key=lambda at: (rows[at], int(values[at])))
        index = np.array(order, np.int64)
        known = [column.name for column in self.section.columns]
        names = [*known, *sorted(set(made) - set(known))]
        return {name: _taken(made[name], index, order) for name in names}


def _is_text(value: object) -> bool:
    """Whether a value is a text that every file and database can hold."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_TEXT
        and "\x00" not in value
        and not any("\ud800" <= mark <= "\udfff" for mark in value if mark > "\x7f")
    )


def _constant(column: Column, count: int) -> Values:
    default = None if column.default is REQUIRED else column.default
    if column.kind == "int":
        return np.full(count, NONE if default is None else cast("int", default), np.int64)
    return [default] * count


def _taken(values: Values, index: Int, order: Iterable[int]) -> Values:
    if isinstance(values, np.ndarray):
        taken = values[index]
        taken.flags.writeable = False
        return taken
    return [values[at] for at in order]
