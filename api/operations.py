"""The one wrapper of every route: refusals become problem documents, also inside another application.

The problem: exception handlers belong to an application, so a mounted router would answer in its host's
words. ``ProblemRoute`` catches refusals where they happen, inside the route.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from ..finance.errors import AlmonerError, DocumentInvalid, NotSignedIn
from .problems import PROBLEM_TYPE, problem_of

MAX_BODY_BYTES = 64 * 1024


class ProblemRoute(APIRoute):
    """A route whose refusals are problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except AlmonerError as error:
                return problem_response(problem_of(error), closed=isinstance(error, NotSignedIn))
            except RequestValidationError as error:
                findings = [
                    {"path": "/" + "/".join(map(str, row["loc"])), "message": str(row["msg"])}
                    for row in error.errors()
                ]
                shown = "; ".join(f"{row['path']}: {row['message']}" for row in findings)
                return problem_response(
                    problem_of(DocumentInvalid(f"The request is malformed: {shown}.", findings=findings))
                )

        return answer


def problem_response(body: dict[str, Any], *, closed: bool = False) -> Response:
    """Return a problem document as a response; ``closed`` asks the caller to sign in."""
    status = 401 if closed else body["status"]
    headers = {"WWW-Authenticate": "Bearer"} if closed else {}
    content = json.dumps({**body, "status": status}, ensure_ascii=False)
    return Response(content, status_code=status, media_type=PROBLEM_TYPE, headers=headers)


async def read_body(request: Request) -> bytes:
    """Return the raw body, at most 64 KiB.

    Raises
    ------
    DocumentInvalid
        When it is larger.
    """
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY_BYTES:
            raise DocumentInvalid(
                f"The request body is larger than {MAX_BODY_BYTES} bytes. Send less at once.",
                limit=MAX_BODY_BYTES,
            )
    return content
