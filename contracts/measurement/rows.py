"""Rows of outcomes: who reached what, when; what each cell must be, and how often one person may count.

The problem: a table of people is full of small faults, and a row counted twice or in the wrong period is
money. ``RowRules`` reads one cell, or the cells that belong together, by the terms; it refuses and never
repairs.
"""

import json
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal

from ...finance.documents import canonical_bytes
from ...finance.errors import AlmonerError, AlreadyClaimed, ClaimLate, RowsInvalid
from ...finance.money import decimal_count
from ..agreement import Repeats, VerificationRule
from ..terms.document import WHOLE_TERM
from ..terms.observing import TRUTHS, outside, read_value
from ..terms.program import Program
from ..terms.types import Quantity, Truth
from .partial_dates import DayOrder, PartialDate, read_day_text
from .pseudonyms import refuse_formula

FIELDS = ("person", "metric", "achieved_on", "quantity", "period")
OF = "of:"
MAX_LISTED = 1000
Kind = Literal["invalid", "late", "repeated"]
Progress = Callable[[int, int], None]
_CODE = re.compile(r"[a-z0-9][a-z0-9_.:/-]{0,79}")
_EXPONENT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?[eE]\+?[0-9]{1,2}", re.ASCII)
_COMMAS = re.compile(r"-?[0-9][0-9.,'\s]*[,'\s][0-9.,'\s]*[0-9]", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class RowFinding:
    """What is wrong with a row.

    Attributes
    ----------
    row : int [row]
        As a spreadsheet numbers it; the header is row 1.
    column : str
        The field.
    message : str
        What is wrong, and what to do.
    kind : str
        ``invalid``; ``late``: out of time; ``repeated``: this person reached this before.
    """

    row: int
    column: str
    message: str
    kind: Kind = "invalid"

    def figures(self) -> dict[str, str]:
        """Write it as other findings are written."""
        path = f"/rows/{self.row}/{self.column}"
        return {"path": path, "row": str(self.row), "column": self.column, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """A milestone of a person that is on record.

    Attributes
    ----------
    day : PartialDate
        When it was reached.
    nth, life : int [place]
        Which of several, and how often the place became free again.
    dataset : str
        Where it came from.
    dead : bool
        Whether what was claimed on it was found not to hold.
    """

    day: PartialDate
    nth: int
    life: int
    dataset: str
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """How cells are read under an agreement.

    Attributes
    ----------
    program : Program
        Terms in force.
    verification : VerificationRule
        How long results can be claimed, and how often.
    today : date
        When they come in.
    days : str
        In which order the table writes days.
    spans : Mapping of str to (date, date)
        First and last day of each period.
    """

    program: Program
    verification: VerificationRule
    today: date
    days: DayOrder = "iso"
    spans: Mapping[str, tuple[date, date]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [self.program.starts_on, *(last + timedelta(days=1) for _, last in self.program.periods)]
        spans = {
            name: (first, last) for first, (name, last) in zip(starts, self.program.periods, strict=False)
        }
        object.__setattr__(self, "spans", spans)

    def metric(self, text: str) -> str:
        """Read which metric a row counts for."""
        name = text.strip()
        measure = self.program.metrics.get(name)
        if measure is None:
            known = ", ".join(self.program.metrics)
            raise RowsInvalid(f"the terms know no metric {name[:40]!r}. Metrics: {known}")
        if measure.ref is not None:
            raise RowsInvalid(f"{name} is an outcome of another agreement and comes from there")
        return name

    def day(self, text: str) -> PartialDate:
        """Read when it was reached."""
        if not text.strip():
            raise RowsInvalid("the day is missing. Write when it was reached, at least the month or the year")
        found = read_day_text(text.strip(), self.days)
        program = self.program
        if found.within(program.starts_on, program.ends_on) is False:
            raise RowsInvalid(f"{found} lies outside the term, {program.starts_on} to {program.ends_on}")
        return found

    def period(self, metric: str, day: PartialDate, text: str) -> str:
        """Find the period a row belongs to, from its day or its own column."""
        named = text.strip()
        if not self.program.metrics[metric].by_period:
            if named not in {"", WHOLE_TERM}:
                raise RowsInvalid(f"{metric} is not by period: leave {named[:40]!r} out")
            return WHOLE_TERM
        if named and named not in self.spans:
            raise RowsInvalid(f"there is no period {named[:40]!r}. Periods: {', '.join(self.spans)}")
        possible = self._possible(day)
        if named and named not in possible:
            told = " to ".join(map(str, self.spans[named]))
            raise RowsInvalid(f"{day} does not lie in {named}, {told}")
        if named or len(possible) == 1:
            return named or possible[0]
        if not possible:
            raise RowsInvalid(f"{day} lies in no period of {', '.join(self.spans)}")
        raise RowsInvalid(f"{day} may lie in {' or '.join(possible)}. Write the day, or the period")

    def _possible(self, day: PartialDate) -> list[str]:
        """List the periods in which a date may lie."""
        ends = [last for _, last in self.program.periods]
        found = []
        for name, _ in self.program.periods[bisect_left(ends, day.first) :]:
            if self.spans[name][0] > day.last:
                break
            found.append(name)
        return found

    def in_time(self, metric: str, day: PartialDate, period: str) -> None:
        """Refuse what has not happened yet, and what comes after its deadline."""
        if day.first > self.today:
            raise ClaimLate(f"{day} has not come yet; today is {self.today}")
        limit = self.verification.claim_days
        if limit is None:
            return
        by_period = self.program.metrics[metric].by_period
        end = self.spans[period][1] if by_period else self.program.ends_on
        deadline = end + timedelta(days=limit)
        if self.today > deadline:
            where = f"{metric} of {period}" if by_period else metric
            raise ClaimLate(f"{where} could be claimed until {deadline}; today is {self.today}")

    def quantity(self, metric: str, text: str) -> int:
        """Read how much was reached, in counts of the metric's type."""
        measure, shown = self.program.metrics[metric], text.strip()
        if not shown:
            told = "1" if isinstance(measure.type, Quantity) else " or ".join(measure.labels or TRUTHS)
            raise RowsInvalid(f"how much of {metric} is missing. Write it, for example {told}")
        if isinstance(measure.type, Quantity):
            count = _number(shown, measure.type, metric)
            low = min(measure.low, 0) if measure.pool == "sum" else measure.low
            if not low <= count <= measure.high:
                raise RowsInvalid(outside(metric, measure, count).message.rstrip("."))
            return count
        return read_value(metric, measure, shown.lower() if isinstance(measure.type, Truth) else shown)

    def one(self, metric: str) -> int:
        """Return what a row counts in a table without quantities: one, or true."""
        measure = self.program.metrics[metric]
        return self.quantity(metric, TRUTHS[1] if isinstance(measure.type, Truth) else "1")

    def members(self, metric: str, *texts: str) -> str:
        """Read whom a row counts for, as canonical JSON; empty for a metric without members.

        Parameters
        ----------
        metric : str
            Of the terms.
        *texts : str
            A cell for each set of the terms, in their order.
        """
        dims = self.program.metrics[metric].dims
        cells = zip(self.program.sets, (text.strip() for text in texts), strict=True)
        found = {}
        for name, member in cells:
            if name in dims:
                found[name] = self._member(metric, name, member)
            elif member:
                raise RowsInvalid(f"{OF}{name}: {metric} is not per {name}: leave {member[:40]!r} out")
        return canonical_bytes(found).decode() if found else ""

    def _member(self, metric: str, name: str, member: str) -> str:
        known = self.program.sets[name]
        if not member:
            raise RowsInvalid(f"{OF}{name}: {metric} is counted for each of {name}: say for which")
        refuse_formula(member)
        if (known and member not in known) or not _CODE.fullmatch(member):
            near = get_close_matches(member, known, n=1, cutoff=0.8)
            listed = f"Did you mean {near[0]}?" if near else f"Members: {', '.join(known[:20])}"
            told = listed if known else "Write small letters, digits, _ . : / -"
            raise RowsInvalid(f"{OF}{name}: there is no member {member[:40]!r}. {told}")
        return member

    def repeats(self, metric: str) -> Repeats:
        """Return how often one person may reach a metric."""
        return self.verification.repeats.get(metric, Repeats())


def _number(text: str, kind: Quantity, metric: str) -> int:
    """Read a number in a metric's digits; separators, formulas and European decimals are refused."""
    refuse_formula(text)
    if _EXPONENT.fullmatch(text):
        text = f"{Decimal(text):f}"
    try:
        return decimal_count(text, kind.digits, f"{metric} in {kind}")
    except AlmonerError as fault:
        if _COMMAS.fullmatch(text):
            raise RowsInvalid(
                f"{text!r} can be read in two ways. Write digits with at most one point, like 1234.5"
            ) from None
        raise RowsInvalid(fault.message.rstrip(".")) from None


def number_milestones(
    days: Sequence[PartialDate], recorded: Sequence[RecordedRow], repeats: Repeats
) -> list[tuple[int, int] | str]:
    """Give each milestone of one person and metric its place beside those on record, or say why it has none.

    Parameters
    ----------
    days : sequence of PartialDate
        New ones, in order.
    recorded : sequence of RecordedRow
        On record; dead ones leave their place free.
    repeats : Repeats
        How often the terms allow it.

    Returns
    -------
    list
        For each day the place and its life, or a message.

    Examples
    --------
    >>> from almoner.contracts.measurement.partial_dates import read_partial_date
    >>> days = [read_partial_date("2027-01-05"), read_partial_date("2027-02-05")]
    >>> number_milestones(days, [], Repeats(most=2))
    [(1, 0), (2, 0)]
    >>> number_milestones(days, [], Repeats())
    [(1, 0), 'the terms count it once for each person']
    """
    live = [row for row in recorded if not row.dead]
    life = max([row.life + row.dead for row in recorded], default=0)
    taken = {row.nth for row in live}
    kept = sorted(row.day for row in live)
    found: list[tuple[int, int] | str] = []
    place = 1
    for day in days:
        told = _too_often(day, kept, live, repeats)
        if told:
            found.append(told)
            continue
        while place in taken:
            place += 1
        taken.add(place)
        insort(kept, day)
        found.append((place, life))
    return found


def _too_often(
    day: PartialDate, kept: Sequence[PartialDate], live: Sequence[RecordedRow], repeats: Repeats
) -> str:
    if len(kept) >= repeats.most:
        often = "once" if repeats.most == 1 else f"at most {repeats.most} times"
        where = f"; it is on record in {', '.join(sorted({row.dataset for row in live}))}" if live else ""
        return f"the terms count it {often} for each person{where}"
    gap = repeats.min_gap_days
    if not gap or not kept:
        return ""
    if day.first != day.last or any(one.first != one.last for one in kept):
        return f"it must be {gap} days apart from the others of this person: write the day"
    at = bisect_left(kept, day)
    near = [one for one in kept[max(at - 1, 0) : at + 1] if abs((one.first - day.first).days) < gap]
    return f"it lies less than {gap} days from {near[0]}, which counts for this person" if near else ""


def members_of(text: str) -> tuple[tuple[str, str], ...]:
    """Read members back from canonical JSON.

    Examples
    --------
    >>> members_of('{"site":"north"}'), members_of("")
    ((('site', 'north'),), ())
    """
    return tuple(sorted(json.loads(text).items())) if text else ()


def refuse_rows(findings: Sequence[RowFinding], counts: Mapping[Kind, int]) -> None:
    """Refuse rows when something is wrong with any of them.

    Parameters
    ----------
    findings : sequence of RowFinding
        The first of them, by row.
    counts : Mapping of str to int [findings]
        How many there are of each kind.

    Raises
    ------
    RowsInvalid
        When a row cannot be counted; lists late and repeated ones as well.
    ClaimLate
        When all can, and some are out of time.
    AlreadyClaimed
        When the only fault is that a person counts too often.
    """
    kinds: tuple[tuple[Kind, type[AlmonerError]], ...] = (
        ("invalid", RowsInvalid),
        ("late", ClaimLate),
        ("repeated", AlreadyClaimed),
    )
    worst = next((error for kind, error in kinds if counts.get(kind)), None)
    if worst is None:
        return
    total = sum(counts.values())
    shown = "; ".join(f"row {row.row}, {row.column}: {row.message}" for row in findings[:10])
    more = f"; and {total - 10} more" if total > 10 else ""  # noqa: PLR2004  # as many as are shown
    named = f"{total} finding{'s' if total != 1 else ''}"
    raise worst(
        f"The rows are not imported, {named}: {shown}{more}. Correct them and import again.",
        findings=[row.figures() for row in findings],
        count=total,
        **{kind: count for kind, count in counts.items() if count},
    )
