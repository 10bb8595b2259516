"""The whole numbers that prove a bound: prices by rule, and what is handed from cell to cell.

The problem: a proof in floats is none. Prices are rounded to whole billionths of value before the last call of the
oracle, and its transfers afterwards; whatever was lost to rounding, the numbers stay within the limits in which
they prove a bound, and everyone who recomputes it finds the same fraction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrays import ProblemArrays
from .closure import Transfers
from .oracle import Oracle

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NANO = 10**9
MILLI = 1000  # billionths in a millionth
SAFE = 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceProof:
    """Multipliers of a bound, all of them whole and none negative.

    Attributes
    ----------
    prices : dict of str to int
        Rule -> price: of money [nano value per 1,000 major units], of a funded cell [nano value], of a unit of
        stock [nano value], of an outcome [nano value]. Without those that are zero.
    needs : int [., 3]
        Number of the need, period, worth from the first to the second [nano value].
    bonus : int [., 3]
        Number of the member among all members of bonuses, then of intensities; period; its part [nano value].
    overlap : int [., 3]
        Number of the overlap, period, what both pay [nano value].
    start : int [., 3]
        Intervention, period, worth handed to the period before [nano value].
    bound : float [value units]
        What they prove, near enough.
    """

    prices: dict[str, int]
    needs: Ints
    bonus: Ints
    overlap: Ints
    start: Ints
    bound: float


def prove(oracle: Oracle, prices: Floats) -> PriceProof:
    """Turn prices into a proof.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    prices : float [prices]
        Good ones.
    """
    whole = whole_prices(oracle, prices)
    reply = oracle.ask(whole / NANO)
    arrays = oracle.arrays
    return PriceProof(
        prices={name: price for name, price in zip(oracle.names, whole.tolist(), strict=True) if price},
        bound=reply.bound,
        **_whole_transfers(arrays, reply.transfers),
    )


def whole_prices(oracle: Oracle, prices: Floats) -> Ints:
    """Round prices; a stock is priced no higher than what buying costs.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    prices : float [prices]
        As found.
    """
    whole = np.rint(np.maximum(prices, 0.0) * NANO).astype(np.int64)
    arrays, head = oracle.arrays, oracle.funds * oracle.periods
    funds = whole[:head].reshape(oracle.funds, oracle.periods)
    payers = np.flatnonzero(arrays.unrestricted)
    for row in np.flatnonzero(oracle.rows.bought >= 0).tolist():
        if len(payers):
            r, t = divmod(int(oracle.rows.bought[row]), oracle.periods)
            cheapest = int(arrays.price[r, t]) * int(funds[payers, t].min()) // arrays.minor_per_block
            whole[head + row] = min(int(whole[head + row]), cheapest)
    return whole


def _whole_transfers(arrays: ProblemArrays, moved: Transfers) -> dict[str, Ints]:
    periods = arrays.period_count
    needs = np.rint(moved.needs * NANO).astype(np.int64)
    worth = np.repeat(arrays.overlap_micro * MILLI, periods)
    overlap = np.clip(np.rint(moved.overlap * NANO).astype(np.int64), 0, worth)
    start = np.maximum(np.floor(moved.start * NANO * SAFE).astype(np.int64) - 1, 0)
    start[moved.start <= 0] = 0
    return {
        "needs": _triples(needs, periods),
        "bonus": _triples(_whole_parts(arrays, moved.bonus), periods),
        "overlap": _triples(overlap, periods),
        "start": _triples(start, periods),
    }


def _whole_parts(arrays: ProblemArrays, parts: Floats) -> Ints:
    """Round the parts of bonuses down; the first member takes what is missing."""
    periods = arrays.period_count
    sizes = np.concatenate([np.diff(arrays.bonus.ptr), np.diff(arrays.intensity.ptr)])
    micro = np.concatenate([arrays.bonus_micro, arrays.intensity_micro])
    whole = np.floor(np.maximum(parts, 0.0) * NANO * SAFE).astype(np.int64).reshape(-1, periods)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    given = np.zeros((len(sizes), periods), np.int64)
    np.add.at(given, owner, whole)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else np.zeros(0, np.int64)
    whole[first] += micro[:, None] * MILLI - given
    return whole.ravel()


def _triples(flat: Ints, periods: int) -> Ints:
    held = np.flatnonzero(flat)
    return np.stack([held // periods, held % periods, flat[held]], axis=1)
