"""Intervals hold what they promise: over many samples they contain the truth as often as their level says."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from almoner.contracts.evaluation import find_method
from almoner.finance.errors import EvaluationRefused

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = dict[str, Array]
Draw = Callable[[np.random.Generator], Table]


def share_covered(name: str, params: str, truth: float, draw: Draw, count: int) -> float:
    method = find_method(name)
    chosen = method.params_model.read(params)
    hits = refused = 0
    for seed in range(count):
        try:
            found = method.estimate(draw(np.random.default_rng(seed)), chosen)
        except EvaluationRefused:
            refused += 1
            continue
        hits += float(found.low) <= truth <= float(found.high)
    assert refused <= count // 20
    return hits / (count - refused)


def pairs(rng: np.random.Generator) -> Table:
    before = rng.normal(size=12)
    return {"before": before, "after": before + 1 + rng.normal(size=12)}


def unequal(rng: np.random.Generator) -> Table:
    outcome = np.concatenate([rng.normal(6, 4, 15), rng.normal(5, 1, 40)])
    return {"outcome": outcome, "treated": np.arange(55) < 15}


def ratios(rng: np.random.Generator) -> Table:
    outcome = np.concatenate([rng.normal(7, 3, 30), rng.normal(10, 3, 30)])
    return {"outcome": outcome, "treated": np.arange(60) < 30}


def proportions(rng: np.random.Generator) -> Table:
    return {
        "outcome": np.concatenate([rng.random(40) < 0.3, rng.random(50) < 0.1]),
        "treated": np.arange(90) < 40,
    }


def clusters(rng: np.random.Generator) -> Table:
    cluster = np.repeat(np.arange(16), np.tile([3, 5, 8, 12], 4))
    treated = (np.arange(16) < 6)[cluster]
    outcome = rng.normal(size=16)[cluster] + treated + rng.normal(size=cluster.size)
    return {"outcome": outcome, "treated": treated, "cluster": cluster}


SIMULATED = [
    ("pre_post", "{}", 1.0, pairs, 0.95),
    ("pre_post", '{"level": "0.8"}', 1.0, pairs, 0.8),
    ("rct_difference", "{}", 1.0, unequal, 0.95),
    ("rct_difference", '{"scale": "relative_reduction"}', 0.3, ratios, 0.95),
    ("rct_difference", '{"scale": "proportion"}', 0.2, proportions, 0.95),
    ("rct_difference", '{"clustered": true}', 1.0, clusters, 0.95),
]


def close(share: float, level: float, count: int, slack: float) -> bool:
    """Whether it lies within four standard errors of the level and the method's own slack."""
    return abs(share - level) <= 4 * sqrt(level * (1 - level) / count) + slack


@pytest.mark.parametrize(("name", "params", "truth", "draw", "level"), SIMULATED)
def test_intervals_contain_the_truth_within_one_percent_over_ten_thousand_samples(
    name: str, params: str, truth: float, draw: Draw, level: float
) -> None:
    assert abs(share_covered(name, params, truth, draw, 10_000) - level) <= 0.01


def test_clustered_did_contains_the_truth(panel: Callable[..., Table]) -> None:
    share = share_covered("did", "{}", 2.0, lambda rng: panel(rng, 40, 2), 600)
    assert close(share, 0.95, 600, 0.01)


def test_matching_contains_the_effect_on_the_treated(observed: Callable[..., Table]) -> None:
    params = '{"covariates": ["age", "rural"], "neighbours": 2, "balance": "0.2"}'
    share = share_covered("matched", params, 1.5, lambda rng: observed(rng, 600), 300)
    assert close(share, 0.95, 300, 0.02)


def test_the_audit_bound_is_exceeded_by_no_more_than_one_in_twenty() -> None:
    """With 8 % wrong claims and a tolerance of 8 %, at most 5 % of audits may let the whole count pass."""
    method = find_method("admin_validated")
    params = method.params_model.read('{"tolerance": "0.08"}')
    passed = 0
    for seed in range(400):
        wrong = np.random.default_rng(seed).random(120) < 0.08
        verdicts = np.concatenate([np.where(wrong, "wrong", "right"), np.full(80, "")])
        found = method.estimate({"id": np.arange(200).astype(str), "audit": verdicts}, params)
        passed += found.diagnostics["within_tolerance"] == "yes"
    assert 0 < passed / 400 <= 0.05 + 4 * sqrt(0.05 * 0.95 / 400)
