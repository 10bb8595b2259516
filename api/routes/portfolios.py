"""Portfolios over HTTP: where all signed agreements of a book stand together."""

from dataclasses import asdict

from ...contracts.acts import viewing
from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.portfolio_rows import PortfolioRow
from ...contracts.records import agreements, totals
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut, read_cursor
from ..sound import sound
from ..term_size import count_places, members_of, require_fewer
from ..wire.forecasts import TermsSpread
from ..wire.portfolios import (
    PortfolioForecast,
    PortfolioForecastRequest,
    PortfolioLine,
    PortfolioReply,
    PortfolioTotal,
    PortfolioTotalList,
)
from .terms import OUTCOMES_EXAMPLE, SIGNED_IN

AT_ONCE = 12


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
    after = read_cursor(call, query, "portfolio.read")
    seen = tuple(str(one) for one in after or ())
    begun = seen[0] if seen else ""
    codes = sorted(one for one in _codes(call) if query.agreement in {None, one} and one >= begun)
    found: list[PortfolioRow] = []
    for start in range(0, len(codes), AT_ONCE):
        some = codes[start : start + AT_ONCE]
        found += [
            one
            for one in viewing.portfolio(call.session, call.book, only=some)
            if query.fund in {None, one.fund} and query.payer in {None, one.payer}
        ]
        if sum(_key(one) > seen for one in found) > query.limit:
            break
    rows, behind = cut(call, query, found, _key, name="portfolio.read")
    return PortfolioReply(items=[PortfolioLine.of(one) for one in rows], next=behind)


def list_totals(call: Call, query: PageQuery) -> PortfolioTotalList:
    """List what signed agreements may cost at most, have paid and keep aside, the largest first."""
    listed = [
        one
        for one in totals.list_most(call.session, call.book)
        if call.may_list(f"agreement/{one.agreement}")
    ]
    page, after = cut(call, query, listed, _by_size, name="portfolio.totals")
    titles = agreements.list_titles(call.session, call.book, {one.agreement for one in page})
    rows = totals.sum_agreements(call.session, call.book, page)
    return PortfolioTotalList(
        items=[PortfolioTotal.of(one, titles[one.agreement]) for one in rows], next=after
    )


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
    flows = viewing.portfolio_flows(call.session, call.book, models, paths=body.paths, seed=body.seed)
    return PortfolioForecast(
        items=[PortfolioLine.of(one) for one in sorted(rows, key=_key)],
        flows=[TermsSpread.model_validate(asdict(one)) for one in flows],
    )


def _places(call: Call, code: str, model: OutcomesDocument) -> int:
    program = agreements.find_agreement(call.session, call.book, code).lineage.overlaid.program
    return count_places(program, members_of(model))


def _codes(call: Call) -> list[str]:
    """Return the agreements that the caller may know of."""
    found = agreements.list_agreements(call.session, call.book)
    return [one for one in found if call.may_list(f"agreement/{one}")]


def _by_size(one: totals.MostOf) -> tuple[int, str, str]:
    return -one.most, one.agreement, one.unit


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
        name="portfolio.totals",
        method="GET",
        path="/books/{book}/portfolio/totals",
        handler=list_totals,
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
