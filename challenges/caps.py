"""Caps: divide one whole so that nobody gets more than a set part.

The problem: cutting the largest shares down and scaling everybody up again lifts the cut ones above the cap
once more, and each way of repeating that gives another answer. Here a share that has reached the cap is held
there for good, and everything is exact in whole numbers.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .figures import WHOLE_BP


class Filled(NamedTuple):
    """Capped parts of one whole, as numerators over one denominator.

    Attributes
    ----------
    parts : tuple[int, ...] [1/whole]
        In the order given; their sum is at most ``whole``.
    whole : int [dimensionless]
        Common denominator.

    Examples
    --------
    >>> Filled((1, 1), 3).whole
    3
    """

    parts: tuple[int, ...]
    whole: int


def fill_to_cap(weights: Sequence[int], cap_bp: int, *, whole_bp: int = WHOLE_BP) -> Filled:
    """Normalise weights to one whole, none above a cap, exactly.

    Shares at or above the cap are set to the cap and held there for good; the others are scaled so that the
    total is one again; this repeats until no further share reaches the cap.

    Parameters
    ----------
    weights : Sequence[int] [any common unit]
        Not negative.
    cap_bp : int [basis points]
        1 to 10,000.
    whole_bp : int [basis points]
        What is divided, 10,000 unless the weights share only a part of that of which the cap is counted.

    Returns
    -------
    Filled
        Numerators and their common denominator. They sum to less than what is divided where the cap leaves
        nothing to scale (fewer than 1 / cap positive weights), and are all 0 where every weight is 0.

    Examples
    --------
    >>> fill_to_cap([6, 3, 1, 1], 4000)  # 40 %, then 3/5, 1/5, 1/5 of the other 60 %
    Filled(parts=(20000, 18000, 6000, 6000), whole=50000)
    >>> fill_to_cap([8, 1, 1], 3000)  # three projects cannot take more than 90 %
    Filled(parts=(3000, 3000, 3000), whole=10000)
    >>> fill_to_cap([3, 1], 4000, whole_bp=9000)  # a tenth is set aside; 40 % of everything is the cap
    Filled(parts=(4000, 4000), whole=10000)
    """
    held: set[int] = set()
    rest = sum(weights)
    if rest == 0:
        return Filled((0,) * len(weights), 1)
    while True:
        free = whole_bp - len(held) * cap_bp  # basis points left for those not held
        reached = [
            at
            for at, weight in enumerate(weights)
            if at not in held and weight and weight * free >= cap_bp * rest
        ]
        if not reached:
            break
        held.update(reached)
        rest -= sum(weights[at] for at in reached)
    free = whole_bp - len(held) * cap_bp
    scale = rest or 1
    parts = (cap_bp * scale if at in held else weight * free for at, weight in enumerate(weights))
    return Filled(tuple(parts), WHOLE_BP * scale)
