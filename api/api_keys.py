"""API keys: ``alm_<id>_<secret>``, of which only a digest is kept.

The problem: a key is a password nobody chose, so it can be too long to guess; then a fast digest is as good
as a slow one, and checking it costs nothing. The public part finds the row, the rest is compared in constant
time.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=365)
_KEY = re.compile(r"alm_([0-9a-f]{16})_([0-9a-f]{64})")
_AREA = r"[a-z][a-z-]*:(?:read|write)"
SCOPE = rf"^{_AREA}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key as it is shown, once.

    Attributes
    ----------
    id : str
        Public part.
    text : str
        The whole key.
    sha256 : bytes
        What is kept of the secret part.
    """

    id: str
    text: str
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKey:
    """A key as it is kept.

    Attributes
    ----------
    scopes : frozenset of str
        What it may do.
    expires_at : datetime
        The first instant at which it does not hold.
    disabled : bool
        Its person is disabled.
    """

    id: str
    person: str
    sha256: bytes
    scopes: frozenset[str]
    expires_at: datetime
    revoked_at: datetime | None
    disabled: bool


def make_key() -> MadeKey:
    """Make a key of 256 random bits.

    Examples
    --------
    >>> made = make_key()
    >>> read_key(made.text) == (made.id, made.sha256)
    True
    """
    public, secret = secrets.token_hex(8), secrets.token_hex(32)
    return MadeKey(id=public, text=f"alm_{public}_{secret}", sha256=_digest(secret))


def read_key(text: str) -> tuple[str, bytes] | None:
    """Return public part and digest of a key; None for what is none.

    Examples
    --------
    >>> read_key("alm_1_2") is None
    True
    """
    found = _KEY.fullmatch(text)
    return (found[1], _digest(found[2])) if found else None


def holds(kept: KeptKey, sha256: bytes, now: datetime) -> bool:
    """Tell whether a key opens now."""
    fits = hmac.compare_digest(kept.sha256, sha256)
    return fits and kept.revoked_at is None and not kept.disabled and now < kept.expires_at


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
