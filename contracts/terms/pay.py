"""Reading 1, ``pay``: what is owed, exactly, and why.

The problem: payments are computed once and corrected by hand. Here what is due is the difference between
what all observations so far entitle to and what has been obligated already, so interim payments, late
results, corrections and retries all follow from one rule. Numbers are exact integers; every rounding is the
one named in the terms; a trace lists each operation with its inputs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

from ...finance.money import decimal_text
from . import legs as by_leg
from .document import WHOLE_TERM
from .earlier import before_of, between, carried_out, in_full, less
from .legs import Owed, Parts, legs_of
from .observing import Observation, lay_out
from .program import ClausePlan, Program
from .running.cells import Cell, Table
from .running.engine import KeyOutcome, Outturn
from .running.evaluation import Traced
from .running.holding import Before, Between, Key, Pair
from .running.rooms import WHOLE
from .types import Quantity
from .workings import Workings

KeyName = by_leg.KeyName
LegName = by_leg.LegName
NOTHING: Final[Mapping[LegName, int]] = MappingProxyType({})
Head = TypeVar("Head", KeyName, Key)


def pay(
    program: Program,
    observations: Iterable[Observation],
    *,
    members: Mapping[str, Sequence[str]] | None = None,
    as_of: date | None = None,
    record: list[Traced] | None = None,
    overlays: Sequence[Program] = (),
) -> Outturn:
    """Pay terms on observations, from the beginning.

    Parameters
    ----------
    program : Program
        Compiled terms.
    observations : iterable of Observation
        All of them.
    members : Mapping of str to sequence of str
        Members of open sets, in order; without it, in the order of the observations.
    as_of : date
        The day on which waiting times are judged; without it all have passed.
    record : list of Traced
        Takes every operation that was carried out.
    overlays : sequence of Program
        Terms of each period, where they were amended.

    Raises
    ------
    ResultsInvalid, OutsideDomain
        When an observation does not fit the terms.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> outturn = pay(compile_terms(TermDocument.read(EXAMPLE)), [Observation(metric="nights", value=12457)])
    >>> outturn.flows
    {('nights', 'city', 'home', 0): 18834984}
    """
    table = lay_out(program, observations, members=members, as_of=as_of, overlays=overlays)
    return carried_out(program, table, overlays, record=record)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a program remembers.

    Attributes
    ----------
    observed : tuple of Observation
        All of them, in order.
    obligated : dict of KeyName to int [minor units]
        What was obligated, by clause, period and members.
    legs : dict of LegName to int [minor units]
        The same by payer and payee: parties, legs of splits, members, pots.
    """

    observed: tuple[Observation, ...] = ()
    obligated: Mapping[KeyName, int] = field(default_factory=dict)
    legs: Mapping[LegName, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """One operation as it was carried out.

    Attributes
    ----------
    path : str
        JSON pointer into the terms.
    op : str
        The operation.
    inputs : tuple of str
        Values it was given.
    value : str
        Its result with its type.
    """

    path: str
    op: str
    inputs: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What one clause gives for one period and one combination of members.

    Attributes
    ----------
    clause, period : str
        The key; ``term`` for what is not by period.
    members : tuple of str
        In the order of the clause's sets.
    earned : int [minor units]
        Before limits.
    entitled : int [minor units]
        After limits, to date.
    due : int [minor units]
        To be paid now; negative when it is to be returned.
    cuts : tuple of (str, int)
        Limits that cut, and by how much in minor units.
    trace : tuple of TraceRow
        How ``earned`` came about.
    legs : tuple of (str, str, int)
        Who pays whom how much [minor units] of what is due.
    """

    clause: str
    period: str
    members: tuple[str, ...] = ()
    earned: int
    entitled: int
    due: int
    cuts: tuple[tuple[str, int], ...]
    trace: tuple[TraceRow, ...] = ()
    legs: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The answer to new observations: the new state, and every entitlement."""

    state: State
    entitlements: tuple[Entitlement, ...]
    outturn: Outturn


def step(
    program: Program,
    state: State,
    *events: Observation,
    as_of: date | None,
    trace: bool = True,
    overlays: Sequence[Program] = (),
    frozen: Mapping[LegName, int] = NOTHING,
) -> Step:
    """Apply new observations.

    An observation known already changes nothing. What was obligated keeps its room in limits, pots and legs
    of splits; what is owed now less is returned, set off or kept, as the clause says.

    Parameters
    ----------
    program : Program
        Compiled terms.
    state : State
        From the last step; ``State()`` at first.
    *events : Observation
        What was observed, in the order of the log.
    as_of, overlays
        As for ``pay``.
    trace : bool
        Whether to list every operation.
    frozen : Mapping of LegName to int [minor units]
        What would be paid on findings that are disputed, and so are not among the observations: it is kept
        back in limits, pots and legs, and granted to nobody.

    Raises
    ------
    ResultsInvalid, OutsideDomain
        When an observation does not fit the terms; nothing is changed then.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> first = step(program, State(), Observation(metric="nights", value=12457, id="q1"), as_of=None)
    >>> first.entitlements[0].due
    18834984
    >>> more = Observation(metric="nights", value=100, id="q2")
    >>> step(program, first.state, more, as_of=None).entitlements[0].legs
    (('city', 'home', 151200),)
    """
    observed = _heard(state.observed, events)
    table = lay_out(program, observed, as_of=as_of, in_order=True, overlays=overlays)
    clauses = {clause.id: clause for clause in program.clauses}
    names = _names(program, table, clauses)
    before = before_of(program, clauses, names, state.obligated, state.legs, frozen)
    outturn, record = _carry_out(program, table, overlays, before, (names, state), trace=trace)
    obligated, legs = dict(state.obligated), dict(state.legs)
    owed = _owed(clauses, names, state, outturn)
    rows, workings = [], _workings(program, table, record, overlays)
    for key, parts in zip(owed, legs_of(list(owed.values())), strict=True):
        obligated[names[key]] = obligated.get(names[key], 0) + owed[key].due
        for leg, part in parts.items():
            legs[*names[key], *leg] = legs.get((*names[key], *leg), 0) + part
        told = _trace(workings, key, names[key][2]) if trace else ()
        rows.append(_entitlement(names[key], outturn.keys[key], owed[key].due, told, parts))
    state = State(observed=observed, obligated=obligated, legs=legs)
    return Step(state=state, entitlements=tuple(rows), outturn=outturn)


def _carry_out(
    program: Program,
    table: Table,
    overlays: Sequence[Program],
    before: Before,
    known: tuple[Mapping[Key, KeyName], State],
    *,
    trace: bool,
) -> tuple[Outturn, list[Traced]]:
    """Carry out terms until what is returned now makes room, and what is set off is taken up."""
    names, state = known
    clauses = {clause.id: clause for clause in program.clauses}
    outturn, record = in_full(program, table, overlays, before, trace=trace)
    returned = _returned(clauses, outturn, before.amounts)
    if returned:
        before = replace(before, amounts=dict(before.amounts) | returned, legs=less(before, returned))
        outturn, record = in_full(program, table, overlays, before, trace=trace)
    over = _over(clauses, outturn, names, state.obligated)
    if over:
        before = replace(before, over=over)
        outturn, record = in_full(program, table, overlays, before, trace=trace)
    return outturn, record


def _owed(
    clauses: Mapping[str, ClausePlan], names: Mapping[Key, KeyName], state: State, outturn: Outturn
) -> dict[Key, Owed]:
    """Say what is due of each key that is known."""
    overpaid = _overpaid(clauses, outturn, names, state.obligated)
    known = _grouped((name[:3], name[3:], amount) for name, amount in state.legs.items())
    moved = _grouped((leg[0], leg[1:], amount) for leg, amount in outturn.legs.items())
    owed: dict[Key, Owed] = {}
    for key, kept in outturn.keys.items():
        if kept.earned is None:
            continue
        pair = between(clauses[key[0]], names[key])
        change = kept.entitled - state.obligated.get(names[key], 0)
        due = _due(clauses[key[0]], change, pair, overpaid)
        was, now = known.get(names[key], {}), moved.get(key, {})
        owed[key] = Owed(due=due, before=was, now=now, between=pair)
    return owed


def _heard(known: tuple[Observation, ...], events: Iterable[Observation]) -> tuple[Observation, ...]:
    """Add observations to a log; one that stands there with its id and values is not heard again."""
    listed, before = list(known), set(known)
    for event in events:
        if not event.id or event not in before:
            listed.append(event)
            before.add(event)
    return tuple(listed)


def _grouped(rows: Iterable[tuple[Head, Pair, int]]) -> dict[Head, Parts]:
    """Gather amounts of legs by key."""
    groups: dict[Head, Parts] = {}
    for head, pair, amount in rows:
        groups.setdefault(head, {})[pair] = amount
    return groups


def _entitlement(
    name: KeyName, kept: KeyOutcome, due: int, trace: tuple[TraceRow, ...], parts: Parts
) -> Entitlement:
    return Entitlement(
        clause=name[0],
        period=name[1],
        members=name[2],
        earned=kept.earned,
        entitled=kept.entitled,
        due=due,
        cuts=tuple((limit, cut) for limit, cut in kept.cuts.items() if cut),
        trace=trace,
        legs=tuple((*pair, part) for pair, part in parts.items()),
    )


def _returned(
    clauses: Mapping[str, ClausePlan], outturn: Outturn, prior: Mapping[Key, int]
) -> dict[Key, int]:
    """Say how much less keys need to keep of their room, because the rest is returned now."""
    back = {name for name, clause in clauses.items() if clause.two_way or clause.on_decrease == "recover"}
    kept = {key: outturn.keys[key] for key in prior if key[0] in back}
    return {
        key: max(0, one.entitled)
        for key, one in kept.items()
        if one.earned is not None and one.entitled < prior[key] and prior[key] > 0
    }


def _overpaid(
    clauses: Mapping[str, ClausePlan],
    outturn: Outturn,
    names: Mapping[Key, KeyName],
    paid: Mapping[KeyName, int],
) -> dict[Between, int]:
    """Sum, by payer and payee, what was paid beyond what is owed now and is to be set off."""
    return {pair: sum(rows.values()) for pair, rows in _over(clauses, outturn, names, paid).items()}


def _over(
    clauses: Mapping[str, ClausePlan],
    outturn: Outturn,
    names: Mapping[Key, KeyName],
    paid: Mapping[KeyName, int],
) -> dict[Between, dict[Key, int]]:
    """Say what keys were paid beyond what is owed now and is to be set off, by payer and payee."""
    pools: dict[Between, dict[Key, int]] = {}
    for key, kept in outturn.keys.items():
        clause = clauses[key[0]]
        over = paid.get(names[key], 0) - kept.entitled
        sets_off = clause.on_decrease == "offset" and not clause.two_way and kept.earned is not None
        if over > 0 and sets_off:
            pools.setdefault(between(clause, names[key]), {})[key] = over
    return pools


def _due(clause: ClausePlan, change: int, pair: Between, overpaid: dict[Between, int]) -> int:
    """Return what moves now: a decrease moves only where it is recovered or paid both ways."""
    if change < 0:
        return change if clause.two_way or clause.on_decrease == "recover" else 0
    offset = min(change, overpaid.get(pair, 0))
    if offset:
        overpaid[pair] -= offset
    return change - offset


def _names(program: Program, table: Table, clauses: Mapping[str, ClausePlan]) -> dict[Key, KeyName]:
    names: dict[Key, KeyName] = {}
    for clause in clauses.values():
        spans = range(len(program.periods)) if clause.basis == "period" else (WHOLE,)
        for place, combo in enumerate(table.combinations(clause.each)):
            for span in spans:
                period = WHOLE_TERM if span == WHOLE else program.periods[span][0]
                names[clause.id, span, place] = (clause.id, period, combo)
    return names


def _workings(
    program: Program, table: Table, record: Sequence[Traced], overlays: Sequence[Program]
) -> list[Workings]:
    """Gather what was carried out by the terms that carried it out: of each period, or one for all."""
    if not overlays:
        return [Workings(program, table, record)]
    made: dict[int, Workings] = {}
    for use in overlays:
        if id(use) not in made:
            made[id(use)] = Workings(use, table, [row for row in record if overlays[row.period] is use])
    return [made[id(use)] for use in overlays]


def _trace(workings: Sequence[Workings], key: Key, members: tuple[str, ...]) -> tuple[TraceRow, ...]:
    """List the operations behind a key under the terms by which it was last computed."""
    knowing = [one for one in workings if any(clause.id == key[0] for clause in one.program.clauses)]
    one = workings[key[1]] if key[1] != WHOLE and len(workings) > 1 else (knowing or workings)[-1]
    clause = next((clause for clause in one.program.clauses if clause.id == key[0]), None)
    if not one.record or clause is None:
        return ()
    program = one.program
    span = key[1] if key[1] != WHOLE else clause.at if clause.at >= 0 else len(program.periods) - 1
    return tuple(
        TraceRow(
            path=program.nodes[row.node].path,
            op=program.nodes[row.node].op,
            inputs=tuple(
                shown(program, arg, cell)
                for arg, cell in zip(program.nodes[row.node].args, row.inputs, strict=False)
            ),
            value=shown(program, row.node, row.value),
        )
        for row in one.behind(clause, members, span)
    )


def shown(program: Program, node: int, cell: Cell) -> str:
    """Write a value with its unit.

    Parameters
    ----------
    program : Program
        Compiled terms.
    node : int [node number]
        Whose value it is.
    cell : Cell
        Counts, a truth, or None while pending.
    """
    kind = program.nodes[node].type
    if cell is None:
        return "not determined"
    if isinstance(kind, Quantity):
        return f"{decimal_text(int(cell), kind.digits)} {kind.unit}" + (
            f" per {kind.per}" if kind.per else ""
        )
    return "holds" if cell else "does not hold"


def replay(program: Program, events: Iterable[Observation], *, as_of: date | None = None) -> Step:
    """Apply observations one after the other, from the beginning.

    Parameters
    ----------
    program : Program
        Compiled terms.
    events : iterable of Observation
        In the order of the log.
    as_of : date
        The day on which waiting times are judged; without it all have passed.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> replay(program, [Observation(metric="nights", value=100)]).entitlements[0].entitled
    151200
    """
    last = Step(state=State(), entitlements=(), outturn=Outturn(program, lay_out(program, ())))
    for event in events:
        last = step(program, last.state, event, as_of=as_of)
    return last
