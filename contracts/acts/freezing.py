"""What a dispute affects is kept back under a name of its own, and put back when it ends.

The problem: a flag that says "do not pay" is forgotten once. Money under another name cannot be paid by
mistake, and money that waits for approval cannot be carried out: there is nothing left under the name it
draws on.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock
from ...finance.money import Money
from ...finance.posting import record_event
from ...finance.records import entries
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from ..agreement import frozen_promise
from ..disputes import Dispute
from ..records import disputes, settlements
from ..records.agreements import StoredAgreement
from ..records.claims import StoredClaim
from ..records.disputes import StoredDispute
from ..records.settlements import AnyRow
from ..terms.pay import LegName
from .paying import is_kept_back, source_of, use_of, waiting_promise
from .settling import leg_row

Waiting = tuple[str, UUID, int]  # payer, payout, amount [minor units]


def freeze(
    session: Session,
    stored: StoredAgreement,
    row: StoredClaim,
    raised: Dispute,
    worth: Iterable[tuple[LegName, int]],
    resting: Collection[UUID],
    clock: Clock,
) -> None:
    """Write a dispute, and move what it affects under a name from which nothing is paid.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    row : StoredClaim
        The claim.
    raised : Dispute
        As raised.
    worth : iterable of (LegName, int)
        What would be paid now, leg by leg [minor units].
    resting : collection of UUID
        Other payouts that rest on the claim too: those that wait are kept back with its own.
    clock : Clock
        When it is recorded.
    """
    by_payer: dict[str, list[tuple[LegName, int]]] = {}
    for name, amount in worth:
        by_payer.setdefault(name[3], []).append((name, amount))
    kept = {payer: _kept_back(session, stored, payer, legs) for payer, legs in sorted(by_payer.items())}
    waiting = _waiting(session, stored, raised.claim, resting)
    body = {
        "agreement": raised.agreement,
        "by": raised.raised_by,
        "claim": raised.claim,
        "dispute": raised.code,
        "evidence_sha256": raised.evidence_sha256,
        "frozen": {payer: amount.text for payer, amount in kept.items() if amount},
        "grounds": raised.grounds,
        "legs": [leg_row(*leg) for legs in by_payer.values() for leg in sorted(legs)],
        "round": raised.round,
        "statement": raised.statement,
        "waiting": [str(payout) for _, payout, _ in waiting],
    }
    key = f"{raised.agreement}#{raised.code}"
    event_id, _ = record_event(session, stored.agreement.book, "claim.disputed", body, key=key, clock=clock)
    dispute_id = disputes.keep_dispute(session, stored, row.id, raised, event_id)
    for payer, held in kept.items():
        if not held:
            continue
        source, fund = source_of(stored, payer)
        posted = money.reassign(
            session,
            fund,
            Promise("agreement", source.promise),
            Promise("agreement", frozen_promise(source.promise, raised.code)),
            held,
            key=f"freeze#{key}#{payer}",
            clock=clock,
            use=use_of(stored, payer),
        )
        rows = [leg_row(*leg) for leg in sorted(by_payer[payer])]
        disputes.keep_frozen(session, stored, dispute_id, payer, held, rows, posted.id)
    _move_waiting(session, stored, raised, waiting, clock, back=False)


def _kept_back(
    session: Session, stored: StoredAgreement, payer: str, legs: Iterable[tuple[LegName, int]]
) -> Money:
    """Say how much of one payer's money a dispute affects: no more than is kept for it now."""
    source, fund = source_of(stored, payer)
    asked = Money(minor=sum(amount for _, amount in legs), unit=fund.unit)
    return min(asked, money.promised(session, fund, Promise("agreement", source.promise)))


def _open_waiting(session: Session, stored: StoredAgreement) -> list[AnyRow]:
    """Return the payouts that wait for approval."""
    return [
        row
        for row in settlements.list_payout_rows(session, stored.id)
        if row.proposal_id is not None and not row.done and row.voided is None
    ]


def _waiting(
    session: Session, stored: StoredAgreement, claim: str, resting: Collection[UUID]
) -> list[Waiting]:
    """Return what waits for approval and rests on a claim, and is not kept back for another one."""
    return [
        (row.payer, row.id, row.amount)
        for row in _open_waiting(session, stored)
        if (row.claim == claim or row.id in resting) and not is_kept_back(session, stored, row)
    ]


def _frozen_waiting(session: Session, stored: StoredAgreement, raised: Dispute) -> list[Waiting]:
    """Return what waited for approval and was kept back for a dispute."""
    return [
        (row.payer, row.id, row.amount)
        for row in _open_waiting(session, stored)
        if entries.find_transaction_by_key(
            session, stored.book_id, LIBRARY, f"freeze#{raised.agreement}#{raised.code}#{row.id}"
        )
        is not None
    ]


def _move_waiting(
    session: Session,
    stored: StoredAgreement,
    raised: Dispute,
    waiting: Iterable[Waiting],
    clock: Clock,
    *,
    back: bool,
) -> None:
    """Keep back what waits for approval, so that it cannot be carried out; or let it wait again."""
    for payer, payout, amount in waiting:
        source, fund = source_of(stored, payer)
        waits = Promise("agreement", waiting_promise(source.promise, payout))
        frozen = Promise("agreement", frozen_promise(source.promise, raised.code))
        given, taken = (frozen, waits) if back else (waits, frozen)
        money.reassign(
            session,
            fund,
            given,
            taken,
            Money(minor=amount, unit=fund.unit),
            key=f"{'thaw' if back else 'freeze'}#{raised.agreement}#{raised.code}#{payout}",
            clock=clock,
            use=use_of(stored, payer),
        )


def thaw(session: Session, stored: StoredAgreement, found: StoredDispute, clock: Clock) -> None:
    """Put back under the agreement's name what a dispute kept back."""
    raised = found.dispute
    _move_waiting(session, stored, raised, _frozen_waiting(session, stored, raised), clock, back=True)
    for payer, amount in raised.frozen.items():
        source, fund = source_of(stored, payer)
        posted = money.reassign(
            session,
            fund,
            Promise("agreement", frozen_promise(source.promise, raised.code)),
            Promise("agreement", source.promise),
            amount,
            key=f"thaw#{raised.agreement}#{raised.code}#{payer}",
            clock=clock,
            use=use_of(stored, payer),
        )
        disputes.keep_thaw(session, found.id, payer, amount.unit.code, posted.id)
