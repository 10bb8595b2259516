"""Queries on the sealed log for those who are told of events, in the order of its leaves."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from ...challenges.records.tables import APPLICATION, CHALLENGE
from ...finance.records.tables import BOOK, CONTRIBUTION, EVENT, LEAF, PARTY

AnyRow = Row[*tuple[Any, ...]]


def find_position(session: Session, book_id: int) -> int:
    """Return the position of the last leaf; -1 in a book of which nothing is sealed."""
    return int(
        session.scalar(select(func.coalesce(func.max(LEAF.c.idx), -1)).where(LEAF.c.book_id == book_id)) or 0
    )


def list_positions(session: Session, book_ids: Collection[int]) -> dict[int, int]:
    """Return the position of the last leaf of each book that has one, in one query."""
    query = select(LEAF.c.book_id, func.max(LEAF.c.idx)).where(LEAF.c.book_id.in_(sorted(book_ids)))
    return {book: int(last) for book, last in session.execute(query.group_by(LEAF.c.book_id))}


def list_books(session: Session) -> tuple[tuple[int, str], ...]:
    """Return row number and code of every book."""
    query = select(BOOK.c.id, BOOK.c.code).order_by(BOOK.c.code)
    return tuple((row.id, row.code) for row in session.execute(query))


def read_sealed(
    session: Session, book_id: int, after: int, stop: int, kinds: Collection[str], *, limit: int
) -> Sequence[AnyRow]:
    """Return sealed events of some kinds behind a position, in order.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    after, stop : int [position]
        Last leaf not wanted, and last one wanted.
    kinds : collection of str
        As the floors write them.
    limit : int [rows]
        At most.
    """
    query = (
        select(LEAF.c.idx, EVENT.c.id, EVENT.c.kind, EVENT.c.body, EVENT.c.recorded_at)
        .join(EVENT, EVENT.c.id == LEAF.c.event_id)
        .where(LEAF.c.book_id == book_id, LEAF.c.idx > after, LEAF.c.idx <= stop)
        .where(EVENT.c.kind.in_(sorted(kinds)))
        .order_by(LEAF.c.idx)
    )
    return session.execute(query.limit(limit)).all()


def find_givers(session: Session, book_id: int, codes: Collection[str]) -> Mapping[str, str]:
    """Return who gave, by the code of the contribution."""
    if not codes:
        return {}
    query = (
        select(CONTRIBUTION.c.code, PARTY.c.code.label("party"))
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code.in_(sorted(codes)))
    )
    return {row.code: row.party for row in session.execute(query)}


def find_leads(session: Session, book_id: int, codes: Collection[str]) -> Mapping[tuple[str, str], str]:
    """Return who leads an application, by challenge and application."""
    if not codes:
        return {}
    query = (
        select(CHALLENGE.c.code.label("challenge"), APPLICATION.c.code, APPLICATION.c.lead)
        .join(CHALLENGE, CHALLENGE.c.id == APPLICATION.c.challenge_id)
        .where(CHALLENGE.c.book_id == book_id, APPLICATION.c.code.in_(sorted(codes)))
    )
    return {(row.challenge, row.code): row.lead for row in session.execute(query)}
