"""One visit to a page: who looks, in which language, what they sent, and the way to the operations.

The problem: a page that holds a database connection while it waits for another one starves its neighbours.
What a page reads, it reads in one session; before it writes, that session is closed, and the operation runs
in a transaction of its own, exactly as if its request had come over HTTP.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from babel import Locale
from fastapi import Request
from pydantic import BaseModel

from ...finance.errors import AlmonerError, Missing
from ...finance.findings import finding
from ...finance.storage import Session, reading_session
from ..admitting import grants_of
from ..answering import etag_of, write_reply
from ..door import NOT_HERE, let_all
from ..errors import AuthError, InProgress, RequestInvalid
from ..identity import Caller, Grant
from ..looking import inner_request, look
from ..problems import problem_of
from ..records import entering
from ..remedies import advice
from ..serving import serve
from .forms import Form, new_key
from .site import Site
from .words import SHIPPED, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the menu."""

    title: str
    address: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page in the menu, and who has it there; everybody where no role is named."""

    page: str
    title: Callable[[Words], str]
    roles: frozenset[str] = frozenset()


PLACES = (
    Entry(page="book", title=lambda words: words._("Where the money is")),
    Entry(
        page="desk",
        title=lambda words: words._("Desk"),
        roles=frozenset({"funder", "intermediary", "investor"}),
    ),
    Entry(page="hub", title=lambda words: words._("Our work"), roles=frozenset({"hub"})),
    Entry(page="bench", title=lambda words: words._("Bench"), roles=frozenset({"evaluator", "judge"})),
    Entry(page="admin", title=lambda words: words._("Administration"), roles=frozenset({"admin"})),
)
Say = Callable[[Words], str]
Reply = TypeVar("Reply", bound=BaseModel)
FIRST_REFUSAL = 400


class Refused(Exception):
    """An operation refused what a page asked.

    Attributes
    ----------
    problem : dict
        The problem document.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "")))
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNote:
    """One thing a page has read: for its JSON, and for the ``ETag`` its forms carry."""

    operation: str
    address: str
    reply: BaseModel


@dataclass(slots=True, kw_only=True)
class Visit:
    """One visit.

    Attributes
    ----------
    page : str
        Name of the page.
    messages : mapping of str to callable
        What it says after its acts.
    root : str
        Where the pages are mounted; empty at the top.
    parts : mapping of str to str
        What stands in the address of the page.
    query : mapping of str to str
        Its parameters.
    session_id : str
        What the cookie holds; empty without a sign-in.
    party : str
        In whose name they act; empty where they have one.
    problem : mapping or None
        Why the form that was sent was refused.
    bare : bool
        Whether the page is shown without asking the database: something went wrong.
    fresh : str or None
        What the cookie holds from now on; empty to end it, None to leave it.
    """

    site: Site
    page: str
    messages: Mapping[str, Say]
    request: Request
    root: str
    words: Words
    caller: Caller | None
    session_id: str
    party: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    form: Form
    problem: Mapping[str, Any] | None = None
    bare: bool = False
    fresh: str | None = None
    notes: list[ReadNote] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)
    _session: Session | None = None
    _written: int = 0
    _held: dict[str, tuple[Grant, ...]] = field(default_factory=dict)

    @property
    def session(self) -> Session:
        """Return the session in which this visit reads."""
        if self._session is None:
            self._session = self._open.enter_context(reading_session(self.site.door.engine))
            self.site.door.require_schema(self._session)
        return self._session

    def close(self) -> None:
        """Give the connection back; what is read next opens another."""
        self._session = None
        self._open.close()

    @property
    def book(self) -> str:
        """Return the book of this page; empty outside of one."""
        return self.parts.get("book", "")

    def read(self, kind: type[Reply], name: str, /, **given: str | int | bool) -> Reply:
        """Return the reply of a read, as this caller would be answered over HTTP.

        Parameters
        ----------
        kind : type
            Of the reply.
        name : str
            Of the operation.
        **given
            Parts of its address that are not in the address of the page, and parameters.

        Raises
        ------
        AlmonerError
            As over HTTP.
        """
        operation = self.site.operations[name]
        named = set(operation.named_parts)
        parts = {**self.parts, **{part: str(value) for part, value in given.items() if part in named}}
        query = {part: value for part, value in given.items() if part not in named}
        reply = look(
            self.site.door,
            self.site.operations,
            name,
            session=self.session,
            caller=self.caller,
            party=self.party,
            parts=parts,
            query=query,
        )
        if not isinstance(reply, kind):
            raise TypeError(f"{name} answers {type(reply).__name__}, not {kind.__name__}")
        self.notes.append(ReadNote(operation=name, address=self.api(name, **given), reply=reply))
        return reply

    def find(self, kind: type[Reply], name: str, /, **given: str | int | bool) -> Reply | None:
        """Return the reply of a read; None where there is nothing, or nothing for this caller."""
        try:
            return self.read(kind, name, **given)
        except (Missing, AuthError):
            return None

    def write(
        self, kind: type[Reply], name: str, body: object = None, *, seen: str = "", **given: str | int | bool
    ) -> Reply:
        """Ask an operation that is no plain read, in a transaction of its own, and return its reply.

        Sent twice with the same form, it is done once and answered the same.

        Parameters
        ----------
        kind : type
            Of the reply.
        name : str
            Of the operation.
        body : object
            As JSON would hold it; bytes for an upload.
        seen : str
            The ``ETag`` of what the change is of, from ``etag``.
        **given
            Parts of its address that are not in the address of the page, and parameters.

        Raises
        ------
        Refused
            With the problem document.
        """
        self.close()
        operation = self.site.operations[name]
        named = set(operation.named_parts)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self._written += 1
        headers = {
            "content-type": "application/octet-stream" if isinstance(body, bytes) else "application/json",
            "idempotency-key": f"page-{self.form.key}-{self._written}",
            "if-match": seen,
            "almoner-party": self.party,
        }
        request = inner_request(
            operation.method,
            operation,
            {**self.parts, **{part: str(value) for part, value in given.items() if part in named}},
            query={part: value for part, value in given.items() if part not in named},
            headers=headers,
            client=(self.request.client.host, 0) if self.request.client else None,
            root=self.root,
        )
        caller = self.caller
        door = replace(self.site.door, identify=lambda _request: caller, throttle=let_all)
        response = serve(door, self.site.operations, operation, request, content)
        if response.status_code >= FIRST_REFUSAL:
            raise Refused(json.loads(bytes(response.body)))
        return kind.model_validate_json(bytes(response.body))

    def etag(self, reply: BaseModel) -> str:
        """Return what a form carries of what it changes, for ``write(seen=…)``."""
        return etag_of(write_reply(reply))

    def api(self, name: str, /, **given: str | int | bool) -> str:
        """Return the address of an operation."""
        operation = self.site.operations[name]
        parts = {**self.parts, **{part: str(value) for part, value in given.items()}}
        return f"{self.root}/v1{operation.path.format(**parts)}"

    def address(self, name: str, **given: str) -> str:
        """Return the address of a page; parts not given are those of this page."""
        return self.root + self.site.addresses[name].format(**{**self.parts, **given})

    def held(self, book: str = "") -> tuple[Grant, ...]:
        """Return the roles the visitor holds now, with the parties they act for, by default in this book."""
        code = book or self.book
        if self.caller is None or self.bare:
            return ()
        if code not in self._held:
            self._held[code] = self._found(self.caller, code)
        return self._held[code]

    def _found(self, caller: Caller, code: str) -> tuple[Grant, ...]:
        book_id = entering.enter_book(self.session, code, party=self.party, row_security=False) if code else 0
        now = self.site.door.clock()
        return tuple(
            one
            for one in grants_of(self.session, caller, code, book_id)
            if (one.valid_from is None or one.valid_from <= now)
            and (one.valid_until is None or now < one.valid_until)
        )

    def require(self, role: str) -> None:
        """Refuse a page to whoever does not hold a role, as if it were not there.

        Raises
        ------
        Missing
            When they do not.
        """
        if role not in self.roles():
            raise Missing(NOT_HERE)

    def roles(self, book: str = "") -> frozenset[str]:
        """Return the roles the visitor holds in a book now, by default in that of the page."""
        return frozenset(one.role for one in self.held(book))

    def parties(self) -> Sequence[str]:
        """Return in whose names the visitor can act in the book of this page."""
        return sorted({one.party for one in self.held() if one.party})

    def navigation(self) -> list[Place]:
        """Return where this visitor can go from here."""
        found = []
        if self.book:
            roles = self.roles()
            for one in PLACES:
                if one.page in self.site.addresses and (not one.roles or one.roles & roles):
                    address = self.address(one.page)
                    here = str(self.request.scope["path"]).startswith(address) and one.page != "book"
                    found.append(Place(title=one.title(self.words), address=address, here=here))
        return found

    def said(self) -> str:
        """Return the message of an act just done, of this page's; empty without one."""
        say = None if self.problem else self.messages.get(self.query.get("done", ""))
        return say(self.words) if say else ""

    def wrong(self, field: str, message: str) -> Refused:
        """Return the refusal of a form that no operation was asked with.

        Parameters
        ----------
        field : str
            Name of the field that is wrong.
        message : str
            What to do, in the reader's language.
        """
        problem = problem_of(RequestInvalid(message, findings=[finding(f"/{field}", message)]))
        return Refused({**problem, "lang": self.words.tag})

    def advice(self, code: str) -> str:
        """Return what to do about a refusal, in the reader's language; empty where nothing is to be added.

        Parameters
        ----------
        code : str
            Of the refusal.
        """
        text = advice(code)
        return self.words._(text) if text else ""

    def language_name(self, tag: str) -> str:
        """Return what speakers of a language call it."""
        return (Locale.parse(tag, sep="-").get_display_name() or tag) if tag in SHIPPED else tag

    def refused(self, error: AlmonerError | Refused) -> None:
        """Keep why a form was refused, so that the page shows it beside what was typed.

        What is sent next is another thing, and gets another key; not while the first is still worked on.
        """
        self.problem = error.problem if isinstance(error, Refused) else problem_of(error)
        if self.problem["code"] != InProgress.code:
            self.form = replace(self.form, key=new_key())
