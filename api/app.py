"""almoner as an application of its own."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response

from .. import __version__
from ..finance.dates import Clock, system_clock
from ..finance.storage import Engine
from .answering import STATUS_TITLES, fault_response, problem_response
from .door import Door
from .identity import Identify, nobody
from .ids import new_id
from .pages import Look, missing_page, page_routes
from .problems import problem
from .reference import complete
from .router import open_door, router
from .signpost import Signpost

MISSING = 404
FOR_PROGRAMS = ("/v1/", "/ops/", "/static/")


def create_app(
    *,
    engine: Engine,
    identify: Identify = nobody,
    clock: Clock = system_clock,
    door: Door | None = None,
    pages: Look | None = None,
) -> FastAPI:
    """Make an application; nothing is kept at import, two applications share nothing.

    Parameters
    ----------
    engine : Engine
        The database; see ``finance.storage.open_engine``.
    identify : Identify
        Says who is asking; without it only what is published is shown.
    clock : Clock
        When acts are recorded.
    door : Door or None
        Limits, secrets and watchers beside these three; the defaults when None.
    pages : Look or None
        How the pages are shown; none are when None.

    Examples
    --------
    >>> from almoner.finance.storage import open_engine
    >>> create_app(engine=open_engine("sqlite://")).title
    'almoner'
    """
    app = FastAPI(
        title="almoner",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        separate_input_output_schemas=False,
    )
    opened = open_door(engine=engine, identify=identify, clock=clock, door=door)
    ours = router(engine=engine, identify=identify, clock=clock, door=opened).routes
    app.router.routes.extend((Signpost(ours), *ours))
    if pages is not None:
        app.router.routes.extend(page_routes(opened, pages).routes)
    for status, title in STATUS_TITLES.items():
        app.add_exception_handler(status, _refusal(status, title, clock))
    if pages is not None:
        app.add_exception_handler(MISSING, _as_page(missing_page(opened, pages), clock))
    app.add_exception_handler(Exception, lambda _request, _error: fault_response(new_id(clock())))
    described = app.openapi
    app.openapi = lambda: complete(described())  # type: ignore[method-assign]  # the framework's own way
    return app


def _as_page(show: Callable[[Request], Response], clock: Clock) -> Callable[[Request, Exception], Response]:
    """Answer people with a page, and programs as ever."""
    plain = _refusal(MISSING, STATUS_TITLES[MISSING], clock)

    def answer(request: Request, error: Exception) -> Response:
        asked = "text/html" in request.headers.get("accept", "")
        for_programs = str(request.scope["path"]).startswith(FOR_PROGRAMS)
        return show(request) if asked and not for_programs else plain(request, error)

    return answer


def _refusal(status: int, title: str, clock: Clock) -> Callable[[Request, Exception], Response]:
    body = problem(status, f"http.{status}", title, f"{title}: check the address, the method and the size.")
    return lambda _request, error: problem_response(
        body, new_id(clock()), headers=dict(getattr(error, "headers", None) or {})
    )
