"""The pages with people of every role, on both databases."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from tests.doors.people import Asker, identify_by_name, secret_of
from tests.pages.visiting import Visitor

from almoner import currency
from almoner.api import create_app
from almoner.api.door import Door
from almoner.api.pages import Look
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, UnitOfWork

PEOPLE_KEY = b"a key of thirty-two random bytes"
PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "lab", "second-lab")


def open_world(engine: Engine) -> None:
    """Open book ``main`` with a fund ``water`` and the parties of everybody."""
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in PARTIES:
            key = public_key(secret_of(code))
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")


def app_on(engine: Engine, clock: Clock) -> FastAPI:
    """Return the application with its pages; people are signed in by the host, by name."""
    identify, bound = identify_by_name(clock), engine.dialect.name == "postgresql"
    door = Door(
        engine=engine,
        identify=identify,
        clock=clock,
        secret=bytes(32),
        people_key=PEOPLE_KEY,
        row_security=bound,
    )
    look = Look(hosted=True, secure=False, languages=("en", "fr", "es", "en-XA", "ar-XB"))
    return create_app(engine=engine, identify=identify, clock=clock, door=door, pages=look)


@pytest.fixture
def book(engine: Engine) -> str:
    """Book ``main`` with a fund ``water`` and the parties of everybody."""
    open_world(engine)
    return "main"


@pytest.fixture
def app(engine: Engine, book: str, clock: Clock) -> FastAPI:
    """The application with its pages."""
    assert book
    return app_on(engine, clock)


@pytest.fixture
def visit(app: FastAPI) -> Callable[..., Visitor]:
    """Visitors by name, nobody without one."""
    known: dict[tuple[str, str], Visitor] = {}

    def of(name: str = "", language: str = "en") -> Visitor:
        return known.setdefault((name, language), Visitor(app, name, language))

    return of


@pytest.fixture
def ask(app: FastAPI) -> Callable[..., Asker]:
    """Clients of the operations by name, to lay out what a page is about."""
    known: dict[str, Asker] = {}
    return lambda name="": known.setdefault(name, Asker(app, name))
