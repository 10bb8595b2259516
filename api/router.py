"""All routes as one router, to be mounted in any application."""

from fastapi import APIRouter

from ..finance.dates import Clock, system_clock
from ..finance.storage import Engine
from .identity import Identify, nobody
from .operations import ProblemRoute
from .routes.funds import fund_routes
from .routes.health import health_routes


def router(*, engine: Engine, identify: Identify = nobody, clock: Clock = system_clock) -> APIRouter:
    """Return almoner's routes.

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
    >>> from fastapi import FastAPI
    >>> from almoner.finance.storage import open_engine
    >>> app = FastAPI()
    >>> app.include_router(router(engine=open_engine("sqlite://")), prefix="/giving")
    >>> sorted(app.openapi()["paths"])[:2]
    ['/giving/health', '/giving/ready']
    """
    every = APIRouter(route_class=ProblemRoute)
    every.include_router(health_routes(engine))
    every.include_router(fund_routes(engine, identify, clock))
    return every
