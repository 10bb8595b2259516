"""Webhooks over HTTP: where a party is told of events, the secret that signs, and what was delivered."""

import secrets
from datetime import timedelta
from uuid import UUID

from ...finance.errors import AlreadyExists
from ..door import Call, Hooks
from ..errors import QueryUnknown, WebhooksOff
from ..feed import NAMES
from ..ids import new_id
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..records import deliveries, endpoints, feed
from ..records.endpoints import Endpoint, endpoint_place
from ..vault import Vault
from ..wire.webhooks import (
    WebhookChange,
    WebhookDeliveryList,
    WebhookDeliveryMade,
    WebhookDeliveryQuery,
    WebhookDeliveryReply,
    WebhookList,
    WebhookMade,
    WebhookReply,
    WebhookRequest,
    WebhookSecret,
    delivery_fields,
    endpoint_fields,
    secret_text,
)

SECRET_BYTES = 32
MOST = 20
ROTATION = timedelta(hours=24)
EXAMPLE = {"url": "https://hooks.example.org/almoner", "types": ["payout.settled", "claim.submitted"]}


def create_webhook(call: Call, body: WebhookRequest) -> WebhookMade:
    """Make an endpoint for the caller's party; it is told of all that is recorded from now on."""
    hooks = _hooks(call)
    _require_known(body)
    hooks.check(body.url)
    if len(endpoints.list_endpoints(call.session, call.book_id, call.party)) >= MOST:
        raise AlreadyExists(
            f"{call.party} has {MOST} endpoints, the most a party may have. Change one of them.",
            what="webhook",
            limit=MOST,
        )
    identity = new_id(call.now)
    made = Endpoint(
        id=identity,
        book_id=call.book_id,
        party=call.party,
        person=call.person,
        url=body.url,
        kinds=frozenset(body.types),
        secret=_new_box(hooks.vault, identity),
        earlier_secret=None,
        earlier_until=None,
        told_below=feed.find_position(call.session, call.book_id) + 1,
        failing_since=None,
        disabled_at=None,
        disabled_for="",
        version=1,
        created_at=call.now,
    )
    endpoints.keep_endpoint(call.session, made)
    call.location = f"/books/{call.book}/webhook-endpoints/{identity}"
    return WebhookMade(**endpoint_fields(made))


def list_webhooks(call: Call, query: PageQuery) -> WebhookList:
    """List the endpoints of the caller's party."""
    found = endpoints.list_endpoints(call.session, call.book_id, call.own)
    rows, after = cut(call, query, found, lambda one: (str(one.id),), name="webhook.list")
    masked = call.access.masked
    return WebhookList(
        items=[WebhookReply(**endpoint_fields(one, masked=masked)) for one in rows], next=after
    )


def read_webhook(call: Call, endpoint: UUID) -> WebhookReply:
    """Return an endpoint and whether it answers."""
    return WebhookReply(**endpoint_fields(_found(call, endpoint), masked=call.access.masked))


def change_webhook(call: Call, endpoint: UUID, body: WebhookChange) -> WebhookMade:
    """Change where an endpoint is, what it is told of, and whether it is on."""
    hooks = _hooks(call)
    _require_known(body)
    hooks.check(body.url)
    changes: dict[str, object] = {"url": body.url, "kinds": " ".join(sorted(set(body.types)))}
    if body.active:
        changes |= {"disabled_at": None, "disabled_for": None, "failing_since": None}
    elif _found(call, endpoint).disabled_at is None:
        changes |= {"disabled_at": call.now, "disabled_for": "owner"}
    endpoints.change_endpoint(call.session, endpoint, person=call.person, **changes)
    return WebhookMade(**endpoint_fields(_found(call, endpoint)))


def rotate_webhook(call: Call, endpoint: UUID) -> WebhookMade:
    """Make a new secret; for 24 hours messages carry signatures of both."""
    found, hooks = _found(call, endpoint), _hooks(call)
    endpoints.change_endpoint(
        call.session,
        endpoint,
        secret=_new_box(hooks.vault, endpoint),
        earlier_secret=found.secret,
        earlier_until=call.now + ROTATION,
    )
    return WebhookMade(**endpoint_fields(_found(call, endpoint)))


def read_webhook_secret(call: Call, endpoint: UUID) -> WebhookSecret:
    """Return the secret that messages of an endpoint are signed with; it takes a person just signed in."""
    found = _found(call, endpoint)
    plain = _hooks(call).vault.open(found.secret, endpoint_place(endpoint))
    until = found.earlier_until
    return WebhookSecret(
        secret=secret_text(plain), earlier_until=until if until and until > call.now else None
    )


def list_deliveries(call: Call, query: WebhookDeliveryQuery) -> WebhookDeliveryList:
    """List messages and how they fared; those of state ``dead`` are tried no more."""
    after = read_cursor(call, query, "webhook-delivery.list")
    found = deliveries.list_deliveries(
        call.session,
        call.book_id,
        party=call.own,
        endpoint=query.endpoint,
        state=query.state,
        after=UUID(str(after[0])) if after else None,
        limit=query.limit + 1,
    )
    rows, following = page_of(call, query, found, lambda one: (str(one.id),), name="webhook-delivery.list")
    return WebhookDeliveryList(
        items=[WebhookDeliveryReply(**delivery_fields(one)) for one in rows], next=following
    )


def redeliver(call: Call, delivery: UUID) -> WebhookDeliveryMade:
    """Send a message again, from its first try on; the receiver knows it by its identity."""
    deliveries.send_again(call.session, delivery, call.now)
    found, _ = deliveries.find_delivery(call.session, call.book_id, delivery)
    return WebhookDeliveryMade(**delivery_fields(found))


def _hooks(call: Call) -> Hooks:
    if call.door.hooks is None:
        raise WebhooksOff("This installation has no key for the secrets of webhooks. Ask who runs it.")
    return call.door.hooks


def _new_box(vault: Vault, endpoint: UUID) -> bytes:
    return vault.close(secrets.token_bytes(SECRET_BYTES), endpoint_place(endpoint))


def _require_known(body: WebhookRequest) -> None:
    unknown = sorted(set(body.types) - NAMES)
    if unknown:
        raise QueryUnknown(
            f"There are no events {', '.join(unknown)}. There are: {', '.join(sorted(NAMES))}.",
            unknown=unknown,
        )


def _found(call: Call, endpoint: UUID) -> Endpoint:
    return endpoints.find_endpoint(call.session, call.book_id, endpoint)


def _owner(call: Call, endpoint: UUID, **_rest: object) -> tuple[str, ...]:
    return (_found(call, endpoint).party,)


def _delivery_owner(call: Call, delivery: UUID, **_rest: object) -> tuple[str, ...]:
    return (deliveries.find_delivery(call.session, call.book_id, delivery)[1],)


_ALL = "/books/{book}/webhook-endpoints"
_ONE = _ALL + "/{endpoint}"
OPERATIONS = (
    Operation(
        name="webhook-delivery.list",
        method="GET",
        path="/books/{book}/webhook-deliveries",
        handler=list_deliveries,
        tag="webhook-deliveries",
        narrows=True,
    ),
    Operation(
        name="webhook-delivery.redeliver",
        method="POST",
        path="/books/{book}/webhook-deliveries/{delivery}/redeliveries",
        handler=redeliver,
        tag="webhook-deliveries",
        status=201,
        owner=_delivery_owner,
    ),
    Operation(
        name="webhook.change",
        method="PUT",
        path=_ONE,
        handler=change_webhook,
        tag="webhook-endpoints",
        owner=_owner,
        guards="webhook.read",
        examples={"off": EXAMPLE | {"active": False}},
    ),
    Operation(
        name="webhook.create",
        method="POST",
        path=_ALL,
        handler=create_webhook,
        tag="webhook-endpoints",
        status=201,
        narrows=True,
        examples={"payouts": EXAMPLE},
    ),
    Operation(
        name="webhook.list",
        method="GET",
        path=_ALL,
        handler=list_webhooks,
        tag="webhook-endpoints",
        narrows=True,
    ),
    Operation(
        name="webhook.read",
        method="GET",
        path=_ONE,
        handler=read_webhook,
        tag="webhook-endpoints",
        owner=_owner,
    ),
    Operation(
        name="webhook.rotate",
        method="POST",
        path=_ONE + "/secrets",
        handler=rotate_webhook,
        tag="webhook-endpoints",
        status=201,
        owner=_owner,
    ),
    Operation(
        name="webhook-secret.read",
        method="GET",
        path=_ONE + "/secret",
        handler=read_webhook_secret,
        tag="webhook-endpoints",
        owner=_owner,
    ),
)
