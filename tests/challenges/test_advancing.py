"""Who goes on: the brief's rule, and what happens to the band that the scores do not separate."""

import pytest

from almoner.challenges.advancing import advance
from almoner.challenges.bands import ExpectedPlace, ExpectedRanking, TieBand
from almoner.challenges.errors import TieUnresolved
from almoner.challenges.phases import Advances, TieRule

NAMES = ("a", "b", "c", "d", "e")


def ranking(
    sure: str = "a", members: str = "bcd", places: int = 2, shared: tuple[int, ...] = (1, 2, 3, 4, 5)
) -> ExpectedRanking:
    rows = tuple(
        ExpectedPlace(application_id=name, place=place, expected_rank=float(place), low=1, high=5)
        for name, place in zip(NAMES, shared, strict=True)
    )
    out = tuple(name for name in NAMES if name not in sure + members)
    band = TieBand(alpha=0.25, line="c", sure=tuple(sure), members=tuple(members), out=out, places=places)
    return ExpectedRanking(places=rows, band=band, entries=5, withdrawn=(), flags=())


def top(tie: TieRule | None) -> Advances:
    return Advances(rule="top", n=3, tie=tie)


def test_everybody_who_may_compete_goes_on_when_the_brief_says_so() -> None:
    made = advance(Advances(rule="all_eligible"), ["b", "a"])
    assert (made.inside, made.outside, made.tie) == (("a", "b"), (), None)


def test_a_band_that_fits_needs_no_rule() -> None:
    made = advance(top(None), NAMES, ranking=ranking("a", "bc", 2))
    assert (made.inside, made.outside, made.tie) == (("a", "b", "c"), ("d", "e"), None)


def test_a_band_without_a_rule_decides_nothing() -> None:
    with pytest.raises(TieUnresolved, match="3 applications cannot be told apart and 2 places") as caught:
        advance(top(None), NAMES, ranking=ranking())
    assert caught.value.figures["band"] == ["b", "c", "d"]
    with pytest.raises(TieUnresolved, match="there is none"):
        advance(top("lottery"), NAMES)


def test_split_lets_the_whole_band_go_on() -> None:
    assert advance(top("split"), NAMES, ranking=ranking()).inside == ("a", "b", "c", "d")


def test_a_lot_takes_as_many_as_there_are_places_and_can_be_drawn_again() -> None:
    made = advance(top("lottery"), NAMES, ranking=ranking(), seed="beacon-1")
    assert made.lot is not None
    assert set(made.inside) == {"a", *made.lot.order[:2]}
    assert advance(top("lottery"), NAMES, ranking=ranking(), seed="beacon-1") == made
    drawn = {advance(top("lottery"), NAMES, ranking=ranking(), seed=str(n)).inside for n in range(40)}
    assert drawn == {("a", "b", "c"), ("a", "b", "d"), ("a", "c", "d")}
    with pytest.raises(TieUnresolved, match="needs its seed"):
        advance(top("lottery"), NAMES, ranking=ranking())


def test_a_panel_takes_exactly_the_places_from_the_band() -> None:
    assert advance(top("panel"), NAMES, ranking=ranking(), chosen=("d", "b")).inside == ("a", "b", "d")
    for chosen in ((), ("b",), ("b", "c", "d"), ("b", "e")):
        with pytest.raises(TieUnresolved, match="exactly 2"):
            advance(top("panel"), NAMES, ranking=ranking(), chosen=chosen)


def test_extra_reads_decide_by_rank_and_a_lot_among_equals() -> None:
    with pytest.raises(TieUnresolved, match="more reads"):
        advance(top("extra_reads"), NAMES, ranking=ranking())
    assert advance(top("extra_reads"), NAMES, ranking=ranking(), reread=True).inside == ("a", "b", "c")
    equal = ranking(shared=(1, 2, 3, 3, 5))
    with pytest.raises(TieUnresolved, match="2 are still equal"):
        advance(top("extra_reads"), NAMES, ranking=equal, reread=True)
    drawn = {
        advance(top("extra_reads"), NAMES, ranking=equal, reread=True, seed=str(n)).inside for n in range(20)
    }
    assert drawn == {("a", "b", "c"), ("a", "b", "d")}


def test_a_level_is_reached_from_the_right_side_and_at_the_line_itself() -> None:
    levels = {"a": 4.0, "b": 3.0, "c": 2.0}
    line = Advances(rule="above_line", line="3")
    assert advance(line, "abcz", levels=levels).inside == ("a", "b")
    made = advance(line, "abcz", levels=levels, direction="lower")
    assert (made.inside, made.outside, made.unread) == (("c", "b"), ("a", "z"), ("z",))


def test_whoever_may_not_compete_takes_no_place_and_whoever_was_not_read_is_named() -> None:
    made = advance(top("split"), ["a", "c", "z"], ranking=ranking())
    assert (made.inside, made.outside, made.unread) == (("a", "c"), ("z",), ("z",))
    assert made.told()["unread"] == ["z"]
