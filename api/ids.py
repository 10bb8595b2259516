"""Identities that follow from nothing: time first, the rest by chance (UUIDv7, RFC 9562 section 5.7)."""

import secrets
from datetime import datetime
from uuid import UUID

from ..finance.dates import as_utc

MILLIS = 1000


def new_id(now: datetime) -> UUID:
    """Make an identity.

    Parameters
    ----------
    now : datetime
        From the clock of the door.

    Examples
    --------
    >>> from datetime import UTC
    >>> new_id(datetime(2026, 1, 1, tzinfo=UTC)).version
    7
    """
    high = (int(as_utc(now).timestamp() * MILLIS) << 16) | 0x7000 | secrets.randbits(12)
    return UUID(int=(high << 64) | (0b10 << 62) | secrets.randbits(62))
