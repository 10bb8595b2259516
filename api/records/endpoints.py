"""Rows of webhook endpoints: where a party wants to be told, of what, and how far it was."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from .tables import WEBHOOK_ENDPOINT

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a party is told of events.

    Attributes
    ----------
    party, person : str
        In whose name, and with whose rights, its events are chosen.
    kinds : frozenset of str
        Public names it wants; empty for all.
    secret, earlier_secret : bytes
        Boxes of the vault; the earlier one signs too until ``earlier_until``.
    told_below : int [position]
        Leaves below were looked at.
    failing_since : datetime or None
        When the first message failed since the last that arrived.
    disabled_for : str
        ``owner``, ``gone`` (410) or ``failing``; empty while it is on.
    """

    id: UUID
    book_id: int
    party: str
    person: str
    url: str
    kinds: frozenset[str]
    secret: bytes
    earlier_secret: bytes | None
    earlier_until: datetime | None
    told_below: int
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_for: str
    version: int
    created_at: datetime

    @classmethod
    def of(cls, row: AnyRow) -> "Endpoint":
        """Read a row."""
        said = {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001  # public by documentation
        return cls(
            **{name: said[name] for name in said if name not in {"kinds", "disabled_for", "secret"}},
            kinds=frozenset(str(said["kinds"]).split()),
            secret=bytes(said["secret"]),
            disabled_for=said["disabled_for"] or "",
        )

    def values(self) -> dict[str, object]:
        """Return it as the columns of a row."""
        said = {name: getattr(self, name) for name in Endpoint.__dataclass_fields__}
        return said | {"kinds": " ".join(sorted(self.kinds)), "disabled_for": self.disabled_for or None}


def endpoint_place(endpoint: UUID) -> str:
    """Return the place of the vault that an endpoint's secrets are closed for."""
    return f"webhook_endpoint/{endpoint}"


def keep_endpoint(session: Session, made: Endpoint) -> None:
    """Write a new endpoint."""
    session.execute(insert(WEBHOOK_ENDPOINT).values(**made.values()))


def change_endpoint(session: Session, endpoint: UUID, **changes: object) -> None:
    """Change what its owner sees of an endpoint; its version goes up."""
    row = WEBHOOK_ENDPOINT.c
    query = update(WEBHOOK_ENDPOINT).where(row.id == endpoint)
    session.execute(query.values(version=row.version + 1, **changes))


def keep_progress(session: Session, endpoint: UUID, told_below: int) -> None:
    """Write how far an endpoint was told."""
    query = update(WEBHOOK_ENDPOINT).where(WEBHOOK_ENDPOINT.c.id == endpoint)
    session.execute(query.values(told_below=told_below))


def keep_failing(session: Session, endpoint: UUID, since: datetime | None) -> None:
    """Write since when an endpoint fails, or that it answers again."""
    query = update(WEBHOOK_ENDPOINT).where(WEBHOOK_ENDPOINT.c.id == endpoint)
    session.execute(query.values(failing_since=since))


def find_endpoint(session: Session, book_id: int, endpoint: UUID) -> Endpoint:
    """Return an endpoint of a book.

    Raises
    ------
    Missing
        When there is none.
    """
    found = session.execute(_all(book_id).where(WEBHOOK_ENDPOINT.c.id == endpoint)).one_or_none()
    if found is None:
        raise Missing(f"There is no webhook endpoint {endpoint} in this book.", endpoint=str(endpoint))
    return Endpoint.of(found)


def list_endpoints(session: Session, book_id: int, party: str | None) -> tuple[Endpoint, ...]:
    """Return the endpoints of a book, of one party or of all."""
    query = _all(book_id).order_by(WEBHOOK_ENDPOINT.c.id)
    if party is not None:
        query = query.where(WEBHOOK_ENDPOINT.c.party == party)
    return tuple(Endpoint.of(row) for row in session.execute(query))


def lock_untold(session: Session, book_id: int, position: int) -> tuple[Endpoint, ...]:
    """Return the endpoints that are on and were not told up to a position; others wait until this one ends.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    position : int [position]
        Of the last leaf.
    """
    row = WEBHOOK_ENDPOINT.c
    query = _all(book_id).where(row.disabled_at.is_(None), row.told_below <= position).order_by(row.id)
    return tuple(Endpoint.of(one) for one in session.execute(query.with_for_update(skip_locked=True)))


def find_endpoints(session: Session, wanted: Collection[UUID]) -> dict[UUID, Endpoint]:
    """Return endpoints by their identities."""
    query = select(WEBHOOK_ENDPOINT).where(WEBHOOK_ENDPOINT.c.id.in_(sorted(wanted)))
    return {row.id: Endpoint.of(row) for row in session.execute(query)}


def _all(book_id: int) -> Select[*tuple[Any, ...]]:
    return select(WEBHOOK_ENDPOINT).where(WEBHOOK_ENDPOINT.c.book_id == book_id)
