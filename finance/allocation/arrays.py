"""The problem in numbers: what the solver, the rounding and the simple rules work on.

The problem: they need the same integers many times over, for tens of thousands of interventions. Here every
name becomes a position, every earmark is resolved and every amount stands in the base unit. A **cell** is
one intervention in one period, ``j = i * T + t``. Ids are sorted, so that the order of a document decides
nothing. ``check.py`` does not use this module.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .columns import MICRO
from .tables import Int

Bool = NDArray[np.bool_]
UNSET = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ragged:
    """Lists of positions of different lengths, end to end.

    Attributes
    ----------
    ptr : int64 array [lists + 1]
        Where each list starts.
    items : int64 array
        The positions.

    Examples
    --------
    >>> lists = Ragged.of([[3, 1], [], [2]])
    >>> len(lists), lists.at(0).tolist(), lists.owner().tolist()
    (3, [3, 1], [0, 0, 2])
    """

    ptr: Int
    items: Int

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> "Ragged":
        """Put lists end to end."""
        held = [list(row) for row in lists]
        lengths = np.array([len(row) for row in held], np.int64)
        flat = np.array([item for row in held for item in row], np.int64)
        return cls(ptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), items=flat)

    def __len__(self) -> int:
        return len(self.ptr) - 1

    def at(self, number: int) -> Int:
        """Return one list."""
        return self.items[self.ptr[number] : self.ptr[number + 1]]

    def owner(self) -> Int:
        """Return, for every item, the list that it is in."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.ptr))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """Bounds on groups; -1 where there is none.

    Attributes
    ----------
    kind, group : tuple of str
        Grouping column and value.
    period : int64 array
        Index, or -1 for all periods.
    members : Ragged
        Interventions.
    floor, cap : int64 array [minor units]
        Bounds on money.
    floor_bp, cap_bp : int64 array [basis points]
        Bounds on the part of all that is spent in the same period or in all.
    floor_count, cap_count : int64 array
        Bounds on the number of funded cells.
    """

    kind: tuple[str, ...]
    group: tuple[str, ...]
    period: Int
    members: Ragged
    floor: Int
    cap: Int
    floor_bp: Int
    cap_bp: Int
    floor_count: Int
    cap_count: Int

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actors:
    """Parts of awards and what each actor can take on.

    Attributes
    ----------
    ids : tuple of str
        Actors.
    intervention, actor : int64 array
        Which actor takes part in which intervention.
    share_bp : int64 array [basis points]
        Part of the award, -1 where the part may vary.
    low, high : int64 array [minor units]
        Bounds on the part in a funded period; high is -1 where there is none.
    cap : int64 array [A, T] [minor units]
        Most over all interventions, -1 where there is none.
    """

    ids: tuple[str, ...]
    intervention: Int
    actor: Int
    share_bp: Int
    low: Int
    high: Int
    cap: Int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProblemArrays:
    """A problem in numbers.

    n interventions, F funds, T periods, K segments, R resources, M metrics; J = n T cells. All arrays are
    int64 or bool and read-only.

    Attributes
    ----------
    unit, scale, gap : str, int [digits], Fraction [1]
        Of the document.
    intervention_ids, fund_ids, metric_ids, resource_ids : tuple of str
        Sorted.
    periods : tuple of str
        Labels, in order.
    budget, carry_limit : [F, T] [minor units]
        New money, and the most kept for the next period.
    carry_fee_bp : [F] [basis points]
        Part of what is kept that is lost.
    eligible : [n, F]
        Whether the fund admits the intervention.
    share_num, share_den : [n, F]
        Most of an award that the fund pays, as a fraction.
    unrestricted : [F]
        Whether the fund has no earmark at all.
    fixed, start : [n] [minor units]
        Cost of every funded period, and of the first of every run.
    lock : [n]
        1 funded in every open cell, -1 in none, 0 free.
    open, must : [J]
        Whether the cell may be funded at all; must be: locked, or with tranches paid or committed.
    low, high : [J] [minor units]
        Bounds of the working money of a funded cell.
    cap, gain : [J, K] [minor units], [micro value per 1,000 major units]
        Pieces of the response, weighted over the metrics; the caps of a cell sum to ``high``.
    metric_gain : [M, J, K] [micro outcome per 1,000 major units]
        The same for every metric.
    metric_weight, metric_floor : [M]
        Weights [value per outcome]; least outcomes [micro outcome], -1 where there is none.
    concave : [n]
        Whether gains never rise.
    levels : Ragged
        Allowed working amounts of a cell [minor units]; none: any between the bounds.
    bonus, bonus_micro, intensity, intensity_micro : Ragged, [P] [micro value]
        Members and value.
    needs : [Q, 2]
        The first needs the second; bundles are circles of needs.
    needs_rule : tuple of str
        Which rule each of them comes from.
    overlap, overlap_micro : [W, 2], [W] [micro value]
        Pairs and what is lost when both are funded.
    any_of, alternatives : Ragged
        The first needs one of the rest; at most one.
    limits : Limits
        Bounds on groups.
    stock, price : [R, T] [units], [minor units]
        What is at hand; price of one more, -1 where none can be bought.
    need : [., 2], need_quantity [units]
        Intervention and resource; units per funded cell.
    actors : Actors
        Parts of awards.
    concentration : [., 3]
        How many of the largest awards, their most share [basis points], period or -1.
    previous : [J] [minor units]
        Earlier awards, -1 where there was none to compare.
    churn_bp : int [basis points]
        Most of the earlier money that may move, -1 for no limit.
    at_least, at_most : [n] [minor units]
        Overrides of awards over all periods, -1 where there is none.
    """

    unit: str
    scale: int
    gap: Fraction
    intervention_ids: tuple[str, ...]
    fund_ids: tuple[str, ...]
    periods: tuple[str, ...]
    metric_ids: tuple[str, ...]
    resource_ids: tuple[str, ...]
    budget: Int
    carry_limit: Int
    carry_fee_bp: Int
    eligible: Bool
    share_num: Int
    share_den: Int
    unrestricted: Bool
    fixed: Int
    start: Int
    lock: Int
    open: Bool
    must: Bool
    low: Int
    high: Int
    cap: Int
    gain: Int
    metric_gain: Int
    metric_weight: Int
    metric_floor: Int
    concave: Bool
    levels: Ragged
    bonus: Ragged
    bonus_micro: Int
    intensity: Ragged
    intensity_micro: Int
    needs: Int
    needs_rule: tuple[str, ...]
    overlap: Int
    overlap_micro: Int
    any_of: Ragged
    alternatives: Ragged
    limits: Limits
    stock: Int
    price: Int
    need: Int
    need_quantity: Int
    actors: Actors
    concentration: Int
    previous: Int
    churn_bp: int
    at_least: Int
    at_most: Int

    @property
    def n(self) -> int:
        """Number of interventions."""
        return len(self.intervention_ids)

    @property
    def period_count(self) -> int:
        """Number of periods T."""
        return len(self.periods)

    @property
    def minor_per_block(self) -> int:
        """Minor units in 1,000 major units [minor units]."""
        return 1000 * int(10**self.scale)

    @property
    def has_shares(self) -> bool:
        """Whether some fund may only pay a part of some award."""
        return bool((self.share_num < self.share_den)[self.eligible].any())

    def fraction(self, grains: int) -> Fraction:
        """Return gain times money, in grains, as an exact value [value units]."""
        return Fraction(grains, MICRO * self.minor_per_block)
