"""Rows of publications: which funds, agreements and challenges everybody may read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...finance.dates import Clock
from ...finance.posting import record_event
from ...finance.records.registry import find_book_id, insert_once
from ...finance.records.tables import EVENT
from .tables import PUBLICATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An engagement that everybody may read, and since when.

    Attributes
    ----------
    engagement : str
        ``fund/CODE``, ``agreement/CODE`` or ``challenge/CODE``.
    """

    engagement: str
    since: datetime


def list_publications(session: Session, book_id: int) -> tuple[Publication, ...]:
    """Return what a book has published, by engagement."""
    query = (
        select(PUBLICATION.c.engagement, EVENT.c.recorded_at)
        .join(EVENT, EVENT.c.id == PUBLICATION.c.event_id)
        .where(PUBLICATION.c.book_id == book_id)
        .order_by(PUBLICATION.c.engagement)
    )
    return tuple(
        Publication(engagement=row.engagement, since=row.recorded_at) for row in session.execute(query)
    )


def publish(session: Session, book: str, engagement: str, *, person: str, clock: Clock) -> Publication:
    """Let everybody read an engagement, from now on; published again, it stays as it is.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    engagement : str
        ``fund/CODE``, ``agreement/CODE`` or ``challenge/CODE``; whether it is there is the caller's to know.
    person : str
        Who publishes it.
    clock : Clock
        When.
    """
    book_id = find_book_id(session, book)
    for known in list_publications(session, book_id):
        if known.engagement == engagement:
            return known
    body = {"engagement": engagement, "by": person}
    event_id, _ = record_event(session, book, "publication", body, key=engagement, clock=clock)
    insert_once(session, PUBLICATION, book_id=book_id, engagement=engagement, event_id=event_id)
    return Publication(engagement=engagement, since=clock())
