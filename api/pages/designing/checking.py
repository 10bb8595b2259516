"""What still stands between a brief and its publication: what is not filled in, and what is wrong.

The problem: a list of faults in the language of a document helps nobody who fills in a form. Each finding is
led back to the section and the field that it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...wire.briefs import BriefLintReply
from ..places import Content
from ..visit import Refused, Visit
from ..words import Words
from .question import Group, Question
from .sections import SECTIONS, Surroundings, section_at

MOST_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to do before a brief is published, or to know.

    Attributes
    ----------
    section : str
        Key of the section where it is mended.
    field : str
        Name of the field, for a link; empty for the section as a whole.
    place : str
        What is meant, in words.
    message, fix : str
        What it is and what to do, in English; empty where nothing is filled in.
    """

    section: str
    field: str
    place: str
    message: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a look at a brief found.

    Attributes
    ----------
    open : sequence of Remark
        Fields that are not filled in.
    errors, warnings : sequence of Remark
        What stands against publication, and what its author should know.
    """

    open: Sequence[Remark]
    errors: Sequence[Remark]
    warnings: Sequence[Remark]

    @property
    def publishable(self) -> bool:
        """Tell whether nothing stands against publication."""
        return not self.open and not self.errors

    def count(self, section: str) -> int:
        """Return how much is to do in a section."""
        return sum(one.section == section for one in (*self.open, *self.errors))


@dataclass(frozen=True, slots=True)
class _Place:
    section: str
    group: str
    question: Question


def check(visit: Visit, content: Content, around: Surroundings) -> Checked:
    """Look a brief over as far as it is written; nothing is stored.

    Parameters
    ----------
    visit : Visit
        Who looks.
    content : dict
        The brief.
    around : Surroundings
        What the designer knows besides.
    """
    words = visit.words
    places = _places(words, content, around)
    empty = [
        Remark(section=one.section, field=one.question.name, place=_named(words, one))
        for one in places
        if one.question.lacks(content)
    ]
    empty += _lacking(words, content)
    if empty:
        return Checked(open=empty, errors=(), warnings=())
    try:
        reply = visit.write(BriefLintReply, "brief.lint", {"brief": content})
    except Refused as refused:
        return Checked(open=(), errors=_refusals(words, refused.problem, places), warnings=())
    found = [(one, _remark(words, places, one.pointer, one.message, one.fix)) for one in reply.findings]
    return Checked(
        open=(),
        errors=[remark for one, remark in found if one.severity == "error"],
        warnings=[remark for one, remark in found if one.severity != "error"],
    )


def place_in_words(words: Words, content: Content, around: Surroundings, pointer: str) -> str:
    """Return what a place of a brief is called in the designer."""
    return _remark(words, _places(words, content, around), pointer, "", "").place


def _lacking(words: Words, content: Content) -> list[Remark]:
    asked = {"phases": words._("At least one stage"), "prizes": words._("At least one prize")}
    return [
        Remark(section=section_at(f"/{name}").key, field="", place=said)
        for name, said in asked.items()
        if not content.get(name)
    ]


def _places(words: Words, content: Content, around: Surroundings) -> list[_Place]:
    return [
        _Place(section.key, title, question)
        for section in SECTIONS
        for top in section.groups(words, content, around)
        for title, question in _titled(top, top.title)
    ]


def _titled(group: Group, title: str) -> Iterator[tuple[str, Question]]:
    """Give each question with the title of its group; what is folded away belongs to what is around it."""
    for question in group.questions:
        yield title, question
    for part in group.parts:
        yield from _titled(part, title if part.folded else part.title)


def _named(words: Words, place: _Place) -> str:
    return words._("%(label)s (%(group)s)", label=place.question.label, group=place.group)


def _refusals(words: Words, problem: Mapping[str, Any], places: Sequence[_Place]) -> list[Remark]:
    listed = problem.get("errors") or _found(problem)
    if not listed:
        said = str(problem.get("detail", ""))
        return [Remark(section=SECTIONS[0].key, field="", place=words._("The brief"), message=said)]
    found: dict[str, Remark] = {}
    for one in listed:
        pointer = str(one.get("pointer", "")).removeprefix("/body").removeprefix("/brief")
        remark = _remark(words, places, pointer, str(one.get("message", "")), "")
        found.setdefault(remark.field or pointer, remark)
    return list(found.values())[:MOST_SHOWN]


def _found(problem: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the faults of a document, which a refusal lists among its figures."""
    figures = problem.get("figures") or {}
    rows = figures.get("findings") if isinstance(figures, Mapping) else None
    return [
        {"pointer": str(one.get("path", "")), "message": str(one.get("message", ""))} for one in rows or ()
    ]


def _remark(words: Words, places: Sequence[_Place], pointer: str, message: str, fix: str) -> Remark:
    parts = [part for part in pointer.split("/") if part]
    best, matched = None, 0
    for place in places:
        path = [str(part) for part in place.question.path]
        same = _agreeing(path, parts)
        if same == len(path) and same > matched:
            best, matched = place, same
    if best is not None:
        said = _named(words, best)
        return Remark(section=best.section, field=best.question.name, place=said, message=message, fix=fix)
    section = section_at(pointer)
    return Remark(
        section=section.key, field="", place=_around(words, places, parts), message=message, fix=fix
    )


def _around(words: Words, places: Sequence[_Place], parts: Sequence[str]) -> str:
    """Name what stands around a place that no question asks about."""
    best, matched = "", 0
    for place in places:
        same = 0
        for mine, theirs in zip((str(part) for part in place.question.path), parts, strict=False):
            if mine != theirs:
                break
            same += 1
        if same > matched:
            best, matched = place.group, same
    return best or section_at("/" + "/".join(parts)).title(words)


def _agreeing(path: Sequence[str], parts: Sequence[str]) -> int:
    """Count the names of a path that follow in a pointer, past the kinds that a union writes between."""
    at = 0
    for part in parts:
        if at < len(path) and part == path[at]:
            at += 1
    return at
