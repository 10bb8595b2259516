"""What is asked and answered about all agreements together."""

from typing import Annotated

from pydantic import Field

from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.portfolio_rows import MEASURES, PortfolioRow
from ...contracts.records.totals import AgreementTotal
from ...finance.documents import Code
from .base import Asked, Reply, Wire
from .forecasts import Paths, Seed, TermsSpread

MOST_MODELS = 20


class PortfolioForecastRequest(Asked):
    """Outcome models by agreement.

    Attributes
    ----------
    paths : int [paths]
        Drawn for each agreement.
    seed : int [seed]
        The same seed gives the same bytes.
    """

    outcomes: Annotated[dict[Code, OutcomesDocument], Field(min_length=1, max_length=MOST_MODELS)]
    paths: Paths = 1000
    seed: Seed = 0


class PortfolioLine(Wire):
    """What is known under one key of a portfolio; amounts are decimal text in ``unit``.

    Attributes
    ----------
    window, period : str
        Earmark and period; empty where the measures have none. No amount stands in two lines.
    forecast_mean, forecast_p95 : str
        Empty without an outcome model.
    """

    agreement: str
    state: str
    payer: str
    fund: str
    window: str
    period: str
    unit: str
    liability: str
    earned: str
    entitled: str
    paid: str
    returned: str
    waiting: str
    frozen: str
    owed_back: str
    encumbered: str
    remaining: str
    forecast_mean: str
    forecast_p95: str

    @classmethod
    def of(cls, row: PortfolioRow) -> "PortfolioLine":
        """Return a row as a reply."""
        return cls(
            agreement=row.agreement,
            state=row.state,
            payer=row.payer,
            fund=row.fund,
            window=row.window,
            period=row.period,
            unit=row.liability.unit.code,
            forecast_mean=row.forecast_mean,
            forecast_p95=row.forecast_p95,
            **{name: getattr(row, name).text for name in MEASURES},
        )


class PortfolioReply(Reply):
    """A page of where signed agreements stand; ``next`` is the cursor of the page behind it."""

    items: list[PortfolioLine]
    next: str | None


class PortfolioTotal(Wire):
    """Where one signed agreement stands; amounts are decimal text in ``unit``.

    Attributes
    ----------
    most, paid, aside : str
        What it may cost the funds of the book; what they paid, less what came back; what they still keep.
    """

    agreement: str
    title: str
    unit: str
    most: str
    paid: str
    aside: str

    @classmethod
    def of(cls, row: AgreementTotal, title: str) -> "PortfolioTotal":
        """Return sums as a reply."""
        amounts = {name: getattr(row, name).text for name in ("most", "paid", "aside")}
        return cls(agreement=row.agreement, title=title, unit=row.most.unit.code, **amounts)


class PortfolioTotalList(Reply):
    """A page of signed agreements, the largest first; ``next`` is the cursor of the page behind it."""

    items: list[PortfolioTotal]
    next: str | None


class PortfolioForecast(Reply):
    """Where signed agreements stand, beside what is forecast of them.

    Attributes
    ----------
    flows : list of TermsSpread
        What all of them together pay, by unit and year, the whole term under an empty year; they are taken to
        have nothing to do with each other.
    """

    items: list[PortfolioLine]
    flows: list[TermsSpread]
