"""Payouts of a settlement: paid from what was encumbered, kept for a pot, left to others, or proposed.

The problem: between what is owed and what was paid lie approvals, overturned findings and refunds. Each
payout has a name that follows from its place, so that a retry is the same payout; what waits for approval
is kept under a name of its own, so that a proposal which was given up can never be carried out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock, as_utc
from ...finance.errors import Missing, NotApproved
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.money import Money
from ...finance.posting import named_id, record_event
from ...finance.records import approvals
from ...finance.records.registry import find_book_id, find_party_id
from ...finance.storage import Session
from ..agreement import Source
from ..records import claims, settlements, waits
from ..records.agreements import StoredAgreement
from ..records.settlements import AnyRow
from ..settling import OPENING, PlannedPayout
from ..terms.document import WHOLE_TERM


@dataclass(frozen=True, slots=True)
class Payment:
    """What every payout of one settlement has in common."""

    session: Session
    stored: StoredAgreement
    settlement_id: int
    position: int
    clock: Clock
    maker: str
    details: Details


def pay_out(payment: Payment, claim: str, planned: Iterable[PlannedPayout]) -> None:
    """Write payouts and carry out those that the book's own money pays.

    Parameters
    ----------
    payment : Payment
        What they have in common.
    claim : str
        What they rest on; empty for a calendar or an amendment.
    planned : Iterable of PlannedPayout
        What is owed.

    Raises
    ------
    NotApproved
        When a policy asks for approval and nobody is named who proposes.
    OverdrawnCommitment, EarmarkExpired, Missing
        When the encumbrance, the earmarks or the registry do not allow it. Nothing is written then.
    """
    listed = list(planned)
    for one in sorted(listed, key=lambda one: one.route != "pot"):
        if one.route == "fund" and one.amount > 0:
            continue
        _book(payment, claim, one)
    for one in _openings(payment, listed):
        _book(payment, claim, one)
    for one in listed:
        if one.route == "fund" and one.amount > 0:
            _book(payment, claim, one)


def _book(payment: Payment, claim: str, one: PlannedPayout) -> None:
    """Write one payout; carry it out where the book's own money pays."""
    identity = payout_id(payment.stored, payment.position, one)
    settlements.keep_payout(
        payment.session,
        identity,
        payment.settlement_id,
        payment.stored.id,
        one,
        payee_id=_payee_id(payment, one),
    )
    row = settlements.find_payout_row(payment.session, identity)
    if one.route == "pot":
        _keep_for_pot(payment, row)
    elif one.route == "fund" and one.amount > 0:
        _pay(payment, claim, row)


def _openings(payment: Payment, planned: Iterable[PlannedPayout]) -> list[PlannedPayout]:
    """Say what holders of pots have to put in of what those open with, because it is needed now."""
    stored = payment.stored
    needed: dict[str, int] = {}
    for one in planned:
        if one.route == "fund" and one.amount > 0:
            needed[one.payer] = needed.get(one.payer, 0) + one.amount
    openings = []
    for account in stored.lineage.overlaid.program.accounts:
        if (
            not account.pot
            or account.opens < 0
            or account.id not in needed
            or account.holder not in stored.funds
        ):
            continue
        source, fund = source_of(stored, account.id)
        kept = money.promised(payment.session, fund, Promise("agreement", source.promise)).minor
        if needed[account.id] > kept:
            openings.append(
                PlannedPayout(
                    clause=f"{OPENING}{account.id}",
                    period=WHOLE_TERM,
                    payer=account.holder,
                    payee=account.id,
                    amount=needed[account.id] - kept,
                    unit=account.unit.unit,
                    route="pot",
                )
            )
    return openings


def payout_id(stored: StoredAgreement, position: int, one: PlannedPayout) -> UUID:
    """Name a payout by its place.

    Parameters
    ----------
    stored : StoredAgreement
        The agreement.
    position : int [place]
        Of the settlement.
    one : PlannedPayout
        What is owed.
    """
    place = [stored.agreement.code, str(position), one.clause, one.period, one.payer, one.payee]
    return named_id(stored.agreement.book, "payout", "#".join(place))


def _payee_id(payment: Payment, one: PlannedPayout) -> int | None:
    """Find who is paid: a party, or who holds a pot that no fund of the book keeps."""
    stored, name = payment.stored, one.payee
    if one.route == "pot":
        return None
    pots = {account.id: account for account in stored.lineage.overlaid.program.accounts if account.pot}
    holder = pots[name].holder if name in pots else name
    code = stored.agreement.party_of(holder)
    book_id = find_book_id(payment.session, stored.agreement.book)
    try:
        return find_party_id(payment.session, book_id, code)
    except Missing as fault:
        raise Missing(
            f"Clause {one.clause} pays {name}, and the book knows no party {code!r}. Register it first.",
            what="party",
            code=code,
        ) from fault


def source_of(stored: StoredAgreement, payer: str) -> tuple[Source, PooledFund]:
    """Return where a payer's money is kept."""
    return next(one for one in stored.agreement.sources if one.payer == payer), stored.funds[payer]


def use_of(stored: StoredAgreement, payer: str) -> dict[str, str]:
    """Return what a payer's money is for; a pot is for what those who feed it pay for."""
    by_payer = {one.payer: one.use for one in stored.agreement.document.funding}
    return dict(by_payer.get(payer, next(iter(by_payer.values()), {})))


def _keep_for_pot(payment: Payment, row: AnyRow) -> None:
    """Keep a payment into a pot for that pot, or give back what the pot still has."""
    if row.direction == "back":
        _give_back(payment, row, key=f"payout#{row.id}")
        return
    debts = _owed_by_pot(payment, row)
    lent = _lend(payment, row, sum(one.amount - int(one.done) for one in debts))
    posted = _between(payment, row, row.amount, key=f"payout#{row.id}")
    settlements.keep_paid(payment.session, row, posted, row.amount)
    for one in debts:
        _give_back(payment, one, key=f"payout#{one.id}#{row.id}")
    if lent:
        source, fund = source_of(payment.stored, row.payer)
        money.release(
            payment.session, fund, Promise("agreement", source.promise), amount=lent,
            key=f"payout#{row.id}#repaid", clock=payment.clock, details=payment.details,
        )  # fmt: skip


def _owed_by_pot(payment: Payment, row: AnyRow) -> list[AnyRow]:
    """Find what the pot owes back to this payer, because it was spent before it proved too much."""
    return [
        one
        for one in settlements.list_payout_rows(payment.session, payment.stored.id)
        if (one.direction, one.route, one.payer, one.payee) == ("back", "pot", row.payer, row.payee)
        and one.amount > int(one.done)
    ]


def _lend(payment: Payment, row: AnyRow, owed: int) -> Money | None:
    """Set aside for a moment what a payer lacks because the pot owes it back, and what it pays is whole."""
    source, fund = source_of(payment.stored, row.payer)
    promise = Promise("agreement", source.promise)
    short = min(row.amount - money.promised(payment.session, fund, promise).minor, owed)
    if short <= 0:
        return None
    lent = Money(minor=short, unit=fund.unit)
    money.reserve(
        payment.session, fund, promise, lent, key=f"payout#{row.id}#lent", clock=payment.clock,
        use=use_of(payment.stored, row.payer), details=payment.details,
    )  # fmt: skip
    return lent


def _give_back(payment: Payment, row: AnyRow, *, key: str) -> None:
    """Give back to its payer what a pot owes, as far as it has it."""
    taken, fund = source_of(payment.stored, row.payee)
    held = money.promised(payment.session, fund, Promise("agreement", taken.promise)).minor
    amount = min(row.amount - int(row.done), held)
    if amount > 0:
        posted = _between(payment, row, amount, key=key)
        settlements.keep_paid(payment.session, row, posted, amount)


def _between(payment: Payment, row: AnyRow, amount: int, *, key: str) -> UUID:
    """Move an amount between a payer and a pot of the same fund, in the direction of the payout."""
    (given, fund), (taken, _) = source_of(payment.stored, row.payer), source_of(payment.stored, row.payee)
    left, right = Promise("agreement", given.promise), Promise("agreement", taken.promise)
    if row.direction == "back":
        left, right = right, left
    return money.reassign(
        payment.session,
        fund,
        left,
        right,
        Money(minor=amount, unit=fund.unit),
        key=key,
        clock=payment.clock,
        use=use_of(payment.stored, row.payer),
        details=payment.details,
    ).id


def _pay(payment: Payment, claim: str, row: AnyRow) -> None:
    """Pay out of the encumbrance, or propose it where a policy asks for approval."""
    source, fund = source_of(payment.stored, row.payer)
    promise = Promise("agreement", source.promise)
    amount = Money(minor=row.amount, unit=fund.unit)
    details = replace(payment.details, note=_note(payment.stored, claim, row))
    draft = money.draft_pay_reserved(
        payment.session,
        fund,
        promise,
        amount,
        row.party,
        details=details,
        today=as_utc(payment.clock()).date(),
    )
    asked = money.needed(payment.session, fund.book, draft, payment.clock)
    key = f"payout#{row.id}"
    if not asked:
        posted = money.pay_reserved(
            payment.session, fund, promise, amount, row.party, key=key, clock=payment.clock, details=details
        )
        settlements.keep_paid(payment.session, row, posted.id, row.amount)
        return
    if not payment.maker:
        raise NotApproved(
            f"{amount} to {row.party} needs {asked} approvals. Name who proposes it, and let others approve.",
            needed=asked,
            amount=str(amount),
            party=row.party,
        )
    waiting = Promise("agreement", waiting_promise(source.promise, row.id))
    money.reassign(
        payment.session, fund, promise, waiting, amount, key=f"{key}#waits", clock=payment.clock,
        use=use_of(payment.stored, row.payer),
    )  # fmt: skip
    draft = money.draft_pay_reserved(
        payment.session,
        fund,
        waiting,
        amount,
        row.party,
        details=details,
        today=as_utc(payment.clock()).date(),
    )
    proposal = money.propose(
        payment.session, fund.book, draft, maker=payment.maker, key=f"{key}#proposal", clock=payment.clock
    )
    waits.keep_wait(payment.session, row.id, proposal.id)


def waiting_promise(promise: str, payout: UUID) -> str:
    """Name what a fund keeps for a payout that waits for approval.

    Parameters
    ----------
    promise : str
        Of the payer.
    payout : UUID
        Which.
    """
    return f"{promise}:waits:{payout}"


def _note(stored: StoredAgreement, claim: str, row: AnyRow) -> str:
    told = f"agreement {stored.agreement.code}, clause {row.clause}, period {row.period}"
    return f"{told}, claim {claim}" if claim else told


def void_waiting(session: Session, stored: StoredAgreement, claim: str, clock: Clock) -> tuple[UUID, ...]:
    """Give up what a claim made due and still waits for approval; the money is encumbered again."""
    take_executed(session, stored)
    return tuple(
        _give_up(session, stored, row, clock)
        for row in settlements.list_payout_rows(session, stored.id)
        if row.claim == claim and _waits(row) and not is_kept_back(session, stored, row)
    )


def is_kept_back(session: Session, stored: StoredAgreement, row: AnyRow) -> bool:
    """Tell whether a dispute keeps back what a payout waits for."""
    source, fund = source_of(stored, row.payer)
    waits = Promise("agreement", waiting_promise(source.promise, row.id))
    return money.promised(session, fund, waits).minor < int(row.amount)


def take_executed(session: Session, stored: StoredAgreement) -> None:
    """Write down what waited for approval and was paid by its proposal alone: it does not wait any more.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    """
    for row in settlements.list_payout_rows(session, stored.id):
        if row.proposal_id is None or row.done or row.voided is not None:
            continue
        done = approvals.find_execution(session, row.proposal_id)
        if done is not None:
            settlements.keep_paid(session, row, done, row.amount)


def void_undone(
    session: Session, stored: StoredAgreement, clock: Clock, due: Mapping[tuple[str, str, str, str], int]
) -> tuple[UUID, ...]:
    """Give up payouts that nothing was done on and that what is due now goes against.

    Between two parties, under one clause and period: what waits for approval where less is due, what is owed
    back where more is. The difference is then due instead, so that nobody returns what it is paid again, or
    owes what never went out. What a dispute keeps back stays.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    clock : Clock
        When it is recorded.
    due : Mapping of (clause, period, payer, payee) to int [minor units]
        By the step that is taken.
    """
    take_executed(session, stored)
    disputed = {one.claim for one in claims.decisions_in_force(session, stored) if one.disputed}
    given_up = []
    for row in settlements.list_payout_rows(session, stored.id):
        change = due.get((row.clause, row.period, row.payer, row.payee), 0)
        against = (change < 0 and _waits(row)) or (change > 0 and _is_owed_whole(row))
        kept = row.claim in disputed or (_waits(row) and is_kept_back(session, stored, row))
        if against and not kept:
            given_up.append(_give_up(session, stored, row, clock))
    return tuple(given_up)


def _waits(row: AnyRow) -> bool:
    return row.proposal_id is not None and not row.done and row.voided is None


def _is_owed_whole(row: AnyRow) -> bool:
    return row.direction == "back" and row.route == "fund" and not row.done and row.voided is None


def _give_up(session: Session, stored: StoredAgreement, row: AnyRow, clock: Clock) -> UUID:
    """Void one payout; what was kept for it goes back to its payer's promise."""
    if row.proposal_id is not None:
        source, fund = source_of(stored, row.payer)
        money.reassign(
            session,
            fund,
            Promise("agreement", waiting_promise(source.promise, row.id)),
            Promise("agreement", source.promise),
            Money(minor=row.amount, unit=fund.unit),
            key=f"payout#{row.id}#void",
            clock=clock,
            use=use_of(stored, row.payer),
        )
    body = {"agreement": stored.agreement.code, "claim": row.claim or "", "payout": str(row.id)}
    event_id, _ = record_event(
        session, stored.agreement.book, "payout.voided", body, key=str(row.id), clock=clock
    )
    settlements.keep_void(session, row.id, event_id)
    return UUID(str(row.id))
