"""Outcomes of terms for other terms: their types, whether they are settled, and their bounds.

The problem: what one agreement pays is what another one observes. It may be passed on only when it is known
to the last cent: a sum over clauses of which one still waits is no outcome yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from ...finance.errors import Missing
from .outputs import TOTALS, Output, read_output
from .program import ClausePlan, Program
from .running.cells import Cell
from .running.engine import Outturn
from .running.evaluation import Traced
from .running.ranges import Interval, hull, pair
from .running.rooms import WHOLE
from .types import Type

PARTS = (".earned", ".cut")


def outcome_type(program: Program, name: str) -> Type:
    """Return the type of an outcome that other terms may observe.

    Parameters
    ----------
    program : Program
        Compiled terms.
    name : str
        A metric, figure, clause, account or total.

    Raises
    ------
    Missing
        When the terms have no such outcome, or it has several units.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> str(outcome_type(program, "paid")), str(outcome_type(program, "nights"))
    ('USD/2', 'USD/2')
    """
    kind, _, rest = name.partition(":")
    for figure in program.figures:
        if figure.id == name:
            return program.nodes[figure.node].type
    for account in program.accounts:
        if kind == "account" and account.id == rest:
            return account.unit
    clauses = clauses_of(program, name)
    if clauses:
        units = {clause.unit for clause in clauses}
        if len(units) > 1:
            told = ", ".join(sorted(str(unit) for unit in units))
            raise Missing(f"{name} is in several units ({told}): name one.", what="output", code=name)
        return units.pop()
    if name in program.metrics:
        return program.metrics[name].type
    named = [one.id for one in program.clauses] + [one.id for one in program.figures]
    known = ", ".join((*TOTALS, *named, *program.metrics))
    raise Missing(f"There is no outcome {name!r}. There are: {known}.", what="output", code=name)


def clauses_of(program: Program, name: str) -> tuple[ClausePlan, ...]:
    """Return the clauses that make up an outcome; none for a figure, an account or a metric."""
    kind, _, rest = name.partition(":")
    paying = tuple(clause for clause in program.clauses if clause.basis != "note")
    pots = {account.id for account in program.accounts if account.pot}
    if kind in TOTALS:
        return tuple(one for one in paying if one.payer not in pots and rest in {"", one.unit.unit})
    if kind in {"from", "to", "net"} and rest in program.parties:
        sides = {"from": ("payer",), "to": ("payee",), "net": ("payer", "payee")}[kind]
        return tuple(one for one in paying if any(_names(program, one, side, rest) for side in sides))
    plain = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
    return tuple(one for one in program.clauses if one.id == plain)


def _names(program: Program, clause: ClausePlan, side: str, party: str) -> bool:
    """Say whether a party stands on a side of a clause, itself or as leg or member; on both if two-way."""
    sides = ("payer", "payee") if clause.two_way else (side,)
    for one in sides:
        end = getattr(clause, one)
        legs = program.splits[end].legs if end in program.splits else ()
        members = program.sets.get(end, ()) if end in clause.each else ()
        if end == party or party in {leg.party for leg in legs} or party in members:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Settled:
    """An outturn, with the operations that tell which clauses still wait.

    Attributes
    ----------
    overlays : tuple of Program
        Terms of each period, where they were amended.
    """

    outturn: Outturn
    record: Sequence[Traced]
    overlays: tuple[Program, ...] = ()

    def value(self, output: Output) -> Cell:
        """Return an outcome; None while any clause it depends on still waits.

        Raises
        ------
        Missing
            When the terms have no such outcome, member or period.
        """
        program = self.outturn.program
        outcome_type(program, output.name)
        clauses = clauses_of(program, output.name)
        names = [name for name, _ in program.periods]
        if output.period and output.period not in names:
            told = f"There is no period {output.period!r}: {', '.join(names)}."
            raise Missing(told, what="period", code=output.period)
        spans = [names.index(output.period)] if output.period else range(len(names))
        figures = {figure.id for figure in program.figures}
        if output.name not in figures and not clauses and output.name in program.metrics:
            return self._observed(output)
        if output.name not in figures and any(self._waits(clause, spans) for clause in clauses):
            return None
        return read_output(self.outturn, output)

    def _waits(self, clause: ClausePlan, spans: Iterable[int]) -> bool:
        for span in spans:
            program = self.overlays[span] if self.overlays else self.outturn.program
            now = next((one for one in program.clauses if one.id == clause.id), None)
            if now is None or now.basis == "note" or (now.basis == "once" and now.at != span):
                continue
            rows = [row for row in self.record if row.node == now.amount and row.period <= span]
            mine = [row for row in rows if not self.overlays or self.overlays[row.period] is program]
            latest = {row.combination: row.value for row in mine}
            if any(value is None for value in latest.values()):
                return True
            where = span if now.basis == "period" else WHOLE
            keys = [key for key in self.outturn.keys if key[0] == clause.id and key[1] == where]
            if any(self.outturn.keys[key].earned is None for key in keys):
                return True
        return False

    def _observed(self, output: Output) -> Cell:
        measure = self.outturn.program.metrics[output.name]
        rows = self.outturn.table.cells[output.name]
        names = [name for name, _ in self.outturn.program.periods]
        if measure.by_period and not output.period:
            told = f"{output.name} has a value for each period: observe it per period."
            raise Missing(told, what="output", code=output.name)
        wanted = dict(output.of)
        combos = self.outturn.table.combinations(measure.dims)
        combo = tuple(wanted.get(dim, "") for dim in measure.dims)
        if combo not in combos or set(wanted) - set(measure.dims):
            told = f"{output.name} is per {', '.join(measure.dims)}: say for which member."
            raise Missing(told, what="member", code=output.name)
        return rows[names.index(output.period) if measure.by_period else 0][combos.index(combo)]


def outcome_bounds(
    outturn: Outturn, name: str, maxima: Mapping[str, int], period: int | None
) -> Interval | None:
    """Return the least and the most an outcome can be; None where nothing better than its domain is known.

    Parameters
    ----------
    outturn : Outturn
        Carried out on whole domains.
    name : str
        The outcome.
    maxima : Mapping of str to int [minor units]
        The proven maximum of what is paid, by unit.
    period : int [period number] or None
        In one period; without, over the term, or for a figure in any period.
    """
    program = outturn.program
    if name in outturn.figures:
        rows = outturn.figures[name] if period is None else [outturn.figures[name][period]]
        return hull([cell for row in rows for cell in row])
    kind, _, rest = name.partition(":")
    if kind == "account":
        row = outturn.balances[rest][-1 if period is None else period]
        return hull(row) if row and None not in row else None
    clauses = clauses_of(program, name)
    one_way = all(not one.two_way and one.on_decrease != "recover" for one in clauses)
    if not clauses and name in program.metrics:
        return program.metrics[name].low, program.metrics[name].high
    if kind not in {"paid", *(one.id for one in clauses)} or any(
        outturn.table.multiplicity(one.each) for one in clauses
    ):
        return None
    spans = range(len(program.periods)) if period is None else [period]
    cells = [cell for one in clauses for span in spans for cell in outturn.paid[one.id][span]]
    low, high = reduce(lambda left, right: (left[0] + right[0], left[1] + right[1]), map(pair, cells), (0, 0))
    unit = clauses[0].unit.unit
    return (max(0, low), min(high, maxima.get(unit, high))) if one_way else (low, high)
