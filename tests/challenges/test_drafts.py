"""Two people write one application: different fields merge, the same field is told, nothing is lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.challenges import Brief
from almoner.challenges.drafts import KEEP_BASES, draft_findings, merge_drafts, superseded
from almoner.challenges.errors import ApplicationStale

Content = dict[str, Any]
BASE: Content = {
    "title": "Wells",
    "bundle": [{"party": "trust", "share_bp": 6000}, {"party": "makers", "share_bp": 4000}],
    "budget": [{"actor": "trust", "amount": "1.00"}, {"actor": "makers", "amount": "2.00"}],
    "answers": {"why": "x", "when": "soon"},
    "tags": ["a", "b"],
}


def changed(**fields: object) -> Content:
    return {**json.loads(json.dumps(BASE)), **fields}


@pytest.mark.parametrize(
    ("theirs", "mine", "merged"),
    [
        (changed(title="Deep wells"), changed(ask="9.00"), changed(title="Deep wells", ask="9.00")),
        (
            changed(answers={"why": "y", "when": "soon"}),
            changed(answers={"why": "x", "when": "now"}),
            changed(answers={"why": "y", "when": "now"}),
        ),
        (
            changed(bundle=[*BASE["bundle"], {"party": "lab", "share_bp": 0}]),
            changed(bundle=[{"party": "trust", "share_bp": 5000}, BASE["bundle"][1]]),
            changed(
                bundle=[
                    {"party": "trust", "share_bp": 5000},
                    BASE["bundle"][1],
                    {"party": "lab", "share_bp": 0},
                ]
            ),
        ),
        (
            changed(budget=[{"actor": "trust", "amount": "1.50"}, BASE["budget"][1]]),
            changed(budget=[BASE["budget"][0], {"actor": "makers", "amount": "2.50"}]),
            changed(budget=[{"actor": "trust", "amount": "1.50"}, {"actor": "makers", "amount": "2.50"}]),
        ),
        (changed(title="Same"), changed(title="Same"), changed(title="Same")),
        (
            {name: value for name, value in BASE.items() if name != "tags"},
            changed(title="Deep"),
            {name: value for name, value in changed(title="Deep").items() if name != "tags"},
        ),
    ],
)
def test_changes_in_different_places_are_put_together(
    theirs: Content, mine: Content, merged: Content
) -> None:
    assert merge_drafts(BASE, theirs, mine) == merged
    assert merge_drafts(BASE, mine, theirs) == merged


@pytest.mark.parametrize(
    ("theirs", "mine", "conflict"),
    [
        (changed(title="A"), changed(title="B"), {"path": "/title", "theirs": "A", "mine": "B"}),
        (
            changed(answers={"why": "y", "when": "soon"}),
            changed(answers={"when": "soon"}),
            {"path": "/answers/why", "theirs": "y"},
        ),
        (
            changed(bundle=[{"party": "trust", "share_bp": 1}, BASE["bundle"][1]]),
            changed(bundle=[{"party": "trust", "share_bp": 2}, BASE["bundle"][1]]),
            {"path": "/bundle/trust/share_bp", "theirs": 1, "mine": 2},
        ),
        (
            changed(tags=["a", "c"]),
            changed(tags=["a", "d"]),
            {"path": "/tags/1", "theirs": "c", "mine": "d"},
        ),
        (changed(tags=["c"]), changed(tags=["d"]), {"path": "/tags", "theirs": ["c"], "mine": ["d"]}),
    ],
)
def test_a_change_of_the_same_place_is_told_with_both_values(
    theirs: Content, mine: Content, conflict: Content
) -> None:
    with pytest.raises(ApplicationStale) as refused:
        merge_drafts(BASE, theirs, mine)
    told = {
        name: value if name == "path" else json.dumps(value, separators=(",", ":"))
        for name, value in conflict.items()
    }
    assert refused.value.figures["conflicts"] == [told]


VALUES = st.one_of(st.integers(0, 3), st.text("ab", max_size=2), st.lists(st.integers(0, 2), max_size=3))
DRAFTS = st.dictionaries(
    st.sampled_from("pqrs"), st.one_of(VALUES, st.dictionaries(st.sampled_from("xy"), VALUES))
)


@settings(max_examples=150, deadline=None)
@given(DRAFTS, DRAFTS, DRAFTS)
def test_a_merge_keeps_every_change_or_says_which_it_could_not(
    base: Content, theirs: Content, mine: Content
) -> None:
    assert merge_drafts(base, theirs, base) == theirs
    assert merge_drafts(base, base, mine) == mine
    try:
        merged = merge_drafts(base, theirs, mine)
    except ApplicationStale as stale:
        merged, told = {}, stale.figures["conflicts"]
    else:
        told = None
    assert told != []
    if told:
        return
    for side in (theirs, mine):
        for name in {*base, *side}:
            if side.get(name) != base.get(name) and not isinstance(side.get(name), dict | list):
                assert merged.get(name) == side.get(name) or isinstance(merged.get(name), dict | list)


def test_one_revision_stays_of_each_editors_half_minute_and_of_the_last_day_all() -> None:
    start = datetime(2027, 1, 20, tzinfo=UTC)
    saves = [("ada", 0), ("ada", 10), ("ada", 29), ("ada", 30), ("bo", 31), ("ada", 32), ("ada", 61)]
    revisions = [(n + 1, who, start + timedelta(seconds=at)) for n, (who, at) in enumerate(saves)]
    assert superseded(revisions, start + timedelta(hours=1)) == ()
    assert superseded(revisions, start + KEEP_BASES + timedelta(minutes=2)) == (1, 2, 6)


def test_a_draft_is_told_everything_that_is_missing_at_once(
    application_content: Content, brief_content: Content
) -> None:
    brief = Brief.read(json.dumps(brief_content | {"disclosure_policy": {"disputes": "required"}}))
    application_content["ask"] = "1.00"
    found = {row["path"] for row in draft_findings(application_content, brief)}
    assert {"/ask", "/disclosures/0/disputes", "/disclosures/1/disputes"} <= found
    assert draft_findings({"title": 5})[0]["path"] == "/schema"
