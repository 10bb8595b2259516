"""The front page and a book: where the money is, and what it bought."""

from collections.abc import Iterable

from ...charts.chart import Chart
from ...charts.funnel import FunnelStep, FunnelWords, draw_funnel
from ...wire.agreements import AgreementLine, AgreementList
from ...wire.books import BookList
from ...wire.challenges import ChallengeLine, ChallengeList
from ...wire.overviews import FundTotalLine, FunnelReply, MoneyTotal, OverviewReply
from ..page import Page
from ..states import agreement_state, challenge_state
from ..view import Column, Sheet, View
from ..visit import Visit
from ..words import Words

SHOWN = 25


def show_front(visit: Visit) -> View:
    """Show the books one may look into; where there is one, that book itself."""
    found = visit.read(BookList, "book.list")
    if len(found.items) == 1:
        visit.page, visit.parts = "book", {**visit.parts, "book": found.items[0].code}
        return show_book(visit)
    words = visit.words
    books = Sheet(
        title=words._("Books"),
        columns=[Column(name=words._("Book")), Column(name=words._("Kept in"))],
        rows=[(one.code, one.unit) for one in found.items],
        links=[visit.address("book", book=one.code) for one in found.items],
        empty=words._(
            "Nothing is published here yet. Sign in to see what you have a part in; a funder publishes a "
            "fund on its page."
        ),
    )
    return View(title=words._("Where the money is"), sheets={"books": books})


def show_book(visit: Visit) -> View:
    """Show where the money of a book is, how far applications came, and all that can be looked into."""
    words = visit.words
    found = visit.read(OverviewReply, "overview.read")
    challenges = visit.find(
        ChallengeList, "challenge.list", limit=SHOWN, cursor=visit.query.get("challenges", "")
    )
    agreements = visit.find(
        AgreementList, "agreement.list", limit=SHOWN, cursor=visit.query.get("agreements", "")
    )
    sheets = {
        "funds": fund_sheet(visit, found.funds),
        "challenges": challenge_sheet(visit, challenges.items if challenges else ()),
        "agreements": agreement_sheet(visit, agreements.items if agreements else ()),
    }
    if len(found.money) > 1:
        sheets["money"] = money_sheet(words, found.money)
    return View(
        title=words._("Where the money is, and what it bought"),
        sheets=sheets,
        charts={"funnel": funnel_chart(words, found.funnel)},
        more={
            "overview": found,
            "main": found.money[0] if found.money else None,
            "later_challenges": challenges.next if challenges else None,
            "later_agreements": agreements.next if agreements else None,
        },
    )


def funnel_chart(words: Words, found: FunnelReply) -> Chart:
    """Draw how far applications came."""
    return draw_funnel(
        words._("From application to payment"),
        words.n(
            "Applications of one decided challenge. The dashed outline is the step before.",
            "Applications of %(count)s decided challenges. The dashed outline is the step before.",
            found.challenges,
        ),
        [
            FunnelStep(label=words.p("applications", "applied"), count=found.applied),
            FunnelStep(label=words.p("applications", "eligible"), count=found.eligible),
            FunnelStep(label=words.p("applications", "reviewed"), count=found.reviewed),
            FunnelStep(label=words.p("applications", "funded"), count=found.funded),
            FunnelStep(label=words.p("applications", "with a verified result"), count=found.verified),
            FunnelStep(label=words.p("applications", "paid"), count=found.paid),
        ],
        FunnelWords(
            step=words._("Step"),
            count=words._("Applications"),
            share=words._("Of all that applied"),
            withheld=words._("fewer than 3"),
        ),
    )


def fund_sheet(visit: Visit, funds: Iterable[FundTotalLine]) -> Sheet:
    """Return the funds of a book, each in its currencies."""
    words, rows = visit.words, list(funds)
    return Sheet(
        title=words._("Funds"),
        columns=[
            Column(name=words._("Fund")),
            Column(name=words._("Currency")),
            Column(name=words._("Received"), kind="amount"),
            Column(name=words._("Paid"), kind="amount"),
            Column(name=words._("Set aside"), kind="amount"),
            Column(name=words._("Free"), kind="amount"),
        ],
        rows=[
            (one.title or one.code, one.unit, one.received, one.paid, one.committed, one.free) for one in rows
        ],
        links=[visit.address("fund", fund=one.code) for one in rows],
        empty=words._("No fund is open to you yet. A funder opens and publishes one at the desk."),
    )


def money_sheet(words: Words, totals: Iterable[MoneyTotal]) -> Sheet:
    """Return the totals of a book by currency."""
    return Sheet(
        title=words._("All funds by currency"),
        columns=[
            Column(name=words._("Currency")),
            Column(name=words._("Received"), kind="amount"),
            Column(name=words._("Paid"), kind="amount"),
            Column(name=words._("Returned"), kind="amount"),
            Column(name=words._("Costs"), kind="amount"),
            Column(name=words._("Set aside"), kind="amount"),
            Column(name=words._("Free"), kind="amount"),
        ],
        rows=[
            (one.unit, one.received, one.paid, one.returned, one.costs, one.committed, one.free)
            for one in totals
        ],
    )


def challenge_sheet(visit: Visit, challenges: Iterable[ChallengeLine]) -> Sheet:
    """Return challenges with their state and prizes."""
    words, rows = visit.words, list(challenges)
    return Sheet(
        title=words._("Challenges"),
        columns=[
            Column(name=words._("Challenge")),
            Column(name=words._("State")),
            Column(name=words._("Prizes"), kind="amount"),
            Column(name=words._("Currency")),
        ],
        rows=[
            (one.title, challenge_state(words, one.state), one.prizes.amount, one.prizes.unit) for one in rows
        ],
        links=[visit.address("challenge", challenge=one.code) for one in rows],
        empty=words._("No challenge is published yet. A funder or intermediary publishes one at the desk."),
    )


def agreement_sheet(visit: Visit, agreements: Iterable[AgreementLine]) -> Sheet:
    """Return agreements with their state."""
    words, rows = visit.words, list(agreements)
    return Sheet(
        title=words._("Agreements"),
        columns=[Column(name=words._("Agreement")), Column(name=words._("State"))],
        rows=[(one.title, agreement_state(words, one.state)) for one in rows],
        links=[visit.address("agreement", agreement=one.code) for one in rows],
        empty=words._("No agreement is published yet. A funder publishes one once everybody has signed it."),
    )


PAGES = (
    Page(name="front", path="/", show=show_front, signed_in=False),
    Page(name="book", path="/books/{book}", show=show_book, signed_in=False),
)
