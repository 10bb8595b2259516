"""Cautious answers: exact worth in every drawn case, and bounds that hold for them."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation.answer import Allocation, AllocationLine
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.learning.cases import (
    GRAIN,
    case_outcomes,
    factor_cases,
    lawful_weights,
    worst_mean,
)
from almoner.finance.allocation.learning.effects import beliefs, with_effects
from almoner.finance.allocation.learning.frontier import risk_frontier
from almoner.finance.allocation.learning.risk import allocate_at_risk, allocate_worst
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.solve import allocate
from almoner.finance.errors import Infeasible

from .allocation_worlds import small_problem

GAP = Fraction(1, 10_000)
SYNERGIES = [
    {"kind": "bonus", "members": ["i00", "i01"], "value_micro": 900_000},
    {"kind": "overlap", "first_id": "i02", "second_id": "i03", "value_micro": 400_000},
]


def cautious(seed: int = 1, *, count: int = 14, draws: int = 40, **more: object) -> AllocationDocument:
    objective = {"mode": "cvar", "alpha_bp": 2000, "draws": draws, "seed": 3, **more}
    return small_problem(seed, count, objective=objective, synergies=SYNERGIES)


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=30),
    st.integers(1, 10_000),
)
def test_the_mean_of_the_worst_cases_is_that_of_sorting(outcomes: list[int], alpha_bp: int) -> None:
    alpha = Fraction(alpha_bp, 10_000)
    many = sorted(outcome for outcome in outcomes for _ in range(10_000))
    size = alpha_bp * len(outcomes)
    assert worst_mean([Fraction(one) for one in outcomes], alpha) == Fraction(sum(many[:size]), size)


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(1, 10_000), st.data())
def test_any_lawful_weights_are_above_the_mean_of_the_worst(
    shares: list[float], alpha_bp: int, data: st.DataObject
) -> None:
    alpha = Fraction(alpha_bp, 10_000)
    weights = lawful_weights(shares, alpha)
    assert sum(weights) == GRAIN * len(shares)
    assert all(0 <= one <= GRAIN / alpha for one in weights)
    outcomes = [Fraction(data.draw(st.integers(-9, 9))) for _ in shares]
    weighted = sum(one * weight for one, weight in zip(outcomes, weights, strict=True))
    assert weighted / (GRAIN * len(shares)) >= worst_mean(outcomes, alpha)


@pytest.mark.parametrize("seed", range(5))
def test_an_answer_is_lawful_exact_and_below_a_bound_that_is_near(seed: int) -> None:
    document = cautious(seed)
    answer = allocate_at_risk(document, gap=GAP)
    assert breaches(document, answer.allocation) == ()
    thetas = beliefs(document).draws(3, 40)
    outcomes = [recheck(with_effects(document, one), answer.allocation) for one in thetas]
    assert answer.outcomes == pytest.approx([float(one) for one in outcomes], rel=1e-5)
    ranked = sorted(answer.outcomes)
    assert answer.value == answer.cautious == sum(ranked[:8]) / 8
    assert answer.mean == sum(ranked) / 40
    assert answer.value <= answer.bound <= answer.value * Fraction(1002, 1000)
    assert "40 cases drawn with seed 3" in answer.certifies


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_is_above_and_the_answer_is_at_the_best_of_all_choices(seed: int) -> None:
    document = whole_awards(seed)
    thetas = beliefs(document).draws(3, 30)
    best = max(
        worst_mean(case_outcomes(document, allocation, thetas), Fraction(1, 5))
        for allocation in every(document)
    )
    answer = allocate_at_risk(document, gap=GAP)
    assert best <= answer.bound
    assert answer.value >= best * (1 - GAP)


@pytest.mark.parametrize("seed", range(4))
def test_the_posed_problem_alone_bounds_every_choice(seed: int) -> None:
    document = whole_awards(seed)
    answer = allocate_at_risk(document, gap=GAP)
    thetas = beliefs(document).draws(3, 30)
    for allocation in every(document):
        objective = worst_mean(case_outcomes(document, allocation, thetas), Fraction(1, 5))
        assert objective <= recheck(answer.posed, allocation) <= answer.result.bound


def whole_awards(seed: int) -> AllocationDocument:
    """Six interventions of one size each, one fund: few enough to try every choice."""
    rng = np.random.default_rng(seed)
    who = [f"i{at}" for at in range(7)]
    sizes = [int(one) for one in rng.integers(100_000, 400_000, 7)]
    exposure = [int(one) for one in rng.integers(0, 10, 7)]
    return AllocationDocument.from_tables(
        {
            "unit": "USD",
            "scale": 2,
            "objective": objective_of({"mode": "cvar", "alpha_bp": 2000, "draws": 30, "seed": 3}),
        },
        {
            "funds": [{"fund_id": "pool", "budget_minor": sum(sizes) // 2}],
            "interventions": [{"intervention_id": one} for one in who],
            "tickets": [
                {"intervention_id": one, "min_minor": size, "max_minor": size}
                for one, size in zip(who, sizes, strict=True)
            ],
            "response": [
                {"intervention_id": one, "cap_minor": size, "gain_micro_per_k": int(gain)}
                for one, size, gain in zip(who, sizes, rng.integers(1_000_000, 2_000_000, 7), strict=True)
            ],
            "evidence": [
                {
                    "intervention_id": one,
                    "pool": "ab"[at % 2],
                    "family": "gamma_poisson",
                    "expected_micro": 1_000_000,
                    "total": int(rng.poisson(count)),
                    "exposure": count,
                }
                for at, (one, count) in enumerate(zip(who, exposure, strict=True))
            ],
        },
    )


def objective_of(given: dict[str, object]) -> object:
    return small_problem(objective=given).objective


def every(document: AllocationDocument) -> list[Allocation]:
    who, sizes = document.interventions.texts("intervention_id"), document.tickets.ints("max_minor").tolist()
    budget = int(document.arrays.budget.sum())
    found = []
    for choice in product([False, True], repeat=len(who)):
        lines = [
            AllocationLine(intervention_id=one, fund_id="pool", amount_minor=size)
            for one, size, is_in in zip(who, sizes, choice, strict=True)
            if is_in
        ]
        if sum(line.amount_minor for line in lines) <= budget:
            found.append(Allocation.of(lines))
    return found


def test_caution_gives_up_mean_for_the_worst_cases() -> None:
    points = risk_frontier(cautious(2, draws=60), gap=GAP)
    assert [point.weight_bp for point in points] == [0, 2500, 5000, 7500, 10_000]
    means, worst = [point.mean for point in points], [point.cautious for point in points]
    assert means == sorted(means, reverse=True)
    assert worst == sorted(worst)
    assert means[0] > means[-1]
    assert all(point.value <= point.bound for point in points)


def test_a_risk_frontier_is_the_same_on_three_workers() -> None:
    document = cautious(2, draws=20)
    with ThreadPoolExecutor(3) as pool:
        assert risk_frontier(document, [0, 10_000], gap=GAP, executor=pool) == risk_frontier(
            document, [10_000, 0], gap=GAP
        )


def test_means_and_lower_bounds_are_ordinary_problems() -> None:
    document = small_problem(3)
    mean = allocate_at_risk(document, gap=GAP)
    low = allocate_at_risk(small_problem(3, objective={"mode": "lcb", "z_milli": 1500}), gap=GAP)
    known = beliefs(document)
    assert mean.value == allocate(with_effects(document, known.thetas()), gap=GAP).value
    assert low.posed.digest() != mean.posed.digest()
    assert (known.thetas(-1.5) < known.thetas()).all()
    assert low.value < mean.value
    assert low.value <= low.bound


def test_every_goal_is_reached_in_most_of_the_cases_counted_exactly() -> None:
    goal = goal_of(0.7)
    document = with_goal(goal)
    answer = allocate_at_risk(document, gap=Fraction(1, 1000))
    thetas = beliefs(document).draws(3, 40)
    met = sum(one * 10**6 >= goal for one in case_outcomes(document, answer.allocation, thetas, "meals"))
    assert met >= 32
    assert answer.value <= answer.bound
    assert "counted one by one" in answer.certifies
    free = allocate_at_risk(with_goal(1), gap=Fraction(1, 1000))
    assert answer.value <= free.bound


def test_a_goal_beyond_reach_is_said_to_be() -> None:
    with pytest.raises(Infeasible, match=r"No allocation reaches its goals in 80 % of the 40 cases"):
        allocate_at_risk(with_goal(goal_of(3.0)), gap=Fraction(1, 1000))


def with_goal(goal: int) -> AllocationDocument:
    objective = {"mode": "chance", "alpha_bp": 2000, "draws": 40, "seed": 3}
    return small_problem(2, 12, objective=objective, metrics=[{"metric_id": "meals", "goal_micro": goal}])


def goal_of(part: float) -> int:
    document = with_goal(1)
    best = allocate(with_effects(document, beliefs(document).thetas()), gap=GAP).value
    return int(best * 10**6 * Fraction(part))


@pytest.mark.parametrize("norm", ["one", "max"])
def test_a_joint_lower_bound_is_the_worst_corner_of_what_pools_share(norm: str) -> None:
    document = small_problem(2, 16)
    known = beliefs(document)
    thetas = factor_cases(known, 1.5, "one" if norm == "one" else "max")
    assert len(thetas) == 4
    answer = allocate_worst(document, thetas, gap=GAP)
    assert answer.value == min(answer.outcomes)
    assert answer.value <= answer.bound <= answer.value * Fraction(1002, 1000)
    rng = np.random.default_rng(1)
    mean, loadings = known.moments()[0], np.zeros((2, len(known.keys)))
    for at, (_, rows, pool) in enumerate(known.pools):
        loadings[at, rows] = pool.loading()
    for _ in range(20):
        factor = rng.normal(size=2)
        size = np.abs(factor).sum() if norm == "one" else np.abs(factor).max()
        inside = known.millionths(mean + 1.5 * rng.random() * factor / size @ loadings)[None]
        assert case_outcomes(document, answer.allocation, inside)[0] >= answer.value * Fraction(
            99_999, 100_000
        )


def test_too_many_corners_are_refused() -> None:
    evidence = [
        {"intervention_id": f"i{at:02d}", "pool": f"p{at}", "family": "gamma_poisson", "expected_micro": 1}
        for at in range(9)
    ]
    with pytest.raises(ValueError, match="9 pools have too many corners"):
        factor_cases(beliefs(small_problem(evidence=evidence)), 1.0, "max")


def test_an_outcome_of_one_metric_is_counted_in_its_own_unit() -> None:
    document = AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2},
        {
            "metrics": [{"metric_id": "meals", "weight": 3}, {"metric_id": "visits", "weight": 2}],
            "funds": [{"fund_id": "pool", "budget_minor": 100_000}],
            "interventions": [{"intervention_id": "w7"}],
            "response": [
                {
                    "intervention_id": "w7",
                    "metric_id": name,
                    "segment": at,
                    "cap_minor": 50_000,
                    "gain_micro_per_k": gain,
                }
                for name, gains in (("meals", (4_000_000, 2_000_000)), ("visits", (1_000_000, 500_000)))
                for at, gain in enumerate(gains)
            ],
            "evidence": [
                {
                    "intervention_id": "w7",
                    "metric_id": "meals",
                    "family": "gamma_poisson",
                    "expected_micro": 1_000_000,
                }
            ],
        },
    )
    allocation = Allocation.of([AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=75_000)])
    thetas = np.array([[0], [1_000_000], [2_000_000]])
    meals, visits = Fraction(5, 2), Fraction(5, 8)  # 500.00 at the first gain, 250.00 at the second
    assert case_outcomes(document, allocation, thetas, "meals") == (Fraction(0), meals, 2 * meals)
    assert case_outcomes(document, allocation, thetas, "visits") == (visits,) * 3
    assert case_outcomes(document, allocation, thetas) == tuple(
        3 * meals * at + 2 * visits for at in range(3)
    )
