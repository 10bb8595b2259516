"""Rows of challenges: published once, with every version of the brief and every move."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import case, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.records.registry import find_book_id, find_fund_id
from ...finance.records.tables import FUND
from ..brief import Brief
from ..lifecycle import Challenge
from .tables import BRIEF, CHALLENGE

KNOWN_BRIEFS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChallenge:
    """A challenge with its row number, and whether its reads are ``open`` or ``assigned``."""

    id: int
    challenge: Challenge
    judging: str


def keep_challenge(
    session: Session, challenge: Challenge, *, judging: str, published_at: datetime, event_id: UUID
) -> None:
    """Write a published challenge with the first version of its brief."""
    book_id = find_book_id(session, challenge.book)
    row = session.execute(
        insert(CHALLENGE)
        .values(
            book_id=book_id,
            fund_id=find_fund_id(session, book_id, challenge.fund),
            code=challenge.code,
            judging=judging,
            event_id=event_id,
        )
        .returning(CHALLENGE.c.id)
    ).one()
    body = challenge.brief.canonical_bytes()
    session.execute(
        insert(BRIEF).values(
            challenge_id=row.id,
            version=challenge.brief.version,
            kind="first",
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            reason="",
            maker="",
            checker=None,
            effective_at=published_at,
            event_id=event_id,
        )
    )


def find_challenge(session: Session, book: str, code: str, at: datetime | None = None) -> StoredChallenge:
    """Return a challenge under the brief in force at an instant; without one, under the newest version.

    Before the first version counts, it is that one.
    """
    counts = (
        BRIEF.c.version
        if at is None
        else case((BRIEF.c.effective_at <= at, BRIEF.c.version), else_=-BRIEF.c.version)
    )
    query = (
        select(CHALLENGE.c.id, CHALLENGE.c.judging, BRIEF.c.body, FUND.c.code.label("fund"))
        .join(FUND, FUND.c.id == CHALLENGE.c.fund_id)
        .join(BRIEF, BRIEF.c.challenge_id == CHALLENGE.c.id)
        .where(CHALLENGE.c.book_id == find_book_id(session, book), CHALLENGE.c.code == code)
        .order_by(counts.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise Missing(f"There is no challenge {code!r} in this book.", what="challenge", code=code)
    return StoredChallenge(
        id=found.id,
        challenge=Challenge(book=book, fund=found.fund, brief=_read_brief(found.body)),
        judging=found.judging,
    )


@lru_cache(maxsize=KNOWN_BRIEFS)
def _read_brief(body: bytes) -> Brief:
    """Read a brief; the same bytes are read once, as every act of a challenge asks for its brief."""
    return Brief.read(body)


def list_challenges(session: Session, book: str) -> tuple[str, ...]:
    """Return the codes of all challenges of a book, oldest first."""
    query = select(CHALLENGE.c.code).where(CHALLENGE.c.book_id == find_book_id(session, book))
    return tuple(session.scalars(query.order_by(CHALLENGE.c.id)))
