"""The sections of the designer, in the order in which a brief is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..forms import Form
from ..places import Content
from ..words import Words
from . import form_sections as forms
from . import judging_sections as judging
from . import prize_sections as prizes
from . import rule_sections as rules
from . import sight_section as sight
from . import stage_sections as stages
from .goal_section import goal_groups
from .kept import KeptPart, kept_parts
from .panel_section import panel_groups
from .question import Addition, Group, fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the designer knows besides the brief.

    Attributes
    ----------
    funds : mapping of str to str
        Titles of the funds by their codes.
    units : mapping of str to str
        Units of the funds.
    metrics : str
        Names of the metrics that are defined.
    """

    funds: Mapping[str, str]
    units: Mapping[str, str]
    metrics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the designer.

    Attributes
    ----------
    key : str
        In its address.
    title : callable
        In the reader's language.
    groups : callable
        Takes the language, the brief and what is around it, returns its questions.
    addition : callable or None
        What can be added to it.
    pointers : tuple of str
        First names of the places of the brief that it asks about.
    """

    key: str
    title: Callable[[Words], str]
    groups: Callable[[Words, Content, Surroundings], list[Group]]
    pointers: tuple[str, ...]
    addition: Callable[[Words, Content], Addition] | None = None


SECTIONS: tuple[Section, ...] = (
    Section(
        key="goal",
        title=lambda words: words._("Goal"),
        groups=lambda words, content, around: goal_groups(words, content, around.funds, around.metrics),
        pointers=("title", "fund", "unit", "goal", "ask_cap", "languages", "challenge_id", "windows"),
    ),
    Section(
        key="dates",
        title=lambda words: words._("Stages and dates"),
        groups=lambda words, content, _: stages.stage_groups(words, content),
        pointers=("phases", "time_zone"),
        addition=lambda words, _: stages.more_stages(words),
    ),
    Section(
        key="prizes",
        title=lambda words: words._("Prizes"),
        groups=lambda words, content, _: prizes.prize_groups(words, content),
        pointers=("prizes",),
        addition=lambda words, _: prizes.more_prizes(words),
    ),
    Section(
        key="entry",
        title=lambda words: words._("Who may enter"),
        groups=lambda words, content, _: rules.rule_groups(words, content),
        pointers=("eligibility",),
        addition=lambda words, _: rules.more_rules(words),
    ),
    Section(
        key="questions",
        title=lambda words: words._("What is asked"),
        groups=lambda words, content, _: forms.question_groups(words, content),
        pointers=("forms",),
        addition=lambda words, _: forms.more_questions(words),
    ),
    Section(
        key="rubric",
        title=lambda words: words._("How it is scored"),
        groups=lambda words, content, _: judging.rubric_groups(words, content),
        pointers=("rubric", "rubrics"),
        addition=judging.more_rubrics,
    ),
    Section(
        key="panel",
        title=lambda words: words._("The panel"),
        groups=lambda words, content, _: panel_groups(words, content),
        pointers=("judge_policy", "appeal_policy", "amendment_policy", "disclosure_policy"),
    ),
    Section(
        key="sight",
        title=lambda words: words._("Who sees what"),
        groups=lambda words, content, _: sight.sight_groups(words, content),
        pointers=("visibility",),
        addition=sight.more_sights,
    ),
)
KEYS = tuple(one.key for one in SECTIONS)


def section_of(key: str) -> Section:
    """Return a section by its key; the first one for any other text."""
    return next((one for one in SECTIONS if one.key == key), SECTIONS[0])


def section_at(pointer: str) -> Section:
    """Return the section that asks about a place of the brief.

    Parameters
    ----------
    pointer : str
        JSON pointer into the brief.

    Examples
    --------
    >>> section_at("/phases/0/closes_at").key
    'dates'
    """
    first = pointer.strip("/").partition("/")[0]
    return next((one for one in SECTIONS if first in one.pointers), SECTIONS[0])


def typed(section: Section, words: Words, form: Form, content: Content, around: Surroundings) -> Content:
    """Return the brief with what was typed into one section, and with what was to be added to it."""
    more = [] if section.addition is None else [section.addition(words, content)]
    filled = fill(form, content, section.groups(words, content, around), more)
    return tidied(filled, content, around)


def tidied(content: Content, before: Content, around: Surroundings) -> Content:
    """Return a brief without what has become empty, counted in the unit of its fund.

    Parameters
    ----------
    content : dict
        With what was typed; it is changed.
    before : dict
        As it was.
    around : Surroundings
        What the designer knows besides.
    """
    if content.get("fund") != before.get("fund") and content.get("fund") in around.units:
        content["unit"] = around.units[str(content["fund"])]
    sight.settle_sight(content)
    rules.settle_rules(content)
    forms.drop_lost_questions(content, before)
    return content


def kept_of(section: Section, words: Words, content: Content, around: Surroundings) -> list[KeptPart]:
    """Return what stands in a section's part of the brief and no section asks about."""
    every = [group for one in SECTIONS for group in one.groups(words, content, around)]
    names = [name for name in content if section_at(f"/{name}").key == section.key]
    return kept_parts(content, names, every)


def begun(code: str, title: str, fund: str, unit: str) -> Content:
    """Return a brief to begin with: two stages, one prize, one rubric of two criteria, appeals and notices.

    Parameters
    ----------
    code, title, fund, unit : str
        What is known of it.
    """
    content: Content = {
        "schema": "almoner.brief/1",
        "challenge_id": code,
        "version": 1,
        "title": title,
        "unit": unit,
        "fund": fund,
        "goal": {},
        "time_zone": "UTC",
        "languages": ["en"],
    }
    stages.with_stage(content, "application")
    stages.with_stage(content, "review")
    content["phases"][1]["advances"] = {"rule": "top", "n": 1, "tie": "split"}
    prizes.with_prize(content, "places")
    judging.with_rubric(content, "rubric")
    content["judge_policy"] = {"load": [0, 10]}
    content[sight.SEEN] = "blind"
    sight.settle_sight(content)
    return content
