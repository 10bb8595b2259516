"""Applicants show what the rule asks: papers come in, notices start the clock, waivers need two people."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ...finance.dates import Clock, as_utc, instant_text
from ...finance.errors import SamePerson
from ...finance.posting import record_event
from ...finance.storage import Session
from ..admissions import Waiver
from ..applications import Application
from ..eligibility import FactStatement, Finding, rule_leaves
from ..errors import ApplicationIncomplete, ChallengeRefused, CureOver
from ..lifecycle import Receipt
from ..records.briefs import StoredChallenge
from ..records.findings import (
    StoredFact,
    keep_fact,
    keep_finding,
    keep_notice,
    keep_waiver,
    list_facts,
    list_finding_notices,
    list_findings,
    list_waivers,
    notice_subject,
)
from ..records.submissions import (
    Admission,
    find_admission,
    list_submissions,
    lock_entries,
    require_submission,
)
from .finding import find_in_force, find_now


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliedFact:
    """What became of one statement that was supplied.

    Attributes
    ----------
    finding : Finding or None
        What is found now.
    refusal : CureOver or None
        When it came after the time to cure: it is kept, and does not count without a waiver.
    """

    finding: Finding | None
    refusal: CureOver | None

    def require_in_time(self) -> Finding | None:
        """Return the finding, or raise the refusal; call it after the transaction, so that the row stays.

        Raises
        ------
        CureOver
            When the statement came too late.
        """
        if self.refusal is not None:
            raise self.refusal
        return self.finding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One application with its row, under the brief in force."""

    stored: StoredChallenge
    admission: Admission
    application: Application
    receipt: Receipt
    now: datetime


def _open_case(session: Session, book: str, challenge: str, application: str, clock: Clock) -> _Case:
    now = as_utc(clock())
    stored = find_in_force(session, book, challenge, now)
    lock_entries(session, stored)
    admission = find_admission(session, stored.id, application)
    found = require_submission(session, stored, application)
    if found.withdrawn or found.receipt is None:
        raise ChallengeRefused(
            f"{application} was withdrawn: nothing is found of it any more.",
            challenge=challenge,
            application=application,
        )
    return _Case(
        stored=stored, admission=admission, application=found.application, receipt=found.receipt, now=now
    )


def _find(session: Session, case: _Case) -> Finding | None:
    return find_now(
        session,
        case.stored,
        case.application,
        case.admission.id,
        received_at=case.receipt.received_at,
        now=case.now,
    )


def _record(session: Session, case: _Case, kind: str, key: str, clock: Clock, **told: object) -> UUID:
    code, name = case.stored.challenge.code, case.application.application_id
    body = {"application": name, "challenge": code, **told}
    event_id, _ = record_event(
        session, case.stored.challenge.book, kind, body, key=f"{code}#{name}#{key}", clock=clock
    )
    return event_id


def supply_fact(
    session: Session,
    book: str,
    challenge: str,
    application: str,
    fact: str,
    statement: FactStatement,
    *,
    stated_by: str,
    clock: Clock,
    evidence_sha256: str | None = None,
) -> SuppliedFact:
    """Record one statement of a fact, and find again.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge, application, fact : str
        Codes, and the path of the fact.
    statement : FactStatement
        Declared by the applicant, recorded by us, or confirmed by whoever saw a document. Supplying the
        same again changes nothing.
    stated_by : str
        Who says so; nobody of the bundle confirms its own.
    clock : Clock
        Decides whether it is in time.
    evidence_sha256 : str or None
        Digest of the document, 64 hexadecimal digits.

    Returns
    -------
    SuppliedFact
        After the time to cure the statement is kept and refused: raise the refusal after the commit.

    Raises
    ------
    ApplicationIncomplete
        When something is confirmed without the kind of document.
    SamePerson
        When the applicant confirms itself.
    ChallengeRefused, Missing
        When the application was withdrawn; when there is none.
    """
    case = _open_case(session, book, challenge, application, clock)
    _require_proof(case, fact, statement, stated_by)
    before = list_facts(session, case.admission.id).get(fact, ())
    same = [row for row in before if row.statement.source == statement.source]
    found = _find(session, case)
    refusal = _lateness(found, fact, case)
    if same and same[-1].statement == statement:
        return SuppliedFact(finding=found, refusal=refusal if same[-1].state == "late" else None)
    kept = StoredFact(
        fact=fact,
        statement=statement,
        stated_by=stated_by,
        state="kept" if refusal is None else "late",
        received_at=case.now,
    )
    told = {**_told(kept), "evidence_sha256": evidence_sha256 or ""}
    event_id = _record(session, case, "fact.supplied", f"{fact}#{len(before) + 1}", clock, **told)
    keep_fact(session, case.admission.id, kept, evidence_sha256=evidence_sha256, event_id=event_id)
    return SuppliedFact(finding=_keep_if_new(session, case, clock), refusal=refusal)


def _told(kept: StoredFact) -> dict[str, object]:
    statement = kept.statement
    return {
        "fact": kept.fact,
        "value": statement.value,
        "source": statement.source,
        "stated_by": kept.stated_by,
        "state": kept.state,
        "evidence": statement.evidence or "",
        "expires_on": "" if statement.expires_on is None else statement.expires_on.isoformat(),
    }


def _require_proof(case: _Case, fact: str, statement: FactStatement, stated_by: str) -> None:
    if statement.source != "confirmed":
        return
    name = case.application.application_id
    if stated_by in {member.party for member in case.application.bundle}:
        raise SamePerson(
            f"{stated_by} is in the bundle of {name} and cannot confirm its {fact}: somebody else looks at "
            "the document.",
            maker=stated_by,
            checker=stated_by,
        )
    if statement.evidence is None:
        raise ApplicationIncomplete(
            f"{fact} of {name} is confirmed by a document: say of which kind.",
            application=name,
            missing=[{"party": case.application.lead, "field": "evidence", "path": f"/facts/{fact}"}],
        )


def _lateness(found: Finding | None, fact: str, case: _Case) -> CureOver | None:
    """Return the refusal when every leaf that asks this fact was not cured in time."""
    rows = [row for row in (() if found is None else found.leaves) if row.leaf.fact == fact]
    until = max((row.cure_by for row in rows if row.cure_by is not None), default=None)
    if until is None or any(row.why != "not_cured" for row in rows):
        return None
    clauses = ", ".join(sorted({row.leaf.clause for row in rows}))
    return CureOver(
        f"{fact} of {case.application.application_id} was to be shown by {instant_text(until)}; this came at "
        f"{instant_text(case.now)}. It is kept, and counts only if clause {clauses} is waived.",
        application=case.application.application_id,
        fact=fact,
        cure_by=instant_text(until),
        received_at=instant_text(case.now),
    )


def _keep_if_new(session: Session, case: _Case, clock: Clock) -> Finding | None:
    """Write what is found now, if it differs from what was found last."""
    found = _find(session, case)
    (number, last) = list_findings(session, case.admission.id)[-1]
    if found == last:
        return found
    status = "pass" if found is None else found.status
    event_id = _record(
        session, case, "application.found", str(number + 1), clock, number=number + 1, status=status
    )
    keep_finding(session, case.admission.id, number + 1, found, event_id)
    return found


def find_again(
    session: Session, book: str, challenge: str, application: str, *, clock: Clock
) -> Finding | None:
    """Check an application again, by the clock and everything on record; a change is a new finding.

    Parameters
    ----------
    session, book, challenge, application
        As for ``supply_fact``.
    clock : Clock
        What was not cured by now fails.

    Returns
    -------
    Finding or None
        ``None`` where the brief lets everybody in.
    """
    case = _open_case(session, book, challenge, application, clock)
    return _keep_if_new(session, case, clock)


def cure(session: Session, book: str, challenge: str, *, clock: Clock) -> dict[str, str]:
    """Check every application of a challenge again that still lacks a document.

    Parameters
    ----------
    session, book, challenge
        As for ``supply_fact``.
    clock : Clock
        What was not cured by now fails.

    Returns
    -------
    dict
        Application -> status, of those whose status changed.
    """
    stored = find_in_force(session, book, challenge, as_utc(clock()))
    changed: dict[str, str] = {}
    for one in list_submissions(session, stored):
        if one.status != "needs_document":
            continue
        name = one.application.application_id
        found = find_again(session, book, challenge, name, clock=clock)
        status = "pass" if found is None else found.status
        if status != one.status:
            changed[name] = status
    return changed


def notify(
    session: Session,
    book: str,
    challenge: str,
    application: str,
    *,
    clock: Clock,
    recipient: str | None = None,
    delivered_at: datetime | None = None,
) -> Finding | None:
    """Record that an applicant was told what was found; the time to cure starts when the notice arrived.

    Parameters
    ----------
    session, book, challenge, application
        As for ``supply_fact``.
    clock : Clock
        When it is recorded.
    recipient : str or None
        Who was told; ``None``: the lead. Telling the same again moves nothing.
    delivered_at : datetime or None
        When it arrived; ``None``: now.

    Returns
    -------
    Finding or None
        With the last instant of each open leaf.

    Raises
    ------
    ChallengeRefused
        When it is said to have arrived later than now, or before it was found.
    """
    case = _open_case(session, book, challenge, application, clock)
    _keep_if_new(session, case, clock)
    number = find_admission(session, case.stored.id, application).number
    arrived = case.now if delivered_at is None else as_utc(delivered_at)
    if not case.receipt.received_at <= arrived <= case.now:
        raise ChallengeRefused(
            f"A notice to {application} cannot have arrived at {instant_text(arrived)}: it came in at "
            f"{instant_text(case.receipt.received_at)}, and it is {instant_text(case.now)}.",
            challenge=challenge,
            application=application,
        )
    told = recipient or case.application.lead
    if number not in list_finding_notices(session, case.stored, application):
        event_id = _record(
            session,
            case,
            "finding.notified",
            f"{number}#{told}",
            clock,
            number=number,
            recipient=told,
            delivered_at=instant_text(arrived),
        )
        keep_notice(session, case.stored, notice_subject(application, number), told, arrived, event_id)
    return _keep_if_new(session, case, clock)


def waive(
    session: Session, book: str, challenge: str, application: str, waiver: Waiver, *, clock: Clock
) -> Finding | None:
    """Waive a clause for one application, by two people: let late evidence count, or let the clause pass.

    Parameters
    ----------
    session, book, challenge, application, clock
        As for ``supply_fact``.
    waiver : Waiver
        Clause, effect, reason and the two. Waiving the same again changes nothing.

    Raises
    ------
    SamePerson
        When both are the same, or one is in the bundle.
    ChallengeRefused
        When the rule has no such clause, does not let the maker waive it, or no reason is given.
    """
    case = _open_case(session, book, challenge, application, clock)
    _require_waivable(case, waiver)
    _require_two(case, waiver.maker, waiver.checker)
    known = {(row.clause, row.effect) for row in list_waivers(session, case.admission.id)}
    if (waiver.clause, waiver.effect) not in known:
        told = {name: getattr(waiver, name) for name in ("clause", "effect", "reason", "maker", "checker")}
        event_id = _record(session, case, "clause.waived", f"{waiver.clause}#{waiver.effect}", clock, **told)
        keep_waiver(session, case.admission.id, waiver, event_id)
    return _keep_if_new(session, case, clock)


def _require_waivable(case: _Case, waiver: Waiver) -> None:
    clause = waiver.clause
    rule = case.stored.challenge.brief.eligibility
    leaves = [leaf for leaf in (() if rule is None else rule_leaves(rule)) if leaf.clause == clause]
    may = sorted({name for leaf in leaves for name in leaf.waivable_by})
    if not leaves:
        said = f"The rule of {case.stored.challenge.code} has no clause {clause}."
    elif waiver.maker not in may:
        said = f"Clause {clause} is waived by {' or '.join(may) or 'nobody'}, not by {waiver.maker}."
    elif not waiver.reason.strip():
        said = f"A waiver of clause {clause} needs its reason."
    else:
        return
    raise ChallengeRefused(said, challenge=case.stored.challenge.code, clause=clause, waivable_by=may)


def _require_two(case: _Case, maker: str, checker: str) -> None:
    inside = {maker, checker} & {member.party for member in case.application.bundle}
    if maker == checker or inside:
        who = f"{min(inside)} is in the bundle" if inside else f"{maker} cannot agree with himself"
        raise SamePerson(
            f"A waiver needs two people outside {case.application.application_id}: {who}.",
            maker=maker,
            checker=checker,
        )
