"""A round behind the doors: a published challenge with four entries and three judges, and a clock to move."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI
from tests.doors.people import PEOPLE as EVERYBODY
from tests.doors.people import Asker, Json, grants_of, identify_by_name

from almoner import currency, money
from almoner.api.door import Door
from almoner.api.operation import Operation
from almoner.api.routes import (
    appeals,
    assignments,
    awards,
    calibrations,
    conflicts,
    decisions,
    funds,
    judges,
    rankings,
    scores,
)
from almoner.api.routing import routes_of
from almoner.challenges import Application, Brief, acts
from almoner.challenges.judges import Judge
from almoner.challenges.plans import PlanWishes
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, as_utc, fixed_clock
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork

HERE = "/books/main/challenges/wells"
PANEL = f"{HERE}/phases/panel"
PEOPLE = {**EVERYBODY, "june": grants_of(("judge", "june", "challenge/wells"))}
OPERATIONS: tuple[Operation, ...] = (
    *judges.OPERATIONS,
    *conflicts.OPERATIONS,
    *assignments.OPERATIONS,
    *scores.OPERATIONS,
    *calibrations.OPERATIONS,
    *rankings.OPERATIONS,
    *decisions.OPERATIONS,
    *awards.OPERATIONS,
    *appeals.OPERATIONS,
    *funds.OPERATIONS,
)
JUDGES = ("jana", "jonas", "jim")
LEADS = {"a-1": "hub-a", "a-2": "hub-b", "a-3": "hub-3", "a-4": "hub-4"}
MARKS = {"a-1": "4.0", "a-2": "3.4", "a-3": "2.6", "a-4": "1.5"}
ANCHORS = [
    {"lo": "1.0", "hi": "2.4", "text": "a claim without proof"},
    {"lo": "2.5", "hi": "3.9", "text": "shown once, on a small scale"},
    {"lo": "4.0", "hi": "5.0", "text": "shown by others, on the scale asked for"},
]
BRIEF: Final[dict[str, Any]] = {
    "schema": "almoner.brief/1",
    "challenge_id": "wells",
    "version": 1,
    "title": "Wells that keep working",
    "unit": "USD",
    "fund": "water",
    "goal": {
        "metric": "safe_water_days@2",
        "baseline": "212",
        "target": "320",
        "unit": "day",
        "by": "2029-12-31",
    },
    "phases": [
        {
            "id": "apply",
            "kind": "application",
            "opens_at": "2027-01-11T09:00Z",
            "closes_at": "2027-03-01T17:00Z",
        },
        {
            "id": "panel",
            "kind": "review",
            "opens_at": "2027-03-08T09:00Z",
            "closes_at": "2027-04-12T17:00Z",
            "judging": "panel",
            "rubric": "merit/1",
            "reads_per_application": 2,
            "advances": {"rule": "top", "n": 2, "tie": "split"},
        },
    ],
    "rubric": {
        "id": "merit/1",
        "scale": {"lo": "1.0", "hi": "5.0", "step": "0.1", "direction": "higher"},
        "traits": [
            {"id": "reach", "title": "Reach", "weight_bp": 5000, "anchors": ANCHORS},
            {"id": "proof", "title": "Evidence", "weight_bp": 5000, "anchors": ANCHORS},
        ],
    },
    "judge_policy": {"load": [0, 50], "scope": "pair", "seed_source": "beacon"},
    "visibility": [
        {"pointer": "/application", "action": "show", "viewer": "assigned_judge"},
        *(
            {"pointer": f"/application/{name}", "action": "mask", "viewer": "assigned_judge"}
            for name in ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords")
        ),
        {"pointer": "/application", "action": "show", "viewer": "chair"},
        {"pointer": "/feedback", "action": "after(decided)", "viewer": "own_applicant"},
    ],
    "prizes": [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}],
}


def entry(name: str) -> Application:
    """Return an application of the hub that leads it, with a lab of its own."""
    lead, lab = LEADS[name], f"works-{name[2:]}"
    content = {
        "schema": "almoner.application/1",
        "application_id": name,
        "challenge_id": "wells",
        "title": f"Wells {name}",
        "unit": "USD",
        "lead": lead,
        "bundle": [
            {"party": lead, "role": "lead", "share_bp": 6000},
            {"party": lab, "role": "supply", "share_bp": 4000},
        ],
        "interventions": [{"id": "wells", "title": "Twelve wells"}],
        "budget": [
            {
                "actor": lead,
                "intervention": "wells",
                "category": "drilling",
                "amount": "900.00",
                "covered_by": "ask",
            }
        ],
        "ask": "900.00",
        "minimum": "600.00",
        "disclosures": [
            {"party": party, "incentives": "none", "restrictions": "none"} for party in (lead, lab)
        ],
    }
    return Application.read(json.dumps(content))


class World:
    """The routes of a round at an instant that the test moves, and its people."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.at("2027-03-05")
        identify = identify_by_name(self.clock, PEOPLE)
        door = Door(engine=engine, identify=identify, clock=self.clock, secret=b"of this test alone")
        self.app = FastAPI()
        self.app.include_router(routes_of(door, OPERATIONS))
        self.people: dict[str, Asker] = {}

    def clock(self) -> datetime:
        return self.now

    def at(self, day: str) -> None:
        """Go to noon of a day."""
        self.now = as_utc(datetime.fromisoformat(f"{day}T12:00:00Z"))

    def __call__(self, name: str = "", way: str = "Bearer") -> Asker:
        return self.people.setdefault(f"{way} {name}", Asker(self.app, name, way))


def clock_at(day: str) -> Clock:
    """Return a clock that stands at noon of a day."""
    return fixed_clock(as_utc(datetime.fromisoformat(f"{day}T12:00:00Z")))


def open_round(engine: Engine, tie: str = "split") -> None:
    """Publish the challenge with its money, and take four entries in."""
    brief = json.loads(json.dumps(BRIEF))
    brief["phases"][1]["advances"]["tie"] = tie
    with UnitOfWork(engine) as session:
        fund = find_fund(session, "main", "water")
        amount = money("1000.00", currency("USD"))
        finance.contribute(session, fund, "foundation", amount, key="gift", clock=clock_at("2027-01-02"))
        acts.publish(session, fund, Brief.read(json.dumps(brief)), clock=clock_at("2027-01-05"))
        for name in LEADS:
            acts.submit(session, "main", entry(name), clock=clock_at("2027-01-20"))


def seat(engine: Engine) -> None:
    """Register three judges and publish who reads what."""
    clock = clock_at("2027-03-05")
    with UnitOfWork(engine) as session:
        for name in JUDGES:
            acts.register_judge(session, "main", "wells", Judge(code=name), clock=clock)
        wishes = PlanWishes(seed=7, limit_s=120.0)
        plan = acts.plan_assignment(session, "main", "wells", "panel", wishes, clock=clock)
        acts.publish_assignment(
            session, "main", "wells", "panel", plan.number, maker="desk", clock=clock, reason="Small."
        )


def mark_all(engine: Engine, marks: Mapping[str, str] = MARKS) -> None:
    """Have every judge mark his list."""
    clock = clock_at("2027-03-10")
    with UnitOfWork(engine) as session:
        for name, judge in acts.find_assignment(session, "main", "wells", "panel").pairs:
            given: dict[str, str | None] = {"reach": marks[name], "proof": marks[name]}
            acts.score(session, "main", "wells", name, judge, given, clock=clock)


def refused(reply: Json, status: int, code: str) -> Json:
    """Return the problem, which has to be this one."""
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    return reply.json()
