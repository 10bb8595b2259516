"""The compiled model: forms, scales, prices, names, and other aims than the value."""

from typing import Any

import numpy as np
import pytest
from benchmarks.allocation_cases import random_case
from benchmarks.allocation_columns import document_of
from benchmarks.instances.generate import generate
from benchmarks.instances.matrices import matrix
from benchmarks.instances.model import FAMILIES, Family

from almoner.finance.allocation.arrays import ProblemArrays, Ragged
from almoner.finance.allocation.model.compile import Point, compile_model
from almoner.finance.allocation.model.highs import Matrix, run
from almoner.finance.allocation.model.layout import Aim
from almoner.finance.allocation.model.pulp_bridge import solve_model
from almoner.finance.allocation.model.sheet import Float
from almoner.finance.allocation.problem import AllocationDocument

Switches = Any


def case(seed: int) -> AllocationDocument:
    return AllocationDocument.from_tables(*random_case(seed))


def objective_of(document: AllocationDocument, **switches: Switches) -> float:
    model = compile_model(document.arrays, **switches)
    return solve_model(model, gap=1e-9).objective


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_both_forms_and_extra_rows_have_the_same_optimum_and_relaxation(seed: int) -> None:
    document = case(seed)
    whole = objective_of(document)
    assert objective_of(document, form="base") == pytest.approx(whole, rel=1e-6)
    assert objective_of(document, covers=True) == pytest.approx(whole, rel=1e-6)
    relaxed = objective_of(document, relax=True)
    assert objective_of(document, form="base", relax=True) == pytest.approx(relaxed, rel=1e-6)
    assert relaxed <= whole + 1e-6


def test_rows_in_any_order_give_the_same_matrix() -> None:
    for seed in range(10):
        head, tables = random_case(seed)
        turned = {name: rows[::-1] for name, rows in tables.items()}
        first = compile_model(AllocationDocument.from_tables(head, tables).arrays)
        second = compile_model(AllocationDocument.from_tables(head, turned).arrays)
        assert first.matrix.shape == second.matrix.shape
        assert np.array_equal(first.matrix.toarray(), second.matrix.toarray())
        for name in ("cost", "lower", "upper", "integer", "row_lower", "row_upper"):
            assert np.array_equal(getattr(first, name), getattr(second, name))


def knapsack(**more: Switches) -> AllocationDocument:
    names = [f"w{at}" for at in range(8)]
    tables: dict[str, Any] = {
        "funds": [{"fund_id": "pool", "budget_minor": 200_000}],
        "interventions": {
            "intervention_id": names,
            "fixed_minor": [1000 * at for at in range(8)],
            "region": ["n", "s"] * 4,
        },
        "tickets": {"intervention_id": names, "min_minor": [20_000] * 8, "max_minor": [60_000] * 8},
        "response": {
            "intervention_id": names * 2,
            "segment": [0] * 8 + [1] * 8,
            "cap_minor": [30_000] * 16,
            "gain_micro_per_k": [2_000_000 + 100_000 * at for at in range(8)] + [500_000] * 8,
        },
    }
    return AllocationDocument.from_tables({"unit": "USD", "scale": 2}, tables | more)


def test_what_is_not_kept_has_no_columns_and_what_is_fixed_is_funded() -> None:
    arrays = knapsack().arrays
    keep = np.array([True, True, False, True, False, True, False, False])
    small = compile_model(arrays, keep=keep)
    assert small.columns["funded"].stop - small.columns["funded"].start == 4
    fixed = np.zeros(8, bool)
    fixed[[0, 2]] = True
    point = solved_point(arrays, keep=keep, fixed=fixed)
    assert np.flatnonzero(point.funded).tolist()[:1] == [0]
    assert point.funded[2]
    assert not point.funded[[4, 6, 7]].any()


def solved_point(arrays: ProblemArrays, **switches: Switches) -> Point:
    model = compile_model(arrays, **switches)
    outcome = solve_model(model, gap=1e-9)
    assert outcome.x is not None
    return model.read(outcome.x)


def test_a_point_is_in_minor_units_and_can_be_begun_with() -> None:
    arrays = knapsack().arrays
    model = compile_model(arrays)
    outcome = solve_model(model, gap=1e-9)
    assert outcome.x is not None
    point = model.read(outcome.x)
    spent = (point.working + arrays.fixed * point.funded)[point.funded]
    assert spent.sum() == pytest.approx(200_000)
    assert ((point.working >= 20_000 - 1e-6) | ~point.funded).all()
    gains = np.minimum(point.working, 30_000) * arrays.gain[:, 0]
    gains += np.maximum(point.working - 30_000, 0) * arrays.gain[:, 1]
    assert model.micro(outcome.objective) == pytest.approx(gains.sum() / arrays.minor_per_block)
    assert model.objective(model.micro(outcome.objective)) == pytest.approx(outcome.objective)
    start = model.start(point.funded, point.working)
    known = np.isfinite(start)
    assert np.allclose(start[known], outcome.x[known])
    assert known.sum() == 8 + 16


def test_prices_are_what_a_little_more_of_a_rule_brings() -> None:
    limits = [
        {"group_kind": "region", "group_id": "n", "cap_minor": 90_000},
        {"group_kind": "region", "group_id": "s", "floor_minor": 95_000},
    ]

    def value(budget: int, cap: int, floor: int) -> tuple[float, dict[str, float]]:
        rows = [limits[0] | {"cap_minor": cap}, limits[1] | {"floor_minor": floor}]
        document = knapsack(limits=rows, funds=[{"fund_id": "pool", "budget_minor": budget}])
        model = compile_model(document.arrays, relax=True)
        outcome = solve_model(model)
        assert outcome.row_dual is not None
        return model.micro(outcome.objective) / 1e6, dict(model.prices(outcome.row_dual))

    for at, name, step in (
        (0, "budget/pool/0", 10),
        (1, "cap/region/n/all", 10),
        (2, "floor/region/s/all", 10),
    ):
        figures = [170_000, 60_000, 120_000]
        base, prices = value(*figures)
        figures[at] += step
        assert (value(*figures)[0] - base) / step * 100_000 == pytest.approx(prices.get(name, 0.0), abs=1e-6)
    assert prices["budget/pool/0"] > 0
    assert min(prices.get("floor/region/s/all", 0), -prices.get("cap/region/n/all", 0)) < 0


def test_rows_bear_the_rules_that_they_come_from() -> None:
    names = set()
    for seed in range(60):
        model = compile_model(case(seed).arrays)
        for row in range(len(model.row_lower)):
            names |= {model.row_rule(row, side).split("/")[0] for side in ("low", "high")}
    assert names == {
        "", "budget", "stock", "ticket", "tranche", "share", "floor", "cap", "floor-share", "cap-share",
        "floor-count", "cap-count", "needs", "bundle", "any-of", "alternatives", "actor", "part", "metric",
        "override", "churn", "concentration",
    }  # fmt: skip


def test_the_least_served_group_and_metrics_in_order() -> None:
    arrays = knapsack().arrays
    groups = Ragged.of([[0, 2, 4, 6], [1, 3, 5, 7]])
    fair = compile_model(arrays, aim=Aim(groups=groups))
    outcome = solve_model(fair, gap=1e-9)
    least = outcome.objective
    assert outcome.x is not None
    parts = group_values(arrays, fair.read(outcome.x).working)
    assert fair.micro(least) == pytest.approx(min(parts), rel=1e-6)
    floors = np.full(2, int(fair.micro(least)) - 1)
    second = compile_model(arrays, aim=Aim(groups=groups, group_floor=floors))
    better = solve_model(second, gap=1e-9)
    free = compile_model(arrays)
    best = free.micro(solve_model(free, gap=1e-9).objective)
    assert min(parts) <= second.micro(better.objective) / 2 <= best / 2
    assert better.x is not None
    assert min(group_values(arrays, second.read(better.x).working)) >= floors[0] - 1


def group_values(arrays: ProblemArrays, working: Float) -> list[float]:
    value = (
        np.minimum(working, 30_000) * arrays.gain[:, 0] + np.maximum(working - 30_000, 0) * arrays.gain[:, 1]
    )
    return [float(value[start::2].sum()) / arrays.minor_per_block for start in (0, 1)]


def test_another_metric_is_maximised_over_a_floor_of_the_first() -> None:
    document = next(each for each in map(case, range(200)) if is_two_sided(each))
    arrays = document.arrays
    first = compile_model(arrays, aim=Aim(weights=np.array([1, 0]), has_synergies=False))
    most = first.micro(solve_model(first, gap=1e-9).objective)
    floor = np.array([int(most), -1])
    second = compile_model(arrays, aim=Aim(weights=np.array([0, 1]), has_synergies=False, metric_floor=floor))
    outcome = solve_model(second, gap=1e-9)
    assert outcome.x is not None
    both = compile_model(arrays, aim=Aim(weights=np.array([0, 1]), has_synergies=False))
    assert outcome.objective >= solve_model(both, gap=1e-9).objective - 1e-6
    worth = first_metric(arrays, second.read(outcome.x).working)
    assert worth >= int(most) - 1


def is_two_sided(document: AllocationDocument) -> bool:
    if document.metrics.count < 2 or not document.arrays.concave.all():
        return False
    model = compile_model(document.arrays, aim=Aim(weights=np.array([1, 0]), has_synergies=False))
    outcome = solve_model(model, gap=1e-9)
    return outcome.status == "solved" and model.micro(outcome.objective) > 100


def first_metric(arrays: ProblemArrays, working: Float) -> float:
    before = np.cumsum(arrays.cap, axis=1) - arrays.cap
    filled = np.clip(working[:, None] - before, 0, arrays.cap)
    return float((filled * arrays.metric_gain[0]).sum() / arrays.minor_per_block)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_is_as_tight_as_the_reference_matrix(family: Family) -> None:
    instance = generate(family, 100, 1)
    document = document_of(instance)
    for form in ("aggregated", "base"):
        plain = matrix(instance, form)
        reference = Matrix(
            matrix=plain.A,
            cost=-plain.c,
            lower=plain.lb,
            upper=plain.ub,
            integer=np.zeros(len(plain.c), np.bool_),
            row_lower=plain.lo,
            row_upper=plain.hi,
        )
        model = compile_model(document.arrays, form=form, relax=True)
        ours = model.micro(solve_model(model).objective) / 1e6
        assert ours == pytest.approx(-run(reference).objective, rel=1e-9)
        assert len(model.cost) <= len(plain.c)
        assert len(model.row_lower) <= len(plain.lo)
