"""When the solver's word counts: not where the numbers are too far apart for its tolerances.

The problem: one minor unit beside 10**13 of them is nothing to a solver of floats. It drops what
is small, solves another problem, and reports that one as solved. Its bound and its "infeasible" are believed
only where every number of the model is within its reach; prices prove bounds in whole numbers everywhere.
"""

from fractions import Fraction

import numpy as np

from ..checking.prices import price_bound
from ..model.compile import CompiledModel
from .oracle import Oracle
from .proof import prove

MICRO = 10**6
DROPPED = 1e-9  # coefficients up to this are taken as zero by the solver
ABSOLUTE = 10**6  # parts of a solver unit of value that its tolerances reach


def is_within_reach(model: CompiledModel) -> bool:
    """Return whether the solver sees every coefficient of a model.

    Parameters
    ----------
    model : CompiledModel
        The model.
    """
    sizes = np.abs(model.matrix.data)
    return bool((sizes[sizes > 0] > DROPPED).all())


def smallest_worth(model: CompiledModel) -> Fraction:
    """Return the value that the solver cannot tell from nothing [value units].

    Parameters
    ----------
    model : CompiledModel
        The model.
    """
    return Fraction(model.units.value) / (MICRO * ABSOLUTE)


def is_proved_infeasible(oracle: Oracle, prices: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    """Return whether prices prove in whole numbers that nothing keeps every rule.

    Any allocation is worth at least minus all that overlaps can take away; a bound below that leaves none.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    prices : float [prices]
        As found.
    """
    arrays = oracle.arrays
    lost = Fraction(sum(arrays.overlap_micro.tolist()) * arrays.period_count, MICRO)
    return price_bound(arrays, prove(oracle, prices)) < -lost
