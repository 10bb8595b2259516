"""Our work: what is due and by when, what comes in and why, and everything of ours in this book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from ....contracts.terms.document import WHOLE_TERM
from ...wire.challenges import ChallengeList
from ...wire.own import (
    OwnAgreementList,
    OwnApplicationLine,
    OwnApplicationList,
    OwnPayoutLine,
    OwnPayoutList,
    OwnPayoutSum,
)
from ...wire.questions import QuestionList, QuestionReply
from ..page import Page
from ..states import agreement_state, payout_state
from ..view import Column, Sheet, View
from ..visit import Visit
from ..words import Words
from .application import remaining
from .entry import state_said
from .payments import draw_sums

TAKING = frozenset({"published", "open"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that waits for this organisation.

    Attributes
    ----------
    by : datetime or None
        Until when; None where nothing ends.
    """

    said: str
    of: str
    by: datetime | None
    address: str


def show_hub(visit: Visit) -> View:
    """Show what waits for one's own organisation, and the money for it."""
    words = visit.words
    applications = visit.read(OwnApplicationList, "own-application.list")
    agreements = visit.read(OwnAgreementList, "own-agreement.list")
    payouts = visit.read(OwnPayoutList, "own-payout.list", limit=20, cursor=visit.query.get("cursor", ""))
    challenges = visit.find(ChallengeList, "challenge.list", limit=200)
    questions = visit.read(QuestionList, "own-question.list", limit=200)
    titles = {one.code: one.title for one in agreements.items}
    dues = sorted(
        [
            *(due for one in applications.items if (due := _due_of(visit, one))),
            *(_to_sign(visit, one.code, one.title) for one in agreements.items if one.to_sign),
            *(_to_answer(visit, one) for one in questions.items),
            *(_to_return(visit, one, titles) for one in payouts.sums if Decimal(one.to_return)),
        ],
        key=lambda one: (one.by is None, one.by.isoformat() if one.by else "", one.said),
    )
    taking = [one for one in challenges.items if one.state in TAKING] if challenges else []
    sheets = {
        "due": _due_sheet(words, dues),
        "payouts": _payout_sheet(visit, payouts.items, titles),
        "applications": _application_sheet(visit, applications.items),
        "agreements": Sheet(
            title=words._("Your agreements"),
            columns=[Column(name=words._("Agreement")), Column(name=words._("State"))],
            rows=[(one.title, agreement_state(words, one.state)) for one in agreements.items],
            links=[visit.address("hub_agreement", agreement=one.code) for one in agreements.items],
            empty=words._("An agreement stands here once a funder has proposed it to you."),
        ),
        "challenges": Sheet(
            title=words._("Challenges you can still enter"),
            columns=[
                Column(name=words._("Challenge")),
                Column(name=words._("Prizes"), kind="amount"),
                Column(name=words._("Unit")),
            ],
            rows=[(one.title, one.prizes.amount, one.prizes.unit) for one in taking],
            links=[visit.address("hub_challenge", challenge=one.code) for one in taking],
            empty=words._("No challenge takes applications now."),
        ),
    }
    first = next((one for one in dues if one.by is not None), None)
    more = {
        "dues": dues,
        "next": remaining(words, first.by if first else None, visit.site.door.clock()),
        "first": first,
        "sums": sums_of(payouts.sums),
        "more_payouts": payouts.next,
    }
    chart = draw_sums(words, [(titles.get(one.agreement, one.agreement), one) for one in payouts.sums])
    return View(title=words._("Our work"), sheets=sheets, charts={"sums": chart} if chart else {}, more=more)


def _due_of(visit: Visit, one: OwnApplicationLine) -> Due | None:
    """Return what is to be done next on an application; nothing where others are to move."""
    name = one.title or one.code
    here = visit.address("hub_application", challenge=one.challenge, application=one.code)
    if one.to_accept:
        result = visit.address("hub_feedback", challenge=one.challenge, application=one.code)
        return Due(said=visit.words._("Accept the award"), of=name, by=None, address=result)
    if one.withdrawn:
        return None
    if one.status == "needs_document" and one.number:
        said, by = visit.words._("Supply what is missing"), one.cure_by
    else:
        said, by = _to_hand_in(visit.words, one), one.closes_at
    return Due(said=said, of=name, by=by, address=here) if said else None


def _to_hand_in(words: Words, one: OwnApplicationLine) -> str:
    if one.closes_at is None or (one.number and not one.changed):
        return ""
    return words._("Hand in your changes") if one.number else words._("Finish and hand in")


def _to_sign(visit: Visit, code: str, title: str) -> Due:
    here = visit.address("hub_agreement", agreement=code)
    return Due(said=visit.words._("Read and sign"), of=title, by=None, address=here)


def _to_answer(visit: Visit, one: QuestionReply) -> Due:
    """Return a question as something to do, by the end of the day for which it asks."""
    said = visit.words._("Answer the question of %(party)s", party=one.asked_by)
    here = visit.address("hub_claim", agreement=one.agreement, claim=one.claim)
    by = datetime.combine(one.answer_by, time(23, 59), UTC) if one.answer_by else None
    return Due(said=said, of=one.claim, by=by, address=f"{here}#questions")


def _to_return(visit: Visit, one: OwnPayoutSum, titles: dict[str, str]) -> Due:
    said = visit.words._("Return %(amount)s", amount=visit.words.amount(one.to_return, one.unit))
    here = visit.address("hub_agreement", agreement=one.agreement)
    return Due(said=said, of=titles.get(one.agreement, one.agreement), by=None, address=here)


def _due_sheet(words: Words, dues: Sequence[Due]) -> Sheet:
    return Sheet(
        title=words._("What is due"),
        columns=[
            Column(name=words._("What to do")),
            Column(name=words._("Of what")),
            Column(name=words.p("deadline", "By"), kind="instant"),
        ],
        rows=[(one.said, one.of, one.by.isoformat() if one.by else "") for one in dues],
        links=[one.address for one in dues],
        empty=words._("Nothing waits for you. What is due stands here, the nearest deadline first."),
    )


def _payout_sheet(visit: Visit, items: Sequence[OwnPayoutLine], titles: dict[str, str]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Money for you, newest first"),
        columns=[
            Column(name=words._("Why")),
            Column(name=words._("Agreement")),
            Column(name=words._("Counts for the day"), kind="day"),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("State")),
        ],
        rows=[
            (
                reason_of(words, one),
                titles.get(one.agreement, one.agreement),
                one.as_of.isoformat(),
                f"-{one.amount}" if one.direction == "back" else one.amount,
                one.unit,
                payout_state(words, one.status),
            )
            for one in items
        ],
        links=[visit.address("payout", agreement=one.agreement, payout=str(one.id)) for one in items],
        empty=words._("Money stands here once results of an agreement are settled."),
    )


def period_said(words: Words, period: str) -> str:
    """Say for which period something counts.

    Parameters
    ----------
    words : Words
        The reader's.
    period : str
        As the operations give it.
    """
    return words._("the whole term") if period == WHOLE_TERM else period


def reason_of(words: Words, one: OwnPayoutLine) -> str:
    """Say why money is owed.

    Parameters
    ----------
    words : Words
        The reader's.
    one : OwnPayoutLine
        The payout.
    """
    if one.claim:
        return words._("%(clause)s, on the claim %(claim)s", clause=one.clause, claim=one.claim)
    return words._("%(clause)s, by the calendar or a change of the terms", clause=one.clause)


def _application_sheet(visit: Visit, items: Sequence[OwnApplicationLine]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Your applications"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Challenge")),
            Column(name=words._("State")),
            Column(name=words._("May take part")),
        ],
        rows=[
            (
                one.title or one.code,
                one.challenge_title,
                state_said(words, number=one.number, withdrawn=one.withdrawn, changed=one.changed),
                eligibility_said(words, one.status or ""),
            )
            for one in items
        ],
        links=[
            visit.address("hub_application", challenge=one.challenge, application=one.code) for one in items
        ],
        empty=words._("Your applications stand here. Choose a challenge below to begin one."),
    )


def eligibility_said(words: Words, status: str) -> str:
    """Say what the rule of eligibility found.

    Parameters
    ----------
    words : Words
        The reader's.
    status : str
        As the operations give it; empty before it was checked.
    """
    said = {
        "pass": words._("yes"),
        "fail": words._("no"),
        "needs_document": words._("needs a document"),
    }
    return said.get(status, "")


def sums_of(sums: Sequence[OwnPayoutSum]) -> list[tuple[str, str, str]]:
    """Return unit, what was paid less what was returned, and what waits, over all agreements.

    Parameters
    ----------
    sums : sequence of OwnPayoutSum
        By agreement.
    """
    by_unit: dict[str, tuple[Decimal, Decimal]] = {}
    for one in sums:
        paid, waiting = by_unit.get(one.unit, (Decimal(0), Decimal(0)))
        paid += Decimal(one.paid) - Decimal(one.returned)
        by_unit[one.unit] = (paid, waiting + Decimal(one.waiting))
    return [(unit, f"{paid:f}", f"{waiting:f}") for unit, (paid, waiting) in by_unit.items()]


PAGES = (Page(name="hub", path="/books/{book}/hub", show=show_hub),)
