"""Tokens of an issuer: a whole sign-in at a real provider, and providers that lie."""

import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from almoner.api.door import Door
from almoner.api.errors import NotSignedIn, OutboundFailed, SignInExpired
from almoner.api.oidc import LONG_AGO, Issuer, KeptKeys, fetch_keys, read_identity
from almoner.api.outbound import Guard
from almoner.api.records import persons
from almoner.api.routes import sign_in
from almoner.api.routing import routes_of
from almoner.api.signing_in import identify_by
from almoner.finance.dates import fixed_clock
from almoner.finance.storage import Engine, UnitOfWork

with warnings.catch_warnings(record=True):  # the provider stands on a module its maker has replaced
    import oidc_provider_mock

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
LOCAL = Guard(local=True)


@pytest.mark.filterwarnings(
    "ignore:.*is deprecated and will be removed:DeprecationWarning"
)  # of the provider
def test_a_person_signed_in_at_a_provider_is_known_by_issuer_and_subject(engine: Engine) -> None:
    with oidc_provider_mock.run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        token = id_token(issuer)
        now = datetime.now(UTC)
        trusted = Issuer(issuer=issuer, audience="almoner", guard=LOCAL)
        identify = identify_by(engine, clock=fixed_clock(now), issuer=trusted)
        app = FastAPI()
        door = Door(engine=engine, identify=identify, clock=fixed_clock(now), secret=b"s" * 32)
        app.include_router(routes_of(door, sign_in.OPERATIONS))
        client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
        unknown = client.get("/v1/me")
        assert (unknown.status_code, unknown.json()["figures"]["subject"]) == (401, "alice@example.org")
        with UnitOfWork(engine) as session:
            person = persons.Person(
                code="alice", name="Alice", issuer=issuer, subject="alice@example.org", created_at=now
            )
            persons.keep_person(session, person)
        assert client.get("/v1/me").json()["person"] == "alice"
        with UnitOfWork(engine) as session:
            persons.disable_person(session, "alice", now)
        assert client.get("/v1/me").json()["code"] == "auth.expired"
    elsewhere = replace(trusted, audience="another", kept=trusted.kept)
    with pytest.raises(NotSignedIn):
        read_identity(elsewhere, token, now)


def id_token(issuer: str) -> str:
    """Return the token of a sign-in by code: the form is sent, the code comes back, the token follows."""
    back = "http://localhost/back"
    asked = {
        "client_id": "almoner",
        "redirect_uri": back,
        "response_type": "code",
        "scope": "openid",
        "nonce": "n",
    }
    sent = httpx2.post(f"{issuer}/oauth2/authorize?{urlencode(asked)}", data={"sub": "alice@example.org"})
    code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    return str(httpx2.post(f"{issuer}/oauth2/token", data=form, auth=("almoner", "x")).json()["id_token"])


class _Provider(BaseHTTPRequestHandler):
    said: ClassVar[dict[str, tuple[int, bytes]]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, content = self.said.get(self.path, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/jwks")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_said: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp"})


def shown(*keys: Key) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@pytest.fixture
def issuer(served: str) -> Issuer:
    _Provider.said = {"/jwks": (200, shown(RSA, EC, OKP))}
    _Provider.asked = []
    return Issuer(
        issuer=served, audience="almoner", jwks_url=f"{served}/jwks", guard=LOCAL, timer=lambda: 0.0
    )


def signed(
    issuer: Issuer,
    key: Key = RSA,
    alg: str = "RS256",
    header: Mapping[str, object] | None = None,
    **claims: object,
) -> str:
    said: dict[str, object] = {
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "sub": "alice",
        "exp": int(NOON.timestamp()) + 600,
        "auth_time": int(NOON.timestamp()) - 60,
    } | claims
    named: dict[str, object] = {"alg": alg, "kid": key.kid} | dict(header or {})
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({k: v for k, v in named.items() if v is not None}, said, key, algorithms=[alg])


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # said when signing, here in the test
@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RS256"), (EC, "ES256"), (OKP, "Ed25519"), (OKP, "EdDSA")],
    ids=lambda v: str(v)[:7],
)
def test_three_kinds_of_signature_are_read(issuer: Issuer, key: Key, alg: str) -> None:
    found = read_identity(issuer, signed(issuer, key, alg), NOON)
    assert (found.issuer, found.subject) == (issuer.issuer, "alice")
    assert found.authenticated_at == NOON - timedelta(seconds=60)


@pytest.mark.parametrize(
    ("alg", "claims"),
    [
        ("RS384", {}),
        ("PS256", {}),
        ("RS256", {"iss": "https://other.example.org"}),
        ("RS256", {"iss": None}),
        ("RS256", {"aud": "elsewhere"}),
        ("RS256", {"aud": None}),
        ("RS256", {"aud": ["elsewhere"]}),
        ("RS256", {"exp": None}),
        ("RS256", {"nbf": int(NOON.timestamp()) + 60}),
        ("RS256", {"sub": None}),
        ("RS256", {"sub": ""}),
        ("RS256", {"sub": 7}),
        ("RS256", {"sub": "a" * 256}),
    ],
)
def test_a_token_that_misses_by_one_claim_opens_nothing(
    issuer: Issuer, alg: str, claims: dict[str, Any]
) -> None:
    with pytest.raises(NotSignedIn):
        read_identity(issuer, signed(issuer, RSA, alg, **claims), NOON)


def test_an_expired_token_and_one_signed_by_another_key_open_nothing(issuer: Issuer) -> None:
    with pytest.raises(SignInExpired):
        read_identity(issuer, signed(issuer, exp=int(NOON.timestamp()) - 31), NOON)
    with pytest.raises(NotSignedIn):
        read_identity(issuer, signed(issuer, ECKey.generate_key("P-256", {"kid": "rsa"}), "ES256"), NOON)
    with pytest.raises(NotSignedIn):
        read_identity(issuer, signed(issuer, RSAKey.generate_key(2048, {"kid": "rsa"})), NOON)
    with pytest.raises(NotSignedIn):
        read_identity(issuer, signed(issuer, header={"kid": None}), NOON)
    for text in ("", "a.b", "..", "a" * 200_000):
        with pytest.raises(NotSignedIn):
            read_identity(issuer, text, NOON)


def test_a_key_the_token_brings_along_is_not_believed(issuer: Issuer) -> None:
    thief = ECKey.generate_key("P-256")
    brought = {"jwk": thief.as_dict(private=False)}, {"jku": f"{issuer.issuer}/thief"}, {"x5u": issuer.issuer}
    for header in brought:
        with pytest.raises(NotSignedIn):
            read_identity(issuer, signed(issuer, thief, "ES256", {"kid": "ec", **header}), NOON)
    knows = JWSRegistry({"x": HeaderParameter("x", "str")}, algorithms=["RS256"])
    claims = jwt.decode(signed(issuer), RSA, algorithms=["RS256"]).claims
    critical = jwt.encode(
        {"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": "y"}, claims, RSA, registry=knows
    )
    with pytest.raises(NotSignedIn):
        read_identity(issuer, critical, NOON)
    assert _Provider.asked == ["/jwks"]


def test_keys_are_asked_for_once_a_minute_whatever_tokens_name(issuer: Issuer) -> None:
    at = [0.0]
    timed = replace(issuer, timer=lambda: at[0], kept=KeptKeys())
    read_identity(timed, signed(timed), NOON)
    fresh = OKPKey.generate_key("Ed25519", {"kid": "fresh"})
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            read_identity(timed, signed(timed, fresh, "Ed25519"), NOON)
    assert len(_Provider.asked) == 1
    _Provider.said = {"/jwks": (200, shown(fresh))}
    at[0] = 60
    assert read_identity(timed, signed(timed, fresh, "Ed25519"), NOON).subject == "alice"
    assert len(_Provider.asked) == 2
    with pytest.raises(NotSignedIn):
        read_identity(timed, signed(timed), NOON)


def test_a_provider_that_is_away_leaves_what_is_known(issuer: Issuer) -> None:
    at = [0.0]
    timed = replace(issuer, timer=lambda: at[0], kept=KeptKeys())
    read_identity(timed, signed(timed), NOON)
    _Provider.said = {}
    at[0] = 4000
    assert read_identity(timed, signed(timed), NOON).subject == "alice"
    cold = replace(issuer, kept=KeptKeys())
    for _ in range(3):
        with pytest.raises(OutboundFailed):
            read_identity(cold, signed(cold), NOON)
    assert len(_Provider.asked) == 3


def test_a_way_of_signing_in_that_does_not_count_is_no_fresh_one(issuer: Issuer) -> None:
    strict = replace(issuer, acr=frozenset({"two-factors"}))
    assert read_identity(strict, signed(strict, acr="one-factor"), NOON).authenticated_at == LONG_AGO
    assert read_identity(strict, signed(strict), NOON).authenticated_at == LONG_AGO
    assert read_identity(strict, signed(strict, acr="two-factors"), NOON).authenticated_at > LONG_AGO
    for said in (None, "noon", True, 1.5):
        assert read_identity(issuer, signed(issuer, auth_time=said), NOON).authenticated_at == LONG_AGO


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, shown(RSA)),
        (302, b""),
        (200, b""),
        (200, b"no json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": {}}'),
        (200, b'{"keys": [1], "keys": []}'),
        (200, b"[" * 60_000),
        (200, b'{"keys": NaN}'),
        (200, b'{"keys": [' + b"{}," * 51 + b"{}]}"),
        (200, b'{"keys": [' + b" " * 70_000 + b"]}"),
        (200, b"\xff\xfe"),
    ],
)
def test_an_answer_that_shows_no_keys_is_a_failure(issuer: Issuer, status: int, content: bytes) -> None:
    _Provider.said = {"/jwks": (status, content)}
    with pytest.raises(OutboundFailed):
        fetch_keys(issuer)


@pytest.mark.parametrize(
    "key",
    [
        1,
        None,
        {},
        {"kty": "RSA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": 7, "e": []},
        {"kty": "oct", "k": "c2VjcmV0"},
        OctKey.generate_key(256).as_dict(),
        ECKey.generate_key("P-384").as_dict(private=False),
        OKPKey.generate_key("X25519").as_dict(private=False),
        RSA.as_dict(private=False) | {"use": "enc"},
        RSA.as_dict(private=False) | {"kid": ["x"]},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["RSA"]},
    ],
    ids=lambda key: str(key)[:24],
)
def test_a_key_of_another_kind_or_none_is_passed_over(issuer: Issuer, key: object) -> None:
    good = EC.as_dict(private=False)
    _Provider.said = {"/jwks": (200, json.dumps({"keys": [key, good]}).encode())}
    assert list(fetch_keys(issuer)) == ["ec"]


@pytest.mark.parametrize(
    "discovered",
    [
        {"issuer": "https://other.example.org", "jwks_uri": "HERE/jwks"},
        {"issuer": "HERE"},
        {"issuer": "HERE", "jwks_uri": 7},
        {"issuer": "HERE", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "HERE", "jwks_uri": "http://10.0.0.1/jwks"},
        {"issuer": "HERE", "jwks_uri": "http://169.254.169.254/latest"},
    ],
)
def test_a_discovery_document_that_lies_leads_nowhere(issuer: Issuer, discovered: dict[str, object]) -> None:
    said = json.dumps(discovered).replace("HERE", issuer.issuer).encode()
    _Provider.said["/.well-known/openid-configuration"] = (200, said)
    asked = replace(issuer, jwks_url="", kept=KeptKeys())
    with pytest.raises(OutboundFailed):
        read_identity(asked, signed(asked), NOON)
    assert _Provider.asked == ["/.well-known/openid-configuration"]
