"""Metric ballots and medians with a quorum: exact, conserved, independent of order."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import (
    Ballot,
    BallotPolicy,
    BallotResult,
    MeasuredProject,
    count_ballots,
    median_quorum,
    metric_shares,
)
from almoner.challenges.errors import BallotInvalid
from almoner.finance.errors import CurrencyMismatch
from almoner.finance.money import Money, money, zero
from almoner.finance.units import currency

USD = currency("USD")
POOL = money("1000.00", USD)


def project(project_id: str, users: Any, fees: Any = 0) -> MeasuredProject:  # noqa: ANN401 - bad values too
    return MeasuredProject(project_id=project_id, measures=(("users", users), ("fees", fees)))


def boosted(row: MeasuredProject) -> MeasuredProject:
    return replace(row, boosted=True)


def ballot(ballot_id: str, **weights: Any) -> Ballot:  # noqa: ANN401 - bad values too
    return Ballot(ballot_id=ballot_id, weights=tuple(weights.items()))


def amounts(result: BallotResult) -> dict[str, str]:
    return {row.project_id: row.amount.text for row in result.shares}


PROJECTS = [project("p1", 60, 1), project("p2", 30, 1), project("p3", 10, 2)]


def test_one_ballot_follows_the_measures() -> None:
    result = metric_shares(PROJECTS, [ballot("v1", users=3, fees=1)], pool=POOL, cap_bp=10_000)
    assert amounts(result) == {"p1": "512.50", "p2": "287.50", "p3": "200.00"}
    assert [row.median for row in result.shares] == [
        Fraction("0.5125"),
        Fraction("0.2875"),
        Fraction("0.2"),
    ]


def test_only_proportions_of_weights_and_measures_count() -> None:
    scaled = [project(row.project_id, *(Fraction(value, 7) for _, value in row.measures)) for row in PROJECTS]
    one = metric_shares(PROJECTS, [ballot("v1", users=3, fees=1)], pool=POOL, cap_bp=4000)
    two = metric_shares(
        scaled, [ballot("v1", users=Fraction(3, 8), fees=Fraction(1, 8))], pool=POOL, cap_bp=4000
    )
    assert one == two


def test_the_multiplier_comes_before_the_shares() -> None:
    vote = Ballot(ballot_id="v1", weights=(("users", 1),), multiplier=Fraction(3, 2))
    result = metric_shares([project("p1", 10), boosted(project("p2", 10))], [vote], pool=POOL, cap_bp=10_000)
    assert amounts(result) == {"p1": "400.00", "p2": "600.00"}


def test_the_median_decides_not_the_mean() -> None:
    votes = [ballot("v1", users=1), ballot("v2", users=1), ballot("v3", fees=1)]
    result = metric_shares(
        [project("p1", 1, 0), project("p2", 1, 0), project("p3", 0, 1)], votes, pool=POOL, cap_bp=10_000
    )
    assert amounts(result) == {"p1": "500.00", "p2": "500.00", "p3": "0.00"}


def test_an_even_count_takes_the_mean_of_the_middle_two() -> None:
    votes = [ballot("v1", users=1), ballot("v2", fees=1)]
    result = metric_shares([project("p1", 1, 0), project("p2", 1, 1)], votes, pool=POOL, cap_bp=10_000)
    assert [row.median for row in result.shares] == [Fraction(1, 4), Fraction(3, 4)]


def test_amounts_below_the_floor_go_to_the_rest_and_at_the_floor_stay() -> None:
    votes = [ballot("v1", users=1)]
    at = metric_shares(PROJECTS, votes, pool=POOL, cap_bp=10_000, floor=money("100.00", USD))
    assert amounts(at)["p3"] == "100.00"
    below = metric_shares(PROJECTS, votes, pool=POOL, cap_bp=10_000, floor=money("100.01", USD))
    assert amounts(below) == {"p1": "666.67", "p2": "333.33", "p3": "0.00"}
    assert below.shares[2].before_floor == 100
    assert below.shares[2].exact == 0


def test_what_the_cap_leaves_over_is_a_figure_of_its_own() -> None:
    result = metric_shares(PROJECTS, [ballot("v1", users=1)], pool=POOL, cap_bp=3000)
    assert amounts(result) == {"p1": "300.00", "p2": "300.00", "p3": "300.00"}
    assert result.unallocated == money("100.00", USD)


def test_odd_minor_units_go_by_id() -> None:
    rows = [project(name, 1) for name in ("p3", "p1", "p2")]
    result = metric_shares(rows, [ballot("v1", users=1)], pool=money("0.02", USD), cap_bp=10_000)
    assert amounts(result) == {"p1": "0.01", "p2": "0.01", "p3": "0.00"}


def test_ballots_that_give_nothing_are_dropped_and_counted() -> None:
    votes = [ballot("v9", users=0), ballot("v1", users=1), ballot("v5", fees=2)]
    result = metric_shares([project("p1", 1, 0)], votes, pool=POOL, cap_bp=10_000)
    assert (result.counted, result.dropped) == (1, ("v5", "v9"))
    nobody = metric_shares([project("p1", 1, 0)], votes[:1], pool=POOL, cap_bp=10_000)
    assert (amounts(nobody), nobody.unallocated, nobody.counted) == ({"p1": "0.00"}, POOL, 0)


@pytest.mark.parametrize(
    ("projects", "ballots", "path"),
    [
        ([project("p1", -1)], [ballot("v", users=1)], "/projects/p1/users"),
        ([project("p1", 1.5)], [ballot("v", users=1)], "/projects/p1/users"),
        ([project("p1", users=True)], [ballot("v", users=1)], "/projects/p1/users"),
        ([project("p1", 1), project("p1", 1)], [ballot("v", users=1)], "/projects/p1"),
        (
            [project("p1", 1), MeasuredProject(project_id="p2", measures=(("users", 1),))],
            [],
            "/projects/p2/fees",
        ),
        (
            [MeasuredProject(project_id="p2", measures=(("users", 1), ("users", 1)))],
            [],
            "/projects/p2/users",
        ),
        ([project("p1", 1)], [ballot("v")], "/ballots/v"),
        ([project("p1", 1)], [ballot("v", users=-1)], "/ballots/v/users"),
        ([project("p1", 1)], [ballot("v", users=float("nan"))], "/ballots/v/users"),
        ([project("p1", 1)], [ballot("v", stars=1)], "/ballots/v/stars"),
        ([project("p1", 1)], [ballot("v", users=1), ballot("v", users=1)], "/ballots/v"),
        (
            [project("p1", 1)],
            [Ballot(ballot_id="v", weights=(("users", 1), ("users", 2)))],
            "/ballots/v/users",
        ),
        (
            [project("p1", 1)],
            [Ballot(ballot_id="v", weights=(("users", 1),), multiplier=Fraction(1, 2))],
            "/ballots/v/multiplier",
        ),
    ],
)
def test_bad_tables_and_ballots_are_refused_at_their_place(
    projects: list[MeasuredProject], ballots: list[Ballot], path: str
) -> None:
    with pytest.raises(BallotInvalid) as refused:
        metric_shares(projects, ballots, pool=POOL, cap_bp=500)
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    assert [row["path"] for row in rows if isinstance(row, dict)] == [path]


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(BallotInvalid, match="have 3 faults"):
        metric_shares([project("p1", -1, -1)], [ballot("v")], pool=POOL, cap_bp=500)


def test_pool_floor_and_cap_must_make_sense() -> None:
    rows, votes = [project("p1", 1)], [ballot("v", users=1)]
    for cap_bp in (0, 10_001, 5.0, True):
        with pytest.raises(BallotInvalid, match="cap"):
            metric_shares(rows, votes, pool=POOL, cap_bp=cap_bp)  # type: ignore[arg-type]  # bad on purpose
    with pytest.raises(BallotInvalid, match="negative"):
        metric_shares(rows, votes, pool=-POOL, cap_bp=500)
    with pytest.raises(BallotInvalid, match="negative"):
        metric_shares(rows, votes, pool=POOL, cap_bp=500, floor=-POOL)
    with pytest.raises(CurrencyMismatch):
        metric_shares(rows, votes, pool=POOL, cap_bp=500, floor=money("1", "EUR"))
    with pytest.raises(BallotInvalid, match="no project"):
        metric_shares([], votes, pool=POOL, cap_bp=500)


def test_a_policy_brings_metrics_cap_floor_and_multiplier() -> None:
    policy = BallotPolicy.read(
        '{"metrics": ["users", "fees"], "cap_bp": 6000, "floor": "150.00", "multiplier_fact": "open_source"}'
    )
    assert policy.boosts({"open_source": True})
    assert not policy.boosts({"open_source": "true"})
    votes = [ballot("v1", users=1)]
    assert count_ballots(policy, PROJECTS, votes, pool=POOL) == metric_shares(
        PROJECTS, votes, pool=POOL, cap_bp=6000, floor=money("150.00", USD)
    )
    narrow = BallotPolicy.read('{"metrics": ["users"]}')
    with pytest.raises(BallotInvalid, match="/projects/p1/fees"):
        count_ballots(narrow, PROJECTS, votes, pool=POOL)


MEASURES = st.one_of(
    st.integers(min_value=0, max_value=10**12), st.fractions(min_value=0, max_value=10**6, max_denominator=97)
)
TABLES = st.lists(st.tuples(MEASURES, MEASURES, st.booleans()), min_size=1, max_size=12)
VOTES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.fractions(1, 3, max_denominator=7)), max_size=7
)


@given(TABLES, VOTES, st.integers(1, 10_000), st.integers(0, 10**12), st.integers(0, 10**6), st.randoms())
def test_the_pool_is_conserved_and_order_changes_nothing(
    table: list[tuple[Fraction, Fraction, bool]],
    votes: list[tuple[int, int, Fraction]],
    cap_bp: int,
    pool_minor: int,
    floor_minor: int,
    random: Any,  # noqa: ANN401 - hypothesis gives no public type for it
) -> None:
    projects = [
        replace(project(f"p{n}", users, fees), boosted=boost) for n, (users, fees, boost) in enumerate(table)
    ]
    ballots = [
        replace(ballot(f"v{n}", users=users, fees=fees), multiplier=multiplier)
        for n, (users, fees, multiplier) in enumerate(votes)
    ]
    pool, floor = Money(minor=pool_minor, unit=USD), Money(minor=floor_minor, unit=USD)
    result = metric_shares(projects, ballots, pool=pool, cap_bp=cap_bp, floor=floor)
    assert sum((row.amount for row in result.shares), start=result.unallocated) == pool
    assert result.unallocated >= zero(USD)
    cap = Fraction(pool_minor * cap_bp, 10_000)
    assert all(0 <= row.amount.minor < cap + 1 for row in result.shares)
    assert all(abs(row.exact * 100 - row.amount.minor) < 1 for row in result.shares)
    assert result.counted + len(result.dropped) == len(ballots)
    random.shuffle(projects)
    random.shuffle(ballots)
    assert metric_shares(projects, ballots, pool=pool, cap_bp=cap_bp, floor=floor) == result


def test_quorum_counts_votes_and_an_explicit_zero_is_one() -> None:
    votes = {"p1": [10, 20, 0], "p2": [40, 60, 61], "p3": [500, 500], "p4": [0, 0, 9]}
    assert median_quorum(votes, quorum=3, minimum=0, pool=money("70.00", USD)) == (
        ("p1", money("10.00", USD)),
        ("p2", money("60.00", USD)),
    )
    assert median_quorum(votes, quorum=3, minimum=11, pool=POOL) == (("p2", POOL),)
    assert median_quorum(votes, quorum=4, minimum=0, pool=POOL) == ()


@pytest.mark.parametrize(
    ("votes", "quorum", "pool"),
    [({"p1": [-1]}, 1, POOL), ({"p1": [1.5]}, 1, POOL), ({"p1": [1]}, 0, POOL), ({"p1": [1]}, 1, -POOL)],
)
def test_votes_that_mean_nothing_are_refused(votes: dict[str, Any], quorum: int, pool: Money) -> None:
    with pytest.raises(BallotInvalid):
        median_quorum(votes, quorum=quorum, minimum=0, pool=pool)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(MEASURES, max_size=4)),
    st.integers(min_value=0, max_value=10**9),
)
def test_quorum_pays_the_whole_pool_or_nobody(votes: dict[str, list[Fraction]], minor: int) -> None:
    pool = Money(minor=minor, unit=USD)
    paid = median_quorum(votes, quorum=2, minimum=1, pool=pool)
    assert sum((part for _, part in paid), start=zero(USD)) in {pool, zero(USD)}
    assert all(part for _, part in paid)
