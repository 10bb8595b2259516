"""From the solver's answer to whole amounts; where they cannot be had, a little room in every rule.

The problem: a choice that is payable in fractions of a cent may not be payable in whole ones. When rounding
fails, the money is placed again for the same choice, with every bound on money tightened by one minor unit
for each of its members; a choice that still fails is not tried again.
"""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import RoundingFailed
from ..answer import Allocation
from ..arrays import ProblemArrays
from ..model.compile import CompiledModel, compile_model
from ..model.highs import Matrix, Outcome, Search, run
from .rounding import round_off

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MONEY = ("budget", "limit", "limit_least", "limit_most", "actor", "at_least", "at_most", "churn")
ROUNDS = 8  # choices that turn out not to be payable in whole minor units before we give up


def matrix_of(model: CompiledModel, *, relax: bool = False) -> Matrix:
    """Return a compiled model as the solver takes it.

    Parameters
    ----------
    model : CompiledModel
        The model.
    relax : bool
        Whether choices may be parts.
    """
    return Matrix(
        matrix=model.matrix,
        cost=model.cost,
        lower=model.lower,
        upper=model.upper,
        integer=np.zeros_like(model.integer) if relax else model.integer,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
    )


def settle(
    arrays: ProblemArrays, model: CompiledModel, x: Floats, *, deadline_s: float = np.inf
) -> Allocation:
    """Make whole amounts of a solver's answer.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    model : CompiledModel
        Its model.
    x : float [columns], [solver units]
        The answer.
    deadline_s : float [s]
        For each time that the money is placed again.

    Raises
    ------
    RoundingFailed
        When the choice cannot be paid in whole minor units, as far as we can see.
    """
    point = model.read(x)
    try:
        return round_off(arrays, point.funded, point.working, point.carried)
    except RoundingFailed:
        return _with_room(arrays, point.funded, deadline_s)


def _with_room(arrays: ProblemArrays, funded: Bools, deadline_s: float) -> Allocation:
    """Place the money of a choice again, with room in every rule about money."""
    failed: RoundingFailed | None = None
    for room in (0.0, 1.0):
        model = compile_model(arrays, keep=funded, fixed=funded)
        outcome = run(_tightened(model, room), Search(gap=0.0, deadline_s=deadline_s))
        if outcome.x is None:
            continue
        point = model.read(outcome.x)
        try:
            return round_off(arrays, funded, point.working, point.carried)
        except RoundingFailed as fault:
            failed = fault
    raise failed or RoundingFailed("This choice cannot be paid; choose another.", rules=[])


def _tightened(model: CompiledModel, room: float) -> Matrix:
    """Tighten every bound on money by so many minor units for each member."""
    low, high = model.row_lower.copy(), model.row_upper.copy()
    members = np.diff(model.matrix.tocsr().indptr)
    for name in MONEY:
        rows = model.rows.get(name)
        if rows is not None:
            slack = room * members[rows] / model.units.money
            tight = high[rows] - low[rows] < 2 * slack
            low[rows] += np.where(tight, 0.0, slack)
            high[rows] -= np.where(tight, 0.0, slack)
    held = matrix_of(model)
    return Matrix(
        matrix=held.matrix,
        cost=held.cost,
        lower=held.lower,
        upper=held.upper,
        integer=held.integer,
        row_lower=low,
        row_upper=high,
    )


def choose_again(
    model: CompiledModel,
    excluded: list[Floats],
    *,
    gap: float,
    left: Callable[[], float],
    cancel: Callable[[], bool] | None = None,
) -> Outcome:
    """Solve the whole model without some choices.

    Parameters
    ----------
    model : CompiledModel
        The model.
    excluded : list of float [columns]
        Answers whose choice must not come back.
    gap : float [1]
        Relative gap at which the search may end.
    left : Callable
        Seconds that are left.
    cancel : Callable, optional
        Asked often; the search ends soon after it says True.
    """
    held, columns = matrix_of(model), model.layout.y
    chosen = np.array([np.rint(x[columns]) for x in excluded])
    rows = sp.csc_matrix(
        (
            np.where(chosen > 0, -1.0, 1.0).ravel(),
            (np.repeat(np.arange(len(chosen)), len(columns)), np.tile(columns, len(chosen))),
        ),
        shape=(len(chosen), held.matrix.shape[1]),
    )
    other = Matrix(
        matrix=sp.csc_matrix(sp.vstack([held.matrix, rows])),
        cost=held.cost,
        lower=held.lower,
        upper=held.upper,
        integer=held.integer,
        row_lower=np.concatenate([held.row_lower, 1.0 - chosen.sum(axis=1)]),
        row_upper=np.concatenate([held.row_upper, np.full(len(chosen), np.inf)]),
    )
    return run(other, Search(gap=gap, deadline_s=max(0.0, left()), cancel=cancel))
