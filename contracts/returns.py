"""Rates of return: what money that went out and came back on given days was worth.

The problem: a rate of return has no formula, sometimes no value, and sometimes several; a program that prints
whatever its search ran into has made many a deal look better. Here every root is isolated by proof: a span is
closed only where the present value cannot be zero, or changes in one direction. The unique rate is given, and
else the reason why there is none. These are reports; no payment reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, expm1, fsum, log1p
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

YEAR_DAYS: Final = 365
LEAST_RATE: Final = -0.999999
MOST_RATE: Final = 999_999.0
_SPAN: Final = (log1p(LEAST_RATE), log1p(MOST_RATE))
_NARROW: Final = 1e-9
_SPLITS: Final = 20_000
_HALVINGS: Final = 64
_ROWS: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualRate:
    """The rate of return of dated flows, or why there is none.

    Attributes
    ----------
    rate : float or None [1/year]
        The one rate at which the flows are worth nothing, as a fraction; None when there is not exactly one.
    reason : str
        Why there is none; empty when there is.
    sign_changes : int [changes]
        How often the flows turn from paying to receiving or back; from two on, several rates are possible.
    roots : tuple of float [1/year]
        All rates at which the flows are worth nothing.
    """

    rate: float | None
    reason: str
    sign_changes: int
    roots: tuple[float, ...] = ()


def annual_rate(flows: Sequence[float], days: Sequence[int]) -> AnnualRate:
    """Find the annual rate at which flows are worth nothing.

    Parameters
    ----------
    flows : sequence of float [any unit]
        Received positive, paid negative.
    days : sequence of int [days]
        Of each flow, from any day.

    Notes
    -----
    The rate r solves sum f / (1 + r)^(days / 365) = 0, between -99.9999 percent and 99,999,900 percent. With
    one change of sign there is at most one such r (Descartes' rule of signs, which holds for any exponents).

    Examples
    --------
    >>> round(annual_rate([-100, 121], [0, 730]).rate, 9)
    0.1
    >>> annual_rate([100, 10], [0, 365]).reason
    'the flows never change sign'
    """
    rows = _netted(flows, days)
    changes = sign_changes([flow for flow, _ in rows])
    if not changes:
        return AnnualRate(rate=None, reason="the flows never change sign", sign_changes=0)
    spans = _isolate(rows)
    if spans is None:
        reason = "two rates lie too close together to be told apart"
        return AnnualRate(rate=None, reason=reason, sign_changes=changes)
    roots = tuple(
        expm1(optimize.brentq(lambda power: _worth(rows, power), low, high, xtol=1e-15, rtol=1e-15))
        if low < high
        else expm1(low)
        for low, high in spans
    )
    if len(roots) == 1:
        return AnnualRate(rate=roots[0], reason="", sign_changes=changes, roots=roots)
    reason = "the rate is beyond what is searched" if not roots else f"{len(roots)} rates fit"
    return AnnualRate(rate=None, reason=reason, sign_changes=changes, roots=roots)


def annual_rates(flows: NDArray[np.int64], days: Sequence[int]) -> NDArray[np.float64]:
    """Find the annual rate of many rows of flows, once for each distinct row.

    Parameters
    ----------
    flows : array [any unit]
        One row for each path, one column for each day.
    days : sequence of int [days]
        Of each column, rising.

    Returns
    -------
    array
        A rate for each row [1/year]; not a number where there is not exactly one.

    Examples
    --------
    >>> annual_rates(np.array([[-100, 110], [-100, 110], [100, 0]]), [0, 365]).round(9).tolist()
    [0.1, 0.1, nan]
    """
    if not len(flows):
        return np.empty(0)
    distinct, of_row = _distinct(flows)
    found = np.full(len(distinct), np.nan)
    changes = _row_changes(distinct)
    plain = np.flatnonzero(changes == 1)
    for start in range(0, len(plain), _ROWS):
        rows = plain[start : start + _ROWS]
        found[rows] = _single_roots(distinct[rows], days)
    for row in np.flatnonzero(changes > 1):
        rate = annual_rate([float(flow) for flow in distinct[row]], days).rate
        found[row] = np.nan if rate is None else rate
    return np.asarray(found[of_row])


def present_value(flows: Sequence[float], days: Sequence[int], rate: float) -> float:
    """Return what flows are worth on day 0.

    Parameters
    ----------
    flows : sequence of float [any unit]
        Received positive, paid negative.
    days : sequence of int [days]
        Of each flow, from day 0.
    rate : float [1/year]
        As a fraction, above -1.

    Examples
    --------
    >>> round(present_value([-100, 121], [0, 730], 0.1), 9)
    0.0
    """
    power = log1p(rate)
    return fsum(flow * exp(-power * day / YEAR_DAYS) for flow, day in zip(flows, days, strict=True))


def multiple(flows: Sequence[float]) -> float | None:
    """Return what was received over what was paid; None when nothing was paid.

    Parameters
    ----------
    flows : sequence of float [any unit]
        Received positive, paid negative.

    Examples
    --------
    >>> multiple([-100, 30, 90]), multiple([5])
    (1.2, None)
    """
    paid = -fsum(flow for flow in flows if flow < 0)
    return fsum(flow for flow in flows if flow > 0) / paid if paid else None


def sign_changes(flows: Sequence[float]) -> int:
    """Count how often flows change sign; zeros do not count.

    Parameters
    ----------
    flows : sequence of float [any unit]
        In the order of their days.

    Examples
    --------
    >>> sign_changes([-100, 0, 230, -132])
    2
    """
    signs = [flow > 0 for flow in flows if flow]
    return sum(before != after for before, after in pairwise(signs))


def _netted(flows: Sequence[float], days: Sequence[int]) -> list[tuple[float, float]]:
    """Return flows by rising day, those of one day netted, days in years from the first."""
    if len(flows) != len(days):
        raise ValueError(f"{len(flows)} flows on {len(days)} days: give one day for each flow")
    totals: dict[int, list[float]] = {}
    for flow, day in zip(flows, days, strict=True):
        totals.setdefault(day, []).append(float(flow))
    rows = [(fsum(parts), day) for day, parts in sorted(totals.items())]
    kept = [(flow, day) for flow, day in rows if flow]
    return [(flow, (day - kept[0][1]) / YEAR_DAYS) for flow, day in kept]


def _worth(rows: Sequence[tuple[float, float]], power: float) -> float:
    """Return the sign and a scaled size of the present value at 1 + rate = e^power."""
    largest = max(-power * years for _, years in rows)
    return fsum(flow * exp(-power * years - largest) for flow, years in rows)


def _range(rows: Sequence[tuple[float, float]], low: float, high: float) -> tuple[float, float]:
    """Enclose the sum of terms flow x e^(-power x years), each falling in power, over a span of it."""
    largest = max(-low * years for _, years in rows)
    ends = [(flow * exp(-low * years - largest), flow * exp(-high * years - largest)) for flow, years in rows]
    return fsum(min(pair) for pair in ends), fsum(max(pair) for pair in ends)


def _isolate(rows: Sequence[tuple[float, float]]) -> list[tuple[float, float]] | None:
    """Return spans with exactly one root each, in order; None when two cannot be told apart."""
    slopes = [(-flow * years, years) for flow, years in rows]
    waiting, found, splits = [_SPAN], list[tuple[float, float]](), 0
    while waiting:
        low, high = waiting.pop()
        least, most = _range(rows, low, high)
        if least > 0 or most < 0:
            continue
        steepest, flattest = _range(slopes, low, high)
        if steepest > 0 or flattest < 0:
            found += _single(rows, low, high)
            continue
        splits += 1
        if high - low < _NARROW or splits > _SPLITS:
            return None
        middle = (low + high) / 2
        waiting += [(middle, high), (low, middle)]
    return found


def _single(rows: Sequence[tuple[float, float]], low: float, high: float) -> list[tuple[float, float]]:
    """Return the span of the root of a rising or falling sum; a root at the upper end is the next span's."""
    start, end = _worth(rows, low), _worth(rows, high)
    if start == 0:
        return [(low, low)]
    return [(low, high)] if start * end < 0 else []


def _distinct(flows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the distinct rows, and for each row which of them it is."""
    order = np.lexsort(flows.T)
    ordered = flows[order]
    is_new = np.any(ordered[1:] != ordered[:-1], axis=1)
    number = np.concatenate(([0], np.cumsum(is_new)))
    of_row = np.empty(len(flows), dtype=np.intp)
    of_row[order] = number
    return ordered[np.concatenate(([True], is_new))], of_row


def _row_changes(flows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the changes of sign in each row; zeros take the sign before them."""
    signs = np.sign(flows)
    for column in range(1, signs.shape[1]):
        signs[:, column] = np.where(signs[:, column] == 0, signs[:, column - 1], signs[:, column])
    return np.asarray(np.count_nonzero(signs[:, 1:] * signs[:, :-1] < 0, axis=1))


def _single_roots(flows: NDArray[np.int64], days: Sequence[int]) -> NDArray[np.float64]:
    """Halve the span around the only root of each row; not a number where it lies beyond the span."""
    years = (np.asarray(days, dtype=np.float64) - days[0]) / YEAR_DAYS
    values = flows / np.maximum(np.abs(flows).max(axis=1, keepdims=True), 1)

    def worth(power: NDArray[np.float64]) -> NDArray[np.float64]:
        largest = np.maximum(-power * years[-1], 0.0)
        return np.asarray(np.sum(values * np.exp(-power[:, None] * years - largest[:, None]), axis=1))

    low, high = np.full(len(flows), _SPAN[0]), np.full(len(flows), _SPAN[1])
    start, is_beyond = worth(low), worth(low) * worth(high) > 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_before = worth(middle) * start > 0
        low, high = np.where(is_before, middle, low), np.where(is_before, high, middle)
    return np.asarray(np.where(is_beyond, np.nan, np.expm1((low + high) / 2)))
