"""Rounding: near a lawful answer there is one in whole units, and money is conserved to the unit."""

import json
import random
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.finance.allocation_small import best, small

from almoner.finance.allocation import Allocation, AllocationDocument
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.checking.check_reading import Reading
from almoner.finance.allocation.search.flow import Flow
from almoner.finance.allocation.search.rounding import round_off
from almoner.finance.errors import RoundingFailed

Plain = dict[str, Any]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
SEEDS = range(250)


def as_floats(
    document: AllocationDocument, allocation: Allocation, noise: float, seed: int
) -> tuple[Bools, Floats, Floats]:
    """The same choice, amounts off by some noise, and what is kept."""
    arrays, draw = document.arrays, np.random.default_rng(seed)
    reading = Reading(document, allocation)
    chosen, working = np.zeros(len(arrays.open), bool), np.zeros(len(arrays.open))
    for cell in reading.funded:
        chosen[cell], working[cell] = True, reading.working(cell)
    carry = np.zeros(arrays.budget.shape)
    for row in allocation.carried:
        carry[arrays.fund_ids.index(row.fund_id), row.period] = row.amount_minor
    return chosen, working + draw.uniform(-noise, noise, len(working)), carry


@cache
def answered() -> tuple[tuple[int, AllocationDocument, Allocation, Fraction], ...]:
    """Small problems that have an answer, each with its best."""
    documents = ((seed, small(seed)) for seed in SEEDS)
    found = ((seed, document, best(document)) for seed, document in documents)
    return tuple((seed, document, *answer) for seed, document, answer in found if answer is not None)


def test_near_a_lawful_answer_there_is_a_lawful_one() -> None:
    assert len(answered()) > 80
    for seed, document, answer, _ in answered():
        rounded = round_off(document.arrays, *as_floats(document, answer, 0.9, seed))
        assert breaches(document, rounded) == (), seed
        assert rounded.chosen == answer.chosen


def test_exact_amounts_of_the_best_answer_lose_nothing() -> None:
    for seed, document, answer, value in answered():
        rounded = round_off(document.arrays, *as_floats(document, answer, 0.0, seed))
        assert recheck(document, rounded) == value, seed


def problem(count: int, **changes: object) -> AllocationDocument:
    """Interventions in two regions that take fractions of their ask."""
    content: Plain = {
        "schema": "almoner.allocation/2",
        "unit": "USD",
        "scale": 2,
        "funds": [
            {"fund_id": "free", "budget_minor": 100_003},
            {"fund_id": "north", "budget_minor": 50_001},
        ],
        "earmarks": [{"fund_id": "north", "column": "region", "value": "n"}],
        "interventions": [
            {"intervention_id": f"i{at:03}", "region": "ns"[at % 2], "fixed_minor": 7} for at in range(count)
        ],
        "tickets": [
            {"intervention_id": f"i{at:03}", "min_minor": 100, "max_minor": 9000} for at in range(count)
        ],
        "response": [
            {
                "intervention_id": f"i{at:03}",
                "segment": k,
                "cap_minor": cap,
                "gain_micro_per_k": 10**6 * (3 - k) + at,
            }
            for at in range(count)
            for k, cap in enumerate((1000, 3000, 5000))
        ],
    }
    return AllocationDocument.read(json.dumps(content | changes))


def rounded(document: AllocationDocument, working: float) -> Allocation:
    count = document.arrays.n
    return round_off(document.arrays, np.ones(count, bool), np.full(count, working))


def spent(allocation: Allocation, fund: str) -> int:
    return sum(line.amount_minor for line in allocation.lines if line.fund_id == fund)


def test_what_is_left_over_goes_to_the_highest_gain_to_the_last_unit() -> None:
    document = problem(40)
    allocation = rounded(document, 3333.34)
    assert breaches(document, allocation) == ()
    assert (spent(allocation, "free"), spent(allocation, "north")) == (100_003, 50_001)


def test_few_awards_have_two_funds() -> None:
    allocation = rounded(problem(40), 3333.34)
    assert len(allocation.lines) <= 40 + 2


def test_money_that_brings_nothing_stays_in_its_fund() -> None:
    flat = [
        {"intervention_id": f"i{at:03}", "segment": k, "cap_minor": cap, "gain_micro_per_k": gain}
        for at in range(4)
        for k, (cap, gain) in enumerate([(2000, 10**6), (7000, 0)])
    ]
    allocation = rounded(problem(4, response=flat), 5000.0)
    assert set(allocation.awards().values()) == {2007}


@pytest.mark.parametrize(("bound", "amount"), [("floor_minor", 80_000), ("cap_minor", 60_000)])
def test_floors_are_topped_up_and_caps_give_back(bound: str, amount: int) -> None:
    document = problem(40, limits=[{"group_kind": "region", "group_id": "s", bound: amount}])
    allocation = rounded(document, 3500.4)
    assert breaches(document, allocation) == ()


def test_shares_of_the_total_are_kept_to_the_unit() -> None:
    limits = [{"group_kind": "region", "group_id": "*", "floor_share_bp": 4999, "cap_share_bp": 5001}]
    document = problem(40, limits=limits)
    assert breaches(document, rounded(document, 3333.4)) == ()


def test_a_fund_pays_at_most_its_part_of_every_award() -> None:
    earmarks = [{"fund_id": "north", "column": "region", "value": "n", "max_share_bp": 3333}]
    document = problem(21, earmarks=earmarks)
    allocation = rounded(document, 4000.7)
    assert breaches(document, allocation) == ()
    assert spent(allocation, "north") > 0


def test_what_cannot_be_kept_is_named() -> None:
    with pytest.raises(RoundingFailed) as short:
        rounded(problem(40, funds=[{"fund_id": "free", "budget_minor": 4279}], earmarks=[]), 100.0)
    assert short.value.figures["rules"] == ["budget/free/0"]
    limits = [{"group_kind": "region", "group_id": "s", "floor_minor": 100_004}]
    with pytest.raises(RoundingFailed) as floor:
        rounded(problem(40, limits=limits), 3333.3)
    assert floor.value.figures["rules"] == ["floor/region/s/all"]


def test_the_same_amounts_give_the_same_bytes() -> None:
    assert rounded(problem(40), 3333.34).canonical_bytes() == rounded(problem(40), 3333.34).canonical_bytes()


def test_money_that_moves_is_conserved() -> None:
    for seed in range(200):
        draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        funds, periods = draw.randint(1, 3), draw.randint(1, 3)
        supply = [draw.randint(0, 50) for _ in range(funds * periods)]
        limit = [
            0 if node % periods == periods - 1 else draw.choice([0, 20, 99]) for node in range(len(supply))
        ]
        fee = [fee for fee in draw.choices([0, 500, 3000], k=funds) for _ in range(periods)]
        flow = Flow(supply, periods=periods, carry_limit=limit, fee_bp=fee)
        pools = []
        for _ in range(draw.randint(1, 5)):
            period = draw.randrange(periods)
            pools.append(
                flow.pool(
                    [f * periods + period for f in sorted(draw.sample(range(funds), draw.randint(1, funds)))]
                )
            )
            flow.push(pools[-1], draw.randint(1, 60))
            flow.pull(pools[-1], draw.randint(0, flow.drawn(pools[-1])))
        flow.settle()
        for node, money in enumerate(supply):
            arrived = flow.kept[node - 1] * (10_000 - fee[node]) // 10_000 if node % periods else 0
            paid = sum(flow.paid[pool].get(node, 0) for pool in pools)
            assert paid + flow.kept[node] + flow.free[node] == money + arrived
            assert 0 <= flow.kept[node] <= limit[node]
            assert flow.free[node] >= 0
