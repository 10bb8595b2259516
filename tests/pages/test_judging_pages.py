"""The bench of judges: conflicts first, the blinded entry beside the rubric, marks, and stepping back."""

import pytest
from fastapi import FastAPI
from tests.doors.people import identify_by_name
from tests.doors.rounds import PEOPLE, World, open_round, seat
from tests.pages.visiting import Visitor

from almoner.api import create_app
from almoner.api.door import Door
from almoner.api.pages import Look
from almoner.challenges import acts
from almoner.finance.storage import Engine, Session

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BENCH = "/books/main/bench"


class Round:
    """A round with its pages, at an instant that the test moves."""

    def __init__(self, engine: Engine, book: str) -> None:
        assert book
        self.world = World(engine)
        open_round(engine)
        seat(engine)
        identify, clock = identify_by_name(self.world.clock, PEOPLE), self.world.clock
        door = Door(engine=engine, identify=identify, clock=clock, secret=bytes(32))
        look = Look(hosted=True, secure=False)
        self.app: FastAPI = create_app(engine=engine, identify=identify, clock=clock, door=door, pages=look)
        with Session(engine) as session:
            pairs = acts.find_assignment(session, "main", "wells", "panel").pairs
        self.of_jana = sorted(name for name, judge in pairs if judge == "jana")

    def visitor(self, name: str) -> Visitor:
        return Visitor(self.app, name)


@pytest.fixture
def judging(engine: Engine, book: str) -> Round:
    return Round(engine, book)


def entry_of(name: str, judge: str = "jana") -> str:
    return f"{BENCH}/challenges/wells/judges/{judge}/phases/panel/entries/{name}"


def test_a_judge_declares_first_and_then_marks_a_blinded_entry(judging: Round) -> None:
    judging.world.at("2027-03-10")
    jana = judging.visitor("jana")
    assert "You judge Wells that keep working" in jana.text(BENCH)
    assert "Nothing is given to you to read now" in jana.text(BENCH)
    conflicts = f"{BENCH}/challenges/wells/judges/jana/conflicts"
    form = jana.form(conflicts, "declare")
    assert [name for name in form.fields if name.startswith("kind-")]
    jana.send(conflicts, "declare")
    name = judging.of_jana[0]
    assert name in jana.text(BENCH)
    entry = entry_of(name)
    shown = jana.text(entry)
    assert f"Wells {name}" in shown
    assert "a claim without proof" in shown
    assert "hub-" not in shown
    off = {"mark-reach": "3.75", "mark-proof": "4.0", "comment-reach": "Far beyond the city."}
    refused = jana.send(entry, "score", off, status=422)
    assert "3.75 is off the grid" in refused.text
    assert "Far beyond the city." in refused.text
    assert "Your marks are in." in jana.do(entry, "score", {**off, "mark-reach": "3.7"})
    assert "Change your marks" in jana.text(entry)


def test_a_judge_steps_back_and_sees_the_entry_no_more(judging: Round) -> None:
    judging.world.at("2027-03-10")
    jana = judging.visitor("jana")
    jana.send(f"{BENCH}/challenges/wells/judges/jana/conflicts", "declare")
    name = judging.of_jana[0]
    jana.send(entry_of(name), "recuse", {"reason": "A friend leads it."})
    assert name not in jana.text(BENCH)


def test_after_the_close_nothing_can_be_marked(judging: Round) -> None:
    judging.world.at("2027-04-13")
    shown = judging.visitor("jana").text(entry_of(judging.of_jana[0]))
    assert "This phase is closed" in shown
    assert "Hand in your marks" not in shown


@pytest.mark.parametrize(("name", "status"), [("hugo", 404), ("nora", 404), ("", 401)])
def test_nobody_else_sees_what_a_judge_reads(judging: Round, name: str, status: int) -> None:
    judging.world.at("2027-03-10")
    judging.visitor(name).see(entry_of(judging.of_jana[0]), status)
