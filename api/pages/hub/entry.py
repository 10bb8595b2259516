"""May we take part: the rule of a challenge asked as questions, and where our applications begin."""

from collections.abc import Mapping

from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply
from ...wire.drafts import DraftReply
from ...wire.eligibility import EligibilityReply, QuizReply
from ...wire.own import OwnApplicationList
from ..page import Page
from ..rule_lines import rule_lines_of
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .application import remaining
from .questions import Ask, Box, value_of
from .sections import fact_asks
from .writing import ENTERED

PATH = "/books/{book}/hub/challenges/{challenge}"


def show_entry(visit: Visit) -> View:
    """Show the rule as questions, and what one's own organisation writes for this challenge."""
    return _view(visit)


def _view(visit: Visit, answered: QuizReply | None = None) -> View:
    words = visit.words
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    quiz = visit.read(EligibilityReply, "eligibility.read")
    own = visit.find(OwnApplicationList, "own-application.list")
    entering = [one for one in challenge.phases if one.kind in ENTERED]
    phase = next((one for one in entering if one.is_open), None)
    coming = next((one for one in entering if one.opens_at > visit.site.door.clock()), None)
    asks = fact_asks(words, quiz.questions)
    boxes = [
        Box(name=one.path[-1], ask=one, value=visit.form.text(one.path[-1]) if visit.form.was_sent else "")
        for one in asks
    ]
    more: dict[str, object] = {
        "challenge": challenge,
        "brief": brief,
        "phase": phase,
        "coming": coming,
        "remaining": remaining(words, phase.closes_at if phase else None, visit.site.door.clock()),
        "boxes": boxes,
        "checklist": rule_lines_of(words, brief.eligibility, quiz.checklist),
        "found": rule_lines_of(words, brief.eligibility, answered.checklist) if answered else [],
        "answered": answered,
        "may": "hub" in visit.roles(),
    }
    return View(title=challenge.title, sheets={"own": own_sheet(visit, own)}, more=more)


def own_sheet(visit: Visit, own: OwnApplicationList | None) -> Sheet:
    """Return one's own applications to a challenge as a table."""
    words = visit.words
    found = [one for one in own.items if one.challenge == visit.parts["challenge"]] if own else []
    return Sheet(
        title=words._("Your applications to this challenge"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("State")),
            Column(name=words._("Handed in"), kind="instant"),
        ],
        rows=[
            (
                one.title or one.code,
                state_said(words, number=one.number, withdrawn=one.withdrawn, changed=one.changed),
                one.received_at.isoformat() if one.received_at else "",
            )
            for one in found
        ],
        links=[visit.address("hub_application", application=one.code) for one in found],
        empty=words._("You have not begun an application here yet. Begin one below."),
    )


def state_said(words: Words, *, number: int, withdrawn: bool, changed: bool) -> str:
    """Say how far an application is.

    Parameters
    ----------
    words : Words
        The reader's.
    number : int [submissions]
        How often it was handed in.
    withdrawn, changed : bool
        It was taken back; it was changed since it was handed in.
    """
    if withdrawn:
        return words._("taken back")
    if not number:
        return words._("being written")
    return words._("handed in, and changed since") if changed else words._("handed in")


def check(visit: Visit) -> View:
    """Say what the rule makes of somebody's answers; nothing is kept."""
    quiz = visit.read(EligibilityReply, "eligibility.read")
    answers = _answers(fact_asks(visit.words, quiz.questions), visit)
    answered = visit.write(QuizReply, "eligibility.check", {"answers": answers})
    return _view(visit, answered)


def _answers(asks: tuple[Ask, ...], visit: Visit) -> Mapping[str, object]:
    found = {one.path[-1]: value_of(one, visit.form, one.path[-1]) for one in asks}
    return {name: value for name, value in found.items() if value is not None}


def begin(visit: Visit) -> Done:
    """Begin an application that one's own organisation leads."""
    code = visit.form.text("code")
    brief = visit.read(BriefReply, "brief.read").brief
    mine = sorted({one.party for one in visit.held() if one.role == "hub"})
    content: dict[str, object] = {
        "schema": "almoner.application/1",
        "application_id": code,
        "challenge_id": visit.parts["challenge"],
        "unit": brief.unit,
    }
    title = visit.form.text("title")
    if title:
        content["title"] = title
    if len(mine) == 1:
        content["bundle"] = [{"party": mine[0], "role": "lead"}]
    visit.write(DraftReply, "draft.create", {"code": code, "content": content})
    return Done(to=visit.address("hub_application", application=code), said="begun")


PAGES = (Page(name="hub_challenge", path=PATH, show=show_entry, acts={"check": check, "begin": begin}),)
