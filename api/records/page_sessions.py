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

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from .tables import PAGE_SESSION, PERSON, REFRESH_TOKEN
from .tokens import SignInSession, end_family, keep_refresh_token

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
NOTED = timedelta(minutes=1)
MOST = 100


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
    _forget_old(session, now)
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


def _forget_old(session: Session, now: datetime) -> None:
    """Remove the sessions that are over by their age, and end the tokens they were made with."""
    old = PAGE_SESSION.c.started_at < now - LONGEST
    for family in session.scalars(select(PAGE_SESSION.c.family).where(old)).all():
        end_family(session, family, now)
    session.execute(delete(PAGE_SESSION).where(old))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSignIn:
    """A sign-in of a person that goes on.

    Attributes
    ----------
    since : datetime
        When they proved who they are.
    seen_at : datetime or None
        When its pages were last used; None for that of a program.
    until : datetime
        When it ends by itself, at the latest.
    """

    since: datetime
    seen_at: datetime | None
    until: datetime


def list_sign_ins(session: Session, person: str, now: datetime) -> tuple[OpenSignIn, ...]:
    """Return the sign-ins of a person that go on, the newest first, at most a hundred."""
    token, page = REFRESH_TOKEN.c, PAGE_SESSION.c
    query = (
        select(token.authenticated_at, token.expires_at, page.seen_at, page.started_at)
        .join(PERSON, PERSON.c.id == token.person_id)
        .outerjoin(PAGE_SESSION, page.family == token.family)
        .where(PERSON.c.code == person, token.revoked_at.is_(None), token.used_at.is_(None))
        .where(token.expires_at > now)
        .where(or_(page.family.is_(None), and_(page.started_at > now - LONGEST, page.seen_at > now - IDLE)))
        .order_by(token.authenticated_at.desc(), token.sha256)
        .limit(MOST)
    )
    return tuple(
        OpenSignIn(
            since=row.authenticated_at,
            seen_at=row.seen_at,
            until=row.expires_at
            if row.seen_at is None
            else min(row.started_at + LONGEST, row.seen_at + IDLE),
        )
        for row in session.execute(query)
    )


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
