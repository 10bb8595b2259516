"""A brief as an applicant and as a judge will see it, before anybody does."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ....challenges.brief import Brief
from ....challenges.phases import ENTERED, SCORED
from ....challenges.visibility import mask
from ....finance.errors import AlmonerError
from ...wire.brief_drafts import BriefDraftReply
from ...wire.briefs import BriefReply
from ...wire.trees import plain_of
from ..page import Page
from ..rule_words import rule_lines
from ..view import View
from ..visit import Visit
from ..words import Words
from .around import crumbs
from .designer import ADDRESS
from .sight_section import application_parts
from .wording import prizes_sheet, stages_sheet

SIDES = ("applicant", "judge")


def show_draft(visit: Visit) -> View:
    """Show what is being written as it would be seen."""
    reply = visit.read(BriefDraftReply, "brief-draft.read")
    content = plain_of(reply.content)
    try:
        brief: Brief | None = Brief.read(json.dumps(content))
    except (AlmonerError, ValidationError):
        brief = None
    here = (str(content.get("title") or reply.code), visit.address("desk_brief"))
    return preview(visit, brief, crumbs(visit, here), here[0])


def show_published(visit: Visit) -> View:
    """Show a published brief as it is seen."""
    brief = visit.read(BriefReply, "brief.read").brief
    here = (brief.title, visit.address("desk_challenge"))
    return preview(visit, brief, crumbs(visit, here), brief.title)


def preview(visit: Visit, brief: Brief | None, back: list[tuple[str, ...]], title: str) -> View:
    """Show a brief from one side.

    Parameters
    ----------
    visit : Visit
        Who looks.
    brief : Brief or None
        None where it is not whole yet.
    back : list of tuple
        Where one came from.
    title : str
        Of the challenge.
    """
    wanted = visit.query.get("side", "")
    side = wanted if wanted in SIDES else SIDES[0]
    more: dict[str, object] = {"side": side, "brief": brief, "back": back}
    if brief is None:
        return View(title=title, more=more)
    words = visit.words
    more |= {"rules": rule_lines(words, brief.eligibility), "asked": _asked(words, brief)}
    more |= _judge(words, brief)
    sheets = {"stages": stages_sheet(words, brief), "prizes": prizes_sheet(words, brief)}
    return View(title=title, sheets=sheets, more=more)


def _asked(words: Words, brief: Brief) -> list[dict[str, object]]:
    """Return the questions of the first stage that takes applications, as fields."""
    phase = next((one for one in brief.phases if one.kind in ENTERED), None)
    form = brief.form_of(phase.id) if phase else None
    return [] if form is None else [_field(words, *one) for one in form.asks()]


def _field(words: Words, pointer: str, node: Mapping[str, Any], needed: bool) -> dict[str, object]:  # noqa: FBT001  # as the form lists it
    kind = "text"
    if "x-money" in node:
        kind = "money"
    elif "x-file" in node:
        kind = "file"
    elif node.get("type") == "string":
        kind = "area" if node.get("x-max-words", 0) > 30 else node.get("format", "text")  # noqa: PLR2004  # words of a line
    elif node.get("type") in {"boolean", "integer"}:
        kind = str(node["type"])
    most = node.get("x-max-words")
    return {
        "name": pointer.strip("/").replace("/", "-"),
        "title": str(node.get("title") or pointer.strip("/")),
        "kind": kind,
        "hint": words.n("At most %(count)s word", "At most %(count)s words", most) if most else "",
        "needed": needed,
        "public": bool(node.get("x-public-summary")),
    }


def _judge(words: Words, brief: Brief) -> dict[str, object]:
    """Return what a judge of the first stage that is scored has before them."""
    phase = next((one for one in brief.phases if one.judging in SCORED), None)
    if phase is None:
        return {"rubric": None, "shown": [], "hidden": []}
    named = application_parts(words)
    sample = {name: f"{name}" for name in named}
    seen = mask({"application": sample}, brief.rules_of(phase.id), phase=phase.id, viewer="assigned_judge")
    inside = seen.get("application", {})
    shown = [said for name, said in named.items() if isinstance(inside, dict) and name in inside]
    return {
        "rubric": brief.rubric_of(phase.id),
        "phase": phase,
        "shown": shown,
        "hidden": [said for said in named.values() if said not in shown],
    }


PREVIEWS = (
    Page(name="desk_brief_preview", path=f"{ADDRESS}/preview", show=show_draft),
    Page(
        name="desk_challenge_preview",
        path="/books/{book}/desk/challenges/{challenge}/preview",
        show=show_published,
    ),
)
