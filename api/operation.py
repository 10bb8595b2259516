"""What an operation is: its address, its handler, and all that the wrapper has to know of it."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter

from .wire.base import Made, Reply

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ENGAGEMENTS = ("agreement", "challenge", "fund")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for.

    Attributes
    ----------
    name : str
        ``fund.read``: its rule, its scope (``funds:read``) and its name in the log.
    method, path : str
        Below ``/v1``; a part ``{book}`` sets the book, ``{fund}``, ``{agreement}`` and ``{challenge}`` the
        engagement on which the caller needs a role.
    handler : callable
        Takes a ``Call``, the parts of the path by name, ``query`` (a model of the parameters) and ``body``
        (a model); returns a reply. What it raises is rolled back and answered as a problem.
    tag : str
        Heading in the reference; also the area of the scope.
    status : int [HTTP status]
        Of an answer.
    owner : callable or None
        Takes what the handler takes and returns the parties whose own the thing is; needed where the rule
        lets a role to own objects only, unless ``narrows``.
    narrows : bool
        The handler itself keeps to ``call.own``.
    guards : str
        Name of the read whose ``ETag`` a change has to name in ``If-Match``; empty for facts that only grow.
    lists : bool
        A list of engagements: a role on one of them is enough to ask.
    keyed : bool
        A write takes an ``Idempotency-Key``; False for a computation that stores nothing.
    uploads : int [bytes]
        The body is a file of at most this size, not JSON; 0 for JSON.
    once : tuple of str
        Fields of the reply that are shown once: the stored answer, given again for the same key, is without.
    examples : mapping of str to dict
        Valid bodies by name, for the reference.
    """

    name: str
    method: Method
    path: str
    handler: Callable[..., BaseModel]
    tag: str
    status: int = 200
    owner: Callable[..., Collection[str]] | None = None
    narrows: bool = False
    guards: str = ""
    lists: bool = False
    keyed: bool = True
    uploads: int = 0
    once: tuple[str, ...] = ()
    examples: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Tell whether it changes something, and so takes a key."""
        return self.method != "GET" and self.keyed

    @property
    def scope(self) -> str:
        """Return what a key needs, for example ``funds:write``."""
        return f"{self.tag}:{'write' if self.writes else 'read'}"

    @property
    def shape(self) -> "Shape":
        """Return what the handler takes and gives."""
        return _shape(self.handler)

    @property
    def named_parts(self) -> tuple[str, ...]:
        """Return the names of the parts of its path, in order."""
        return tuple(one[1:-1] for one in self.path.split("/") if one.startswith("{"))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters that its query takes."""
        query = self.shape.query
        return tuple(query.model_fields) if query else ()

    def engagement(self, parts: Mapping[str, str]) -> str:
        """Return the engagement an address names, ``fund/pool``; empty without one."""
        named = (kind for kind in ENGAGEMENTS if kind in parts)
        return next((f"{kind}/{parts[kind]}" for kind in named), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Types of a handler: the parts of its path, its query, its body, its reply."""

    parts: Mapping[str, Any]
    query: type[BaseModel] | None
    body: Any
    reply: type[BaseModel]

    @property
    def body_reader(self) -> TypeAdapter[Any]:
        """Return what reads the body."""
        return _adapter(self.body)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401  # a type, which has no type of its own
    return TypeAdapter(kind)


@cache
def _shape(handler: Callable[..., BaseModel]) -> Shape:
    hints = get_type_hints(handler, include_extras=True)
    reply = hints.pop("return")
    plain = get_args(reply)[0] if get_origin(reply) is Annotated else reply
    if not (isinstance(plain, type) and issubclass(plain, BaseModel)):
        raise TypeError(f"{handler.__name__} returns {reply}, not a model")
    names = list(inspect.signature(handler).parameters)[1:]
    return Shape(
        parts={name: hints[name] for name in names if name not in {"query", "body"}},
        query=hints.get("query"),
        body=hints.get("body"),
        reply=plain,
    )


def read_part(kind: Any, text: str) -> object:  # noqa: ANN401  # a type, which has no type of its own
    """Read one part of an address as its type."""
    return _adapter(kind).validate_python(text)


__all__ = ["ENGAGEMENTS", "Made", "Method", "Operation", "Reply", "Shape", "read_part"]
