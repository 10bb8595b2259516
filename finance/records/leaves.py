"""Rows of the transparency log: events that wait, sealed leaves and checkpoints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, insert, or_, select
from sqlalchemy.orm import Session

from .registry import find_book_id
from .tables import BOOK, CHECKPOINT, EVENT, LEAF, UNSEALED

AnyRow = Row[*tuple[Any, ...]]


def lock_book(session: Session, code: str) -> int:
    """Keep other sessions from sealing the same book until this one ends; return its row number.

    Postings go on: they only need the book to be there. On SQLite the transaction holds the write lock.
    """
    book_id = find_book_id(session, code)
    session.execute(select(BOOK.c.id).where(BOOK.c.id == book_id).with_for_update(key_share=True))
    return book_id


def list_unsealed(session: Session, book_id: int) -> Sequence[AnyRow]:
    """Return the events that wait for a leaf, by identity, with bytes and digest."""
    query = (
        select(EVENT.c.id, EVENT.c.body, EVENT.c.leaf_sha256)
        .join(UNSEALED, UNSEALED.c.event_id == EVENT.c.id)
        .where(UNSEALED.c.book_id == book_id)
        .order_by(EVENT.c.id)
    )
    return session.execute(query).all()


def keep_leaves(session: Session, book_id: int, start: int, sealed: Sequence[tuple[UUID, bytes]]) -> None:
    """Write leaves from an index on, and let their events wait no longer."""
    rows = [
        {"book_id": book_id, "idx": index, "event_id": identity, "leaf_sha256": digest}
        for index, (identity, digest) in enumerate(sealed, start=start)
    ]
    if rows:
        session.execute(insert(LEAF), rows)
        sealed_now = select(LEAF.c.event_id).where(LEAF.c.book_id == book_id, LEAF.c.idx >= start)
        session.execute(delete(UNSEALED).where(UNSEALED.c.event_id.in_(sealed_now)))


def list_hashes(session: Session, book_id: int) -> tuple[bytes, ...]:
    """Return the leaf hashes of a book in order."""
    query = select(LEAF.c.leaf_sha256).where(LEAF.c.book_id == book_id).order_by(LEAF.c.idx)
    return tuple(map(bytes, session.scalars(query)))


def list_leaves(session: Session, book_id: int) -> Sequence[AnyRow]:
    """Return the leaves of a book in order, with what is left of their events."""
    query = (
        select(
            LEAF.c.idx, LEAF.c.event_id, LEAF.c.leaf_sha256, EVENT.c.body, EVENT.c.book_id.label("event_book")
        )
        .join(EVENT, EVENT.c.id == LEAF.c.event_id, isouter=True)
        .where(LEAF.c.book_id == book_id)
        .order_by(LEAF.c.idx)
    )
    return session.execute(query).all()


def find_leaf(session: Session, book_id: int, identity: UUID) -> AnyRow | None:
    """Return an event of a book with the index of its leaf, which is None while it waits."""
    query = (
        select(EVENT.c.body, LEAF.c.idx)
        .join(LEAF, LEAF.c.event_id == EVENT.c.id, isouter=True)
        .where(EVENT.c.book_id == book_id, EVENT.c.id == identity)
    )
    return session.execute(query).one_or_none()


def list_misplaced(session: Session, book_id: int) -> Sequence[UUID]:
    """Return the events that are neither sealed nor waiting, or both."""
    sealed, waits = LEAF.c.event_id, UNSEALED.c.event_id
    query = (
        select(EVENT.c.id)
        .join(LEAF, sealed == EVENT.c.id, isouter=True)
        .join(UNSEALED, waits == EVENT.c.id, isouter=True)
        .where(EVENT.c.book_id == book_id)
        .where(or_(and_(sealed.is_(None), waits.is_(None)), and_(sealed.is_not(None), waits.is_not(None))))
        .order_by(EVENT.c.id)
    )
    return session.scalars(query).all()


def list_checkpoints(session: Session, book_id: int) -> Sequence[AnyRow]:
    """Return the checkpoints of a book, smallest first."""
    query = select(CHECKPOINT).where(CHECKPOINT.c.book_id == book_id).order_by(CHECKPOINT.c.size)
    return session.execute(query).all()


def find_last_checkpoint(session: Session, book_id: int) -> AnyRow | None:
    """Return the largest checkpoint of a book."""
    query = select(CHECKPOINT).where(CHECKPOINT.c.book_id == book_id).order_by(CHECKPOINT.c.size.desc())
    return session.execute(query.limit(1)).one_or_none()


def keep_checkpoint(
    session: Session, book_id: int, size: int, key: bytes, note: str, instant: datetime
) -> None:
    """Write a checkpoint."""
    values = {"size": size, "public_key": key, "note": note, "recorded_at": instant}
    session.execute(insert(CHECKPOINT).values(book_id=book_id, **values))
