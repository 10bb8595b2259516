"""Affinity from whatever is known: text match, topics, bids; what is missing is no zero.

The problem: a judge who did not bid on an entry has not said no, and one who bids the same on everything has
said nothing. The mean is taken over the signals that are there, their weights set to one again, and bids
count by their order within each judge alone.
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import AssignmentInvalid

Float = NDArray[np.float64]


def blend_affinity(
    applications: Sequence[str],
    judges: Sequence[str],
    signals: Mapping[str, Float],
    *,
    seed: int,
    weights: Mapping[str, float] | None = None,
    ranked: Sequence[str] = ("bids",),
) -> Float:
    """Return the affinity of every pair: the weighted mean of the signals that are there.

    Parameters
    ----------
    applications, judges : sequence of str
        Ids of the rows and columns.
    signals : Mapping of str to float array [1]
        Each 0 to 1, no number where nothing is known; ranked ones may have any size.
    seed : int [1]
        Of the order of equal bids.
    weights : Mapping of str to float or None [1]
        Of each signal; equal where not given.
    ranked : sequence of str
        Signals of which only the order within each judge counts.

    Returns
    -------
    float array [1]
        A pair of which nothing is known gets the mean of all that are known, or 0.5.

    Raises
    ------
    AssignmentInvalid
        When a signal has another shape, leaves 0 to 1, or a weight is not above 0.

    Examples
    --------
    >>> text, bids = np.array([[0.8], [0.6]]), np.array([[3.0], [np.nan]])
    >>> blend_affinity(("a", "b"), ("j",), {"text": text, "bids": bids}, seed=1).tolist()
    [[0.9], [0.6]]
    """
    shape = (len(applications), len(judges))
    total, count = np.zeros(shape), np.zeros(shape)
    for name in sorted(signals):
        weight = (weights or {}).get(name, 1.0)
        given = np.asarray(signals[name], np.float64)
        _require(name, given, shape, weight=weight, is_ranked=name in ranked)
        values = rank_bids(applications, judges, given, seed=seed) if name in ranked else given
        known = ~np.isnan(values)
        total += np.where(known, weight * np.nan_to_num(values), 0.0)
        count += weight * known
    known = count > 0
    usual = float((total[known] / count[known]).mean()) if known.any() else 0.5
    return np.where(known, total / np.where(known, count, 1.0), usual)


def rank_bids(applications: Sequence[str], judges: Sequence[str], bids: Float, *, seed: int) -> Float:
    """Return bids as places within each judge, 1 for the highest down to 0, equal ones in a seeded order.

    Parameters
    ----------
    applications, judges : sequence of str
        Ids of the rows and columns.
    bids : float array [1]
        Of any size; no number where there is none.
    seed : int [1]
        Of the order of equal bids.

    Examples
    --------
    >>> rank_bids(("a", "b", "c"), ("j",), np.array([[2.0], [9.0], [np.nan]]), seed=1).ravel().tolist()
    [0.0, 1.0, nan]
    """
    places = np.full(bids.shape, np.nan)
    for column, judge in enumerate(judges):
        known = np.flatnonzero(~np.isnan(bids[:, column])).tolist()
        named = [(bids[row, column], _draw(f"{seed}:{judge}:{applications[row]}"), row) for row in known]
        order = [row for _, _, row in sorted(named)]
        last = max(1, len(order) - 1)
        places[order, column] = np.arange(len(order)) / last if len(order) > 1 else 1.0
    return places


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _require(name: str, given: Float, shape: tuple[int, int], *, weight: float, is_ranked: bool) -> None:
    known = given[~np.isnan(given)] if given.shape == shape else given
    if given.shape != shape:
        fault = f"has the shape {given.shape}, it must be {shape}"
    elif not 0 < weight < np.inf:
        fault = f"has the weight {weight}, it must be above 0"
    elif np.isinf(known).any() or (not is_ranked and ((known < 0) | (known > 1)).any()):
        fault = "leaves 0 to 1"
    else:
        return
    raise AssignmentInvalid(f"The signal {name} {fault}.", signal=name)
