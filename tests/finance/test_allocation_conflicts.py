"""Why no allocation exists is said in a handful of rules, and every proposed change makes one possible."""

import random
from typing import Any

import pytest
from tests.finance.allocation_small import small

from almoner.finance.allocation.conflict.conflicts import RuleConflict, find_conflict
from almoner.finance.allocation.conflict.edits import Edit, edited
from almoner.finance.allocation.conflict.fixes import apply
from almoner.finance.allocation.conflict.witness import is_possible
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.errors import DocumentInvalid


def posed(asks: dict[str, dict[str, Any]], budget: int = 1000, **sections: object) -> AllocationDocument:
    """Pose a problem: each ask has ``least``, ``most`` and whatever else its intervention has."""
    tables: dict[str, Any] = {
        "funds": [{"fund_id": "pool", "budget_minor": budget}],
        "interventions": [
            {
                "intervention_id": who,
                **{name: value for name, value in ask.items() if name not in {"least", "most"}},
            }
            for who, ask in asks.items()
        ],
        "tickets": [
            {"intervention_id": who, "min_minor": ask.get("least", 0), "max_minor": ask.get("most", 100)}
            for who, ask in asks.items()
        ],
        **sections,
    }
    return AllocationDocument.from_tables({"unit": "USD", "scale": 2}, tables)


def conflict_of(problem: AllocationDocument, *, fixes: int = 1) -> RuleConflict:
    """Return the conflict; the solver agrees that there is one, and that each fix ends it."""
    assert is_possible(problem, deadline_s=20) is False
    conflict = find_conflict(problem)
    assert conflict is not None
    assert len(conflict.fixes) >= fixes
    assert len(conflict.rules) <= 5
    for fix in conflict.fixes:
        assert fix.is_confirmed
        changed = apply(problem, fix)
        changed.verify()
        assert is_possible(changed, deadline_s=20) is True, fix.sentence
    return conflict


def test_a_possible_problem_has_no_conflict() -> None:
    problem = posed({"a": {"most": 500, "lock": 1}, "b": {"most": 900}})
    assert find_conflict(problem) is None


def test_a_floor_above_the_only_fund_that_admits_a_group_is_named_with_its_earmark_and_amounts() -> None:
    problem = posed(
        {"a": {"most": 600, "region": "n"}, "b": {"most": 600, "region": "s"}},
        funds=[{"fund_id": "x", "budget_minor": 470}, {"fund_id": "y", "budget_minor": 500}],
        earmarks=[
            {"fund_id": "x", "column": "region", "value": "n"},
            {"fund_id": "y", "column": "region", "value": "s"},
        ],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 600}],
    )
    conflict = conflict_of(problem, fixes=3)
    assert set(conflict.rules) == {"floor/region/n/all", "budget/x/0", "earmark/x/region/n"}
    assert conflict.how == "policy"
    assert conflict.proof.kind == "exact"
    assert conflict.proof.short_minor == 130
    assert [fix.amount_minor for fix in conflict.fixes] == [130, 130, 130]
    assert "Together these rules are short by 1.30 USD." in conflict.text


def test_a_fix_changes_by_no_more_than_is_needed() -> None:
    problem = posed(
        {"a": {"most": 900, "region": "n"}},
        budget=470,
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 600}],
    )
    conflict = conflict_of(problem, fixes=2)
    for fix in conflict.fixes:
        assert fix.amount_minor == 130
        (edit,) = fix.edits
        (column, value), step = next(iter(edit.values.items())), 1 if edit.section == "limits" else -1
        nearly = type(edit)(section=edit.section, key=edit.key, values={column: value + step})  # type: ignore[operator] # amounts are ints
        assert (
            is_possible(apply(problem, type(fix)(rules=(), sentence="", edits=(nearly,))), deadline_s=20)
            is False
        )


def test_a_chain_of_needs_between_two_locks_is_named_link_by_link() -> None:
    problem = posed(
        {"a": {"lock": 1}, "b": {}, "c": {"lock": -1}},
        synergies=[
            {"kind": "needs", "first_id": "a", "second_id": "b"},
            {"kind": "bundle", "members": ["b", "c"]},
        ],
    )
    conflict = conflict_of(problem, fixes=3)
    assert conflict.rules == ("lock/a", "needs/a/b", "bundle/b/c", "lock/c")
    assert conflict.how == "chain"


def test_an_override_that_funds_what_needs_something_locked_out_is_a_chain() -> None:
    problem = posed(
        {"a": {"lock": -1}, "b": {"lock": -1}},
        synergies=[{"kind": "needs", "first_id": "a", "second_id": "b"}],
        overrides=[
            {
                "override_id": "o1",
                "kind": "fund",
                "intervention_id": "a",
                "reason": "urgent",
                "decided_by": "Board",
            }
        ],
    )
    conflict = conflict_of(problem, fixes=2)
    assert conflict.rules == ("override/o1", "needs/a/b", "lock/b")
    assert conflict.fixes[0].rules == ("override/o1",)
    assert "Override o1 of Board: a is funded." in conflict.reasons


def test_two_locked_alternatives_contradict_each_other() -> None:
    problem = posed(
        {"a": {"lock": 1}, "b": {"lock": 1}, "c": {}},
        synergies=[{"kind": "alternatives", "members": ["a", "b", "c"]}],
    )
    assert set(conflict_of(problem, fixes=3).rules) == {"lock/a", "lock/b", "alternatives/a/b/c"}


def test_a_choice_with_nobody_left_closes_who_needs_it() -> None:
    problem = posed(
        {"a": {"lock": 1}, "b": {"lock": -1}, "c": {"lock": -1}},
        synergies=[{"kind": "any_of", "members": ["a", "b", "c"]}],
    )
    assert set(conflict_of(problem, fixes=3).rules) == {"lock/a", "any-of/a/b/c", "lock/b", "lock/c"}


def test_a_locked_intervention_whose_next_tranche_waits_contradicts_itself() -> None:
    problem = posed(
        {"a": {"lock": 1, "most": 100}},
        tranches=[{"intervention_id": "a", "ordinal": 0, "amount_minor": 50, "state": "waiting"}],
    )
    conflict = conflict_of(problem)
    assert conflict.rules == ("lock/a", "tranche/a/0")
    assert conflict.how == "static"


def test_a_stock_too_small_for_what_is_locked_is_named_with_the_locks() -> None:
    problem = posed(
        {"a": {"lock": 1}, "b": {"lock": 1}, "c": {"lock": 1}},
        resources=[{"resource_id": "beds", "stock": 5}],
        needs=[{"intervention_id": who, "resource_id": "beds", "quantity": 2} for who in "abc"],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"stock/beds/0", "lock/a", "lock/b", "lock/c"}
    assert "Have 6 units of beds instead of 5." in [fix.sentence for fix in conflict.fixes]


def test_one_intervention_above_the_whole_stock_contradicts_its_lock() -> None:
    problem = posed(
        {"a": {"lock": 1}},
        resources=[{"resource_id": "beds", "stock": 1}],
        needs=[{"intervention_id": "a", "resource_id": "beds", "quantity": 2}],
    )
    assert conflict_of(problem, fixes=2).rules == ("lock/a", "stock/beds/0")


def test_what_an_actor_can_take_on_clashes_with_a_floor() -> None:
    problem = posed(
        {"a": {"most": 500, "region": "n"}, "b": {"most": 500, "region": "n"}},
        actors=[
            {"intervention_id": who, "actor_id": actor, "share_bp": part}
            for who in "ab"
            for actor, part in (("hub", 6000), ("own", 4000))
        ],
        actor_caps=[{"actor_id": "hub", "cap_minor": 300}],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 800}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"actor/hub/0", "floor/region/n/all"}
    assert {fix.amount_minor for fix in conflict.fixes} == {180, 300}


def test_a_least_number_above_the_members_is_named_alone() -> None:
    problem = posed(
        {"a": {"region": "n"}, "b": {"region": "n"}, "c": {"region": "s"}},
        limits=[{"group_kind": "region", "group_id": "n", "floor_count": 3}],
    )
    conflict = conflict_of(problem)
    assert conflict.rules == ("floor-count/region/n/all",)
    assert "from 3 to 2, by 1" in conflict.fixes[0].sentence


def test_a_least_number_that_costs_more_than_there_is_names_the_budget() -> None:
    problem = posed(
        {who: {"region": "n", "least": 200, "most": 300} for who in "abcd"},
        budget=500,
        limits=[{"group_kind": "region", "group_id": "n", "floor_count": 3}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"floor-count/region/n/all", "budget/pool/0"}


def test_shares_that_sum_above_the_whole_clash_as_soon_as_something_must_be_spent() -> None:
    problem = posed(
        {
            "a": {"region": "n", "lock": 1, "least": 50},
            "b": {"region": "s"},
            "c": {"region": "w"},
        },
        limits=[
            {"group_kind": "region", "group_id": group, "floor_share_bp": 4000} for group in ("n", "s", "w")
        ],
    )
    conflict = conflict_of(problem, fixes=3)
    assert set(conflict.rules) >= {f"floor-share/region/{group}/all" for group in "nsw"}
    assert any("from 40 % to 20 %" in fix.sentence for fix in conflict.fixes)


def test_floors_above_all_budgets_are_told_as_families() -> None:
    problem = posed(
        {f"i{at}": {"region": f"r{at}", "most": 900} for at in range(8)},
        funds=[{"fund_id": f"f{at}", "budget_minor": 500} for at in range(3)],
        limits=[{"group_kind": "region", "group_id": f"r{at}", "floor_minor": 200} for at in range(8)],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"floor/region/*/all", "budget/f0/0", "budget/f1/0", "budget/f2/0"}
    assert len(conflict.members["floor/region/*/all"]) == 8
    assert conflict.proof.short_minor == 100


def test_an_ask_that_fits_only_as_a_whole_is_named_with_its_ticket() -> None:
    problem = posed(
        {"a": {"region": "n", "least": 70, "most": 70}, "b": {"region": "n", "least": 70, "most": 80}},
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 100, "cap_minor": 120}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert conflict.how == "lumpy"
    assert set(conflict.rules) == {"floor/region/n/all", "cap/region/n/all", "ticket/a/0", "ticket/b/0"}
    assert [fix.amount_minor for fix in conflict.fixes] == [20, 20, 20]


def test_wholes_that_no_single_group_shows_are_found_by_search() -> None:
    problem = posed(
        {
            who: {"region": region, "hub": hub, "least": 60, "most": 60}
            for who, region, hub in (("a", "n", "x"), ("b", "n", "y"), ("c", "s", "x"), ("d", "s", "y"))
        },
        limits=[
            {"group_kind": kind, "group_id": group, "floor_minor": 60}
            for kind, group in (("region", "n"), ("region", "s"), ("hub", "x"), ("hub", "y"))
        ],
        synergies=[
            {"kind": "alternatives", "members": ["a", "d"]},
            {"kind": "alternatives", "members": ["b", "c"]},
            {"kind": "alternatives", "members": ["a", "b"]},
        ],
    )
    conflict = conflict_of(problem, fixes=2)
    assert conflict.how == "lumpy"
    assert {"alternatives/a/d", "alternatives/b/c"} <= set(conflict.rules)


def test_who_is_locked_out_of_a_floor_is_named_with_it() -> None:
    problem = posed(
        {
            "a": {"region": "n", "lock": -1, "most": 80},
            "b": {"region": "n", "lock": -1, "most": 20},
            "c": {"region": "n", "most": 40},
        },
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 100}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"floor/region/n/all", "lock/a"}


def test_a_cap_below_every_award_is_named_where_it_closes_a_group() -> None:
    problem = posed(
        {
            "a": {"region": "n", "hub": "y", "least": 60, "most": 60},
            "b": {"region": "n", "hub": "x", "most": 30},
        },
        limits=[
            {"group_kind": "region", "group_id": "n", "floor_minor": 50},
            {"group_kind": "hub", "group_id": "y", "cap_minor": 59},
        ],
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"floor/region/n/all", "cap/hub/y/all"}


def test_money_that_cannot_wait_for_its_period_is_named_by_period() -> None:
    problem = AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2, "periods": ("2031", "2032")},
        {
            "funds": [
                {"fund_id": "x", "period": 0, "budget_minor": 900, "carry_limit_minor": 100},
                {"fund_id": "x", "period": 1, "budget_minor": 100},
            ],
            "interventions": [{"intervention_id": "a", "hub": "h"}],
            "tickets": [{"intervention_id": "a", "period": at, "max_minor": 800} for at in range(2)],
            "limits": [{"group_kind": "hub", "group_id": "h", "period": 1, "floor_minor": 300}],
        },
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"floor/hub/h/1", "budget/x/1"}
    assert conflict.proof.short_minor == 100
    assert "in period 2032" in conflict.text


def test_a_lock_over_periods_pays_its_start_once() -> None:
    problem = AllocationDocument.from_tables(
        {"unit": "USD", "scale": 2, "periods": ("1", "2")},
        {
            "funds": [{"fund_id": "x", "period": at, "budget_minor": 130} for at in range(2)],
            "interventions": [{"intervention_id": "a", "start_minor": 50, "lock": 1}],
            "tickets": [
                {"intervention_id": "a", "period": at, "min_minor": 100, "max_minor": 200} for at in range(2)
            ],
        },
    )
    conflict = conflict_of(problem, fixes=2)
    assert set(conflict.rules) == {"lock/a", "budget/x/0"}
    assert conflict.proof.short_minor == 20


def test_an_override_above_what_somebody_takes_names_the_override() -> None:
    override = {"intervention_id": "a", "reason": "r", "decided_by": "Board"}
    problem = posed(
        {"a": {"most": 300}},
        overrides=[
            {"override_id": "up", "kind": "at_least", "amount_minor": 400, **override},
        ],
    )
    conflict = conflict_of(problem, fixes=2)
    assert conflict.rules == ("override/up",)
    assert "Change override up from 4.00 USD to 3.00 USD." in [fix.sentence for fix in conflict.fixes]


def test_two_overrides_of_one_award_that_exclude_each_other_are_both_named() -> None:
    override = {"intervention_id": "a", "reason": "r", "decided_by": "Board"}
    problem = posed(
        {"a": {"most": 300}},
        overrides=[
            {"override_id": "up", "kind": "at_least", "amount_minor": 200, **override},
            {"override_id": "down", "kind": "at_most", "amount_minor": 150, **override},
        ],
    )
    assert set(conflict_of(problem, fixes=3).rules) == {"override/up", "override/down"}


def test_an_outcome_that_no_money_reaches_is_named() -> None:
    problem = posed(
        {"a": {"most": 300}},
        metrics=[{"metric_id": "years", "floor_micro": 9_000}],
        response=[
            {"intervention_id": "a", "segment": at, "cap_minor": 150, "gain_micro_per_k": gain}
            for at, gain in enumerate((3_000_000, 1_000_000))
        ],
    )
    conflict = conflict_of(problem)
    assert conflict.rules == ("metric/years",)


def test_a_floor_of_every_group_is_lowered_for_one_group() -> None:
    problem = posed(
        {"a": {"region": "n", "most": 50}, "b": {"region": "s", "most": 500}},
        limits=[{"group_kind": "region", "group_id": "*", "floor_minor": 100}],
    )
    conflict = conflict_of(problem)
    assert conflict.rules == ("floor/region/n/all",)
    changed = apply(problem, conflict.fixes[0]).arrays.limits
    assert dict(zip(changed.group, changed.floor.tolist(), strict=True)) == {"n": 50, "s": 100}


def test_a_fund_in_another_unit_is_raised_in_its_own_unit() -> None:
    problem = posed(
        {"a": {"region": "n", "most": 900}},
        funds=[{"fund_id": "x", "budget_minor": 300, "unit": "EUR"}],
        rates=[{"unit": "EUR", "numerator": 11, "denominator": 10}],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 400}],
    )
    conflict = conflict_of(problem, fixes=2)
    raised = next(fix for fix in conflict.fixes if fix.rules == ("budget/x/0",))
    assert raised.edits[0].values["budget_minor"] == 364  # 400 / 1.1, rounded up


def test_several_clashes_at_once_get_one_change_that_ends_them_all() -> None:
    problem = posed(
        {"a": {"lock": 1}, "b": {"lock": -1}, "c": {"region": "n", "most": 50}},
        synergies=[{"kind": "needs", "first_id": "a", "second_id": "b"}],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 100}],
    )
    conflict = conflict_of(problem)
    assert conflict.how == "chain"
    assert len(conflict.fixes[0].edits) == 2


def test_somebody_whom_no_fund_admits_cannot_be_locked() -> None:
    problem = posed(
        {"a": {"lock": 1, "region": "n"}, "b": {"region": "s"}},
        earmarks=[{"fund_id": "pool", "column": "region", "value": "s"}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert conflict.rules == ("lock/a", "earmark/*/a")
    assert "Let fund pool pay for a." in [fix.sentence for fix in conflict.fixes]


def test_a_fund_that_may_pay_only_a_part_names_its_earmark() -> None:
    problem = posed(
        {"a": {"region": "n", "most": 900}},
        funds=[{"fund_id": "x", "budget_minor": 900}, {"fund_id": "y", "budget_minor": 100}],
        earmarks=[{"fund_id": "x", "column": "region", "value": "n", "max_share_bp": 5000}],
        limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 400}],
    )
    conflict = conflict_of(problem, fixes=2)
    assert {"earmark/x", "budget/y/0", "floor/region/n/all"} == set(conflict.rules)


@pytest.mark.parametrize("how_many", [3, 40])
def test_locks_that_cost_more_than_there_is_are_named_as_few_as_needed(how_many: int) -> None:
    problem = posed(
        {f"i{at:02d}": {"lock": 1, "least": 100 + at, "most": 200} for at in range(how_many)},
        budget=250 if how_many == 3 else 3000,
    )
    conflict = conflict_of(problem, fixes=2 if how_many == 3 else 1)
    assert "budget/pool/0" in conflict.rules
    if how_many == 40:
        assert "lock/*" in conflict.rules


def test_overrides_that_fund_and_exclude_the_same_are_refused() -> None:
    both = {"intervention_id": "a", "reason": "r", "decided_by": "Board"}
    with pytest.raises(DocumentInvalid, match="a is funded by o1 and excluded by o2"):
        posed(
            {"a": {}},
            overrides=[
                {"override_id": "o1", "kind": "fund", **both},
                {"override_id": "o2", "kind": "exclude", **both},
            ],
        )


@pytest.mark.parametrize("first", [0, 40])
def test_random_problems_with_every_feature_are_explained_as_the_solver_judges(first: int) -> None:
    explained = 0
    for seed in range(first, first + 40):
        problem = tightened(seed)
        if problem is None:
            continue
        conflict = find_conflict(problem)
        assert (conflict is None) is is_possible(problem, deadline_s=20), seed
        for fix in () if conflict is None else conflict.fixes:
            assert is_possible(apply(problem, fix), deadline_s=20) is True, (seed, fix.sentence)
            explained += 1
    assert explained > 20


def tightened(seed: int) -> AllocationDocument | None:
    """Draw a problem with every feature, with locks and floors that mostly cannot be kept."""
    problem, draw = small(seed), random.Random(seed)  # noqa: S311 - repeatable, not secret
    limits = problem.limits
    edits = [
        Edit(section="interventions", key={"intervention_id": who}, values={"lock": draw.choice([1, 1, -1])})
        for who in problem.arrays.intervention_ids
        if draw.random() < 0.35
    ]
    rows = zip(
        limits.texts("group_kind"),
        limits.texts("group_id"),
        limits.ints("period").tolist(),
        limits.ints("cap_minor").tolist(),
        strict=True,
    )
    for kind, group, period, cap in rows:
        floor = draw.randint(1, 60) if cap < 0 else draw.randint(cap // 2, cap)
        if draw.random() < 0.6:
            key = {"group_kind": kind, "group_id": group, "period": period}
            edits.append(Edit(section="limits", key=key, values={"floor_minor": floor}))
    changed = edited(problem, edits)
    return None if changed.findings() else changed
