"""The doors with people of every role: on PostgreSQL behind row security, a part of them on SQLite, too.

What an operation does on SQLite is tested below the doors; ``ALMONER_BOTH=1`` runs every test here on both.
"""

import os
from collections.abc import Callable
from pathlib import Path

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

ON_BOTH = {  # what the doors themselves do with a database
    *("test_app", "test_http_machine"),
}
PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "lab", "second-lab")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take most tests of this folder off SQLite, unless both databases are asked for."""
    if os.environ.get("ALMONER_BOTH"):
        return
    off = [item for item in items if is_spared(item)]
    items[:] = [item for item in items if item not in set(off)]
    config.hook.pytest_deselected(items=off)


def is_spared(item: pytest.Item) -> bool:
    """Tell whether a test is of this folder, asks for SQLite, and is asked on PostgreSQL as well."""
    if item.path.parent != Path(__file__).parent or item.path.stem in ON_BOTH:
        return False
    asked = getattr(item, "callspec", None)
    return asked is not None and asked.params.get("database_url") == "sqlite"


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
