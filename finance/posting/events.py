"""Events: every change writes its canonical bytes, with the leaf digest that the transparency log seals.

The problem: a history that can be told in two ways convinces nobody. One event stands beside each committed
change, in the same transaction; its identity follows from its key, so a retry is the same event.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..dates import Clock, as_utc, instant_text
from ..documents import canonical_bytes, plain_bytes
from ..records.registry import find_book_id, insert_once
from ..records.tables import EVENT
from ..requests import key_reused

MILLIS = 1000


def derive_id(book: str, client: str, key: str, instant: datetime) -> UUID:
    """Make the identity of what is recorded under a key: UUIDv7 layout, time first, the rest a digest.

    The same book, client, key and instant give the same identity on every machine (RFC 9562, section 5.7;
    the random bits are taken from SHA-256).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> derive_id("main", "library", "gift-1", datetime(2026, 1, 1, tzinfo=UTC)).version
    7
    """
    digest = hashlib.sha256(plain_bytes([book, client, key])).digest()
    millis = int(as_utc(instant).timestamp() * MILLIS)
    high = (millis << 16) | 0x7000 | (int.from_bytes(digest[:2]) & 0x0FFF)
    low = (int.from_bytes(digest[2:10]) & (2**62 - 1)) | (0b10 << 62)
    return UUID(int=(high << 64) | low)


def leaf_digest(content: bytes) -> bytes:
    """Digest of a leaf (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + content).digest()


def keep_event(
    session: Session, book_id: int, identity: UUID, kind: str, body: Mapping[str, object], instant: datetime
) -> bool:
    """Write the event of a business act.

    Returns
    -------
    bool
        False when an event of this identity was there already.
    """
    content = canonical_bytes({"kind": kind, "recorded_at": instant_text(instant), **body})
    return insert_once(
        session,
        EVENT,
        id=identity,
        book_id=book_id,
        kind=kind,
        canon=1,
        body=content,
        leaf_sha256=leaf_digest(content),
        recorded_at=instant,
    )


def record_event(
    session: Session, book: str, kind: str, body: Mapping[str, object], *, key: str, clock: Clock
) -> tuple[UUID, bool]:
    """Record a business act that moves no money, once per key.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    kind : str
        For example ``agreement.signed``.
    body : Mapping
        JSON values without floats.
    key : str
        Unique for this act; part of the identity.
    clock : Clock
        When it is recorded.

    Returns
    -------
    tuple of (UUID, bool)
        The event's identity, and whether it is new.

    Raises
    ------
    KeyReused
        When the key was used for an act with other content.
    """
    book_id = find_book_id(session, book)
    taken = sorted({"key", "kind", "digest", "recorded_at"} & set(body))
    if taken:
        raise ValueError(f"the body of {kind} names {', '.join(taken)} itself, which every event has")
    content = {"key": key, **body}
    digest = hashlib.sha256(canonical_bytes({"kind": kind, **content})).hexdigest()
    identity = named_id(book, kind, key)
    query = select(EVENT.c.body).where(EVENT.c.id == identity)
    stored = session.scalar(query)
    new = stored is None and keep_event(
        session, book_id, identity, kind, {**content, "digest": digest}, as_utc(clock())
    )
    if not new and f'"digest":"{digest}"'.encode() not in (stored or session.scalars(query).one()):
        raise key_reused(key, kind)
    return identity, new


def named_id(book: str, kind: str, key: str) -> UUID:
    """Make the identity of an event that only its name decides (RFC 9562, section 5.8, UUIDv8)."""
    number = int.from_bytes(hashlib.sha256(canonical_bytes([book, kind, key])).digest()[:16])
    number = number & ~(0xF << 76) | (0x8 << 76)
    return UUID(int=number & ~(0b11 << 62) | (0b10 << 62))
