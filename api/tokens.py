"""Access tokens: short-lived, signed with Ed25519, and read back with every claim checked.

The problem: a token library that checks the signature alone lets an expired token pass, or one of another
audience, or one whose header chose the algorithm. Here algorithm, type, key, issuer, audience and times are
all named by us, and a token misses by any of them. ``Ed25519`` is the name that RFC 9864 gives to what was
one of the meanings of ``EdDSA``; the type follows RFC 9068.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from .errors import NotSignedIn, SignInExpired

LIFETIME = timedelta(minutes=10)
ALGORITHM = "Ed25519"
TYPE = "at+jwt"
LEEWAY = 5
INVALID = "This token is not one of ours. Sign in, and send the token as it was given."
EXPIRED = "This token has run out. Ask for a new one with the refresh token, or sign in again."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeys:
    """Who signs, for whom, with what.

    Attributes
    ----------
    issuer, audience : str
        Written into each token, and asked of each.
    keys : tuple of OKPKey
        The first signs; all are good for reading, so that keys overlap when they change.
    """

    issuer: str
    audience: str
    keys: tuple[OKPKey, ...]

    @property
    def kids(self) -> frozenset[str]:
        """Return the names of the keys."""
        return frozenset(str(key.kid) for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says.

    Attributes
    ----------
    session : UUID
        The family of refresh tokens it belongs to.
    authenticated_at : datetime
        When the person proved who they are.
    """

    person: str
    session: UUID
    authenticated_at: datetime


def read_keys(issuer: str, audience: str, pems: Sequence[str]) -> TokenKeys:
    """Return keys from PEM texts (PKCS 8), the signing one first.

    Raises
    ------
    ValueError
        When there is none, or one is no private Ed25519 key.
    """
    keys = []
    for pem in pems:
        try:
            key = OKPKey.import_key(pem)
        except (JoseError, ValueError, TypeError):
            raise ValueError(
                "A signing key is not readable: it has to be a private Ed25519 key in PEM."
            ) from None
        if key.curve_name != "Ed25519" or not key.is_private:
            raise ValueError("A signing key has to be a private Ed25519 key in PEM.")
        key.ensure_kid()
        keys.append(key)
    if not keys:
        raise ValueError("There is no signing key. Make one: openssl genpkey -algorithm ed25519")
    return TokenKeys(issuer=issuer, audience=audience, keys=tuple(keys))


def new_pem() -> str:
    """Make a signing key.

    Examples
    --------
    >>> len(read_keys("us", "us", [new_pem()]).keys)
    1
    """
    return OKPKey.generate_key("Ed25519").as_pem(private=True).decode()


def issue(keys: TokenKeys, person: str, *, session: UUID, authenticated_at: datetime, now: datetime) -> str:
    """Sign an access token of ten minutes.

    Parameters
    ----------
    keys : TokenKeys
        Who signs.
    person : str
        Code of the person.
    session : UUID
        Of the sign-in.
    authenticated_at, now : datetime
        When they signed in, and when this is asked.

    Examples
    --------
    >>> keys = TokenKeys(issuer="us", audience="us", keys=(OKPKey.generate_key("Ed25519", auto_kid=True),))
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> token = issue(keys, "treasurer", session=UUID(int=1), authenticated_at=noon, now=noon)
    >>> read_access(keys, token, noon).person
    'treasurer'
    """
    signing = keys.keys[0]
    said = {
        "iss": keys.issuer,
        "aud": keys.audience,
        "sub": person,
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "auth_time": int(authenticated_at.timestamp()),
        "sid": str(session),
        "jti": str(uuid4()),
    }
    header = {"alg": ALGORITHM, "kid": signing.kid, "typ": TYPE}
    return jwt.encode(header, said, signing, algorithms=[ALGORITHM])


def kid_of(token: str) -> str:
    """Return the key a token names, unchecked; empty without one.

    Raises
    ------
    NotSignedIn
        When it is no token.
    """
    try:
        named = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError):
        raise NotSignedIn(INVALID) from None
    return named if isinstance(named, str) else ""


def read_access(keys: TokenKeys, token: str, now: datetime) -> AccessClaims:
    """Return what one of our tokens says.

    Raises
    ------
    SignInExpired
        When it has run out.
    NotSignedIn
        When anything else about it is not as we sign it.
    """
    asked = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": keys.issuer},
        aud={"essential": True, "value": keys.audience},
        sub={"essential": True},
        exp={"essential": True},
        nbf={"essential": True},
        iat={"essential": True},
        auth_time={"essential": True},
        sid={"essential": True},
    )
    try:
        if kid_of(token) not in keys.kids:
            raise NotSignedIn(INVALID)
        read = jwt.decode(token, KeySet(list(keys.keys)), algorithms=[ALGORITHM])
        asked.validate(read.claims)
        if read.header.get("typ") != TYPE:
            raise NotSignedIn(INVALID)
        return AccessClaims(
            person=str(read.claims["sub"]),
            session=UUID(read.claims["sid"]),
            authenticated_at=datetime.fromtimestamp(int(read.claims["auth_time"]), UTC),
        )
    except ExpiredTokenError:
        raise SignInExpired(EXPIRED) from None
    except (JoseError, ValueError, TypeError, AttributeError, OverflowError):
        raise NotSignedIn(INVALID) from None
