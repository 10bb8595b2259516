"""Amounts that fit only as wholes: when every floor could be met by parts, and by no whole awards.

The problem: two applicants of 70 cannot fill a floor of 100 under a cap of 120, though every percentage of
them could. The sums that whole awards can reach are intervals; a group whose intervals all miss what its
rules allow is the conflict. Where no single group shows it, the solver searches, and rules are left out in
turn.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import UNSET, ProblemArrays
from ..problem import period_label, rule_id
from .chains import Forced, bounds_by, choices_of, lock_rules
from .edits import edited
from .fixes import Fix, Fixer, apply
from .policy_space import PolicySpace, Rule
from .pools import Reach, reach_of
from .shortage import MOST_RULES, PRICED, told_of
from .witness import is_possible
from .wording import parts_of

if TYPE_CHECKING:
    from ..problem import AllocationDocument

MOST_INTERVALS = 5000
SEARCHED = 2000
DEADLINE_S = 5.0
HALF = 0.5
MOST_NAMED = 4
STEPS, FINE = 14, 1000
MOST_SINGLE = 60  # rules that are left out one by one
GIVING = (
    "floor-share",
    "cap-share",
    "floor",
    "cap",
    "floor-count",
    "cap-count",
    "budget",
    "stock",
    "actor",
    "at_least",
    "at_most",
    "metric",
)
NO_CHOICE = (
    "No allocation exists, even without any floor, cap or budget: see tickets, tranches, choices and parts."
)
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lump:
    """Rules that only wholes break.

    Attributes
    ----------
    rules : tuple of str
        Rule ids.
    sentence : str
        What follows.
    fixes : tuple of Fix
        What could change.
    short : int [minor units]
        Distance to the nearest sum that can be reached.
    proof : str
        ``exact`` or ``solver``.
    """

    rules: tuple[str, ...]
    sentence: str
    fixes: tuple[Fix, ...]
    short: int
    proof: str


def reachable(
    awards: Sequence[Sequence[Interval]], low: int, high: int, must: Sequence[Sequence[Interval]] = ()
) -> tuple[int | None, int | None] | None:
    """Return the nearest sums outside [low, high] that whole awards reach, or None when one lies inside.

    Parameters
    ----------
    awards : sequence of sequences of (int, int) [minor units]
        For each member, what it can get when funded: intervals; nothing is always possible.
    low, high : int [minor units]
        What is wanted.
    must : sequence of sequences of (int, int) [minor units]
        The same for members that are funded in any case.

    Returns
    -------
    tuple or None
        The largest sum below and the smallest above; None in place of one that does not exist.

    Examples
    --------
    >>> reachable([[(70, 70)], [(70, 80)]], 100, 120)
    (80, 140)
    >>> reachable([[(70, 70)], [(70, 80)]], 100, 140) is None
    True
    """
    sums: list[Interval] = [(0, 0)]
    for choices in must:
        sums = _merged([(a + least, b + most) for a, b in sums for least, most in choices])
    for choices in awards:
        added = [(a + least, b + most) for a, b in sums for least, most in choices]
        sums = _merged([*sums, *added])
        if len(sums) > MOST_INTERVALS:
            return None
    if any(a <= high and b >= low for a, b in sums):
        return None
    below = max((b for _, b in sums if b < low), default=None)
    above = min((a for a, _ in sums if a > high), default=None)
    return below, above


def _merged(intervals: list[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for a, b in sorted(intervals):
        if found and a <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], b))
        else:
            found.append((a, b))
    return found


def lump_of(document: "AllocationDocument", known: Forced) -> Lump | None:
    """Find a group or a set of rules that only wholes break, or None.

    Parameters
    ----------
    document : AllocationDocument
        A problem whose pools show no clash.
    known : Forced
        Who must and who cannot be funded.
    """
    reach = reach_of(document.arrays, known.on, known.off)
    space = PolicySpace(document.arrays, reach, bounds_by(document), openings=False)
    for rule in space.rules:
        if rule.kind == "floor":
            lump = _of_group(document, space, reach, rule)
            if lump is not None:
                return lump
    if len(document.arrays.open) > SEARCHED:
        return None
    return _searched(document, space)


def _of_group(document: "AllocationDocument", space: PolicySpace, reach: Reach, rule: Rule) -> Lump | None:
    """Look whether the awards of one group can reach its floor without breaking what bounds it above."""
    arrays = document.arrays
    floor, inside = int(arrays.limits.floor[rule.place[0]]), space.inside(rule.place[0])
    cells = np.flatnonzero(np.isin(space.pools.of_cell, np.flatnonzero(inside))).tolist()
    answer = space.solve({}, spending=np.where(inside, -1.0, 0.0))
    if not np.isfinite(answer.short):
        return None
    most = int(np.floor(-answer.short * space.unit + HALF))
    must = [_choices(arrays, reach, cell) for cell in cells if reach.on[cell]]
    free = [_choices(arrays, reach, cell) for cell in cells if not reach.on[cell]]
    missed = reachable(free, floor, most, must)
    if missed is None:
        return None
    binding = [other for other in space.rules if abs(answer.prices[other.row]) > PRICED and other is not rule]
    names = [rule.id, *(other.id for other in binding if other.kind != "lock")][:MOST_NAMED]
    large = sorted(cells, key=lambda cell: (-int(reach.least[cell]), cell))[: MOST_RULES - len(names)]
    tickets = [_ticket(arrays, cell) for cell in large]
    fixer = Fixer(document)
    gap = _Gap(floor=floor, most=most, below=missed[0], above=missed[1])
    return Lump(
        rules=(*names, *tickets),
        sentence=gap.sentence(fixer),
        fixes=tuple(_fixes(fixer, rule, binding, gap, large)),
        short=gap.short,
        proof="exact",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    """What is wanted, and the nearest sums that whole awards reach [minor units]."""

    floor: int
    most: int
    below: int | None
    above: int | None

    @property
    def short(self) -> int:
        """Distance to the nearest sum."""
        both = [
            *([] if self.below is None else [self.floor - self.below]),
            *([] if self.above is None else [self.above - self.most]),
        ]
        return min(both, default=0)

    def sentence(self, fixer: Fixer) -> str:
        """Say which sums can be reached."""
        money = fixer.say.money
        near = [money(amount) for amount in (self.below, self.above) if amount is not None]
        return (
            f"Between {money(self.floor)} and {money(self.most)} no sum of whole awards lies; "
            f"the nearest {'is' if len(near) == 1 else 'are'} {' and '.join(near)}."
        )


def _fixes(
    fixer: Fixer, rule: Rule, binding: Sequence[Rule], gap: _Gap, large: Sequence[int]
) -> Iterator[Fix]:
    """Propose to lower the floor, to raise the one bound above, or to take a smaller award."""
    if gap.below is not None:
        yield fixer.bound("floor", rule.place[0], gap.floor - gap.below)
    if gap.above is None:
        return
    over = gap.above - gap.most
    for other in binding:
        fix = fixer.by(other, over / other.unit) if other.kind in {"cap", "budget"} else None
        if fix is not None:
            yield fix
    for cell in large:
        fix = fixer.ticket(cell, over)
        if fix is not None:
            yield fix


def _ticket(arrays: ProblemArrays, cell: int) -> str:
    who, period = divmod(cell, arrays.period_count)
    return rule_id("ticket", arrays.intervention_ids[who], period)


def _choices(arrays: ProblemArrays, reach: Reach, cell: int) -> list[Interval]:
    """Return what a funded cell can get [minor units]."""
    levels = arrays.levels.at(cell)
    extra = int(reach.least[cell] - arrays.low[cell])
    if len(levels):
        return sorted((int(level) + extra, int(level) + extra) for level in levels)
    return [(int(reach.least[cell]), int(reach.most[cell]))]


def _searched(document: "AllocationDocument", space: PolicySpace) -> Lump | None:
    """Let the solver say that there is no allocation, and leave out rule after rule as long as it says so."""
    if is_possible(document, deadline_s=DEADLINE_S) is not False:
        return None
    fixer = Fixer(document)
    loose = {rule.id: fix for rule in space.rules if rule.kind in GIVING and (fix := fixer.dropped(rule))}
    decided = [
        *wholes_of(document.arrays),
        *choices_of(document.arrays),
        *dict.fromkeys(lock_rules(document).values()),
    ]
    loose |= {rule: fix for rule in decided if (fix := fixer.release(rule))}
    if is_possible(_changed(document, loose.values()), deadline_s=DEADLINE_S) is not True:
        return Lump(rules=(), sentence=NO_CHOICE, fixes=(), short=0, proof="solver")
    kept = set(loose)
    for part in _parts(list(loose), kept):
        out = [fix for rule, fix in loose.items() if rule not in kept or rule in part]
        if is_possible(_changed(document, out), deadline_s=DEADLINE_S) is False:
            kept -= set(part)
    say = "No choice of whole awards keeps all of these rules."
    rules = {rule.id: rule for rule in space.rules}
    least = [
        _least(document, fixer, rules[name])
        if name in rules and rules[name].kind in GIVING[2:]
        else loose[name]
        for name in loose
        if name in kept
    ]
    told, _ = told_of([name for name in loose if name in kept])
    fixes = tuple(fix for fix in least if fix is not None)
    return Lump(rules=told, sentence=say, fixes=fixes, short=0, proof="solver")


def wholes_of(arrays: ProblemArrays) -> list[str]:
    """Return the ids of rules that no pool shows: the largest awards, and how much earlier money moves.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    """
    largest = [
        rule_id("concentration", count, period_label(period))
        for count, _, period in arrays.concentration.tolist()
    ]
    return [*largest, *([rule_id("churn")] if arrays.churn_bp != UNSET else [])]


def _parts(rules: Sequence[str], kept: set[str]) -> Iterator[list[str]]:
    """List groups of rules to leave out: kinds first, then one by one as long as there are few."""
    for kind in dict.fromkeys(parts_of(rule)[0] for rule in rules):
        yield [rule for rule in rules if parts_of(rule)[0] == kind]
    for rule in rules:
        if rule in kept and len(kept) <= MOST_SINGLE:
            yield [rule]


def _changed(document: "AllocationDocument", fixes: Iterable[Fix]) -> "AllocationDocument":
    return edited(document, [edit for fix in fixes for edit in fix.edits], is_sound=True)


def _least(document: "AllocationDocument", fixer: Fixer, rule: Rule) -> Fix | None:
    """Find the least by which one rule has to give way, by halving."""
    low, high = 0, fixer.size(rule)
    for _ in range(STEPS):
        middle = (low + high) // 2
        fix = fixer.by(rule, middle / rule.unit)
        if fix is None or high - low <= max(1, high // FINE):
            break
        if is_possible(apply(document, fix, is_sound=True), deadline_s=DEADLINE_S) is True:
            high = middle
        else:
            low = middle
    return fixer.by(rule, high / rule.unit)
