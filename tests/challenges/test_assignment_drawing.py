"""Assignments by chance: nobody can be sure of an entry, and every draw keeps every rule."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from almoner.challenges.assignment import AssignmentProblem, ReaderMinimum, assign
from almoner.challenges.assignment.drawing import find_chances, round_chances
from almoner.challenges.assignment.grid import compile_grid
from almoner.challenges.assignment.stages import StageRun

DRAWS = 300


@pytest.fixture
def problem() -> AssignmentProblem:
    rng = np.random.default_rng(2)
    return AssignmentProblem(
        applications=tuple(f"a{at}" for at in range(10)),
        judges=tuple(f"j{at}" for at in range(8)),
        affinity=rng.random((10, 8)).round(2),
        demand=3,
        load_lo=3,
        load_hi=5,
        organisations=("x", "x", "y", "y", "y", "", "", ""),
        randomise_bp=6000,
        connect=False,
    )


def test_every_pair_is_drawn_as_often_as_its_chance_and_no_draw_breaks_a_rule(
    problem: AssignmentProblem,
) -> None:
    grid = compile_grid(problem, seed=1)
    found = find_chances(grid, StageRun(grid, lambda: 60.0, 1), most_bp=6000)
    assert found is not None
    chances, _ = found
    assert chances.max() <= 0.6 + 1e-9
    seen = np.zeros(chances.shape)
    for seed in range(DRAWS):
        pairs = round_chances(grid, chances, seed=seed)
        seen += pairs
        assert (pairs.sum(axis=1) == 3).all()
        assert pairs.sum(axis=0).min() >= 3
        assert pairs.sum(axis=0).max() <= 5
        assert max(pairs[:, :2].sum(axis=1).max(), pairs[:, 2:5].sum(axis=1).max()) <= 1
    error = np.sqrt(chances * (1 - chances) / DRAWS) + 1e-9
    assert (np.abs(seen / DRAWS - chances) <= 4.5 * error).all()


def test_the_seed_decides_the_draw_and_replays_it(problem: AssignmentProblem) -> None:
    first = assign(problem, seed=1)
    assert first.canonical_bytes() == assign(problem, seed=1).canonical_bytes()
    assert len({assign(problem, seed=seed).pairs for seed in range(5)}) > 1
    assert first.state == "optimal"
    assert first.drawn is not None
    assert first.drawn.most_bp == 6000


def test_the_favourite_of_a_judge_is_not_sure_and_a_pin_is(problem: AssignmentProblem) -> None:
    wanted = problem.affinity.copy()
    wanted[4, 6] = 1.0
    shaped = replace(problem, affinity=wanted, pins=(("a2", "j0"),))
    drawn = Counter(pair for seed in range(24) for pair in assign(shaped, seed=seed).pairs)
    assert drawn["a2", "j0"] == 24
    assert 0 < drawn["a4", "j6"] < 23


def test_separated_judges_and_readers_of_a_sort_are_repaired_after_the_draw(
    problem: AssignmentProblem,
) -> None:
    senior = ReaderMinimum(name="senior", judges=frozenset({"j1", "j5", "j6"}))
    bound = replace(problem, minima=(senior,), separated=(("j5", "j7"), ("j6", "j7")))
    for seed in range(6):
        answer = assign(bound, seed=seed)
        readers: dict[str, set[str]] = {}
        for application, judge in answer.pairs:
            readers.setdefault(application, set()).add(judge)
        assert all(len(names) == 3 and names & senior.judges for names in readers.values())


def test_a_draw_that_falls_into_parts_is_drawn_again() -> None:
    pairs = AssignmentProblem(
        applications=tuple("abcd"),
        judges=tuple("jklm"),
        affinity=np.full((4, 4), 0.5),
        demand=2,
        load_hi=2,
        randomise_bp=6000,
    )
    again = [assign(pairs, seed=seed) for seed in range(12)]
    assert {answer.graph.components for answer in again} == {1}
    assert max(answer.drawn.draws for answer in again if answer.drawn) > 1
