"""The casebook: published deals, recomputed.

The problem: an engine that claims to pay real contracts must show it on figures that somebody else printed.
Each deal is a term document and a results document; here every expected figure is computed twice, by payment
and by simulation with a single path, and compared. Nothing here knows a deal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ..finance.errors import AlmonerError, Missing
from .results import Case, Expected, ResultsDocument
from .terms.compiled import compile_terms
from .terms.document import TermDocument
from .terms.program import Program

ALL_DEALS = "all"
RESULTS = ".results.json"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came out, or why nothing did."""

    value: str = ""
    silence: str = "it is pending: something it rests on was not observed"


def list_deals() -> tuple[str, ...]:
    """Name the deals of the casebook.

    Examples
    --------
    >>> "denver-sib" in list_deals()
    True
    """
    return tuple(sorted(path.name.removesuffix(RESULTS) for path in _folder().glob(f"*{RESULTS}")))


def read_terms(deal: str) -> TermDocument:
    """Read the terms of a deal.

    Examples
    --------
    >>> read_terms("denver-sib").title
    'Denver Supportive Housing Social Impact Bond'
    """
    return TermDocument.read(_content(deal, ".json"))


def read_results(deal: str) -> ResultsDocument:
    """Read the results of a deal.

    Examples
    --------
    >>> read_results("denver-sib").cases[0].expect[0].value
    '188349.84'
    """
    return ResultsDocument.read(_content(deal, RESULTS))


def recompute(deal: str = ALL_DEALS) -> tuple[CasebookRow, ...]:
    """Compute every expected figure of one deal, or of all, by payment and by simulation, and compare.

    Examples
    --------
    >>> row = recompute("denver-sib")[0]
    >>> row.case, row.label, row.computed, row.published, row.match
    ('housing_first', 'housing', '188349.84', '188349.84', True)
    """
    deals = list_deals() if deal == ALL_DEALS else (deal,)
    return tuple(row for one in deals for row in _rows(one))


def _folder() -> Path:
    """Find the casebook: beside the installed floors, or among the examples of a checkout."""
    home = Path(__file__).resolve().parents[1]
    shipped = home / "casebook"
    return shipped if shipped.is_dir() else home / "examples" / "casebook"


def _content(deal: str, ending: str) -> bytes:
    if deal not in list_deals():
        raise Missing(f"The casebook has no deal {deal!r}. It has: {', '.join(list_deals())}.", deal=deal)
    return (_folder() / f"{deal}{ending}").read_bytes()


def _rows(deal: str) -> Iterator[CasebookRow]:
    program = compile_terms(read_terms(deal))
    for case in read_results(deal).cases:
        paid, simulated = (_answers(way, program, case) for way in (_by_payment, _by_simulation))
        for expected, one, other in zip(case.expect, paid, simulated, strict=True):
            match, reason = compare(expected, one, other)
            yield CasebookRow(
                deal=deal,
                case=case.id,
                label=" ".join((expected.output, *expected.of.values(), expected.period)).strip(),
                computed=one.value,
                published=expected.value,
                tolerance=expected.tolerance,
                basis=expected.basis,
                use=expected.use,
                match=match,
                reason=reason,
            )
