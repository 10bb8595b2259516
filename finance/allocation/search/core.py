"""A small model in place of the whole one: most choices are decided, the rest is solved exactly.

The problem: at good prices nearly all choices are clear, but the solver does not know which. Here the clear
ones are folded into the right-hand sides, so that what is handed over has a few hundred columns, whatever
the size of the problem. An answer of the small model is an answer of the whole one.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..model.compile import CompiledModel
from ..model.highs import Matrix

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TIGHT = 1e-7  # solver units: a row without columns may miss its bounds by so much
TRIES = 6
OWNED = ("level", "break", "part")  # columns that are zero when their cell is not funded
OWNING = ("level_one", "tranche", "break_after", "break_before", "part_sum", "part_low", "part_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoreModel:
    """A model with most columns folded in.

    Attributes
    ----------
    matrix : Matrix
        What is left.
    columns : int [columns left]
        Which columns of the whole model these are.
    values : float [columns], [solver units]
        Of the whole model; 0 where a column is left.
    open : bool [active cells]
        Which choices are left.
    """

    matrix: Matrix
    columns: Ints
    values: Floats
    open: Bools

    def whole(self, x: Floats) -> Floats:
        """Return the values of all columns of the whole model.

        Parameters
        ----------
        x : float [columns left], [solver units]
            Of the small one.
        """
        out = self.values.copy()
        out[self.columns] = x
        return out


class Folding:
    """What is needed to fold one model again and again."""

    def __init__(self, model: CompiledModel) -> None:
        self.model = model
        lay = model.layout
        self.cells = len(lay.cells)
        self.funded = lay.y
        self.cap = lay.units.amounts(lay.cap)
        self.ends = np.cumsum(self.cap, axis=1) - self.cap
        self.cell_of = np.full(model.matrix.shape[1], -1, np.int64)
        self.cell_of[lay.y] = np.arange(self.cells)
        wide = lay.money >= 0
        self.cell_of[lay.money[wide]] = np.nonzero(wide)[0]
        self.bonus = self._events("bonus")
        self.overlap = self._events("overlap")
        self.owned = self._owned()

    def _block(self, name: str) -> tuple[Ints, Ints]:
        """Entries of a block of rows: row, column."""
        rows = self.model.rows.get(name)
        if rows is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        part = self.model.matrix[rows, :].tocoo()
        return part.row.astype(np.int64), part.col.astype(np.int64)

    def _events(self, name: str) -> tuple[Ints, Ints, Ints]:
        """Columns of events; then event and cell of every member."""
        held = self.model.columns.get(name)
        if held is None:
            none = np.zeros(0, np.int64)
            return none, none, none
        row, column = self._block(name)
        event = np.full(int(row.max()) + 1, -1, np.int64)
        is_event = (column >= held.start) & (column < held.stop)
        event[row[is_event]] = column[is_event] - held.start
        return (
            np.arange(held.start, held.stop),
            event[row[~is_event]],
            self.cell_of[column[~is_event]],
        )

    def _owned(self) -> tuple[Ints, Ints]:
        """Columns that belong to one cell, and that cell."""
        owner = np.full(self.model.matrix.shape[1], -1, np.int64)
        blocks = [self.model.columns[name] for name in OWNED if name in self.model.columns]
        for name in OWNING:
            row, column = self._block(name)
            cell = np.full(int(row.max(initial=-1)) + 1, -1, np.int64)
            known = self.cell_of[column] >= 0
            cell[row[known]] = self.cell_of[column[known]]
            fresh = ~known & (cell[row] >= 0)
            owner[column[fresh]] = cell[row[fresh]]
        inside = np.zeros(len(owner), bool)
        for block in blocks:
            inside[block] = True
        columns = np.flatnonzero(inside & (owner >= 0))
        return columns, owner[columns]

    def fold(self, level: Floats, working: Floats, is_open: Bools, loose: Bools) -> CoreModel | None:
        """Fold the model.

        Parameters
        ----------
        level : float [active cells]
            1 where a decided cell is funded, else 0.
        working : float [active cells], [solver units]
            Money of a decided cell when funded.
        is_open : bool [active cells]
            Which are not decided.
        loose : bool [active cells x segments]
            Money of decided cells that may still move.

        Returns
        -------
        CoreModel or None
            None when what is decided breaks a rule that no open column can mend.
        """
        is_open = is_open.copy()
        for _ in range(TRIES):
            values, free = self._decided(level, working, is_open, loose)
            core, broken = self._slice(values, free, is_open)
            if core is not None:
                return core
            cells = self.cell_of[self.model.matrix[broken].tocoo().col]
            cells = cells[cells >= 0]
            if is_open[cells].all():
                return None
            is_open[cells] = True
        return None

    def _decided(self, level: Floats, working: Floats, is_open: Bools, loose: Bools) -> tuple[Floats, Bools]:
        lay = self.model.layout
        values = np.zeros(self.model.matrix.shape[1])
        free = np.ones(len(values), bool)
        values[lay.y], free[lay.y] = level, is_open
        wide = lay.money >= 0
        spent = np.clip(working[:, None] - self.ends, 0.0, self.cap) * level[:, None]
        moves = is_open[:, None] | (loose & (level[:, None] > 0))
        values[lay.money[wide]], free[lay.money[wide]] = spent[wide], moves[wide]
        again = np.flatnonzero(lay.restarts)
        before = lay.before[again]
        values[lay.start[again]] = np.maximum(level[again] - level[before], 0.0)
        free[lay.start[again]] = is_open[again] | is_open[before]
        for (columns, event, cell), is_loss in ((self.bonus, False), (self.overlap, True)):
            if not len(columns):
                continue
            total = np.bincount(event, level[cell], len(columns))
            size = np.bincount(event, minlength=len(columns))
            dead = np.bincount(event, ~is_open[cell] & (level[cell] == 0), len(columns)) > 0
            values[columns] = np.maximum(total - size + 1, 0.0)
            free[columns] = (np.bincount(event, is_open[cell], len(columns)) > 0) & ~dead
            values[columns[dead]] = 0.0
            del is_loss
        columns, owner = self.owned
        free[columns] = is_open[owner] | (level[owner] > 0)
        values[free] = 0.0
        return values, free

    def _slice(self, values: Floats, free: Bools, is_open: Bools) -> tuple[CoreModel | None, Ints]:
        model = self.model
        columns = np.flatnonzero(free)
        part = sp.csr_array(model.matrix[:, columns])
        base: Floats = np.asarray(model.matrix @ values)
        held = np.diff(part.indptr) > 0
        slack = TIGHT * (1 + np.abs(base))
        out = ((model.row_lower > base + slack) | (base > model.row_upper + slack)) & ~held
        if out.any():
            return None, np.flatnonzero(out)
        rows = np.flatnonzero(held)
        matrix = Matrix(
            matrix=sp.csc_matrix(part[rows]),
            cost=model.cost[columns],
            lower=model.lower[columns],
            upper=model.upper[columns],
            integer=model.integer[columns],
            row_lower=model.row_lower[rows] - base[rows],
            row_upper=model.row_upper[rows] - base[rows],
            offset=float(model.cost @ values),
        )
        return CoreModel(matrix=matrix, columns=columns, values=values, open=is_open), np.zeros(0, np.int64)
