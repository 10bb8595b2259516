"""Amendments on record: two people, notices, consents for this change only, and money for higher prizes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from almoner.challenges import acts
from almoner.challenges.acts import ProposedAmendment
from almoner.challenges.amendments import BriefVersion
from almoner.challenges.errors import AmendmentRefused, ChallengeRefused
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.moves import list_dated_moves
from almoner.finance.errors import InsufficientFunds, KeyReused, Missing

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

CODE = "clean-water"
Step = dict[str, object]
USE = {"region": "east"}


def put(path: str, value: object) -> Step:
    return {"op": "replace", "path": path, "value": value}


EXTEND = put("/phases/0/closes_at", "2027-03-05T17:00+03:00")
LOWER = put("/prizes/1/amount", "800000.00")


@pytest.fixture
def open_(round_: "Round") -> "Round":
    round_.publish(USE)
    return round_


def change(
    round_: "Round",
    *patch: Step,
    of: int = 3,
    day: str = "2027-02-01",
    **more: Any,  # noqa: ANN401 - handed on
) -> BriefVersion:
    fields = {"kind": "material", "reason": "Floods", "maker": "desk", "checker": "head"} | more
    proposed = ProposedAmendment(of=of, patch=patch, **fields)
    return acts.amend_brief(round_.session, round_.fund, CODE, proposed, clock=round_.clock(day), use=USE)


def consent(round_: "Round", names: Sequence[str], *patch: Step) -> None:
    for name in names:
        clock = round_.clock("2027-01-30")
        acts.consent_to(round_.session, "main", CODE, name, patch, signer="river-trust", clock=clock)


def test_a_version_counts_from_its_instant_and_the_one_before_until_then(open_: "Round") -> None:
    done = change(open_, EXTEND)
    assert done.effective_at == datetime(2027, 2, 8, 12, tzinfo=UTC)
    for day, version in (("2027-02-08T11:59:59", 3), ("2027-02-08T12:00:00", 4)):
        at = datetime.fromisoformat(f"{day}+00:00")
        assert find_challenge(open_.session, "main", CODE, at).challenge.brief.version == version
    assert [one.brief.version for one in acts.brief_versions(open_.session, "main", CODE)] == [3, 4]


def test_the_same_again_changes_nothing_and_another_under_its_number_is_refused(open_: "Round") -> None:
    first = change(open_, EXTEND)
    assert change(open_, EXTEND, day="2027-02-02") == first
    with pytest.raises(KeyReused):
        change(open_, put("/title", "Water"))
    with pytest.raises(AmendmentRefused, match="newest version of clean-water is 4, not 5"):
        change(open_, put("/title", "Water"), of=5)
    assert len(acts.brief_versions(open_.session, "main", CODE)) == 2


@pytest.mark.parametrize("checker", [None, "", "desk"])
def test_a_material_change_needs_a_second_person_and_an_editorial_one_does_not(
    open_: "Round", checker: str | None
) -> None:
    with pytest.raises(AmendmentRefused, match="second person"):
        change(open_, EXTEND, checker=checker)
    done = change(open_, put("/title", "Water"), kind="editorial", checker=None)
    assert done.effective_at == datetime(2027, 2, 1, 12, tzinfo=UTC)


def test_an_editorial_change_does_not_overtake_a_material_one_that_waits(open_: "Round") -> None:
    waiting = change(open_, EXTEND)
    done = change(open_, put("/title", "Water"), of=4, day="2027-02-02", kind="editorial")
    assert done.effective_at == waiting.effective_at


def test_everybody_with_a_submission_is_to_be_told_and_each_notice_is_on_record_once(open_: "Round") -> None:
    open_.submit("a-1")
    change(open_, EXTEND)
    assert acts.waiting_notices(open_.session, "main", CODE, 4) == ("river-trust",)
    for day in ("2027-02-01", "2027-02-03"):
        acts.record_notice(open_.session, "main", CODE, 4, "river-trust", clock=open_.clock(day))
    assert acts.waiting_notices(open_.session, "main", CODE, 4) == ()
    with pytest.raises(AmendmentRefused, match="no version 9"):
        acts.record_notice(open_.session, "main", CODE, 9, "river-trust", clock=open_.clock("2027-02-03"))


def test_a_lower_prize_needs_the_consent_of_every_submitter_to_this_very_change(open_: "Round") -> None:
    open_.submit("a-1")
    open_.submit("a-2")
    with pytest.raises(AmendmentRefused, match="not every submitter"):
        change(open_, LOWER)
    consent(open_, ["a-1", "a-2"], put("/prizes/1/amount", "700000.00"))
    consent(open_, ["a-1", "a-1"], LOWER)
    with pytest.raises(AmendmentRefused, match="not every submitter"):
        change(open_, LOWER)
    consent(open_, ["a-2"], LOWER)
    assert change(open_, LOWER).brief.version == 4
    with pytest.raises(Missing):
        consent(open_, ["a-9"], LOWER)


def test_higher_prizes_are_covered_before_they_are_announced(open_: "Round") -> None:
    committed, _, free = open_.money()
    assert (committed, free) == ("950175.00", "49825.00")
    with pytest.raises(InsufficientFunds):
        change(open_, put("/prizes/1/amount", "949825.01"))
    assert open_.money()[0] == committed
    change(open_, put("/prizes/1/amount", "949825.00"))
    assert (open_.money()[0], open_.money()[2]) == ("1000000.00", "0.00")
    change(open_, put("/prizes/1/amount", "900000.00"), of=4, day="2027-02-02")
    change(open_, put("/prizes/1/amount", "940000.00"), of=5, day="2027-02-03")
    assert open_.money()[0] == "1000000.00"


def test_after_the_first_score_the_rubric_stays(open_: "Round") -> None:
    open_.submit("a-1")
    open_.score("a-1", "j-1", {"reach": "3.0", "proof": "3.0"})
    with pytest.raises(AmendmentRefused, match="Scores are in"):
        change(open_, put("/rubric/traits/0/title", "How many"), day="2027-03-11", kind="editorial")


def test_a_challenge_that_is_over_has_its_last_brief(open_: "Round") -> None:
    clock = open_.clock("2027-02-01")
    acts.cancel(open_.session, open_.fund, CODE, reason="No water law", clock=clock)
    with pytest.raises(ChallengeRefused, match="is cancelled"):
        change(open_, EXTEND)


def test_moves_are_dated_and_lawful_and_open_what_waits_for_them(round_: "Round") -> None:
    shown = {"pointer": "/application/title", "viewer": "public", "action": "after(decided)"}
    round_.brief_content["visibility"] += [shown]
    round_.publish(USE)
    round_.submit("a-1")

    def announce(day: str) -> None:
        clock = round_.clock(day)
        acts.announce(round_.session, round_.fund, CODE, reason="All read", clock=clock)

    def seen(day: str) -> object:
        clock = round_.clock(day)
        return acts.show_application(
            round_.session, "main", CODE, "panel", "a-1", viewer="public", person="", clock=clock
        )

    with pytest.raises(ChallengeRefused, match="is open at"):
        announce("2027-02-01")
    assert seen("2027-05-19") == {}
    announce("2027-05-20")
    announce("2027-05-21")
    assert seen("2027-05-20") == {"application": {"title": "Wells that keep working"}}
    moves = list_dated_moves(round_.session, find_challenge(round_.session, "main", CODE).id)
    assert [(move.to, move.at.date().isoformat()) for move in moves] == [
        ("published", "2027-01-05"),
        ("decided", "2027-05-20"),
    ]
    with pytest.raises(ChallengeRefused, match="can become settled, not cancelled"):
        acts.cancel(round_.session, round_.fund, CODE, reason="No", clock=round_.clock("2027-06-10"))
