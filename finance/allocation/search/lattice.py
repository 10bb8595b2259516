"""The step of values: where every allocation is worth a multiple of it, a bound may be rounded down.

The problem: a search that proves 336.0003 has proved 336 when only whole points can be had, and a published
optimum is reached exactly or not at all. Working money comes in whole minor units, so a value is a sum of
whole numbers of grains: gains times minor units, bonuses, overlaps. What divides these divides every value.
"""

from fractions import Fraction
from math import gcd

import numpy as np

from ..arrays import ProblemArrays
from ..columns import MICRO

MOST_CELLS = 20_000  # problems beyond it are never solved to the last step
SAFE = Fraction(1, 10**6)  # part of a step


def value_step(arrays: ProblemArrays) -> Fraction:
    """Return what divides the value of every allocation; 0 when nothing does [value units].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> value_step(AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "synergies": [{"kind": "bonus", "members": ["w7"], "value_micro": 6000000},
    ...     {"kind": "bonus", "members": ["w8"], "value_micro": 4000000}]}''').arrays)
    Fraction(2, 1)
    """
    intensity = _has_parts(arrays)
    if intensity or len(arrays.open) > MOST_CELLS:
        return Fraction(0)
    block = arrays.minor_per_block
    worth = np.concatenate([arrays.bonus_micro, arrays.intensity_micro, arrays.overlap_micro])
    grains = gcd(*(int(micro) * block for micro in np.unique(worth)))
    for low, high, cap, gain, levels in _cells(arrays):
        grains = gcd(grains, _step_of(low, high, cap, gain, levels))
        if grains == 1:
            break
    return Fraction(grains, MICRO * block)


def _has_parts(arrays: ProblemArrays) -> bool:
    """Whether something is gained in proportion to working money, outside the responses."""
    high = arrays.high.reshape(arrays.n, -1).max(axis=1, initial=0)
    valued = (arrays.intensity_micro > 0)[arrays.intensity.owner()]
    return bool((high[arrays.intensity.items][valued] > 0).any())


def _cells(arrays: ProblemArrays) -> "list[tuple[int, int, list[int], list[int], list[int]]]":
    """List the different cells: bounds, segments, levels."""
    held = np.flatnonzero(arrays.open & (arrays.low <= arrays.high) & (arrays.high > 0))
    found = {
        (
            int(arrays.low[cell]),
            int(arrays.high[cell]),
            tuple(arrays.cap[cell].tolist()),
            tuple(arrays.gain[cell].tolist()),
            tuple(arrays.levels.at(cell).tolist()),
        )
        for cell in held.tolist()
    }
    return [(low, high, list(cap), list(gain), list(levels)) for low, high, cap, gain, levels in found]


def _step_of(low: int, high: int, cap: list[int], gain: list[int], levels: list[int]) -> int:
    """Return what divides the worth of every amount that a cell may get [grains].

    Examples
    --------
    >>> _step_of(0, 30, [10, 20], [6, 4], []), _step_of(30, 30, [10, 20], [6, 4], [])
    (2, 140)
    """
    amounts = levels or ([low] if low == high else [])
    if amounts:
        return gcd(*(_worth(amount, cap, gain) for amount in amounts))
    return gcd(*(each for width, each in zip(cap, gain, strict=True) if width))


def _worth(amount: int, cap: list[int], gain: list[int]) -> int:
    total = 0
    for width, each in zip(cap, gain, strict=True):
        part = min(amount, width)
        total, amount = total + part * each, amount - part
    return total


def rounded_down(bound: Fraction, step: Fraction) -> Fraction:
    """Return the largest multiple of the step that a bound allows.

    Parameters
    ----------
    bound : Fraction [value units]
        No value exceeds it.
    step : Fraction [value units]
        Divides every value; 0 when nothing does.

    Examples
    --------
    >>> rounded_down(Fraction(7, 2), Fraction(1)), rounded_down(Fraction(7, 2), Fraction(0))
    (Fraction(3, 1), Fraction(7, 2))
    """
    return bound if not step else bound // step * step
