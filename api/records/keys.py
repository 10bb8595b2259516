"""Rows of API keys: public part, digest of the secret, what it may do and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ..api_keys import KeptKey
from .tables import API_KEY, PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """What is told of a key: never its secret.

    Attributes
    ----------
    id : str
        Public part.
    last_used_on : date or None
        The last day it was used.
    """

    id: str
    person: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_on: date | None = None


def keep_key(session: Session, line: KeyLine, sha256: bytes) -> KeyLine:
    """Write a key of a registered person.

    Parameters
    ----------
    session : Session
        Of the caller, who commits.
    line : KeyLine
        What it may do and until when.
    sha256 : bytes
        Digest of its secret.

    Raises
    ------
    Missing
        When nobody of that code is registered.
    """
    person = session.scalar(select(PERSON.c.id).where(PERSON.c.code == line.person))
    if person is None:
        raise Missing(
            f"There is no person {line.person!r}. Keys are of registered persons.", code=line.person
        )
    session.execute(
        insert(API_KEY).values(
            id=line.id,
            person_id=person,
            name=line.name,
            secret_sha256=sha256,
            scopes=" ".join(line.scopes),
            created_at=line.created_at,
            expires_at=line.expires_at,
        )
    )
    return line


def find_kept_key(session: Session, public: str) -> tuple[KeptKey, date | None] | None:
    """Return a key and the last day it was used; None when there is none."""
    query = _query().add_columns(API_KEY.c.secret_sha256, PERSON.c.disabled_at)
    found = session.execute(query.where(API_KEY.c.id == public)).one_or_none()
    if found is None:
        return None
    kept = KeptKey(
        id=found.id,
        person=found.person,
        sha256=bytes(found.secret_sha256),
        scopes=frozenset(found.scopes.split()),
        expires_at=found.expires_at,
        revoked_at=found.revoked_at,
        disabled=found.disabled_at is not None,
    )
    return kept, found.last_used_on


def find_key(session: Session, public: str) -> KeyLine:
    """Return what is told of a key.

    Raises
    ------
    Missing
        When there is none.
    """
    found = session.execute(_query().where(API_KEY.c.id == public)).one_or_none()
    if found is None:
        raise Missing(f"There is no API key {public!r}. Check its public part.", id=public)
    return _line(found)


def list_keys(session: Session, *, person: str | None, after: str, limit: int) -> Sequence[KeyLine]:
    """Return keys by their public part.

    Parameters
    ----------
    session : Session
        Of the caller.
    person : str or None
        Whose; None for everybody's.
    after : str
        Public part behind which to begin.
    limit : int [rows]
        At most.
    """
    query = _query().where(API_KEY.c.id > after).order_by(API_KEY.c.id).limit(limit)
    if person is not None:
        query = query.where(PERSON.c.code == person)
    return [_line(found) for found in session.execute(query)]


def revoke_key(session: Session, public: str, now: datetime) -> None:
    """End a key; one that is revoked keeps its first end."""
    query = update(API_KEY).where(API_KEY.c.id == public, API_KEY.c.revoked_at.is_(None))
    session.execute(query.values(revoked_at=now))


def note_use(session: Session, public: str, day: date) -> None:
    """Write down the last day a key was used."""
    session.execute(update(API_KEY).where(API_KEY.c.id == public).values(last_used_on=day))


def _query() -> Select[*tuple[Any, ...]]:
    row = API_KEY.c
    return select(
        *(row.id, row.name, row.scopes, row.created_at, row.expires_at, row.revoked_at, row.last_used_on),
        PERSON.c.code.label("person"),
    ).join(PERSON, PERSON.c.id == row.person_id)


def _line(found: Row[*tuple[Any, ...]]) -> KeyLine:
    return KeyLine(
        id=found.id,
        person=found.person,
        name=found.name,
        scopes=tuple(found.scopes.split()),
        created_at=found.created_at,
        expires_at=found.expires_at,
        revoked_at=found.revoked_at,
        last_used_on=found.last_used_on,
    )
