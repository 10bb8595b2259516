"""Tickets that are paid with the choice: a model of a third of the size whose solutions are the same.

The problem: of an ask that must be met by 80%, four fifths are no decision of their own. In the plain model
each segment is a column, with a row that it needs the choice and one that the ticket is met. Here the first
money of a funded cell is part of its choice, since segments fill in order. What is left are the segments
above the ticket: half the rows to carry through every node of a search, and a relaxation that is not weaker.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..model.compile import CompiledModel
from ..model.highs import Matrix

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DUST = 1e-9  # part of a coefficient that is left by rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """A model whose tickets are part of the choices.

    Attributes
    ----------
    matrix : Matrix
        The smaller model.
    spread : csr_matrix
        Values of the larger model are this times values of the smaller one.
    columns : int [columns left]
        Which columns of the larger model these are.
    """

    matrix: Matrix
    spread: "sp.csr_matrix[np.float64]"
    columns: Ints

    def whole(self, x: Floats) -> Floats:
        """Return the values of the larger model.

        Parameters
        ----------
        x : float [columns left], [solver units]
            Of the smaller one.
        """
        out: Floats = np.asarray(self.spread @ x, np.float64)
        return out

    def part(self, x: Floats) -> Floats:
        """Return the values of the smaller model.

        Parameters
        ----------
        x : float [columns], [solver units]
            Of the larger one; no number where it does not say.
        """
        known = np.nan_to_num(x)
        inside = known[self.columns]
        return np.where(np.isfinite(x[self.columns]), 2 * inside - self.whole(inside)[self.columns], np.nan)


def merge_tickets(model: CompiledModel, matrix: Matrix, columns: Ints) -> Merged:
    """Make the tickets of open choices part of these choices.

    Parameters
    ----------
    model : CompiledModel
        The whole model.
    matrix : Matrix
        It, or a part of it.
    columns : int [columns]
        Which columns of the whole model the matrix has.

    Examples
    --------
    >>> from ..model.compile import compile_model
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "min_minor": 6000, "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> model = compile_model(problem.arrays)
    >>> plain = Matrix(matrix=model.matrix, cost=model.cost, lower=model.lower, upper=model.upper,
    ...   integer=model.integer, row_lower=model.row_lower, row_upper=model.row_upper)
    >>> merged = merge_tickets(model, plain, np.arange(2))
    >>> plain.matrix.shape, merged.matrix.matrix.shape, merged.whole(np.array([1.0, 20.0])).tolist()
    ((3, 2), (2, 2), [1.0, 80.0])
    """
    place = np.full(len(model.cost), -1, np.int64)
    place[columns] = np.arange(len(columns))
    choice, money, paid = _paid_first(model, place)
    kept = np.ones(len(columns), bool)
    kept[money] = paid < matrix.upper[money]
    left = np.flatnonzero(kept)
    number = np.cumsum(kept) - 1
    spread = sp.csr_matrix(
        (
            np.concatenate([np.ones(len(left)), paid]),
            (np.concatenate([left, money]), np.concatenate([number[left], number[choice]])),
        ),
        shape=(len(columns), len(left)),
    )
    upper = matrix.upper.copy()
    upper[money] -= paid
    return Merged(
        matrix=_without_idle_rows(matrix, _product(matrix.matrix, spread), spread, upper[left], left),
        spread=spread,
        columns=left,
    )


def _paid_first(model: CompiledModel, place: Ints) -> tuple[Ints, Ints, Floats]:
    """Columns of choices, of money, and how much of it comes with the choice; numbered as in the matrix."""
    lay = model.layout
    low = lay.arrays.low[lay.cells]
    before = np.cumsum(lay.cap, axis=1) - lay.cap
    paid = np.clip(low[:, None] - before, 0, lay.cap)
    chosen = np.diff(lay.arrays.levels.ptr)[lay.cells] > 0
    held = np.where(lay.money >= 0, place[lay.money], -1)
    is_open = (place[lay.y] >= 0) & ~chosen & ((held >= 0) | (paid == 0)).all(axis=1)
    cell, piece = np.nonzero((paid > 0) & is_open[:, None])
    return place[lay.y][cell], held[cell, piece], lay.units.amounts(paid[cell, piece])


def _product(
    matrix: "sp.csc_matrix[np.float64]", spread: "sp.csr_matrix[np.float64]"
) -> "sp.csr_matrix[np.float64]":
    """Return the coefficients of the smaller model, without what only rounding has left."""
    out = sp.csr_matrix(matrix @ spread)
    size = sp.csr_matrix(abs(matrix) @ abs(spread))
    return sp.csr_matrix(out.multiply(abs(out) > DUST * size))


def _without_idle_rows(
    matrix: Matrix,
    product: "sp.csr_matrix[np.float64]",
    spread: "sp.csr_matrix[np.float64]",
    upper: Floats,
    left: Ints,
) -> Matrix:
    """Leave out the rows that the bounds of the columns keep by themselves."""
    lower = matrix.lower[left]
    rise, fall = product.maximum(0), -product.minimum(0)
    with np.errstate(invalid="ignore"):
        top = np.where(np.isfinite(upper), upper, 1e30)
    least = rise @ lower - fall @ top
    most = rise @ top - fall @ lower
    idle = (matrix.row_lower <= least) & (matrix.row_upper >= most)
    rows = np.flatnonzero(~idle)
    return Matrix(
        matrix=sp.csc_matrix(product[rows]),
        cost=np.asarray(spread.T @ matrix.cost, np.float64),
        lower=lower,
        upper=upper,
        integer=matrix.integer[left],
        row_lower=matrix.row_lower[rows],
        row_upper=matrix.row_upper[rows],
        offset=matrix.offset,
    )
