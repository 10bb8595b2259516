"""Visibility: masked is absent, the most specific rule wins, and no name or count gives anything away."""

import json
from itertools import product
from random import Random

import pytest

from almoner.challenges import VisibilityRule
from almoner.challenges.visibility import Relation, Viewer, mask, pseudonym, shows
from almoner.finance.errors import DocumentInvalid

ENTRY: dict[str, object] = {
    "application": {
        "title": "Wells",
        "lead": "river-trust",
        "bundle": [{"party": "river-trust", "share": 60}, {"party": "pump-makers", "share": 40}],
        "notes": [],
    },
    "reads": [{"total": "3.5", "judge": "j-1"}],
}
VIEWERS: tuple[Viewer, ...] = (
    "public",
    "own_applicant",
    "other_applicant",
    "assigned_judge",
    "other_judge",
    "chair",
    "funder",
    "evaluator",
    "auditor",
)


def rule(pointer: str, action: str, **more: str) -> VisibilityRule:
    return VisibilityRule.read(json.dumps({"pointer": pointer, "action": action, **more}))


def seen(*rules: VisibilityRule, viewer: Viewer = "public", **more: object) -> dict[str, object]:
    phase, relation, events = more.get("phase"), more.get("relation", "none"), more.get("events", ())
    return mask(ENTRY, rules, phase=phase, viewer=viewer, relation=relation, events=events)  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize("viewer", VIEWERS)
def test_without_a_rule_nobody_sees_anything(viewer: Viewer) -> None:
    assert seen(viewer=viewer) == {}


def test_what_is_masked_is_absent_with_everything_around_it_that_holds_nothing_else() -> None:
    everything = seen(rule("", "show"))
    assert everything == ENTRY
    assert everything is not ENTRY
    assert seen(rule("/application/bundle/0/party", "show")) == {
        "application": {"bundle": [{"party": "river-trust"}]}
    }
    assert seen(rule("/application/bundle", "show"), rule("/application/bundle/*/party", "mask")) == {
        "application": {"bundle": [{"share": 60}, {"share": 40}]}
    }
    assert seen(rule("/reads", "show"), rule("/reads/*", "mask")) == {}
    assert seen(rule("/application/notes", "show")) == {"application": {"notes": []}}
    assert seen(rule("/application/title/more", "show")) == {}


def test_a_longer_pointer_outweighs_a_named_viewer_and_a_star_weighs_less_than_a_name() -> None:
    open_, blind = rule("/application", "show", viewer="chair"), rule("/application/lead", "mask")
    assert "lead" not in str(seen(open_, blind, viewer="chair"))
    both = [rule("/*/lead", "mask"), rule("/application/lead", "show")]
    assert seen(*both) == seen(*reversed(both)) == {"application": {"lead": "river-trust"}}


@pytest.mark.parametrize("named", [{"relation": "none"}, {"viewer": "public"}, {"phase": "panel"}])
def test_of_equal_pointers_the_one_that_names_more_wins_and_else_the_mask(named: dict[str, str]) -> None:
    wide, narrow = rule("/reads", "mask"), rule("/reads", "show", **named)
    assert "reads" in seen(wide, narrow, phase="panel")
    assert "reads" not in seen(rule("/reads", "show"), rule("/reads", "mask", **named), phase="panel")
    assert "reads" not in seen(
        rule("/reads", "show", **named), rule("/reads", "mask", **named), phase="panel"
    )


def test_a_named_relation_outweighs_a_named_viewer_and_that_a_named_phase() -> None:
    relation = rule("/reads", "show", relation="none")
    viewer, phase = rule("/reads", "mask", viewer="public"), rule("/reads", "mask", phase="panel")
    assert seen(relation, viewer, phase, phase="panel")
    assert seen(rule("/reads", "show", viewer="public"), phase, phase="panel")
    assert not seen(rule("/reads", "show", phase="panel"), viewer, phase="panel")


def test_an_event_opens_a_place_and_another_one_does_not() -> None:
    later = rule("/reads", "after(panel.closed)")
    assert not seen(later)
    assert not seen(later, events={"panel.opened"})
    assert seen(later, events={"panel.opened", "panel.closed"})


def test_rules_of_another_phase_or_viewer_do_not_speak() -> None:
    assert not seen(rule("/reads", "show", phase="panel"), phase="apply")
    assert not seen(rule("/reads", "show", viewer="chair"))
    assert seen(rule("/reads", "show", phase="panel"), phase="panel")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_conflict_outranks_every_role(viewer: Viewer) -> None:
    rules = [rule("", "show"), rule("/reads", "show", viewer=viewer), rule("/reads", "show", relation="none")]
    assert seen(*rules, viewer=viewer)
    assert seen(*rules, viewer=viewer, relation="conflicted") == {}
    named = rule("/application/title", "show", relation="conflicted")
    assert seen(*rules, named, viewer=viewer, relation="conflicted") == {"application": {"title": "Wells"}}
    assert seen(named, viewer=viewer) == {}


@pytest.mark.parametrize("pointer", ["reads", "/a~2", "/a b/~"])
def test_a_pointer_that_is_none_is_refused(pointer: str) -> None:
    with pytest.raises(DocumentInvalid, match="/pointer"):
        rule(pointer, "show")


@pytest.mark.parametrize("action", ["hide", "after()", "after(Panel closed)", "show "])
def test_an_action_that_is_none_is_refused(action: str) -> None:
    with pytest.raises(DocumentInvalid, match="/action"):
        rule("/reads", action)


def test_an_escaped_name_is_found() -> None:
    assert mask({"a/b": {"c~d": 1}}, [rule("/a~1b/c~0d", "show")], phase=None, viewer="public")


def test_a_place_may_be_sorted_by_only_when_all_of_it_is_shown() -> None:
    rules = [rule("/entries", "show"), rule("/entries/a-1/total", "mask"), rule("/entries/*/lead", "mask")]

    def sees(pointer: str) -> bool:
        return shows(pointer, rules, phase=None, viewer="public")

    assert sees("/entries/*/title")
    assert sees("/entries/a-2/total")
    for pointer in (
        "/entries",
        "/entries/*",
        "/entries/*/total",
        "/entries/a-1",
        "/entries/a-2/lead",
        "/reads",
    ):
        assert not sees(pointer), pointer


def test_what_shows_calls_shown_is_in_the_mask_and_what_is_masked_it_never_calls_shown() -> None:
    random = Random(7)  # noqa: S311 - the same cases each time
    pointers = ["", "/a", "/b", "/a/x", "/a/*", "/*/x", "/*", "/*/*", "/b/y"]
    document: dict[str, object] = {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}
    fields = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    for _ in range(400):
        chosen = [rule(random.choice(pointers), random.choice(["show", "mask"])) for _ in range(4)]
        found = mask(document, chosen, phase=None, viewer="public")
        there = {(one, two) for one, inner in found.items() for two in dict(inner)}  # type: ignore[call-overload]  # a dict of dicts
        for one, two in fields:
            assert shows(f"/{one}/{two}", chosen, phase=None, viewer="public") == ((one, two) in there)
        for one in "ab":
            whole = {(one, "x"), (one, "y")} <= there
            assert not shows(f"/{one}", chosen, phase=None, viewer="public") or whole


def test_a_canary_in_any_field_never_passes_a_mask() -> None:
    relations: tuple[Relation, ...] = ("none", "conflicted")
    rules = [rule("", "show"), rule("/application/lead", "mask"), rule("/reads", "after(decided)")]
    for viewer, relation in product(VIEWERS, relations):
        text = json.dumps(mask(ENTRY, rules, phase="panel", viewer=viewer, relation=relation))
        assert '"lead"' not in text
        assert "j-1" not in text
        assert ("Wells" in text) == (relation == "none")


def test_a_judge_has_another_name_on_every_application_and_the_same_on_one() -> None:
    key = b"0123456789abcdef"
    names = {pseudonym("j-1", f"a-{n}", key) for n in range(200)}
    assert len(names) == 200
    assert pseudonym("j-1", "a-1", key) == pseudonym("j-1", "a-1", key)
    assert pseudonym("j-1", "a-1", key) != pseudonym("j-1", "a-1", key[::-1])
    assert pseudonym("a", "ba", key) != pseudonym("ab", "a", key)
    assert not any("j-1" in name or "a-1" in name for name in names)
    with pytest.raises(ValueError, match="15 bytes"):
        pseudonym("j-1", "a-1", key[:15])
