"""Streams: events of a book and progress of a job, as server-sent events.

The problem: a client that asks again and again is late or loud, and one that was cut off must neither miss
nor see twice. A message's ``id`` is its position in the sealed log, of a job its version; whoever comes back
with ``Last-Event-ID`` goes on behind it. Between two reads a stream holds no connection and no thread; each
read asks again who is calling and what they may, so a stream ends when its token or its role does.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from ..finance.errors import AlmonerError, Busy
from ..finance.storage import Session
from .admitting import grants_of
from .answering import headers_of
from .door import Call, Door
from .errors import QueryUnknown
from .feed import read_page
from .identity import Caller
from .operation import Operation
from .polling import Topic
from .problems import problem_of
from .records.feed import find_position
from .routes.jobs import job_owner, read_job
from .routing import Answer, OperationRoute, documented, require_complete, route_of
from .serving import Asked, enter, require_owner, serve
from .wire.feed import FURTHEST, FeedQuery, StreamItem, StreamPage

RETRY_MS = 3000
MEDIA = "text/event-stream"


def follow_events(call: Call, query: FeedQuery) -> StreamPage:
    """Follow the events of a book that the caller may know of, as they are sealed."""
    after = find_position(call.session, call.book_id) if query.after is None else query.after
    caller = call.caller or Caller(person="public")
    grants = grants_of(call.session, call.caller, call.book, call.book_id)
    wanted = call.party if call.own is not None else ""
    page = read_page(call.session, call.book, call.book_id, after, (caller, grants, wanted), call.now)
    items = [StreamItem(id=one.position, event="told", data=one.told) for one in page.items]
    return StreamPage(items=items, position=page.position, more=page.more)


def follow_job(call: Call, job: UUID, query: FeedQuery) -> StreamPage:
    """Follow a job until it ends: how far it is, and what came of it."""
    now = read_job(call, job)
    ended = now.state in {"done", "failed", "cancelled"}
    news = query.after is None or now.version > query.after
    items = [StreamItem(id=now.version, event="job", data=now)] if news else []
    return StreamPage(items=items, position=now.version, ended=ended)


STREAMS = (
    Operation(
        name="event.stream",
        method="GET",
        path="/books/{book}/events/stream",
        handler=follow_events,
        tag="events",
    ),
    Operation(
        name="job.stream",
        method="GET",
        path="/books/{book}/jobs/{job}/events",
        handler=follow_job,
        tag="jobs",
        owner=job_owner,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One read of a stream: what it gave, and what to watch."""

    page: StreamPage
    topic: Topic


MESSAGE = {
    "type": "object",
    "description": "One message of the stream",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "description": "JSON of one item"},
    },
}


def stream_routes(door: Door) -> APIRouter:
    """Return the routes of the streams below ``/v1``.

    Parameters
    ----------
    door : Door
        What the mounting was given.
    """
    router = APIRouter(route_class=OperationRoute)
    for one in STREAMS:
        require_complete(one, {})
        told = documented(one)
        told[200] = {
            "description": "Messages as they happen",
            "content": {MEDIA: {"schema": MESSAGE}},
        }
        router.routes.append(route_of(one, _answering(door, one), told=told))
    return router


def _answering(door: Door, operation: Operation) -> Answer:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(serve, door, {}, operation, request, b"", run=_open)

    return answer


def _open(asked: Asked) -> Response:
    """Let the caller in, read the first page, and answer with the stream that goes on from it."""
    first = _read(asked, _last_seen(asked.request))
    asked.door.streams.require_room(asked.client)
    headers = headers_of(asked.request_id, public=False) | {"X-Accel-Buffering": "no"}
    return StreamingResponse(_follow(asked, first), media_type=MEDIA, headers=headers)


def _last_seen(request: Request) -> int | None:
    text = request.headers.get("last-event-id")
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > len(str(FURTHEST)):
        raise QueryUnknown("Last-Event-ID is the id of a message of this stream.", parameter="Last-Event-ID")
    return int(text)


def _read(asked: Asked, after: int | None) -> Read:
    """Read what is behind a position, with the rights of now."""
    door, operation = asked.door, asked.operation
    with Session(door.engine, expire_on_commit=False) as session:
        door.require_schema(session)
        call, query, parts = enter(asked, session)
        if after is not None and isinstance(query, FeedQuery):
            query = query.model_copy(update={"after": after})
        require_owner(operation, call, {**parts, "query": query})
        page = operation.handler(call, **parts, query=query)
        job = parts.get("job")
        return Read(
            page=StreamPage.model_validate(page), topic=job if isinstance(job, UUID) else call.book_id
        )


def _again(asked: Asked, after: int) -> Read:
    asked.caller = asked.door.identify(asked.request)
    return _read(asked, after)


async def _follow(asked: Asked, first: Read) -> AsyncIterator[bytes]:
    streams, read = asked.door.streams, first
    async with streams.watching(asked.door.engine, first.topic, asked.client) as watch:
        yield format_sse_event(retry=RETRY_MS)
        while True:
            for message in _messages(read.page.items):
                yield message
            if read.page.ended:
                return
            if not read.page.more:
                try:
                    await asyncio.wait_for(watch.moved.wait(), streams.comment_s)
                except TimeoutError:
                    yield format_sse_event(comment="")
            watch.moved.clear()
            if streams.closed:
                yield format_sse_event(comment="come back")
                return
            try:
                async with streams.reading():
                    read = await run_in_threadpool(_again, asked, read.page.position)
            except Busy:
                read = Read(page=StreamPage(items=[], position=read.page.position), topic=read.topic)
            except AlmonerError as error:
                yield format_sse_event(event="closed", data_str=str(problem_of(error)["code"]))
                return


def _messages(items: Iterable[StreamItem]) -> Iterable[bytes]:
    for one in items:
        said = one.data.model_dump_json(exclude_none=True)
        yield format_sse_event(id=str(one.id), event=one.event, data_str=said)
