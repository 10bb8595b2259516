"""Prices from the linear relaxation, for problems so small that it is solved at once.

The problem: up to some thousand cells one linear program costs less than the calls of the oracle that find
the same prices. Its duals are only a proposal: the bound is what the oracle finds at these prices.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..checking.prices import Multipliers
from ..model.compile import CompiledModel
from ..model.highs import Outcome, Search, run
from .dual import Pricing, find_prices
from .oracle import Oracle
from .settle import matrix_of

Floats = NDArray[np.float64]
MICRO = 10**6
LEAST = 1e-9
FEW = 3  # calls of the oracle when there is no time


def relax(
    oracle: Oracle,
    model: CompiledModel,
    *,
    left_s: float,
    cancel: Callable[[], bool] | None = None,
) -> Pricing | None:
    """Solve the linear relaxation and ask at its duals.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    model : CompiledModel
        Its model.
    left_s : float [s]
        Wall time.
    cancel : Callable, optional
        Asked often; it ends soon after it says True.

    Returns
    -------
    Pricing or None
        None when not even the relaxation has an answer.
    """
    search = Search(gap=0.0, deadline_s=left_s, cancel=cancel, options={"presolve": "off"})
    outcome = run(matrix_of(model, relax=True), search)
    if outcome.status == "infeasible":
        return None
    if outcome.x is None or outcome.row_dual is None:
        return find_prices(oracle, calls=FEW)
    prices = duals_as_prices(oracle, model, outcome.row_dual)
    reply = oracle.ask(prices)
    level, working = _averages(oracle, model, outcome)
    return Pricing(
        bound=reply.bound,
        prices=prices,
        reply=reply,
        level=level,
        working=working,
        calls=1,
        is_converged=True,
    )


def _averages(oracle: Oracle, model: CompiledModel, outcome: Outcome) -> tuple[Floats, Floats]:
    lay, x = model.layout, outcome.x
    level, working = np.zeros(len(oracle.owner)), np.zeros(len(oracle.owner))
    if x is not None and len(lay.cells):
        level[lay.cells] = np.clip(x[lay.y], 0.0, 1.0)
        spent = np.where(lay.money >= 0, x[lay.money], 0.0).sum(axis=1)
        working[lay.cells] = spent / np.maximum(x[lay.y], LEAST) * (x[lay.y] > LEAST)
    return level, working * lay.units.money / oracle.arrays.minor_per_block


def duals_as_prices(oracle: Oracle, model: CompiledModel, dual: Floats) -> Floats:
    """Turn duals of the rows into prices of the oracle.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    model : CompiledModel
        Its model.
    dual : float [rows], [solver units]
        Of the minimisation.
    """
    arrays, units = oracle.arrays, model.units
    worth = units.value / MICRO  # value units in a solver unit
    money = worth * arrays.minor_per_block / units.money
    found: dict[str, Floats] = {
        name: np.zeros(getattr(Multipliers.none(arrays), name).shape)
        for name in {place[0] for place in oracle.rows.places}
    }
    lot = np.repeat(model.layout.lot, arrays.period_count)
    blocks: tuple[tuple[str, str, str, Floats | float], ...] = (
        ("limit", "floor", "cap", money),
        ("limit_least", "floor_share", "", money),
        ("limit_most", "", "cap_share", money),
        ("limit_count", "floor_count", "cap_count", worth),
        ("stock", "", "stock", worth / lot),
        ("metric", "metric", "", 1.0),
        ("any_of", "", "any_of", worth),
        ("alternatives", "", "alternatives", worth),
        ("at_least", "at_least", "", money),
        ("at_most", "", "at_most", money),
        ("actor", "", "actor", money),
    )
    for block, floor, cap, scale in blocks:
        if block not in model.rows:
            continue
        given = dual[model.rows[block]] * scale
        keys = model.layout.keys.get(block) if block not in {"any_of", "alternatives"} else None
        at = np.arange(len(given)) if keys is None else keys[:, 0]
        for name, side in ((floor, np.maximum(given, 0.0)), (cap, np.maximum(-given, 0.0))):
            if name in found:
                found[name].ravel()[at] = side
    funds = np.maximum(-dual[model.rows["budget"]], 0.0) * money if "budget" in model.rows else np.zeros(0)
    others = np.array([found[name][index] for name, index in oracle.rows.places])
    return np.concatenate([funds, others])
