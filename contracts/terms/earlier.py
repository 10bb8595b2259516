"""Earlier: what was obligated before, in the words of the engine, and a run that keeps it.

The problem: payments are remembered by names, the engine counts clauses, periods and members. What was paid
for members who are no longer observed, and what is frozen, has no place in a run; it is kept back all the
same. And a pot must still hold, at each key's turn, what it gave that key before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from .document import WHOLE_TERM
from .legs import Between, KeyName, LegName
from .program import ClausePlan, Program
from .running.arithmetic import WHOLE_NUMBERS, allocate
from .running.cells import Table
from .running.engine import Outturn, carry_out
from .running.evaluation import Traced
from .running.holding import Before, Kept, Key, Leg
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
) -> tuple[Outturn, list[Traced] | None]:
    """Carry out terms so that pots still hold, at each key's turn, what it was paid before."""
    ahead: dict[Key, int] = {}
    pots = {account.id for one in (program, *overlays) for account in one.accounts if account.pot}
    while True:
        record: list[Traced] | None = [] if trace else None
        outturn = carried_out(program, table, overlays, prior=replace(before, ahead=ahead), record=record)
        short = {
            leg: amount - outturn.legs.get(leg, 0) for leg, amount in before.legs.items() if leg[1] in pots
        }
        gaps = _sums((leg[0], amount) for leg, amount in short.items())
        raised = {key: gap for key, gap in gaps.items() if gap > ahead.get(key, 0)}
        if not raised:
            return outturn, record
        ahead |= {key: before.amounts.get(key, gap) if key in ahead else gap for key, gap in raised.items()}


def _sums(rows: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    sums: dict[Key, int] = {}
    for key, amount in rows:
        sums[key] = sums.get(key, 0) + amount
    return sums


def between(clause: ClausePlan, name: KeyName) -> Between:
    """Name payer and payee as the terms do, members by themselves, and the unit."""
    members = dict(zip(clause.each, name[2], strict=True))
    payer, payee = (members.get(end, end) for end in (clause.payer, clause.payee))
    return payer, payee, clause.unit.unit
