"""Progress is the part of the way, in either direction; a course that leads nowhere is refused."""

from datetime import date
from fractions import Fraction

import pytest

from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.progress import Course, Determined, measure_progress
from almoner.challenges.rubric import Direction

DAY = date(2028, 1, 31)


def course(direction: Direction, baseline: int, target: int) -> Course:
    return Course(
        metric="m@1",
        direction=direction,
        baseline=Fraction(baseline),
        target=Fraction(target),
        family="water",
    )


def found(hub: str, estimate: int, error: int = 0, **changes: object) -> Determined:
    fields: dict[str, object] = {"metric": "m@1", "on": DAY, "source": "s", **changes}
    return Determined(hub=hub, estimate=Fraction(estimate), standard_error=Fraction(error), **fields)  # type: ignore[arg-type]  # fields of one table


@pytest.mark.parametrize(
    ("direction", "baseline", "target", "estimate", "expected"),
    [
        ("higher", 212, 320, 212, Fraction(0)),
        ("higher", 212, 320, 320, Fraction(1)),
        ("higher", 212, 320, 158, Fraction(-1, 2)),
        ("lower", 100, 60, 60, Fraction(1)),
        ("lower", 100, 60, 80, Fraction(1, 2)),
        ("lower", 100, 60, 120, Fraction(-1, 2)),
        ("lower", -10, -30, -50, Fraction(2)),
    ],
)
def test_progress_is_positive_on_the_better_side_of_the_baseline(
    direction: Direction, baseline: int, target: int, estimate: int, expected: Fraction
) -> None:
    (row,) = measure_progress([course(direction, baseline, target)], [found("river", estimate, 6)])
    assert (row.value, row.standard_error) == (expected, Fraction(6, abs(target - baseline)))


@pytest.mark.parametrize(
    ("direction", "baseline", "target"),
    [("higher", 5, 5), ("higher", 5, 4), ("lower", 5, 6), ("sideways", 5, 6)],
)
def test_a_course_that_leads_nowhere_or_the_wrong_way_is_refused(
    direction: Direction, baseline: int, target: int
) -> None:
    with pytest.raises(CalibrationInvalid):
        course(direction, baseline, target)


def test_what_is_pending_stays_pending_and_other_metrics_are_left_out() -> None:
    rows = measure_progress(
        [course("higher", 0, 10)],
        [found("b", 5, state="pending"), found("a", 5), found("a", 5, metric="other@1")],
    )
    assert [(row.hub, row.state, row.family) for row in rows] == [
        ("a", "final", "water"),
        ("b", "pending", "water"),
    ]


def test_a_metric_has_one_course_and_no_error_is_negative() -> None:
    with pytest.raises(CalibrationInvalid, match="two courses"):
        measure_progress([course("higher", 0, 10), course("higher", 0, 20)], [])
    with pytest.raises(CalibrationInvalid, match="none is below 0"):
        measure_progress([course("higher", 0, 10)], [found("a", 5, -1)])
