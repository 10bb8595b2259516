"""The frozen form: a calibration as exact bytes that anybody can read back and recompute.

The problem: a figure on a website can be recomputed by nobody. The frozen form holds every read, the
variances, the means, the figures announced and the version of the method. Reading it back recomputes the
figures from the reads and refuses bytes whose figures do not follow from them.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, StringConstraints

from ...finance.documents import Document
from ...finance.errors import AlmonerError
from ..errors import CalibrationInvalid
from .blocks import Variances
from .design import MAX_READS, Direction, PanelModel, Read, take_reads
from .result import Calibration, JudgeEffect, Merit, Method, PanelMean
from .voiding import HeldMeans, held_means, recompute

FloatText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,25})?(e[-+]?[0-9]{1,3})?$")]
FractionText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,30}(/[1-9][0-9]{0,30})?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
AGREES = 1e-9  # of a figure and of the largest mean: how far a recomputed one may lie from the one announced
_MAX_BYTES = 64 * 2**20


class VariancesRow(Document):
    """The variances of a frozen calibration."""

    panel: FloatText
    application: FloatText
    judge: FloatText
    residual: FloatText


class MeritRow(Document):
    """One application of a frozen calibration."""

    application_id: Name
    value: FloatText
    standard_error: FloatText | None
    reads: Annotated[int, Field(ge=1, le=MAX_READS)]
    raw_mean: FloatText
    component: Annotated[int, Field(ge=0, le=MAX_READS)]
    panel: Name | None


class JudgeRow(Document):
    """One judge of a frozen calibration."""

    judge_id: Name
    effect: FloatText
    standard_error: FloatText
    reads: Annotated[int, Field(ge=1, le=MAX_READS)]


class PanelRow(Document):
    """One panel of a frozen calibration."""

    panel_id: Name
    mean: FloatText
    applications: Annotated[int, Field(ge=0, le=MAX_READS)]


class CalibrationDocument(Document):
    """A calibration as it is frozen: text of floats in full, so that no digit is lost.

    Examples
    --------
    >>> CalibrationDocument.read(b"[]")
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.CalibrationInvalid: CalibrationDocument has 1 fault: /: Input should be an \
object.
    """

    invalid: ClassVar[type[AlmonerError]] = CalibrationInvalid
    max_bytes: ClassVar[int] = _MAX_BYTES

    schema_name: Annotated[Literal["almoner.calibration/1"], Field(alias="schema")]
    version: Literal["almoner.calibration/1"]
    method: Method
    reason: str | None
    direction: Direction
    panel_model: PanelModel
    reads: Annotated[tuple[tuple[Name, Name, FractionText], ...], Field(min_length=1, max_length=MAX_READS)]
    variances: VariancesRow | None
    boundary: tuple[str, ...]
    mu: FloatText
    merits: tuple[MeritRow, ...]
    judges: tuple[JudgeRow, ...]
    panels: tuple[PanelRow, ...]
    log_likelihood: FloatText | None
    components: Annotated[int, Field(ge=1, le=MAX_READS)]
    flags: tuple[str, ...]
    seed: str | None
    frozen_at: str | None
    source: str | None
    voided: tuple[tuple[Name, Name], ...]


def read_calibration(raw: bytes | str) -> Calibration:
    """Read a calibration from its exact bytes and check that its figures follow from its reads.

    Parameters
    ----------
    raw : bytes or str
        As ``Calibration.to_json`` wrote them.

    Returns
    -------
    Calibration
        Writing the same bytes again; its covariance is recomputed from reads and variances.

    Raises
    ------
    CalibrationInvalid
        When the bytes break the schema, or a figure does not follow.

    Examples
    --------
    >>> from .estimate import calibrate
    >>> found = calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")
    >>> read_calibration(found.to_json()) == found
    True
    """
    document = CalibrationDocument.read(raw)
    return _checked(_calibration(document))


def _calibration(document: CalibrationDocument) -> Calibration:
    """Turn the text of figures into figures."""
    figures = document.variances
    variances = (
        None
        if figures is None
        else Variances(
            panel=float(figures.panel),
            application=float(figures.application),
            judge=float(figures.judge),
            residual=float(figures.residual),
        )
    )
    return Calibration(
        method=document.method,
        reason=document.reason,
        direction=document.direction,
        panel_model=document.panel_model,
        reads=take_reads(
            Read(application_id=one, judge_id=other, value=Fraction(text))
            for one, other, text in document.reads
        ),
        variances=variances,
        boundary=document.boundary,
        mu=float(document.mu),
        merits=tuple(_merit(row) for row in document.merits),
        judges=tuple(
            JudgeEffect(
                judge_id=row.judge_id,
                effect=float(row.effect),
                standard_error=float(row.standard_error),
                reads=row.reads,
            )
            for row in document.judges
        ),
        panels=tuple(
            PanelMean(panel_id=row.panel_id, mean=float(row.mean), applications=row.applications)
            for row in document.panels
        ),
        log_likelihood=None if document.log_likelihood is None else float(document.log_likelihood),
        components=document.components,
        flags=document.flags,
        version=document.version,
        seed=document.seed,
        frozen_at=document.frozen_at,
        source=document.source,
        voided=document.voided,
    )


def _merit(row: MeritRow) -> Merit:
    return Merit(
        application_id=row.application_id,
        value=float(row.value),
        standard_error=None if row.standard_error is None else float(row.standard_error),
        reads=row.reads,
        raw_mean=float(row.raw_mean),
        component=row.component,
        panel=row.panel,
    )


def _checked(found: Calibration) -> Calibration:
    """Recompute everything from reads and parameters, and take the covariance from there."""
    again = recompute(
        found.reads,
        direction=found.direction,
        panels=found.panel_of,
        panel_model=found.panel_model,
        variances=found.variances,
        held=_held(found),
    )
    if again.applications != found.applications:
        raise CalibrationInvalid("The merits are not those of the applications that were read.")
    written, anew = _figures(found), _figures(again)
    size = max(abs(row.raw_mean) for row in again.merits)
    near = len(written) == len(anew) and np.allclose(written, anew, rtol=AGREES, atol=AGREES * size)
    if not near or _counts(found) != _counts(again):
        raise CalibrationInvalid(
            "The figures of the calibration do not follow from its reads and variances: they were changed."
        )
    return replace(found, covariance=again.covariance)


def _held(found: Calibration) -> HeldMeans | None:
    return None if found.source is None else held_means(found)


def _figures(found: Calibration) -> list[float]:
    figures = [found.mu, found.log_likelihood or 0.0]
    for row in found.merits:
        figures += [row.value, row.standard_error or 0.0, row.raw_mean]
    for judge in found.judges:
        figures += [judge.effect, judge.standard_error]
    return figures + [panel.mean for panel in found.panels]


def _counts(found: Calibration) -> list[tuple[object, ...]]:
    return [
        (found.components,),
        *((row.application_id, row.reads, row.component) for row in found.merits),
        *((row.judge_id, row.reads) for row in found.judges),
        *((row.panel_id, row.applications) for row in found.panels),
    ]
