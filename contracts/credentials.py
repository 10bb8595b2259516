"""Credentials: a determination as a W3C Verifiable Credential 2.0, for readers with tools of their own.

The problem: a funder's or a ministry's system shall check what an evaluator found, and knows nothing of this
library. The credential says the same as the determination and names it by digest; it is an export, secured by
a Data Integrity proof with the cryptosuite ``eddsa-jcs-2022``, and never what money is paid on.

Sources: Verifiable Credentials Data Model v2.0; Verifiable Credential Data Integrity 1.0; Data Integrity
EdDSA Cryptosuites v1.0, section 3.3 (www.w3.org/TR/vc-di-eddsa); JSON canonicalisation by RFC 8785;
``did:key``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import base58
import rfc8785

from ..finance.dates import as_utc
from ..finance.errors import DocumentInvalid, SignatureInvalid
from ..finance.parties import Party
from ..finance.signatures import public_key, require_signature, sign_bytes
from .determinations import Determination, Finding

Json = dict[str, object]
CONTEXT = "https://www.w3.org/ns/credentials/v2"
TERMS = "urn:x-almoner:credential:1#"
TYPE = "DeterminationCredential"
SUITE = "eddsa-jcs-2022"
PURPOSE = "assertionMethod"
ED25519_KEY = b"\xed\x01"  # multicodec ed25519-pub
MAX_BYTES = 8 * 2**20
OWN_TERMS = (
    TYPE,
    "EvidenceDigest",
    "agreement",
    "claim",
    "claimSha256",
    "dataSha256",
    "determinationSha256",
    "estimate",
    "findings",
    "high",
    "level",
    "low",
    "members",
    "method",
    "metric",
    "on",
    "period",
    "round",
    "sample",
    "sha256",
    "standardError",
    "statistic",
    "value",
)


def multikey(key: bytes) -> str:
    """Write an Ed25519 public key as multibase text.

    Parameters
    ----------
    key : bytes
        32 bytes.

    Examples
    --------
    >>> multikey(bytes(32))
    'z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP'
    """
    return "z" + base58.b58encode(ED25519_KEY + key).decode()


def read_multikey(text: str) -> bytes:
    """Read an Ed25519 public key of multibase text.

    Raises
    ------
    DocumentInvalid
        When it is none.

    Examples
    --------
    >>> read_multikey(multikey(bytes(32))) == bytes(32)
    True
    """
    raw = _base58(text)
    if raw[:2] != ED25519_KEY or len(raw) != len(ED25519_KEY) + 32:
        raise DocumentInvalid(f"{text[:60]!r} is no Ed25519 key in multibase.", got=text[:60])
    return raw[2:]


def credential(made: Determination, verifier: Party) -> Json:
    """Say a determination as a credential, not yet secured.

    Parameters
    ----------
    made : Determination
        What was found.
    verifier : Party
        Who found it, with its public key; its ``did:key`` is the issuer.

    Raises
    ------
    DocumentInvalid
        When the verifier has no registered key.

    Examples
    --------
    >>> made = Determination(
    ...     agreement="pact", claim="c1", claim_sha256="0" * 64, verifier="count-lab", findings=(),
    ...     evidence_sha256="0" * 64, made_on="2027-01-31",
    ... )
    >>> lab = Party(code="count-lab", name="Count Lab", public_key=bytes(32))
    >>> said = credential(made, lab)
    >>> said["type"], said["validFrom"]
    (['VerifiableCredential', 'DeterminationCredential'], '2027-01-31T00:00:00Z')
    """
    if verifier.public_key is None:
        raise DocumentInvalid(
            f"{verifier.code} has no registered key: nothing can be issued in its name. Register one.",
            party=verifier.code,
        )
    digest = made.digest()
    subject: Json = {
        "id": f"urn:x-almoner:claim:{made.claim_sha256}",
        "agreement": made.agreement,
        "claim": made.claim,
        "claimSha256": made.claim_sha256,
        "determinationSha256": digest,
        "round": made.round,
        "findings": [_said(one) for one in made.findings],
    }
    return {
        "@context": [CONTEXT, {name: TERMS + name for name in OWN_TERMS}],
        "id": f"urn:uuid:{_uuid(digest)}",
        "type": ["VerifiableCredential", TYPE],
        "issuer": {"id": f"did:key:{multikey(verifier.public_key)}", "name": verifier.name},
        "validFrom": f"{made.made_on}T00:00:00Z",
        "credentialSubject": subject,
        "evidence": [{"type": "EvidenceDigest", "sha256": made.evidence_sha256}],
    }


def _said(one: Finding) -> Json:
    row = one.row()
    named = {"of": "members", "standard_error": "standardError", "data_sha256": "dataSha256"}
    return {named.get(name, name): value for name, value in row.items()} | (
        {"members": [f"{name}={member}" for name, member in one.result.of]} if one.result.of else {}
    )


def _uuid(digest: str) -> UUID:
    """Make an identity that only the content decides (RFC 9562, section 5.8, UUIDv8)."""
    number = int(digest[:32], 16) & ~(0xF << 76) | (0x8 << 76)
    return UUID(int=number & ~(0b11 << 62) | (0b10 << 62))


def secure(document: Mapping[str, object], secret: bytes, *, created: datetime, method: str = "") -> Json:
    """Add a Data Integrity proof; made by the verifier, who alone has the secret.

    Parameters
    ----------
    document : Mapping
        JSON values, without a proof.
    secret : bytes
        32 bytes.
    created : datetime
        When; aware.
    method : str
        Verification method; without it the key's own ``did:key``.

    Returns
    -------
    dict
        The document with ``proof``.

    Examples
    --------
    >>> from datetime import UTC
    >>> signed = secure({"id": "urn:example:1"}, bytes(32), created=datetime(2027, 1, 31, tzinfo=UTC))
    >>> verify_credential(signed, public_key(bytes(32)))
    >>> verify_credential(signed | {"id": "urn:example:2"}, public_key(bytes(32)))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.SignatureInvalid: The signature of its issuer does not fit the bytes and its key.
    """
    named = multikey(public_key(secret))
    proof: Json = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": as_utc(created).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": method or f"did:key:{named}#{named}",
        "proofPurpose": PURPOSE,
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    value = sign_bytes(secret, hash_data(document, proof))
    return {**document, "proof": {**proof, "proofValue": "z" + base58.b58encode(value).decode()}}


def hash_data(document: Mapping[str, object], proof: Mapping[str, object]) -> bytes:
    """Return what is signed: the digest of the proof's options, then the digest of the document, 64 bytes."""
    try:
        parts = [rfc8785.dumps(dict(one)) for one in (proof, document)]  # type: ignore[arg-type]  # JSON values
    except rfc8785.CanonicalizationError as fault:
        raise DocumentInvalid(f"The credential has no canonical form: {fault}.") from None
    return b"".join(hashlib.sha256(part).digest() for part in parts)


def verify_credential(document: Mapping[str, object] | bytes | str, key: bytes) -> None:
    """Refuse a credential that was not secured with this key, or was changed since.

    Parameters
    ----------
    document : Mapping, bytes or str
        The credential with its proof; JSON text is read without losing doubled names.
    key : bytes
        The issuer's public key, 32 bytes.

    Raises
    ------
    DocumentInvalid
        When it carries no such proof.
    SignatureInvalid
        When the proof does not fit.
    """
    read = _read(document) if isinstance(document, bytes | str) else dict(document)
    proof = read.pop("proof", None)
    if isinstance(proof, Sequence) and not isinstance(proof, str) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, Mapping):
        raise _no_proof("it has not exactly one proof")
    for name, wanted in (("type", "DataIntegrityProof"), ("cryptosuite", SUITE), ("proofPurpose", PURPOSE)):
        if proof.get(name) != wanted:
            raise _no_proof(f"{name} is {proof.get(name)!r}, not {wanted!r}")
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise _no_proof("verificationMethod or proofValue is missing")
    if read_multikey(method.rpartition("#")[2]) != key:
        raise SignatureInvalid(
            "The credential was secured with another key than the issuer's.", method=method
        )
    _require_issuer(read, method)
    options = {name: one for name, one in proof.items() if name != "proofValue"}
    if "@context" in options:
        read["@context"] = _same_start(read.get("@context"), options["@context"])
    require_signature(key, hash_data(read, options), _base58(value), "its issuer")


def _require_issuer(read: Mapping[str, object], method: str) -> None:
    """Refuse a proof by a key that its issuer does not own, where the issuer is a key itself."""
    issuer = read.get("issuer")
    named = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if isinstance(named, str) and named.startswith("did:key:") and method.partition("#")[0] != named:
        raise SignatureInvalid(
            f"The credential names {named} as its issuer and is secured by {method}.", method=method
        )


def _same_start(context: object, wanted: object) -> object:
    """Return the proof's context, with which the document's own must begin."""
    listed, asked = ([one] if isinstance(one, str) else one for one in (context, wanted))
    if not isinstance(listed, list) or not isinstance(asked, list) or listed[: len(asked)] != asked:
        raise SignatureInvalid("The credential's context is not the one of its proof.")
    return wanted


def _read(raw: bytes | str) -> Json:
    if len(raw) > MAX_BYTES:
        raise DocumentInvalid(f"The credential has {len(raw)} bytes; at most {MAX_BYTES} are read.")
    try:
        read = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as fault:
        raise DocumentInvalid(f"The credential is not JSON: {fault}.") from None
    if not isinstance(read, dict):
        raise DocumentInvalid("The credential is not a JSON object.")
    return read


def _once(pairs: list[tuple[str, object]]) -> Json:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return read


def _no_proof(told: str) -> DocumentInvalid:
    return DocumentInvalid(f"The credential has no proof of {SUITE}: {told}.")


def _base58(text: str) -> bytes:
    try:
        read = base58.b58decode(text[1:]) if text.startswith("z") else b""
    except ValueError:
        read = b""
    if not read:
        raise DocumentInvalid(f"{text[:60]!r} is not base58 in multibase.", got=text[:60])
    return read
