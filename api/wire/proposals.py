"""What is asked and answered about approvals: policies, proposals, who agreed, and what came of it."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from ...finance.approvals import ApprovalPolicy, Proposal
from ...finance.documents import Code
from ...finance.entries import Entry
from ...finance.ledger import Draft
from .base import Amount, Asked, Instant, Made, Reply
from .commitments import CommitmentPayment, CommitmentReassignment, CommitmentRequest
from .ledger import LegReply
from .spending import (
    AdvanceRequest,
    DisbursementRequest,
    DonorReturnRequest,
    FeeRequest,
    MoveRequest,
    RefundRequest,
    SignatureText,
)

ProposalState = Literal["waiting", "approved", "executed", "rejected"]


class ApprovalPolicyRequest(Asked):
    """How many approvals a kind of transaction needs, from an amount and an instant on.

    Attributes
    ----------
    quorum : int [approvals]
        0 abolishes the band.
    """

    kind: Code = Field(examples=["transfer"])
    least: Amount
    quorum: Annotated[int, Field(ge=0, le=100)]
    since: AwareDatetime = Field(examples=[datetime(2026, 2, 1, tzinfo=UTC)])


class ApprovalPolicyLine(BaseModel):
    """How many approvals are asked, of what, since when."""

    kind: str
    least: Amount
    quorum: int
    since: Instant

    @classmethod
    def of(cls, one: ApprovalPolicy) -> Self:
        """Return a policy as a reply."""
        return cls(kind=one.kind, least=Amount.of(one.least), quorum=one.quorum, since=one.since)


class ApprovalPolicyMade(Made, ApprovalPolicyLine):
    """A policy as it was set."""


class ApprovalPolicyList(Reply):
    """A page of policies, oldest first."""

    items: list[ApprovalPolicyLine]
    next: str | None


class ProposedDisbursement(DisbursementRequest):
    """A payment out of what is free, to be approved."""

    act: Literal["disbursement"]


class ProposedCommitment(CommitmentRequest):
    """A promise, to be approved."""

    act: Literal["commitment"]


class ProposedCommitmentPayment(CommitmentPayment):
    """A payment out of what was promised, to be approved."""

    act: Literal["commitment-payment"]


class ProposedReassignment(CommitmentReassignment):
    """One promise that becomes another, to be approved."""

    act: Literal["commitment-reassignment"]


class ProposedRefund(RefundRequest):
    """Money that comes back, to be approved."""

    act: Literal["refund"]


class ProposedAdvance(AdvanceRequest):
    """A transfer to an implementer, to be approved."""

    act: Literal["advance"]


class ProposedFee(FeeRequest):
    """A fee, to be approved."""

    act: Literal["fee"]


class ProposedDonorReturn(DonorReturnRequest):
    """Money that goes back to its donor, to be approved."""

    act: Literal["donor-return"]


class ProposedMove(MoveRequest):
    """Money that moves between windows, to be approved."""

    act: Literal["move"]


class ProposedReversal(Asked):
    """A transaction to be undone, when that is approved."""

    act: Literal["reversal"]
    transaction: UUID


class ProposedEntry(Asked):
    """An entry on open accounts of the fund, to be approved; its key names it among documents only."""

    act: Literal["entry"]
    entry: Entry


ProposalRequest = Annotated[
    ProposedDisbursement
    | ProposedCommitment
    | ProposedCommitmentPayment
    | ProposedReassignment
    | ProposedRefund
    | ProposedAdvance
    | ProposedFee
    | ProposedDonorReturn
    | ProposedMove
    | ProposedReversal
    | ProposedEntry,
    Field(discriminator="act"),
]


class ApprovalRequest(Asked):
    """Agreement to a proposal, to exactly its bytes.

    Attributes
    ----------
    signature : str
        Ed25519 over ``signing_bytes`` of the proposal, 128 hexadecimal digits; a party with a registered key
        signs, one without does not.
    payload_sha256 : str
        Digest of the proposal that was read: another one is refused; empty where it does not matter.
    """

    signature: SignatureText = ""
    payload_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class RejectionRequest(Asked):
    """Refusal of a proposal for good; its maker takes it back so.

    Attributes
    ----------
    reason : str
        Why, in words for who proposed it.
    payload_sha256 : str
        Digest of the proposal that was read: another one is refused; empty where it does not matter.
    """

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")] = Field(
        examples=["The well was paid in March."]
    )
    payload_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class RejectionFacts(BaseModel):
    """Who rejected a proposal, when, and why."""

    party: str
    reason: str
    rejected_at: Instant


class ApprovalLine(BaseModel):
    """One party's agreement."""

    approver: str
    given_at: Instant
    signed: bool


class ProposalFacts(BaseModel):
    """A proposal: what would be posted, who made it, who agreed, and what carried it out.

    Attributes
    ----------
    state : str
        ``waiting`` for approvals, ``approved``, ``executed``, or ``rejected``: then it is over.
    needed : int [approvals]
        How many the policies ask now.
    payload : str
        The exact bytes of the request, canonical JSON.
    signing_bytes : str
        What approvers with a key sign, in hexadecimal digits.
    """

    id: UUID
    kind: str
    state: ProposalState
    maker: str
    proposed_at: Instant
    payee: str
    legs: list[LegReply]
    needed: int
    approvals: list[ApprovalLine]
    transaction: UUID | None
    rejection: RejectionFacts | None
    payload: str
    payload_sha256: str
    signing_bytes: str

    @classmethod
    def of(cls, one: Proposal, draft: Draft) -> Self:
        """Return a proposal, and what it would post, as a reply."""
        no = one.rejection
        return cls(
            id=one.id,
            kind=one.kind,
            state=_state(one),
            maker=one.maker,
            proposed_at=one.proposed_at,
            payee=draft.payee,
            legs=[LegReply.of(leg) for leg in draft.legs],
            needed=one.needed,
            approvals=[
                ApprovalLine(approver=given.approver, given_at=given.given_at, signed=bool(given.signature))
                for given in one.approvals
            ],
            transaction=one.transaction,
            rejection=RejectionFacts(party=no.party, reason=no.reason, rejected_at=no.rejected_at)
            if no
            else None,
            payload=one.payload.decode(),
            payload_sha256=one.digest().hex(),
            signing_bytes=one.signing_bytes().hex(),
        )


def _state(one: Proposal) -> ProposalState:
    if one.rejection is not None:
        return "rejected"
    if one.transaction is not None:
        return "executed"
    return "approved" if one.approved else "waiting"


class ProposalReply(Reply, ProposalFacts):
    """A proposal as it stands."""


class ProposalMade(Made, ProposalFacts):
    """A proposal as it was made, or as it stands after an approval or its rejection."""


class ProposalList(Reply):
    """A page of proposals that are open."""

    items: list[ProposalFacts]
    next: str | None


class EffectLine(Reply):
    """How one figure of one account would change.

    Attributes
    ----------
    role : str
        ``cash``, ``pool``, ``obligation``, ``holder`` or ``memo``.
    figure : str
        ``balance``: what it has; ``free``: what of that may still be promised; ``promised``: what it owes.
    short : bool
        Whether it would fall below its floor: such a proposal is refused when it is carried out.
    """

    account: str
    role: str
    earmark: str
    figure: Literal["balance", "free", "promised"]
    before: str
    after: str
    unit: str
    short: bool


class ProposalEffects(Reply):
    """Which balances a proposal would change if it were carried out now; none once it is over.

    Attributes
    ----------
    payload_sha256 : str
        Digest of the proposal.
    agreement, payout : str or UUID or None
        What waits for it, where it is a payout: it is carried out there.
    """

    proposal: UUID
    payload_sha256: str
    agreement: str | None
    payout: UUID | None
    items: list[EffectLine]
