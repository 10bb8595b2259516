"""Traits apart: the same model for every trait, beside the weighted total that decides.

The problem: an average over unlike questions hides what an application is weak in. Each trait is calibrated
on its own, and each shrinks by its own ratio, so the traits' estimates **do not add up** to the total's; the
text says so. A read in which one trait was left unmarked has no total, and serves its other traits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..rubric import Rubric
from ..scores import Score, totals_by_read
from .blocks import Variances
from .design import PanelModel, Read
from .estimate import calibrate
from .result import Calibration

NOT_ADDING_UP = (
    "Traits are calibrated one by one, and each is drawn to its own mean as far as its own scores are "
    "uncertain: their estimates do not add up to that of the total."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricCalibration:
    """The total and every trait, each calibrated on its own.

    Attributes
    ----------
    total : Calibration
        Of the weighted totals: what decides.
    traits : tuple of (trait, Calibration)
        In the order of the rubric; a trait that nobody marked is not in it.
    set_aside : tuple of (application, judge)
        Reads without a total, because a trait was left unmarked.
    note : str
        What a reader has to know about the traits.

    Examples
    --------
    >>> NOT_ADDING_UP[:31]
    'Traits are calibrated one by on'
    """

    total: Calibration
    traits: tuple[tuple[str, Calibration], ...]
    set_aside: tuple[tuple[str, str], ...]
    note: str = NOT_ADDING_UP

    def trait(self, name: str) -> Calibration:
        """Return the calibration of one trait.

        Raises
        ------
        KeyError
            When nobody marked it.
        """
        return dict(self.traits)[name]


def calibrate_traits(
    scores: Iterable[Score],
    rubric: Rubric,
    *,
    panels: Mapping[str, str] | None = None,
    panel_model: PanelModel = "quality",
    variances: Variances | None = None,
) -> RubricCalibration:
    """Calibrate the weighted totals and every trait.

    Parameters
    ----------
    scores : Iterable[Score]
        Complete reads under one rubric.
    rubric : Rubric
        Weights, scale and direction.
    panels, panel_model
        As for ``calibrate``.
    variances : Variances or None [points^2]
        Of the total, where given; traits are always fitted.

    Raises
    ------
    ScoreInvalid
        When the scores do not form complete, single reads under the rubric.
    CalibrationInvalid
        When no read has a total.

    Examples
    --------
    >>> from ..scores import read_marks
    >>> rubric = Rubric.read('''{"id": "merit/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "1", "direction": "higher"},
    ...     "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "few"}, {"lo": "2", "hi": "2", "text": "some"},
    ...         {"lo": "3", "hi": "3", "text": "all"}]}]}''')
    >>> marks = read_marks(rubric, application_id="a", judge_id="j", marks={"reach": "2"})
    >>> calibrate_traits(marks, rubric).trait("reach").merit("a").raw_mean
    2.0
    """
    given = tuple(scores)
    totals = totals_by_read(given, rubric)
    direction = rubric.scale.direction
    traits = []
    for trait in rubric.traits:
        reads = [
            Read(application_id=row.application_id, judge_id=row.judge_id, value=_points(rubric, row.steps))
            for row in given
            if row.trait == trait.id and row.steps is not None
        ]
        if reads:
            own = calibrate(reads, direction=direction, panels=panels, panel_model=panel_model)
            traits.append((trait.id, own))
    return RubricCalibration(
        total=calibrate(
            total_reads(given, rubric),
            direction=direction,
            panels=panels,
            panel_model=panel_model,
            variances=variances,
        ),
        traits=tuple(traits),
        set_aside=tuple(read for read, total in totals.items() if total is None),
    )


def total_reads(scores: Iterable[Score], rubric: Rubric, *, without: str | None = None) -> tuple[Read, ...]:
    """Return the weighted total of every read, exactly.

    Parameters
    ----------
    scores : Iterable[Score]
        Complete reads under one rubric.
    rubric : Rubric
        Weights and scale.
    without : str or None
        A trait to leave out; the others' weights are brought to one whole.

    Returns
    -------
    tuple[Read, ...]
        Without the reads in which a trait that counts was left unmarked.

    Raises
    ------
    ScoreInvalid
        When the scores do not form complete, single reads under the rubric.
    ValueError
        When the rubric has no such trait, or it carries all the weight.
    """
    given = tuple(scores)
    totals_by_read(given, rubric)  # refuses what is no set of complete reads
    weights = {trait.id: trait.weight_bp for trait in rubric.traits if trait.id != without}
    whole = sum(weights.values())
    if (without is not None and len(weights) == len(rubric.traits)) or whole == 0:
        raise ValueError(f"{rubric.id} cannot be totalled without {without!r}")
    steps: dict[tuple[str, str], dict[str, int | None]] = {}
    for row in given:
        steps.setdefault((row.application_id, row.judge_id), {})[row.trait] = row.steps
    reads = []
    for (application_id, judge_id), marks in sorted(steps.items()):
        counted = [(weight, marks[name]) for name, weight in weights.items()]
        if all(mark is not None for _, mark in counted):
            total = sum(
                (Fraction(weight * (mark or 0), whole) for weight, mark in counted), start=Fraction(0)
            )
            reads.append(
                Read(application_id=application_id, judge_id=judge_id, value=rubric.scale.points(total))
            )
    return tuple(reads)


def _points(rubric: Rubric, steps: int) -> Fraction:
    return rubric.scale.points(Fraction(steps))
