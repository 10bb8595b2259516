"""Whether the process is alive, and whether it can serve."""

import uuid

from fastapi import APIRouter, Response
from pydantic import BaseModel

from ...finance.errors import AlmonerError
from ...finance.storage import Session
from ..answering import refusal
from ..door import Door


class Health(BaseModel):
    """The answer ``ok``."""

    status: str


def health_routes(door: Door) -> APIRouter:
    """Return ``GET /ops/live`` (the process answers) and ``GET /ops/ready`` (it can do its work).

    A schema once found is not asked for again: a process that runs while the next version's migration is
    made stays ready until it is replaced.

    Parameters
    ----------
    door : Door
        What the mounting was given.
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
            with Session(door.engine) as session:
                door.require_schema(session)
                door.require_ready(session)
        except AlmonerError as error:
            return refusal(error, uuid.uuid4())
        return Health(status="ok")

    return router
