"""Periods, day counts and growth: what the calendar of terms comes to in exact numbers."""

import calendar as months
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final, Literal

DayCount = Literal["actual", "30/360"]
YEAR_DAYS: Final = {"30/360": 360, "act/360": 360, "act/365": 365}
_FINE: Final = Context(prec=50)
_TWELVE: Final = Decimal(1).scaleb(-12)
_MONTHS: Final = {"Y": 12, "M": 1}


def add_duration(start: date, duration: str, times: int) -> date:
    """Return the day that lies some durations after another.

    Parameters
    ----------
    start : date
        From here.
    duration : str
        Like ``P6M``, ``P1Y`` or ``P30D``.
    times : int [durations]
        How many.

    Examples
    --------
    >>> add_duration(date(2027, 8, 31), "P6M", 1)
    datetime.date(2028, 2, 29)
    """
    size, unit = int(duration[1:-1]) * times, duration[-1]
    if unit == "D":
        return start + timedelta(days=size)
    year, month = divmod(start.year * 12 + start.month - 1 + size * _MONTHS[unit], 12)
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


def is_anniversary(starts: date, ends: date) -> bool:
    """Say whether a term ends on the day of the month it starts on, as bonds do.

    Examples
    --------
    >>> is_anniversary(date(2022, 10, 28), date(2034, 10, 28))
    True
    >>> is_anniversary(date(2027, 1, 1), date(2027, 12, 31))
    False
    """
    months_on = (ends.year - starts.year) * 12 + ends.month - starts.month
    return months_on > 0 and add_duration(starts, "P1M", months_on) == ends


def counted_from(starts: date, ends: date) -> date:
    """Return the day from which days count: the eve of the term, or its first day if it ends on one like it.

    Examples
    --------
    >>> counted_from(date(2027, 1, 1), date(2027, 12, 31))
    datetime.date(2026, 12, 31)
    >>> counted_from(date(2022, 10, 28), date(2034, 10, 28))
    datetime.date(2022, 10, 28)
    """
    if is_anniversary(starts, ends) or starts == date.min:
        return starts
    return starts - timedelta(days=1)


def equal_periods(starts: date, ends: date, duration: str) -> tuple[tuple[str, date], ...]:
    """Cut a term into periods ``p1``, ``p2``, …; the last ends with the term.

    Periods end on the eve of their anniversaries; on anniversaries, where the whole term does.

    Examples
    --------
    >>> [name for name, _ in equal_periods(date(2027, 1, 1), date(2028, 3, 31), "P6M")]
    ['p1', 'p2', 'p3']
    """
    rows: list[tuple[str, date]] = []
    last = starts
    back = 0 if is_anniversary(starts, ends) else 1
    while last < ends:
        last = min(ends, add_duration(starts, duration, len(rows) + 1) - timedelta(days=back))
        rows.append((f"p{len(rows) + 1}", last))
    return tuple(rows)


def days_between(start: date, end: date, count: str) -> int:
    """Count days from one date to another.

    Parameters
    ----------
    start, end : date
        Both ends.
    count : str
        ``actual``, or ``30/360``: US bond basis.

    Examples
    --------
    >>> days_between(date(2027, 1, 1), date(2027, 12, 31), "actual")
    364
    >>> days_between(date(2027, 1, 1), date(2027, 12, 31), "30/360")
    360
    """
    if count != "30/360":
        return (end - start).days
    first = min(start.day, 30)
    second = 30 if end.day == 31 and first == 30 else end.day  # noqa: PLR2004  # the rule of the basis
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + second - first


def growth_factor(rate: Decimal, compounding: str, day_count: str, start: date, end: date) -> Fraction:
    """Return what one unit grows to between two dates.

    ``period``: 1 + rate x days / year. ``annual``: (1 + rate) ^ (calendar days / 365), by 50-digit
    logarithm and exponential, rounded half-even to 12 decimal places, so that every machine has the same
    rational.

    Parameters
    ----------
    rate : Decimal [a year]
        As a fraction.
    compounding, day_count : str
        As in the document.
    start, end : date
        Both ends.

    Examples
    --------
    >>> growth_factor(Decimal("0.05"), "annual", "act/365", date(2027, 1, 1), date(2028, 1, 1))
    Fraction(21, 20)
    """
    counted = day_count == "30/360" and compounding == "period"
    days = days_between(start, end, "30/360" if counted else "actual")
    if compounding == "period":
        return 1 + Fraction(rate) * Fraction(days, YEAR_DAYS[day_count])
    power = _FINE.divide(_FINE.multiply(_FINE.ln(1 + rate), Decimal(days)), Decimal(365))
    return Fraction(_FINE.exp(power).quantize(_TWELVE, ROUND_HALF_EVEN, _FINE))
