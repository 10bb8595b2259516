"""Determinations: what a verifier found, signed over exact bytes.

The problem: money moves on a finding, so it must be provable who found what, by which method, how sure, from
which data. A ``Determination`` says so for every result of a claim; the verifier signs its bytes in a DSSE
envelope (github.com/secure-systems-lab/dsse, version 1.0.2), and only the numbers in it are paid on.
"""

from dataclasses import dataclass

from ..finance.documents import canonical_bytes
from ..finance.signatures import attested_bytes
from .claims import ClaimedResult, digest_of, result_rows

DETERMINATION_TYPE = "application/vnd.almoner.determination+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one result was found.

    Attributes
    ----------
    result : ClaimedResult
        The value that is paid on; may differ from what was claimed.
    method : str
        Name and version of the evaluation method, or how a person came to it.
    estimate, standard_error, low, high : str
        Decimal text as the method gave them, before rounding to the metric's digits; empty where it gives
        none.
    level : str
        Of the interval, for example ``0.95``.
    sample : int or None [observations]
        How many it rests on.
    statistic : str
        What was taken as the value: ``estimate``, ``low``, ``count`` and so on.
    data_sha256 : str
        Digest of the data it was computed from.
    """

    result: ClaimedResult
    method: str
    estimate: str = ""
    standard_error: str = ""
    low: str = ""
    high: str = ""
    level: str = ""
    sample: int | None = None
    statistic: str = ""
    data_sha256: str = ""

    def row(self) -> dict[str, object]:
        """Write it as JSON values; what is empty is left out."""
        said: dict[str, object] = {
            "method": self.method,
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "sample": self.sample,
            "statistic": self.statistic,
            "data_sha256": self.data_sha256,
        }
        return result_rows((self.result,))[0] | {k: v for k, v in said.items() if v not in {"", None}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """What a verifier found about a claim.

    Attributes
    ----------
    agreement, claim, claim_sha256 : str
        What it determines, by codes and by the digest of the claim.
    round : int [place]
        1 for the first, 2 for what follows a dispute.
    verifier : str
        Code of the party.
    findings : tuple of Finding
        One for each result; none where nothing of the claim holds.
    evidence_sha256 : str
        Digest of the evidence it rests on.
    made_on : str
        The day, ``YYYY-MM-DD``.
    signature : bytes
        Ed25519 over ``signing_bytes``, 64 bytes; empty before it is signed.
    """

    agreement: str
    claim: str
    claim_sha256: str
    round: int = 1
    verifier: str
    findings: tuple[Finding, ...]
    evidence_sha256: str
    made_on: str
    signature: bytes = b""

    @property
    def results(self) -> tuple[ClaimedResult, ...]:
        """What is paid on."""
        return tuple(one.result for one in self.findings)

    def payload(self) -> bytes:
        """Return the exact bytes of what is said."""
        return canonical_bytes(
            {
                "agreement": self.agreement,
                "claim": self.claim,
                "claim_sha256": self.claim_sha256,
                "evidence_sha256": self.evidence_sha256,
                "findings": [one.row() for one in self.findings],
                "made_on": self.made_on,
                "round": self.round,
                "schema": "almoner.determination/1",
                "verifier": self.verifier,
            }
        )

    def signing_bytes(self) -> bytes:
        """Return the exact bytes that the verifier signs."""
        return attested_bytes(DETERMINATION_TYPE, self.payload())

    def digest(self) -> str:
        """Return the SHA-256 of the payload, 64 hexadecimal digits."""
        return digest_of(self.payload())
