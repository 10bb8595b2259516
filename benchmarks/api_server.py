"""The server of the measurement: our routes, and beside them handlers that run the same SQL and nothing else.

``/v1/…`` is almoner. ``/bare/read`` and ``/bare/write`` are plain FastAPI handlers on the same engine, thread
limit and process: they run the statements that one request to us ran, in the same order, with identities and
keys of their own, in one transaction, and return a dict.
"""

import argparse
import json
import re
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event

from almoner.api import Caller, Grant, create_app
from almoner.api.door import Door, Limits
from almoner.api.gate import Gate
from almoner.finance.dates import system_clock
from almoner.finance.storage import Engine, Session, prepare_engine, reading_session

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
Statement = tuple[str, Any]


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


def captured(engine: Engine, ask: Callable[[], object]) -> list[Statement]:
    """Return the statements that a request runs."""
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:  # noqa: ANN401, FBT001  # the event's own shape
        seen.append((statement, plain(given)))

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    return seen


def plain(given: Any) -> Any:  # noqa: ANN401  # whatever the driver takes
    """Return parameters that can be compared and sent again: bytes for views of them."""
    if isinstance(given, dict):
        return {name: plain(value) for name, value in given.items()}
    if isinstance(given, tuple | list):
        return type(given)(plain(value) for value in given)
    return bytes(given) if isinstance(given, memoryview) else given


def fresh(given: Any, made: dict[Any, Any], own: frozenset[Any]) -> Any:  # noqa: ANN401  # whatever the driver takes
    """Return parameters with identities and keys of their own, the same for the same."""
    if isinstance(given, dict):
        return {name: fresh(value, made, own) for name, value in given.items()}
    if isinstance(given, tuple | list):
        return type(given)(fresh(value, made, own) for value in given)
    if isinstance(given, str) and (HEX_KEY.fullmatch(given) or given == PROBE):
        return made.setdefault(given, f"bare/{uuid.uuid4().hex}")
    if given in own if isinstance(given, bytes | uuid.UUID) else False:
        return made.setdefault(given, uuid.uuid4().bytes if isinstance(given, bytes) else uuid.uuid4())
    return given


def identities(statements: list[Statement]) -> frozenset[Any]:
    """Return the identities a write made: those that it inserts."""
    found: set[Any] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            value = tuple(value.values())
        if isinstance(value, tuple | list):
            for one in value:
                walk(one)
        elif isinstance(value, uuid.UUID) or (isinstance(value, bytes) and len(value) == 16):  # noqa: PLR2004  # of an identity
            found.add(value)

    for statement, given in statements:
        if "INSERT" in statement.upper() or "almoner_write" in statement:
            walk(given)
    return frozenset(found)


def run(engine: Engine, statements: list[Statement], own: frozenset[Any]) -> int:
    """Run statements in one transaction and return how many rows came back."""
    made: dict[Any, Any] = {}
    rows = 0
    opened = Session(engine) if own else reading_session(engine)  # both as ours
    queue = GATE.passed() if own and engine.dialect.name == "sqlite" else nullcontext()
    with queue, opened as session, session.begin():
        connection = session.connection()
        for statement, given in statements:
            result = connection.exec_driver_sql(statement, fresh(given, made, own) if own else given)
            rows += len(result.all()) if result.returns_rows else 0
    return rows


def application(url: str) -> FastAPI:
    """Return our application with the bare handlers beside it."""
    engine = our_engine(url)
    door = Door(
        engine=engine,
        identify=identify,
        clock=system_clock,
        secret=bytes(32),
        limits=Limits(signed_in=0, anonymous=0),
    )
    app = create_app(engine=engine, identify=identify, door=door)
    client = TestClient(app)
    me = {"Authorization": "Bearer probe"}
    client.get(READ, headers=me)
    client.post(WRITE, json=PAYMENT, headers=me | {"Idempotency-Key": "warm"})
    reads = captured(engine, lambda: client.get(READ, headers=me).raise_for_status())
    writes = captured(
        engine,
        lambda: client.post(WRITE, json=PAYMENT, headers=me | {"Idempotency-Key": PROBE}).raise_for_status(),
    )
    own = identities(writes)

    @app.get("/bare/read")
    def bare_read() -> dict[str, int]:
        """Run what a read runs."""
        return {"rows": run(engine, reads, frozenset())}

    @app.post("/bare/write")
    def bare_write() -> dict[str, int]:
        """Run what a write runs."""
        return {"rows": run(engine, writes, own)}

    @app.get("/bare/statements")
    def bare_statements() -> dict[str, int]:
        """Say how many statements each runs."""
        return {"read": len(reads), "write": len(writes)}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield

    app.router.lifespan_context = lifespan
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    print(json.dumps({"port": given.port}), file=sys.stderr)
    uvicorn.run(
        application(given.url), host="127.0.0.1", port=given.port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
