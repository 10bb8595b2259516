"""One row for each table of the doors, written past the library."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from tests.finance.challenge_rows import Raw

Put = Callable[..., None]
DIGEST = bytes(32)
EMPTY = b"{}"


def write_door(raw: Raw, connection: Connection, now: datetime) -> None:
    """Write one row into each table of the doors, by hand."""
    book = raw.find(connection, "book", code="main")
    put = partial(raw.put, connection)
    _write_people(put, raw, connection, book, now)
    _write_work(put, book, raw.event(connection), now)


def _write_people(put: Put, raw: Raw, connection: Connection, book: int, now: datetime) -> None:

    put("person", code="p-1", name="Somebody", is_admin=0, version=1, created_at=now)
    person = raw.find(connection, "person", code="p-1")
    put(
        "role_grant",
        id=uuid.uuid4(),
        book_id=book,
        person_id=person,
        party="hub",
        role="hub",
        engagement="",
        may_make=1,
        may_check=0,
        valid_from=now,
        granted_by="admin",
        version=1,
    )
    when = {"created_at": now, "expires_at": now}
    put("api_key", id="k-1", person_id=person, name="k", secret_sha256=DIGEST, scopes="", **when)
    tokens = {"issued_at": now, "authenticated_at": now, "expires_at": now}
    put("refresh_token", sha256=DIGEST, family=uuid.uuid4(), person_id=person, **tokens)
    signed = {"started_at": now, "seen_at": now, "authenticated_at": now}
    put("page_session", sha256=DIGEST, family=uuid.uuid4(), person_id=person, party="", **signed)
    put("brief_draft", book_id=book, code="wells", revision=1, editor="p-1", body=b"{}", saved_at=now)
    put("throttle", bucket="address/1", tokens=1, counted_at=now)
    put(
        "command",
        id=uuid.uuid4(),
        book_id=book,
        operation="fund.open",
        object="/books/main/funds",
        person="p-1",
        party="hub",
        client="person:p-1",
        idem_key="k-1",
        request_sha256=DIGEST,
        status=201,
        answer=EMPTY,
        recorded_at=now,
    )


def _write_work(put: Put, book: int, event: uuid.UUID, now: datetime) -> None:
    put("publication", book_id=book, engagement="fund/water", event_id=event)
    put(
        "job",
        id=uuid.uuid4(),
        book_id=book,
        kind="verify",
        state="waiting",
        person="p-1",
        party="hub",
        input=EMPTY,
        stage="",
        done=0,
        total=0,
        asked_to_stop=0,
        attempts=0,
        created_at=now,
        version=1,
    )
    file = {"content": b"a", "media_type": "text/csv", "name": "a.csv", "person": "p-1", "party": "hub"}
    put("upload", book_id=book, sha256=DIGEST, uploaded_at=now, **file)
    endpoint = uuid.uuid4()
    put(
        "webhook_endpoint",
        id=endpoint,
        book_id=book,
        party="hub",
        person="p-1",
        url="https://example.org/",
        kinds="",
        secret=b"s",
        told_below=0,
        version=1,
        created_at=now,
    )
    put(
        "delivery",
        id=uuid.uuid4(),
        endpoint_id=endpoint,
        event_id=event,
        kind="x",
        body=EMPTY,
        state="waiting",
        attempts=0,
        next_at=now,
    )
    put("worker_beat", name="w-1", beaten_at=now)
