"""Whose money a payment draws on: a fund's draw rule, applied to what each contribution has left.

The problem: when many givers share a pool, "whose money was spent" needs one answer, to the minor unit.
``pro_rata`` takes from each in proportion, by largest remainder; ``fifo`` from the oldest first.
"""

from collections.abc import Sequence

from .errors import AmountOutOfRange
from .ledger import Draw
from .money import Money, split


def share_draws(rule: str, lots: Sequence[tuple[str, int]], amount: Money) -> tuple[Draw, ...]:
    """Draw an amount from lots.

    Parameters
    ----------
    rule : str
        ``pro_rata`` or ``fifo``.
    lots : sequence of (str, int) [minor units]
        Code of each contribution and what it has left, oldest first.
    amount : Money
        Positive, at most the sum of the lots.

    Raises
    ------
    AmountOutOfRange
        When the lots hold less.

    Examples
    --------
    >>> from almoner import money
    >>> share_draws("pro_rata", [("a", 200), ("b", 100)], money("1.00", "USD"))
    (Draw(contribution='a', minor=67), Draw(contribution='b', minor=33))
    >>> share_draws("fifo", [("a", 70), ("b", 100)], money("1.00", "USD"))
    (Draw(contribution='a', minor=70), Draw(contribution='b', minor=30))
    """
    held = sum(left for _, left in lots)
    if not 0 < amount.minor <= held:
        raise AmountOutOfRange(
            f"{amount} cannot be drawn from lots of {Money(minor=held, unit=amount.unit)}.",
            amount=str(amount),
        )
    if rule == "fifo":
        shares, rest = [], amount.minor
        for _, left in lots:
            shares.append(min(left, rest))
            rest -= shares[-1]
    else:
        shares = [part.minor for part in split(amount, [left for _, left in lots])]
    return tuple(
        Draw(contribution=code, minor=part) for (code, _), part in zip(lots, shares, strict=True) if part
    )
