"""The bound holds for every pair: those outside the pool are priced, and come in where they would help."""

import numpy as np
import pytest

from almoner.challenges.assignment import AssignmentProblem, ReaderMinimum
from almoner.challenges.assignment.aims import cost_aim, missing_aim, shortfall_aim
from almoner.challenges.assignment.grid import AssignmentGrid, compile_grid
from almoner.challenges.assignment.model import StageLines, build_model
from almoner.challenges.assignment.pricing import price_pairs
from almoner.challenges.assignment.solving import Solver
from almoner.challenges.assignment.stages import StageRun


@pytest.fixture
def grid() -> AssignmentGrid:
    rng = np.random.default_rng(4)
    judges = tuple(f"j{at:02}" for at in range(24))
    problem = AssignmentProblem(
        applications=tuple(f"a{at:02}" for at in range(36)),
        judges=judges,
        affinity=rng.random((36, 24)).round(2),
        demand=3,
        load_lo=4,
        load_hi=5,
        organisations=tuple(f"o{at % 9}" for at in range(24)),
        minima=(ReaderMinimum(name="senior", judges=frozenset(judges[:9])),),
        separated=(("j00", "j01"), ("j01", "j02"), ("j00", "j02"), ("j09", "j10")),
        panels=tuple("xy"[at % 2] for at in range(36)),
    )
    return compile_grid(problem, seed=1)


def run_with(grid: AssignmentGrid, best: int) -> StageRun:
    return StageRun(grid, lambda: 60.0, 1, best=best)


LINES = StageLines(missing=0, shortfall=0)


def test_a_pool_of_four_grows_to_the_bound_of_all_pairs(grid: AssignmentGrid) -> None:
    some, every = run_with(grid, 4), run_with(grid, 36)
    began = int(some.pool.sum())
    for aim, lines in ((missing_aim(grid), StageLines()), (shortfall_aim(grid), StageLines(missing=0))):
        assert some.relax(aim, lines) is not None
    few, all_pairs = some.relax(cost_aim(grid), LINES), every.relax(cost_aim(grid), LINES)
    assert few is not None
    assert all_pairs is not None
    assert began < int(some.pool.sum()) < int(grid.allowed.sum())
    assert few.priced.bound == pytest.approx(all_pairs.priced.bound, rel=1e-5)


def test_answers_from_a_small_pool_are_as_good(grid: AssignmentGrid) -> None:
    answers = [Solver(grid, run_with(grid, best), 0.0).solve() for best in (5, 36)]
    values = [[stage.value for stage in answer.stages] for answer in answers if answer]
    assert values[0] == pytest.approx(values[1])


def test_any_duals_give_a_bound_that_no_answer_undercuts(grid: AssignmentGrid) -> None:
    run = run_with(grid, 36)
    aim = cost_aim(grid)
    best = run.least(aim, LINES, gap=0.0)
    model = build_model(grid, run.pool, LINES)
    model = model.with_cost(aim.others(model) | {"x": aim.pair_cost[model.row, model.column]})
    assert best is not None
    rng = np.random.default_rng(0)
    for _ in range(20):
        dual = rng.normal(0, 3000, len(model.matrix.row_lower))
        priced = price_pairs(grid, model, dual, pair_cost=aim.pair_cost, lines=LINES)
        assert priced.bound <= best.value


def test_prices_of_pairs_in_the_model_are_its_own_reduced_costs(grid: AssignmentGrid) -> None:
    everything = np.arange(36)
    cut = (np.arange(10), everything)
    lines = StageLines(floor=np.full(36, 9000), cuts=(cut,))
    aim = missing_aim(grid)
    model = build_model(grid, grid.allowed, lines)
    model = model.with_cost(aim.others(model) | {"x": aim.pair_cost[model.row, model.column]})
    matrix = model.matrix
    dual = np.random.default_rng(1).normal(0, 1, len(matrix.row_lower))
    dual = np.where(matrix.row_lower == -np.inf, np.minimum(dual, 0), dual)
    dual = np.where(matrix.row_upper == np.inf, np.maximum(dual, 0), dual)
    priced = price_pairs(grid, model, dual, pair_cost=aim.pair_cost, lines=lines)
    own = (matrix.cost - matrix.matrix.T.dot(dual))[: len(model.row)]
    assert priced.reduced[model.row, model.column] == pytest.approx(own, abs=1e-9)
