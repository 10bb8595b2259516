"""What is proposed, read back: one proposal, or those of a book, and what each would post."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from uuid import UUID

from ..approvals import REVERSAL, AccountOf, Proposal, ProposedRequest, quorum_asked, read_request
from ..dates import Clock, as_utc
from ..errors import Missing
from ..ledger import Draft, Transaction
from ..records import approvals, entries, registry
from ..storage import Session

MAX_LISTED = 1000


def list_proposals(
    session: Session, book: str, *, clock: Clock, rejected_since: datetime | None = None
) -> tuple[Proposal, ...]:
    """Return the proposals that are open, or were rejected, oldest first, at most 1,000.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    clock : Clock
        By which policies ``needed`` is counted.
    rejected_since : datetime or None
        Those that were rejected then or later, instead of those that are open.
    """
    book_id = registry.find_book_id(session, book)
    return approvals.list_proposals(
        session,
        book_id,
        _needed(session, book_id, clock),
        rejected_since=rejected_since,
        limit=MAX_LISTED,
    )


def find_proposal(session: Session, book: str, proposal_id: UUID, *, clock: Clock) -> Proposal:
    """Return one proposal, whatever became of it.

    Raises
    ------
    Missing
        When this book has no such proposal.
    """
    return find_at(session, registry.find_book_id(session, book), proposal_id, clock)


def draft_proposed(session: Session, book: str, proposal: Proposal) -> Draft:
    """Return what a proposal would post; for a reversal, the mirror as far as policies look at it.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    proposal : Proposal
        As found.

    Raises
    ------
    DocumentInvalid, Missing
        When its payload is no request, or names what is not there.
    """
    book_id = registry.find_book_id(session, book)
    return _draft_of(session, book_id, read_request(proposal.payload, account_of(session, book_id)))


def find_at(session: Session, book_id: int, proposal_id: UUID, clock: Clock) -> Proposal:
    """Return one proposal of a book by its row.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    proposal_id : UUID
        Which.
    clock : Clock
        By which policies ``needed`` is counted.

    Raises
    ------
    Missing
        When this book has no such proposal.
    """
    counted = _needed(session, book_id, clock)
    found = approvals.list_proposals(session, book_id, counted, only=proposal_id)
    if not found:
        raise Missing(
            f"There is no proposal {proposal_id} in this book.", what="proposal", code=str(proposal_id)
        )
    return found[0]


def account_of(session: Session, book_id: int) -> AccountOf:
    """Return what finds open accounts of a book, each once.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    """
    return cache(lambda path, unit, earmark: approvals.find_account_at(session, book_id, path, unit, earmark))


def _needed(session: Session, book_id: int, clock: Clock) -> Callable[[bytes], int]:
    policies, now = approvals.list_policies(session, book_id), as_utc(clock())
    found = account_of(session, book_id)

    def count(payload: bytes) -> int:
        if not policies:
            return 0
        asked = read_request(payload, found)
        return quorum_asked(policies, _draft_of(session, book_id, asked), now)

    return count


def _draft_of(session: Session, book_id: int, asked: ProposedRequest) -> Draft:
    """Return what would be posted, as far as policies look at it."""
    if asked.draft is not None:
        return asked.draft
    first = _reversed(session, book_id, asked)
    legs = tuple(
        replace(leg, amount=-leg.amount) if leg.layer == "E" else leg
        for leg in first.legs
        if leg.layer != "P"
    )
    return Draft(kind=REVERSAL, effective_on=None, legs=legs, payee=first.payee)


def _reversed(session: Session, book_id: int, asked: ProposedRequest) -> Transaction:
    if asked.reverses is None:
        raise AssertionError("a request asks for a draft or a reversal")
    return entries.find_transaction(session, book_id, asked.reverses)
