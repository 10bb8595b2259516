"""Rows of what was asked through a door: the answer a key gives again, and the trail of who did what."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from ...finance.dates import as_utc
from ...finance.records.registry import insert_once
from ...finance.records.tables import ACCOUNT, BALANCE, EARMARK, EVENT, POSTING
from .tables import COMMAND

MILLIS = 1000
REFUSED_FROM = 400
_SETTLED = BALANCE.c.settled_dr - BALANCE.c.settled_cr
_BY_KEY = select(
    COMMAND.c.request_sha256, COMMAND.c.status, COMMAND.c.answer, COMMAND.c.location, COMMAND.c.id
).where(COMMAND.c.client == bindparam("client"), COMMAND.c.idem_key == bindparam("key"))
_MOVED = func.sum(POSTING.c.side * POSTING.c.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One write as it was asked and answered.

    Attributes
    ----------
    object : str
        The address below ``/v1``.
    client, key : str or None
        Whose key it was, and the key.
    status : int [HTTP status]
        As answered.
    answer : bytes
        The body, as it is given again.
    location : str
        Address of what was made; empty without one.
    """

    id: UUID
    book_id: int | None
    operation: str
    object: str
    person: str
    party: str
    api_key: str | None
    client: str | None
    key: str | None
    request_sha256: bytes
    status: int
    answer: bytes
    location: str
    recorded_at: datetime


def find_command(session: Session, client: str, key: str) -> Row[*tuple[Any, ...]] | None:
    """Return what a client's key did before."""
    return session.execute(_BY_KEY, {"client": client, "key": key}).one_or_none()


def keep_command(session: Session, command: Command) -> bool:
    """Write a command; False when its key was taken meanwhile."""
    return insert_once(
        session,
        COMMAND,
        id=command.id,
        book_id=command.book_id,
        operation=command.operation,
        object=command.object,
        person=command.person,
        party=command.party,
        api_key=command.api_key,
        client=command.client,
        idem_key=command.key,
        request_sha256=command.request_sha256,
        status=command.status,
        answer=command.answer,
        location=command.location,
        recorded_at=command.recorded_at,
    )


def list_doers(
    session: Session, book_id: int, instants: Collection[datetime], operations: Collection[str]
) -> tuple[Row[*tuple[Any, ...]], ...]:
    """Return who did operations of a book with success, at these instants: person, party, object, location.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    instants : collection of datetime
        As recorded; they lead to the rows.
    operations : collection of str
        Names of the operations.
    """
    query = select(COMMAND.c.person, COMMAND.c.party, COMMAND.c.object, COMMAND.c.location).where(
        COMMAND.c.book_id == book_id,
        COMMAND.c.recorded_at.in_(sorted(instants)),
        COMMAND.c.operation.in_(sorted(operations)),
        COMMAND.c.status < REFUSED_FROM,
    )
    return tuple(session.execute(query).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which commands of a book are listed; what is empty admits all.

    Attributes
    ----------
    since : datetime or None
        Recorded then or later.
    """

    operation: str = ""
    person: str = ""
    party: str | None = None
    since: datetime | None = None


def list_commands(
    session: Session, book_id: int, wanted: TrailFilter, *, start: tuple[datetime, UUID] | None, limit: int
) -> tuple[Row[*tuple[Any, ...]], ...]:
    """Return what was asked through a door, oldest first, behind one of them; without bodies and answers.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    wanted : TrailFilter
        Which.
    start : tuple of (datetime, UUID) or None
        Instant and identity of the last one seen.
    limit : int [rows]
        At most so many.
    """
    row = COMMAND.c
    query = select(
        *(row.id, row.operation, row.object, row.person, row.party, row.api_key, row.status),
        *(row.location, row.recorded_at),
    ).where(row.book_id == book_id)
    named = ((row.operation, wanted.operation), (row.person, wanted.person))
    query = query.where(*(column == value for column, value in named if value))
    if wanted.party is not None:
        query = query.where(row.party == wanted.party)
    if wanted.since is not None:
        query = query.where(row.recorded_at >= wanted.since)
    if start is not None:
        at, identity = start
        query = query.where(row.recorded_at >= at)
        query = query.where(or_(row.recorded_at > at, row.id > identity))
    return tuple(session.execute(query.order_by(row.recorded_at, row.id).limit(limit)).all())


def _since(at: datetime) -> UUID:
    """Return the lowest identity of an instant: identities begin with their time."""
    return UUID(int=int(as_utc(at).timestamp() * MILLIS) << 80)


def list_told(session: Session, book_id: int, at: datetime) -> frozenset[UUID]:
    """Return the identities of the events of a book recorded at an instant."""
    query = select(EVENT.c.id).where(EVENT.c.book_id == book_id, EVENT.c.id >= _since(at))
    return frozenset(session.scalars(query.where(EVENT.c.recorded_at == at)))


def list_moves(session: Session, book_id: int, events: Collection[UUID]) -> Iterator[Row[*tuple[Any, ...]]]:
    """Return the settled balances that the transactions of these events moved, and by how much."""
    query = (
        select(
            *(ACCOUNT.c.path, ACCOUNT.c.unit, EARMARK.c.code, ACCOUNT.c.normal),
            *(_SETTLED.label("settled"), _MOVED.label("moved")),
        )
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.book_id == book_id, POSTING.c.txn_id.in_(events), POSTING.c.layer == "S")
        .group_by(ACCOUNT.c.id, ACCOUNT.c.path, ACCOUNT.c.unit, EARMARK.c.code, ACCOUNT.c.normal, _SETTLED)
        .order_by(ACCOUNT.c.path, ACCOUNT.c.unit, EARMARK.c.code)
    )
    yield from session.execute(query)


def list_kinds(session: Session, events: Collection[UUID]) -> tuple[str, ...]:
    """Return the kinds of events, in the order of their identities."""
    query = select(EVENT.c.kind).where(EVENT.c.id.in_(events)).order_by(EVENT.c.id)
    return tuple(session.scalars(query))
