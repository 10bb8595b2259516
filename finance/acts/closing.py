"""Closing a period: from then on nothing is dated in it, and what its statements said is on record.

The problem: a statement that was sent out must not change afterwards because somebody dates a payment back.
``close_period`` keeps posters out while it reads, writes the digests of every fund's statement into its
event, and the database refuses every later transaction that counts for a day in the period.
"""

import hashlib
from datetime import date

from ..dates import Clock, as_utc
from ..documents import canonical_bytes
from ..errors import PeriodClosed
from ..posting import named_id, record_event
from ..records import periods, registry
from ..statements import Statement
from ..storage import Session
from .reporting import fund_currencies
from .stating import make_statement

CLOSED = "period.closed"


def close_period(session: Session, book: str, through: date, *, key: str, clock: Clock) -> date:
    """Close a book through a day.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    through : date
        The last day of the period; later than any day closed before, and past on the clock.
    key : str
        Unique for this close.
    clock : Clock
        When it is recorded.

    Returns
    -------
    date
        The last closed day.

    Raises
    ------
    PeriodClosed
        When the period is closed already, or is not over yet.
    KeyReused, Missing
        Nothing is written then.
    """
    book_id = periods.lock_period(session, book)
    if periods.find_close(session, book_id, through) == named_id(book, CLOSED, key):
        return through
    last = periods.find_closed_through(session, book_id)
    if last is not None and through <= last:
        raise PeriodClosed(
            f"The book {book!r} is closed through {last}; {through} is not later. Close a later day.",
            closed_through=last.isoformat(),
            asked=through.isoformat(),
        )
    today = as_utc(clock()).date()
    if through >= today:
        raise PeriodClosed(
            f"The period through {through} is not over on {today}. Close an earlier day, or close it later.",
            asked=through.isoformat(),
            today=today.isoformat(),
        )
    body = {
        "closed_through": through.isoformat(),
        "statements": {
            fund.code: {
                unit.code: _digest(make_statement(session, fund, after=last, through=through, unit=unit))
                for unit in fund_currencies(session, fund)
            }
            for fund in registry.list_funds(session, book)
        },
    }
    event_id, _ = record_event(session, book, CLOSED, body, key=key, clock=clock)
    periods.keep_period(session, book_id, through, event_id)
    return through


def _digest(made: Statement) -> str:
    said = {
        "after": None if made.after is None else made.after.isoformat(),
        "closing": str(made.closing.minor),
        "fund": made.fund,
        "lines": {row.line: str(row.amount.minor) for row in made.lines},
        "opening": str(made.opening.minor),
        "through": None if made.through is None else made.through.isoformat(),
        "unit": made.opening.unit.code,
    }
    return hashlib.sha256(canonical_bytes(said)).hexdigest()
