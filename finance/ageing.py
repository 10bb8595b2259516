"""How long a promise has waited: what comes off it comes off the oldest part first.

The problem: a balance of promises has no age. Here each part keeps the day on which it was made, and what was
paid in, signed or given up takes the oldest parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisePart:
    """What is left of what one giver promised on one day.

    Attributes
    ----------
    signed : bool
        Whether the giver has signed for it.
    since : date
        The day it was promised, or signed.
    """

    giver: str
    signed: bool
    since: date
    amount: Money


def parts_left(moves: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    """Return what is left of each day, oldest first.

    Parameters
    ----------
    moves : iterable of (date, int) [minor units]
        In order; above zero what was promised, below it what came off.

    Examples
    --------
    >>> days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    >>> [left for _, left in parts_left(zip(days, (100, 50, -120)))]
    [30]
    """
    left: list[tuple[date, int]] = []
    for day, amount in moves:
        if amount >= 0:
            left.append((day, amount))
            continue
        owed = -amount
        while owed and left:
            since, part = left[0]
            taken = min(owed, part)
            owed -= taken
            left[0] = (since, part - taken)
            if part == taken:
                left.pop(0)
    return [(day, amount) for day, amount in left if amount]
