"""Routes from operations: what the framework describes, and what our wrapper answers.

The problem: exception handlers belong to an application, so a mounted router would answer in its host's
words; and what a framework validates before asking who is calling tells too much. ``OperationRoute`` lets
the framework describe the operation and answers by itself, also inside another application.
"""

import copy
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from ..finance.documents import Code
from ..finance.errors import AlmonerError
from .answering import SPARSE, refusal
from .door import Door
from .ids import new_id
from .operation import Operation
from .policy import RULES
from .reading import read_content
from .serving import serve
from .wire.base import Made, Problem

SCHEME = "bearer"
SHOWN = {"agreement": "nights", "book": "main", "challenge": "wells", "claim": "c-1", "fund": "water"}
Answer = Callable[[Request], Awaitable[Response]]
PROBLEMS: Mapping[int, str] = {
    400: "Malformed, an unknown parameter, or no Idempotency-Key",
    401: "Nobody is signed in, or no longer",
    403: "A role, a duty or a key that does not allow it",
    404: "Nothing is there that the caller may know of",
    408: "The body came too slowly",
    409: "Refused by a rule, with its figures",
    412: "Changed since it was read",
    413: "Too large",
    415: "Another media type is needed",
    422: "Breaks the schema, at each place listed",
    428: "If-Match is missing",
    429: "Too many requests",
    503: "Busy; nothing was written, ask again",
}


class OperationRoute(APIRoute):
    """A route that the wrapper answers; see ``routes_of``."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # a coroutine function is one
        """Return what answers a request."""
        answer: Callable[[Request], Awaitable[Response]] = self.endpoint.answer  # type: ignore[attr-defined]  # set by routes_of
        return answer

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or name every method of the address: the framework knows only that of this route."""
        methods = self._named_before(scope) or getattr(self.endpoint, "methods", self.methods)
        if methods and scope["method"] not in methods and "app" in scope:
            raise HTTPException(status_code=405, headers={"Allow": ", ".join(sorted(methods))})
        await super().handle(scope, receive, send)

    def _named_before(self, scope: Scope) -> set[str] | None:
        """Return the methods of the address that spells out what this route takes for a part, if one does."""
        parts = scope.get("path_params", {})
        spelled: list[tuple[dict[str, str], set[str]]] = getattr(self.endpoint, "spelled", [])
        found = (methods for words, methods in spelled if words.items() <= parts.items())
        return next(found, None)


def routes_of(door: Door, operations: Iterable[Operation]) -> APIRouter:
    """Return a router of operations below ``/v1``.

    Parameters
    ----------
    door : Door
        What the mounting was given.
    operations : iterable of Operation
        Each with a rule in ``policy``.

    Raises
    ------
    ValueError
        When an operation lacks a rule, a rule lacks an operation's owner, or a write returns no ``Made``.
    """
    listed = tuple(operations)
    named = {one.name: one for one in listed}
    if len(named) != len(listed):
        raise ValueError("two operations have one name")
    router = APIRouter(route_class=OperationRoute)
    methods: dict[str, set[str]] = {}
    routes: list[OperationRoute] = []
    for one in listed:
        require_complete(one, named)
        answer = _answering(door, named, one)
        route = route_of(one, answer, told=documented(one))
        route.endpoint.methods = methods.setdefault(route.path, set())  # type: ignore[attr-defined]  # of a function of our own
        route.endpoint.methods.add(one.method)  # type: ignore[attr-defined]  # as above
        routes.append(route)
    for route in routes:
        route.endpoint.spelled = _spelled(route, methods)  # type: ignore[attr-defined]  # as above
    router.routes.extend(routes)
    return router


def _spelled(route: OperationRoute, methods: Mapping[str, set[str]]) -> list[tuple[dict[str, str], set[str]]]:
    """Return, of addresses with a word where this one has a part, the words and the methods."""
    found = ((route.path_regex.match(path), known) for path, known in methods.items() if path != route.path)
    taken = ((match.groupdict(), known) for match, known in found if match)
    return [({part: word for part, word in took.items() if word[0] != "{"}, known) for took, known in taken]


Told = dict[int | str, dict[str, Any]]


def route_of(operation: Operation, answer: Answer, *, told: Told) -> OperationRoute:
    """Return the route of an operation: described once in a process, answered for each door.

    Parameters
    ----------
    operation : Operation
        What is described.
    answer : callable
        Takes a request, returns a response.
    told : dict
        The answers, for the reference.
    """
    known = _DESCRIBED.get(id(operation))
    if known is None or known[0] is not operation:
        known = _DESCRIBED[id(operation)] = (operation, _described(operation, told))
    route = copy.copy(known[1])
    route.endpoint = _stand_in(inspect.signature(route.endpoint), answer)
    route.app = _asgi(answer)
    return route


def _asgi(answer: Answer) -> ASGIApp:
    """Return what the server calls: nothing is injected, and what goes wrong is answered by the wrapper."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


_DESCRIBED: dict[int, tuple[Operation, "OperationRoute"]] = {}


def _described(one: Operation, told: dict[int | str, dict[str, Any]]) -> OperationRoute:
    """Let the framework describe an operation, which takes it longer than anything else at a start."""
    return OperationRoute(
        f"/v1{one.path}",
        _stand_in(inspect.Signature(_parameters(one)), _never),
        methods=[one.method],
        name=one.name,
        operation_id=one.name.replace(".", "_").replace("-", "_"),
        summary=_summary(one),
        description=_description(one),
        tags=[one.tag],
        status_code=one.status,
        response_model=one.shape.reply,
        responses=told,
        openapi_extra=_extra(one),
    )


async def _never(request: Request) -> Response:
    raise AssertionError(f"a description answers nothing: {request.url.path}")


def _stand_in(signature: inspect.Signature, answer: Answer) -> Callable[..., None]:
    def described() -> None:
        """Stand for the operation where the framework describes it."""

    described.answer = answer  # type: ignore[attr-defined]  # read by OperationRoute
    described.__signature__ = signature  # type: ignore[attr-defined]  # read by the framework
    return described


def require_complete(operation: Operation, operations: Mapping[str, Operation]) -> None:
    """Refuse an operation that could not be authorised or answered."""
    if operation.name not in RULES:
        raise ValueError(f"{operation.name} has no rule in api/policy")
    limited = any(cell.own for cell in RULES[operation.name].cells.values())
    if limited and operation.owner is None and not operation.narrows:
        raise ValueError(f"{operation.name} lets a role to own objects only and names no owner")
    if operation.writes and not issubclass(operation.shape.reply, Made):
        raise ValueError(f"{operation.name} writes and returns no Made")
    if operation.guards and operation.guards not in operations:
        raise ValueError(f"{operation.name} is guarded by {operation.guards}, which is not there")


def _answering(door: Door, named: Mapping[str, Operation], operation: Operation) -> Answer:
    async def answer(request: Request) -> Response:
        try:
            content = await read_content(request, operation, door.limits)
        except AlmonerError as error:
            return refusal(error, new_id(door.clock()))
        return await run_in_threadpool(serve, door, named, operation, request, content)

    return answer


def _parameters(operation: Operation) -> list[inspect.Parameter]:
    shape = operation.shape
    every: dict[str, tuple[Any, Any]] = {}
    for name in (part[1:-1] for part in operation.path.split("/") if part.startswith("{")):
        known = [SHOWN[name]] if name in SHOWN else None
        every[name] = (Annotated[shape.parts.get(name, Code), Path(examples=known)], inspect.Parameter.empty)
    for name, field in (shape.query.model_fields if shape.query else {}).items():
        told = (field.annotation, *field.metadata, Query(description=field.description))
        kind = Annotated[told]  # type: ignore[valid-type]  # built from what the model says, not written
        every[name] = (kind, inspect.Parameter.empty if field.is_required() else field.default)
    if operation.writes:
        every["dry_run"] = (
            Annotated[bool, Query(description="Do all of it, show the effects, undo it.")],
            False,
        )
        every["idempotency_key"] = (
            Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern="^[!-~]+$")],
            inspect.Parameter.empty,
        )
    else:
        every["fields"] = (
            Annotated[str | None, Query(description="Only these fields, by comma; answered as sparse JSON.")],
            None,
        )
    if operation.guards:
        every["if_match"] = (
            Annotated[str, Header(alias="If-Match", description="ETag of what was read.")],
            inspect.Parameter.empty,
        )
    if shape.body is not None:
        examples = dict(operation.examples)
        shown = {name: {"value": value} for name, value in examples.items()} or None
        every["body"] = (Annotated[shape.body, Body(openapi_examples=shown)], inspect.Parameter.empty)  # type: ignore[arg-type]  # values only, as the format allows
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in every.items()
    ]


def _summary(operation: Operation) -> str:
    return inspect.getdoc(operation.handler).splitlines()[0].rstrip(".")  # type: ignore[union-attr]  # the house asks for one


def _description(operation: Operation) -> str:
    cells = RULES[operation.name].cells
    roles = ", ".join(
        f"{letter}{'*' * cell.masked}{'o' * cell.own}{'c' * cell.check}" for letter, cell in cells.items()
    )
    told = (inspect.getdoc(operation.handler) or "").split("\n\nParameters\n")[0]
    return f"{told}\n\nScope `{operation.scope}`. Roles: {roles or 'anybody signed in'}."


def documented(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """Return the answers of an operation for the reference: every refusal as a problem document."""
    statuses = [400, 401, 403, 404, 408, 409, 413, 422, 429, 503]
    if operation.method != "GET":
        statuses += [415]
    if operation.guards:
        statuses += [412, 428]
    answers: dict[int | str, dict[str, Any]] = {
        status: {
            "description": PROBLEMS[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted(statuses)
    }
    answers[500] = {**answers[400], "description": "Our fault; only the identity of the request is told"}
    answers[422] = {**answers[422], "model": Problem}
    if not operation.writes:
        answers[304] = {"description": "Unchanged since the ETag in If-None-Match"}
        told = {"type": "object", "description": "The fields asked for, each as in the whole schema"}
        answers[operation.status] = {"content": {SPARSE: {"schema": told}}}
    return answers


def _extra(operation: Operation) -> dict[str, Any]:
    public: list[dict[str, list[str]]] = [{}] if "P" in RULES[operation.name].cells else []
    extra: dict[str, Any] = {"security": [*public, {SCHEME: []}]}
    if operation.uploads:
        binary = {"type": "string", "format": "binary"}
        extra["requestBody"] = {
            "required": True,
            "description": "The bytes of the file, under any media type.",
            "content": {"application/octet-stream": {"schema": binary}},
        }
    return extra


__all__ = ["SCHEME", "OperationRoute", "require_complete", "routes_of"]
