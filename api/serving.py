"""The one wrapper of every operation: one thread, one transaction, committed before the answer.

Who asks -> how often -> session, bound to the book -> may they -> what is asked -> the same key before ->
``If-Match`` -> the handler -> commit, or roll back for a dry run -> the answer.

The problem: a right that is checked after the body is read tells strangers about schemas; a commit after the
answer says 200 for what was lost; an answer that is not stored with its act is given twice.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from ..finance.documents import plain_bytes
from ..finance.errors import AlmonerError, Busy, Missing
from ..finance.money import Money
from ..finance.posting.events import derive_id, keep_event
from ..finance.records.registry import find_unit
from ..finance.storage import Session, reading_session
from .admitting import admit
from .answering import JSON, SPARSE, etag_of, fault_response, headers_of, refusal, sparse, write_reply
from .door import NOT_HERE, Answered, Call, Door
from .duties import OUTSIDE, require_outside
from .errors import (
    AuthError,
    InProgress,
    KeyMissing,
    PreconditionMissing,
    PreconditionStale,
    QueryUnknown,
    RequestKeyReused,
    RequestMalformed,
)
from .identity import Caller
from .ids import new_id
from .operation import Operation
from .problems import status_of
from .reading import NO_NUL, NUL, read_body, read_parts, read_query
from .records import entering
from .records.commands import Command, find_command, keep_command, list_kinds, list_moves, list_told
from .wire.base import BalanceMove, Effects

ATTEMPTS = 3
KEPT_REFUSALS = {404, 409}
FIRST_REFUSAL = 400
KEY_LENGTH = 255


class _KeyTaken(Exception):
    """The same key was written by another request meanwhile: ask again, and it answers."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request on its way through the wrapper."""

    door: Door
    operations: Mapping[str, Operation]
    operation: Operation
    raw: Mapping[str, str]
    request: Request
    content: bytes
    caller: Caller | None
    request_id: UUID
    call: Call | None = None
    repeated: bool = False
    body: tuple[Any, bytes] | AlmonerError | None = None

    def said(self) -> tuple[Any, bytes]:
        """Return the body as its model with its digest, or raise what is wrong with it."""
        found = self.body = self.body or self.read()
        if isinstance(found, AlmonerError):
            raise found
        return found

    def read(self) -> tuple[Any, bytes] | AlmonerError:
        """Read the body; what is wrong with it is told to nobody yet."""
        try:
            return read_body(self.operation, self.content, self.request.headers.get("content-type", ""))
        except AlmonerError as error:
            return error

    @property
    def object(self) -> str:
        """Return the address below ``/v1``."""
        return self.operation.path.format(**self.raw)

    @property
    def client(self) -> str:
        """Return whose keys these are."""
        if self.caller is None:
            return "public"
        return f"key:{self.caller.api_key}" if self.caller.api_key else f"person:{self.caller.person}"


def serve(
    door: Door,
    operations: Mapping[str, Operation],
    operation: Operation,
    request: Request,
    content: bytes,
    *,
    run: Callable[["Asked"], Response] | None = None,
) -> Response:
    """Answer a request whose body is complete.

    Parameters
    ----------
    door : Door
        What the mounting was given.
    operations : mapping of str to Operation
        All that it serves, by name.
    operation : Operation
        What is asked.
    request : Request
        Its address and headers.
    content : bytes
        Its body.
    run : callable or None
        What answers once the caller is known; None for the handler in its transaction.
    """
    began = time.perf_counter()
    now = door.clock()
    asked = Asked(
        door=door,
        operations=operations,
        operation=operation,
        raw=dict(request.path_params),
        request=request,
        content=content,
        caller=None,
        request_id=new_id(now),
    )
    fault: BaseException | None = None
    code = ""
    prefix = _prefix(request)
    try:
        told = _identify(asked)
        response = _attempted(asked, run or _run)
        if told:
            response.headers.update(told)
    except AlmonerError as error:
        code = error.code
        response = refusal(error, asked.request_id, prefix)
    except Exception as error:  # noqa: BLE001  # the last line: no internal text leaves
        fault, code = error, "fault"
        response = fault_response(asked.request_id, prefix)
    door.watch(
        Answered(
            operation=operation.name,
            caller=asked.caller.person if asked.caller else "public",
            object=asked.object,
            status=response.status_code,
            code=code,
            seconds=time.perf_counter() - began,
            request_id=str(asked.request_id),
            fault=fault,
        )
    )
    return response


def _identify(asked: Asked) -> Mapping[str, str]:
    """Find out who asks, and how much they have left; a wrong token counts as nobody's request."""
    door, uploads = asked.door, bool(asked.operation.uploads)
    try:
        asked.caller = door.identify(asked.request)
    except AuthError:
        door.throttle(None, asked.request, uploads=uploads)
        raise
    return door.throttle(asked.caller, asked.request, uploads=uploads)


def _attempted(asked: Asked, run: Callable[[Asked], Response]) -> Response:
    """Run, and once more where another session stood in the way: the same key makes that safe."""
    for attempt in range(ATTEMPTS):
        try:
            return _tried(asked, run)
        except (Busy, _KeyTaken) as stood:
            asked.call, asked.repeated = None, False
            if attempt == ATTEMPTS - 1:
                if isinstance(stood, Busy):
                    raise
                raise InProgress("The same key is being worked on. Ask again in a moment.") from None
    raise AssertionError("each attempt returns or raises")


def _tried(asked: Asked, run: Callable[[Asked], Response]) -> Response:
    try:
        return run(asked)
    except AlmonerError as error:
        if not isinstance(error, Busy):
            _keep_refusal(asked, error)
        raise


def _run(asked: Asked) -> Response:
    asked.body = asked.body or asked.read()  # before the queue of the writers
    with _session(asked) as session:  # closed without a commit, it undoes
        asked.door.require_schema(session)
        call, query, parts = enter(asked, session)
        asked.call = call
        body, digest = asked.said()
        given: dict[str, Any] = {**parts}
        if asked.operation.shape.query is not None:
            given["query"] = query
        if body is not None:
            given["body"] = body
        if asked.operation.writes:
            answered, status, location, replayed = _write(asked, call, given, digest)
        else:
            answered, status, location = _read(asked, call, given), asked.operation.status, ""
            replayed = False
        if not call.dry_run:
            session.commit()
    return _answer(asked, call, answered, status, location, replayed=replayed)


@contextmanager
def _session(asked: Asked) -> Iterator[Session]:
    """Open the session of a request: a read waits for no writer, and writers of SQLite wait in a queue."""
    engine, operation = asked.door.engine, asked.operation
    if operation.method == "GET":
        with reading_session(engine) as session:
            yield session
        return
    queue = asked.door.gate.passed() if engine.dialect.name == "sqlite" else nullcontext()
    with queue, Session(engine, expire_on_commit=False) as session:
        yield session


def enter(asked: Asked, session: Session) -> tuple[Call, BaseModel | None, dict[str, object]]:
    """Bind the session to the book, let the caller in or refuse, and read the address."""
    operation, door, now = asked.operation, asked.door, asked.door.clock()
    book = asked.raw.get("book", "")
    wanted = asked.request.headers.get("almoner-party", "")
    if any(NUL in part for part in (wanted, *asked.raw.values())):
        raise RequestMalformed(NO_NUL)
    book_id = entering.enter_book(session, book, party=wanted, row_security=door.row_security) if book else 0
    access = admit(
        session, operation, asked.caller, book=book, book_id=book_id, wanted=wanted, raw=asked.raw, now=now
    )
    if book and not book_id:
        raise Missing(NOT_HERE)
    query, common = read_query(operation, asked.request.url.query)
    parts = read_parts(operation, asked.raw)
    key = _key(asked) if operation.writes else ""
    call = Call(
        door=door,
        session=session,
        caller=asked.caller,
        access=access,
        book=book,
        book_id=book_id,
        now=now,
        request_id=asked.request_id,
        key=_ledger_key(asked.client, key),
        dry_run=_flag(common.get("dry_run", "false")),
        content=asked.content if operation.uploads else b"",
        media_type=asked.request.headers.get("content-type", ""),
        fields=common.get("fields", ""),
        client_key=key,
        request=asked.request,
        object=asked.object,
    )
    return call, query, parts


def _key(asked: Asked) -> str:
    key = asked.request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= KEY_LENGTH or not all("!" <= letter <= "~" for letter in key):
        raise KeyMissing(
            "A write takes the header Idempotency-Key: 1 to 255 visible ASCII characters, the same for each "
            "try of the same request."
        )
    return key


def _ledger_key(client: str, key: str) -> str:
    """Return the key under which acts are recorded: of this client alone, and of bounded length."""
    return f"api/{hashlib.sha256(plain_bytes([client, key])).hexdigest()[:40]}" if key else ""


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise QueryUnknown(f"dry_run is true or false, not {text[:20]!r}.", parameter="dry_run")
    return text == "true"


def _read(asked: Asked, call: Call, given: dict[str, Any]) -> bytes:
    require_owner(asked.operation, call, given)
    content = write_reply(handled(asked.operation, call, given))
    return sparse(content, call.fields) if call.fields else content


def handled(operation: Operation, call: Call, given: dict[str, Any]) -> BaseModel:
    """Return the reply; of a thing that is not the caller's own, what they may see of it besides."""
    try:
        return operation.handler(call, **given)
    except Missing:
        if not operation.narrows or call.own is None or call.access.otherwise is None:
            raise
        call.access = call.access.otherwise
        return operation.handler(call, **given)


def require_owner(operation: Operation, call: Call, given: dict[str, Any]) -> None:
    """Refuse, as if nothing were there, a thing that is not the caller's own where they are limited to it.

    What they may see besides of things that are not their own, they see so. Who competes keeps out of what
    those who run a round see and do.
    """
    if call.own is not None and operation.owner is not None:
        try:
            call.require_own(*operation.owner(call, **given))
        except Missing:
            if call.access.otherwise is None:
                raise
            call.access = call.access.otherwise
    if operation.name in OUTSIDE:
        require_outside(call, operation.name, str(given["challenge"]))


def _write(asked: Asked, call: Call, given: dict[str, Any], digest: bytes) -> tuple[bytes, int, str, bool]:
    operation = asked.operation
    whole = _digest(asked, digest, dry_run=call.dry_run)
    earlier = find_command(call.session, asked.client, call.client_key)
    if earlier is not None:
        if earlier.request_sha256 != whole:
            raise RequestKeyReused(
                "This Idempotency-Key was sent with another request before. Take a new key.",
                earlier=str(earlier.id),
            )
        asked.repeated = True
        if earlier.status < FIRST_REFUSAL:
            require_owner(operation, call, given)
        return bytes(earlier.answer or b""), int(earlier.status), str(earlier.location or ""), True
    require_owner(operation, call, given)
    if operation.guards:
        _require_match(asked, call, given)
    told = list_told(call.session, call.book_id, call.now) if call.dry_run else frozenset()
    made = operation.handler(call, **given)
    if call.dry_run:
        call.session.flush()
        made = made.model_copy(update={"effects": _effects(call, told)})
        return write_reply(made), operation.status, call.location, False
    content = write_reply(made)
    kept = write_reply(made.model_copy(update=dict.fromkeys(operation.once))) if operation.once else content
    _keep(asked, call, whole, kept, operation.status)
    return content, operation.status, call.location, False


def _digest(asked: Asked, body: bytes, *, dry_run: bool) -> bytes:
    """Return the digest of all that a request asks: operation, address, parameters and body."""
    said = [asked.operation.name, asked.object, dry_run, body.hex()]
    parameters = sorted(
        pair for pair in parse_qsl(asked.request.url.query, keep_blank_values=True) if pair[0] != "dry_run"
    )
    return hashlib.sha256(plain_bytes([*said, *(list(pair) for pair in parameters)])).digest()


def _require_match(asked: Asked, call: Call, given: dict[str, Any]) -> None:
    """Refuse a change of something that was changed since it was read."""
    read = asked.operations[asked.operation.guards]
    entering.lock_object(call.session, asked.object)
    wanted = asked.request.headers.get("if-match")
    if wanted is None:
        raise PreconditionMissing(
            "This change takes the header If-Match with the ETag of what was read. Read it first.",
            read=read.path.format(**asked.raw),
        )
    wants: dict[str, Any] = {name: given[name] for name in read.shape.parts}
    if read.shape.query is not None:
        wants["query"] = read.shape.query()
    current = etag_of(write_reply(read.handler(call, **wants)))
    if wanted != current:
        raise PreconditionStale(
            "It was changed since you read it. Read it again, and decide whether your change still fits.",
            etag=current,
        )


def _effects(call: Call, told: frozenset[UUID]) -> Effects:
    moves = []
    events = list_told(call.session, call.book_id, call.now) - told
    for row in list_moves(call.session, call.book_id, events):
        unit = find_unit(call.session, row.unit)
        after = int(row.settled) * int(row.normal)
        before = after - int(row.moved) * int(row.normal)
        moves.append(
            BalanceMove(
                account=row.path,
                earmark=row.code,
                unit=row.unit,
                before=Money(minor=before, unit=unit).text,
                after=Money(minor=after, unit=unit).text,
            )
        )
    return Effects(balances=moves, events=list(list_kinds(call.session, events)))


def _keep(asked: Asked, call: Call, digest: bytes, content: bytes, status: int) -> None:
    """Write the command beside its act; of a book, also as an event of the sealed log."""
    command = Command(
        id=asked.request_id,
        book_id=call.book_id or None,
        operation=asked.operation.name,
        object=asked.object,
        person=call.person,
        party=call.party,
        api_key=asked.caller.api_key if asked.caller else None,
        client=asked.client,
        key=call.client_key,
        request_sha256=digest,
        status=status,
        answer=content,
        location=call.location,
        recorded_at=call.now,
    )
    if not keep_command(call.session, command):
        raise _KeyTaken
    if call.book_id:
        said = {
            "operation": command.operation,
            "object": command.object,
            "person": command.person,
            "party": command.party,
            "api_key": command.api_key or "",
            "request_id": str(command.id),
            "request_sha256": digest.hex(),
            "answer_sha256": hashlib.sha256(content).hexdigest(),
            "status": status,
        }
        identity = derive_id(call.book, asked.client, f"command/{call.client_key}", call.now)
        keep_event(call.session, call.book_id, identity, "command", said, call.now)


def _keep_refusal(asked: Asked, error: AlmonerError) -> None:
    """Store a refusal by a rule, so that the same key is answered the same; others may be tried again.

    Raises
    ------
    _KeyTaken
        When the same key was answered meanwhile: that answer holds, and not this refusal.
    """
    call, operation = asked.call, asked.operation
    if call is None or asked.repeated or not operation.writes or call.dry_run:
        return
    if status_of(error) not in KEPT_REFUSALS:
        return
    response = refusal(error, asked.request_id, _prefix(asked.request))
    with _session(asked) as session, session.begin():
        if call.book:
            entering.enter_book(session, call.book, party="", row_security=asked.door.row_security)
        call.session = session
        if find_command(session, asked.client, call.client_key) is not None:
            raise _KeyTaken
        _, digest = asked.said()
        whole = _digest(asked, digest, dry_run=False)
        _keep(asked, call, whole, bytes(response.body), response.status_code)


def _answer(
    asked: Asked, call: Call, content: bytes, status: int, location: str, *, replayed: bool
) -> Response:
    reads = asked.operation.method == "GET"
    headers = headers_of(asked.request_id, public=asked.caller is None and reads)
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    if location:
        headers["Location"] = f"{_prefix(asked.request)}/v1{location}"
    media = JSON if status < FIRST_REFUSAL else "application/problem+json"
    if call.fields:
        media = SPARSE
    if reads:
        tag = etag_of(content)
        headers["ETag"] = tag
        if asked.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
    if call.dry_run:
        headers["Dry-Run"] = "true"
    return Response(content, status_code=status, media_type=media, headers=headers)


def _prefix(request: Request) -> str:
    path = str(request.scope["path"])
    return path.split("/v1/", 1)[0] if "/v1/" in path else ""
