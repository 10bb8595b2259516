"""Policies that learn, and what they would have done."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from functools import cache

import numpy as np

from almoner.finance.allocation.checking.check import recheck
from almoner.finance.allocation.learning.effects import beliefs, with_effects
from almoner.finance.allocation.learning.policies import (
    acceptability,
    at_means,
    exact_knowledge_gain,
    explore,
    knowledge_gains,
    with_information,
)
from almoner.finance.allocation.learning.simulation import (
    PolicyRun,
    WorldSize,
    make_world,
    simulate,
    summarise,
)
from almoner.finance.allocation.solve import allocate

from .allocation_worlds import small_problem

GAP = Fraction(1, 1000)
NAMES = ("information", "means", "raw_means", "chance")
SIZE = WorldSize(interventions=24)


@cache
def campaign() -> tuple[PolicyRun, ...]:
    return simulate(NAMES, worlds=6, rounds=10, seed=11, size=SIZE)


def test_the_learning_policy_regrets_less_than_greedy_on_raw_means_and_than_chance() -> None:
    regret = {one.policy: one.regret for one in summarise(campaign())}
    assert 0 < regret["information"] < regret["raw_means"] < regret["chance"]


def test_its_regret_falls_with_the_rounds() -> None:
    found = {one.policy: one for one in summarise(campaign())}["information"]
    assert found.last_regret < 0.8 * found.regret


def test_what_it_promises_is_what_is_realised_and_raw_means_promise_more() -> None:
    found = {one.policy: one.over_promise for one in summarise(campaign())}
    assert abs(found["information"]) < 0.02
    assert found["raw_means"] > max(0.0, found["information"])


def test_nobody_beats_the_bound_of_the_clairvoyant() -> None:
    assert all(value <= run.clairvoyant for run in campaign() for value in run.realised)


def test_stated_intervals_hold_the_truth_in_simulated_worlds() -> None:
    runs = [run for run in campaign() if run.policy in {"information", "means"}]
    share = sum(run.covered for run in runs) / sum(run.stated for run in runs)
    assert 0.85 < share < 0.95


def test_a_campaign_is_the_same_on_one_machine_and_on_many_workers() -> None:
    few = simulate(("information", "draw", "epsilon"), worlds=2, rounds=3, seed=4, size=SIZE)
    with ThreadPoolExecutor(3) as threads:
        assert (
            simulate(
                ("information", "draw", "epsilon"), worlds=2, rounds=3, seed=4, size=SIZE, executor=threads
            )
            == few
        )
    with ProcessPoolExecutor(2) as processes:
        assert (
            simulate(
                ("information", "draw", "epsilon"), worlds=2, rounds=3, seed=4, size=SIZE, executor=processes
            )
            == few
        )


def test_a_world_has_the_same_luck_under_every_policy() -> None:
    world = make_world(0, 1, SIZE)
    answer = allocate(world.document, gap=GAP).allocation
    assert world.results(answer, 5, 2) == world.results(answer, 5, 2)
    assert world.results(answer, 5, 2) != world.results(answer, 5, 3)
    assert (make_world(0, 1, SIZE).thetas == world.thetas).all()
    assert (make_world(1, 1, SIZE).thetas != world.thetas).any()


def test_acceptability_is_sure_where_the_evidence_is_and_unsure_where_not() -> None:
    rows = acceptability(small_problem(), draws=12, seed=2)
    shares = [row.share for row in rows]
    assert max(shares) == 1
    assert 0 < min(shares) < Fraction(3, 4)
    assert all(row.mean_minor >= 0 for row in rows)
    with ThreadPoolExecutor(4) as pool:
        assert acceptability(small_problem(), draws=12, seed=2, executor=pool) == rows
    assert acceptability(small_problem(), draws=12, seed=3) != rows


def test_exploration_moves_no_more_than_its_share_of_the_money() -> None:
    document = small_problem()
    guess = allocate(at_means(document), gap=GAP).allocation.awards()
    moved = []
    for share_bp in (0, 1500, 10_000):
        answer = explore(document, share_bp=share_bp, seed=5, gap=GAP).allocation.awards()
        taken = sum(max(0, minor - answer[cell]) for cell, minor in guess.items())
        assert taken * 10_000 <= share_bp * sum(guess.values())
        moved.append(taken)
    assert moved[0] == 0
    assert 0 < moved[1] <= moved[2]


def test_knowledge_is_worth_most_where_the_choice_is_open() -> None:
    document = small_problem()
    prices = allocate(at_means(document), gap=GAP).prices
    everyone = dict.fromkeys(document.interventions.texts("intervention_id"), 10)
    gains = knowledge_gains(document, prices, everyone)
    assert gains
    assert min(gains.values()) > 0
    more = knowledge_gains(document, prices, dict.fromkeys(everyone, 100))
    assert sum(more.values()) > sum(gains.values())
    assert knowledge_gains(document, prices, {}) == {}
    one = max(gains, key=lambda who: gains[who])
    assert set(knowledge_gains(document, prices, {one: 10})) == {one}


def test_screened_gains_point_to_those_that_gain_when_everything_is_solved_again() -> None:
    document = small_problem(4)
    prices = allocate(at_means(document), gap=GAP).prices
    everyone = dict.fromkeys(document.interventions.texts("intervention_id"), 10)
    gains = knowledge_gains(document, prices, everyone)
    order = sorted(everyone, key=lambda who: -gains.get(who, 0))
    exact = exact_knowledge_gain(document, [*order[:3], *order[-3:]], everyone, gap=Fraction(1, 100_000))
    best, rest = [exact[who] for who in order[:3]], [exact[who] for who in order[-3:]]
    assert sum(best) > 3 * sum(rest)
    assert sum(best) > 0


def test_information_value_adds_to_the_objective_and_not_to_the_outcome() -> None:
    document = at_means(small_problem())
    who = document.interventions.texts("intervention_id")
    dear = with_information(document, {who[0]: 5_000_000}, 3)
    result = allocate(dear, gap=GAP)
    answer = result.allocation
    assert answer.award_minor(who[0]) > 0
    assert result.value == recheck(document, answer) + 15


def test_means_are_what_the_beliefs_say() -> None:
    document = small_problem()
    assert at_means(document).digest() == with_effects(document, beliefs(document).thetas()).digest()
    assert np.all(beliefs(document).thetas() > 0)
