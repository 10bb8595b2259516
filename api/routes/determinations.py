"""Determinations over HTTP: a draft to sign, the signed envelope handed in, what was found."""

from ...contracts.acts import determining, rounds
from ...contracts.determinations import Determination
from ...contracts.envelopes import EnvelopeDocument, envelope, read_envelope
from ...contracts.records import claims, determinations
from ...finance.documents import Code
from ...finance.errors import DeterminationForeign, Missing, NotAllowed
from ...finance.records import registry
from ..door import Call
from ..duties import require_free_verifier
from ..operation import Operation
from ..paging import PageQuery, cut
from ..parts import find_stored
from ..wire.determinations import (
    DeterminationDraft,
    DeterminationDraftRequest,
    DeterminationLine,
    DeterminationList,
    DeterminationMade,
    DeterminationReply,
    said_of,
)

CLAIM = "/books/{book}/agreements/{agreement}/claims/{claim}"
FOUND = f"{CLAIM}/determinations"


def draft_determination(
    call: Call, agreement: Code, claim: Code, body: DeterminationDraftRequest
) -> DeterminationDraft:
    """Return the exact bytes to sign for what you found; nothing is stored.

    Sign them with your own key, and hand the envelope in at ``determinations``.
    """
    stored = find_stored(call, agreement)
    claimed = claims.find_claim(call.session, stored, claim).claim
    made = Determination(
        agreement=agreement,
        claim=claim,
        claim_sha256=claimed.digest(),
        round=rounds.rounds_of(call.session, stored, claim).current,
        verifier=call.party,
        findings=tuple(one.finding for one in body.findings),
        evidence_sha256=_evidence(call, agreement, claim, body.evidence_sha256 or ""),
        made_on=call.now.date().isoformat(),
    )
    return DeterminationDraft.of(made)


def _evidence(call: Call, agreement: str, claim: str, sha256: str) -> str:
    known = [one.sha256 for one in claims.list_evidence(call.session, find_stored(call, agreement), claim)]
    if sha256 in known:
        return sha256
    if sha256 or len(known) != 1:
        raise Missing(
            f"Name the evidence of {claim} in evidence_sha256. On record: {', '.join(known) or 'none'}.",
            what="evidence",
            code=claim,
        )
    return known[0]


def submit_determination(
    call: Call, agreement: Code, claim: Code, body: EnvelopeDocument
) -> DeterminationMade:
    """Hand in what your party found, in a signed envelope (DSSE); with the last needed, it is decided."""
    made = read_envelope(body.model_dump_json(by_alias=True))
    require_signer(call, made)
    if (made.agreement, made.claim) != (agreement, claim):
        raise DeterminationForeign(
            f"The envelope determines {made.claim!r} of {made.agreement!r}; the address says {claim!r} of "
            f"{agreement!r}. Send it to its own claim.",
            claim=made.claim,
            agreement=made.agreement,
        )
    require_free_verifier(call, agreement, claim)
    determining.determine(call.session, call.book, made, clock=call.clock)
    status = rounds.claim_status(call.session, call.book, agreement, claim, clock=call.clock)
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{claim}/determinations/{made.digest()}"
    return DeterminationMade.of(made, status)


def require_signer(call: Call, made: Determination) -> None:
    """Refuse a determination in the name of another party than the caller's.

    Raises
    ------
    NotAllowed
        Whoever may hand in for one verifier may not for another, however well it is signed.
    """
    if made.verifier != call.party:
        raise NotAllowed(
            f"{made.verifier} found this, and you act for {call.party or 'nobody'}. Let {made.verifier} hand "
            "it in, or choose the party in the header Almoner-Party.",
            verifier=made.verifier,
            party=call.party,
        )


def list_determinations(call: Call, agreement: Code, claim: Code, query: PageQuery) -> DeterminationList:
    """List what verifiers found about a claim, all rounds."""
    rows, after = cut(
        call,
        query,
        _found(call, agreement, claim),
        lambda one: (one.round, one.verifier),
        name=f"determination.list/{agreement}/{claim}",
    )
    masked = call.access.masked
    return DeterminationList(items=[DeterminationLine.of(one, masked=masked) for one in rows], next=after)


def read_determination(call: Call, agreement: Code, claim: Code, determination: Code) -> DeterminationReply:
    """Return a determination by its digest, with the envelope that was signed."""
    found = next((one for one in _found(call, agreement, claim) if one.digest() == determination), None)
    if found is None:
        raise Missing(
            f"No determination of {claim!r} has the digest {determination}.",
            what="determination",
            code=determination,
        )
    masked = call.access.masked
    more = {
        "agreement": found.agreement,
        "claim_sha256": found.claim_sha256,
        "envelope": None if masked else _envelope(call, found),
    }
    return DeterminationReply.model_validate(said_of(found, masked=masked) | more)


def _found(call: Call, agreement: str, claim: str) -> tuple[Determination, ...]:
    stored = find_stored(call, agreement)
    claims.find_claim(call.session, stored, claim)
    return determinations.list_determinations(call.session, stored, claim)


def _envelope(call: Call, found: Determination) -> EnvelopeDocument:
    party = registry.find_party(call.session, call.book_id, found.verifier)
    return EnvelopeDocument.read(envelope(found, party.public_key or b""))


_FINDING = {"metric": "nights", "value": "401", "method": "recount/1"}
_ENVELOPE = {
    "payload": "eyJhZ3JlZW1lbnQiOiJwYWN0In0=",
    "payloadType": "application/vnd.almoner.determination+json",
    "signatures": [{"keyid": "", "sig": "AAAA"}],
}
OPERATIONS = (
    Operation(
        name="determination.draft",
        method="POST",
        path=f"{CLAIM}/determination-drafts",
        handler=draft_determination,
        tag="determinations",
        keyed=False,
        examples={"another value": {"findings": [_FINDING]}, "nothing holds": {"findings": []}},
    ),
    Operation(
        name="determination.list", method="GET", path=FOUND, handler=list_determinations, tag="determinations"
    ),
    Operation(
        name="determination.read",
        method="GET",
        path=f"{FOUND}/{{determination}}",
        handler=read_determination,
        tag="determinations",
    ),
    Operation(
        name="determination.submit",
        method="POST",
        path=FOUND,
        handler=submit_determination,
        tag="determinations",
        status=201,
        examples={"envelope": _ENVELOPE},
    ),
)
