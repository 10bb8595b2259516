"""An application that is being written: what a page of it needs to know, and how a section is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from ....challenges.brief import Brief
from ....challenges.errors import ApplicationStale
from ....finance.errors import Missing
from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply, PhaseReply
from ...wire.drafts import DraftReply
from ...wire.eligibility import EligibilityReply
from ...wire.trees import plain_of
from ..forms import Form
from ..parties import every_party
from ..visit import Refused, Visit
from .questions import Json, Section, compare, groups_of, typed_of, written
from .sections import sections_of

ENTERED = frozenset({"registration", "application", "development"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A draft with the rules it is written under.

    Attributes
    ----------
    phase : PhaseReply or None
        That takes applications now; None when none does.
    last : PhaseReply or None
        That takes them at all, and ends last.
    """

    draft: DraftReply
    content: Mapping[str, Json]
    challenge: ChallengeReply
    brief: Brief
    phase: PhaseReply | None
    last: PhaseReply | None
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """Return what it is called; its code while it is not called anything."""
        return str(self.content.get("title") or self.draft.code)

    @property
    def ends_at(self) -> datetime | None:
        """Return when it can no longer be handed in."""
        ending = self.phase or self.last
        return None if ending is None else ending.closes_at

    def section(self, name: str) -> Section:
        """Return a section by its name.

        Raises
        ------
        Missing
            When there is none.
        """
        found = next((one for one in self.sections if one.name == name), None)
        if found is None:
            raise Missing(f"An application has no section {name!r}.", what="section", code=name)
        return found

    def after(self, name: str) -> str:
        """Return the name of the section behind one; empty behind the last."""
        names = [one.name for one in self.sections]
        place = names.index(name) + 1
        return names[place] if place < len(names) else ""


def open_writing(visit: Visit, typed: Form | None = None) -> Writing:
    """Return the draft of a page; with what was typed, the questions that follow from that.

    Raises
    ------
    Missing
        When there is no draft, or it is not the visitor's.
    """
    draft = visit.read(DraftReply, "draft.read")
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    quiz = visit.read(EligibilityReply, "eligibility.read")
    parties = every_party(visit)
    entering = [one for one in challenge.phases if one.kind in ENTERED]
    phase = next((one for one in entering if one.is_open), None)
    last = max(entering, key=lambda one: one.closes_at, default=None)
    content = plain_of(draft.content)
    asked = (phase or last).id if phase or last else ""  # type: ignore[union-attr]  # one of the two is there

    def made(of: Mapping[str, Json]) -> tuple[Section, ...]:
        named = [(one.code, one.name) for one in parties]
        return sections_of(visit.words, brief, of, phase=asked, parties=named, questions=quiz.questions)

    sections = made(content)
    if typed is not None:
        chosen = next((one for one in sections if one.name == visit.parts.get("section")), None)
        sections = made(written(chosen, content, typed)) if chosen else sections
    return Writing(
        draft=draft,
        content=content,
        challenge=challenge,
        brief=brief,
        phase=phase,
        last=last,
        sections=sections,
    )


def save_section(visit: Visit, writing: Writing, section: Section) -> DraftReply:
    """Save what was typed in a section; where two changed different fields, both changes stay.

    Raises
    ------
    Refused
        Where both changed the same field to other values.
    """
    based_on = int(visit.form.text("revision", "0") or 0)
    content = _summed(written(section, writing.content, visit.form))
    try:
        return _revise(visit, content, based_on)
    except Refused as refused:
        if refused.problem["code"] != ApplicationStale.code:
            raise
        base = content_at(visit, based_on)
        newest = visit.read(DraftReply, "draft.read")
        now = plain_of(newest.content)
        shown = groups_of(section, written(section, base, visit.form), more=0)
        merged, both = compare(shown, groups_of(section, base, more=0), groups_of(section, now, more=0))
        if both:
            raise
        files = {"files": writing.content["files"]} if "files" in writing.content else {}
        mended = {**written(section, now, typed_of(merged)), **files}
        return _revise(visit, _summed(mended), newest.revision)


def content_at(visit: Visit, revision: int) -> Mapping[str, Json]:
    """Return what an earlier revision said; what stands now where it is no longer kept.

    Parameters
    ----------
    visit : Visit
        To a page of the draft.
    revision : int [revision]
        Which; 0 for the newest.
    """
    found = visit.find(DraftReply, "draft.read", revision=revision)
    return plain_of((found or visit.read(DraftReply, "draft.read")).content)


def _revise(visit: Visit, content: Mapping[str, Json], based_on: int) -> DraftReply:
    return visit.write(DraftReply, "draft.revise", {"content": dict(content), "based_on": max(based_on, 1)})


def _summed(content: Mapping[str, Json]) -> dict[str, Json]:
    """Return a draft that asks for the sum of the lines that the challenge is to pay."""
    lines = content.get("budget")
    rows = [row for row in lines if isinstance(row, Mapping)] if isinstance(lines, list) else []
    if not rows:
        return dict(content)
    try:
        asked = [Decimal(str(row["amount"])) for row in rows if row.get("covered_by") == "ask"]
        total = sum(asked, Decimal(0))
    except (InvalidOperation, KeyError):
        return dict(content)
    return {**content, "ask": f"{total:f}"} if total.is_finite() else dict(content)


def problem_is(visit: Visit, code: str) -> bool:
    """Tell whether the form was refused for this reason."""
    return visit.problem is not None and visit.problem["code"] == code
