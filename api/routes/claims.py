"""Claims over HTTP: results reported, evidenced, and taken over from other agreements."""

from pydantic import Field

from ...contracts.acts import claiming, importing, referring, rounds
from ...contracts.claims import ClaimState
from ...contracts.records import claims, undecided
from ...finance.documents import Code
from ..door import MIB, Call
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..parts import find_stored
from ..wire.claims import (
    ClaimLine,
    ClaimList,
    ClaimMade,
    ClaimReply,
    ClaimRequest,
    EvidenceFound,
    EvidenceList,
    EvidenceMade,
    EvidenceRequest,
    EvidenceRow,
    ReferralRequest,
    WaitingClaimLine,
    WaitingClaimList,
)

CLAIMS = "/books/{book}/agreements/{agreement}/claims"
CLAIM = f"{CLAIMS}/{{claim}}"
EVIDENCE_BYTES = 20 * MIB


class ClaimQuery(PageQuery):
    """Which claims of an agreement."""

    state: ClaimState | None = Field(default=None, description="Only claims that stand so.")


def claimed_by(call: Call, agreement: Code, claim: Code, **_given: object) -> frozenset[str]:
    """Return whose own a claim is."""
    stored = find_stored(call, agreement)
    return frozenset({claims.find_claim(call.session, stored, claim).claim.claimed_by})


def list_claims(call: Call, agreement: Code, query: ClaimQuery) -> ClaimList:
    """List the claims of an agreement and how they stand.

    Without ``state``, only the claims of the page are worked out. A party limited to its own sees its own;
    an investor does not see results of single members.
    """
    stored = find_stored(call, agreement)
    every = [
        one.claim.code
        for one in claims.list_stored_claims(call.session, stored)
        if call.own in {None, one.claim.claimed_by}
    ]
    masked = call.access.masked
    if query.state is None:
        codes, after = cut(call, query, every, lambda code: (code,), name=f"claim.list/{agreement}")
        found = rounds.list_statuses(call.session, call.book, agreement, codes, clock=call.clock)
        return ClaimList(items=[ClaimLine.of(one, masked=masked) for one in found], next=after)
    standing = rounds.list_statuses(call.session, call.book, agreement, every, clock=call.clock)
    chosen = (one for one in standing if one.state == query.state)
    rows, after = cut(call, query, chosen, lambda one: (one.claim.code,), name=f"claim.list/{agreement}")
    return ClaimList(items=[ClaimLine.of(one, masked=masked) for one in rows], next=after)


class WaitingClaimQuery(PageQuery):
    """Which claims that wait."""

    mine: bool = Field(default=False, description="Only where your party verifies or resolves.")


def list_waiting_claims(call: Call, query: WaitingClaimQuery) -> WaitingClaimList:
    """List the claims of the book that wait for a finding or a resolution, the oldest first.

    A party limited to its own sees the claims it made.
    """
    rows = undecided.list_undecided(
        call.session,
        call.book_id,
        after=read_cursor(call, query, "waiting_claim.list"),
        limit=query.limit + 1,
        verifier=call.party if query.mine else "",
        claimed_by=call.own or "",
    )
    page, after = page_of(call, query, rows, lambda one: (one.id,), name="waiting_claim.list")
    lines = [
        WaitingClaimLine(
            agreement=one.agreement,
            claim=one.claim,
            claimed_by=one.claimed_by,
            claimed_at=one.claimed_at,
            disputed=one.disputed,
            found=one.found,
        )
        for one in page
    ]
    return WaitingClaimList(items=lines, next=after)


def make_claim(call: Call, agreement: Code, body: ClaimRequest) -> ClaimMade:
    """Report results in your party's name; it moves nothing.

    With ``dataset`` and without ``results``, what the imported rows add up to is claimed.
    """
    results = [row.result for row in body.results]
    if body.dataset and not results:
        results = [*importing.claimed_results(call.session, call.book, agreement, body.dataset)]
    made = claiming.claim(
        call.session,
        call.book,
        agreement,
        results,
        call.party,
        key=body.code,
        clock=call.clock,
        dataset=body.dataset or "",
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{made.code}"
    return ClaimMade.of(made)


def read_claim(call: Call, agreement: Code, claim: Code) -> ClaimReply:
    """Return a claim, how it stands, and its evidence."""
    status = rounds.claim_status(call.session, call.book, agreement, claim, clock=call.clock)
    found = claims.list_evidence(call.session, find_stored(call, agreement), claim)
    return ClaimReply.whole(status, found, masked=call.access.masked)


def refer_claim(call: Call, agreement: Code, body: ReferralRequest) -> ClaimMade:
    """Claim what other agreements came to, once they have said their last word."""
    made = referring.refer(call.session, call.book, agreement, call.party, key=body.code, clock=call.clock)
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{made.code}"
    return ClaimMade.of(made)


def attach_evidence(call: Call, agreement: Code, claim: Code, body: EvidenceRequest) -> EvidenceMade:
    """Put evidence of a claim on record by its digest."""
    made = claiming.attach(
        call.session,
        call.book,
        agreement,
        claim,
        None,
        method=body.method,
        description=body.description,
        clock=call.clock,
        sha256=body.sha256,
        media_type=body.media_type,
        held_by=body.held_by,
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{claim}/evidence"
    return EvidenceMade(agreement=agreement, claim=claim, evidence=EvidenceRow.of(made))


def list_evidence(call: Call, agreement: Code, claim: Code, query: PageQuery) -> EvidenceList:
    """List the evidence of a claim."""
    stored = find_stored(call, agreement)
    claims.find_claim(call.session, stored, claim)
    found = claims.list_evidence(call.session, stored, claim)
    rows, after = cut(
        call, query, found, lambda one: (one.sha256,), name=f"evidence.list/{agreement}/{claim}"
    )
    return EvidenceList(items=[EvidenceRow.of(one) for one in rows], next=after)


def check_evidence(call: Call, agreement: Code, claim: Code) -> EvidenceFound:
    """Say which evidence on record a file is; the file is not kept."""
    found = claiming.check_evidence(call.session, call.book, agreement, claim, call.content)
    return EvidenceFound(agreement=agreement, claim=claim, evidence=EvidenceRow.of(found))


OPERATIONS = (
    Operation(
        name="claim.list",
        method="GET",
        path=CLAIMS,
        handler=list_claims,
        tag="claims",
        narrows=True,
    ),
    Operation(
        name="claim.make",
        method="POST",
        path=CLAIMS,
        handler=make_claim,
        tag="claims",
        status=201,
        narrows=True,
        examples={
            "results": {"code": "march", "results": [{"metric": "nights", "value": "412"}]},
            "imported rows": {"code": "march", "dataset": "march"},
        },
    ),
    Operation(
        name="claim.read", method="GET", path=CLAIM, handler=read_claim, tag="claims", owner=claimed_by
    ),
    Operation(
        name="claim.refer",
        method="POST",
        path="/books/{book}/agreements/{agreement}/referrals",
        handler=refer_claim,
        tag="claims",
        status=201,
        narrows=True,
        examples={"last word": {"code": "others"}},
    ),
    Operation(
        name="evidence.attach",
        method="POST",
        path=f"{CLAIM}/evidence",
        handler=attach_evidence,
        tag="claims",
        status=201,
        owner=claimed_by,
        examples={
            "register": {"sha256": "b7" * 32, "method": "count of the register", "description": "Pages 1-40"}
        },
    ),
    Operation(
        name="evidence.check",
        method="POST",
        path=f"{CLAIM}/evidence-checks",
        handler=check_evidence,
        tag="claims",
        keyed=False,
        uploads=EVIDENCE_BYTES,
        owner=claimed_by,
    ),
    Operation(
        name="evidence.list",
        method="GET",
        path=f"{CLAIM}/evidence",
        handler=list_evidence,
        tag="claims",
        owner=claimed_by,
    ),
    Operation(
        name="waiting_claim.list",
        method="GET",
        path="/books/{book}/waiting-claims",
        handler=list_waiting_claims,
        tag="claims",
        narrows=True,
    ),
)
