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

from ..finance.dates import instant_text
from .advancing import Advancement
from .bands import ExpectedRanking
from .calibration import Calibration, JudgeEffect, calibrate
from .errors import CalibrationInvalid
from .rubric import Rubric, figure
from .scores import Score, totals_by_read

_LEAST_READS = 2  # for a spread
_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketMark:
    """One judge's mark on one trait, under the pseudonym the judge has for this application.

    Attributes
    ----------
    judge, trait : str
        Pseudonym; which trait.
    mark : str or None [points]
        As it was given; ``None`` when the judge abstained.
    comment : str
        What the judge wrote.

    Examples
    --------
    >>> PacketMark(judge="reader-4f1c", trait="reach", mark="3.7", comment="").mark
    '3.7'
    """

    judge: str
    trait: str
    mark: str | None
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTrait:
    """What is known of one trait of one application.

    Attributes
    ----------
    trait : str
        Which.
    raw_mean : float or None [points]
        Plain mean of the marks.
    level, standard_error : float or None [points]
        Calibrated by itself; the levels of the traits do not add up to the total's.
    mark_at_line : float or None [points]
        Mean mark on this trait at which the application would stand at the line, all other marks as they are.
    reachable : bool or None
        Whether the scale goes that far.

    Examples
    --------
    >>> PacketTrait(trait="reach", raw_mean=3.0, level=3.1, standard_error=0.2, mark_at_line=3.9,
    ...     reachable=True).mark_at_line
    3.9
    """

    trait: str
    raw_mean: float | None
    level: float | None
    standard_error: float | None
    mark_at_line: float | None
    reachable: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodAgreement:
    """Whether other ways to reckon leave the application on its side of the line.

    Attributes
    ----------
    raw, z_score : bool or None
        Plain means; each judge's marks brought to one mean and spread.
    stays, cases : int [cases]
        In how many of the cases with one judge left out it stays.

    Examples
    --------
    >>> MethodAgreement(raw=True, z_score=True, stays=9, cases=10).all
    False
    """

    raw: bool | None
    z_score: bool | None
    stays: int
    cases: int

    @property
    def all(self) -> bool:
        """Whether every one of them agrees."""
        return self.raw is not False and self.z_score is not False and self.stays == self.cases


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What everybody is told of the round.

    Attributes
    ----------
    phase, rubric : str
        Which phase, under which rubric.
    entries, reads : int [applications], [reads]
        Ranked against each other; that count.
    band : int [applications]
        How many the scores did not separate from the line.
    seed : str or None
        Of the lottery, where one decided.
    calibration_sha256 : str
        Of the frozen calibration.
    decided : str
        By which rule who goes on was decided; empty while it is not.

    Examples
    --------
    >>> ProcessFacts(phase="panel", rubric="merit/1", entries=12, reads=60, band=3, seed=None,
    ...     calibration_sha256="00", decided="top").entries
    12
    """

    phase: str
    rubric: str
    entries: int
    reads: int
    band: int
    seed: str | None
    calibration_sha256: str
    decided: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPacket:
    """Everything that decided about one application.

    Attributes
    ----------
    application_id : str
        Whose.
    outcome : str
        ``inside``, ``outside``, ``withdrawn``, ``not_eligible`` or ``open``.
    marks : tuple[PacketMark, ...]
        By pseudonym and trait.
    level, standard_error : float or None [points]
        Calibrated total on the scale of the rubric; the error is ``None`` where only raw means are shown.
    method : str
        ``reml``, ``given`` or ``raw``; with ``raw`` follows ``method_reason``.
    method_reason : str or None
        Why nothing was calibrated.
    expected_rank : float or None [rank]
        With its interval: in nine of ten draws the rank lies between ``rank_low`` and ``rank_high``.
    rank_low, rank_high : int or None [rank]
        The interval.
    distance, distance_in_errors : float or None [points], [standard errors]
        To the line, positive above it; the error is that of the difference.
    traits : tuple[PacketTrait, ...]
        In the order of the rubric.
    reads : int [reads]
        Complete ones that count.
    dispersion, median_dispersion : float or None [points]
        Standard deviation of the reads' totals; the round's median of it.
    agreement : MethodAgreement or None
        Whether other methods agree.
    findings : tuple[str, ...]
        Of eligibility, one sentence each.
    process : ProcessFacts
        Of the round.
    appeal_until : datetime or None
        Last instant for an appeal.

    Examples
    --------
    See ``write_packet``.
    """

    application_id: str
    outcome: str
    marks: tuple[PacketMark, ...]
    level: float | None
    standard_error: float | None
    method: str
    method_reason: str | None
    expected_rank: float | None
    rank_low: int | None
    rank_high: int | None
    distance: float | None
    distance_in_errors: float | None
    traits: tuple[PacketTrait, ...]
    reads: int
    dispersion: float | None
    median_dispersion: float | None
    agreement: MethodAgreement | None
    findings: tuple[str, ...]
    process: ProcessFacts
    appeal_until: datetime | None

    def told(self) -> dict[str, object]:
        """Return it as JSON values; figures as decimal text with four digits."""
        agreement = self.agreement
        return {
            "agreement": None
            if agreement is None
            else {
                "raw": agreement.raw,
                "stays": f"{agreement.stays} of {agreement.cases}",
                "z_score": agreement.z_score,
            },
            "appeal_until": None if self.appeal_until is None else instant_text(self.appeal_until),
            "application": self.application_id,
            "dispersion": _text(self.dispersion),
            "distance": {"points": _text(self.distance), "standard_errors": _text(self.distance_in_errors)},
            "findings": list(self.findings),
            "marks": [
                {"comment": one.comment, "judge": one.judge, "mark": one.mark, "trait": one.trait}
                for one in self.marks
            ],
            "median_dispersion": _text(self.median_dispersion),
            "method": self.method,
            "method_reason": self.method_reason,
            "outcome": self.outcome,
            "process": {name: getattr(self.process, name) for name in ProcessFacts.__dataclass_fields__},
            "rank": {"expected": _text(self.expected_rank), "high": self.rank_high, "low": self.rank_low},
            "reads": self.reads,
            "total": {"level": _text(self.level), "standard_error": _text(self.standard_error)},
            "traits": [
                {
                    "level": _text(one.level),
                    "mark_at_line": _text(one.mark_at_line),
                    "raw_mean": _text(one.raw_mean),
                    "reachable": one.reachable,
                    "standard_error": _text(one.standard_error),
                    "trait": one.trait,
                }
                for one in self.traits
            ],
        }


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
    appeal_until : datetime or None
        End of the window.
    outcome : str or None
        ``withdrawn`` or ``not_eligible``; else the decision says it.

    Examples
    --------
    >>> from .calibration import Variances
    >>> from .ranking import rank
    >>> from .scores import read_marks
    >>> rubric = Rubric.read('''{"id": "merit/1",
    ...     "scale": {"lo": "1", "hi": "5", "step": "0.5", "direction": "higher"},
    ...     "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "2", "text": "few"}, {"lo": "2.5", "hi": "3.5", "text": "some"},
    ...         {"lo": "4", "hi": "5", "text": "all"}]}]}''')
    >>> given = {("a", "J1"): "4", ("a", "J2"): "3", ("b", "J1"): "3.5", ("b", "J3"): "3", ("c", "J2"): "2",
    ...     ("c", "J3"): "2.5", ("d", "J3"): "4.5"}
    >>> scores = tuple(score for (name, judge), mark in given.items()
    ...     for score in read_marks(rubric, application_id=name, judge_id=judge, marks={"reach": mark}))
    >>> reads = [(name, judge, Fraction(mark)) for (name, judge), mark in given.items()]
    >>> total = calibrate(reads, direction="higher",
    ...     variances=Variances(application=1, judge=0.5, residual=0.5))
    >>> result = RoundResult(rubric=rubric, scores=scores, total=total, traits={"reach": total},
    ...     ranking=rank(total, line=2))
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
    merit = result.total.merit(application_id) if known else None
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
        standard_error=None if merit is None else merit.standard_error,
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


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
