"""The few rules of people that cannot all hold, out of all that there are.

The problem: of fifty-five floors, caps and budgets three clash, and only those three help whoever must
decide. The prices of the elastic problem name a set that clashes; rules are then taken out one by one as long
as the rest still clashes. What is left is a shortest list: without any one of its rules the others can hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import UNSET, ProblemArrays
from ..columns import FULL_BP
from ..problem import rule_id
from .policy_space import Answer, Opening, PolicySpace, Rule
from .pools import Pools
from .wording import parts_of

MOST_RULES = 5
PRICED = 1e-7  # price below which a rule plays no part
NANO = 10**9
Because = Callable[[int, bool], Sequence[str]]
ORDER = ("metric", "actor", "stock", "cap-count", "floor-count", "cap-share", "floor-share", "at_most", "cap")
LAST = ("barred", "at_least", "lock", "budget", "floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Rules that cannot all hold, and why.

    Attributes
    ----------
    rules : tuple of Rule
        The clash: each is needed for it.
    openings : tuple of Opening
        Earmarks that, if opened, would end it.
    names : tuple of str
        Rule ids as told to people: at most five; families of rules stand as one with ``*``.
    members : Mapping[str, tuple of str]
        Ids behind a name with ``*``.
    decided : Mapping[str, int]
        Decisions on single interventions, each with a cell that it decides.
    short : float [minor units or units of the rules]
        By how much the clash is short, at least.
    proof : ShortageProof
        How sure that is.
    """

    rules: tuple[Rule, ...]
    openings: tuple[Opening, ...]
    names: tuple[str, ...]
    members: dict[str, tuple[str, ...]]
    decided: dict[str, int]
    short: float
    proof: "ShortageProof"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortageProof:
    """A weighted sum of rules that no allocation can satisfy.

    Attributes
    ----------
    kind : str
        ``exact``: the sum was computed in whole numbers. ``solver``: it rests on the linear solver.
    weights : Mapping[str, Fraction]
        Rule id -> weight.
    short_minor : Fraction [minor units]
        What the weighted rules demand less what they leave; above zero.
    """

    kind: str
    weights: dict[str, Fraction]
    short_minor: Fraction


def shortage_of(space: PolicySpace, because: Because) -> Shortage | None:
    """Find a shortest list of rules that clash, or None where pools alone show no clash.

    Parameters
    ----------
    space : PolicySpace
        The rules over pools.
    because : callable
        Rules for which a cell must (True) or cannot be funded (False).
    """
    weights = weights_of(space)
    answer = space.solve(weights)
    if answer.is_met:
        return None
    priced = [rule for rule in space.rules if abs(answer.prices[rule.row]) > PRICED]
    kept = _fewest(space, sorted(priced, key=_first_out))
    only = {rule: weights[rule] if rule in set(kept) else 0.0 for rule in space.rules}
    answer = space.solve(only)
    openings = _closed(space, kept)
    decided = _decided(space, kept, answer.short * space.unit, because)
    amounts = [rule.id for rule in reversed(kept) if rule.kind not in {"lock", "barred"}]
    names = dict.fromkeys([*amounts, *earmark_names(space, kept, openings), *decided])
    told, members = told_of(list(names))
    return Shortage(
        rules=tuple(kept),
        openings=tuple(openings),
        names=told,
        members=members,
        decided=decided,
        short=answer.short * space.unit,
        proof=prove(space, kept, answer),
    )


def weights_of(space: PolicySpace) -> dict[Rule, float]:
    """Return the cost of a unit of slack of every rule, so that giving way by money counts alike.

    Parameters
    ----------
    space : PolicySpace
        The rules over pools.
    """
    middle = float(np.median(space.pools.cheapest)) / space.unit if len(space.pools) else 1.0
    return {rule: 1.0 if rule.unit == space.unit else max(middle, 1e-3) for rule in space.rules}


def _first_out(rule: Rule) -> tuple[int, str]:
    order = (*ORDER, "earmark", *LAST)
    return (order.index(rule.kind), rule.id)


def _fewest(space: PolicySpace, rules: Sequence[Rule]) -> list[Rule]:
    """Take rules out as long as the others still clash."""
    kept = list(rules)
    for rule in rules:
        fewer = [other for other in kept if other is not rule]
        if fewer and not space.is_possible(fewer):
            kept = fewer
    return kept


def _closed(space: PolicySpace, kept: Sequence[Rule]) -> list[Opening]:
    """Return the earmarks without which the rules would not clash."""
    groups = {rule.place[0] for rule in kept if rule.kind in {"floor", "floor-share"}}
    if any(rule.kind in {"lock", "at_least"} for rule in kept):
        groups.add(UNSET)
    able = [opening for opening in space.openings if opening.limit in groups]
    if not able or not space.is_possible(kept, able):
        return []
    helping = []
    for fund in sorted({opening.fund for opening in able}):
        own = [opening for opening in able if opening.fund == fund]
        if space.is_possible(kept, own):
            helping += own
    return helping or able


def _decided(space: PolicySpace, kept: Sequence[Rule], spare: float, because: Because) -> dict[str, int]:
    """Return the decisions on single interventions in a clash, each with a cell that it decides."""
    found: dict[str, int] = {}
    for rule in kept:
        if rule.kind in {"lock", "barred"}:
            names, spare = _locks(space, rule, spare, because)
            found |= names
    return found


def earmark_names(space: PolicySpace, kept: Sequence[Rule], openings: Sequence[Opening]) -> list[str]:
    """Name the earmarks of a clash: the funds that alone admit a group, or those that keep it out.

    Parameters
    ----------
    space : PolicySpace
        The rules over pools.
    kept : sequence of Rule
        The clash.
    openings : sequence of Opening
        What is closed.
    """
    if not openings:
        return []
    arrays = space.arrays
    payers = {rule.place[0] for rule in kept if rule.kind == "budget"}
    outside = {opening.fund for opening in openings}
    named = sorted(payers if payers and len(payers) <= len(outside) else outside)
    found = []
    for limit in sorted({opening.limit for opening in openings}):
        group = () if limit == UNSET else (arrays.limits.kind[limit], arrays.limits.group[limit])
        found += [rule_id("earmark", arrays.fund_ids[fund], *group) for fund in named]
    return found


def _locks(space: PolicySpace, rule: Rule, spare: float, because: Because) -> tuple[dict[str, int], float]:
    """Name the decisions behind one pool, the largest first, as many as are needed; and what is spare."""
    is_lock, is_money = rule.kind == "lock", rule.unit == space.unit
    cells = np.flatnonzero(
        (space.pools.of_cell == rule.place[0]) & (space.reach.on if is_lock else space.reach.barred)
    )
    awards = space.reach.least if is_lock else space.reach.most
    sizes = awards[cells] if is_money else np.ones(len(cells), np.int64)
    order = np.argsort(-sizes, kind="stable")
    left = max(0.0, float(sizes.sum()) - spare)
    taken = min(len(cells), int(np.searchsorted(np.cumsum(sizes[order]), left * (1 - 1e-12))) + 1)
    names = {name: cell for cell in cells[order[:taken]].tolist() for name in because(cell, is_lock)}
    return names, max(0.0, spare - float(sizes[order[taken:]].sum()))


def told_of(names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Write families of rules as one, from the largest, until at most five names are left.

    Parameters
    ----------
    names : sequence of str
        Rule ids.

    Returns
    -------
    tuple
        Names, and the rules behind those with ``*``.

    Examples
    --------
    >>> told_of(["lock/a", "lock/b", "lock/c", "lock/d", "budget/x/0", "cap/hub/h/0"])[0]
    ('lock/*', 'budget/x/0', 'cap/hub/h/0')
    """
    told, members = list(names), dict[str, tuple[str, ...]]()
    while len(told) > MOST_RULES:
        families: dict[str, list[str]] = {}
        for name in told:
            if name not in members:
                families.setdefault(family(name), []).append(name)
        largest = max(families.items(), key=lambda item: (len(item[1]), item[0]), default=("", []))
        if len(largest[1]) <= 1:
            break
        at = told.index(largest[1][0])
        told = [name for name in told if name not in set(largest[1])]
        told.insert(at, largest[0])
        members[largest[0]] = tuple(largest[1])
    return tuple(told), members


def family(rule: str) -> str:
    """Return the rule id that stands for all of a kind.

    Examples
    --------
    >>> family("floor/region/3/all"), family("budget/f2/0"), family("lock/i7")
    ('floor/region/*/all', 'budget/*/0', 'lock/*')
    """
    kind, *parts = parts_of(rule)
    if kind in {"budget", "stock", "actor", "earmark", "lock", "override", "metric"}:
        parts[0] = "*"
    elif kind.startswith(("floor", "cap")):
        parts[1] = "*"
    return rule_id(kind, *parts)


def prove(space: PolicySpace, kept: Sequence[Rule], answer: Answer) -> ShortageProof:
    """Check in whole numbers that a weighted sum of the rules cannot be satisfied.

    The weights are the solver's prices, rounded; any weights give a valid sum, so rounding costs no truth.

    Parameters
    ----------
    space : PolicySpace
        The rules over pools.
    kept : sequence of Rule
        The clash.
    answer : Answer
        Of the elastic problem with only these rules.
    """
    weights = {rule: Fraction(round(abs(answer.prices[rule.row]) * NANO), NANO) for rule in kept}
    shown = {rule.id: weight for rule, weight in weights.items()}
    money = {"budget", "floor", "cap", "lock", "barred", "at_least", "at_most"}
    is_plain = all(rule.kind in money and rule.unit == space.unit for rule in kept)
    if is_plain and not space.arrays.has_shares:
        short = _weighted(space, weights)
        if short > 0:
            return ShortageProof(kind="exact", weights=shown, short_minor=short)
    return ShortageProof(kind="solver", weights=shown, short_minor=Fraction(round(answer.short * space.unit)))


def _weighted(space: PolicySpace, weights: dict[Rule, Fraction]) -> Fraction:
    """Return what the weighted floors demand less the most that pools, budgets and caps leave them."""
    arrays, pools = space.arrays, space.pools
    gain = [Fraction(0)] * len(pools)
    short = Fraction(0)
    price = [[Fraction(0)] * arrays.period_count for _ in arrays.fund_ids]
    for rule, weight in weights.items():
        if rule.kind == "budget":
            price[rule.place[0]][rule.place[1]] = weight
            short -= weight * int(arrays.budget[rule.place])
        else:
            sign, bound, inside = _demand(space, rule)
            short += sign * weight * bound
            for pool in np.flatnonzero(inside).tolist():
                gain[pool] += sign * weight
    for fund in range(len(arrays.fund_ids)):
        for period in range(arrays.period_count - 1):
            kept = Fraction(FULL_BP - int(arrays.carry_fee_bp[fund]), FULL_BP)
            better = kept * price[fund][period + 1] - price[fund][period]
            short -= int(arrays.carry_limit[fund, period]) * max(Fraction(0), better)
    return short - _most(arrays, pools, gain, price)


def _demand(space: PolicySpace, rule: Rule) -> tuple[int, int, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    arrays, pools = space.arrays, space.pools
    if rule.kind in {"lock", "barred"}:
        own = np.arange(len(pools)) == rule.place[0]
        bound = pools.least if rule.kind == "lock" else pools.most
        return (1 if rule.kind == "lock" else -1), int(bound[rule.place[0]]), own
    if rule.kind in {"at_least", "at_most"}:
        bounds = arrays.at_least if rule.kind == "at_least" else arrays.at_most
        return (
            (1 if rule.kind == "at_least" else -1),
            int(bounds[rule.place[0]]),
            pools.first == rule.place[0],
        )
    bounds = arrays.limits.floor if rule.kind == "floor" else arrays.limits.cap
    return (1 if rule.kind == "floor" else -1), int(bounds[rule.place[0]]), space.inside(rule.place[0])


def _most(
    arrays: ProblemArrays, pools: Pools, gain: Sequence[Fraction], price: Sequence[Sequence[Fraction]]
) -> Fraction:
    """Return the most that awards between nothing and all that pools take can bring at these prices."""
    cheapest: dict[tuple[int, int], Fraction | None] = {}
    total = Fraction(0)
    for pool, weight in enumerate(gain):
        if weight > 0:
            period = int(pools.period[pool])
            key = (int(pools.signature[pool]), period)
            if key not in cheapest:
                payers = np.flatnonzero(arrays.eligible[pools.first[pool]]).tolist()
                cheapest[key] = min((price[fund][period] for fund in payers), default=None)
            paid = cheapest[key]
            if paid is not None and weight > paid:
                total += (weight - paid) * int(pools.most[pool] + pools.spare[pool])
    return total
