"""The brief: what binds is a field, faults come all at once, and a closing instant is late."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almoner.challenges import Brief
from almoner.challenges.errors import BriefInvalid, ChallengeClosed
from almoner.finance.errors import Missing
from almoner.finance.money import money
from almoner.finance.units import currency

Content = dict[str, Any]
CLOSES = datetime(2027, 3, 1, 14, tzinfo=UTC)


def findings_of(content: Content) -> dict[str, str]:
    with pytest.raises(BriefInvalid) as refused:
        Brief.read(json.dumps(content))
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return {row["path"]: row["message"] for row in rows if isinstance(row, dict)}


def at(content: Content, path: str, value: object) -> Content:
    """Set one place of a document; a missing key is added."""
    *parents, last = path.strip("/").split("/")
    place: Any = content
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return content


def test_a_brief_survives_its_canonical_bytes(brief: Brief) -> None:
    again = Brief.read(brief.canonical_bytes())
    assert again == brief
    assert again.digest() == brief.digest()
    assert b'"schema":"almoner.brief/1"' in brief.canonical_bytes()
    assert hash(again) == hash(brief)


@pytest.mark.parametrize(
    ("path", "value", "place", "said"),
    [
        ("/goal/target", "212.0", "/goal/target", "both"),
        ("/goal/by", "2029-02-30", "/goal/by", "is not a day"),
        ("/goal/baseline", "about 200", "/goal/baseline", "a plain number"),
        ("/phases/0/closes_at", "2027-01-11T06:00Z", "/phases/0/closes_at", "is not after"),
        (
            "/phases/0/closes_at",
            "2027-03-01 17:00",
            "/phases/0/closes_at",
            "no instant: write 2027-03-01T17:00",
        ),
        ("/phases/0/closes_at", "2027-02-29T17:00Z", "/phases/0/closes_at", "day is out of range"),
        ("/phases/1/opens_at", "2027-03-01T13:59Z", "/phases/1/opens_at", "before apply closes"),
        ("/phases/2/id", "panel", "/phases/2/id", "second time"),
        ("/phases/0/judging", "panel", "/phases/0/judging", "judges a review"),
        ("/phases/1/rubric", "merit/2", "/phases/1/rubric", "no rubric merit/2"),
        ("/phases/0/rubric", "merit/1", "/phases/0/rubric", "only a panel"),
        ("/phases/1/reads_per_application", None, "/phases/1/reads_per_application", "missing"),
        ("/phases/1/reads_per_application", 0, "/phases/1/reads_per_application", "greater than"),
        ("/phases/2/ballot", None, "/phases/2/ballot", "missing"),
        ("/phases/0/ballot", {"metrics": ["users"]}, "/phases/0/ballot", "judged by none"),
        ("/phases/2/ballot/metrics", ["users", "users"], "/phases/2/ballot/metrics/1", "second time"),
        ("/phases/2/ballot/floor", "-1", "/phases/2/ballot/floor", "negative"),
        ("/phases/2/ballot/cap_bp", 10_001, "/phases/2/ballot/cap_bp", "less than"),
        ("/rubric/traits/0/weight_bp", 2501, "/rubric/traits", "sum to 10001"),
        ("/rubric/traits/0/anchors/1/lo", "2.6", "/rubric/traits/0/anchors/1/lo", "gap"),
        ("/eligibility/all/0/value", "soon", "/eligibility/all/0/value", "neither"),
        ("/eligibility/all/1/not/op", "~", "/eligibility/all/1/not/op", "Input should be"),
        ("/prizes/0/amounts/1", "0.00", "/prizes/0/amounts/1", "not positive"),
        ("/prizes/0/amounts/1", "0.001", "/prizes/0/amounts/1", "decimal digits"),
        ("/prizes/1/phase", "final", "/prizes/1/phase", "no phase final"),
        ("/prizes/1/phase", "panel", "/prizes/1/phase", "needs a ballot"),
        ("/prizes/0/phase", "deliver", "/prizes/0/phase", "needs a panel"),
        ("/prizes/1/kind", "lucky", "/prizes/1", "does not match"),
        ("/prizes/0/unawarded", {"roll_over": "late"}, "/prizes/0/unawarded/roll_over", "no phase late"),
        ("/prizes/0/unawarded", {"roll_over": "apply"}, "/prizes/0/unawarded/roll_over", "is not after"),
        ("/prizes/0/unawarded", {"roll_over": "deliver"}, "/prizes/0/unawarded/roll_over", "has 0 prizes"),
        ("/schema", "almoner.brief/2", "/schema", "almoner.brief/1"),
        ("/jury", "friends", "/jury", "not permitted"),
    ],
)
def test_a_faulty_brief_is_refused_at_the_place(
    brief_content: Content, path: str, value: object, place: str, said: str
) -> None:
    found = findings_of(at(brief_content, path, value))
    assert place in found
    assert said in found[place]


def test_faults_of_every_part_are_listed_together(brief_content: Content) -> None:
    for path, value in (
        ("/goal/target", "212"),
        ("/phases/0/closes_at", "2027-01-11T09:00+03:00"),
        ("/rubric/traits/1/weight_bp", 1),
        ("/eligibility/all/1/not/value", "government"),
        ("/prizes/2/amount", "-5"),
    ):
        at(brief_content, path, value)
    assert set(findings_of(brief_content)) == {
        "/goal/target",
        "/phases/0/closes_at",
        "/rubric/traits",
        "/eligibility/all/1/not/value",
        "/prizes/2/amount",
    }


def test_a_panel_takes_its_own_rubric_or_the_brief_s(brief_content: Content, brief: Brief) -> None:
    own = json.loads(json.dumps(brief_content["rubric"])) | {"id": "short/1"}
    assert brief.rubric_of("panel") is brief.rubric
    at(brief_content, "/phases/1/rubric", None)
    assert Brief.read(json.dumps(brief_content)).rubric_of("panel").id == "merit/1"
    at(brief_content, "/phases/1/rubric", own)
    assert Brief.read(json.dumps(brief_content)).rubric_of("panel").id == "short/1"
    own["traits"][0]["weight_bp"] = 2
    assert set(findings_of(brief_content)) == {"/phases/1/rubric/traits"}
    own["traits"][0]["weight_bp"] = 2500
    own["id"], own["abstain_allowed"] = "merit/1", True
    assert set(findings_of(brief_content)) == {"/phases/1/rubric/id"}
    with pytest.raises(Missing):
        brief.rubric_of("vote")


def test_a_panel_without_any_rubric_is_refused(brief_content: Content) -> None:
    del brief_content["rubric"]
    assert findings_of(brief_content) == {"/phases/1/rubric": "the brief has no rubric merit/1"}
    del brief_content["phases"][1]["rubric"]
    assert set(findings_of(brief_content)) == {"/phases/1/rubric"}


def test_a_phase_holds_its_first_instant_and_not_its_last(brief: Brief) -> None:
    opens, tick = datetime(2027, 1, 11, 6, tzinfo=UTC), timedelta(microseconds=1)
    assert brief.require_open("apply", opens).id == "apply"
    assert brief.require_open("apply", CLOSES - tick).id == "apply"
    for instant, said in ((opens - tick, "opens at"), (CLOSES, "closed at"), (CLOSES + tick, "closed at")):
        with pytest.raises(ChallengeClosed, match=said) as refused:
            brief.require_open("apply", instant)
        assert refused.value.figures["opened_at"] == "2027-01-11T06:00:00.000000Z"
        assert refused.value.figures["closed_at"] == "2027-03-01T14:00:00.000000Z"
        assert refused.value.figures["received_at"]
    with pytest.raises(ValueError, match="no time zone"):
        brief.require_open("apply", opens.replace(tzinfo=None))


def test_phase_at_names_the_open_phase_if_any(brief: Brief) -> None:
    seam = datetime(2027, 4, 12, 14, tzinfo=UTC)
    found = [brief.phase_at(instant) for instant in (seam - timedelta(seconds=1), seam, CLOSES)]
    assert [phase and phase.id for phase in found] == ["panel", "vote", None]


def test_an_unknown_phase_is_missing(brief: Brief) -> None:
    with pytest.raises(Missing, match="apply, panel, vote, deliver"):
        brief.phase("final")


def test_the_total_is_the_sum_of_the_maxima(brief: Brief) -> None:
    assert brief.prize_total(currency("USD")) == money("950175.00", "USD")
    with pytest.raises(ValueError, match="counts in USD"):
        brief.prize_total(currency("EUR"))


def test_money_as_a_bare_number_is_refused(brief_content: Content) -> None:
    text = json.dumps(at(brief_content, "/prizes/1/amount", 0.5))
    with pytest.raises(BriefInvalid, match="bare decimal number"):
        Brief.read(text)
    assert "/prizes/1/amount" in findings_of(at(brief_content, "/prizes/1/amount", 5))
