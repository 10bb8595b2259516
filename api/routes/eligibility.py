"""Eligibility over HTTP: the rule as a quiz for anybody; facts, findings and waivers of an application."""

from uuid import UUID

from ...challenges import acts
from ...challenges.admissions import Waiver
from ...challenges.eligibility import (
    FactStatement,
    Finding,
    RuleTree,
    checklist,
    quiz_questions,
    rule_leaves,
    take_quiz,
)
from ...challenges.records.briefs import find_challenge
from ...challenges.records.findings import list_facts, list_findings
from ...challenges.records.submissions import find_admission
from ...finance.documents import Code
from ...finance.errors import SamePerson
from ..door import Call
from ..errors import Forbidden
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.proposed import find_proposed
from ..wire.eligibility import (
    ChecklistLine,
    CuredLine,
    CuredReply,
    EligibilityReply,
    FactLine,
    FactList,
    FactReply,
    FactRequest,
    FindingList,
    FindingNoticeRequest,
    FindingReply,
    LeafReply,
    QuizLine,
    QuizReply,
    QuizRequest,
    WaiverProposalReply,
    WaiverRequest,
)
from .entrants import bundle_of

HERE = "/books/{book}/challenges/{challenge}"
ONE = f"{HERE}/applications/{{application}}"
PROPOSALS = f"{ONE}/waiver-proposals"


def read_eligibility(call: Call, challenge: Code) -> EligibilityReply:
    """Return who may compete: the rule as a list to print, and the questions of the quiz."""
    rule = _rule(call, challenge)
    if rule is None:
        return EligibilityReply(checklist=[], questions=[])
    return EligibilityReply(
        checklist=[ChecklistLine.of(row) for row in checklist(rule)],
        questions=[QuizLine.of(one) for one in quiz_questions(rule)],
    )


def check_answers(call: Call, challenge: Code, body: QuizRequest) -> QuizReply:
    """Say what the rule makes of somebody's own answers; nothing is stored, and it decides nothing."""
    rule = _rule(call, challenge)
    if rule is None:
        return QuizReply(status="pass", provisional=True, leaves=[], checklist=[])
    found = take_quiz(rule, body.answers)
    return QuizReply(
        status=found.status,
        provisional=found.provisional,
        leaves=[LeafReply.of(row) for row in found.leaves],
        checklist=[ChecklistLine.of(row) for row in checklist(rule, found)],
    )


def supply_fact(call: Call, challenge: Code, application: Code, body: FactRequest) -> FactReply:
    """Supply one statement of a fact; what comes after the time to cure is kept and does not count.

    An applicant declares; whoever runs the round records, or confirms what a document shows.
    """
    if call.own is not None and body.source != "declared":
        raise Forbidden(
            f"An applicant declares a fact; that it is {body.source} is for whoever runs the round.",
            source=body.source,
        )
    statement = FactStatement(
        value=body.value, source=body.source, evidence=body.evidence, expires_on=body.expires_on
    )
    made = acts.supply_fact(
        call.session,
        call.book,
        challenge,
        application,
        body.fact,
        statement,
        stated_by=call.party,
        clock=call.clock,
        evidence_sha256=body.evidence_sha256,
    )
    return FactReply(
        fact=body.fact,
        stated_by=call.party,
        late="" if made.refusal is None else made.refusal.message,
        finding=_found(call, challenge, application, made.finding),
    )


def list_supplied(call: Call, challenge: Code, application: Code, query: PageQuery) -> FactList:
    """List everything supplied for an application, by fact, oldest first."""
    admission = _admission(call, challenge, application)
    lines = [
        (
            fact,
            n,
            FactLine(
                fact=fact,
                value=row.statement.value,
                source=row.statement.source,
                stated_by=row.stated_by,
                evidence=row.statement.evidence,
                expires_on=row.statement.expires_on,
                state=row.state,
                received_at=row.received_at,
            ),
        )
        for fact, rows in list_facts(call.session, admission).items()
        for n, row in enumerate(rows)
    ]
    page, after = cut(call, query, lines, lambda one: (one[0], one[1]), name="fact.list")
    return FactList(items=[line for _, _, line in page], next=after)


def list_found(call: Call, challenge: Code, application: Code, query: PageQuery) -> FindingList:
    """List every finding of an application, oldest first."""
    found = list_findings(call.session, _admission(call, challenge, application))
    page, after = cut(call, query, found, lambda one: (one[0],), name="finding.list")
    return FindingList(items=[FindingReply.of(application, n, one) for n, one in page], next=after)


def find_again(call: Call, challenge: Code, application: Code) -> FindingReply:
    """Check an application again, by the clock and everything on record."""
    found = acts.find_again(call.session, call.book, challenge, application, clock=call.clock)
    return _found(call, challenge, application, found)


def find_all_again(call: Call, challenge: Code) -> CuredReply:
    """Check every application again that still lacks a document."""
    changed = acts.cure(call.session, call.book, challenge, clock=call.clock)
    lines = [CuredLine.model_validate({"application": one, "status": to}) for one, to in changed.items()]
    return CuredReply(changed=sorted(lines, key=lambda line: line.application))


def notify(call: Call, challenge: Code, application: Code, body: FindingNoticeRequest) -> FindingReply:
    """Record that an applicant was told what was found; the time to cure starts when it arrived."""
    found = acts.notify(
        call.session,
        call.book,
        challenge,
        application,
        clock=call.clock,
        recipient=body.recipient,
        delivered_at=body.delivered_at,
    )
    return _found(call, challenge, application, found)


def propose_waiver(
    call: Call, challenge: Code, application: Code, body: WaiverRequest
) -> WaiverProposalReply:
    """Propose to waive a clause for one application; it counts once somebody else agrees."""
    _admission(call, challenge, application)
    call.location = (
        f"/books/{call.book}/challenges/{challenge}/applications/{application}"
        f"/waiver-proposals/{call.request_id}"
    )
    return WaiverProposalReply(
        id=call.request_id,
        application=application,
        clause=body.clause,
        effect=body.effect,
        reason=body.reason,
        maker=call.person,
    )


def read_waiver(call: Call, challenge: Code, application: Code, proposal: UUID) -> WaiverProposalReply:
    """Return a proposed waiver as it was proposed."""
    return _proposal(call, challenge, application, proposal)[1]


def approve_waiver(call: Call, challenge: Code, application: Code, proposal: UUID) -> FindingReply:
    """Agree to a waiver that somebody else proposed, and find again.

    The brief names for each clause who may waive it: a person, or the party in whose name one acts.
    """
    (person, party), told = _proposal(call, challenge, application, proposal)
    if person == call.person:
        raise SamePerson(
            f"{person} proposed this waiver; somebody else agrees.", maker=person, checker=call.person
        )
    rule = _rule(call, challenge)
    leaves = () if rule is None else rule_leaves(rule)
    may = {name for leaf in leaves if leaf.clause == told.clause for name in leaf.waivable_by}
    waiver = Waiver(
        clause=told.clause,
        effect=told.effect,
        reason=told.reason,
        maker=party if party in may and person not in may else person,
        checker=call.person,
    )
    found = acts.waive(call.session, call.book, challenge, application, waiver, clock=call.clock)
    return _found(call, challenge, application, found)


def _rule(call: Call, challenge: str) -> RuleTree | None:
    return find_challenge(call.session, call.book, challenge, call.now).challenge.brief.eligibility


def _admission(call: Call, challenge: str, application: str) -> int:
    stored = find_challenge(call.session, call.book, challenge, call.now)
    return find_admission(call.session, stored.id, application).id


def _found(call: Call, challenge: str, application: str, found: Finding | None) -> FindingReply:
    stored = find_challenge(call.session, call.book, challenge, call.now)
    number = find_admission(call.session, stored.id, application).number
    return FindingReply.of(application, number, found)


def _proposal(
    call: Call, challenge: str, application: str, proposal: UUID
) -> tuple[tuple[str, str], WaiverProposalReply]:
    command = find_proposed(
        call.session,
        call.book_id,
        proposal,
        operation="waiver.propose",
        of=PROPOSALS.format(book=call.book, challenge=challenge, application=application),
    )
    told = WaiverProposalReply.model_validate_json(command.answer)
    return (command.person, command.party), told


OPERATIONS = (
    Operation(
        name="eligibility.read",
        method="GET",
        path=f"{HERE}/eligibility",
        handler=read_eligibility,
        tag="eligibility",
    ),
    Operation(
        name="eligibility.check",
        method="POST",
        path=f"{HERE}/eligibility-checks",
        handler=check_answers,
        tag="eligibility",
        keyed=False,
        examples={"ngo": {"answers": {"lead.kind": "ngo", "lead.registered_since_days": 900}}},
    ),
    Operation(
        name="fact.supply",
        method="POST",
        path=f"{ONE}/facts",
        handler=supply_fact,
        tag="eligibility",
        status=201,
        owner=bundle_of,
        examples={"kind": {"fact": "lead.kind", "value": "ngo"}},
    ),
    Operation(
        name="fact.list",
        method="GET",
        path=f"{ONE}/facts",
        handler=list_supplied,
        tag="eligibility",
        owner=bundle_of,
    ),
    Operation(
        name="finding.list",
        method="GET",
        path=f"{ONE}/findings",
        handler=list_found,
        tag="eligibility",
        owner=bundle_of,
    ),
    Operation(
        name="finding.renew",
        method="POST",
        path=f"{ONE}/findings",
        handler=find_again,
        tag="eligibility",
        status=201,
    ),
    Operation(
        name="finding.renew-all",
        method="POST",
        path=f"{HERE}/findings",
        handler=find_all_again,
        tag="eligibility",
        status=201,
    ),
    Operation(
        name="finding.notify",
        method="POST",
        path=f"{ONE}/findings/notices",
        handler=notify,
        tag="eligibility",
        status=201,
        examples={"now": {}},
    ),
    Operation(
        name="waiver.propose",
        method="POST",
        path=PROPOSALS,
        handler=propose_waiver,
        tag="eligibility",
        status=201,
        examples={
            "late": {"clause": "2.1", "effect": "lateness", "reason": "The registry was closed for a month."}
        },
    ),
    Operation(
        name="waiver.read",
        method="GET",
        path=f"{PROPOSALS}/{{proposal}}",
        handler=read_waiver,
        tag="eligibility",
    ),
    Operation(
        name="waiver.approve",
        method="POST",
        path=f"{PROPOSALS}/{{proposal}}/approvals",
        handler=approve_waiver,
        tag="eligibility",
        status=201,
    ),
)
