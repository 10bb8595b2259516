"""Funds over HTTP: opened, listed, read, and the currencies they hold."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.records import registry
from ..amounts import unit_of
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.funds import (
    CurrencyMade,
    CurrencyRequest,
    FundCurrencies,
    FundLine,
    FundList,
    FundMade,
    FundReply,
    FundRequest,
)


def list_funds(call: Call, query: PageQuery) -> FundList:
    """List the funds of the book."""
    found = (one for one in registry.list_funds(call.session, call.book) if call.may_list(f"fund/{one.code}"))
    rows, after = cut(call, query, found, lambda one: (one.code,), name="fund.list")
    lines = [FundLine(code=one.code, title=one.title, unit=one.unit.code) for one in rows]
    return FundList(items=lines, next=after)


def open_fund(call: Call, body: FundRequest) -> FundMade:
    """Open a fund; opened again with the same content, it stays as it is."""
    unit = unit_of(call.session, body.unit)
    fund = acts.open_fund(
        call.session, call.book, body.code, unit, title=body.title, draw_rule=body.draw_rule
    )
    call.location = f"/books/{call.book}/funds/{fund.code}"
    return FundMade(code=fund.code, title=fund.title, unit=fund.unit.code)


def read_fund(call: Call, fund: Code) -> FundReply:
    """Return where a fund stands in its own currency; promises are left out for the public."""
    found = registry.find_fund(call.session, call.book, fund)
    return FundReply.of(found.title, acts.position(call.session, found), masked=call.access.masked)


def list_currencies(call: Call, fund: Code, query: PageQuery) -> FundCurrencies:
    """Return where a fund stands in each currency it holds, its own first."""
    found = registry.find_fund(call.session, call.book, fund)
    units = enumerate(acts.fund_currencies(call.session, found))
    rows, after = cut(call, query, units, lambda one: (one[0],), name="currency.list")
    masked = call.access.masked
    return FundCurrencies(
        items=[
            FundReply.of(found.title, acts.position(call.session, found, unit), masked=masked)
            for _, unit in rows
        ],
        next=after,
    )


def accept_currency(call: Call, fund: Code, body: CurrencyRequest) -> CurrencyMade:
    """Let a fund hold another currency than its own, apart from it, until it is exchanged or paid."""
    found = registry.find_fund(call.session, call.book, fund)
    unit = unit_of(call.session, body.unit)
    acts.accept_currency(call.session, found, unit)
    call.location = f"/books/{call.book}/funds/{fund}/currencies"
    return CurrencyMade(fund=found.code, unit=unit.code)


OPERATIONS = (
    Operation(
        name="fund.list",
        method="GET",
        path="/books/{book}/funds",
        handler=list_funds,
        tag="funds",
        lists=True,
    ),
    Operation(
        name="fund.open",
        method="POST",
        path="/books/{book}/funds",
        handler=open_fund,
        tag="funds",
        status=201,
        examples={"pool": {"code": "pool", "title": "Relief pool", "unit": "USD"}},
    ),
    Operation(
        name="fund.read", method="GET", path="/books/{book}/funds/{fund}", handler=read_fund, tag="funds"
    ),
    Operation(
        name="currency.list",
        method="GET",
        path="/books/{book}/funds/{fund}/currencies",
        handler=list_currencies,
        tag="funds",
    ),
    Operation(
        name="currency.accept",
        method="POST",
        path="/books/{book}/funds/{fund}/currencies",
        handler=accept_currency,
        tag="funds",
        status=201,
        examples={"euro": {"unit": "EUR"}},
    ),
)
