"""Briefs over HTTP: looked over, read, amended by two people, with everybody told."""

from collections.abc import Collection
from uuid import UUID

from ...challenges import acts
from ...challenges.acts.amending import ProposedAmendment, try_amendment
from ...challenges.brief import Brief
from ...challenges.lint import lint
from ...challenges.linting.finding import Capacity
from ...challenges.records.briefs import find_challenge
from ...finance.documents import Code
from ...finance.errors import Missing, SamePerson
from ...finance.funds import PooledFund
from ...finance.records import registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.brief_drafts import drop_brief_draft
from ..records.proposed import ProposedCommand, find_proposed, list_proposed
from ..wire.briefs import (
    AmendmentConsentReply,
    AmendmentConsentRequest,
    AmendmentProposalLine,
    AmendmentProposalList,
    AmendmentProposalReply,
    AmendmentReply,
    AmendmentRequest,
    BriefLintFinding,
    BriefLintReply,
    BriefLintRequest,
    BriefQuery,
    BriefReply,
    BriefVersionLine,
    BriefVersionList,
    NoticeList,
    NoticeReply,
    NoticeRequest,
)
from .brief_examples import BRIEF
from .entrants import lead_of

HERE = "/books/{book}/challenges/{challenge}"
PROPOSALS = f"{HERE}/amendment-proposals"


def lint_brief(call: Call, body: BriefLintRequest) -> BriefLintReply:
    """Look a brief over as if it were published now; nothing is stored."""
    brief = Brief.read(body.brief.canonical_bytes())
    known = body.judges is not None and body.applications is not None
    capacity = Capacity(judges=body.judges or 0, applications=body.applications or 0) if known else None
    found = lint(brief, now=call.now, capacity=capacity)
    return BriefLintReply(
        publishable=all(one.severity != "error" for one in found),
        findings=[BriefLintFinding.of(one) for one in found],
    )


def read_brief(call: Call, challenge: Code, query: BriefQuery) -> BriefReply:
    """Return a brief: the version in force, or another one that was asked for."""
    stored = find_challenge(call.session, call.book, challenge, call.now)
    wanted = query.version or stored.challenge.brief.version
    versions = acts.brief_versions(call.session, call.book, challenge)
    for one in versions:
        if one.brief.version == wanted:
            return BriefReply(
                version=wanted, sha256=one.brief.digest(), effective_at=one.effective_at, brief=one.brief
            )
    raise Missing(
        f"{challenge} has no version {wanted} of its brief; the newest is {versions[-1].brief.version}.",
        what="version",
        code=str(wanted),
    )


def list_versions(call: Call, challenge: Code, query: PageQuery) -> BriefVersionList:
    """List every version of a brief, oldest first."""
    now = find_challenge(call.session, call.book, challenge, call.now).challenge.brief.version
    versions = acts.brief_versions(call.session, call.book, challenge)
    rows, after = cut(call, query, versions, lambda one: (one.brief.version,), name="brief.versions")
    lines = [
        BriefVersionLine(
            version=one.brief.version,
            sha256=one.brief.digest(),
            title=one.brief.title,
            effective_at=one.effective_at,
            in_force=one.brief.version == now,
        )
        for one in rows
    ]
    return BriefVersionList(items=lines, next=after)


def propose_amendment(call: Call, challenge: Code, body: AmendmentRequest) -> AmendmentProposalReply:
    """Propose a change of a brief; it counts once somebody else approves it.

    Refused at once when no consent could make it lawful.
    """
    proposed = ProposedAmendment(
        of=body.of,
        patch=[step.plain() for step in body.patch],
        reason=body.reason,
        kind=body.kind,
        maker=call.person,
    )
    amended, waiting = try_amendment(call.session, call.book, challenge, proposed, clock=call.clock)
    drop_brief_draft(call.session, call.book_id, challenge)
    call.location = f"/books/{call.book}/challenges/{challenge}/amendment-proposals/{call.request_id}"
    return AmendmentProposalReply(
        id=call.request_id,
        maker=call.person,
        of=body.of,
        patch=body.patch,
        reason=body.reason,
        kind=body.kind,
        places=list(amended.places),
        notify=list(amended.notify),
        needs_consent=list(waiting),
        effective_at=amended.effective_at,
    )


def list_amendments(call: Call, challenge: Code, query: PageQuery) -> AmendmentProposalList:
    """List the proposed changes of a brief, oldest first; one waits while its version is the newest."""
    newest = acts.brief_versions(call.session, call.book, challenge)[-1].brief.version
    of = PROPOSALS.format(book=call.book, challenge=challenge)
    found = list_proposed(call.session, call.book_id, operation="brief-amendment.propose", of=of)
    told = [AmendmentProposalReply.model_validate_json(one.answer) for one in found]
    rows, after = cut(call, query, told, lambda one: (str(one.id),), name="brief-amendment.list")
    lines = [
        AmendmentProposalLine(
            id=one.id, maker=one.maker, of=one.of, reason=one.reason, kind=one.kind, waits=one.of == newest
        )
        for one in rows
    ]
    return AmendmentProposalList(items=lines, next=after)


def read_proposal(call: Call, challenge: Code, proposal: UUID) -> AmendmentProposalReply:
    """Return a proposed change as it was proposed."""
    return _proposed(call, challenge, proposal)[1]


def approve_amendment(call: Call, challenge: Code, proposal: UUID) -> AmendmentReply:
    """Approve a change that somebody else proposed, and write the next version.

    Money for higher prizes is committed at once.
    """
    command, told = _proposed(call, challenge, proposal)
    if command.person == call.person:
        raise SamePerson(
            f"{call.person} proposed this change; somebody else approves it.",
            maker=command.person,
            checker=call.person,
        )
    amendment = ProposedAmendment(
        of=told.of,
        patch=[step.plain() for step in told.patch],
        reason=told.reason,
        kind=told.kind,
        maker=command.person,
        checker=call.person,
    )
    made = acts.amend_brief(call.session, _fund(call, challenge), challenge, amendment, clock=call.clock)
    call.location = f"/books/{call.book}/challenges/{challenge}/brief?version={made.brief.version}"
    return AmendmentReply(
        version=made.brief.version,
        sha256=made.brief.digest(),
        maker=command.person,
        checker=call.person,
        effective_at=made.effective_at,
    )


def consent_to_amendment(
    call: Call, challenge: Code, proposal: UUID, body: AmendmentConsentRequest
) -> AmendmentConsentReply:
    """Consent to a proposed change for an application of one's own."""
    told = _proposed(call, challenge, proposal)[1]
    patch = [step.plain() for step in told.patch]
    acts.consent_to(
        call.session, call.book, challenge, body.application, patch, signer=call.person, clock=call.clock
    )
    return AmendmentConsentReply(proposal=proposal, application=body.application, signer=call.person)


def list_waiting(call: Call, challenge: Code, version: int, query: PageQuery) -> NoticeList:
    """List everybody with a draft or a submission who is not on record as told of a version.

    Parameters
    ----------
    version : int [version]
        Of the brief.
    """
    waiting = acts.waiting_notices(call.session, call.book, challenge, version)
    rows, after = cut(call, query, waiting, lambda one: (one,), name="notice.list")
    return NoticeList(items=rows, next=after)


def record_notice(call: Call, challenge: Code, version: int, body: NoticeRequest) -> NoticeReply:
    """Record that somebody was told of a version of the brief.

    Parameters
    ----------
    version : int [version]
        Of the brief.
    """
    acts.record_notice(call.session, call.book, challenge, version, body.recipient, clock=call.clock)
    return NoticeReply(version=version, recipient=body.recipient)


def _fund(call: Call, challenge: str) -> PooledFund:
    stored = find_challenge(call.session, call.book, challenge)
    return registry.find_fund(call.session, call.book, stored.challenge.fund)


def _proposed(call: Call, challenge: str, proposal: UUID) -> tuple[ProposedCommand, AmendmentProposalReply]:
    command = find_proposed(
        call.session,
        call.book_id,
        proposal,
        operation="brief-amendment.propose",
        of=PROPOSALS.format(book=call.book, challenge=challenge),
    )
    return command, AmendmentProposalReply.model_validate_json(command.answer)


def _consenting(call: Call, challenge: Code, body: AmendmentConsentRequest, **_: object) -> Collection[str]:
    return lead_of(call, challenge, body.application)


OPERATIONS = (
    Operation(
        name="brief.lint",
        method="POST",
        path="/briefs/readings/lint",
        handler=lint_brief,
        tag="briefs",
        keyed=False,
        examples={"clean-water": {"brief": BRIEF, "judges": 12, "applications": 40}},
    ),
    Operation(name="brief.read", method="GET", path=f"{HERE}/brief", handler=read_brief, tag="briefs"),
    Operation(
        name="brief.versions",
        method="GET",
        path=f"{HERE}/brief/versions",
        handler=list_versions,
        tag="briefs",
    ),
    Operation(
        name="brief-amendment.propose",
        method="POST",
        path=PROPOSALS,
        handler=propose_amendment,
        tag="briefs",
        status=201,
        examples={
            "longer": {
                "of": 1,
                "patch": [
                    {"op": "replace", "path": "/phases/0/closes_at", "value": "2027-03-05T17:00+03:00"}
                ],
                "reason": "Floods closed the roads.",
                "kind": "material",
            }
        },
    ),
    Operation(
        name="brief-amendment.list",
        method="GET",
        path=PROPOSALS,
        handler=list_amendments,
        tag="briefs",
    ),
    Operation(
        name="brief-amendment.read",
        method="GET",
        path=f"{PROPOSALS}/{{proposal}}",
        handler=read_proposal,
        tag="briefs",
    ),
    Operation(
        name="brief-amendment.approve",
        method="POST",
        path=f"{PROPOSALS}/{{proposal}}/approvals",
        handler=approve_amendment,
        tag="briefs",
        status=201,
    ),
    Operation(
        name="brief-amendment.consent",
        method="POST",
        path=f"{PROPOSALS}/{{proposal}}/consents",
        handler=consent_to_amendment,
        tag="briefs",
        status=201,
        owner=_consenting,
        examples={"own": {"application": "a-1"}},
    ),
    Operation(
        name="notice.list",
        method="GET",
        path=f"{HERE}/brief/versions/{{version}}/notices",
        handler=list_waiting,
        tag="briefs",
    ),
    Operation(
        name="notice.record",
        method="POST",
        path=f"{HERE}/brief/versions/{{version}}/notices",
        handler=record_notice,
        tag="briefs",
        status=201,
        examples={"lead": {"recipient": "hub-a"}},
    ),
)
