"""Disputes: a finding is questioned in time, on a named ground, and exactly the affected money waits.

The problem: a payment that is argued about either goes out or stops everything else. A ``Dispute`` names the
finding and its ground; what would be paid on it is kept back under a name of its own, so that the fund itself
cannot pay it; a ``Resolution`` by somebody who neither pays nor is paid ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..finance.documents import canonical_bytes
from ..finance.money import Money
from ..finance.signatures import attested_bytes
from .agreement import Grounds

ResolutionOutcome = Literal["upheld", "overturned", "partly"]
RESOLUTION_TYPE = "application/vnd.almoner.resolution+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A finding that is questioned.

    Attributes
    ----------
    agreement, claim, code : str
        What is disputed, and the dispute's own code.
    round : int [place]
        Of the decision that is disputed.
    grounds : str
        One that the agreement admits.
    raised_by : str
        Name of the party in the agreement.
    statement : str
        Why.
    evidence_sha256 : str
        Counter-evidence, by digest; may be empty.
    frozen : Mapping of str to Money
        Kept back, by payer.
    outcome : str
        ``upheld``, ``overturned`` or ``partly``; empty while it is open.
    reason, resolver : str
        Why it ended so, and the code of the party that decided; empty while it is open.
    """

    agreement: str
    claim: str
    code: str
    round: int
    grounds: Grounds
    raised_by: str
    statement: str
    evidence_sha256: str = ""
    frozen: Mapping[str, Money] = field(default_factory=dict)
    outcome: ResolutionOutcome | Literal[""] = ""
    reason: str = ""
    resolver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a dispute ends.

    Attributes
    ----------
    agreement, dispute : str
        Codes.
    outcome : str
        ``upheld``: the finding stands. ``overturned``: nothing of it does. ``partly``: another stands.
    resolver : str
        Code of the party that decides.
    reason : str
        Why.
    determination_sha256 : str
        The determination that takes the finding's place, by the digest of its payload; empty when upheld.
    signature : bytes
        Ed25519 over ``signing_bytes``, 64 bytes.
    """

    agreement: str
    dispute: str
    outcome: ResolutionOutcome
    resolver: str
    reason: str
    determination_sha256: str = ""
    signature: bytes = b""

    def payload(self) -> bytes:
        """Return the exact bytes of what is said."""
        return canonical_bytes(
            {
                "agreement": self.agreement,
                "determination_sha256": self.determination_sha256,
                "dispute": self.dispute,
                "outcome": self.outcome,
                "reason": self.reason,
                "resolver": self.resolver,
                "schema": "almoner.resolution/1",
            }
        )

    def signing_bytes(self) -> bytes:
        """Return the exact bytes that the resolver signs."""
        return attested_bytes(RESOLUTION_TYPE, self.payload())
