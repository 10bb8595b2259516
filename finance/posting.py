"""The posting path: the one way by which money moves.

The problem: between two statements a process can die, a reply can be lost and a retry can come in, and
still each transaction must exist once, whole and balanced. ``post_many`` takes the idempotency key first,
writes event, legs and draws, and then the ``txn_end`` row, on whose insertion the database itself checks
everything and moves the balances. Nothing is committed here; a refused batch is undone to the caller's
last statement.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from .dates import Clock, as_utc, instant_text
from .documents import canonical_bytes
from .errors import PostingRefused
from .ledger import CREDIT, DEBIT, Draft, Draw, Leg, Transaction
from .money import Money, split
from .records.approvals import LACKING, find_lacking
from .records.entries import find_contribution_ids, find_lots, find_transaction, find_transaction_by_key
from .records.refusals import explain, insufficient, read_reason
from .records.registry import StoredAccount, find_book_id, insert_once, keep_account, lock_funds
from .records.tables import DRAW, EVENT, POSTING, TXN, TXN_END
from .requests import LIBRARY, describe, key_reused, request_digest

MAX_BATCH = 8192


def post(
    session: Session,
    book: str,
    draft: Draft,
    *,
    key: str,
    clock: Clock,
    client: str = LIBRARY,
    proposal: UUID | None = None,
) -> Transaction:
    """Post one transaction; see ``post_many``.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    draft : Draft
        What to post.
    key : str
        Idempotency key: the same key and the same draft give the first answer again.
    clock : Clock
        When it is recorded.
    client : str
        In whose name the key is taken.
    proposal : UUID or None
        The approved proposal that it carries out.

    Raises
    ------
    KeyReused, InsufficientFunds, NotApproved, PostingRefused, Missing
        Nothing is written then.
    """
    request = _Request(key=key, draft=draft, digest=request_digest(draft), proposal=proposal)
    return _post_all(session, book, [request], clock, client)[0]


def post_many(
    session: Session, book: str, drafts: Sequence[tuple[str, Draft]], *, clock: Clock, client: str = LIBRARY
) -> tuple[Transaction, ...]:
    """Post transactions in order, all or none.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    drafts : sequence of (str, Draft)
        At most 8,192 pairs of idempotency key and draft.
    clock : Clock
        Read once for the batch.
    client : str
        In whose name the keys are taken.

    Returns
    -------
    tuple of Transaction
        In the order given; ``replayed`` marks those that had been posted before.

    Raises
    ------
    KeyReused
        When a key belongs to another draft.
    InsufficientFunds
        When an account would fall below its floor; the figures name it.
    PostingRefused
        When the database finds any other fault.
    """
    if len(drafts) > MAX_BATCH:
        raise PostingRefused(
            f"{len(drafts)} transactions in one batch: the limit is {MAX_BATCH}. Post them in parts.",
            limit=MAX_BATCH,
        )
    requests = [_Request(key=key, draft=draft, digest=request_digest(draft)) for key, draft in drafts]
    return _post_all(session, book, requests, clock, client)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One thing to post: a draft under a key, or the mirror of an earlier transaction."""

    key: str
    draft: Draft
    digest: bytes
    parent_id: UUID | None = None
    proposal: UUID | None = None


def _post_all(
    session: Session, book: str, requests: Sequence[_Request], clock: Clock, client: str
) -> tuple[Transaction, ...]:
    book_id = find_book_id(session, book)
    instant = as_utc(clock())
    lock_funds(session, book_id, {leg.account.fund for one in requests for leg in one.draft.legs})
    for last_try in (False, True):
        point = session.begin_nested()
        try:
            posted = tuple(_post_one(session, book, book_id, one, client, instant) for one in requests)
        except DatabaseError as fault:
            identities = [derive_id(book, client, one.key, instant) for one in requests]
            reason = read_reason(session, fault, identities)
            point.rollback()
            taken_meanwhile = "idem_key" in reason and not last_try
            if not taken_meanwhile:
                asked = [(one.draft, one.digest, one.proposal) for one in requests]
                lacking = find_lacking(session, book_id, asked, instant) if LACKING in reason else None
                raise lacking or explain(session, book_id, [one.draft for one in requests], reason) from fault
        except BaseException:
            point.rollback()
            raise
        else:
            point.commit()
            return posted
    raise AssertionError("the second try returns or raises")


def _post_one(
    session: Session, book: str, book_id: int, one: _Request, client: str, instant: datetime
) -> Transaction:
    known = find_transaction_by_key(session, book_id, client, one.key)
    if known is not None:
        if known.request_sha256 != one.digest:
            raise key_reused(one.key, known.kind)
        return find_transaction(session, book_id, known.id, replayed=True)
    draft = one.draft
    stored = [keep_account(session, book_id, leg.account) for leg in draft.legs]
    legs = _with_draws(session, draft.legs, stored)
    identity = derive_id(book, client, one.key, instant)
    day = draft.effective_on or instant.date()
    session.execute(
        insert(TXN).values(
            id=identity,
            book_id=book_id,
            act="posted" if one.parent_id is None else "reverse",
            kind=draft.kind,
            client=client,
            idem_key=one.key,
            request_sha256=one.digest,
            effective_on=day,
            recorded_at=instant,
            parent_id=one.parent_id,
            refunds_id=draft.refunds,
            proposal_id=one.proposal,
        )
    )
    body = {"client": client, "key": one.key, **describe(draft, legs, day)}
    keep_event(session, book_id, identity, f"ledger.{draft.kind}", body, instant)
    _insert_legs(session, book_id, identity, legs, stored)
    session.execute(insert(TXN_END).values(txn_id=identity))
    return Transaction(
        id=identity,
        kind=draft.kind,
        effective_on=day,
        recorded_at=instant,
        legs=legs,
        payee=draft.payee,
        note=draft.note,
        source=draft.source,
        refunds=draft.refunds,
    )


def _insert_legs(
    session: Session, book_id: int, identity: UUID, legs: Sequence[Leg], stored: Sequence[StoredAccount]
) -> None:
    rows = [
        {
            "txn_id": identity,
            "seq": seq,
            "account_id": row.id,
            "layer": leg.layer,
            "side": leg.side,
            "line": leg.line,
            "amount": leg.amount.minor,
        }
        for seq, (leg, row) in enumerate(zip(legs, stored, strict=True), start=1)
    ]
    session.execute(insert(POSTING), rows)
    ids = find_contribution_ids(session, {draw.contribution for leg in legs for draw in leg.draws}, book_id)
    draws = [
        {"txn_id": identity, "seq": seq, "contribution_id": ids[draw.contribution], "amount": draw.minor}
        for seq, leg in enumerate(legs, start=1)
        for draw in leg.draws
    ]
    if draws:
        session.execute(insert(DRAW), draws)


def _with_draws(session: Session, legs: Sequence[Leg], stored: Sequence[StoredAccount]) -> tuple[Leg, ...]:
    """Fill in whose money each settled debit of a pool spends, by the fund's draw rule."""
    taken: dict[tuple[int, str], int] = defaultdict(int)
    filled = []
    for leg, row in zip(legs, stored, strict=True):
        draws = leg.draws
        if leg.account.role == "pool" and leg.layer == "S" and leg.side == DEBIT and not draws:
            rule, lots = find_lots(session, row.id)
            left = tuple((code, remaining - taken[row.id, code]) for code, remaining in lots)
            draws = _draws(leg, rule, left)
        for draw in draws:
            taken[row.id, draw.contribution] += leg.side * draw.minor
        filled.append(replace(leg, draws=draws))
    return tuple(filled)


def _draws(leg: Leg, rule: str, lots: Sequence[tuple[str, int]]) -> tuple[Draw, ...]:
    held = Money(minor=sum(left for _, left in lots), unit=leg.amount.unit)
    if held < leg.amount:
        raise insufficient(leg.account.fund, leg.account.earmark, asked=leg.amount, free=held)
    if rule == "fifo":
        shares, rest = [], leg.amount.minor
        for _, left in lots:
            shares.append(min(left, rest))
            rest -= shares[-1]
    else:
        shares = [part.minor for part in split(leg.amount, [left for _, left in lots])]
    return tuple(
        Draw(contribution=code, minor=part) for (code, _), part in zip(lots, shares, strict=True) if part
    )


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

    Raises
    ------
    PostingRefused, InsufficientFunds, Missing, KeyReused
        When it was reversed before, when what it brought in is spent, or when it is not there.
    """
    first = find_transaction(session, find_book_id(session, book), transaction_id)
    mirror = Draft(
        kind="reversal",
        effective_on=None,
        legs=tuple(_mirror(leg) for leg in first.legs),
        payee=first.payee,
        note=f"reverses {transaction_id}",
        refunds=first.refunds or transaction_id,
    )
    digest = hashlib.sha256(canonical_bytes({"reverses": str(transaction_id)})).digest()
    request = _Request(key=key, draft=mirror, digest=digest, parent_id=transaction_id, proposal=proposal)
    return _post_all(session, book, [request], clock, client)[0]


def _mirror(leg: Leg) -> Leg:
    if leg.layer == "E":
        return Leg(account=leg.account, side=leg.side, amount=-leg.amount, line=leg.line, layer="E")
    other = CREDIT if leg.side == DEBIT else DEBIT
    return Leg(account=leg.account, side=other, amount=leg.amount, line=leg.line, draws=leg.draws)


def derive_id(book: str, client: str, key: str, instant: datetime) -> UUID:
    """Make the identity of what is recorded under a key: UUIDv7 layout, time first, the rest a digest.

    The same book, client, key and instant give the same identity on every machine (RFC 9562, section 5.7;
    the random bits are taken from SHA-256).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> derive_id("main", "library", "gift-1", datetime(2026, 1, 1, tzinfo=UTC)).version
    7
    """
    digest = hashlib.sha256(canonical_bytes([book, client, key])).digest()
    millis = int(as_utc(instant).timestamp() * 1000)
    high = (millis << 16) | 0x7000 | (int.from_bytes(digest[:2]) & 0x0FFF)
    low = (int.from_bytes(digest[2:10]) & (2**62 - 1)) | (0b10 << 62)
    return UUID(int=(high << 64) | low)


def keep_event(
    session: Session, book_id: int, identity: UUID, kind: str, body: Mapping[str, object], instant: datetime
) -> bool:
    """Write the event of a business act: canonical bytes and their leaf digest (RFC 6962, section 2.1).

    Returns
    -------
    bool
        False when an event of this identity was there already.
    """
    content = canonical_bytes({"kind": kind, "recorded_at": instant_text(instant), **body})
    return insert_once(
        session,
        EVENT,
        id=identity,
        book_id=book_id,
        kind=kind,
        canon=1,
        body=content,
        leaf_sha256=hashlib.sha256(b"\x00" + content).digest(),
        recorded_at=instant,
    )


def record_event(
    session: Session, book: str, kind: str, body: Mapping[str, object], *, key: str, clock: Clock
) -> tuple[UUID, bool]:
    """Record a business act that moves no money, once per key.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    kind : str
        For example ``agreement.signed``.
    body : Mapping
        JSON values without floats.
    key : str
        Unique for this act; part of the identity.
    clock : Clock
        When it is recorded.

    Returns
    -------
    tuple of (UUID, bool)
        The event's identity, and whether it is new.

    Raises
    ------
    KeyReused
        When the key was used for an act with other content.
    """
    book_id = find_book_id(session, book)
    content = {"key": key, **body}
    digest = hashlib.sha256(canonical_bytes({"kind": kind, **content})).hexdigest()
    identity = _named_id(book, kind, key)
    query = select(EVENT.c.body).where(EVENT.c.id == identity)
    stored = session.scalar(query)
    new = stored is None and keep_event(
        session, book_id, identity, kind, {**content, "digest": digest}, as_utc(clock())
    )
    if not new and f'"digest":"{digest}"'.encode() not in (stored or session.scalars(query).one()):
        raise key_reused(key, kind)
    return identity, new


def _named_id(book: str, kind: str, key: str) -> UUID:
    """Make the identity of an event that only its name decides (RFC 9562, section 5.8, UUIDv8)."""
    number = int.from_bytes(hashlib.sha256(canonical_bytes([book, kind, key])).digest()[:16])
    number = number & ~(0xF << 76) | (0x8 << 76)
    return UUID(int=number & ~(0b11 << 62) | (0b10 << 62))
