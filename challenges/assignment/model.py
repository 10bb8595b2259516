"""The matrix of an assignment: pairs of a pool, and the rows that they must keep.

The problem: 130,000 pairs are too many to solve at once, and a bound for some of them is none for all. The
model holds the pairs of a pool; its duals price the pairs that are not in it, so that a bound stands for
every allowed pair, and it stands for any duals, exact or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...finance.allocation.model.highs import Matrix
from ...finance.allocation.model.sheet import ModelSheet
from .grid import NOBODY, AssignmentGrid, Int, Mask
from .problem import BP

Float = NDArray[np.float64]
Cut = tuple[Int, Int]
HALF = 0.5 / BP  # below a whole basis point: what no rounding error reaches


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageLines:
    """What earlier stages have fixed.

    Attributes
    ----------
    missing : float or None [1]
        Weighted missing reads, at most.
    shortfall : float or None [reads]
        Missing readers of a sort, missing and excess load, at most.
    floor : int array or None [bp]
        What the affinities of each application must add up to, missing reads counted as full ones.
    cuts : tuple of (int array, int array)
        Rows that a judge must join with the rest of a scope, and the rows of that scope.
    most : float [1]
        What a pair may be at most; below one where chance decides.

    Examples
    --------
    >>> StageLines().missing is None
    True
    """

    missing: float | None = None
    shortfall: float | None = None
    floor: Int | None = None
    cuts: tuple[Cut, ...] = ()
    most: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolModel:
    """A model over a pool of pairs.

    Attributes
    ----------
    row, column : int array [1]
        Application and judge of each pair of the pool; the pairs are the first columns.
    matrix : Matrix
        For the solver.
    columns, rows : dict of str to slice
        Where each block stands.
    where : dict of str to tuple of int arrays
        Of each block of rows, which application and which group each row is about.

    Examples
    --------
    >>> PoolModel.__slots__[:2]
    ('row', 'column')
    """

    row: Int
    column: Int
    matrix: Matrix
    columns: dict[str, slice]
    rows: dict[str, slice]
    where: dict[str, tuple[Int, Int]]

    def with_cost(self, cost: dict[str, Float | float]) -> "PoolModel":
        """Return the model with costs of blocks of columns, all others free.

        Parameters
        ----------
        cost : dict of str to float array [solver units]
            Of each block.
        """
        made = np.zeros(len(self.matrix.cost))
        for name, figures in cost.items():
            if name in self.columns:
                made[self.columns[name]] = figures
        return replace(self, matrix=replace(self.matrix, cost=made))

    def relaxed(self) -> Matrix:
        """Return the matrix without whole numbers."""
        return replace(self.matrix, integer=np.zeros(len(self.matrix.cost), np.bool_))

    def table(self, x: Float, shape: tuple[int, ...]) -> Mask:
        """Return which pairs an answer takes.

        Parameters
        ----------
        x : float array [1]
            Values of the columns.
        shape : tuple of int [pairs]
            Of the table.
        """
        pairs = np.zeros(shape, np.bool_)
        taken = np.rint(x[: len(self.row)]) == 1
        pairs[self.row[taken], self.column[taken]] = True
        return pairs


def build_model(grid: AssignmentGrid, pool: Mask, lines: StageLines) -> PoolModel:
    """Return the model over a pool.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pool : bool array
        Allowed pairs, with every pin.
    lines : StageLines
        What earlier stages have fixed.
    """
    builder = _Builder(grid, pool, lines)
    builder.add_columns()
    builder.close_demand()
    builder.close_load()
    builder.close_groups()
    builder.close_sorts()
    builder.close_floor()
    builder.close_stages()
    builder.close_cuts()
    return builder.made()


class _Builder:
    """Blocks of one model, one after the other."""

    def __init__(self, grid: AssignmentGrid, pool: Mask, lines: StageLines) -> None:
        self.grid, self.lines = grid, lines
        self.row, self.column = (np.asarray(at, np.int64) for at in np.nonzero(pool))
        self.sheet = ModelSheet()
        self.where: dict[str, tuple[Int, Int]] = {}

    def add_columns(self) -> None:
        grid, sheet, lines = self.grid, self.sheet, self.lines
        pinned = grid.pinned[self.row, self.column]
        n, m = grid.affinity.shape
        self.x = sheet.add(
            "x", len(self.row), lower=pinned * 1.0, upper=np.maximum(lines.most, pinned), integer=True
        )
        is_full = lines.missing == 0
        self.s = sheet.add("s", n, upper=np.zeros(n) if is_full else grid.demand, integer=True)
        self.need = [np.flatnonzero(sort.least > 0) for sort in grid.sorts]
        least = [sort.least[rows] for sort, rows in zip(grid.sorts, self.need, strict=True)]
        is_exact = lines.shortfall == 0
        self.t = [
            sheet.add(f"t{at}", len(count), upper=count * (not is_exact), integer=True)
            for at, count in enumerate(least)
        ]
        self.e = sheet.add("e", m, upper=grid.low * (not is_exact), integer=True)
        self.usual_of, self.over_of = slices(grid)
        self.y = sheet.add("y", len(self.usual_of), upper=1.0)
        self.o = sheet.add("o", len(self.over_of), upper=0.0 if is_exact else 1.0)
        self.z = sheet.add("z", 1, upper=1.0)

    def close_demand(self) -> None:
        n = len(self.grid.demand)
        self.sheet.put(self.row, self.x, 1.0)
        self.sheet.put(np.arange(n), self.s, 1.0)
        self._close(
            "demand", np.arange(n), np.zeros(n, np.int64), low=self.grid.demand, high=self.grid.demand
        )

    def close_load(self) -> None:
        m = len(self.grid.low)
        self.sheet.put(self.column, self.x, 1.0)
        self.sheet.put(np.arange(m), self.e, 1.0)
        self.sheet.put(self.usual_of, self.y, -1.0)
        self.sheet.put(self.over_of, self.o, -1.0)
        self._close("load", np.zeros(m, np.int64), np.arange(m), low=self.grid.low, high=self.grid.low)

    def close_groups(self) -> None:
        """Close the rows of organisations and of separated judges, where a pool can break them."""
        grid = self.grid
        own = grid.organisation[self.column]
        self._close_at_most("organisation", own, own != NOBODY, grid.cap)
        one = np.ones((len(grid.demand), 1), np.int64)
        for at, clique in enumerate(grid.cliques):
            inside = np.isin(self.column, clique)
            self._close_at_most(f"apart{at}", np.zeros(len(self.x), np.int64), inside, one)

    def _close_at_most(self, name: str, group: Int, chosen: Mask, cap: Int) -> None:
        taken = np.flatnonzero(chosen)
        width = max(1, cap.shape[1])
        key = self.row[taken] * width + group[taken]
        keys, back, count = np.unique(key, return_inverse=True, return_counts=True)
        limit = cap[keys // width, keys % width]
        tight = count > limit
        place = np.cumsum(tight) - 1
        held = tight[back]
        self.sheet.put(place[back][held], self.x[taken][held], 1.0)
        kept = keys[tight]
        self._close(name, kept // width, kept % width, high=limit[tight])

    def close_sorts(self) -> None:
        for at, (sort, rows) in enumerate(zip(self.grid.sorts, self.need, strict=True)):
            place = np.full(len(sort.least), -1)
            place[rows] = np.arange(len(rows))
            member = sort.member[self.row, self.column]
            self.sheet.put(np.where(member, place[self.row], -1), self.x, 1.0)
            self.sheet.put(np.arange(len(rows)), self.t[at], 1.0)
            self._close(f"sort{at}", rows, np.full(len(rows), at), low=sort.least[rows])

    def close_floor(self) -> None:
        n = len(self.grid.demand)
        need = self.lines.floor
        self.sheet.put(self.row, self.x, self.grid.affinity[self.row, self.column] / BP)
        self.sheet.put(np.arange(n), self.s, 1.0)
        if need is None:
            self.sheet.put(np.arange(n), np.full(n, self.z[0]), -self.grid.full_floor / BP)
        low = np.zeros(n) if need is None else need / BP - HALF
        self._close("floor", np.arange(n), np.zeros(n, np.int64), low=low)

    def close_stages(self) -> None:
        missing, shortfall = self.lines.missing, self.lines.shortfall
        if missing:
            self.sheet.put(np.zeros(len(self.s), np.int64), self.s, self.grid.weights)
            self._close("missing", np.zeros(1, np.int64), np.zeros(1, np.int64), high=missing)
        if shortfall:
            for columns in (*self.t, self.e, self.o):
                self.sheet.put(np.zeros(len(columns), np.int64), columns, 1.0)
            self._close("shortfall", np.zeros(1, np.int64), np.zeros(1, np.int64), high=shortfall)

    def close_cuts(self) -> None:
        """Close what joins a set of applications with the rest of its scope: a judge who reads both."""
        m = len(self.grid.low)
        for at, (part, scope) in enumerate(self.lines.cuts):
            links = self.sheet.add(f"link{at}", m, upper=1.0, integer=True)
            rest = np.setdiff1d(scope, part)
            for name, rows in (("part", part), ("rest", rest)):
                inside = np.isin(self.row, rows)
                self.sheet.put(np.arange(m), links, 1.0)
                self.sheet.put(self.column[inside], self.x[inside], -1.0)
                self._close(f"{name}{at}", np.zeros(m, np.int64), np.arange(m), high=0.0)
            self.sheet.put(np.zeros(m, np.int64), links, 1.0)
            self._close(f"joined{at}", np.zeros(1, np.int64), np.zeros(1, np.int64), low=1.0)

    def _close(
        self,
        name: str,
        row: Int,
        group: Int,
        *,
        low: Float | Int | float = -np.inf,
        high: Float | Int | float = np.inf,
    ) -> None:
        self.sheet.close(name, len(row), low=low, high=high)
        self.where[name] = (np.asarray(row, np.int64), np.asarray(group, np.int64))

    def made(self) -> PoolModel:
        cost, lower, upper, integer = self.sheet.column_arrays()
        row_lower, row_upper = self.sheet.row_arrays()
        return PoolModel(
            row=self.row,
            column=self.column,
            matrix=Matrix(
                matrix=self.sheet.matrix(),
                cost=cost,
                lower=lower,
                upper=upper,
                integer=integer,
                row_lower=row_lower,
                row_upper=row_upper,
            ),
            columns=self.sheet.columns,
            rows=self.sheet.rows,
            where=self.where,
        )


def slices(grid: AssignmentGrid) -> tuple[Int, Int]:
    """Return the judge of each read above the least load, up to the most and beyond it.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    """
    judges = np.arange(len(grid.low))
    return np.repeat(judges, grid.high - grid.low), np.repeat(judges, grid.overload)


def slice_costs(grid: AssignmentGrid) -> tuple[Float, Float]:
    """Return the cost of each read above the least load: 1, 3, 5, ... times the first [bp].

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    """
    usual_of, over_of = slices(grid)
    usual, over = _counted(usual_of), _counted(over_of) + (grid.high - grid.low)[over_of]
    costs = [((2 * at + 1) * grid.load_cost).astype(np.float64) for at in (usual, over)]
    return costs[0], costs[1]


def _counted(sorted_groups: Int) -> Int:
    """Return which one of its group each entry is, from 0."""
    _, start, count = np.unique(sorted_groups, return_index=True, return_counts=True)
    return np.arange(len(sorted_groups)) - np.repeat(start, count)


def first_pool(grid: AssignmentGrid, count: int) -> Mask:
    """Return the pairs to begin with: the best of every application and of every judge, pins, the draft.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    count : int [pairs]
        Of each application and each judge.
    """
    allowed = grid.allowed | grid.pinned
    merit = np.where(allowed, -grid.pair_cost.astype(np.float64), -np.inf)
    pool = (grid.pinned | grid.lasting) & allowed
    for axis in (0, 1):
        size = merit.shape[axis]
        if count >= size:
            return np.asarray(allowed)
        order = np.argpartition(-merit, count, axis=axis)
        best = np.take(order, np.arange(count), axis=axis)
        chosen = np.zeros(merit.shape, np.bool_)
        np.put_along_axis(chosen, best, values=True, axis=axis)
        pool |= chosen & allowed
    return pool


def scopes(grid: AssignmentGrid) -> Sequence[Int]:
    """Return the sets of rows whose reads must be joined: all of them, and each panel's.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    """
    everything = np.arange(len(grid.applications))
    if len(grid.panels) <= 1:
        return [everything]
    return [everything, *(np.flatnonzero(grid.panel == at) for at in range(len(grid.panels)))]
