"""Cells that are columns: the same arithmetic on int64 arrays, one number per path, bit for bit as exact.

The problem: a million outcomes cannot be paid one by one, and floating point pays some of them wrongly. Every
product here is proven to fit, or carried out in limbs, or, slowly, in Python's whole numbers; none is
approximated.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, prod
from typing import Any, Final

import numpy as np

from ....finance.errors import TermError
from ....finance.money import Rounding
from ..program import Node
from .arithmetic import WHOLE_NUMBERS, band_table
from .cells import Cell, Cells, Scaler

Column = Any  # an array of int64 or bool, one value per path
EXACT: Final = 2**62
LIMB: Final = 10**6
FEW_EDGES: Final = 16
_COMPARE: Final = {
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "ge": np.greater_equal,
    "gt": np.greater,
}


def is_column(cell: Cell) -> bool:
    """Say whether a cell holds a number per path."""
    return isinstance(cell, np.ndarray)


def round_quotients(num: Column, den: int | Column, rounding: Rounding) -> Column:
    """Round exact quotients to whole numbers.

    Parameters
    ----------
    num : array of int64 [units]
        Dividends, below 2^62 in size; or of Python's whole numbers, of any size.
    den : int or array of int64 [units]
        Positive divisors.
    rounding : str
        As for whole numbers.

    Examples
    --------
    >>> round_quotients(np.array([-3, -1, 1, 3, 5]), 2, "half_even").tolist()
    [-2, 0, 0, 2, 2]
    """
    if isinstance(den, int) and den == 1:
        return num
    quotient = num // den
    if rounding == "floor":
        return quotient
    rest = num - quotient * den
    return quotient + _up(quotient, rest, den, rounding)


def _up(quotient: Column, rest: Column, den: int | Column, rounding: Rounding) -> Column:
    if rounding == "ceil":
        return rest > 0
    if rounding == "toward_zero":
        return (rest > 0) & (quotient < 0)
    twice = rest + rest
    above = twice > den
    if isinstance(den, int) and den % 2:
        return above
    tie = twice == den
    if rounding == "half_even":
        tie &= (quotient & 1).astype(bool)
    elif rounding == "half_away":
        tie &= quotient >= 0
    return above | tie


def multiply_divide(column: Column, num: int, den: int, rounding: Rounding) -> Column:
    """Return round(column x num / den) exactly, whatever the size of the product.

    Parameters
    ----------
    column : array of int64 [units]
        Below 2^62 in size.
    num, den : int [units]
        A fixed factor and a positive divisor; above about 2.3e12 it is slow.
    rounding : str
        As for whole numbers.

    Examples
    --------
    >>> multiply_divide(np.array([10**17]), 1050000000001, 10**12, "half_even").tolist()
    [105000000000100000]
    """
    if num < 0:
        turned: dict[str, Rounding] = {"floor": "ceil", "ceil": "floor"}
        return -multiply_divide(column, -num, den, turned.get(rounding, rounding))
    if den * 2 * LIMB >= EXACT:
        return round_quotients(_unlimited(column) * num, den, rounding).astype(np.int64)
    high = column // den
    low = column - high * den
    limbs = []
    left = num
    while left:
        left, limb = divmod(left, LIMB)
        limbs.append(limb)
    quotient = np.zeros_like(column)
    rest = np.zeros_like(column)
    for limb in reversed(limbs):
        total = rest * LIMB + low * limb
        part = total // den
        rest = total - part * den
        quotient = quotient * LIMB + part
    quotient = quotient + high * num
    if rounding == "floor":
        return quotient
    return quotient + _up(quotient, rest, den, rounding)


def _smallest(weights: Sequence[Cell]) -> list[Cell]:
    """Divide weights by what they have in common: 635.000000000 to 485.000000000 is 127 to 97."""
    common = gcd(*(int(np.gcd.reduce(np.atleast_1d(weight))) for weight in weights))
    return [weight // max(1, common) for weight in weights]


def _unlimited(cell: Cell) -> Column:
    """Return a cell as an array of Python's whole numbers, which never overflow."""
    return np.asarray(cell).astype(object)


def _product(columns: Sequence[Column], fixed: int) -> Column:
    """Multiply columns and a number: in int64 where these very values fit, else without limit."""
    size = prod(max(1, -int(column.min()), int(column.max())) for column in columns if column.size)
    fits = size * abs(fixed) < EXACT
    return reduce(np.multiply, columns if fits else map(_unlimited, columns)) * fixed


class Columns:
    """Arithmetic on columns and whole numbers.

    Parameters
    ----------
    peaks : Mapping of int to int [counts]
        Node -> proven size of its product before division.
    """

    def __init__(self, peaks: Mapping[int, int]) -> None:
        self._peaks = peaks
        self._tables: dict[tuple[int, int], tuple[Any, ...]] = {}

    def add(self, left: Cell, right: Cell) -> Cell:
        """Add."""
        if _is_zero(left):
            return right
        return left if _is_zero(right) else left + right

    def sub(self, left: Cell, right: Cell) -> Cell:
        """Subtract."""
        return left if _is_zero(right) else left - right

    def since(self, now: Cell, before: Cell) -> Cell:
        """Subtract what was there before."""
        return self.sub(now, before)

    def take(self, left: Cell, right: Cell) -> Cell:
        """Subtract what is known not to exceed it."""
        return self.sub(left, right)

    def least(self, left: Cell, right: Cell) -> Cell:
        """Return the smaller."""
        return np.minimum(left, right) if is_column(left) or is_column(right) else min(left, right)

    def most(self, left: Cell, right: Cell) -> Cell:
        """Return the larger."""
        return np.maximum(left, right) if is_column(left) or is_column(right) else max(left, right)

    def scale(self, node: Scaler, of: Cell, by: Sequence[Cell], over: Sequence[Cell], spare: Cell) -> Cell:
        """Multiply and divide with one rounding."""
        tops = [cell for cell in (of, *by) if is_column(cell)]
        below = [cell for cell in over if is_column(cell)]
        num = prod(cell for cell in (of, *by) if not is_column(cell)) * node.numerator
        den = prod(cell for cell in over if not is_column(cell)) * node.denominator
        if not tops and not below:
            return WHOLE_NUMBERS.scale(node, of, by, over, spare)
        if den == 0:
            if spare is None:
                return WHOLE_NUMBERS.scale(node, 0, (), (0,), None)
            return spare
        if den < 0:
            num, den = -num, -den
        if not below:
            return self._by_fixed(node, tops, num, den)
        if self._peaks.get(node.number, EXACT) >= EXACT:
            divisor = _product(below, den)
            top = _product(tops, num) if tops else np.full_like(divisor, num, dtype=object)
            return _quotients(node, top, divisor, spare).astype(np.int64)
        divisor = reduce(np.multiply, below) * den
        top = reduce(np.multiply, tops) * num if tops else np.full_like(divisor, num)
        return _quotients(node, top, divisor, spare)

    def _by_fixed(self, node: Scaler, tops: Sequence[Column], num: int, den: int) -> Column:
        common = gcd(num, den)
        num, den = num // common, den // common
        if self._peaks.get(node.number, EXACT) < EXACT:
            top = reduce(np.multiply, tops)
            return round_quotients(top if num == 1 else top * num, den, node.rounding)
        if len(tops) > 1:
            return round_quotients(_product(tops, num), den, node.rounding).astype(np.int64)
        return multiply_divide(tops[0], num, den, node.rounding)

    def bands(self, node: Node, number: int, digits: int, of: Cell) -> Cell:
        """Value a number by its band."""
        if not is_column(of):
            return WHOLE_NUMBERS.bands(node, number, digits, of)
        key = (number, id(node))
        if key not in self._tables:
            large = self._peaks.get(number, EXACT) >= EXACT
            self._tables[key] = _band_columns(node, digits, object if large else np.int64)
        thresholds, bases, slopes, den = self._tables[key]
        if len(thresholds) <= FEW_EDGES:
            at: Any = np.zeros(of.shape, dtype=np.intp)
            for threshold in thresholds:
                at += of >= threshold
        else:
            at = np.searchsorted(thresholds, of, side="right")
        top = bases[at]
        if slopes is not None:
            top = top + slopes[at] * of
        return round_quotients(top, den, node.rounding).astype(np.int64, copy=False)

    def compare(self, relation: str, left: Cell, right: Cell) -> Cell:
        """Compare."""
        if is_column(left) or is_column(right):
            return _COMPARE[relation](left, right)
        return WHOLE_NUMBERS.compare(relation, left, right)

    def conjunction(self, cells: Sequence[Cell]) -> Cell:
        """All hold."""
        known = [cell for cell in cells if cell is not None]
        total = reduce(_both, known, True)  # noqa: FBT003  # a cell
        if len(known) == len(cells):
            return total
        return _settled(total, settles=False)

    def disjunction(self, cells: Sequence[Cell]) -> Cell:
        """One holds."""
        known = [cell for cell in cells if cell is not None]
        total = reduce(_either, known, False)  # noqa: FBT003  # a cell
        if len(known) == len(cells):
            return total
        return _settled(total, settles=True)

    def invert(self, cell: Cell) -> Cell:
        """Return whether it does not hold."""
        return ~cell if is_column(cell) else not cell

    def choose(self, test: Cell, then: Cell, other: Cell, path: str) -> Cell:
        """Choose by a condition, path by path."""
        if not is_column(test):
            return then if test else other
        if then is None or other is None:
            if test.all():
                return then
            if not test.any():
                return other
            raise TermError(
                f"{path}: some paths need what was not observed. Give outcomes for its metrics.",
                findings=[{"path": path, "message": "some paths need what was not observed"}],
            )
        return np.where(test, then, other)

    def allocate(self, total: Cell, weights: Sequence[Cell], ties: str, times: int) -> Cells:
        """Share a total by weights, to the last unit."""
        if not any(map(is_column, (total, *weights))):
            return WHOLE_NUMBERS.allocate(total, weights, ties, times)
        whole: Any = reduce(np.add, weights)
        if int(np.max(total)) * int(np.max(whole)) >= EXACT:
            weights = _smallest(weights)
            whole = reduce(np.add, weights)
        if int(np.max(total)) * int(np.max(whole)) >= EXACT:
            weights, whole = [_unlimited(weight) for weight in weights], _unlimited(whole)
        divisor = np.where(whole == 0, 1, whole)
        parts, rests = [], []
        for weight in weights:
            product = total * np.asarray(weight)
            part = product // divisor
            parts.append(part.astype(np.int64, copy=False))
            rests.append(product - part * divisor)
        left = np.where(whole == 0, 0, total - reduce(np.add, parts))
        return [
            part + (place < left) for part, place in zip(parts, _queue(rests, weights, ties), strict=True)
        ]

    def rank(self, cells: Sequence[Cell], best: str, times: int) -> Cells:
        """Rank cells among each other."""
        if not any(map(is_column, cells)):
            return WHOLE_NUMBERS.rank(cells, best, times)
        better = np.greater if best == "highest" else np.less
        return [
            1 + reduce(np.add, [better(other, cell).astype(np.int64) for other in cells]) for cell in cells
        ]

    def grow(self, cell: Cell, factor: Fraction, rounding: Rounding) -> Cell:
        """Multiply by a fraction, rounded."""
        if not is_column(cell):
            return WHOLE_NUMBERS.grow(cell, factor, rounding)
        return multiply_divide(cell, factor.numerator, factor.denominator, rounding)

    def gather(self, kind: str, cells: Sequence[Cell], times: int) -> Cell:
        """Fold numbers."""
        if not any(map(is_column, cells)):
            return WHOLE_NUMBERS.gather(kind, cells, times)
        step = {"add": np.add, "min": np.minimum, "max": np.maximum}[kind]
        return reduce(step, cells)

    def within(self, cell: Cell, low: int, high: int) -> Cell:  # noqa: ARG002  # proofs use it
        """Return the cell: domains were checked before."""
        return cell

    def most_of(self, new: Cell, old: Cell, ceiling: Cell) -> Cell:  # noqa: ARG002  # proofs use it
        """Return the new cell."""
        return new

    def not_negative(self, cell: Cell) -> Cell:
        """Return the cell: what is simulated is proven never to fall below zero."""
        return cell

    def many(self, cell: Cell, times: int) -> Cell:  # noqa: ARG002  # proofs use it
        """Return the cell: members stand for themselves here."""
        return cell

    def known(self, cell: Cell) -> Cell:
        """Say whether a cell is known."""
        return cell is not None

    def between(self, low: int, high: int) -> Cell:
        """Columns are never uncertain."""
        raise AssertionError((low, high))


def _is_zero(cell: Cell) -> bool:
    return type(cell) is int and cell == 0


def _quotients(node: Scaler, top: Column, divisor: Column, spare: Cell) -> Column:
    """Round quotients of columns, with a value of its own where a divisor is zero."""
    zero = divisor == 0
    if zero.any() and spare is None:
        raise TermError(f"{node.path} divides by zero. Say if_zero.", path=node.path)
    negative = divisor < 0
    if negative.any():
        top, divisor = np.where(negative, -top, top), np.abs(divisor)
    value = round_quotients(top, np.where(zero, 1, divisor), node.rounding)
    return np.where(zero, spare, value) if zero.any() else value


def _both(left: Cell, right: Cell) -> Cell:
    if is_column(left) or is_column(right):
        return np.logical_and(left, right)
    return left and right


def _either(left: Cell, right: Cell) -> Cell:
    if is_column(left) or is_column(right):
        return np.logical_or(left, right)
    return left or right


def _settled(total: Cell, *, settles: bool) -> Cell:
    """Return a condition settled on all paths while others are pending; refuse one settled on some."""
    hit = np.asarray(total) == settles
    if hit.all():
        return total
    if not hit.any():
        return None
    raise TermError("Some paths need what was not observed. Give outcomes for every metric of the condition.")


def _queue(rests: Sequence[Column], weights: Sequence[Cell], ties: str) -> list[Column]:
    """Return the place of each member in the queue for the units left over."""
    places = []
    for at, rest in enumerate(rests):
        place = np.zeros(rest.shape, dtype=np.int64)
        for other, that in enumerate(rests):
            if other == at:
                continue
            if ties == "largest":
                ahead = (that > rest) | ((that == rest) if other < at else np.False_)
            else:
                ahead = (np.asarray(weights[other]) > 0) if other < at else np.False_
            place = place + ahead
        places.append(np.where(np.asarray(weights[at]) > 0, place, np.iinfo(np.int64).max))
    return places


def _band_columns(node: Node, digits: int, kind: type) -> tuple[list[int], Column, Column | None, int]:
    thresholds, bases, slopes, den = band_table(node, digits)
    steep: Column | None = np.array(slopes, dtype=kind) if any(slopes) else None
    return thresholds, np.array(bases, dtype=kind), steep, den
