"""Claims, evidence and determinations: what is said to have happened, and what an independent party found.

The problem: whoever is paid by a result also reports it. A ``Claim`` moves nothing; only a
``Determination``, signed by a verifier who has no other part in the agreement, over evidence whose digest
is on record, does.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ..finance.documents import canonical_bytes
from ..finance.errors import NotIndependent
from .agreement import EVALUATOR
from .terms.document import TermDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A result that a party reports.

    Attributes
    ----------
    agreement, code : str
        The agreement, and the claim's own code in it.
    metric, period : str
        What is claimed, for when.
    value : str
        Decimal text in the metric's unit.
    claimed_by : str
        Code of the party.
    """

    agreement: str
    code: str
    metric: str
    period: str
    value: str
    claimed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a claim rests on.

    Attributes
    ----------
    claim : str
        Code of the claim.
    sha256 : str
        Digest of the content, 64 hexadecimal digits.
    method : str
        How it was gathered.
    description : str
        For people.
    """

    claim: str
    sha256: str
    method: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """What a verifier found, signed.

    Attributes
    ----------
    claim, verifier : str
        Codes.
    value : str
        Decimal text in the metric's unit; may differ from what was claimed.
    method : str
        How the verifier came to it.
    evidence_sha256 : str
        Digest of the evidence it rests on.
    signature : bytes
        Ed25519 over ``determination_bytes``, 64 bytes.
    """

    claim: str
    verifier: str
    value: str
    method: str
    evidence_sha256: str
    signature: bytes


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of evidence, as 64 hexadecimal digits.

    Examples
    --------
    >>> digest_of(b"register 2027")[:8]
    'b734d1b0'
    """
    return hashlib.sha256(content).hexdigest()


def determination_bytes(
    claim: Claim, *, value: str, method: str, evidence_sha256: str, verifier: str
) -> bytes:
    """Return the exact bytes that a verifier signs.

    Parameters
    ----------
    claim : Claim
        What is determined.
    value : str
        Decimal text in the metric's unit.
    method, evidence_sha256, verifier : str
        As in the determination.
    """
    return canonical_bytes(
        {
            "agreement": claim.agreement,
            "claim": claim.code,
            "evidence_sha256": evidence_sha256,
            "method": method,
            "metric": claim.metric,
            "period": claim.period,
            "schema": "almoner.determination/1",
            "value": value,
            "verifier": verifier,
        }
    )


def require_independent(terms: TermDocument, parties: Mapping[str, str]) -> None:
    """Refuse a verifier who also has another part in the agreement.

    Parameters
    ----------
    terms : TermDocument
        Says who is evaluator.
    parties : Mapping of str to str
        Party of the terms -> code of the party.

    Raises
    ------
    NotIndependent
        With the party and its other roles.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> require_independent(TermDocument.read(EXAMPLE), {"city": "denver", "home": "home", "lab": "home"})
    Traceback (most recent call last):
    ...
    almoner.finance.errors.NotIndependent: home cannot verify: it is also service_provider. Name another one.
    """
    verifiers = {parties[name] for name in terms.roles(EVALUATOR)}
    for code in sorted(verifiers):
        others = sorted(
            one.role for name, one in terms.parties.items() if parties[name] == code and one.role != EVALUATOR
        )
        if others:
            raise NotIndependent(
                f"{code} cannot verify: it is also {', '.join(others)}. Name another one.",
                party=code,
                roles=others,
            )
