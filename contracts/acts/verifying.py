"""Results are claimed, evidenced, determined by an independent verifier, and settled once."""

from uuid import UUID

from ...finance import acts as money
from ...finance.accounts import Promise
from ...finance.dates import Clock
from ...finance.errors import (
    AlreadyDetermined,
    EvidenceMissing,
    NotIndependent,
    NotSigned,
    OutsideDomain,
    UnlawfulTransition,
)
from ...finance.funds import PooledFund
from ...finance.ledger import PLAIN, Details
from ...finance.money import Money
from ...finance.posting import record_event
from ...finance.records.registry import find_book_id, find_party_id
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..agreement import Agreement
from ..records import agreements, findings
from ..settlement import Settlement, moved_by
from ..terms.compiled import compile_terms
from ..terms.document import WHOLE_TERM
from ..terms.observing import outside, read_value, write_value
from ..terms.pay import Entitlement, step
from ..terms.program import Program
from ..terms.types import Quantity
from ..verification import Claim, Determination, Evidence, determination_bytes, digest_of


def _active(
    session: Session, fund: PooledFund, code: str, *, locked: bool = False
) -> tuple[agreements.StoredAgreement, Program]:
    stored = agreements.find_in_fund(session, fund, code, locked=locked)
    agreement = stored.agreement
    if agreement.state == "proposed":
        missing = sorted(set(agreement.terms.parties) - set(agreement.signed))
        raise NotSigned(
            f"The agreement {code!r} is not active: {', '.join(missing)} did not sign. Let them sign.",
            agreement=code,
            missing=missing,
        )
    if agreement.state == "closed":
        raise UnlawfulTransition(f"The agreement {code!r} is closed.", agreement=code, state="closed")
    return stored, compile_terms(agreement.terms)


def claim(
    session: Session,
    fund: PooledFund,
    agreement: str,
    metric: str,
    value: str,
    by: str,
    *,
    key: str,
    clock: Clock,
    period: str = WHOLE_TERM,
) -> Claim:
    """Report a result. It moves nothing.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the agreement.
    agreement : str
        Its code.
    metric : str
        Of the terms.
    value : str
        Decimal text in the metric's unit, ``true`` or ``false``, or a label.
    by : str
        Code of the party that reports it.
    key : str
        Unique in the agreement; the claim's code. The same claim again changes nothing.
    clock : Clock
        When it is recorded.
    period : str
        Of the calendar, for a metric by period; ``term`` for any other.

    Raises
    ------
    NotSigned, UnlawfulTransition
        When the agreement is not active.
    OutsideDomain
        When metric, period or value do not fit the terms.
    ResultsInvalid, TooPrecise
        When the value is none of the metric's; when it has more digits than its type.
    KeyReused, Missing
        When the key belongs to another claim; when the party is not registered.
    """
    stored, program = _active(session, fund, agreement)
    find_party_id(session, find_book_id(session, fund.book), by)
    count = _count(program, metric, period, value)
    shown = write_value(program.metrics[metric], count)
    made = Claim(agreement=agreement, code=key, metric=metric, period=period, value=shown, claimed_by=by)
    body = {
        "agreement": agreement,
        "by": by,
        "claim": key,
        "metric": metric,
        "period": period,
        "value": shown,
    }
    event_id, new = record_event(
        session, fund.book, "claim.made", body, key=f"{agreement}#{key}", clock=clock
    )
    if new:
        findings.keep_claim(session, fund.book, stored.id, made, count, event_id)
    return made


def _count(program: Program, metric: str, period: str, value: str) -> int:
    """Read a value in the metric's type and check it against the declared domain."""
    measure = program.metrics.get(metric)
    periods = [name for name, _ in program.periods] if measure and measure.by_period else [WHOLE_TERM]
    if measure is None or period not in periods:
        known = f"Metrics: {', '.join(program.metrics)}"
        known += f"; periods of {metric}: {', '.join(periods)}" if measure else ""
        raise OutsideDomain(
            f"The terms know no metric {metric!r} in period {period!r}. {known}.",
            metric=metric,
            period=period,
        )
    count = read_value(metric, measure, value)
    if isinstance(measure.type, Quantity) and not measure.low <= count <= measure.high:
        raise outside(metric, measure, count)
    return count


def attach(
    session: Session,
    fund: PooledFund,
    made: Claim,
    content: bytes,
    *,
    method: str,
    description: str,
    clock: Clock,
) -> Evidence:
    """Put evidence on record by its digest; the content itself stays with the caller.

    Parameters
    ----------
    session, fund, clock
        As for ``claim``.
    made : Claim
        What it is evidence of.
    content : bytes
        The exact bytes of the evidence.
    method, description : str
        How it was gathered, and what it is.

    Raises
    ------
    EvidenceMissing
        When the content is empty.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not active; when there is no such claim.
    """
    if not content:
        raise EvidenceMissing(
            f"The evidence for claim {made.code!r} is empty. Attach its content.", claim=made.code
        )
    stored, program = _active(session, fund, made.agreement)
    row = findings.find_claim(session, program, stored.id, made.agreement, made.code)
    evidence = Evidence(claim=made.code, sha256=digest_of(content), method=method, description=description)
    body = {
        "agreement": made.agreement,
        "claim": made.code,
        "description": description,
        "method": method,
        "sha256": evidence.sha256,
    }
    key = f"{made.agreement}#{made.code}#{evidence.sha256}"
    event_id, new = record_event(session, fund.book, "evidence.attached", body, key=key, clock=clock)
    if new:
        findings.keep_evidence(session, row.id, evidence, event_id)
    return evidence


def determine(
    session: Session, fund: PooledFund, agreement: str, found: Determination, *, clock: Clock
) -> Determination:
    """Record a verifier's signed determination of a claim.

    Parameters
    ----------
    session, fund, clock
        As for ``claim``.
    agreement : str
        Its code.
    found : Determination
        Signed over ``determination_bytes``.

    Raises
    ------
    NotIndependent
        When the verifier is not the agreement's evaluator.
    EvidenceMissing
        When the evidence it rests on is not on record.
    SignatureInvalid
        When the signature does not fit the bytes and the verifier's registered key.
    OutsideDomain
        When the value lies outside the declared domain.
    AlreadyDetermined
        When the claim was determined otherwise.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not active; when there is no such claim.
    """
    stored, program = _active(session, fund, agreement, locked=True)
    claim_row = findings.find_claim(session, program, stored.id, agreement, found.claim)
    _require_verifier(stored.agreement, found.verifier)
    made = claim_row.claim
    count = _count(program, made.metric, made.period, found.value)
    if findings.find_evidence_id(session, claim_row.id, found.evidence_sha256) is None:
        raise EvidenceMissing(
            f"Claim {found.claim!r} has no evidence with digest {found.evidence_sha256[:16]} yet. Attach it.",
            claim=found.claim,
            on_record=list(findings.list_evidence(session, claim_row.id)),
        )
    content = determination_bytes(
        made,
        value=found.value,
        method=found.method,
        evidence_sha256=found.evidence_sha256,
        verifier=found.verifier,
    )
    name = next(one for one, code in stored.agreement.parties.items() if code == found.verifier)
    key = agreements.public_keys(session, stored.agreement)[name]
    require_signature(key or b"", content, found.signature, found.verifier)
    known = findings.find_determined(session, claim_row.id)
    if known is not None:
        if known[1] != content:
            raise AlreadyDetermined(
                f"The claim {found.claim!r} was determined already, at another value or by other evidence.",
                claim=found.claim,
            )
        return found
    body = {
        "agreement": agreement,
        "claim": found.claim,
        "signature": found.signature.hex(),
        "statement": content.decode(),
    }
    event_key = f"{agreement}#{found.claim}"
    event_id, _ = record_event(session, fund.book, "claim.determined", body, key=event_key, clock=clock)
    findings.keep_determination(
        session, stored.agreement, stored.id, claim_row.id, found, count, content, event_id
    )
    return found


def _require_verifier(agreement: Agreement, verifier: str) -> None:
    if verifier not in agreement.evaluators:
        roles = sorted(
            agreement.terms.parties[name].role for name, code in agreement.parties.items() if code == verifier
        )
        part = f"it is {', '.join(roles)} there" if roles else "it has no part in it"
        raise NotIndependent(
            f"{verifier} cannot determine claims under {agreement.code!r}: {part}. "
            f"The verifier is {', '.join(agreement.evaluators) or 'nobody'}.",
            party=verifier,
            roles=roles,
        )


def settle(
    session: Session,
    fund: PooledFund,
    agreement: str,
    claim_code: str,
    *,
    clock: Clock,
    details: Details = PLAIN,
) -> tuple[Settlement, ...]:
    """Pay what a determination makes due, out of what was encumbered; once, whatever is retried.

    Parameters
    ----------
    session, fund, clock
        As for ``claim``.
    agreement, claim_code : str
        Codes.
    details : Details
        Day and source for the payments.

    Returns
    -------
    tuple of Settlement
        One per clause and period the determination bears on.

    Raises
    ------
    EvidenceMissing
        When the claim was not determined yet.
    OutsideDomain
        When the pooled value would leave the declared domain.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not active; when there is no such claim.
    """
    found = agreements.find_agreement(session, fund.book, agreement)
    if done := _settlements(session, found, claim_code):
        return done
    stored, program = _active(session, fund, agreement, locked=True)
    claim_row = findings.find_claim(session, program, stored.id, agreement, claim_code)
    if done := _settlements(session, stored, claim_code):
        return done
    determined = findings.find_determined(session, claim_row.id)
    if determined is None:
        raise EvidenceMissing(
            f"The claim {claim_code!r} was not determined yet: nothing is due. A verifier has to sign first.",
            claim=claim_code,
        )
    made = claim_row.claim
    event = findings.observed_as(program, made.code, made.metric, made.period, determined[0])
    state = findings.find_state(session, program, stored.id)
    rows = step(program, state, event, as_of=clock().date()).entitlements
    moved = [row for row in rows if moved_by(row, event)]
    body: dict[str, object] = {
        "agreement": agreement,
        "claim": claim_code,
        "dues": [{"clause": row.clause, "due": str(row.due), "period": row.period} for row in moved],
    }
    event_key = f"{agreement}#{claim_code}"
    event_id, _ = record_event(session, fund.book, "claim.settled", body, key=event_key, clock=clock)
    findings.keep_settled(session, stored.id, len(state.observed) + 1, claim_row.id, event_id)
    for row in moved:
        payment = _pay(session, fund, stored, program, claim_code, row, clock, details) if row.due else None
        findings.keep_settlement(session, claim_row.id, row, payment)
    return _settlements(session, stored, claim_code)


def _pay(
    session: Session,
    fund: PooledFund,
    stored: agreements.StoredAgreement,
    program: Program,
    claim_code: str,
    row: Entitlement,
    clock: Clock,
    details: Details,
) -> UUID:
    agreement = stored.agreement
    clause = next(one for one in program.clauses if one.id == row.clause)
    note = f"agreement {agreement.code}, clause {row.clause}, period {row.period}, claim {claim_code}"
    return money.pay_reserved(
        session,
        fund,
        Promise("agreement", agreement.code),
        Money(minor=row.due, unit=fund.unit),
        agreement.parties[clause.payee],
        key=f"settle#{agreement.code}#{claim_code}#{row.clause}#{row.period}",
        clock=clock,
        details=Details(on=details.on, note=note, source=details.source),
    ).id


def _settlements(
    session: Session, stored: agreements.StoredAgreement, claim_code: str
) -> tuple[Settlement, ...]:
    rows = findings.list_settlements(session, stored.agreement, stored.id)
    return tuple(row for row in rows if row.claim == claim_code)
