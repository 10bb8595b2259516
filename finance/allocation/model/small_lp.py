"""A small linear problem that grows: the masters of bundles and of column generation.

The problem: a method of prices solves the same few dozen rows hundreds of times, each time with a few more.
Building it anew costs more than the solve; here the solver keeps it, and starts from its last basis.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from .highs import Matrix, Outcome, Search, hand_over, new_highs, solve_held
from .sheet import Float

Numbers = Any  # a number, a list or an array: anything that numpy makes an array of


class SmallLP:
    """A linear problem that grows and is solved again and again from its last basis: masters of bundles.

    Examples
    --------
    >>> lp = SmallLP(cost=[-1.0, -1.0], upper=[4.0, 4.0])
    >>> lp.add_rows([[1.0, 2.0]], high=[6.0])
    >>> answer = lp.solve()
    >>> answer.status, answer.objective, answer.row_dual.tolist()
    ('solved', -5.0, [-0.5])
    """

    def __init__(
        self,
        *,
        cost: Numbers,
        lower: Numbers = 0.0,
        upper: Numbers = np.inf,
        matrix: Numbers = None,
        row_lower: Numbers = -np.inf,
        row_upper: Numbers = np.inf,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        costs = np.asarray(cost, np.float64)
        width = len(costs)
        held = sp.csc_matrix(np.zeros((0, width)) if matrix is None else matrix, dtype=np.float64)
        height = held.shape[0]
        self.options = options
        self.model = Matrix(
            matrix=held,
            cost=costs,
            lower=_spread(lower, width),
            upper=_spread(upper, width),
            integer=np.zeros(width, np.bool_),
            row_lower=_spread(row_lower, height),
            row_upper=_spread(row_upper, height),
        )
        self.solver = new_highs(options)
        hand_over(self.solver, self.model)

    def add_rows(self, rows: Numbers, *, low: Numbers = -np.inf, high: Numbers = np.inf) -> None:
        """Add rows.

        Parameters
        ----------
        rows : matrix, sparse or not
            Coefficients.
        low, high : float or array [solver units]
            Bounds.
        """
        part = sp.csr_matrix(rows, dtype=np.float64)
        count = part.shape[0]
        below, above = _spread(low, count), _spread(high, count)
        starts, places = part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32)
        self.solver.addRows(count, below, above, part.nnz, starts, places, part.data)

    def add_columns(
        self, columns: Numbers, *, cost: Numbers, lower: Numbers = 0.0, upper: Numbers = np.inf
    ) -> None:
        """Add columns, which have coefficients in the rows that there are.

        Parameters
        ----------
        columns : matrix [rows, new columns], sparse or not
            Coefficients.
        cost, lower, upper : float or array [solver units]
            Of each.
        """
        part = sp.csc_matrix(columns, dtype=np.float64)
        count = part.shape[1]
        costs, below, above = (_spread(value, count) for value in (cost, lower, upper))
        starts, places = part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32)
        self.solver.addCols(count, costs, below, above, part.nnz, starts, places, part.data)

    def change_costs(self, columns: Numbers, cost: Numbers) -> None:
        """Set costs of columns.

        Parameters
        ----------
        columns : int array
            Numbers.
        cost : float or array [solver units]
            New costs.
        """
        at = np.asarray(columns, np.int32)
        self.solver.changeColsCost(len(at), at, _spread(cost, len(at)))

    def change_bounds(self, columns: Numbers, lower: Numbers, upper: Numbers) -> None:
        """Set bounds of columns.

        Parameters
        ----------
        columns : int array
            Numbers.
        lower, upper : float or array [solver units]
            New bounds.
        """
        at = np.asarray(columns, np.int32)
        self.solver.changeColsBounds(len(at), at, _spread(lower, len(at)), _spread(upper, len(at)))

    def change_rows(self, rows: Numbers, low: Numbers, high: Numbers) -> None:
        """Set bounds of rows.

        Parameters
        ----------
        rows : int array
            Numbers.
        low, high : float or array [solver units]
            New bounds.
        """
        at = np.asarray(rows, np.int32)
        self.solver.changeRowsBounds(len(at), at, _spread(low, len(at)), _spread(high, len(at)))

    def delete_rows(self, rows: Numbers) -> None:
        """Delete rows; the others move up.

        Parameters
        ----------
        rows : int array
            Numbers.
        """
        at = np.asarray(rows, np.int32)
        self.solver.deleteRows(len(at), at)

    def solve(self, *, deadline_s: float = np.inf) -> Outcome:
        """Solve from the last basis.

        Parameters
        ----------
        deadline_s : float [s]
            Wall time.
        """
        return solve_held(self.solver, Search(gap=0.0, deadline_s=deadline_s))


def _spread(value: Numbers, count: int) -> Float:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float64), (count,)))
