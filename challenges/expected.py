"""Expected ranks: where an application stands on average over everything the scores leave open.

The problem: sorted estimates hide that neighbours are not separated, and entries with few reads shrink to the
middle for want of knowledge. The expected rank adds up the chances that each other one is better, with the
covariance of their estimates.
"""

import numpy as np
from scipy.special import ndtr

from .calibration.design import Array

EQUAL = 1e-9  # expected ranks that differ by no more are equal
INTERVAL = 0.90
_ROWS = 512  # of a table of pairs at once
_LEAST_SPREAD = 1e-14  # of the greatest variance; against oneself it is 0


def expected_ranks(merits: Array, covariance: Array | None) -> Array:
    """Return every expected rank; they sum to n (n + 1) / 2.

    Parameters
    ----------
    merits : array [points]
        Higher is better.
    covariance : array or None [points^2]
        Of the merits; ``None`` takes them as exact, ties sharing the mean of their ranks.

    Examples
    --------
    >>> expected_ranks(np.array([2.0, 1.0, 1.0]), None).tolist()
    [1.0, 2.5, 2.5]
    """
    expected = np.empty(len(merits))
    for start in range(0, len(merits), _ROWS):
        rows = slice(start, start + _ROWS)
        # one half against oneself, hence 0.5 and not 1
        expected[rows] = 0.5 + chances(merits, covariance, rows).sum(axis=1)
    return expected


def chances(merits: Array, covariance: Array | None, rows: slice) -> Array:
    """Return the chance of every application (columns) to be better than those in the rows.

    Parameters
    ----------
    merits, covariance : array [points, points^2]
        As for ``expected_ranks``.
    rows : slice
        Of which applications.

    Examples
    --------
    >>> chances(np.array([1.0, 2.0]), np.eye(2), slice(0, 1)).round(4).tolist()
    [[0.5, 0.7602]]
    """
    gaps = merits[None, :] - merits[rows, None]
    own = None if covariance is None else np.diagonal(covariance)
    if covariance is None or own is None or float(own.max(initial=0.0)) == 0.0:
        return np.where(np.abs(gaps) <= EQUAL, 0.5, (gaps > 0).astype(float))
    spread = covariance[rows] * -2.0
    spread += own[None, :]
    spread += own[rows, None]
    np.maximum(spread, _LEAST_SPREAD * float(own.max()), out=spread)
    np.sqrt(spread, out=spread)
    np.divide(gaps, spread, out=spread)
    better: Array = ndtr(spread)
    return better


def in_order(names: tuple[str, ...], expected: Array) -> list[int]:
    """Order by expected rank; what is equal up to float noise, by id.

    Parameters
    ----------
    names : tuple[str, ...]
        Ids.
    expected : array [rank]
        Of each.

    Returns
    -------
    list[int] [index]
        Best first.

    Examples
    --------
    >>> in_order(("b", "a", "c"), np.array([1.5 + 1e-12, 1.5, 3.0]))
    [1, 0, 2]
    """
    by_rank = sorted(range(len(names)), key=lambda place: expected[place])
    groups: list[list[int]] = []
    for place in by_rank:
        if groups and expected[place] - expected[groups[-1][-1]] <= EQUAL:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [place for group in groups for place in sorted(group, key=lambda one: names[one])]


def rank_intervals(
    merits: Array, covariance: Array | None, *, draws: int = 4000, seed: int = 0
) -> tuple[Array, Array]:
    """Return between which ranks each application lies in nine of ten draws.

    Parameters
    ----------
    merits, covariance : array [points, points^2]
        As for ``expected_ranks``.
    draws : int [draws]
        How many.
    seed : int [seed]
        Of these draws.

    Examples
    --------
    >>> low, high = rank_intervals(np.array([2.0, 1.0]), np.eye(2) * 1e-6)
    >>> low.tolist(), high.tolist()
    ([1.0, 2.0], [1.0, 2.0])
    """
    count = len(merits)
    if covariance is None:
        better = (merits[None, :] > merits[:, None] + EQUAL).sum(axis=1)
        equal = (np.abs(merits[None, :] - merits[:, None]) <= EQUAL).sum(axis=1)
        return better + 1.0, (better + equal).astype(float)
    if draws == 0:
        return np.ones(count), np.full(count, float(count))
    size = max(float(np.diagonal(covariance).max()), 1e-300)
    root = np.linalg.cholesky(covariance + 1e-10 * size * np.eye(count))
    chance = np.random.default_rng(seed)
    drawn = chance.standard_normal((draws, count)) @ root.T + merits
    order = np.argsort(-drawn, axis=1)
    ranks = np.empty((draws, count), dtype=np.int32)
    np.put_along_axis(ranks, order, np.arange(1, count + 1, dtype=np.int32)[None, :], axis=1)
    cut = int(draws * (1 - INTERVAL) / 2)
    ranks = np.partition(ranks, (cut, draws - 1 - cut), axis=0)
    return ranks[cut].astype(float), ranks[draws - 1 - cut].astype(float)
