"""What every method asks of its data before it gives an interval.

The problem: with two observations, with a group that never varies, or with a person counted twice, every
formula still gives a number, and money would move on it. Such data are refused here, with the figures.
"""

from collections.abc import Mapping

import numpy as np

from ...finance.errors import EvaluationRefused
from .tables import Array

RELATIVE_NOISE = 1e-12


def require_enough(counts: Mapping[str, int], least: int, what: str = "observations") -> None:
    """Refuse groups with fewer observations than are asked for.

    Parameters
    ----------
    counts : dict of str to int
        How many there are, by group.
    least : int [observations]
        In each group.
    what : str
        What is counted.

    Raises
    ------
    EvaluationRefused
        Naming each group that is too small.

    Examples
    --------
    >>> require_enough({"treated": 12, "control": 1}, 2)
    Traceback (most recent call last):
    ...
    almoner.finance.errors.EvaluationRefused: Too few observations: control has 1, and 2 are needed. \
Gather more, or agree on a method that needs fewer.
    """
    few = {name: count for name, count in counts.items() if count < least}
    if few:
        said = ", ".join(f"{name} has {count}" for name, count in few.items())
        raise EvaluationRefused(
            f"Too few {what}: {said}, and {least} are needed. Gather more, or agree on a method that "
            "needs fewer.",
            reason="too_few",
            least=least,
            found=[f"{name}: {count}" for name, count in counts.items()],
        )


def is_constant(values: Array) -> bool:
    """Say whether values differ by no more than the noise of floats.

    Examples
    --------
    >>> is_constant(np.array([0.1 + 0.2, 0.3])), is_constant(np.array([1.0, 1.1]))
    (True, False)
    """
    return bool(np.ptp(values) <= RELATIVE_NOISE * np.max(np.abs(values)))


def require_variance(groups: Mapping[str, Array], what: str = "values") -> None:
    """Refuse data that do not vary in any group: no interval follows from them.

    Raises
    ------
    EvaluationRefused
        When every group is constant.

    Examples
    --------
    >>> require_variance({"treated": np.array([1.0, 2.0]), "control": np.array([3.0, 3.0])})
    """
    if all(is_constant(values) for values in groups.values()):
        said = ", ".join(f"{name} always {float(values[0])!r}" for name, values in groups.items())
        raise EvaluationRefused(
            f"The {what} do not vary ({said}), so no interval follows from them. Check that the right column "
            "was taken.",
            reason="no_variance",
        )


def require_error(variance: float, values: Array, what: str) -> None:
    """Refuse an estimate whose error comes out as zero although it is computed from a sample.

    Parameters
    ----------
    variance : float [square of the values' unit]
        Of the estimate.
    values : array of float
        What it was computed from; a variance below the noise of its floats is none.
    what : str
        What has no error, and why that may be.

    Raises
    ------
    EvaluationRefused
        When the variance is zero but for noise.

    Examples
    --------
    >>> require_error(0.25, np.array([1.0, 2.0]), "The mean does not vary.")
    """
    if variance <= (RELATIVE_NOISE * float(np.max(np.abs(values)))) ** 2:
        raise EvaluationRefused(
            f"{what} A standard error of zero is no finding: check clusters and rows.", reason="no_variance"
        )


def require_once(units: Array, what: str) -> None:
    """Refuse units that stand in more than one row.

    Parameters
    ----------
    units : array of str
        One per row.
    what : str
        What a unit is.

    Raises
    ------
    EvaluationRefused
        With the number of those that are repeated; none is named, as units may be people.

    Examples
    --------
    >>> require_once(np.array(["a", "b"]), "person")
    """
    _, counts = np.unique(units, return_counts=True)
    repeated = int((counts > 1).sum())
    if repeated:
        raise EvaluationRefused(
            f"{repeated} of {counts.size} units stand in more than one row as {what}. Keep one row for each.",
            reason="repeated",
            repeated=repeated,
            units=int(counts.size),
        )
