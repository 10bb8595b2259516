"""Rows of claims, evidence, determinations and settlements."""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import Busy, Missing
from ...finance.money import Money
from ...finance.records.registry import find_book_id, find_party_id
from ...finance.records.tables import PARTY
from ..agreement import Agreement
from ..settlement import Settlement
from ..terms.observing import Observation, write_value
from ..terms.pay import Entitlement, State, TraceRow
from ..terms.program import Program
from ..verification import Claim, Determination, Evidence
from .tables import CLAIM, DETERMINATION, EVIDENCE, SETTLED, SETTLEMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """A claim with its row number."""

    id: int
    claim: Claim


def keep_claim(
    session: Session, book: str, agreement_id: int, claim: Claim, count: int, event_id: UUID
) -> None:
    """Write a claim; ``count`` is its value in counts of the metric's type."""
    book_id = find_book_id(session, book)
    session.execute(
        insert(CLAIM).values(
            agreement_id=agreement_id,
            code=claim.code,
            metric=claim.metric,
            period=claim.period,
            value=count,
            claimed_by=find_party_id(session, book_id, claim.claimed_by),
            event_id=event_id,
        )
    )


def find_claim(
    session: Session, program: Program, agreement_id: int, agreement: str, code: str
) -> StoredClaim:
    """Return a claim."""
    row = session.execute(
        select(CLAIM, PARTY.c.code.label("party"))
        .join(PARTY, PARTY.c.id == CLAIM.c.claimed_by)
        .where(CLAIM.c.agreement_id == agreement_id, CLAIM.c.code == code)
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no claim {code!r} under {agreement!r}.", what="claim", code=code)
    claim = Claim(
        agreement=agreement,
        code=code,
        metric=row.metric,
        period=row.period,
        value=write_value(program.metrics[row.metric], row.value),
        claimed_by=row.party,
    )
    return StoredClaim(id=row.id, claim=claim)


def keep_evidence(session: Session, claim_id: int, evidence: Evidence, event_id: UUID) -> None:
    """Write a piece of evidence."""
    session.execute(
        insert(EVIDENCE).values(
            claim_id=claim_id,
            sha256=bytes.fromhex(evidence.sha256),
            method=evidence.method,
            description=evidence.description,
            event_id=event_id,
        )
    )


def find_evidence_id(session: Session, claim_id: int, sha256: str) -> int | None:
    """Return the row number of a claim's evidence with this digest, if it is on record."""
    rows = session.execute(select(EVIDENCE.c.id, EVIDENCE.c.sha256).where(EVIDENCE.c.claim_id == claim_id))
    return next((row.id for row in rows if bytes(row.sha256).hex() == sha256), None)


def list_evidence(session: Session, claim_id: int) -> tuple[str, ...]:
    """Return the digests of a claim's evidence."""
    rows = session.scalars(
        select(EVIDENCE.c.sha256).where(EVIDENCE.c.claim_id == claim_id).order_by(EVIDENCE.c.id)
    )
    return tuple(bytes(row).hex() for row in rows)


def keep_determination(
    session: Session,
    agreement: Agreement,
    agreement_id: int,
    claim_id: int,
    found: Determination,
    count: int,
    body: bytes,
    event_id: UUID,
) -> None:
    """Write a determination; the database refuses one by a party that is not the agreement's verifier."""
    book_id = find_book_id(session, agreement.book)
    session.execute(
        insert(DETERMINATION).values(
            claim_id=claim_id,
            agreement_id=agreement_id,
            verifier_id=find_party_id(session, book_id, found.verifier),
            duty="verifier",
            evidence_id=find_evidence_id(session, claim_id, found.evidence_sha256),
            value=count,
            body=body,
            signature=found.signature,
            event_id=event_id,
        )
    )


def find_determined(session: Session, claim_id: int) -> tuple[int, bytes] | None:
    """Return the count a claim was determined at and the bytes that were signed, if it was."""
    row = session.execute(
        select(DETERMINATION.c.value, DETERMINATION.c.body).where(DETERMINATION.c.claim_id == claim_id)
    ).one_or_none()
    return None if row is None else (row.value, bytes(row.body))


def find_state(session: Session, program: Program, agreement_id: int) -> State:
    """Return what an agreement has settled: determinations in order, and payments by clause and period."""
    rows = session.execute(
        select(CLAIM.c.code, CLAIM.c.metric, CLAIM.c.period, DETERMINATION.c.value)
        .join(DETERMINATION, DETERMINATION.c.claim_id == CLAIM.c.id)
        .join(SETTLED, SETTLED.c.claim_id == CLAIM.c.id)
        .where(SETTLED.c.agreement_id == agreement_id)
        .order_by(SETTLED.c.position)
    )
    observed = tuple(observed_as(program, row.code, row.metric, row.period, row.value) for row in rows)
    paid = session.execute(
        select(SETTLEMENT.c.clause, SETTLEMENT.c.period, func.sum(SETTLEMENT.c.due).label("paid"))
        .join(SETTLED, SETTLED.c.claim_id == SETTLEMENT.c.claim_id)
        .where(SETTLED.c.agreement_id == agreement_id)
        .group_by(SETTLEMENT.c.clause, SETTLEMENT.c.period)
    )
    return State(observed=observed, obligated={(row.clause, row.period, ()): int(row.paid) for row in paid})


def observed_as(program: Program, code: str, metric: str, period: str, count: int) -> Observation:
    """Make the observation that a determined claim stands for; the claim's code tells it from others.

    Parameters
    ----------
    program : Program
        Compiled terms.
    code, metric, period : str
        Of the claim; a metric that is not by period is kept under ``term``.
    count : int [counts of the metric's type]
        What was determined.
    """
    by_period = program.metrics[metric].by_period
    return Observation(metric=metric, value=count, period=period if by_period else "", id=code)


def keep_settled(session: Session, agreement_id: int, position: int, claim_id: int, event_id: UUID) -> None:
    """Take a place in an agreement's order of settlements; the database gives each place once."""
    try:
        session.execute(
            insert(SETTLED).values(
                agreement_id=agreement_id, position=position, claim_id=claim_id, event_id=event_id
            )
        )
    except DatabaseError as fault:
        raise Busy(
            "Another claim under this agreement was settled at the same moment. Nothing was paid; try again."
        ) from fault


def list_settlements(session: Session, agreement: Agreement, agreement_id: int) -> tuple[Settlement, ...]:
    """Return the settlements of an agreement, in the order of claims and clauses."""
    rows = session.execute(
        select(SETTLEMENT, CLAIM.c.code)
        .join(CLAIM, CLAIM.c.id == SETTLEMENT.c.claim_id)
        .join(SETTLED, SETTLED.c.claim_id == CLAIM.c.id)
        .where(CLAIM.c.agreement_id == agreement_id)
        .order_by(SETTLED.c.position, SETTLEMENT.c.clause, SETTLEMENT.c.period)
    )
    unit = agreement.maximum.unit
    return tuple(
        Settlement(
            agreement=agreement.code,
            claim=row.code,
            clause=row.clause,
            period=row.period,
            earned=Money(minor=row.earned, unit=unit),
            entitled=Money(minor=row.entitled, unit=unit),
            due=Money(minor=row.due, unit=unit),
            trace=tuple(
                TraceRow(path=one["path"], op=one["op"], inputs=tuple(one["inputs"]), value=one["value"])
                for one in json.loads(row.trace)
            ),
            transaction=row.txn_id,
        )
        for row in rows
    )


def keep_settlement(session: Session, claim_id: int, row: Entitlement, txn_id: UUID | None) -> None:
    """Write what a determination brought about under one clause, entitled to no more than is earned now."""
    trace = [
        {"inputs": list(one.inputs), "op": one.op, "path": one.path, "value": one.value} for one in row.trace
    ]
    session.execute(
        insert(SETTLEMENT).values(
            claim_id=claim_id,
            clause=row.clause,
            period=row.period,
            earned=row.earned,
            entitled=min(row.entitled, row.earned),
            due=row.due,
            trace=canonical_bytes(trace),
            txn_id=txn_id,
        )
    )
