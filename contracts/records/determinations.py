"""Rows of determinations, and of the decisions that they lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import DeterminationReplayed
from ...finance.records.registry import find_party_id
from ..determinations import Determination
from ..envelopes import read_determination
from .agreements import StoredAgreement
from .tables import CLAIM, DECISION, DETERMINATION

CHUNK = 500  # claims [rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeterminationRows:
    """Row numbers that a determination is written with.

    Attributes
    ----------
    claim_id, evidence_id : int [row number]
        What it determines, and what it rests on.
    duty : str
        ``verifier`` or ``resolver``.
    """

    claim_id: int
    evidence_id: int
    duty: str


def keep_determination(
    session: Session, stored: StoredAgreement, found: Determination, kept: DeterminationRows, event_id: UUID
) -> None:
    """Write a determination; the database refuses one by a party without that duty.

    Raises
    ------
    DeterminationReplayed
        When exactly these bytes are on record in another book.
    """
    row = {
        "claim_id": kept.claim_id,
        "agreement_id": stored.id,
        "round": found.round,
        "verifier_id": find_party_id(session, stored.book_id, found.verifier),
        "duty": kept.duty,
        "evidence_id": kept.evidence_id,
        "body": found.payload(),
        "sha256": bytes.fromhex(found.digest()),
        "signature": found.signature,
        "event_id": event_id,
    }
    try:
        session.execute(insert(DETERMINATION).values(**row))
    except IntegrityError as fault:
        if "sha256" not in str(fault.orig):
            raise
        raise DeterminationReplayed(
            "Exactly these bytes are on record elsewhere, and a signed finding counts once. Give the "
            "agreement or the claim a code of its own, and sign a finding on that.",
            claim=found.claim,
            sha256=found.digest(),
        ) from None


def list_determinations(session: Session, stored: StoredAgreement, claim: str) -> tuple[Determination, ...]:
    """Return what verifiers found about a claim, by round, in the order of arrival."""
    rows = session.execute(
        select(DETERMINATION.c.body, DETERMINATION.c.signature)
        .join(CLAIM, CLAIM.c.id == DETERMINATION.c.claim_id)
        .where(CLAIM.c.agreement_id == stored.id, CLAIM.c.code == claim)
        .order_by(DETERMINATION.c.round, DETERMINATION.c.id)
    )
    return tuple(read_determination(bytes(row.body), bytes(row.signature)) for row in rows)


def list_first(
    session: Session, stored: StoredAgreement, claims: Iterable[str]
) -> dict[str, tuple[Determination, ...]]:
    """Return what verifiers found in the first round, by claim, in the order of arrival."""
    query = (
        select(CLAIM.c.code, DETERMINATION.c.body, DETERMINATION.c.signature)
        .join(CLAIM, CLAIM.c.id == DETERMINATION.c.claim_id)
        .where(CLAIM.c.agreement_id == stored.id, DETERMINATION.c.round == 1)
        .order_by(DETERMINATION.c.id)
    )
    wanted = list(claims)
    found: dict[str, tuple[Determination, ...]] = {}
    for start in range(0, len(wanted), CHUNK):
        for row in session.execute(query.where(CLAIM.c.code.in_(wanted[start : start + CHUNK]))):
            read = read_determination(bytes(row.body), bytes(row.signature))
            found[row.code] = (*found.get(row.code, ()), read)
    return found


def keep_decision(
    session: Session,
    stored: StoredAgreement,
    claim_id: int,
    number: int,
    body: Mapping[str, object],
    *,
    decided_on: date,
    open_until: date,
    event_id: UUID,
) -> None:
    """Write what counts of a claim in a round.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    claim_id : int [row number]
        Of the claim.
    number : int [place]
        Of the round.
    body : Mapping
        What counts, as ``decision_rows`` writes it.
    decided_on, open_until : date
        When, and from which day nobody can dispute it in the ordinary way.
    event_id : UUID
        That records it.
    """
    session.execute(
        insert(DECISION).values(
            claim_id=claim_id,
            round=number,
            agreement_id=stored.id,
            body=canonical_bytes(body),
            decided_on=decided_on,
            open_until=open_until,
            event_id=event_id,
        )
    )
