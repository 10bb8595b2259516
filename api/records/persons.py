"""Rows of persons: who may sign in, and how. What they may do stands in their grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from ...finance.errors import AlreadyExists, Missing
from ...finance.records.registry import insert_once
from .tables import PERSON

_COLUMNS = (
    *(PERSON.c.code, PERSON.c.name, PERSON.c.login, PERSON.c.issuer, PERSON.c.subject),
    *(PERSON.c.is_admin, PERSON.c.disabled_at, PERSON.c.version, PERSON.c.created_at),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in.

    Attributes
    ----------
    code : str
        As the log names them.
    login : str
        What they type; empty for somebody who signs in at an issuer, or not yet.
    issuer, subject : str
        Who they are at an issuer; empty for somebody who signs in here.
    admin : bool
        Runs the installation.
    version : int [changes]
        From 1.
    """

    code: str
    name: str
    login: str = ""
    issuer: str = ""
    subject: str = ""
    admin: bool = False
    disabled_at: datetime | None = None
    version: int = 1
    created_at: datetime


def keep_person(session: Session, person: Person, *, password_hash: str = "") -> Person:
    """Register a person.

    Parameters
    ----------
    session : Session
        Of the caller, who commits.
    person : Person
        Whom to register.
    password_hash : str
        What is kept of a password; needed with a login.

    Raises
    ------
    AlreadyExists
        When the code, the login, or the subject at the issuer is taken.
    """
    if bool(person.login) != bool(password_hash):
        raise ValueError("a login takes a password, and a password a login")
    taken = select(PERSON.c.code).where(
        (PERSON.c.code == person.code)
        | ((PERSON.c.login == person.login) & (person.login != ""))
        | ((PERSON.c.issuer == person.issuer) & (PERSON.c.subject == person.subject))
    )
    values = {
        "code": person.code,
        "name": person.name,
        "login": person.login or None,
        "password_hash": password_hash or None,
        "issuer": person.issuer or None,
        "subject": person.subject or None,
        "is_admin": int(person.admin),
        "version": 1,
        "created_at": person.created_at,
    }
    if session.scalars(taken).first() is not None or not insert_once(session, PERSON, **values):
        raise AlreadyExists(
            f"There is a person {person.code!r} already, or one of that login or subject. Take another code.",
            code=person.code,
        )
    return find_person(session, person.code)


def find_person(session: Session, code: str) -> Person:
    """Return a person.

    Raises
    ------
    Missing
        When there is none.
    """
    found = session.execute(select(*_COLUMNS).where(PERSON.c.code == code)).one_or_none()
    if found is None:
        raise Missing(f"There is no person {code!r}. Check the code.", code=code)
    return _person(found)


def find_subject(session: Session, issuer: str, subject: str) -> Person | None:
    """Return whom an issuer knows by a subject; None when nobody is registered for it."""
    query = select(*_COLUMNS).where(PERSON.c.issuer == issuer, PERSON.c.subject == subject)
    found = session.execute(query).one_or_none()
    return None if found is None else _person(found)


def find_password(session: Session, login: str) -> tuple[str, str] | None:
    """Return code and password hash of somebody who may sign in; None for an unknown or disabled account."""
    query = select(PERSON.c.code, PERSON.c.password_hash).where(
        PERSON.c.login == login, PERSON.c.disabled_at.is_(None)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (str(found.code), str(found.password_hash))


def keeps_password(session: Session, login: str, password_hash: str) -> bool:
    """Tell whether a password still holds that was checked a moment ago; until the commit it does."""
    query = select(PERSON.c.password_hash).where(PERSON.c.login == login, PERSON.c.disabled_at.is_(None))
    return session.scalar(query.with_for_update()) == password_hash


def list_persons(session: Session, *, after: str, limit: int) -> Sequence[Person]:
    """Return persons by code.

    Parameters
    ----------
    session : Session
        Of the caller.
    after : str
        Code behind which to begin; empty for the beginning.
    limit : int [rows]
        At most.
    """
    query = select(*_COLUMNS).where(PERSON.c.code > after).order_by(PERSON.c.code).limit(limit)
    return [_person(found) for found in session.execute(query)]


def set_password(session: Session, code: str, *, login: str, password_hash: str) -> None:
    """Give a person a login and a password.

    Raises
    ------
    AlreadyExists
        When the login is somebody else's.
    """
    taken = select(PERSON.c.code).where(PERSON.c.login == login, PERSON.c.code != code)
    if session.scalars(taken).first() is not None:
        raise AlreadyExists("That login is somebody else's. Take another.", code=code)
    values = {"login": login, "password_hash": password_hash, "version": PERSON.c.version + 1}
    session.execute(update(PERSON).where(PERSON.c.code == code).values(values))


def disable_person(session: Session, code: str, now: datetime) -> Person:
    """Let a person in no more, by any way; disabled again, they stay as they are."""
    query = update(PERSON).where(PERSON.c.code == code, PERSON.c.disabled_at.is_(None))
    session.execute(query.values(disabled_at=now, version=PERSON.c.version + 1))
    return find_person(session, code)


def enable_person(session: Session, code: str) -> Person:
    """Let a disabled person in again."""
    query = update(PERSON).where(PERSON.c.code == code, PERSON.c.disabled_at.is_not(None))
    session.execute(query.values(disabled_at=None, version=PERSON.c.version + 1))
    return find_person(session, code)


def _person(found: Row[*tuple[Any, ...]]) -> Person:
    return Person(
        code=found.code,
        name=found.name,
        login=found.login or "",
        issuer=found.issuer or "",
        subject=found.subject or "",
        admin=bool(found.is_admin),
        disabled_at=found.disabled_at,
        version=int(found.version),
        created_at=found.created_at,
    )
