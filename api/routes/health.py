"""Whether the process is alive, and whether it can serve."""

from fastapi import APIRouter
from pydantic import BaseModel

from ...finance.storage import Engine, Session, require_schema
from ..operations import ProblemRoute


class Health(BaseModel):
    """The answer ``ok``."""

    status: str


def health_routes(engine: Engine) -> APIRouter:
    """Return ``GET /health`` (the process answers) and ``GET /ready`` (the database holds our schema).

    Parameters
    ----------
    engine : Engine
        The database that has to be ready.
    """
    router = APIRouter(route_class=ProblemRoute, tags=["health"])

    @router.get("/health")
    def health() -> Health:
        """Answer that the process is alive."""
        return Health(status="ok")

    @router.get("/ready")
    def ready() -> Health:
        """Answer that the database can be read and holds this version's schema."""
        with Session(engine) as session:
            require_schema(session)
        return Health(status="ok")

    return router
