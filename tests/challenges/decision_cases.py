"""Random rounds for the tests of decisions, appeals and lapses; every name in them is invented."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from almoner.challenges import Application, Brief, read_marks
from almoner.challenges.awarding import Finish, TieBreak
from almoner.challenges.damping import ProgressContender
from almoner.challenges.decision import DecisionFacts, TimedRead
from almoner.finance.money import money
from almoner.finance.units import currency

USD = currency("USD")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ENTRY = datetime(2027, 1, 11, 6, tzinfo=UTC)
REVIEW = datetime(2027, 3, 10, tzinfo=UTC)
TARGET = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}
ANCHORS = [{"lo": "1", "hi": "2", "text": "weak"}, {"lo": "3", "hi": "3", "text": "fair"}]
ANCHORS += [{"lo": "4", "hi": "5", "text": "strong"}]
TIES = ("split", "lottery", "panel", "all_if_funded")


GOOD_PRIZES: dict[str, dict[str, Any]] = {  # by class, each of 60.00 in all
    "Places": {"kind": "places", "phase": "p", "n": 3, "amount": "20.00"},
    "FinalistsThenGrand": {
        "kind": "finalists_then_grand",
        "phase": "p",
        "n": 5,
        "each": "2.00",
        "grand": "50.00",
        "final_phase": "q",
    },
    "Staged": {
        "kind": "staged",
        "phase": "p",
        "winners": 2,
        "stages": [{"id": "pilot", "amount": "30.00", "due": "2028-06-30", "condition": TARGET}],
    },
    "FirstToFinish": {
        "kind": "first_to_finish",
        "phase": "p",
        "amount": "60.00",
        "target": TARGET,
        "deadline": "2028-12-31",
        "verification": "Each well visited",
        "settles_after": "2029-03-31",
    },
    "MeasuredProgress": {
        "kind": "measured_progress",
        "phase": "p",
        "amount": "60.00",
        "basis": "lower_bound",
        "split": "proportional",
        "hub_cap_bp": 4000,
    },
    "Pool": {"kind": "pool", "phase": "p", "amount": "60.00", "split": "ask"},
    "InKindPrize": {
        "kind": "in_kind",
        "phase": "p",
        "description": "A laboratory",
        "valuation": "list price",
    },
}


def dice(seed: object) -> Random:
    """Return a source of cases that a seed repeats."""
    return Random(str(seed))  # noqa: S311  # cases of a test, no secret


def prize_contents(random: Random) -> list[dict[str, Any]]:
    """Return one prize of every kind that a rule decides, with amounts, ties and rests at random."""
    cents = [f"{random.randint(1, 99_999) / 100:.2f}" for _ in range(12)]
    falling = sorted((float(one) for one in cents[:3]), reverse=True)
    stages = [{"id": "pilot", "amount": cents[5], "due": "2028-06-30", "condition": TARGET}]
    prizes: list[dict[str, Any]] = [
        {"kind": "grand", "phase": "panel", "amount": cents[3]},
        {"kind": "places", "phase": "panel", "amounts": [f"{one:.2f}" for one in falling]},
        {
            "kind": "finalists_then_grand",
            "phase": "panel",
            "n": random.randint(1, 3),
            "each": cents[4],
            "grand": cents[6],
            "final_phase": "deliver",
        },
        {"kind": "staged", "phase": "panel", "stages": stages, "winners": random.randint(1, 2)},
        {"kind": "pool", "phase": "panel", "amount": cents[7], "split": "score"},
        {"kind": "pool", "phase": "panel", "amount": cents[8], "split": "ask"},
        {
            "kind": "first_to_finish",
            "phase": "deliver",
            "amount": cents[9],
            "target": TARGET,
            "deadline": "2028-12-31",
            "settles_after": "2029-03-31",
            "verification": "Each well visited",
        },
        {
            "kind": "measured_progress",
            "phase": "measure",
            "amount": cents[10],
            "basis": "point",
            "split": random.choice(("ranked", "proportional")),
            "hub_cap_bp": random.choice((4000, 10_000)),
        },
        {"kind": "in_kind", "phase": "panel", "description": "A laboratory", "valuation": "list price"},
    ]
    if prizes[7]["split"] == "ranked":
        prizes[7]["shares_bp"] = [6000, 4000]
    for prize in prizes:
        ordering = prize["kind"] in {"staged", "in_kind"} or prize.get("split") == "ask"
        prize["tie"] = random.choice(TIES[1:3] if ordering else TIES)
        rests = ["return", "redistribute"]
        if prize["phase"] == "panel" and prize["kind"] != "staged":
            rests.append({"roll_over": "measure"})  # type: ignore[arg-type]  # text or object, as in the format
        prize["unawarded"] = random.choice(rests)
    return random.sample(prizes, random.randint(3, len(prizes)))


def one_prize(random: Random, kind: str, **change: object) -> dict[str, Any]:
    """Return one prize of a kind."""
    while True:
        found = [one for one in prize_contents(random) if one["kind"] == kind]
        if found:
            return {**found[0], "unawarded": "return", **change}


def brief_content(prizes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a brief with these prizes; its phase ``measure`` is there only with a prize of its own."""
    if not any(one["phase"] == "measure" for one in prizes):
        for one in prizes:
            if isinstance(one.get("unawarded"), dict):
                one["unawarded"] = "return"
    spans = [("apply", "application", "none", "2027-01-11", "2027-03-01")]
    spans += [("panel", "review", "panel", "2027-03-08", "2027-04-12")]
    spans += [("deliver", "delivery", "metric", "2027-06-01", "2029-01-01")]
    spans += [("measure", "delivery", "metric", "2029-01-01", "2029-06-01")]
    phases: list[dict[str, Any]] = [
        {
            "id": name,
            "kind": kind,
            "judging": judging,
            "opens_at": f"{opens}T00:00Z",
            "closes_at": f"{closes}T00:00Z",
        }
        for name, kind, judging, opens, closes in spans
    ]
    phases[1] |= {"rubric": "merit/1", "reads_per_application": 3}
    scale = {"lo": "1", "hi": "5", "step": "1", "direction": "higher"}
    trait = {"id": "merit", "title": "Merit", "weight_bp": 10_000, "anchors": ANCHORS}
    return {
        "schema": "almoner.brief/1",
        "challenge_id": "wells",
        "version": 1,
        "title": "Wells",
        "unit": "USD",
        "fund": "water-pool",
        "goal": {"metric": "wells@1", "baseline": "0", "target": "12", "unit": "well", "by": "2028-12-31"},
        "phases": phases,
        "rubric": {"id": "merit/1", "scale": scale, "traits": [trait]},
        "visibility": [{"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"}],
        "prizes": prizes,
    }


def application(name: str, ask: str, minimum: str) -> Application:
    """Return the smallest application that asks for money."""
    line = {"actor": "hub", "intervention": "w", "category": "all", "amount": ask, "covered_by": "ask"}
    content: Mapping[str, Any] = {
        "schema": "almoner.application/1",
        "application_id": name,
        "challenge_id": "wells",
        "title": name,
        "unit": "USD",
        "lead": "hub",
        "bundle": [{"party": "hub", "role": "lead", "share_bp": 10_000}],
        "interventions": [{"id": "w", "title": "Wells"}],
        "budget": [line],
        "ask": ask,
        "minimum": minimum,
        "disclosures": [{"party": "hub", "incentives": "none", "restrictions": "none"}],
    }
    return Application.read(json.dumps(content))


def random_facts(random: Random, prizes: list[dict[str, Any]] | None = None) -> DecisionFacts:
    """Return a round with few marks, so that ties are common."""
    brief = Brief.read(json.dumps(brief_content(prizes or prize_contents(random))))
    names = [f"a-{n}" for n in range(random.randint(3, 7))]
    asks = {name: random.randint(100, 40_000) for name in names}
    rubric = brief.rubric_of("panel")
    reads = []
    for name in names:
        for judge in random.sample(["j-1", "j-2", "j-3"], random.randint(1, 3)):
            marks = {"merit": str(random.randint(2, 4))}
            scores = read_marks(rubric, application_id=name, judge_id=judge, marks=marks)
            at = REVIEW + timedelta(days=random.randint(0, 40))
            read = TimedRead(phase="panel", application_id=name, judge_id=judge, read_at=at, scores=scores)
            reads.append(read)
    going = {name: Fraction(random.randint(0, 4), 4) for name in names}
    unrated = random.random() < 0.3
    contenders = tuple(
        ProgressContender(hub=name, progress=None if unrated and name == names[0] else part)
        for name, part in going.items()
    )
    finishes = tuple(
        Finish(
            application_id=name,
            determination=f"d-{name}",
            value=str(random.randint(11, 13)),
            achieved_at=datetime(2028, random.randint(1, 3), 1, tzinfo=UTC),
            final_at=datetime(2029, random.randint(1, 5), 1, tzinfo=UTC),
        )
        for name in names
    )
    return DecisionFacts(
        brief=brief,
        unit=USD,
        as_of=NOW,
        applications=tuple(
            application(name, f"{ask / 100:.2f}", f"{random.randint(0, ask) / 100:.2f}")
            for name, ask in asks.items()
        ),
        received={name: ENTRY + timedelta(days=random.randint(0, 55)) for name in names},
        statuses={names[-1]: random.choice(("pass", "fail"))},
        reads=tuple(reads),
        progress={"deliver": contenders, "measure": contenders},
        finishes={"deliver": finishes},
        tie=TieBreak(
            seed=f"seed {random.random()}",
            decided=(tuple(random.sample(names, len(names))),),
            free=random.choice((None, money("0.00", USD), money("500.00", USD))),
        ),
    )
