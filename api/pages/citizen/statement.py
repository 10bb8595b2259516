"""A statement of a fund, to read and to print: sources and uses, and what became of one donor's money."""

from datetime import date

from ...wire.contributions import UseList
from ...wire.funds import FundReply
from ...wire.statements import DonorStatementReply, StatementReply
from ..page import Page
from ..pdf import printed
from ..states import statement_line
from ..view import Column, Sheet, Shown, View
from ..visit import Visit
from ..words import Words

GIVERS = frozenset({"funder", "investor", "hub", "intermediary"})
MOST = 200


def show_statement(visit: Visit) -> Shown:
    """Show sources and uses of a fund over a span of days, or one donor's statement."""
    words, span, giver = visit.words, days(visit), visit.query.get("giver", "").strip()
    fund = visit.read(FundReply, "fund.read")
    found = visit.read(StatementReply, "statement.read", **span)
    more: dict[str, object] = {
        "fund": fund,
        "statement": found,
        "span": span,
        "giver": giver,
        "may_ask": bool(GIVERS & visit.roles()),
        "donor": None,
        "printable": bool(visit.site.look.chromium),
    }
    sheets = {"lines": line_sheet(words, found)}
    if giver:
        donor, uses = donor_of(visit, giver, span)
        more["donor"] = donor
        if donor is not None:
            sheets = {
                "payees": payee_sheet(words, donor),
                "rest": rest_sheet(words, donor),
                "uses": use_sheet(words, uses),
            }
    view = View(
        title=words._("Statement of %(fund)s", fund=fund.title or fund.code), sheets=sheets, more=more
    )
    return printed(visit, view) if visit.query.get("as") == "pdf" else view


def days(visit: Visit) -> dict[str, str]:
    """Return the days asked for; what is no day is left out."""
    found = {}
    for name in ("after", "through"):
        text = visit.query.get(name, "").strip()
        try:
            found[name] = date.fromisoformat(text).isoformat()
        except ValueError:
            continue
    return found


def donor_of(
    visit: Visit, giver: str, span: dict[str, str]
) -> tuple[DonorStatementReply | None, UseList | None]:
    """Return a donor's statement and its payments, where the visitor may see it."""
    until = {name: day for name, day in span.items() if name == "through"}
    donor = visit.find(DonorStatementReply, "donor_statement.read", giver=giver, **until)
    if donor is None:
        return None, None
    return donor, visit.find(UseList, "donor_statement.uses", giver=giver, limit=MOST, **until)


def line_sheet(words: Words, found: StatementReply) -> Sheet:
    """Return sources and uses; opening and closing stand around them."""
    kinds = {"source": words._("Source"), "use": words._("Use")}
    return Sheet(
        title=words._("Sources and uses"),
        columns=[
            Column(name=words._("Line")),
            Column(name=words._("Kind")),
            Column(name=found.unit, kind="amount"),
        ],
        rows=[
            (words._("Opening balance"), "", found.opening),
            *((statement_line(words, one.line), kinds.get(one.kind, ""), one.amount) for one in found.lines),
            (words._("Closing balance"), "", found.closing),
        ],
    )


def payee_sheet(words: Words, donor: DonorStatementReply) -> Sheet:
    """Return to whom a donor's money went."""
    return Sheet(
        title=words._("Where it went"),
        columns=[
            Column(name=words._("Paid to")),
            Column(name=words._("Line")),
            Column(name=donor.unit, kind="amount"),
        ],
        rows=[(one.payee, statement_line(words, one.line), one.amount) for one in donor.by_payee],
        empty=words._("Nothing of it was used yet."),
    )


def rest_sheet(words: Words, donor: DonorStatementReply) -> Sheet:
    """Return what is left of a donor's money, by restriction."""
    return Sheet(
        title=words._("What is left"),
        columns=[Column(name=words._("Restriction")), Column(name=donor.unit, kind="amount")],
        rows=[(one.earmark, one.amount) for one in donor.remainders],
        empty=words._("All of it was used."),
    )


def use_sheet(words: Words, uses: UseList | None) -> Sheet:
    """Return the payments that a donor's money took part in."""
    return Sheet(
        title=words._("Payment by payment"),
        columns=[
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("Paid to")),
            Column(name=words._("Line")),
            Column(name=words._("Contribution")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (
                one.on.isoformat(),
                one.payee,
                statement_line(words, one.line),
                one.contribution,
                one.amount,
                one.unit,
            )
            for one in (uses.items if uses else ())
        ],
        empty=words._("Nothing of it was used yet."),
    )


PAGES = (
    Page(name="statement", path="/books/{book}/funds/{fund}/statement", show=show_statement, signed_in=False),
)
