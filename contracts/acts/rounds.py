"""In which round a claim is, and how it stands: what callers and other acts ask first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ...finance.dates import Clock, as_utc
from ...finance.storage import Session
from ..claims import ClaimState, ClaimStatus
from ..determinations import Determination
from ..quorum import can_agree
from ..records import agreements, claims, determinations, disputes, settlements
from ..records.agreements import StoredAgreement
from ..records.claims import StoredClaim, StoredDecision
from ..records.disputes import StoredDispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How far a claim has come.

    Attributes
    ----------
    findings : tuple of Determination
        By round, in order of arrival.
    current : int [place]
        The round for which findings are taken now, or that was decided last.
    decided : bool
        Whether the current round is decided.
    """

    findings: tuple[Determination, ...]
    current: int
    decided: bool


def rounds_of(session: Session, stored: StoredAgreement, claim: str) -> Rounds:
    """Return how far a claim has come; an open dispute opens the next round."""
    decision = next((one for one in claims.decisions_in_force(session, stored) if one.claim == claim), None)
    raised = [one for one in disputes.list_stored(session, stored) if one.dispute.claim == claim]
    opened = [one.dispute.round + 1 for one in raised if not one.dispute.outcome]
    current = max([1, *opened, decision.round if decision else 1])
    return Rounds(
        findings=determinations.list_determinations(session, stored, claim),
        current=current,
        decided=decision is not None and decision.round == current,
    )


def claim_status(session: Session, book: str, agreement: str, claim: str, *, clock: Clock) -> ClaimStatus:
    """Say how a claim stands.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.
    claim : str
        Code of the claim.
    clock : Clock
        Its day says whether a finding is final.

    Raises
    ------
    Missing
        When there is no such claim.
    """
    stored = agreements.find_agreement(session, book, agreement)
    row = claims.find_claim(session, stored, claim)
    return _statuses(session, stored, [row], as_utc(clock()).date())[0]


def list_claims(session: Session, book: str, agreement: str, *, clock: Clock) -> tuple[ClaimStatus, ...]:
    """Return how all claims of an agreement stand, in the order they were made.

    Parameters
    ----------
    session, book, agreement, clock
        As for ``claim_status``.
    """
    stored = agreements.find_agreement(session, book, agreement)
    rows = claims.list_stored_claims(session, stored)
    return _statuses(session, stored, rows, as_utc(clock()).date())


def list_statuses(
    session: Session, book: str, agreement: str, codes: Collection[str], *, clock: Clock
) -> tuple[ClaimStatus, ...]:
    """Return how some claims of an agreement stand, by code.

    Parameters
    ----------
    session, book, agreement, clock
        As for ``claim_status``.
    codes : collection of str
        Of claims; one that is not there is passed over.
    """
    stored = agreements.find_agreement(session, book, agreement)
    rows = [one for one in claims.list_stored_claims(session, stored) if one.claim.code in codes]
    rows.sort(key=lambda one: one.claim.code)
    return _statuses(session, stored, rows, as_utc(clock()).date())


def _statuses(
    session: Session, stored: StoredAgreement, rows: Sequence[StoredClaim], today: date
) -> tuple[ClaimStatus, ...]:
    decided = {one.claim: one for one in claims.decisions_in_force(session, stored)}
    raised = disputes.list_stored(session, stored)
    settled = {one.claim: one.round for one in settlements.read_books(session, stored.id).decided}
    first = determinations.list_first(session, stored, [row.claim.code for row in rows])
    return tuple(
        _status(stored, row, first.get(row.claim.code, ()), decided, raised, settled, today) for row in rows
    )


def _status(
    stored: StoredAgreement,
    row: StoredClaim,
    first: Sequence[Determination],
    decided: Mapping[str, StoredDecision],
    raised: Sequence[StoredDispute],
    settled: Mapping[str, int],
    today: date,
) -> ClaimStatus:
    code = row.claim.code
    decision = decided.get(code)
    document = stored.agreement.document
    dispute = next(
        (one.dispute.code for one in raised if one.dispute.claim == code and not one.dispute.outcome), ""
    )
    count = len(set(document.verifying.values()))
    state: ClaimState
    if dispute:
        state = "disputed"
    elif decision is None:
        agreeable = can_agree(first, document.verification, count)
        state = ("determined" if first else "claimed") if agreeable else "in_disagreement"
    elif settled.get(code, 0) >= decision.round:
        state = "settled"
    else:
        state = "final" if decision.final_on <= today else "provisional"
    return ClaimStatus(
        claim=row.claim,
        state=state,
        found=len(first),
        needed=document.verification.quorum,
        round=decision.round if decision else 1,
        decided_on=decision.decided_on if decision else None,
        final_on=decision.final_on if decision else None,
        dispute=dispute,
        results=decision.results if decision else (),
    )
