"""Cells that are whole numbers: the exact arithmetic of payment."""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm, prod
from typing import Final

from ....finance.errors import TermError
from ....finance.money import Rounding, round_quotient
from ..program import Node
from ..types import digits_of
from .cells import Cells, Scaler

RELATIONS: Final = {
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
}


def allocate(total: int, weights: Sequence[int], ties: str) -> list[int]:
    """Share a total by weights to the last unit.

    Parameters
    ----------
    total : int [units]
        Not negative.
    weights : sequence of int [any one unit]
        Not negative; when all are zero nothing is given.
    ties : str
        ``largest``: units left over go one each to the largest remainders, equal ones in order; ``declared``:
        one each in order, over those with a weight.

    Examples
    --------
    >>> allocate(1000000000, (1, 1, 1), "declared")
    [333333334, 333333333, 333333333]
    >>> allocate(10, (3, 3, 1), "largest")
    [4, 4, 2]
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if ties == "largest":
        order = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    else:
        order = [at for at, weight in enumerate(weights) if weight]
    for at in order[:left]:
        parts[at] += 1
    return parts


def band_table(node: Node, digits: int) -> tuple[list[int], list[int], list[int], int]:
    """Return the bands as whole numbers: round((base + slope x count) / den) from each threshold on.

    Parameters
    ----------
    node : Node
        A ``bands`` node.
    digits : int [digits]
        Of the number that falls into a band.

    Returns
    -------
    tuple
        Thresholds (the first count of each band but the first), bases, slopes, den.
    """
    unit = 10 ** digits_of(node.type)
    bases = [(row.base - row.slope * row.origin) * unit for row in node.rows]
    slopes = [row.slope * unit / 10**digits for row in node.rows]
    den = lcm(*(exact.denominator for exact in (*bases, *slopes)))
    thresholds = [count if above else count + 1 for count, above in node.edges]
    return thresholds, [int(base * den) for base in bases], [int(slope * den) for slope in slopes], den


@lru_cache(maxsize=1024)
def _cached_table(node: Node, digits: int) -> tuple[list[int], list[int], list[int], int]:
    return band_table(node, digits)


class WholeNumbers:
    """Arithmetic on Python's whole numbers, truths and pending values.

    Examples
    --------
    >>> WHOLE_NUMBERS.rank([7, 9, 7], "highest", 0)
    [2, 1, 2]
    """

    def add(self, left: int, right: int) -> int:
        """Add."""
        return left + right

    def sub(self, left: int, right: int) -> int:
        """Subtract."""
        return left - right

    def since(self, now: int, before: int) -> int:
        """Subtract what was there before."""
        return now - before

    def take(self, left: int, right: int) -> int:
        """Subtract what is known not to exceed it."""
        return left - right

    def least(self, left: int, right: int) -> int:
        """Return the smaller."""
        return min(right, left)

    def most(self, left: int, right: int) -> int:
        """Return the larger."""
        return max(right, left)

    def scale(self, node: Scaler, of: int, by: Sequence[int], over: Sequence[int], spare: int | None) -> int:
        """Multiply and divide with one rounding."""
        num, den = of * prod(by) * node.numerator, prod(over) * node.denominator
        if den == 0:
            if spare is None:
                raise TermError(f"{node.path} divides by zero. Say if_zero.", path=node.path)
            return spare
        return (
            round_quotient(num, den, node.rounding) if den > 0 else round_quotient(-num, -den, node.rounding)
        )

    def bands(self, node: Node, number: int, digits: int, of: int) -> int:  # noqa: ARG002  # columns use it
        """Value a number by its band."""
        thresholds, bases, slopes, den = _cached_table(node, digits)
        at = bisect_right(thresholds, of)
        return round_quotient(bases[at] + slopes[at] * of, den, node.rounding)

    def compare(self, relation: str, left: int, right: int) -> bool:
        """Compare."""
        return bool(RELATIONS[relation](left, right))

    def conjunction(self, cells: Sequence[bool | None]) -> bool | None:
        """All hold; one that does not settles it even while others are pending."""
        return False if False in cells else None if None in cells else True

    def disjunction(self, cells: Sequence[bool | None]) -> bool | None:
        """One holds; one that does settles it even while others are pending."""
        return True if True in cells else None if None in cells else False

    def invert(self, cell: bool) -> bool:  # noqa: FBT001  # a cell
        """Return whether it does not hold."""
        return not cell

    def choose(self, test: bool, then: int | None, other: int | None, path: str) -> int | None:  # noqa: ARG002, FBT001  # a cell
        """Choose by a condition."""
        return then if test else other

    def allocate(self, total: int, weights: Sequence[int], ties: str, times: int) -> Cells:  # noqa: ARG002  # proofs use it
        """Share a total by weights, to the last unit."""
        return list(allocate(total, weights, ties))

    def rank(self, cells: Sequence[int], best: str, times: int) -> Cells:  # noqa: ARG002  # proofs use it
        """Rank cells among each other."""
        order = sorted(cells, reverse=best == "highest")
        return [1 + order.index(cell) for cell in cells]

    def grow(self, cell: int, factor: Fraction, rounding: Rounding) -> int:
        """Multiply by a fraction, rounded."""
        return round_quotient(cell * factor.numerator, factor.denominator, rounding)

    def gather(self, kind: str, cells: Sequence[int], times: int) -> int:  # noqa: ARG002  # proofs use it
        """Fold numbers."""
        return sum(cells) if kind == "add" else min(cells) if kind == "min" else max(cells)

    def within(self, cell: int, low: int, high: int) -> int:  # noqa: ARG002  # proofs use it
        """Return the cell: domains were checked before."""
        return cell

    def most_of(self, new: int, old: int, ceiling: int) -> int:  # noqa: ARG002  # proofs use it
        """Return the new cell."""
        return new

    def not_negative(self, cell: int) -> int:
        """Return a number that terms should not let fall below zero, floored there all the same."""
        return max(cell, 0)

    def many(self, cell: int, times: int) -> int:  # noqa: ARG002  # proofs use it
        """Return the cell: members stand for themselves here."""
        return cell

    def known(self, cell: int | None) -> bool:
        """Say whether a cell is known."""
        return cell is not None

    def between(self, low: int, high: int) -> int:
        """Whole numbers are never uncertain."""
        raise AssertionError((low, high))


WHOLE_NUMBERS: Final = WholeNumbers()
