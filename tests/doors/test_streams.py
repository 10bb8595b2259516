"""Streams over a real server: from now or from a position, without gap or repeat, as long as one may."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from tests.doors.people import PEOPLE, Asker, identify_by_name

from almoner.api import create_app
from almoner.api.door import Door
from almoner.api.errors import SignInExpired
from almoner.api.identity import Caller
from almoner.api.polling import Streams
from almoner.api.routes.jobs import EXAMPLE
from almoner.api.streams import STREAMS
from almoner.api.worker import Sealer, Worker, work_off
from almoner.finance.dates import Clock, system_clock
from almoner.finance.storage import Engine

STREAM = "/v1/books/main/events/stream"
GIFTS = "/books/main/funds/water/contributions"
GIFT = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
Ask = Callable[..., Asker]


@pytest.fixture
def worker(engine: Engine) -> Worker:
    sealer = Sealer(name="example.org", secret=bytes(32), every=timedelta())
    return Worker(
        engine=engine, clock=system_clock, name="w1", sealer=sealer, rights=lambda *_given: PEOPLE["mira"]
    )


@pytest.fixture
def streams() -> Streams:
    return Streams(poll_s=0.05, comment_s=0.3, most=2)


@pytest.fixture
def withdrawn() -> set[str]:
    """Names of people whose tokens were withdrawn."""
    return set()


@pytest.fixture
def app(engine: Engine, book: str, clock: Clock, streams: Streams, withdrawn: set[str]) -> FastAPI:
    """The application with streams that look often."""
    assert book
    believe = identify_by_name(clock)

    def identify(request: Request) -> Caller | None:
        caller: Caller | None = believe(request)
        if caller is not None and caller.person in withdrawn:
            raise SignInExpired("This token was withdrawn.")
        return caller

    door = Door(engine=engine, identify=identify, clock=clock, secret=bytes(32), streams=streams)
    return create_app(engine=engine, identify=identify, clock=clock, door=door)


@pytest.fixture
def address(app: FastAPI, streams: Streams) -> Iterator[str]:
    """Where the application is served."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    streams.close()
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def follow(url: str, name: str, **headers: str) -> Any:  # noqa: ANN401  # the client's own context
    """Open a stream in somebody's name."""
    mine = {"Authorization": f"Bearer {name}"} if name else {}
    sent = mine | {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx2.stream("GET", url, headers=sent, timeout=20)


def messages(reply: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401  # the client's own response
    """Yield messages as fields by name; a comment is a message of its own."""
    fields: dict[str, str] = {}
    for line in reply.iter_lines():
        if not line and fields:
            yield fields
            fields = {}
        elif line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()


def next_of(found: Iterator[dict[str, str]], kind: str) -> dict[str, str]:
    """Return the next message of a kind."""
    return next(one for one in found if one.get("event") == kind)


def test_events_are_followed_without_gap_or_repeat(ask: Ask, address: str, worker: Worker) -> None:
    mira = ask("mira")
    mira.made(GIFTS, GIFT)
    work_off(worker)
    with follow(address + STREAM, "mira") as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        assert (reply.headers["X-Accel-Buffering"], reply.headers["Cache-Control"]) == ("no", "no-store")
        found = messages(reply)
        assert "retry" in next(found)
        assert "" in next(found)  # it says that it lives, and nothing of what was before
        made = [mira.made(GIFTS, GIFT)["code"] for _ in range(2)]
        work_off(worker)
        first = next_of(found, "told")
        said = json.loads(first["data"])
        assert said["type"] == "contribution.received"
        made.remove(said["data"]["id"])  # of one instant, the log orders them by their identities
        assert int(first["id"]) == said["data"]["version"]
    with follow(address + STREAM, "mira", Last_Event_ID=first["id"]) as reply:
        assert json.loads(next_of(messages(reply), "told")["data"])["data"]["id"] == made[0]
    with follow(f"{address}{STREAM}?after=-1", "mira") as reply:
        found = messages(reply)
        positions = [int(next_of(found, "told")["id"]) for _ in range(3)]
    assert positions == sorted(set(positions))
    with follow(address + STREAM, "mira", Last_Event_ID="one") as reply:
        assert reply.status_code == 400


def test_a_stream_tells_nobody_what_they_may_not_read(ask: Ask, address: str, worker: Worker) -> None:
    ask("mira").made(GIFTS, GIFT)
    work_off(worker)
    for name, told in (("fiona", True), ("ivo", False), ("hana", False)):
        with follow(f"{address}{STREAM}?after=-1", name) as reply:
            found = messages(reply)
            seen = [next(found) for _ in range(3)]
        assert any(one.get("event") == "told" for one in seen) is told, name
    for name, status in (("nora", 404), ("", 401)):
        with follow(address + STREAM, name) as reply:
            assert reply.status_code == status


def test_a_stream_ends_when_its_token_is_withdrawn(address: str, withdrawn: set[str]) -> None:
    with follow(address + STREAM, "mira") as reply:
        found = messages(reply)
        next(found)
        withdrawn.add("mira")
        assert next_of(found, "closed")["data"] == "auth.expired"
        assert list(found) == []


def test_a_caller_holds_so_many_streams_and_no_more(address: str, streams: Streams) -> None:
    with follow(address + STREAM, "mira") as one, follow(address + STREAM, "mira") as two:
        held = [messages(one), messages(two)]
        assert all("retry" in next(found) for found in held)
        with follow(address + STREAM, "mira") as three:
            assert three.status_code == 429
            three.read()
            assert three.json()["code"] == "stream.full"
        with follow(address + STREAM, "fiona") as other:
            assert other.status_code == 200
    until = time.monotonic() + 20
    while streams.held and time.monotonic() < until:
        time.sleep(0.02)
    assert not streams.held
    assert not streams.watches


def test_a_server_that_ends_tells_its_streams_to_come_back(address: str, streams: Streams) -> None:
    with follow(address + STREAM, "mira") as reply:
        found = messages(reply)
        next(found)
        streams.close()
        assert [one for one in found if one.get("") == "come back"]


def test_a_job_is_followed_to_its_end(ask: Ask, address: str, worker: Worker) -> None:
    hana = ask("hana")
    made = hana.made("/books/main/jobs/simulations", EXAMPLE)
    url = f"{address}/v1/books/main/jobs/{made['id']}/events"
    with follow(url, "hugo") as reply:
        assert reply.status_code == 404
    with follow(url, "hana") as reply:
        found = messages(reply)
        assert json.loads(next_of(found, "job")["data"])["state"] == "waiting"
        plain = Worker(
            engine=worker.engine, clock=system_clock, name="w2", rights=lambda *_given: PEOPLE["hana"]
        )
        work_off(plain)
        states = [json.loads(one["data"])["state"] for one in found if one.get("event") == "job"]
    assert states[-1] == "done"


def test_every_stream_stands_in_the_reference(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    for one in STREAMS:
        assert "text/event-stream" in paths[f"/v1{one.path}"]["get"]["responses"]["200"]["content"]
