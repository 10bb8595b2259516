"""Coalitions valued by solving without the others, and a payment divided by it."""

from fractions import Fraction
from typing import Any

import pytest

from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.reasons.coalitions import worth_by_solving
from almoner.finance.allocation.sharing.attribution import attribute
from almoner.finance.errors import AttributionRefused
from almoner.finance.money import money

GAINS = {"well": 6, "road": 4, "clinic": 5}


def problem(**sections: Any) -> AllocationDocument:  # noqa: ANN401 - rows
    tables: dict[str, Any] = {
        "funds": [{"fund_id": "pool", "budget_minor": 100_000}],
        "interventions": [{"intervention_id": who, "region": "n"} for who in GAINS],
        "tickets": [
            {"intervention_id": who, "min_minor": 50_000 * (who == "road"), "max_minor": 50_000}
            for who in GAINS
        ],
        "response": [
            {"intervention_id": who, "cap_minor": 50_000, "gain_micro_per_k": gain * 10**6}
            for who, gain in GAINS.items()
        ],
        "actors": [
            {"intervention_id": "well", "actor_id": "hub", "share_bp": 10_000},
            {"intervention_id": "road", "actor_id": "hub", "share_bp": 5_000},
            {"intervention_id": "road", "actor_id": "union", "share_bp": 5_000},
        ],
    }
    return AllocationDocument.from_tables({"unit": "USD", "scale": 2}, {**tables, **sections})


def test_what_names_no_actor_is_there_for_everybody() -> None:
    worth = worth_by_solving(problem())
    assert worth(frozenset()) == worth(frozenset({"union"})) == Fraction(5, 2)
    assert worth(frozenset({"hub"})) == worth(frozenset({"hub", "union"})) == Fraction(11, 2)


def test_a_payment_follows_what_each_made_possible() -> None:
    document = problem(synergies=[{"kind": "bonus", "members": ["well", "road"], "value_micro": 4_000_000}])
    found = attribute(money("90.00", "USD"), ["hub", "union"], worth_by_solving(document))
    assert found.values.values == (Fraction(19, 4), Fraction(7, 4))
    assert [share.amount.text for share in found.shares] == ["65.77", "24.23"]
    assert found.short == ()


def test_a_coalition_that_cannot_keep_the_rules_is_worth_nothing() -> None:
    limits = [{"group_kind": "region", "group_id": "n", "floor_minor": 80_000}]
    worth = worth_by_solving(problem(limits=limits))
    assert (worth(frozenset({"union"})), worth(frozenset({"hub"}))) == (0, Fraction(11, 2))


def test_actors_have_to_take_part() -> None:
    with pytest.raises(AttributionRefused, match="names an actor"):
        worth_by_solving(problem(actors=[]))
    with pytest.raises(AttributionRefused, match="bus take part in nothing"):
        worth_by_solving(problem())(frozenset({"bus"}))
