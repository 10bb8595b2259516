"""Portfolios over HTTP: where all signed agreements of a book stand together."""

from collections.abc import Mapping

from ...contracts.acts import viewing
from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.portfolio_rows import PortfolioRow
from ...finance.documents import Code
from ...finance.errors import Missing
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..sound import sound
from ..wire.portfolios import PortfolioForecast, PortfolioForecastRequest, PortfolioLine, PortfolioReply
from .terms import OUTCOMES_EXAMPLE

NO_MODELS: Mapping[str, OutcomesDocument] = {}


class PortfolioQuery(PageQuery):
    """Which lines of a portfolio; empty for all.

    Attributes
    ----------
    agreement, fund, payer : str
        Only of these.
    """

    agreement: Code | None = None
    fund: Code | None = None
    payer: Code | None = None


def read_portfolio(call: Call, query: PortfolioQuery) -> PortfolioReply:
    """Return liability, earned, paid, set aside and remaining of all signed agreements."""
    found = [
        one
        for one in _rows(call)
        if query.agreement in {None, one.agreement}
        and query.fund in {None, one.fund}
        and query.payer in {None, one.payer}
    ]
    rows, after = cut(call, query, found, _key, name="portfolio.read")
    return PortfolioReply(items=[PortfolioLine.of(one) for one in rows], next=after)


def forecast_portfolio(call: Call, body: PortfolioForecastRequest) -> PortfolioForecast:
    """Forecast what payers will pay by outcome models, beside where their agreements stand.

    Only the agreements that have a model; the same request gives the same bytes, and nothing is stored.
    """
    if not all(call.may_list(f"agreement/{code}") for code in body.outcomes):
        raise Missing(NOT_HERE)
    models = {code: sound(one) for code, one in body.outcomes.items()}
    rows = _rows(call, models, body.paths, body.seed)
    return PortfolioForecast(
        items=[PortfolioLine.of(one) for one in sorted(rows, key=_key) if one.agreement in models]
    )


def _rows(
    call: Call,
    models: Mapping[str, OutcomesDocument] = NO_MODELS,
    paths: int = viewing.PATHS,
    seed: int = 0,
) -> list[PortfolioRow]:
    found = viewing.portfolio(call.session, call.book, outcomes=models, paths=paths, seed=seed)
    return [one for one in found if call.may_list(f"agreement/{one.agreement}")]


def _key(one: PortfolioRow) -> tuple[str, ...]:
    return one.agreement, one.payer, one.liability.unit.code, one.period, one.window


OPERATIONS = (
    Operation(
        name="portfolio.read",
        method="GET",
        path="/books/{book}/portfolio",
        handler=read_portfolio,
        tag="portfolio",
        lists=True,
    ),
    Operation(
        name="portfolio.forecast",
        method="POST",
        path="/books/{book}/portfolio/forecasts",
        handler=forecast_portfolio,
        tag="portfolio",
        keyed=False,
        lists=True,
        examples={"nights": {"outcomes": {"nights": OUTCOMES_EXAMPLE}, "paths": 200, "seed": 7}},
    ),
)
