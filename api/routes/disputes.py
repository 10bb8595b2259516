"""Disputes over HTTP: a finding questioned, accepted early, or ruled on."""

from dataclasses import replace

from pydantic import Field

from ...contracts.acts import disputing, rounds, showing
from ...contracts.disputes import Resolution, ResolutionOutcome
from ...contracts.envelopes import read_envelope
from ...contracts.records import claims, disputes
from ...finance.documents import Code
from ..door import Call
from ..duties import require_free_verifier, require_not_done, require_one_name
from ..operation import Operation
from ..paging import PageQuery, cut
from ..parts import find_stored, own_name
from ..wire.disputes import (
    DisputeList,
    DisputeOutcome,
    DisputeReply,
    DisputeRequest,
    DisputeWaiverRequest,
    ResolutionDraft,
    ResolutionDraftRequest,
    ResolutionMade,
    ResolutionRequest,
    WaiverMade,
    dispute_fields,
)
from ..wire.payouts import SettlementReply

AGREEMENT = "/books/{book}/agreements/{agreement}"
DISPUTES = f"{AGREEMENT}/disputes"
DISPUTE = f"{DISPUTES}/{{dispute}}"


class DisputeQuery(PageQuery):
    """Which disputes of an agreement."""

    claim: Code | None = Field(default=None, description="Only on this claim.")
    outcome: DisputeOutcome | None = Field(default=None, description="Only those that stand or ended so.")


def list_disputes(call: Call, agreement: Code, query: DisputeQuery) -> DisputeList:
    """List the disputes of an agreement."""
    found = (
        one.dispute
        for one in disputes.list_stored(call.session, find_stored(call, agreement))
        if query.claim in {None, one.dispute.claim} and query.outcome in {None, one.dispute.outcome or "open"}
    )
    rows, after = cut(call, query, found, lambda one: (one.code,), name=f"dispute.list/{agreement}")
    return DisputeList(items=[DisputeReply.of(one) for one in rows], next=after)


def read_dispute(call: Call, agreement: Code, dispute: Code) -> DisputeReply:
    """Return a dispute, and what it keeps back."""
    found = disputes.find_dispute(call.session, find_stored(call, agreement), dispute)
    return DisputeReply.of(found.dispute)


def raise_dispute(call: Call, agreement: Code, claim: Code, body: DisputeRequest) -> DisputeReply:
    """Question the finding on a claim; what would be paid on it is kept back until it is ruled on."""
    stored = find_stored(call, agreement)
    claims.find_claim(call.session, stored, claim)
    raised = disputing.dispute(
        call.session,
        call.book,
        agreement,
        claim,
        by=own_name(call, stored, body.name or ""),
        grounds=body.grounds,
        statement=body.statement,
        key=body.code,
        clock=call.clock,
        evidence_sha256=body.evidence_sha256 or "",
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/disputes/{raised.code}"
    return DisputeReply.of(raised)


def waive_dispute(call: Call, agreement: Code, claim: Code, body: DisputeWaiverRequest) -> WaiverMade:
    """Accept a finding early; once everybody with money in it has, it is final."""
    name = own_name(call, find_stored(call, agreement), body.name or "")
    here = f"/books/{call.book}/agreements/{agreement}/claims/{claim}"
    require_one_name(call, "dispute.waive", f"{here}/waivers")
    before = rounds.claim_status(call.session, call.book, agreement, claim, clock=call.clock)
    status = disputing.waive(
        call.session,
        call.book,
        agreement,
        claim,
        name,
        key=f"{claim}#{before.round}#{name}",
        clock=call.clock,
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{claim}"
    return WaiverMade.of(name, status)


def draft_resolution(
    call: Call, agreement: Code, dispute: Code, body: ResolutionDraftRequest
) -> ResolutionDraft:
    """Return the exact bytes that the resolver signs to end a dispute; nothing is stored."""
    disputes.find_dispute(call.session, find_stored(call, agreement), dispute)
    return ResolutionDraft.of(
        _resolution(call, agreement, dispute, body.outcome, body.reason, body.determination_sha256 or "")
    )


def resolve_dispute(call: Call, agreement: Code, dispute: Code, body: ResolutionRequest) -> ResolutionMade:
    """Rule on a dispute as its resolver; what follows is settled at once."""
    _require_free_resolver(call, agreement, dispute)
    found = read_envelope(body.determination.model_dump_json(by_alias=True)) if body.determination else None
    digest = found.digest() if found else body.determination_sha256 or ""
    ended = replace(
        _resolution(call, agreement, dispute, body.outcome, body.reason, digest),
        signature=bytes.fromhex(body.signature),
    )
    before = len(showing.list_settlements(call.session, call.book, agreement))
    after = disputing.resolve(
        call.session, call.book, agreement, ended, found, clock=call.clock, maker=call.party
    )
    status = rounds.claim_status(call.session, call.book, agreement, after.claim, clock=call.clock)
    made = showing.list_settlements(call.session, call.book, agreement)[before:]
    call.location = f"/books/{call.book}/agreements/{agreement}/disputes/{dispute}"
    more = {"state": status.state, "settlements": [SettlementReply.of(one) for one in made]}
    return ResolutionMade.model_validate(dispute_fields(after) | more)


def _require_free_resolver(call: Call, agreement: str, dispute: str) -> None:
    """Refuse who claimed or disputed it, or may also act for another party of the agreement."""
    raised = disputes.find_dispute(call.session, find_stored(call, agreement), dispute).dispute
    require_free_verifier(call, agreement, raised.claim)
    here = f"/books/{call.book}/agreements/{agreement}/disputes/{dispute}"
    require_not_done(call, ("dispute.raise",), here, "rule on it")


def _resolution(
    call: Call, agreement: str, dispute: str, outcome: ResolutionOutcome, reason: str, digest: str
) -> Resolution:
    return Resolution(
        agreement=agreement,
        dispute=dispute,
        outcome=outcome,
        resolver=call.party,
        reason=reason,
        determination_sha256=digest,
    )


OPERATIONS = (
    Operation(name="dispute.list", method="GET", path=DISPUTES, handler=list_disputes, tag="disputes"),
    Operation(
        name="dispute.raise",
        method="POST",
        path=f"{AGREEMENT}/claims/{{claim}}/disputes",
        handler=raise_dispute,
        tag="disputes",
        status=201,
        examples={
            "miscounted": {"code": "d1", "grounds": "data_error", "statement": "March was counted twice."}
        },
    ),
    Operation(name="dispute.read", method="GET", path=DISPUTE, handler=read_dispute, tag="disputes"),
    Operation(
        name="dispute.resolve",
        method="POST",
        path=f"{DISPUTE}/resolutions",
        handler=resolve_dispute,
        tag="disputes",
        status=201,
        examples={
            "upheld": {"outcome": "upheld", "reason": "The register was right.", "signature": "00" * 64}
        },
    ),
    Operation(
        name="dispute.waive",
        method="POST",
        path=f"{AGREEMENT}/claims/{{claim}}/waivers",
        handler=waive_dispute,
        tag="disputes",
        status=201,
        examples={"accepted": {}},
    ),
    Operation(
        name="resolution.draft",
        method="POST",
        path=f"{DISPUTE}/resolution-drafts",
        handler=draft_resolution,
        tag="disputes",
        keyed=False,
        examples={"upheld": {"outcome": "upheld", "reason": "The register was right."}},
    ),
)
