import json
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from almoner.finance.allocation import AllocationDocument, AllocationResult, allocate, recheck
from almoner.finance.errors import Infeasible, NotProven

Plain = dict[str, Any]


def row(name: str, low: str, high: str, gain: str = "0", **more: object) -> Plain:
    return {
        "intervention_id": name,
        "title": name,
        "actors": [{"actor_id": "x", "share_bp": 10000}],
        "minimum": low,
        "maximum": high,
        "response": [{"up_to": high, "gain_per_k": gain}] if float(high) else [],
        **more,
    }


def problem(rows: list[Plain], budget: str = "100", **more: object) -> AllocationDocument:
    plain = {
        "schema": "almoner.allocation/1",
        "unit": "USD",
        "scale": 2,
        "gap": "1/10000",
        "funds": [{"fund_id": "pool", "budget": budget}],
        "interventions": rows,
    }
    return AllocationDocument.read(json.dumps(plain | more))


def worth(name: str, value: str) -> Plain:
    return {"kind": "bonus", "members": [name], "value": value}


def lump(name: str, cost: int) -> Plain:
    return row(name, str(cost), str(cost))


def refused(case: AllocationDocument) -> Infeasible:
    with pytest.raises(Infeasible) as caught:
        allocate(case)
    return caught.value


def test_knapsack_with_a_known_optimum() -> None:
    """Data set P01 of the knapsack collection at Florida State University: capacity 165, optimum 309."""
    weights = (23, 31, 29, 44, 53, 38, 63, 85, 89, 82)
    profits = (92, 57, 49, 68, 60, 43, 67, 84, 87, 72)
    names = [f"i{at}" for at in range(10)]
    result = allocate(
        problem(
            [lump(name, weight) for name, weight in zip(names, weights, strict=True)],
            "165",
            synergies=[worth(name, str(profit)) for name, profit in zip(names, profits, strict=True)],
        )
    )
    assert result.value == 309
    assert result.funded == ("i0", "i1", "i2", "i3", "i5")
    assert result.left == (("pool", 0),)
    assert result.status == "within_gap"
    assert 309 <= result.bound <= 309 * (1 + Fraction(1, 10_000))


def test_generalised_assignment_with_a_known_optimum() -> None:
    """Three jobs, two agents: each job in at most one agent's version, agents' hours as caps; optimum 27."""
    hours = {"a": (3, 4, 5), "b": (5, 3, 4)}
    profit = {"a": (8, 9, 9), "b": (6, 7, 10)}
    rows, synergies, limits = [], [], []
    for agent, taken in hours.items():
        limits.append({"group_kind": "agent", "group": agent, "cap": "7"})
        for job, cost in enumerate(taken):
            name = f"{agent}{job}"
            rows.append(lump(name, cost) | {"groups": {"agent": agent, "job": str(job)}})
            synergies.append(worth(name, str(profit[agent][job])))
    limits += [
        {"group_kind": "job", "group": str(job), "cap": str(cap)} for job, cap in ((0, 5), (1, 4), (2, 5))
    ]
    result = allocate(problem(rows, synergies=synergies, limits=limits))
    assert result.funded == ("a0", "a1", "b2")
    assert result.value == 8 + 9 + 10
    assert {"cap/agent/a", "cap/job/1"} <= set(result.binding)


def test_two_things_that_are_worthless_apart_are_funded_together() -> None:
    rows = [lump("seed", 50), lump("advice", 50), lump("road", 60)]
    alone = [worth("road", "7")]
    together = [*alone, {"kind": "bonus", "members": ["seed", "advice"], "value": "9"}]
    assert allocate(problem(rows, synergies=alone)).funded == ("road",)
    assert allocate(problem(rows, synergies=together)).funded == ("advice", "seed")


def test_needs_and_bundles_change_the_choice() -> None:
    rows = [lump("seed", 60), lump("well", 50), lump("road", 70)]
    values = [worth("seed", "9"), worth("road", "8")]
    assert allocate(problem(rows, synergies=values)).funded == ("seed",)
    for kind in ("needs", "bundle"):
        linked = [*values, {"kind": kind, "members": ["seed", "well"]}]
        assert allocate(problem(rows, synergies=linked)).funded == ("road",)
        assert allocate(problem(rows, "110", synergies=linked)).funded == ("seed", "well")


def test_a_cycle_of_needs_and_chained_bundles_hold_together() -> None:
    rows = [lump(name, 20) for name in "abcde"]
    synergies = [
        worth("a", "5"),
        {"kind": "needs", "members": ["a", "b"]},
        {"kind": "needs", "members": ["b", "a"]},
        {"kind": "bundle", "members": ["b", "c"]},
        {"kind": "bundle", "members": ["d", "c"]},
    ]
    assert allocate(problem(rows, synergies=synergies)).funded == ("a", "b", "c", "d")
    assert allocate(problem(rows, "79.99", synergies=synergies)).funded == ()


def earmarked(budget: str = "50") -> AllocationDocument:
    rows = [
        row("north", "0", "80", "1", groups={"region": "n"}),
        row("south", "0", "80", "3", groups={"region": "s"}),
    ]
    funds = [
        {"fund_id": "free", "budget": "40"},
        {"fund_id": "given", "budget": budget, "earmark": {"region": ["n"]}},
    ]
    return problem(rows, funds=funds)


def test_an_earmark_that_binds_is_named_and_priced() -> None:
    result = allocate(earmarked())
    assert [(line.intervention_id, line.fund_id, line.amount_minor) for line in result.lines] == [
        ("north", "given", 5000),
        ("south", "free", 4000),
    ]
    assert dict(result.prices) == {"budget/free": 3, "budget/given": 1, "earmark/given": 2}
    assert result.binding == ("budget/free", "budget/given", "earmark/given")


def test_an_earmark_that_leaves_money_idle_is_named() -> None:
    result = allocate(earmarked("90"))
    assert result.left == (("free", 0), ("given", 1000))
    assert "earmark/given" in result.binding
    assert "budget/given" not in result.binding
    assert dict(result.prices)["earmark/given"] == 3


def test_prices_are_what_a_little_more_brings() -> None:
    rows = [
        row("a", "5", "60", "4", groups={"region": "n"}),
        row("b", "5", "60", "3", groups={"region": "n"}),
        row("c", "5", "60", "2", groups={"region": "s"}),
        row("d", "5", "60", "1", groups={"region": "s"}),
    ]

    def at(budget: int, cap: int, floor: int) -> AllocationResult:
        bounds = [
            {"group_kind": "region", "group": "n", "cap": str(cap)},
            {"group_kind": "region", "group": "s", "floor": str(floor)},
        ]
        return allocate(
            problem(rows, str(budget), limits=bounds, synergies=[worth("b", "1"), worth("d", "1")])
        )

    base = at(90, 50, 45)
    assert dict(base.prices) == {
        "budget/pool": 4,
        "floor/region/s": -2,
        "ticket/b": -1,
        "ticket/d": -1,
    }
    for change, rule in (((91, 50, 45), "budget/pool"), ((90, 50, 46), "floor/region/s")):
        assert (at(*change).value - base.value) * 1000 == dict(base.prices)[rule]
    capped = at(100, 45, 45)
    assert (at(100, 46, 45).value - capped.value) * 1000 == dict(capped.prices)["cap/region/n"] == 2


def test_money_is_conserved_to_the_minor_unit() -> None:
    rows = [row(f"i{at}", "0.07", "33.33", "1", groups={"region": "n"}, fixed="0.01") for at in range(7)]
    funds = [
        {"fund_id": "a", "budget": "33.34"},
        {"fund_id": "b", "budget": "66.67", "earmark": {"region": ["n"]}},
        {"fund_id": "c", "budget": "0.01"},
    ]
    result = allocate(problem(rows, funds=funds))
    paid = {fund: sum(line.amount_minor for line in result.lines if line.fund_id == fund) for fund in "abc"}
    assert {fund: paid[fund] + left for fund, left in result.left} == {"a": 3334, "b": 6667, "c": 1}
    assert sum(paid.values()) == 10002
    assert sum(result.award_minor(name) for name in result.funded) == 10002
    assert recheck(problem(rows, funds=funds), result.lines) == result.value


def test_money_that_brings_nothing_stays_in_its_fund() -> None:
    response = [{"up_to": "30", "gain_per_k": "1"}, {"up_to": "90", "gain_per_k": "0"}]
    result = allocate(problem([row("a", "10", "90", response=response)]))
    assert (result.award_minor("a"), result.left) == (3000, (("pool", 7000),))
    assert result.prices == ()


def test_amounts_beyond_the_solvers_tolerance_are_still_exact() -> None:
    """Both together cost one minor unit too much, far below what a float can tell at this size."""
    rows = [lump("a", 200_000_000_000_000), row("b", "200000000000000.01", "200000000000000.01")]
    case = problem(rows, "400000000000000.00", synergies=[worth("a", "5"), worth("b", "4")])
    result = allocate(case)
    assert result.funded == ("a",)
    assert [result.value, result.status] == [5, "within_gap"]
    exact = allocate(problem(rows, "400000000000000.01", synergies=[worth("a", "5"), worth("b", "4")]))
    assert exact.value == 9
    assert exact.left == (("pool", 0),)


def test_nothing_to_gain_and_nothing_to_give() -> None:
    for case in (problem([row("a", "1", "5")]), problem([row("a", "1", "5", "2")], "0")):
        result = allocate(case)
        assert [result.value, result.bound, result.gap, result.status] == [0, 0, 0, "within_gap"]
    blocked = [lump("a", 60), lump("b", 60)]
    result = allocate(problem(blocked, synergies=[{"kind": "bonus", "members": ["a", "b"], "value": "9"}]))
    assert [result.value, result.gap, result.status] == [0, None, "within_gap"]


def test_an_asked_gap_overrides_the_document_and_must_be_a_gap() -> None:
    case = problem([row("a", "1", "90", "2")])
    assert allocate(case, gap=Fraction(1, 7)).asked_gap == Fraction(1, 7)
    with pytest.raises(ValueError, match="between 0 and 1"):
        allocate(case, gap=Fraction(0))


def test_without_time_the_simple_rule_answers_and_the_bound_is_what_all_would_be_worth() -> None:
    rows = [lump("a", 60), lump("b", 100)]
    result = allocate(problem(rows, synergies=[worth("a", "7"), worth("b", "9")]), deadline_s=0.0)
    assert [result.status, result.value, result.bound] == ["stopped", 7, 16]
    floor = [{"group_kind": "region", "group": "n", "floor": "60"}]
    grouped = [entry | {"groups": {"region": region}} for entry, region in zip(rows, "sn", strict=True)]
    grouped[1]["minimum"] = "1"
    late = problem(grouped, limits=[*floor, {"group_kind": "region", "group": "s", "floor": "60"}])
    with pytest.raises(NotProven, match="deadline"):
        allocate(late, deadline_s=0.0)


def test_an_infeasible_floor_names_every_kind_of_change_with_its_amount() -> None:
    rows = [
        row("a", "1", "90", "9", groups={"region": "n"}),
        row("b", "1", "90", "1", groups={"region": "s"}),
    ]
    funds = [
        {"fund_id": "free", "budget": "40"},
        {"fund_id": "north", "budget": "50", "earmark": {"region": ["n"]}},
    ]
    error = refused(
        problem(rows, funds=funds, limits=[{"group_kind": "region", "group": "s", "floor": "60.01"}])
    )
    assert error.figures["rules"] == ["budget/free", "earmark/north", "floor/region/s"]
    assert error.figures["fixes"] == [
        {"fix": "floor", "rule": "floor/region/s", "change": "lower by", "amount": "20.01"},
        {"fix": "money", "rule": "budget/free", "change": "raise by", "amount": "20.01"},
        {
            "fix": "earmark",
            "rule": "earmark/north",
            "change": "admit what it excludes, for",
            "amount": "20.01",
        },
    ]


def test_a_floor_above_all_tickets_can_only_be_lowered() -> None:
    rows = [row("a", "1", "30", "9", groups={"region": "n"})]
    error = refused(problem(rows, limits=[{"group_kind": "region", "group": "n", "floor": "31"}]))
    assert error.figures["fixes"] == [
        {"fix": "floor", "rule": "floor/region/n", "change": "lower by", "amount": "1.00"}
    ]


def test_a_floor_nobody_can_be_paid_for_is_infeasible_before_any_model() -> None:
    rows = [row("a", "200", "300", "9", groups={"region": "n"})]
    error = refused(problem(rows, limits=[{"group_kind": "region", "group": "n", "floor": "1"}]))
    assert error.figures["rules"] == ["budget/pool", "floor/region/n"]


def test_a_floor_against_a_cap_of_another_kind_names_the_cap() -> None:
    rows = [row("a", "1", "90", "9", groups={"region": "n", "sector": "w"})]
    limits = [
        {"group_kind": "region", "group": "n", "floor": "50"},
        {"group_kind": "sector", "group": "w", "cap": "45"},
    ]
    assert refused(problem(rows, limits=limits)).figures["rules"] == ["cap/sector/w", "floor/region/n"]


def three(floor: int, cap: int, *terms: tuple[str, str, str, str]) -> AllocationDocument:
    rows = [
        row(f"i{at}", low, high, gain, fixed=fixed, groups={"region": "s" if at else "n"})
        for at, (fixed, low, high, gain) in enumerate(terms)
    ]
    limits = [{"group_kind": "region", "group": "s", "floor": str(floor), "cap": str(cap)}]
    return problem(rows, limits=limits)


def test_a_problem_that_presolve_called_infeasible_is_solved() -> None:
    split = [{"up_to": "1", "gain_per_k": "7.5"}, {"up_to": "3", "gain_per_k": "3.5"}]
    rows = [
        row("i0", "1", "1", "9.5", fixed="1", groups={"region": "s"}),
        row("i1", "1", "1", "3.5", groups={"region": "n"}),
        row("i2", "0", "3", fixed="1", groups={"region": "s"}) | {"response": split},
    ]
    case = problem(
        rows,
        funds=[
            {"fund_id": "bound", "budget": "1", "earmark": {"region": ["s"]}},
            {"fund_id": "free", "budget": "3"},
        ],
        synergies=[{"kind": "needs", "members": ["i1", "i2"]}],
        limits=[
            {"group_kind": "region", "group": "n", "floor": "1", "cap": "8"},
            {"group_kind": "region", "group": "s", "floor": "2", "cap": "2"},
        ],
    )
    assert allocate(case).value == Fraction(11, 1000)


def test_a_problem_that_presolve_answered_with_no_numbers_is_named_infeasible() -> None:
    case = three(2, 2, ("0", "1", "1", "0.5"), ("0", "1", "1", "0.5"), ("1", "2", "2", "0.5"))
    assert refused(case).figures["rules"] == ["cap/region/s", "floor/region/s"]


def test_a_problem_that_presolve_ended_the_process_on_is_named_infeasible() -> None:
    terms = (("1", "2", "3", "8.5"), ("2", "2", "5", "0.5"), ("1", "2", "3", "8.5"))
    rows = [
        row(f"i{at}", low, high, gain, fixed=fixed, groups={"sector": "w"})
        for at, (fixed, low, high, gain) in enumerate(terms)
    ]
    funds = [{"fund_id": "bound", "budget": "2"}, {"fund_id": "free", "budget": "5"}]
    limits = [{"group_kind": "sector", "group": "w", "floor": "2", "cap": "2"}]
    assert refused(problem(rows, funds=funds, limits=limits)).figures["rules"] == [
        "cap/sector/w",
        "floor/sector/w",
    ]


def test_another_use_of_the_solver_with_more_threads_does_not_stop_ours() -> None:
    """HiGHS refuses to run when the process began it with another number of threads."""
    code = """
import highspy
other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", 2)
other.addVariable(0, 1)
other.changeColIntegrality(0, highspy.HighsVarType.kInteger)
other.addRow(0, 1, 1, [0], [1.0])
other.run()
import sys
from almoner.finance.allocation import AllocationDocument, allocate
print(allocate(AllocationDocument.read(sys.stdin.read())).award_minor("a"))
"""
    text = problem([row("a", "1", "90", "2")]).canonical_bytes().decode()
    ran = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "9000"


def halves(*others: Plain) -> AllocationDocument:
    """Three pairs that must get 0.03 each: 0.015 for each of three, which nobody can pay."""
    rows = [
        row(name, "0.01", "0.03", "1", groups=dict.fromkeys(kinds, "x"))
        for name, kinds in (("a", ("k1", "k3")), ("b", ("k1", "k2")), ("c", ("k2", "k3")))
    ]
    pairs = [
        {"group_kind": kind, "group": "x", "floor": "0.03", "cap": "0.03"} for kind in ("k1", "k2", "k3")
    ]
    return problem([*rows, *others], limits=pairs)


def test_half_minor_units_are_never_paid() -> None:
    with pytest.raises(NotProven, match="no other choice"):
        allocate(halves())
    with pytest.raises(NotProven, match="8 choices could not be paid"):
        allocate(halves(*(row(f"i{at}", "1", "2", "1") for at in range(4))))


def test_the_result_writes_the_same_bytes_twice_and_says_what_it_is() -> None:
    case = earmarked()
    first = allocate(case).canonical_bytes()
    assert first == allocate(case).canonical_bytes()
    plain = json.loads(first)
    assert plain["schema"] == "almoner.allocation-result/1"
    assert plain["value"] == "17/100"
    assert plain["lines"][0] == {"amount": "50.00", "fund_id": "given", "intervention_id": "north"}
    assert plain["prices"]["earmark/given"] == "2.000000000"


def test_importing_the_package_loads_no_solver() -> None:
    heavy = "{'pulp', 'highspy', 'numpy', 'pydantic'}"
    code = f"import sys, almoner.finance.allocation; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
