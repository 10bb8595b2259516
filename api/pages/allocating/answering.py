"""The answer of an allocation as figures, charts and tables: who gets what and why, and what limits cost."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from ...charts.allocation import AllocationWords, Candidate, Purse, draw_allocation
from ...charts.chart import Chart
from ...charts.figures import rounded
from ...charts.frontier import FrontierMark, FrontierWords, draw_marks
from ...wire.allocations import AllocationDone, AllocationReason
from ..view import Column, Sheet
from ..visit import Visit
from ..words import Words
from .figures import decimal_of, decimal_up

MOST_DRAWN = 30
PRICED = "priced"


def reason_sheet(visit: Visit, done: AllocationDone) -> Sheet:
    """Return who gets how much, each with the reason that weighs most; the row leads to all of them."""
    words = visit.words
    return Sheet(
        title=words._("Who gets how much, and why"),
        columns=[
            Column(name=words._("Who")),
            Column(name=words._("Gets, %(unit)s", unit=done.unit), kind="amount"),
            Column(name=words._("Can use at most"), kind="amount"),
            Column(name=words._("Funded")),
            Column(name=words._("Why")),
        ],
        rows=[
            (one.title or one.intervention_id, one.amount, one.most, _standing(words, one), main_reason(one))
            for one in done.reasons
        ],
        links=[f"?about={one.intervention_id}#about" for one in done.reasons],
        empty=words._("Nobody can be funded in this problem."),
    )


def _standing(words: Words, one: AllocationReason) -> str:
    if one.tied:
        return words._("Yes, but it is close") if one.funded else words._("No, but it is close")
    return words._("Yes") if one.funded else words._("No")


def main_reason(one: AllocationReason) -> str:
    """Return the reason that weighs most: the one at the prices of the answer, where there is one."""
    told = [saying.sentence for saying in one.reasons[1:] if saying.how == PRICED]
    return told[0] if told else (one.reasons[-1].sentence if one.reasons else "")


def line_sheet(visit: Visit, done: AllocationDone) -> Sheet:
    """Return every amount with its fund and its period."""
    words = visit.words
    titles = {one.intervention_id: one.title for one in done.reasons}
    return Sheet(
        title=words._("Out of which fund, and when"),
        columns=[
            Column(name=words._("Who")),
            Column(name=words._("Period")),
            Column(name=words._("Fund")),
            Column(name=words._("Gets, %(unit)s", unit=done.unit), kind="amount"),
        ],
        rows=[
            (
                titles.get(one.intervention_id) or one.intervention_id,
                period_of(done, one.period),
                one.fund_id,
                one.amount,
            )
            for one in done.lines
        ],
        empty=words._("No money is given."),
    )


def period_of(done: AllocationDone, period: int) -> str:
    """Return the name of a period; empty where there is but one.

    Parameters
    ----------
    done : AllocationDone
        The answer.
    period : int [position]
        From 0.
    """
    return done.periods[period] if period < len(done.periods) and len(done.periods) > 1 else ""


def price_sheet(visit: Visit, done: AllocationDone) -> Sheet:
    """Return what more of each limit would bring."""
    words = visit.words
    more = words._("1,000 %(unit)s more", unit=done.unit)
    one_more = words._("One more")
    return Sheet(
        title=words._("What the limits cost"),
        columns=[
            Column(name=words._("Limit")),
            Column(name=words._("If there were")),
            Column(name=words._("It would bring at most"), kind="number"),
        ],
        rows=[
            (one.sentence, more if one.of_money else one_more, decimal_up(one.worth)) for one in done.prices
        ],
        empty=words._("No limit holds the answer back: more money would bring nothing more."),
    )


def award_chart(visit: Visit, done: AllocationDone) -> Chart:
    """Draw who gets how much of what they can use, and from which fund."""
    words = visit.words
    awards: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    funds = sorted({line.fund_id for line in done.lines})
    for line in done.lines:
        awards[line.intervention_id][line.fund_id] += Decimal(line.amount)
    purses = [Purse(code=fund, label=fund, is_earmarked=bool(place)) for place, fund in enumerate(funds)]
    ranked = sorted(done.reasons, key=lambda one: (-Decimal(one.amount), one.intervention_id))
    candidates = [
        Candidate(
            label=one.title or one.intervention_id,
            ask=one.most if Decimal(one.most) >= Decimal(one.amount) else one.amount,
            awards=tuple((fund, str(amount)) for fund, amount in awards[one.intervention_id].items()),
        )
        for one in ranked[:MOST_DRAWN]
    ]
    return draw_allocation(
        words._("Given, and what could be used"),
        words._(
            "A bar is what each gets, by fund; the dashed outline is what it could use at most, over all "
            "periods. The %(count)s with most money are drawn.",
            count=len(candidates),
        ),
        done.unit,
        purses,
        candidates,
        words=AllocationWords(
            intervention=words._("Who"),
            asked=words._("Could use"),
            minimum=words._("At least"),
            source=words._("From %(fund)s"),
            ask_line=words._("of %(amount)s"),
            unfunded=words._("Not given"),
            not_funded=words._("could be used and is not given"),
        ),
    )


def frontier_chart(visit: Visit, done: AllocationDone) -> Chart:
    """Draw what less and more money would bring."""
    words = visit.words
    marks = [
        FrontierMark(
            name=words._("%(part)s of the money", part=words.share(rounded(Fraction(one.part), 4))),
            across=one.budget,
            height=decimal_of(one.value) or None,
            bound=decimal_up(one.bound) or None,
            envelope=decimal_of(one.envelope) or None,
        )
        for one in done.frontier
    ]
    return draw_marks(
        words._("What less and more money would bring"),
        words._("Every dot is the best that is known; the band above it ends at what nobody can exceed."),
        (words._("Money, %(unit)s", unit=done.unit), words._("Worth")),
        marks,
        FrontierWords(
            asked=words._("Asked"),
            most=words._("At most"),
            envelope=words._("Between them"),
            best=words._("the best that is known"),
            bound=words._("up to what nobody can exceed"),
            curve=words._("the straight way between answers"),
            impossible=words._("cannot be met"),
            at=words._("at %(across)s"),
            under=words._("at %(across)s"),
            at_most=words._("at most %(most)s"),
            zero=words._("zero"),
        ),
    )
