"""The sections of the designer, in the order in which a brief is written."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..forms import Form
from ..words import Words
from . import judging_sections as judging
from . import money_sections as money
from . import prize_sections as prizes
from . import rule_sections as rules
from .question import Addition, Content, Group, fill


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
    add : callable or None
        Adds it to the brief.
    pointers : tuple of str
        First names of the places of the brief that it asks about.
    """

    key: str
    title: Callable[[Words], str]
    groups: Callable[[Words, Content, Surroundings], list[Group]]
    pointers: tuple[str, ...]
    addition: Callable[[Words, Content], Addition] | None = None
    add: Callable[[Content, str], None] | None = None


SECTIONS: tuple[Section, ...] = (
    Section(
        key="goal",
        title=lambda words: words._("Goal"),
        groups=lambda words, content, around: money.goal_groups(words, content, around.funds, around.metrics),
        pointers=("title", "fund", "unit", "goal", "ask_cap", "languages", "challenge_id"),
    ),
    Section(
        key="dates",
        title=lambda words: words._("Stages and dates"),
        groups=lambda words, content, _: money.stage_groups(words, content),
        pointers=("phases", "time_zone"),
        addition=lambda words, _: money.more_stages(words),
        add=money.with_stage,
    ),
    Section(
        key="prizes",
        title=lambda words: words._("Prizes"),
        groups=lambda words, content, _: prizes.prize_groups(words, content),
        pointers=("prizes", "windows"),
        addition=lambda words, _: prizes.more_prizes(words),
        add=prizes.with_prize,
    ),
    Section(
        key="entry",
        title=lambda words: words._("Who may enter"),
        groups=lambda words, content, _: rules.rule_groups(words, content),
        pointers=("eligibility",),
        addition=lambda words, _: rules.more_rules(words),
        add=rules.with_rule,
    ),
    Section(
        key="questions",
        title=lambda words: words._("What is asked"),
        groups=lambda words, content, _: rules.question_groups(words, content),
        pointers=("forms",),
        addition=lambda words, _: rules.more_questions(words),
        add=rules.with_question,
    ),
    Section(
        key="rubric",
        title=lambda words: words._("How it is scored"),
        groups=lambda words, content, _: judging.rubric_groups(words, content),
        pointers=("rubric", "rubrics"),
        addition=judging.more_traits,
        add=judging.with_trait,
    ),
    Section(
        key="panel",
        title=lambda words: words._("The panel"),
        groups=lambda words, content, _: judging.panel_groups(words, content),
        pointers=("judge_policy", "visibility", "appeal_policy", "amendment_policy", "disclosure_policy"),
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
    filled = fill(form, content, section.groups(words, content, around))
    if section.addition is not None and section.add is not None:
        addition = section.addition(words, content)
        wanted = form.text(addition.name)
        if wanted and wanted in {name for name, _ in addition.options}:
            section.add(filled, wanted)
    return tidied(filled, around)


def tidied(content: Content, around: Surroundings) -> Content:
    """Return a brief without what is empty, counted in the unit of its fund."""
    tidy = copy.deepcopy(content)
    if tidy.get("fund") in around.units:
        tidy["unit"] = around.units[str(tidy["fund"])]
    for phase in tidy.get("phases", []):
        if phase.get("advances") == {}:
            del phase["advances"]
    judging.with_sight(tidy)
    judging.with_load(tidy)
    rules.without_lost_questions(tidy)
    return tidy


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
    money.with_stage(content, "application")
    money.with_stage(content, "review")
    content["phases"][1]["advances"] = {"rule": "top", "n": 1, "tie": "split"}
    prizes.with_prize(content, "places")
    judging.with_trait(content, "trait")
    judging.with_trait(content, "trait")
    for trait in content["rubric"]["traits"]:
        trait["weight_bp"] = 5000
    content["judge_policy"] = {"load": [0, 10]}
    content["judges_see"] = "blind"
    judging.with_sight(content)
    return content
