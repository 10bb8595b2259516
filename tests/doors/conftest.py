"""The doors on both databases, with people of every role."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from tests.doors.people import Asker, identify_by_name, secret_of

from almoner import currency
from almoner.api import create_app
from almoner.api.door import Door
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, UnitOfWork

PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "lab", "second-lab")


@pytest.fixture
def book(engine: Engine) -> str:
    """Book ``main`` with a fund ``water`` and the parties of everybody."""
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in PARTIES:
            key = public_key(secret_of(code))
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    return "main"


@pytest.fixture
def app(engine: Engine, book: str, clock: Clock) -> FastAPI:
    """The application on ``engine``; on PostgreSQL as the role whom row security binds to one book."""
    assert book
    identify, bound = identify_by_name(clock), engine.dialect.name == "postgresql"
    door = Door(engine=engine, identify=identify, clock=clock, secret=bytes(32), row_security=bound)
    return create_app(engine=engine, identify=identify, clock=clock, door=door)


@pytest.fixture
def ask(app: FastAPI) -> Callable[..., Asker]:
    """Clients by name, each one and the same within a test, so that every write has a key of its own."""
    known: dict[tuple[str, str], Asker] = {}

    def of(name: str = "", way: str = "Bearer") -> Asker:
        return known.setdefault((name, way), Asker(app, name, way))

    return of
