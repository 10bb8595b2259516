"""From a result to money: every award has its reason, and nothing of a prize is lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import (
    Application,
    Award,
    Ballot,
    MeasuredProject,
    Places,
    Pool,
    Ranking,
    Rubric,
    Score,
    Standing,
    award_by_allocation,
    award_by_ballot,
    award_by_score,
    award_places,
    metric_shares,
    pose,
    rank_by_mean,
    unawarded,
)
from almoner.challenges.errors import ApplicationInconsistent, ScoreInvalid
from almoner.finance.allocation.answer import Allocation, AllocationLine, Part
from almoner.finance.allocation.checking.check import recheck
from almoner.finance.errors import AllocationRejected, DocumentInvalid
from almoner.finance.money import Money, money, zero
from almoner.finance.units import currency

Scored = Callable[[Rubric, dict[str, dict[str, str]]], list[Score]]
USD = currency("USD")
PLACES = Places.read('{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"]}')


def pool(split: str, amount: str = "1000.00") -> Pool:
    return Pool.read(json.dumps({"kind": "pool", "phase": "p", "amount": amount, "split": split}))


def ranking_of(means: dict[str, Fraction], direction: Any = "higher") -> Ranking:  # noqa: ANN401 - a literal
    sign = -1 if direction == "higher" else 1
    order = sorted(means, key=lambda name: (sign * means[name], name))
    return Ranking(
        rubric_id="merit/1",
        direction=direction,
        standings=tuple(
            Standing(
                application_id=name,
                rank=1 + sum(sign * mean < sign * means[name] for mean in means.values()),
                mean=means[name],
                reads=1,
                variance_of_mean=None,
            )
            for name in order
        ),
        set_aside=(),
        unranked=(),
    )


def test_places_pay_ties_and_say_why(rubric: Rubric, scored: Scored) -> None:
    marks = {"a": {"j1": "4.0", "j2": "5.0"}, "c": {"j1": "4.0"}, "b": {"j1": "4.0"}, "d": {"j1": "3.0"}}
    awards = award_places(PLACES, rank_by_mean(scored(rubric, marks), rubric), unit=USD)
    assert [(row.application_id, row.rank, row.amount.text) for row in awards] == [
        ("a", 1, "100.00"),
        ("b", 2, "37.50"),
        ("c", 2, "37.50"),
    ]
    assert awards[0].reason == (
        "Rank 1 of 4 with a mean of 4.5000 points (standard error 0.5000) over 2 reads; "
        "place 1 pays 100.00 USD."
    )
    assert awards[1].reason == (
        "Rank 2 of 4 with a mean of 4.0000 points over 1 read; "
        "2 tied at place 2 share 75.00 USD equally: 37.50 USD."
    )
    assert unawarded(PLACES, awards, unit=USD) == zero(USD)


def test_places_that_nobody_takes_stay_with_the_fund() -> None:
    awards = award_places(PLACES, ranking_of({"a": Fraction(4)}), unit=USD)
    assert unawarded(PLACES, awards, unit=USD) == money("75.00", USD)


MEANS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.integers(min_value=10, max_value=50).map(lambda n: Fraction(n, 10))
)


@given(MEANS, st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=6))
def test_awards_and_the_rest_are_the_prize(means: dict[str, Fraction], minors: list[int]) -> None:
    texts = [Money(minor=minor, unit=USD).text for minor in sorted(minors, reverse=True)]
    prize = Places.read(json.dumps({"kind": "places", "phase": "p", "amounts": texts}))
    awards = award_places(prize, ranking_of(means), unit=USD)
    paid = sum((award.amount for award in awards), start=zero(USD))
    assert paid + unawarded(prize, awards, unit=USD) == Money(minor=sum(minors), unit=USD)
    if len(means) >= len(minors):
        assert unawarded(prize, awards, unit=USD) == zero(USD)


@given(MEANS)
def test_a_pool_by_score_is_paid_in_full_and_follows_merit(means: dict[str, Fraction]) -> None:
    anchors = [{"lo": lo, "hi": hi, "text": "band"} for lo, hi in (("1", "1"), ("1.1", "4.9"), ("5", "5"))]
    for direction in ("higher", "lower"):
        rubric = Rubric.read(
            json.dumps(
                {
                    "id": "merit/1",
                    "scale": {"lo": "1", "hi": "5", "step": "0.1", "direction": direction},
                    "traits": [{"id": "t", "title": "T", "weight_bp": 10000, "anchors": anchors}],
                }
            )
        )
        awards = award_by_score(pool("score"), ranking_of(means, direction), rubric.scale, unit=USD)
        total = sum(rubric.scale.merit(mean) for mean in means.values())
        assert bool(awards) == bool(total)
        if awards:
            assert unawarded(pool("score"), awards, unit=USD) == zero(USD)
        for award in awards:
            exact = 100_000 * rubric.scale.merit(means[award.application_id]) / total
            assert abs(exact - award.amount.minor) < 1


def test_a_pool_by_score_says_what_took_what(rubric: Rubric) -> None:
    ranking = ranking_of({"a": Fraction(4), "b": Fraction(2), "c": Fraction(1)})
    awards = award_by_score(pool("score"), ranking, rubric.scale, unit=USD)
    assert [(row.application_id, row.amount.text) for row in awards] == [("a", "750.00"), ("b", "250.00")]
    assert awards[1].reason.endswith(
        "1.0000 of 4.0000 points of merit in all take 250.00 USD of 1000.00 USD."
    )


def test_ballots_become_awards_above_the_floor() -> None:
    projects = [
        MeasuredProject(project_id=name, measures=(("users", users),))
        for name, users in (("a", 90), ("b", 9), ("c", 1))
    ]
    votes = [Ballot(ballot_id="v", weights=(("users", 1),))]
    result = metric_shares(
        projects, votes, pool=money("1000.00", USD), cap_bp=6000, floor=money("50.00", USD)
    )
    prize = pool("ballot")
    awards = award_by_ballot(prize, result, unit=USD)
    assert [(row.application_id, row.amount.text, row.rank) for row in awards] == [
        ("a", "600.00", None),
        ("b", "400.00", None),
    ]
    assert awards[1].reason == (
        "Median share of 36.0000 % over 1 ballot; "
        "400.00 USD of 1000.00 USD after a cap of 60.00 % and a floor of 50.00 USD."
    )
    assert unawarded(prize, awards, unit=USD) == result.unallocated
    with pytest.raises(ValueError, match=r"divided 1000.00 USD, the prize is 999.00 USD"):
        award_by_ballot(pool("ballot", "999.00"), result, unit=USD)


def applications_of(content: dict[str, Any], asks: dict[str, tuple[str, str]]) -> list[Application]:
    line = content["budget"][0]
    return [
        Application.read(
            json.dumps(
                content
                | {"application_id": name, "ask": ask, "minimum": least, "budget": [line | {"amount": ask}]}
            )
        )
        for name, (ask, least) in asks.items()
    ]


def test_the_posed_problem_carries_asks_shares_groups_and_merit(
    application_content: dict[str, Any], rubric: Rubric
) -> None:
    application_content["bundle"].append({"party": "advisers", "role": "advice", "share_bp": 0})
    rows = applications_of(application_content, {"b": ("400.00", "100.00"), "a": ("1000.00", "0")})
    ranking = ranking_of({"a": Fraction(4), "b": Fraction(3), "ineligible": Fraction(5)})
    problem = pose(
        rows,
        ranking,
        rubric.scale,
        unit=USD,
        funds=[{"fund_id": "pool", "budget_minor": 100_000}],
        earmarks=[{"fund_id": "pool", "column": "region", "value": "east"}],
        limits=[{"group_kind": "sector", "group_id": "water", "cap_minor": 90_000}],
        synergies=[{"kind": "bundle", "members": ["a", "b"]}],
    )
    assert problem.interventions.texts("intervention_id") == ["a", "b"]
    assert (problem.tickets.ints("min_minor").tolist(), problem.tickets.ints("max_minor").tolist()) == (
        [0, 10_000],
        [100_000, 40_000],
    )
    # merit 2 of 400.00 for b, where the largest ask is 1000.00
    assert problem.response.ints("gain_micro_per_k").tolist() == [3_000_000, 5_000_000]
    assert problem.interventions.texts("sector") == ["water", "water"]
    parts = list(zip(problem.actors.texts("actor_id"), problem.actors.ints("share_bp").tolist(), strict=True))
    assert parts[:2] == [("pump-makers", 4000), ("river-trust", 6000)]
    lines = [
        AllocationLine(intervention_id=name, fund_id="pool", amount_minor=minor)
        for name, minor in (("a", 50_000), ("b", 40_000))
    ]
    shares = {("a", "pump-makers"): 20_000, ("a", "river-trust"): 30_000}
    shares |= {("b", "pump-makers"): 16_000, ("b", "river-trust"): 24_000}
    both = replace(
        Allocation.of(lines),
        parts=tuple(
            Part(intervention_id=name, period=0, actor_id=actor, amount_minor=minor)
            for (name, actor), minor in shares.items()
        ),
    )
    assert recheck(problem, both) == Fraction(3, 2) + 2
    with pytest.raises(AllocationRejected, match="part/a/pump-makers"):
        recheck(problem, replace(both, parts=both.parts[1:]))
    with pytest.raises(AllocationRejected, match="bundle/a/b"):
        recheck(problem, replace(Allocation.of(lines[:1]), parts=both.parts[:2]))


def test_an_application_without_a_score_has_no_value(
    application_content: dict[str, Any], rubric: Rubric
) -> None:
    rows = applications_of(application_content, {"a": ("10.00", "0"), "b": ("10.00", "0")})
    funds = [{"fund_id": "pool", "budget_minor": 1000}]
    with pytest.raises(ScoreInvalid, match="for b:"):
        pose(rows, ranking_of({"a": Fraction(4)}), rubric.scale, unit=USD, funds=funds)
    with pytest.raises(DocumentInvalid):
        pose([], ranking_of({}), rubric.scale, unit=USD, funds=funds)


def test_a_group_called_like_a_column_is_refused(application_content: dict[str, Any], rubric: Rubric) -> None:
    application_content["groups"] = {"lock": "1"}
    rows = applications_of(application_content, {"a": ("10.00", "0")})
    with pytest.raises(ApplicationInconsistent, match="lock"):
        pose(
            rows,
            ranking_of({"a": Fraction(4)}),
            rubric.scale,
            unit=USD,
            funds=[{"fund_id": "pool", "budget_minor": 1000}],
        )


def test_an_allocation_becomes_awards(application_content: dict[str, Any]) -> None:
    rows = applications_of(application_content, {"a": ("800.00", "0"), "b": ("500.00", "0")})
    ranking = ranking_of({"a": Fraction(4), "b": Fraction(3)})
    lines = [
        AllocationLine(intervention_id=name, fund_id=fund, amount_minor=minor)
        for name, fund, minor in (("b", "x", 10_000), ("a", "x", 80_000), ("b", "y", 5_000))
    ]
    awards = award_by_allocation(pool("optimiser"), lines, rows, ranking, unit=USD)
    assert [(row.application_id, row.amount.text, row.rank) for row in awards] == [
        ("a", "800.00", 1),
        ("b", "150.00", 2),
    ]
    assert awards[1].reason == (
        "Rank 2 of 2 with a mean of 3.0000 points over 1 read; the allocation of 1000.00 USD gives "
        "150.00 USD, 30.00 % of the 500.00 USD asked for."
    )
    assert unawarded(pool("optimiser"), awards, unit=USD) == money("50.00", USD)
    with pytest.raises(ValueError, match=r"no answer for a prize of 900\.00 USD"):
        award_by_allocation(pool("optimiser", "900.00"), lines, rows, ranking, unit=USD)
    with pytest.raises(ValueError, match="no answer"):
        award_by_allocation(pool("optimiser"), lines, rows[:1], ranking, unit=USD)


def test_rule_and_prize_must_fit(rubric: Rubric) -> None:
    with pytest.raises(ValueError, match="lower ranks better, but higher"):
        award_by_score(pool("score"), ranking_of({}, "lower"), rubric.scale, unit=USD)
    with pytest.raises(ValueError, match="split by ballot, not by score"):
        award_by_score(pool("ballot"), ranking_of({}), rubric.scale, unit=USD)
    with pytest.raises(ValueError, match="an award is positive"):
        Award(application_id="a", amount=zero(USD), rule="places", rank=1, reason="Rank 1.")
    much = Award(application_id="a", amount=money("1000.01", USD), rule="pool.score", rank=1, reason="r")
    with pytest.raises(ValueError, match=r"exceed the prize by 0.01 USD"):
        unawarded(pool("score"), [much], unit=USD)
