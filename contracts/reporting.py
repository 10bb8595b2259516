"""What came of a case, as plain rows: payments, money moved, figures, accounts, expectations.

The problem: a terminal, a JSON answer and a page show the same figures. They are read from an outturn once,
as decimal text, with units and members beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..finance.errors import AlmonerError
from .casebook import PENDING, judge, read_figure
from .terms.outputs import Output, write_output
from .terms.program import ClausePlan
from .terms.results import Case, Expected
from .terms.running.cells import Cells
from .terms.running.engine import KeyOutcome, Outturn
from .terms.running.rooms import WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """What one clause paid for one period and one combination of members.

    Attributes
    ----------
    clause, title, period, unit : str
        Which, and in what; ``term`` for what is not by period.
    members : tuple of str
        In the order of the clause's sets.
    earned : str or None
        Decimal text; None while pending.
    cuts : dict of str to str
        What each limit took.
    paid : str
        What flowed.
    by_period : dict of str to str
        For what is not by period, in several periods: what flowed in each.
    """

    clause: str
    title: str
    period: str
    unit: str
    members: tuple[str, ...]
    earned: str | None
    cuts: dict[str, str]
    paid: str
    by_period: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A figure or the balance of an account at the end.

    Attributes
    ----------
    name, title, period, unit : str
        Which; the last period in which it is known.
    members : tuple of str
        In the order of its sets.
    value : str or None
        Decimal text, ``true``, ``false``; None while pending.
    """

    name: str
    title: str
    period: str
    unit: str
    members: tuple[str, ...]
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRow:
    """Money from one party to another over the term.

    Attributes
    ----------
    payer, payee, unit, amount : str
        Pots stand under their own names.
    """

    payer: str
    payee: str
    unit: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldExpectation:
    """One expectation and what came out.

    Attributes
    ----------
    expected : Expected
        As the results document states it.
    computed : str
        What came out; empty while it is pending or unknown.
    holds : bool
        Whether it is as expected.
    reason : str
        Why it does not hold, or the note of the expectation.
    """

    expected: Expected
    computed: str
    holds: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """All that came of one case."""

    case: str
    note: str
    payments: tuple[PaymentRow, ...]
    moved: tuple[MovedRow, ...]
    figures: tuple[FigureRow, ...]
    accounts: tuple[FigureRow, ...]
    expectations: tuple[HeldExpectation, ...]

    @property
    def holds(self) -> bool:
        """Whether every expectation holds."""
        return all(one.holds for one in self.expectations)


def report(outturn: Outturn, case: Case) -> CaseReport:
    """Report what came of a case.

    Parameters
    ----------
    outturn : Outturn
        From ``pay`` on its rows.
    case : Case
        For its name and its expectations.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> from almoner.contracts.terms.observing import read_case
    >>> from almoner.contracts.terms.pay import pay
    >>> from almoner.contracts.terms.results import EXAMPLE as RESULTS, ResultsDocument
    >>> program, case = compile_terms(TermDocument.read(EXAMPLE)), ResultsDocument.read(RESULTS).cases[0]
    >>> told = report(pay(program, read_case(program, case)), case)
    >>> told.payments[0].paid, told.moved[0].amount, told.holds
    ('188349.84', '188349.84', True)
    """
    return CaseReport(
        case=case.id,
        note=case.note,
        payments=tuple(_payments(outturn)),
        moved=tuple(_moved(outturn)),
        figures=tuple(_figures(outturn)),
        accounts=tuple(_accounts(outturn)),
        expectations=tuple(_compared(outturn, one) for one in case.expect),
    )


def _payments(outturn: Outturn) -> Iterator[PaymentRow]:
    clauses = {clause.id: clause for clause in outturn.program.clauses}
    for (name, span, place), kept in outturn.keys.items():
        yield _payment(outturn, clauses[name], span, place, kept)


def _payment(outturn: Outturn, clause: ClausePlan, span: int, place: int, kept: KeyOutcome) -> PaymentRow:
    names = [name for name, _ in outturn.program.periods]
    flowed = {name: row[place] for name, row in zip(names, outturn.paid.get(clause.id, ()), strict=False)}
    is_spread = span == WHOLE and len(names) > 1
    return PaymentRow(
        clause=clause.id,
        title=clause.title,
        period="term" if span == WHOLE else names[span],
        unit=clause.unit.unit,
        members=outturn.table.combinations(clause.each)[place],
        earned=write_output(clause.unit, kept.earned),
        cuts={limit: write_output(clause.unit, cut) or "" for limit, cut in kept.cuts.items() if cut},
        paid=write_output(clause.unit, sum(flowed.values()) if span == WHOLE else flowed[names[span]]) or "",
        by_period={
            name: write_output(clause.unit, cell) or "" for name, cell in flowed.items() if is_spread and cell
        },
    )


def _moved(outturn: Outturn) -> Iterator[MovedRow]:
    units = {clause.id: clause.unit for clause in outturn.program.clauses}
    units |= {f"residual:{account.id}": account.unit for account in outturn.program.accounts}
    totals: dict[tuple[str, str, str], int] = {}
    for (name, payer, payee, _), cell in outturn.flows.items():
        key = (payer, payee, str(units[name]))
        totals[key] = totals.get(key, 0) + cell
    kinds = {str(kind): kind for kind in units.values()}
    for (payer, payee, kind), cell in totals.items():
        yield MovedRow(
            payer=payer, payee=payee, unit=kinds[kind].unit, amount=write_output(kinds[kind], cell) or ""
        )


def _figures(outturn: Outturn) -> Iterator[FigureRow]:
    program = outturn.program
    for figure in program.figures:
        node = program.nodes[figure.node]
        rows = outturn.figures.get(figure.id, [])
        for place, combo in enumerate(outturn.table.combinations(node.dims)):
            period, value = _last_known(rows, place)
            yield FigureRow(
                name=figure.id,
                title=figure.title,
                period=program.periods[period][0],
                unit=getattr(node.type, "unit", ""),
                members=combo,
                value=write_output(node.type, value),
            )


def _last_known(rows: list[Cells], place: int) -> tuple[int, int | bool | None]:
    known = [(period, row[place]) for period, row in enumerate(rows) if row[place] is not None]
    return known[-1] if known else (max(len(rows) - 1, 0), None)


def _accounts(outturn: Outturn) -> Iterator[FigureRow]:
    for account in outturn.program.accounts:
        last = outturn.balances[account.id][-1]
        for place, combo in enumerate(outturn.table.combinations(account.each)):
            yield FigureRow(
                name=account.id,
                title=account.title,
                period=outturn.program.periods[-1][0],
                unit=account.unit.unit,
                members=combo,
                value=write_output(account.unit, last[place]),
            )


def _compared(outturn: Outturn, expected: Expected) -> HeldExpectation:
    try:
        value = read_figure(outturn, Output(expected.output, tuple(expected.of.items()), expected.period))
        answer = ("", PENDING) if value is None else (value, "")
    except AlmonerError as error:
        answer = ("", error.message)
    holds, reason = judge(expected, answer, answer)
    return HeldExpectation(expected=expected, computed=answer[0], holds=holds, reason=reason)
