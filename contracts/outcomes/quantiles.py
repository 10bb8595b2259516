"""Quantile functions: from a level between 0 and 1 to a value of a law.

The problem: outcomes that move together need one common source of chance, whatever the law of each. A level
drawn evenly between 0 and 1 becomes a value of any law by its quantile function, so correlated levels make
correlated outcomes, and two documents with one seed can be compared path by path.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import ceil, floor, inf, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from ...finance.errors import OutcomesInvalid
from ...finance.money import decimal_count
from ..terms.program import Measure
from ..terms.types import Quantity, digits_of
from .laws import (
    BernoulliLaw,
    BetaBinomialLaw,
    BetaLaw,
    BinomialLaw,
    CategoricalLaw,
    EmpiricalLaw,
    FixedLaw,
    Law,
    LognormalLaw,
    MixtureLaw,
    NegativeBinomialLaw,
    NormalLaw,
    PoissonLaw,
)

Levels = NDArray[np.float64]
Counts = NDArray[np.float64] | NDArray[np.int64]
Choices = Iterator[Levels]
Quantile = Callable[[Levels, Choices], Counts]
LEAST_LEVEL, MOST_LEVEL = 1e-300, 1 - 2.0**-53
_ENDS, _MARGIN = 12, 60
MAX_TABLE = 2**18


class _Whole(Protocol):
    """A law of whole numbers, as SciPy freezes it."""

    def cdf(self, k: Levels, /) -> NDArray[np.float64]: ...


def quantile(law: Law, measure: Measure, *, is_whole: bool = True) -> Quantile:
    """Make the quantile function of a law, in counts of the metric.

    Parameters
    ----------
    law : Law
        Known to fit the metric.
    measure : Measure
        Of the program.
    is_whole : bool
        Whether only the rounded count is wanted, which a table gives sooner.

    Returns
    -------
    callable
        From levels, and further independent levels that mixtures choose by, to counts; not yet rounded.

    Examples
    --------
    >>> from almoner.contracts.terms.types import Quantity
    >>> nights = Measure(type=Quantity("night", 0), low=0, high=10, pool="sum")
    >>> law = BinomialLaw(kind="binomial", n="3", p="0.5")
    >>> [int(count) for count in quantile(law, nights)(np.array([0.1, 0.2, 0.6, 0.9]), iter(()))]
    [0, 1, 2, 3]
    """
    if isinstance(law, MixtureLaw):
        parts = [quantile(part.law, measure, is_whole=is_whole) for part in law.parts]
        return _mixture(parts, [part.weight for part in law.parts])
    if isinstance(law, FixedLaw | EmpiricalLaw | CategoricalLaw | BernoulliLaw):
        return _listed(law, measure)
    factor = 10.0 ** digits_of(measure.type)
    if is_whole and isinstance(law, BetaLaw) and float(law.high) - float(law.low) < MAX_TABLE / factor:
        rounded = _rounded_beta(law, factor)
        return lambda levels, _: rounded(levels)
    curve = _curve(law, measure.low / factor, measure.high / factor)
    return lambda levels, _: curve(levels) * factor


def count_of(text: str, measure: Measure) -> int:
    """Read a value of a metric: a number, a truth or a label.

    Raises
    ------
    OutcomesInvalid
        When it is none.

    Examples
    --------
    >>> from almoner.contracts.terms.types import Truth
    >>> count_of("true", Measure(type=Truth(), low=0, high=1, pool="last"))
    1
    """
    if measure.labels:
        if text not in measure.labels:
            raise OutcomesInvalid(f"{text} is no label: it is one of {', '.join(measure.labels)}.")
        return measure.labels.index(text)
    if not isinstance(measure.type, Quantity):
        if text not in {"true", "false"}:
            raise OutcomesInvalid(f"{text} is no truth: write true or false.")
        return int(text == "true")
    return decimal_count(text, measure.type.digits, f"count of {measure.type}")


def _listed(law: FixedLaw | EmpiricalLaw | CategoricalLaw | BernoulliLaw, measure: Measure) -> Quantile:
    """Choose among exact counts by weight, smallest first."""
    if isinstance(law, FixedLaw):
        value = np.int64(count_of(law.value, measure))
        return lambda levels, _: np.full(levels.shape, value)
    if isinstance(law, BernoulliLaw):
        p = float(law.p)
        return lambda levels, _: (levels > 1 - p).astype(np.int64)
    if isinstance(law, CategoricalLaw):
        pairs = [(measure.labels.index(label), Decimal(text)) for label, text in law.weights.items()]
    else:
        weights = law.weights or ("1",) * len(law.values)
        counts = [count_of(text, measure) for text in law.values]
        pairs = [(count, Decimal(text)) for count, text in zip(counts, weights, strict=True)]
    pairs = sorted(pair for pair in pairs if pair[1])
    values = np.array([count for count, _ in pairs], dtype=np.int64)
    edges = _edges([weight for _, weight in pairs])
    return lambda levels, _: values[np.searchsorted(edges, levels)]


def _edges(weights: Sequence[Decimal]) -> Levels:
    """Return the upper end of each weight's part of 0 to 1, the last one left open."""
    total, sums = sum(weights), np.cumsum([float(weight) for weight in weights])
    return np.asarray(sums[:-1] / float(total))


def _mixture(parts: Sequence[Quantile], weights: Sequence[str]) -> Quantile:
    edges = _edges([Decimal(text) for text in weights])

    def mixed(levels: Levels, choices: Choices) -> Counts:
        chosen = np.searchsorted(edges, next(choices))
        found: Counts = parts[0](levels, choices)
        for place, part in enumerate(parts[1:], start=1):
            found = np.where(chosen == place, part(levels, choices), found)
        return found

    return mixed


def _curve(law: Law, low: float, high: float) -> Callable[[Levels], Levels]:
    """Return the quantile function of a law, in whole units."""
    if isinstance(law, NormalLaw):
        return _cut_normal(float(law.mean), float(law.sd), low, high)
    if isinstance(law, LognormalLaw):
        spread = np.log1p((float(law.sd) / float(law.mean)) ** 2)
        centre, width = np.log(float(law.mean)) - spread / 2, np.sqrt(spread)
        return lambda levels: np.exp(centre + width * special.ndtri(levels))
    if isinstance(law, BetaLaw):
        least, most = Decimal(law.low), Decimal(law.high)
        shape = law.parameters(least, most) or (1.0, 1.0)
        return lambda levels: float(least) + float(most - least) * special.betaincinv(*shape, levels)
    return _whole(law)


def _rounded_beta(law: BetaLaw, factor: float) -> Callable[[Levels], Levels]:
    """Tabulate the chances of all counts that a number between two ends can be rounded to."""
    low, high = float(law.low), float(law.high)
    first, last = round(low * factor), round(high * factor)
    borders = (np.arange(first, last) + 0.5) / factor
    shape = law.parameters(Decimal(law.low), Decimal(law.high)) or (1.0, 1.0)
    return _look_up(first, special.betainc(*shape, np.clip((borders - low) / (high - low), 0, 1)))


def _cut_normal(mean: float, sd: float, low: float, high: float) -> Callable[[Levels], Levels]:
    """Return the quantile function of a normal law between two ends, from the nearer tail."""
    start, end = (low - mean) / sd, (high - mean) / sd
    sign = -1.0 if start > 0 else 1.0
    least, most = special.ndtr(sign * start), special.ndtr(sign * end)
    return lambda levels: mean + sign * sd * special.ndtri(least + levels * (most - least))


def _whole(law: Law) -> Callable[[Levels], Levels]:
    """Return the quantile function of a law of whole numbers, from a table where one fits."""
    if isinstance(law, BetaBinomialLaw):
        shape = law.parameters(Decimal(0), Decimal(1)) or (1.0, 1.0)
        chances = stats.betabinom.pmf(np.arange(int(law.n) + 1), int(law.n), *shape)
        return _look_up(0, np.cumsum(chances)[:-1])
    if isinstance(law, BinomialLaw):
        n, p = int(law.n), float(law.p)
        return _table(stats.binom(n, p), n * p, _ENDS * sqrt(n * p * (1 - p)), n)
    if isinstance(law, PoissonLaw):
        mean = float(law.mean)
        return _table(stats.poisson(mean), mean, _ENDS * sqrt(mean))
    if isinstance(law, NegativeBinomialLaw):
        mean, size = float(law.mean), float(law.size)
        return _table(stats.nbinom(size, size / (size + mean)), mean, law.reach)
    raise TypeError(f"{type(law).__name__} is no law of whole numbers")


def _table(law: _Whole, mean: float, reach: float, most: float = inf) -> Callable[[Levels], Levels]:
    """Tabulate the chances of all values that a level can lead to."""
    first, last = max(0, floor(mean - reach - _MARGIN)), min(most, ceil(mean + reach + _MARGIN))
    return _look_up(first, law.cdf(np.arange(first, last, dtype=np.float64)))


def _look_up(first: int, chances: Levels) -> Callable[[Levels], Levels]:
    return lambda levels: (first + np.searchsorted(chances, levels)).astype(np.float64)
