"""Portfolios over HTTP: where all signed agreements of a book stand together."""

from ...contracts.acts import viewing
from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.portfolio_rows import PortfolioRow
from ...contracts.records import agreements
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..sound import sound
from ..term_size import count_places, members_of, require_fewer
from ..wire.portfolios import PortfolioForecast, PortfolioForecastRequest, PortfolioLine, PortfolioReply
from .terms import OUTCOMES_EXAMPLE, SIGNED_IN


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
    codes = [one for one in _codes(call) if query.agreement in {None, one}]
    found = [
        one
        for one in viewing.portfolio(call.session, call.book, only=codes)
        if query.fund in {None, one.fund} and query.payer in {None, one.payer}
    ]
    rows, after = cut(call, query, found, _key, name="portfolio.read")
    return PortfolioReply(items=[PortfolioLine.of(one) for one in rows], next=after)


def forecast_portfolio(call: Call, body: PortfolioForecastRequest) -> PortfolioForecast:
    """Forecast what payers will pay by outcome models, beside where their agreements stand.

    Only the agreements that have a model; the same request gives the same bytes, and nothing is stored.
    """
    models = {code: sound(one) for code, one in body.outcomes.items()}
    codes = [one for one in _codes(call) if one in models]
    places = sum(_places(call, code, models[code]) for code in codes)
    require_fewer(places * body.paths, SIGNED_IN.drawn, "/paths", "places of all paths")
    rows = viewing.portfolio(
        call.session, call.book, outcomes=models, paths=body.paths, seed=body.seed, only=codes
    )
    return PortfolioForecast(items=[PortfolioLine.of(one) for one in sorted(rows, key=_key)])


def _places(call: Call, code: str, model: OutcomesDocument) -> int:
    program = agreements.find_agreement(call.session, call.book, code).lineage.overlaid.program
    return count_places(program, members_of(model))


def _codes(call: Call) -> list[str]:
    """Return the agreements that the caller may know of."""
    found = agreements.list_agreements(call.session, call.book)
    return [one for one in found if call.may_list(f"agreement/{one}")]


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
