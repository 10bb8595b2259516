"""Observations: from rows of results to the table that a program is evaluated on.

The problem: a doubled row, a wrong unit or a value outside what was agreed turns into money. Every row is
checked against the terms; all faults are listed by row and name; nothing is guessed, clamped or put right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

from ...finance.dates import parse_day
from ...finance.errors import AlmonerError, OutsideDomain, ResultsInvalid
from ...finance.money import decimal_count, decimal_text
from .program import Measure, Program
from .results import Case, Result
from .running.cells import Cells, Table
from .types import Label, Quantity, Truth

Place = tuple[str, int, tuple[str, ...]]  # metric, period number or 0, members
TRUTHS = ("false", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One value of one metric.

    Attributes
    ----------
    metric : str
        Which.
    value : int [counts of the metric's type]
        Truths are 0 and 1, labels their number.
    period : str
        For a metric by period.
    of : tuple of (str, str)
        Member by set.
    id : str
        Tells apart several of one value.
    on : date
        When it was achieved or found.
    """

    metric: str
    value: int
    period: str = ""
    of: tuple[tuple[str, str], ...] = ()
    id: str = ""
    on: date | None = None


def read_case(program: Program, case: Case) -> tuple[Observation, ...]:
    """Read the rows of a case in the digits of their metrics.

    Raises
    ------
    ResultsInvalid
        With every row that names an unknown metric, carries another unit, or is no value of its metric.

    Examples
    --------
    >>> from almoner.contracts.terms.results import EXAMPLE as RESULTS, ResultsDocument
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> [row.value for row in read_case(program, ResultsDocument.read(RESULTS).cases[0])]
    [12457]
    """
    findings: list[dict[str, str]] = []
    rows = []
    for at, row in enumerate(case.results):
        try:
            rows.append(_read(program, row))
        except AlmonerError as error:
            findings.append({"path": f"/results/{at}", "message": error.message})
    if findings:
        raise _refused(case.id, findings)
    return tuple(rows)


def _refused(name: str, findings: Sequence[Mapping[str, str]]) -> ResultsInvalid:
    shown = "; ".join(f"{row['path']}: {row['message']}" for row in findings[:20])
    count = f"{len(findings)} fault{'s' if len(findings) != 1 else ''}"
    return ResultsInvalid(
        f"{name or 'The results'}: {count}: {shown}", findings=[dict(row) for row in findings]
    )


def _read(program: Program, row: Result) -> Observation:
    measure = program.metrics.get(row.metric)
    if measure is None:
        known = ", ".join(program.metrics)
        raise ResultsInvalid(f"the terms know no metric {row.metric!r}. Metrics: {known}.", metric=row.metric)
    if row.unit and row.unit not in {str(measure.type), getattr(measure.type, "unit", "")}:
        raise ResultsInvalid(f"{row.metric} is in {measure.type}, not in {row.unit}.", metric=row.metric)
    return Observation(
        metric=row.metric,
        value=read_value(row.metric, measure, row.value),
        period=row.period,
        of=tuple(sorted(row.of.items())),
        id=row.id,
        on=parse_day(row.on) if row.on else None,
    )


def read_value(name: str, measure: Measure, text: str) -> int:
    """Read a value in a metric's type.

    Raises
    ------
    ResultsInvalid, TooPrecise
        When it is no such value; when it has more digits than the type.
    """
    if isinstance(measure.type, Quantity):
        return decimal_count(text, measure.type.digits, f"{name} in {measure.type}")
    known = measure.labels if isinstance(measure.type, Label) else TRUTHS
    if text not in known:
        raise ResultsInvalid(f"{name} cannot be {text!r}. Write one of {', '.join(known)}.", metric=name)
    return known.index(text)


def write_value(measure: Measure, value: int) -> str:
    """Write a value in a metric's type.

    Parameters
    ----------
    measure : Measure
        Of the metric.
    value : int [counts of the metric's type]
        What is written.
    """
    if isinstance(measure.type, Quantity):
        return decimal_text(value, measure.type.digits)
    return (measure.labels if isinstance(measure.type, Label) else TRUTHS)[value]


def lay_out(
    program: Program,
    rows: Iterable[Observation],
    *,
    members: Mapping[str, Sequence[str]] | None = None,
    as_of: date | None = None,
    in_order: bool = False,
    overlays: Sequence[Program] = (),
) -> Table:
    """Lay observations out for evaluation.

    Parameters
    ----------
    program : Program
        Compiled terms.
    rows : iterable of Observation
        What was observed.
    members : Mapping of str to sequence of str
        Members of open sets, in order; without it, in the order of the rows.
    as_of : date
        The day on which waiting times are judged; without it all have passed.
    in_order : bool
        Whether a later row replaces an earlier one even without dates: a log is in order, a file need not be.
    overlays : sequence of Program
        Terms of each period, where they were amended: each says what stands in for what is missing in it.

    Raises
    ------
    ResultsInvalid
        Unknown periods or members, doubled or contradictory rows.
    OutsideDomain
        A value, or what it is pooled to, outside the metric's declared domain.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> lay_out(program, [Observation(metric="nights", value=100)]).cells["nights"]
    [[100]]
    """
    listed = tuple(rows)
    findings: list[dict[str, str]] = []
    named = _members(program, listed, members or {}, findings)
    places: dict[Place, list[Observation]] = {}
    for at, row in enumerate(listed):
        place = _place(program, row, named, f"/results/{at}", findings)
        if place is not None:
            places.setdefault(place, []).append(row)
    pooled = {
        place: _pooled(program, program.metrics[place[0]], place, found, findings, in_order=in_order)
        for place, found in places.items()
    }
    if findings:
        raise _refused("", findings)
    table = Table(
        members=named, cells={name: _cells(program, name, named, pooled) for name in program.metrics}
    )
    _require_domains(program, table)
    for name, measure in program.metrics.items():
        by_span = [one.metrics.get(name, measure) for one in overlays] if measure.by_period else []
        _stand_in(program, measure, table.cells[name], as_of, by_span)
    return table


def _members(
    program: Program,
    rows: Sequence[Observation],
    given: Mapping[str, Sequence[str]],
    findings: list[dict[str, str]],
) -> dict[str, tuple[str, ...]]:
    named: dict[str, dict[str, None]] = {name: dict.fromkeys(listed) for name, listed in program.sets.items()}
    for name, listed in given.items():
        if name not in named or named[name]:
            findings.append({"path": f"/members/{name}", "message": "is no open set of the terms"})
            continue
        if len(set(listed)) != len(listed):
            findings.append({"path": f"/members/{name}", "message": "a member stands twice"})
        named[name].update(dict.fromkeys(listed))
    fixed = {name for name, listed in named.items() if listed}
    for at, row in enumerate(rows):
        for name, member in row.of:
            if name in named and name not in fixed:
                named[name].setdefault(member)
            elif name in named and member not in named[name]:
                known = ", ".join(list(named[name])[:20])
                findings.append(
                    {
                        "path": f"/results/{at}/of/{name}",
                        "message": f"no member {member!r}; there are {known}",
                    }
                )
    for name, found in named.items():
        if len(found) > program.most[name]:
            told = f"{len(found)} members, at most {program.most[name]} were agreed"
            findings.append({"path": f"/members/{name}", "message": told})
    return {name: tuple(found) for name, found in named.items()}


def _place(
    program: Program,
    row: Observation,
    members: Mapping[str, tuple[str, ...]],
    path: str,
    findings: list[dict[str, str]],
) -> Place | None:
    """Find the cell of an observation, or say why it has none."""
    measure = program.metrics.get(row.metric)
    told = (
        f"the terms know no metric {row.metric!r}" if measure is None else _misplaced(program, measure, row)
    )
    if told:
        findings.append({"path": path, "message": told})
    of = dict(row.of)
    if measure is None or told or any(of[dim] not in members[dim] for dim in measure.dims):
        return None
    periods = [name for name, _ in program.periods]
    span = periods.index(row.period) if measure.by_period else 0
    return row.metric, span, tuple(of[dim] for dim in measure.dims)


def _misplaced(program: Program, measure: Measure, row: Observation) -> str:
    periods = [name for name, _ in program.periods]
    of = {name for name, _ in row.of}
    if of != set(measure.dims):
        if not of:
            return f"{row.metric} has one value for each of {', '.join(measure.dims)}: say in of for which"
        return (
            f"{row.metric} is per {', '.join(measure.dims) or 'no member'}, not per {', '.join(sorted(of))}"
        )
    if measure.by_period and row.period not in periods:
        told = f"{row.metric} needs a period: {', '.join(periods)}"
        return told + (f", not {row.period!r}" if row.period else "")
    if not measure.by_period and row.period and periods != [row.period]:
        return f"{row.metric} is not by period: leave {row.period!r} out"
    return ""


def _pooled(
    program: Program,
    measure: Measure,
    place: Place,
    rows: Sequence[Observation],
    findings: list[dict[str, str]],
    *,
    in_order: bool,
) -> int:
    """Make one value of several observations of the same thing."""
    period = [program.periods[place[1]][0]] if measure.by_period else []
    where = " ".join((place[0], *place[2], *period))
    ids = [row.id for row in rows]
    if len(rows) > 1 and (len(set(ids)) < len(ids) or ("" in ids and not in_order)):
        findings.append({"path": "/results", "message": f"{where} is doubled: tell observations apart by id"})
        return 0
    if measure.min_gap_days:
        days = sorted(row.on for row in rows if row.on)
        if len(days) < len(rows):
            findings.append({"path": "/results", "message": f"{where} needs the day of each observation"})
        if any((late - early).days < measure.min_gap_days for early, late in pairwise(days)):
            told = f"{where} comes again within {measure.min_gap_days} days"
            findings.append({"path": "/results", "message": told})
    if measure.pool == "sum" and isinstance(measure.type, Quantity):
        return sum(row.value for row in rows)
    if len(rows) > 1 and not in_order:
        days = [row.on for row in rows if row.on]
        if len(set(days)) < len(rows):
            told = f"{where} has several values without a day of each, or two on one day: which counts?"
            findings.append({"path": "/results", "message": told})
            return 0
        return max(rows, key=lambda row: row.on or date.min).value
    return rows[-1].value


def _cells(
    program: Program, name: str, members: Mapping[str, tuple[str, ...]], pooled: Mapping[Place, int]
) -> list[Cells]:
    measure = program.metrics[name]
    combos = Table(members=members, cells={}).combinations(measure.dims)
    spans = range(len(program.periods) if measure.by_period else 1)
    cells: list[Cells] = [[pooled.get((name, span, combo)) for combo in combos] for span in spans]
    if isinstance(measure.type, Truth):
        return [[None if cell is None else bool(cell) for cell in row] for row in cells]
    return cells


def _require_domains(program: Program, table: Table) -> None:
    to_date = {node.name for node in program.nodes if node.op == "obs" and node.mode == "to_date"}
    for name, measure in program.metrics.items():
        if not isinstance(measure.type, Quantity):
            continue
        rows = table.cells[name]
        for combo, column in zip(table.combinations(measure.dims), zip(*rows, strict=True), strict=True):
            known = [cell for cell in column if cell is not None]
            sums = list(accumulate(known)) if name in to_date and measure.pool == "sum" else []
            for value in (*known, *sums):
                if not measure.low <= value <= measure.high:
                    raise outside(name, measure, value, combo)


def outside(name: str, measure: Measure, value: int, combo: tuple[str, ...] = ()) -> OutsideDomain:
    """Make the refusal of a value outside its domain.

    Parameters
    ----------
    name : str
        The metric.
    measure : Measure
        Its domain.
    value : int [counts of the metric's type]
        What was stated, or pooled.
    combo : tuple of str
        Members.
    """
    shown, low, high = (write_value(measure, count) for count in (value, measure.low, measure.high))
    where = f"{name} of {', '.join(combo)}" if combo else name
    return OutsideDomain(
        f"{where} would be {shown}, outside its declared domain {low} to {high}. "
        "Check the figure; if it is right, the terms need an amendment.",
        metric=name,
        value=shown,
        low=low,
        high=high,
    )


def _stand_in(
    program: Program, whole: Measure, rows: Sequence[Cells], as_of: date | None, by_span: Sequence[Measure]
) -> None:
    """Put the agreed value where nothing came in time."""
    ends = [day for _, day in program.periods] if whole.by_period else [program.ends_on]
    for span, cells in enumerate(rows):
        measure = by_span[span] if by_span else whole
        if as_of is not None and ends[span] + timedelta(days=measure.after_days) >= as_of:
            continue
        for place, cell in enumerate(cells):
            if cell is None and measure.last:
                cells[place] = rows[span - 1][place] if span else None
            elif cell is None and measure.stand_in is not None:
                cells[place] = bool(measure.stand_in) if isinstance(measure.type, Truth) else measure.stand_in
