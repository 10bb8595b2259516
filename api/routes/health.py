"""Whether the process is alive, and whether it can serve."""

import uuid
from collections.abc import Callable

from fastapi import APIRouter, Response
from pydantic import BaseModel

from ...finance.errors import AlmonerError
from ...finance.storage import Engine, Session, require_schema
from ..answering import refusal


class Health(BaseModel):
    """The answer ``ok``."""

    status: str


def health_routes(engine: Engine, require_ready: Callable[[Session], None]) -> APIRouter:
    """Return ``GET /ops/live`` (the process answers) and ``GET /ops/ready`` (it can do its work).

    Parameters
    ----------
    engine : Engine
        The database that has to be ready.
    require_ready : callable
        Refuses when something else is not.
    """
    router = APIRouter(tags=["operations"])

    @router.get("/ops/live")
    def live() -> Health:
        """Answer that the process is alive."""
        return Health(status="ok")

    @router.get("/ops/ready", response_model=Health)
    def ready() -> Health | Response:
        """Answer that the database holds this version's schema, and what is needed beside it is there."""
        try:
            with Session(engine) as session:
                require_schema(session)
                require_ready(session)
        except AlmonerError as error:
            return refusal(error, uuid.uuid4())
        return Health(status="ok")

    return router
