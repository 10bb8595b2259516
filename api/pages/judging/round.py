"""A round at the desk: who judges, how far they are, what the marks say, and who goes on."""

from ...wire.assignments import PlanMade, ReminderMade
from ...wire.calibrations import CalibrationMade
from ...wire.judges import JudgeMade, OverrideMade
from ...wire.rankings import AdvancementList, AdvancementReply, BandReply
from ..designing.around import crumbs
from ..page import Page
from ..view import Done, View
from ..visit import Visit
from .correcting import CORRECTED, CORRECTIONS, corrections, redraw
from .reading import RoundSeen, read_round
from .tables import (
    calibration_sheet,
    conflicts_sheet,
    is_tied,
    judges_sheet,
    places_chart,
    plans_sheet,
    reading_sheet,
)

ADDRESS = "/books/{book}/desk/challenges/{challenge}/rounds/{phase}"


def show_round(visit: Visit) -> View:
    """Show how a round goes."""
    words, seen = visit.words, read_round(visit)
    sheets = {
        "reading": reading_sheet(words, seen),
        "judges": judges_sheet(words, seen),
        "conflicts": conflicts_sheet(words, seen),
        "plans": plans_sheet(words, seen),
    }
    if seen.calibrations.items:
        sheets["calibration"] = calibration_sheet(words, seen)
    parts = seen.places.parts if seen.places else []
    charts = {
        f"places-{n}": places_chart(words, part, words._("Places with their doubt"))
        for n, part in enumerate(parts)
    }
    now = visit.site.door.clock()
    roles = visit.roles()
    doing = visit.form.text("act") or visit.query.get("do", "")
    more = {
        "seen": seen,
        "doing": doing,
        **corrections(visit, seen, doing),
        "parts": [(one, is_tied(one)) for one in parts],
        "notes": _notes(seen),
        "reads": _progress(seen),
        "open": seen.phase.is_open,
        "over": now >= seen.phase.closes_at,
        "early": now < seen.phase.opens_at,
        "runs": bool({"funder", "intermediary"} & roles),
        "funder": "funder" in roles,
        "me": visit.caller.person if visit.caller else "",
        "draft": seen.plan if seen.plan and not seen.plan.published else None,
        "advances": seen.brief.phase(seen.phase.id).advances,
        "announced": seen.challenge.state in {"decided", "settled"},
        "undeclared": [one.code for one in (seen.judges.items if seen.judges else []) if one.to_declare],
        "back": crumbs(visit, (seen.challenge.title, visit.address("desk_challenge"))),
    }
    title = words._("Round %(name)s", name=seen.phase.id)
    return View(title=title, sheets=sheets, charts=charts, more=more)


def _notes(seen: RoundSeen) -> list[str]:
    """Return what has to be known of the newest calibration, in English."""
    if not seen.calibrations.items:
        return []
    parts = seen.calibrations.items[-1].parts
    return list(dict.fromkeys(flag for part in parts for flag in part.flags))


def _progress(seen: RoundSeen) -> tuple[int, int]:
    """Return how many reads are in, and how many are planned."""
    done = seen.ranking.reads if seen.ranking else 0
    return done, len(seen.plan.pairs) if seen.plan and seen.plan.published else 0


def register(visit: Visit) -> Done:
    """Register a judge."""
    form = visit.form
    body: dict[str, object] = {"code": form.text("code")}
    if form.text("organisation"):
        body["organisation"] = form.text("organisation")
    for name in ("least", "most"):
        if form.text(name):
            body[name] = form.whole(name)
    for name in ("languages", "attributes"):
        body[name] = [one.strip() for one in form.text(name).split(",") if one.strip()]
    visit.write(JudgeMade, "judge.register", body)
    return Done(to=visit.address("desk_round"), said="registered")


def plan(visit: Visit) -> Done:
    """Draft who reads what."""
    visit.write(PlanMade, "assignment.plan", {"seed": visit.form.whole("seed", "1")})
    return Done(to=visit.address("desk_round"), said="planned")


def let_count(visit: Visit) -> Done:
    """Let a plan count: by whoever drafted it, or as a second person."""
    name = "assignment.approve" if visit.form.text("how") == "approve" else "assignment.publish"
    body = {"reason": visit.form.text("reason")}
    visit.write(PlanMade, name, body, number=visit.form.text("number"))
    return Done(to=visit.address("desk_round"), said="counts")


def remind(visit: Visit) -> Done:
    """Put on record whom to remind."""
    made = visit.write(ReminderMade, "reminder.send")
    return Done(to=visit.address("desk_round"), said="reminded" if made.readers else "nobody")


def override(visit: Visit) -> Done:
    """Answer for a soft conflict."""
    body = {"application": visit.form.text("application"), "reason": visit.form.text("reason")}
    visit.write(OverrideMade, "override.sign", body, judge=visit.form.text("judge"))
    return Done(to=visit.address("desk_round"), said="answered")


def freeze(visit: Visit) -> Done:
    """Calibrate the marks and freeze them."""
    visit.write(CalibrationMade, "calibration.freeze", {})
    return Done(to=visit.address("desk_round"), said="frozen")


def band(visit: Visit) -> Done:
    """Publish the band."""
    body: dict[str, object] = {}
    if visit.form.text("beacon_source"):
        body["beacon_source"] = visit.form.text("beacon_source")
    if visit.form.text("beacon_at"):
        body["beacon_at"] = _instant(visit.form.text("beacon_at"))
    visit.write(BandReply, "band.publish", body)
    return Done(to=visit.address("desk_round"), said="band")


def go_on(visit: Visit) -> Done:
    """Decide who goes on, by the rule of the brief."""
    form = visit.form
    body: dict[str, object] = {}
    if form.text("secret"):
        body["secret"] = form.text("secret")
    if form.text("beacon-value"):
        body["beacon"] = {
            "source": form.text("beacon-source"),
            "named_at": _instant(form.text("beacon-named_at")),
            "at": _instant(form.text("beacon-at")),
            "value": form.text("beacon-value"),
            "proof": form.text("beacon-proof"),
        }
    if form.all("panel-chosen"):
        members = [one.strip() for one in form.text("panel-members").split(",") if one.strip()]
        body["panel"] = {
            "chosen": [one for one in form.all("panel-chosen") if one],
            "members": members,
            "reason": form.text("panel-reason"),
        }
    visit.write(AdvancementReply, "phase.advance", body)
    return Done(to=visit.address("desk_round"), said="decided")


def draw_again(visit: Visit) -> View:
    """Draw the lot of this round again from what was published."""
    made = visit.read(AdvancementList, "advancement.list").items
    shown = show_round(visit)
    return redraw(visit, shown, made[-1]) if made and made[-1].lot_seed else shown


def _instant(text: str) -> str:
    """Return an instant in UTC where no offset was typed."""
    plain = text.endswith("Z") or "+" in text
    return text if plain or not text else f"{text}Z"


ROUND = Page(
    name="desk_round",
    path=ADDRESS,
    show=show_round,
    acts={
        "register": register,
        "plan": plan,
        "count": let_count,
        "remind": remind,
        "override": override,
        "freeze": freeze,
        "band": band,
        "advance": go_on,
        "redraw": draw_again,
        **CORRECTIONS,
    },
    said={
        "registered": lambda words: words._("The judge is registered."),
        "planned": lambda words: words._("A plan is drafted. It counts once it is published."),
        "counts": lambda words: words._("The plan counts. Each judge sees what they are to read."),
        "reminded": lambda words: words._("Whoever has not read everything is on record as reminded."),
        "nobody": lambda words: words._("There is nobody left to remind."),
        "answered": lambda words: words._(
            "You answer for this pair; your reason is published with the result."
        ),
        "frozen": lambda words: words._("The marks are calibrated and frozen."),
        "band": lambda words: words._("The band is published."),
        "decided": lambda words: words._("It is decided who goes on."),
        **CORRECTED,
    },
)
