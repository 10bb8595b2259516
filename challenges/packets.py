"""Packets of feedback: what one applicant is told, as one frozen value that is written out as text.

The problem: a letter that says "we regret" is not a reason, and one written by hand leaves out what is
unwelcome. A packet has a field for everything that decided, and a field that is empty says so.
"""

from dataclasses import dataclass
from datetime import datetime

from ..finance.dates import instant_text


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


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
