"""Hostile input at every operation: no answer is our own fault, and none tells what is inside."""

import json
import os
import re
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any, Final
from urllib.parse import quote

from tests.doors.crowded import crowd, doors, parts_of, person_for
from tests.doors.people import Asker, Json

from almoner.api.operation import Operation
from almoner.api.routes import OPERATIONS
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

SHARE = float(os.environ.get("ALMONER_HOSTILE_SHARE", "0.007"))
INSIDE: Final = re.compile(
    r"Traceback|sqlalchemy|psycopg|sqlite3?\.|site-packages|File \"|/src/|/tmp/|SELECT |INSERT |UPDATE |"
    r"pydantic|constraint failed|violates|0x[0-9a-f]{6}|<object|NoneType|KeyError|TypeError"
)
TEXTS: Final = (
    *("\x00", "a\x00b", "' OR '1'='1", "'; DROP TABLE book; --", "../../etc/passwd", "{{7*7}}", "%s%n", ""),
    *("<script>alert(1)</script>", "\u202eabc", "\ud7ff\uffff", "é" * 300, "x" * 70_000, "\n\r\t", " "),
    *("9" * 400, "-1", "1e400", "NaN", "0x10", "١٢٣", "1_000", "+1", "true", "null", "*", "%", "_", "\\"),
    *("2026-02-30", "0000-01-01", "9999-12-31T23:59:60Z", "9999-12-31", "0001-01-01T00:00:00Z", "-0.00"),
    *("00000000-0000-0000-0000-000000000000", "none", "water", "main"),
)
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, [], {}, [[]], -1, 0, 10**18, 10**30, 1.5, 1e308, [None] * 1000, {"a": {"b": {}}}),
)
HEADERS: Final = (
    *({"Almoner-Party": text} for text in ("hub-b", "'", "x" * 5000, "é", "*")),
    *({"If-None-Match": text} for text in ("*", '"', "W/")),
    *({"Accept": text} for text in ("text/html", "application/xml;q=x")),
    *(
        {"Content-Type": text}
        for text in ("text/plain", "application/json; charset=utf-16", "multipart/form-data")
    ),
    *({"If-Match": text} for text in ("*", '"x"', "")),
    *({"Last-Event-ID": text} for text in ("-1", "9" * 40, "²")),
    *({"X-Forwarded-For": text} for text in ("::1", "x" * 300, "127.0.0.1")),
)
BODIES: Final = (
    *(b"", b"[", b"null", b"[]", b'"x"', b"{}", b'{"a":1,"a":2}', b"\xff\xfe", b'{"a":NaN}', b"1" * 5000),
    *(b"[" * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500, b'{"a":"\\ud800"}', b'{"\\u0000":"\\u0000"}'),
    *(b"x" * 1_100_000, b"PK\x03\x04" + b"\x00" * 200, b"\x1f\x8b\x08" + b"\x00" * 200, b"a,b\n\x00,1\n"),
)


def leaves(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # JSON
    """Yield the place of everything in a document."""
    yield at
    named = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for name, below in named:
        yield from leaves(below, (*at, name))


def replaced(document: Any, at: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return a document with another value at a place."""
    if not at:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[at[0]] = replaced(document[at[0]], at[1:], value)
    return copy


def requests_of(operation: Operation, pick: Random) -> Iterator[dict[str, Any]]:
    """Yield what is sent to an operation: address, body, headers, each wrong in one place."""
    parts = parts_of(operation)
    right = next(iter(operation.examples.values()), None)
    for name, text in product(parts, TEXTS):
        yield {"parts": {**parts, name: text or "%00"}, "json": right}
    for query in queries_of(operation):
        yield {"parts": parts, "query": query, "json": right}
    for headers in HEADERS:
        yield {"parts": parts, "headers": headers, "json": right}
    for body in BODIES if operation.method != "GET" else ():
        yield {"parts": parts, "content": body, "headers": {"Content-Type": "application/json"}}
    for example in operation.examples.values():
        for body in bodies_of(example, pick):
            yield {"parts": parts, "json": body}


def queries_of(operation: Operation) -> Iterator[str]:
    """Yield queries, each wrong in one place."""
    known = list(operation.shape.query.model_fields) if operation.shape.query else []
    for name, text in product((*known, "dry_run" if operation.writes else "fields", "nothing"), TEXTS):
        yield f"{name}={quote(text[:2000])}"
    yield from (
        "%ED%A0%80=1",
        "limit=1&limit=2",
        "%00=1",
        "a" * 9000,
        "cursor=" + "A" * 40,
        "=",
        "&&",
        "limit",
    )


def bodies_of(example: Any, pick: Random) -> Iterator[Any]:  # noqa: ANN401  # JSON
    """Yield a valid body, and then bodies that are wrong in one place."""
    yield example
    for at in leaves(example):
        for value in (*pick.sample(TEXTS, 8), *pick.sample(VALUES, 6), "\x00"):
            yield replaced(example, at, value)
    if isinstance(example, dict):
        yield example | {"version": 1, "state": "paid", "owner": "hub-a"}


def send(client: Asker, operation: Operation, asked: dict[str, Any]) -> Json:
    """Send a request that may be wrong in any way."""
    path = "/v1" + operation.path.format(
        **{name: quote(text[:2000], safe="") for name, text in asked["parts"].items()}
    )
    if "query" in asked:
        path += f"?{asked['query']}"
    headers = client._headers(asked.get("headers"), key=operation.writes)  # noqa: SLF001  # the same headers as its own calls
    content = asked.get("content")
    if content is None and asked.get("json") is not None:
        content = json.dumps(asked["json"]).encode()
        headers = {"Content-Type": "application/json"} | headers
    raw = [(name.encode(), text.encode()) for name, text in headers.items()]
    return client.client.request(operation.method, path, content=content, headers=raw)


def fault_of(reply: Json, operation: Operation) -> str:
    """Return what is wrong with an answer; empty when nothing is."""
    if reply.status_code >= 500:
        return "our fault"
    if found := INSIDE.search(reply.text if reply.status_code >= 400 else ""):
        return f"tells {found[0]!r}"
    if reply.headers.get("x-content-type-options") != "nosniff" and "x-request-id" in reply.headers:
        return "may be sniffed"
    if reply.status_code >= 400 and not reply.headers["content-type"].startswith("application/problem+json"):
        return "no problem document" if "x-request-id" in reply.headers else ""
    return "" if operation.name else "no name"


def test_no_hostile_request_meets_our_fault_or_reads_what_is_inside(
    engine: Engine, book: str, clock: Clock
) -> None:
    assert book
    crowd(engine, clock)
    app = doors(engine)
    pick = Random(8)  # noqa: S311  # a sample, the same each time
    share = SHARE / 2 if engine.dialect.name == "postgresql" else SHARE
    clients: dict[str, Asker] = {}
    wrong = []
    assert Asker(app, "mira").get("/books/main/landscape?as_of=0001-01-01").status_code == 200
    one_line = ("x" * 200_000).encode()
    faults = {"content": one_line, "parts": {"book": "main", "agreement": "nights"}}
    by_name = {one.name: one for one in OPERATIONS}
    assert send(Asker(app, "mira"), by_name["dataset.faults"], faults).status_code in {409, 422}
    for operation in OPERATIONS:
        name = person_for(operation)
        client = clients.setdefault(name, Asker(app, name))
        for asked in requests_of(operation, pick):
            if pick.random() >= share:
                continue
            reply = send(client, operation, asked)
            if found := fault_of(reply, operation):
                told = {key: value for key, value in asked.items() if key != "parts"}
                wrong.append((operation.name, found, asked["parts"], str(told)[:300], reply.text[:200]))
    assert not wrong, "\n".join(map(str, wrong[:40]))
