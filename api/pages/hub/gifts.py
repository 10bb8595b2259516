"""Help besides money: what we have given, what it counts for and why, and what else we offer."""

from decimal import Decimal

from ...wire.books import UnitList
from ...wire.contributions import ContributionMade
from ...wire.funds import FundList
from ...wire.in_kind import GiftList, GiftReply
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words

WHOLE_BP = 10_000


def show_gifts(visit: Visit) -> View:
    """Show one's own gifts in kind to a fund, with the basis of their value, and offer another."""
    words = visit.words
    funds = visit.read(FundList, "fund.list", limit=200)
    named = [(one.code, one.title) for one in funds.items]
    chosen = visit.form.text("fund") or visit.query.get("fund", named[0][0] if named else "")
    gifts = visit.find(GiftList, "in_kind.list", fund=chosen) if chosen else None
    items = gifts.items if gifts else []
    units = visit.read(UnitList, "unit.list", limit=200)
    mine = sorted({one.party for one in visit.held() if one.role == "hub"})
    more = {
        "funds": named,
        "fund": dict(named).get(chosen, chosen),
        "chosen": chosen,
        "counted": _counted(items),
        "waiting": sum(one.valuation is None for one in items),
        "mine": [(one, one) for one in mine],
        "many": len(items),
        "units": [(one.code, one.code) for one in units.items if one.kind == "in_kind"],
    }
    return View(title=words._("Help besides money"), sheets={"gifts": _sheet(words, items)}, more=more)


def _counted(items: list[GiftReply]) -> list[tuple[str, str]]:
    """Return what is counted of the gifts, by unit of value."""
    sums: dict[str, Decimal] = {}
    for one in items:
        if one.value is not None:
            sums[one.value.unit] = sums.get(one.value.unit, Decimal(0)) + Decimal(one.value.amount)
    return [(unit, f"{value:f}") for unit, value in sorted(sums.items())]


def basis_said(words: Words, method: str) -> str:
    """Say how a value is known.

    Parameters
    ----------
    words : Words
        The reader's.
    method : str
        As the operations give it.
    """
    said = {
        "market": words._("market price"),
        "replacement": words._("cost of replacing it"),
        "cost": words._("what it cost"),
        "agreed": words.p("price", "agreed"),
    }
    return said.get(method, method)


def _sheet(words: Words, items: list[GiftReply]) -> Sheet:
    columns = [
        Column(name=words._("Gift")),
        Column(name=words._("Counted in")),
        Column(name=words._("Given"), kind="number"),
        Column(name=words._("Used"), kind="number"),
        Column(name=words._("Left"), kind="number"),
        Column(name=words._("Usable until"), kind="day"),
        Column(name=words._("Price of one"), kind="amount"),
        Column(name=words._("Basis of the price")),
        Column(name=words._("Taken off (haircut)"), kind="share"),
        Column(name=words._("Counts for"), kind="amount"),
        Column(name=words._("Valued by")),
    ]
    return Sheet(
        title=words._("What you have given"),
        columns=columns,
        rows=[_row(words, one) for one in items],
        empty=words._("You have given nothing to this fund yet. Offer something below."),
    )


def _row(words: Words, one: GiftReply) -> tuple[str, ...]:
    until = one.available_until.isoformat() if one.available_until else ""
    given = (one.gift, one.unit, one.given, one.used, one.left, until)
    if one.valuation is None:
        return (*given, "", words._("not valued yet"), "", "", "")
    return (
        *given,
        one.valuation.price.amount,
        basis_said(words, one.valuation.method),
        f"{Decimal(one.valuation.haircut_bp) / WHOLE_BP:f}",
        one.value.amount if one.value else "",
        one.valuation.valued_by,
    )


def offer(visit: Visit) -> Done:
    """Offer a gift in kind in one's own organisation's name."""
    form = visit.form
    fund = form.text("fund")
    body: dict[str, object] = {
        "giver": form.text("giver"),
        "amount": form.text("amount"),
        "unit": form.text("unit"),
        "available_until": form.text("available_until") or None,
    }
    note = form.text("note")
    if note:
        body["note"] = note
    visit.write(ContributionMade, "in_kind.offer", body, fund=fund)
    return Done(to=f"{visit.address('hub_in_kind')}?fund={fund}", said="offered")


PAGES = (
    Page(
        name="hub_in_kind",
        path="/books/{book}/hub/in-kind",
        show=show_gifts,
        acts={"offer": offer},
        said={
            "offered": lambda words: words._(
                "Your gift is on record. Somebody else values it before it counts."
            ),
        },
    ),
)
