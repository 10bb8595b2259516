"""Appeals at the desk: what is contested, who ruled on it, and who agrees as a second person."""

from ...wire.appeals import AppealList, AppealReply, RulingMade
from ...wire.challenges import ChallengeReply
from ..designing.around import crumbs
from ..designing.panel_section import grounds
from ..page import Page
from ..states import appeal_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words

ADDRESS = "/books/{book}/desk/challenges/{challenge}/appeals"
MOST = 200


def show_appeals(visit: Visit) -> View:
    """Show the appeals of a challenge, those that wait first."""
    words = visit.words
    challenge = visit.read(ChallengeReply, "challenge.read")
    appeals = visit.read(AppealList, "appeal.list", limit=MOST).items
    roles = visit.roles()
    doing = visit.form.text("appeal") or visit.query.get("do", "")
    more = {
        "challenge": challenge,
        "open": [one for one in appeals if one.state == "open"],
        "counts": (len(appeals), sum(bool(one.proposed) for one in appeals)),
        "grounds": grounds(words),
        "remedies": remedies_in_words(words),
        "key": _key,
        "rules": "judge" in roles,
        "funder": "funder" in roles,
        "me": visit.caller.person if visit.caller else "",
        "doing": doing,
        "back": crumbs(visit, (challenge.title, visit.address("desk_challenge"))),
    }
    return View(title=words._("Appeals"), sheets={"appeals": _sheet(words, appeals)}, more=more)


def _sheet(words: Words, appeals: list[AppealReply]) -> Sheet:
    return Sheet(
        title=words._("All appeals"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Number"), kind="number"),
            Column(name=words._("Ground")),
            Column(name=words._("State")),
            Column(name=words._("Statement")),
        ],
        rows=[
            (
                one.application,
                str(one.number),
                grounds(words).get(one.ground, one.ground),
                appeal_state(words, one.state),
                one.statement,
            )
            for one in appeals
        ],
        empty=words._("No appeal was filed. Hubs file them beside their feedback, once it is decided."),
    )


def remedies_in_words(words: Words) -> dict[str, str]:
    """Return what an appeal asks for, in words."""
    return {
        "void_read": words._("One read is not to count"),
        "correct_finding": words._("A finding of eligibility is to be corrected"),
        "correct_clock": words._("The times of a stage are to be corrected"),
        "recompute": words._("The decision is to be worked out again"),
    }


def _key(one: AppealReply) -> str:
    return f"{one.application}/{one.number}"


def _which(visit: Visit) -> dict[str, str]:
    application, _, number = visit.form.text("appeal").rpartition("/")
    return {"application": application, "number": number}


def rule(visit: Visit) -> Done:
    """Rule on an appeal, from outside."""
    body = {"upheld": visit.form.text("upheld") == "yes", "reason": visit.form.text("reason")}
    made = visit.write(RulingMade, "ruling.make", body, **_which(visit))
    return Done(to=visit.address("desk_appeals"), said=made.state)


def approve(visit: Visit) -> Done:
    """Agree to a ruling that upholds an appeal, as a second person."""
    visit.write(RulingMade, "ruling.approve", ruling=visit.form.text("ruling"), **_which(visit))
    return Done(to=visit.address("desk_appeals"), said="upheld")


APPEALS = Page(
    name="desk_appeals",
    path=ADDRESS,
    show=show_appeals,
    acts={"rule": rule, "approve": approve},
    said={
        "proposed": lambda words: words._("Your ruling waits for a second person."),
        "dismissed": lambda words: words._("The appeal is dismissed."),
        "upheld": lambda words: words._("The appeal is upheld, and the awards are corrected."),
    },
)
