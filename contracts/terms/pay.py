"""Reading 1, ``pay``: what is owed, exactly, and why.

The problem: payments are computed once and corrected by hand. Here what is due is the difference between
what all observations so far entitle to and what has been obligated already, so interim payments, late
results, corrections and retries all follow from one rule. Numbers are exact integers; every rounding is the
one named in the terms; a trace lists each operation with its inputs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ...finance.money import decimal_text
from .document import WHOLE_TERM
from .observing import Observation, lay_out
from .program import ClausePlan, Program
from .running.arithmetic import WHOLE_NUMBERS
from .running.cells import Cell, Table
from .running.engine import KeyOutcome, Outturn, carry_out
from .running.evaluation import Traced
from .running.overlays import carry_out_amended
from .running.rooms import WHOLE, Key
from .types import Quantity

KeyName = tuple[str, str, tuple[str, ...]]


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
    return _carried_out(program, table, overlays, record=record)


def _carried_out(
    program: Program,
    table: Table,
    overlays: Sequence[Program],
    *,
    prior: Mapping[Key, int] | None = None,
    record: list[Traced] | None = None,
) -> Outturn:
    if overlays:
        return carry_out_amended(program, overlays, WHOLE_NUMBERS, table, prior=prior, record=record)
    return carry_out(program, WHOLE_NUMBERS, table, prior=prior, record=record)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a program remembers: all observations in order, and what was obligated per key."""

    observed: tuple[Observation, ...] = ()
    obligated: Mapping[KeyName, int] = field(default_factory=dict)


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
    """

    clause: str
    period: str
    members: tuple[str, ...] = ()
    earned: int
    entitled: int
    due: int
    cuts: tuple[tuple[str, int], ...]
    trace: tuple[TraceRow, ...] = ()


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
) -> Step:
    """Apply new observations.

    An observation whose id and values are known already changes nothing. What was obligated keeps its room
    under limits; what is owed now less is returned, set off or kept, as the clause says.

    Parameters
    ----------
    program : Program
        Compiled terms.
    state : State
        From the last step; ``State()`` at first.
    *events : Observation
        What was observed, in the order of the log.
    as_of : date
        The day on which waiting times are judged; without it all have passed.
    trace : bool
        Whether to list every operation.
    overlays : sequence of Program
        Terms of each period, where they were amended.

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
    >>> step(program, first.state, more, as_of=None).entitlements[0].due
    151200
    """
    observed = _heard(state.observed, events)
    table = lay_out(program, observed, as_of=as_of, in_order=True, overlays=overlays)
    clauses = {clause.id: clause for clause in program.clauses}
    names = _names(program, table, clauses)
    prior = {key: state.obligated[name] for key, name in names.items() if state.obligated.get(name)}
    record: list[Traced] | None = [] if trace else None
    outturn = _carried_out(program, table, overlays, prior=prior, record=record)
    returned = _returned(clauses, outturn, prior)
    if returned:
        record = [] if trace else None
        outturn = _carried_out(program, table, overlays, prior=prior | returned, record=record)
    obligated = dict(state.obligated)
    overpaid = _overpaid(clauses, outturn, names, obligated)
    rows = []
    for key, kept in outturn.keys.items():
        if kept.earned is None:
            continue
        before = obligated.get(names[key], 0)
        due = _due(clauses[key[0]], kept.entitled - before, overpaid)
        obligated[names[key]] = before + due
        trace_rows = _explained(program, clauses[key[0]], key, record or [], overlays)
        rows.append(_entitlement(names[key], kept, due, trace_rows))
    after = State(observed=observed, obligated=obligated)
    return Step(state=after, entitlements=tuple(rows), outturn=outturn)


def _heard(known: tuple[Observation, ...], events: Iterable[Observation]) -> tuple[Observation, ...]:
    """Add observations to a log; one that stands there with its id and values is not heard again."""
    listed, before = list(known), set(known)
    for event in events:
        if not event.id or event not in before:
            listed.append(event)
            before.add(event)
    return tuple(listed)


def _entitlement(name: KeyName, kept: KeyOutcome, due: int, trace: tuple[TraceRow, ...]) -> Entitlement:
    return Entitlement(
        clause=name[0],
        period=name[1],
        members=name[2],
        earned=kept.earned,
        entitled=kept.entitled,
        due=due,
        cuts=tuple((limit, cut) for limit, cut in kept.cuts.items() if cut),
        trace=trace,
    )


def _returned(
    clauses: Mapping[str, ClausePlan], outturn: Outturn, prior: Mapping[Key, int]
) -> dict[Key, int]:
    """Say how much less keys need to keep of their room, because the rest is returned now."""
    kept = {key: outturn.keys[key] for key in prior if clauses[key[0]].on_decrease == "recover"}
    return {
        key: max(0, one.entitled)
        for key, one in kept.items()
        if one.earned is not None and one.entitled < prior[key]
    }


def _overpaid(
    clauses: Mapping[str, ClausePlan],
    outturn: Outturn,
    names: Mapping[Key, KeyName],
    paid: Mapping[KeyName, int],
) -> dict[tuple[str, str], int]:
    """Sum, by payer and payee, what was paid beyond what is owed now and is to be set off."""
    pools: dict[tuple[str, str], int] = {}
    for key, kept in outturn.keys.items():
        clause = clauses[key[0]]
        over = paid.get(names[key], 0) - kept.entitled
        sets_off = clause.on_decrease == "offset" and not clause.two_way and kept.earned is not None
        if over > 0 and sets_off:
            pair = (clause.payer, clause.payee)
            pools[pair] = pools.get(pair, 0) + over
    return pools


def _due(clause: ClausePlan, change: int, overpaid: dict[tuple[str, str], int]) -> int:
    """Return what moves now: a decrease moves only where it is recovered or paid both ways."""
    if change < 0:
        return change if clause.two_way or clause.on_decrease == "recover" else 0
    pair = (clause.payer, clause.payee)
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


def _explained(
    program: Program, clause: ClausePlan, key: Key, record: Sequence[Traced], overlays: Sequence[Program]
) -> tuple[TraceRow, ...]:
    """List the operations behind a key under the terms by which it was last computed."""
    if not overlays:
        return _trace(program, clause.id, key, record)
    knowing = [one for one in overlays if any(clause.id == known.id for known in one.clauses)]
    latest = overlays[key[1]] if key[1] != WHOLE else (knowing or [program])[-1]
    return _trace(latest, clause.id, key, [row for row in record if overlays[row.period] is latest])


def _trace(program: Program, name: str, key: Key, record: Sequence[Traced]) -> tuple[TraceRow, ...]:
    """List the operations behind a key: those its amount needs, in its period, or the last one known."""
    clause = next((one for one in program.clauses if one.id == name), None)
    if not record or clause is None:
        return ()
    needed, stack = {clause.amount}, [clause.amount]
    while stack:
        fresh = [arg for arg in program.nodes[stack.pop()].args if arg not in needed]
        needed.update(fresh)
        stack += fresh
    span = key[1] if key[1] != WHOLE else clause.at if clause.at >= 0 else len(program.periods) - 1
    chosen: dict[tuple[int, int], Traced] = {}
    for row in record:
        if row.node in needed and row.period <= span:
            chosen[row.node, row.combination] = row
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
        for _, row in sorted(chosen.items())
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
