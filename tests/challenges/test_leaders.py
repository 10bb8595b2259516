"""A leaderboard says how sure every place is, and which side of the line is not told."""

import json
from datetime import date
from fractions import Fraction

import pytest

from almoner.challenges.attachment import Attachment
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.leaders import leaderboard
from almoner.challenges.progress import HubProgress
from almoner.challenges.ratings import Ratings, rate

DAY = date(2028, 1, 1)


def ratings(*hubs: str, unrated: tuple[str, ...] = (), error: str = "0.15", **values: str) -> Ratings:
    """Rate hubs by one result each."""
    rows = [
        HubProgress(
            hub=hub, metric="m", family="m", value=Fraction(value), standard_error=Fraction(error), on=DAY
        )
        for hub, value in values.items()
    ]
    return rate(rows, hubs=[*hubs, *unrated], as_of=DAY, mean=0.5, variances=(0.04, 0.01))


def test_hubs_that_the_results_do_not_separate_from_the_line_stand_in_the_band() -> None:
    board = leaderboard(ratings(a="1.2", b="0.72", c="0.70", d="-0.2"), places=2)
    assert [(one.hub, one.side) for one in board.rows] == [
        ("a", "in"),
        ("b", "band"),
        ("c", "band"),
        ("d", "out"),
    ]
    assert board.band == ("b", "c")
    sharper = leaderboard(ratings(a="1.2", b="0.72", c="0.70", d="-0.2"), places=3)
    assert [one.side for one in sharper.rows] == ["in", "in", "in", "out"]
    assert {one.side for one in leaderboard(ratings(a="1", b="0.5")).rows} == {""}
    assert {one.side for one in leaderboard(ratings(a="1", b="0.5"), places=5).rows} == {"in"}


def test_equal_hubs_share_a_place_and_the_next_one_stays_empty() -> None:
    board = leaderboard(ratings(a="0.9", b="0.9", c="0.2"))
    assert [(one.place, one.hub) for one in board.rows] == [(1, "a"), (1, "b"), (3, "c")]


def test_an_unrated_hub_stands_with_the_mean_and_not_at_the_end() -> None:
    board = leaderboard(ratings(a="1.1", b="0.1", unrated=("new",)), earlier={"a": 4})
    assert [one.hub for one in board.rows] == ["a", "new", "b"]
    new = board.rows[1]
    assert (new.state, new.rating, new.standard_error, new.results) == ("unrated", "0.5000", "0.2000", 0)
    assert board.rows[0].earlier == 4


def test_the_document_holds_texts_and_whole_numbers_only_and_the_interval_holds_the_rating() -> None:
    board = leaderboard(
        ratings(a="1.1", b="0.1"), places=1, attachment=Attachment(awards=3, reason="too few")
    )
    assert json.loads(json.dumps(board.document()), parse_float=pytest.fail)["places"] == 1
    assert board.attachment == "Attachment is not published: too few."
    for one in board.rows:
        assert float(one.low) < float(one.rating) < float(one.high)
        assert float(one.lower_bound) < float(one.rating)
        assert one.rank_low <= float(one.expected_rank) <= one.rank_high


def test_no_figure_reads_minus_nought() -> None:
    (row,) = leaderboard(rate([], hubs=["a"], as_of=DAY, mean=-0.00001, variances=(0.01, 0.01))).rows
    assert row.rating == "0.0000"


@pytest.mark.parametrize("changes", [{"places": 0}, {"alpha": 0.5}, {"alpha": 0.0}])
def test_a_line_without_places_or_chance_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(CalibrationInvalid):
        leaderboard(ratings(a="1"), **changes)  # type: ignore[arg-type]  # wrong on purpose
