"""Partial dates: a year, a month or a day, as people know it, and never a guess.

The problem: a register says "March 2027" or "11.09.2019", and a program that turns the first into 1 March and
the second into either of two days pays for the wrong period. A ``PartialDate`` keeps its first and last
possible day; whether it lies within a span is yes, no, or cannot be told. Text that may mean two days is
refused with both.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import StringConstraints

from ...finance.errors import DocumentInvalid

DayOrder = Literal["iso", "dmy", "mdy"]
PartialDateText = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$")
]
DAYS_OF_DECEMBER = 31
_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}.*", re.ASCII)
_THREE = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})(?: [0-9]{1,2}:[0-9]{2}.*)?", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?", re.ASCII)
_MILLISECONDS = re.compile(r"1[0-9]{12}", re.ASCII)
_FIRST_SERIAL = date(1899, 12, 30)  # Excel counts days from here, after its invented 29 February 1900
_ORDERS: dict[DayOrder, str] = {"dmy": "day.month.year", "mdy": "month/day/year"}


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A year, a month or a day.

    Attributes
    ----------
    first, last : date
        The days between which it lies; the same for a full date.

    Examples
    --------
    >>> march = read_partial_date("2027-03")
    >>> str(march), march.last
    ('2027-03', datetime.date(2027, 3, 31))
    >>> march < read_partial_date("2027-04-01")
    True
    """

    first: date
    last: date

    def __str__(self) -> str:
        shown = self.first.isoformat()
        if self.first == self.last:
            return shown
        return shown[:7] if self.first.month == self.last.month else shown[:4]

    def within(self, start: date, end: date) -> bool | None:
        """Say whether it lies between two days, both included; None when that cannot be told.

        Examples
        --------
        >>> year = read_partial_date("2027")
        >>> year.within(date(2027, 1, 1), date(2028, 6, 30)), year.within(date(2029, 1, 1), date(2029, 1, 2))
        (True, False)
        >>> year.within(date(2027, 4, 1), date(2027, 12, 31)) is None
        True
        """
        if start <= self.first and self.last <= end:
            return True
        return False if self.last < start or end < self.first else None


def read_partial_date(text: str) -> PartialDate:
    """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises
    ------
    DocumentInvalid
        When it is none of them, or names no day.

    Examples
    --------
    >>> read_partial_date("2028-02").last
    datetime.date(2028, 2, 29)
    """
    match = _PARTIAL.fullmatch(text)
    found = None if match is None else _span(match[1], match[2], match[3])
    if found is None:
        raise DocumentInvalid(
            f"{text!r} is no date. Write a day, a month or a year: 2027-03-05, 2027-03 or 2027.", got=text
        )
    return found


def _span(year: str, month: str | None, day: str | None) -> PartialDate | None:
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return PartialDate(first, first)
    if month is None or first.month == date.max.month:
        return PartialDate(first, date(first.year, date.max.month, DAYS_OF_DECEMBER))
    return PartialDate(first, date(first.year, first.month + 1, 1) - timedelta(days=1))


def read_day_text(text: str, order: DayOrder = "iso") -> PartialDate:
    """Read a date as it stands in a table.

    Parameters
    ----------
    text : str
        A partial date, or an instant that begins with a day; a day in the order given.
    order : str
        ``iso``; ``dmy`` or ``mdy`` when the whole table writes 05.03.2027 in that order.

    Raises
    ------
    DocumentInvalid
        When it is no date, or could be two; says what to write.

    Examples
    --------
    >>> str(read_day_text("2020-11-03T00:00:00+00:00")), str(read_day_text("11.09.2019", "dmy"))
    ('2020-11-03', '2019-09-11')
    >>> read_day_text("11.09.2019")
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: '11.09.2019' could be 2019-09-11 or 2019-11-09. Write the one \
that is meant, or say in which order the table writes days.
    """
    stamp = _STAMP.fullmatch(text)
    three = _THREE.fullmatch(text)
    if three and order != "iso":
        day, month = (three[1], three[2]) if order == "dmy" else (three[2], three[1])
        found = _span(three[3], month, day)
        if found is None:
            raise DocumentInvalid(f"{text!r} is no day in the order {_ORDERS[order]}.", got=text)
        return found
    try:
        return read_partial_date(stamp[1] if stamp else text)
    except DocumentInvalid as fault:
        meant = _meant(text)
        if not meant:
            raise
        raise DocumentInvalid(_hint(text, meant), got=text, meant=meant) from fault


def _meant(text: str) -> list[str]:
    """List the days that a text could mean, in ISO form."""
    if three := _THREE.fullmatch(text):
        spans = [_span(three[3], three[2], three[1]), _span(three[3], three[1], three[2])]
        return list(dict.fromkeys(str(one) for one in spans if one))
    if _SERIAL.fullmatch(text):
        return [(_FIRST_SERIAL + timedelta(days=int(text.split(".", maxsplit=1)[0]))).isoformat()]
    if _MILLISECONDS.fullmatch(text):
        return [datetime.fromtimestamp(int(text) // 1000, UTC).date().isoformat()]
    swapped = text.replace("/", "-")
    match = _PARTIAL.fullmatch(swapped)
    return [swapped] if match and _span(match[1], match[2], match[3]) else []


def _hint(text: str, meant: list[str]) -> str:
    if len(meant) > 1:
        return (
            f"{text!r} could be {' or '.join(meant)}. Write the one that is meant, or say in which order the "
            "table writes days."
        )
    if text.isdigit() or _SERIAL.fullmatch(text):
        return f"{text!r} is a number that may stand for {meant[0]}. Write that day, or format it as a date."
    return f"{text!r} is not written as a date. If it means {meant[0]}, write that."
