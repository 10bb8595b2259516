import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.claims import ClaimedResult
from almoner.contracts.determinations import DETERMINATION_TYPE, Determination, Finding
from almoner.contracts.envelopes import envelope, key_id, read_determination, read_envelope
from almoner.finance.errors import AlmonerError, DocumentInvalid, SignatureInvalid
from almoner.finance.signatures import attested_bytes, public_key, require_signature, sign_bytes

SECRET = bytes(range(32))
FULL = Finding(
    result=ClaimedResult(
        metric="nights", period="y1", of=(("homes", "east"), ("teams", "b")), value="412.5", on="2026-01-10"
    ),
    method="rct_difference/1",
    estimate="412.4871",
    standard_error="3.25",
    low="406.1",
    high="418.9",
    level="0.95",
    sample=1203,
    statistic="estimate",
    data_sha256="ab" * 32,
)


def made(*findings: Finding) -> Determination:
    asked = Determination(
        agreement="pact",
        claim="c1",
        claim_sha256="1" * 64,
        round=2,
        verifier="count-lab",
        findings=findings,
        evidence_sha256="2" * 64,
        made_on="2026-01-15",
    )
    return replace(asked, signature=sign_bytes(SECRET, asked.signing_bytes()))


def test_the_published_vector_of_the_envelopes_standard() -> None:
    # github.com/secure-systems-lab/dsse, protocol.md, version 1.0.2: pre-authentication encoding
    assert attested_bytes("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@pytest.mark.parametrize("findings", [(), (FULL,), (FULL, replace(FULL, sample=0))])
def test_a_determination_comes_back_byte_by_byte(findings: tuple[Finding, ...]) -> None:
    sent = made(*findings)
    read = read_envelope(envelope(sent, public_key(SECRET)))
    assert read == sent
    require_signature(public_key(SECRET), read.signing_bytes(), read.signature, "count-lab")


def test_an_envelope_names_its_key_by_digest_and_its_type() -> None:
    said = json.loads(envelope(made(FULL), public_key(SECRET)))
    assert said["payloadType"] == DETERMINATION_TYPE
    assert said["signatures"][0]["keyid"] == key_id(public_key(SECRET))


def test_either_alphabet_of_base64_is_read() -> None:
    said = json.loads(envelope(made(FULL), public_key(SECRET)))
    raw = base64.b64decode(said["signatures"][0]["sig"])
    said["signatures"][0]["sig"] = base64.urlsafe_b64encode(raw).decode()
    assert read_envelope(json.dumps(said)) == made(FULL)


def changed(**parts: object) -> str:
    return json.dumps(json.loads(envelope(made(FULL), public_key(SECRET))) | parts)


def encoded(payload: bytes) -> str:
    return changed(payload=base64.b64encode(payload).decode())


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("{}", "payload"),
        ("nonsense", "JSON"),
        (changed(payloadType="text/plain"), "text/plain"),
        (changed(signatures=[]), "signatures"),
        (changed(signatures=[{"sig": "AAAA"}, {"sig": "AAAA"}]), "signatures"),
        (changed(signatures=[{"sig": "AAAA"}]), "3 bytes"),
        (changed(payload="*"), "base64"),
        (encoded(made(FULL).payload() + b"\n"), "exact form"),
        (encoded(made(FULL).payload().replace(b'"round":2', b'"round": 2')), "exact form"),
        (encoded(made(FULL).payload().replace(b'"round":2', b'"round":2,"round":2')), "round"),
        (encoded(made(FULL).payload().replace(b"2026-01-15", b"2026-02-30")), "2026-02-30"),
        (
            encoded(made(FULL).payload().replace(b"almoner.determination/1", b"almoner.determination/2")),
            "schema",
        ),
    ],
)
def test_what_is_no_envelope_of_one_determination_is_refused(raw: str, told: str) -> None:
    with pytest.raises(DocumentInvalid, match=told):
        read_envelope(raw)


@given(st.integers(0, len(made(FULL).payload()) - 1), st.integers(1, 255))
def test_any_flipped_byte_breaks_it(at: int, flip: int) -> None:
    payload = bytearray(made(FULL).payload())
    payload[at] ^= flip
    try:
        read = read_determination(bytes(payload), made(FULL).signature)
    except AlmonerError:
        return
    with pytest.raises(SignatureInvalid):
        require_signature(public_key(SECRET), read.signing_bytes(), read.signature, "count-lab")
