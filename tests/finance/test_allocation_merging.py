"""Tickets merged into their choices: the same answers from a smaller model."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from benchmarks.allocation_cases import random_case
from benchmarks.instances.conflicts import frames
from benchmarks.instances.generate import generate

from almoner.finance.allocation.frames import from_frames
from almoner.finance.allocation.model.compile import CompiledModel, compile_model
from almoner.finance.allocation.model.highs import Matrix, Outcome, Search, run
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.search.merging import Merged, merge_tickets
from almoner.finance.allocation.search.settle import matrix_of
from almoner.finance.allocation.solve import allocate

CASES = 120
EXACT = Search(gap=1e-9)


def compiled(seed: int) -> CompiledModel:
    """Model of a random problem with any of the features."""
    head, tables = random_case(seed)
    return compile_model(AllocationDocument.from_tables(head, tables).arrays)


def merged(model: CompiledModel) -> Merged:
    """Whole model with its tickets merged."""
    return merge_tickets(model, matrix_of(model), np.arange(len(model.cost)))


def relaxed(matrix: Matrix) -> Outcome:
    """Optimum without whole numbers."""
    return run(replace(matrix, integer=np.zeros(len(matrix.cost), bool)))


@pytest.mark.parametrize("start", range(0, CASES, 20))
def test_merged_tickets_change_no_optimum(start: int) -> None:
    for seed in range(start, start + 20):
        model = compiled(seed)
        small = merged(model)
        plain, other = run(matrix_of(model), EXACT), run(small.matrix, EXACT)
        assert other.status == plain.status, seed
        if plain.x is None or other.x is None:
            continue
        assert other.objective == pytest.approx(plain.objective, rel=1e-6, abs=1e-6), seed
        assert matrix_of(model).breach(small.whole(other.x)) < 1e-6, seed


def test_the_relaxation_of_merged_tickets_is_not_weaker() -> None:
    tighter = 0
    for seed in range(CASES):
        model = compiled(seed)
        plain, other = relaxed(matrix_of(model)), relaxed(merged(model).matrix)
        if plain.x is None:
            assert other.x is None, seed
        if other.x is None:
            continue
        assert other.objective >= plain.objective - 1e-6 * (1 + abs(plain.objective)), seed
        tighter += other.objective > plain.objective + 1e-6 * (1 + abs(plain.objective))
    assert tighter > 0


def test_values_go_into_the_smaller_model_and_back() -> None:
    there_and_back = 0
    for seed in range(CASES):
        small = merged(compiled(seed))
        found = run(small.matrix, EXACT)
        if found.x is None:
            continue
        assert small.part(small.whole(found.x)) == pytest.approx(found.x, abs=1e-9), seed
        there_and_back += len(small.columns) < small.spread.shape[0]
    assert there_and_back > 0


def test_values_that_do_not_say_stay_so() -> None:
    model = compiled(1)
    small = merged(model)
    silent = np.full(len(model.cost), np.nan)
    assert np.isnan(small.part(silent)).all()


def test_lumpy_problems_of_middle_size_are_searched_whole_with_a_first_answer_before() -> None:
    instance = generate("hard", 450, 3)
    stages: list[str] = []
    result = allocate(
        from_frames(frames(instance)),
        gap=Fraction(1, 500),
        progress=lambda step: stages.append(step.stage) if step.value is not None else None,
    )
    assert result.status == "within_gap"
    assert result.bound >= result.value > 0
    assert stages[0] == "core"
    assert stages[-1] == "search"
    again = allocate(from_frames(frames(instance)), gap=Fraction(1, 500))
    assert (again.allocation, again.bound) == (result.allocation, result.bound)
