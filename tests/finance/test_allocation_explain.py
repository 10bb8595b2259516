"""Why somebody is funded or not, what would have to be true, and what rules and overrides cost."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from benchmarks.instances.conflicts import frames
from benchmarks.instances.generate import generate

from almoner.finance.allocation.conflict.edits import edited
from almoner.finance.allocation.frames import from_frames
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.reasons.explanations import Explanation, explain
from almoner.finance.allocation.reasons.levers import Lever
from almoner.finance.allocation.reasons.margins import breakpoints, exact_break_even, margins_of
from almoner.finance.allocation.reasons.overrides import override_costs, with_overrides, without_overrides
from almoner.finance.allocation.reasons.sensitivity import sensitivity
from almoner.finance.allocation.result import AllocationResult
from almoner.finance.allocation.solve import allocate
from almoner.finance.errors import DocumentInvalid, Missing


@cache
def solved(family: str = "easy", n: int = 60, seed: int = 1) -> tuple[AllocationDocument, AllocationResult]:
    problem = from_frames(frames(generate(family, n, seed)))  # type: ignore[arg-type] # families by name
    return problem, allocate(problem)


def two(budget: int = 8000, **asks: object) -> AllocationDocument:
    """Pose a choice between ``a`` (2 per unit of money) and ``b`` (1), all or nothing."""
    gains = {"a": 2_000_000, "b": 1_000_000}
    return AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2},
        {
            "funds": [{"fund_id": "pool", "budget_minor": budget}],
            "interventions": [{"intervention_id": who} for who in gains],
            "tickets": [{"intervention_id": who, "min_minor": 8000, "max_minor": 8000} for who in gains],
            "response": [
                {"intervention_id": who, "cap_minor": 8000, "gain_micro_per_k": gain}
                for who, gain in gains.items()
            ],
            **asks,
        },
    )


def of(explanation: Explanation, kind: str) -> Lever:
    return next(lever for lever in explanation.levers if lever.kind == kind)


def test_the_one_who_brings_half_as_much_is_told_to_bring_twice_as_much() -> None:
    problem = two()
    explanation = explain(problem, allocate(problem), "b", is_resolved=True)
    assert not explanation.is_funded
    lever = of(explanation, "effect")
    assert Fraction(9, 10) <= lever.amount <= 1
    assert "b is not funded. (proved)" in explanation.text
    assert "Were it funded all the same, 0.08 of value would be lost. (re-solved)" in explanation.text


def test_who_is_funded_is_told_the_award_the_worth_and_the_price() -> None:
    problem = two(synergies=[{"kind": "bonus", "members": ["a", "b"], "value_micro": 70_000}], budget=16000)
    explanation = explain(problem, allocate(problem), "b")
    assert explanation.is_funded
    assert explanation.award_minor == 8000
    assert explanation.levers == ()
    sentences = [reason.sentence for reason in explanation.reasons]
    assert sentences[:3] == [
        "b is funded with 80.00 USD.",
        "Its own effect is worth 0.08.",
        "Together with a it brings 0.07.",
    ]


def test_nobody_unknown_is_explained() -> None:
    problem = two()
    with pytest.raises(Missing, match="There is no intervention z"):
        explain(problem, allocate(problem), "z")


def test_a_lock_and_what_follows_from_it_are_the_reason() -> None:
    problem = two(
        interventions=[{"intervention_id": "a", "lock": -1}, {"intervention_id": "b"}],
        synergies=[{"kind": "needs", "first_id": "b", "second_id": "a"}],
    )
    explanation = explain(problem, allocate(problem), "b")
    rules = [rule for reason in explanation.reasons for rule in reason.rules]
    assert rules == ["lock/a", "needs/b/a"]
    assert all(reason.how == "proved" for reason in explanation.reasons)
    assert {lever.sentence for lever in explanation.levers} == {
        "Release the lock of a.",
        "Give up the rule that b needs a.",
    }


def test_a_fund_that_could_pay_but_does_not_admit_is_a_lever() -> None:
    problem = two(
        funds=[
            {"fund_id": "pool", "budget_minor": 0, "unrestricted": 1},
            {"fund_id": "rich", "budget_minor": 90000},
        ],
        earmarks=[{"fund_id": "rich", "intervention_id": "a"}],
    )
    lever = of(explain(problem, allocate(problem), "b", is_resolved=True), "earmark")
    assert lever.how == "re-solved"
    assert "b" in allocate(edited(problem, lever.edits)).funded


def test_a_partner_who_is_not_funded_is_a_lever() -> None:
    gains = {"a": 3_000_000, "b": 600_000, "c": 500_000, "d": 2_500_000}
    problem = two(
        budget=20000,
        interventions=[{"intervention_id": who} for who in gains],
        tickets=[{"intervention_id": who, "max_minor": 8000} for who in gains],
        response=[
            {"intervention_id": who, "cap_minor": 8000, "gain_micro_per_k": gain}
            for who, gain in gains.items()
        ],
        synergies=[
            {"kind": "bonus", "members": ["b", "c"], "value_micro": 1_000},
            {"kind": "needs", "first_id": "b", "second_id": "a"},
        ],
        limits=[{"group_kind": "all", "group_id": "all", "cap_count": 3}],
    )
    explanation = explain(problem, allocate(problem), "c", is_resolved=True)
    assert not explanation.is_funded
    assert explanation.levers


def test_a_cap_that_keeps_somebody_out_is_a_lever() -> None:
    problem = two(
        budget=20000,
        interventions=[{"intervention_id": who, "region": "n"} for who in "ab"],
        limits=[{"group_kind": "region", "group_id": "n", "cap_minor": 8000}],
    )
    lever = of(explain(problem, allocate(problem), "b", is_resolved=True), "cap")
    assert "Raise the cap of region n from 80.00 USD to 160.00 USD" in lever.sentence


def test_the_break_even_price_is_the_exact_root() -> None:
    problem, result = solved()
    margins, arrays = margins_of(problem, result), problem.arrays
    block = arrays.minor_per_block
    for cell in range(0, arrays.n, 3):
        extra = Fraction(round(float(margins.extra[cell]) * 10**9), 10**9)
        root = exact_break_even(arrays, cell, float(margins.extra[cell]))
        assert root is not None
        left = [
            arrays.fraction(grains) + extra - root * (int(arrays.fixed[cell]) + amount) / block
            for amount, grains in breakpoints(arrays, cell)
        ]
        assert max(left) == 0


def test_whom_the_proof_decides_the_answer_treats_so() -> None:
    for family in ("easy", "periods"):
        problem, result = solved(family, 100)
        margins = margins_of(problem, result)
        decided = np.array([margins.is_decided(cell) for cell in range(len(margins.net))])
        assert decided.sum() > len(decided) / 4
        assert ((margins.net > 0) == margins.chosen)[decided].all()


def test_multiplier_local_price_and_resolves_stand_side_by_side() -> None:
    problem, result = solved()
    rows = sensitivity(problem, result, percents=[1, 5])
    assert {row.rule for row in rows} == set(result.binding)
    for row in rows:
        assert [step.percent for step in row.steps] == [-5, -1, 1, 5]
        assert row.local is not None
        for step in row.steps:
            assert step.least is not None
            assert step.most is not None
            assert step.least <= step.most


def test_no_resolve_is_worth_more_than_its_multiplier_allows() -> None:
    for seed in range(1, 6):
        problem, result = solved("easy", 60, seed)
        for row in sensitivity(problem, result, percents=[1]):
            for step in row.steps:
                assert step.value is not None
                moved = row.multiplier * step.change_minor / problem.minor_per_block
                assert step.value <= result.price_bound + moved, (seed, row.rule, step.percent)


def test_a_floor_has_a_price_below_zero() -> None:
    problem = two(
        interventions=[{"intervention_id": "a", "region": "s"}, {"intervention_id": "b", "region": "n"}],
        tickets=[{"intervention_id": who, "max_minor": 8000} for who in "ab"],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 2000}],
    )
    rows = {row.rule: row for row in sensitivity(problem, allocate(problem), percents=[10])}
    assert rows["budget/pool/0"].multiplier == rows["budget/pool/0"].local == 2
    assert rows["floor/region/n/all"].multiplier == rows["floor/region/n/all"].local == -1
    assert all(step.least == step.most == -1 for step in rows["floor/region/n/all"].steps)


def test_an_override_costs_what_it_displaces() -> None:
    row = {"intervention_id": "b", "reason": "remote area", "decided_by": "Board"}
    problem = with_overrides(two(), [{"override_id": "o1", "kind": "fund", **row}])
    each, every = override_costs(problem)
    assert each.cost == every.cost == Fraction(8, 100)
    assert each.least is not None
    assert each.most is not None
    assert each.least <= Fraction(8, 100) <= each.most
    assert "Override o1 of Board (remote area) costs 0.08 of 0.16 in outcomes" in each.sentence
    assert without_overrides(problem, ["o1"]).canonical_bytes() == two().canonical_bytes()


def test_an_override_of_what_would_be_done_anyway_costs_nothing() -> None:
    row = {"intervention_id": "a", "reason": "r", "decided_by": "Board"}
    problem = with_overrides(two(), [{"override_id": "o1", "kind": "at_least", "amount_minor": 8000, **row}])
    assert [cost.cost for cost in override_costs(problem)] == [0, 0]


def test_an_override_without_a_reason_is_refused() -> None:
    with pytest.raises(DocumentInvalid, match="reason"):
        with_overrides(
            two(), [{"override_id": "o1", "kind": "fund", "intervention_id": "a", "decided_by": "Board"}]
        )


def test_no_override_costs_nothing() -> None:
    assert override_costs(two()) == ()
