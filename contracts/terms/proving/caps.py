"""Caps: sums of payments that cannot pass a number, by a limit, by the form of an amount, or by who pays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..program import ClausePlan, LimitPlan, Node, Program
from ..running.engine import Outturn
from ..running.holding import Key
from ..running.ranges import Interval, Spot, hull
from ..running.rooms import WHOLE


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit for one span and one combination of its members: the keys under it, and its least and most."""

    keys: frozenset[tuple[str, int, int]]
    low: int
    high: int


def caps_of(
    program: Program, outturn: Outturn, spans: Mapping[int, Interval], spots: Mapping[Spot, Interval]
) -> list[Cap]:
    """Return everything that caps sums of payments, narrow ones first.

    Parameters
    ----------
    program : Program
        Compiled terms.
    outturn : Outturn
        In intervals.
    spans : Mapping of int to Interval [counts]
        Each node's least and most.
    spots : Mapping of (int, int, int) to Interval [counts]
        The same of what limits read, by node, period and combination of members.
    """
    caps = (
        *caps_by_limits(program, outturn, spans, spots),
        *_by_shares(program, outturn, spans),
        *_by_splits(program, outturn),
    )
    return sorted(caps, key=lambda cap: len(cap.keys))


def _by_shares(program: Program, outturn: Outturn, spans: Mapping[int, Interval]) -> list[Cap]:
    """Members who share a total are paid no more than it together."""
    caps = []
    for clause in program.clauses:
        share = _shared(program, clause.amount)
        rises = clause.basis == "cumulative" and clause.on_decrease != "recover" and not clause.two_way
        if share is None or share.name not in clause.each or clause.basis == "note" or rises:
            continue
        rest = tuple(dim for dim in clause.each if dim != share.name)
        times = outturn.table.multiplicity(rest) or 1
        groups: dict[tuple[int, int], set[Key]] = {}
        for name, span, place in outturn.listed.get(clause.id, ()):
            groups.setdefault((span, _part(outturn, rest, clause, place)), set()).add((name, span, place))
        high = max(0, spans.get(share.args[0], (0, 0))[1])
        caps += [Cap(frozenset(keys), 0, high * times) for keys in groups.values()]
    return caps


def _shared(program: Program, at: int) -> Node | None:
    """Return the share that an amount is, perhaps under a condition."""
    node = program.nodes[at]
    if node.op == "if":
        other = program.nodes[node.args[2]]
        return _shared(program, node.args[1]) if other.op == "lit" and other.const <= 0 else None
    return node if node.op == "share" else None


def _by_splits(program: Program, outturn: Outturn) -> list[Cap]:
    """Legs with fixed maxima give or get no more than these together."""
    caps = []
    for name, split in program.splits.items():
        most = [program.nodes[leg.maximum] if leg.maximum >= 0 else None for leg in split.legs]
        fixed = [node.const for node in most if node is not None and node.op == "lit"]
        users = [clause.id for clause in program.clauses if name in (clause.payer, clause.payee)]
        keys = frozenset(key for user in users for key in outturn.listed.get(user, ()))
        if keys and len(fixed) == len(split.legs):
            caps.append(Cap(keys, 0, sum(fixed)))
    return caps


def caps_by_limits(
    program: Program,
    outturn: Outturn,
    spans: Mapping[int, Interval],
    spots: Mapping[Spot, Interval] | None = None,
) -> list[Cap]:
    """Return what limits cap.

    Parameters
    ----------
    program : Program
        Compiled terms.
    outturn : Outturn
        In intervals.
    spans : Mapping of int to Interval [counts]
        Each maximum's least and most, by its node.
    spots : Mapping of (int, int, int) to Interval [counts]
        The same by node, period and combination of members, where it is known.
    """
    clauses = {clause.id: clause for clause in program.clauses}
    known: dict[tuple[int, int], list[tuple[int, Interval]]] = {}
    for (node, period, at), interval in (spots or {}).items():
        known.setdefault((node, at), []).append((period, interval))
    caps = []
    for limit in program.limits:
        times = outturn.table.multiplicity(limit.each)
        groups: dict[tuple[int, int], set[tuple[str, int, int]]] = {}
        for name, span, place in outturn.keys:
            if name in limit.clauses:
                at = _place(outturn, limit, clauses[name], place)
                due = clauses[name].at if clauses[name].basis == "once" else span
                groups.setdefault((due if limit.by_period else WHOLE, at), set()).add((name, span, place))
        mixed = limit.by_period and {span == WHOLE for span, _ in groups} == {True, False}
        for (span, at), keys in groups.items():
            found = list(_read(outturn, limit, (span, at), known)) if known else []
            low, high = hull(found) if found else spans.get(limit.maximum, (0, 0))
            periods = len(program.periods) if limit.by_period and span == WHOLE else 1
            most = max(0, high) * (times or 1) * periods
            caps.append(Cap(frozenset(keys), 0 if times or mixed else max(0, low), most))
    return caps


def _read(
    outturn: Outturn,
    limit: LimitPlan,
    room: tuple[int, int],
    known: Mapping[tuple[int, int], Sequence[tuple[int, Interval]]],
) -> Iterator[Interval]:
    """Find what a maximum can be for one span of a limit and one combination of its members."""
    node = outturn.program.nodes[limit.maximum]
    combo = dict(zip(limit.each, outturn.table.combinations(limit.each)[room[1]], strict=True))
    wanted = outturn.table.combinations(node.dims).index(tuple(combo[dim] for dim in node.dims))
    for period, interval in known.get((limit.maximum, wanted), ()):
        if room[0] in {WHOLE, period} or not node.varies:
            yield interval


def _place(outturn: Outturn, limit: LimitPlan, clause: ClausePlan, place: int) -> int:
    return _part(outturn, limit.each, clause, place)


def _part(outturn: Outturn, dims: tuple[str, ...], clause: ClausePlan, place: int) -> int:
    """Return which combination of fewer sets a combination of a clause belongs to."""
    combo = dict(zip(clause.each, outturn.table.combinations(clause.each)[place], strict=True))
    return outturn.table.combinations(dims).index(tuple(combo[dim] for dim in dims))
