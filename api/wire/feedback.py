"""What an applicant is told of its own result; what the brief does not show yet is absent."""

from typing import Annotated

from .applications import seen
from .base import Reply


class FeedbackMark(Reply):
    """One judge's mark on one trait, under the judge's pseudonym for this application."""

    judge: Annotated[str | None, seen()] = None
    trait: Annotated[str | None, seen()] = None
    mark: Annotated[str | None, seen()] = None
    comment: Annotated[str | None, seen()] = None


class FeedbackTrait(Reply):
    """What is known of one trait."""

    trait: Annotated[str | None, seen()] = None
    raw_mean: Annotated[str | None, seen()] = None
    level: Annotated[str | None, seen()] = None
    standard_error: Annotated[str | None, seen()] = None
    mark_at_line: Annotated[str | None, seen()] = None
    reachable: Annotated[bool | None, seen()] = None


class FeedbackDistance(Reply):
    """How far from the line, in points and in standard errors; positive above it."""

    points: Annotated[str | None, seen()] = None
    standard_errors: Annotated[str | None, seen()] = None


class FeedbackRank(Reply):
    """The expected rank, and between which ranks it lies in nine of ten draws."""

    expected: Annotated[str | None, seen()] = None
    low: Annotated[int | None, seen()] = None
    high: Annotated[int | None, seen()] = None


class FeedbackTotal(Reply):
    """The calibrated total."""

    level: Annotated[str | None, seen()] = None
    standard_error: Annotated[str | None, seen()] = None


class FeedbackAgreement(Reply):
    """Whether other ways to reckon leave the application on its side of the line."""

    raw: Annotated[bool | None, seen()] = None
    z_score: Annotated[bool | None, seen()] = None
    stays: Annotated[str | None, seen()] = None


class FeedbackProcess(Reply):
    """What everybody is told of the round."""

    phase: Annotated[str | None, seen()] = None
    rubric: Annotated[str | None, seen()] = None
    entries: Annotated[int | None, seen()] = None
    reads: Annotated[int | None, seen()] = None
    band: Annotated[int | None, seen()] = None
    seed: Annotated[str | None, seen()] = None
    calibration_sha256: Annotated[str | None, seen()] = None
    decided: Annotated[str | None, seen()] = None


class FeedbackSeen(Reply):
    """A packet of feedback, without what is masked."""

    application: Annotated[str | None, seen()] = None
    outcome: Annotated[str | None, seen()] = None
    marks: Annotated[list[FeedbackMark] | None, seen()] = None
    total: Annotated[FeedbackTotal | None, seen()] = None
    method: Annotated[str | None, seen()] = None
    method_reason: Annotated[str | None, seen()] = None
    rank: Annotated[FeedbackRank | None, seen()] = None
    distance: Annotated[FeedbackDistance | None, seen()] = None
    traits: Annotated[list[FeedbackTrait] | None, seen()] = None
    reads: Annotated[int | None, seen()] = None
    dispersion: Annotated[str | None, seen()] = None
    median_dispersion: Annotated[str | None, seen()] = None
    agreement: Annotated[FeedbackAgreement | None, seen()] = None
    findings: Annotated[list[str] | None, seen()] = None
    process: Annotated[FeedbackProcess | None, seen()] = None
    appeal_until: Annotated[str | None, seen()] = None


class FeedbackReply(Reply):
    """A packet as one person may see it.

    Attributes
    ----------
    seen_as : str
        In which role of the brief's rules of visibility.
    """

    code: str
    phase: str
    seen_as: str
    feedback: FeedbackSeen
