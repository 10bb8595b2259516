"""Requests: a draft under its key, in exact bytes, so that a retry is known and an approval binds.

The problem: "the same request again" has to mean the same bytes on every machine, or a retry pays twice. The
digest of a request covers what is asked for: kind, day, legs, draws, conversions, expiry and links. Its key,
client, approval and clock are not part of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from .dates import instant_text
from .documents import plain_bytes
from .errors import KeyReused
from .ledger import Act, Draft, Leg

LIBRARY = "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing to post under one key.

    Attributes
    ----------
    key : str
        Idempotency key.
    draft : Draft
        What is asked for.
    digest : bytes
        SHA-256 of what is asked for, 32 bytes.
    act : str
        ``posted``, ``pending``, ``post``, ``void``, ``expire`` or ``reverse``.
    parent : UUID or None
        The hold that it ends, or the transaction that it undoes.
    expires_at : datetime or None
        Until when a hold may be settled.
    proposal : UUID or None
        The approved proposal that it carries out.
    """

    key: str
    draft: Draft
    digest: bytes
    act: Act = "posted"
    parent: UUID | None = None
    expires_at: datetime | None = None
    proposal: UUID | None = None


def request_bytes(draft: Draft, expires_at: datetime | None = None) -> bytes:
    """Write what a draft asks for as canonical bytes.

    A day that follows from the clock is left out, so that a retry after midnight is the same request.
    """
    return plain_bytes(describe(draft, draft.legs, draft.effective_on, expires_at))


def reversal_bytes(transaction_id: UUID) -> bytes:
    """Write the request to undo a transaction as canonical bytes.

    Examples
    --------
    >>> reversal_bytes(UUID(int=1))
    b'{"reverses":"00000000-0000-0000-0000-000000000001"}'
    """
    return plain_bytes({"reverses": str(transaction_id)})


def request_digest(draft: Draft, expires_at: datetime | None = None) -> bytes:
    """Digest of what a draft asks for.

    Returns
    -------
    bytes
        SHA-256, 32 bytes.
    """
    return hashlib.sha256(request_bytes(draft, expires_at)).digest()


def describe(
    draft: Draft, legs: Sequence[Leg], day: date | None, expires_at: datetime | None = None
) -> dict[str, object]:
    """Describe a draft in JSON values, with the legs and the day given."""
    said: dict[str, object] = {
        "legs": [describe_leg(leg) for leg in legs],
        "note": draft.note,
        "payee": draft.payee,
        "source": {"kind": draft.source.kind, "reference": draft.source.reference},
        "transaction": draft.kind,
    }
    if day is not None:
        said["effective_on"] = day.isoformat()
    if draft.use:
        said["use"] = dict(draft.use)
    if draft.refunds is not None:
        said["refunds"] = str(draft.refunds)
    if draft.corrects is not None:
        said["corrects"] = str(draft.corrects)
    if draft.conversions:
        said["conversions"] = [
            {
                "as_of": one.rate.as_of.isoformat(),
                "base": one.rate.base.code,
                "bought": str(one.bought.minor),
                "den": str(one.rate.den),
                "num": str(one.rate.num),
                "quote": one.rate.quote.code,
                "rounding": one.rounding,
                "sold": str(one.sold.minor),
                "source": one.rate.source,
            }
            for one in draft.conversions
        ]
    if expires_at is not None:
        said["expires_at"] = instant_text(expires_at)
    return said


def describe_leg(leg: Leg) -> dict[str, object]:
    """Describe a leg in JSON values; amounts are strings of minor units."""
    return {
        "account": leg.account.path,
        "amount": str(leg.amount.minor),
        "draws": [{"amount": str(draw.minor), "contribution": draw.contribution} for draw in leg.draws],
        "earmark": leg.account.earmark,
        "layer": leg.layer,
        "line": leg.line,
        "side": leg.side,
        "unit": leg.amount.unit.code,
    }


def key_reused(key: str, kind: str) -> KeyReused:
    """Make the error of a key that already belongs to another request."""
    return KeyReused(
        f"The key {key!r} already belongs to another request ({kind}). Use a new key.", key=key, kind=kind
    )
