"""Small problems with every feature: nothing that trying everything finds is better than the answer."""

from fractions import Fraction

import pytest
from tests.finance.allocation_small import best, small

from almoner.finance.allocation.checking.certificate import verify
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.solve import allocate

GAP = Fraction(1, 10**6)
ABSOLUTE = Fraction(1, 10**6)
PARTS_OF_FOUR = {
    "funds": [{"fund_id": "pool", "budget_minor": 9}],
    "interventions": [{"intervention_id": "w7", "fixed_minor": 4}],
    "synergies": [{"kind": "bonus", "members": ["w7"], "value_micro": 1_000_000}],
    "actors": [
        {"intervention_id": "w7", "actor_id": "hub", "share_bp": 3333, "high_minor": 1},
        {"intervention_id": "w7", "actor_id": "rest", "share_bp": 6667, "high_minor": 3},
    ],
}


@pytest.mark.parametrize("seeds", [range(250), range(600, 850)], ids=["first", "second"])
def test_no_lawful_answer_is_better_and_none_is_missed(seeds: range) -> None:
    found = 0
    for seed in seeds:
        document = small(seed)
        known = best(document)
        result = allocate(document, gap=GAP, raise_infeasible=False)
        if known is None and result.status == "infeasible":
            continue
        found += 1
        assert result.status == "within_gap", seed
        assert breaches(document, result.allocation) == (), seed
        assert recheck(document, result.allocation) == result.value <= result.bound <= result.price_bound
        if known is not None:
            assert result.value >= known[1] - GAP * abs(known[1]) - ABSOLUTE, seed
        parts = (document, result.allocation, result.certificate)
        assert verify(*(part.canonical_bytes() for part in parts)).value == result.value
    assert found > len(seeds) / 5


def test_a_part_that_is_a_share_may_be_rounded_to_what_its_actor_takes() -> None:
    document = AllocationDocument.from_tables({"unit": "points", "scale": 0}, PARTS_OF_FOUR)
    result = allocate(document)
    assert [(part.actor_id, part.amount_minor) for part in result.allocation.parts] == [
        ("hub", 1),
        ("rest", 3),
    ]
    assert result.value == result.bound == 1


def test_one_minor_unit_decides_where_there_are_few() -> None:
    document = AllocationDocument.from_tables(
        {"unit": "points", "scale": 0},
        {
            "funds": [{"fund_id": "pool", "budget_minor": 3}],
            "interventions": [{"intervention_id": who} for who in ("a", "b")],
            "tickets": [{"intervention_id": who, "max_minor": 3} for who in ("a", "b")],
            "response": [
                {"intervention_id": who, "cap_minor": 3, "gain_micro_per_k": gain * 10**9}
                for who, gain in (("a", 3), ("b", 1))
            ],
            "limits": [{"group_kind": "all", "group_id": "all", "floor_count": 2}],
            "concentration": [{"count": 1, "share_bp": 6000}],
        },
    )
    result = allocate(document)
    assert result.award_minor("a") == result.award_minor("b") == 1  # in fractions: 1.8 and 1.2, worth 6.6
    assert result.value == result.bound == 4
