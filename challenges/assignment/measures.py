"""What an assignment amounts to, in whole numbers.

The problem: a solver's objective is a float under tolerances. Here every stage is counted anew from the pairs
alone: missing reads, what falls short, the lowest floor as an exact fraction, the cost in whole basis points.
Two assignments compare by these figures, in the order of the stages.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .grid import NOBODY, AssignmentGrid, Int, Mask
from .problem import BP


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentMeasure:
    """Figures of every stage.

    Attributes
    ----------
    missing : int [1]
        Weighted missing reads.
    shortfall : int [reads]
        Missing readers of a sort, and load below the least or above the most.
    floor : Fraction [1]
        Lowest share of the whole floor; 1 where no application has one.
    cost : int [bp]
        Affinity, with a minus, and what uneven load, changes and soft conflicts cost.

    Examples
    --------
    >>> one = AssignmentMeasure(missing=0, shortfall=0, floor=Fraction(1, 2), cost=-5000)
    >>> one.order() < AssignmentMeasure(missing=1, shortfall=0, floor=Fraction(1), cost=-9000).order()
    True
    """

    missing: int
    shortfall: int
    floor: Fraction
    cost: int

    def order(self, line: Fraction = Fraction(2)) -> tuple[int, int, Fraction, int]:
        """Return what compares two assignments: less is better, a floor above the line counts as the line.

        Parameters
        ----------
        line : Fraction [1]
            Of the floor.
        """
        return self.missing, self.shortfall, -min(line, self.floor), self.cost


def missing_reads(grid: AssignmentGrid, pairs: Mask) -> Int:
    """Return the missing reads of each application [reads]."""
    return np.asarray(grid.demand - pairs.sum(axis=1))


def measure(grid: AssignmentGrid, pairs: Mask) -> AssignmentMeasure:
    """Count what an assignment amounts to.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Which judge reads what.
    """
    missing, load = missing_reads(grid, pairs), pairs.sum(axis=0)
    short = sum(int(np.maximum(0, s.least - (pairs & s.member).sum(axis=1)).sum()) for s in grid.sorts)
    under, over = np.maximum(0, grid.low - load), np.maximum(0, load - grid.high)
    reached = (grid.affinity * pairs).sum(axis=1) + BP * missing
    above = np.maximum(0, load - grid.low)
    cost = int((grid.pair_cost * pairs).sum()) + grid.load_cost * int((above**2).sum()) + grid.constant
    shares = [
        Fraction(int(one), int(full)) for one, full in zip(reached, grid.full_floor, strict=True) if full > 0
    ]
    return AssignmentMeasure(
        missing=int((grid.weights * missing).sum()),
        shortfall=short + int(under.sum() + over.sum()),
        floor=min([Fraction(1), *shares]),
        cost=cost,
    )


def greedy_pairs(grid: AssignmentGrid) -> Mask:
    """Return pins and, best affinity first, every pair that no rule forbids: an answer when time is over.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    """
    pairs = grid.pinned.copy()
    free, room = grid.demand - pairs.sum(axis=1), grid.high - pairs.sum(axis=0)
    order = np.argsort(grid.pair_cost, axis=None, kind="stable")
    rows, columns = np.unravel_index(order[(grid.allowed & ~pairs).ravel()[order]], pairs.shape)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if free[row] > 0 and room[column] > 0 and is_compatible(grid, pairs, row, column):
            pairs[row, column] = True
            free[row] -= 1
            room[column] -= 1
    return pairs


def is_compatible(grid: AssignmentGrid, pairs: Mask, row: int, judge: int) -> bool:
    """Whether a judge may join the readers of an application: organisation and separation.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Who reads what already.
    row, judge : int [place]
        Of the application and of the judge.
    """
    own = grid.organisation[judge]
    readers = pairs[row]
    if own != NOBODY and int(readers[grid.organisation == own].sum()) >= grid.cap[row, own]:
        return False
    return not any(judge in clique and readers[clique].any() for clique in grid.cliques)


def part_separated(grid: AssignmentGrid, pairs: Mask) -> Mask:
    """Take the weaker ones of separated judges out of an application: a missing read is no breach.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Which judge reads what.
    """
    kept = pairs.copy()
    for clique in grid.cliques:
        for row in np.flatnonzero(kept[:, clique].sum(axis=1) > 1).tolist():
            both = clique[kept[row, clique]]
            worth = grid.affinity[row, both] + 2 * BP * grid.pinned[row, both]
            kept[row, np.delete(both, int(worth.argmax()))] = False
    return kept
