"""The pages that the ``type`` of a problem document leads to; documentation, so no part of the reference."""

from fastapi import APIRouter, Response

from ...finance.dates import Clock
from ...finance.errors import AlmonerError
from ..answering import etag_of, headers_of, refusal
from ..ids import new_id
from ..remedies import find_page, list_pages
from ..wire.remedies import ProblemPage, ProblemPages


def problem_routes(clock: Clock) -> APIRouter:
    """Return ``GET /problems`` and ``GET /problems/{code}``: the same for everybody.

    Parameters
    ----------
    clock : Clock
        For the identity of a request.
    """
    router = APIRouter(tags=["problems"], include_in_schema=False)

    @router.get("/problems", response_model=ProblemPages)
    def list_problems() -> Response:
        """List every code of a refusal: what it means, and what to do about it."""
        return _answer(ProblemPages(items=list(list_pages())), clock)

    @router.get("/problems/{code}", response_model=ProblemPage)
    def read_problem(code: str) -> Response:
        """Return what a code of a refusal means, and what to do about it."""
        try:
            return _answer(find_page(code), clock)
        except AlmonerError as error:
            return refusal(error, new_id(clock()))

    return router


def _answer(page: ProblemPage | ProblemPages, clock: Clock) -> Response:
    content = page.model_dump_json().encode()
    headers = headers_of(new_id(clock()), public=True) | {"ETag": etag_of(content)}
    return Response(content, media_type="application/json", headers=headers)
