"""Rows of role grants: who holds which role, for which party, on what, and who confirmed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.records.tables import BOOK
from ..identity import Role
from .entering import MONEY_ROLES
from .tables import PERSON, ROLE_GRANT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role as it was granted.

    Attributes
    ----------
    engagement : str
        ``fund/CODE`` and the like; empty for the whole book.
    granted_by, confirmed_by : str
        Persons; the second is empty until somebody confirmed it.
    version : int [changes]
        From 1.
    """

    id: UUID
    book: str
    person: str
    party: str
    role: Role
    engagement: str = ""
    may_make: bool = True
    may_check: bool = True
    valid_from: datetime
    valid_until: datetime | None = None
    granted_by: str
    confirmed_by: str = ""
    revoked_at: datetime | None = None
    version: int = 1

    @property
    def on_money(self) -> bool:
        """Tell whether the role touches money, and so holds only once it is confirmed."""
        return self.role in MONEY_ROLES

    def state(self, now: datetime) -> str:
        """Return ``revoked``, ``ended``, ``unconfirmed``, ``coming`` or ``in force``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.valid_until is not None and now >= self.valid_until:
            return "ended"
        if self.on_money and not self.confirmed_by:
            return "unconfirmed"
        return "coming" if now < self.valid_from else "in force"


def keep_grant(session: Session, book_id: int, grant: RoleGrant) -> RoleGrant:
    """Write a grant.

    Parameters
    ----------
    session : Session
        Of the caller, who commits.
    book_id : int [row number]
        Of its book.
    grant : RoleGrant
        To somebody who is registered.

    Raises
    ------
    Missing
        When nobody of that code is registered.
    """
    person = session.scalar(select(PERSON.c.id).where(PERSON.c.code == grant.person))
    if person is None:
        raise Missing(f"There is no person {grant.person!r}. Register them first.", code=grant.person)
    session.execute(
        insert(ROLE_GRANT).values(
            id=grant.id,
            book_id=book_id,
            person_id=person,
            party=grant.party,
            role=grant.role,
            engagement=grant.engagement,
            may_make=int(grant.may_make),
            may_check=int(grant.may_check),
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            granted_by=grant.granted_by,
            confirmed_by=grant.confirmed_by or None,
            version=1,
        )
    )
    return find_grant(session, book_id, grant.id)


def find_grant(session: Session, book_id: int, identity: UUID) -> RoleGrant:
    """Return a grant of a book.

    Raises
    ------
    Missing
        When there is none.
    """
    query = _query().where(ROLE_GRANT.c.id == identity, ROLE_GRANT.c.book_id == book_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise Missing(f"There is no role grant {identity}. Check its identity.", id=str(identity))
    return _grant(found)


def list_book_grants(session: Session, book_id: int, *, after: UUID, limit: int) -> Sequence[RoleGrant]:
    """Return the grants of a book, the earliest first.

    Parameters
    ----------
    session : Session
        Of the caller.
    book_id : int [row number]
        Of the book.
    after : UUID
        Behind which to begin.
    limit : int [rows]
        At most.
    """
    query = _query().where(ROLE_GRANT.c.book_id == book_id, ROLE_GRANT.c.id > after)
    return [_grant(found) for found in session.execute(query.order_by(ROLE_GRANT.c.id).limit(limit))]


def list_person_grants(session: Session, person: str) -> Sequence[RoleGrant]:
    """Return all that was granted to a person, in every book, the earliest first."""
    query = _query().where(PERSON.c.code == person).order_by(ROLE_GRANT.c.id)
    return [_grant(found) for found in session.execute(query)]


def confirm_grant(session: Session, identity: UUID, by: str) -> None:
    """Confirm a grant; one that is confirmed keeps its first confirmation."""
    query = update(ROLE_GRANT).where(ROLE_GRANT.c.id == identity, ROLE_GRANT.c.confirmed_by.is_(None))
    session.execute(query.values(confirmed_by=by, version=ROLE_GRANT.c.version + 1))


def withdraw_confirmations(session: Session, person: str) -> None:
    """Let no role on money of a person hold until it is confirmed again."""
    row = ROLE_GRANT.c
    whose = select(PERSON.c.id).where(PERSON.c.code == person).scalar_subquery()
    query = update(ROLE_GRANT).where(row.person_id == whose, row.role.in_(MONEY_ROLES))
    session.execute(query.values(confirmed_by=None, version=row.version + 1))


def revoke_grant(session: Session, identity: UUID, now: datetime) -> None:
    """End a grant; one that is revoked keeps its first end."""
    query = update(ROLE_GRANT).where(ROLE_GRANT.c.id == identity, ROLE_GRANT.c.revoked_at.is_(None))
    session.execute(query.values(revoked_at=now, version=ROLE_GRANT.c.version + 1))


def _query() -> Select[*tuple[Any, ...]]:
    row = ROLE_GRANT.c
    return (
        select(
            *(row.id, row.party, row.role, row.engagement, row.may_make, row.may_check, row.valid_from),
            *(row.valid_until, row.granted_by, row.confirmed_by, row.revoked_at, row.version),
            *(PERSON.c.code.label("person"), BOOK.c.code.label("book")),
        )
        .join(PERSON, PERSON.c.id == row.person_id)
        .join(BOOK, BOOK.c.id == row.book_id)
    )


def _grant(found: Row[*tuple[Any, ...]]) -> RoleGrant:
    return RoleGrant(
        id=found.id,
        book=found.book,
        person=found.person,
        party=found.party,
        role=found.role,
        engagement=found.engagement,
        may_make=bool(found.may_make),
        may_check=bool(found.may_check),
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        granted_by=found.granted_by,
        confirmed_by=found.confirmed_by or "",
        revoked_at=found.revoked_at,
        version=int(found.version),
    )
