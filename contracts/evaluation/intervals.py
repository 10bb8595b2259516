"""Intervals from an estimate, its variance and degrees of freedom.

The problem: every method ends the same way, and each end must be written the same way. ``symmetric`` makes
the interval ``estimate -+ quantile x standard error`` by Student's t, or by the normal law without degrees of
freedom.
"""

from collections.abc import Mapping
from math import inf, sqrt

from scipy import stats

from .estimate import Estimate, decimal_text


def quantile(level: str, degrees: float = inf) -> float:
    """Return the two-sided quantile of Student's t; of the normal law for infinite degrees of freedom.

    Parameters
    ----------
    level : str
        Of the interval.
    degrees : float [degrees of freedom]
        Positive.

    Examples
    --------
    >>> round(quantile("0.95"), 6), round(quantile("0.95", 9), 6)
    (1.959964, 2.262157)
    """
    return float(stats.t.isf((1 - float(level)) / 2, degrees))


def symmetric(
    value: float,
    variance: float,
    *,
    level: str,
    sample: int,
    statistic: str,
    degrees: float = inf,
    details: Mapping[str, float] | None = None,
    diagnostics: Mapping[str, str] | None = None,
) -> Estimate:
    """Make an estimate with its symmetric interval.

    Parameters
    ----------
    value : float [any unit]
        The estimate.
    variance : float [square of that unit]
        Of the estimate.
    level : str
        Of the interval.
    sample : int [observations]
        How many rows it rests on.
    statistic : str
        What is estimated.
    degrees : float [degrees of freedom]
        Infinite for the normal law.
    details, diagnostics
        As in ``Estimate``.

    Examples
    --------
    >>> symmetric(2.0, 0.25, level="0.95", sample=50, statistic="mean").high
    '2.97998199227'
    """
    error = sqrt(variance)
    reach = quantile(level, degrees) * error
    law = "normal" if degrees == inf else "t"
    return Estimate(
        value=decimal_text(value),
        standard_error=decimal_text(error),
        low=decimal_text(value - reach),
        high=decimal_text(value + reach),
        level=level,
        sample=sample,
        statistic=statistic,
        details={name: decimal_text(number) for name, number in (details or {}).items()},
        diagnostics={
            **(diagnostics or {}),
            "law": law,
            **({} if degrees == inf else {"degrees_of_freedom": decimal_text(degrees)}),
        },
    )
