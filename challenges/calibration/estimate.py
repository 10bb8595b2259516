"""Calibration: what the scores say of the work once the judges' severity is taken out.

The problem: an application read by three harsh judges loses to a worse one read by three kind ones, and a
method that rescales every judge makes it worse where piles differ. A two-way mixed model takes out as much of
each judge as the scores can prove, and says how sure it is. What too few scores cannot carry is refused, with
the raw means and the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ..errors import CalibrationInvalid
from .blocks import Variances, merit_covariance
from .design import (
    DIRECTIONS,
    PANEL_MODELS,
    Array,
    Design,
    Direction,
    Number,
    PanelModel,
    Read,
    lay_out,
    take_reads,
)
from .reml import FLOOR, SolvedModel, evaluate, fit
from .result import Calibration, JudgeEffect, Merit, Method, PanelMean

VERSION = "almoner.calibration/1"
LEAST_READS = 30
LEAST_JUDGES = 3


def calibrate(
    scores: Iterable[tuple[str, str, Number]] | Iterable[Read],
    *,
    direction: Direction,
    panels: Mapping[str, str] | None = None,
    panel_model: PanelModel = "quality",
    variances: Variances | None = None,
) -> Calibration:
    """Estimate the merit of every application from all reads together.

    Parameters
    ----------
    scores : Iterable of (application, judge, value) or of Read [points]
        One per read; any order.
    direction : str
        ``higher`` or ``lower`` is better.
    panels : Mapping[str, str] or None
        Application -> panel; more applications than were read do no harm.
    panel_model : str
        ``quality``: panels differ because their applications do. ``none``: no panel term. ``within``: every
        panel has its own mean, and ranks stand only inside a panel.
    variances : Variances or None [points^2]
        Given: nothing is fitted, and no least number of reads is asked for.

    Raises
    ------
    CalibrationInvalid
        No reads, another direction, a read twice, a value that is no finite number, an application without a
        panel, variances that are negative.

    Examples
    --------
    >>> calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher").reason
    '2 reads; a calibration needs 30'
    """
    _require("direction", direction, DIRECTIONS)
    _require("panel_model", panel_model, PANEL_MODELS)
    reads = take_reads(scores)
    model: PanelModel = "none" if panels is None else panel_model
    design = lay_out(reads, direction=direction, panels=panels, panel_model=model)
    if model == "quality" and len(design.panels) == 1:  # one panel is the overall mean
        model = "none"
        design = lay_out(reads, direction=direction, panels=None, panel_model=model)
    case = _Case(reads=reads, design=design, direction=direction, panel_model=model, panels=panels)
    if variances is not None:
        point = evaluate(design, _usable(design, variances))
        if point is None:
            raise CalibrationInvalid(f"The scores cannot be solved under {variances}: no digits are left.")
        return _calibrated(case, point, "given", ())
    reason = _too_little(design)
    if reason is not None:
        return _raw(case, reason)
    found = fit(design)
    if not found.settled:
        return _raw(case, f"no greatest likelihood was found in {len(found.path)} steps")
    return _calibrated(case, found.point, "reml", found.boundary)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What was asked."""

    reads: tuple[Read, ...]
    design: Design
    direction: Direction
    panel_model: PanelModel
    panels: Mapping[str, str] | None


def _require(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CalibrationInvalid(f"{name} is one of {', '.join(allowed)}, not {value!r}.", value=repr(value))


def _usable(design: Design, variances: Variances) -> Variances:
    """Raise a residual variance of 0 to the floor of a fit; refuse what no variance can be."""
    given = {name: getattr(variances, name) for name in ("application", "judge", "residual", "panel")}
    for name, value in given.items():
        if not 0 <= value < np.inf:
            raise CalibrationInvalid(
                f"The variance of {name} is {value}; it cannot be below 0.", name=name, value=str(value)
            )
    spread = float(design.values @ design.values) / max(len(design.values) - 1, 1)
    return replace(variances, residual=max(variances.residual, FLOOR * max(spread, *given.values())))


def _too_little(design: Design) -> str | None:
    """Say why the scores cannot carry a fit; ``None`` when they can."""
    reads = len(design.values)
    if reads < LEAST_READS:
        return f"{reads} reads; a calibration needs {LEAST_READS}"
    if len(design.judges) < LEAST_JUDGES:
        return f"{len(design.judges)} judges; a calibration needs {LEAST_JUDGES}"
    if design.counts[design.size : design.nodes].max() == 1:
        return "every judge read once: severity cannot be told from merit"
    if design.counts[: design.size].max() == 1:
        return "every application was read once: merit cannot be told from chance"
    if float(np.ptp(design.values)) == 0.0:
        return "all scores are equal: there is nothing to tell apart"
    return None


def _calibrated(case: _Case, point: SolvedModel, method: Method, boundary: tuple[str, ...]) -> Calibration:
    design, system = case.design, point.system
    covariance = merit_covariance(system)
    covariance.setflags(write=False)
    size, fixed = design.size, design.fixed
    merits = point.of_nodes[:size, 0] + design.border[:, fixed:] @ point.border[fixed:, 0]
    sign = 1.0 if case.direction == "higher" else -1.0
    inverse = system.diagonal + ((system.spread @ system.common) * system.spread).sum(axis=1)
    errors = np.sqrt(system.variances.residual * inverse[size : design.nodes])
    means, mu = _levels(case, point, sign)
    return Calibration(
        method=method,
        reason=None,
        direction=case.direction,
        panel_model=case.panel_model,
        reads=case.reads,
        variances=system.variances,
        boundary=boundary,
        mu=mu,
        merits=_merits(case, merits, np.sqrt(np.diagonal(covariance))),
        judges=tuple(
            JudgeEffect(judge_id=name, effect=float(effect), standard_error=float(error), reads=int(count))
            for name, effect, error, count in zip(
                design.judges,
                sign * point.of_nodes[size : design.nodes, 0],
                errors,
                design.counts[size : design.nodes],
                strict=True,
            )
        ),
        panels=means,
        log_likelihood=point.log_likelihood,
        components=int(design.component.max()) + 1,
        flags=_flags(case, boundary),
        version=VERSION,
        covariance=covariance,
    )


def _levels(case: _Case, point: SolvedModel, sign: float) -> tuple[tuple[PanelMean, ...], float]:
    """Return the means of the panels and of all, on the scale of the round."""
    design = case.design
    border = point.border[:, 0]
    levels = border if case.panel_model == "within" else border[0] + border[1:]
    sizes = () if design.panel is None else np.bincount(design.panel, minlength=len(design.panels))
    panels = tuple(
        PanelMean(panel_id=name, mean=sign * float(design.centre + level), applications=int(count))
        for name, level, count in zip(design.panels, levels, sizes, strict=False)
    )
    middle = float(levels.mean()) if case.panel_model == "within" else float(border[0])
    return panels, sign * (design.centre + middle)


def _merits(case: _Case, values: Array, errors: Array | None) -> tuple[Merit, ...]:
    design = case.design
    sign = 1.0 if case.direction == "higher" else -1.0
    counts = design.counts[: design.size]
    sums = np.bincount(design.of_application, design.values, design.size)
    raw = sign * (design.centre + sums / counts)
    return tuple(
        Merit(
            application_id=name,
            value=float(values[place]),
            standard_error=None if errors is None else float(errors[place]),
            reads=int(counts[place]),
            raw_mean=float(raw[place]),
            component=int(design.component[place]),
            panel=None if case.panels is None else case.panels.get(name),
        )
        for place, name in enumerate(design.applications)
    )


def _raw(case: _Case, reason: str) -> Calibration:
    """Show raw means, exactly averaged, and say why they are not calibrated."""
    design = case.design
    sign = 1 if case.direction == "higher" else -1
    whole = sum((read.value for read in case.reads), start=Fraction(0)) / len(case.reads)
    exact = exact_means(case.reads)
    values = np.array([float(sign * (exact[name] - whole)) for name in design.applications])
    return Calibration(
        method="raw",
        reason=reason,
        direction=case.direction,
        panel_model=case.panel_model,
        reads=case.reads,
        variances=None,
        boundary=(),
        mu=float(whole),
        merits=_merits(case, values, None),
        judges=(),
        panels=(),
        log_likelihood=None,
        components=int(design.component.max()) + 1,
        flags=(f"Raw means, not calibrated: {reason}.", *_flags(case, ())),
        version=VERSION,
    )


def exact_means(reads: Iterable[Read]) -> dict[str, Fraction]:
    """Return the exact plain mean of every application's reads [points].

    Examples
    --------
    >>> exact_means(take_reads([("a", "j", 1), ("a", "k", 2)]))
    {'a': Fraction(3, 2)}
    """
    given: dict[str, list[Fraction]] = {}
    for read in reads:
        given.setdefault(read.application_id, []).append(read.value)
    return {name: sum(values, start=Fraction(0)) / len(values) for name, values in given.items()}


def _flags(case: _Case, boundary: tuple[str, ...]) -> tuple[str, ...]:
    """Say what a reader of the result has to know."""
    design = case.design
    components = int(design.component.max()) + 1
    flags = [f"The scores show no variance of {name}: it is pinned at 0." for name in boundary]
    if components > 1:
        flags.append(
            f"{components} parts of the judging share no judge: between them, severity cannot be told from "
            "merit."
        )
    single = int((design.counts[design.size : design.nodes] == 1).sum())
    if single:
        flags.append(
            f"{single} of {len(design.judges)} judges have one read: little is known of their severity."
        )
    if design.panel is not None:
        alone = int((np.bincount(design.panel) == 1).sum())
        if alone:
            flags.append(f"{alone} of {len(design.panels)} panels have one application.")
    return tuple(flags)
