"""Funds over HTTP: opened, listed, read, and given to."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.ledger import Details
from ...finance.money import money
from ...finance.records import registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.funds import (
    ContributionReply,
    ContributionRequest,
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
    unit = registry.find_unit(call.session, body.unit)
    fund = acts.open_fund(
        call.session, call.book, body.code, unit, title=body.title, draw_rule=body.draw_rule
    )
    call.location = f"/books/{call.book}/funds/{fund.code}"
    return FundMade(code=fund.code, title=fund.title, unit=fund.unit.code)


def read_fund(call: Call, fund: Code) -> FundReply:
    """Return where a fund stands."""
    found = registry.find_fund(call.session, call.book, fund)
    return FundReply.of(found.title, acts.position(call.session, found))


def book_contribution(call: Call, fund: Code, body: ContributionRequest) -> ContributionReply:
    """Book a deposit that arrived."""
    found = registry.find_fund(call.session, call.book, fund)
    made = acts.contribute(
        call.session,
        found,
        body.giver,
        money(body.amount, registry.find_unit(call.session, body.unit)),
        key=call.key,
        clock=call.clock,
        earmark=body.earmark,
        details=Details(note=body.note),
    )
    call.location = f"/books/{call.book}/funds/{fund}/contributions/{made.code}"
    return ContributionReply.of(made)


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
        name="contribution.book",
        method="POST",
        path="/books/{book}/funds/{fund}/contributions",
        handler=book_contribution,
        tag="contributions",
        status=201,
        examples={"gift": {"giver": "meridian", "amount": "250.00", "unit": "USD"}},
    ),
)
