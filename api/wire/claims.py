"""What is asked and answered about claims and their evidence."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field

from ...contracts.claims import Claim, ClaimedResult, ClaimState, ClaimStatus, Evidence
from ...contracts.envelopes import Digest, Short
from ...contracts.terms.document import WHOLE_TERM
from ...finance.documents import Code, Text
from .base import Asked, Instant, Made, Reply, Wire

MOST_RESULTS = 20_000


class ResultRow(Wire):
    """One result, claimed or found: of which metric, when, of whom, how much.

    Examples
    --------
    >>> ResultRow(metric="nights", value="412").result
    ClaimedResult(metric='nights', period='term', of=(), value='412', on='')
    """

    metric: Code
    period: Short = WHOLE_TERM
    of: dict[str, str] = Field(default_factory=dict, description="Member by set, for a metric per member.")
    value: Annotated[Short, Field(description="A number in the metric's digits, true, false, or a label.")]
    on: Annotated[Short, Field(description="The day it was achieved, where that matters.")] = ""

    @property
    def result(self) -> ClaimedResult:
        """The same as the floors know it."""
        of = tuple(sorted(self.of.items()))
        return ClaimedResult(metric=self.metric, period=self.period, of=of, value=self.value, on=self.on)

    @classmethod
    def of_result(cls, one: ClaimedResult) -> "ResultRow":
        """Write a result."""
        return cls(metric=one.metric, period=one.period, of=dict(one.of), value=one.value, on=one.on)


def result_list(results: Iterable[ClaimedResult], *, masked: bool) -> list[ResultRow]:
    """Write results; masked, without those of single members, who may be persons."""
    return [ResultRow.of_result(one) for one in results if not (masked and one.of)]


class ClaimRequest(Asked):
    """Results to report, in the name of the caller's party; with a dataset alone, what its rows add up to."""

    code: Code
    results: Annotated[list[ResultRow], Field(max_length=MOST_RESULTS)] = Field(default_factory=list)
    dataset: Code | None = None


class ClaimMade(Made):
    """A claim as it was made."""

    agreement: str
    code: str
    claimed_by: str
    results: list[ResultRow]
    dataset: str | None
    sha256: Annotated[str, Field(description="Of the claim's exact bytes: what a determination names.")]

    @classmethod
    def of(cls, made: Claim) -> "ClaimMade":
        """Return a claim as a reply."""
        return cls(
            agreement=made.agreement,
            code=made.code,
            claimed_by=made.claimed_by,
            results=result_list(made.results, masked=False),
            dataset=made.dataset or None,
            sha256=made.digest(),
        )


class ReferralRequest(Asked):
    """A claim of what other agreements came to; nobody states a figure."""

    code: Code


class EvidenceRequest(Asked):
    """Evidence by its digest; the content stays where it is held."""

    sha256: Digest
    method: Text
    description: Text
    media_type: Short = "application/octet-stream"
    held_by: Short = ""


class EvidenceRow(Reply):
    """A piece of evidence on record."""

    sha256: str
    media_type: str
    method: str
    description: str
    held_by: str

    @classmethod
    def of(cls, one: Evidence) -> "EvidenceRow":
        """Return evidence as a reply."""
        return cls(
            sha256=one.sha256,
            media_type=one.media_type,
            method=one.method,
            description=one.description,
            held_by=one.held_by,
        )


class EvidenceMade(Made):
    """Evidence as it was put on record."""

    agreement: str
    claim: str
    evidence: EvidenceRow


class EvidenceFound(Reply):
    """Evidence on record that a file is."""

    agreement: str
    claim: str
    evidence: EvidenceRow


class EvidenceList(Reply):
    """A page of evidence."""

    items: list[EvidenceRow]
    next: str | None


class ClaimLine(Reply):
    """A claim in a list, and how it stands.

    Attributes
    ----------
    state : str
        ``claimed``, ``determined``, ``in_disagreement``, ``provisional``, ``disputed``, ``final``,
        ``settled``.
    found, needed : int [verifiers]
        How many have found something, and how many must agree.
    withheld : int [rows]
        Results of single members that the caller does not see.
    """

    code: str
    claimed_by: str
    state: ClaimState
    found: int
    needed: int
    round: int
    decided_on: date | None
    final_on: date | None
    dispute: str | None
    results: list[ResultRow]
    decided: list[ResultRow]
    withheld: int

    @classmethod
    def of(cls, one: ClaimStatus, *, masked: bool) -> "ClaimLine":
        """Return a status as a reply; masked, without results of single members."""
        return cls.model_validate(line_fields(one, masked=masked))


class ClaimList(Reply):
    """A page of claims."""

    items: list[ClaimLine]
    next: str | None


class WaitingClaimLine(Reply):
    """A claim that waits for a finding, or whose decision is disputed.

    Attributes
    ----------
    found : bool
        Whether the caller's party has found something about it already.
    """

    agreement: str
    claim: str
    claimed_by: str
    claimed_at: Instant
    disputed: bool
    found: bool


class WaitingClaimList(Reply):
    """A page of claims that wait, the oldest first."""

    items: list[WaitingClaimLine]
    next: str | None


class ClaimReply(ClaimLine):
    """A claim, how it stands, and what it rests on; ``evidence`` is absent where the caller sees none."""

    agreement: str
    dataset: str | None
    sha256: str
    evidence: list[EvidenceRow] | None

    @classmethod
    def whole(cls, one: ClaimStatus, evidence: Iterable[Evidence], *, masked: bool) -> "ClaimReply":
        """Return a status with its evidence as a reply; masked, without evidence."""
        more = {
            "agreement": one.claim.agreement,
            "dataset": one.claim.dataset or None,
            "sha256": one.claim.digest(),
            "evidence": None if masked else [EvidenceRow.of(row) for row in evidence],
        }
        return cls.model_validate(line_fields(one, masked=masked) | more)


def line_fields(one: ClaimStatus, *, masked: bool) -> dict[str, object]:
    """Return what a list says of a claim, by name."""
    results = result_list(one.claim.results, masked=masked)
    return {
        "code": one.claim.code,
        "claimed_by": one.claim.claimed_by,
        "state": one.state,
        "found": one.found,
        "needed": one.needed,
        "round": one.round,
        "decided_on": one.decided_on,
        "final_on": one.final_on,
        "dispute": one.dispute or None,
        "results": results,
        "decided": result_list(one.results, masked=masked),
        "withheld": len(one.claim.results) - len(results),
    }
