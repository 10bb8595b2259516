"""Rows of the transparency log: events that wait, leaves, the nodes above them, and checkpoints."""

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from ..log import Subtree
from .registry import find_book_id
from .tables import BOOK, CHECKPOINT, EVENT, LEAF, NODE, UNSEALED

AnyRow = Row[*tuple[Any, ...]]
PAGE = 2048  # rows in memory at once


def lock_book(session: Session, code: str) -> int:
    """Keep other sessions from sealing the same book until this one ends; return its row number.

    Postings go on: they only need the book to be there. On SQLite the transaction holds the write lock.
    """
    book_id = find_book_id(session, code)
    session.execute(select(BOOK.c.id).where(BOOK.c.id == book_id).with_for_update(key_share=True))
    return book_id


def has_unsealed(session: Session, book_id: int) -> bool:
    """Tell whether an event of a book waits for its leaf."""
    query = select(UNSEALED.c.event_id).where(UNSEALED.c.book_id == book_id).limit(1)
    return session.execute(query).first() is not None


def read_unsealed(session: Session, book_id: int) -> Generator[Sequence[AnyRow]]:
    """Read the events that wait for a leaf, by identity, with bytes and digest, page by page."""
    query = (
        select(EVENT.c.id, EVENT.c.body, EVENT.c.leaf_sha256)
        .join(UNSEALED, UNSEALED.c.event_id == EVENT.c.id)
        .where(UNSEALED.c.book_id == book_id)
        .order_by(UNSEALED.c.event_id)
    )
    return _read_pages(session, query)


def keep_leaves(session: Session, book_id: int, start: int, sealed: Sequence[tuple[UUID, bytes]]) -> None:
    """Write leaves from an index on."""
    rows = [
        {"book_id": book_id, "idx": index, "event_id": identity, "leaf_sha256": digest}
        for index, (identity, digest) in enumerate(sealed, start=start)
    ]
    session.execute(insert(LEAF), rows)


def end_waiting(session: Session, book_id: int) -> None:
    """Let the events that have a leaf wait no longer.

    Each is looked up by its identity, which is unique: a server that still believes that few events wait, as
    it does when it last counted them after a seal, plans this no worse.
    """
    sealed = select(LEAF.c.idx).where(LEAF.c.event_id == UNSEALED.c.event_id).exists()
    session.execute(delete(UNSEALED).where(UNSEALED.c.book_id == book_id, sealed))


def keep_nodes(session: Session, book_id: int, completed: Sequence[tuple[Subtree, bytes]]) -> None:
    """Write nodes, each after its children."""
    rows = [
        {"book_id": book_id, "level": level, "idx": index, "sha256": digest}
        for (level, index), digest in completed
    ]
    if rows:
        session.execute(insert(NODE), rows)


def find_hashes(session: Session, book_id: int, wanted: set[Subtree]) -> dict[Subtree, bytes]:
    """Return the hashes of complete subtrees, as far as they are there: leaves on level 0, nodes above."""
    levels: dict[int, list[int]] = {}
    for level, index in sorted(wanted):
        levels.setdefault(level, []).append(index)
    lowest = levels.pop(0, [])
    query = select(LEAF.c.idx, LEAF.c.leaf_sha256).where(LEAF.c.book_id == book_id, LEAF.c.idx.in_(lowest))
    found = {(0, index): bytes(digest) for index, digest in (session.execute(query) if lowest else ())}
    anywhere = [
        and_(NODE.c.book_id == book_id, NODE.c.level == level, NODE.c.idx.in_(indices))
        for level, indices in levels.items()
    ]
    return found | _read_nodes(session, anywhere)


def find_completed(session: Session, book_id: int, start: int, stop: int) -> dict[Subtree, bytes]:
    """Return the nodes that leaves complete, as far as they are there.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int
        Row number of the book.
    start, stop : int [position]
        First of the leaves, and the one after the last.
    """
    ranges = [
        and_(
            NODE.c.book_id == book_id,
            NODE.c.level == level,
            NODE.c.idx >= start >> level,
            NODE.c.idx < stop >> level,
        )
        for level in range(1, stop.bit_length())
        if start >> level < stop >> level
    ]
    return _read_nodes(session, ranges)


def _read_nodes(session: Session, anywhere: Sequence[ColumnElement[bool]]) -> dict[Subtree, bytes]:
    if not anywhere:
        return {}
    query = select(NODE.c.level, NODE.c.idx, NODE.c.sha256).where(or_(*anywhere))
    return {(level, index): bytes(digest) for level, index, digest in session.execute(query)}


def list_nodes_beyond(session: Session, book_id: int) -> Sequence[Subtree]:
    """Return the nodes that are not above leaves that are all there."""
    leaves = select(func.coalesce(func.max(LEAF.c.idx) + 1, 0)).where(LEAF.c.book_id == book_id)
    beyond = NODE.c.idx >= leaves.scalar_subquery().bitwise_rshift(NODE.c.level)
    query = select(NODE.c.level, NODE.c.idx).where(NODE.c.book_id == book_id, or_(NODE.c.idx < 0, beyond))
    return [(level, index) for level, index in session.execute(query.order_by(NODE.c.level, NODE.c.idx))]


def find_end(session: Session, book_id: int) -> tuple[int, int]:
    """Return how many leaves there are, and the size of the last checkpoint, -1 without one; in one query."""
    leaves = select(func.max(LEAF.c.idx) + 1).where(LEAF.c.book_id == book_id).scalar_subquery()
    last = select(func.max(CHECKPOINT.c.size)).where(CHECKPOINT.c.book_id == book_id).scalar_subquery()
    size, covered = session.execute(select(func.coalesce(leaves, 0), func.coalesce(last, -1))).one()
    return size, covered


def read_leaves(session: Session, book_id: int, stop: int) -> Iterator[Sequence[AnyRow]]:
    """Read the leaves below an index in order, with what is left of their events, page by page."""
    query = (
        select(
            LEAF.c.idx, LEAF.c.event_id, LEAF.c.leaf_sha256, EVENT.c.body, EVENT.c.book_id.label("event_book")
        )
        .join(EVENT, EVENT.c.id == LEAF.c.event_id, isouter=True)
        .where(LEAF.c.book_id == book_id, LEAF.c.idx < stop)
        .order_by(LEAF.c.idx)
    )
    return _read_pages(session, query)


def read_checkpoints(session: Session, book_id: int, last: int) -> Iterator[AnyRow]:
    """Read the checkpoints up to a size, smallest first."""
    query = select(CHECKPOINT).where(CHECKPOINT.c.book_id == book_id, CHECKPOINT.c.size <= last)
    for page in _read_pages(session, query.order_by(CHECKPOINT.c.size)):
        yield from page


def _read_pages(session: Session, query: Select[*tuple[Any, ...]]) -> Generator[Sequence[AnyRow]]:
    with session.execute(query, execution_options={"yield_per": PAGE}) as result:
        yield from result.partitions()


def find_leaf(session: Session, book_id: int, identity: UUID) -> AnyRow | None:
    """Return an event of a book with the index of its leaf, which is None while it waits."""
    query = (
        select(EVENT.c.body, LEAF.c.idx)
        .join(LEAF, LEAF.c.event_id == EVENT.c.id, isouter=True)
        .where(EVENT.c.book_id == book_id, EVENT.c.id == identity)
    )
    return session.execute(query).one_or_none()


def find_event(session: Session, book_id: int, identity: UUID) -> AnyRow | None:
    """Return an event of a book: kind, instant, bytes, digest, and its index, None while it waits."""
    query = _events().where(EVENT.c.book_id == book_id, EVENT.c.id == identity)
    return session.execute(query).one_or_none()


def list_sealed(
    session: Session, book_id: int, *, start: int, limit: int, kind: str = ""
) -> Sequence[AnyRow]:
    """Return the sealed events of a book from an index on, in the order of the log.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    start : int [position]
        Index of the first leaf.
    limit : int [rows]
        At most so many.
    kind : str
        Only events of this kind; empty for all.
    """
    query = _events().where(LEAF.c.book_id == book_id, LEAF.c.idx >= start)
    if kind:
        query = query.where(EVENT.c.kind == kind)
    return session.execute(query.order_by(LEAF.c.idx).limit(limit)).all()


def _events() -> Select[*tuple[Any, ...]]:
    return select(
        EVENT.c.id, EVENT.c.kind, EVENT.c.recorded_at, EVENT.c.body, EVENT.c.leaf_sha256, LEAF.c.idx
    ).join(LEAF, LEAF.c.event_id == EVENT.c.id, isouter=True)


def page_checkpoints(session: Session, book_id: int, *, above: int, limit: int) -> Sequence[AnyRow]:
    """Return the checkpoints of a book above a size, smallest first.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    above : int [leaves]
        Size of the last one seen; -1 for the first page.
    limit : int [rows]
        At most so many.
    """
    query = select(CHECKPOINT).where(CHECKPOINT.c.book_id == book_id, CHECKPOINT.c.size > above)
    return session.execute(query.order_by(CHECKPOINT.c.size).limit(limit)).all()


def find_checkpoint(session: Session, book_id: int, size: int) -> AnyRow | None:
    """Return the checkpoint of a size.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    size : int [leaves]
        How many it covers.
    """
    query = select(CHECKPOINT).where(CHECKPOINT.c.book_id == book_id, CHECKPOINT.c.size == size)
    return session.execute(query).one_or_none()


def list_misplaced(session: Session, book_id: int) -> Sequence[UUID]:
    """Return the events that are neither sealed nor waiting, or both."""
    sealed, waits = LEAF.c.event_id, UNSEALED.c.event_id
    query = (
        select(EVENT.c.id)
        .join(LEAF, sealed == EVENT.c.id, isouter=True)
        .join(UNSEALED, and_(UNSEALED.c.book_id == EVENT.c.book_id, waits == EVENT.c.id), isouter=True)
        .where(EVENT.c.book_id == book_id)
        .where(or_(and_(sealed.is_(None), waits.is_(None)), and_(sealed.is_not(None), waits.is_not(None))))
        .order_by(EVENT.c.id)
    )
    return session.scalars(query).all()


def list_checkpoints(
    session: Session, book_id: int, key: bytes, start: int, stop: int, *, limit: int
) -> Sequence[AnyRow]:
    """Return the checkpoints of a key with sizes from ``start`` and below ``stop``, smallest first."""
    query = (
        select(CHECKPOINT)
        .where(CHECKPOINT.c.book_id == book_id, CHECKPOINT.c.public_key == key)
        .where(CHECKPOINT.c.size >= start, CHECKPOINT.c.size < stop)
        .order_by(CHECKPOINT.c.size)
    )
    return session.execute(query.limit(limit)).all()


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
