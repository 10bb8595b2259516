"""What every part of the demonstration stands on: database, clocks, keys, and who hears of progress.

The demonstration signs with keys that anybody can derive from a party's code. They prove nothing and must
never be used outside it.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from ...finance import acts as money_acts
from ...finance.dates import Clock, fixed_clock
from ...finance.ledger import Source
from ...finance.parties import Party, PartyKind
from ...finance.signatures import public_key
from ...finance.storage import Engine, Session, UnitOfWork
from ...finance.units import currency

BOOK = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demonstration plays.

    Attributes
    ----------
    engine : Engine
        Its database.
    notify : Callable
        Hears a line of progress before each step.
    """

    engine: Engine
    notify: Callable[[str], None]

    def work(self) -> AbstractContextManager[Session]:
        """Open a session that commits when its block ends well."""
        return UnitOfWork(self.engine)


def at(instant: str) -> Clock:
    """Return a clock that shows one instant, UTC."""
    return fixed_clock(datetime.fromisoformat(instant).replace(tzinfo=UTC))


def secret_of(code: str) -> bytes:
    """Return the demonstration's signing key of a party; anybody can derive it."""
    return hashlib.sha256(f"almoner demonstration key of {code}".encode()).digest()


def enrol(session: Session, code: str, name: str, kind: PartyKind = "organisation") -> Party:
    """Register a party of the demonstration, with its key."""
    party = Party(code=code, name=name, kind=kind, public_key=public_key(secret_of(code)))
    return money_acts.register_party(session, BOOK, party)


def read_data(name: str) -> Any:  # noqa: ANN401  # decoded JSON of our own files
    """Return one of the demonstration's own files, decoded; amounts are strings in it."""
    return json.loads(read_bytes(name))


def read_bytes(name: str) -> bytes:
    """Return one of the demonstration's own files."""
    return files(__package__).joinpath("data", name).read_bytes()


def published(reference: str) -> Source:
    """Label a figure as published."""
    return Source(kind="published", reference=reference)


def derived(reference: str) -> Source:
    """Label a figure as following from published ones."""
    return Source(kind="derived", reference=reference)


def invented(reference: str = "Invented for the demonstration") -> Source:
    """Label a figure as invented."""
    return Source(kind="invented", reference=reference)


def open_stage(stage: Stage) -> None:
    """Open the demonstration's book."""
    with stage.work() as session:
        money_acts.open_book(session, BOOK, currency("USD"))
