"""The PuLP problem over a matrix: the same model in every form, and rows that people lay on top."""

import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pulp
import pytest
from benchmarks.allocation_cases import random_case

from almoner.finance.allocation.model.compile import CompiledModel, compile_model
from almoner.finance.allocation.model.highs import Matrix, Search
from almoner.finance.allocation.model.pulp_bridge import AllocationProblem, MatrixHiGHS, solve_model
from almoner.finance.allocation.problem import AllocationDocument

Foreign = Any  # an object of PuLP or HiGHS


def case(seed: int) -> CompiledModel:
    return compile_model(AllocationDocument.from_tables(*random_case(seed)).arrays)


def lumps(count: int = 6, budget: int = 1000) -> CompiledModel:
    """Compile a knapsack: every intervention costs its maximum or nothing."""
    names = [f"w{at}" for at in range(count)]
    costs = [170 + 37 * at for at in range(count)]
    tables = {
        "funds": [{"fund_id": "pool", "budget_minor": budget}],
        "interventions": {"intervention_id": names},
        "tickets": {"intervention_id": names, "min_minor": costs, "max_minor": costs},
        "response": {
            "intervention_id": names,
            "cap_minor": costs,
            "gain_micro_per_k": [1_000_000 + 7000 * (at * at % 5) for at in range(count)],
        },
    }
    return compile_model(AllocationDocument.from_tables({"unit": "USD", "scale": 2}, tables).arrays)


def rows_of(problem: AllocationProblem) -> dict[str, tuple[dict[str, float], float, float]]:
    """Read every constraint of a PuLP problem: coefficients by variable, bounds."""
    found = {}
    for row in problem.constraints():
        low, high = row.getLb(), row.getUb()
        terms = {str(variable.name): float(factor) for variable, factor in row.items() if factor}
        found[row.name] = (terms, -np.inf if low is None else low, np.inf if high is None else high)
    return found


def rows_of_matrix(model: Matrix, names: list[str], titles: list[str]) -> Iterator[tuple[str, Any]]:
    by_row = model.matrix.tocsr()
    for at, title in enumerate(titles):
        held = slice(by_row.indptr[at], by_row.indptr[at + 1])
        places, values = by_row.indices[held].tolist(), by_row.data[held].tolist()
        terms = {names[place]: value for place, value in zip(places, values, strict=True)}
        low, high = float(model.row_lower[at]), float(model.row_upper[at])
        if low in {high, -np.inf} or high == np.inf:
            yield title, (terms, low, high)
        else:
            yield f"{title}_low", (terms, low, np.inf)
            yield title, (terms, -np.inf, high)


def verdict(problem: AllocationProblem, answer: Foreign) -> tuple[str, bool]:
    """Say how a run ended in PuLP's word, and whether it left an answer.

    PuLP 3 returns a number and keeps both on the problem; PuLP 4 returns them, with statistics.
    """
    if hasattr(pulp, "LpSolveStats"):
        return answer.status.name, answer.has_solution
    assert problem.status == answer
    return pulp.LpStatus[answer].replace(" ", ""), problem.sol_status > pulp.LpSolutionNoSolutionFound


@pytest.fixture(params=["highs", "cbc"])
def foreign(request: pytest.FixtureRequest) -> Foreign:
    if request.param == "highs":
        return pulp.HiGHS(msg=False, gapRel=1e-9, threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        kind = getattr(pulp, "PULP_CBC_CMD", pulp.COIN_CMD)
        solver = kind(msg=False, gapRel=1e-9)
    if not solver.available():
        pytest.skip("no CBC on this machine")
    return solver


def test_the_objects_are_the_matrix_coefficient_by_coefficient() -> None:
    for seed in range(200):
        model = case(seed)
        problem = AllocationProblem(model)
        matrix = problem.matrix()
        names = [model.column_name(at) for at in range(len(model.cost))]
        titles = [model.row_name(at) for at in range(len(model.row_lower))]
        assert rows_of(problem) == dict(rows_of_matrix(matrix, names, titles))
        variables = problem.variables()
        assert [variable.name for variable in variables] == names
        assert [variable.cat == pulp.LpInteger for variable in variables] == model.integer.tolist()
        low = [-np.inf if each.lowBound is None else each.lowBound for each in variables]
        high = [np.inf if each.upBound is None else each.upBound for each in variables]
        assert (low, high) == (model.lower.tolist(), model.upper.tolist())
        costs = {str(variable.name): factor for variable, factor in problem.objective.items() if factor}
        assert costs == {name: cost for name, cost in zip(names, model.cost.tolist(), strict=True) if cost}


def test_any_solver_of_pulp_finds_the_same_optimum(foreign: Foreign) -> None:
    solved = 0
    for seed in range(40):
        model = case(seed)
        own = solve_model(model, gap=1e-9)
        problem = AllocationProblem(model)
        problem.solve(foreign)
        assert problem.outcome.status == own.status
        solved += own.status == "solved"
        assert problem.outcome.objective == pytest.approx(own.objective, rel=1e-5, abs=1e-5)
    assert solved > 15


def test_a_written_model_is_read_back_as_the_same_model(tmp_path: Path) -> None:
    for seed in (0, 3, 5, 8, 9):
        model = case(seed)
        own = solve_model(model, gap=1e-9)
        AllocationProblem(model).writeMPS(str(tmp_path / "model.mps"))
        AllocationProblem(model).writeLP(str(tmp_path / "model.lp"))
        for name in ("model.mps", "model.lp"):
            solver = new_solver(tmp_path / name)
            if own.status == "solved":
                assert solver.getObjectiveValue() == pytest.approx(own.objective, rel=1e-6, abs=1e-6)
            else:
                assert "nfeasible" in solver.modelStatusToString(solver.getModelStatus())


def new_solver(path: Path) -> Foreign:
    import highspy  # noqa: PLC0415 - the tests of the bridge read what it writes by another door

    solver: Foreign = highspy.Highs()  # type: ignore[no-untyped-call] # a library without types
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - its own signature
    solver.setOptionValue("mip_rel_gap", 1e-9)
    solver.readModel(str(path))
    solver.run()
    return solver


def test_a_row_on_top_binds_and_needs_no_objects() -> None:
    model = lumps()
    free = solve_model(model)
    problem = AllocationProblem(model)
    first, second = problem.variable("funded", "w3"), problem.variable("funded", "w4")
    assert free.x is not None
    assert free.x[model.column("funded", "w3")] + free.x[model.column("funded", "w4")] == 2
    problem += first + second <= 1, "not_both"
    assert verdict(problem, problem.solve()) == ("Optimal", True)
    assert not problem.is_material
    assert first.varValue + second.varValue <= 1
    assert problem.outcome.objective > free.objective
    other = AllocationProblem(model)
    other += other.variable("funded", "w3") + other.variable("funded", "w4") <= 1
    other.solve(pulp.HiGHS(msg=False, gapRel=1e-9))
    assert other.outcome.objective == pytest.approx(problem.outcome.objective)


def test_new_variables_bounds_and_objectives_lie_on_top_too() -> None:
    model = lumps()
    for solver in (MatrixHiGHS(Search(gap=1e-9)), pulp.HiGHS(msg=False, gapRel=1e-9)):
        problem = AllocationProblem(model)
        count = problem.add_variable("count", 0, 9, pulp.LpInteger)
        funded = [problem.variable("funded", f"w{at}") for at in range(6)]
        problem += pulp.lpSum(funded) == count, "counted"
        problem += count >= 3
        problem.setObjective(pulp.lpSum(at * each for at, each in enumerate(funded)) + 2 * count)
        problem.variable("funded", "w0").upBound = 0
        problem.solve(solver)
        assert problem.outcome.status == "solved"
        assert problem.outcome.objective == pytest.approx(1 + 2 + 3 + 2 * 3)
        assert [each.varValue for each in funded] == pytest.approx([0, 1, 1, 1, 0, 0])
        assert count.varValue == pytest.approx(3)


def test_rows_that_are_added_after_the_objects_count_as_well() -> None:
    problem = AllocationProblem(lumps())
    before = len(problem.variables())
    problem.extend({"few": pulp.lpSum(problem.variable("funded", f"w{at}") for at in range(6)) <= 2})
    problem += problem.variable("funded", "w5") >= 1, "last"
    names = set(rows_of(problem))
    assert {"few", "last"} <= names
    for solver in (None, pulp.HiGHS(msg=False, gapRel=1e-9)):
        problem.solve(solver)
        funded = [problem.variable("funded", f"w{at}").varValue for at in range(6)]
        assert sum(funded) == pytest.approx(2)
        assert funded[5] == pytest.approx(1)
    assert len(problem.variables()) == before == problem.numVariables()
    assert len(problem.constraints()) == problem.numConstraints()


def test_what_is_no_constraint_is_refused() -> None:
    problem = AllocationProblem(lumps())
    with pytest.raises(TypeError, match="write left <= right"):
        problem.addConstraint(problem.variable("funded", "w0") + 1)
    with pytest.raises(TypeError, match="already decided"):
        problem += False
    problem += True
    with pytest.raises(KeyError, match="period 0 is not open"):
        problem.variable("start", "w0")


def test_copies_keep_the_matrix_and_the_rows_and_go_their_own_way() -> None:
    problem = AllocationProblem(lumps())
    problem += problem.variable("funded", "w4") <= 0, "without"
    problem.variable("funded", "w1").upBound = 0
    problem.solve()
    for made in (problem.copy(), problem.deepcopy(), pickle.loads(pickle.dumps(problem))):  # noqa: S301 - ours
        other = made
        other.solve()
        assert other.outcome.objective == problem.outcome.objective
        other += other.variable("funded", "w5") <= 0
        other.solve()
        assert other.outcome.objective > problem.outcome.objective
        assert other.variable("funded", "w1").upBound == 0
    assert problem.numConstraints() == AllocationProblem(lumps()).numConstraints() + 1


def test_looking_at_a_problem_makes_no_objects() -> None:
    problem = AllocationProblem(lumps())
    assert repr(problem) == "allocation: 12 variables, 13 constraints"
    assert [problem.isMIP(), problem.numVariables(), problem.numConstraints()] == [1, 12, 13]
    problem.solve()
    assert not problem.is_material
    assert len(problem.objective) == 6
    assert problem.is_material
    assert problem.objective.value() == pytest.approx(problem.outcome.objective)


def test_another_problem_is_solved_as_pulp_does() -> None:
    plain = pulp.LpProblem("plain", pulp.LpMaximize)
    amount = plain.add_variable("amount", 0, 4)
    plain += amount
    plain.solve(MatrixHiGHS())
    assert amount.varValue == 4
    problem = AllocationProblem(lumps())
    solver = MatrixHiGHS()
    for answer in (solver.solve(problem), solver.actualSolve(problem), solver.actualResolve(problem)):
        assert verdict(problem, answer) == ("Optimal", True)


def test_words_for_how_a_run_ended_are_pulps_own_but_never_too_kind() -> None:
    problem = AllocationProblem(lumps(30, 3000))
    answer = problem.solve(MatrixHiGHS(Search(deadline_s=0.0)))
    assert problem.outcome.status == "no_answer"
    assert verdict(problem, answer) == ("NotSolved", False)
    stopped = replace(solve_model(problem.model), status="stopped")
    word, has_answer = verdict(problem, problem.take(stopped))
    assert has_answer
    assert word != "Optimal"
    problem += problem.variable("funded", "w0") >= 2
    answer = problem.solve()
    assert str(problem.outcome.status) == "infeasible"
    assert verdict(problem, answer) == ("Infeasible", False)


def test_a_search_begins_with_the_answer_that_it_is_given() -> None:
    model = lumps(40, 4000)
    best = solve_model(model, gap=1e-9)
    assert best.x is not None
    point = model.read(best.x)
    seen: list[float] = []
    start = model.start(point.funded, point.working)
    again = solve_model(model, gap=1e-9, incumbent=start, progress=lambda value, _: seen.append(value))
    assert again.objective == pytest.approx(best.objective)
    assert all(value == pytest.approx(best.objective) for value in seen)
    solver = MatrixHiGHS(Search(gap=1.0))
    solver.warm_start(model.start(point.funded))
    problem = AllocationProblem(model)
    problem.solve(solver)
    assert problem.outcome.objective == pytest.approx(best.objective)


def test_our_bound_ends_the_search() -> None:
    model = lumps(60, 9000)
    free = solve_model(model, gap=1e-3)
    ended = solve_model(model, gap=0.2, bound=free.bound)
    assert ended.objective - free.bound <= 0.2 * abs(ended.objective)


def test_a_cancelled_search_ends_at_once() -> None:
    asked: list[bool] = []

    def cancel() -> bool:
        asked.append(True)
        return True

    outcome = solve_model(lumps(60, 9000), gap=1e-9, cancel=cancel)
    assert asked
    assert outcome.status in {"stopped", "no_answer"}


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
import pickle, sys
from almoner.finance.allocation.model.pulp_bridge import solve_model
print(solve_model(pickle.load(sys.stdin.buffer)).status)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(lumps()), capture_output=True, check=True
    )
    assert ran.stdout.strip() == b"solved"
