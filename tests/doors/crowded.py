"""A book with something of every noun in it, at doors that serve every operation, on a day of the panel."""

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from fastapi import FastAPI
from tests.doors.deals import agreed
from tests.doors.people import PEOPLE, Asker, identify_by_name
from tests.doors.rounds import clock_at, mark_all, open_round, seat

from almoner.api import create_app
from almoner.api.identity import Grant
from almoner.api.operation import Operation
from almoner.api.policy import RULES
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

PARTS = {
    "book": "main",
    "fund": "water",
    "agreement": "nights",
    "challenge": "wells",
    "phase": "panel",
    "judge": "jana",
    "application": "a-1",
    "prize": "0",
    "part": "whole",
    "number": "1",
    "claim": "c1",
    "version": "1",
    "position": "1",
    "ruling": "1",
    "code": "USD",
    "party": "hub-a",
    "gift": "1",
}
WHO = {
    "M": "mira",
    "F": "fiona",
    "H": "hana",
    "J": "jana",
    "E": "eva",
    "I": "ivo",
    "A": "ada",
    "P": "",
}


def crowd(engine: Engine, clock: Clock) -> None:
    """Fill book ``main``: an agreement in force, a challenge with entries, judges and their marks."""
    app = create_app(engine=engine, identify=identify_by_name(clock), clock=clock)
    agreed(cache(lambda name="", way="Bearer": Asker(app, name, way)))
    open_round(engine)
    seat(engine)
    mark_all(engine)


def doors(
    engine: Engine, people: Mapping[str, tuple[Grant, ...]] = PEOPLE, day: str = "2027-03-11"
) -> FastAPI:
    """Return every operation, on a day."""
    clock = clock_at(day)
    return create_app(engine=engine, identify=identify_by_name(clock, people), clock=clock)


def person_for(operation: Operation) -> str:
    """Return somebody whom the rule of an operation lets in."""
    cells = RULES[operation.name].cells
    return next((name for letter, name in WHO.items() if letter in cells), "mira")


def parts_of(operation: Operation) -> dict[str, str]:
    """Return parts of an address, of things that are there where they can be."""
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    unknown = {
        name: str(UUID(int=1)) if operation.shape.parts.get(name) is UUID else "none" for name in names
    }
    return {name: PARTS.get(name, unknown[name]) for name in names}
