"""Whether the process is alive, and whether it can serve."""

import uuid

from fastapi import APIRouter, Response
from pydantic import BaseModel

from ...finance.errors import AlmonerError
from ...finance.storage import Engine, Session, require_schema
from ..answering import refusal


class Health(BaseModel):
    """The answer ``ok``."""

    status: str


def health_routes(engine: Engine) -> APIRouter:
    """Return ``GET /ops/live`` (the process answers) and ``GET /ops/ready`` (the database holds our schema).

    Parameters
    ----------
    engine : Engine
        The database that has to be ready.
    """
    router = APIRouter(tags=["operations"])

    @router.get("/ops/live")
    def live() -> Health:
        """Answer that the process is alive."""
        return Health(status="ok")

    @router.get("/ops/ready", response_model=Health)
    def ready() -> Health | Response:
        """Answer that the database can be read and holds this version's schema."""
        try:
            with Session(engine) as session:
                require_schema(session)
        except AlmonerError as error:
            return refusal(error, uuid.uuid4())
        return Health(status="ok")

    return router
