import itertools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation import AllocationDocument
from almoner.finance.allocation.compile import CompiledProblem, compile_problem
from almoner.finance.allocation.transport import Flow


def compiled(
    funds: dict[str, tuple[int, list[str]]], rows: dict[str, tuple[str, int]], **more: object
) -> CompiledProblem:
    """Funds: budget and admitted groups; rows: group and gain; the unit has no digits."""
    plain: dict[str, Any] = {
        "schema": "almoner.allocation/1",
        "unit": "point",
        "scale": 0,
        "funds": [
            {"fund_id": name, "budget": str(budget), "earmark": {"g": groups} if groups else None}
            for name, (budget, groups) in funds.items()
        ],
        "interventions": [
            {
                "intervention_id": name,
                "title": name,
                "groups": {"g": group},
                "actors": [{"actor_id": "x", "share_bp": 10000}],
                "minimum": "1",
                "maximum": "10",
                "response": [{"up_to": "10", "gain_per_k": str(gain)}],
            }
            for name, (group, gain) in rows.items()
        ],
    }
    return compile_problem(AllocationDocument.read(json.dumps(plain | more)))


CHAIN = {"f1": (3, ["a"]), "f2": (3, ["a", "b"]), "f3": (3, ["b", "c"])}
ROWS = {"ia": ("a", 1), "ib": ("b", 1), "ic": ("c", 1)}


def test_money_moves_along_a_chain_of_funds() -> None:
    pool = Flow(compiled(CHAIN, ROWS))
    assert pool.push("ib", 6) == 6
    assert pool.push("ic", 3) == 0
    assert pool.push("ia", 9) == 3
    pool = Flow(compiled(CHAIN | {"f2": (6, ["a", "b"])}, ROWS))
    assert pool.push("ia", 5) == 5
    assert pool.push("ib", 5) == 5
    assert pool.push("ic", 9) == 2
    assert pool.free == {"f1": 0, "f2": 0, "f3": 0}


def test_opening_gives_everybody_the_least_or_nobody_anything() -> None:
    pool = Flow(compiled({"f": (2, [])}, ROWS))
    assert not pool.open(["ia", "ib", "ic"])
    assert (pool.paid, pool.free) == ({}, {"f": 2})
    assert pool.open(["ia", "ib"])
    assert not pool.open(["ic"])
    assert pool.free == {"f": 0}


def test_a_floor_takes_from_the_least_gain_that_has_something_to_spare() -> None:
    limits = [
        {"group_kind": "g", "group": "c", "floor": "4"},
        {"group_kind": "g", "group": "b", "floor": "3"},
    ]
    pool = Flow(compiled({"f": (12, [])}, {"ia": ("a", 2), "ib": ("b", 1), "ic": ("c", 0)}, limits=limits))
    for key, amount in (("ia", 7), ("ib", 4), ("ic", 1)):
        pool.push(key, amount)
    assert pool.raise_floors()
    assert {key: pool.award(key) for key in pool.paid} == {"ia": 5, "ib": 3, "ic": 4}


def test_a_floor_that_cannot_be_met_is_said_so_and_leaves_the_rest_paid() -> None:
    limits = [{"group_kind": "g", "group": "c", "floor": "4"}]
    pool = Flow(compiled(CHAIN, ROWS, limits=limits))
    for key in ROWS:
        pool.push(key, 3)
    assert not pool.raise_floors()
    assert {key: pool.award(key) for key in ROWS} == {"ia": 3, "ib": 3, "ic": 3}


def test_spending_stops_at_caps_and_takes_the_highest_gain_first() -> None:
    limits = [{"group_kind": "g", "group": "a", "cap": "4"}]
    pool = Flow(compiled({"f": (12, [])}, {"ia": ("a", 3), "ib": ("b", 2), "ic": ("c", 1)}, limits=limits))
    assert pool.open(ROWS)
    pool.spend()
    assert {key: pool.award(key) for key in pool.paid} == {"ia": 4, "ib": 7, "ic": 1}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sets(st.sampled_from("abc"), min_size=1)), min_size=1, max_size=3
    ),
    st.lists(st.tuples(st.sampled_from(["ia", "ib", "ic"]), st.integers(1, 6)), max_size=6),
)
def test_what_is_pushed_is_the_maximum_flow_and_conserves_every_fund(
    funds: list[tuple[int, set[str]]], pushes: list[tuple[str, int]]
) -> None:
    """Whatever the order, the total is the least cut, and nothing is lost between funds."""
    budgets = {f"f{at}": (budget, sorted(groups | {"c"})) for at, (budget, groups) in enumerate(funds)}
    pool = Flow(compiled(budgets, ROWS))
    wanted = dict.fromkeys(ROWS, 0)
    for key, amount in pushes:
        wanted[key] = min(10, wanted[key] + amount)
        pool.push(key, wanted[key] - pool.award(key))
    cuts = []
    for some in itertools.product([False, True], repeat=len(ROWS)):
        served = {ROWS[key][0] for key, is_in in zip(ROWS, some, strict=True) if is_in}
        reach = sum(budget for budget, groups in budgets.values() if served & set(groups))
        cuts.append(reach + sum(wanted[key] for key, is_in in zip(ROWS, some, strict=True) if not is_in))
    for key in ROWS:
        pool.push(key, wanted[key] - pool.award(key))
    assert sum(pool.award(key) for key in ROWS) == min(cuts)
    for fund, (budget, _) in budgets.items():
        paid = sum(line.amount_minor for line in pool.lines() if line.fund_id == fund)
        assert paid + pool.free[fund] == budget
