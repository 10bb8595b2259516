"""almoner as an application of its own."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response

from .. import __version__
from ..finance.dates import Clock, system_clock
from ..finance.storage import Engine
from .identity import Identify, nobody
from .operations import problem_response
from .problems import OUR_FAULT, problem
from .router import router


def create_app(*, engine: Engine, identify: Identify = nobody, clock: Clock = system_clock) -> FastAPI:
    """Make an application; nothing is kept at import, two applications share nothing.

    Parameters
    ----------
    engine : Engine
        The database; see ``finance.storage.open_engine``.
    identify : Identify
        Says who is asking; without it every route but health is closed.
    clock : Clock
        When acts are recorded.

    Examples
    --------
    >>> from almoner.finance.storage import open_engine
    >>> create_app(engine=open_engine("sqlite://")).title
    'almoner'
    """
    app = FastAPI(
        title="almoner", version=__version__, docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json"
    )
    app.include_router(router(engine=engine, identify=identify, clock=clock))
    for status, title in _REFUSED.items():
        app.add_exception_handler(status, _refusal(status, title))
    app.add_exception_handler(Exception, _fail)
    return app


_REFUSED = {404: "Nothing is here", 405: "Not this way", 413: "Too large"}


def _refusal(status: int, title: str) -> Callable[[Request, Exception], Response]:
    body = problem(status, f"http.{status}", title, f"{title}: check the address, the method and the size.")
    return lambda _request, _error: problem_response(body)


def _fail(_request: Request, _error: Exception) -> Response:
    detail = "Something went wrong on our side; nothing was changed. Try again, and report it if it stays."
    return problem_response(problem(500, f"fault.{OUR_FAULT}", "Our fault", detail))
