"""The model behind the ratings: levels of hubs, their variances and their places, on arrays.

The problem: how much of the difference between two hubs is the hubs', and how much is chance, must come from
the results themselves, for many hubs at once and with errors of measurement that differ from result to
result. The two variances maximise the restricted likelihood; hubs are independent given the mean, so every
step costs no more than reading the results once.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .errors import CalibrationInvalid

Floats = NDArray[np.float64]

FLOOR: Final = 1e-7  # part of the variance of all results
_STARTS: Final = ((0.5, 0.5), (0.1, 0.9), (0.9, 0.1), (FLOOR, 1.0), (1.0, FLOOR))


@dataclass(frozen=True, slots=True)
class RatedResults:
    """Final results as arrays.

    Attributes
    ----------
    hub : numpy.ndarray of int [place]
        Which hub each is of, counted from 0.
    value : numpy.ndarray of float [part of the way]
        What was found.
    known : numpy.ndarray of float [part of the way ^2]
        Variance of measurement.
    age : numpy.ndarray of float [dimensionless]
        Factor by which age stretches the variance, at least 1.
    hubs : int [hubs]
        How many there are, with and without results.

    Examples
    --------
    >>> one, nothing = np.array([1.0]), np.array([0.0])
    >>> RatedResults(np.array([1]), one, nothing, one, 2).sums(one)
    array([0., 1.])
    """

    hub: NDArray[np.int64]
    value: Floats
    known: Floats
    age: Floats
    hubs: int

    def sums(self, rows: Floats) -> Floats:
        """Sum rows of results by hub."""
        total: Floats = np.bincount(self.hub, weights=rows, minlength=self.hubs).astype(np.float64)
        return total

    def weights(self, within: float) -> Floats:
        """Return the weight of each result.

        Parameters
        ----------
        within : float [part of the way ^2]
            Variance of results about their hub's level.
        """
        return 1.0 / ((within + self.known) * self.age)


@dataclass(frozen=True, slots=True)
class HubLevels:
    """Levels of all hubs, with the parts of their variance.

    Attributes
    ----------
    mean : float [part of the way]
        Of all hubs.
    mean_variance : float [part of the way ^2]
        How unsure the mean is.
    value : numpy.ndarray of float [part of the way]
        The level of each hub.
    own : numpy.ndarray of float [part of the way ^2]
        Its variance if the mean were known.
    loading : numpy.ndarray of float [dimensionless]
        How much of the mean is in it.

    Examples
    --------
    >>> own, loading = np.array([0.01, 0.04]), np.array([0.1, 1.0])
    >>> HubLevels(0.5, 0.01, np.array([0.7, 0.5]), own, loading).covariance.round(4).tolist()
    [[0.0101, 0.001], [0.001, 0.05]]
    """

    mean: float
    mean_variance: float
    value: Floats
    own: Floats
    loading: Floats

    @property
    def covariance(self) -> Floats:
        """Of the levels [part of the way ^2]; what they share comes from the mean."""
        return np.diag(self.own) + self.mean_variance * np.outer(self.loading, self.loading)


def hub_levels(results: RatedResults, between: float, within: float, mean: float | None) -> HubLevels:
    """Return the level of every hub under two variances.

    Parameters
    ----------
    results : RatedResults
        Final results.
    between, within : float [part of the way ^2]
        Variance of the hubs' levels, and of results about them.
    mean : float or None [part of the way]
        Of all hubs, when it is known.

    Raises
    ------
    CalibrationInvalid
        When a result would weigh infinitely, or nothing tells the mean.

    Notes
    -----
    ``r_hk = mu + u_h + v_hk + e_hk`` with Var u = t, Var v = o and Var e = se^2 known. With the weights
    ``p = 2^(-age / half life) / (o + se^2)`` the rating is ``mu + t S (r - mu) / (1 + t S)``, S the hub's sum
    of weights and r its weighted mean; its variance is ``t / (1 + t S)`` plus ``Var(mu) / (1 + t S)^2``. (t,
    o) maximise the restricted likelihood, mu is the generalised least squares mean.
    """
    if len(results.value) and within == 0 and not results.known.all():
        raise CalibrationInvalid(
            "A result without error and a variance of 0 about the hub's level leave nothing to weigh by: "
            "give a variance above 0, or standard errors.",
            within="0",
        )
    weight = results.weights(within)
    total = results.sums(weight)
    loading = 1.0 / (1.0 + between * total)
    known = total * loading  # what a hub says about the mean: 1 / Var of its weighted mean
    own_mean = results.sums(weight * results.value) / np.where(total > 0, total, 1.0)
    if mean is None:
        if not total.any():
            raise CalibrationInvalid("Without a final determination there is no mean: give one.")
        centre, spread = float(known @ own_mean / known.sum()), float(1.0 / known.sum())
    else:
        centre, spread = mean, 0.0
    value = centre + np.where(total > 0, (1.0 - loading) * (own_mean - centre), 0.0)
    return HubLevels(mean=centre, mean_variance=spread, value=value, own=between * loading, loading=loading)


def raw_levels(results: RatedResults, mean: float | None) -> tuple[float, float, HubLevels]:
    """Take every hub's own mean; who has none gets the mean of all, with their full spread.

    Parameters
    ----------
    results : RatedResults
        Final results.
    mean : float or None [part of the way]
        Of all hubs, when it is known.

    Returns
    -------
    tuple of (float, float, HubLevels) [part of the way ^2]
        Variance between the hubs' means, 0, and the levels.
    """
    weight = 1.0 / results.age
    total = results.sums(weight)
    seen = total > 0
    own_mean = results.sums(weight * results.value) / np.where(seen, total, 1.0)
    error = results.sums(weight**2 * results.known) / np.where(seen, total, 1.0) ** 2
    if mean is None and not seen.any():
        raise CalibrationInvalid("Without a final determination there is no mean: give one, and variances.")
    centre = float(own_mean[seen].mean()) if mean is None else mean
    spread = float(own_mean[seen].var(ddof=1)) if seen.sum() > 1 else float(error[seen].sum())
    levels = HubLevels(
        mean=centre,
        mean_variance=0.0,
        value=np.where(seen, own_mean, centre),
        own=np.where(seen, error, spread),
        loading=np.where(seen, 0.0, 1.0),
    )
    return spread, 0.0, levels


def restricted_likelihood(
    results: RatedResults, between: float, within: float, mean: float | None = None
) -> tuple[float, float, float]:
    """Return twice the restricted log-likelihood of two variances, and half its slope in each.

    Parameters
    ----------
    results : RatedResults
        Final results as arrays.
    between, within : float [part of the way ^2]
        Variances, not negative.
    mean : float or None [part of the way]
        Mean of all hubs when it is known: then the likelihood is the ordinary one.
    """
    weight = results.weights(within)
    total = results.sums(weight)
    loading = 1.0 / (1.0 + between * total)
    known = total * loading
    information = known.sum()
    centre = float(known @ (results.sums(weight * results.value) / np.where(total > 0, total, 1.0)))
    centre = centre / information if mean is None else mean
    residual = results.value - centre
    level = between * loading * results.sums(weight * residual)
    spare = weight * (residual - level[results.hub])  # V^-1 (y - mu)
    ones = weight * loading[results.hub]  # V^-1 1
    twice = -(
        np.log(1.0 / weight).sum()
        + np.log1p(between * total).sum()
        + (np.log(information) if mean is None else 0)
    ) - float(residual @ spare)
    border = 1.0 / information if mean is None else 0.0
    by_hub = results.sums(spare)
    between_slope = 0.5 * (by_hub @ by_hub - information + border * (known @ known))
    trace = (weight - between * weight**2 * loading[results.hub]) @ results.age
    within_slope = 0.5 * (spare**2 @ results.age - trace + border * (ones**2 @ results.age))
    return float(twice), float(between_slope), float(within_slope)


def fit_variances(results: RatedResults, mean: float | None) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Maximise the restricted likelihood from several starts; the best of them counts.

    Parameters
    ----------
    results : RatedResults
        Final results, more than hubs, not all equal.
    mean : float or None [part of the way]
        Of all hubs, when it is known.

    Returns
    -------
    tuple
        The variances between and within, and the names of those held at their floor.
    """
    whole = float(np.var(results.value))

    def fall(parts: Floats) -> tuple[float, Floats]:
        twice, *slopes = restricted_likelihood(results, whole * parts[0], whole * parts[1], mean)
        return -0.5 * twice, -whole * np.array(slopes)

    found = [
        minimize(
            fall,
            np.array(start),
            jac=True,
            method="L-BFGS-B",
            bounds=((0.0, None), (FLOOR, None)),
            options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-10},
        )
        for start in _STARTS
    ]
    best = min(found, key=lambda one: round(float(one.fun), 9))
    between, within = (float(part) for part in best.x)
    held = {"between": between <= FLOOR, "within": within <= FLOOR * (1 + 1e-9)}
    return (whole * between, whole * within), tuple(name for name, at_floor in held.items() if at_floor)
