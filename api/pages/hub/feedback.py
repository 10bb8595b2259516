"""What came of our application: the score and how sure it is, every comment, the line; and an appeal."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ....challenges.brief import Brief
from ....finance.errors import Missing
from ...charts.chart import Chart
from ...charts.standing import Standing, draw_standing
from ...wire.appeals import AppealList, AppealMade, AppealReply
from ...wire.awards import AwardList, AwardMade, AwardReply
from ...wire.briefs import BriefReply
from ...wire.feedback import FeedbackReply, FeedbackSeen
from ..page import Page
from ..states import appeal_state, award_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .application import remaining

PATH = "/books/{book}/hub/challenges/{challenge}/feedback/{application}"
SCORED = frozenset({"panel", "applicants"})


def show_feedback(visit: Visit) -> View:
    """Show the result of an application in a phase, and what can be done about it."""
    words = visit.words
    brief = visit.read(BriefReply, "brief.read").brief
    phases = [one.id for one in brief.phases if one.judging in SCORED]
    wanted = visit.query.get("phase", phases[-1] if phases else "")
    if phases and wanted not in phases:
        raise Missing("There is no such phase.")
    reply = visit.find(FeedbackReply, "feedback.read", phase=wanted) if wanted else None
    told = reply.feedback if reply else FeedbackSeen()
    code = visit.parts["application"]
    awards = visit.find(AwardList, "award.list", limit=200)
    appeals = visit.find(AppealList, "appeal.list", limit=200)
    if reply is None and appeals is None and awards is None:
        raise Missing("There is no such application.")
    filed = [one for one in appeals.items if one.application == code] if appeals else []
    own = [one for one in awards.items if one.application == code] if awards else []
    until = datetime.fromisoformat(told.appeal_until) if told.appeal_until else None
    chart = _chart(words, told)
    more = {
        "told": told,
        "brief": brief,
        "phases": phases,
        "phase": wanted,
        "awards": [(one, award_state(words, one.state)) for one in own],
        "appeals": [(one, *_appeal_said(words, one)) for one in filed],
        "outcome": _decided(words, own) if _is_by_award(told) else outcome_said(words, told.outcome or ""),
        "remaining": remaining(words, until, visit.site.door.clock()),
        "until": until,
        "grounds": [(one, ground_said(words, one)) for one in brief.appeal_policy.grounds],
        "judges": _judges(words, told),
        "code": code,
        "short": lambda text: words.number(_short(text)),
    }
    sheets = {"traits": _traits(words, brief, told), "marks": _marks(words, brief, told)}
    return View(
        title=words._("What came of your application"),
        sheets=sheets,
        charts={"standing": chart} if chart else {},
        more=more,
    )


def _is_by_award(told: FeedbackSeen) -> bool:
    """Tell whether the awards are announced, and no list of those who go on."""
    return told.outcome == "open" and told.appeal_until is not None


def _decided(words: Words, own: Sequence[AwardReply]) -> str:
    if any(one.state not in {"declined", "lapsed", "reversed"} for one in own):
        return words._("It gets an award.")
    return words._("It was not chosen.")


def _chart(words: Words, told: FeedbackSeen) -> Chart | None:
    """Draw the score beside the line, as far as the brief tells both."""
    total = told.total
    if total is None or total.level is None:
        return None
    line = None
    if told.distance is not None and told.distance.points is not None:
        line = _less(total.level, told.distance.points)
    header = (
        words._("What"),
        words._("Points"),
        words._("Standard error"),
        words._("Your score"),
        words._("The line"),
    )
    caption = (
        words._(
            "The dot is your score. Too few judges read to say how sure it is. The dashed line is the line."
        )
        if total.standard_error is None
        else words._(
            "The dot is your score after calibration. The thick bar is one standard error to each side, the "
            "thin one two. The dashed line is what separated those inside from those outside."
        )
    )
    standing = Standing(level=total.level, standard_error=total.standard_error, line=line)
    return draw_standing(words._("Your score and the line"), caption, header, standing)


def _less(level: str, points: str) -> str:
    return f"{Decimal(level) - Decimal(points):f}"


def _titles(brief: Brief) -> dict[str, str]:
    rubrics = [brief.rubric_of(one.id) for one in brief.phases if one.judging in SCORED]
    return {trait.id: trait.title for rubric in rubrics for trait in rubric.traits}


def _traits(words: Words, brief: Brief, told: FeedbackSeen) -> Sheet:
    titles = _titles(brief)
    return Sheet(
        title=words._("By trait, and what would have reached the line"),
        columns=[
            Column(name=words._("Trait")),
            Column(name=words._("Mean mark"), kind="number"),
            Column(name=words._("Calibrated"), kind="number"),
            Column(name=words._("Standard error"), kind="number"),
            Column(name=words._("Mean mark at the line"), kind="number"),
            Column(name=words._("On the scale")),
        ],
        rows=[
            (
                titles.get(one.trait or "", one.trait or ""),
                _short(one.raw_mean),
                _short(one.level),
                _short(one.standard_error),
                _short(one.mark_at_line),
                ""
                if one.reachable is None
                else words._("could be reached")
                if one.reachable
                else words._("beyond the scale"),
            )
            for one in told.traits or []
        ],
        empty=words._("Nothing is told by trait in this phase."),
    )


def _marks(words: Words, brief: Brief, told: FeedbackSeen) -> Sheet:
    titles = _titles(brief)
    return Sheet(
        title=words._("Every mark and comment"),
        columns=[
            Column(name=words._("Judge")),
            Column(name=words._("Trait")),
            Column(name=words._("Mark"), kind="number"),
            Column(name=words._("Comment")),
        ],
        rows=[
            (
                one.judge or "",
                titles.get(one.trait or "", one.trait or ""),
                one.mark or "",
                one.comment or "",
            )
            for one in told.marks or []
        ],
        empty=words._("No marks are shown: the rules of this challenge show them later, or not at all."),
    )


def _judges(words: Words, told: FeedbackSeen) -> list[tuple[str, str]]:
    named = dict.fromkeys(one.judge for one in told.marks or [] if one.judge)
    return [("", ""), *((one, words._("Take out the marks of %(judge)s", judge=one)) for one in named)]


def _short(text: str | None) -> str:
    """Return a figure with at most two decimals."""
    return "" if text is None else f"{round(Decimal(text), 2):f}"


def outcome_said(words: Words, outcome: str) -> str:
    """Say what was decided.

    Parameters
    ----------
    words : Words
        The reader's.
    outcome : str
        As the operations give it; empty while nothing is told.
    """
    said = {
        "inside": words._("It is among those chosen."),
        "outside": words._("It was not chosen."),
        "open": words._("It is not decided yet."),
        "withdrawn": words._("It was taken back."),
        "not_eligible": words._("It may not take part by the rule of the challenge."),
    }
    return said.get(outcome, words._("The rules of this challenge do not tell the result yet."))


def ground_said(words: Words, ground: str) -> str:
    """Say on which ground one appeals.

    Parameters
    ----------
    words : Words
        The reader's.
    ground : str
        Of the brief.
    """
    said = {
        "procedure": words._("The procedure was not followed"),
        "undeclared_conflict": words._("A judge had a conflict and did not declare it"),
        "eligibility_fact": words._("A fact about who may take part is wrong"),
        "arithmetic": words._("It was added up wrongly"),
        "unnotified_amendment": words._("The rules were changed and we were not told"),
    }
    return said.get(ground, ground)


def _appeal_said(words: Words, one: AppealReply) -> tuple[str, str]:
    return ground_said(words, one.ground), appeal_state(words, one.state)


def appeal(visit: Visit) -> Done:
    """File an appeal; the awards that its remedy would change are held."""
    form, code = visit.form, visit.parts["application"]
    body = {
        "appeal": {
            "application": code,
            "ground": form.text("ground"),
            "statement": form.text("statement"),
            "remedies": _remedies(visit, code),
        }
    }
    visit.write(AppealMade, "appeal.file", body)
    return Done(to=visit.address("hub_feedback"), said="filed")


def _remedies(visit: Visit, code: str) -> Sequence[dict[str, str]]:
    judge, phase = visit.form.text("judge"), visit.form.text("phase")
    if judge:
        return [{"kind": "void_read", "phase": phase, "application": code, "judge": judge}]
    if visit.form.text("ground") == "eligibility_fact":
        return [{"kind": "correct_finding", "application": code, "status": "pass"}]
    return [{"kind": "recompute"}]


def accept(visit: Visit) -> Done:
    """Accept an award."""
    visit.write(AwardMade, "award.accept", prize=visit.form.text("prize"), part=visit.form.text("part"))
    return Done(to=visit.address("hub_feedback"), said="accepted")


def decline(visit: Visit) -> Done:
    """Decline an award, with the reason."""
    visit.write(
        AwardMade,
        "award.decline",
        {"reason": visit.form.text("reason")},
        prize=visit.form.text("prize"),
        part=visit.form.text("part"),
    )
    return Done(to=visit.address("hub_feedback"), said="declined")


PAGES = (
    Page(
        name="hub_feedback",
        path=PATH,
        show=show_feedback,
        acts={"appeal": appeal, "accept": accept, "decline": decline},
        said={
            "filed": lambda words: words._(
                "Your appeal is filed. What it would change is held until it is ruled."
            ),
            "accepted": lambda words: words._("You have accepted the award."),
            "declined": lambda words: words._("You have declined the award."),
        },
    ),
)
