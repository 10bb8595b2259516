"""Builders of data for evaluations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = dict[str, Array]


@pytest.fixture
def two_arms() -> Callable[[Sequence[float] | Array, Sequence[float] | Array], Table]:
    """A trial: outcomes of the treated, then of the controls."""

    def build(treated: Sequence[float] | Array, control: Sequence[float] | Array) -> Table:
        return {
            "outcome": np.concatenate([np.asarray(treated, dtype=float), np.asarray(control, dtype=float)]),
            "treated": np.arange(len(treated) + len(control)) < len(treated),
        }

    return build


@pytest.fixture
def with_moments() -> Callable[[float, float, int], Array]:
    """A sample that has exactly this mean and standard deviation."""

    def build(mean: float, deviation: float, size: int) -> Array:
        places = np.arange(size, dtype=float)
        sample: Array = mean + deviation * (places - places.mean()) / places.std(ddof=1)
        return sample

    return build


@pytest.fixture
def shuffled() -> Callable[[Mapping[str, Array], int], Table]:
    """The same rows and columns in another order."""

    def build(table: Mapping[str, Array], seed: int) -> Table:
        order = np.random.default_rng(seed).permutation(len(next(iter(table.values()))))
        return {name: table[name][order] for name in reversed(list(table))}

    return build


def _panel(rng: np.random.Generator, clusters: int, rows: int) -> Table:
    treated = np.arange(clusters) < clusters // 2
    shift = rng.normal(size=clusters)
    cluster = np.repeat(np.arange(clusters), 2 * rows)
    after = np.tile(np.repeat([False, True], rows), clusters)
    effect = treated[cluster] & after
    outcome = shift[cluster] + 0.5 * after + 2.0 * effect + rng.normal(size=cluster.size)
    return {"outcome": outcome, "treated": treated[cluster], "after": after, "cluster": cluster.astype(str)}


def _observed(rng: np.random.Generator, size: int) -> Table:
    age = rng.normal(40, 10, size)
    rural = rng.integers(0, 2, size).astype(float)
    treated = rng.random(size) < 1 / (1 + np.exp(1.2 - 0.03 * (age - 40) - 0.5 * rural))
    outcome = 0.1 * age + rural + 1.5 * treated + rng.normal(size=size)
    return {"outcome": outcome, "treated": treated, "age": age, "rural": rural}


@pytest.fixture
def panel() -> Callable[[np.random.Generator, int, int], Table]:
    """Clusters observed before and after; the effect is 2."""
    return _panel


@pytest.fixture
def observed() -> Callable[[np.random.Generator, int], Table]:
    """Units that chose for themselves; the effect on the treated is 1.5."""
    return _observed
