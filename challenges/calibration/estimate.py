"""Calibration: what the scores say of the work once the judges' severity is taken out.

The problem: an application read by three harsh judges loses to a worse one read by three kind ones, and a
method that rescales every judge makes it worse where piles differ. A two-way mixed model takes out as much of
each judge as the scores can prove, and says how sure it is. What too few scores cannot carry is refused, with
the raw means and the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..errors import CalibrationInvalid
from .blocks import Variances
from .describe import CalibrationCase, describe, describe_raw
from .design import DIRECTIONS, PANEL_MODELS, Design, Direction, Number, PanelModel, Read, lay_out, take_reads
from .reml import FLOOR, evaluate, fit
from .result import Calibration

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
    case = CalibrationCase(reads=reads, design=design, direction=direction, panel_model=model, panels=panels)
    if variances is not None:
        point = evaluate(design, _usable(design, variances))
        if point is None:
            raise CalibrationInvalid(f"The scores cannot be solved under {variances}: no digits are left.")
        return describe(case, point, "given", ())
    reason = _too_little(design)
    if reason is not None:
        return describe_raw(case, reason)
    found = fit(design)
    if not found.settled:
        return describe_raw(case, f"no greatest likelihood was found in {len(found.path)} steps")
    return describe(case, found.point, "reml", found.boundary)


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
