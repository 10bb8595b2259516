"""Where the money of a book is over HTTP, in one answer."""

from itertools import groupby

from ...challenges.records.funnel import count_funnel, list_decided
from ...finance.records.totals import list_fund_totals
from ..door import Call
from ..operation import Operation
from ..records.books import find_book
from ..wire.overviews import FundTotalLine, FunnelReply, MoneyTotal, OverviewReply


def read_overview(call: Call) -> OverviewReply:
    """Return where the money of a book is and how far applications came, of all that the caller may see.

    Applications are counted of challenges whose decision is announced; fewer than three are not told.
    """
    book = find_book(call.session, call.book)
    totals = [
        one for one in list_fund_totals(call.session, call.book_id) if call.may_list(f"fund/{one.code}")
    ]
    ordered = sorted(totals, key=lambda one: (one.balance.unit.code != book.unit, one.balance.unit.code))
    decided = [
        code for code in list_decided(call.session, call.book_id) if call.may_list(f"challenge/{code}")
    ]
    return OverviewReply(
        code=book.code,
        unit=book.unit,
        money=[MoneyTotal.of(rows) for _, rows in groupby(ordered, key=lambda one: one.balance.unit.code)],
        funds=[FundTotalLine.of_fund(one) for one in totals],
        funnel=FunnelReply.of(len(decided), count_funnel(call.session, call.book_id, decided)),
    )


OPERATIONS = (
    Operation(
        name="overview.read",
        method="GET",
        path="/books/{book}/overview",
        handler=read_overview,
        tag="books",
        lists=True,
    ),
)
