"""What the pairs outside a pool would be worth, and a bound that holds for every allowed pair.

The problem: the optimum over the best sixty judges of each application says nothing about the rest. Any set
of duals gives a bound for the whole problem: what the rows cost, and what each pair, in the pool or not,
would still save. It stands whatever rounding the solver did; it is only better where the duals are.
"""

from dataclasses import dataclass

import numpy as np

from .grid import NOBODY, AssignmentGrid, Mask
from .model import Float, PoolModel, StageLines


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricedPairs:
    """Every pair's reduced cost under some duals, and the bound that follows.

    Attributes
    ----------
    reduced : float array [solver units]
        What one more of each pair costs; below zero where it saves.
    bound : float [solver units]
        No answer, whole or not, costs less.

    Examples
    --------
    >>> PricedPairs(reduced=np.zeros((1, 1)), bound=0.0).bound
    0.0
    """

    reduced: Float
    bound: float

    def entering(self, grid: AssignmentGrid, pool: Mask, *, below: float) -> Mask:
        """Return the allowed pairs outside a pool that cost less than a figure.

        Parameters
        ----------
        grid : AssignmentGrid
            Tables.
        pool : bool array
            Pairs that are in.
        below : float [solver units]
            The figure.
        """
        return np.asarray(grid.allowed & ~pool & (self.reduced < below))


def price_pairs(
    grid: AssignmentGrid, model: PoolModel, dual: Float, *, pair_cost: Float, lines: StageLines
) -> PricedPairs:
    """Price every pair.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    model : PoolModel
        The model that was solved.
    dual : float array [solver units]
        One of each row.
    pair_cost : float array [solver units]
        Of every pair in this stage.
    lines : StageLines
        What earlier stages have fixed.
    """
    matrix = model.matrix
    y = np.where(matrix.row_lower == -np.inf, np.minimum(dual, 0.0), dual)
    y = np.where(matrix.row_upper == np.inf, np.maximum(y, 0.0), y)
    held = np.where(y > 0, matrix.row_lower, matrix.row_upper)
    bound = float(np.sum(np.where(y != 0, y * np.where(y != 0, held, 0.0), 0.0)))
    others = np.arange(len(matrix.cost)) >= len(model.row)
    rest = (matrix.cost - matrix.matrix.T.dot(y))[others]
    bound += float(np.sum(np.minimum(rest * matrix.lower[others], rest * matrix.upper[others])))
    reduced = pair_cost - _charged(grid, model, y, lines)
    most = np.where(grid.pinned, 1.0, lines.most)
    saved = np.where(grid.pinned, reduced, np.minimum(0.0, reduced) * most)
    bound += float(np.sum(saved[grid.allowed | grid.pinned]))
    return PricedPairs(reduced=reduced, bound=bound)


def _charged(grid: AssignmentGrid, model: PoolModel, y: Float, lines: StageLines) -> Float:
    """Return what the rows charge for each pair."""
    n, m = grid.affinity.shape

    def of(name: str) -> Float:
        return y[model.rows[name]] if name in model.rows else np.zeros(0)

    charged: Float = of("demand")[:, None] + of("load")[None, :]
    charged = charged + grid.affinity / 10_000 * of("floor")[:, None]
    for at, sort in enumerate(grid.sorts):
        by_row = np.zeros(n)
        by_row[model.where[f"sort{at}"][0]] = of(f"sort{at}")
        charged += by_row[:, None] * sort.member
    row, group = model.where["organisation"]
    width = grid.cap.shape[1]
    by_group = np.zeros((n, width + 1))
    by_group[row, group] = of("organisation")
    charged += by_group[:, np.where(grid.organisation == NOBODY, width, grid.organisation)]
    for at, clique in enumerate(grid.cliques):
        by_row = np.zeros(n)
        by_row[model.where[f"apart{at}"][0]] = of(f"apart{at}")
        charged[:, clique] += by_row[:, None]
    for at, (part, scope) in enumerate(lines.cuts):
        for name, rows in (("part", part), ("rest", np.setdiff1d(scope, part))):
            charged[np.ix_(rows, np.arange(m))] -= of(f"{name}{at}")[None, :]
    return charged
