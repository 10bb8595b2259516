"""The vectors are those of the W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", appendix on
representation eddsa-jcs-2022 (www.w3.org/TR/vc-di-eddsa, examples 30 to 39), and of its test data in
github.com/w3c/vc-di-eddsa, TestVectors/eddsa-jcs-2022. W3C Software and Document License."""

import copy
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import base58
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.claims import ClaimedResult
from almoner.contracts.credentials import (
    OWN_TERMS,
    credential,
    hash_data,
    multikey,
    read_multikey,
    secure,
    verify_credential,
)
from almoner.contracts.determinations import Determination, Finding
from almoner.finance.errors import DocumentInvalid, SignatureInvalid
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key

PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
SECRET = base58.b58decode("3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")[2:]
CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
ALUMNI: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
CANONICAL = (
    '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],'
    '"credentialSubject":{"alumniOf":"The School of Examples","id":"did:example:abcdefgh"},'
    '"description":"A minimum viable example of an Alumni Credential.",'
    '"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","issuer":"https://vc.example/issuers/5678",'
    '"name":"Alumni Credential","type":["VerifiableCredential","AlumniCredential"],'
    '"validFrom":"2023-01-01T00:00:00Z"}'
)
DOCUMENT_HASH = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
VECTORS = {
    f"did:key:{PUBLIC}": (
        "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db",
        (
            "407cd12654b33d718ecbb99179a1506daaa849450bf3fc523cce3e1c96f8b803"
            "51da3f253d725c6f00b07c9e5448d50b3ef78012b9ab54255116d069c6dd2808"
        ),
        "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX",
    ),
    "https://vc.example/issuers/5678": (
        "ac75a9fbdb9b5606c064a88bb59ab355900074f6def99d16a82dd071a7a67066",
        (
            "fc91dec6565f35fbe185a77352e7fc512f95d1904da305cfef32ab8135469301"
            "f5a72d4e7a58368fc6ffc497b44633993bac054e3bc1436e3c846db8f1544503"
        ),
        "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4",
    ),
}


def signed(holder: str = f"did:key:{PUBLIC}") -> dict[str, Any]:
    return secure(copy.deepcopy(ALUMNI), SECRET, created=CREATED, method=f"{holder}#{PUBLIC}")


def test_the_published_key_is_read_and_written() -> None:
    assert public_key(SECRET) == read_multikey(PUBLIC)
    assert multikey(public_key(SECRET)) == PUBLIC


def test_the_published_canonical_form_and_its_digest() -> None:
    assert rfc8785.dumps(ALUMNI).decode() == CANONICAL
    assert hashlib.sha256(CANONICAL.encode()).hexdigest() == DOCUMENT_HASH


@pytest.mark.parametrize("holder", list(VECTORS))
def test_the_published_proofs_byte_by_byte(holder: str) -> None:
    proof_hash, signature, value = VECTORS[holder]
    document = signed(holder)
    proof = document["proof"]
    options = {name: one for name, one in proof.items() if name != "proofValue"}
    assert hash_data(ALUMNI, options).hex() == proof_hash + DOCUMENT_HASH
    assert base58.b58decode(proof["proofValue"][1:]).hex() == signature
    assert proof["proofValue"] == value
    assert list(document)[:-1] == list(ALUMNI)
    verify_credential(document, read_multikey(PUBLIC))
    verify_credential(json.dumps(document), read_multikey(PUBLIC))
    verify_credential({**document, "proof": [proof]}, read_multikey(PUBLIC))


def test_a_proof_holds_though_a_receiver_adds_a_context_behind_its_own() -> None:
    document = signed()
    document["@context"] = [*CONTEXT, "https://example.org/more"]
    verify_credential(document, read_multikey(PUBLIC))
    document["@context"] = ["https://example.org/more", *CONTEXT]
    with pytest.raises(SignatureInvalid, match="context"):
        verify_credential(document, read_multikey(PUBLIC))


@given(st.sampled_from(sorted(ALUMNI)), st.text(min_size=1, max_size=8))
def test_any_changed_field_breaks_the_proof(name: str, added: str) -> None:
    document = signed()
    document[name] = [added] if name == "@context" else added
    with pytest.raises(SignatureInvalid):
        verify_credential(document, read_multikey(PUBLIC))


@pytest.mark.parametrize("name", ["created", "verificationMethod", "proofPurpose", "cryptosuite", "type"])
def test_any_changed_option_breaks_the_proof(name: str) -> None:
    document = signed()
    document["proof"][name] += "x"
    with pytest.raises((SignatureInvalid, DocumentInvalid)):
        verify_credential(document, read_multikey(PUBLIC))


def test_another_key_does_not_do() -> None:
    with pytest.raises(SignatureInvalid, match="another key"):
        verify_credential(signed(), public_key(bytes(32)))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"proof": None}, "not exactly one proof"),
        ({"proof": []}, "not exactly one proof"),
        ({"proof": [1, 2]}, "not exactly one proof"),
        ({"proof": {"type": "DataIntegrityProof"}}, "cryptosuite is None"),
        ({"proof": signed()["proof"] | {"proofValue": "u123"}}, "not base58"),
        ({"proof": signed()["proof"] | {"proofValue": "z0OIl"}}, "not base58"),
        ({"proof": signed()["proof"] | {"proofValue": None}}, "proofValue is missing"),
        ({"proof": signed()["proof"] | {"verificationMethod": "did:key:z6Mk#z6Mk"}}, "Ed25519 key"),
        ({"proof": signed()["proof"] | {"proofPurpose": "authentication"}}, "proofPurpose"),
        ({"many": 2**60}, "no canonical form"),
    ],
)
def test_what_has_no_such_proof_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(DocumentInvalid, match=told):
        verify_credential(signed() | changes, read_multikey(PUBLIC))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_what_is_no_credential_is_refused(raw: str, told: str) -> None:
    with pytest.raises(DocumentInvalid, match=told):
        verify_credential(raw, bytes(32))


FOUND = Determination(
    agreement="pact",
    claim="c1",
    claim_sha256="1" * 64,
    verifier="count-lab",
    findings=(
        Finding(
            result=ClaimedResult(metric="nights", period="y1", of=(("homes", "east"),), value="412"),
            method="did/1",
            estimate="412.31",
            standard_error="2.5",
            level="0.95",
            sample=900,
            data_sha256="3" * 64,
        ),
    ),
    evidence_sha256="2" * 64,
    made_on="2026-01-15",
)
LAB = Party(code="count-lab", name="Count Lab", public_key=public_key(SECRET))


def test_a_determination_becomes_a_credential_of_its_verifier() -> None:
    said: Any = credential(FOUND, LAB)
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert set(said) == {
        "@context", "id", "type", "issuer", "validFrom", "credentialSubject", "evidence"
    }  # fmt: skip
    assert said["issuer"] == {"id": f"did:key:{PUBLIC}", "name": "Count Lab"}
    assert said["evidence"] == [{"type": "EvidenceDigest", "sha256": "2" * 64}]
    subject = said["credentialSubject"]
    assert subject["determinationSha256"] == FOUND.digest()
    assert subject["findings"] == [
        {
            "metric": "nights",
            "period": "y1",
            "members": ["homes=east"],
            "value": "412",
            "method": "did/1",
            "estimate": "412.31",
            "standardError": "2.5",
            "level": "0.95",
            "sample": 900,
            "dataSha256": "3" * 64,
        }
    ]


def names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in names(one)}
    return {name for one in value for name in names(one)} if isinstance(value, list) else set()


def test_every_name_of_a_credential_is_one_of_the_standard_or_declared_in_its_context() -> None:
    said = credential(FOUND, LAB)
    of_the_standard = {
        "id",
        "type",
        "issuer",
        "name",
        "validFrom",
        "credentialSubject",
        "evidence",
        "@context",
    }
    assert names(said) <= of_the_standard | set(OWN_TERMS)
    assert not of_the_standard & set(OWN_TERMS)


def test_the_same_determination_is_the_same_credential_and_another_is_another() -> None:
    assert credential(FOUND, LAB) == credential(FOUND, LAB)
    assert credential(FOUND, LAB)["id"] != credential(replace(FOUND, round=2), LAB)["id"]


def test_only_the_verifiers_own_key_secures_its_credential() -> None:
    said = credential(FOUND, LAB)
    verify_credential(secure(said, SECRET, created=CREATED), public_key(SECRET))
    other = secure(said, bytes(32), created=CREATED)
    with pytest.raises(SignatureInvalid, match="names did:key"):
        verify_credential(other, public_key(bytes(32)))


def test_a_verifier_without_a_key_issues_nothing() -> None:
    with pytest.raises(DocumentInvalid, match="no registered key"):
        credential(FOUND, replace(LAB, public_key=None))
