"""Reads tie all applications together: parts are counted, joined where they can be, and priced beforehand."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from almoner.challenges.assignment import AssignmentProblem, assign
from almoner.challenges.assignment.graph import count_parts, parts_of, planned_errors, second_eigenvalue
from almoner.challenges.assignment.grid import choose_anchors

BP = 10_000


@pytest.fixture
def islands() -> AssignmentProblem:
    """Two fields whose judges fit only their own."""
    own = np.kron(np.eye(2), np.ones((4, 3)))
    noise = np.random.default_rng(3).random((8, 6)).round(2) * 0.1
    return AssignmentProblem(
        applications=tuple(f"a{at}" for at in range(8)),
        judges=tuple(f"j{at}" for at in range(6)),
        affinity=own * 0.8 + noise,
        demand=2,
        load_lo=2,
        load_hi=3,
    )


def test_islands_are_joined_and_lose_as_little_as_possible(islands: AssignmentProblem) -> None:
    apart = assign(replace(islands, connect=False), seed=1)
    joined = assign(islands, seed=1)
    assert apart.graph.components == 2
    assert apart.graph.lambda_2 == 0
    assert joined.graph.components == 1
    assert joined.graph.lambda_2
    assert joined.state == "optimal"
    assert apart.stages[-1].value < joined.stages[-1].value < apart.stages[-1].value + 2 * BP


def test_what_is_joined_is_the_best_of_all_that_hang_together() -> None:
    rng = np.random.default_rng(0)
    for _ in range(2):
        affinity = (np.kron(np.eye(2), np.ones((2, 2))) * 0.5 + rng.random((4, 4)).round(2) * 0.4).round(4)
        problem = AssignmentProblem(
            applications=tuple("abcd"),
            judges=tuple("jklm"),
            affinity=affinity,
            demand=2,
            load_lo=1,
            load_hi=3,
            load_cost=0.0,
        )
        answer = assign(problem, seed=1, gap=0.0)
        assert answer.stages[-1].value == _best_joined(affinity)
        assert answer.graph.is_connected


def _best_joined(affinity: np.ndarray) -> int:
    """Try everything: the highest floor of what hangs together, then the best above 99 % of it."""
    whole = np.rint(affinity * BP).astype(int)
    kept = []
    for sets in product(list(combinations(range(4), 2)), repeat=4):
        pairs = np.zeros((4, 4), np.bool_)
        for row, readers in enumerate(sets):
            pairs[row, list(readers)] = True
        if 1 <= pairs.sum(axis=0).min() <= pairs.sum(axis=0).max() <= 3 and count_parts(pairs) == 1:
            reached = (whole * pairs).sum(axis=1)
            kept.append((reached.min(), -reached.sum()))
    line = 0.99 * max(floor for floor, _ in kept)
    return int(min(cost for floor, cost in kept if floor >= line))


def test_what_bars_keep_apart_is_reported_and_costs_no_read(islands: AssignmentProblem) -> None:
    barred = {
        (application, judge): "field"
        for at, application in enumerate(islands.applications)
        for place, judge in enumerate(islands.judges)
        if (at < 4) != (place < 3)
    }
    answer = assign(replace(islands, barred=barred), seed=1)
    assert answer.graph.components == 2
    assert not answer.graph.is_connected
    assert answer.missing == ()


def test_each_panel_hangs_together_by_itself(islands: AssignmentProblem) -> None:
    panels = ["north", "south"] * 4
    answer = assign(replace(islands, panels=panels), seed=1)
    assert answer.graph.panel_components == (("north", 1), ("south", 1))


def test_anchors_are_read_by_other_panels_and_tie_the_panels_together(islands: AssignmentProblem) -> None:
    panels, own = ["north"] * 4 + ["south"] * 4, ["north"] * 3 + ["south"] * 3
    closed = replace(islands, panels=panels, judge_panels=own, within_panels=True, load_hi=4)
    assert assign(closed, seed=1).graph.components == 2
    answer = assign(replace(closed, anchors=2, anchor_reads=2), seed=1)
    assert answer.graph.components == 1
    home = dict(zip(islands.applications, panels, strict=True))
    away = dict(zip(islands.judges, own, strict=True))
    assert sorted(home[name] for name in answer.anchors) == ["north", "south"]
    for name in islands.applications:
        readers = [judge for application, judge in answer.pairs if application == name]
        abroad = sum(away[judge] != home[name] for judge in readers)
        assert (len(readers), abroad) == ((4, 2) if name in answer.anchors else (2, 0))


def test_the_seed_chooses_the_anchors_in_turn_from_every_panel() -> None:
    names, panel = [f"a{at}" for at in range(9)], np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    chosen = [choose_anchors(names, panel, count=3, seed=seed).tolist() for seed in range(8)]
    assert all(sorted(panel[rows].tolist()) == [0, 1, 2] for rows in chosen)
    assert len({tuple(rows) for rows in chosen}) > 1


def test_planned_errors_agree_with_the_dense_covariance() -> None:
    rng = np.random.default_rng(5)
    pairs = rng.random((9, 6)) < 0.5
    pairs[np.arange(9), rng.integers(0, 6, 9)] = True
    panel = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1])
    quality, severity, noise = 0.5, 0.3, 0.2
    row, column = np.nonzero(pairs)
    covariance = (
        quality * (row[:, None] == row) + severity * (column[:, None] == column) + noise * np.eye(len(row))
    )
    inverse = np.linalg.inv(covariance)
    ones = np.ones((len(row), 1))
    projected = inverse - inverse @ ones @ np.linalg.inv(ones.T @ inverse @ ones) @ ones.T @ inverse
    reads = quality * (np.arange(9)[:, None] == row)
    spread = quality * np.eye(9) - reads @ projected @ reads.T
    error = np.sqrt(np.diag(spread)[:, None] + np.diag(spread)[None, :] - 2 * spread + 1e-15)
    alike = (panel[:, None] == panel) & ~np.eye(9, dtype=bool)
    across = panel[:, None] != panel
    expected = error[alike].mean(), error[across].mean()
    assert planned_errors(pairs, panel, (quality, severity, noise)) == pytest.approx(expected, abs=1e-9)


def test_more_reads_across_panels_make_differences_across_panels_surer(islands: AssignmentProblem) -> None:
    panels, own = ["north"] * 4 + ["south"] * 4, ["north"] * 3 + ["south"] * 3
    closed = replace(islands, panels=panels, judge_panels=own, within_panels=True, load_hi=5)
    loose = assign(replace(closed, anchors=2, anchor_reads=1), seed=1).graph
    firm = assign(replace(closed, anchors=8, anchor_reads=2), seed=1).graph
    assert (firm.se_across or 1) < (loose.se_across or 0)
    assert (loose.se_within or 1) < (loose.se_across or 0)


def test_applications_that_nobody_reads_are_no_part() -> None:
    pairs = np.array([[True, True], [False, False], [False, True]])
    assert parts_of(pairs).tolist() == [0, -1, 0]
    assert second_eigenvalue(pairs[:2, :1]) == 0
