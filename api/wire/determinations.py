"""What is asked and answered about determinations: drafted here, signed elsewhere, handed in."""

import base64
from datetime import date
from typing import Annotated

from pydantic import Field

from ...contracts.claims import ClaimState, ClaimStatus
from ...contracts.determinations import DETERMINATION_TYPE, Determination, Finding
from ...contracts.envelopes import Digest, EnvelopeDocument, Short
from ...finance.documents import Text
from .base import Asked, Made, Reply
from .claims import MOST_RESULTS, ResultRow


class FindingBody(ResultRow):
    """How one result was found; figures as the method gave them, as decimal text."""

    method: Text
    estimate: Short = ""
    standard_error: Short = ""
    low: Short = ""
    high: Short = ""
    level: Short = ""
    sample: Annotated[int, Field(ge=0)] | None = None
    statistic: Short = ""
    data_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    @property
    def finding(self) -> Finding:
        """The same as the floors know it."""
        return Finding(
            result=self.result,
            method=self.method,
            estimate=self.estimate,
            standard_error=self.standard_error,
            low=self.low,
            high=self.high,
            level=self.level,
            sample=self.sample,
            statistic=self.statistic,
            data_sha256=self.data_sha256,
        )

    @classmethod
    def of_finding(cls, one: Finding) -> "FindingBody":
        """Write a finding."""
        return cls(
            **ResultRow.of_result(one.result).model_dump(),
            method=one.method,
            estimate=one.estimate,
            standard_error=one.standard_error,
            low=one.low,
            high=one.high,
            level=one.level,
            sample=one.sample,
            statistic=one.statistic,
            data_sha256=one.data_sha256,
        )


class DeterminationDraftRequest(Asked):
    """What a verifier found; a draft is computed, and nothing is stored."""

    findings: Annotated[
        list[FindingBody],
        Field(max_length=MOST_RESULTS, description="None where nothing of the claim holds."),
    ]
    evidence_sha256: Annotated[
        Digest | None, Field(description="Needed where a claim has several pieces of evidence.")
    ] = None


class DeterminationDraft(Reply):
    """What is to be signed with the verifier's own key, which never leaves the verifier.

    Attributes
    ----------
    payload : str
        Exact text of the determination.
    payload_type : str
        Of the envelope (DSSE).
    signing_base64 : str
        The bytes under the signature: Ed25519 over exactly these.
    sha256 : str
        Digest of the payload.
    """

    payload: str
    payload_type: str
    signing_base64: str
    sha256: str
    round: int

    @classmethod
    def of(cls, made: Determination) -> "DeterminationDraft":
        """Return a draft as a reply."""
        return cls(
            payload=made.payload().decode(),
            payload_type=DETERMINATION_TYPE,
            signing_base64=base64.b64encode(made.signing_bytes()).decode(),
            sha256=made.digest(),
            round=made.round,
        )


class DeterminationMade(Made):
    """A determination as it was taken, and how its claim stands now."""

    agreement: str
    claim: str
    verifier: str
    round: int
    sha256: str
    state: ClaimState
    found: int
    needed: int
    final_on: date | None

    @classmethod
    def of(cls, made: Determination, status: ClaimStatus) -> "DeterminationMade":
        """Return a determination with the state of its claim as a reply."""
        return cls(
            agreement=made.agreement,
            claim=made.claim,
            verifier=made.verifier,
            round=made.round,
            sha256=made.digest(),
            state=status.state,
            found=status.found,
            needed=status.needed,
            final_on=status.final_on,
        )


class DeterminationLine(Reply):
    """What a verifier found about a claim.

    Attributes
    ----------
    withheld : int [rows]
        Findings on single members that the caller does not see.
    """

    claim: str
    round: int
    verifier: str
    made_on: date
    findings: list[FindingBody]
    withheld: int
    evidence_sha256: str
    sha256: str

    @classmethod
    def of(cls, one: Determination, *, masked: bool) -> "DeterminationLine":
        """Return a determination as a reply; masked, without findings on single members."""
        return cls.model_validate(said_of(one, masked=masked))


class DeterminationList(Reply):
    """A page of determinations."""

    items: list[DeterminationLine]
    next: str | None


class DeterminationReply(DeterminationLine):
    """A determination with its envelope, for whoever checks the signature; absent for who sees a part."""

    agreement: str
    claim_sha256: str
    envelope: EnvelopeDocument | None


def said_of(one: Determination, *, masked: bool) -> dict[str, object]:
    """Return what a list says of a determination, by name."""
    findings = [FindingBody.of_finding(row) for row in one.findings if not (masked and row.result.of)]
    return {
        "claim": one.claim,
        "round": one.round,
        "verifier": one.verifier,
        "made_on": date.fromisoformat(one.made_on),
        "findings": findings,
        "withheld": len(one.findings) - len(findings),
        "evidence_sha256": one.evidence_sha256,
        "sha256": one.digest(),
    }
