import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest

from almoner.challenges.calibration import Calibration, Variances, calibrate
from almoner.challenges.calibration.design import Array
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.expected import expected_ranks, rank_intervals
from almoner.challenges.ranking import places_for_money, rank

Scores = list[tuple[str, str, float]]


def some_merits(seed: int, size: int) -> tuple[Array, Array]:
    chance = np.random.default_rng(seed)
    root = chance.normal(size=(size, size))
    return chance.normal(size=size), root @ root.T / size


def round_of(seed: int, *, size: int = 60, judges: int = 15, reads: int = 4) -> Calibration:
    chance = np.random.default_rng(seed)
    merit, severe = chance.normal(size=size), chance.normal(scale=0.6, size=judges)
    scores = [
        (f"a{i:02}", f"j{j:02}", round(float(3 + merit[i] + severe[j] + chance.normal(scale=0.7)), 1))
        for i in range(size)
        for j in chance.choice(judges, reads, replace=False)
    ]
    return calibrate(scores, direction="higher")


@pytest.mark.parametrize("size", [1, 2, 60, 600])
def test_expected_ranks_sum_to_all_ranks(size: int) -> None:
    expected = expected_ranks(*some_merits(size, size))
    assert math.fsum(expected) == pytest.approx(size * (size + 1) / 2, abs=1e-9)


def test_expected_ranks_are_the_sums_of_the_chances_to_be_beaten() -> None:
    merits, covariance = some_merits(1, 12)
    expected = expected_ranks(merits, covariance)
    for i in range(12):
        beaten = [
            NormalDist().cdf(
                (merits[k] - merits[i])
                / math.sqrt(covariance[k, k] + covariance[i, i] - 2 * covariance[k, i])
            )
            for k in range(12)
            if k != i
        ]
        assert expected[i] == pytest.approx(1 + sum(beaten), abs=1e-12)


def test_what_is_known_exactly_ranks_as_it_stands_and_ties_share_the_mean() -> None:
    merits = np.array([3.0, 1.0, 2.0, 1.0])
    assert expected_ranks(merits, None).tolist() == [1.0, 3.5, 2.0, 3.5]
    assert expected_ranks(merits, np.zeros((4, 4))).tolist() == [1.0, 3.5, 2.0, 3.5]


def test_nine_of_ten_draws_lie_inside_the_intervals() -> None:
    merits, covariance = some_merits(2, 30)
    low, high = rank_intervals(merits, covariance, seed=1)
    chance = np.random.default_rng(99)
    drawn = chance.multivariate_normal(merits, covariance, size=3000)
    ranks = (-drawn).argsort(axis=1).argsort(axis=1) + 1
    inside = ((ranks >= low) & (ranks <= high)).mean(axis=0)
    assert inside.min() > 0.87
    assert inside.mean() < 0.97
    again = rank_intervals(merits, covariance, seed=1)
    assert np.array_equal(low, again[0])
    assert np.array_equal(high, again[1])


def test_intervals_of_exact_figures_are_the_ranks_and_none_are_drawn_without_draws() -> None:
    merits = np.array([3.0, 1.0, 2.0, 1.0])
    low, high = rank_intervals(merits, None)
    assert (low.tolist(), high.tolist()) == ([1, 3, 2, 3], [1, 4, 2, 4])
    low, high = rank_intervals(merits, np.eye(4), draws=0)
    assert (low.tolist(), high.tolist()) == ([1] * 4, [4] * 4)


def test_the_band_is_what_the_scores_do_not_separate_from_the_line() -> None:
    found = round_of(3)
    ranking = rank(found, line=6)
    band = ranking.band
    assert band.line == ranking.order[5]
    assert sorted([*band.sure, *band.members, *band.out]) == sorted(ranking.order)
    assert set(band.sure) <= set(ranking.order[:6])
    assert set(band.out) <= set(ranking.order[6:])
    assert band.line in band.members
    assert band.places == 6 - len(band.sure) >= 1
    assert found.covariance is not None
    last = found.position(str(band.line))
    for name in ranking.order:
        place = found.position(name)
        spread = found.covariance[place, place] + found.covariance[last, last]
        spread -= 2 * found.covariance[place, last]
        above = NormalDist().cdf((found.values[place] - found.values[last]) / math.sqrt(max(spread, 1e-30)))
        if name in band.sure:
            assert above >= 0.75
        elif name in band.out:
            assert above <= 0.25
        else:
            assert 0.25 < above < 0.75 or name == band.line


def test_a_smaller_alpha_makes_a_wider_band_and_more_reads_a_narrower_one() -> None:
    found = round_of(4)
    widths = [len(rank(found, line=6, alpha=alpha, draws=0).band.members) for alpha in (0.4, 0.25, 0.1)]
    assert widths == sorted(widths)
    assert widths[0] < widths[2]
    few, many = (
        sum(len(rank(round_of(seed, reads=reads), line=6, draws=0).band.members) for seed in range(6))
        for reads in (2, 12)
    )
    assert many < few / 2


def test_places_for_all_leave_no_band_and_no_places_put_everybody_out() -> None:
    found = round_of(5)
    everybody = rank(found, line=60, draws=0)
    assert (everybody.band.sure, everybody.band.members, everybody.band.line) == (everybody.order, (), None)
    assert everybody.band.settled
    assert rank(found, line=0, draws=0).band.out == everybody.order


def test_equal_merits_are_tied_and_one_band_whatever_the_order_of_their_ids() -> None:
    scores: Scores = [(name, judge, 3.0 + (name == "x")) for name in "wxyz" for judge in ("j", "k")]
    known = Variances(application=1.0, judge=0.0, residual=0.5)
    ranking = rank(calibrate(scores, direction="higher", variances=known), line=2)
    assert [(row.application_id, row.place) for row in ranking.places] == [
        ("x", 1), ("w", 2), ("y", 2), ("z", 2),
    ]  # fmt: skip
    assert ranking.ties == (("w", "y", "z"),)
    assert ranking.band.members == ("w", "y", "z")
    assert not ranking.band.settled
    assert len({(row.low, row.high) for row in ranking.places[1:]}) == 1


def test_a_round_without_differences_between_applications_is_one_band() -> None:
    scores = [(f"a{i:02}", f"j{j}", float((i + j) % 5)) for i in range(30) for j in range(5)]
    found = calibrate(scores, direction="higher")
    assert "application" in found.boundary
    ranking = rank(found, line=3)
    assert {row.place for row in ranking.places} == {1}
    assert len(ranking.band.members) == 30


def test_raw_means_are_ranked_exactly_and_only_a_tie_is_a_band() -> None:
    scores: Scores = [
        ("a", "j", 0.1),
        ("a", "k", 0.2),
        ("b", "j", 0.3),
        ("b", "k", 0.0),
        ("c", "j", 5),
        ("d", "k", 0),
    ]
    ranking = rank(calibrate(scores, direction="higher"), line=2)
    assert ranking.order == ("c", "a", "b", "d")
    assert ranking.band.sure == ("c",)
    assert ranking.band.members == ("a", "b")
    assert [row.expected_rank for row in ranking.places] == [1.0, 2.5, 2.5, 4.0]
    assert ranking.flags[0] == "Raw means, not calibrated: 6 reads; a calibration needs 30."


def panelled(seed: int) -> tuple[Scores, dict[str, str]]:
    """Two panels that share no judge; the second one has an island of its own."""
    chance = np.random.default_rng(seed)
    scores = []
    for i in range(40):
        first, last = (0, 5) if i < 20 else (5, 9) if i < 34 else (9, 12)
        scores += [
            (f"a{i:02}", f"j{j:02}", float(chance.integers(1, 10)))
            for j in chance.choice(np.arange(first, last), 3, replace=False)
        ]
    return scores, {f"a{i:02}": "one" if i < 20 else "two" for i in range(40)}


def test_ranks_across_panels_that_are_judged_within_themselves_are_withheld() -> None:
    scores, panels = panelled(1)
    found = calibrate(scores, direction="higher", panels=panels, panel_model="within")
    assert [len(group) for group in found.groups] == [20, 14, 6]
    with pytest.raises(CalibrationInvalid, match=r"rank each set of calibration\.groups on its own"):
        rank(found, line=3)
    with pytest.raises(CalibrationInvalid, match="rank each set"):
        rank(found, line=3, among=[name for name, panel in panels.items() if panel == "two"])
    for group in found.groups:
        ranking = rank(found, line=3, among=group)
        assert set(ranking.order) == set(group)
        assert ranking.entries == len(group)
        assert sum(ranking.expected_ranks.values()) == pytest.approx(len(group) * (len(group) + 1) / 2)


def test_ranks_across_parts_that_share_no_judge_are_flagged() -> None:
    scores, panels = panelled(1)
    found = calibrate(scores, direction="higher", panels=panels)
    assert (found.components, found.cross_component) == (3, False)
    assert any("share no judge" in flag for flag in rank(found, line=3).flags)


def test_names_that_were_never_read_and_lines_that_are_none_are_refused() -> None:
    found = round_of(6)
    with pytest.raises(CalibrationInvalid, match=r"nobody: no read of it is calibrated"):
        rank(found, line=3, among=["nobody"])
    for line, alpha in ((-1, 0.25), (3, 0.0), (3, 0.5)):
        with pytest.raises(CalibrationInvalid, match=r"alpha lies between 0 and 0\.5"):
            rank(found, line=line, alpha=alpha)


def test_money_reaches_down_the_order_until_the_first_that_does_not_fit() -> None:
    asks = {"a": 50, "b": 40, "c": 10}
    assert [places_for_money("abc", asks, money) for money in (0, 50, 60, 90, 100, 1000)] == [
        0,
        1,
        1,
        2,
        3,
        3,
    ]


def test_the_real_panels_leave_a_band_around_ten_places(aibs: Callable[[str], Scores]) -> None:
    band = rank(calibrate(aibs("Score"), direction="lower"), line=10).band
    assert band.sure == ("43", "47")
    assert (len(band.members), len(band.out)) == (28, 42)
