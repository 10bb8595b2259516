"""Rows of deliveries: each message to each endpoint, when it is tried next, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from .tables import DELIVERY, WEBHOOK_ENDPOINT

AnyRow = Row[*tuple[Any, ...]]
STATES = ("waiting", "delivered", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one endpoint.

    Attributes
    ----------
    event_id : UUID
        The event it tells of; also its identity for the receiver, the same at each try.
    kind : str
        Public name of the event.
    attempts : int [tries]
        So far.
    last_status : int or None [HTTP status]
        Of the last try; None where nothing answered.
    last_error : str
        Code of what stood in the way of the last try.
    """

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    kind: str
    body: bytes
    state: str
    attempts: int
    next_at: datetime
    last_status: int | None
    last_error: str
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: AnyRow) -> "Message":
        """Read a row."""
        names = set(cls.__dataclass_fields__) - {"body", "last_error"}
        said = {name: getattr(row, name) for name in names}
        return cls(**said, body=bytes(row.body), last_error=row.last_error or "")


def keep_deliveries(session: Session, made: Sequence[dict[str, object]]) -> None:
    """Write messages that wait to be sent at once."""
    if made:
        plain = {"state": "waiting", "attempts": 0}
        session.execute(insert(DELIVERY), [{**plain, **one} for one in made])


def _is_due(now: datetime) -> Any:  # noqa: ANN401  # a condition of SQL
    row = DELIVERY.c
    return and_(
        row.state == "waiting", row.next_at <= now, or_(row.leased_until.is_(None), row.leased_until <= now)
    )


def list_due(session: Session, now: datetime) -> tuple[tuple[UUID, bool], ...]:
    """Return the endpoints for which a message is due, with whether they failed the last time."""
    row = WEBHOOK_ENDPOINT.c
    query = (
        select(row.id, row.failing_since)
        .join(DELIVERY, DELIVERY.c.endpoint_id == row.id)
        .where(_is_due(now), row.disabled_at.is_(None))
        .group_by(row.id, row.failing_since)
        .order_by(func.min(DELIVERY.c.next_at), row.id)
    )
    return tuple((found.id, found.failing_since is not None) for found in session.execute(query))


def late_deliveries(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """Return how many messages are due to endpoints that take some, and since when the earliest is."""
    query = (
        select(func.count().label("number"), func.min(DELIVERY.c.next_at).label("since"))
        .join(WEBHOOK_ENDPOINT, WEBHOOK_ENDPOINT.c.id == DELIVERY.c.endpoint_id)
        .where(_is_due(now), WEBHOOK_ENDPOINT.c.disabled_at.is_(None))
    )
    found = session.execute(query).one()
    return int(found.number), found.since


def lease_due(
    session: Session, endpoint: UUID, now: datetime, lease: timedelta, *, limit: int
) -> tuple[Message, ...]:
    """Take messages of an endpoint that are due; nobody else takes them before the lease ends.

    Parameters
    ----------
    session : Session
        The caller's; it commits before anything is sent.
    endpoint : UUID
        Where they go.
    now : datetime
        When they are taken.
    lease : timedelta
        How long they are kept from others.
    limit : int [rows]
        At most.
    """
    query = (
        select(DELIVERY)
        .where(DELIVERY.c.endpoint_id == endpoint, _is_due(now))
        .order_by(DELIVERY.c.next_at, DELIVERY.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = tuple(Message.of(row) for row in session.execute(query))
    if found:
        taken = update(DELIVERY).where(DELIVERY.c.id.in_([one.id for one in found]))
        session.execute(taken.values(leased_until=now + lease))
    return found


def keep_try(session: Session, delivery: Message, **outcome: object) -> None:
    """Write how a try ended, unless another worker has written it meanwhile; the lease ends."""
    row = DELIVERY.c
    query = update(DELIVERY).where(
        row.id == delivery.id, row.state == "waiting", row.attempts == delivery.attempts
    )
    session.execute(query.values(leased_until=None, **outcome))


def end_leases(session: Session, deliveries: Sequence[Message]) -> None:
    """Give back messages that were taken and not sent."""
    wanted = [one.id for one in deliveries]
    query = update(DELIVERY).where(DELIVERY.c.id.in_(wanted), DELIVERY.c.state == "waiting")
    session.execute(query.values(leased_until=None))


def postpone(session: Session, endpoint: UUID, until: datetime) -> None:
    """Let no message of an endpoint be due before an instant."""
    row = DELIVERY.c
    query = update(DELIVERY).where(row.endpoint_id == endpoint, row.state == "waiting", row.next_at < until)
    session.execute(query.values(next_at=until))


def send_again(session: Session, delivery: UUID, now: datetime) -> None:
    """Let a message be sent again from its first try on."""
    query = update(DELIVERY).where(DELIVERY.c.id == delivery)
    session.execute(query.values(state="waiting", attempts=0, next_at=now, leased_until=None))


def find_delivery(session: Session, book_id: int, delivery: UUID) -> tuple[Message, str]:
    """Return a message of a book, and whose endpoint it goes to.

    Raises
    ------
    Missing
        When there is none.
    """
    query = _of_book(book_id).where(DELIVERY.c.id == delivery)
    found = session.execute(query).one_or_none()
    if found is None:
        raise Missing(f"There is no delivery {delivery} in this book.", delivery=str(delivery))
    return Message.of(found), str(found.party)


def list_deliveries(
    session: Session,
    book_id: int,
    *,
    party: str | None,
    endpoint: UUID | None,
    state: str,
    after: UUID | None,
    limit: int,
) -> tuple[Message, ...]:
    """Return messages of a book, first made first.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    party : str or None
        Whose endpoints; None for all.
    endpoint : UUID or None
        To which endpoint; None for all.
    state : str
        ``waiting``, ``delivered`` or ``dead``; empty for all.
    after : UUID or None
        The last one seen.
    limit : int [rows]
        At most.
    """
    query = _of_book(book_id).order_by(DELIVERY.c.id).limit(limit)
    if party is not None:
        query = query.where(WEBHOOK_ENDPOINT.c.party == party)
    if endpoint is not None:
        query = query.where(DELIVERY.c.endpoint_id == endpoint)
    if state:
        query = query.where(DELIVERY.c.state == state)
    if after is not None:
        query = query.where(DELIVERY.c.id > after)
    return tuple(Message.of(row) for row in session.execute(query))


def _of_book(book_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(DELIVERY, WEBHOOK_ENDPOINT.c.party)
        .join(WEBHOOK_ENDPOINT, WEBHOOK_ENDPOINT.c.id == DELIVERY.c.endpoint_id)
        .where(WEBHOOK_ENDPOINT.c.book_id == book_id)
    )
