"""What is asked and answered about webhooks: endpoints, their secrets, and what was delivered."""

import base64
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field

from ..records.deliveries import Message
from ..records.endpoints import Endpoint
from .base import Asked, Instant, Made, PageQuery, Reply

EventName = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)]


def secret_text(secret: bytes) -> str:
    """Write a secret as receivers configure it.

    Examples
    --------
    >>> secret_text(bytes(3))
    'whsec_AAAA'
    """
    return "whsec_" + base64.b64encode(secret).decode()


class WebhookRequest(Asked):
    """Where to tell, and of what.

    Attributes
    ----------
    url : str
        ``https``, of a public address.
    types : tuple of str
        Names of events; empty for all that the caller may know of.
    """

    url: Annotated[str, Field(min_length=1, max_length=2048)]
    types: Annotated[tuple[EventName, ...], Field(max_length=100)] = ()


class WebhookChange(WebhookRequest):
    """An endpoint as it is to be.

    Attributes
    ----------
    active : bool
        False switches it off; switched on again, it is told what it missed.
    """

    active: bool


class WebhookFields(Reply):
    """What all answers about an endpoint tell."""

    id: UUID
    party: str
    url: str
    types: list[str]
    active: bool
    disabled_for: str
    failing_since: Instant | None
    version: int
    created_at: Instant


def endpoint_fields(one: Endpoint, *, masked: bool = False) -> dict[str, Any]:
    """Return an endpoint as fields of an answer; masked, its address is the host only."""
    return {
        "id": one.id,
        "party": one.party,
        "url": urlsplit(one.url).hostname or "" if masked else one.url,
        "types": sorted(one.kinds),
        "active": one.disabled_at is None,
        "disabled_for": one.disabled_for,
        "failing_since": one.failing_since,
        "version": one.version,
        "created_at": one.created_at,
    }


class WebhookReply(WebhookFields):
    """An endpoint; an administrator sees only the host of its address."""


class WebhookMade(Made, WebhookFields):
    """An endpoint as it was made or changed; its secret is read apart."""


class WebhookList(Reply):
    """A page of endpoints."""

    items: list[WebhookReply]
    next: str | None


class WebhookSecret(Reply):
    """The secret that messages are signed with.

    Attributes
    ----------
    secret : str
        As a receiver configures it, ``whsec_…``.
    earlier_until : datetime or None
        Until when the secret before it signs, too.
    """

    secret: str
    earlier_until: Instant | None


class WebhookDeliveryQuery(PageQuery):
    """Which messages: of one endpoint, of one state; ``dead`` are those that are tried no more."""

    endpoint: UUID | None = None
    state: Literal["", "waiting", "delivered", "dead"] = ""


class WebhookDeliveryFields(Reply):
    """What all answers about a message tell; the message itself is the receiver's."""

    id: UUID
    endpoint: UUID
    event: UUID
    type: str
    state: str
    attempts: int
    next_at: Instant | None
    last_status: int | None
    last_error: str
    delivered_at: Instant | None


def delivery_fields(one: Message) -> dict[str, Any]:
    """Return a message as fields of an answer."""
    return {
        "id": one.id,
        "endpoint": one.endpoint_id,
        "event": one.event_id,
        "type": one.kind,
        "state": one.state,
        "attempts": one.attempts,
        "next_at": one.next_at if one.state == "waiting" else None,
        "last_status": one.last_status,
        "last_error": one.last_error,
        "delivered_at": one.delivered_at,
    }


class WebhookDeliveryReply(WebhookDeliveryFields):
    """A message and how it fared."""


class WebhookDeliveryMade(Made, WebhookDeliveryFields):
    """A message that will be sent again."""


class WebhookDeliveryList(Reply):
    """A page of messages."""

    items: list[WebhookDeliveryReply]
    next: str | None
