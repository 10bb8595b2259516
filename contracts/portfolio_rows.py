"""Where a funder's agreements stand together: one row per key, each amount once, sums that meet the ledger.

The problem: what was promised is known by fund and window, what was earned by period, what was paid by both;
a table that repeats one beside the other counts it twice. A ``PortfolioRow`` carries each amount under the
key that is known of it, and no more; where a measure has no window or no period, that text is empty.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ..finance.money import Money, zero
from ..finance.sheets import Cell, Column, Section, Sheet
from ..finance.units import Unit

MEASURES: Final = (
    "liability",
    "earned",
    "entitled",
    "paid",
    "returned",
    "waiting",
    "frozen",
    "owed_back",
    "encumbered",
    "remaining",
)
KEYS: Final = ("agreement", "state", "payer", "fund", "window", "period")
FORECASTS: Final = ("forecast_mean", "forecast_p95")
APART: Final = frozenset({"state", "fund", "returned", "waiting", "frozen", "owed_back", "encumbered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """What is known under one key of a portfolio.

    Attributes
    ----------
    agreement, state : str
        Code, and where it stands.
    payer : str
        By its name in the terms; for what several legs of a split have earned together, the split.
    fund : str
        Whose money it is; empty for what is paid outside the book.
    window : str
        Code of the earmark that bears it; empty where the measure has none.
    period : str
        Of the calendar, ``term`` for what is not by period; empty where the measure has none.
    liability : Money
        Proven most of the payer, with all amendments in force.
    earned, entitled : Money
        To date, before and after limits. What goes into a pot counts when the pot pays; what a pot hands over
        at the end is paid without having been earned.
    paid, returned : Money
        Out of the fund, and back into it.
    waiting, frozen : Money
        Due and not yet approved; kept back for a dispute. Frozen money has a window where one bears it all.
    owed_back : Money
        Paid too much and not returned yet.
    encumbered : Money
        Set aside for what may still become due.
    remaining : Money
        The most that can still leave the fund: encumbered, waiting and frozen.
    forecast_mean, forecast_p95 : str
        Decimal text: what the payer pays over the whole term by its outcome models; empty without them. A
        P95 is no sum of others.
    """

    agreement: str
    state: str
    payer: str
    fund: str
    window: str
    period: str
    liability: Money
    earned: Money
    entitled: Money
    paid: Money
    returned: Money
    waiting: Money
    frozen: Money
    owed_back: Money
    encumbered: Money
    remaining: Money
    forecast_mean: str = ""
    forecast_p95: str = ""

    @property
    def unit(self) -> Unit:
        """What all its amounts are in."""
        return self.liability.unit

    def measure(self, name: str) -> Money:
        """Return one of ``MEASURES``.

        Parameters
        ----------
        name : str
            Which.
        """
        amount = getattr(self, name)
        if name not in MEASURES or not isinstance(amount, Money):
            raise KeyError(name)
        return amount


def portfolio_total(
    rows: Iterable[PortfolioRow],
    measure: str,
    unit: Unit,
    where: Callable[[PortfolioRow], bool] | None = None,
) -> Money:
    """Sum one measure over the rows of one unit.

    Parameters
    ----------
    rows : iterable of PortfolioRow
        In any units.
    measure : str
        One of ``MEASURES``.
    unit : Unit
        Rows in others are left aside.
    where : callable or None
        Which rows count.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> portfolio_total((), "paid", currency("USD")).text
    '0.00'
    """
    chosen = (row for row in rows if row.unit == unit and (where is None or where(row)))
    return sum((row.measure(measure) for row in chosen), start=zero(unit))


def portfolio_sheet(book: str, rows: Iterable[PortfolioRow]) -> Sheet:
    """Lay out a portfolio: sums by unit, by agreement and payer, and every row.

    Parameters
    ----------
    book : str
        Code of the book.
    rows : iterable of PortfolioRow
        As ``portfolio`` gives them.

    Examples
    --------
    >>> [section.name for section in portfolio_sheet("main", ()).sections]
    ['by_payer', 'by_unit', 'rows']
    """
    given = tuple(rows)
    return Sheet(
        kind="portfolio",
        title=f"Agreements of {book}",
        about=(("book", book),),
        sections=(_by_payer(given), _by_unit(given), _every(given)),
    )


def _by_payer(rows: tuple[PortfolioRow, ...]) -> Section:
    shown = ("liability", "earned", "entitled", "paid", "returned", "owed_back", "remaining")
    groups: dict[tuple[str, str, str, str, Unit], list[PortfolioRow]] = {}
    for row in rows:
        groups.setdefault((row.agreement, row.state, row.payer, row.fund, row.unit), []).append(row)
    lines: list[tuple[Cell, ...]] = []
    for (agreement, state, payer, fund, unit), kept in groups.items():
        sums = (portfolio_total(kept, measure, unit) for measure in shown)
        mean = next((row.forecast_mean for row in kept if row.forecast_mean), "")
        most = next((row.forecast_p95 for row in kept if row.forecast_p95), "")
        lines.append((agreement, state, payer, fund, *sums, mean, most))
    columns = (
        *(Column(name, is_printed=name not in APART) for name in KEYS[:4]),
        *(Column(name, "amount", is_printed=name != "returned") for name in shown),
        *(Column(name, "figure") for name in FORECASTS),
    )
    return Section(name="by_payer", columns=columns, rows=tuple(lines))


def _by_unit(rows: tuple[PortfolioRow, ...]) -> Section:
    units = dict.fromkeys(row.unit for row in rows)
    apart = {"returned", "encumbered", "waiting", "frozen"}
    columns = tuple(Column(name, "amount", is_printed=name not in apart) for name in MEASURES)
    lines = tuple(tuple(portfolio_total(rows, name, unit) for name in MEASURES) for unit in units)
    return Section(name="by_unit", columns=columns, rows=lines, sums=tuple(range(len(lines))))


def _every(rows: tuple[PortfolioRow, ...]) -> Section:
    columns = (
        *(Column(name, is_printed=name not in APART) for name in KEYS),
        *(Column(name, "amount", is_printed=name not in APART) for name in MEASURES),
        *(Column(name, "figure", is_printed=False) for name in FORECASTS),
    )
    return Section(name="rows", columns=columns, rows=tuple(_cells(row) for row in rows))


def _cells(row: PortfolioRow) -> tuple[Cell, ...]:
    names = (row.agreement, row.state, row.payer, row.fund, row.window, row.period)
    amounts = tuple(row.measure(name) for name in MEASURES)
    return (*names, *amounts, row.forecast_mean, row.forecast_p95)
