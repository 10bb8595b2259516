"""The casebook: published deals, recomputed.

The problem: an engine that claims to pay real contracts must show it on figures that somebody else printed.
Each deal is a term document and a results document; here every expected figure is computed twice, by payment
and by simulation with a single path, and compared. Nothing here knows a deal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from ..finance.dates import parse_day
from ..finance.errors import AlmonerError, Missing
from .returns import annual_rate
from .terms.compiled import compile_terms
from .terms.document import TermDocument
from .terms.observing import lay_out, read_case
from .terms.outputs import Output, output_type, read_output, write_output
from .terms.pay import pay
from .terms.program import Program
from .terms.results import Case, Expected, ResultsDocument
from .terms.running.engine import Outturn
from .terms.simulate import run_table

ALL_DEALS = "all"
RESULTS = ".results.json"
RETURN = "irr:"
RETURN_DIGITS = 4
PENDING = "it is pending: something it rests on was not observed"
Answer = tuple[str, str]  # what came out, or else why nothing did


@dataclass(frozen=True, slots=True, kw_only=True)
class CasebookRow:
    """One expected figure of a published deal, recomputed.

    Attributes
    ----------
    deal, case : str
        Where it stands.
    label : str
        The output, with its member and period if it has any.
    computed : str
        Decimal text, ``true``, ``false``; empty when nothing came out.
    published, tolerance, basis, use : str
        As expected.
    match : bool
        Whether the figure came out as it should, in both ways; for ``refuse``: whether it did not come out.
    reason : str
        Why it does not match, or the note of the expectation.
    """

    deal: str
    case: str
    label: str
    computed: str
    published: str
    tolerance: str
    basis: str
    use: str
    match: bool
    reason: str


def list_deals(folder: Path | None = None) -> tuple[str, ...]:
    """Name the deals of the casebook, or of another folder of the same form.

    Examples
    --------
    >>> "denver-sib" in list_deals()
    True
    """
    found = (folder or shipped_folder()).glob(f"*{RESULTS}")
    return tuple(sorted(path.name.removesuffix(RESULTS) for path in found))


def read_terms(deal: str, folder: Path | None = None) -> TermDocument:
    """Read the terms of a deal.

    Examples
    --------
    >>> read_terms("denver-sib").title
    'Denver Supportive Housing Social Impact Bond'
    """
    return TermDocument.read(_content(deal, ".json", folder))


def read_results(deal: str, folder: Path | None = None) -> ResultsDocument:
    """Read the results of a deal.

    Examples
    --------
    >>> read_results("denver-sib").cases[0].expect[0].value
    '188349.84'
    """
    return ResultsDocument.read(_content(deal, RESULTS, folder))


def recompute(deal: str = ALL_DEALS, folder: Path | None = None) -> tuple[CasebookRow, ...]:
    """Compute every expected figure of one deal, or of all, by payment and by simulation, and compare.

    Examples
    --------
    >>> row = recompute("denver-sib")[0]
    >>> row.case, row.label, row.computed, row.published, row.match
    ('housing_first', 'housing', '188349.84', '188349.84', True)
    """
    deals = list_deals(folder) if deal == ALL_DEALS else (deal,)
    return tuple(row for one in deals for row in _rows(one, folder))


def shipped_folder() -> Path:
    """Find the casebook: beside the installed floors, or among the examples of a checkout.

    Examples
    --------
    >>> (shipped_folder() / "denver-sib.json").is_file()
    True
    """
    home = Path(__file__).resolve().parents[1]
    shipped = home / "casebook"
    return shipped if shipped.is_dir() else home / "examples" / "casebook"


def _content(deal: str, ending: str, folder: Path | None) -> bytes:
    known = list_deals(folder)
    if deal not in known:
        raise Missing(
            f"The casebook has no deal {deal!r}. It has: {', '.join(known)}.", what="deal", code=deal
        )
    return ((folder or shipped_folder()) / f"{deal}{ending}").read_bytes()


def _rows(deal: str, folder: Path | None) -> Iterator[CasebookRow]:
    program = compile_terms(read_terms(deal, folder))
    for case in read_results(deal, folder).cases:
        paid, simulated = (_answers(way, program, case) for way in (_by_payment, _by_simulation))
        for expected, one, other in zip(case.expect, paid, simulated, strict=True):
            yield _compared(deal, case.id, expected, one, other)


def _by_payment(program: Program, case: Case) -> Outturn:
    return pay(program, read_case(program, case), members=case.members, as_of=_day(case))


def _by_simulation(program: Program, case: Case) -> Outturn:
    rows = read_case(program, case)
    return run_table(program, lay_out(program, rows, members=case.members, as_of=_day(case)))


def _day(case: Case) -> date | None:
    return parse_day(case.as_of) if case.as_of else None


def _answers(way: Callable[[Program, Case], Outturn], program: Program, case: Case) -> list[Answer]:
    """Compute every expected figure of a case in one way."""
    try:
        outturn = way(program, case)
        return [_answer(outturn, expected) for expected in case.expect]
    except AlmonerError as error:
        return [("", error.message) for _ in case.expect]


def _answer(outturn: Outturn, expected: Expected) -> Answer:
    value = read_figure(outturn, Output(expected.output, tuple(expected.of.items()), expected.period))
    return ("", PENDING) if value is None else (value, "")


def read_figure(outturn: Outturn, output: Output) -> str | None:
    """Return any figure as text, ``irr:PARTY`` too; None while it is pending.

    Parameters
    ----------
    outturn : Outturn
        Of one path.
    output : Output
        Which figure.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> from almoner.contracts.terms.observing import Observation
    >>> outturn = pay(compile_terms(TermDocument.read(EXAMPLE)), [Observation(metric="nights", value=100)])
    >>> read_figure(outturn, Output("paid"))
    '1512.00'
    """
    if output.name.startswith(RETURN):
        return _annual_return(outturn, output.name.removeprefix(RETURN))
    return write_output(output_type(outturn.program, output), _number(outturn, output))


def _number(outturn: Outturn, output: Output) -> int | bool | None:
    """Return a figure as a plain number, from an exact payment or from a single path."""
    cell = read_output(outturn, output)
    return None if cell is None else np.asarray(cell).item()


def _annual_return(outturn: Outturn, party: str) -> str | None:
    """Return the annual rate in percent at which what a party paid and received is worth nothing."""
    periods = outturn.program.periods
    flows = [float(_number(outturn, Output(f"net:{party}", (), name)) or 0) for name, _ in periods]
    rate = annual_rate(flows, [day.toordinal() for _, day in periods]).rate
    return None if rate is None else f"{100 * rate:.{RETURN_DIGITS}f}"


def _compared(deal: str, case: str, expected: Expected, paid: Answer, simulated: Answer) -> CasebookRow:
    match, reason = judge(expected, paid, simulated)
    return CasebookRow(
        deal=deal,
        case=case,
        label=" ".join((expected.output, *expected.of.values(), expected.period)).strip(),
        computed=paid[0],
        published=expected.value,
        tolerance=expected.tolerance,
        basis=expected.basis,
        use=expected.use,
        match=match,
        reason=reason,
    )


def judge(expected: Expected, paid: Answer, simulated: Answer) -> tuple[bool, str]:
    """Say whether what came out is what was expected, and why.

    Parameters
    ----------
    expected : Expected
        The figure, its tolerance and its use.
    paid, simulated : tuple of (str, str)
        What came out of either way, or nothing and the reason.

    Examples
    --------
    >>> figure = Expected(output="paid", value="100", tolerance="5")
    >>> judge(figure, ("104", ""), ("104", ""))
    (True, '')
    >>> judge(figure, ("104", ""), ("105", ""))
    (False, 'payment gives 104, simulation gives 105')
    """
    if paid != simulated:
        return False, f"payment gives {''.join(paid)}, simulation gives {''.join(simulated)}"
    value, silence = paid
    came_out = bool(value) and _agrees(value, expected)
    if expected.use == "refuse":
        return not came_out, f"it came out, and must not; {expected.note}" if came_out else expected.note
    if came_out:
        return True, expected.note
    return False, silence or f"{value} is not {expected.value} within {expected.tolerance}"


def _agrees(value: str, expected: Expected) -> bool:
    """Compare as numbers where both are numbers, else as words."""
    try:
        computed, published = Decimal(value), Decimal(expected.value)
    except InvalidOperation:
        return value == expected.value
    least = published - Decimal(expected.tolerance)
    if expected.use == "at_least":
        return computed >= least
    return least <= computed <= published + Decimal(expected.tolerance)
