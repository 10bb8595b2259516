"""What of all agreements of a book waits for somebody: claims that are not paid, money owed back."""

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...finance.money import Money
from ...finance.records.registry import find_unit
from ...finance.records.tables import EVENT
from .settlements import carried_out
from .tables import (
    AGREEMENT,
    AGREEMENT_MOVE,
    CLAIM,
    DECISION,
    DISPUTE,
    PAYOUT,
    PAYOUT_VOID,
    PAYOUT_WAIT,
    RESOLUTION,
    SETTLEMENT,
)

MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingClaim:
    """A claim whose last word is not said, or not paid.

    Attributes
    ----------
    metrics : tuple of str
        What it speaks of.
    open_until : date or None
        From which day its decision cannot be disputed any more; None while verifiers have decided nothing.
    """

    agreement: str
    claim: str
    metrics: tuple[str, ...]
    open_until: date | None
    disputed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedBack:
    """Money that a payee owes back to a fund."""

    agreement: str
    payout: str
    payee: str
    amount: Money


def list_waiting_claims(session: Session, book_id: int) -> tuple[WaitingClaim, ...]:
    """Return the claims of a book that are not settled, at most a thousand."""
    last = (
        select(DECISION.c.claim_id, func.max(DECISION.c.round).label("round"))
        .group_by(DECISION.c.claim_id)
        .subquery()
    )
    disputed = (
        select(DISPUTE.c.claim_id)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(RESOLUTION.c.dispute_id.is_(None))
        .distinct()
        .subquery()
    )
    of_round = (SETTLEMENT.c.claim_id == CLAIM.c.id) & (SETTLEMENT.c.round == last.c.round)
    decided = (DECISION.c.claim_id == CLAIM.c.id) & (DECISION.c.round == last.c.round)
    rows = session.execute(
        select(
            AGREEMENT.c.code.label("agreement"),
            CLAIM.c.code,
            CLAIM.c.body,
            DECISION.c.open_until,
            disputed.c.claim_id.label("disputed"),
        )
        .join(CLAIM, CLAIM.c.agreement_id == AGREEMENT.c.id)
        .outerjoin(last, last.c.claim_id == CLAIM.c.id)
        .outerjoin(DECISION, decided)
        .outerjoin(SETTLEMENT, of_round)
        .outerjoin(disputed, disputed.c.claim_id == CLAIM.c.id)
        .where(AGREEMENT.c.book_id == book_id, SETTLEMENT.c.id.is_(None))
        .order_by(CLAIM.c.id)
        .limit(MOST)
    )
    return tuple(
        WaitingClaim(
            agreement=row.agreement,
            claim=row.code,
            metrics=tuple(dict.fromkeys(one["metric"] for one in json.loads(row.body)["results"])),
            open_until=row.open_until,
            disputed=row.disputed is not None,
        )
        for row in rows
    )


def list_proposed(session: Session, book_id: int) -> tuple[tuple[str, date], ...]:
    """Return the agreements of a book that wait for signatures, and since when, at most a thousand."""
    moves = AGREEMENT_MOVE.alias()
    newest = select(func.max(moves.c.no)).where(moves.c.agreement_id == AGREEMENT.c.id).scalar_subquery()
    rows = session.execute(
        select(AGREEMENT.c.code, EVENT.c.recorded_at)
        .join(AGREEMENT_MOVE, AGREEMENT_MOVE.c.agreement_id == AGREEMENT.c.id)
        .join(EVENT, EVENT.c.id == AGREEMENT_MOVE.c.event_id)
        .where(AGREEMENT.c.book_id == book_id, AGREEMENT_MOVE.c.state == "proposed")
        .where(AGREEMENT_MOVE.c.no == newest)
        .order_by(AGREEMENT.c.id)
        .limit(MOST)
    )
    return tuple((row.code, row.recorded_at.date()) for row in rows)


def list_owed_back(session: Session, book_id: int) -> tuple[OwedBack, ...]:
    """Return what payees owe back to funds of a book, at most a thousand."""
    left = PAYOUT.c.amount - carried_out()
    rows = session.execute(
        select(AGREEMENT.c.code, PAYOUT.c.id, PAYOUT.c.payee, PAYOUT.c.unit, left.label("left"))
        .join(PAYOUT, PAYOUT.c.agreement_id == AGREEMENT.c.id)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(AGREEMENT.c.book_id == book_id, PAYOUT.c.direction == "back", PAYOUT.c.route == "fund")
        .where(PAYOUT_VOID.c.payout_id.is_(None), left > 0)
        .order_by(AGREEMENT.c.code, PAYOUT.c.id)
        .limit(MOST)
    ).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        OwedBack(
            agreement=row.code,
            payout=str(row.id),
            payee=row.payee,
            amount=Money(minor=int(row.left), unit=units[row.unit]),
        )
        for row in rows
    )


def find_payout_of_proposal(session: Session, book_id: int, proposal: UUID) -> tuple[str, UUID] | None:
    """Return the agreement and the payout that wait, or waited, for a proposal; None where none does."""
    row = session.execute(
        select(AGREEMENT.c.code, PAYOUT.c.id)
        .join(PAYOUT, PAYOUT.c.agreement_id == AGREEMENT.c.id)
        .join(PAYOUT_WAIT, PAYOUT_WAIT.c.payout_id == PAYOUT.c.id)
        .where(AGREEMENT.c.book_id == book_id, PAYOUT_WAIT.c.proposal_id == proposal)
    ).one_or_none()
    return None if row is None else (row.code, row.id)
