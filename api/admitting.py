"""How a caller is let into an operation: their roles in the book, what is published, and the table of rights.

The problem: whether somebody may ask depends on the database (grants, publications) and on a table that is
pure; this is the one place where both meet.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..finance.errors import AlmonerError
from ..finance.storage import Session
from .identity import Caller, Grant
from .operation import Operation
from .policy import RULES, Access, Question, allowed
from .records import entering


def admit(
    session: Session,
    operation: Operation,
    caller: Caller | None,
    *,
    book: str,
    book_id: int,
    wanted: str,
    raw: Mapping[str, str],
    now: datetime,
) -> Access:
    """Return how the caller is let in.

    Raises
    ------
    NotSignedIn, Forbidden, Missing, StepUpNeeded
        When they are not.
    """
    question = Question(
        rule=RULES[operation.name],
        scope=operation.scope,
        making=operation.writes,
        engagement=operation.engagement(raw),
        published=not book,
        listing=operation.lists,
        party=wanted,
        now=now,
    )
    grants = grants_of(session, caller, book, book_id)
    open_to_all = book_id and "P" in question.rule.cells
    if open_to_all and operation.lists:
        listed = entering.list_published(session, book_id)
        return allowed(caller, grants, replace(question, published=bool(listed))).seeing(listed)
    try:
        access = allowed(caller, grants, question)
    except AlmonerError:
        if not open_to_all or not entering.is_published(session, book_id, question.engagement):
            raise
        return allowed(caller, grants, replace(question, published=True))
    if access.own and open_to_all and entering.is_published(session, book_id, question.engagement):
        return allowed(caller, grants, replace(question, published=True))
    return access


def grants_of(session: Session, caller: Caller | None, book: str, book_id: int) -> tuple[Grant, ...]:
    """Return the roles a caller holds in a book, and that of the administrator."""
    if caller is None:
        return ()
    if caller.grants is not None:
        return tuple(one for one in caller.grants if one.book in {book, "*"})
    found = entering.list_grants(session, caller.person, book, book_id) if book_id else ()
    if entering.is_admin(session, caller.person):
        return (*found, Grant(book="*", role="admin", party=""))
    return found
