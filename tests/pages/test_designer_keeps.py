"""The designer keeps what it is given: a look alters nothing, a change alters its own place alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doors.people import Asker
from tests.doors.rounds import BRIEF
from tests.pages.visiting import Visitor

from almoner.api.pages.designing.patching import escaped, steps_between
from almoner.api.pages.designing.question import CHECKED, Question
from almoner.api.pages.designing.sections import SECTIONS, Section, Surroundings, kept_of, typed
from almoner.api.pages.forms import Form
from almoner.api.pages.words import words_of
from almoner.challenges.brief import Brief

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Visit = Callable[..., Visitor]
Ask = Callable[..., Asker]
ROOT = Path(__file__).parents[2]
PLACES = ("examples/challenge", "examples/challenge/round", "api/demo/data", "tests/pages/data")
FILES = sorted((path for place in PLACES for path in (ROOT / place).glob("*.json")), key=str)
BRIEFS = [path for path in FILES if '"schema": "almoner.brief/1"' in path.read_text()[:80]]
NAMES = [path.relative_to(ROOT).as_posix() for path in BRIEFS]
WORDS, AROUND = words_of("en"), Surroundings(funds={}, units={})
Content = dict[str, Any]


def questions_of(section: Section, content: Content) -> Iterator[Question]:
    """Give every question that a section asks."""
    for group in section.groups(WORDS, content, AROUND):
        for one in group.walk():
            yield from one.questions


def shown(section: Section, content: Content) -> dict[str, list[str]]:
    """Return what a browser sends of a section that nobody changed."""
    found = {one.name: (one, one.shown(content)) for one in questions_of(section, content)}
    return {name: [value] for name, (one, value) in found.items() if one.kind not in CHECKED or value}


@pytest.mark.parametrize("path", BRIEFS, ids=NAMES)
def test_saving_every_section_as_it_is_keeps_the_brief_to_the_byte(path: Path) -> None:
    written = json.loads(path.read_text(), parse_float=str)
    in_full = json.loads(Brief.read(path.read_bytes()).canonical_bytes())
    for content in (written, in_full):
        after = content
        for section in SECTIONS:
            after = typed(section, WORDS, Form(fields=shown(section, after)), after, AROUND)
        assert Brief.read(json.dumps(after)).digest() == Brief.read(path.read_bytes()).digest()


@pytest.mark.parametrize("path", BRIEFS, ids=NAMES)
def test_what_is_changed_in_a_field_changes_its_place_and_no_other(path: Path) -> None:
    content = json.loads(path.read_text(), parse_float=str)
    for section in SECTIONS:
        before = shown(section, content)
        for one in questions_of(section, content):
            if one.path[-1] in {"join", "judges_see"}:
                continue
            other = "7x" if one.kind not in CHECKED else "" if before.get(one.name) else "yes"
            form = Form(fields={**before, one.name: [other]})
            steps = steps_between(content, typed(section, WORDS, form, content, AROUND))
            place = "".join(f"/{escaped(str(part))}" for part in one.path)
            found = [step["path"] for step in steps]
            assert all(path.startswith(place) or place.startswith(path) for path in found), one
            assert steps or one.path[0] == "fund" or one.kind == "yes", one


def test_what_no_form_asks_about_is_named_with_its_place() -> None:
    content = json.loads((ROOT / "tests/pages/data/everything.brief.json").read_text())
    content["phases"][0]["colour"] = {"of": ["the", "door"]}
    content["colour"] = "red"
    kept = {one.pointer: one.said for part in SECTIONS for one in kept_of(part, WORDS, content, AROUND)}
    assert kept == {
        "/colour": "red",
        "/phases/0/colour": "the; door",
        "/forms/0/schema/properties/sites/items/oneOf": "#/$defs/well; #/$defs/kiosk",
    }


@SQLITE
def test_over_the_pages_everything_is_shown_saved_and_the_same(visit: Visit, ask: Ask) -> None:
    raw = (ROOT / "tests/pages/data/everything.brief.json").read_bytes()
    fiona = visit("fiona")
    whole, named = (
        {"file": ("everything.json", raw)},
        {"code": "everything", "title": json.loads(raw)["title"]},
    )
    fiona.send("/books/main/desk/challenges", "begin", named, files=whole)
    draft = "/books/main/desk/challenge-drafts/everything"
    for section in SECTIONS:
        fiona.send(f"{draft}?section={section.key}", "save")
    saved = ask("fiona").seen("/books/main/brief-drafts/everything")["content"]
    assert Brief.read(json.dumps(saved)).digest() == Brief.read(raw).digest()
    assert "Kept as it is" in fiona.text(f"{draft}?section=questions")
    assert "Kept as it is" not in fiona.text(f"{draft}?section=prizes")
    assert "ministry, or office" in fiona.text(f"{draft}?section=entry")


@SQLITE
def test_rules_within_rules_are_built_turned_round_and_taken_apart(visit: Visit, ask: Ask) -> None:
    ask("fiona").made(
        "/books/main/brief-drafts", {"code": "wells", "content": {**BRIEF, "eligibility": None}}
    )
    fiona = visit("fiona")
    entry = "/books/main/desk/challenge-drafts/wells?section=entry"

    def rule() -> object:
        return ask("fiona").seen("/books/main/brief-drafts/wells")["content"].get("eligibility")

    fiona.send(entry, "save", {"add-eligibility": "rule"})
    fiona.send(entry, "save", {"add-eligibility": "any"})
    fiona.send(entry, "save", {"add-eligibility-all-1-any": "all"})
    place = "eligibility-all-1-any"
    for at, fact, value in (
        ("0", "lead.kind", "ngo, firm"),
        ("2-all-0", "lead.age", "9"),
        ("2-all-1", "x", "yes"),
    ):
        fiona.send(
            entry,
            "save",
            {f"{place}-{at}-fact": fact, f"{place}-{at}-value": value, f"{place}-{at}-clause": "2"},
        )
    fiona.send(
        entry, "save", {f"{place}-0-op": "in", f"{place}-2-join": "none", "remove-eligibility-all-0": "yes"}
    )
    said = fiona.text(entry)
    assert "(None of these may be so: lead.age is 9 (clause 2); x is yes (clause 2))" in said
    leaf = {"op": "=", "clause": "2"}
    inner = {"not": {"any": [{**leaf, "fact": "lead.age", "value": 9}, {**leaf, "fact": "x", "value": True}]}}
    first = {"op": "in", "fact": "lead.kind", "value": ["ngo", "firm"], "clause": "2"}
    assert rule() == {"all": [{"any": [first, {"op": "="}, inner]}]}
    fiona.send(entry, "save", {"remove-eligibility-all-0-any-1": "yes", "eligibility-join": "any"})
    assert rule() == {"any": [{"any": [first, inner]}]}
    inside = "eligibility-any-0-any-1-not-any"
    fiona.send(entry, "save", {f"remove-{inside}-0": "yes", f"remove-{inside}-1": "yes"})
    assert rule() == {"any": [{"any": [first]}]}
    fiona.send(entry, "save", {"remove-eligibility-any-0": "yes"})
    assert rule() is None


@SQLITE
@pytest.mark.parametrize("kind", ["list", "object", "text", "number"])
def test_a_brief_of_another_shape_is_shown_and_kept(visit: Visit, ask: Ask, kind: str) -> None:
    thing = {"kind": ["x"], "id": {}, "schema": 1, "stages": {}, "traits": [1], "any": 1, "not": {"all": [0]}}
    value = {"list": [3, None, [[]], thing], "object": thing, "text": "text", "number": 7}[kind]
    strange = dict.fromkeys((name for section in SECTIONS for name in section.pointers), value)
    content = {**strange, "challenge_id": "odd", "title": "Odd", "fund": "water", "unit": "USD"}
    ask("fiona").made("/books/main/brief-drafts", {"code": "odd", "content": content})
    for section in SECTIONS:
        visit("fiona").send(f"/books/main/desk/challenge-drafts/odd?section={section.key}", "save")
    assert ask("fiona").seen("/books/main/brief-drafts/odd")["content"] == content
