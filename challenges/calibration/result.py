"""What a calibration says: merits with their spread, judges' severity, panels, and how all of it was found.

The problem: a score that was corrected must be open to everybody who asks how. So the reads themselves, the
variances, the method and what limits it stand in one frozen value; without the reads nobody could recompute.
"""

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np

from ...finance.documents import canonical_bytes
from .blocks import Variances
from .design import Array, Direction, PanelModel, Read

Method = Literal["reml", "given", "raw"]
VERSION = "almoner.calibration/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """What is known of one application.

    Attributes
    ----------
    application_id : str
        Whose.
    value : float [points]
        Panel and own part, as a distance from the overall mean; higher is better, whatever the scale.
    standard_error : float or None [points]
        Of ``value``; ``None`` where only raw means are shown.
    reads : int [reads]
        Behind it.
    raw_mean : float [points]
        Plain mean of the reads, on the scale of the round.
    component : int [index]
        Which connected part of the judging it belongs to.
    panel : str or None
        Where there are panels.

    Examples
    --------
    >>> Merit(application_id="a", value=0.5, standard_error=0.25, reads=5, raw_mean=4.0, component=0,
    ...     panel=None).value
    0.5
    """

    application_id: str
    value: float
    standard_error: float | None
    reads: int
    raw_mean: float
    component: int
    panel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEffect:
    """How far one judge's marks lie above the others' on the same work.

    Attributes
    ----------
    judge_id : str
        Who.
    effect : float [points]
        On the scale of the round: positive means higher numbers.
    standard_error : float [points]
        Of it.
    reads : int [reads]
        How many there are; with one read the effect is mostly shrunk to 0.

    Examples
    --------
    >>> JudgeEffect(judge_id="j", effect=-0.3, standard_error=0.4, reads=8).effect
    -0.3
    """

    judge_id: str
    effect: float
    standard_error: float
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelMean:
    """The level of one panel.

    Attributes
    ----------
    panel_id : str
        Which.
    mean : float [points]
        On the scale of the round.
    applications : int [applications]
        In it; a panel with one application is mostly shrunk to the overall mean.

    Examples
    --------
    >>> PanelMean(panel_id="health", mean=3.1, applications=40).mean
    3.1
    """

    panel_id: str
    mean: float
    applications: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Merits under the mixed model ``y = mu + u_panel + q_application + b_judge + e``, or raw means and why.

    Attributes
    ----------
    method : str
        ``reml`` (variances fitted), ``given`` (variances handed over) or ``raw`` (means alone).
    reason : str or None
        Why it is raw.
    direction : str
        Which end of the scale is better.
    panel_model : str
        ``quality``, ``none`` or ``within``.
    reads : tuple[Read, ...]
        Everything it stands on.
    variances : Variances or None [points^2]
        ``None`` where raw.
    boundary : tuple[str, ...]
        Variances pinned at their floor: the scores show no such difference.
    mu : float [points]
        Overall mean on the scale of the round; under ``within`` the mean of the panels' means.
    merits : tuple[Merit, ...]
        By application.
    judges : tuple[JudgeEffect, ...]
        By judge; empty where raw.
    panels : tuple[PanelMean, ...]
        By panel.
    log_likelihood : float or None
        Restricted, up to its constant.
    components : int [components]
        Connected parts of the judging; 1 is what a round should have.
    flags : tuple[str, ...]
        What a reader has to know, one sentence each.
    version : str
        Of the method.
    seed, frozen_at : str or None
        Of the lottery (or its commitment) and of the closing, once frozen.
    source : str or None
        Digest of the frozen calibration whose variances and means it keeps.
    voided : tuple of (application, judge)
        Reads that it leaves out against its source.
    covariance : array or None [points^2]
        Of the merits, in their order; read-only.

    Examples
    --------
    >>> from .estimate import calibrate
    >>> scores = [("a", "J1", 4.0), ("a", "J2", 3.0), ("b", "J1", 3.5), ("b", "J3", 3.0), ("c", "J2", 2.0),
    ...     ("c", "J3", 2.5), ("d", "J3", 4.5)]
    >>> found = calibrate(scores, direction="higher",
    ...     variances=Variances(application=1, judge=0.5, residual=0.5))
    >>> round(found.mu, 6), round(found.merit("a").value, 6), round(found.covariance_of("a", "d"), 6)
    (3.31348, 0.172414, 0.137931)
    """

    method: Method
    reason: str | None
    direction: Direction
    panel_model: PanelModel
    reads: tuple[Read, ...]
    variances: Variances | None
    boundary: tuple[str, ...]
    mu: float
    merits: tuple[Merit, ...]
    judges: tuple[JudgeEffect, ...]
    panels: tuple[PanelMean, ...]
    log_likelihood: float | None
    components: int
    flags: tuple[str, ...]
    version: str
    seed: str | None = None
    frozen_at: str | None = None
    source: str | None = None
    voided: tuple[tuple[str, str], ...] = ()
    covariance: Array | None = field(repr=False, compare=False, default=None)

    def to_json(self) -> bytes:
        """Write exact bytes; ``read_calibration`` reads them back."""
        return canonical_bytes(_content(self))

    @property
    def digest(self) -> str:
        """SHA-256 of the exact bytes, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def applications(self) -> tuple[str, ...]:
        """Ids of the applications, sorted."""
        return tuple(row.application_id for row in self.merits)

    @property
    def cross_component(self) -> bool:
        """Whether reads connect all applications, so that every two can be compared."""
        return self.components == 1

    @property
    def values(self) -> Array:
        """Merits as an array, in their order [points]."""
        return np.array([row.value for row in self.merits])

    @property
    def panel_of(self) -> dict[str, str] | None:
        """Application -> panel, where there are panels."""
        named = {row.application_id: row.panel for row in self.merits if row.panel is not None}
        return named or None

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Sets of applications that may be ranked against each other.

        All of them are one set, unless panels are judged within themselves: then every connected part of
        every panel is a set.
        """
        if self.panel_model != "within":
            return (self.applications,)
        sets: dict[tuple[str, int], list[str]] = {}
        for row in self.merits:
            sets.setdefault((row.panel or "", row.component), []).append(row.application_id)
        return tuple(tuple(names) for _, names in sorted(sets.items()))

    def merit(self, application_id: str) -> Merit:
        """Return what is known of one application.

        Raises
        ------
        KeyError
            When it has no read here.
        """
        return self.merits[self.position(application_id)]

    def position(self, application_id: str) -> int:
        """Return the place of one application in ``merits`` and ``covariance``.

        Raises
        ------
        KeyError
            When it has no read here.
        """
        place = bisect_left(self.merits, application_id, key=lambda row: row.application_id)
        if place == len(self.merits) or self.merits[place].application_id != application_id:
            raise KeyError(application_id)
        return place

    def level(self, application_id: str) -> float:
        """Return the calibrated level of one application on the scale of the round [points]."""
        value = self.merit(application_id).value
        return self.mu + (value if self.direction == "higher" else -value)

    def covariance_of(self, one: str, other: str) -> float:
        """Return the covariance of two merits [points^2].

        Raises
        ------
        ValueError
            Where only raw means are shown.
        """
        if self.covariance is None:
            raise ValueError(f"raw means have no covariance: {self.reason}")
        return float(self.covariance[self.position(one), self.position(other)])


def _content(calibration: Calibration) -> dict[str, object]:
    """Return everything but the covariance, which follows from reads and variances; floats as exact text."""
    return {
        "schema": VERSION,
        "version": calibration.version,
        "method": calibration.method,
        "reason": calibration.reason,
        "direction": calibration.direction,
        "panel_model": calibration.panel_model,
        "reads": [[row.application_id, row.judge_id, str(row.value)] for row in calibration.reads],
        "variances": _figures(calibration.variances),
        "boundary": calibration.boundary,
        "mu": repr(calibration.mu),
        "merits": [_figures(row) for row in calibration.merits],
        "judges": [_figures(row) for row in calibration.judges],
        "panels": [_figures(row) for row in calibration.panels],
        "log_likelihood": _text(calibration.log_likelihood),
        "components": calibration.components,
        "flags": calibration.flags,
        "seed": calibration.seed,
        "frozen_at": calibration.frozen_at,
        "source": calibration.source,
        "voided": calibration.voided,
    }


def _figures(row: Variances | Merit | JudgeEffect | PanelMean | None) -> dict[str, object] | None:
    return None if row is None else {one.name: _text(getattr(row, one.name)) for one in fields(row)}


def _text(value: object) -> object:
    return repr(value) if isinstance(value, float) else value
