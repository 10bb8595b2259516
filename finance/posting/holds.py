"""Holds: money set aside for a payment under way, which settles, is voided, or expires; whole and once.

The problem: a payment that a bank may still refuse is neither paid nor free. A hold keeps all legs of a
draft in the pending layer until a stated instant. What ends it acts on the whole group: ``settle`` posts it,
in full or in part, ``void`` gives it up, ``expire_due`` does so after its time; the database lets exactly one
happen. Time is the clock passed in, never the database's.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ..dates import Clock, as_utc
from ..documents import canonical_bytes
from ..errors import AlreadyResolved, AmountOutOfRange, CurrencyMismatch, FundError, PostingRefused
from ..ledger import DEBIT, Act, Draft, Leg, Transaction
from ..money import Money, split
from ..records.entries import find_transaction, find_transaction_by_key, is_resolved, list_due
from ..records.registry import find_book_id
from ..requests import LIBRARY, Request, request_digest
from .core import submit

DUE_AT_ONCE = 1000


def hold(
    session: Session,
    book: str,
    draft: Draft,
    *,
    key: str,
    clock: Clock,
    expires_at: datetime,
    client: str = LIBRARY,
    proposal: UUID | None = None,
) -> Transaction:
    """Hold what a draft would move, until an instant.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    draft : Draft
        What is to settle, in layer S; a release of a promise in layer E takes effect at once. It names no
        draws: whose money it is, is said when it settles.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    expires_at : datetime
        Until when it may settle; after the clock's instant.
    client : str
        In whose name the key is taken.
    proposal : UUID or None
        The approved proposal that it carries out.

    Raises
    ------
    InsufficientFunds, PostingRefused, Missing, KeyReused
        Nothing is written then.
    """
    until = as_utc(expires_at)
    if until <= as_utc(clock()) and not _is_known(session, book, client, key):
        raise PostingRefused(
            f"A hold until {until.isoformat()} would be over before it begins. Give a later instant.",
            expires_at=until.isoformat(),
        )
    if draft.refunds is not None or draft.conversions or any(leg.draws for leg in draft.legs):
        raise PostingRefused(
            "A hold takes no refund, no conversion and no named draws: post those when they happen.",
            kind=draft.kind,
        )
    held = held_draft(draft)
    request = Request(
        key=key,
        draft=held,
        digest=request_digest(held, until),
        act="pending",
        expires_at=until,
        proposal=proposal,
    )
    return submit(session, book, [request], clock=clock, client=client)[0]


def held_draft(draft: Draft) -> Draft:
    """Return a draft with what would settle held instead."""
    legs = tuple(replace(leg, layer="P") if leg.layer == "S" else leg for leg in draft.legs)
    return replace(draft, legs=legs)


def _is_known(session: Session, book: str, client: str, key: str) -> bool:
    """Tell whether a key is taken: a retry has its first answer even when its hold is over meanwhile."""
    return find_transaction_by_key(session, find_book_id(session, book), client, key) is not None


def settle(
    session: Session,
    book: str,
    hold_id: UUID,
    *,
    key: str,
    clock: Clock,
    amount: Money | None = None,
    client: str = LIBRARY,
) -> Transaction:
    """Post what is held, or part of it; the rest is free again, or promised again where it was promised.

    Parameters
    ----------
    session, book, key, clock, client
        As for ``hold``.
    hold_id : UUID
        The hold.
    amount : Money or None
        How much of it, at most what is held; all when None. Each leg settles in proportion, the odd units
        by largest remainder.

    Raises
    ------
    AlreadyResolved, HoldExpired, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    held = find_hold(session, book, hold_id)
    pending = [leg for leg in held.legs if leg.layer == "P"]
    legs = [replace(leg, layer="S") for leg in pending] if amount is None else _settled(pending, amount)
    legs += [replace(leg, amount=-leg.amount) for leg in pending]
    if amount is not None:
        legs += _promised_again([leg for leg in held.legs if leg.layer == "E"], _total(pending) - amount)
    asked = {"settles": str(hold_id)} | ({} if amount is None else {"amount": str(amount)})
    try:
        return _resolve(session, book, held, "post", legs, asked, key=key, clock=clock, client=client)
    except FundError as refusal:  # what a hold keeps cannot lack while it stands
        if not is_resolved(session, held.id):
            raise
        raise AlreadyResolved(
            f"The hold {hold_id} was already settled, voided or expired. Nothing was written.",
            hold=str(hold_id),
        ) from refusal


def void(
    session: Session, book: str, hold_id: UUID, *, key: str, clock: Clock, client: str = LIBRARY
) -> Transaction:
    """Give a hold up; all it held is as it was before.

    Parameters
    ----------
    session, book, key, clock, client
        As for ``hold``.
    hold_id : UUID
        The hold.

    Raises
    ------
    AlreadyResolved, Missing, KeyReused
        Nothing is written then.
    """
    held = find_hold(session, book, hold_id)
    asked = {"voids": str(hold_id)}
    return _resolve(session, book, held, "void", _undone(held), asked, key=key, clock=clock, client=client)


def expire_due(
    session: Session, book: str, *, clock: Clock, limit: int = DUE_AT_ONCE
) -> tuple[Transaction, ...]:
    """Expire the holds whose time is over, oldest first; call it again until it returns nothing.

    Parameters
    ----------
    session, book, clock
        As for ``hold``.
    limit : int [holds]
        At most so many at once.

    Returns
    -------
    tuple of Transaction
        One for each hold that expired now; a hold that somebody else ends meanwhile is left out.
    """
    due = list_due(session, find_book_id(session, book), as_utc(clock()), limit)
    expired = []
    for identity in due:
        held = find_hold(session, book, identity)
        key, asked = f"expire#{identity}", {"expires": str(identity)}
        try:
            one = _resolve(session, book, held, "expire", _undone(held), asked, key=key, clock=clock)
        except AlreadyResolved:
            continue
        if not one.replayed:
            expired.append(one)
    return tuple(expired)


def find_hold(session: Session, book: str, hold_id: UUID) -> Transaction:
    """Return a hold.

    Raises
    ------
    Missing
        When there is no such transaction.
    PostingRefused
        When it is no hold.
    """
    found = find_transaction(session, find_book_id(session, book), hold_id)
    if found.act != "pending":
        raise PostingRefused(
            f"The transaction {hold_id} is no hold: it is {found.act}. Name the hold.", act=found.act
        )
    return found


def _resolve(
    session: Session,
    book: str,
    held: Transaction,
    act: Act,
    legs: Sequence[Leg],
    asked: dict[str, str],
    *,
    key: str,
    clock: Clock,
    client: str = LIBRARY,
) -> Transaction:
    draft = Draft(
        kind=held.kind,
        effective_on=None,
        legs=tuple(legs),
        payee=held.payee,
        note=held.note,
        source=held.source,
    )
    digest = hashlib.sha256(canonical_bytes(asked)).digest()
    request = Request(key=key, draft=draft, digest=digest, act=act, parent=held.id)
    return submit(session, book, [request], clock=clock, client=client)[0]


def _undone(held: Transaction) -> tuple[Leg, ...]:
    return tuple(replace(leg, amount=-leg.amount) for leg in held.legs)


def _total(legs: Sequence[Leg]) -> Money:
    """Return what a hold holds: the debits of its one unit."""
    units = {leg.amount.unit for leg in legs}
    if len(units) != 1:
        raise CurrencyMismatch(
            f"The hold has {len(units)} units and settles only in full.", units=sorted(u.code for u in units)
        )
    (unit,) = units
    return Money(minor=sum(leg.amount.minor for leg in legs if leg.side == DEBIT), unit=unit)


def _settled(pending: Sequence[Leg], share: Money) -> list[Leg]:
    """Return the settled legs: each side shares the amount in proportion to what its legs hold."""
    total = _total(pending)
    if not 0 < share.minor <= (total.minor if share.unit == total.unit else 0):
        raise AmountOutOfRange(
            f"{share} cannot settle out of a hold of {total}. Settle more than nothing and at most {total}.",
            amount=str(share),
            held=str(total),
        )
    legs: list[Leg] = []
    for side in (DEBIT, -DEBIT):
        own = [leg for leg in pending if leg.side == side]
        parts = split(share, [leg.amount.minor for leg in own])
        legs += [replace(leg, layer="S", amount=part) for leg, part in zip(own, parts, strict=True) if part]
    return legs


def _promised_again(released: Sequence[Leg], rest: Money) -> list[Leg]:
    """Return the promises of what does not settle, in the proportion in which the hold released them."""
    if not rest or not released:
        return []
    legs: list[Leg] = []
    for side in (DEBIT, -DEBIT):
        own = [leg for leg in released if leg.side == side]
        out = sum(-leg.amount.minor for leg in own)
        again = min(rest.minor, out)
        parts = split(Money(minor=again, unit=rest.unit), [-leg.amount.minor for leg in own])
        legs += [replace(leg, amount=part) for leg, part in zip(own, parts, strict=True) if part]
    return legs
