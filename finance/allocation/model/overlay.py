"""What a user lays on top of a model: rows, columns, bounds and another objective.

The problem: a policy question is often one more row on a model of a hundred thousand. The matrix stays as it
is; what is added is kept beside it and joined when the model is handed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .compile import CompiledModel
from .highs import Matrix

Bounds = tuple[float, float]
Variable = Any  # an LpVariable, of whichever version of PuLP


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedRow:
    """One row on top of a model.

    Attributes
    ----------
    name : str
        Of the row.
    terms : Mapping of int to float
        Coefficient of each column.
    low, high : float [solver units]
        Bounds.

    Examples
    --------
    >>> AddedRow(name="one", terms={0: 1.0}, low=-np.inf, high=1.0).high
    1.0
    """

    name: str
    terms: Mapping[int, float]
    low: float
    high: float


@dataclass(slots=True)
class Overlay:
    """Rows, columns and costs on top of a model.

    Attributes
    ----------
    width : int [columns]
        Columns of the model beneath.
    rows : list of AddedRow
        Added rows.
    columns : list of (str, float, float, bool)
        Added columns: name, bounds [solver units], whether a whole number.
    objective : dict of int to float or None
        Costs instead of those of the model.
    named : dict of str to int
        Columns that a user has seen, by name.
    bounds : dict of int to (float, float)
        Bounds instead of those of the model [solver units].

    Examples
    --------
    >>> overlay = Overlay(3)
    >>> overlay.add_column("more", 0.0, 1.0, whole=True), overlay.is_empty
    (3, False)
    """

    width: int
    rows: list[AddedRow] = field(default_factory=list)
    columns: list[tuple[str, float, float, bool]] = field(default_factory=list)
    objective: dict[int, float] | None = None
    named: dict[str, int] = field(default_factory=dict)
    bounds: dict[int, Bounds] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on top."""
        return not (self.rows or self.columns or self.bounds) and self.objective is None

    @property
    def has_whole(self) -> bool:
        """Whether an added column is a whole number."""
        return any(whole for *_, whole in self.columns)

    def column(self, number: int) -> tuple[str, float, float, bool] | None:
        """Return an added column, None for one of the model beneath.

        Parameters
        ----------
        number : int
            Number of the column.
        """
        return self.columns[number - self.width] if number >= self.width else None

    def add_column(self, name: str, low: float, high: float, *, whole: bool) -> int:
        """Add a column and return its number.

        Parameters
        ----------
        name : str
            Its name.
        low, high : float [solver units]
            Bounds.
        whole : bool
            Whether it is a whole number.
        """
        self.columns.append((name, low, high, whole))
        self.named[name] = self.width + len(self.columns) - 1
        return self.named[name]

    def add_row(self, name: str, terms: Mapping[int, float], low: float | None, high: float | None) -> None:
        """Add a row.

        Parameters
        ----------
        name : str
            Its name.
        terms : Mapping of int to float
            Coefficient of each column.
        low, high : float or None [solver units]
            Bounds.
        """
        below, above = -np.inf if low is None else float(low), np.inf if high is None else float(high)
        self.rows.append(AddedRow(name=name, terms=dict(terms), low=below, high=above))

    def copy(self, bounds: Mapping[int, Bounds]) -> "Overlay":
        """Return the same on its own, with changed bounds."""
        return replace(
            self,
            rows=list(self.rows),
            columns=list(self.columns),
            objective=None if self.objective is None else dict(self.objective),
            named=dict(self.named),
            bounds={**self.bounds, **bounds},
        )

    def on(self, base: Matrix, changed: Mapping[int, Bounds]) -> Matrix:
        """Return the model with everything that lies on top.

        Parameters
        ----------
        base : Matrix
            The model beneath.
        changed : Mapping of int to (float, float)
            Bounds of columns that a user holds [solver units].
        """
        count, width = len(self.columns), self.width + len(self.columns)
        lower = np.concatenate([base.lower, [each[1] for each in self.columns]])
        upper = np.concatenate([base.upper, [each[2] for each in self.columns]])
        for column, (low, high) in {**self.bounds, **changed}.items():
            lower[column], upper[column] = low, high
        cost = np.concatenate([base.cost, np.zeros(count)])
        if self.objective is not None:
            cost = np.zeros(width)
            cost[list(self.objective)] = list(self.objective.values())
        return Matrix(
            matrix=self._joined(base, width),
            cost=cost,
            lower=lower,
            upper=upper,
            integer=np.concatenate([base.integer, np.array([each[3] for each in self.columns], np.bool_)]),
            row_lower=np.concatenate([base.row_lower, [row.low for row in self.rows]]),
            row_upper=np.concatenate([base.row_upper, [row.high for row in self.rows]]),
            offset=base.offset if self.objective is None else 0.0,
        )

    def _joined(self, base: Matrix, width: int) -> "sp.csc_matrix[np.float64]":
        if not self.rows and width == self.width:
            return base.matrix
        rows = [at for at, row in enumerate(self.rows) for _ in row.terms]
        columns = [column for row in self.rows for column in row.terms]
        values = np.array([value for row in self.rows for value in row.terms.values()], np.float64)
        places = (np.array(rows, np.int64), np.array(columns, np.int64))
        added = sp.csr_matrix((values, places), shape=(len(self.rows), width))
        held = base.matrix.tocsr()
        wide = sp.csr_matrix((held.data, held.indices, held.indptr), shape=(held.shape[0], width))
        return sp.csc_matrix(sp.vstack([wide, added]))


def matrix_of(model: CompiledModel) -> Matrix:
    """Return a compiled model as HiGHS takes it."""
    return Matrix(
        matrix=model.matrix,
        cost=model.cost,
        lower=model.lower,
        upper=model.upper,
        integer=model.integer,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
    )


def finite(bound: float) -> float | None:
    """Return a bound as PuLP takes it: None where there is none.

    Parameters
    ----------
    bound : float [solver units]
        The bound.

    Examples
    --------
    >>> finite(-np.inf), finite(2.0)
    (None, 2.0)
    """
    return float(bound) if np.isfinite(bound) else None


def bounds_of(variable: Variable) -> Bounds:
    """Return the bounds of a variable of PuLP, infinite where there is none [solver units]."""
    low, high = variable.lowBound, variable.upBound
    return -np.inf if low is None else float(low), np.inf if high is None else float(high)
