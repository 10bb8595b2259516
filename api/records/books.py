"""Rows of books, as the doors list them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ...challenges.records.tables import CHALLENGE
from ...finance.errors import Missing
from ...finance.records.tables import BOOK
from ..identity import Caller
from .entering import MONEY_ROLES, is_admin
from .tables import PERSON, PUBLICATION, ROLE_GRANT


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A book and the code of the currency in which it is kept."""

    code: str
    unit: str


def find_book(session: Session, code: str) -> StoredBook:
    """Return a book.

    Raises
    ------
    Missing
        When there is none of that code.
    """
    row = session.execute(select(BOOK).where(BOOK.c.code == code)).one_or_none()
    if row is None:
        raise Missing(f"There is no book {code!r} in this database.", what="book", code=code)
    return StoredBook(code=row.code, unit=row.base_unit)


def list_books(session: Session, caller: Caller | None, now: datetime) -> tuple[StoredBook, ...]:
    """Return the books a caller may look into, by code; all of them for the administrator.

    Those in which they hold a role now, and those of which something is published.
    """
    query = select(BOOK).order_by(BOOK.c.code)
    if not _sees_all(session, caller):
        public = BOOK.c.id.in_(select(PUBLICATION.c.book_id)) | BOOK.c.id.in_(select(CHALLENGE.c.book_id))
        query = query.where(public if caller is None else public | _held(caller, now))
    return tuple(StoredBook(code=row.code, unit=row.base_unit) for row in session.execute(query))


def _sees_all(session: Session, caller: Caller | None) -> bool:
    if caller is None:
        return False
    if caller.grants is not None:
        return any(one.book == "*" for one in caller.grants)
    return is_admin(session, caller.person)


def _held(caller: Caller, now: datetime) -> ColumnElement[bool]:
    """Return which books those are in which somebody holds a role now."""
    if caller.grants is not None:
        begun = [one for one in caller.grants if one.valid_from is None or one.valid_from <= now]
        held = {one.book for one in begun if one.valid_until is None or now < one.valid_until}
        return BOOK.c.code.in_(sorted(held))
    row = ROLE_GRANT.c
    return BOOK.c.id.in_(
        select(row.book_id)
        .join(PERSON, PERSON.c.id == row.person_id)
        .where(PERSON.c.code == caller.person, PERSON.c.disabled_at.is_(None), row.revoked_at.is_(None))
        .where(or_(row.valid_from.is_(None), row.valid_from <= now))
        .where(or_(row.valid_until.is_(None), row.valid_until > now))
        .where(or_(row.confirmed_by.is_not(None), row.role.not_in(MONEY_ROLES)))
    )
