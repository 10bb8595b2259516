"""How a request enters the database: the book it is about, the roles held there, what is published.

On PostgreSQL the request goes on as the role ``almoner_app``, whom row security binds to the one book.
"""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ...challenges.records.tables import CHALLENGE
from ...finance.errors import Missing
from ...finance.records.known import recall
from ...finance.records.registry import find_book_id
from ..identity import Grant
from .tables import PERSON, PUBLICATION, ROLE_GRANT

MONEY_ROLES = ("funder", "intermediary")
_BOUND = text(
    "SELECT set_config('almoner.book_id', coalesce((SELECT id::text FROM book WHERE code = :book), ''),"
    " true),"
    " set_config('almoner.party', :party, true), set_config('role', 'almoner_app', true)"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 8))")


def enter_book(session: Session, book: str, *, party: str, row_security: bool) -> int:
    """Bind the transaction to a book and return its row number, 0 when there is none."""
    if row_security and session.get_bind().dialect.name == "postgresql":
        bound = session.execute(_BOUND, {"book": book, "party": party}).one()
        return recall(session, ("book", book), lambda: int(bound[0] or 0) or None) or 0
    try:
        return find_book_id(session, book)
    except Missing:
        return 0


def lock_object(session: Session, name: str) -> None:
    """Let one change of an object wait for another, where the database does not do so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK, {"name": name})


def list_grants(session: Session, person: str, book: str, book_id: int) -> tuple[Grant, ...]:
    """Return the roles a person holds in a book, unrevoked; one on money only when confirmed."""
    row = ROLE_GRANT.c
    query = (
        select(
            row.role, row.party, row.engagement, row.may_make, row.may_check, row.valid_from, row.valid_until
        )
        .join(PERSON, PERSON.c.id == row.person_id)
        .where(PERSON.c.code == person, row.book_id == book_id, row.revoked_at.is_(None))
        .where(row.confirmed_by.is_not(None) | row.role.not_in(MONEY_ROLES), PERSON.c.disabled_at.is_(None))
    )
    return tuple(
        Grant(
            book=book,
            role=found.role,
            party=found.party,
            engagement=found.engagement,
            may_make=bool(found.may_make),
            may_check=bool(found.may_check),
            valid_from=found.valid_from,
            valid_until=found.valid_until,
        )
        for found in session.execute(query)
    )


def is_admin(session: Session, person: str) -> bool:
    """Tell whether a person runs the installation."""
    query = select(PERSON.c.is_admin).where(PERSON.c.code == person, PERSON.c.disabled_at.is_(None))
    return bool(session.scalar(query))


def list_published(session: Session, book_id: int) -> frozenset[str]:
    """Return the engagements of a book that everybody may read; every challenge is one of them."""
    query = select(PUBLICATION.c.engagement).where(PUBLICATION.c.book_id == book_id)
    codes = session.scalars(select(CHALLENGE.c.code).where(CHALLENGE.c.book_id == book_id))
    return frozenset(session.scalars(query)) | {f"challenge/{code}" for code in codes}


def is_published(session: Session, book_id: int, engagement: str) -> bool:
    """Tell whether everybody may read an engagement; a challenge that is there is published by its nature."""
    kind, _, code = engagement.partition("/")
    if kind == "challenge":
        known = select(CHALLENGE.c.id).where(CHALLENGE.c.book_id == book_id, CHALLENGE.c.code == code)
        return session.scalar(known) is not None
    query = select(PUBLICATION.c.engagement).where(
        PUBLICATION.c.book_id == book_id, PUBLICATION.c.engagement == engagement
    )
    return session.scalar(query) is not None
