"""A fund: who gave, what is promised, what is free."""

from collections.abc import Iterable, Iterator

from ....finance.money import decimal_text
from ...charts.chart import Chart
from ...charts.waterfall import Movement, StepKind, WaterfallWords, draw_waterfall
from ...wire.contributions import ContributionList
from ...wire.funds import FundCurrencies, FundReply
from ...wire.in_kind import GiftList, GiftReply
from ...wire.publications import PublicationList, PublicationMade
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words

SHOWN, MOST = 25, 200


def show_fund(visit: Visit) -> View:
    """Show where a fund stands, its gifts in kind apart, and who gave as far as one may know."""
    words = visit.words
    fund = visit.read(FundReply, "fund.read")
    held = visit.read(FundCurrencies, "currency.list", limit=MOST)
    given = visit.find(
        ContributionList, "contribution.list", limit=SHOWN, cursor=visit.query.get("contributions", "")
    )
    gifts = visit.find(GiftList, "in_kind.list", limit=MOST)
    sheets = {"position": position_sheet(words, fund)}
    if len(held.items) > 1:
        sheets["currencies"] = currency_sheet(words, held.items)
    if fund.earmarks:
        sheets["earmarks"] = earmark_sheet(words, fund)
    if given is not None:
        sheets["contributions"] = contribution_sheet(words, given)
    if gifts is not None and gifts.items:
        sheets["gifts"] = gift_sheet(words, fund.unit, gifts.items)
    return View(
        title=fund.title or fund.code,
        sheets=sheets,
        charts={"waterfall": waterfall(words, fund)},
        more={
            "fund": fund,
            "later": given.next if given else None,
            "may_publish": "funder" in visit.roles() and not is_published(visit, f"fund/{fund.code}"),
        },
    )


def is_published(visit: Visit, engagement: str) -> bool:
    """Tell whether everybody may read an engagement."""
    found = visit.find(PublicationList, "publication.list", limit=MOST)
    return found is not None and any(one.engagement == engagement for one in found.items)


def publish_fund(visit: Visit) -> Done:
    """Let everybody read this fund."""
    visit.write(PublicationMade, "publication.fund")
    return Done(to=visit.address("fund"), said="published")


def lines_of(words: Words, fund: FundReply) -> Iterator[tuple[str, str, StepKind]]:
    """Yield what came and went, in the order in which money runs through a fund."""
    yield words._("Contributions"), fund.contributions, "up"
    yield words._("Income"), fund.income, "up"
    yield words._("Exchanged"), fund.exchanged, "up"
    yield words._("Fees"), fund.fees, "down"
    yield words._("Other costs"), fund.other_costs, "down"
    yield words._("Paid out"), fund.disbursed, "down"
    yield words._("Paid back to the fund"), fund.refunds, "up"
    yield words._("Given back to donors"), fund.returned, "down"
    yield words._("Balance"), fund.balance, "total"
    yield words._("Promised to grantees"), fund.committed, "down"
    yield words._("Set aside for agreements"), fund.encumbered, "down"
    yield words._("On its way"), fund.held, "down"
    yield words._("Free"), fund.free, "total"


def waterfall(words: Words, fund: FundReply) -> Chart:
    """Draw how money runs through a fund, from nothing to what is free."""
    return draw_waterfall(
        words._("From what came in to what is free"),
        words._("Since the fund was opened, in %(unit)s. Gifts in kind are not in it.", unit=fund.unit),
        fund.unit,
        [
            Movement(label=words._("At the beginning"), amount="0.00", kind="start"),
            *(movement(*one) for one in lines_of(words, fund) if one[2] == "total" or one[1].strip("-0.")),
        ],
        waterfall_words(words),
    )


def waterfall_words(words: Words) -> WaterfallWords:
    """Return what a drawing of money that comes and goes says."""
    return WaterfallWords(
        movement=words._("Movement"),
        amount=words._("Amount, %(unit)s"),
        after=words._("Balance after it, %(unit)s"),
        step=words._("%(name)s: %(amount)s, then %(after)s %(unit)s"),
    )


def movement(label: str, amount: str, kind: StepKind) -> Movement:
    """Return a step; what is below zero goes the other way.

    Examples
    --------
    >>> movement("Exchanged", "-5.00", "up")
    Movement(label='Exchanged', amount='5.00', kind='down')
    """
    turned: dict[StepKind, StepKind] = {"up": "down", "down": "up"}
    below = amount.startswith("-") and kind in turned
    return Movement(
        label=label, amount=amount.lstrip("-") if below else amount, kind=turned[kind] if below else kind
    )


def position_sheet(words: Words, fund: FundReply) -> Sheet:
    """Return where a fund stands, line by line; promises to it last, for those who see them."""
    rows = [(label, amount) for label, amount, _ in lines_of(words, fund)]
    for label, amount in (
        (words._("Signed by donors, not paid in"), fund.receivable),
        (words._("Promised by donors"), fund.pledged),
    ):
        if amount is not None:
            rows.append((label, amount))
    return Sheet(
        title=words._("Where the money is"),
        columns=[Column(name=words._("Line")), Column(name=fund.unit, kind="amount")],
        rows=rows,
    )


def currency_sheet(words: Words, held: Iterable[FundReply]) -> Sheet:
    """Return a fund in each of its currencies."""
    return Sheet(
        title=words._("In each currency"),
        columns=[
            Column(name=words._("Currency")),
            Column(name=words._("Balance"), kind="amount"),
            Column(name=words._("Free"), kind="amount"),
        ],
        rows=[(one.unit, one.balance, one.free) for one in held],
    )


def earmark_sheet(words: Words, fund: FundReply) -> Sheet:
    """Return the balance by restriction."""
    return Sheet(
        title=words._("By restriction"),
        columns=[
            Column(name=words._("Restriction")),
            Column(name=words._("Balance"), kind="amount"),
            Column(name=words._("Set aside"), kind="amount"),
            Column(name=words._("Free"), kind="amount"),
        ],
        rows=[(one.earmark, one.balance, one.reserved, one.free) for one in fund.earmarks],
    )


def contribution_sheet(words: Words, given: ContributionList) -> Sheet:
    """Return contributions and what is left of each."""
    return Sheet(
        title=words._("Contributions"),
        columns=[
            Column(name=words._("Contribution")),
            Column(name=words._("Given by")),
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("Restriction")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Left of it"), kind="amount"),
        ],
        rows=[
            (
                one.code,
                one.giver,
                one.on.isoformat() if one.on else "",
                one.earmark,
                one.amount,
                one.unit,
                next((left.amount for left in one.left if left.unit == one.unit), ""),
            )
            for one in given.items
        ],
        empty=words._("Nothing was given yet. What arrives is booked at the desk."),
    )


def gift_sheet(words: Words, unit: str, gifts: Iterable[GiftReply]) -> Sheet:
    """Return gifts in kind with the basis of their valuation."""
    methods = {
        "market": words._("market price"),
        "replacement": words._("what it would cost to replace"),
        "cost": words._("what it cost the giver"),
        "agreed": words._("agreed between the parties"),
    }
    return Sheet(
        title=words._("Gifts in kind, never counted as cash"),
        columns=[
            Column(name=words._("Gift")),
            Column(name=words._("Unit")),
            Column(name=words._("Given"), kind="number"),
            Column(name=words._("Used"), kind="number"),
            Column(name=words._("Left"), kind="number"),
            Column(name=words._("Counted as, %(unit)s", unit=unit), kind="amount"),
            Column(name=words._("Valued by")),
            Column(name=words._("Basis")),
            Column(name=words._("Taken off"), kind="share"),
        ],
        rows=[gift_row(words, methods, one) for one in gifts],
    )


def gift_row(words: Words, methods: dict[str, str], one: GiftReply) -> tuple[str, ...]:
    """Return a gift as a row; an unvalued one says so."""
    value, basis = one.value, one.valuation
    told = (
        (basis.valued_by, methods.get(basis.method, basis.method), decimal_text(basis.haircut_bp, 4))
        if basis
        else ("", words._("not valued yet"), "")
    )
    return (one.gift, one.unit, one.given, one.used, one.left, value.amount if value else "", *told)


PAGES = (
    Page(
        name="fund",
        path="/books/{book}/funds/{fund}",
        show=show_fund,
        acts={"publish": publish_fund},
        said={"published": lambda words: words._("Everybody may read this fund from now on.")},
        signed_in=False,
    ),
)
