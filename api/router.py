"""All routes as one router, to be mounted in any application."""

import secrets
from dataclasses import replace

from fastapi import APIRouter

from ..finance.dates import Clock, system_clock
from ..finance.storage import Engine
from .door import Door
from .identity import Identify, nobody
from .pages import Look, page_routes
from .routes import OPERATIONS
from .routes.health import health_routes
from .routes.problem_pages import problem_routes
from .routing import routes_of
from .streams import stream_routes


def open_door(*, engine: Engine, identify: Identify, clock: Clock, door: Door | None = None) -> Door:
    """Return the door of a mounting: the one given, with these three; or one with the defaults.

    Parameters
    ----------
    engine, identify, clock, door
        As for ``router``.
    """
    whole = door or Door(engine=engine, identify=identify, clock=clock, secret=secrets.token_bytes(32))
    return replace(whole, engine=engine, identify=identify, clock=clock)


def router(
    *, engine: Engine, identify: Identify = nobody, clock: Clock = system_clock, door: Door | None = None
) -> APIRouter:
    """Return almoner's routes.

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

    Examples
    --------
    >>> from fastapi import FastAPI
    >>> from almoner.finance.storage import open_engine
    >>> app = FastAPI()
    >>> app.include_router(router(engine=open_engine("sqlite://")), prefix="/giving")
    >>> [path for path in sorted(app.openapi()["paths"]) if "funds" in path][:1]
    ['/giving/v1/books/{book}/funds']
    """
    opened = open_door(engine=engine, identify=identify, clock=clock, door=door)
    every = APIRouter()
    for one in (
        health_routes(opened),
        problem_routes(clock),
        stream_routes(opened),
        routes_of(opened, OPERATIONS),
    ):  # in this order
        every.routes.extend(one.routes)
    return every


def page_router(
    *,
    engine: Engine,
    identify: Identify,
    clock: Clock = system_clock,
    door: Door | None = None,
    look: Look | None = None,
) -> APIRouter:
    """Return the pages, for an application that signs people in itself.

    Parameters
    ----------
    engine, identify, clock, door
        As for ``router``; the same door for both, so that both have one secret.
    look : Look or None
        How they are shown; the host's own sign-in when None.

    Examples
    --------
    >>> from almoner.finance.storage import open_engine
    >>> pages = page_router(engine=open_engine("sqlite://"), identify=nobody)
    >>> "/books/{book}/funds/{fund}" in [getattr(one, "path", "") for one in pages.routes]
    True
    """
    opened = open_door(engine=engine, identify=identify, clock=clock, door=door)
    return page_routes(opened, look or Look(hosted=True))
