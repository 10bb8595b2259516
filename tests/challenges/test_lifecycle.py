"""States: what the clock does and what somebody has to do; everything else is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from almoner.challenges import Brief
from almoner.challenges.errors import ChallengeRefused
from almoner.challenges.lifecycle import Move, State, event_names, events_at, require_move, state_at

PUBLISHED = Move(to="published", at=datetime(2027, 1, 5, tzinfo=UTC))
DECIDED = Move(to="decided", at=datetime(2027, 5, 20, tzinfo=UTC))
SETTLED = Move(to="settled", at=datetime(2029, 7, 1, tzinfo=UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        ("2027-01-04T23:59:59", "draft"),
        ("2027-01-05T00:00", "published"),
        ("2027-01-11T05:59:59", "published"),
        ("2027-01-11T06:00", "open"),
        ("2027-03-01T13:59:59", "open"),
        ("2027-03-01T14:00", "judging"),
        ("2027-05-19T23:59:59", "judging"),
        ("2027-05-20T00:00", "decided"),
        ("2029-07-01T00:00", "settled"),
    ],
)
def test_a_challenge_goes_through_its_states(brief: Brief, instant: str, state: State) -> None:
    assert state_at(brief, at(instant), [PUBLISHED, DECIDED, SETTLED]) == state


@pytest.mark.parametrize("day", ["2027-01-01", "2027-01-06", "2027-02-01", "2027-04-01"])
def test_it_can_be_cancelled_until_it_is_decided(brief: Brief, day: str) -> None:
    moves = [PUBLISHED] if at(day) > PUBLISHED.at else []
    stop = Move(to="cancelled", at=at(day), reason="No water law")
    assert require_move(brief, at(day), moves, "cancelled") != "cancelled"
    assert state_at(brief, at("2030-01-01"), [*moves, stop]) == "cancelled"
    with pytest.raises(ChallengeRefused, match="nothing else"):
        require_move(brief, at("2030-01-01"), [*moves, stop], "decided")


@pytest.mark.parametrize(
    ("day", "moves", "to"),
    [
        ("2027-01-01", [], "decided"),
        ("2027-02-01", [PUBLISHED], "decided"),
        ("2027-02-01", [PUBLISHED], "published"),
        ("2027-04-01", [PUBLISHED], "settled"),
        ("2027-06-01", [PUBLISHED, DECIDED], "cancelled"),
        ("2029-08-01", [PUBLISHED, DECIDED, SETTLED], "cancelled"),
    ],
)
def test_every_other_step_is_refused(brief: Brief, day: str, moves: list[Move], to: str) -> None:
    with pytest.raises(ChallengeRefused) as refused:
        require_move(brief, at(day), moves, to)  # type: ignore[arg-type]  # one of the four
    assert refused.value.figures["to"] == to


def test_a_record_that_could_not_have_happened_is_refused(brief: Brief) -> None:
    early = Move(to="decided", at=at("2027-02-01"))
    with pytest.raises(ChallengeRefused, match="is open at 2027-02-01"):
        state_at(brief, at("2027-06-01"), [PUBLISHED, early])
    with pytest.raises(ValueError, match="needs its reason"):
        Move(to="cancelled", at=at("2027-02-01"), reason=" ")


def test_events_are_those_that_have_happened_and_all_of_them_can_be_named(brief: Brief) -> None:
    seam = at("2027-04-12T14:00")
    assert events_at(brief, seam, [PUBLISHED, DECIDED]) == {
        "published",
        "apply.opened",
        "apply.closed",
        "panel.opened",
        "panel.closed",
        "vote.opened",
    }
    over = DECIDED.at + timedelta(days=10)
    assert "appeals.over" not in events_at(brief, over - timedelta(seconds=1), [PUBLISHED, DECIDED])
    assert "appeals.over" in events_at(brief, over, [PUBLISHED, DECIDED])
    assert events_at(brief, at("2031-01-01"), [PUBLISHED, DECIDED, SETTLED]) <= event_names(brief)
