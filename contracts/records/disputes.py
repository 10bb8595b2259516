"""Rows of disputes: what is questioned, what is kept back meanwhile, and how it ended."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import Missing
from ...finance.money import Money
from ...finance.records.registry import find_party_id, find_unit
from ..disputes import Dispute, Resolution
from .agreements import StoredAgreement
from .tables import CLAIM, DISPUTE, FROZEN, RESOLUTION, THAW, WAIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDispute:
    """A dispute with its row numbers, and the exact bytes of its resolution, if it has one."""

    id: int
    claim_id: int
    dispute: Dispute
    resolution: bytes = b""


def keep_dispute(
    session: Session, stored: StoredAgreement, claim_id: int, raised: Dispute, event_id: UUID
) -> int:
    """Write a dispute and return its row number; one for each round of a claim."""
    session.execute(
        insert(DISPUTE).values(
            claim_id=claim_id,
            agreement_id=stored.id,
            round=raised.round,
            code=raised.code,
            grounds=raised.grounds,
            raised_by=raised.raised_by,
            statement=raised.statement,
            evidence_sha256=bytes.fromhex(raised.evidence_sha256) if raised.evidence_sha256 else None,
            event_id=event_id,
        )
    )
    return int(
        session.scalars(
            select(DISPUTE.c.id).where(DISPUTE.c.agreement_id == stored.id, DISPUTE.c.code == raised.code)
        ).one()
    )


def keep_frozen(
    session: Session,
    stored: StoredAgreement,
    dispute_id: int,
    payer: str,
    amount: Money,
    rows: Iterable[dict[str, object]],
    txn_id: UUID,
) -> None:
    """Write what a dispute keeps back of one payer's money, with the legs it would have been paid by."""
    session.execute(
        insert(FROZEN).values(
            dispute_id=dispute_id,
            agreement_id=stored.id,
            payer=payer,
            unit=amount.unit.code,
            amount=amount.minor,
            body=canonical_bytes(list(rows)),
            txn_id=txn_id,
        )
    )


def keep_thaw(session: Session, dispute_id: int, payer: str, unit: str, txn_id: UUID) -> None:
    """Write that what was kept back of one payer's money is kept for the agreement again."""
    session.execute(insert(THAW).values(dispute_id=dispute_id, payer=payer, unit=unit, txn_id=txn_id))


def keep_resolution(
    session: Session, stored: StoredAgreement, dispute_id: int, ended: Resolution, event_id: UUID
) -> None:
    """Write how a dispute ended; the database refuses one by anybody but the resolver."""
    session.execute(
        insert(RESOLUTION).values(
            dispute_id=dispute_id,
            agreement_id=stored.id,
            outcome=ended.outcome,
            resolver_id=find_party_id(session, stored.book_id, ended.resolver),
            duty="resolver",
            reason=ended.reason,
            body=ended.payload(),
            signature=ended.signature,
            event_id=event_id,
        )
    )


def keep_waiver(
    session: Session, stored: StoredAgreement, claim_id: int, number: int, name: str, event_id: UUID
) -> None:
    """Write that a party gave up its right to dispute a decision.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    claim_id : int [row number]
        Of the claim.
    number : int [place]
        Of the round that was decided.
    name : str
        Of the party in the agreement.
    event_id : UUID
        That records it.
    """
    session.execute(
        insert(WAIVER).values(
            claim_id=claim_id, round=number, agreement_id=stored.id, term_party=name, event_id=event_id
        )
    )


def list_stored(session: Session, stored: StoredAgreement) -> tuple[StoredDispute, ...]:
    """Return all disputes of an agreement, in the order they were raised."""
    rows = session.execute(
        select(DISPUTE, CLAIM.c.code.label("claim"), RESOLUTION.c.outcome, RESOLUTION.c.body)
        .join(CLAIM, CLAIM.c.id == DISPUTE.c.claim_id)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == stored.id)
        .order_by(DISPUTE.c.id)
    ).all()
    kept = _frozen(session, stored.id)
    ended = {row.id: json.loads(row.body) if row.body else {} for row in rows}
    return tuple(
        StoredDispute(
            id=row.id,
            claim_id=row.claim_id,
            dispute=Dispute(
                agreement=stored.agreement.code,
                claim=row.claim,
                code=row.code,
                round=row.round,
                grounds=row.grounds,
                raised_by=row.raised_by,
                statement=row.statement,
                evidence_sha256=bytes(row.evidence_sha256).hex() if row.evidence_sha256 else "",
                frozen=kept.get(row.id, {}),
                outcome=row.outcome or "",
                reason=ended[row.id].get("reason", ""),
                resolver=ended[row.id].get("resolver", ""),
            ),
            resolution=bytes(row.body) if row.body else b"",
        )
        for row in rows
    )


def list_disputes(session: Session, stored: StoredAgreement, claim: str) -> tuple[Dispute, ...]:
    """Return the disputes about a claim, in the order they were raised."""
    return tuple(one.dispute for one in list_stored(session, stored) if one.dispute.claim == claim)


def find_dispute(session: Session, stored: StoredAgreement, code: str) -> StoredDispute:
    """Return a dispute.

    Raises
    ------
    Missing
        When there is none of this code.
    """
    for one in list_stored(session, stored):
        if one.dispute.code == code:
            return one
    raise Missing(f"There is no dispute {code!r} under {stored.agreement.code!r}.", what="dispute", code=code)


def _frozen(session: Session, agreement_id: int) -> dict[int, dict[str, Money]]:
    rows = session.execute(
        select(FROZEN.c.dispute_id, FROZEN.c.payer, FROZEN.c.unit, FROZEN.c.amount)
        .where(FROZEN.c.agreement_id == agreement_id)
        .order_by(FROZEN.c.dispute_id, FROZEN.c.payer)
    )
    found: dict[int, dict[str, Money]] = {}
    for row in rows:
        money = Money(minor=row.amount, unit=find_unit(session, row.unit))
        found.setdefault(row.dispute_id, {})[row.payer] = money
    return found
