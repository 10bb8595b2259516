"""Amendments: a change that hurts those who are in is refused, with the rule, the place and since when."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almoner.challenges import Brief, Leaf
from almoner.challenges.amendments import Amended, AmendmentFacts, BriefVersion, amend, in_force, judged_under
from almoner.challenges.amendments import Kind as AmendmentKind
from almoner.challenges.eligibility import EligibilityRule, check_eligibility
from almoner.challenges.errors import AmendmentRefused, BriefInvalid
from almoner.challenges.favour import implies, no_lower, no_stricter

Content = dict[str, Any]
EARLY = datetime(2027, 1, 2, tzinfo=UTC)
DURING = datetime(2027, 2, 1, tzinfo=UTC)
IN = AmendmentFacts(first_submission=datetime(2027, 1, 20, tzinfo=UTC), submitters=frozenset({"a-1", "a-2"}))
SCORED = AmendmentFacts(
    first_submission=IN.first_submission,
    first_score=datetime(2027, 3, 9, tzinfo=UTC),
    submitters=IN.submitters,
    consents=IN.submitters,
)


def put(path: str, value: object) -> Content:
    return {"op": "replace", "path": path, "value": value}


def change(
    brief: Brief,
    *patch: Content,
    now: datetime = DURING,
    facts: AmendmentFacts = IN,
    kind: AmendmentKind = "material",
) -> Amended:
    return amend(brief, patch, reason="The river moved", kind=kind, facts=facts, now=now)


def refused(brief: Brief, *patch: Content, **more: Any) -> tuple[str, set[str]]:  # noqa: ANN401 - handed on
    with pytest.raises(AmendmentRefused) as fault:
        change(brief, *patch, **more)
    rows = fault.value.figures["findings"]
    assert isinstance(rows, list)
    return str(fault.value.figures["rule"]), {row["path"] for row in rows if isinstance(row, dict)}


def test_a_material_change_takes_effect_after_the_notice_and_names_whom_to_tell(brief: Brief) -> None:
    facts = AmendmentFacts(holders=frozenset({"draft-9", "a-1"}), submitters=frozenset({"a-1"}))
    done = change(brief, put("/phases/0/closes_at", "2027-03-05T17:00+03:00"), facts=facts)
    assert (done.brief.version, done.kind, done.second_person) == (4, "material", True)
    assert done.effective_at == DURING + timedelta(days=7)
    assert done.notify == ("a-1", "draft-9")
    assert done.places == ("/phases/0/closes_at",)
    assert brief.version == 3


def test_an_editorial_change_counts_at_once_and_cannot_carry_a_rule(brief: Brief) -> None:
    done = change(brief, put("/title", "Water"), kind="editorial")
    assert (done.effective_at, done.second_person) == (DURING, False)
    rule, places = refused(brief, put("/phases/0/closes_at", "2027-03-05T17:00+03:00"), kind="editorial")
    assert (rule, places) == ("form", {"/phases/0/closes_at"})
    trait = put("/rubric/traits/0/title", "How many")
    assert change(brief, trait, kind="editorial").brief.rubric != brief.rubric
    assert refused(brief, put("/rubric/traits/0/anchors/0/text", "x"), kind="editorial")[0] == "form"


@pytest.mark.parametrize("name", ["challenge_id", "fund", "unit", "version", "schema"])
def test_what_makes_the_challenge_what_it_is_never_changes(brief: Brief, name: str) -> None:
    value: object = 9 if name == "version" else "other"
    assert refused(brief, put(f"/{name}", value)) == ("form", {f"/{name}"})


def test_no_reason_no_change_and_no_brief_are_refused(brief: Brief) -> None:
    with pytest.raises(AmendmentRefused, match="reason"):
        amend(brief, [put("/title", "Water")], reason=" ", kind="editorial", now=DURING)
    assert refused(brief, put("/title", brief.title))[1] == {"/"}
    with pytest.raises(BriefInvalid, match="sum to 9999"):
        change(brief, put("/rubric/traits/0/weight_bp", 2499))
    with pytest.raises(AmendmentRefused, match="Step 0"):
        change(brief, put("/phases/9/closes_at", "2027-03-05T17:00Z"))


def test_a_deadline_is_never_cut_below_now_and_the_notice(brief: Brief) -> None:
    close = "/phases/0/closes_at"
    now = datetime(2027, 2, 10, tzinfo=UTC)
    assert refused(brief, put(close, "2027-02-16T23:59Z"), now=now) == ("time", {close})
    assert change(brief, put(close, "2027-02-17T00:00Z"), now=now).brief.phases[0].closes_at
    assert change(brief, put("/phases/3/closes_at", "2029-05-01T00:00Z"), now=now).kind == "material"


def test_a_phase_that_is_closed_when_the_change_would_count_stays_as_it_is(brief: Brief) -> None:
    now = datetime(2027, 3, 2, tzinfo=UTC)
    later = put("/phases/0/closes_at", "2027-03-05T17:00+03:00")
    assert refused(brief, later, now=now) == ("time", {"/phases/0"})
    soon = datetime(2027, 2, 25, tzinfo=UTC)
    assert refused(brief, later, now=soon) == ("time", {"/phases/0"})
    assert "time" in refused(brief, put("/time_zone", "UTC"), {"op": "remove", "path": "/phases/0"}, now=now)
    again = put("/phases/0/opens_at", "2027-02-05T09:00+03:00")
    assert refused(brief, again) == ("time", {"/phases/0/opens_at"})


def test_the_same_instant_in_another_spelling_changes_no_closed_phase(brief: Brief) -> None:
    now = datetime(2027, 3, 2, tzinfo=UTC)
    done = change(brief, put("/phases/0/closes_at", "2027-03-01T14:00Z"), now=now)
    assert done.brief.closes("apply") == brief.closes("apply")


def test_a_notice_is_not_shortened(brief: Brief) -> None:
    path = "/amendment_policy/notice_days"
    assert refused(brief, put(path, 1), now=EARLY, facts=AmendmentFacts()) == ("time", {path})
    assert change(brief, put(path, 14)).brief.amendment_policy.notice_days == 14


HARDER = [
    (put("/prizes/1/amount", "899999.99"), "/prizes"),
    ({"op": "remove", "path": "/prizes/2"}, "/prizes"),
    (put("/prizes/0/tie", "lottery"), "/prizes"),
    (put("/prizes/0/amounts", ["100.00", "50.00"]), "/prizes"),
    (put("/eligibility/all/0/value", 731), "/eligibility"),
    (put("/eligibility/all/0/cure_days", 9), "/eligibility"),
    (put("/eligibility/all/0/evidence_asked", ["registration", "statutes"]), "/eligibility"),
    (put("/eligibility/all/1/not/value", ["government", "firm"]), "/eligibility"),
    (
        {
            "op": "add",
            "path": "/eligibility/all/-",
            "value": {"fact": "lead.size", "op": "<", "value": 9, "clause": "3"},
        },
        "/eligibility",
    ),
    (put("/phases/1/advances", {"rule": "top", "n": 5, "tie": "lottery"}), "/phases/1/advances"),
    (put("/rubric/pass_mark", "3.0"), "/phases/1/advances"),
    (put("/goal/target", "321"), "/goal"),
    (put("/appeal_policy/window_days", 9), "/appeal_policy"),
]


@pytest.mark.parametrize(("step", "place"), HARDER)
def test_after_the_first_submission_nothing_gets_harder_without_everybody_s_consent(
    brief: Brief, step: Content, place: str
) -> None:
    assert refused(brief, step) == ("submissions", {place})
    half = AmendmentFacts(
        first_submission=IN.first_submission, submitters=IN.submitters, consents=frozenset({"a-1"})
    )
    assert refused(brief, step, facts=half)[0] == "submissions"
    nobody = AmendmentFacts(first_submission=IN.first_submission)
    assert refused(brief, step, facts=nobody)[0] == "submissions"
    whole = AmendmentFacts(
        first_submission=IN.first_submission, submitters=IN.submitters, consents=IN.submitters
    )
    assert change(brief, step, facts=whole).brief.version == 4
    assert change(brief, step, facts=AmendmentFacts()).brief.version == 4


@pytest.mark.parametrize(
    "step",
    [
        put("/prizes/1/amount", "900000.01"),
        put("/prizes/0/amounts", ["100.00", "50.00", "25.00", "10.00"]),
        {"op": "add", "path": "/prizes/-", "value": {"kind": "grand", "phase": "panel", "amount": "5.00"}},
        put("/eligibility/all/0/value", 729),
        put("/eligibility/all/0/cure_days", 20),
        {"op": "remove", "path": "/eligibility/all/1"},
        put("/eligibility", None),
        put("/goal/target", "319"),
        put("/appeal_policy/window_days", 20),
    ],
)
def test_what_can_only_help_needs_no_consent(brief: Brief, step: Content) -> None:
    assert change(brief, step).brief.version == 4


@pytest.mark.parametrize(
    ("step", "place"),
    [
        (put("/rubric/traits/0/title", "How many"), "/phases/1/rubric"),
        (put("/judge_policy", {"panel_model": "within"}), "/judge_policy/panel_model"),
    ],
)
def test_after_the_first_score_neither_rubric_nor_reading_changes_even_with_consent(
    brief: Brief, step: Content, place: str
) -> None:
    now = datetime(2027, 3, 10, tzinfo=UTC)
    rule, places = refused(brief, step, now=now, facts=SCORED)
    assert rule == "scores"
    assert place in places


def test_a_rubric_does_not_change_when_scores_can_come_before_the_change_counts(brief: Brief) -> None:
    step = put("/rubric/traits/0/anchors/0/text", "nothing at all")
    assert change(brief, step, now=datetime(2027, 2, 20, tzinfo=UTC)).brief.version == 4
    late = datetime(2027, 3, 3, tzinfo=UTC)
    assert refused(brief, step, now=late) == ("scores", {"/phases/1/rubric"})


def test_a_submission_is_judged_under_its_version_or_a_kinder_later_one(brief_content: Content) -> None:
    def version(number: int, days: int, at: datetime) -> BriefVersion:
        content = json.loads(json.dumps(brief_content)) | {"version": number}
        content["eligibility"]["all"][0]["value"] = days
        return BriefVersion(brief=Brief.read(json.dumps(content)), effective_at=at)

    day = [datetime(2027, 1, n, tzinfo=UTC) for n in (5, 15, 25)]
    versions = [version(1, 365, day[0]), version(2, 730, day[1]), version(3, 500, day[2])]

    def favour(age: int) -> Any:  # noqa: ANN401 - a function
        facts: dict[str, bool | int | str] = {"lead.registered_since_days": age, "lead.kind": "ngo"}

        def level(brief: Brief) -> int:
            assert brief.eligibility is not None
            return ["fail", "needs_document", "pass"].index(
                check_eligibility(brief.eligibility, facts).status
            )

        return level

    in_between = day[1] + timedelta(hours=1)
    assert judged_under(versions, in_between, favour(900)).version == 2
    assert judged_under(versions, in_between, favour(600)).version == 3
    assert judged_under(versions, in_between, favour(400)).version == 2
    assert judged_under(versions, day[0], favour(400)).version == 1
    assert in_force(versions, day[1] - timedelta(seconds=1)).version == 1
    assert in_force(versions, day[1]).version == 2
    with pytest.raises(ValueError, match="no version"):
        in_force(versions, day[0] - timedelta(seconds=1))


def rule(text: str) -> Any:  # noqa: ANN401 - a tree
    return EligibilityRule.read(f'{{"eligibility": {text}}}').eligibility


def leaf(op: str, value: object, fact: str = "a") -> str:
    return json.dumps({"fact": fact, "op": op, "value": value, "clause": "1"})


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (leaf(">", 5), leaf(">=", 5), "yes"),
        (leaf(">=", 5), leaf(">", 5), "no"),
        (leaf("<", 5), leaf("<", 6), "yes"),
        (leaf("<", 5), leaf("<", 4), "no"),
        (leaf("<", 5), leaf(">", 4), "no"),
        (leaf(">=", "1.5"), leaf(">=", 1), "yes"),
        (leaf("=", "x"), leaf("in", ["x", "y"]), "yes"),
        (leaf("in", ["x", "y"]), leaf("=", "x"), "no"),
        (leaf("in", [True]), leaf("in", [1]), "no"),
        (leaf("=", "x"), leaf("=", "x", "b"), "no"),
        (leaf(">", "2027-01-01"), leaf(">", "2026-01-01"), "no"),
        (f'{{"not": {leaf("in", ["x", "y"])}}}', f'{{"not": {leaf("=", "x")}}}', "yes"),
        (f'{{"not": {leaf("=", "x")}}}', f'{{"not": {leaf("in", ["x", "y"])}}}', "no"),
        (f'{{"any": [{leaf("=", "x")}]}}', f'{{"any": [{leaf("=", "x")}, {leaf("=", "y")}]}}', "yes"),
        (f'{{"any": [{leaf("=", "x")}, {leaf("=", "y")}]}}', f'{{"any": [{leaf("=", "x")}]}}', "no"),
        (f'{{"all": [{leaf(">", 1)}, {leaf("=", 1, "b")}]}}', leaf(">", 0), "yes"),
        (leaf(">", 0), f'{{"all": [{leaf(">", 0)}, {leaf("=", 1, "b")}]}}', "no"),
    ],
)
def test_a_rule_is_called_kinder_only_when_its_shape_shows_it(first: str, second: str, shown: str) -> None:
    assert implies(rule(first), rule(second)) is (shown == "yes")
    assert no_stricter(rule(first), rule(second)) is (shown == "yes")


def test_a_rule_where_there_was_none_is_stricter_and_none_where_there_was_one_is_not(brief: Brief) -> None:
    new = Leaf(fact="a", op="=", value=1, clause="1")
    assert not no_stricter(None, new)
    assert no_stricter(new, None)
    assert no_stricter(None, None)
    assert no_lower(brief.prizes, brief.prizes)
    assert not no_lower(brief.prizes, brief.prizes[:1])
