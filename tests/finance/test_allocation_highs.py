"""HiGHS by arrays: what it says is checked, and small linear problems are solved again and again."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from almoner.finance.allocation.model.compile import compile_model
from almoner.finance.allocation.model.highs import Matrix, Outcome, Search, again, is_credible, run
from almoner.finance.allocation.model.overlay import matrix_of
from almoner.finance.allocation.model.pulp_bridge import solve_model
from almoner.finance.allocation.model.small_lp import SmallLP
from almoner.finance.allocation.problem import AllocationDocument

Rows = list[dict[str, Any]]
MAJOR = 100  # minor units


def ask(name: str, low: float, high: float, gain: float, fixed: float = 0, **groups: str) -> dict[str, Any]:
    return {
        "intervention_id": name,
        "low": low,
        "high": high,
        "gains": [(high, gain)],
        "fixed": fixed,
        **groups,
    }


def solved(asks: Rows, funds: list[tuple[str, float]], limits: Rows, **more: Rows) -> tuple[str, float]:
    """Solve a problem whose amounts are in major units; return status and value in gain times major units."""
    tables: dict[str, Rows] = {
        "funds": [{"fund_id": name, "budget_minor": int(budget * MAJOR)} for name, budget in funds],
        "interventions": [
            {key: value for key, value in row.items() if key not in {"low", "high", "gains", "fixed"}}
            | {"fixed_minor": int(row["fixed"] * MAJOR)}
            for row in asks
        ],
        "tickets": [
            {"intervention_id": row["intervention_id"], "min_minor": int(row["low"] * MAJOR),
             "max_minor": int(row["high"] * MAJOR)}
            for row in asks
        ],
        "response": [
            {"intervention_id": row["intervention_id"], "segment": at, "cap_minor": int(cap * MAJOR),
             "gain_micro_per_k": int(gain * 1e6)}
            for row in asks
            for at, (cap, gain) in enumerate(row["gains"])
        ],
        "limits": limits,
        **more,
    }  # fmt: skip
    document = AllocationDocument.from_tables({"unit": "USD", "scale": 2}, tables)
    model = compile_model(document.arrays)
    outcome = solve_model(model, gap=1e-9)
    if outcome.x is not None:
        assert is_credible(matrix_of(model), outcome)
    return outcome.status, model.micro(outcome.objective) / 1000


def bound(kind: str, group: str, floor: int = 0, cap: int = 0) -> dict[str, Any]:
    row: dict[str, Any] = {"group_kind": kind, "group_id": group}
    return (
        row | ({"floor_minor": floor * MAJOR} if floor else {}) | ({"cap_minor": cap * MAJOR} if cap else {})
    )


def test_a_problem_that_presolve_called_infeasible_is_solved() -> None:
    asks = [
        ask("i0", 1, 1, 9.5, 1, region="s"),
        ask("i1", 1, 1, 3.5, region="n"),
        ask("i2", 0, 3, 0, 1, region="s") | {"gains": [(1, 7.5), (2, 3.5)]},
    ]
    status, value = solved(
        asks,
        [("bound", 1), ("free", 3)],
        [bound("region", "n", 1, 8), bound("region", "s", 2, 2)],
        earmarks=[{"fund_id": "bound", "column": "region", "value": "s"}],
        synergies=[{"kind": "needs", "members": ["i1", "i2"]}],
    )
    assert status == "solved"
    assert value == pytest.approx(11)


def test_problems_that_presolve_answered_with_no_numbers_or_ended_the_process_on_are_infeasible() -> None:
    floors = [bound("region", "s", 2, 2)]
    no_numbers = [
        ask("i0", 1, 1, 0.5, region="n"),
        ask("i1", 1, 1, 0.5, region="s"),
        ask("i2", 2, 2, 0.5, 1, region="s"),
    ]
    assert solved(no_numbers, [("pool", 100)], floors)[0] == "infeasible"
    ended = [
        ask(f"i{at}", low, high, gain, fixed, sector="w")
        for at, (fixed, low, high, gain) in enumerate(((1, 2, 3, 8.5), (2, 2, 5, 0.5), (1, 2, 3, 8.5)))
    ]
    assert solved(ended, [("bound", 2), ("free", 5)], [bound("sector", "w", 2, 2)])[0] == "infeasible"


def test_no_small_problem_is_called_what_it_is_not() -> None:
    """Two hundred with small whole numbers, where HiGHS has erred, against enumeration."""
    random = np.random.default_rng(7)
    for _ in range(200):
        count = int(random.integers(2, 5))
        terms = [
            tuple(int(each) for each in random.integers((0, 1, 0, 1), (3, 3, 3, 9))) for _ in range(count)
        ]
        cap, floor = int(random.integers(2, 7)), int(random.integers(0, 3))
        asks = [
            ask(f"i{at}", low, low + more, gain, fixed, sector="w")
            for at, (fixed, low, more, gain) in enumerate(terms)
        ]
        status, value = solved(asks, [("a", 2), ("b", 5)], [bound("sector", "w", floor, cap)])
        found = [
            best_of([term for term, is_in in zip(terms, chosen, strict=True) if is_in], floor, cap)
            for chosen in itertools.product((0, 1), repeat=count)
        ]
        best = max((each for each in found if each is not None), default=None)
        assert status == ("infeasible" if best is None else "solved")
        assert best is None or value == pytest.approx(best, rel=1e-6, abs=1e-6)


def best_of(chosen: list[tuple[int, ...]], floor: int, cap: int) -> float | None:
    """Divide the money of a choice: least amounts first, then the highest gains."""
    least = sum(fixed + low for fixed, low, _, _ in chosen)
    most = sum(fixed + low + more for fixed, low, more, _ in chosen)
    room = min(cap, 7)
    if least > room or most < floor:
        return None
    value = float(sum(low * gain for _, low, _, gain in chosen))
    left = room - least
    for _, _, more, gain in sorted(chosen, key=lambda term: -term[3]):
        value += min(more, left) * gain
        left -= min(more, left)
    return value


def knapsack() -> Matrix:
    costs, weights = np.array([-5.0, -4.0, -3.0]), np.array([[2.0, 3.0, 1.0]])
    return Matrix(
        matrix=sp.csc_matrix(weights),
        cost=costs,
        lower=np.zeros(3),
        upper=np.ones(3),
        integer=np.ones(3, np.bool_),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([5.0]),
    )


def answer(x: list[float], objective: float) -> Outcome:
    return Outcome(status="solved", x=np.array(x), objective=objective, bound=-np.inf)


def test_an_answer_is_believed_only_when_it_is_what_it_says() -> None:
    model = knapsack()
    assert is_credible(model, answer([1, 1, 0], -9))
    assert not is_credible(model, answer([1, 1, 0], -10))
    assert not is_credible(model, answer([1, 1, 1], -12))
    assert not is_credible(model, answer([1, 0.5, 1], -10))
    assert not is_credible(model, answer([1, np.nan, 0], -9))
    assert not is_credible(model, answer([-1, 0, 0], 5))
    assert not is_credible(model, answer([1, 1, 0], np.inf))


def test_a_claim_that_there_is_no_answer_is_asked_twice() -> None:
    model = knapsack()
    first = run(model)
    assert (first.status, first.objective, first.is_second) == ("solved", -9.0, False)
    second = again(
        model, Search(gap=1e-6), Outcome(status="infeasible", x=None, objective=np.inf, bound=np.inf)
    )
    assert (second.status, second.objective, second.is_second) == ("solved", -9.0, True)
    model.row_upper[0], model.row_lower[0] = 2.5, 2.25
    none = run(model)
    assert (none.status, none.x, none.bound, none.is_second) == ("infeasible", None, np.inf, True)
    model.row_upper[0] = 1.5
    model.row_lower[0] = 1.25
    none = run(replace(model, integer=np.array([False, False, True])))
    assert (none.status, none.is_second) == ("solved", False)
    none = run(replace(model, upper=np.array([0.25, 0.0, 0.25])))
    assert (none.status, none.is_second) == ("infeasible", True)


def test_what_has_no_end_is_called_unbounded() -> None:
    lp = SmallLP(cost=[-1.0])
    lp.add_rows([[0.0]], high=1.0)
    assert lp.solve().status == "unbounded"


def test_a_model_without_columns_is_answered_by_its_rows() -> None:
    def empty(low: float) -> Matrix:
        nothing = np.zeros(0)
        return Matrix(
            matrix=sp.csc_matrix((1, 0)),
            cost=nothing,
            lower=nothing,
            upper=nothing,
            integer=np.zeros(0, np.bool_),
            row_lower=np.array([low]),
            row_upper=np.array([np.inf]),
        )

    assert run(empty(0.0)).status == "solved"
    assert run(empty(1.0)).status == "infeasible"


def test_a_master_grows_and_its_duals_are_what_more_would_bring() -> None:
    random = np.random.default_rng(1)
    matrix, high = random.random((6, 10)), random.random(6) + 1
    cost = -random.random(10)
    lp = SmallLP(cost=cost, upper=1.0)
    for row in range(6):
        lp.add_rows(matrix[row : row + 1], high=high[row])
        held = lp.solve()
        whole = SmallLP(cost=cost, upper=1.0, matrix=matrix[: row + 1], row_upper=high[: row + 1]).solve()
        assert held.objective == pytest.approx(whole.objective)
    assert held.row_dual is not None
    for row in range(6):
        moved = high.copy()
        moved[row] += 1e-5
        other = SmallLP(cost=cost, upper=1.0, matrix=matrix, row_upper=moved).solve()
        assert (other.objective - held.objective) / 1e-5 == pytest.approx(held.row_dual[row], abs=1e-6)


def test_a_master_takes_new_columns_costs_bounds_and_loses_rows() -> None:
    lp = SmallLP(cost=[-1.0, -1.0], upper=[4.0, 4.0], matrix=[[1.0, 2.0]], row_upper=[6.0])
    assert lp.solve().objective == pytest.approx(-5)
    lp.add_columns([[1.0]], cost=-3.0, upper=2.0)
    assert lp.solve().objective == pytest.approx(-6 - 4)
    lp.change_costs([2], 0.0)
    assert lp.solve().objective == pytest.approx(-5)
    lp.change_bounds([0], 0.0, 1.0)
    assert lp.solve().objective == pytest.approx(-3.5)
    lp.change_rows([0], -np.inf, 8.0)
    assert lp.solve().objective == pytest.approx(-4.5)
    lp.delete_rows([0])
    assert lp.solve().objective == pytest.approx(-5)
