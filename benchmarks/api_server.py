"""The server of the measurement: our routes, and beside them handlers that run the same SQL and nothing else.

``/v1/…`` is almoner. ``/bare/…`` is a plain FastAPI application with two ``def`` handlers on the same engine,
thread limit and process. Each runs the statements that one request to us ran, the same objects in the same
order, as SQLAlchemy Core on a connection, in one transaction, with identities and keys of its own; the rows
are fetched. It takes the address and the body from FastAPI and returns, as a dict, what we answered, so that
both read and write as many bytes. It has no session, no validation, no policy, no keys, no events of its own.
"""

import argparse
import gc
import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import Any

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.sql import Insert
from starlette.types import ASGIApp, Receive, Scope, Send

from almoner.api import Caller, Grant, create_app
from almoner.api.door import Door, Limits
from almoner.api.gate import Gate
from almoner.finance.dates import system_clock
from almoner.finance.storage import Engine, prepare_engine, reading_connection

BOOK, FUND = "main", "pool"
READ = f"/v1/books/{BOOK}/funds/{FUND}"
WRITE = f"/v1/books/{BOOK}/funds/{FUND}/disbursements"
PAYMENT = {"payee": "shelter", "amount": "1.00", "unit": "USD", "line": "transfer"}
PROBE = "probe-of-the-statements"
THREADS = 48
GATE = Gate()
GRANTS = (
    Grant(book=BOOK, role="intermediary", party="house"),
    Grant(book=BOOK, role="funder", party="giver"),
)
HEX_KEY = re.compile(r"api/[0-9a-f]{40}")
IDENTITY_BYTES = 16
Fresh = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement as it was run.

    Attributes
    ----------
    statement : Executable or str
        What was executed: a construct of Core, or text for the driver where we send such text.
    given : dict, tuple or list
        Its parameters.
    own : frozenset
        Those of them that each request has to have of its own.
    """

    statement: Any
    given: Any
    own: frozenset[object] = frozenset()

    def run(self, connection: Connection, made: dict[object, object]) -> int:
        """Run it with what was made for this request, and return how many rows came back."""
        given = swapped(self.given, made) if self.own else self.given
        if isinstance(self.statement, str):
            result = connection.exec_driver_sql(self.statement, given or None)
        else:
            result = connection.execute(self.statement, given)
        return len(result.all()) if result.returns_rows else 0


def identify(request: Request) -> Caller | None:
    """Know everybody who says who they are: what signing in costs is another subject."""
    said = request.headers.get("Authorization", "")
    return Caller(person=said.removeprefix("Bearer "), grants=GRANTS) if said else None


def our_engine(url: str) -> Engine:
    """Open a pool that is as large as the thread limit."""
    if url.startswith("postgresql"):
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_size=THREADS)
    else:
        engine = create_engine(url, pool_size=THREADS)
    prepare_engine(engine)
    return engine


def captured(engine: Engine, ask: Callable[[], object]) -> list[Step]:
    """Return what a request executes."""
    seen: list[Step] = []

    def note(_connection: Any, statement: Any, many: Any, one: Any, _options: Any) -> None:  # noqa: ANN401  # the event's own shape
        seen.append(Step(statement=statement, given=many or one))

    def note_text(_connection: Any, _cursor: Any, text: str, given: Any, context: Any, _many: bool) -> None:  # noqa: ANN401, FBT001  # as above
        if context.compiled is None:
            seen.append(Step(statement=text, given=given))

    event.listen(engine, "before_execute", note)
    event.listen(engine, "before_cursor_execute", note_text)
    ask()
    event.remove(engine, "before_execute", note)
    event.remove(engine, "before_cursor_execute", note_text)
    return seen


def counted(engine: Engine, ask: Callable[[], object]) -> int:
    """Return how many statements a request sends to the database."""
    seen: list[None] = []

    def note(*_told: object) -> None:
        seen.append(None)

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def swapped(given: Any, made: dict[object, object]) -> Any:  # noqa: ANN401  # whatever the statement takes
    """Return parameters with what was made in the place of what was captured."""
    if isinstance(given, dict):
        return {name: swapped(value, made) for name, value in given.items()}
    if isinstance(given, tuple | list):
        return type(given)([swapped(value, made) for value in given])
    return made.get(given, given)


def flat(given: object) -> Iterator[object]:
    """Yield each single value of parameters."""
    if isinstance(given, dict):
        given = tuple(given.values())
    if isinstance(given, tuple | list):
        for one in given:
            yield from flat(one)
    else:
        yield given


def own_values(steps: list[Step]) -> dict[object, Fresh]:
    """Return what each request has of its own, with what makes it: its keys and inserted identities."""
    found: dict[object, Fresh] = {}
    for step in steps:
        inserts = isinstance(step.statement, Insert) or "almoner_write" in str(step.statement)
        inserts = inserts or str(step.statement).startswith("INSERT")
        for value in flat(step.given):
            if isinstance(value, str) and (HEX_KEY.fullmatch(value) or value == PROBE):
                found[value] = lambda: f"bare/{uuid.uuid4().hex}"
            elif inserts and isinstance(value, uuid.UUID):
                found[value] = uuid.uuid4
            elif inserts and isinstance(value, bytes) and len(value) == IDENTITY_BYTES:
                found[value] = lambda: uuid.uuid4().bytes
    return found


def bare(engine: Engine, asks: Mapping[str, Callable[[], Any]]) -> FastAPI:
    """Return the bare handlers.

    Parameters
    ----------
    engine : Engine
        Ours.
    asks : mapping of str to callable
        ``read`` and ``write``: each asks us once and returns the answer.
    """
    steps = {name: captured(engine, ask) for name, ask in asks.items()}
    answers = {name: ask() for name, ask in asks.items()}
    own = own_values(steps["write"])
    steps["write"] = [replace(one, own=frozenset(flat(one.given)) & own.keys()) for one in steps["write"]]
    queued = engine.dialect.name == "sqlite"
    app = FastAPI()

    def run(connection: Connection, name: str) -> None:
        made = {value: make() for value, make in own.items()} if name == "write" else {}
        for step in steps[name]:
            step.run(connection, made)

    @app.get("/bare/books/{book}/funds/{fund}")
    def read(book: str, fund: str) -> dict[str, Any]:  # noqa: ARG001  # of the address
        """Run what a read runs."""
        with reading_connection(engine) as connection, connection.begin():
            run(connection, "read")
        return {**answers["read"], "code": fund}

    @app.post("/bare/books/{book}/funds/{fund}/disbursements", status_code=201)
    def write(book: str, fund: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # as above
        """Run what a write runs."""
        with GATE.passed() if queued else nullcontext(), engine.begin() as connection:
            run(connection, "write")
        return {**answers["write"], "payee": body["payee"]}

    def rehearse(name: str) -> None:
        with engine.connect() as connection:  # rolled back: what the bare handler writes verifies nowhere
            run(connection, name)

    counts = {
        name: (counted(engine, ask), counted(engine, partial(rehearse, name))) for name, ask in asks.items()
    }
    if any(ours != theirs for ours, theirs in counts.values()):
        raise SystemExit(f"the bare handlers do not run what we run: {counts}")

    @app.get("/bare/statements")
    def statements() -> dict[str, int]:
        """Say how many statements each runs."""
        return {name: ours for name, (ours, _) in counts.items()}

    return app


def application(url: str) -> ASGIApp:
    """Return our application, and the bare one below ``/bare``."""
    engine = our_engine(url)
    door = Door(
        engine=engine,
        identify=identify,
        clock=system_clock,
        secret=bytes(32),
        limits=Limits(signed_in=0, anonymous=0),
    )
    app = create_app(engine=engine, identify=identify, door=door)
    client = TestClient(app, headers={"Authorization": "Bearer probe"})
    keys = chain(("warm", PROBE), (uuid.uuid4().hex for _ in repeat(None)))

    def read() -> Any:  # noqa: ANN401  # an answer
        return client.get(READ).raise_for_status().json()

    def write() -> Any:  # noqa: ANN401  # an answer
        return (
            client.post(WRITE, json=PAYMENT, headers={"Idempotency-Key": next(keys)})
            .raise_for_status()
            .json()
        )

    read()
    write()
    plain = bare(engine, {"read": read, "write": write})

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        await (plain if scope.get("path", "").startswith("/bare") else app)(scope, receive, send)

    return either


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    app = application(given.url)
    gc.freeze()  # as our server does
    print(json.dumps({"port": given.port}), file=sys.stderr)
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
