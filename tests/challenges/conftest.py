"""Builders of the documents that the tests of this room start from; every name in them is invented."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from almoner import currency, money
from almoner.challenges import Application, Award, Ballot, Brief, Rubric, acts
from almoner.challenges.conflicts import Interest
from almoner.challenges.judges import Judge
from almoner.challenges.lifecycle import Challenge, Submission
from almoner.challenges.plans import AssignmentPlan, PlanWishes
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.plans import find_seat
from almoner.challenges.records.reads import keep_read
from almoner.challenges.records.submissions import find_admission
from almoner.challenges.scores import Score, read_marks
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.posting import record_event
from almoner.finance.storage import Engine, Session, open_engine

Content = dict[str, Any]


def _anchors() -> list[Content]:
    return [
        {"lo": "1.0", "hi": "2.4", "text": "weak: a claim without proof"},
        {"lo": "2.5", "hi": "3.9", "text": "fair: shown once, on a small scale"},
        {"lo": "4.0", "hi": "5.0", "text": "strong: shown by others, on the scale asked for"},
    ]


@pytest.fixture
def rubric_content() -> Content:
    return {
        "id": "merit/1",
        "scale": {"lo": "1.0", "hi": "5.0", "step": "0.1", "direction": "higher"},
        "traits": [
            {"id": "reach", "title": "Reach", "weight_bp": 2500, "anchors": _anchors()},
            {"id": "proof", "title": "Evidence", "weight_bp": 7500, "anchors": _anchors()},
        ],
    }


@pytest.fixture
def rubric(rubric_content: Content) -> Rubric:
    return Rubric.read(json.dumps(rubric_content))


@pytest.fixture
def brief_content(rubric_content: Content) -> Content:
    return {
        "schema": "almoner.brief/1",
        "challenge_id": "clean-water",
        "version": 3,
        "title": "Clean water in every school",
        "unit": "USD",
        "fund": "water-pool",
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
                "opens_at": "2027-01-11T09:00+03:00",
                "closes_at": "2027-03-01T17:00+03:00",
            },
            {
                "id": "panel",
                "kind": "review",
                "opens_at": "2027-03-08T09:00+03:00",
                "closes_at": "2027-04-12T17:00+03:00",
                "judging": "panel",
                "rubric": "merit/1",
                "reads_per_application": 5,
            },
            {
                "id": "vote",
                "kind": "review",
                "opens_at": "2027-04-12T17:00+03:00",
                "closes_at": "2027-05-12T17:00+03:00",
                "judging": "ballot",
                "ballot": {"metrics": ["users", "fees"], "cap_bp": 500, "floor": "1000.00"},
            },
            {
                "id": "deliver",
                "kind": "delivery",
                "opens_at": "2027-06-01T00:00Z",
                "closes_at": "2029-06-01T00:00Z",
                "judging": "metric",
            },
        ],
        "eligibility": {
            "all": [
                {
                    "fact": "lead.registered_since_days",
                    "op": ">=",
                    "value": 730,
                    "clause": "2.1",
                    "evidence_asked": ["registration"],
                    "cure_days": 10,
                },
                {"not": {"fact": "lead.kind", "op": "in", "value": ["government"], "clause": "2.3"}},
            ]
        },
        "rubric": rubric_content,
        "visibility": [{"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"}],
        "prizes": [
            {"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"]},
            {"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"},
            {"kind": "pool", "phase": "panel", "amount": "50000.00", "split": "optimiser"},
        ],
    }


@pytest.fixture
def brief(brief_content: Content) -> Brief:
    return Brief.read(json.dumps(brief_content))


@pytest.fixture
def application_content() -> Content:
    return {
        "schema": "almoner.application/1",
        "application_id": "a-1",
        "challenge_id": "clean-water",
        "title": "Wells that keep working",
        "unit": "USD",
        "lead": "river-trust",
        "bundle": [
            {"party": "river-trust", "role": "lead", "share_bp": 6000},
            {"party": "pump-makers", "role": "supply", "share_bp": 4000},
        ],
        "interventions": [
            {"id": "wells", "title": "Twelve wells"},
            {"id": "care", "title": "Care for the pumps"},
        ],
        "budget": [
            {
                "actor": "river-trust",
                "intervention": "wells",
                "category": "drilling",
                "amount": "900.10",
                "covered_by": "ask",
            },
            {
                "actor": "pump-makers",
                "intervention": "care",
                "category": "parts",
                "amount": "0.20",
                "covered_by": "ask",
            },
            {
                "actor": "pump-makers",
                "intervention": "care",
                "category": "staff",
                "amount": "300.00",
                "covered_by": "own",
            },
        ],
        "ask": "900.30",
        "minimum": "600.00",
        "in_kind_offers": [{"kind": "engineer time", "quantity": "400", "unit": "hour"}],
        "facts": {"lead.registered_since_days": 900, "lead.kind": "ngo", "open_source": True, "ratio": "0.5"},
        "answers": {"why": "Pumps break within two years."},
        "groups": {"region": "east", "sector": "water"},
        "disclosures": [
            {"party": "river-trust", "incentives": "none", "restrictions": "none"},
            {"party": "pump-makers", "incentives": ["sells the pumps"], "restrictions": "none"},
        ],
    }


@pytest.fixture
def application(application_content: Content) -> Application:
    return Application.read(json.dumps(application_content))


Marks = dict[str, dict[str, str]]


@pytest.fixture
def scored() -> Callable[[Rubric, Marks], list[Score]]:
    """Give every trait of a read the same mark: ``{application: {judge: mark}}``."""

    def scores(rubric: Rubric, marks: Marks) -> list[Score]:
        return [
            score
            for application_id, by_judge in marks.items()
            for judge_id, mark in by_judge.items()
            for score in read_marks(
                rubric,
                application_id=application_id,
                judge_id=judge_id,
                marks={trait.id: mark for trait in rubric.traits},
            )
        ]

    return scores


@dataclass
class Round:
    """A published challenge in a fund, with the steps of a round as one call each; all is rolled back."""

    session: Session
    fund: PooledFund
    brief_content: Content
    application_content: Content

    def clock(self, day: str) -> Clock:
        return fixed_clock(datetime.fromisoformat(f"{day}T12:00+00:00"))

    def brief(self) -> Brief:
        return Brief.read(json.dumps(self.brief_content))

    def publish(self, use: Mapping[str, str] | None = None) -> Challenge:
        clock = self.clock("2027-01-05")
        return acts.publish(self.session, self.fund, self.brief(), clock=clock, use=use or {})

    def application(self, name: str, **change: object) -> Application:
        facts = {**self.application_content["facts"], **change.pop("facts", {})}  # type: ignore[dict-item]  # a dict
        content = {**self.application_content, "application_id": name, **change, "facts": facts}
        return Application.read(json.dumps(content))

    def submit(self, name: str, *, day: str = "2027-01-20", **change: object) -> Submission:
        application = self.application(name, **change)
        return acts.submit(self.session, "main", application, clock=self.clock(day))

    def score(
        self, name: str, judge: str, marks: Mapping[str, str | None], day: str = "2027-03-10"
    ) -> list[Score]:
        code = self.brief_content["challenge_id"]
        return list(acts.score(self.session, "main", code, name, judge, marks, clock=self.clock(day)))

    def vote(self, voter: str, day: str = "2027-04-20", **weights: int) -> Ballot:
        ballot = Ballot(ballot_id=voter, weights=tuple(weights.items()))
        code = self.brief_content["challenge_id"]
        acts.cast_ballot(self.session, "main", code, ballot, clock=self.clock(day))
        return ballot

    def award(self, prize: int, **amounts: str) -> tuple[Award, ...]:
        """Award amounts to applications; ``a_1`` stands for the application ``a-1``."""
        awards = [
            Award(
                application_id=name.replace("_", "-"),
                amount=money(amount, "USD"),
                rule="places",
                rank=None,
                reason="Said so.",
            )
            for name, amount in amounts.items()
        ]
        clock = self.clock("2027-05-20")
        return acts.award(
            self.session, self.fund, self.brief_content["challenge_id"], prize, awards, clock=clock
        )

    def money(self) -> tuple[str, str, str]:
        """Tell what the fund has committed, paid and free."""
        at = finance.position(self.session, self.fund)
        return at.committed.text, at.disbursed.text, at.free.text


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Iterator[Engine]:
    """Engine on a database that stays empty: whoever uses it rolls back."""
    opened = open_engine(make_database(request.param))
    yield opened
    opened.dispose()


@pytest.fixture
def open_round(brief_content: Content, application_content: Content) -> Callable[[Session], Round]:
    """Maker of a round in a session: 1,000,000.00 USD, of which 400,000.00 USD are for the east."""

    def opened(session: Session) -> Round:
        clock = fixed_clock(datetime.fromisoformat("2027-01-01T12:00+00:00"))
        finance.open_book(session, "main", currency("USD"))
        for code in ("river-trust", "pump-makers", "hill-giver"):
            finance.register_party(session, "main", Party(code=code, name=code.title()))
        east = Earmark(code="east", title="Eastern region", admits={"region": ("east",)})
        finance.open_earmark(session, "main", east)
        fund = finance.open_fund(session, "main", "water-pool", currency("USD"), title="Water pool")
        for key, amount, earmark in (("g1", "600000.00", "unrestricted"), ("g2", "400000.00", "east")):
            deposit = money(amount, "USD")
            finance.contribute(session, fund, "hill-giver", deposit, key=key, clock=clock, earmark=earmark)
        return Round(session, fund, brief_content, application_content)

    return opened


@pytest.fixture
def round_(empty_engine: Engine, open_round: Callable[[Session], Round]) -> Iterator[Round]:
    """A round that is not published yet."""
    with Session(empty_engine) as session:
        yield open_round(session)


BESIDE = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data" / "review"
REVIEWS = Path(os.environ.get("ALMONER_REVIEWS", BESIDE))


def _rows(name: str) -> list[dict[str, str]]:
    """Scores of real panels, read in place: their licence is not settled, so none is kept here."""
    if not (REVIEWS / name).is_file():
        pytest.skip(f"no {name} in {REVIEWS}")
    with (REVIEWS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _column(rows: list[dict[str, str]]) -> Callable[[str], list[tuple[str, str, float]]]:
    return lambda column: [
        (row["ID"], row["RevID"], float(row[column])) for row in rows if row[column] not in {"", "NA"}
    ]


@pytest.fixture(scope="session")
def aibs() -> Callable[[str], list[tuple[str, str, float]]]:
    return _column(_rows("aibs_grant_review_scores.csv"))


@pytest.fixture(scope="session")
def nih() -> Callable[[str], list[tuple[str, str, float]]]:
    return _column(_rows("nih_review_scores.csv"))


@pytest.fixture(scope="session")
def nih_panels() -> dict[str, str]:
    return {row["ID"]: row["SRG"] for row in _rows("nih_review_scores.csv")}


@dataclass
class Judged:
    """A round that is judged by assigned readers: who reads what, marks, time, one call for each step."""

    round: Round
    challenge: str = "clean-water"

    @property
    def session(self) -> Session:
        return self.round.session

    def at(self, day: str) -> Clock:
        return self.round.clock(day)

    def enter(self, *names: str) -> None:
        """Submit applications, each of its own hub and lab: ``a-1`` is of ``hub-1`` and ``lab-1``."""
        for name in names:
            text = json.dumps({**self.round.application_content, "application_id": name})
            own = text.replace("river-trust", f"hub-{name[2:]}").replace("pump-makers", f"lab-{name[2:]}")
            acts.submit(self.session, "main", Application.read(own), clock=self.at("2027-01-20"))

    def register(self, *names: str, panel: str = "") -> None:
        for name in names:
            judge, clock = Judge(code=name, panel=panel), self.at("2027-02-01")
            acts.register_judge(self.session, "main", self.challenge, judge, clock=clock)

    def plan(
        self,
        phase: str = "panel",
        day: str = "2027-03-05",
        *,
        seed: int = 7,
        signals: Mapping[str, Mapping[tuple[str, str], float]] | None = None,
        limit_s: float = 10.0,
    ) -> AssignmentPlan:
        wishes = PlanWishes(seed=seed, signals=signals or {}, limit_s=limit_s)
        clock = self.at(day)
        return acts.plan_assignment(self.session, "main", self.challenge, phase, wishes, clock=clock)

    def assign(self, phase: str = "panel", day: str = "2027-03-05", reason: str = "") -> AssignmentPlan:
        """Draft a plan and publish it."""
        plan = self.plan(phase, day)
        return acts.publish_assignment(
            self.session,
            "main",
            self.challenge,
            phase,
            plan.number,
            maker="desk",
            reason=reason,
            clock=self.at(day),
        )

    def score(
        self, name: str, judge: str, reach: str | None, proof: str | None = None, day: str = "2027-03-10"
    ) -> tuple[Score, ...]:
        marks = {"reach": reach, "proof": reach if proof is None else proof}
        clock = self.at(day)
        return acts.score(self.session, "main", self.challenge, name, judge, marks, clock=clock)

    def mark_all(self, plan: AssignmentPlan, phase: str = "panel") -> None:
        """Write a read of every judge on his list, past the checks of ``acts.score``: quality rises with the
        number of the name, with so much chance in it that the scores do not separate neighbours."""
        brief = self.round.brief()
        stored, rubric = find_challenge(self.session, "main", self.challenge), brief.rubric_of(phase)
        clock = fixed_clock(brief.opens(phase))
        for name, judge in plan.pairs:
            chance = crc32(f"{name}{judge}".encode())
            reach, proof = (f"{(15 + int(name[2:]) + (chance >> shift) % 20) / 10}" for shift in (0, 8))
            marks = {"reach": reach, "proof": proof}
            admission = find_admission(self.session, stored.id, name)
            key = f"{phase}#{name}#{judge}"
            keep_read(
                self.session,
                stored,
                admission,
                read_marks(rubric, application_id=name, judge_id=judge, marks=marks),
                phase=phase,
                seat=find_seat(self.session, stored, phase, admission.id, judge),
                last=None,
                read_at=clock(),
                event_id=record_event(self.session, "main", "test.read", marks, key=key, clock=clock)[0],
            )

    def tie(self, judge: str, party: str, kind: str = "employee", day: str = "2027-03-09") -> None:
        """Declare on record what ties a judge to an actor."""
        interest = Interest(a=judge, b=party, kind=kind, source="own statement")  # type: ignore[arg-type]  # a word
        acts.declare_interest(self.session, "main", interest, by=judge, clock=self.at(day))

    def freeze(self, phase: str = "panel", day: str = "2027-04-13") -> "acts.FrozenCalibration":
        return acts.freeze_calibration(self.session, "main", self.challenge, phase, clock=self.at(day))


@pytest.fixture
def open_judged(brief_content: Content) -> Callable[[Round], Judged]:
    """Maker of a published round whose brief has judges assigned, two reads each, three places."""

    def opened(round_: Round, *, reads: int = 2, **policy: object) -> Judged:
        brief_content["judge_policy"] = {
            "load": [0, 50],
            "scope": "pair",
            "seed_source": "beacon",
            **policy,
        }
        panel = brief_content["phases"][1]
        panel["reads_per_application"] = reads
        panel.setdefault("advances", {"rule": "top", "n": 3, "tie": "lottery"})
        brief_content["visibility"] += [
            {"pointer": "/application", "action": "show", "viewer": "assigned_judge"},
            *(
                {"pointer": f"/application/{name}", "action": "mask", "viewer": "assigned_judge"}
                for name in ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords")
            ),
            {"pointer": "/application", "action": "show", "viewer": "chair"},
        ]
        round_.publish({"region": "east"})
        return Judged(round_)

    return opened


@pytest.fixture
def judged(round_: Round, open_judged: Callable[[Round], Judged]) -> Judged:
    """A round with assigned judges, published."""
    return open_judged(round_)
