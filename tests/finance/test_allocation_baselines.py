import json
from typing import Any

import pytest

from almoner.finance.allocation import AllocationDocument, allocate, greedy, proportional, recheck
from almoner.finance.errors import Infeasible

Plain = dict[str, Any]


def row(name: str, low: int, high: int, gain: str, region: str = "n") -> Plain:
    return {
        "intervention_id": name,
        "title": name,
        "groups": {"region": region},
        "actors": [{"actor_id": "x", "share_bp": 10000}],
        "minimum": str(low),
        "maximum": str(high),
        "response": [{"up_to": str(high), "gain_per_k": gain}],
    }


def problem(rows: list[Plain], funds: list[Plain] | None = None, **more: object) -> AllocationDocument:
    return AllocationDocument.read(
        json.dumps(
            {
                "schema": "almoner.allocation/1",
                "unit": "USD",
                "scale": 2,
                "funds": funds or [{"fund_id": "pool", "budget": "100"}],
                "interventions": rows,
                **more,
            }
        )
    )


def awards(lines: Any) -> dict[str, int]:  # noqa: ANN401 - any lines
    found: dict[str, int] = {}
    for line in lines:
        found[line.intervention_id] = found.get(line.intervention_id, 0) + line.amount_minor // 100
    return found


def test_greedy_takes_the_densest_first_and_the_optimum_shows_what_that_costs() -> None:
    case = problem([row("dense", 60, 60, "3"), row("large", 100, 100, "2.5")])
    assert awards(greedy(case)) == {"dense": 60}
    assert recheck(case, greedy(case)) < allocate(case).value


def test_greedy_funds_what_is_needed_with_what_needs_it() -> None:
    case = problem(
        [row("seed", 10, 20, "5"), row("well", 50, 60, "0.1"), row("road", 30, 40, "1")],
        synergies=[{"kind": "needs", "members": ["seed", "well"]}],
    )
    assert awards(greedy(case)) == {"road": 30, "well": 50, "seed": 20}


def test_greedy_skips_a_closure_that_cannot_be_paid() -> None:
    case = problem(
        [row("seed", 10, 20, "5"), row("well", 95, 96, "0.1"), row("road", 30, 40, "1")],
        synergies=[{"kind": "needs", "members": ["seed", "well"]}],
    )
    assert awards(greedy(case)) == {"road": 40}


def test_greedy_serves_floors_first_and_names_one_it_misses() -> None:
    rows = [row("a", 10, 90, "9"), row("b", 10, 60, "1", "s")]
    floor = [{"group_kind": "region", "group": "s", "floor": "40"}]
    assert awards(greedy(problem(rows, limits=floor))) == {"a": 60, "b": 40}
    missed = problem(rows, [{"fund_id": "pool", "budget": "39"}], limits=floor)
    with pytest.raises(Infeasible) as caught:
        greedy(missed)
    assert caught.value.figures["rules"] == ["floor/region/s"]


def test_money_promised_to_one_moves_to_another_fund_when_only_the_first_may_pay_the_other() -> None:
    funds: list[Plain] = [
        {"fund_id": "a", "budget": "50"},
        {"fund_id": "b", "budget": "50", "earmark": {"region": ["n"]}},
    ]
    case = problem([row("x", 50, 50, "9"), row("y", 50, 50, "1", "s")], funds)
    assert [(line.intervention_id, line.fund_id) for line in greedy(case)] == [("x", "b"), ("y", "a")]


def test_proportional_gives_everybody_the_same_part_to_the_minor_unit() -> None:
    case = problem([row("a", 1, 100, "1"), row("b", 1, 200, "9"), row("c", 1, 300, "5")])
    lines = proportional(case)
    assert [line.amount_minor for line in lines] == [1666, 3333, 5000]


def test_proportional_drops_whoever_falls_below_the_least_with_all_that_need_it() -> None:
    rows = [row("a", 40, 100, "1"), row("b", 10, 100, "9"), row("c", 10, 100, "5")]
    needs = [{"kind": "needs", "members": ["b", "a"]}]
    assert awards(proportional(problem(rows))) == {"b": 50, "c": 50}
    assert awards(proportional(problem(rows, synergies=needs))) == {"c": 100}


def test_proportional_keeps_caps_and_earmarks() -> None:
    funds = [
        {"fund_id": "n", "budget": "90", "earmark": {"region": ["n"]}},
        {"fund_id": "s", "budget": "10", "earmark": {"region": ["s"]}},
    ]
    rows = [row("a", 10, 100, "1"), row("b", 5, 100, "9", "s"), row("c", 20, 100, "9", "s")]
    capped = [{"group_kind": "region", "group": "n", "cap": "20"}]
    assert awards(proportional(problem(rows, funds, limits=capped))) == {"a": 20, "b": 10}


def test_simple_rules_leave_everything_when_nothing_can_be_funded() -> None:
    case = problem([row("a", 200, 300, "1")])
    assert greedy(case) == proportional(case) == ()


def test_proportional_names_the_floor_it_misses() -> None:
    limits = [{"group_kind": "region", "group": "s", "floor": "80"}]
    with pytest.raises(Infeasible, match=r"floor/region/s by 30\.00 USD"):
        proportional(problem([row("a", 1, 100, "1"), row("b", 1, 100, "1", "s")], limits=limits))
