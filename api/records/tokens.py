"""Rows of refresh tokens: each good once, all of one sign-in in one family.

The problem: a refresh token lives for weeks, so one that is stolen opens for weeks. Each is exchanged for
the next; one that comes a second time was stolen or its thief was first, and nobody can tell which, so the
whole family ends. Only digests are kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from .tables import PERSON, REFRESH_TOKEN

LIFETIME = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSession:
    """A sign-in that goes on.

    Attributes
    ----------
    family : UUID
        Of its refresh tokens; the session of its access tokens.
    authenticated_at : datetime
        When the person proved who they are.
    """

    person: str
    family: UUID
    authenticated_at: datetime


def keep_refresh_token(session: Session, held: SignInSession, now: datetime) -> str:
    """Write a refresh token, and return it as text: it is not kept."""
    text = secrets.token_urlsafe(32)
    person = select(PERSON.c.id).where(PERSON.c.code == held.person).scalar_subquery()
    session.execute(
        insert(REFRESH_TOKEN).values(
            sha256=_digest(text),
            family=held.family,
            person_id=person,
            issued_at=now,
            authenticated_at=held.authenticated_at,
            expires_at=now + LIFETIME,
        )
    )
    return text


def use_refresh_token(session: Session, text: str, now: datetime) -> SignInSession | None:
    """Use a refresh token up; None when it does not hold. One used before ends its family.

    The caller commits whatever is returned.
    """
    row = REFRESH_TOKEN.c
    query = (
        select(row.family, row.authenticated_at, row.expires_at, row.used_at, row.revoked_at, PERSON.c.code)
        .add_columns(PERSON.c.disabled_at)
        .join(PERSON, PERSON.c.id == row.person_id)
        .where(row.sha256 == _digest(text))
        .with_for_update(of=REFRESH_TOKEN)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    if found.used_at is not None:
        end_family(session, found.family, now)
        return None
    if found.revoked_at is not None or found.disabled_at is not None or now >= found.expires_at:
        return None
    first = update(REFRESH_TOKEN).where(row.sha256 == _digest(text), row.used_at.is_(None))
    if not session.execute(first.values(used_at=now).returning(row.family)).all():
        end_family(session, found.family, now)
        return None
    return SignInSession(person=found.code, family=found.family, authenticated_at=found.authenticated_at)


def end_family_of(session: Session, text: str, now: datetime) -> None:
    """End the sign-in a refresh token belongs to; a text that is none changes nothing."""
    query = select(REFRESH_TOKEN.c.family).where(REFRESH_TOKEN.c.sha256 == _digest(text))
    family = session.scalar(query)
    if family is not None:
        end_family(session, family, now)


def end_family(session: Session, family: UUID, now: datetime) -> None:
    """End all tokens of a sign-in."""
    _end(session, REFRESH_TOKEN.c.family == family, now)


def end_person(session: Session, person: str, now: datetime) -> None:
    """End every sign-in of a person."""
    whose = select(PERSON.c.id).where(PERSON.c.code == person).scalar_subquery()
    _end(session, REFRESH_TOKEN.c.person_id == whose, now)


def _end(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """End tokens; one being exchanged at this moment is waited for, so that the next ends with it."""
    row = REFRESH_TOKEN.c
    session.execute(select(row.sha256).where(which).order_by(row.sha256).with_for_update()).all()
    session.execute(update(REFRESH_TOKEN).where(which, row.revoked_at.is_(None)).values(revoked_at=now))


def goes_on(session: Session, person: str, family: UUID) -> bool:
    """Tell whether a sign-in was not ended, and its person not disabled."""
    row = REFRESH_TOKEN.c
    query = (
        select(row.family)
        .join(PERSON, PERSON.c.id == row.person_id)
        .where(row.family == family, row.revoked_at.is_(None))
        .where(PERSON.c.code == person, PERSON.c.disabled_at.is_(None))
        .limit(1)
    )
    return session.scalar(query) is not None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
