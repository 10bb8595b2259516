"""What is asked and answered about disputes, waivers and rulings."""

import base64
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ...contracts.agreement import Grounds
from ...contracts.claims import ClaimState, ClaimStatus
from ...contracts.disputes import RESOLUTION_TYPE, Dispute, Resolution, ResolutionOutcome
from ...contracts.envelopes import Digest, EnvelopeDocument
from ...finance.documents import Code, Text
from .base import Asked, Made, Reply
from .payouts import SettlementReply

SIGNATURE = r"^[0-9a-fA-F]{128}$"
DisputeOutcome = Literal["open", "upheld", "overturned", "partly"]


class DisputeRequest(Asked):
    """A finding to question, in the name of the caller's party."""

    code: Code
    grounds: Grounds
    statement: Text
    name: Annotated[
        Code | None, Field(description="Your party's name in the terms, where it has several.")
    ] = None
    evidence_sha256: Annotated[Digest | None, Field(description="Of counter-evidence.")] = None


class FrozenAmount(Reply):
    """What a dispute keeps back of one payer's money."""

    payer: str
    amount: str
    unit: str


class DisputeReply(Made):
    """A dispute, what it keeps back, and how it ended: ``open``, ``upheld``, ``overturned``, ``partly``."""

    agreement: str
    claim: str
    code: str
    round: int
    grounds: str
    raised_by: str
    statement: str
    evidence_sha256: str | None
    frozen: list[FrozenAmount]
    outcome: DisputeOutcome
    reason: Annotated[str | None, Field(description="Why it ended so; null while it is open.")]
    resolver: str | None

    @classmethod
    def of(cls, one: Dispute) -> "DisputeReply":
        """Return a dispute as a reply."""
        return cls.model_validate(dispute_fields(one))


class DisputeList(Reply):
    """A page of disputes."""

    items: list[DisputeReply]
    next: str | None


def dispute_fields(one: Dispute) -> dict[str, object]:
    """Return what is said of a dispute, by name."""
    return {
        "agreement": one.agreement,
        "claim": one.claim,
        "code": one.code,
        "round": one.round,
        "grounds": one.grounds,
        "raised_by": one.raised_by,
        "statement": one.statement,
        "evidence_sha256": one.evidence_sha256 or None,
        "frozen": [
            FrozenAmount(payer=payer, amount=kept.text, unit=kept.unit.code)
            for payer, kept in one.frozen.items()
        ],
        "outcome": one.outcome or "open",
        "reason": one.reason or None,
        "resolver": one.resolver or None,
    }


class DisputeWaiverRequest(Asked):
    """The right to dispute a finding, given up in the name of the caller's party."""

    name: Annotated[
        Code | None, Field(description="Your party's name in the terms, where it has several.")
    ] = None


class WaiverMade(Made):
    """A right that was given up, and how the claim stands now."""

    agreement: str
    claim: str
    waived_by: str
    state: ClaimState
    final_on: date | None

    @classmethod
    def of(cls, name: str, status: ClaimStatus) -> "WaiverMade":
        """Return a waiver with the state of its claim as a reply."""
        return cls(
            agreement=status.claim.agreement,
            claim=status.claim.code,
            waived_by=name,
            state=status.state,
            final_on=status.final_on,
        )


class ResolutionDraftRequest(Asked):
    """How a dispute is to end; a draft is computed, and nothing is stored."""

    outcome: ResolutionOutcome
    reason: Text
    determination_sha256: Annotated[
        Digest | None, Field(description="Of the determination that takes the finding's place.")
    ] = None


class ResolutionDraft(Reply):
    """What is to be signed with the resolver's own key, which never leaves the resolver.

    Attributes
    ----------
    payload : str
        Exact text of the resolution.
    payload_type : str
        Of what is signed.
    signing_base64 : str
        The bytes under the signature: Ed25519 over exactly these.
    """

    payload: str
    payload_type: str
    signing_base64: str

    @classmethod
    def of(cls, made: Resolution) -> "ResolutionDraft":
        """Return a draft as a reply."""
        return cls(
            payload=made.payload().decode(),
            payload_type=RESOLUTION_TYPE,
            signing_base64=base64.b64encode(made.signing_bytes()).decode(),
        )


class ResolutionRequest(Asked):
    """A dispute's end, signed by its resolver.

    Attributes
    ----------
    signature : str
        Ed25519 over the bytes of the draft, 128 hexadecimal digits.
    determination : EnvelopeDocument or None
        That takes the finding's place, where it is not on record yet.
    determination_sha256 : str or None
        Its digest, where it is.
    """

    outcome: ResolutionOutcome
    reason: Text
    signature: Annotated[str, Field(pattern=SIGNATURE)]
    determination: EnvelopeDocument | None = None
    determination_sha256: Digest | None = None


class ResolutionMade(DisputeReply):
    """A dispute as it ended, how its claim stands, and what was settled at once."""

    state: ClaimState
    settlements: list[SettlementReply]
