"""Verifiers sign what they found; when enough of them agree, it is decided what counts."""

from dataclasses import dataclass
from datetime import date, timedelta

from ...finance.dates import Clock, as_utc, parse_day
from ...finance.errors import (
    AlreadyClaimed,
    AlreadyDetermined,
    DeterminationExpired,
    DeterminationForeign,
    DeterminationReplayed,
    EvidenceMissing,
    NotIndependent,
    SamePerson,
)
from ...finance.posting import record_event
from ...finance.records import registry
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..agreement import AgreementDocument, AgreementState
from ..claims import ClaimedResult, decision_rows
from ..determinations import Determination
from ..quorum import decide
from ..records import agreements, claims, datasets, determinations
from ..records.agreements import StoredAgreement
from ..records.claims import StoredClaim
from ..records.determinations import DeterminationRows
from .claiming import require_fit, require_pooled
from .rounds import Rounds, rounds_of
from .vetting import require_untied

FINDING_STATES: tuple[AgreementState, ...] = ("active", "measured")
SECOND_LOOK: tuple[AgreementState, ...] = (*FINDING_STATES, "terminated")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call: what was found, about which claim, and when it is presented."""

    session: Session
    stored: StoredAgreement
    row: StoredClaim
    found: Determination
    today: date

    @property
    def document(self) -> AgreementDocument:
        return self.stored.agreement.document


def determine(session: Session, book: str, determination: Determination, *, clock: Clock) -> Determination:
    """Take what a verifier signed; with the last that is needed, decide what counts of the claim.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    determination : Determination
        Signed. The same again changes nothing.
    clock : Clock
        When it is recorded; its day says whether the determination still counts.

    Raises
    ------
    DeterminationForeign
        When it is about another claim or content, by somebody who does not verify here, or by another method
        than was agreed.
    SignatureInvalid
        When it is unsigned, or the signature does not fit.
    NotIndependent
        When the verifier has another part here, or a tie to the money, with its path, day and source.
    DeterminationExpired
        When it was made too long ago, or is dated in the future.
    DeterminationReplayed
        When a dispute has used up the round it belongs to.
    AlreadyDetermined
        When the same verifier found otherwise before, or the claim is decided.
    SamePerson
        When the verifier made the claim itself; when a dispute needs another verifier than before.
    AlreadyClaimed
        When rows that did not hold were claimed again since.
    EvidenceMissing
        When its evidence is not on record.
    OutsideDomain, ResultsInvalid, TooPrecise
        When a value does not fit the terms.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not in force, or was terminated before the claim was decided; when there is
        none.
    """
    stored = agreements.find_locked(session, book, determination.agreement)
    row = _claim(session, stored, determination)
    asked = _Asked(session, stored, row, determination, as_utc(clock()).date())
    duty = _require_verifier(asked)
    _require_other(asked)
    _require_signed(asked)
    rounds = rounds_of(session, stored, row.claim.code)
    if _taken_before(asked, rounds):
        return determination
    agreements.require_state(stored, *(FINDING_STATES if determination.round == 1 else SECOND_LOOK))
    _require_round(asked, rounds)
    _require_day(asked)
    _require_content(asked)
    evidence_id = claims.find_evidence_id(session, row.id, determination.evidence_sha256)
    if evidence_id is None:
        raise _no_evidence(asked)
    also = {member for result in determination.results for _, member in result.of}
    require_untied(session, book, stored, determination.verifier, asked.today, also=also)
    with session.begin_nested():
        _keep(asked, DeterminationRows(claim_id=row.id, evidence_id=evidence_id, duty=duty), clock)
        if determination.round == 1:
            _decide(asked, clock)
    return determination


def _claim(session: Session, stored: StoredAgreement, found: Determination) -> StoredClaim:
    row = claims.find_known_claim(session, stored, found.claim)
    if row is None or row.claim.digest() != found.claim_sha256:
        told = "there is no such claim" if row is None else "the claim has other content than was determined"
        raise DeterminationForeign(
            f"The determination of {found.claim!r} under {found.agreement!r} does not belong here: {told}. "
            "Determine the claim as it stands.",
            claim=found.claim,
            expected=row.claim.digest() if row else "",
            found=found.claim_sha256,
        )
    return row


def _require_verifier(asked: _Asked) -> str:
    """Return the duty in which somebody determines; refuse whoever has none."""
    found, document = asked.found, asked.document
    verifying = sorted(set(document.verifying.values()))
    if found.verifier in verifying:
        return "verifier"
    if found.verifier == document.resolver and found.round > 1:
        return "resolver"
    roles = sorted(
        document.terms.parties[name].role if name in document.terms.parties else name
        for name, code in document.signatories.items()
        if code == found.verifier
    )
    named = f"Verifiers are {', '.join(verifying) or 'nobody'}."
    if roles:
        raise NotIndependent(
            f"{found.verifier} cannot determine claims under {found.agreement!r}: it is {', '.join(roles)} "
            f"there. {named}",
            party=found.verifier,
            roles=roles,
        )
    raise DeterminationForeign(
        f"{found.verifier} cannot determine claims under {found.agreement!r}: it has no part in it. {named}",
        party=found.verifier,
        verifiers=verifying,
    )


def _require_other(asked: _Asked) -> None:
    """Refuse a verifier that determines what it claimed itself."""
    found = asked.found
    if found.verifier == asked.row.claim.claimed_by:
        raise SamePerson(
            f"{found.verifier} made the claim {found.claim!r} and cannot determine it. Let another verifier "
            "do it.",
            party=found.verifier,
            claim=found.claim,
        )


def _require_signed(asked: _Asked) -> None:
    found = asked.found
    key = registry.find_party(asked.session, asked.stored.book_id, found.verifier).public_key
    require_signature(key or b"", found.signing_bytes(), found.signature, found.verifier)


def _taken_before(asked: _Asked, rounds: Rounds) -> bool:
    """Tell whether this very determination was taken before and still counts."""
    found = asked.found
    mine = [one for one in rounds.findings if one.verifier == found.verifier and one.round == found.round]
    if any(one.payload() == found.payload() for one in mine) and found.round >= rounds.current:
        return True
    if mine and found.round >= rounds.current:
        raise AlreadyDetermined(
            f"{found.verifier} has determined the claim {found.claim!r} already, at another value or by "
            "other evidence. What was signed stands; who disagrees can dispute it.",
            claim=found.claim,
            party=found.verifier,
            round=found.round,
        )
    return False


def _require_round(asked: _Asked, rounds: Rounds) -> None:
    """Refuse findings for a round that is over, decided, or not open; and the same verifier twice."""
    found = asked.found
    if found.round < rounds.current:
        raise DeterminationReplayed(
            f"The determination is of round {found.round} of {found.claim!r}, which a dispute has ended. "
            "It cannot be presented again; a finding of now is needed.",
            claim=found.claim,
            round=found.round,
            current=rounds.current,
        )
    if found.round > rounds.current:
        raise DeterminationForeign(
            f"The determination is of round {found.round} of {found.claim!r}, which is in round "
            f"{rounds.current}: no dispute has opened another.",
            claim=found.claim,
            round=found.round,
            current=rounds.current,
        )
    if rounds.decided:
        raise AlreadyDetermined(
            f"The claim {found.claim!r} is decided. Who disagrees can dispute it.",
            claim=found.claim,
            round=found.round,
        )
    before = {one.verifier for one in rounds.findings if one.round < found.round}
    if found.verifier in before:
        raise SamePerson(
            f"{found.verifier} has determined {found.claim!r} before it was disputed. Another verifier, or "
            f"the resolver {asked.document.resolver or '(none is named)'}, has to look at it now.",
            party=found.verifier,
            claim=found.claim,
        )


def _require_day(asked: _Asked) -> None:
    made_on = parse_day(asked.found.made_on)
    if made_on > asked.today:
        raise DeterminationExpired(
            f"The determination is dated {made_on}, and it is {asked.today}. Date it when it is made.",
            made_on=made_on.isoformat(),
            today=asked.today.isoformat(),
        )
    days = asked.document.verification.valid_days
    if days is not None and asked.today > made_on + timedelta(days=days):
        until = made_on + timedelta(days=days)
        raise DeterminationExpired(
            f"The determination was made on {made_on} and counted until {until}, {days} days; it is "
            f"{asked.today}. A new one has to be made.",
            made_on=made_on.isoformat(),
            until=until.isoformat(),
            today=asked.today.isoformat(),
        )


def _require_content(asked: _Asked) -> None:
    """Refuse results that were not claimed, do not fit the terms, or come by another method."""
    found = asked.found
    claimed = {one.place for one in asked.row.claim.results}
    strange = [one for one in found.results if one.place not in claimed]
    if strange:
        raise DeterminationForeign(
            f"The claim {found.claim!r} says nothing about {strange[0].metric} {strange[0].period} "
            f"{' '.join(member for _, member in strange[0].of)}".rstrip()
            + ". Determine what was claimed.",
            claim=found.claim,
            metric=strange[0].metric,
        )
    methods = asked.document.verification.methods
    for one in found.findings:
        wanted = methods.get(one.result.metric, "")
        if wanted and one.method != wanted and not one.method.startswith(f"{wanted}/"):
            raise DeterminationForeign(
                f"{one.result.metric} is to be determined by {wanted}, not by {one.method or 'nothing'}.",
                metric=one.result.metric,
                method=one.method,
                expected=wanted,
            )
    if found.results:
        _require_counted_once(asked)
        require_fit(asked.stored, found.results)
        require_pooled(asked.session, asked.stored, found.claim, found.results)


def _require_counted_once(asked: _Asked) -> None:
    """Refuse results of rows that were found not to hold and were claimed or imported again since."""
    session, stored, made = asked.session, asked.stored, asked.row.claim
    if not made.dataset:
        return
    void = {*claims.void_claims(session, stored, asked.today), made.code}
    others = [code for code in claims.list_claims_of(session, stored, made.dataset) if code not in void]
    again = datasets.find_counted_again(session, stored, made.dataset, asked.today)
    if others or again:
        told = ", ".join((*others, *again))
        raise AlreadyClaimed(
            f"The rows {made.dataset!r} of the claim {made.code!r} did not hold and were brought again, by "
            f"{told}. Each is paid on once.",
            claim=made.code,
            dataset=made.dataset,
            again=[*others, *again],
        )


def _no_evidence(asked: _Asked) -> EvidenceMissing:
    known = claims.list_evidence(asked.session, asked.stored, asked.found.claim)
    return EvidenceMissing(
        f"Claim {asked.found.claim!r} has no evidence with digest {asked.found.evidence_sha256[:16]} on "
        "record. Attach it.",
        claim=asked.found.claim,
        on_record=[one.sha256 for one in known],
    )


def _keep(asked: _Asked, kept: DeterminationRows, clock: Clock) -> None:
    found = asked.found
    body = {
        "agreement": found.agreement,
        "claim": found.claim,
        "document": found.payload().decode(),
        "round": found.round,
        "sha256": found.digest(),
        "signature": found.signature.hex(),
        "verifier": found.verifier,
    }
    key = f"{found.agreement}#{found.claim}#{found.round}#{found.verifier}"
    event_id, _ = record_event(
        asked.session, asked.stored.agreement.book, "claim.determined", body, key=key, clock=clock
    )
    determinations.keep_determination(asked.session, asked.stored, found, kept, event_id)


def _decide(asked: _Asked, clock: Clock) -> None:
    """Write what counts, once enough verifiers agree."""
    found = determinations.list_determinations(asked.session, asked.stored, asked.found.claim)
    results = decide([one for one in found if one.round == 1], asked.document.verification)
    if results is not None:
        require_pooled(asked.session, asked.stored, asked.found.claim, results)
        until = asked.today + timedelta(days=asked.document.disputes.days)
        write_decision(
            asked.session, asked.stored, asked.row, 1, results, days=(asked.today, until), clock=clock
        )


def write_decision(
    session: Session,
    stored: StoredAgreement,
    row: StoredClaim,
    number: int,
    results: tuple[ClaimedResult, ...],
    *,
    days: tuple[date, date],
    clock: Clock,
    nothing: tuple[ClaimedResult, ...] = (),
) -> None:
    """Write what counts of a claim in a round, with its event.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    row : StoredClaim
        The claim.
    number : int [place]
        Of the round.
    results : tuple of ClaimedResult
        What is paid on.
    days : tuple of (date, date)
        When it was decided, and when it becomes final.
    clock : Clock
        When it is recorded.
    nothing : tuple of ClaimedResult
        What an earlier round had said and this one does not, at zero or false.
    """
    decided_on, open_until = days
    rows = decision_rows(results, nothing)
    code = stored.agreement.code
    body = {
        "agreement": code,
        "claim": row.claim.code,
        "decided_on": decided_on.isoformat(),
        "open_until": open_until.isoformat(),
        "round": number,
        **rows,
    }
    key = f"{code}#{row.claim.code}#{number}"
    event_id, _ = record_event(session, stored.agreement.book, "claim.decided", body, key=key, clock=clock)
    determinations.keep_decision(
        session,
        stored,
        row.id,
        number,
        rows,
        decided_on=decided_on,
        open_until=open_until,
        event_id=event_id,
    )
