"""How many reads can be had at all, and the smallest place where the problem is tight.

The problem: "infeasible" helps nobody. Demand, loads and organisations form a flow: what it cannot carry is
missing in every assignment, and its cut names who needs more reads than who can give, with both figures.
Separated judges are no part of a flow; what they cost on top is found by the search.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from .grid import NOBODY, AssignmentGrid, Int, Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadFlow:
    """The most reads that demand, loads and organisations allow, and what is on the near side of the cut.

    Attributes
    ----------
    reads : int [reads]
        Pins included.
    pairs : bool array
        One way to have them; only separated judges may meet in it.
    tight_rows, tight_judges : bool array
        Applications that compete for reads, and the judges who are all full with them.
    tight_groups : list of (int, int)
        Applications and organisations whose limit is reached there.
    single : bool array
        Pairs that cross the cut: each judge beyond them can give no more to this application.

    Examples
    --------
    >>> ReadFlow.__slots__[0]
    'reads'
    """

    reads: int
    pairs: Mask
    tight_rows: Mask
    tight_judges: Mask
    tight_groups: tuple[tuple[int, int], ...]
    single: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Network:
    """Arcs from applications, through organisations that can be full, to judges; the last two are ends."""

    matrix: "sp.csr_array[np.int32, tuple[int, int]]"
    row: Int
    column: Int
    start: Int
    groups: Int


def most_reads(grid: AssignmentGrid) -> ReadFlow:
    """Return the most reads that can be had.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    """
    n, m = grid.affinity.shape
    network = _network(grid)
    source = network.matrix.shape[0] - 2
    found = maximum_flow(network.matrix, source, source + 1)
    rest = sp.csr_array(network.matrix - found.flow)
    rest.eliminate_zeros()
    near = np.zeros(source + 2, np.bool_)
    near[breadth_first_order(rest, source, return_predecessors=False)] = True
    crossing = near[network.start] & ~near[n + network.column]
    pairs = grid.pinned.copy()
    if len(network.row):
        carried = np.asarray(sp.csr_array(found.flow)[network.start, n + network.column]).ravel() > 0
        pairs[network.row[carried], network.column[carried]] = True
    single = np.zeros((n, m), np.bool_)
    single[network.row[crossing], network.column[crossing]] = True
    width = max(1, len(grid.organisations))
    full = network.groups[near[network.groups // width] & ~near[n + m : source]]
    return ReadFlow(
        reads=int(found.flow_value) + int(grid.pinned.sum()),
        pairs=pairs,
        tight_rows=near[:n],
        tight_judges=near[n : n + m],
        tight_groups=tuple((int(at // width), int(at % width)) for at in full),
        single=single,
    )


def _network(grid: AssignmentGrid) -> _Network:
    n, m = grid.affinity.shape
    pinned = grid.pinned
    row, column = (np.asarray(at, np.int64) for at in np.nonzero(grid.allowed & ~pinned))
    groups, place, room = _groups_that_fill(grid, row, column)
    first, source = n + m, n + m + len(groups)
    start = np.where(place >= 0, first + place, row)
    width = max(1, len(grid.organisations))
    arcs = (
        (np.full(n, source), np.arange(n), grid.demand - pinned.sum(axis=1)),
        (groups // width, first + np.arange(len(groups)), room),
        (start, n + column, np.ones(len(row), np.int64)),
        (n + np.arange(m), np.full(m, source + 1), grid.most - pinned.sum(axis=0)),
    )
    tail, head, most = (np.concatenate([arc[at] for arc in arcs]) for at in range(3))
    size = source + 2
    matrix = sp.csr_array((most.astype(np.int32), (tail, head)), shape=(size, size))
    return _Network(matrix=matrix, row=row, column=column, start=start, groups=groups)


def _groups_that_fill(grid: AssignmentGrid, row: Int, column: Int) -> tuple[Int, Int, Int]:
    """Return application and organisation of each limit that can bind, whose pair it is, and its room."""
    width = max(1, len(grid.organisations))
    own = grid.organisation[column]
    member = own != NOBODY
    keys, back, count = np.unique((row * width + own)[member], return_inverse=True, return_counts=True)
    fixed = np.zeros(grid.cap.shape, np.int64)
    pins = np.argwhere(grid.pinned & (grid.organisation != NOBODY)[None, :])
    np.add.at(fixed, (pins[:, 0], grid.organisation[pins[:, 1]]), 1)
    room = np.maximum(0, grid.cap - fixed)[keys // width, keys % width]
    fills = count > room
    place = np.full(len(row), -1)
    place[member] = np.where(fills, np.cumsum(fills) - 1, -1)[back]
    return keys[fills], place, room[fills]
