"""Time comes in as an argument: clocks, instants and days.

The problem: a ledger that asks the machine for the time cannot be replayed, and a deadline tested
against the machine's time passes or fails by accident. Every act therefore takes a ``Clock``, a callable
without arguments that returns an aware UTC ``datetime``.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from .errors import DocumentInvalid

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the machine's time in UTC; the edge passes it in, the floors never call it themselves.

    Examples
    --------
    >>> system_clock().tzinfo is UTC
    True
    """
    return datetime.now(UTC)


def fixed_clock(instant: datetime) -> Clock:
    """Return a clock that always shows the same instant.

    Parameters
    ----------
    instant : datetime
        Aware; a naive one is refused, since its zone would be a guess.

    Examples
    --------
    >>> clock = fixed_clock(datetime(2026, 1, 31, 12, tzinfo=UTC))
    >>> instant_text(clock())
    '2026-01-31T12:00:00.000000Z'
    """
    shown = as_utc(instant)
    return lambda: shown


def as_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC.

    Raises
    ------
    ValueError
        When the instant carries no offset.

    Examples
    --------
    >>> as_utc(datetime.fromisoformat("2026-01-31T12:00:00+03:00")).hour
    9
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: give an aware datetime, for example with tzinfo=UTC")
    return instant.astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """Write an instant as canonical text, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Examples
    --------
    >>> instant_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return as_utc(instant).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_day(text: str) -> date:
    """Read an ISO day.

    Raises
    ------
    DocumentInvalid
        When the text is not ``YYYY-MM-DD`` or names no day.

    Examples
    --------
    >>> parse_day("2026-02-28")
    datetime.date(2026, 2, 28)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat():
        raise DocumentInvalid(
            f"{text!r} is not a day. Write it as YYYY-MM-DD, for example 2026-02-28.", got=text
        )
    return day
