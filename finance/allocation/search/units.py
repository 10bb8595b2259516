"""Models in whole minor units, for problems in which a single one counts.

The problem: solvers work with fractions of money, and a part of an award that is given by a share is rounded.
Among awards of millions neither matters; among awards of five it decides what is possible. Bounds on rounded
parts therefore give way by what rounding may add, and where an answer in fractions falls short of its bound,
a small problem is searched again with whole money.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..arrays import ProblemArrays
from ..columns import FULL_BP
from ..model.compile import CompiledModel, compile_model
from ..model.highs import Matrix

MOST_COLUMNS = 1000  # segments of a problem that is searched again
MOST_UNITS = 10**6  # minor units of one amount up to which whole ones can matter
MONEY = ("money", "flow", "carry", "part")
Floats = NDArray[np.float64]


def with_room_for_parts(arrays: ProblemArrays) -> ProblemArrays:
    """Return the problem with bounds on parts that are shares loosened by the unit that rounding may add.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    """
    actors = arrays.actors
    rounded = actors.share_bp >= 0
    if not rounded.any():
        return arrays
    count = np.bincount(actors.actor[rounded], minlength=len(actors.cap))[: len(actors.cap), None]
    return replace(
        arrays,
        actors=replace(
            actors,
            low=np.where(rounded, np.maximum(actors.low - 1, 0), actors.low),
            high=np.where(rounded & (actors.high >= 0), actors.high + 1, actors.high),
            cap=np.where(actors.cap >= 0, actors.cap + count, actors.cap),
        ),
    )


def whole_units_model(arrays: ProblemArrays) -> CompiledModel | None:
    """Return the model of a problem in which parts that are shares are columns; None when it is too large.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    """
    if arrays.cap.size > MOST_COLUMNS or arrays.high.max(initial=0) > MOST_UNITS:
        return None
    share = arrays.actors.share_bp
    free = replace(arrays, actors=replace(arrays.actors, share_bp=np.full(len(share), -1, np.int64)))
    model = compile_model(free)
    if "part" not in model.columns or not (share >= 0).any():
        return model
    lay = model.layout
    entry, when = np.nonzero(lay.at.reshape(-1, arrays.period_count)[arrays.actors.intervention] >= 0)
    cell = lay.at.reshape(-1, arrays.period_count)[arrays.actors.intervention][entry, when]
    rows = np.unique(cell, return_inverse=True)[1]
    parts = model.columns["part"]
    spent = sp.csr_matrix(model.matrix[model.rows["part_sum"]], copy=True)
    spent[:, parts] = 0  # what is left is the award, negative
    held = np.flatnonzero(share[entry] >= 0)
    ones = (np.ones(len(held)), (np.arange(len(held)), parts.start + held))
    own = sp.csr_matrix(ones, shape=(len(held), len(model.cost)))
    given = sp.diags_array(share[entry[held]] / FULL_BP) @ spent[rows[held]]
    room = np.full(len(held), (1 - 1 / FULL_BP) / model.units.money)
    return replace(
        model,
        matrix=sp.csc_matrix(sp.vstack([model.matrix, own + given])),
        row_lower=np.concatenate([model.row_lower, -room]),
        row_upper=np.concatenate([model.row_upper, room]),
    )


def in_whole_units(model: CompiledModel) -> tuple[Matrix, Floats]:
    """Return the model with every amount of money in whole minor units.

    Parameters
    ----------
    model : CompiledModel
        The model.

    Returns
    -------
    tuple
        The model, and what one unit of each of its columns is [solver units].
    """
    is_money = np.zeros(len(model.cost), np.bool_)
    for name in MONEY:
        is_money[model.columns.get(name, slice(0, 0))] = True
    scale = np.where(is_money, 1.0 / model.units.money, 1.0)
    whole = Matrix(
        matrix=sp.csc_matrix(model.matrix @ sp.diags_array(scale)),
        cost=model.cost * scale,
        lower=model.lower / scale,
        upper=model.upper / scale,
        integer=model.integer | is_money,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
    )
    return whole, scale
