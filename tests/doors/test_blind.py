"""Marks planted in every entry of a blind round, looked for in all that each role can read of it."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Final
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from tests.doors.crowded import crowd, doors, parts_of
from tests.doors.people import Asker, Json
from tests.doors.rounds import HERE, LEADS

from almoner.api.operation import Operation
from almoner.api.routes import OPERATIONS
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

ONE_DATABASE = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
FEW: Final = ("", "fiona", "hana", "jana", "ada")
ALL: Final = (*FEW, "ivo", "hugo", "eva", "jonas", "nora")
SHOWN_TO_JUDGES: Final = ("Wells a-", "Twelve wells")
HIDDEN: Final = ("works-", "drilling", "Sounding title", *SHOWN_TO_JUDGES)
MANY: Final[Mapping[str, tuple[str, ...]]] = {
    "application": ("a-1", "a-2", "a-4"),
    "judge": ("jana", "jonas", "jim"),
    "phase": ("apply", "panel"),
}


def disguises(text: str) -> Iterator[str]:
    """Yield a mark as it stands, in base64 at each offset, and in an address."""
    yield text
    yield quote(text, safe="")
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + text.encode()).decode()
        yield whole[offset + (offset > 0) : len(whole) // 4 * 4 - 4]


def objects(said: Json) -> Iterator[Json]:
    """Yield every object of a document that has no list of others in it."""
    if isinstance(said, list):
        for one in said:
            yield from objects(one)
    elif isinstance(said, dict):
        yield {name: below for name, below in said.items() if not isinstance(below, list | dict)}
        for below in said.values():
            yield from objects(below)


def addresses(operation: Operation) -> Iterator[str]:
    """Yield addresses of a read, for every entry, judge and phase that it could be about."""
    parts = parts_of(operation)
    named = [name for name in parts if name in MANY]
    wanted = ""
    if operation.shape.query and "phase" in operation.shape.query.model_fields:
        wanted = "?phase=panel"
    if operation.shape.query and "application" in operation.shape.query.model_fields:
        wanted += f"{'&' if wanted else '?'}application=a-1"
    for chosen in product(*(MANY[name] for name in named)):
        yield operation.path.format(**parts | dict(zip(named, chosen, strict=True))) + wanted


def may_know(name: str) -> tuple[str, ...]:
    """Return which marks somebody is entitled to: of a hub its own, of a judge what the brief shows."""
    own = {"hana": ("works-1", "a-1"), "hugo": ("works-2", "a-2")}
    return (*own.get(name, ()), *(SHOWN_TO_JUDGES if name in {"jana", "jonas"} else ()))


def leaks_of(name: str, reply: Json, path: str) -> Iterator[str]:
    """Yield what an answer tells somebody that they may not know.

    A judge has to know the actors to declare against each, but not of which entry they are.
    """
    text, known = reply.text, may_know(name)
    if name in {"jana", "jonas"} and path.endswith(f"/judges/{name}/declarations"):
        text = text.replace("works-", "")
    own = [one for one in known if one.startswith("works")]
    for mark in HIDDEN:
        if mark in known or (own and (path.count(known[1]) or "applications" in path)):
            continue
        yield from (f"{mark} in {text[:300]}" for one in disguises(mark) if len(one) > 5 and one in text)
    for said in objects(reply.json() if text.startswith("{") else {}):
        plain = json.dumps(said)
        for entry, lead in LEADS.items():
            mine = entry in known
            if not mine and f'"{entry}"' in plain and f'"{lead}"' in plain:
                yield f"{entry} is told to be of {lead}: {plain[:300]}"


@pytest.fixture
def app(engine: Engine, book: str, clock: Clock) -> Callable[[str], FastAPI]:
    """The doors on a day, of a round in which a judge has declared an interest in each entry."""
    assert book
    crowd(engine, clock)
    jana = Asker(doors(engine), "jana")
    one = f"{HERE}/judges/jana/declarations"
    ties = {"works-1": "family", "works-4": "employee"}
    said = [{"actor": name, "kind": ties.get(name, "none")} for name in jana.seen(one)["undeclared"]]
    jana.made(one, {"declarations": said})
    return lambda day: doors(engine, day=day)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("day", "people"), [("2027-04-13", FEW), pytest.param("2027-03-11", ALL, marks=pytest.mark.campaign)]
)
def test_no_role_reads_who_is_behind_an_entry_before_the_announcement(
    app: Callable[[str], FastAPI], day: str, people: tuple[str, ...]
) -> None:
    found, seen = [], 0
    served = app(day)
    for operation in OPERATIONS:
        if operation.writes or operation.method != "GET":
            continue
        for name in people:
            client = Asker(served, name)
            for path in addresses(operation):
                reply = client.get(path)
                assert reply.status_code < 500, (operation.name, name, path)
                seen += reply.status_code == 200
                found += [(operation.name, name, path, leak) for leak in leaks_of(name, reply, path)]
    assert not found, "\n".join(map(str, found[:40]))
    assert seen > 50 * len(people)
    conflicts = Asker(served, "mira").seen(f"{HERE}/conflicts")["items"]
    assert {row["actor"] for row in conflicts} >= {"works-1", "works-4"}
    whole = Asker(served, "mira").get(f"{HERE}/applications/a-1?phase=panel")
    assert {leak.split(" in ")[0] for leak in leaks_of("nora", whole, "")} >= {"works-", "drilling"}
