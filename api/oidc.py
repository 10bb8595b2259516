"""Tokens of an issuer (OpenID Connect): keys fetched through the guard, tokens read claim by claim.

The problem: who trusts an issuer asks the network about every token, unless keys are kept; who asks for
keys whenever a token names an unknown one lets anybody make it ask. Keys are kept here, and asked for again
at most once a minute. An answer of an issuer is input like any other: sized, typed, and of three algorithms.

A user is the pair of issuer and subject. An address of mail is none: it changes hands.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Never

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from ..finance.errors import AlmonerError
from .errors import NotSignedIn, OutboundFailed, OutboundRefused, SignInExpired
from .outbound import STRICT, Guard, get
from .reading import parse_json
from .tokens import EXPIRED

ALGORITHMS = ("ES256", "Ed25519", "EdDSA", "RS256")
REFETCH_SECONDS = 60.0
KEPT_SECONDS = 3600.0
LEEWAY = 30
MOST_KEYS = 50
RSA_BITS = (2048, 8192)
KINDS = ("EC", "OKP", "RSA")  # never a secret that both sides hold
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
INVALID = "This token is not one of an issuer trusted here. Sign in again."


@dataclass(slots=True)
class KeptKeys:
    """Keys of an issuer by name, as last fetched.

    Attributes
    ----------
    fetched_at, tried_at : float [s]
        By the issuer's timer: of the last answer, and of the last try.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Whose tokens are trusted.

    Attributes
    ----------
    issuer, audience : str
        What a token has to say it is of and for.
    jwks_url : str
        Where the keys are; empty to ask the issuer's discovery document.
    acr : frozenset of str
        Ways of signing in that count as proof, for example with a second factor; empty for any. After
        another, what takes a fresh sign-in is refused.
    guard : Guard
        What is let out to.
    timer : callable
        Seconds that only grow.
    """

    issuer: str
    audience: str
    jwks_url: str = ""
    acr: frozenset[str] = frozenset()
    guard: Guard = STRICT
    timer: Callable[[], float] = time.monotonic
    kept: KeptKeys = field(default_factory=KeptKeys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a token of an issuer is about.

    Attributes
    ----------
    authenticated_at : datetime
        When they proved who they are; long ago where the issuer does not tell, or not in a way that counts.
    """

    issuer: str
    subject: str
    authenticated_at: datetime


class _Accepted(JWSRegistry):
    """Exactly our algorithms, in all their names, and any header that is not critical."""

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:  # noqa: ANN401  # a type the token library keeps to itself
        """Return one of our algorithms."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name[:20]} is not accepted")
        return self.algorithms[name]


_REGISTRY = _Accepted()


def read_identity(issuer: Issuer, token: str, now: datetime) -> Identity:
    """Return who a token is about.

    Parameters
    ----------
    issuer : Issuer
        Whom to trust.
    token : str
        As it was sent.
    now : datetime
        When it is read.

    Raises
    ------
    SignInExpired
        When it has run out.
    NotSignedIn
        When anything else about it is not as it should be.
    OutboundFailed
        When the issuer's keys were never reached.
    """
    asked = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer.issuer},
        aud={"essential": True, "value": issuer.audience},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        read = jwt.decode(token, lambda seen: _key(issuer, seen), registry=_REGISTRY)
        asked.validate(read.claims)
        return Identity(
            issuer=issuer.issuer,
            subject=_subject(read.claims["sub"]),
            authenticated_at=_proven(issuer, read.claims),
        )
    except ExpiredTokenError:
        raise SignInExpired(EXPIRED) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise NotSignedIn(INVALID) from None


def _subject(said: object) -> str:
    if not isinstance(said, str) or not 1 <= len(said) <= 255:  # noqa: PLR2004  # OpenID Connect Core, section 2
        raise ValueError("no subject")
    return said


def _proven(issuer: Issuer, claims: dict[str, Any]) -> datetime:
    """Return when the person proved who they are, in a way that counts."""
    at = claims.get("auth_time")
    if type(at) is not int or (issuer.acr and claims.get("acr") not in issuer.acr):
        return LONG_AGO
    return datetime.fromtimestamp(at, UTC)


def _key(issuer: Issuer, seen: Any) -> Key:  # noqa: ANN401  # what the token library hands in
    """Return the key a token names: the only one there is, when it names none."""
    named = seen.headers().get("kid") if isinstance(seen, CompactSignature) else None
    known = _known(issuer, named)
    found = known.get(named) if named is not None else _only(known.values())
    if found is None:
        raise NotSignedIn(INVALID)
    return found


def _only(keys: Iterable[Key]) -> Key | None:
    every = tuple(keys)
    return every[0] if len(every) == 1 else None


def _known(issuer: Issuer, named: str | None) -> dict[str, Key]:
    """Return the keys; fetched again, once a minute at most, when they are old or lack the one named.

    While there is none yet, callers wait for the first answer; later they go on with what is kept.
    """
    kept = issuer.kept
    with kept.lock:
        now = issuer.timer()
        lacking = named is not None and named not in kept.keys
        old = now - kept.fetched_at > KEPT_SECONDS
        due = (lacking or old or not kept.keys) and now - kept.tried_at >= REFETCH_SECONDS
        kept.tried_at = now if due else kept.tried_at
        if due and not kept.keys:
            due = False
            _refresh(issuer, now)
    if due:
        _refresh(issuer, now)
    if not kept.keys:
        raise OutboundFailed(f"{issuer.issuer[:200]} does not show its keys now. Try later.")
    return kept.keys


def _refresh(issuer: Issuer, now: float) -> None:
    """Fetch the keys; an answer that is none leaves those that are kept."""
    try:
        issuer.kept.keys = fetch_keys(issuer) or issuer.kept.keys
    except (OutboundFailed, OutboundRefused):
        return
    issuer.kept.fetched_at = now


def fetch_keys(issuer: Issuer) -> dict[str, Key]:
    """Return the keys an issuer shows now, by name: signing keys of our algorithms, and no others.

    Raises
    ------
    OutboundFailed
        When there is no readable answer.
    OutboundRefused
        When the address may not be asked.
    """
    address = issuer.jwks_url or _discover(issuer)
    listed = _document(issuer, address).get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        _unreadable(address)
    found = {}
    for one in listed:
        key = _usable(one)
        if key is not None:
            found[str(key.kid)] = key
    return found


def _discover(issuer: Issuer) -> str:
    address = issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
    said = _document(issuer, address)
    found = said.get("jwks_uri")
    if said.get("issuer") != issuer.issuer or not isinstance(found, str):
        _unreadable(address)
    return found


def _document(issuer: Issuer, address: str) -> dict[str, Any]:
    status, content = get(address, headers={"Accept": "application/json"}, guard=issuer.guard)
    if status != 200:  # noqa: PLR2004  # RFC 9110
        _unreadable(address)
    try:
        said = parse_json(content)
    except AlmonerError:
        _unreadable(address)
    if not isinstance(said, dict):
        _unreadable(address)
    return said


def _unreadable(address: str) -> Never:
    raise OutboundFailed(f"{address[:200]} did not answer with what an issuer shows. Try later.")


def _usable(said: object) -> Key | None:
    """Return a key of a set; None for one of another use, kind or size, or one that is not readable."""
    if not isinstance(said, dict) or said.get("use", "sig") != "sig" or said.get("kty") not in KINDS:
        return None
    try:
        key = JWKRegistry.import_key(said)
        fits = _fits(key)
        key.ensure_kid()
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    return key if fits and isinstance(key.kid, str) else None


def _fits(key: Key) -> bool:
    if isinstance(key, RSAKey):
        return RSA_BITS[0] <= key.raw_value.key_size <= RSA_BITS[1]
    if isinstance(key, ECKey):
        return key.curve_name == "P-256"
    return isinstance(key, OKPKey) and key.curve_name == "Ed25519"
