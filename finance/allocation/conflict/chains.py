"""What follows from locks: who must be funded, who cannot be, and through which rules.

The problem: "w7 is locked, w7 needs w3, w3 waits for a determination" is three rules in three tables, and
no solver names them. Here every cell that must or cannot be funded keeps the rule that says so and the cells
from which it follows; when a cell must and cannot, the shortest chain of rules is the conflict.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import UNSET, Bool, ProblemArrays
from ..problem import rule_id
from ..tables import Int

if TYPE_CHECKING:
    from ..problem import AllocationDocument

Fact = tuple[int, bool]
Namer = Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A cell that must and cannot be funded.

    Attributes
    ----------
    cell : int [cell]
        Position of intervention and period.
    rules : tuple of str
        The chain, from the first cause of "must" to the first cause of "cannot".
    """

    cell: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forced:
    """What locks and closed cells leave.

    Attributes
    ----------
    on, off : array [J]
        Cells that must and that cannot be funded.
    why : Mapping[Fact, tuple]
        For facts that follow: the rule and the facts from which it follows.
    clash : Clash or None
        The first contradiction.
    """

    on: Bool
    off: Bool
    why: dict[Fact, tuple[tuple[str, ...], tuple[Fact, ...]]]
    clash: Clash | None

    def rules(self, fact: Fact) -> tuple[str, ...]:
        """Return the rules from which a fact follows, the first cause first."""
        found: dict[str, None] = {}
        self._collect(fact, found, set())
        return tuple(found)

    def _collect(self, fact: Fact, found: dict[str, None], seen: set[Fact]) -> None:
        waiting = [(fact, False)]
        while waiting:
            current, is_done = waiting.pop()
            rules, parents = self.why.get(current, ((), ()))
            if is_done:
                found.update(dict.fromkeys(rules))
            elif current not in seen:
                seen.add(current)
                waiting.append((current, True))
                waiting += [(parent, False) for parent in reversed(parents)]


def lock_rules(document: "AllocationDocument") -> dict[int, str]:
    """Return the rule that locks an intervention, by its position: an override goes before its own lock."""
    arrays = document.arrays
    ids = arrays.intervention_ids
    found = {at: rule_id("lock", ids[at]) for at in np.flatnonzero(arrays.lock).tolist()}
    at_of = {who: at for at, who in enumerate(ids)}
    table = document.overrides
    rows = zip(table.texts("override_id"), table.texts("kind"), table.texts("intervention_id"), strict=True)
    for name, kind, who in rows:
        if kind in {"fund", "exclude"}:
            found[at_of[who]] = rule_id("override", name)
    return found


def bounds_by(document: "AllocationDocument") -> dict[tuple[int, str], str]:
    """Return which override bounds an intervention's award, by position and kind: the tightest one.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """
    table, arrays = document.overrides, document.arrays
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    rows = zip(
        table.texts("override_id"),
        table.texts("kind"),
        table.texts("intervention_id"),
        table.ints("amount_minor").tolist(),
        strict=True,
    )
    held = {"at_least": arrays.at_least, "at_most": arrays.at_most}
    return {
        (place[who], kind): name
        for name, kind, who, amount in rows
        if kind in held and held[kind][place[who]] == amount
    }


def forced(document: "AllocationDocument") -> Forced:
    """Follow locks through needs, bundles, alternatives and choices until nothing more follows.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """
    return _Propagation(document).run()


class _Propagation:
    """Facts under construction: a queue of what was learnt and not yet followed."""

    def __init__(self, document: "AllocationDocument") -> None:
        self.arrays = document.arrays
        self.locks = lock_rules(document)
        self.periods = self.arrays.period_count
        cells = self.arrays.n * self.periods
        self.on, self.off = np.zeros(cells, bool), np.zeros(cells, bool)
        self.why: dict[Fact, tuple[tuple[str, ...], tuple[Fact, ...]]] = {}
        self.queue = deque[Fact]()
        self.clash: Clash | None = None
        self.needs, self.needed_by = _both_ways(self.arrays)
        self.choices = _lists_of(self.arrays.any_of.owner(), self.arrays.any_of.items)
        self.rivals = _lists_of(self.arrays.alternatives.owner(), self.arrays.alternatives.items)

    def run(self) -> Forced:
        for rule, cells in impossible(self.arrays, self.locks):
            for cell in cells.tolist():
                self.learn((cell, False), (rule(cell),), ())
        for cell in np.flatnonzero(self.arrays.must).tolist():
            who, period = divmod(cell, self.periods)
            promised = rule_id("tranche", self.arrays.intervention_ids[who], period)
            self.learn((cell, True), (self.locks.get(who, promised),), ())
        while self.queue and self.clash is None:
            self.follow(*self.queue.popleft())
        return Forced(on=self.on, off=self.off, why=self.why, clash=self.clash)

    def learn(self, fact: Fact, rules: tuple[str, ...], parents: tuple[Fact, ...]) -> None:
        cell, is_on = fact
        if self.clash is not None or fact in self.why:
            return
        self.why[fact] = (rules, parents)
        (self.on if is_on else self.off)[cell] = True
        self.queue.append(fact)
        if self.on[cell] and self.off[cell]:
            known = Forced(on=self.on, off=self.off, why=self.why, clash=None)
            chain = [*known.rules((cell, True)), *reversed(known.rules((cell, False)))]
            self.clash = Clash(cell=cell, rules=tuple(dict.fromkeys(chain)))

    def follow(self, cell: int, is_on: bool) -> None:  # noqa: FBT001 - the two halves of one fact
        who, period = divmod(cell, self.periods)
        for other, at in self.needs[who] if is_on else self.needed_by[who]:
            rule = self.arrays.needs_rule[at]
            self.learn((other * self.periods + period, is_on), (rule,), ((cell, is_on),))
        for at in self.choices[who]:
            self.choose(at, period)
        if is_on:
            for at in self.rivals[who]:
                for other in self.arrays.alternatives.at(at).tolist():
                    if other != who:
                        rule = choice_rule(self.arrays, "alternatives", at)
                        self.learn((other * self.periods + period, False), (rule,), ((cell, True),))

    def choose(self, at: int, period: int) -> None:
        """Follow "the first needs one of the rest"."""
        first, *rest = [who * self.periods + period for who in self.arrays.any_of.at(at).tolist()]
        left = [cell for cell in rest if not self.off[cell]]
        rule = (choice_rule(self.arrays, "any-of", at),)
        closed = tuple((cell, False) for cell in rest if self.off[cell])
        if not left:
            self.learn((first, False), rule, closed)
        elif len(left) == 1 and self.on[first]:
            self.learn((left[0], True), rule, ((first, True), *closed))


def impossible(arrays: ProblemArrays, locks: dict[int, str]) -> Iterator[tuple[Namer, Int]]:
    """List the cells that cannot be funded by themselves, each kind with the name of its rule.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    locks : Mapping[int, str]
        The rule that locks an intervention.
    """
    ids, periods = arrays.intervention_ids, arrays.period_count
    yield (
        (lambda cell: locks[cell // periods]),
        np.flatnonzero(np.repeat(arrays.lock == -1, periods)),
    )
    yield (
        (lambda cell: rule_id("ticket", ids[cell // periods], cell % periods)),
        np.flatnonzero(~arrays.open),
    )
    yield (
        (lambda cell: rule_id("tranche", ids[cell // periods], cell % periods)),
        np.flatnonzero(arrays.open & (arrays.low > arrays.high)),
    )
    costs = np.repeat(arrays.fixed, periods) + arrays.low > 0
    is_orphan = costs & np.repeat(~arrays.eligible.any(axis=1), periods)
    yield (lambda cell: rule_id("earmark", "*", ids[cell // periods])), np.flatnonzero(is_orphan)
    if arrays.has_shares:
        paid = np.where(arrays.eligible, arrays.share_num / arrays.share_den, 0.0).sum(axis=1)
        is_short = costs & np.repeat(arrays.eligible.any(axis=1) & (paid < 1 - 1e-12), periods)
        yield (lambda cell: rule_id("share", "*", ids[cell // periods])), np.flatnonzero(is_short)
    yield from _without_stock(arrays)
    yield from _above_most(arrays)


def _without_stock(arrays: ProblemArrays) -> Iterator[tuple[Namer, Int]]:
    can_buy = bool(arrays.unrestricted.any())
    for at, (who, what) in enumerate(arrays.need.tolist()):
        for period in range(arrays.period_count):
            is_sold = arrays.price[what, period] != UNSET and can_buy
            if arrays.need_quantity[at] > arrays.stock[what, period] and not is_sold:
                name = rule_id("stock", arrays.resource_ids[what], period)
                yield _always(name), np.array([who * arrays.period_count + period])


def _above_most(arrays: ProblemArrays) -> Iterator[tuple[Namer, Int]]:
    """Least awards above the cap of a group or of the actors' parts."""
    limits, periods = arrays.limits, arrays.period_count
    least = np.repeat(arrays.fixed, periods) + arrays.low
    spans = np.arange(arrays.n * periods) % periods
    for at in range(len(limits)):
        cap, count = limits.cap[at], limits.cap_count[at]
        members = np.zeros(arrays.n, bool)
        members[limits.members.at(at)] = True
        inside = np.repeat(members, periods)
        if limits.period[at] != UNSET:
            inside &= spans == limits.period[at]
        parts = (limits.kind[at], limits.group[at], _label(int(limits.period[at])))
        if cap != UNSET:
            yield _always(rule_id("cap", *parts)), np.flatnonzero(inside & (least > cap))
        if count == 0:
            yield _always(rule_id("cap-count", *parts)), np.flatnonzero(inside)


def _always(name: str) -> Namer:
    return lambda _: name


def _label(period: int) -> str:
    return "all" if period == UNSET else str(period)


def choice_rule(arrays: ProblemArrays, kind: str, at: int) -> str:
    """Return the id of a rule of choice: ``any-of`` or ``alternatives``.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    kind : str
        Which list.
    at : int [row]
        Which of its rows.
    """
    lists = arrays.any_of if kind == "any-of" else arrays.alternatives
    return rule_id(kind, *(arrays.intervention_ids[who] for who in lists.at(at).tolist()))


def choices_of(arrays: ProblemArrays) -> list[str]:
    """Return the ids of every rule on who is funded with whom.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    """
    any_of = [choice_rule(arrays, "any-of", at) for at in range(len(arrays.any_of))]
    alternatives = [choice_rule(arrays, "alternatives", at) for at in range(len(arrays.alternatives))]
    return [*dict.fromkeys(arrays.needs_rule), *any_of, *alternatives]


def _both_ways(
    arrays: ProblemArrays,
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, list[tuple[int, int]]]]:
    needs = defaultdict[int, list[tuple[int, int]]](list)
    needed_by = defaultdict[int, list[tuple[int, int]]](list)
    for at, (first, second) in enumerate(arrays.needs.tolist()):
        needs[first].append((second, at))
        needed_by[second].append((first, at))
    return needs, needed_by


def _lists_of(owner: Int, items: Int) -> dict[int, list[int]]:
    found = defaultdict[int, list[int]](list)
    for row, member in zip(owner.tolist(), items.tolist(), strict=True):
        found[member].append(row)
    return found
