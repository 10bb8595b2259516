"""What waits is carried out once it is approved, or proposed again; what was paid too much comes back."""

from dataclasses import replace
from uuid import UUID

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock, as_utc
from ...finance.errors import (
    AlreadyExists,
    AmountOutOfRange,
    KeyReused,
    Missing,
    MoneyFrozen,
    OverdrawnCommitment,
)
from ...finance.ledger import PLAIN, Details
from ...finance.money import Money, decimal_text
from ...finance.records import entries
from ...finance.records.registry import find_book_id
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from ..records import agreements, claims, settlements, waits
from ..records.agreements import StoredAgreement
from ..records.settlements import AnyRow
from ..settlement import Payout
from .liability import follow_liability
from .paying import is_kept_back, source_of, use_of
from .settling import SETTLED_STATES
from .showing import show_payout
from .vetting import require_findings_untied


def carry_out(session: Session, book: str, agreement: str, payout: UUID, *, clock: Clock) -> Payout:
    """Pay what waited for approval, once enough parties agreed.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    payout : UUID
        Which; carried out again, nothing changes.
    clock : Clock
        When it is recorded.

    Raises
    ------
    NotIndependent
        When who determined the claim is tied to the money today.
    NotApproved
        When fewer parties agreed than the policies ask; the figures say how many.
    AlreadyExists
        When it was given up, or does not wait.
    MoneyFrozen
        When what it rests on is in dispute.
    UnlawfulTransition, Missing
        When the agreement is suspended; when it has no such payout.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = _of(session, stored, payout)
    if row.done:
        return show_payout(session, payout)
    if row.voided is not None or row.proposal_id is None:
        why = "was given up" if row.voided is not None else "does not wait for approval"
        raise AlreadyExists(
            f"The payout {payout} {why}: nothing is carried out.", what="payout", code=str(payout)
        )
    agreements.require_state(stored, *SETTLED_STATES)
    waiting = money.find_proposal(session, book, row.proposal_id, clock=clock)
    done = waiting.transaction
    _require_undisputed(session, stored, row, is_open=done is None)
    if done is None:
        today = as_utc(clock()).date()
        if row.claim:
            require_findings_untied(session, book, stored, row.claim, row.round, today)
        done = money.execute(session, book, row.proposal_id, key=f"payout#{payout}", clock=clock).id
    settlements.keep_paid(session, row, done, row.amount)
    return show_payout(session, payout)


def propose_again(
    session: Session, book: str, agreement: str, payout: UUID, *, maker: str, clock: Clock
) -> Payout:
    """Propose a payout anew whose proposal was rejected: what is due stays due, and its money stays aside.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    payout : UUID
        Which; while it waits for approval, nothing changes.
    maker : str
        Code of the party that proposes it, and cannot approve it.
    clock : Clock
        When it is recorded; it counts for the day on which it is carried out.

    Raises
    ------
    AlreadyExists
        When it was carried out or given up, or never waited.
    MoneyFrozen
        When what it rests on is in dispute.
    UnlawfulTransition, Missing
        When the agreement is suspended; when it has no such payout.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = _of(session, stored, payout)
    if row.done or row.voided is not None or row.proposal_id is None:
        raise AlreadyExists(
            f"The payout {payout} was carried out, was given up or never waited for approval: nothing is "
            "proposed.",
            what="payout",
            code=str(payout),
        )
    agreements.require_state(stored, *SETTLED_STATES)
    _require_undisputed(session, stored, row, is_open=True)
    if row.rejected is None:
        return show_payout(session, payout)
    before = money.find_proposal(session, book, row.proposal_id, clock=clock)
    draft = replace(money.draft_proposed(session, book, before), effective_on=None)
    made = money.propose(
        session, book, draft, maker=maker, key=f"payout#{payout}#after#{before.id}", clock=clock
    )
    waits.keep_wait(session, payout, made.id)
    return show_payout(session, payout)


def _require_undisputed(session: Session, stored: StoredAgreement, row: AnyRow, *, is_open: bool) -> None:
    """Refuse to pay on a finding that is in dispute."""
    disputed = {one.claim for one in claims.decisions_in_force(session, stored) if one.disputed}
    if row.claim in disputed or (is_open and is_kept_back(session, stored, row)):
        amount = decimal_text(row.amount, stored.funds[row.payer].unit.scale)
        named = f"the claim {row.claim!r}" if row.claim in disputed else "a claim"
        raise MoneyFrozen(
            f"The payout {row.id} over {amount} {row.unit} rests on {named}, which is in dispute: it is kept "
            "back. Resolve the dispute first.",
            claim=row.claim,
            payout=str(row.id),
            frozen=amount,
        )


def take_back(
    session: Session,
    book: str,
    agreement: str,
    payout: UUID,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Payout:
    """Book money that a payee returns, to the contributions that had borne it.

    Parameters
    ----------
    session, book, agreement, clock
        As for ``carry_out``.
    payout : UUID
        What is owed back.
    amount : Money
        What came; at most what is still owed.
    key : str
        Idempotency key.
    details : Details
        Day, note and source.

    Raises
    ------
    AmountOutOfRange
        When more comes back than is owed, or than was ever paid between the two under the clause.
    KeyReused, Missing
        Nothing is written then.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = _of(session, stored, payout)
    parts = _parts_before(session, stored, row, key)
    if parts:
        if sum(parts) != amount.minor:
            raise KeyReused(f"The key {key!r} belongs to another amount that came back.", key=key)
        return show_payout(session, payout)
    owed = Money(minor=0 if row.voided is not None else row.amount - int(row.done), unit=amount.unit)
    if (row.direction, row.route) == ("back", "pot"):
        raise AmountOutOfRange(
            f"The pot {row.payee} owes {owed} back to {row.payer}: it gives them back out of what is paid "
            "into it next, and nobody returns them by hand.",
            amount=str(amount),
            owed=str(owed),
        )
    if row.direction != "back" or row.route != "fund" or row.unit != amount.unit.code or amount > owed:
        raise AmountOutOfRange(
            f"{amount} cannot come back on this payout: {owed if row.direction == 'back' else 'nothing'} is "
            "owed back to a fund of this book. Book at most that.",
            amount=str(amount),
            owed=str(owed),
        )
    with session.begin_nested():
        _refund(session, stored, row, amount, key, clock, details)
        if any(one.id == row.payer and one.pot for one in stored.lineage.overlaid.program.accounts):
            _refill(session, stored, row, amount, key, clock)
    follow_liability(session, book, agreement, clock=clock, key=f"returned#{payout}#{key}")
    return show_payout(session, payout)


def _of(session: Session, stored: StoredAgreement, payout: UUID) -> AnyRow:
    row = settlements.find_payout_row(session, payout)
    if row.agreement_id != stored.id:
        raise Missing(
            f"The payout {payout} belongs to another agreement than {stored.agreement.code!r}.",
            what="payout",
            code=str(payout),
        )
    return row


def _parts_before(session: Session, stored: StoredAgreement, row: AnyRow, key: str) -> list[int]:
    """Return what came back under a key before, part by part."""
    book_id = find_book_id(session, stored.agreement.book)
    parts: list[int] = []
    while (
        known := entries.find_transaction_by_key(
            session, book_id, LIBRARY, _part_key(row.id, key, len(parts))
        )
    ) is not None:
        legs = entries.find_transaction(session, book_id, known.id).legs
        parts.append(sum(leg.amount.minor for leg in legs if leg.account.role == "cash"))
    return parts


def _part_key(payout: UUID, key: str, part: int) -> str:
    return f"payout#{payout}#{key}#{part}"


def _refund(
    session: Session,
    stored: StoredAgreement,
    row: AnyRow,
    amount: Money,
    key: str,
    clock: Clock,
    details: Details,
) -> None:
    """Take an amount back from the latest payments between the two under the clause."""
    fund = stored.funds[row.payer]
    left, part = amount.minor, 0
    for payment, paid in reversed(_payments(session, stored, row)):
        returned = sum(entries.sum_returned(session, payment).values())
        taken = min(left, paid - returned)
        if taken <= 0:
            continue
        posted = money.refund(
            session,
            fund,
            row.party,
            payment,
            Money(minor=taken, unit=amount.unit),
            key=_part_key(row.id, key, part),
            clock=clock,
            details=details,
        )
        settlements.keep_paid(session, row, posted.id, taken)
        left, part = left - taken, part + 1
    if left:
        raise OverdrawnCommitment(
            f"{amount} cannot come back: {Money(minor=amount.minor - left, unit=amount.unit)} of what was "
            f"paid under clause {row.clause} is still out. Book the rest as a contribution.",
            asked=amount.text,
            left=str(amount.minor - left),
        )


def _refill(
    session: Session, stored: StoredAgreement, row: AnyRow, amount: Money, key: str, clock: Clock
) -> None:
    """Keep for a pot what came back to it, and give back what the pot owes those who had paid too much in."""
    source, fund = source_of(stored, row.payer)
    pot, use = Promise("agreement", source.promise), use_of(stored, row.payer)
    name = f"payout#{row.id}#{key}#pot"
    money.reserve(session, fund, pot, amount, key=name, clock=clock, use=use)
    for one in settlements.list_payout_rows(session, stored.id):
        given = one.payee == row.payer and one.route == "pot" and one.direction == "back"
        left = one.amount - int(one.done)
        back = min(Money(minor=left, unit=fund.unit), money.promised(session, fund, pot))
        if not given or one.voided is not None or not back:
            continue
        payer = Promise("agreement", source_of(stored, one.payer)[0].promise)
        posted = money.reassign(session, fund, pot, payer, back, key=f"{name}#{one.id}", clock=clock, use=use)
        settlements.keep_paid(session, one, posted.id, back.minor)


def _payments(session: Session, stored: StoredAgreement, row: AnyRow) -> list[tuple[UUID, int]]:
    """Return what was paid between the two under the clause, oldest first."""
    same = [
        one
        for one in settlements.list_payout_rows(session, stored.id)
        if (one.clause, one.payer, one.payee, one.direction) == (row.clause, row.payer, row.payee, "out")
        and one.done
    ]
    paid = settlements.list_paid(session, [one.id for one in same])
    return [(txn, one.amount) for one in same for txn in paid[one.id]]
