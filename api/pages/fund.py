"""A fund: who gave, what is promised, what is free."""

from ..wire.funds import FundReply
from .page import Page
from .view import Column, Sheet, View
from .visit import Visit


def show_fund(visit: Visit) -> View:
    """Show where a fund stands."""
    words = visit.words
    fund = visit.read(FundReply, "fund.read")
    lines = [
        (words._("Contributions"), fund.contributions),
        (words._("Income"), fund.income),
        (words._("Fees"), fund.fees),
        (words._("Disbursed"), fund.disbursed),
        (words._("Balance"), fund.balance),
        (words._("Set aside for agreements"), fund.encumbered),
        (words._("Free"), fund.free),
    ]
    position = Sheet(
        title=words._("Where the money is"),
        columns=[Column(name=words._("Line")), Column(name=fund.unit, kind="amount")],
        rows=lines,
    )
    return View(title=fund.title, sheets={"position": position}, more={"fund": fund})


PAGES = (Page(name="fund", path="/books/{book}/funds/{fund}", show=show_fund, signed_in=False),)
