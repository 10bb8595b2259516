"""A fund at the desk: which money may go where, what is promised, what ends when, and what can be done."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from ...wire.base import Reply
from ...wire.contributions import ContributionList
from ...wire.earmarks import EarmarkList
from ...wire.funds import FundCurrencies, FundReply
from ...wire.in_kind import GiftList
from ...wire.pledges import PledgePartList
from ...wire.proposals import ProposalList
from ...wire.publications import PublicationList, PublicationMade
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from .grids import ageing, calendar, grid
from .moving import TASKS
from .telling import amount_of, kind_of, method_of, page_of, party_names, require_desk

MOST = 200
LAST = 50
Kind = TypeVar("Kind", bound=Reply)
BOTH = ("funder", "intermediary")
GIVING = ("funder", "intermediary", "investor")
KEEPING = ("intermediary",)


def show_desk_fund(visit: Visit) -> View:
    """Show where a fund stands, which of it may go where, and what can be done."""
    require_desk(visit)
    words, today = visit.words, visit.site.door.clock().date()
    held = visit.read(FundCurrencies, "currency.list").items
    fund = held[0]
    earmarks = visit.find(EarmarkList, "earmark.list", limit=MOST)
    parts = visit.find(PledgePartList, "pledge.ages", limit=MOST)
    gifts = visit.find(GiftList, "in_kind.list", limit=MOST)
    came = visit.find(ContributionList, "contribution.list", limit=LAST, cursor=visit.query.get("came", ""))
    names = party_names(visit)
    known = earmarks.items if earmarks else []
    sheets = {
        "currencies": _currencies(visit, held),
        "contributions": _contributions(visit, came, names, {one.code: one.title for one in known}),
        "pledges": _pledges(visit, parts, names),
        "gifts": _gifts(visit, gifts, names),
        "proposals": _proposals(visit, names),
        "earmarks": _earmarks(visit, earmarks),
    }
    charts = {
        "grid": grid(words, fund, known),
        "calendar": calendar(words, fund, known, gifts.items if gifts else (), today),
    }
    units = dict.fromkeys(part.unit for part in parts.items) if parts else ()
    charts |= {f"ages-{unit}": ageing(words, unit, parts.items, today) for unit in units if parts}
    more = {
        "fund": fund,
        "ages": [f"ages-{unit}" for unit in units],
        "tasks": _tasks(visit),
        "may_publish": "funder" in visit.roles(),
        "published": _published(visit),
        "next_came": came.next or "" if came else "",
        "public": page_of(visit, "fund"),
    }
    return View(title=fund.title, sheets=sheets, charts=charts, more=more)


def _published(visit: Visit) -> date | None:
    found = visit.find(PublicationList, "publication.list", limit=MOST)
    wanted = f"fund/{visit.parts['fund']}"
    return next(
        (one.since.date() for one in (found.items if found else ()) if one.engagement == wanted), None
    )


def _tasks(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """List what this visitor can do to the fund, by heading."""
    words, roles = visit.words, visit.roles()
    groups = (
        (
            words._("Promises"),
            (
                ("desk_pledge", GIVING, words._("Record a promise")),
                ("desk_pledge_signature", GIVING, words._("Record a signed promise")),
            ),
        ),
        (
            words._("What comes in"),
            (
                ("desk_contribution", KEEPING, words._("Book money that arrived")),
                ("desk_gift", GIVING, words._("Offer a gift in kind")),
            ),
        ),
        (
            words._("What goes out"),
            (
                ("desk_payment", KEEPING, words._("Pay, or propose a payment")),
                *((one.page, KEEPING, one.title(words)) for one in TASKS),
                ("desk_reversal", KEEPING, words._("Undo a transaction")),
            ),
        ),
        (
            words._("Rules"),
            (
                ("desk_earmark", BOTH, words._("Open an earmark")),
                ("desk_currency", BOTH, words._("Hold another currency")),
            ),
        ),
    )
    shown = [
        (heading, [(told, visit.address(name)) for name, who, told in pages if roles & set(who)])
        for heading, pages in groups
    ]
    return [(heading, pages) for heading, pages in shown if pages]


def _currencies(visit: Visit, held: Sequence[FundReply]) -> Sheet:
    words = visit.words
    names = (
        *(words._("Currency"), words._("Came in"), words._("Paid out"), words._("In the fund")),
        *(words._("Set aside"), words._("Free"), words._("Signed, not paid in"), words._("Promised")),
    )
    return Sheet(
        title=words._("Where the money is, by currency"),
        columns=[Column(name=name, kind="amount" if at else "text") for at, name in enumerate(names)],
        rows=[
            (
                one.unit,
                one.contributions,
                one.disbursed,
                one.balance,
                _sum(one.committed, one.encumbered, one.held),
                one.free,
                one.receivable or "",
                one.pledged or "",
            )
            for one in held
        ],
    )


def _sum(*texts: str) -> str:
    return str(sum((Decimal(text) for text in texts), Decimal(0)))


def _contributions(
    visit: Visit,
    found: ContributionList | None,
    names: Mapping[str, str],
    titles: Mapping[str, str],
) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What came in"),
        columns=[
            Column(name=words._("Giver")),
            Column(name=words._("Earmark")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("What is left of it")),
        ],
        rows=[
            (
                names.get(one.giver, one.giver),
                titles.get(one.earmark, one.earmark),
                one.amount,
                one.unit,
                one.on.isoformat() if one.on else "",
                ", ".join(words.amount(part.amount, part.unit) for part in one.left),
            )
            for one in (found.items if found else ())
        ],
        empty=words._("Nothing has come in yet. Money is booked when it has arrived."),
    )


def _pledges(visit: Visit, found: PledgePartList | None, names: Mapping[str, str]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Promises that are not paid in, the oldest first"),
        columns=[
            Column(name=words._("Giver")),
            Column(name=words._("Since"), kind="day"),
            Column(name=words._("Signed")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (
                names.get(one.giver, one.giver),
                one.since.isoformat(),
                words._("yes") if one.signed else words._("no"),
                one.amount,
                one.unit,
            )
            for one in (found.items if found else ())
        ],
        empty=words._("No promise is open. A promise raises nothing that can be spent."),
    )


def _gifts(visit: Visit, found: GiftList | None, names: Mapping[str, str]) -> Sheet:
    words = visit.words
    items = found.items if found else []
    may_value = bool({"intermediary", "evaluator"} & visit.roles())
    return Sheet(
        title=words._("Gifts in kind, apart from cash"),
        columns=[
            Column(name=words._("Giver")),
            Column(name=words._("Left"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Value")),
            Column(name=words._("How it was valued")),
            Column(name=words._("Last day"), kind="day"),
            Column(name=words._("Reference"), kind="digest"),
        ],
        rows=[
            (
                names.get(one.giver or "", one.giver or ""),
                one.left,
                one.unit,
                words.amount(one.value.amount, one.value.unit) if one.value else words._("not valued yet"),
                method_of(words, one.valuation.method) if one.valuation else "",
                one.available_until.isoformat() if one.available_until else "",
                one.gift,
            )
            for one in items
        ],
        links=[f"{visit.address('desk_valuation')}?gift={one.gift}" for one in items] if may_value else (),
        empty=words._("No gift in kind has been offered. Goods and hours are never counted as cash."),
    )


def _proposals(visit: Visit, names: Mapping[str, str]) -> Sheet:
    words = visit.words
    found = visit.find(ProposalList, "proposal.list", limit=LAST)
    items = found.items if found else []
    return Sheet(
        title=words._("Proposals that are not carried out"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Approvals")),
        ],
        rows=[
            (
                kind_of(words, one.kind),
                names.get(one.payee, one.payee),
                *amount_of(one),
                words._(
                    "%(given)s of %(needed)s",
                    given=words.number(str(len(one.approvals))),
                    needed=words.number(str(one.needed)),
                ),
            )
            for one in items
        ],
        links=[visit.address("desk_proposal", proposal=str(one.id)) for one in items],
        empty=words._("Nothing is proposed."),
    )


def _earmarks(visit: Visit, found: EarmarkList | None) -> Sheet:
    words = visit.words
    titles = {one.code: one.title for one in (found.items if found else ())}
    return Sheet(
        title=words._("Earmarks of this book"),
        columns=[
            Column(name=words._("Earmark")),
            Column(name=words._("Only for")),
            Column(name=words._("Last day of use"), kind="day"),
            Column(name=words._("Narrows")),
        ],
        rows=[
            (
                one.title,
                "; ".join(f"{column}: {', '.join(row)}" for column, row in one.admits.items())
                or words._("anything"),
                one.valid_until.isoformat() if one.valid_until else "",
                titles.get(one.wider, one.wider),
            )
            for one in (found.items if found else ())
        ],
        empty=words._("There is no earmark. Money without one may be used for anything the fund is for."),
    )


def publish(visit: Visit) -> Done:
    """Let everybody read the fund."""
    visit.write(PublicationMade, "publication.fund")
    return Done(to=visit.address("desk_fund"), said="published")


PAGES = (
    Page(
        name="desk_fund",
        path="/books/{book}/desk/funds/{fund}",
        show=show_desk_fund,
        acts={"publish": publish},
        said={
            "booked": lambda words: words._("The money is booked. Its giver can follow it."),
            "currency": lambda words: words._("The fund holds this currency now."),
            "earmark": lambda words: words._("The earmark is open. Money can come in under it."),
            "offered": lambda words: words._(
                "The gift is on record. Somebody else than its giver values it."
            ),
            "opened": lambda words: words._("The fund is open. Record a promise or book money that arrived."),
            "moved": lambda words: words._("It is booked. The figures below have it."),
            "paid": lambda words: words._("The payment is booked."),
            "pledged": lambda words: words._(
                "The promise is on record. It cannot be spent before it is paid in."
            ),
            "published": lambda words: words._("Everybody can read this fund from now on."),
            "signed": lambda words: words._("The signed promise is on record."),
            "undone": lambda words: words._("The transaction is undone by its exact opposite."),
            "valued": lambda words: words._(
                "The value is on record. It counts beside the cash, never in it."
            ),
        },
    ),
)
