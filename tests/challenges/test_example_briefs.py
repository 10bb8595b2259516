"""Briefs of real challenges: each is read, looked over and simulated; one is run from entry to payment."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from almoner import money
from almoner.challenges import Application, Brief, acts
from almoner.challenges.acts import DecisionInputs
from almoner.challenges.amendments import AmendmentFacts, amend
from almoner.challenges.awarding import Finish, TieBreak
from almoner.challenges.decision import Decision
from almoner.challenges.errors import AmendmentRefused, ChallengeRefused
from almoner.challenges.judges import Judge
from almoner.challenges.lint import lint
from almoner.challenges.plans import PlanWishes
from almoner.challenges.seeds import Beacon
from almoner.challenges.simulation import Assumptions, simulate_design
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import Missing
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.storage import Session
from almoner.finance.units import currency

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "challenge"
REAL = ("carbon-removal", "longitude-amr", "mayors-challenge")
CODE, NAMES = "mayors-challenge", tuple(f"c-{n}" for n in range(6))


def brief_of(name: str) -> Brief:
    return Brief.read((EXAMPLES / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("carbon-removal", "100000000.00"),
        ("longitude-amr", "8500000.00"),
        ("mayors-challenge", "12500000.00"),
    ],
)
def test_a_real_challenge_is_one_brief_that_may_be_published_and_costs_what_it_did(
    name: str, total: str
) -> None:
    brief = brief_of(name)
    before = min(brief.opens(phase) for phase in brief.phases) - timedelta(days=1)
    assert lint(brief, now=before) == ()
    assert brief.prize_total(currency(brief.unit)).text == total


@pytest.mark.parametrize("name", REAL)
def test_a_real_challenge_can_be_simulated_and_pays_no_more_than_it_promises(name: str) -> None:
    brief = brief_of(name)
    assumed = Assumptions(applications=60, ask_mean="20000")
    report = simulate_design(brief, assumed, unit=currency(brief.unit), runs=5)
    judged = [phase.id for phase in brief.phases if phase.judging == "panel"]
    assert [row.phase for row in report.work] == judged
    for row in report.payouts:
        assert row.mean + row.unawarded == row.maximum
        assert row.mean.minor >= 0 <= row.unawarded.minor
    kinds = [prize.kind for prize in brief.prizes]
    assert len(report.payouts) == 1 + len(kinds) - kinds.count("discretionary")


def test_a_first_prize_is_not_made_smaller_once_cities_have_applied() -> None:
    brief = brief_of(CODE)
    smaller = [{"op": "replace", "path": "/prizes/1/amounts", "value": ["1000000.00"] * 9}]
    facts = AmendmentFacts(first_submission=datetime(2017, 9, 1, tzinfo=UTC))
    day = datetime(2018, 7, 1, tzinfo=UTC)
    with pytest.raises(AmendmentRefused) as refused:
        amend(brief, smaller, reason="More winners", kind="material", facts=facts, now=day)
    assert "a prize is lowered" in str(refused.value.figures["findings"])


class Cities:
    """The challenge of the cities in the small: six apply, four are let on, two are paid in the end."""

    def __init__(self, session: Session) -> None:
        content = json.loads((EXAMPLES / f"{CODE}.json").read_text())
        content["phases"][1]["advances"]["n"] = content["prizes"][0]["n"] = 4
        content["phases"][0]["grace_seconds"] = 3600
        content["prizes"][0] = {
            "kind": "pool",
            "phase": "choose",
            "amount": "500000.00",
            "split": "ask",
            "tie": "split",
        }
        content["prizes"][1]["amounts"] = ["5000000.00", "1000000.00"]
        self.session, self.brief = session, Brief.read(json.dumps(content))
        finance.open_book(session, "main", currency("USD"))
        for name in ("giver", *NAMES):
            finance.register_party(session, "main", Party(code=name, name=name.title()))
        self.fund: PooledFund = finance.open_fund(session, "main", "mayors-fund", currency("USD"), title="M")
        day = self.at("2017-06-01")
        finance.contribute(session, self.fund, "giver", money("9000000.00", "USD"), key="g", clock=day)
        acts.publish(session, self.fund, self.brief, clock=day)

    def at(self, day: str) -> Clock:
        return fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC))

    def submit(self, name: str, phase: str, clock: Clock, ask: str = "100000.00") -> None:
        line = {"actor": name, "intervention": "idea", "category": "work", "amount": ask, "covered_by": "ask"}
        content = {
            "schema": "almoner.application/1",
            "application_id": f"a-{name}",
            "challenge_id": CODE,
            "title": "An idea",
            "unit": "USD",
            "lead": name,
            "bundle": [{"party": name, "role": "lead", "share_bp": 10000}],
            "interventions": [{"id": "idea", "title": "The idea"}],
            "budget": [line],
            "ask": ask,
            "facts": {"lead.kind": "government", "city.people": 90000},
            "disclosures": [{"party": name, "incentives": "none", "restrictions": "none"}],
        }
        application = Application.read(json.dumps(content))
        acts.submit(self.session, "main", application, clock=clock, phase=phase)

    def judge(self, phase: str) -> None:
        """Plan, mark in the order of the names, freeze."""
        place = (self.session, "main", CODE)
        opens, closes = self.brief.opens(phase), self.brief.closes(phase)
        for n in range(5):
            judge, who = Judge(code=f"j-{n}"), acts.actors_of(*place)
            acts.register_judge(*place, judge, clock=fixed_clock(opens - timedelta(hours=2)))
            none = dict.fromkeys(who, "none")
            acts.declare(*place, judge.code, none, clock=fixed_clock(opens - timedelta(hours=1)))
        plan = acts.plan_assignment(*place, phase, PlanWishes(seed=7), clock=fixed_clock(opens))
        assert plan.lacks == ()
        clock = fixed_clock(opens)
        acts.publish_assignment(*place, phase, plan.number, maker="desk", clock=clock, reason="small")
        traits = [trait.id for trait in self.brief.rubric_of(phase).traits]
        for name, judge_id in plan.pairs:
            mark = str(max(1, 5 - int(name[-1])))
            marks, said = dict.fromkeys(traits, mark), dict.fromkeys(traits, "As read.")
            acts.score(*place, name, judge_id, marks, comments=said, clock=clock)
        acts.freeze_calibration(*place, phase, clock=fixed_clock(closes))

    def let_on(self) -> tuple[str, ...]:
        place = (self.session, "main", CODE, "choose")
        named, drawn = self.brief.closes("choose"), self.brief.closes("choose") + timedelta(days=1)
        acts.publish_band(*place, clock=fixed_clock(named), beacon_source="city beacon", beacon_at=drawn)
        seed = Beacon(source="city beacon", named_at=named, instant=drawn, value="5f" * 16, proof="signed")
        later = fixed_clock(drawn + timedelta(hours=1))
        return acts.advance_phase(*place, maker="desk", seed=seed, clock=later).inside

    def decision(self, day: str, **inputs: tuple[Finish, ...]) -> Decision:
        given = DecisionInputs(tie=TieBreak(seed="5f"), finishes=inputs)
        return acts.decision_of(self.session, self.fund, CODE, clock=self.at(day), inputs=given)

    def pay(self, decision: Decision) -> None:
        clock = self.at("2018-12-01")
        for number, rows in decision.items():
            for award in acts.award(self.session, self.fund, CODE, number, rows, clock=clock):
                key = f"{number}#{award.application_id}"
                acts.pay_award(self.session, self.fund, CODE, award, key=key, clock=clock)


@pytest.fixture
def cities(empty_engine: Engine) -> Iterator[Cities]:
    with Session(empty_engine) as session:
        yield Cities(session)


def test_a_city_that_shows_its_test_later_keeps_what_it_won_and_can_win_the_final(cities: Cities) -> None:
    for name in NAMES:
        cities.submit(name, "apply", cities.at("2017-08-01"))
    cities.submit("c-0", "apply", fixed_clock(cities.brief.closes("apply") + timedelta(seconds=30)))
    with pytest.raises(Missing, match="There is no calibration of choose"):
        acts.rank_phase(cities.session, "main", CODE, "choose")
    cities.judge("choose")
    inside = cities.let_on()
    assert len(inside) == 4
    first = cities.decision("2018-02-05")[0]
    out = next(name for name in NAMES if f"a-{name}" not in inside)
    with pytest.raises(ChallengeRefused, match=f"test is open to those who went on to it; a-{out} did not"):
        cities.submit(out, "test", cities.at("2018-05-01"))
    for name in inside:
        cities.submit(name[2:], "test", cities.at("2018-05-01"), ask="450000.00")
    cities.judge("final")  # the same judges: what was tested since is another work
    decision = cities.decision("2018-11-01")
    assert decision[0] == first
    assert [one.amount.text for one in first] == ["100000.00"] * 4 + ["50000.00"] * 2
    assert "a-c-0" in {one.application_id for one in first}, "in the seconds of grace"
    final = [(one.application_id, one.amount.text) for one in decision[1]]
    assert final == [("a-c-0", "5000000.00"), ("a-c-1", "1000000.00")]
    cities.pay(decision)
    assert finance.verify(cities.session, "main").findings == ()
    assert finance.position(cities.session, cities.fund).disbursed.text == "6500000.00"


def test_a_result_that_is_named_by_the_hub_is_refused_and_not_overlooked(cities: Cities) -> None:
    cities.submit("c-0", "apply", cities.at("2017-08-01"))
    day = datetime(2018, 1, 1, tzinfo=UTC)
    row = Finish(application_id="c-0", determination="d", value="1", achieved_at=day, final_at=day)
    with pytest.raises(Missing, match="no application c-0: a result is named by the code of its application"):
        cities.decision("2018-11-01", final=(row,))
