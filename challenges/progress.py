"""Progress: how far each hub has come from the baseline to the target, with how sure that is.

The problem: hubs that work on one goal are compared by results that stand in different units, point in
different directions and are known with different precision. Progress is the part of the way that a verified
result has covered: 0 at the baseline, 1 at the target. Its standard error is scaled alike. What is still
disputed is shown as pending and counts nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from .errors import CalibrationInvalid
from .rubric import Direction

ProgressState = Literal["final", "pending"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The way that a metric is to go.

    Attributes
    ----------
    metric : str
        Name and version, for example ``safe_water_days@2``.
    direction : str
        Which end of the metric is better: ``higher`` or ``lower``.
    baseline, target : Fraction [metric]
        Where it stands, and where it is to stand; the target lies on the better side of the baseline.
    family : str
        Metrics of one family may be rated together; the metric itself when left out.

    Examples
    --------
    >>> Course(metric="dry_days@1", direction="lower", baseline=Fraction(100), target=Fraction(60)).family
    'dry_days@1'
    """

    metric: str
    direction: Direction
    baseline: Fraction
    target: Fraction
    family: str = ""

    def __post_init__(self) -> None:
        """Refuse a course that leads nowhere, or the wrong way."""
        if self.direction not in ("higher", "lower"):
            raise CalibrationInvalid(
                f"The direction of {self.metric} is {self.direction!r}: say higher or lower.",
                metric=self.metric,
                direction=str(self.direction),
            )
        better = self.target - self.baseline if self.direction == "higher" else self.baseline - self.target
        if better <= 0:
            raise CalibrationInvalid(
                f"{self.metric} is to go from {self.baseline} to {self.target} and {self.direction} is "
                "better: name a target on the better side of the baseline.",
                metric=self.metric,
                baseline=str(self.baseline),
                target=str(self.target),
            )
        if not self.family:
            object.__setattr__(self, "family", self.metric)

    def part(self, estimate: Fraction) -> Fraction:
        """Return the part of the way that an estimate has covered.

        Parameters
        ----------
        estimate : Fraction [metric]
            As determined.

        Notes
        -----
        ``d (estimate - baseline) / |target - baseline|`` with d = 1 where higher is better and -1 where lower
        is; it equals ``(estimate - baseline) / (target - baseline)``.

        Examples
        --------
        >>> way = Course(metric="dry_days@1", direction="lower", baseline=Fraction(100), target=Fraction(60))
        >>> way.part(Fraction(70)), way.part(Fraction(110))
        (Fraction(3, 4), Fraction(-1, 4))
        """
        return (estimate - self.baseline) / (self.target - self.baseline)

    def scaled(self, standard_error: Fraction) -> Fraction:
        """Return a standard error as a part of the way.

        Parameters
        ----------
        standard_error : Fraction [metric]
            Of the estimate.

        Examples
        --------
        >>> way = Course(metric="dry_days@1", direction="lower", baseline=Fraction(100), target=Fraction(60))
        >>> way.scaled(Fraction(4))
        Fraction(1, 10)
        """
        return standard_error / abs(self.target - self.baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Determined:
    """One determination of a hub's result.

    Attributes
    ----------
    hub : str
        Whose result.
    metric : str
        What was measured.
    estimate, standard_error : Fraction [metric]
        As found; a count without sampling error has 0.
    on : date
        The day it was found.
    state : str
        ``final``, or ``pending`` while it can still be disputed or is.
    source : str
        Which determination, so that anybody can find it.

    Examples
    --------
    >>> Determined(hub="river", metric="safe@1", estimate=Fraction(260), standard_error=Fraction(0),
    ...     on=date(2028, 1, 31), source="c-1#m-1").state
    'final'
    """

    hub: str
    metric: str
    estimate: Fraction
    standard_error: Fraction
    on: date
    state: ProgressState = "final"
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubProgress:
    """How far a hub has come, by one determination.

    Attributes
    ----------
    hub : str
        Whose.
    metric, family : str
        What was measured, and with which metrics it may be rated.
    value, standard_error : Fraction [part of the way]
        0 at the baseline, 1 at the target.
    on : date
        The day it was found.
    state : str
        ``final`` counts, ``pending`` is shown only.
    source : str
        Which determination.

    Examples
    --------
    >>> HubProgress(hub="river", metric="safe@1", family="safe@1", value=Fraction(4, 9),
    ...     standard_error=Fraction(0), on=date(2028, 1, 31)).state
    'final'
    """

    hub: str
    metric: str
    family: str
    value: Fraction
    standard_error: Fraction
    on: date
    state: ProgressState = "final"
    source: str = ""


def measure_progress(courses: Iterable[Course], determined: Iterable[Determined]) -> tuple[HubProgress, ...]:
    """Turn determinations into parts of the way.

    Parameters
    ----------
    courses : Iterable of Course
        One for each metric.
    determined : Iterable of Determined
        Final and pending ones; those of metrics without a course are left out.

    Returns
    -------
    tuple of HubProgress
        By family, hub, day and source.

    Raises
    ------
    CalibrationInvalid
        When a metric has two courses, or a standard error is negative.

    Examples
    --------
    >>> way = Course(metric="safe@1", direction="higher", baseline=Fraction(212), target=Fraction(320))
    >>> found = Determined(hub="river", metric="safe@1", estimate=Fraction(260), standard_error=Fraction(9),
    ...     on=date(2028, 1, 31))
    >>> [(str(one.value), str(one.standard_error)) for one in measure_progress([way], [found])]
    [('4/9', '1/12')]
    """
    by_metric: dict[str, Course] = {}
    for course in courses:
        if by_metric.setdefault(course.metric, course) != course:
            raise CalibrationInvalid(f"{course.metric} has two courses: give it one.", metric=course.metric)
    rows = (_placed(by_metric[one.metric], one) for one in determined if one.metric in by_metric)
    return tuple(sorted(rows, key=lambda one: (one.family, one.hub, one.on, one.source, one.metric)))


def _placed(course: Course, one: Determined) -> HubProgress:
    if one.standard_error < 0:
        raise CalibrationInvalid(
            f"{one.hub} has a standard error of {one.standard_error} on {one.on}: none is below 0.",
            hub=one.hub,
            standard_error=str(one.standard_error),
        )
    return HubProgress(
        hub=one.hub,
        metric=one.metric,
        family=course.family,
        value=course.part(one.estimate),
        standard_error=course.scaled(one.standard_error),
        on=one.on,
        state=one.state,
        source=one.source,
    )
