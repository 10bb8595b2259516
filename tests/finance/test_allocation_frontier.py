"""What more money would bring, point by point."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise

import pytest

from almoner.finance.allocation.learning.frontier import TENTHS, budget_frontier, concave_hull, with_budget
from almoner.finance.allocation.solve import allocate

from .allocation_worlds import small_problem

GAP = Fraction(1, 1000)


def test_more_money_never_brings_less_and_no_value_passes_its_bound() -> None:
    points = budget_frontier(small_problem(), gap=GAP)
    assert [point.part for point in points] == list(TENTHS)
    for before, after in pairwise(points):
        assert before.budget_minor < after.budget_minor
        assert (before.value or 0) <= (after.value or 0)
        assert (before.bound or 0) <= (after.bound or 0)
    for point in points:
        assert point.value is not None
        assert point.bound is not None
        assert point.value <= point.bound
        assert point.spent_minor <= point.budget_minor
    assert points[-1].value == allocate(small_problem(), gap=GAP).value


def test_the_envelope_is_concave_lies_above_and_touches_the_ends() -> None:
    points = budget_frontier(small_problem(3), gap=GAP)
    heights = [point.envelope for point in points if point.envelope is not None]
    places = [point.budget_minor for point in points]
    slopes = [
        (heights[at + 1] - heights[at]) / (places[at + 1] - places[at]) for at in range(len(heights) - 1)
    ]
    assert slopes == sorted(slopes, reverse=True)
    assert all(point.value <= point.envelope for point in points if point.value and point.envelope)
    assert points[0].value == points[0].envelope
    assert points[-1].value == points[-1].envelope
    assert any(point.value < point.envelope for point in points if point.value and point.envelope)


def test_a_frontier_is_the_same_on_one_worker_and_on_four() -> None:
    alone = budget_frontier(small_problem(), TENTHS[::3], gap=GAP)
    with ThreadPoolExecutor(4) as pool:
        assert budget_frontier(small_problem(), TENTHS[::-3], gap=GAP, executor=pool) == tuple(alone)


def test_a_budget_below_a_floor_has_no_value_and_breaks_nothing() -> None:
    limits = [
        {"group_kind": "region", "group_id": "south", "floor_minor": small_problem().arrays.budget.sum() // 3}
    ]
    limits[0]["floor_minor"] = int(limits[0]["floor_minor"])
    points = budget_frontier(small_problem(limits=limits), [Fraction(1, 10), Fraction(1)], gap=GAP)
    assert points[0].value is None
    assert points[0].envelope is None
    assert points[0].row()["value"] is None
    assert points[1].value is not None
    assert points[1].envelope == points[1].value


def test_a_part_of_a_budget_is_rounded_down_fund_by_fund() -> None:
    whole = small_problem().arrays.budget
    third = with_budget(small_problem(), Fraction(1, 3)).arrays.budget
    assert (third == whole // 3).all()


@pytest.mark.parametrize(
    ("heights", "hull"),
    [
        ([5], [5]),
        ([1, 2], [1, 2]),
        ([0, 0, 4, 5], [0, 2, 4, 5]),
        ([0, 4, 5, 9, 9], [0, 4, Fraction(13, 2), 9, 9]),
        ([3, 3, 3], [3, 3, 3]),
    ],
)
def test_the_hull_by_hand(heights: list[int], hull: list[Fraction]) -> None:
    rows = [(Fraction(at), Fraction(height)) for at, height in enumerate(heights)]
    assert list(concave_hull(rows)) == hull
