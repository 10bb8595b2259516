"""Phases and policies of a brief: local time, overlap, who advances, and names that have to be there."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almoner.challenges import Brief
from almoner.challenges.errors import BriefInvalid, ScoreInvalid
from almoner.challenges.phases import clock_fault, resolve
from almoner.challenges.scores import read_marks

Content = dict[str, Any]


def read(content: Content) -> Brief:
    return Brief.read(json.dumps(content))


def faults(content: Content) -> dict[str, str]:
    with pytest.raises(BriefInvalid) as refused:
        read(content)
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return {row["path"]: row["message"] for row in rows if isinstance(row, dict)}


def test_a_local_time_is_that_of_the_brief_s_zone_and_an_offset_stands_for_itself(
    brief_content: Content,
) -> None:
    brief_content["time_zone"] = "Africa/Nairobi"
    brief_content["phases"][0] |= {"opens_at": "2027-01-11T09:00", "closes_at": "2027-03-01T17:00:00.5"}
    brief = read(brief_content)
    assert brief.opens("apply") == datetime(2027, 1, 11, 6, tzinfo=UTC)
    assert brief.closes(brief.phase("apply")) == datetime(2027, 3, 1, 14, 0, 0, 500_000, tzinfo=UTC)
    assert brief.opens("deliver") == datetime(2027, 6, 1, tzinfo=UTC)
    assert Brief.read(brief.canonical_bytes()).opens("apply") == brief.opens("apply")


@pytest.mark.parametrize("zone", ["Mars/Base", "localtime", "Africa", "../etc/passwd", "", "+03:00"])
def test_a_zone_that_is_none_is_refused(brief_content: Content, zone: str) -> None:
    brief_content["time_zone"] = zone
    assert set(faults(brief_content)) == {"/time_zone"}


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("2027-03-28T01:59:59", "Europe/Berlin", None),
        ("2027-03-28T02:00", "Europe/Berlin", "does not exist"),
        ("2027-03-28T02:59:59", "Europe/Berlin", "does not exist"),
        ("2027-03-28T03:00", "Europe/Berlin", None),
        ("2027-10-31T01:59:59", "Europe/Berlin", None),
        ("2027-10-31T02:00", "Europe/Berlin", "comes twice"),
        ("2027-10-31T02:59:59", "Europe/Berlin", "comes twice"),
        ("2027-10-31T03:00", "Europe/Berlin", None),
        ("2027-10-31T02:30+01:00", "Europe/Berlin", None),
        ("2027-03-28T02:30", "Africa/Nairobi", None),
        ("2011-12-30T12:00", "Pacific/Apia", "does not exist"),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat_is_told(text: str, zone: str, said: str | None) -> None:
    fault = clock_fault(text, zone)
    assert fault is None if said is None else fault is not None and said in fault
    assert resolve(text, zone).tzinfo is UTC


def overlapping(content: Content, *, kind: str, judging: str = "none", **more: object) -> Content:
    window = {"opens_at": "2027-02-01T00:00Z", "closes_at": "2027-02-20T00:00Z"}
    content["phases"].insert(1, {"id": "other", "kind": kind, "judging": judging, **window, **more})
    return content


@pytest.mark.parametrize("kind", ["readiness", "registration", "application"])
def test_phases_that_read_nothing_of_each_other_may_run_at_once(brief_content: Content, kind: str) -> None:
    brief = read(overlapping(brief_content, kind=kind))
    together = brief.phases_at(datetime(2027, 2, 2, tzinfo=UTC))
    assert [phase.id for phase in together] == ["apply", "other"]


@pytest.mark.parametrize("kind", ["decision", "delivery", "development"])
def test_a_phase_that_starts_from_what_is_handed_in_waits_for_the_close(
    brief_content: Content, kind: str
) -> None:
    assert "starts from its result" in faults(overlapping(brief_content, kind=kind))["/phases/1/opens_at"]


def test_a_phase_that_lets_only_some_go_on_holds_up_every_later_one(brief_content: Content) -> None:
    brief_content["phases"][0]["advances"] = {"rule": "all_eligible"}
    assert set(faults(overlapping(brief_content, kind="registration"))) == {"/phases/1/opens_at"}


def test_phases_stand_in_the_order_they_open(brief_content: Content) -> None:
    content = overlapping(brief_content, kind="readiness")
    content["phases"][:2] = reversed(content["phases"][:2])
    assert faults(content) == {
        "/phases/1/opens_at": "2027-01-11T09:00+03:00 is before other opens: 2027-02-01T00:00Z"
    }


@pytest.mark.parametrize(
    ("advances", "place"),
    [
        ({"rule": "top"}, "/n"),
        ({"rule": "top", "n": 5, "line": "3"}, "/line"),
        ({"rule": "above_line"}, "/line"),
        ({"rule": "above_line", "line": "5.1"}, "/line"),
        ({"rule": "all_eligible", "n": 3}, "/n"),
        ({"rule": "top", "n": 0}, "/n"),
        ({"rule": "top", "n": 5, "tie": "friends"}, "/tie"),
    ],
)
def test_who_advances_is_said_in_full_and_no_more(
    brief_content: Content, advances: Content, place: str
) -> None:
    brief_content["phases"][1]["advances"] = advances
    assert set(faults(brief_content)) == {f"/phases/1/advances{place}"}
    brief_content["phases"][1]["advances"] = {"rule": "above_line", "line": "3.55"}
    assert read(brief_content).phase("panel").advances


def test_a_line_needs_a_ranking(brief_content: Content) -> None:
    brief_content["phases"][2]["advances"] = {"rule": "top", "n": 5}
    assert set(faults(brief_content)) == {"/phases/2/advances/rule"}


def test_applicants_judge_under_a_rubric_and_only_they_must_finish(brief_content: Content) -> None:
    brief_content["phases"][1] |= {"judging": "applicants", "must_finish": True}
    brief = read(brief_content)
    assert brief.rubric_of("panel") == brief.rubric
    brief_content["phases"][1]["judging"] = "panel"
    assert set(faults(brief_content)) == {"/phases/1/must_finish"}


def test_names_lead_to_something_and_stand_once(brief_content: Content) -> None:
    form = {"id": "application/2", "schema": {"type": "object"}}
    brief_content["forms"] = [form, form]
    brief_content["phases"][0]["form"] = "application/3"
    brief_content["rubrics"] = [brief_content["rubric"]]
    brief_content["windows"] = ["east", "east"]
    brief_content["languages"] = ["en", "sw", "en"]
    brief_content["visibility"] = [{"pointer": "/reads", "action": "show", "phase": "final"}]
    elsewhere = {"pointer": "/reads", "action": "show", "phase": "apply"}
    brief_content["phases"][1]["visibility"] = [elsewhere]
    assert set(faults(brief_content)) == {
        "/forms/1/id",
        "/phases/0/form",
        "/rubrics/0/id",
        "/windows/1",
        "/languages/2",
        "/visibility/0/phase",
        "/phases/1/visibility/0/phase",
    }


def test_a_phase_has_its_own_form_rubric_and_rules(brief_content: Content) -> None:
    own = json.loads(json.dumps(brief_content["rubric"])) | {"id": "short/1"}
    brief_content["rubrics"] = [own]
    brief_content["phases"][1]["rubric"] = "short/1"
    brief_content["forms"] = [{"id": "application/2", "schema": {"type": "object"}}]
    brief_content["phases"][0]["form"] = "application/2"
    everywhere, there = ({"pointer": f"/{name}", "action": "show"} for name in ("title", "reads"))
    brief_content["visibility"] = [everywhere, {**everywhere, "phase": "vote"}]
    brief_content["phases"][1]["visibility"] = [there]
    brief = read(brief_content)
    assert brief.rubric_of("panel").id == "short/1"
    assert brief.form_of("apply") == brief.forms[0]
    assert brief.form_of("panel") is None
    counts = {phase.id: len(brief.rules_of(phase.id)) for phase in brief.phases}
    assert counts == {"apply": 1, "panel": 2, "vote": 2, "deliver": 1}


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        ({"load": [9, 8]}, "/load"),
        ({"load": [8]}, "/load"),
        ({"anchors": 5}, "/anchor_reads"),
        ({"anchor_reads": 5}, "/anchor_reads"),
        ({"tie_alpha": "0.51"}, "/tie_alpha"),
        ({"tie_alpha": "1.5"}, "/tie_alpha"),
        ({"fee": {"amount": "-1.00"}}, "/fee/amount"),
        ({"fee": {"amount": "0.001"}}, "/fee/amount"),
        ({"per_organisation": 0}, "/per_organisation"),
        ({"randomise_bp": 10_001}, "/randomise_bp"),
        ({"attributes": [{"attribute": "senior", "at_least": 1}] * 2}, "/attributes/1/attribute"),
        ({"conflicts": "none"}, "/conflicts"),
        (
            {
                "conflicts": {
                    "schema": "almoner.conflict_policy/1",
                    "name": "own",
                    "levels": {"rival": "hard"},
                }
            },
            "/conflicts/levels/rival",
        ),
        (
            {"conflicts": {"schema": "almoner.conflict_policy/1", "name": "own", "floor": "-1"}},
            "/conflicts/floor",
        ),
    ],
)
def test_a_judge_policy_that_contradicts_itself_is_refused(
    brief_content: Content, policy: Content, place: str
) -> None:
    brief_content["judge_policy"] = policy
    assert any(path.startswith(f"/judge_policy{place}") for path in faults(brief_content)), faults(
        brief_content
    )


def test_the_policy_on_conflicts_is_there_in_full_with_the_scope_that_is_stated(
    brief_content: Content,
) -> None:
    brief_content["judge_policy"] = {"scope": "pair"}
    policy = read(brief_content).judge_policy
    assert policy is not None
    assert policy.conflict_policy.scope("family") == "pair"
    brief_content["judge_policy"] = {}
    plain = read(brief_content).judge_policy
    assert plain is not None
    assert plain.conflict_policy.scope("family") == "competition"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"appeal_policy": {"grounds": []}}, "/appeal_policy/grounds"),
        ({"appeal_policy": {"grounds": ["merit"]}}, "/appeal_policy/grounds/0"),
        ({"appeal_policy": {"grounds": ["procedure", "procedure"]}}, "/appeal_policy/grounds/1"),
        ({"appeal_policy": {"window_days": -1}}, "/appeal_policy/window_days"),
        ({"disclosure_policy": {"funders_above": "-1"}}, "/disclosure_policy/funders_above"),
        ({"languages": []}, "/languages"),
        ({"languages": ["English"]}, "/languages/0"),
    ],
)
def test_a_policy_out_of_bounds_is_refused(brief_content: Content, change: Content, place: str) -> None:
    assert set(faults(brief_content | change)) == {place}


def test_defaults_are_those_that_are_announced(brief: Brief) -> None:
    assert (brief.time_zone, brief.languages, brief.windows, brief.judge_policy) == ("UTC", ("en",), (), None)
    assert brief.appeal_policy.window == timedelta(days=10)
    assert len(brief.appeal_policy.grounds) == 5
    assert brief.amendment_policy.notice == timedelta(days=7)
    assert {phase.grace_seconds for phase in brief.phases} == {0}


def test_abstaining_and_comments_are_ruled_per_trait(brief_content: Content) -> None:
    rubric = brief_content["rubric"]
    rubric["abstain_allowed"] = True
    rubric["traits"][1] |= {"abstain_allowed": False, "pass_mark": "3.0"}
    known = read(brief_content).rubric
    assert known is not None
    assert (known.allows_abstaining("reach"), known.allows_abstaining("proof")) == (True, False)
    marks = {"reach": None, "proof": "3.0"}
    assert read_marks(known, application_id="a", judge_id="j", marks=marks)[0].steps is None
    with pytest.raises(ScoreInvalid, match="proof: merit/1 allows no abstention"):
        read_marks(known, application_id="a", judge_id="j", marks={"reach": "3.0", "proof": None})
    rubric["traits"][1]["comment_required"] = True
    asking = read(brief_content).rubric
    assert asking is not None
    assert (asking.asks_comment("reach"), asking.asks_comment("proof")) == (False, True)
    rubric["traits"][1]["pass_mark"], rubric["pass_mark"] = "3.05", "5.05"
    assert set(faults(brief_content)) == {"/rubric/traits/1/pass_mark", "/rubric/pass_mark"}


def test_a_form_nested_without_end_is_refused_and_not_a_crash(brief_content: Content) -> None:
    text = json.dumps(brief_content)[:-1]
    for depth in (150, 900, 5000):
        deep = '{"items":' * depth + "{}" + "}" * depth
        with pytest.raises(BriefInvalid):
            Brief.read(f'{text}, "forms": [{{"id": "a/1", "schema": {deep}}}]}}')
