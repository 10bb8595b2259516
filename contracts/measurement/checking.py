"""Rows under an agreement: read by its terms, pseudonymised, put in order, counted and summed.

The problem: the same table in another order, or read by another program, has to give the same digest and the
same sums, and one person must not count twice for one milestone. Rows have one canonical order, by pseudonym;
sums are of whole numbers.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...finance.errors import RowsInvalid
from ..terms.observing import write_value
from ..terms.program import Measure, Program
from ..terms.types import Quantity, Truth
from .aggregates import CountedRow
from .columns import Coded, Ints, RawRows, Sieve, combined
from .partial_dates import PartialDate
from .preview import PlaceCount
from .pseudonyms import PERSON_BYTES, plain_person, pseudonyms
from .rows import MAX_LISTED, OF, Kind, RecordedRow, RowFinding, RowRules, members_of, number_milestones

Array = npt.NDArray[Any]
RowValues = tuple[int, bytes, str, str, str, str, int, int, int]
Milestone = tuple[bytes, str, str]  # person, metric, members
BATCH_ROWS = 10_000
SUMMABLE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedRows:
    """Rows that can be counted, in their canonical order, and what is wrong with the others.

    Attributes
    ----------
    read, persons, empty : int [rows, people, rows]
        Rows that hold something, different people, and rows that hold nothing.
    numbers : array of int [row]
        Of each row in the file.
    columns : Mapping of str to Coded
        ``person`` (pseudonyms), ``metric``, ``members``, ``achieved_on``, ``period``, ``quantity``.
    nth, life : array of int [place]
        Place of each milestone; zero before they are given.
    findings : tuple of RowFinding
        The first of them, by row.
    counts : Mapping of str to int [findings]
        By kind.
    notes : tuple of str
        What a person should look at.
    rules : RowRules
        By which they were read.
    """

    read: int
    empty: int
    numbers: Ints
    columns: Mapping[str, Coded]
    nth: Ints
    life: Ints
    findings: tuple[RowFinding, ...]
    counts: Mapping[Kind, int]
    notes: tuple[str, ...]
    rules: RowRules

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def persons(self) -> list[bytes]:
        """Pseudonyms, in order."""
        return self.columns["person"].distinct


ORDER = ("person", "metric", "members", "achieved_on", "period", "quantity")


def check_rows(raw: RawRows, rules: RowRules, *, secret: bytes, scope: str) -> CheckedRows:
    """Read every cell by the terms, pseudonymise people, and sort the rows.

    Parameters
    ----------
    raw : RawRows
        As read.
    rules : RowRules
        Of the agreement.
    secret : bytes
        Key for the pseudonyms.
    scope : str
        Book and agreement.
    """
    sieve = Sieve(raw.numbers)
    size = len(raw.numbers)
    _require_sets(raw, rules)
    plain = sieve.read("person", plain_person, _cells(raw, "person", size))
    people = Coded(plain.codes, pseudonyms(secret, scope, plain.distinct))
    metric = sieve.read("metric", rules.metric, _cells(raw, "metric", size))
    day = sieve.read("achieved_on", rules.day, _cells(raw, "achieved_on", size))
    period = sieve.read("period", rules.period, metric, day, _cells(raw, "period", size))
    sieve.read("achieved_on", rules.in_time, metric, day, period, kind="late")
    members = sieve.read("of", rules.members, metric, *_sets(raw, rules, metric, people))
    if "quantity" in raw.cells or "quantity" in raw.fixed:
        quantity = sieve.read("quantity", rules.quantity, metric, _cells(raw, "quantity", size))
    else:
        quantity = sieve.read("quantity", rules.one, metric)
    columns = dict(zip(ORDER, (people, metric, members, day, period, quantity), strict=True))
    good = np.flatnonzero(np.logical_and.reduce([one.codes >= 0 for one in columns.values()]))
    ranked = {name: _ranked(name, column.taken(good)) for name, column in columns.items()}
    order = np.lexsort(tuple(ranked[name].codes for name in reversed(ORDER)))
    none = np.zeros(len(good), dtype=np.int64)
    checked = CheckedRows(
        read=size,
        empty=raw.empty,
        numbers=raw.numbers[good][order],
        columns={name: column.taken(order) for name, column in ranked.items()},
        nth=none,
        life=none,
        findings=(),
        counts={},
        notes=_alike(plain.distinct),
        rules=rules,
    )
    _require_single(checked, sieve)
    return _with_findings(checked, sieve)


def _with_findings(checked: CheckedRows, sieve: Sieve) -> CheckedRows:
    kept = tuple(sorted(sieve.findings)[:MAX_LISTED])
    return replace(checked, findings=kept, counts=dict(sieve.counts))


def _require_sets(raw: RawRows, rules: RowRules) -> None:
    names = [name[len(OF) :] for name in (*raw.cells, *raw.fixed) if name.startswith(OF)]
    unknown = [name for name in (*names, *raw.persons_are) if name not in rules.program.sets]
    if unknown:
        known = ", ".join(rules.program.sets) or "none"
        raise RowsInvalid(f"The terms have no set {', '.join(unknown)}; sets: {known}.", unknown=unknown)


def _cells(raw: RawRows, name: str, size: int) -> Coded:
    if name in raw.cells:
        return raw.cells[name]
    return Coded(np.zeros(size, dtype=np.int64), [raw.fixed.get(name, "")])


def _sets(raw: RawRows, rules: RowRules, metric: Coded, people: Coded) -> list[Coded]:
    """Return a column for each set of the terms; where people are members, their pseudonyms."""
    size = len(metric.codes)
    return [
        _themselves(name, rules, metric, people)
        if name in raw.persons_are
        else _cells(raw, f"{OF}{name}", size)
        for name in rules.program.sets
    ]


def _themselves(name: str, rules: RowRules, metric: Coded, people: Coded) -> Coded:
    has = np.array([name in rules.program.metrics[one].dims for one in metric.distinct] + [False])
    codes = np.where(has[metric.codes], people.codes, len(people.distinct))
    return Coded(codes, [*(f"p{one.hex()}" for one in people.distinct), ""])


def _ranked(name: str, column: Coded) -> Coded:
    """Put the values of a column in their own order, so that rows sort by numbers."""
    if name != "person" or not column.distinct:
        key = cast("Callable[[Any], Any]", str if name == "achieved_on" else lambda value: value)
        values = [key(value) for value in column.distinct]
        return column.ranked(sorted(range(len(values)), key=values.__getitem__))
    halves = np.frombuffer(b"".join(column.distinct), dtype=">u8").reshape(-1, PERSON_BYTES // 8)
    return column.ranked(np.lexsort((halves[:, 1], halves[:, 0])).tolist())


def _alike(persons: Sequence[str]) -> tuple[str, ...]:
    folded: dict[str, str] = {}
    alike = sum(folded.setdefault(one.casefold(), one) != one for one in persons)
    return (f"{alike} people differ from another only in capitals: are they the same?",) if alike else ()


def _places(checked: CheckedRows) -> tuple[Ints, list[tuple[Any, ...]]]:
    return combined([checked.columns[name] for name in ("metric", "period", "members")])


def _require_single(checked: CheckedRows, sieve: Sieve) -> None:
    """Refuse a second row for what has one value: a condition, a label, or the latest of a number."""
    codes, places = _places(checked)
    single = [not _summed(checked.rules, place[0]) for place in places]
    if not any(single):
        return
    first: dict[int, int] = {}
    for at in np.flatnonzero(np.array(single)[codes]).tolist():
        place, number = int(codes[at]), int(checked.numbers[at])
        if first.setdefault(place, number) != number:
            told = f"{' '.join(filter(None, places[place]))} has one value, and row {first[place]} gives it"
            sieve.refuse(number, "metric", told, "invalid")


def _summed(rules: RowRules, metric: str) -> bool:
    measure = rules.program.metrics[metric]
    return measure.pool == "sum" and isinstance(measure.type, Quantity)


def rows_digest(checked: CheckedRows) -> str:
    """Return the SHA-256 of the pseudonymised rows in canonical order, 64 hexadecimal digits."""
    digest = hashlib.sha256(b"almoner.rows/1\n")
    persons = Coded(checked.columns["person"].codes, [one.hex() for one in checked.persons])
    columns = [persons, *(_written(checked, name) for name in ORDER[1:])]
    for start in range(0, len(checked), BATCH_ROWS):
        places = np.arange(start, min(start + BATCH_ROWS, len(checked)))
        lines = zip(*(column.taken(places).listed() for column in columns), strict=True)
        digest.update("".join(["\t".join(line) + "\n" for line in lines]).encode())
    return digest.hexdigest()


def _written(checked: CheckedRows, name: str) -> Coded:
    column = checked.columns[name]
    return Coded(column.codes, [str(value) for value in column.distinct])


def batches(checked: CheckedRows) -> Iterator[list[RowValues]]:
    """Give the rows as they are stored: from their number and pseudonym to place and life."""
    names = ("person", "metric", "period", "members", "achieved_on", "quantity")
    columns = [_written(checked, name) if name == "achieved_on" else checked.columns[name] for name in names]
    for start in range(0, len(checked), BATCH_ROWS):
        end = min(start + BATCH_ROWS, len(checked))
        places = np.arange(start, end)
        listed = [column.taken(places).listed() for column in columns]
        more = [checked.nth[start:end].tolist(), checked.life[start:end].tolist()]
        yield list(zip(range(start + 1, end + 1), *listed, *more, strict=True))


def place_milestones(
    checked: CheckedRows, recorded: Mapping[Milestone, Sequence[RecordedRow]]
) -> CheckedRows:
    """Give every milestone its place beside those on record; who counts too often is found.

    Parameters
    ----------
    checked : CheckedRows
        New rows.
    recorded : Mapping
        Rows on record by person, metric and members.
    """
    size = len(checked)
    sieve = Sieve(checked.numbers)
    sieve.findings, sieve.counts = list(checked.findings), dict(checked.counts)
    nth, life = np.ones(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for start, end, milestone in _to_number(checked, recorded):
        days = cast("list[PartialDate]", checked.columns["achieved_on"].taken(np.arange(start, end)).listed())
        before = recorded.get(milestone, ())
        repeats = checked.rules.repeats(milestone[1])
        for at, found in enumerate(number_milestones(days, before, repeats), start=start):
            if isinstance(found, str):
                sieve.refuse(int(checked.numbers[at]), "person", found, "repeated")
            else:
                nth[at], life[at] = found
    return _with_findings(replace(checked, nth=nth, life=life), sieve)


def _to_number(
    checked: CheckedRows, recorded: Mapping[Milestone, Sequence[RecordedRow]]
) -> Iterator[tuple[int, int, Milestone]]:
    """Give the span of each milestone that has several rows, or some on record."""
    size = len(checked)
    if not size:
        return
    columns = [checked.columns[name] for name in ("person", "metric", "members")]
    change = np.logical_or.reduce([np.diff(column.codes, prepend=-1) != 0 for column in columns])
    starts = np.flatnonzero(change)
    ends = np.append(starts[1:], size)
    wanted = ends - starts > 1
    if recorded:
        known = {person for person, _, _ in recorded}
        on_record = np.array([one in known for one in checked.persons])
        wanted |= on_record[columns[0].codes[starts]]
    for start, end in zip(starts[wanted].tolist(), ends[wanted].tolist(), strict=True):
        person, metric, members = (column.distinct[int(column.codes[start])] for column in columns)
        yield start, end, (person, metric, members)


def totals(checked: CheckedRows) -> tuple[PlaceCount, ...]:
    """Count rows and people and sum quantities by metric, period and members."""
    codes, places = _places(checked)
    people = checked.columns["person"].codes
    rows = np.bincount(codes, minlength=len(places))
    pairs = np.unique(codes * max(len(checked.persons), 1) + people)
    persons = np.bincount(pairs // max(len(checked.persons), 1), minlength=len(places))
    sums = _sums(codes, checked.columns["quantity"], len(places))
    found = [
        PlaceCount(
            metric=metric,
            period=period,
            of=members_of(members),
            rows=int(rows[at]),
            persons=int(persons[at]),
            value=write_value(checked.rules.program.metrics[metric], sums[at]),
        )
        for at, (metric, period, members) in enumerate(places)
        if rows[at]
    ]
    return tuple(sorted(found, key=lambda one: (one.metric, one.period, one.of)))


def _sums(codes: Ints, quantity: Coded, size: int) -> list[int]:
    """Add up exactly: in 64 bits where they surely hold it."""
    largest = max((abs(value) for value in quantity.distinct), default=0)
    if largest * max(len(codes), 1) < SUMMABLE:
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, codes, np.array(quantity.distinct or [0], dtype=np.int64)[quantity.codes])
        return [int(one) for one in sums]
    exact = [0] * size
    for at, value in zip(codes.tolist(), quantity.listed(), strict=True):
        exact[at] += value
    return exact


def first_rows(checked: CheckedRows, most: int = 5) -> tuple[dict[str, str], ...]:
    """Return the first rows of the file that can be counted, people as pseudonyms.

    Parameters
    ----------
    most : int [rows]
        How many.
    """
    places = np.argsort(checked.numbers)[:most]
    listed = {name: _written(checked, name).taken(places).listed() for name in ORDER[1:]}
    listed["person"] = [one.hex() for one in checked.columns["person"].taken(places).listed()]
    listed["row"] = [str(one) for one in checked.numbers[places].tolist()]
    return tuple(dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True))


def tables_by_place(
    rows: Iterable[CountedRow], program: Program
) -> dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, Array]]:
    """Return stored rows as columns for evaluation: ``id`` and ``quantity``, by metric, period and members.

    Parameters
    ----------
    rows : iterable of CountedRow
        Of one dataset; a person who counts several times has an id each time.
    program : Program
        The terms; numbers with digits are given as decimal text, exact.
    """
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for person, metric, period, members, _, quantity, nth in rows:
        found[metric, period, members].append((f"{person.hex()}/{nth}", quantity))
    return {
        (metric, period, members_of(members)): {
            "id": np.array([one for one, _ in named]),
            "quantity": _shown_counts(program.metrics[metric], [count for _, count in named]),
        }
        for (metric, period, members), named in sorted(found.items())
    }


def _shown_counts(measure: Measure, counts: Sequence[int]) -> Array:
    whole = isinstance(measure.type, Truth) or (
        isinstance(measure.type, Quantity) and not measure.type.digits
    )
    return np.array(counts) if whole else np.array([write_value(measure, count) for count in counts])
