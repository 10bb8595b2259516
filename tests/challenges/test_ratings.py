"""Ratings against the worked figures, a dense mixed model and the analysis of variance."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest

from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.progress import HubProgress
from almoner.challenges.rating_model import RatedResults, restricted_likelihood
from almoner.challenges.ratings import rate

DAY = date(2028, 1, 1)


def result(
    hub: str, value: float, error: float = 0.15, *, months: int = 0, at: int = 0, **changes: object
) -> HubProgress:
    fields: dict[str, object] = {"metric": "m", "family": "m", **changes}
    return HubProgress(
        hub=hub,
        value=Fraction(value),
        standard_error=Fraction(error),
        on=DAY - timedelta(days=round(months * 365.25 / 12)),
        source=f"{at:03}",
        **fields,  # type: ignore[arg-type]  # fields of one table
    )


def proven_and_lucky() -> list[HubProgress]:
    return [*(result("proven", 0.70, at=at) for at in range(10)), result("lucky", 1.00)]


def many(seed: int, hubs: int = 12, *, between: float = 0.05, within: float = 0.02) -> list[HubProgress]:
    """Return an unbalanced table with errors and ages of its own."""
    chance = np.random.default_rng(seed)
    rows = []
    for hub in range(hubs):
        level = 0.5 + chance.normal() * between**0.5
        for at in range(int(chance.integers(1, 7))):
            error = float(chance.uniform(0.02, 0.2))
            value = level + chance.normal() * (within + error**2) ** 0.5
            rows.append(result(f"h{hub:02}", value, error, months=int(chance.integers(0, 60)), at=at))
    return rows


def dense(
    rows: Sequence[HubProgress], hubs: Sequence[str], between: float, within: float, half_life: float
) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Solve the model by its full matrices: mean, levels, their covariance and twice the likelihood."""
    y = np.array([float(row.value) for row in rows])
    ages = np.array([(DAY - row.on).days / (365.25 / 12) for row in rows])
    errors = np.array([float(row.standard_error) for row in rows])
    z = np.array([[float(row.hub == hub) for hub in hubs] for row in rows])
    v = np.diag((within + errors**2) * 2 ** (ages / half_life)) + between * z @ z.T
    inverse, one = np.linalg.inv(v), np.ones(len(y))
    information = one @ inverse @ one
    mean = float(one @ inverse @ y / information)
    gain = between * z.T @ inverse
    levels = mean + gain @ (y - mean)
    border = 1 - gain @ one
    covariance = between * np.eye(len(hubs)) - gain @ z * between + np.outer(border, border) / information
    residual = y - mean
    twice = -(np.linalg.slogdet(v)[1] + np.log(information) + residual @ inverse @ residual)
    return mean, levels, covariance, float(twice)


def arrays(rows: Sequence[HubProgress], hubs: Sequence[str], half_life: float) -> RatedResults:
    return RatedResults(
        hub=np.array([hubs.index(row.hub) for row in rows]),
        value=np.array([float(row.value) for row in rows]),
        known=np.array([float(row.standard_error) ** 2 for row in rows]),
        age=np.array([2 ** ((DAY - row.on).days / (365.25 / 12) / half_life) for row in rows]),
        hubs=len(hubs),
    )


def test_the_worked_figures_come_out_to_six_digits() -> None:
    found = rate(proven_and_lucky(), as_of=DAY, mean=0.5, variances=(0.04, 0.01))
    proven, lucky = found.hub("proven"), found.hub("lucky")
    assert (proven.value, proven.standard_error) == pytest.approx((0.684971, 0.054825), abs=1e-6)
    assert (lucky.value, lucky.standard_error) == pytest.approx((0.775862, 0.133907), abs=1e-6)
    assert found.chance_above("lucky", "proven") == pytest.approx(0.735, abs=5e-4)
    assert found.chance_above("proven", "proven") == 0.5
    assert (proven.lower, lucky.lower) == pytest.approx((0.6147, 0.6043), abs=5e-5)
    assert found.names[0] == "lucky"
    assert proven.counted("lower_bound") > lucky.counted("lower_bound")
    assert proven.counted("point") < lucky.counted("point")


def test_a_hub_without_results_is_unrated_with_the_mean_and_the_full_spread_and_not_last() -> None:
    found = rate(
        [*proven_and_lucky(), result("poor", 0.1, 0.05)],
        hubs=["new"],
        as_of=DAY,
        mean=0.5,
        variances=(0.04, 0.01),
    )
    new = found.hub("new")
    assert (new.state, new.value, new.results) == ("unrated", 0.5, 0)
    assert new.standard_error == pytest.approx(0.2)
    assert found.names[-1] == "poor"
    assert new.rank_low < new.rank_high


@pytest.mark.parametrize("seed", range(3))
def test_levels_and_spreads_equal_the_full_matrices(seed: int) -> None:
    rows = many(seed)
    hubs = [*sorted({row.hub for row in rows}), "new"]
    found = rate(rows, hubs=["new"], as_of=DAY, variances=(0.05, 0.02))
    mean, levels, covariance, _ = dense(rows, hubs, 0.05, 0.02, 36.0)
    assert found.mean == pytest.approx(mean, abs=1e-12)
    for at, name in enumerate(hubs):
        assert found.hub(name).value == pytest.approx(levels[at], abs=1e-12)
        assert found.hub(name).standard_error == pytest.approx(covariance[at, at] ** 0.5, abs=1e-12)
    for a, b in ((0, 1), (2, len(hubs) - 1)):
        spread = (covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]) ** 0.5
        expected = NormalDist().cdf((levels[a] - levels[b]) / spread)
        assert found.chance_above(hubs[a], hubs[b]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_equals_the_full_matrices_and_the_fit_is_its_top(seed: int) -> None:
    rows = many(seed)
    hubs = sorted({row.hub for row in rows})
    results = arrays(rows, hubs, 36.0)
    ageless = arrays(rows, hubs, 1e12)
    for between, within in ((0.05, 0.02), (0.3, 0.001)):
        likelihood = restricted_likelihood(results, between, within)[0]
        assert likelihood == pytest.approx(dense(rows, hubs, between, within, 36.0)[3], abs=1e-9)
    found = rate(rows, as_of=DAY)
    top = restricted_likelihood(ageless, found.between, found.within)[0]
    for between in found.between * np.array([0.9, 1.0, 1.1]):
        for within in found.within * np.array([0.9, 1.0, 1.1]):
            assert dense(rows, hubs, float(between), float(within), 1e12)[3] <= top + 1e-9


def test_planted_variances_are_found_whatever_the_age_of_results() -> None:
    chance = np.random.default_rng(11)
    rows = [
        result(f"h{hub:03}", float(level + chance.normal(0, 0.15)), 0.1, months=at * 9, at=at)
        for hub, level in enumerate(chance.normal(0.5, 0.2, 200))
        for at in range(8)
    ]
    found = rate(rows, as_of=DAY)
    assert found.between == pytest.approx(0.04, rel=0.25)
    assert found.within == pytest.approx(0.15**2 - 0.1**2, rel=0.15)
    assert found.mean == pytest.approx(0.5, abs=3 * found.mean_error)


def test_a_balanced_table_without_errors_gives_the_analysis_of_variance() -> None:
    chance = np.random.default_rng(5)
    table = 0.5 + chance.normal(size=(8, 1)) * 0.3 + chance.normal(size=(8, 6)) * 0.2
    rows = [
        result(f"h{hub}", float(value), 0.0, at=at)
        for hub, line in enumerate(table)
        for at, value in enumerate(line)
    ]
    found = rate(rows, as_of=DAY, half_life_months=None)
    within = float(table.var(axis=1, ddof=1).mean())
    between = float(table.mean(axis=1).var(ddof=1)) - within / 6
    assert (found.between, found.within) == pytest.approx((between, within), rel=1e-4)
    assert found.method == "reml"


def test_hubs_that_do_not_differ_hold_the_variance_between_at_its_floor() -> None:
    rows = [result(f"h{hub}", 0.5 + 0.1 * (-1) ** at, 0.01, at=at) for hub in range(4) for at in range(4)]
    found = rate(rows, as_of=DAY)
    assert (found.boundary, found.between) == (("between",), 0.0)
    assert {round(one.expected_rank, 9) for one in found.hubs} == {2.5}


@pytest.mark.parametrize("seed", range(4))
def test_expected_ranks_sum_to_the_sum_of_places(seed: int) -> None:
    found = rate(many(seed, hubs=20), hubs=["new", "newer"], as_of=DAY)
    count = len(found.hubs)
    assert sum(one.expected_rank for one in found.hubs) == pytest.approx(count * (count + 1) / 2, abs=1e-9)
    assert all(one.rank_low <= one.rank_high for one in found.hubs)
    assert [one.expected_rank for one in found.hubs] == sorted(one.expected_rank for one in found.hubs)


def test_a_pending_result_is_counted_and_weighs_nothing() -> None:
    rows = many(1)
    pending = result("h00", 9.0, 0.01, at=99, state="pending")
    without, found = rate(rows, as_of=DAY), rate([*rows, pending], as_of=DAY)
    assert found.hub("h00").pending == 1
    assert found.hub("h00").value == without.hub("h00").value
    alone = rate([*rows, result("late", 9.0, 0.01, state="pending")], as_of=DAY)
    assert (alone.hub("late").state, alone.hub("late").pending) == ("unrated", 1)


def test_old_results_weigh_less_and_later_ones_are_not_known() -> None:
    rows = [
        result("a", 1.0, months=36),
        result("a", 0.0, at=1),
        result("b", 0.5),
        result("a", 9.0, months=-1),
    ]
    faded = rate(rows, as_of=DAY, mean=0.5, variances=(1.0, 0.0))
    even = rate(rows, as_of=DAY, mean=0.5, variances=(1.0, 0.0), half_life_months=None)
    assert even.hub("a").value == pytest.approx(0.5)
    weight = 1 / 0.15**2
    assert faded.hub("a").value == pytest.approx(
        0.5 + (weight * -0.5 + weight / 2 * 0.5) / (1 + 1.5 * weight), abs=1e-4
    )
    assert faded.hub("a").results == 2


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([result("a", 0.1), result("b", 0.4)], "2 hubs have results, a fit needs 3"),
        ([result("a", 0.1), result("b", 0.4), result("c", 0.5)], "a fit needs 5"),
        ([result(hub, 0.5, at=at) for hub in "abc" for at in range(3)], "all results are equal"),
    ],
)
def test_too_few_results_give_plain_means_with_the_reason(rows: list[HubProgress], reason: str) -> None:
    found = rate(rows, hubs=["new"], as_of=DAY)
    assert found.method == "raw"
    assert reason in found.reason
    for row in rows:
        assert found.hub(row.hub).value == pytest.approx(float(row.value))
    assert found.hub("new").state == "unrated"
    assert found.hub("new").value == pytest.approx(found.mean)
    assert rate(rows, as_of=DAY, variances=(0.04, 0.01)).method == "given"


def test_families_are_rated_together_only_where_the_brief_says_so() -> None:
    rows = [*many(2), *(result("h00", 0.3, at=50 + at, family="other") for at in range(3))]
    with pytest.raises(CalibrationInvalid, match="not rated together"):
        rate(rows, as_of=DAY)
    assert rate(rows, as_of=DAY, across_families=True).family == "m+other"


@pytest.mark.parametrize(
    "changes",
    [
        {"half_life_months": 0.0},
        {"mean": float("nan")},
        {"variances": (-0.1, 0.1)},
        {"tail": 1.0},
        {"variances": (0.1, 0.0)},
    ],
)
def test_figures_that_are_none_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CalibrationInvalid):
        rate([result("a", 0.5, 0.0), result("b", 0.4, 0.0)], as_of=DAY, **changes)  # type: ignore[arg-type]  # fields of one table


def test_nothing_determined_and_no_mean_is_refused_and_a_mean_is_enough() -> None:
    with pytest.raises(CalibrationInvalid, match="give one"):
        rate([], hubs=["a"], as_of=DAY)
    assert rate([], hubs=["a"], as_of=DAY, mean=0.4, variances=(0.1, 0.1)).hub("a").value == 0.4


def test_the_same_results_in_another_order_give_the_same_bytes() -> None:
    rows = many(3)
    assert rate(rows, as_of=DAY, seed=4) == rate(rows[::-1], as_of=DAY, seed=4)
