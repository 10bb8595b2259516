"""Access tokens, passwords and buckets, without a database."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import Request
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from almoner.api import passwords
from almoner.api.addresses import address_by
from almoner.api.door import Limits
from almoner.api.errors import NotSignedIn, RateLimited, SignInExpired
from almoner.api.identity import Caller
from almoner.api.throttling import Buckets, Policy, throttle_by
from almoner.api.tokens import TokenKeys, issue, read_access, read_keys
from almoner.finance.errors import Busy

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SESSION = UUID(int=7)


def pem(key: Any = None) -> str:  # noqa: ANN401  # any private key
    made = key or ed25519.Ed25519PrivateKey.generate()
    return str(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


KEYS = read_keys("us", "doors", [pem()])


def token(keys: TokenKeys = KEYS, now: datetime = NOON) -> str:
    return issue(keys, "treasurer", session=SESSION, authenticated_at=now, now=now)


def forged(header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:  # noqa: ANN401  # any key
    """Return our token with other words, signed by our key unless another is given."""
    whole = jwt.decode(token(), KEYS.keys[0], algorithms=["Ed25519"])
    said = {name: value for name, value in {**whole.claims, **claims}.items() if value is not None}
    named = {name: value for name, value in {**whole.header, **header}.items() if value is not None}
    return jwt.encode(named, said, key or KEYS.keys[0], algorithms=[named["alg"]], default_type=None)


def test_a_token_says_who_and_when_and_in_which_sign_in() -> None:
    read = read_access(KEYS, token(), NOON + timedelta(minutes=10))
    assert (read.person, read.session, read.authenticated_at) == ("treasurer", SESSION, NOON)
    with pytest.raises(SignInExpired):
        read_access(KEYS, token(), NOON + timedelta(minutes=10, seconds=6))


def test_keys_overlap_when_they_change_and_a_key_that_is_gone_opens_no_more() -> None:
    old = pem()
    before, both = read_keys("us", "doors", [old]), read_keys("us", "doors", [pem(), old])
    after = TokenKeys(issuer="us", audience="doors", keys=both.keys[:1])
    assert read_access(both, token(before), NOON).person == "treasurer"
    assert read_access(after, token(both), NOON).person == "treasurer"
    with pytest.raises(NotSignedIn):
        read_access(after, token(before), NOON)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"iss": "others"}),
        ({}, {"iss": None}),
        ({}, {"aud": "elsewhere"}),
        ({}, {"aud": None}),
        ({}, {"exp": None}),
        ({}, {"exp": "never"}),
        ({}, {"exp": 1e400}),
        ({}, {"nbf": int(NOON.timestamp()) + 60}),
        ({}, {"iat": int(NOON.timestamp()) + 60}),
        ({}, {"sub": 7}),
        ({}, {"sub": ""}),
        ({}, {"sid": "x"}),
        ({}, {"sid": None}),
        ({}, {"auth_time": "noon"}),
        ({}, {"auth_time": 10**30}),
        ({"typ": "JWT"}, {}),
        ({"typ": None}, {}),
        ({"kid": None}, {}),
        ({"kid": "other"}, {}),
    ],
)
def test_a_token_of_ours_that_misses_by_one_claim_opens_nothing(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    with pytest.raises(NotSignedIn):
        read_access(KEYS, forged(header, claims), NOON)


def _public_as_secret() -> str:
    public = KEYS.keys[0].as_pem(private=False)
    return forged({"alg": "HS256"}, {}, OctKey.import_key(base64.b64encode(public)))


def _unsigned() -> str:
    head, body, _ = token().split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "==")) | {"alg": "none"}
    none = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"{none}.{body}."


def _changed() -> str:
    head, body, sign = token().split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | {"sub": "ada"}
    other = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"{head}.{other}.{sign}"


@pytest.mark.parametrize(
    "forge",
    [
        _public_as_secret,
        _unsigned,
        _changed,
        lambda: forged({}, {}, OKPKey.generate_key("Ed25519", {"kid": str(KEYS.keys[0].kid)})),
        lambda: token()[:-8] + "AAAAAAAA",
        lambda: token() + "." + token(),
        lambda: "a" * 300_000,
        lambda: "..",
        lambda: "",
    ],
)
def test_a_forged_token_opens_nothing(forge: Callable[[], str]) -> None:
    with pytest.raises(NotSignedIn):
        read_access(KEYS, forge(), NOON)


@pytest.mark.parametrize("pems", [[], ["nonsense"], [pem(ec.generate_private_key(ec.SECP256R1()))]])
def test_a_signing_key_that_is_none_is_refused_at_the_start(pems: list[str]) -> None:
    with pytest.raises(ValueError, match="signing key"):
        read_keys("us", "doors", pems)


def test_an_unknown_account_costs_what_a_known_one_costs() -> None:
    kept = passwords.hash_password("correct horse battery staple")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    passwords.hash_of_nobody()
    costs = []
    for against in (kept, None):
        began = time.process_time()
        assert not passwords.check_password("wrong", against)
        costs.append(time.process_time() - began)
    assert 0.3 < costs[0] / costs[1] < 3
    assert passwords.check_password("correct horse battery staple", kept)
    assert not passwords.check_password("the password of nobody at all", None)


def test_no_more_than_four_passwords_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    held, done = Event(), Event()
    inside = []

    def hold() -> None:
        with passwords._place():  # noqa: SLF001  # a place, taken for as long as the test says
            inside.append(1)
            if len(inside) == passwords.AT_ONCE:
                held.set()
            done.wait(5)

    threads = [Thread(target=hold) for _ in range(passwords.AT_ONCE)]
    for thread in threads:
        thread.start()
    assert held.wait(5)
    with pytest.raises(Busy):
        passwords.hash_password("one more")
    done.set()
    for thread in threads:
        thread.join()
    with passwords._place():  # noqa: SLF001  # there is room again
        assert len(inside) == passwords.AT_ONCE


def request(host: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "client": (host, 1), "headers": headers})


def test_a_bucket_fills_steadily_and_tells_when_to_come_again() -> None:
    at = [0.0]
    buckets, policy = Buckets(lambda: at[0]), Policy(name="p", limit=2, window=60)
    assert buckets.take(policy, "a")["RateLimit"] == '"p";r=1;t=30'
    buckets.take(policy, "a")
    with pytest.raises(RateLimited) as refused:
        buckets.take(policy, "a")
    assert refused.value.figures["seconds"] == 30
    assert buckets.take(policy, "b")["RateLimit-Policy"] == '"p";q=2;w=60'
    at[0] = 30
    buckets.take(policy, "a")
    with pytest.raises(RateLimited):
        buckets.take(policy, "a")


def test_strangers_cannot_fill_the_memory() -> None:
    buckets, policy = Buckets(lambda: 0.0, most=10), Policy(name="p", limit=1, window=60)
    for number in range(100):
        buckets.take(policy, str(number))
    assert len(buckets._held) == 10  # noqa: SLF001  # what is remembered is not told
    with pytest.raises(RateLimited):
        buckets.take(policy, "99")


def test_people_have_a_bucket_each_and_strangers_one_per_address() -> None:
    throttle = throttle_by(Limits(signed_in=1, anonymous=1, uploads=1), timer=lambda: 0.0)
    near, far = request("192.0.2.1"), request("192.0.2.2")
    for caller, asked in ((Caller(person="a"), near), (Caller(person="b"), near), (None, near), (None, far)):
        assert throttle(caller, asked, uploads=False)
        with pytest.raises(RateLimited):
            throttle(caller, asked, uploads=False)
    files = throttle_by(Limits(signed_in=0, uploads=1), timer=lambda: 0.0)
    assert throttle_by(Limits(signed_in=0), timer=lambda: 0.0)(Caller(person="a"), near, uploads=False) == {}
    assert files(Caller(person="a"), near, uploads=True)["RateLimit-Policy"] == '"uploads";q=1;w=3600'
    with pytest.raises(RateLimited):
        files(Caller(person="a"), near, uploads=True)


@pytest.mark.parametrize(
    ("host", "forwarded", "found"),
    [
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "unknown"),
        ("::ffff:10.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("testclient", ["198.51.100.1"], "unknown"),
    ],
)
def test_an_address_a_proxy_tells_is_believed_of_named_proxies(
    host: str, forwarded: list[str], found: str
) -> None:
    assert address_by(["10.0.0.0/8"])(request(host, *forwarded)) == found
