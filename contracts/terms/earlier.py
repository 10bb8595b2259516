"""Earlier: what was obligated before, in the words of the engine, and a run that keeps it.

The problem: payments are remembered by names, the engine counts clauses, periods and members. What was paid
for members who are no longer observed, and what is frozen, has no place in a run; it is kept back all the
same. And a pot must still hold, at each key's turn, what it gave that key before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from .document import WHOLE_TERM
from .legs import KeyName, LegName
from .program import ClausePlan, Program
from .running.arithmetic import WHOLE_NUMBERS, allocate
from .running.cells import Table
from .running.engine import Outturn, carry_out
from .running.evaluation import Traced
from .running.holding import Before, Between, Kept, Key, Leg
from .running.overlays import carry_out_amended
from .running.rooms import WHOLE


def carried_out(
    program: Program,
    table: Table,
    overlays: Sequence[Program],
    *,
    prior: Before | None = None,
    record: list[Traced] | None = None,
) -> Outturn:
    """Carry out terms in whole numbers, amended or not."""
    if overlays:
        return carry_out_amended(program, overlays, WHOLE_NUMBERS, table, prior=prior, record=record)
    return carry_out(program, WHOLE_NUMBERS, table, prior=prior, record=record)


def before_of(
    program: Program,
    clauses: Mapping[str, ClausePlan],
    names: Mapping[Key, KeyName],
    obligated: Mapping[KeyName, int],
    paid: Mapping[LegName, int],
    frozen: Mapping[LegName, int],
) -> Before:
    """Say what was obligated before, by key; what was for members who are not observed is nobody's."""
    keys = {name: key for key, name in names.items()}
    legs = dict(paid)
    told = {name[:3] for name in legs}
    for name, amount in obligated.items():
        if name not in told and name[0] in clauses and len(name[2]) == len(clauses[name[0]].each):
            legs[*name, *between(clauses[name[0]], name)[:2]] = amount
    gone = {name: amount for name, amount in legs.items() if name[:3] not in keys}
    return Before(
        amounts={keys[name]: amount for name, amount in obligated.items() if name in keys and amount},
        legs={(keys[name[:3]], *name[3:]): amount for name, amount in legs.items() if name[:3] in keys},
        kept=tuple(_kept(program, clauses, [*gone.items(), *frozen.items()])),
    )


def _kept(
    program: Program, clauses: Mapping[str, ClausePlan], rows: Iterable[tuple[LegName, int]]
) -> Iterator[Kept]:
    spans = {WHOLE_TERM: WHOLE} | {name: at for at, (name, _) in enumerate(program.periods)}
    for (clause, period, members, payer, payee), amount in rows:
        plan = clauses.get(clause)
        if plan is None or period not in spans or len(members) != len(plan.each) or amount <= 0:
            continue
        span = spans[period] if plan.basis == "period" else WHOLE
        yield Kept(clause=clause, span=span, members=members, payer=payer, payee=payee, amount=amount)


def less(before: Before, returned: Mapping[Key, int]) -> dict[Leg, int]:
    """Leave legs what they took of what is not returned."""
    legs = dict(before.legs)
    for key in returned:
        own = {leg: amount for leg, amount in before.legs.items() if leg[0] == key and amount > 0}
        back = allocate(before.amounts[key] - returned[key], list(own.values()), "largest")
        legs |= {leg: own[leg] - part for leg, part in zip(own, back, strict=True)}
    return legs


def in_full(
    program: Program, table: Table, overlays: Sequence[Program], before: Before, *, trace: bool
) -> tuple[Outturn, list[Traced]]:
    """Carry out terms so that pots still hold what they gave before.

    All of it is kept back first. Where that cuts a payment, what comes into pots later is counted as well:
    what was paid out of that need not be kept back before. Should a pot not hold enough then, the first run
    stands.
    """
    first: list[Traced] = []
    outturn = carried_out(program, table, overlays, prior=before, record=first if trace else None)
    pots = {leg[1] for leg in before.legs} & set(outturn.balances)
    cuts = (kept.cuts.get(f"account:{pot}", 0) for kept in outturn.keys.values() for pot in pots)
    if not any(cuts):
        return outturn, first
    coming = {pot: _coming(outturn, pot) for pot in pots}
    again: list[Traced] = []
    prior = replace(before, coming=coming)
    better = carried_out(program, table, overlays, prior=prior, record=again if trace else None)
    short = any((better.balances[pot][-1][0] or 0) < _unmet(before, better, pot) for pot in coming)
    return (outturn, first) if short else (better, again)


def _coming(outturn: Outturn, pot: str) -> tuple[int, ...]:
    """Say what comes into a pot, by period."""
    spent = [0] * len(outturn.program.periods)
    for (_, payer, _, period), amount in outturn.flows.items():
        spent[period] += amount if payer == pot else 0
    held = [row[0] or 0 for row in outturn.balances[pot]]
    return tuple(now - was + out for was, now, out in zip([0, *held], held, spent, strict=False))


def _unmet(before: Before, outturn: Outturn, pot: str) -> int:
    """Sum what a pot gave before beyond what a run shows, and what is kept in it for nobody."""
    gaps: dict[Key, int] = {}
    for leg, amount in before.legs.items():
        if leg[1] == pot:
            gaps[leg[0]] = gaps.get(leg[0], 0) + amount - outturn.legs.get(leg, 0)
    kept = sum(one.amount for one in before.kept if one.payer == pot)
    return sum(max(0, gap) for gap in gaps.values()) + kept


def between(clause: ClausePlan, name: KeyName) -> Between:
    """Name payer and payee as the terms do, members by themselves, and the unit."""
    members = dict(zip(clause.each, name[2], strict=True))
    payer, payee = (members.get(end, end) for end in (clause.payer, clause.payee))
    return payer, payee, clause.unit.unit
