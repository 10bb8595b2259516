"""Aggregates: which sums, means and counts can be published without giving away a single entry.

The problem: a mean over two entries gives each the other's score, and the total of a region less the total
of its coast is the one entry inland. An aggregate is withheld when it covers fewer than three entries, or
when it and those published before, added and subtracted with any factors, give a figure of one or two.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

LEAST_ENTRIES: Final = 3
Row = list[Fraction]


def publishable(entries: Collection[str], published: Iterable[Collection[str]] = ()) -> bool:
    """Tell whether an aggregate over entries may be published beside those that are out already.

    Parameters
    ----------
    entries : Collection of str
        Ids of the entries it covers.
    published : Iterable of collections of str
        The entries of each aggregate that is public.

    Examples
    --------
    >>> publishable(["a", "b"])
    False
    >>> publishable(["a", "b", "c"], [["a", "b", "c", "d"]])
    False
    >>> publishable(["a", "b", "c"], [["a", "b", "c", "d", "e", "f"]])
    True
    """
    if len(set(entries)) < LEAST_ENTRIES:
        return False
    return not _isolates([frozenset(entries), *(frozenset(one) for one in published)])


def publishable_aggregates(
    candidates: Mapping[str, Collection[str]], published: Iterable[Collection[str]] = ()
) -> tuple[str, ...]:
    """Return which of several aggregates may be published together, the first ones first.

    Parameters
    ----------
    candidates : Mapping
        Name -> ids of the entries it covers; what stands earlier goes first.
    published : Iterable of collections of str
        The entries of each aggregate that is public already.

    Examples
    --------
    >>> publishable_aggregates({"all": "abcdef", "coast": "abcde", "north": "abc"})
    ('all', 'north')
    """
    out = [frozenset(one) for one in published]
    taken = []
    for name, entries in candidates.items():
        if publishable(entries, out):
            out.append(frozenset(entries))
            taken.append(name)
    return tuple(taken)


def publishable_count(entries: Collection[str], published: Iterable[Collection[str]] = ()) -> int | None:
    """Return how many entries there are, or ``None`` when the number has to be withheld.

    Parameters
    ----------
    entries, published
        As for ``publishable``.

    Examples
    --------
    >>> publishable_count(["a", "b", "c"]), publishable_count(["a"])
    (3, None)
    """
    return len(set(entries)) if publishable(entries, published) else None


def _isolates(sets: Sequence[frozenset[str]]) -> bool:
    """Tell whether a combination of the sets' sums is the sum of one or two entries.

    Entries that stand in the same sets cannot be told apart and form one atom; the question is whether an
    atom of one or two entries, or two atoms of one entry each, lies in the row space of the sets.
    """
    sizes: dict[tuple[bool, ...], int] = {}
    for entry in set().union(*sets):
        key = tuple(entry in one for one in sets)
        sizes[key] = sizes.get(key, 0) + 1
    atoms = sorted(sizes)
    rows, pivots = _reduced([[Fraction(atom[n]) for atom in atoms] for n in range(len(sets))])
    singles = {column for column, atom in enumerate(atoms) if sizes[atom] == 1}
    small = {column for column, atom in enumerate(atoms) if sizes[atom] < LEAST_ENTRIES}
    return _gives_one(rows, pivots, small, singles) or _gives_two(rows, pivots, singles)


def _gives_one(rows: Sequence[Row], pivots: Sequence[int], small: set[int], singles: set[int]) -> bool:
    """Tell whether a reduced row is an atom of one or two entries, or the sum of two atoms of one."""
    for row, pivot in zip(rows, pivots, strict=True):
        columns = {column for column, value in enumerate(row) if value}
        if columns == {pivot} and pivot in small:
            return True
        ones = all(row[column] == 1 for column in columns)
        if len(columns) == LEAST_ENTRIES - 1 and ones and columns <= singles:
            return True
    return False


def _gives_two(rows: Sequence[Row], pivots: Sequence[int], singles: set[int]) -> bool:
    """Tell whether two reduced rows add up to two atoms of one entry each."""
    rests: set[tuple[Fraction, ...]] = set()
    for row, pivot in zip(rows, pivots, strict=True):
        if pivot in singles:
            rest = tuple(
                value for column, value in enumerate(row) if column != pivot and column not in pivots
            )
            if tuple(-value for value in rest) in rests:
                return True
            rests.add(rest)
    return False


def _reduced(rows: list[Row]) -> tuple[list[Row], list[int]]:
    """Return the reduced echelon form of rows, without rows of zeros, and the column of each leading one."""
    kept: list[Row] = []
    pivots: list[int] = []
    for row in rows:
        rest = row
        for other, column in zip(kept, pivots, strict=True):
            rest = _less(rest, other, rest[column])
        pivot = next((column for column, value in enumerate(rest) if value), None)
        if pivot is None:
            continue
        lead = rest[pivot]
        rest = [value / lead for value in rest]
        kept = [_less(other, rest, other[pivot]) for other in kept]
        kept.append(rest)
        pivots.append(pivot)
    return kept, pivots


def _less(row: Row, other: Row, factor: Fraction) -> Row:
    return [a - factor * b for a, b in zip(row, other, strict=True)] if factor else row
