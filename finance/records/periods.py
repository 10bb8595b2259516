"""Rows of closed periods, and the lock under which a period closes."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from .registry import find_book_id
from .tables import PERIOD

POSTING_LOCK = 20011  # the posting trigger holds it shared


def lock_period(session: Session, book: str) -> int:
    """Wait for every transaction under way in a book, let none begin, and return the book's row number.

    On SQLite the transaction holds the write lock anyway.
    """
    book_id = find_book_id(session, book)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(POSTING_LOCK, book_id)))
    return book_id


def find_closed_through(session: Session, book_id: int) -> date | None:
    """Return the last closed day of a book."""
    query = select(PERIOD.c.closed_through).where(PERIOD.c.book_id == book_id)
    return session.scalar(query.order_by(PERIOD.c.closed_through.desc()).limit(1))


def list_closes(session: Session, book_id: int) -> tuple[tuple[date, UUID], ...]:
    """Return the last days of all closed periods of a book, each with the event that closed it."""
    query = select(PERIOD.c.closed_through, PERIOD.c.event_id).where(PERIOD.c.book_id == book_id)
    rows = session.execute(query.order_by(PERIOD.c.closed_through))
    return tuple((row.closed_through, row.event_id) for row in rows)


def find_close(session: Session, book_id: int, through: date) -> UUID | None:
    """Return the event that closed a book through a day."""
    query = select(PERIOD.c.event_id).where(PERIOD.c.book_id == book_id, PERIOD.c.closed_through == through)
    return session.scalar(query)


def keep_period(session: Session, book_id: int, through: date, event_id: UUID) -> None:
    """Write a close; the database refuses one that does not move forward."""
    session.execute(insert(PERIOD).values(book_id=book_id, closed_through=through, event_id=event_id))
