"""Feedback: what every applicant is told of its own result, winners included.

The problem: five of six applicants are refused without a reason, and the sixth never learns how close it was.
A packet holds everything that decided about one application and nothing about any other: the raw marks by
judge and trait under pseudonyms, the calibrated figures with their spread, the distance to the line, what
would have reached it, whether other methods agree, the findings, the process, and until when to appeal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from math import sqrt
from statistics import fmean, median, stdev

from .advancing import Advancement
from .bands import ExpectedRanking
from .calibration import Calibration, JudgeEffect, Variances, calibrate
from .errors import CalibrationInvalid
from .packets import FeedbackPacket, MethodAgreement, PacketMark, PacketTrait, ProcessFacts
from .ranking import rank
from .rubric import Rubric, figure
from .scores import Score, read_marks, totals_by_read

_LEAST_READS = 2  # for a spread
_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """What a round of judging came to: the common ground of all its packets.

    Attributes
    ----------
    rubric : Rubric
        Under which it was scored.
    scores : tuple[Score, ...]
        That count.
    total : Calibration
        Of the weighted totals, as frozen.
    traits : Mapping[str, Calibration]
        Of each trait by itself.
    ranking : ExpectedRanking
        With the line at the brief's number of places.
    decision : Advancement or None
        Who goes on; ``None`` while it is open.
    line : float or None [points]
        Where the brief asks for a level instead of places.

    Examples
    --------
    See ``write_packet``.
    """

    rubric: Rubric
    scores: tuple[Score, ...]
    total: Calibration
    traits: Mapping[str, Calibration]
    ranking: ExpectedRanking
    decision: Advancement | None = None
    line: float | None = None


def write_packet(
    application_id: str,
    result: RoundResult,
    *,
    pseudonyms: Mapping[str, str],
    process: ProcessFacts,
    findings: Sequence[str] = (),
    agreement: MethodAgreement | None = None,
    appeal_until: datetime | None = None,
    outcome: str | None = None,
) -> FeedbackPacket:
    """Write the packet of one application.

    Parameters
    ----------
    application_id : str
        Whose; one without a read gets a packet too.
    result : RoundResult
        Of the phase.
    pseudonyms : Mapping[str, str]
        Judge -> name in this packet; other packets use others.
    process : ProcessFacts
        Of the round.
    findings : Sequence[str]
        Of eligibility.
    agreement : MethodAgreement or None
        From the sensitivity of the round.
    appeal_until, outcome
        End of the window; ``withdrawn`` or ``not_eligible``, else the decision says it.

    Examples
    --------
    >>> result = example_result()
    >>> process = ProcessFacts(phase="panel", rubric="merit/1", entries=4, reads=7, band=2, seed=None,
    ...     calibration_sha256="", decided="")
    >>> packet = write_packet("b", result, pseudonyms={"J1": "reader-1", "J3": "reader-2"}, process=process)
    >>> round(packet.distance, 4), round(packet.distance_in_errors, 4), packet.outcome
    (-0.3656, -0.5398, 'open')
    >>> round(packet.traits[0].raw_mean, 2), round(packet.traits[0].mark_at_line, 2)
    (3.25, 3.72)
    """
    known = application_id in result.total.applications
    row = next((row for row in result.ranking.places if row.application_id == application_id), None)
    rival = _rival(application_id, result)
    distance, error = _distance(application_id, rival, result) if known else (None, None)
    totals = _totals(result)
    spreads = [stdev(values) for values in totals.values() if len(values) >= _LEAST_READS]
    own = totals.get(application_id, [])
    return FeedbackPacket(
        application_id=application_id,
        outcome=outcome or _outcome(application_id, result.decision),
        marks=_marks(application_id, result, pseudonyms),
        level=result.total.level(application_id) if known else None,
        standard_error=result.total.merit(application_id).standard_error if known else None,
        method=result.total.method,
        method_reason=result.total.reason,
        expected_rank=None if row is None else row.expected_rank,
        rank_low=None if row is None else row.low,
        rank_high=None if row is None else row.high,
        distance=distance,
        distance_in_errors=distance / error if distance is not None and error else None,
        traits=_traits(application_id, rival, distance, result),
        reads=len(own),
        dispersion=stdev(own) if len(own) >= _LEAST_READS else None,
        median_dispersion=median(spreads) if spreads else None,
        agreement=agreement,
        findings=tuple(findings),
        process=process,
        appeal_until=appeal_until,
    )


def example_result() -> RoundResult:
    """Return a small round for examples: four applications, seven reads, one trait.

    Examples
    --------
    >>> example_result().total.applications
    ('a', 'b', 'c', 'd')
    """
    rubric = Rubric.read(
        """{"id": "merit/1", "scale": {"lo": "1", "hi": "5", "step": "0.5", "direction": "higher"},
        "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
            {"lo": "1", "hi": "2", "text": "few"}, {"lo": "2.5", "hi": "3.5", "text": "some"},
            {"lo": "4", "hi": "5", "text": "all"}]}]}"""
    )
    given = {("a", "J1"): "4", ("a", "J2"): "3", ("b", "J1"): "3.5", ("b", "J3"): "3", ("c", "J2"): "2"}
    given |= {("c", "J3"): "2.5", ("d", "J3"): "4.5"}
    scores = tuple(
        score
        for (name, judge), mark in given.items()
        for score in read_marks(rubric, application_id=name, judge_id=judge, marks={"reach": mark})
    )
    total = calibrate(
        [(name, judge, Fraction(mark)) for (name, judge), mark in given.items()],
        direction="higher",
        variances=Variances(application=1, judge=0.5, residual=0.5),
    )
    return RoundResult(
        rubric=rubric, scores=scores, total=total, traits={"reach": total}, ranking=rank(total, line=2)
    )


def own_effect(total: Calibration, judge_id: str) -> JudgeEffect:
    """Return how far one judge's marks lay above the others' on the same work; for that judge alone.

    Parameters
    ----------
    total : Calibration
        As frozen, after the close.
    judge_id : str
        Who asks.

    Raises
    ------
    CalibrationInvalid
        When nothing was calibrated, or the judge has no read in it.
    """
    for row in total.judges:
        if row.judge_id == judge_id:
            return row
    reason = total.reason or f"{judge_id} has no complete read in it"
    raise CalibrationInvalid(f"There is no effect of this judge to show: {reason}.", judge=judge_id)


def _marks(application_id: str, result: RoundResult, pseudonyms: Mapping[str, str]) -> tuple[PacketMark, ...]:
    order = {trait.id: n for n, trait in enumerate(result.rubric.traits)}
    rows = [
        PacketMark(
            judge=pseudonyms[one.judge_id],
            trait=one.trait,
            mark=None if one.steps is None else _plain(result.rubric.scale.points(one.steps)),
            comment=one.comment,
        )
        for one in result.scores
        if one.application_id == application_id
    ]
    return tuple(sorted(rows, key=lambda one: (one.judge, order[one.trait])))


def _plain(points: Fraction) -> str:
    text = figure(points, 9)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _totals(result: RoundResult) -> dict[str, list[float]]:
    """Collect the totals of the reads that have one, by application."""
    totals: dict[str, list[float]] = {}
    for (name, _), value in totals_by_read(result.scores, result.rubric).items():
        if value is not None:
            totals.setdefault(name, []).append(float(value))
    return totals


def _outcome(application_id: str, decision: Advancement | None) -> str:
    if decision is None:
        return "open"
    return "inside" if application_id in decision.inside else "outside"


def _rival(application_id: str, result: RoundResult) -> str | None:
    """Return whom to measure against: the last inside, or for those inside the first one outside."""
    order, band = result.ranking.order, result.ranking.band
    if band.line is None or band.line not in order:
        return None
    last = order.index(band.line)
    inside = application_id in order[: last + 1]
    at = last + 1 if inside else last
    return order[at] if at < len(order) else None


def _distance(
    application_id: str, rival: str | None, result: RoundResult
) -> tuple[float | None, float | None]:
    """Return how far above the line it stands and the error of that, in points."""
    total = result.total
    own = total.merit(application_id)
    if result.line is not None:
        sign = 1.0 if total.direction == "higher" else -1.0
        return sign * (total.level(application_id) - result.line), own.standard_error
    if rival is None:
        return None, None
    other = total.merit(rival)
    gap = own.value - other.value
    if own.standard_error is None or other.standard_error is None:
        return gap, None
    variance = (
        own.standard_error**2 + other.standard_error**2 - 2 * total.covariance_of(application_id, rival)
    )
    return gap, sqrt(max(variance, 0.0))


def _traits(
    application_id: str, rival: str | None, distance: float | None, result: RoundResult
) -> tuple[PacketTrait, ...]:
    complete = {
        read for read, value in totals_by_read(result.scores, result.rubric).items() if value is not None
    }
    lacking = None if distance is None else -distance / _slope(application_id, rival, result)
    return tuple(
        _trait(application_id, trait.id, trait.weight_bp, lacking, complete, result)
        for trait in result.rubric.traits
    )


def _trait(  # one trait of one application, and what of the total it lacks
    application_id: str,
    trait: str,
    weight_bp: int,
    lacking: float | None,
    complete: Iterable[tuple[str, str]],
    result: RoundResult,
) -> PacketTrait:
    scale = result.rubric.scale
    given = {
        one.judge_id: float(scale.points(one.steps))
        for one in result.scores
        if (one.application_id, one.trait) == (application_id, trait) and one.steps is not None
    }
    counted = [mark for judge, mark in given.items() if (application_id, judge) in complete]
    at_line = None
    if lacking is not None and counted:
        step = lacking * _WHOLE_BP / weight_bp
        at_line = fmean(counted) + (step if scale.direction == "higher" else -step)
    own = result.traits.get(trait)
    known = own is not None and application_id in own.applications
    return PacketTrait(
        trait=trait,
        raw_mean=fmean(given.values()) if given else None,
        level=own.level(application_id) if own is not None and known else None,
        standard_error=own.merit(application_id).standard_error if own is not None and known else None,
        mark_at_line=at_line,
        reachable=None if at_line is None else float(scale.lo) <= at_line <= float(scale.hi),
    )


def _slope(application_id: str, rival: str | None, result: RoundResult) -> float:
    """Return what one point more on every read adds to the distance; exact, as variances are frozen."""
    total = result.total
    if total.variances is None:
        return 1.0
    up = 1 if total.direction == "higher" else -1
    moved = [
        replace(read, value=read.value + up) if read.application_id == application_id else read
        for read in total.reads
    ]
    after = calibrate(
        moved,
        direction=total.direction,
        panels=total.panel_of,
        panel_model=total.panel_model,
        variances=total.variances,
    )
    if rival is None:
        return up * (after.level(application_id) - total.level(application_id))
    gain = after.merit(application_id).value - total.merit(application_id).value
    return gain - (after.merit(rival).value - total.merit(rival).value)
