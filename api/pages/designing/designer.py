"""The designer: a brief written section by section, looked over while it is written, then published."""

import json
from dataclasses import dataclass

from ...errors import PreconditionStale
from ...wire.brief_drafts import BriefDraftDropped, BriefDraftReply
from ...wire.briefs import AmendmentProposalReply
from ...wire.challenges import ChallengeMade
from ...wire.funds import FundReply
from ...wire.trees import plain_of
from ..page import Page
from ..places import Content, parsed
from ..view import Attachment, Column, Done, Sheet, View
from ..visit import Refused, Visit
from .around import content_of, crumbs, surroundings, versions_of
from .checking import Checked, check, place_in_words
from .patching import lines_between, steps_between
from .sections import KEYS, SECTIONS, Section, Surroundings, kept_of, section_of, typed

LAST = "publish"
LIVE = "live_lint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the designer has before it.

    Attributes
    ----------
    reply : BriefDraftReply
        As it was saved.
    content : dict
        The brief in it.
    newest : int [version]
        Of the published brief that it changes; 0 for a challenge to come.
    """

    reply: BriefDraftReply
    content: Content
    around: Surroundings
    newest: int


def lay_out(visit: Visit) -> Desk:
    """Read a brief that is being written, and what is around it."""
    reply = visit.read(BriefDraftReply, "brief-draft.read")
    known = versions_of(visit, visit.parts["draft"])
    return Desk(
        reply=reply,
        content=plain_of(reply.content),
        around=surroundings(visit),
        newest=known[-1].version if known else 0,
    )


def show_brief(visit: Visit) -> View:
    """Show one section with what still stands against publication."""
    desk = lay_out(visit)
    wanted = visit.query.get("section", KEYS[0])
    live = visit.query.get("part") == LIVE and visit.form.was_sent
    section = None if wanted == LAST else section_of(wanted)
    content = desk.content
    if live and section is not None:
        content = typed(section, visit.words, visit.form, content, desk.around)
    seen = visit.etag(desk.reply)
    checked = check(visit, content, desk.around)
    more = {
        "desk": desk,
        "stale": bool(visit.problem and visit.problem["code"] == PreconditionStale.code),
        "seen": seen,
        "section": section,
        "groups": [] if section is None else section.groups(visit.words, desk.content, desk.around),
        "addition": _addition(visit, section, desk),
        "steps": _steps(visit, desk, checked),
        "checked": checked,
        "chosen": LAST if section is None else section.key,
        "kept": [] if section is None else kept_of(section, visit.words, desk.content, desk.around),
        "back": crumbs(visit),
        "here": visit.address("desk_brief"),
        "following": following(section),
        "titles": {one.key: one.title(visit.words) for one in SECTIONS},
    }
    sheets = {}
    if section is None:
        more |= _effects(visit, desk, checked)
        if desk.newest:
            sheets["changes"] = changes_sheet(visit, desk)
    return View(title=str(desk.content.get("title") or desk.reply.code), sheets=sheets, more=more)


def _addition(visit: Visit, section: Section | None, desk: Desk) -> object:
    if section is None or section.addition is None:
        return None
    return section.addition(visit.words, desk.content)


def _steps(visit: Visit, desk: Desk, checked: Checked) -> list[dict[str, object]]:
    here = visit.address("desk_brief")
    found: list[dict[str, object]] = [
        {
            "key": one.key,
            "title": one.title(visit.words),
            "to": f"{here}?section={one.key}",
            "left": checked.count(one.key),
        }
        for one in SECTIONS
    ]
    last = visit.words._("Propose the change") if desk.newest else visit.words._("Publish")
    return [*found, {"key": LAST, "title": last, "to": f"{here}?section={LAST}", "left": 0}]


def following(section: Section | None) -> str:
    """Return the key of the section behind another one."""
    if section is None:
        return LAST
    place = KEYS.index(section.key) + 1
    return KEYS[place] if place < len(KEYS) else LAST


def _effects(visit: Visit, desk: Desk, checked: Checked) -> dict[str, object]:
    """Return what publishing would do to the fund, or why it would be refused."""
    found: dict[str, object] = {"tried": None, "refusal": None, "fund": None}
    if desk.newest or not checked.publishable:
        return found
    found["fund"] = visit.find(FundReply, "fund.read", fund=str(desk.content.get("fund", "")))
    try:
        found["tried"] = visit.write(
            ChallengeMade, "challenge.publish", {"brief": desk.content}, dry_run=True
        )
    except Refused as refused:
        found["refusal"] = refused.problem
    return found


def changes_sheet(visit: Visit, desk: Desk) -> Sheet:
    """Return what is different from the version in force, line by line."""
    words, before = visit.words, content_of(visit, desk.reply.code, desk.newest)
    rows = [
        (place_in_words(words, desk.content, desk.around, place), was, will)
        for place, was, will in lines_between(before, desk.content)
    ]
    return Sheet(
        title=words._("What changes"),
        columns=[
            Column(name=words.p("document", "Place")),
            Column(name=words._("Now")),
            Column(name=words._("From then on")),
        ],
        rows=rows,
        empty=words._("Nothing is different from the version in force. Change a section first."),
    )


def save(visit: Visit) -> Done | View:
    """Save one section; while it is typed, only look it over."""
    if visit.query.get("part") == LIVE:
        return show_brief(visit)
    desk = lay_out(visit)
    section = section_of(visit.query.get("section", KEYS[0]))
    content = typed(section, visit.words, visit.form, desk.content, desk.around)
    seen = visit.form.text("seen")
    visit.write(BriefDraftReply, "brief-draft.save", {"content": content}, seen=seen)
    to = following(section) if visit.form.text("then") == "on" else section.key
    return Done(to=f"{visit.address('desk_brief')}?section={to}", said="saved")


def take_file(visit: Visit) -> Done:
    """Take a whole brief out of a file, in place of what was written."""
    sent = visit.form.files.get("file")
    content = parsed(sent.content.decode("utf-8", "replace")) if sent else {}
    if not content:
        said = visit.words._("This file holds no brief. Choose a file such as the one to download here.")
        raise visit.wrong("file", said)
    content["challenge_id"] = visit.parts["draft"]
    visit.write(BriefDraftReply, "brief-draft.save", {"content": content}, seen=visit.form.text("seen"))
    return Done(to=f"{visit.address('desk_brief')}?section={LAST}", said="taken")


def drop(visit: Visit) -> Done:
    """Throw the brief away."""
    visit.write(BriefDraftDropped, "brief-draft.drop")
    return Done(to=visit.address("desk_challenges"), said="dropped")


def publish(visit: Visit) -> Done:
    """Publish the brief as it was saved, and set the prizes aside."""
    desk = lay_out(visit)
    made = visit.write(ChallengeMade, "challenge.publish", {"brief": desk.content})
    return Done(to=visit.address("desk_challenge", challenge=made.code), said="published")


def propose(visit: Visit) -> Done:
    """Propose the change of a published brief; somebody else approves it."""
    desk = lay_out(visit)
    steps = steps_between(content_of(visit, desk.reply.code, desk.newest), desk.content)
    body = {
        "of": desk.newest,
        "patch": steps,
        "reason": visit.form.text("reason"),
        "kind": visit.form.text("kind"),
    }
    made = visit.write(AmendmentProposalReply, "brief-amendment.propose", body, challenge=desk.reply.code)
    to = visit.address("desk_amendment", challenge=desk.reply.code, proposal=str(made.id))
    return Done(to=to, said="proposed")


def show_document(visit: Visit) -> Attachment:
    """Give the brief as a file."""
    reply = visit.read(BriefDraftReply, "brief-draft.read")
    content = json.dumps(plain_of(reply.content), indent=1, ensure_ascii=False)
    return Attachment(name=f"{reply.code}.json", media_type="application/json", content=content.encode())


ADDRESS = "/books/{book}/desk/challenge-drafts/{draft}"
DESIGNER = Page(
    name="desk_brief",
    path=ADDRESS,
    show=show_brief,
    acts={"save": save, "file": take_file, "drop": drop, "publish": publish, "propose": propose},
    said={
        "saved": lambda words: words._("Saved."),
        "taken": lambda words: words._("The brief is taken from the file."),
        "begun": lambda words: words._(
            "The brief is begun. Fill in its sections; nothing counts before it is published."
        ),
    },
    uploads=True,
)
DOCUMENT = Page(name="desk_brief_file", path=f"{ADDRESS}/document", show=show_document)
