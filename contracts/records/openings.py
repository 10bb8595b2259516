"""What is still open under an agreement: claims, disputes, payouts that wait or are owed back."""

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...finance.records.tables import REJECTION
from ..liability import PayerSums, Place
from .settlements import carried_out
from .tables import (
    AGREEMENT_PARTY,
    CLAIM,
    DECISION,
    DISPUTE,
    FROZEN,
    PAYOUT,
    PAYOUT_VOID,
    PAYOUT_WAIT,
    RESOLUTION,
    SETTLEMENT,
    THAW,
    WAIVER,
)
from .waits import newest_wait


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A claim on which the last word is not said, or not paid.

    Attributes
    ----------
    claim : str
        Its code.
    places : tuple of (str, str)
        Metrics and periods it speaks of.
    decided : bool
        Whether verifiers have decided it.
    disputed : bool
        Whether its decision is in dispute.
    open_until : date or None
        From which day it cannot be disputed any more; None when all have waived that, or it was upheld.
    settled : bool
        Whether the decision in force was settled.
    """

    claim: str
    places: tuple[Place, ...]
    decided: bool
    disputed: bool
    open_until: date | None
    settled: bool

    def is_open(self, today: date) -> bool:
        """Tell whether anything about it can still change in the ordinary way, or is not paid."""
        disputable = self.open_until is not None and today < self.open_until
        return not self.decided or self.disputed or disputable or not self.settled


def list_claims_standing(session: Session, agreement_id: int) -> tuple[OpenClaim, ...]:
    """Return every claim of an agreement with what is said and paid on it, in the order of claims."""
    last = (
        select(DECISION.c.claim_id, func.max(DECISION.c.round).label("round"))
        .where(DECISION.c.agreement_id == agreement_id)
        .group_by(DECISION.c.claim_id)
        .subquery()
    )
    disputed = (
        select(DISPUTE.c.claim_id)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == agreement_id, RESOLUTION.c.dispute_id.is_(None))
        .distinct()
        .subquery()
    )
    waived = (
        select(WAIVER.c.claim_id, WAIVER.c.round, func.count().label("waivers"))
        .where(WAIVER.c.agreement_id == agreement_id)
        .group_by(WAIVER.c.claim_id, WAIVER.c.round)
        .subquery()
    )
    upheld = (
        select(DISPUTE.c.claim_id, DISPUTE.c.round)
        .join(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == agreement_id, RESOLUTION.c.outcome == "upheld")
        .subquery()
    )
    same_decision = (DECISION.c.claim_id == last.c.claim_id) & (DECISION.c.round == last.c.round)
    rows = session.execute(
        select(
            CLAIM.c.code,
            CLAIM.c.body,
            DECISION.c.open_until,
            SETTLEMENT.c.id.label("settlement"),
            disputed.c.claim_id.label("disputed"),
            waived.c.waivers,
            upheld.c.claim_id.label("upheld"),
        )
        .outerjoin(last, last.c.claim_id == CLAIM.c.id)
        .outerjoin(DECISION, same_decision)
        .outerjoin(
            SETTLEMENT, (SETTLEMENT.c.claim_id == last.c.claim_id) & (SETTLEMENT.c.round == last.c.round)
        )
        .outerjoin(disputed, disputed.c.claim_id == CLAIM.c.id)
        .outerjoin(waived, (waived.c.claim_id == last.c.claim_id) & (waived.c.round == last.c.round))
        .outerjoin(upheld, (upheld.c.claim_id == last.c.claim_id) & (upheld.c.round == last.c.round))
        .where(CLAIM.c.agreement_id == agreement_id)
        .order_by(CLAIM.c.id)
    )
    all_of_them = _count_interested(session, agreement_id)
    return tuple(
        OpenClaim(
            claim=row.code,
            places=tuple((one["metric"], one["period"]) for one in json.loads(row.body)["results"]),
            decided=row.open_until is not None,
            disputed=row.disputed is not None,
            open_until=None if row.waivers == all_of_them or row.upheld is not None else row.open_until,
            settled=row.settlement is not None,
        )
        for row in rows
    )


def _count_interested(session: Session, agreement_id: int) -> int:
    query = select(func.count()).select_from(AGREEMENT_PARTY)
    interested = (AGREEMENT_PARTY.c.agreement_id == agreement_id) & (AGREEMENT_PARTY.c.duty == "interested")
    return session.scalar(query.where(interested)) or 0


def list_open_disputes(session: Session, agreement_id: int) -> tuple[str, ...]:
    """Return the codes of disputes that are not resolved."""
    query = (
        select(DISPUTE.c.code)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == agreement_id, RESOLUTION.c.dispute_id.is_(None))
    )
    return tuple(session.scalars(query.order_by(DISPUTE.c.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPayout:
    """A payout of a fund that is not carried out in full.

    Attributes
    ----------
    clause, payer, payee, direction, unit : str
        As in ``Payout``.
    left : int [minor units]
        Not carried out yet.
    rejected : bool
        Whether the last proposal to pay it was rejected.
    """

    clause: str
    payer: str
    payee: str
    direction: str
    unit: str
    left: int
    rejected: bool


def list_open_payouts(session: Session, agreement_id: int) -> tuple[OpenPayout, ...]:
    """Return payouts out of funds that wait, and what is owed back to funds."""
    rows = session.execute(
        select(PAYOUT, carried_out().label("done"), REJECTION.c.reason)
        .select_from(PAYOUT)
        .outerjoin(PAYOUT_WAIT, newest_wait())
        .outerjoin(REJECTION, REJECTION.c.proposal_id == PAYOUT_WAIT.c.proposal_id)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(
            PAYOUT.c.agreement_id == agreement_id,
            PAYOUT.c.route == "fund",
            PAYOUT_VOID.c.payout_id.is_(None),
            PAYOUT.c.amount > carried_out(),
        )
        .order_by(PAYOUT.c.settlement_id, PAYOUT.c.clause, PAYOUT.c.period, PAYOUT.c.payer, PAYOUT.c.payee)
    )
    return tuple(
        OpenPayout(
            clause=row.clause,
            payer=row.payer,
            payee=row.payee,
            direction=row.direction,
            unit=row.unit,
            left=row.amount - int(row.done),
            rejected=row.reason is not None,
        )
        for row in rows
    )


def sum_payouts(session: Session, agreement_id: int) -> dict[str, PayerSums]:
    """Sum what became of payouts out of funds, and what is kept back, by payer."""
    rows = session.execute(
        select(
            PAYOUT.c.payer,
            PAYOUT.c.direction,
            PAYOUT.c.amount,
            PAYOUT_WAIT.c.payout_id.label("waits"),
            carried_out().label("done"),
        )
        .select_from(PAYOUT)
        .outerjoin(PAYOUT_WAIT, newest_wait())
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(
            PAYOUT.c.agreement_id == agreement_id,
            PAYOUT.c.route != "outside",
            PAYOUT_VOID.c.payout_id.is_(None),
        )
    )
    sums: dict[str, tuple[int, int, int, int]] = {}
    for row in rows:
        sign = 1 if row.direction == "out" else -1
        waits = row.amount if row.waits is not None and not row.done else 0
        owed, paid, waiting, _ = sums.get(row.payer, (0, 0, 0, 0))
        sums[row.payer] = (owed + sign * row.amount, paid + sign * int(row.done), waiting + waits, 0)
    for payer, amount in _list_frozen(session, agreement_id):
        owed, paid, waiting, frozen = sums.get(payer, (0, 0, 0, 0))
        sums[payer] = (owed, paid, waiting, frozen + amount)
    return {
        payer: PayerSums(owed=owed, paid=paid, waiting=waiting, frozen=frozen)
        for payer, (owed, paid, waiting, frozen) in sums.items()
    }


def _list_frozen(session: Session, agreement_id: int) -> list[tuple[str, int]]:
    """Return what is kept for disputes, by payer."""
    kept = session.execute(
        select(FROZEN.c.payer, FROZEN.c.amount)
        .outerjoin(
            THAW,
            (THAW.c.dispute_id == FROZEN.c.dispute_id)
            & (THAW.c.payer == FROZEN.c.payer)
            & (THAW.c.unit == FROZEN.c.unit),
        )
        .where(FROZEN.c.agreement_id == agreement_id, THAW.c.dispute_id.is_(None))
    )
    return [(row.payer, row.amount) for row in kept]
