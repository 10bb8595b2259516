"""Evidence: what verified outcomes say about the effect of every intervention.

The problem: an allocation that believes raw means chases luck, since the best of many noisy means is mostly
noise. Interventions of one pool learn from each other here: the ratio of effect to expectation varies around
a pool mean, and whoever has few results is drawn towards it. The pool's mean and spread are not plugged in
but averaged over their likelihood, so that stated intervals also cover what is not known about the pool:
parametric empirical Bayes after Kass and Steffey ("Approximate Bayesian inference in conditionally
independent hierarchical models", JASA 84, 1989, 717-726), with a flat density of the spread (Gelman, "Prior
distributions for variance parameters in hierarchical models", Bayesian Analysis 1, 2006, 515-534).

Weaker evidence counts less: the sampling variance of grade g is multiplied by ``INFLATION[g]``, by raising
the likelihood to the power of its inverse (Ibrahim and Chen, "Power prior distributions for regression
models", Statistical Science 15, 2000, 46-60). The table is a convention of this project, not a finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from scipy import special

from .chance import Floats

Family = Literal["beta_binomial", "gamma_poisson", "normal_gamma"]
INFLATION: Mapping[str, float] = MappingProxyType({"A": 1.0, "B": 1.25, "C": 1.75, "D": 3.0, "E": 6.0})
"""By how much the sampling variance of a result of each grade is multiplied."""

POOL_LOG_SD = 0.5  # before any result, the log of a pool's ratio to expectation has this standard deviation
SPREADS = (0.03, 1.5)  # range of the spread of effects inside a pool, in parts of their mean
SHAPES = (2.0, 8.0, 32.0)  # how equal the variances of measurements are inside a pool (normal_gamma)
RATIO_STEPS, SPREAD_STEPS = 21, 14
REFINEMENTS = 3
HALVINGS = 12  # of a bracket around a quantile, before a straight line is drawn through it
NEGLIGIBLE = 1e-4  # points of the grid with less of the largest weight are left out
TINY = 1e-12
REACH = 4.0  # standard deviations to both sides that the finer grid covers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolResults:
    """Results of the interventions of one pool, as counted.

    Attributes
    ----------
    family : str
        ``beta_binomial``: successes of trials; ``gamma_poisson``: events; ``normal_gamma``: means.
    expected : array [effect]
        Effect that the response is written for.
    total : array
        Successes, events, or the sum of measurements.
    exposure : array
        Trials, exposure, or number of measurements.
    squares : array
        Sum of squared measurements; only ``normal_gamma`` reads it.
    inflation : array [1]
        By how much the sampling variance is multiplied.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> results = PoolResults(
    ...   family="gamma_poisson", expected=one, total=one, exposure=one, squares=one, inflation=one)
    >>> results.size
    1
    """

    family: Family
    expected: Floats
    total: Floats
    exposure: Floats
    squares: Floats
    inflation: Floats

    @property
    def size(self) -> int:
        """Number of interventions."""
        return len(self.expected)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolPosterior:
    """What is believed about a pool: a mixture of conjugate posteriors over the pool's mean and spread.

    Attributes
    ----------
    family : str
        As in ``PoolResults``.
    expected : array [n]
        Effects that the responses are written for.
    weight : array [grid]
        How likely each point of the grid is; sums to one.
    first, second : array [grid, n]
        Beta: both parameters; gamma: shape and rate; normal: location and scale.
    freedom : array [grid, n]
        Degrees of freedom of the t distribution (``normal_gamma``), else zero.
    noise : array [n] [effect squared]
        Sampling variance of one trial, unit of exposure or measurement, its grade included.
    """

    family: Family
    expected: Floats
    weight: Floats
    first: Floats
    second: Floats
    freedom: Floats
    noise: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of every effect [effect]."""
        mean, variance = self._conditional()
        centre = self.weight @ mean
        spread = self.weight @ (variance + (mean - centre) ** 2)
        return centre, np.sqrt(spread)

    def learnable(self, exposure: Floats) -> Floats:
        """Return the standard deviation of the next mean, seen from today [effect].

        Parameters
        ----------
        exposure : array [n]
            Trials, exposure or measurements that will be added.
        """
        variance = self.moments()[1] ** 2
        return variance / np.sqrt(variance + self.noise / np.maximum(exposure, TINY))

    def loading(self) -> Floats:
        """Return by how much every effect moves when what the pool shares moves by one deviation [effect].

        The first factor of the means that the points of the grid give.
        """
        mean = self._conditional()[0]
        around = np.sqrt(self.weight)[:, None] * (mean - self.weight @ mean)
        _, sizes, directions = np.linalg.svd(around, full_matrices=False)
        found = sizes[0] * directions[0]
        return cast("Floats", found if found.sum() >= 0 else -found)

    def bound(self, level: float) -> Floats:
        """Return the effects below which a share of the belief lies [effect]; found by halving.

        Parameters
        ----------
        level : float [1]
            Share in (0, 1).
        """
        parts = quantile(self.family, np.full_like(self.first, level), self.first, self.second, self.freedom)
        low, high = parts.min(axis=0), parts.max(axis=0)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            share = self.weight @ _below(self.family, middle, self.first, self.second, self.freedom)
            low, high = np.where(share < level, middle, low), np.where(share < level, high, middle)
        ends = [
            self.weight @ _below(self.family, end, self.first, self.second, self.freedom)
            for end in (low, high)
        ]
        part = np.divide(
            level - ends[0], ends[1] - ends[0], out=np.full_like(low, 0.5), where=ends[1] > ends[0]
        )
        return cast("Floats", low + (high - low) * part.clip(0, 1))

    def points(self, chances: Floats) -> Floats:
        """PolicyTurn levels into effects, with the pool's mean and spread drawn once per scenario.

        Parameters
        ----------
        chances : array [scenarios, n + 1] [1]
            Levels in (0, 1): the pool's own first, then one for every intervention.

        Returns
        -------
        array [scenarios, n] [effect]
        """
        at = np.searchsorted(np.cumsum(self.weight), chances[:, 0]).clip(0, len(self.weight) - 1)
        return quantile(self.family, chances[:, 1:], self.first[at], self.second[at], self.freedom[at])

    def _conditional(self) -> tuple[Floats, Floats]:
        mean = _centre(self.family, self.first, self.second)
        if self.family == "beta_binomial":
            return mean, mean * (1 - mean) / (self.first + self.second + 1)
        if self.family == "gamma_poisson":
            return mean, mean / self.second
        return mean, self.second**2 * self.freedom / (self.freedom - 2)


def quantile(family: Family, level: Floats, first: Floats, second: Floats, freedom: Floats) -> Floats:
    """Return the effect below which a share of the distribution lies.

    Parameters
    ----------
    family : str
        As in ``PoolResults``.
    level : array [1]
        Shares in (0, 1).
    first, second, freedom : array
        As in ``PoolPosterior``.

    Examples
    --------
    >>> half = np.array([0.5])
    >>> quantile("beta_binomial", half, np.array([3.0]), np.array([3.0]), half).round(6).tolist()
    [0.5]
    """
    if family == "beta_binomial":
        found = special.betaincinv(first, second, level)
    elif family == "gamma_poisson":
        found = special.gammaincinv(first, level) / second
    else:
        found = first + second * special.stdtrit(freedom, level)
    return np.asarray(found, np.float64)


def _below(family: Family, effect: Floats, first: Floats, second: Floats, freedom: Floats) -> Floats:
    """Return the share of the distribution below an effect; the inverse of ``quantile``."""
    if family == "beta_binomial":
        found = special.betainc(first, second, effect.clip(0, 1))
    elif family == "gamma_poisson":
        found = special.gammainc(first, second * effect)
    else:
        found = special.stdtr(freedom, (effect - first) / second)
    return np.asarray(found, np.float64)


def believe(results: PoolResults) -> PoolPosterior:
    """Return what the results of a pool say about each of its interventions.

    Parameters
    ----------
    results : PoolResults
        Of the interventions of one pool, all of one family.

    Examples
    --------
    >>> none = np.zeros(2)
    >>> results = PoolResults(family="gamma_poisson", expected=np.array([2.0, 2.0]),
    ...   total=np.array([90.0, 0.0]), exposure=np.array([30.0, 0.0]), squares=none, inflation=none + 1)
    >>> mean, sd = believe(results).moments()
    >>> bool(2.0 < mean[1] < mean[0] < 3.0), bool(sd[1] > sd[0])
    (True, True)
    """
    ratio = (-REACH * POOL_LOG_SD - POOL_LOG_SD**2 / 2, REACH * POOL_LOG_SD - POOL_LOG_SD**2 / 2)
    spread = SPREADS
    for _ in range(REFINEMENTS):
        logs, cvs, shapes = _grid(results.family, ratio, spread)
        weight = _weights(results, logs, cvs, shapes)
        ratio, spread = _nearer(weight, logs, ratio), _nearer(weight, cvs, spread)
    logs, cvs, shapes = _grid(results.family, ratio, spread)
    weight = _weights(results, logs, cvs, shapes)
    kept = weight > NEGLIGIBLE * weight.max()
    weight = weight[kept] / weight[kept].sum()
    first, second, freedom = _conjugate(results, logs[kept], cvs[kept], shapes[kept])
    return PoolPosterior(
        family=results.family,
        expected=results.expected,
        weight=weight,
        first=first,
        second=second,
        freedom=freedom,
        noise=_noise(results, weight @ _centre(results.family, first, second)) * results.inflation,
    )


def _centre(family: Family, first: Floats, second: Floats) -> Floats:
    if family == "beta_binomial":
        return first / (first + second)
    return first / second if family == "gamma_poisson" else first


def _noise(results: PoolResults, mean: Floats) -> Floats:
    """Return the sampling variance of one trial, unit of exposure or measurement [effect squared]."""
    if results.family == "beta_binomial":
        return mean * (1 - mean)
    return mean if results.family == "gamma_poisson" else _scatter(results) * results.expected**2


def _scatter(results: PoolResults) -> float:
    """Return the pooled variance of a measurement [parts of the expected effect, squared]."""
    degrees = np.maximum(results.exposure - 1, 0).sum()
    return max(float(_inside(results).sum() / degrees), TINY) if degrees else 1.0


def _inside(results: PoolResults) -> Floats:
    """Return the sum of squares around every own mean [parts of the expected effect, squared]."""
    around = results.squares - results.total**2 / np.maximum(results.exposure, 1)
    return np.maximum(around, 0) / results.expected**2


def _grid(
    family: Family, ratio: tuple[float, float], spread: tuple[float, float]
) -> tuple[Floats, Floats, Floats]:
    shapes = SHAPES if family == "normal_gamma" else (0.0,)
    made = np.meshgrid(
        np.linspace(*ratio, RATIO_STEPS), np.linspace(*spread, SPREAD_STEPS), np.array(shapes), indexing="ij"
    )
    return made[0].ravel(), made[1].ravel(), made[2].ravel()


def _nearer(weight: Floats, values: Floats, before: tuple[float, float]) -> tuple[float, float]:
    """Return the part of a range that holds the mass, with some room."""
    mean = float(weight @ values)
    sd = float(np.sqrt(weight @ (values - mean) ** 2))
    room = REACH * max(sd, (before[1] - before[0]) / 60)
    return max(before[0], mean - room), min(before[1], mean + room)


def _weights(results: PoolResults, logs: Floats, cvs: Floats, shapes: Floats) -> Floats:
    """Return how likely each point of the grid is, given all results of the pool."""
    prior = -((logs + POOL_LOG_SD**2 / 2) ** 2) / (2 * POOL_LOG_SD**2)
    found = prior + _likelihood(results, logs, cvs, shapes).sum(axis=1)
    weight = np.exp(found - found.max())
    return cast("Floats", weight / weight.sum())


def _prior(results: PoolResults, logs: Floats, cvs: Floats) -> tuple[Floats, Floats]:
    """Return the conjugate parameters before the intervention's own results."""
    ratio, strength = np.exp(logs)[:, None], (cvs**-2.0)[:, None]
    if results.family == "beta_binomial":
        odds = ratio * results.expected / (1 - results.expected)
        mean = odds / (1 + odds)
        return mean * strength, (1 - mean) * strength
    return np.broadcast_to(strength, (len(logs), results.size)), strength / (ratio * results.expected)


def _likelihood(results: PoolResults, logs: Floats, cvs: Floats, shapes: Floats) -> Floats:
    """Return the log of the marginal likelihood, up to what does not depend on the grid."""
    if results.family == "normal_gamma":
        return _measured(results, logs, cvs, shapes)[3]
    first, second = _prior(results, logs, cvs)
    after, beside, _ = _conjugate(results, logs, cvs, shapes)
    if results.family == "beta_binomial":
        return np.asarray(special.betaln(after, beside) - special.betaln(first, second))
    return np.asarray(
        special.gammaln(after) - special.gammaln(first) + first * np.log(second) - after * np.log(beside)
    )


def _conjugate(
    results: PoolResults, logs: Floats, cvs: Floats, shapes: Floats
) -> tuple[Floats, Floats, Floats]:
    if results.family == "normal_gamma":
        return _measured(results, logs, cvs, shapes)[:3]
    first, second = _prior(results, logs, cvs)
    count, exposure = results.total / results.inflation, results.exposure / results.inflation
    rest = exposure - count if results.family == "beta_binomial" else exposure
    return first + count, second + rest, np.zeros_like(first)


def _measured(
    results: PoolResults, logs: Floats, cvs: Floats, shapes: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return location, scale, degrees of freedom and log likelihood of measured means.

    Everything is in parts of the expected effect. The variance of a measurement is unknown: inverse gamma
    around the pool's own, as equal as ``shapes`` says.
    """
    count = results.exposure / results.inflation
    mean = results.total / np.maximum(results.exposure, 1) / results.expected
    inside, pooled = _inside(results), _scatter(results)
    ratio, shape = np.exp(logs)[:, None], shapes[:, None]
    strength = pooled / (cvs[:, None] * ratio) ** 2
    rate, scattered = shape * pooled, inside / results.inflation
    after, shape_after = strength + count, shape + count / 2
    rate_after = rate + scattered / 2 + strength * count * (mean - ratio) ** 2 / (2 * after)
    location = (strength * ratio + count * mean) / after * results.expected
    scale = np.sqrt(rate_after / (shape_after * after)) * results.expected
    likelihood = (
        special.gammaln(shape_after)
        - special.gammaln(shape)
        + shape * np.log(rate)
        - shape_after * np.log(rate_after)
        + (np.log(strength) - np.log(after)) / 2
    )
    return location, scale, 2 * shape_after, np.asarray(likelihood)
