"""What a replay reads: the events of an agreement in order, and the rows that must agree with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...finance.records.tables import EVENT
from ..settling import OPENING, RESIDUAL
from .settlements import read_members
from .tables import (
    AGREEMENT_DRAFT,
    AMENDMENT,
    AMENDMENT_START,
    CLAIM,
    DECISION,
    OBLIGATION,
    PAYOUT,
    SETTLEMENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEvents:
    """What was recorded about an agreement.

    Attributes
    ----------
    document : bytes
        As signed.
    amendments : tuple of bytes
        In force, oldest first.
    decisions : Mapping of (str, int) to bytes
        By claim and round.
    settlements : tuple of bytes
        Event bodies in order.
    """

    document: bytes
    amendments: tuple[bytes, ...]
    decisions: Mapping[tuple[str, int], bytes]
    settlements: tuple[bytes, ...]


def read_events(session: Session, agreement_id: int) -> AgreementEvents:
    """Return what was recorded about an agreement, from its events."""
    draft = session.scalars(
        select(EVENT.c.body)
        .join(AGREEMENT_DRAFT, AGREEMENT_DRAFT.c.event_id == EVENT.c.id)
        .where(AGREEMENT_DRAFT.c.agreement_id == agreement_id)
        .order_by(AGREEMENT_DRAFT.c.version.desc())
        .limit(1)
    ).one()
    amended = session.scalars(
        select(EVENT.c.body)
        .join(AMENDMENT, AMENDMENT.c.event_id == EVENT.c.id)
        .join(AMENDMENT_START, AMENDMENT_START.c.amendment_id == AMENDMENT.c.id)
        .where(AMENDMENT_START.c.agreement_id == agreement_id)
        .order_by(AMENDMENT_START.c.ordinal)
    )
    decided = session.execute(
        select(CLAIM.c.code, DECISION.c.round, EVENT.c.body)
        .join(DECISION, DECISION.c.claim_id == CLAIM.c.id)
        .join(EVENT, EVENT.c.id == DECISION.c.event_id)
        .where(CLAIM.c.agreement_id == agreement_id)
    )
    settled = session.scalars(
        select(EVENT.c.body)
        .join(SETTLEMENT, SETTLEMENT.c.event_id == EVENT.c.id)
        .where(SETTLEMENT.c.agreement_id == agreement_id)
        .order_by(SETTLEMENT.c.position)
    )
    return AgreementEvents(
        document=json.loads(draft)["document"].encode(),
        amendments=tuple(json.loads(body)["document"].encode() for body in amended),
        decisions={(row.code, row.round): bytes(row.body) for row in decided},
        settlements=tuple(bytes(body) for body in settled),
    )


def read_rows(session: Session, agreement_id: int) -> dict[str, set[tuple[object, ...]]]:
    """Return payouts and obligations as the tables hold them, without what pots open with or leave."""
    paid = session.execute(
        select(PAYOUT.c.id, PAYOUT.c.clause, PAYOUT.c.amount, PAYOUT.c.direction).where(
            PAYOUT.c.agreement_id == agreement_id
        )
    )
    owed = session.execute(
        select(OBLIGATION, SETTLEMENT.c.position)
        .join(SETTLEMENT, SETTLEMENT.c.id == OBLIGATION.c.settlement_id)
        .where(SETTLEMENT.c.agreement_id == agreement_id)
    )
    return {
        "payouts": {
            (str(row.id), row.amount if row.direction == "out" else -row.amount)
            for row in paid
            if not row.clause.startswith((OPENING, RESIDUAL))
        },
        "obligations": {
            (row.position, row.clause, row.period, read_members(row.members), row.payer, row.payee, row.due)
            for row in owed
        },
    }
