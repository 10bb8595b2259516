from copy import deepcopy
from datetime import datetime

import pytest
from tests.doors.people import Asker, Json, identify_by_name, small_app

from almoner import currency, money
from almoner.api.routes import applications, challenges, progress
from almoner.api.routes.brief_examples import APPLICATION, BRIEF
from almoner.challenges import acts
from almoner.finance import acts as finance
from almoner.finance.dates import as_utc, fixed_clock
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork

ONE = "/books/main/challenges/clean-water"
PROMISES = "/books/main/public-commitments"
ANCHORS = [
    {"lo": "1", "hi": "2", "text": "few"},
    {"lo": "2.5", "hi": "3.5", "text": "some"},
    {"lo": "4", "hi": "5", "text": "all"},
]
RUBRIC = {
    "id": "merit/1",
    "scale": {"lo": "1", "hi": "5", "step": "0.5", "direction": "higher"},
    "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": ANCHORS}],
}
PANEL = {
    "id": "panel",
    "kind": "review",
    "judging": "panel",
    "rubric": "merit/1",
    "reads_per_application": 2,
    "opens_at": "2027-03-08T09:00+03:00",
    "closes_at": "2027-04-12T17:00+03:00",
}
PROMISE = {
    "schema": "almoner.commitment/1",
    "code": "c-1",
    "party": "foundation",
    "title": "A thousand for water",
    "made_on": "2026-12-10",
    "by": "2028-12-31",
    "source": "statement at the opening",
    "promise": {"kind": "money", "amount": "1000.00", "unit": "USD", "fund": "water"},
}


class Round:
    """A panel round of three applications at an instant that the test moves."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.at("2027-01-05")
        self.app = small_app(
            engine, identify_by_name(self.clock), self.clock, applications, challenges, progress
        )

    def at(self, day: str) -> None:
        self.now = as_utc(datetime.fromisoformat(f"{day}T12:00Z"))

    def clock(self) -> datetime:
        return self.now

    def __call__(self, name: str = "") -> Asker:
        return Asker(self.app, name)


@pytest.fixture
def played(engine: Engine, book: str) -> Round:
    """The round, read by two judges and frozen; its decision is not announced."""
    made = Round(engine)
    with UnitOfWork(engine) as session:
        fund = find_fund(session, book, "water")
        amount = money("1000000.00", currency("USD"))
        finance.contribute(session, fund, "foundation", amount, key="gift", clock=made.clock)
    brief: Json = deepcopy(BRIEF)
    brief |= {"phases": [brief["phases"][0], PANEL], "rubric": RUBRIC}
    brief["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}]
    brief["visibility"].append(
        {"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"}
    )
    brief["visibility"].append({"pointer": "/feedback/process", "viewer": "funder", "action": "show"})
    made("mira").made("/books/main/challenges", {"brief": brief})
    made.at("2027-01-20")
    for code in ("a-1", "a-2", "a-3"):
        made("hana").made(f"{ONE}/applications", {"application": {**APPLICATION, "application_id": code}})
    with UnitOfWork(engine) as session:
        clock = fixed_clock(datetime.fromisoformat("2027-03-10T12:00Z"))
        for n, code in enumerate(("a-1", "a-2", "a-3")):
            for judge, mark in (("jana", 3 + n / 2), ("jonas", 3.5)):
                acts.score(session, book, "clean-water", code, judge, {"reach": f"{mark:g}"}, clock=clock)
        later = fixed_clock(datetime.fromisoformat("2027-04-13T12:00Z"))
        acts.freeze_calibration(session, book, "clean-water", "panel", clock=later)
    made.at("2027-04-14")
    return made


def test_feedback_is_told_when_the_brief_says(played: Round) -> None:
    packet = f"{ONE}/phases/panel/feedback/a-1"
    hana = played("hana")
    assert hana.seen(packet)["feedback"] == {}
    assert set(played("fiona").seen(packet)["feedback"]) == {"process"}
    assert played("emil").get(packet).status_code == 403
    assert played().get(packet).status_code == 401
    assert hana.get(f"{ONE}/phases/apply/feedback/a-1").status_code == 404
    assert hana.get(f"{ONE}/phases/panel/feedback/a-9").status_code == 404
    with UnitOfWork(played.engine) as session:
        fund = find_fund(session, "main", "water")
        acts.announce(session, fund, "clean-water", reason="The panel has decided.", clock=played.clock)
    told = hana.seen(packet)["feedback"]
    assert [one["mark"] for one in told["marks"]] != []
    assert all(one["judge"].startswith("judge-") for one in told["marks"])
    other = hana.seen(f"{ONE}/phases/panel/feedback/a-2")["feedback"]
    assert not {one["judge"] for one in told["marks"]} & {one["judge"] for one in other["marks"]}
    assert hana.seen(packet)["feedback"] == told


def test_who_has_entered_is_not_told_by_a_leaderboard(played: Round) -> None:
    assert played().seen(f"{ONE}/leaderboards") == {"shown": False, "items": [], "next": None}
    assert played("hugo").seen(f"{ONE}/leaderboards?places=1")["shown"] is False
    assert played("mira").seen(f"{ONE}/leaderboards?places=1")["shown"] is True
    assert played("fiona").seen(f"{ONE}/ratings")["items"] == []
    assert played("hana").seen(f"{ONE}/progress")["items"] == []
    assert played("hana").get(f"{ONE}/ratings").status_code == 403


def test_a_promise_is_checked_by_the_ledger(played: Round) -> None:
    fiona = played("fiona")
    assert fiona.made(PROMISES, {"commitment": PROMISE})["commitment"]["schema"] == "almoner.commitment/1"
    assert fiona.seen(PROMISES)["items"][0]["status"] == "kept"
    assert played("hana").post(PROMISES, {"commitment": PROMISE}).status_code == 404
    other = {**PROMISE, "title": "Two thousand for water"}
    assert fiona.post(PROMISES, {"commitment": other}).status_code == 409
    backwards = {**PROMISE, "code": "c-2", "by": "2026-01-01"}
    assert fiona.post(PROMISES, {"commitment": backwards}).json()["code"] == "document.invalid"
    assert fiona.seen(f"{PROMISES}?as_of=2026-12-09")["items"] == []


def test_the_map_shows_each_what_they_may_see(played: Round) -> None:
    whole = played("mira").seen("/books/main/landscape")
    assert ("hub-a", "hub-b") in {(one["from_actor"], one["to_actor"]) for one in whole["ties"]}
    assert played("hana").seen("/books/main/landscape")["ties"] == []
    assert whole["audience"] == "chair"
    money_flows = played("fiona").seen("/books/main/landscape")["ties"]
    assert {"amount": "1000000.00", "unit": "USD"} in [one.get("amount") for one in money_flows]
