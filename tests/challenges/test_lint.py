"""Lint of briefs: each planted fault is found at its place with what to do, and a sound brief has none."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from almoner.challenges import Brief
from almoner.challenges.eligibility import EligibilityRule
from almoner.challenges.errors import BriefInvalid
from almoner.challenges.lint import lint, require_publishable
from almoner.challenges.linting.finding import BriefFinding, Capacity
from almoner.challenges.linting.satisfiable import satisfiable

Content = dict[str, Any]
NOW = datetime(2027, 1, 1, tzinfo=UTC)
FEEDBACK = {"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"}
ENTRY = {"pointer": "/application", "viewer": "assigned_judge", "action": "show"}


@pytest.fixture
def sound(brief_content: Content) -> Content:
    leaf = brief_content["eligibility"]["all"][1]["not"]
    leaf["evidence_asked"] = ["statutes"]
    brief_content["eligibility"]["all"][0]["cure_days"] = 5
    brief_content["visibility"] = [FEEDBACK, ENTRY]
    brief_content["judge_policy"] = {"load": [8, 10], "seed_source": "beacon"}
    brief_content["phases"][2]["closes_at"] = "2027-05-12T17:00"
    brief_content["time_zone"] = "Africa/Nairobi"
    return brief_content


def found(content: Content, **more: Any) -> list[BriefFinding]:  # noqa: ANN401 - handed on
    return list(lint(Brief.read(json.dumps(content)), now=more.pop("now", NOW), **more))


def rows(content: Content, **more: Any) -> set[tuple[str, str, str]]:  # noqa: ANN401 - handed on
    return {(row.severity, row.code, row.pointer) for row in found(content, **more)}


def test_a_sound_brief_has_no_findings(sound: Content) -> None:
    capacity = Capacity(judges=259, applications=500)
    metrics = {"safe_water_days@2": True}
    assert found(sound, capacity=capacity, metrics=metrics) == []
    assert require_publishable(Brief.read(json.dumps(sound)), now=NOW) == ()


def zone(content: Content) -> None:
    content["time_zone"] = "Europe/Berlin"
    content["phases"][0]["closes_at"] = "2027-03-28T02:30"
    content["phases"][1]["opens_at"] = "2027-04-05T03:30"


def twice(content: Content) -> None:
    content["time_zone"] = "Europe/Berlin"
    content["phases"][3]["closes_at"] = "2028-10-29T02:00"


def past(content: Content) -> None:
    content["phases"].insert(
        0,
        {"id": "quiz", "kind": "readiness", "opens_at": "2026-11-01T00:00", "closes_at": "2027-01-01T03:00"},
    )


def begun(content: Content) -> None:
    content["phases"][0]["opens_at"] = "2026-12-01T00:00"


def goal(content: Content) -> None:
    content["goal"]["by"] = "2027-05-31"


def short(content: Content) -> None:
    content["phases"][1]["closes_at"] = "2027-03-09T17:00+03:00"


def appeal(content: Content) -> None:
    content["appeal_policy"] = {"window_days": 21}


def contradiction(content: Content) -> None:
    leaf = {
        "fact": "lead.registered_since_days",
        "op": "<",
        "value": 365,
        "clause": "9",
        "evidence_asked": ["x"],
    }
    content["eligibility"]["all"].append(leaf)


def too_late(content: Content) -> None:
    leaf = {
        "fact": "lead.audited_on",
        "op": ">=",
        "value": "2027-03-02",
        "clause": "9",
        "evidence_asked": ["x"],
    }
    content["eligibility"]["all"].append(leaf)


def no_evidence(content: Content) -> None:
    del content["eligibility"]["all"][0]["evidence_asked"]


def cure(content: Content) -> None:
    content["eligibility"]["all"][0]["cure_days"] = 7


def no_policy(content: Content) -> None:
    del content["judge_policy"]


def fee(content: Content) -> None:
    content["judge_policy"]["fee"] = {"amount": "50.00", "per": "score"}


def scope(content: Content) -> None:
    content["judge_policy"]["scope"] = "pair"


def few(content: Content) -> None:
    content["phases"][1]["reads_per_application"] = 2


def tie(content: Content) -> None:
    content["phases"][1]["advances"] = {"rule": "top", "n": 5}


def lottery(content: Content) -> None:
    content["phases"][1]["advances"] = {"rule": "top", "n": 5, "tie": "lottery"}
    content["prizes"][0]["tie"] = "lottery"
    del content["judge_policy"]["seed_source"]


def feedback(content: Content) -> None:
    content["visibility"].remove(FEEDBACK)


def never_told(content: Content) -> None:
    content["visibility"].append({"pointer": "/feedback", "viewer": "own_applicant", "action": "mask"})


def anchors(content: Content) -> None:
    traits = content["rubric"]["traits"]
    traits[0]["anchors"][1]["text"] = "  Weak: a claim without PROOF "


def unused(content: Content) -> None:
    content["rubrics"] = [json.loads(json.dumps(content["rubric"])) | {"id": "spare/1"}]


def question(content: Content) -> None:
    schema = {"type": "object", "properties": {"why": {"type": "string", "x-trait": "beauty"}}}
    content["forms"] = [{"id": "application/2", "schema": schema}]


def never(content: Content) -> None:
    content["visibility"].append({"pointer": "/reads", "action": "after(panel.finished)"})


def conflicted(content: Content) -> None:
    content["visibility"].append({"pointer": "/reads", "action": "show", "relation": "conflicted"})


def no_version(content: Content) -> None:
    content["prizes"].append(progress(metric="safe_water_days"))


def luck(content: Content) -> None:
    content["prizes"].append(progress(damping="0.2"))


def discretion(content: Content) -> None:
    prize = {"kind": "discretionary", "phase": "panel", "ceiling": "300000.00", "who": ["chair"]}
    content["prizes"].append({**prize, "criteria": "What nobody had thought of."})


def places(content: Content) -> None:
    content["phases"][1]["advances"] = {"rule": "top", "n": 3, "tie": "split"}
    prize = {"kind": "finalists_then_grand", "phase": "panel", "n": 4, "each": "1.00", "grand": "9.00"}
    content["prizes"].append({**prize, "final_phase": "deliver"})


def stuck(content: Content) -> None:
    content["prizes"].append({"kind": "pool", "phase": "panel", "amount": "10.00", "split": "ask"})


def due(content: Content) -> None:
    condition = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}
    stage = {"id": "pilot", "share_bp": 10000, "due": "2027-04-12", "condition": condition}
    content["prizes"].append({"kind": "staged", "phase": "panel", "amount": "10.00", "stages": [stage]})


def race(content: Content) -> None:
    target = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}
    content["prizes"].append(
        {
            "kind": "first_to_finish",
            "phase": "deliver",
            "amount": "10.00",
            "target": target,
            "deadline": "2027-06-01",
            "verification": "Site visit by the evaluator.",
            "settles_after": "2027-09-01",
        }
    )


def progress(**more: str) -> Content:
    return {
        "kind": "measured_progress",
        "phase": "deliver",
        "amount": "10.00",
        "basis": "lower_bound",
        "split": "proportional",
        **more,
    }


PLANTED: list[tuple[Callable[[Content], None], str, str, str]] = [
    (zone, "error", "phase.clock", "/phases/0/closes_at"),
    (twice, "error", "phase.clock", "/phases/3/closes_at"),
    (past, "error", "phase.past", "/phases/0/closes_at"),
    (begun, "warning", "phase.begun", "/phases/0/opens_at"),
    (goal, "warning", "goal.early", "/goal/by"),
    (short, "error", "review.short", "/phases/1/closes_at"),
    (appeal, "error", "appeal.after_payout", "/appeal_policy/window_days"),
    (contradiction, "error", "eligibility.unsatisfiable", "/eligibility"),
    (too_late, "error", "eligibility.too_late", "/eligibility/all/2/value"),
    (no_evidence, "warning", "eligibility.no_evidence", "/eligibility/all/0/evidence_asked"),
    (cure, "warning", "eligibility.cure_late", "/eligibility/all/0/cure_days"),
    (no_policy, "warning", "judges.policy", "/judge_policy"),
    (fee, "error", "judges.fee", "/judge_policy/fee/per"),
    (scope, "warning", "judges.scope", "/judge_policy/scope"),
    (few, "warning", "review.few_reads", "/phases/1/reads_per_application"),
    (tie, "error", "advances.tie", "/phases/1/advances/tie"),
    (lottery, "error", "lottery.seed", "/phases/1/advances/tie"),
    (lottery, "error", "lottery.seed", "/prizes/0/tie"),
    (feedback, "error", "feedback.missing", "/visibility"),
    (never_told, "error", "feedback.missing", "/visibility"),
    (anchors, "error", "rubric.unanchored", "/rubric/traits/0/anchors"),
    (unused, "warning", "rubric.unused", "/rubrics/0"),
    (question, "error", "form.trait", "/forms/0/schema"),
    (question, "warning", "rubric.unasked", "/forms"),
    (never, "error", "visibility.event", "/visibility/2/action"),
    (conflicted, "error", "visibility.conflicted", "/visibility/2"),
    (no_version, "error", "prize.metric", "/prizes/3/metric"),
    (luck, "warning", "prize.luck", "/prizes/3/damping"),
    (discretion, "warning", "prize.discretion", "/prizes/3/ceiling"),
    (due, "error", "prize.due", "/prizes/3/stages/0/due"),
    (race, "error", "prize.due", "/prizes/3/deadline"),
    (places, "warning", "prize.places", "/prizes/3"),
    (stuck, "warning", "prize.tie", "/prizes/3/tie"),
]


@pytest.mark.parametrize(("plant", "severity", "code", "pointer"), PLANTED)
def test_a_planted_fault_is_found_at_its_place(
    sound: Content, plant: Callable[[Content], None], severity: str, code: str, pointer: str
) -> None:
    plant(sound)
    assert (severity, code, pointer) in rows(sound)
    ours = {row[1:] for row in PLANTED if row[0] is plant}
    assert {row for row in rows(sound) if row[1] != "rubric.unasked"} <= ours
    for row in found(sound):
        assert row.fix.endswith((".", "'."))
        assert row.message.endswith(".")
    if severity == "error":
        with pytest.raises(BriefInvalid) as refused:
            require_publishable(Brief.read(json.dumps(sound)), now=NOW)
        listed = refused.value.figures["findings"]
        assert isinstance(listed, list)
        assert pointer in [row["path"] for row in listed if isinstance(row, Mapping)]


def test_demand_is_held_against_what_the_judges_can_give(sound: Content) -> None:
    assert rows(sound, capacity=Capacity(judges=50, applications=100)) == set()
    [row] = found(sound, capacity=Capacity(judges=49, applications=100))
    assert (row.code, row.severity) == ("judges.capacity", "error")
    assert "need 500 reads" in row.message
    assert "can give 490" in row.message
    assert row.fix.startswith("Find 1 more judges")
    sound["judge_policy"] |= {"anchors": 10, "anchor_reads": 10}
    assert "need 600 reads" in found(sound, capacity=Capacity(judges=50, applications=100))[0].message
    with pytest.raises(ValueError, match="give 0 or more"):
        Capacity(judges=-1, applications=1)


def test_a_review_is_long_enough_for_the_reads_of_one_judge(sound: Content) -> None:
    sound["judge_policy"] = {"seed_source": "beacon"}
    sound["phases"][1]["closes_at"] = "2027-03-14T09:00+03:00"
    assert rows(sound) == set()
    assert rows(sound, capacity=Capacity(judges=100, applications=640)) == set()
    [row] = found(sound, capacity=Capacity(judges=100, applications=660))
    assert row.code == "review.short"
    assert "33 reads of 45 minutes" in row.message
    assert "a judge 7" in row.message


def test_a_metric_needs_a_definition_that_says_how_it_is_measured(sound: Content) -> None:
    sound["prizes"].append(progress())
    assert rows(sound, metrics={"safe_water_days@2": True}) == set()
    for metrics, said in (({}, "defined nowhere"), ({"safe_water_days@2": False}, "not how it is measured")):
        [row] = found(sound, metrics=metrics)
        assert row.code == "prize.metric"
        assert said in row.message


@pytest.mark.parametrize(
    ("shown", "place"),
    [
        ("/application/bundle", "/bundle/*/party"),
        ("/application/bundle/*/party", "/bundle/*/party"),
        ("/application/budget", "/budget/*/actor"),
        ("/application/files", "/files/*/name"),
        ("/application/files/*/metadata", "/files/*/metadata"),
        ("/application/answers/contact", "/answers/contact"),
        ("/application/answers/report", "/answers/report"),
        ("/application/answers/*", "/answers/team.name"),
        ("/application/facts", "/facts/lead.name"),
    ],
)
def test_a_blind_review_that_names_the_applicant_elsewhere_is_found(
    sound: Content, shown: str, place: str
) -> None:
    questions = {
        "contact": {"type": "string", "format": "email"},
        "report": {"type": "string", "format": "uri"},
        "team.name": {"type": "string"},
        "why": {"type": "string"},
    }
    sound["forms"] = [{"id": "application/2", "schema": {"type": "object", "properties": questions}}]
    fact = {"fact": "lead.name", "op": "!=", "value": "x", "clause": "4", "evidence_asked": ["statutes"]}
    sound["eligibility"]["all"].append(fact)
    sound["visibility"] = [FEEDBACK, {**ENTRY, "pointer": "/application/answers/why"}]
    assert rows(sound) == set()
    sound["visibility"].append({**ENTRY, "pointer": shown})
    hits = [row for row in found(sound) if row.code == "visibility.identity"]
    assert any(f"shows {place} " in row.message for row in hits)
    assert {row.pointer for row in hits} == {"/visibility/2"}
    sound["visibility"].append({**ENTRY, "pointer": "/application/lead"})
    assert rows(sound) == set()


def test_a_blind_review_stays_blind_until_its_last_instant(sound: Content) -> None:
    part = {"pointer": "/application/bundle", "viewer": "assigned_judge"}
    sound["visibility"] = [FEEDBACK, {**part, "action": "after(panel.closed)", "phase": "panel"}]
    assert rows(sound) == set()
    sound["visibility"][1]["action"] = "after(apply.closed)"
    assert {row.code for row in found(sound)} == {"visibility.identity"}


def rule(*leaves: Content, join: str = "all") -> Any:  # noqa: ANN401 - a tree
    return EligibilityRule.read(json.dumps({"eligibility": {join: list(leaves)}})).eligibility


def leaf(op: str, value: object, fact: str = "a") -> Content:
    return {"fact": fact, "op": op, "value": value, "clause": "1"}


@pytest.mark.parametrize(
    ("leaves", "answer"),
    [
        ([leaf(">", 5), leaf("<", 6)], "can"),
        ([leaf(">", 5), leaf("<", 5)], "cannot"),
        ([leaf(">=", 5), leaf("<=", 5)], "can"),
        ([leaf(">=", "0.1"), leaf("<", "0.1")], "cannot"),
        ([leaf("=", "x"), leaf("=", "y")], "cannot"),
        ([leaf("=", "x"), leaf("=", "y", "b")], "can"),
        ([leaf("in", ["x", "y"]), {"not": leaf("=", "x")}], "can"),
        ([leaf("in", ["x"]), {"not": leaf("in", ["x", "y"])}], "cannot"),
        ([{"not": leaf("=", "x")}, {"not": leaf("=", "y")}], "can"),
        ([{"not": leaf("=", flag)} for flag in (True, False)], "cannot"),
        ([leaf("=", "yes"), leaf("=", "7")], "cannot"),
        ([leaf(">", "2027-01-01"), leaf("<", "2027-01-02")], "cannot"),
        ([leaf(">", "2027-01-01"), leaf("<", "2027-01-03")], "can"),
        ([{"any": [leaf("=", "x"), leaf("=", "z")]}, {"any": [leaf("=", "y"), leaf("=", "z")]}], "can"),
        ([{"not": {"any": [leaf(">", 5), leaf("<=", 5)]}}], "cannot"),
    ],
)
def test_a_rule_is_called_impossible_only_when_no_value_fits(leaves: list[Content], answer: str) -> None:
    assert satisfiable(rule(*leaves)) is (answer == "can")


def test_a_tangled_rule_is_given_up_in_no_time_and_said_so(sound: Content) -> None:
    pairs = [{"any": [leaf("=", f"x{n}"), leaf("=", f"y{n}")]} for n in range(20)]
    start = time.process_time()
    assert satisfiable(rule(*pairs)) is None
    assert time.process_time() - start < 3
    sound["eligibility"]["all"] += [
        {"any": [{**one, "evidence_asked": ["x"]} for one in pair["any"]]} for pair in pairs
    ]
    assert rows(sound) == {("warning", "eligibility.tangled", "/eligibility")}
