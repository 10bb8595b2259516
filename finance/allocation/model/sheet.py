"""A model under construction: blocks of columns and rows, put together as one sparse matrix.

The problem: a model of ten thousand interventions has a million coefficients; written one by one they cost
more than the solve. Here whole blocks are added as arrays: columns first, then rows, each under its name.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from ..tables import Int

Float = NDArray[np.float64]
Places = NDArray[np.int32]
NOWHERE = -1  # a column or row that is not in the model


@dataclass(slots=True)
class ModelSheet:
    """Columns and rows, block by block.

    Attributes
    ----------
    columns, rows : dict of str to slice
        Where each block stands.

    Examples
    --------
    >>> sheet = ModelSheet()
    >>> paid = sheet.add("paid", 2, cost=[-1.0, -2.0])
    >>> sheet.put(0, paid, 1.0)
    >>> sheet.close("budget", 1, high=5.0).tolist()
    [0]
    >>> sheet.matrix().toarray().tolist(), sheet.rows
    ([[1.0, 1.0]], {'budget': slice(0, 1, None)})
    """

    columns: dict[str, slice] = field(default_factory=dict)
    rows: dict[str, slice] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    _column_parts: list[tuple[Float, Float, Float, NDArray[np.bool_]]] = field(default_factory=list)
    _row_parts: list[tuple[Float, Float]] = field(default_factory=list)
    _entries: list[tuple[Places, Places, Float]] = field(default_factory=list)
    _charges: list[tuple[Int, Float]] = field(default_factory=list)

    def add(
        self,
        name: str,
        count: int,
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        integer: ArrayLike = False,
    ) -> Int:
        """Add a block of columns and return their numbers.

        Parameters
        ----------
        name : str
            Name of the block; no block without columns is kept.
        count : int [columns]
            How many.
        cost, lower, upper : float or array [solver units]
            Of each column.
        integer : bool or array
            Whether it is a whole number.
        """
        if count:
            self.columns[name] = slice(self.width, self.width + count)
            self._column_parts.append(
                (_full(cost, count), _full(lower, count), _full(upper, count), _full(integer, count) > 0)
            )
        self.width += count
        return np.arange(self.width - count, self.width, dtype=np.int64)

    def charge(self, columns: Int, cost: Float) -> None:
        """Add to the costs of columns.

        Parameters
        ----------
        columns : int64 array [columns]
            Their numbers; one that stands twice is charged twice.
        cost : float array [solver units]
            What is added to each.
        """
        self._charges.append((columns, cost))

    def put(self, row: ArrayLike, column: ArrayLike, value: ArrayLike) -> None:
        """Put coefficients into the block of rows that is closed next; what stands nowhere is left out.

        Parameters
        ----------
        row : int or array [rows]
            Counted from 0 in the block.
        column : int or array [columns]
            Number of the column.
        value : float or array [solver units]
            Coefficient; several on one place add up.
        """
        at = np.asarray(row, np.int64)
        if not at.size:
            return
        rows, columns, values = np.broadcast_arrays(
            at, np.asarray(column, np.int64), np.asarray(value, np.float64)
        )
        stands = (rows >= 0) & (columns >= 0) & (values != 0)
        if stands.all():
            place = (rows.ravel() + self.height, columns.ravel())
            self._entries.append((place[0].astype(np.int32), place[1].astype(np.int32), values.ravel()))
        else:
            place = (rows[stands] + self.height, columns[stands])
            self._entries.append((place[0].astype(np.int32), place[1].astype(np.int32), values[stands]))

    def close(self, name: str, count: int, *, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> Int:
        """End a block of rows and return their numbers.

        Parameters
        ----------
        name : str
            Name of the block; no block without rows is kept.
        count : int [rows]
            How many.
        low, high : float or array [solver units]
            Bounds of each row.
        """
        if count:
            self.rows[name] = slice(self.height, self.height + count)
            self._row_parts.append((_full(low, count), _full(high, count)))
        self.height += count
        return np.arange(self.height - count, self.height, dtype=np.int64)

    def matrix(self) -> "sp.csc_matrix[np.float64]":
        """Return all coefficients, by columns, rows in order within each."""
        parts = self._entries or [(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))]
        row, column, value = (np.concatenate([part[at] for part in parts]) for at in range(3))
        made = sp.csc_matrix((value, (row, column)), shape=(self.height, self.width))
        made.sum_duplicates()
        return made

    def column_arrays(self) -> tuple[Float, Float, Float, NDArray[np.bool_]]:
        """Return costs, lower and upper bounds [solver units], and which columns are whole numbers."""
        cost = np.concatenate([part[0] for part in self._column_parts] or [np.zeros(0)])
        for columns, more in self._charges:
            np.add.at(cost, columns, more)
        return (
            cost,
            np.concatenate([part[1] for part in self._column_parts] or [np.zeros(0)]),
            np.concatenate([part[2] for part in self._column_parts] or [np.zeros(0)]),
            np.concatenate([part[3] for part in self._column_parts] or [np.zeros(0, np.bool_)]),
        )

    def row_arrays(self) -> tuple[Float, Float]:
        """Return lower and upper bounds of the rows [solver units]."""
        return (
            np.concatenate([part[0] for part in self._row_parts] or [np.zeros(0)]),
            np.concatenate([part[1] for part in self._row_parts] or [np.zeros(0)]),
        )


def _full(value: ArrayLike, count: int) -> Float:
    return np.broadcast_to(np.asarray(value, np.float64), (count,)).astype(np.float64)
