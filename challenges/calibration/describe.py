"""What is said of a solved model: figures by name, and what a reader has to know about them.

The problem: arrays in an order of their own help nobody who lost. Every application, judge and panel gets its
figures under its own name, on the scale of the round, with standard errors and warnings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .blocks import merit_covariance
from .design import Array, Design, Direction, PanelModel, Read
from .reml import SolvedModel
from .result import VERSION, Calibration, JudgeEffect, Merit, Method, PanelMean


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCase:
    """What was asked.

    Attributes
    ----------
    reads : tuple[Read, ...]
        Sorted.
    design : Design
        The same as arrays.
    direction : str
        ``higher`` or ``lower`` is better.
    panel_model : str
        In use: ``none`` where there are no panels.
    panels : Mapping[str, str] or None
        Application -> panel.
    """

    reads: tuple[Read, ...]
    design: Design
    direction: Direction
    panel_model: PanelModel
    panels: Mapping[str, str] | None


def describe(
    case: CalibrationCase, point: SolvedModel, method: Method, boundary: tuple[str, ...]
) -> Calibration:
    """Say what a solved model means for applications, judges and panels.

    Parameters
    ----------
    case : CalibrationCase
        What was asked.
    point : SolvedModel
        The answer.
    method : str
        How its variances were found.
    boundary : tuple[str, ...]
        Variances that are pinned.
    """
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


def _levels(case: CalibrationCase, point: SolvedModel, sign: float) -> tuple[tuple[PanelMean, ...], float]:
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


def _merits(case: CalibrationCase, values: Array, errors: Array | None) -> tuple[Merit, ...]:
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


def describe_raw(case: CalibrationCase, reason: str) -> Calibration:
    """Show raw means, exactly averaged, and say why they are not calibrated.

    Parameters
    ----------
    case : CalibrationCase
        What was asked.
    reason : str
        Why.
    """
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
    >>> from .design import take_reads
    >>> exact_means(take_reads([("a", "j", 1), ("a", "k", 2)]))
    {'a': Fraction(3, 2)}
    """
    given: dict[str, list[Fraction]] = {}
    for read in reads:
        given.setdefault(read.application_id, []).append(read.value)
    return {name: sum(values, start=Fraction(0)) / len(values) for name, values in given.items()}


def _flags(case: CalibrationCase, boundary: tuple[str, ...]) -> tuple[str, ...]:
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
