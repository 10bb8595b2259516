"""Webhooks: told once and signed, tried again, switched off, and never told what one may not read."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from standardwebhooks import Webhook, WebhookVerificationError
from tests.doors.people import PEOPLE, Asker, identify_by_name

from almoner.api import create_app
from almoner.api.door import Door, Hooks
from almoner.api.errors import OutboundFailed, VaultLocked
from almoner.api.feed import TOLD
from almoner.api.identity import Grant
from almoner.api.outbound import Guard, post, read_url
from almoner.api.outbox import WAITS_S, next_wait, signed_headers
from almoner.api.routes import OPERATIONS
from almoner.api.vault import Vault
from almoner.api.worker import Sealer, Worker, work_off
from almoner.finance.dates import Clock, fixed_clock, system_clock
from almoner.finance.storage import Engine, Session

HOOKS = "/books/main/webhook-endpoints"
GIFTS = "/books/main/funds/water/contributions"
GIFT = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
GUARD = Guard(local=True)
VAULT = Vault(keys=(bytes(range(32)),))
Ask = Callable[..., Asker]


class Receiver(ThreadingHTTPServer):
    """A receiver on this machine that keeps what it was sent and answers as it was told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Receiving(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        content = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((dict(self.headers), content))
        self.send_response(server.answers.pop(0) if server.answers else 204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def rights(_session: Session, person: str, _book: str, _book_id: int) -> tuple[Grant, ...]:
    """Return the roles of the people of the tests."""
    return PEOPLE.get(person, ())


@pytest.fixture
def worker(engine: Engine) -> Worker:
    return Worker(
        engine=engine,
        clock=system_clock,
        name="w1",
        sealer=Sealer(name="example.org", secret=bytes(32), every=timedelta()),
        post=partial(post, guard=GUARD),
        vault=VAULT,
        rights=rights,
    )


@pytest.fixture
def app(engine: Engine, book: str, clock: Clock) -> FastAPI:
    """The application with webhooks, also to this machine."""
    assert book
    hooks = Hooks(vault=VAULT, check=partial(read_url, guard=GUARD))
    identify = identify_by_name(clock)
    door = Door(engine=engine, identify=identify, clock=clock, secret=bytes(32), hooks=hooks)
    return create_app(engine=engine, identify=identify, clock=clock, door=door)


def later(worker: Worker, **ahead: float) -> Worker:
    """Return the same worker at a later time."""
    now = datetime.now(UTC) + timedelta(**ahead)
    return Worker(
        **{
            **{name: getattr(worker, name) for name in Worker.__dataclass_fields__},
            "clock": fixed_clock(now),
        }
    )


def test_a_payment_is_told_once_and_its_signature_verifies(
    ask: Ask, receiver: Receiver, worker: Worker
) -> None:
    mira = ask("mira")
    mira.made(GIFTS, GIFT, {"Idempotency-Key": "before"})
    work_off(worker)
    hook = mira.made(HOOKS, {"url": receiver.url})
    assert hook["active"]
    assert "secret" not in hook
    gift = mira.made(GIFTS, GIFT)
    work_off(worker, turns=3)
    work_off(worker)
    assert len(receiver.got) == 1
    headers, content = receiver.got[0]
    secret = mira.seen(f"{HOOKS}/{hook['id']}/secret")["secret"]
    said = Webhook(secret).verify(content, headers)
    assert said["type"] == "contribution.received"
    assert said["data"]["id"] == gift["code"]
    assert said["data"]["money"] == {"amount": "250.00", "unit": "USD"}
    assert said["data"]["link"].startswith("/v1/books/main/funds/water/contributions/api%2F")
    assert isinstance(said["data"]["version"], int)
    assert set(said) == {"type", "timestamp", "data"}
    assert b"foundation" not in content
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(content.replace(b"250", b"950"), headers)
    log = mira.seen(f"/books/main/webhook-deliveries?endpoint={hook['id']}")["items"]
    assert [(one["state"], one["attempts"], one["last_status"]) for one in log] == [("delivered", 1, 204)]


def test_only_what_its_owner_may_read_is_told(ask: Ask, receiver: Receiver, worker: Worker) -> None:
    for name in ("fiona", "ivo", "hana"):
        ask(name).made(HOOKS, {"url": f"{receiver.url}/{name}"})
    ask("mira").made(GIFTS, GIFT)
    work_off(worker, turns=3)
    assert len(receiver.got) == 1  # the giver's own; not the investor, not the hub
    listed = {
        name: ask(name).seen("/books/main/webhook-deliveries")["items"] for name in ("fiona", "ivo", "hana")
    }
    assert {name: len(items) for name, items in listed.items()} == {"fiona": 1, "ivo": 0, "hana": 0}


def test_an_endpoint_and_its_secret_are_its_owners(ask: Ask, receiver: Receiver) -> None:
    hook = ask("hana").made(HOOKS, {"url": receiver.url, "types": ["payout.settled"]})
    one = f"{HOOKS}/{hook['id']}"
    missing = ask("hugo").get(f"{HOOKS}/{UUID(int=9)}")
    for foreign in (ask("hugo").get(one), ask("hugo").get(f"{one}/secret")):
        assert (foreign.status_code, foreign.json()["code"]) == (404, missing.json()["code"])
    assert ask("hugo").post(f"{one}/secrets").status_code == 404
    assert ask("hugo").seen(HOOKS)["items"] == []
    assert ask("ada").seen(one)["url"] == "127.0.0.1"
    assert ask("ada").get(f"{one}/secret").status_code == 403
    assert ask("hana", "Key").get(f"{one}/secret").status_code == 403
    assert ask("hana", "Stale").get(f"{one}/secret").json()["code"] == "auth.step_up"
    assert ask("jana").post(HOOKS, {"url": receiver.url}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "ftp://hooks.example.org/"}, 422, "outbound.refused"),
        ({"url": "https://user:word@hooks.example.org/"}, 422, "outbound.refused"),
        ({"url": "https://hooks.example.org/", "types": ["money.stolen"]}, 400, "query.unknown"),
        ({"url": "https://hooks.example.org/", "told_below": 7}, 422, "request.invalid"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(
    ask: Ask, body: dict[str, Any], status: int, code: str
) -> None:
    refused = ask("mira").post(HOOKS, body)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert ask("mira").seen(HOOKS)["items"] == []


def test_without_a_key_for_secrets_there_are_no_webhooks(engine: Engine, book: str, clock: Clock) -> None:
    assert book
    plain = Asker(create_app(engine=engine, identify=identify_by_name(clock), clock=clock), "mira")
    assert plain.post(HOOKS, {"url": "https://hooks.example.org/"}).json()["code"] == "webhook.off"


def test_a_refused_message_is_tried_again_and_ends_among_the_dead(
    ask: Ask, receiver: Receiver, worker: Worker
) -> None:
    mira = ask("mira")
    hook = mira.made(HOOKS, {"url": receiver.url})
    mira.made(GIFTS, GIFT)
    receiver.answers = [500] * len(WAITS_S)
    for step in range(len(WAITS_S)):
        work_off(later(worker, hours=30 * step) if step else worker, turns=3)
        assert len(receiver.got) == min(step + 1, 5)  # silent for five days: switched off
    one = mira.seen(f"{HOOKS}/{hook['id']}")
    assert (one["active"], one["disabled_for"]) == (False, "failing")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    [waiting] = mira.seen("/books/main/webhook-deliveries?state=waiting")["items"]
    tag = mira.get(f"{HOOKS}/{hook['id']}").headers["ETag"]
    on = {"url": receiver.url, "active": True}
    assert mira.put(f"{HOOKS}/{hook['id']}", on).status_code == 428
    assert mira.put(f"{HOOKS}/{hook['id']}", on, {"If-Match": '"old"'}).status_code == 412
    assert mira.put(f"{HOOKS}/{hook['id']}", on, {"If-Match": tag}).json()["active"]
    receiver.answers = []
    again = mira.made(f"/books/main/webhook-deliveries/{waiting['id']}/redeliveries")
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    work_off(later(worker, days=20), turns=3)
    assert (
        mira.seen(f"/books/main/webhook-deliveries?endpoint={hook['id']}")["items"][0]["state"] == "delivered"
    )
    told = [json.loads(content)["type"] for _, content in receiver.got]
    assert told[-1] == "webhook.disabled"


def test_a_receiver_that_is_gone_is_switched_off_at_once(
    ask: Ask, receiver: Receiver, worker: Worker
) -> None:
    mira = ask("mira")
    hook = mira.made(HOOKS, {"url": receiver.url})
    mira.made(GIFTS, GIFT)
    mira.made(GIFTS, GIFT)
    receiver.answers = [410]
    work_off(worker, turns=3)
    assert len(receiver.got) == 1
    assert mira.seen(f"{HOOKS}/{hook['id']}")["disabled_for"] == "gone"
    states = [one["state"] for one in mira.seen("/books/main/webhook-deliveries")["items"]]
    assert states == ["dead", "waiting"]


def test_both_secrets_sign_while_they_change(ask: Ask, receiver: Receiver, worker: Worker) -> None:
    mira = ask("mira")
    one = f"{HOOKS}/{mira.made(HOOKS, {'url': receiver.url})['id']}"
    before = mira.seen(f"{one}/secret")["secret"]
    mira.made(f"{one}/secrets")
    after = mira.seen(f"{one}/secret")
    assert after["secret"] != before
    assert after["earlier_until"]
    headers = signed_headers(b"{}", "m", [b"new", b"old"], datetime.now(UTC))
    for secret in (b"new", b"old"):
        assert Webhook(secret).verify(b"{}", dict(headers)) == {}
    mira.made(GIFTS, GIFT)
    work_off(worker, turns=3)
    headers, content = receiver.got[0]
    assert Webhook(after["secret"]).verify(content, headers)["type"] == "contribution.received"


def test_one_receiver_that_hangs_does_not_delay_another(ask: Ask, receiver: Receiver, worker: Worker) -> None:
    mira = ask("mira")
    hanging = "http://127.0.0.1:1/hook"
    for url in (hanging, receiver.url):
        mira.made(HOOKS, {"url": url})
    for _ in range(3):
        mira.made(GIFTS, GIFT)
    asked: list[str] = []
    let_go = threading.Event()

    def send(url: str, *, content: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        asked.append(url)
        if url == hanging:
            let_go.wait(20)
            raise OutboundFailed("It did not answer in time.")
        status = post(url, content=content, headers=headers, guard=GUARD)
        if len(receiver.got) == 3:
            let_go.set()  # only now may the first one end
        return status

    fields = {name: getattr(worker, name) for name in Worker.__dataclass_fields__}
    work_off(Worker(**{**fields, "post": send}), turns=3)
    assert let_go.is_set()
    assert len(receiver.got) == 3
    assert asked.count(hanging) == 1  # silent once, left alone for this round


def test_waits_grow_and_end() -> None:
    waits = [next_wait(tries, UUID(int=5)) for tries in range(1, 11)]
    assert waits[-1] is None
    for wait, least in zip(waits[:-1], WAITS_S[1:], strict=True):
        assert wait is not None
        assert least <= wait.total_seconds() <= least * 1.1
    assert next_wait(3, UUID(int=5)) != next_wait(3, UUID(int=6))


def test_a_secret_opens_in_its_place_with_its_key_only() -> None:
    box = VAULT.close(b"secret", "endpoint/1")
    assert b"secret" not in box
    newer = Vault(keys=(bytes(32), *VAULT.keys))
    assert newer.open(box, "endpoint/1") == b"secret"
    for vault, place in ((VAULT, "endpoint/2"), (Vault(keys=(bytes(32),)), "endpoint/1")):
        with pytest.raises(VaultLocked):
            vault.open(box, place)


def test_every_link_of_an_event_is_an_address_of_the_reference() -> None:
    served = {re.sub(r"{\w+}", "{}", one.path) for one in OPERATIONS if one.method == "GET"}
    places = [(way, f"/books/{{}}/{way.on}s/{{}}" if way.on else "/books/{}") for way in TOLD.values()]
    assert {place + way.under for way, place in places} <= served
