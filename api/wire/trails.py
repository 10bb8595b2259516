"""What is answered about the trail of a payout: which clause made it due, and whose money it was."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from ...contracts.claims import Claim
from ...contracts.payout_trace import PayoutTrace
from ...finance.statements import Use
from .base import Reply
from .claims import EvidenceRow, ResultRow, result_list
from .determinations import DeterminationLine
from .payouts import PayoutReply, SettledLine


class PayoutTraceReply(Reply):
    """Which clause made a payout due, in the words of the term sheet, with every operation.

    Attributes
    ----------
    withheld : int [rows]
        Amounts of single members that the caller does not see.
    """

    payout: PayoutReply
    title: str
    words: list[str]
    source: str
    terms_sha256: str
    amounts: list[SettledLine]
    withheld: int

    @classmethod
    def of(cls, trace: PayoutTrace, *, masked: bool) -> "PayoutTraceReply":
        """Return a trace as a reply; masked, without amounts of single members."""
        shown = [one for one in trace.amounts if not (masked and one.members)]
        return cls(
            payout=PayoutReply.whole(trace.payout),
            title=trace.clause.title,
            words=list(trace.clause.words),
            source=trace.clause.source,
            terms_sha256=trace.clause.terms_sha256,
            amounts=[SettledLine.of(one) for one in shown],
            withheld=len(trace.amounts) - len(shown),
        )


class TrailGift(Reply):
    """What one contribution bore; below zero where money came back. Masked, without its giver."""

    contribution: str
    giver: str | None
    earmark: str
    amount: str
    unit: str
    transaction: UUID

    @classmethod
    def of(cls, one: Use, *, masked: bool) -> "TrailGift":
        """Return a contribution as a reply."""
        return cls(
            contribution=one.contribution,
            giver=None if masked else one.giver,
            earmark=one.earmark,
            amount=one.amount.text,
            unit=one.amount.unit.code,
            transaction=one.transaction,
        )


class TrailClaim(Reply):
    """The claim that a payout rests on."""

    code: str
    claimed_by: str
    results: list[ResultRow]
    sha256: str

    @classmethod
    def of(cls, one: Claim, *, masked: bool) -> "TrailClaim":
        """Return a claim as a reply; masked, without results of single members."""
        return cls(
            code=one.code,
            claimed_by=one.claimed_by,
            results=result_list(one.results, masked=masked),
            sha256=one.digest(),
        )


class TrailDispute(Reply):
    """A dispute on the way; ``open`` while nobody has ruled."""

    code: str
    grounds: str
    raised_by: str
    round: int
    outcome: str


class TrailEntry(Reply):
    """One entry of the log with the way to its root, lowest first."""

    index: int
    body: str
    path: list[str]


class TrailProof(Reply):
    """That the signed log holds a transaction; it is checked without this server."""

    key: Annotated[str, Field(description="Of the log, 64 hexadecimal digits.")]
    name: str
    checkpoint: Annotated[str, Field(description="A signed note.")]
    entries: list[TrailEntry]

    @classmethod
    def of(cls, proof: dict[str, Any]) -> "TrailProof":
        """Return a proof as a reply."""
        return cls.model_validate({name: proof[name] for name in cls.model_fields})


class TrailLog(Reply):
    """A transaction's place in the log; no proof where it is not sealed yet, or the caller sees a part."""

    transaction: UUID
    sealed: bool
    proof: TrailProof | None


class PayoutTrailReply(Reply):
    """A payout followed from the givers to the log; ``paid_on`` is the round that counted."""

    payout: PayoutReply
    fund: str | None
    contributions: list[TrailGift]
    clause: PayoutTraceReply
    claim: TrailClaim | None
    evidence: list[EvidenceRow] | None
    determinations: list[DeterminationLine]
    paid_on: int
    disputes: list[TrailDispute]
    log: list[TrailLog]

    @classmethod
    def of(cls, trace: PayoutTrace, *, masked: bool) -> "PayoutTrailReply":
        """Return a trail as a reply; masked, without givers, evidence and what concerns single members."""
        return cls(
            payout=PayoutReply.whole(trace.payout),
            fund=trace.fund or None,
            contributions=[TrailGift.of(one, masked=masked) for one in trace.contributions],
            clause=PayoutTraceReply.of(trace, masked=masked),
            claim=None if trace.claim is None else TrailClaim.of(trace.claim, masked=masked),
            evidence=None if masked else [EvidenceRow.of(one) for one in trace.evidence],
            determinations=[DeterminationLine.of(one, masked=masked) for one in trace.determinations],
            paid_on=trace.round,
            disputes=[
                TrailDispute(
                    code=one.code,
                    grounds=one.grounds,
                    raised_by=one.raised_by,
                    round=one.round,
                    outcome=one.outcome or "open",
                )
                for one in trace.disputes
            ],
            log=[
                TrailLog(
                    transaction=one,
                    sealed=proof is not None,
                    proof=None if masked or proof is None else TrailProof.of(proof),
                )
                for one, proof in trace.proofs.items()
            ],
        )
