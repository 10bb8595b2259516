"""What all routes of one mounting share, and what one call of an operation knows."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fastapi import Request

from ..finance.dates import Clock, fixed_clock
from ..finance.errors import Missing
from ..finance.storage import Engine, Session, require_schema
from .addresses import address_by
from .credentials import Credentials
from .gate import Gate
from .identity import Caller, Identify
from .policy import Access
from .polling import Streams
from .vault import Vault

_LOG = logging.getLogger("almoner")
MIB = 1024 * 1024
NOT_HERE = "There is nothing here that you may know of. Check the address."


class Throttle(Protocol):
    """Counts a request, and says what its answer tells of the limit."""

    def __call__(self, caller: Caller | None, request: Request, *, uploads: bool) -> Mapping[str, str]:
        """Return headers for the answer, or raise ``RateLimited``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request and one caller may ask.

    Attributes
    ----------
    body : int [bytes]
        Of a JSON body.
    upload : int [bytes]
        Of a file.
    patience : float [s]
        For a body to arrive.
    signed_in, anonymous : int [requests/min]
        Per caller, and per address without one; 0 for no limit.
    uploads : int [requests/h]
        Files per caller.
    threads : int [threads]
        Requests worked on at once.
    """

    body: int = MIB
    upload: int = 20 * MIB
    patience: float = 30.0
    signed_in: int = 600
    anonymous: int = 60
    uploads: int = 20
    threads: int = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What webhooks take; without it, none are made.

    Attributes
    ----------
    vault : Vault
        Keeps their secrets.
    check : callable
        Takes an address and raises ``OutboundRefused`` when no message would go there; for example
        ``outbound.read_url``.
    """

    vault: Vault
    check: Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a mounting of our routes was given.

    Attributes
    ----------
    engine : Engine
        The database.
    identify : callable
        Says who is asking.
    clock : Clock
        When acts are recorded.
    secret : bytes
        Signs cursors; without one, cursors end with the process.
    people_key : bytes
        Key of the pseudonyms under which rows of people are kept; the same for ever. Without one, no rows
        are taken.
    row_security : bool
        On PostgreSQL, work as the role ``almoner_app``, whom row security binds to one book.
    limits : Limits
        How much may be asked.
    hooks : Hooks or None
        What webhooks take; None has them refused.
    streams : Streams
        What watches for all open streams of this process.
    throttle : Throttle
        Counts each request; by default none.
    credentials : Credentials or None
        How passwords are checked and tokens signed; None where the host signs people in.
    address_of : callable
        Takes a request, returns whom its address stands for; attempts to sign in are counted by it.
    require_ready : callable
        Takes a session, and refuses while the installation cannot do its work; asked at ``/ops/ready``.
    gate : Gate
        Where writers of SQLite queue.
    checked : set of str
        What was found in order since the start.
    watch : callable
        Told of each answer: operation, caller, object, status, seconds; for logs and metrics.
    """

    engine: Engine
    identify: Identify
    clock: Clock
    secret: bytes
    people_key: bytes = b""
    row_security: bool = False
    limits: Limits = field(default_factory=Limits)
    hooks: Hooks | None = None
    streams: Streams = field(default_factory=Streams)
    watch: Callable[["Answered"], None] = field(default_factory=lambda: tell_fault)
    throttle: Throttle = field(default_factory=lambda: let_all)
    credentials: Credentials | None = None
    address_of: Callable[[Request], str] = field(default_factory=address_by)
    require_ready: Callable[[Session], None] = lambda _session: None
    gate: Gate = field(default_factory=Gate)
    checked: set[str] = field(default_factory=set)

    def require_schema(self, session: Session) -> None:
        """Refuse a database of another version; a version once found is not asked for again."""
        if not self.checked:
            require_schema(session)
            self.checked.add("schema")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One request as the log tells it: never bodies, tokens or names.

    Attributes
    ----------
    seconds : float [s]
        From the whole body to the answer.
    status : int [HTTP status]
        As sent.
    """

    operation: str
    caller: str
    object: str
    status: int
    code: str
    seconds: float
    request_id: str
    fault: BaseException | None = None


def tell_fault(answered: Answered) -> None:
    """Tell the standard log of our own faults, and of nothing else: the default watcher."""
    if answered.fault is not None:
        _LOG.error("%s failed, request %s", answered.operation, answered.request_id, exc_info=answered.fault)


def let_all(caller: Caller | None, request: Request, *, uploads: bool) -> Mapping[str, str]:  # noqa: ARG001  # any throttle takes it
    """Count nothing: the default throttle."""
    return {}


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of an operation: who, where, when, and the session.

    Attributes
    ----------
    session : Session
        Of the request; handlers flush and never commit.
    book : str
        Code of the book; empty outside of one.
    book_id : int [row number]
        0 outside of a book.
    key : str
        For acts that take one: follows from the client and its ``Idempotency-Key``.
    location : str
        Address of what was made, below ``/v1``; set by the handler.
    content : bytes
        The file of an upload.
    request : Request or None
        As it came in.
    object : str
        The address below ``/v1`` that was asked.
    """

    door: Door
    session: Session
    caller: Caller | None
    access: Access
    book: str
    book_id: int
    now: datetime
    request_id: UUID
    key: str = ""
    dry_run: bool = False
    location: str = ""
    content: bytes = b""
    media_type: str = ""
    fields: str = ""
    client_key: str = ""
    request: Request | None = None
    object: str = ""

    @property
    def clock(self) -> Clock:
        """Return a clock that stands at the instant of the request."""
        return fixed_clock(self.now)

    @property
    def address(self) -> str:
        """Return whom the caller's address stands for."""
        return self.door.address_of(self.request) if self.request else ""

    @property
    def person(self) -> str:
        """Return who is asking, as the maker of what they do."""
        return self.caller.person if self.caller else "public"

    @property
    def party(self) -> str:
        """Return in whose name they ask."""
        return self.access.party

    @property
    def own(self) -> str | None:
        """Return the party to whose objects the caller is limited; None without a limit."""
        return self.access.party if self.access.own else None

    def require_own(self, *parties: str) -> None:
        """Refuse, as if nothing were there, what is not the caller's own.

        Raises
        ------
        Missing
            When the caller is limited to own objects and none of the parties is theirs.
        """
        if self.own is not None and self.own not in parties:
            raise Missing(NOT_HERE)

    def may_list(self, engagement: str) -> bool:
        """Tell whether a list of engagements shows this one to the caller."""
        return self.access.only is None or engagement in self.access.only
