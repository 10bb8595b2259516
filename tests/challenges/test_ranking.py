"""Order, ties and spread of raw means."""

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import Rubric, Score, rank_by_mean

Scored = Callable[[Rubric, dict[str, dict[str, str]]], list[Score]]
MARKS = {
    "a": {"j1": "4.0", "j2": "3.0"},
    "b": {"j1": "3.5", "j3": "3.0"},
    "c": {"j2": "2.0", "j3": "2.5"},
    "d": {"j3": "4.5"},
    "e": {"j1": "3.1", "j2": "3.2", "j3": "3.4"},
}


def lower(content: dict[str, Any]) -> Rubric:
    scale = content["scale"] | {"direction": "lower"}
    return Rubric.read(json.dumps(content | {"scale": scale}))


def test_exact_means_order_and_spread(rubric: Rubric, scored: Scored) -> None:
    ranking = rank_by_mean(scored(rubric, MARKS), rubric)
    assert [(row.application_id, row.rank, row.mean) for row in ranking.standings] == [
        ("d", 1, Fraction("4.5")),
        ("a", 2, Fraction("3.5")),
        ("b", 3, Fraction("3.25")),
        ("e", 4, Fraction(97, 30)),
        ("c", 5, Fraction("2.25")),
    ]
    first, second, *_ = ranking.standings
    assert first.standard_error is None
    assert second.variance_of_mean == Fraction(1, 4)
    assert second.standard_error == Decimal("0.5")
    assert (first.reads, second.reads) == (1, 2)


def test_lower_is_better_where_the_rubric_says_so(
    rubric: Rubric, rubric_content: dict[str, Any], scored: Scored
) -> None:
    up = rank_by_mean(scored(rubric, MARKS), rubric)
    down = rank_by_mean(scored(lower(rubric_content), MARKS), lower(rubric_content))
    assert down.direction == "lower"
    assert down.groups == tuple(reversed(up.groups))


def test_equal_exact_means_tie_though_floats_would_not(rubric: Rubric, scored: Scored) -> None:
    thirds = {"b": {"j1": "1.0", "j2": "1.0", "j3": "1.3"}, "a": {"j1": "1.1"}, "c": {"j1": "2.0"}}
    ranking = rank_by_mean(scored(rubric, thirds), rubric)
    assert (1.0 + 1.0 + 1.3) / 3 != 1.1
    assert ranking.groups == (("c",), ("a", "b"))
    assert ranking.ties == (("a", "b"),)
    assert [row.rank for row in ranking.standings] == [1, 2, 2]


def test_places_behind_a_tie_stay_empty(rubric: Rubric, scored: Scored) -> None:
    marks = {name: {"j1": mark} for name, mark in (("a", "5.0"), ("b", "5.0"), ("c", "4.0"))}
    assert [row.rank for row in rank_by_mean(scored(rubric, marks), rubric).standings] == [1, 1, 3]


def test_reads_with_an_abstention_are_set_aside_and_reported(
    rubric_content: dict[str, Any], scored: Scored
) -> None:
    rubric = Rubric.read(json.dumps(rubric_content | {"abstain_allowed": True}))
    silent = [
        Score(application_id=name, judge_id="j9", trait=trait.id, rubric_id=rubric.id, steps=None)
        for name in ("a", "z")
        for trait in rubric.traits
    ]
    ranking = rank_by_mean([*silent, *scored(rubric, {"a": {"j1": "3.0"}})], rubric)
    assert ranking.set_aside == (("a", "j9"), ("z", "j9"))
    assert ranking.unranked == ("z",)
    assert [(row.application_id, row.reads) for row in ranking.standings] == [("a", 1)]


def test_no_scores_no_ranking(rubric: Rubric) -> None:
    assert rank_by_mean([], rubric).standings == ()


GRID = st.integers(min_value=10, max_value=50)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(GRID, min_size=1, max_size=4)), st.randoms())
def test_the_order_of_arrival_changes_nothing_and_means_never_rise(
    steps: dict[str, list[int]],
    random: Any,  # noqa: ANN401 - hypothesis gives no public type for it
) -> None:
    rubric = Rubric.read(
        json.dumps(
            {
                "id": "merit/1",
                "scale": {"lo": "1", "hi": "5", "step": "0.1", "direction": "higher"},
                "traits": [
                    {
                        "id": "reach",
                        "title": "Reach",
                        "weight_bp": 10000,
                        "anchors": [
                            {"lo": "1", "hi": "1", "text": "weak"},
                            {"lo": "1.1", "hi": "4.9", "text": "fair"},
                            {"lo": "5", "hi": "5", "text": "strong"},
                        ],
                    }
                ],
            }
        )
    )
    scores = [
        Score(application_id=name, judge_id=f"j{n}", trait="reach", rubric_id="merit/1", steps=count)
        for name, counts in steps.items()
        for n, count in enumerate(counts)
    ]
    ranking = rank_by_mean(scores, rubric)
    random.shuffle(scores)
    assert rank_by_mean(scores, rubric) == ranking
    for better, worse in pairwise(ranking.standings):
        assert better.mean >= worse.mean
        assert (better.mean == worse.mean) == (better.rank == worse.rank)
    assert sorted(name for group in ranking.groups for name in group) == sorted(steps)
