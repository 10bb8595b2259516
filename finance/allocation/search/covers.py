"""Rows that say nothing new about fractions, but much about whole choices.

The problem: flows and segments hide from the solver that least awards alone already fill a budget or a
group's cap. For every set of funds, those whom only these funds may pay need at least their least awards;
the same for every group, and a floor needs enough members at their most. The solver finds strong cuts in
such rows.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..model.compile import CompiledModel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FUNDS = 6  # most funds of which every set gets a row


class _Covers:
    """Rows under construction."""

    def __init__(self, model: CompiledModel) -> None:
        self.lay = model.layout
        self.width = model.matrix.shape[1]
        self.least = self.lay.units.amounts(self.lay.arrays.low[self.lay.cells] + self.lay.fixed)
        starts = self.lay.fixed + self.lay.arrays.start[self.lay.who]
        self.most = self.lay.units.amounts(self.lay.arrays.high[self.lay.cells] + starts)
        self.rows: list[sp.csr_array] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, members: Bools, weight: Floats, low: float, high: float) -> None:
        """Add a row over the choices of some cells."""
        at = np.flatnonzero(members & (weight > 0))
        if len(at) < 2:  # noqa: PLR2004 - one member is no cover
            return
        entry = (weight[at], (np.zeros(len(at), np.int64), self.lay.y[at]))
        self.rows.append(sp.csr_array(entry, shape=(1, self.width)))
        self.low.append(low)
        self.high.append(high)

    def add_funds(self) -> None:
        """Add a row for every set of funds that is not all of them, or for all when they are few."""
        arrays, lay = self.lay.arrays, self.lay
        if len(arrays.fund_ids) > FUNDS or arrays.carry_limit.any():
            return
        pays = arrays.eligible[lay.who]
        for t in range(arrays.period_count):
            for size in range(1, len(arrays.fund_ids) + 1):
                for funds in map(list, combinations(range(len(arrays.fund_ids)), size)):
                    others = np.delete(pays, funds, axis=1).any(axis=1)
                    high = float(lay.units.amounts(arrays.budget[funds, t]).sum())
                    self.add(~others & (lay.when == t), self.least, -np.inf, high)

    def add_groups(self) -> None:
        """Add rows for the floor and the cap of every group."""
        arrays, lay = self.lay.arrays, self.lay
        for at in range(len(arrays.limits)):
            inside = np.zeros(arrays.n, bool)
            inside[arrays.limits.members.at(at)] = True
            period = int(arrays.limits.period[at])
            members = inside[lay.who] & ((lay.when == period) | (period < 0))
            floor, cap = int(arrays.limits.floor[at]), int(arrays.limits.cap[at])
            if cap >= 0:
                self.add(members, self.least, -np.inf, cap / lay.units.money)
            if floor > 0:
                self.add(members, self.most, floor / lay.units.money, np.inf)


def with_covers(model: CompiledModel) -> CompiledModel:
    """Return the model with such rows after its own.

    Parameters
    ----------
    model : CompiledModel
        The model.
    """
    covers = _Covers(model)
    covers.add_funds()
    covers.add_groups()
    if not covers.rows:
        return model
    return replace(
        model,
        matrix=sp.csc_matrix(sp.vstack([model.matrix, *covers.rows])),
        row_lower=np.concatenate([model.row_lower, covers.low]),
        row_upper=np.concatenate([model.row_upper, covers.high]),
    )
