"""What is asked and answered about calibrations: how severe the judges were, taken out of the scores."""

from typing import Annotated

from pydantic import Field

from ...challenges.acts import FrozenCalibration
from ...challenges.calibration import Variances
from ...challenges.phase_results import CalibratedPart
from ...finance.documents import Code
from .base import Asked, Made, Reply
from .rounds import decimal_text

Seed = Annotated[str, Field(max_length=300)]


class FreezeRequest(Asked):
    """A phase to calibrate after its close.

    Attributes
    ----------
    seed : str
        Of the lottery, or the commitment to it, where it is known.
    """

    seed: Seed = ""


class RepeatRequest(Asked):
    """A new calibration with the extra reads of later phases."""

    phases: Annotated[list[Code], Field(min_length=1, max_length=50)]
    seed: Seed = ""


class VarianceLine(Reply):
    """A part of the spread of the scores.

    Attributes
    ----------
    of : str
        ``application``, ``judge``, ``panel`` or ``residual``.
    variance : str [points^2]
        Decimal text.
    """

    of: str
    variance: str


class CalibrationPart(Reply):
    """One calibrated part: the whole phase, or one half of it.

    Attributes
    ----------
    entries, reads, judges, components : int [counts]
        How many there are; components are sets of reads that share no judge.
    flags : list of str
        What a reader has to know; only for those who run the round.
    """

    part: str
    method: str
    reason: str
    entries: int
    reads: int
    judges: int
    components: int
    variances: list[VarianceLine]
    flags: list[str]

    @classmethod
    def of(cls, part: CalibratedPart, *, masked: bool) -> "CalibrationPart":
        """Return a part as a reply, without its flags where it is masked."""
        total = part.total
        return cls(
            part=part.name,
            method=total.method,
            reason=total.reason or "",
            entries=len(total.merits),
            reads=len(total.reads),
            judges=len(total.judges),
            components=total.components,
            variances=_variances(total.variances),
            flags=[] if masked else list(total.flags),
        )


class CalibrationLine(Reply):
    """A frozen calibration; it names no entry and no judge.

    Attributes
    ----------
    number : int [calibrations]
        Counted from 1 in the phase; the first one froze the scores.
    sha256 : str
        Of its exact bytes.
    kind : str
        ``closed``, ``voided`` or ``extra_reads``.
    """

    phase: str
    number: int
    sha256: str
    kind: str
    rubric: str
    parts: list[CalibrationPart]

    @classmethod
    def of(cls, made: FrozenCalibration, *, masked: bool = False) -> "CalibrationLine":
        """Return a calibration as a line."""
        return cls(
            phase=made.result.phase,
            number=made.number,
            sha256=made.sha256,
            kind=made.result.kind,
            rubric=made.result.rubric,
            parts=[CalibrationPart.of(part, masked=masked) for part in made.result.parts],
        )


class CalibrationMade(Made):
    """A calibration as it was frozen."""

    calibration: CalibrationLine


class CalibrationList(Reply):
    """A page of calibrations; ``next`` is the cursor of the page behind it."""

    items: list[CalibrationLine]
    next: str | None


def _variances(found: Variances | None) -> list[VarianceLine]:
    if found is None:
        return []
    figures = {name: getattr(found, name) for name in ("application", "judge", "panel", "residual")}
    return [
        VarianceLine(of=name, variance=decimal_text(value, 6) or "")
        for name, value in figures.items()
        if value is not None
    ]
