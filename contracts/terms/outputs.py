"""Outputs: any figure that comes of terms, by its name.

The problem: a casebook, a report and a forecast ask for "what the second payer paid in year 3". One name
means one number, whether it is read from an exact payment or from a column of a million paths.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import add

from ...finance.errors import Missing
from ...finance.money import decimal_text
from .program import ClausePlan, Program
from .running.cells import Cell, Cells
from .running.engine import Outturn
from .running.rooms import WHOLE
from .types import BARE, Quantity, Type

TOTALS = ("earned", "paid", "lost_to_cap")


@dataclass(frozen=True, slots=True)
class Output:
    """The name of one figure.

    Attributes
    ----------
    name : str
        ``paid``, ``earned``, ``lost_to_cap`` (with ``:UNIT`` where there are several), a clause,
        ``CLAUSE.earned``, ``CLAUSE.cut``, ``from:PARTY``, ``to:PARTY``, ``net:PARTY``, ``limit:NAME``,
        ``account:NAME``, a figure.
    of : tuple of (str, str)
        Member by set; without, all.
    period : str
        Which; without, the whole term, or for figures and accounts the last known.
    """

    name: str
    of: tuple[tuple[str, str], ...] = ()
    period: str = ""


def read_output(outturn: Outturn, output: Output) -> Cell:  # noqa: PLR0911  # one return for each kind of name
    """Return a figure as counts of its type; None while it is pending.

    Parameters
    ----------
    outturn : Outturn
        Of any reading.
    output : Output
        Which figure.

    Raises
    ------
    Missing
        When the terms know no such output, member or period.

    Examples
    --------
    >>> from almoner.contracts.terms.observing import Observation
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> from almoner.contracts.terms.pay import pay
    >>> outturn = pay(compile_terms(TermDocument.read(EXAMPLE)), [Observation(metric="nights", value=100)])
    >>> read_output(outturn, Output("paid")), read_output(outturn, Output("from:city"))
    (151200, 151200)
    >>> read_output(outturn, Output("from:town"))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.Missing: There is no party 'town': city, home, lab.
    """
    program = outturn.program
    period = _period(program, output)
    kind, _, rest = output.name.partition(":")
    if kind in TOTALS and (not rest or rest in {clause.unit.unit for clause in program.clauses}):
        return _total(outturn, kind, rest, period)
    if kind in {"from", "to", "net"} and rest:
        return _moved(outturn, kind, rest, period)
    if kind == "limit" and any(limit.id == rest for limit in program.limits):
        return _sum(
            kept.cuts[rest]
            for (_, span, _), kept in outturn.keys.items()
            if rest in kept.cuts and period in {None, span}
        )
    if kind == "residual" and rest in outturn.balances:
        return _sum(cell for (name, *_), cell in outturn.flows.items() if name == output.name)
    if kind == "account" and rest in outturn.balances:
        dims = next(account.each for account in program.accounts if account.id == rest)
        return _at(outturn, output, dims, outturn.balances[rest][-1 if period is None else period])
    if output.name in outturn.figures:
        return _figure(outturn, output, period)
    name, _, part = (
        output.name.rpartition(".") if output.name.endswith((".earned", ".cut")) else (output.name, "", "")
    )
    clause = next((one for one in program.clauses if one.id == name), None)
    if clause is None:
        raise _unknown(program, output.name)
    return _clause(outturn, clause, part, output, period)


def _period(program: Program, output: Output) -> int | None:
    if not output.period:
        return None
    names = [name for name, _ in program.periods]
    if output.period not in names:
        told = f"There is no period {output.period!r}: {', '.join(names)}."
        raise Missing(told, what="period", code=output.period)
    return names.index(output.period)


def _sum(cells: Iterable[Cell]) -> Cell:
    known = [cell for cell in cells if cell is not None and not (type(cell) is int and cell == 0)]
    return reduce(add, known) if known else 0


def _places(outturn: Outturn, output: Output, dims: tuple[str, ...]) -> list[int]:
    """Return the combinations that an output asks for."""
    wanted = dict(output.of)
    for name, member in wanted.items():
        if name not in dims or member not in outturn.table.members[name]:
            raise Missing(f"{output.name} has no {name} {member!r}.", what="member", code=member)
    combos = outturn.table.combinations(dims)
    return [
        at
        for at, combo in enumerate(combos)
        if all(dict(zip(dims, combo, strict=True))[name] == member for name, member in wanted.items())
    ]


def _at(outturn: Outturn, output: Output, dims: tuple[str, ...], cells: Cells) -> Cell:
    places = _places(outturn, output, dims)
    if len(places) != 1:
        told = f"{output.name} has {len(places)} values: say for which {', '.join(dims)}."
        raise Missing(told, what="member", code=output.name)
    return cells[places[0]]


def _figure(outturn: Outturn, output: Output, period: int | None) -> Cell:
    plan = next(figure for figure in outturn.program.figures if figure.id == output.name)
    dims = outturn.program.nodes[plan.node].dims
    rows = outturn.figures[output.name]
    if period is not None:
        return _at(outturn, output, dims, rows[period])
    values = [_at(outturn, output, dims, row) for row in rows]
    return next((value for value in reversed(values) if value is not None), None)


def _clause(outturn: Outturn, clause: ClausePlan, part: str, output: Output, period: int | None) -> Cell:
    places = _places(outturn, output, clause.each)
    if not part:
        keys = outturn.listed.get(clause.id, ())
        known = clause.basis == "note" or any(
            outturn.keys[key].earned is not None
            for key in keys
            if key[2] in places and (period is None or key[1] in {period, WHOLE})
        )
        if not known and places:
            return None
        rows = outturn.paid[clause.id] if period is None else [outturn.paid[clause.id][period]]
        return _sum(row[at] for row in rows for at in places)
    kept = [
        outturn.keys[key]
        for key in outturn.listed.get(clause.id, ())
        if key[2] in places and (period is None or key[1] in {period, WHOLE})
    ]
    if part == "earned":
        known_parts = [one.earned for one in kept if one.earned is not None]
        return _sum(known_parts) if known_parts or not kept else None
    return _sum(cut for one in kept for cut in one.cuts.values())


def _total(outturn: Outturn, what: str, unit: str, period: int | None) -> Cell:
    """Sum over clauses that are not paid out of a pot."""
    pots = {account.id for account in outturn.program.accounts if account.pot}
    chosen = [
        clause
        for clause in outturn.program.clauses
        if clause.payer not in pots and clause.basis != "note" and unit in {"", clause.unit.unit}
    ]
    if len({clause.unit for clause in chosen}) > 1:
        told = f"The terms pay in several units: ask for {what}:UNIT."
        raise Missing(told, what="output", code=what)
    part = {"earned": "earned", "paid": "", "lost_to_cap": "cut"}[what]
    return _sum(_clause(outturn, clause, part, Output(what), period) for clause in chosen)


def _moved(outturn: Outturn, kind: str, rest: str, period: int | None) -> Cell:
    party, unit = _party_and_unit(outturn, rest)
    sides = {"from": (1,), "to": (2,), "net": (2, 1)}[kind]
    units = _flow_units(outturn.program)
    mine = [key for key in outturn.flows if party in key[1:3] and unit in {"", units[key[0]]}]
    if len({units[key[0]] for key in mine}) > 1:
        told = f"{party} pays or gets several units: ask for {kind}:{party}:UNIT."
        raise Missing(told, what="output", code=f"{kind}:{party}")
    sums = [
        _sum(outturn.flows[key] for key in mine if key[side] == party and period in {None, key[3]})
        for side in sides
    ]
    return sums[0] - sums[1] if kind == "net" else sums[0]


def _party_and_unit(outturn: Outturn, rest: str) -> tuple[str, str]:
    """Read ``PARTY`` or ``PARTY:UNIT``."""
    known = {*outturn.program.parties, *outturn.balances}.union(*outturn.table.members.values())
    party, _, unit = rest.rpartition(":")
    if rest in known:
        return rest, ""
    if party in known and unit in _flow_units(outturn.program).values():
        return party, unit
    told = f"There is no party {rest!r}: {', '.join(outturn.program.parties)}."
    raise Missing(told, what="party", code=rest)


def _flow_units(program: Program) -> dict[str, str]:
    """Return the unit of each clause, and of what each pot leaves."""
    left = {f"residual:{account.id}": account.unit.unit for account in program.accounts}
    return left | {clause.id: clause.unit.unit for clause in program.clauses}


def output_type(program: Program, output: Output) -> Type:
    """Return the type of a figure.

    Parameters
    ----------
    program : Program
        Compiled terms.
    output : Output
        Which figure.
    """
    name = output.name
    kind, _, rest = name.partition(":")
    figure = next((one for one in program.figures if one.id == name), None)
    if figure is not None:
        return program.nodes[figure.node].type
    if kind in {"account", "residual", "limit"}:
        return _kept(program, kind, rest)
    stem = name.removesuffix(".earned").removesuffix(".cut")
    unit = rest.rpartition(":")[2]
    found = (clause.unit for clause in program.clauses if clause.id == stem or clause.unit.unit == unit)
    paying = (clause.unit for clause in program.clauses if clause.basis != "note" and _moves(clause, rest))
    anything = (clause.unit for clause in program.clauses)
    return next(chain(found, paying, anything), BARE)


def _kept(program: Program, kind: str, name: str) -> Type:
    """Return the type of what an account holds or a limit cuts."""
    if kind == "limit":
        capped = {clause for limit in program.limits if limit.id == name for clause in limit.clauses}
        units = [clause.unit for clause in program.clauses if clause.id in capped]
    else:
        units = [account.unit for account in program.accounts if account.id == name]
    if not units:
        raise _unknown(program, f"{kind}:{name}")
    return units[0]


def _unknown(program: Program, name: str) -> Missing:
    """Make the refusal of a name that no output has."""
    known = [*TOTALS, *(clause.id for clause in program.clauses), *(figure.id for figure in program.figures)]
    known += [f"limit:{limit.id}" for limit in program.limits]
    known += [f"account:{account.id}" for account in program.accounts]
    listed = f"There is no output {name!r}. There are: {', '.join(known)}."
    return Missing(listed, what="output", code=name)


def _moves(clause: ClausePlan, party: str) -> bool:
    return not party or party in {clause.payer, clause.payee}


def write_output(kind: Type, cell: Cell) -> str | None:
    """Write a figure as text: a decimal, ``true`` or ``false``; None while it is pending.

    Examples
    --------
    >>> from almoner.contracts.terms.types import Truth
    >>> write_output(Quantity("USD", 2), 151200), write_output(Truth(), True)
    ('1512.00', 'true')
    """
    if cell is None:
        return None
    if isinstance(kind, Quantity):
        return decimal_text(int(cell), kind.digits)
    return "true" if cell else "false"
