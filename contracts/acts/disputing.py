"""A finding is disputed in time, on a named ground; what it affects is kept back until others decide."""

from datetime import date, timedelta

from ...finance.dates import Clock, as_utc
from ...finance.errors import DisputeRefused, KeyReused, NotIndependent, OverdrawnCommitment
from ...finance.ledger import PLAIN, Details
from ...finance.posting import record_event
from ...finance.records import registry
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..agreement import AgreementState, Grounds
from ..claims import ClaimStatus
from ..determinations import Determination
from ..disputes import Dispute, Resolution
from ..records import agreements, claims, determinations, disputes, settlements
from ..records.agreements import StoredAgreement
from ..records.claims import StoredClaim, StoredDecision
from ..records.disputes import StoredDispute
from ..settling import withdrawn
from .determining import determine, write_decision
from .freezing import freeze, thaw
from .liability import follow_liability
from .paying import take_executed
from .rounds import claim_status
from .settling import SETTLED_STATES, resting_on, settle, worth_of
from .vetting import find_tied, require_untied

DISPUTABLE: tuple[AgreementState, ...] = ("active", "suspended", "measured", "terminated")
DISAGREEMENT = "disagreement"
TIE = "conflict_of_interest"


def dispute(  # noqa: PLR0913  # the fields of a dispute, each once
    session: Session,
    book: str,
    agreement: str,
    claim: str,
    *,
    by: str,
    grounds: Grounds,
    statement: str,
    key: str,
    clock: Clock,
    evidence_sha256: str = "",
) -> Dispute:
    """Question the finding in force on a claim; what would be paid on it now is kept back.

    What another finding could cost is set aside; if it was released before, as much as the fund has free.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement, claim : str
        Codes.
    by : str
        Name in the agreement of a party with money in it, or of a verifier.
    grounds : str
        One that the agreement admits. On ``conflict_of_interest`` a finding whose verifier is tied to the
        money can be disputed at any time; on ``disagreement`` a claim on which no quorum can come about.
    statement : str
        Why.
    key : str
        Unique in the agreement; the dispute's code. The same again changes nothing.
    clock : Clock
        When it is recorded; its day says whether it is in time.
    evidence_sha256 : str
        Counter-evidence, by digest.

    Raises
    ------
    DisputeRefused
        Out of time, on another ground, by nobody concerned, a second time, or where nobody decides.
    KeyReused, Missing, NotSigned, UnlawfulTransition
        When the key belongs to another dispute; when there is no claim; when it is not in force.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = claims.find_claim(session, stored, claim)
    decision = next((one for one in claims.decisions_in_force(session, stored) if one.claim == claim), None)
    raised = Dispute(
        agreement=agreement,
        claim=claim,
        code=key,
        round=decision.round if decision else 1,
        grounds=grounds,
        raised_by=by,
        statement=statement,
        evidence_sha256=evidence_sha256.lower(),
    )
    if known := _raised_before(session, stored, raised):
        return known
    agreements.require_state(stored, *DISPUTABLE)
    today = as_utc(clock()).date()
    _require_concerned(session, stored, raised)
    if decision is None:
        _require_disagreement(session, stored, raised, clock)
    elif not _is_tied_unpaid(session, stored, decision, raised, today):
        _require_open(stored, decision, raised, today)
    _freeze(session, stored, row, raised, clock)
    return disputes.find_dispute(session, stored, key).dispute


def _freeze(
    session: Session, stored: StoredAgreement, row: StoredClaim, raised: Dispute, clock: Clock
) -> None:
    """Write a dispute with what it keeps back: what would be paid now, and what waits for approval."""
    with session.begin_nested():
        take_executed(session, stored)
        worth = worth_of(session, stored, raised.claim, clock=clock)
        resting = resting_on(session, stored, raised.claim, clock=clock)
        freeze(session, stored, row, raised, worth, resting, clock)
        agreement = stored.agreement
        follow_liability(session, agreement.book, agreement.code, clock=clock, key=f"disputed#{raised.code}")


def _raised_before(session: Session, stored: StoredAgreement, raised: Dispute) -> Dispute | None:
    """Return the dispute that this is a retry of; refuse another one under its code."""
    for one in disputes.list_stored(session, stored):
        known = one.dispute
        if known.code != raised.code:
            continue
        said = ("claim", "grounds", "raised_by", "statement", "evidence_sha256")
        if any(getattr(known, name) != getattr(raised, name) for name in said):
            raise KeyReused(
                f"The dispute {raised.code!r} was raised with other content. Choose another key.",
                key=raised.code,
                kind="dispute",
            )
        return known
    return None


def _refused(raised: Dispute, told: str, **figures: str | list[str]) -> DisputeRefused:
    return DisputeRefused(
        f"The claim {raised.claim!r} cannot be disputed by {raised.raised_by!r}: {told}",
        claim=raised.claim,
        party=raised.raised_by,
        **figures,
    )


def _require_concerned(session: Session, stored: StoredAgreement, raised: Dispute) -> None:
    """Refuse a dispute by a stranger, a second one, or one that nobody is named to decide."""
    document = stored.agreement.document
    concerned = sorted({*document.parties, *document.verifiers})
    if raised.raised_by not in concerned:
        told = f"it is not concerned. Those who are: {', '.join(concerned)}."
        raise _refused(raised, told, concerned=concerned)
    if not document.resolver:
        raise _refused(raised, "the agreement names nobody who decides disputes. Agree on somebody first.")
    admitted: list[str] = sorted({*document.disputes.grounds, *document.disputes.late_grounds})
    if raised.grounds not in admitted:
        told = f"the agreement does not admit the ground {raised.grounds!r}; it admits {', '.join(admitted)}."
        raise _refused(raised, told, admitted=admitted)
    for one in disputes.list_disputes(session, stored, raised.claim):
        if one.round == raised.round:
            ended = f"was {one.outcome}" if one.outcome else "is open"
            told = f"its round {one.round} was disputed before: {one.code!r} {ended}."
            raise _refused(raised, told, dispute=one.code)


def _require_disagreement(session: Session, stored: StoredAgreement, raised: Dispute, clock: Clock) -> None:
    """Let verifiers that cannot agree be disputed, and nothing else that is undecided."""
    status = claim_status(session, stored.agreement.book, raised.agreement, raised.claim, clock=clock)
    if status.state != "in_disagreement" or raised.grounds != DISAGREEMENT:
        told = (
            f"it is not decided; {status.found} of {status.needed} verifiers have found something. What is "
            "not decided can be disputed only when they cannot agree any more, and on the ground "
            f"{DISAGREEMENT!r}."
        )
        raise _refused(raised, told, state=status.state)


def _is_tied_unpaid(
    session: Session, stored: StoredAgreement, decision: StoredDecision, raised: Dispute, today: date
) -> bool:
    """Tell whether a finding cannot be paid because of a tie: then another can look, however late it is."""
    settled = {one.claim: one.round for one in settlements.read_books(session, stored.id).decided}
    if raised.grounds != TIE or settled.get(raised.claim, 0) >= decision.round:
        return False
    book = stored.agreement.book
    return bool(find_tied(session, book, stored, raised.claim, decision.round, today))


def _require_open(stored: StoredAgreement, decision: StoredDecision, raised: Dispute, today: date) -> None:
    """Refuse what comes too late for its ground, or from a party that has given up its right."""
    rule = stored.agreement.document.disputes
    late_until = decision.decided_on + timedelta(days=rule.late_days)
    if raised.grounds in rule.late_grounds and today < late_until:
        return
    if raised.grounds in rule.grounds and today < decision.final_on:
        if raised.raised_by in decision.waived:
            raise _refused(raised, "it has waived its right to dispute this finding.")
        return
    told = (
        f"the finding of {decision.decided_on} could be disputed until {decision.final_on}, on "
        f"{', '.join(rule.late_grounds) or 'no ground'} until {max(late_until, decision.final_on)}; it is "
        f"{today}."
    )
    raise _refused(raised, told, until=decision.final_on.isoformat(), late_until=late_until.isoformat())


def resolve(
    session: Session,
    book: str,
    agreement: str,
    resolution: Resolution,
    determination: Determination | None = None,
    *,
    clock: Clock,
    maker: str = "",
    details: Details = PLAIN,
) -> Dispute:
    """End a dispute: the finding stands, or another takes its place; what follows is settled at once.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    resolution : Resolution
        Signed by the agreement's resolver. The same again changes nothing.
    determination : Determination or None
        That takes the finding's place, where it is not on record yet: of the next round, by another verifier
        or by the resolver; without findings where nothing of the claim holds.
    clock : Clock
        When it is recorded.
    maker : str
        Code of the party in whose name payouts are proposed, where a policy asks for approval.
    details : Details
        Day and source for the payments; an earlier day where earmarks have expired since.

    Raises
    ------
    DisputeRefused
        When it was resolved otherwise, or the outcome does not fit the determination.
    SignatureInvalid, NotIndependent
        When somebody else signed; when the resolver is tied to the money.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not in force; when there is no such dispute.
    OverdrawnCommitment
        When the new finding would be paid more than is still encumbered, and its fund has too little free.
        Nothing is written then.
    """
    stored = agreements.find_locked(session, book, agreement)
    if resolution.agreement != agreement:
        raise _misfit(resolution, f"it was signed for the agreement {resolution.agreement!r}")
    found = disputes.find_dispute(session, stored, resolution.dispute)
    _require_resolver(session, stored, resolution)
    if found.resolution:
        if found.resolution != resolution.payload():
            raise DisputeRefused(
                f"The dispute {resolution.dispute!r} was resolved before: {found.dispute.outcome}.",
                dispute=resolution.dispute,
                outcome=found.dispute.outcome,
            )
        return found.dispute
    agreements.require_state(stored, *SETTLED_STATES)
    require_untied(session, book, stored, resolution.resolver, as_utc(clock()).date())
    with session.begin_nested():
        if determination is not None:
            determine(session, book, determination, clock=clock)
        instead = _replacement(session, stored, found, resolution)
        _write_end(session, stored, found, resolution, clock)
        thaw(session, stored, found, clock)
        if instead is not None:
            _decide_again(session, stored, found.dispute, instead, clock)
        _settle_covered(session, stored, found.dispute, clock, maker, details)
        follow_liability(session, book, agreement, clock=clock, key=f"resolved#{resolution.dispute}")
    return disputes.find_dispute(session, stored, resolution.dispute).dispute


def _require_resolver(session: Session, stored: StoredAgreement, ended: Resolution) -> None:
    resolver = stored.agreement.document.resolver
    if ended.resolver != resolver:
        raise NotIndependent(
            f"{ended.resolver} cannot resolve disputes of {ended.agreement!r}: {resolver or 'nobody'} does.",
            party=ended.resolver,
            resolver=resolver,
        )
    key = registry.find_party(session, stored.book_id, resolver).public_key
    require_signature(key or b"", ended.signing_bytes(), ended.signature, resolver)


def _replacement(
    session: Session, stored: StoredAgreement, found: StoredDispute, ended: Resolution
) -> Determination | None:
    """Return the determination that takes the finding's place; None where it stands."""
    raised = found.dispute
    named = ended.determination_sha256
    if ended.outcome == "upheld":
        decided = {one.claim for one in claims.decisions_in_force(session, stored)}
        if named or raised.claim not in decided:
            told = "names a determination" if named else "has no finding to uphold: its verifiers disagree"
            raise _misfit(ended, f"it is upheld and {told}")
        return None
    known = determinations.list_determinations(session, stored, raised.claim)
    instead = next((one for one in known if one.round == raised.round + 1 and one.digest() == named), None)
    if instead is None:
        raise _misfit(
            ended, f"no determination of round {raised.round + 1} has the digest {named or '(none)'}"
        )
    if (ended.outcome == "overturned") != (not instead.findings):
        told = "has findings" if instead.findings else "has no findings"
        raise _misfit(ended, f"it is {ended.outcome}, and the determination that it names {told}")
    return instead


def _decide_again(
    session: Session, stored: StoredAgreement, raised: Dispute, instead: Determination, clock: Clock
) -> None:
    """Write what counts in the disputed finding's place, final at once, and what had counted and does not."""
    today = as_utc(clock()).date()
    decided = claims.decisions_in_force(session, stored)
    before = [one for had in decided if had.claim == raised.claim for one in (*had.results, *had.nothing)]
    write_decision(
        session,
        stored,
        claims.find_claim(session, stored, raised.claim),
        raised.round + 1,
        instead.results,
        days=(today, today),
        clock=clock,
        nothing=withdrawn(stored.lineage.overlaid.program, before, instead.results),
    )


def _settle_covered(
    session: Session, stored: StoredAgreement, raised: Dispute, clock: Clock, maker: str, details: Details
) -> None:
    """Settle what follows; where too little is still set aside for it, out of what its fund has free."""
    book, code = stored.agreement.book, stored.agreement.code
    try:
        with session.begin_nested():
            settle(session, book, code, raised.claim, clock=clock, maker=maker, details=details)
    except OverdrawnCommitment:
        follow_liability(session, book, code, clock=clock, key=f"reopened#{raised.code}")
        settle(session, book, code, raised.claim, clock=clock, maker=maker, details=details)


def _misfit(ended: Resolution, told: str) -> DisputeRefused:
    return DisputeRefused(
        f"The dispute {ended.dispute!r} is not resolved: {told}.",
        dispute=ended.dispute,
        outcome=ended.outcome,
    )


def _write_end(
    session: Session, stored: StoredAgreement, found: StoredDispute, ended: Resolution, clock: Clock
) -> None:
    body = {
        "agreement": ended.agreement,
        "claim": found.dispute.claim,
        "dispute": ended.dispute,
        "document": ended.payload().decode(),
        "outcome": ended.outcome,
        "signature": ended.signature.hex(),
    }
    key = f"{ended.agreement}#{ended.dispute}"
    event_id, _ = record_event(session, stored.agreement.book, "dispute.resolved", body, key=key, clock=clock)
    disputes.keep_resolution(session, stored, found.id, ended, event_id)


def waive(
    session: Session, book: str, agreement: str, claim: str, name: str, *, key: str, clock: Clock
) -> ClaimStatus:
    """Give up the right to dispute the finding in force; when everybody concerned has, it is final.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement, claim : str
        Codes.
    name : str
        Name in the agreement of a party with money in it.
    key : str
        Idempotency key; waiving twice changes nothing.
    clock : Clock
        When it is recorded.

    Raises
    ------
    DisputeRefused
        When there is no finding, it is in dispute, or the party has no money in it.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not in force; when there is no such claim.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = claims.find_claim(session, stored, claim)
    agreements.require_state(stored, *DISPUTABLE)
    decision = next((one for one in claims.decisions_in_force(session, stored) if one.claim == claim), None)
    waiving = claims.interested_names(session, stored)
    if decision is None or decision.disputed or name not in waiving:
        told = "it is in dispute" if decision else "there is no finding yet"
        if name not in waiving:
            told = f"{name} has no money in it. Those who have: {', '.join(sorted(waiving))}"
        raise DisputeRefused(
            f"The right to dispute {claim!r} cannot be waived: {told}.", claim=claim, party=name
        )
    if name not in decision.waived:
        body = {"agreement": agreement, "by": name, "claim": claim, "round": decision.round}
        with session.begin_nested():
            event_id, _ = record_event(
                session, book, "claim.waived", body, key=f"{agreement}#{key}", clock=clock
            )
            disputes.keep_waiver(session, stored, row.id, decision.round, name, event_id)
    return claim_status(session, book, agreement, claim, clock=clock)
