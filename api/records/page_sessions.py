"""Rows of the sign-ins of the pages: a digest of what the cookie holds, and the sign-in it belongs to.

The problem: a cookie that is copied opens the pages until its session ends. Each ends after half an hour
without use, after twelve hours in any case, and at once with its family of tokens: a sign-out, a new
password or a disabled person ends it everywhere.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from .tables import PAGE_SESSION, PERSON, REFRESH_TOKEN
from .tokens import SignInSession, end_family, keep_refresh_token

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSession:
    """Who is signed in to the pages.

    Attributes
    ----------
    family : UUID
        Of the tokens of the sign-in; ending it ends this.
    party : str
        In whose name they act, of several; empty until they chose.
    authenticated_at : datetime
        When they last proved who they are.
    """

    person: str
    family: UUID
    party: str
    authenticated_at: datetime


def start_page_session(session: Session, refresh_token: str, now: datetime) -> str:
    """Write a session for a sign-in just made, and return what the cookie holds: it is not kept."""
    text = secrets.token_urlsafe(32)
    row = REFRESH_TOKEN.c
    found = session.execute(
        select(row.family, row.person_id).where(row.sha256 == _digest(refresh_token))
    ).one()
    session.execute(delete(PAGE_SESSION).where(PAGE_SESSION.c.started_at < now - LONGEST))
    session.execute(
        insert(PAGE_SESSION).values(
            sha256=_digest(text),
            family=found.family,
            person_id=found.person_id,
            party="",
            started_at=now,
            seen_at=now,
            authenticated_at=now,
        )
    )
    return text


def start_guest_session(session: Session, person: str, now: datetime) -> str:
    """Write a session for a visitor of a demonstration, and return what the cookie holds."""
    held = SignInSession(person=person, family=uuid4(), authenticated_at=now)
    return start_page_session(session, keep_refresh_token(session, held, now), now)


def find_page_session(session: Session, text: str, now: datetime) -> tuple[PageSession, bool] | None:
    """Return a session that goes on, and whether its use has to be noted; None for any other text."""
    row = PAGE_SESSION.c
    ended = select(REFRESH_TOKEN.c.family).where(
        REFRESH_TOKEN.c.family == row.family, REFRESH_TOKEN.c.revoked_at.is_not(None)
    )
    query = (
        select(row.family, row.party, row.seen_at, row.authenticated_at, PERSON.c.code)
        .join(PERSON, PERSON.c.id == row.person_id)
        .where(row.sha256 == _digest(text), PERSON.c.disabled_at.is_(None), ~ended.exists())
        .where(row.started_at > now - LONGEST, row.seen_at > now - IDLE)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    held = PageSession(
        person=found.code, family=found.family, party=found.party, authenticated_at=found.authenticated_at
    )
    return held, now - found.seen_at > NOTED


def note_page_use(session: Session, text: str, now: datetime) -> None:
    """Write down that a session was used."""
    session.execute(update(PAGE_SESSION).where(PAGE_SESSION.c.sha256 == _digest(text)).values(seen_at=now))


def choose_party(session: Session, text: str, party: str) -> None:
    """Write down in whose name somebody goes on."""
    session.execute(update(PAGE_SESSION).where(PAGE_SESSION.c.sha256 == _digest(text)).values(party=party))


def end_page_session(session: Session, text: str, now: datetime) -> None:
    """End a session and all tokens of its sign-in."""
    family = session.scalar(select(PAGE_SESSION.c.family).where(PAGE_SESSION.c.sha256 == _digest(text)))
    if family is not None:
        end_family(session, family, now)
        session.execute(delete(PAGE_SESSION).where(PAGE_SESSION.c.family == family))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
