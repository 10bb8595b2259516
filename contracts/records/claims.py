"""Rows of claims and their evidence, and the decisions in force on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.records.registry import find_party_id
from ...finance.records.tables import PARTY
from ..claims import Claim, ClaimedResult, Evidence, read_decision, read_result_rows
from .agreements import StoredAgreement
from .tables import AGREEMENT_PARTY, CLAIM, DATASET, DECISION, DISPUTE, EVIDENCE, RESOLUTION, WAIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """A claim with its row number."""

    id: int
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """What counts of a claim: the decision of its latest round.

    Attributes
    ----------
    claim_id : int [row number]
        Of the claim.
    claim : str
        Its code.
    round : int [place]
        1, or more after a dispute.
    results : tuple of ClaimedResult
        What is paid on; none where nothing of the claim holds.
    nothing : tuple of ClaimedResult
        What an earlier round had said and this one does not, at zero or false.
    decided_on, open_until : date
        When it was decided, and the first day on which the time for disputes is over.
    disputed : bool
        Whether a dispute on it is open.
    waived : tuple of str
        Names that gave up their right to dispute it.
    final_on : date
        From which day it is final, unless it is disputed.
    """

    claim_id: int
    claim: str
    round: int
    results: tuple[ClaimedResult, ...]
    nothing: tuple[ClaimedResult, ...] = ()
    decided_on: date
    open_until: date
    disputed: bool
    waived: tuple[str, ...]
    final_on: date


def keep_claim(session: Session, stored: StoredAgreement, made: Claim, event_id: UUID) -> None:
    """Write a claim; the database refuses one under an agreement that is not active."""
    session.execute(
        insert(CLAIM).values(
            agreement_id=stored.id,
            active_no=stored.move,
            active_state=stored.agreement.state,
            code=made.code,
            body=made.claim_bytes(),
            sha256=bytes.fromhex(made.digest()),
            claimed_by=find_party_id(session, stored.book_id, made.claimed_by),
            dataset_id=find_dataset_id(session, stored, made.dataset) if made.dataset else None,
            event_id=event_id,
        )
    )


def find_dataset_id(session: Session, stored: StoredAgreement, code: str) -> int:
    """Return the row number of imported rows."""
    found = session.scalar(
        select(DATASET.c.id).where(DATASET.c.agreement_id == stored.id, DATASET.c.code == code)
    )
    if found is None:
        raise Missing(
            f"There are no imported rows {code!r} under {stored.agreement.code!r}. Import them first.",
            what="dataset",
            code=code,
        )
    return int(found)


def find_claim(session: Session, stored: StoredAgreement, code: str) -> StoredClaim:
    """Return a claim.

    Raises
    ------
    Missing
        When there is none of this code.
    """
    found = find_known_claim(session, stored, code)
    if found is None:
        raise Missing(f"There is no claim {code!r} under {stored.agreement.code!r}.", what="claim", code=code)
    return found


def find_known_claim(session: Session, stored: StoredAgreement, code: str) -> StoredClaim | None:
    """Return a claim, if it is there."""
    return next((one for one in _claims(session, stored, code)), None)


def list_stored_claims(session: Session, stored: StoredAgreement) -> tuple[StoredClaim, ...]:
    """Return all claims of an agreement, in the order they were made."""
    return _claims(session, stored)


def _claims(session: Session, stored: StoredAgreement, code: str = "") -> tuple[StoredClaim, ...]:
    query = (
        select(CLAIM.c.id, CLAIM.c.code, CLAIM.c.body, PARTY.c.code.label("party"))
        .join(PARTY, PARTY.c.id == CLAIM.c.claimed_by)
        .where(CLAIM.c.agreement_id == stored.id)
        .order_by(CLAIM.c.id)
    )
    if code:
        query = query.where(CLAIM.c.code == code)
    return tuple(_claim(stored, row) for row in session.execute(query))


def _claim(stored: StoredAgreement, row: Row[*tuple[Any, ...]]) -> StoredClaim:
    said = json.loads(row.body)
    claim = Claim(
        agreement=stored.agreement.code,
        code=row.code,
        results=read_result_rows(said["results"]),
        claimed_by=row.party,
        dataset=said["dataset"],
    )
    return StoredClaim(id=row.id, claim=claim)


def keep_evidence(session: Session, claim_id: int, evidence: Evidence, event_id: UUID) -> None:
    """Write a piece of evidence."""
    session.execute(
        insert(EVIDENCE).values(
            claim_id=claim_id,
            sha256=bytes.fromhex(evidence.sha256),
            media_type=evidence.media_type,
            method=evidence.method,
            description=evidence.description,
            held_by=evidence.held_by,
            event_id=event_id,
        )
    )


def list_evidence(session: Session, stored: StoredAgreement, claim: str) -> tuple[Evidence, ...]:
    """Return the evidence of a claim, in the order it was attached."""
    rows = session.execute(
        select(EVIDENCE)
        .join(CLAIM, CLAIM.c.id == EVIDENCE.c.claim_id)
        .where(CLAIM.c.agreement_id == stored.id, CLAIM.c.code == claim)
        .order_by(EVIDENCE.c.id)
    )
    return tuple(
        Evidence(
            claim=claim,
            sha256=bytes(row.sha256).hex(),
            media_type=row.media_type,
            method=row.method,
            description=row.description,
            held_by=row.held_by,
        )
        for row in rows
    )


def find_evidence_id(session: Session, claim_id: int, sha256: str) -> int | None:
    """Return the row number of a claim's evidence with this digest, if it is on record."""
    return session.scalar(
        select(EVIDENCE.c.id).where(
            EVIDENCE.c.claim_id == claim_id, EVIDENCE.c.sha256 == bytes.fromhex(sha256)
        )
    )


def decisions_in_force(session: Session, stored: StoredAgreement) -> tuple[StoredDecision, ...]:
    """Return the decision of the latest round of every claim that has one, in the order of decision."""
    rows = session.execute(
        select(DECISION, CLAIM.c.code)
        .join(CLAIM, CLAIM.c.id == DECISION.c.claim_id)
        .where(DECISION.c.agreement_id == stored.id)
        .order_by(DECISION.c.claim_id, DECISION.c.round)
    ).all()
    latest = {row.claim_id: row for row in rows}
    outcomes = _outcomes(session, stored.id)
    waived = _waived(session, stored.id)
    names = interested_names(session, stored)
    made = [
        _decision(row, outcomes, waived.get((row.claim_id, row.round), ()), names) for row in latest.values()
    ]
    return tuple(sorted(made, key=lambda one: (one.decided_on, one.claim_id)))


def _decision(
    row: Row[*tuple[Any, ...]],
    outcomes: Mapping[tuple[int, int], str | None],
    waived: tuple[str, ...],
    names: frozenset[str],
) -> StoredDecision:
    disputed = (row.claim_id, row.round) in outcomes
    outcome = outcomes.get((row.claim_id, row.round))
    results, nothing = read_decision(bytes(row.body))
    at_once = outcome == "upheld" or names <= set(waived)
    return StoredDecision(
        claim_id=row.claim_id,
        claim=row.code,
        round=row.round,
        results=results,
        nothing=nothing,
        decided_on=row.decided_on,
        open_until=row.open_until,
        disputed=disputed and outcome is None,
        waived=waived,
        final_on=row.decided_on if at_once else row.open_until,
    )


def _outcomes(session: Session, agreement_id: int) -> dict[tuple[int, int], str | None]:
    """Return how each dispute ended, by claim and round; None while it is open."""
    rows = session.execute(
        select(DISPUTE.c.claim_id, DISPUTE.c.round, RESOLUTION.c.outcome)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == agreement_id)
    )
    return {(row.claim_id, row.round): row.outcome for row in rows}


def _waived(session: Session, agreement_id: int) -> dict[tuple[int, int], tuple[str, ...]]:
    rows = session.execute(
        select(WAIVER.c.claim_id, WAIVER.c.round, WAIVER.c.term_party)
        .where(WAIVER.c.agreement_id == agreement_id)
        .order_by(WAIVER.c.term_party)
    )
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for row in rows:
        found[row.claim_id, row.round] = (*found.get((row.claim_id, row.round), ()), row.term_party)
    return found


def interested_names(session: Session, stored: StoredAgreement) -> frozenset[str]:
    """Return the names of the parties that have money in an agreement."""
    query = select(AGREEMENT_PARTY.c.term_party).where(
        AGREEMENT_PARTY.c.agreement_id == stored.id, AGREEMENT_PARTY.c.duty == "interested"
    )
    return frozenset(session.scalars(query))


def list_claims_of(session: Session, stored: StoredAgreement, dataset: str) -> tuple[str, ...]:
    """Return the codes of the claims that sum up the same imported rows."""
    return tuple(
        one.claim.code for one in list_stored_claims(session, stored) if one.claim.dataset == dataset
    )


def void_claims(session: Session, stored: StoredAgreement, today: date) -> frozenset[str]:
    """Return the codes of claims of which nothing was found to hold, for good: their rows are free again."""
    return frozenset(
        one.claim
        for one in decisions_in_force(session, stored)
        if not one.results and not one.disputed and one.final_on <= today
    )
