"""Models in whole minor units, for problems in which a single one counts.

The problem: solvers work with fractions of money, and a part of an award that is given by a share is rounded.
Among awards of millions neither matters; among awards of five it decides what is possible. Bounds on rounded
parts therefore give way by what rounding may add, and where an answer in fractions falls short of its bound,
a small problem is searched again with whole money.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..answer import Allocation, AllocationLine, Bought, Carried, Part
from ..arrays import ProblemArrays
from ..columns import FULL_BP
from ..model.compile import CompiledModel, compile_model
from ..model.highs import Matrix

MOST_COLUMNS = 1000  # segments of a problem that is searched again
MOST_UNITS = 10**6  # minor units of one amount up to which whole ones can matter
MONEY = ("money", "flow", "carry", "part")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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
    model = compile_model(free, form="base")
    if "part" not in model.columns or not (share >= 0).any():
        return model
    entry, _, cell = _places(arrays, model)
    rows = np.unique(cell, return_inverse=True)[1]
    parts = model.columns["part"]
    others = np.ones(len(model.cost))
    others[parts] = 0.0
    spent = sp.csr_matrix(model.matrix[model.rows["part_sum"]] @ sp.diags_array(others))  # awards, negative
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
        integer=model.integer | is_money | _in_kind(model),
        row_lower=model.row_lower,
        row_upper=model.row_upper,
    )
    return whole, scale


def _in_kind(model: CompiledModel) -> Bools:
    """Return which columns buy single units of a resource."""
    lay = model.layout
    single = np.zeros(len(model.cost), np.bool_)
    if lay.bought.size:
        at = lay.bought[:, lay.lot == 1]
        single[at[at >= 0]] = True
    return single


def allocation_in_units(arrays: ProblemArrays, model: CompiledModel, x: Floats) -> Allocation:
    """Return what an answer in whole minor units says, to the unit.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    model : CompiledModel
        Of ``whole_units_model``.
    x : float [columns], [solver units]
        The answer.
    """
    lay, names, funds = model.layout, arrays.intervention_ids, arrays.fund_ids
    minor = np.rint(np.append(x, 0.0) * lay.units.money).astype(np.int64)
    funded = lay.cells[x[lay.y] > 1 / 2].tolist()
    periods = arrays.period_count
    lines = [
        AllocationLine(intervention_id=names[who], period=t, fund_id=funds[f], amount_minor=int(amount))
        for who in range(arrays.n)
        for f, t in np.argwhere(lay.flow[lay.unit[who]] >= 0).tolist()
        if (amount := minor[lay.flow[lay.unit[who], f, t]]) > 0
    ]
    carried = [
        Carried(fund_id=funds[f], period=t, amount_minor=int(minor[lay.carry[f, t]]))
        for f, t in np.argwhere(lay.carry >= 0).tolist()
        if minor[lay.carry[f, t]] > 0
    ]
    return Allocation(
        chosen=tuple((names[cell // periods], cell % periods) for cell in funded),
        lines=tuple(sorted(lines)),
        carried=tuple(sorted(carried)),
        bought=tuple(_bought(arrays, model, x)),
        parts=tuple(_parts(arrays, model, minor)),
    )


def _places(arrays: ProblemArrays, model: CompiledModel) -> tuple[Ints, Ints, Ints]:
    """Return entry, period and active cell of every column of a part."""
    cells = model.layout.at.reshape(-1, arrays.period_count)[arrays.actors.intervention]
    entry, when = np.nonzero(cells >= 0)
    return entry, when, cells[entry, when]


def _bought(arrays: ProblemArrays, model: CompiledModel, x: Floats) -> Iterator[Bought]:
    lay = model.layout
    for r, t, f in np.argwhere(lay.bought.transpose(1, 2, 0) >= 0).tolist() if lay.bought.size else []:
        quantity = round(float(x[lay.bought[f, r, t]]) * int(lay.lot[r]))
        if quantity:
            yield Bought(
                resource_id=arrays.resource_ids[r],
                period=t,
                fund_id=arrays.fund_ids[f],
                quantity=quantity,
                amount_minor=quantity * int(arrays.price[r, t]),
            )


def _parts(arrays: ProblemArrays, model: CompiledModel, minor: Ints) -> list[Part]:
    if "part" not in model.columns:
        return []
    entry, when, _ = _places(arrays, model)
    amounts = minor[model.columns["part"]]
    return sorted(
        Part(
            intervention_id=arrays.intervention_ids[arrays.actors.intervention[entry[at]]],
            period=int(when[at]),
            actor_id=arrays.actors.ids[arrays.actors.actor[entry[at]]],
            amount_minor=int(amounts[at]),
        )
        for at in np.flatnonzero(amounts).tolist()
    )
