"""Allocations: asked for, impossible and why, relaxed, answered with reasons, decided for by two people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.doors.people import PEOPLE, Asker
from tests.pages.test_languages import untold
from tests.pages.visiting import Visitor

from almoner.api.worker import Worker, work_off
from almoner.finance.allocation import AllocationDocument
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "/books/main/desk/allocations"
JOBS = "/books/main/jobs"
HOSTILE = '<script>alert(1)</script>"><img src=x>'
ROOT = Path(__file__).parents[2]
WINTER: dict[str, Any] = json.loads((ROOT / "examples/allocation/winter.json").read_bytes())
SMALL: dict[str, Any] = {
    "schema": "almoner.allocation/2",
    "unit": "USD",
    "scale": 2,
    "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    "interventions": [
        {"intervention_id": "w7", "title": HOSTILE, "region": "north"},
        {"intervention_id": "w8", "title": "Wells", "region": "south"},
    ],
    "tickets": [
        {"intervention_id": "w7", "max_minor": 9000},
        {"intervention_id": "w8", "min_minor": 8000, "max_minor": 8000},
    ],
    "response": [
        {"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000},
        {"intervention_id": "w8", "cap_minor": 8000, "gain_micro_per_k": 1000000},
    ],
}
TIGHT = {**SMALL, "limits": [{"group_kind": "region", "group_id": "north", "floor_minor": 8500}]}


@pytest.fixture
def work(engine: Engine, clock: Clock) -> Callable[[], None]:
    """Let a worker do what waits."""
    worker = Worker(
        engine=engine, clock=clock, name="w", rights=lambda _s, person, _b, _i: PEOPLE.get(person)
    )
    return lambda: work_off(worker)


def asked(visitor: Visitor, problem: dict[str, Any], **fields: str) -> str:
    """Send a problem file and return the address of its page."""
    content = json.dumps(problem).encode()
    reply = visitor.send(DESK, "begin", fields, files={"problem": ("p.json", content)})
    return str(reply.headers["location"]).partition("?")[0]


def test_the_example_on_the_page_is_the_one_of_the_examples(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    here = str(visit("mira").send(DESK, "begin-example").headers["location"]).partition("?")[0]
    asked_for = ask("mira").seen(f"{JOBS}/{here.rsplit('/', 1)[1]}/problem")
    wanted = AllocationDocument.read(json.dumps(WINTER)).canonical_bytes()
    assert asked_for["problem"].encode() == wanted


def test_only_funders_and_who_keeps_the_books_see_allocations(
    visit: Callable[..., Visitor], work: Callable[[], None]
) -> None:
    assert "Nothing was asked yet" in visit("fiona").text(DESK)
    for name in ("hana", "eva", "ada", "ivo"):
        visit(name).see(DESK, 404)
    here = asked(visit("fiona"), SMALL)
    work()
    assert "80.00" in visit("frank").text(here)
    visit("mira").see(here, 404)
    visit("hana").see(here, 404)


def test_a_run_tells_how_far_it_is_and_can_be_cancelled(
    visit: Callable[..., Visitor], work: Callable[[], None]
) -> None:
    fiona = visit("fiona")
    here = asked(fiona, SMALL, label="Winter")
    html = fiona.see(here)
    assert '<meta http-equiv="refresh" content="2">' in html
    assert "<progress" in html
    assert "<html" not in fiona.see(f"{here}?part=live_progress")
    assert "It was cancelled before it had an answer" in fiona.do(here, "cancel")
    assert "hx-select" in fiona.see(f"{here}?part=live_progress")
    again = fiona.do(here, "retry")
    assert "Waits for its turn" in again
    work()
    assert "Done" in fiona.text(DESK)


def test_an_impossible_problem_says_which_limits_conflict_and_is_relaxed(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], work: Callable[[], None]
) -> None:
    fiona = visit("fiona")
    here = asked(fiona, TIGHT, label="Tight")
    work()
    said = fiona.text(here)
    assert "Fund pool has 80.00 USD." in said
    assert "region north gets at least 85.00 USD." in said
    assert "Raise fund pool from 80.00 USD to 85.00 USD, by 5.00 USD." in said
    relaxed = str(fiona.send(here, "relax").headers["location"]).partition("?")[0]
    work()
    said = fiona.text(relaxed)
    assert "Raise fund pool from 80.00 USD to 85.00 USD, by 5.00 USD." in said
    assert "85.00 USD in all" in said.replace("\xa0", " ")
    problem = ask("fiona").seen(f"{JOBS}/{relaxed.rsplit('/', 1)[1]}/problem")
    assert [one["budget"] for one in problem["funds"]] == ["85.00"]
    assert problem["base"] == here.rsplit("/", 1)[1]


def test_an_answer_has_its_figures_its_reasons_and_what_would_have_to_change(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], work: Callable[[], None]
) -> None:
    fiona = visit("fiona")
    here = asked(fiona, SMALL, points="yes")
    work()
    result = ask("fiona").seen(f"{JOBS}/{here.rsplit('/', 1)[1]}")["result"]
    assert (result["value"], result["spent"], len(result["frontier"])) == ("4/25", "80.00", 10)
    html = fiona.see(here)
    assert "<script>alert" not in html
    assert "0.160" in html
    assert "Fund pool has 80.00 USD." in html
    assert "What less and more money would bring" in html
    why = fiona.text(f"{here}?about=w8")
    assert "w8 is not funded. (proved)" in why
    assert "Its effect is 100 % larger. (priced)" in why
    assert fiona.client.get(f"{here}?file=allocation").text == result["allocation"]
    assert "w7" in fiona.client.get(f"{here}?as=csv&sheet=lines").text or HOSTILE[:7] in html


def test_other_limits_and_decisions_of_people_make_new_answers_side_by_side(
    visit: Callable[..., Visitor], work: Callable[[], None]
) -> None:
    fiona = visit("fiona")
    here = asked(fiona, SMALL, label="Winter")
    work()
    more = fiona.send(here, "solve-with", {"budgets-0-budget": "1,000.00", "label": "More"})
    work()
    said = fiona.text(str(more.headers["location"]))
    assert "Budget of pool: 1000.00." in said
    assert "Winter" in said
    bound = {"overrides-0-intervention_id": "w8", "overrides-0-kind": "fund"}
    kept = fiona.send(here, "override", {**bound, "overrides-0-reason": ""}, status=422)
    assert 'id="overrides-0-reason-error"' in kept.text
    decided = fiona.send(here, "override", {**bound, "overrides-0-reason": "A promise of the board."})
    work()
    said = fiona.text(str(decided.headers["location"]))
    assert "w8: fund, because: A promise of the board." in said
    why = fiona.text(str(decided.headers["location"]).partition("?")[0] + "?about=w8")
    assert "w8 is funded with 80.00 USD. (proved)" in why, why
    assert "A promise of the board." in why


def test_a_decision_takes_two_people_and_exactly_these_bytes(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], work: Callable[[], None]
) -> None:
    fiona, frank = visit("fiona"), visit("frank")
    here = asked(fiona, SMALL)
    work()
    assert "You proposed it" in fiona.do(here, "propose", {"reason": "Best for the winter."})
    said = frank.do(here, "approve")
    assert "Decided: proposed by fiona, approved by frank" in said
    assert "Best for the winter." in said
    where = f"{JOBS}/{here.rsplit('/', 1)[1]}/decisions"
    (decision,) = ask("fiona").seen(where)["items"]
    assert (decision["maker"], decision["checker"]) == ("fiona", "frank")
    sent = {"allocation_sha256": decision["allocation_sha256"]}
    again = ask("frank").post(f"{where}/{decision['id']}/approvals", sent)
    assert (again.status_code, again.json()["code"]) == (409, "storage.already_exists")


def test_nobody_approves_their_own_decision_or_other_bytes(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], work: Callable[[], None]
) -> None:
    here = asked(visit("fiona"), SMALL)
    work()
    visit("fiona").send(here, "propose", {"reason": "Best for the winter."})
    where = f"{JOBS}/{here.rsplit('/', 1)[1]}/decisions"
    (decision,) = ask("fiona").seen(where)["items"]
    place = f"{where}/{decision['id']}/approvals"
    own = ask("fiona").post(place, {"allocation_sha256": decision["allocation_sha256"]})
    assert own.json()["code"] == "duty.same_person"
    other = ask("frank").post(place, {"allocation_sha256": "0" * 64})
    assert other.json()["code"] == "precondition.stale"
    assert ask("frank").seen(where)["items"][0]["checker"] == ""


def test_a_file_that_is_no_problem_is_refused_beside_its_field(visit: Callable[..., Visitor]) -> None:
    reply = visit("mira").send(DESK, "begin", {"label": HOSTILE}, files={"problem": ("p", b"[")}, status=422)
    assert "Choose a file with an allocation problem" in reply.text
    assert "<script>alert" not in reply.text
    assert "&lt;script&gt;" in reply.text


def test_the_map_shows_actors_and_ties_with_a_filter(
    visit: Callable[..., Visitor], ask: Callable[..., Asker]
) -> None:
    gift = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    fiona = visit("fiona")
    said = fiona.text("/books/main/landscape")
    found = ask("fiona").seen("/books/main/landscape")
    assert f"{len(found['places'])} actors" in said
    assert "Foundation" in said
    assert "1. Water" in said
    assert "fund:water" not in said
    assert "Money paid" in said
    assert fiona.see("/books/main/landscape") == fiona.see("/books/main/landscape")
    assert "No tie is known" in fiona.text("/books/main/landscape?tie=accord")


def test_the_pages_say_nothing_past_the_catalogues(
    visit: Callable[..., Visitor], ask: Callable[..., Asker], work: Callable[[], None]
) -> None:
    gift = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    fiona = visit("fiona")
    addresses = [asked(fiona, TIGHT), asked(fiona, WINTER, points="yes")]
    work()
    fiona.client.get("/?lang=en-XA")
    for path in (*addresses, f"{addresses[1]}?about=tutors", DESK, "/books/main/landscape"):
        assert not list(untold(fiona.see(path))), path
