"""Lint of limits and caps: those that never bind, and those that always do."""

from collections.abc import Iterator, Mapping

from ..program import LimitPlan
from ..running.holding import Key
from ..running.ranges import Interval, pair
from ..running.rooms import WHOLE
from ..types import Quantity
from .finding import LintFinding, Subject, money

Group = tuple[int, int]


def idle_limits(subject: Subject) -> Iterator[LintFinding]:
    """T13: a limit above all that can be earned under it, or below the least."""
    most = {key: _ends(subject, key) for key in subject.outturn.keys}
    for limit in subject.program.limits:
        low, high = subject.spans.get(limit.maximum, (0, 0))
        groups = _groups(subject, limit)
        unit = subject.clause(limit.clauses[0]).unit
        sums = [_sum(subject, limit, keys, most) for keys in groups.values()]
        top, bottom = max((end for _, end in sums), default=0), min((end for end, _ in sums), default=0)
        if groups and top < low:
            yield LintFinding(
                code="T13", severity="warning", path=f"{limit.path}/max", size=money(unit, low - top),
                message=f"limit {limit.id} of {money(unit, low)} never binds: at most {money(unit, top)} can "
                "be earned under it.",
                fix="Lower it, or widen the domains if more can be observed.",
            )  # fmt: skip
        elif groups and bottom > high:
            yield LintFinding(
                code="T13", severity="warning", path=f"{limit.path}/max", size=money(unit, bottom - high),
                message=f"limit {limit.id} of {money(unit, high)} always binds: at least "
                f"{money(unit, bottom)} is earned under it, whatever is observed.",
                fix="Pay the maximum outright, or raise it.",
            )  # fmt: skip
        for keys in groups.values():
            if len(keys) == 1 and not subject.outturn.table.multiplicity(limit.each):
                most[keys[0]] = (min(most[keys[0]][0], high), min(most[keys[0]][1], high))


def _ends(subject: Subject, key: Key) -> Interval:
    kept = subject.outturn.keys[key]
    low, high = pair(0 if kept.earned is None else kept.earned)
    return max(0, low), max(0, high, pair(kept.entitled)[1])


def _groups(subject: Subject, limit: LimitPlan) -> Mapping[Group, list[Key]]:
    """Sort keys by the room of the limit they share; what is not by period may fall into any."""
    groups: dict[Group, list[Key]] = {}
    combos = subject.outturn.table.combinations(limit.each)
    for key in subject.outturn.keys:
        name, span, place = key
        if name in limit.clauses:
            clause = subject.clause(name)
            members = dict(
                zip(clause.each, subject.outturn.table.combinations(clause.each)[place], strict=True)
            )
            at = combos.index(tuple(members[dim] for dim in limit.each))
            groups.setdefault((span if limit.by_period else WHOLE, at), []).append(key)
    if limit.by_period:
        for (span, at), keys in groups.items():
            if span != WHOLE:
                keys.extend(groups.get((WHOLE, at), []))
    return groups


def _sum(subject: Subject, limit: LimitPlan, keys: list[Key], ends: Mapping[Key, Interval]) -> Interval:
    low = high = 0
    for key in keys:
        rest = [dim for dim in subject.clause(key[0]).each if dim not in limit.each]
        times = subject.outturn.table.multiplicity(rest)
        low += 0 if times else ends[key][0]
        high += ends[key][1] * (times or 1)
    return low, high


def idle_caps(subject: Subject) -> Iterator[LintFinding]:
    """T13: a fixed number in ``min`` or ``max`` that is never the one taken."""
    for node in subject.program.nodes:
        if node.op not in {"min", "max"} or not isinstance(node.type, Quantity):
            continue
        fixed = [arg for arg in node.args if subject.node(arg).op in {"lit", "param"}]
        others = [subject.spans[arg] for arg in node.args if arg not in fixed and arg in subject.spans]
        if len(fixed) != 1 or len(others) != len(node.args) - 1 or not others:
            continue
        low, high = subject.spans.get(fixed[0], (0, 0))
        cap = node.op == "min"
        idle = low > min(end for _, end in others) if cap else 0 != high < max(end for end, _ in others)
        if idle:
            end = min(end for _, end in others) if cap else max(end for end, _ in others)
            bound, side = ("cap", "at most") if cap else ("floor", "at least")
            yield LintFinding(
                code="T13", severity="warning", path=node.path,
                message=f"the {bound} of {money(node.type, low if cap else high)} is never taken: what "
                f"stands beside it is {side} {money(node.type, end)}.",
                fix="Take it out, or look at the domains.",
            )  # fmt: skip
