"""A design is played before it is published, by the rules that will be published."""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from almoner import currency
from almoner.challenges import Brief
from almoner.challenges.errors import ChallengeRefused
from almoner.challenges.simulation import Assumptions, DesignReport, simulate_design
from almoner.challenges.simulation.paying import Chance, pay
from almoner.challenges.simulation.playing import play
from almoner.challenges.simulation.report import EXAMPLE

USD = currency("USD")


def design(**change: object) -> Brief:
    return Brief.read(json.dumps({**json.loads(EXAMPLE), **change}))


def played(brief: Brief, runs: int = 30, applications: int = 30, **assumed: object) -> DesignReport:
    content = {"applications": applications, **assumed}
    return simulate_design(brief, Assumptions.read(json.dumps(content)), unit=USD, runs=runs)


def test_judges_without_severity_and_noise_find_the_best_up_to_the_grid() -> None:
    report = played(design(), judge_sd="0", noise_sd="0")
    assert report.best_first["panel"] >= Fraction(9, 10)
    assert report.winner_rank < Fraction(3, 2)


def test_noise_that_drowns_quality_makes_a_lottery() -> None:
    report = played(design(), runs=60, noise_sd="50", judge_sd="0")
    assert report.best_first["panel"] < Fraction(1, 4)
    assert report.winner_rank > 8


def test_more_reads_find_the_best_more_often() -> None:
    few, many = (
        played(
            design(
                phases=[
                    *json.loads(EXAMPLE)["phases"][:1],
                    {**json.loads(EXAMPLE)["phases"][1], "reads_per_application": reads},
                ]
            ),
            runs=80,
            noise_sd="1.5",
        ).best_first["panel"]
        for reads in (1, 12)
    )
    assert many > few


def test_a_scale_on_which_low_is_good_gives_the_same_rounds() -> None:
    rubric = json.loads(EXAMPLE)["rubric"]
    low = {**rubric, "scale": {**rubric["scale"], "direction": "lower"}}
    high, turned = played(design(), runs=10), played(design(rubric=low), runs=10)
    assert (high.best_first, high.winner_rank) == (turned.best_first, turned.winner_rank)


def test_the_workload_is_that_of_the_brief() -> None:
    (work,) = played(design(), runs=2, applications=500).work
    assert [work.reads, work.judges, work.reads_per_judge] == [2500, 250, 10]
    assert work.hours_per_judge == Fraction(15, 2)
    assert work.fits
    (short,) = played(design(), runs=2, applications=500, judges=50, hours_per_day="1").work
    assert [short.reads_per_judge, short.days_needed] == [50, Fraction(75, 2)]
    assert not short.fits


PRIZES: list[dict[str, Any]] = [
    {"kind": "grand", "phase": "panel", "amount": "900.00"},
    {"kind": "places", "phase": "panel", "amounts": ["900.00", "90.00"]},
    {"kind": "pool", "phase": "panel", "amount": "900.00", "split": "score"},
    {"kind": "pool", "phase": "panel", "amount": "900.00", "split": "ask"},
    {"kind": "pool", "phase": "panel", "amount": "900.00", "split": "optimiser"},
    {"kind": "measured_progress", "phase": "deliver", "amount": "900.00", "basis": "lower_bound",
     "split": "proportional", "hub_cap_bp": 4000},
    {"kind": "first_to_finish", "phase": "deliver", "amount": "900.00", "deadline": "2028-12-31",
     "settles_after": "2029-03-31", "verification": "Each well visited",
     "target": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}},
    {"kind": "staged", "phase": "panel", "stages": [{"id": "pilot", "amount": "900.00", "due": "2028-06-30",
     "condition": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}}]},
    {"kind": "finalists_then_grand", "phase": "panel", "n": 5, "each": "20.00", "grand": "900.00",
     "final_phase": "deliver"},
]  # fmt: skip
DELIVER = {
    "id": "deliver",
    "kind": "delivery",
    "judging": "metric",
    "opens_at": "2027-06-01T00:00Z",
    "closes_at": "2029-06-01T00:00Z",
}


@pytest.mark.parametrize("prize", PRIZES, ids=lambda prize: f"{prize['kind']} {prize.get('split', '')}")
def test_no_prize_pays_more_than_its_maximum_and_all_that_is_paid_goes_to_somebody(
    prize: dict[str, Any],
) -> None:
    brief = design(phases=[*json.loads(EXAMPLE)["phases"], DELIVER], prizes=[prize])
    report = played(brief, runs=8, ask_mean="100", applications=12)
    row = report.payouts[0]
    assert row.unawarded.minor >= 0
    assert row.mean.minor > 0
    assert row.to_best + row.to_next + row.to_others + row.to_rest == 1
    assert 0 <= row.gini <= 1
    assert report.payouts[-1].mean == row.mean


def test_only_those_who_go_on_are_in_the_next_phase() -> None:
    phases = json.loads(EXAMPLE)["phases"]
    peers = {**phases[1], "id": "peers", "judging": "applicants", "closes_at": "2027-03-20T00:00Z",
             "advances": {"rule": "top", "n": 7, "tie": "lottery"}}  # fmt: skip
    brief = design(phases=[phases[0], peers, {**phases[1], "opens_at": "2027-03-21T00:00Z"}])
    report = played(brief, runs=10)
    assert [work.entries for work in report.work] == [30, 7]
    assert 0 < report.best_goes_on["peers"] <= 1
    one = play(brief, Assumptions(applications=30), np.random.default_rng(3))
    assert set(one.orders["panel"].names) <= set(one.orders["peers"].names)
    assert len(one.orders["panel"].names) == 7


def test_what_people_decide_is_named_and_not_made_up() -> None:
    pool = {"kind": "pool", "phase": "panel", "amount": "900.00", "split": "ask"}
    report = played(design(prizes=[*json.loads(EXAMPLE)["prizes"], pool]), runs=2)
    assert report.not_simulated == (("1 pool", "asks decide it: assume an ask_mean"),)
    assert [row.prize for row in report.payouts] == ["0 places", "all"]


def test_one_prize_for_the_first_is_all_to_one() -> None:
    brief = design(prizes=[PRIZES[0]])
    (row, _) = played(brief, runs=3, noise_sd="0.9").payouts
    assert [row.gini, row.winners] == [1, 1]


def test_the_same_seed_gives_the_same_report_and_another_one_another() -> None:
    assumed = Assumptions(applications=15)
    first, again, other = (
        simulate_design(design(), assumed, unit=USD, runs=10, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_brief_that_judges_nothing_is_refused() -> None:
    apply = json.loads(EXAMPLE)["phases"][:1]
    brief = design().model_copy(update={"phases": design(phases=[*apply, DELIVER],
        prizes=[PRIZES[5]]).phases[:1]})  # fmt: skip
    with pytest.raises(ChallengeRefused, match="nothing to simulate"):
        played(brief)
    with pytest.raises(ValueError, match="ask for 1 to"):
        played(design(), runs=0)


def test_a_ballot_divides_by_what_was_measured() -> None:
    vote = {"id": "vote", "kind": "review", "judging": "ballot", "ballot": {"metrics": ["users"]},
            "opens_at": "2027-03-08T09:00Z", "closes_at": "2027-04-12T17:00Z"}  # fmt: skip
    pool = {"kind": "pool", "phase": "vote", "amount": "900.00", "split": "ballot"}
    brief = design(phases=[*json.loads(EXAMPLE)["phases"][:1], vote], prizes=[pool])
    rng = np.random.default_rng(1)
    one = play(brief, Assumptions(applications=9), rng)
    paid = pay(brief.prizes[0], brief, one, Assumptions(applications=9), Chance(seed="1", rng=rng), USD)
    order = [name for name in one.orders["vote"].names if name in paid]
    assert sorted(order, key=lambda name: -paid[name].minor) == order
    assert sum(amount.minor for amount in paid.values()) == 90_000
