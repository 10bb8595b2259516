"""Envelopes: a signed determination as one file, and back, without losing a byte.

The problem: a determination travels by mail and through other systems, and one changed space breaks its
signature. A DSSE envelope (github.com/secure-systems-lab/dsse, version 1.0.2) carries the exact bytes that
were signed; reading one gives the determination only if its own bytes come out again.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from ..finance.dates import parse_day
from ..finance.documents import Code, Document, Text, canonical_bytes
from ..finance.errors import DocumentInvalid, SignatureInvalid
from .claims import ClaimedResult
from .determinations import DETERMINATION_TYPE, Determination, Finding
from .terms.document import WHOLE_TERM

MAX_FINDINGS = 20_000
SIGNATURE_BYTES = 64
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Short = Annotated[str, Field(max_length=200)]


class FindingRow(Document):
    """One finding as a determination writes it."""

    metric: Code
    period: Short = WHOLE_TERM
    of: dict[str, str] = Field(default_factory=dict)
    value: Short
    on: Short = ""
    method: Text
    estimate: Short = ""
    standard_error: Short = ""
    low: Short = ""
    high: Short = ""
    level: Short = ""
    sample: Annotated[int, Field(ge=0)] | None = None
    statistic: Short = ""
    data_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class DeterminationDocument(Document):
    """What a verifier signs, as it is written."""

    schema_: Literal["almoner.determination/1"] = Field(alias="schema")
    agreement: Code
    claim: Text
    claim_sha256: Digest
    round: Annotated[int, Field(ge=1, le=1000)]
    verifier: Code
    findings_: Annotated[tuple[FindingRow, ...], Field(max_length=MAX_FINDINGS, alias="findings")]
    evidence_sha256: Digest
    made_on: Text


class EnvelopeSignature(Document):
    """One signature of an envelope."""

    keyid: str = ""
    sig: Text


class EnvelopeDocument(Document):
    """A DSSE envelope as it is written."""

    payload: str
    payload_type: str = Field(alias="payloadType")
    signatures: Annotated[tuple[EnvelopeSignature, ...], Field(min_length=1, max_length=1)]


def read_determination(payload: bytes, signature: bytes = b"") -> Determination:
    """Read what a verifier signs.

    Parameters
    ----------
    payload : bytes
        As ``Determination.payload`` wrote it.
    signature : bytes
        Over it, 64 bytes; empty before it is signed.

    Raises
    ------
    DocumentInvalid
        When it is malformed, or other bytes than those that would be signed.

    Examples
    --------
    >>> made = Determination(
    ...     agreement="pact", claim="c1", claim_sha256="0" * 64, verifier="count-lab", findings=(),
    ...     evidence_sha256="0" * 64, made_on="2027-01-31",
    ... )
    >>> read_determination(made.payload()) == made
    True
    """
    read = DeterminationDocument.read(payload)
    parse_day(read.made_on)
    made = Determination(
        agreement=read.agreement,
        claim=read.claim,
        claim_sha256=read.claim_sha256,
        round=read.round,
        verifier=read.verifier,
        findings=tuple(_finding(row) for row in read.findings_),
        evidence_sha256=read.evidence_sha256,
        made_on=read.made_on,
        signature=signature,
    )
    if made.payload() != payload:
        raise DocumentInvalid(
            "The determination is not written in its exact form: sorted keys, no white space, nothing empty. "
            "Write it as it was signed.",
            findings=[{"path": "", "message": "these are not the bytes that would be signed"}],
        )
    return made


def _finding(row: FindingRow) -> Finding:
    result = ClaimedResult(
        metric=row.metric, period=row.period, of=tuple(sorted(row.of.items())), value=row.value, on=row.on
    )
    return Finding(
        result=result,
        method=row.method,
        estimate=row.estimate,
        standard_error=row.standard_error,
        low=row.low,
        high=row.high,
        level=row.level,
        sample=row.sample,
        statistic=row.statistic,
        data_sha256=row.data_sha256,
    )


def key_id(key: bytes) -> str:
    """Name a public key: SHA-256 of its 32 bytes, as 64 hexadecimal digits.

    Examples
    --------
    >>> key_id(bytes(32))[:16]
    '66687aadf862bd77'
    """
    return hashlib.sha256(key).hexdigest()


def envelope(made: Determination, key: bytes) -> bytes:
    """Put a signed determination into its envelope.

    Parameters
    ----------
    made : Determination
        Signed.
    key : bytes
        The verifier's public key, 32 bytes; its digest names it.

    Examples
    --------
    >>> made = Determination(
    ...     agreement="pact", claim="c1", claim_sha256="0" * 64, verifier="count-lab", findings=(),
    ...     evidence_sha256="0" * 64, made_on="2027-01-31", signature=bytes(64),
    ... )
    >>> read_envelope(envelope(made, bytes(32))) == made
    True
    """
    return canonical_bytes(
        {
            "payload": base64.b64encode(made.payload()).decode(),
            "payloadType": DETERMINATION_TYPE,
            "signatures": [{"keyid": key_id(key), "sig": base64.b64encode(made.signature).decode()}],
        }
    )


def read_envelope(raw: bytes | str) -> Determination:
    """Read an envelope; whether its signature fits is for ``determine`` to say, which knows the key.

    Parameters
    ----------
    raw : bytes or str
        JSON.

    Raises
    ------
    DocumentInvalid
        When it is no envelope of one determination with one signature.
    SignatureInvalid
        When it is a determination that nobody signed.
    """
    if _is_bare(raw):
        raise SignatureInvalid(
            "This determination is not signed. Sign it with the verifier's key: almoner determination sign."
        )
    read = EnvelopeDocument.read(raw)
    if read.payload_type != DETERMINATION_TYPE:
        raise _refused("/payloadType", f"is {read.payload_type!r}, not {DETERMINATION_TYPE}")
    signature = _decoded("/signatures/0/sig", read.signatures[0].sig)
    if len(signature) != SIGNATURE_BYTES:
        raise _refused("/signatures/0/sig", f"has {len(signature)} bytes; Ed25519 has {SIGNATURE_BYTES}")
    return replace(read_determination(_decoded("/payload", read.payload)), signature=signature)


def _is_bare(raw: bytes | str) -> bool:
    """Tell whether this is what is signed, without an envelope and its signature."""
    try:
        found = json.loads(raw)
    except ValueError:
        return False
    return isinstance(found, dict) and "payload" not in found and {"claim", "findings"} <= found.keys()


def _decoded(path: str, text: str) -> bytes:
    """Decode base64 of either alphabet, as DSSE asks."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise _refused(path, "is not base64") from None


def _refused(path: str, told: str) -> DocumentInvalid:
    return DocumentInvalid(f"The envelope: {path} {told}.", findings=[{"path": path, "message": told}])
