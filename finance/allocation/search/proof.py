"""The whole numbers that prove a bound: prices by rule, and what is handed from cell to cell.

The problem: a proof in floats is none. Prices are rounded to whole billionths of value before the last call
of the oracle, and its transfers afterwards; whatever was lost to rounding, the numbers stay within the
limits in which they prove a bound, and everyone who recomputes it finds the same fraction.
"""

import numpy as np
from numpy.typing import NDArray

from ..arrays import Ragged
from ..checking.prices import Multipliers
from .oracle import Oracle

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NANO = 10**9
MOST = 2.0**62
MILLI = 1000  # billionths in a millionth
SAFE = 1 - 1e-12


def prove(oracle: Oracle, prices: Floats) -> Multipliers:
    """Turn prices into whole multipliers.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    prices : float [prices]
        Good ones.
    """
    arrays, periods = oracle.arrays, oracle.periods
    whole = whole_prices(oracle, prices)
    moved = oracle.ask(whole / NANO).transfers
    made = Multipliers.none(arrays)
    head = oracle.funds * periods
    made.budget[:] = whole[:head].reshape(made.budget.shape)
    for (name, index), price in zip(oracle.rows.places, whole[head:].tolist(), strict=True):
        getattr(made, name)[index] = price
    members = len(arrays.bonus.items)
    parts = np.maximum(moved.bonus, 0.0).reshape(-1, periods)
    made.bonus[:] = _whole_parts(arrays.bonus, arrays.bonus_micro, parts[:members])
    made.intensity[:] = _whole_parts(arrays.intensity, arrays.intensity_micro, parts[members:])
    made.needs[:] = _whole(np.rint(moved.needs * NANO)).reshape(made.needs.shape)
    most = arrays.overlap_micro[:, None] * MILLI
    made.overlap[:] = np.clip(np.rint(moved.overlap * NANO).reshape(made.overlap.shape), 0, most)
    made.start[:] = _whole(np.floor(moved.start * NANO * SAFE) - 1)
    return made


def whole_prices(oracle: Oracle, prices: Floats) -> Ints:
    """Round prices; a stock is priced no higher than what buying costs.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    prices : float [prices]
        As found.
    """
    whole = _whole(np.rint(prices * NANO))
    arrays, head = oracle.arrays, oracle.funds * oracle.periods
    funds = whole[:head].reshape(oracle.funds, oracle.periods)
    payers = np.flatnonzero(arrays.unrestricted)
    for row in np.flatnonzero(oracle.rows.bought >= 0).tolist():
        if len(payers):
            r, t = divmod(int(oracle.rows.bought[row]), oracle.periods)
            cheapest = int(arrays.price[r, t]) * int(funds[payers, t].min()) // arrays.minor_per_block
            whole[head + row] = min(int(whole[head + row]), cheapest)
    return whole


def _whole(nano: Floats) -> Ints:
    """Make whole numbers from 0 up; what is beyond int64 is cut, and any multiplier gives a bound."""
    whole: Ints = np.clip(nano, 0.0, MOST).astype(np.int64)
    return whole


def _whole_parts(lists: Ragged, micro: Ints, parts: Floats) -> Ints:
    """Round parts of bonuses down; the first member takes what is missing.

    Examples
    --------
    >>> _whole_parts(Ragged.of([[0, 1]]), np.array([1]), np.array([[2.5e-7], [7.5e-7]])).ravel().tolist()
    [251, 749]
    """
    whole = _whole(np.floor(parts * NANO * SAFE))
    given = np.zeros((len(lists), parts.shape[1]), np.int64)
    np.add.at(given, lists.owner(), whole)
    filled = np.diff(lists.ptr) > 0
    whole[lists.ptr[:-1][filled]] += (micro[:, None] * MILLI - given)[filled]
    return np.maximum(whole, 0)
