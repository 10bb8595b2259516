"""Reversal and correction: nothing is edited; what was wrong is mirrored, what is right is posted beside it.

The problem: a ledger in which a wrong entry can be changed proves nothing. A reversal gives every unit back
to the contributions it came from, once; a correction reverses and posts the right transaction, which names
what it corrects, in one step.
"""

import hashlib
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from ..dates import Clock
from ..errors import PostingRefused
from ..ledger import CREDIT, DEBIT, Draft, Leg, Transaction
from ..records.entries import find_transaction
from ..records.registry import find_book_id
from ..requests import LIBRARY, Request, request_digest, reversal_bytes
from .core import submit


def reverse(
    session: Session,
    book: str,
    transaction_id: UUID,
    *,
    key: str,
    clock: Clock,
    client: str = LIBRARY,
    proposal: UUID | None = None,
) -> Transaction:
    """Undo a transaction by its exact mirror: same lots, other side; once, and never a reversal itself.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    transaction_id : UUID
        What to undo.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded; the reversal counts for that day.
    client : str
        In whose name the key is taken.
    proposal : UUID or None
        The approved proposal that it carries out.

    Raises
    ------
    AlreadyResolved, PostingRefused, InsufficientFunds, Missing, KeyReused
        When it was reversed before, when what it brought in is spent, or when it is not there.
    """
    request = _mirrored(session, book, transaction_id, key, proposal)
    return submit(session, book, [request], clock=clock, client=client)[0]


def correct(
    session: Session,
    book: str,
    transaction_id: UUID,
    draft: Draft,
    *,
    key: str,
    clock: Clock,
    client: str = LIBRARY,
) -> Transaction:
    """Reverse a transaction and post the right one, which names it: both, or neither.

    Parameters
    ----------
    session, book, transaction_id, key, clock, client
        As for ``reverse``; the reversal takes the key with ``#reversal``.
    draft : Draft
        What should have been posted.

    Raises
    ------
    AlreadyResolved, PostingRefused, InsufficientFunds, PeriodClosed, Missing, KeyReused
        Nothing is written then.
    """
    right = replace(draft, corrects=transaction_id)
    requests = [
        _mirrored(session, book, transaction_id, f"{key}#reversal", None),
        Request(key=key, draft=right, digest=request_digest(right)),
    ]
    return submit(session, book, requests, clock=clock, client=client)[1]


def _mirrored(session: Session, book: str, transaction_id: UUID, key: str, proposal: UUID | None) -> Request:
    first = find_transaction(session, find_book_id(session, book), transaction_id)
    if first.act in {"pending", "void", "expire", "refused"}:
        raise PostingRefused(
            f"The transaction {transaction_id} is {first.act}: only what was posted can be reversed. "
            "Void a hold instead.",
            act=first.act,
        )
    legs = first.legs
    if first.act == "post" and first.parent is not None:  # what the hold released comes back, too
        held = find_transaction(session, find_book_id(session, book), first.parent)
        legs += tuple(leg for leg in held.legs if leg.layer == "E")
    mirror = Draft(
        kind="reversal",
        effective_on=None,
        legs=tuple(_mirror(leg) for leg in legs if leg.layer != "P"),
        payee=first.payee,
        note=f"reverses {transaction_id}",
        refunds=first.refunds or transaction_id,
    )
    digest = hashlib.sha256(reversal_bytes(transaction_id)).digest()
    return Request(
        key=key, draft=mirror, digest=digest, act="reverse", parent=transaction_id, proposal=proposal
    )


def _mirror(leg: Leg) -> Leg:
    if leg.layer == "E":
        return replace(leg, amount=-leg.amount)
    return replace(leg, side=CREDIT if leg.side == DEBIT else DEBIT)
