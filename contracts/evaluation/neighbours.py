"""Nearest neighbours on a line.

The problem: a hundred thousand units against a hundred thousand others are ten thousand million distances,
and of units equally near, the first in the file must not win. On a sorted line neighbours are a stretch: it
is found by bisection, and takes in everybody who is as near as the last.
"""

from dataclasses import dataclass

import numpy as np

from .tables import Array

TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each unit a stretch of the sorted line.

    Attributes
    ----------
    first, last : array of int
        From which place to before which.
    """

    first: Array
    last: Array

    @property
    def counts(self) -> Array:
        """How many neighbours each has."""
        found: Array = self.last - self.first
        return found

    def add_up(self, values: Array, size: int) -> Array:
        """Add a value of each unit to all of its neighbours.

        Parameters
        ----------
        values : array of float
            One per unit.
        size : int [units]
            Length of the line.

        Examples
        --------
        >>> Neighbours(np.array([0, 1]), np.array([2, 2])).add_up(np.array([0.5, 1.0]), 3)
        array([0.5, 1.5, 0. ])
        """
        order = np.lexsort((self.last, self.first))
        total = np.zeros(size)
        starts, where = np.unique(
            np.stack([self.first[order], self.last[order]], axis=1), axis=0, return_index=True
        )
        sums = np.add.reduceat(values[order], where) if where.size else np.zeros(0)
        for (first, last), one in zip(starts.tolist(), sums.tolist(), strict=True):
            total[first:last] += one
        return total


def nearest(units: Array, line: Array, count: int, reach: float) -> Neighbours:
    """Find the nearest on a sorted line.

    As many as asked for, all that are as near as the last of them, and none beyond reach.

    Parameters
    ----------
    units, line : array of float
        Places; the line sorted.
    count : int [units]
        Of each.
    reach : float [same unit as the places]
        Farthest distance.

    Examples
    --------
    >>> found = nearest(np.array([1.0, 9.0]), np.array([0.5, 1.5, 4.0]), 1, 2.0)
    >>> found.counts.tolist()
    [2, 0]
    """
    far = np.full(units.size, float(reach))
    place = np.searchsorted(line, units)
    steps = np.arange(-count, count)
    window = place[:, None] + steps[None, :]
    inside = (window >= 0) & (window < line.size)
    distance = np.where(inside, np.abs(line[np.clip(window, 0, line.size - 1)] - units[:, None]), np.inf)
    far = np.minimum(far, np.partition(distance, count - 1, axis=1)[:, count - 1])
    first = np.searchsorted(line, units - far - TIE, side="left")
    last = np.searchsorted(line, units + far + TIE, side="right")
    return Neighbours(first, np.maximum(first, last))


def sums_over(values: Array, found: Neighbours) -> Array:
    """Add the values of each unit's neighbours.

    Parameters
    ----------
    values : array of float
        Along the line.
    found : Neighbours
        Of each unit.

    Examples
    --------
    >>> sums_over(np.array([1.0, 2.0, 4.0]), Neighbours(np.array([0, 1]), np.array([2, 1])))
    array([3., 0.])
    """
    pairs, which = np.unique(np.stack([found.first, found.last], axis=1), axis=0, return_inverse=True)
    bounds = np.minimum(pairs, values.size).ravel()
    sums = np.add.reduceat(np.append(values, 0.0), bounds)[::2] if bounds.size else np.zeros(0)
    sums = np.where(pairs[:, 1] > pairs[:, 0], sums, 0.0)
    chosen: Array = sums[which.reshape(-1)]
    return chosen


def nearest_of_same(values: Array, line: Array, count: int) -> tuple[Array, Array]:
    """Average the values of each unit's neighbours on a line, without its own; return their number too.

    Parameters
    ----------
    values, line : array of float
        Along the line, sorted by place.
    count : int [units]
        Neighbours; fewer where the line has no more.

    Examples
    --------
    >>> nearest_of_same(np.array([1.0, 3.0, 8.0]), np.array([0.0, 0.1, 5.0]), 1)
    (array([3., 1., 3.]), array([1, 1, 1]))
    """
    wanted = min(count, line.size - 1)
    found = nearest(line, line, wanted + 1, np.inf)
    others = found.counts - 1
    return (sums_over(values, found) - values) / others, others
