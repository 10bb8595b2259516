"""One arm of a trial: its mean, the variance of the mean, and the degrees of freedom that go with it.

The problem: when schools are drawn by lot, pupils of one school are no independent observations, and with few
schools the usual cluster-robust variance is too small. CR2 (Bell and McCaffrey, Survey Methodology 28, 2002;
Pustejovsky and Tipton, Journal of Business and Economic Statistics 36, 2018) is unbiased where rows are
independent, and gives t the degrees of freedom that fit the number and sizes of clusters. For the difference
of two means both have a closed form, one arm at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...finance.errors import EvaluationRefused
from .tables import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The mean of one arm.

    Attributes
    ----------
    mean : float [unit of the outcome]
        Over rows.
    variance : float [square of that unit]
        Of the mean.
    trace, square : float [1/rows, its square]
        What the mean of ``variance`` is, and half its variance, where rows are independent with variance one.
    rows, clusters : int [rows, clusters]
        How many; no clusters where rows were drawn singly.
    """

    mean: float
    variance: float
    trace: float
    square: float
    rows: int
    clusters: int = 0


def arm_by_rows(values: Array) -> Arm:
    """Describe an arm whose rows were drawn singly: ``s^2 / n``.

    Examples
    --------
    >>> arm_by_rows(np.array([1.0, 3.0])).variance
    1.0
    """
    count = values.size
    return Arm(
        mean=float(np.mean(values)),
        variance=float(np.var(values, ddof=1)) / count,
        trace=1 / count,
        square=1 / count**2 / (count - 1),
        rows=count,
    )


def arm_by_clusters(values: Array, cluster: Array) -> Arm:
    """Describe an arm whose clusters were drawn: CR2.

    With ``S_g`` the sum of residuals in cluster ``g`` of ``n_g`` rows, ``N`` rows in all and ``f_g = n_g /
    N``, the variance is the sum of ``S_g^2 / (N^2 (1 - f_g))``. Where rows are independent with variance one,
    the terms ``S_g / (N sqrt(1 - f_g))`` have the covariances ``w_gh``: ``n_g / N^2`` with themselves and
    ``-n_g n_h / (N^3 sqrt((1 - f_g) (1 - f_h)))`` with each other. ``trace`` is the sum of ``w_gg``,
    ``square`` the sum of all ``w_gh^2``.

    Parameters
    ----------
    values, cluster : array
        Outcome and cluster of each row.

    Raises
    ------
    EvaluationRefused
        When there is one cluster only.

    Examples
    --------
    >>> arm = arm_by_clusters(np.array([1.0, 1.0, 3.0, 3.0]), np.array(["a", "a", "b", "b"]))
    >>> arm.mean, arm.variance
    (2.0, 1.0)
    """
    _, which, sizes = np.unique(cluster, return_inverse=True, return_counts=True)
    if sizes.size == 1:
        raise EvaluationRefused(
            "One cluster alone has no variance: an arm needs two or more.", reason="too_few"
        )
    total = values.size
    mean = float(np.mean(values))
    sums = np.bincount(which, weights=values - mean)
    share = sizes / total
    rest = 1 - share
    own = sizes / total**2
    cross = share**2 / rest
    apart = (cross.sum() ** 2 - (cross**2).sum()) / total**2
    return Arm(
        mean=mean,
        variance=float((sums**2 / rest).sum()) / total**2,
        trace=float(own.sum()),
        square=float((own**2).sum() + apart),
        rows=total,
        clusters=int(sizes.size),
    )


def degrees_of_difference(treated: Arm, control: Arm, ratio: float = 1.0) -> float:
    """Return Satterthwaite's degrees of freedom for ``T - ratio C``.

    For rows drawn singly they follow from the observed variances (Welch, Biometrika 34, 1947):
    ``(v_T + v_C)^2 / (v_T^2 / (n_T - 1) + v_C^2 / (n_C - 1))``. For clusters they follow from their sizes
    (Bell and McCaffrey 2002): ``(trace_T + trace_C)^2 / (square_T + square_C)``.

    Parameters
    ----------
    treated, control : Arm
        Both by rows, or both by clusters.
    ratio : float [dimensionless]
        1 for a difference.

    Examples
    --------
    >>> arm = arm_by_rows(np.array([1.0, 3.0]))
    >>> degrees_of_difference(arm, arm)
    2.0
    """
    weight: Callable[[Arm], float] = _by_design if treated.clusters else _by_variance
    first, second = weight(treated), weight(control) * ratio**2
    below = first**2 * treated.square / treated.trace**2 + second**2 * control.square / control.trace**2
    return (first + second) ** 2 / below


def _by_design(arm: Arm) -> float:
    return arm.trace


def _by_variance(arm: Arm) -> float:
    return arm.variance
