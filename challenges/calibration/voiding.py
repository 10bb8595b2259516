"""Reads that turn out void after the close, taken out under the parameters that were frozen.

The problem: a product recomputed everybody's score when the status of one entry changed after the
announcement. Here nothing is fitted again: variances, overall mean and panel means stay, so a read that is
void moves only those whom reads connect with it, and what it moves is published beside the announced figures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from ..errors import CalibrationInvalid
from .blocks import Variances, gather
from .describe import CalibrationCase, describe, describe_raw
from .design import Array, Design, Direction, PanelModel, Read, lay_out
from .reml import SolvedModel, evaluate
from .result import Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMeans:
    """Means that are kept though reads go.

    Attributes
    ----------
    mu : float [points]
        Overall, on the scale of the round.
    panels : Mapping[str, float] [points]
        Panel -> its mean, on the same scale.

    Examples
    --------
    >>> HeldMeans(mu=3.2, panels={}).mu
    3.2
    """

    mu: float
    panels: Mapping[str, float]


def freeze(calibration: Calibration, *, seed: str | None, at: datetime) -> Calibration:
    """Close a calibration: its bytes and digest are what counts from now on.

    Parameters
    ----------
    calibration : Calibration
        Of the round; anew after extra reads.
    seed : str or None
        Of the lottery, or the commitment to it.
    at : datetime
        The closing, with its time zone.

    Raises
    ------
    CalibrationInvalid
        When it is frozen already, or the instant has no time zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> from .estimate import calibrate
    >>> found = calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")
    >>> freeze(found, seed=None, at=datetime(2027, 4, 12, 17, tzinfo=UTC)).frozen_at
    '2027-04-12T17:00:00+00:00'
    """
    if calibration.frozen_at is not None:
        raise CalibrationInvalid(
            f"The calibration was frozen at {calibration.frozen_at}: extra reads open a new one.",
            frozen_at=calibration.frozen_at,
        )
    if at.tzinfo is None:
        raise CalibrationInvalid(f"The instant {at.isoformat()} has no time zone.", at=at.isoformat())
    return replace(calibration, seed=seed, frozen_at=at.isoformat())


def void_reads(calibration: Calibration, reads: Iterable[tuple[str, str]]) -> Calibration:
    """Take reads out under the frozen variances and means.

    Parameters
    ----------
    calibration : Calibration
        Frozen.
    reads : Iterable of (application, judge)
        Void, for example because of a conflict that came to light.

    Returns
    -------
    Calibration
        With ``source`` and ``voided``; an application without any read left is no longer in it, which a flag
        says.

    Raises
    ------
    CalibrationInvalid
        When it is not frozen, holds no such read, or no read is left.

    Examples
    --------
    >>> from datetime import UTC
    >>> from .estimate import calibrate
    >>> found = calibrate([("a", "j", 4), ("a", "k", 3), ("b", "j", 2)], direction="higher",
    ...     variances=Variances(application=1.0, judge=0.5, residual=0.5))
    >>> frozen = freeze(found, seed=None, at=datetime(2027, 4, 12, 17, tzinfo=UTC))
    >>> after = void_reads(frozen, [("a", "k")])
    >>> after.mu == frozen.mu, len(after.reads), after.voided
    (True, 2, (('a', 'k'),))
    """
    if calibration.frozen_at is None:
        raise CalibrationInvalid("Reads are void under frozen parameters: freeze the calibration first.")
    gone = set(reads)
    known = {(read.application_id, read.judge_id) for read in calibration.reads}
    if strange := sorted(gone - known):
        raise CalibrationInvalid(
            f"The calibration holds no read of {strange[0][0]} by {strange[0][1]}.",
            reads=[f"{one}/{other}" for one, other in strange],
        )
    left = tuple(read for read in calibration.reads if (read.application_id, read.judge_id) not in gone)
    if not left:
        raise CalibrationInvalid("No read would be left.", reads=0)
    after = recompute(
        left,
        direction=calibration.direction,
        panels=calibration.panel_of,
        panel_model=calibration.panel_model,
        variances=calibration.variances,
        held=held_means(calibration),
    )
    lost = sorted(set(calibration.applications) - set(after.applications))
    flags = [f"{name} has no read left and is not ranked until it gets another one." for name in lost]
    return replace(
        after,
        method=calibration.method,
        reason=calibration.reason,
        boundary=calibration.boundary,
        flags=(*after.flags, *flags),
        seed=calibration.seed,
        frozen_at=calibration.frozen_at,
        source=calibration.source or calibration.digest,
        voided=tuple(sorted({*calibration.voided, *gone})),
    )


def held_means(calibration: Calibration) -> HeldMeans:
    """Return the means of a calibration, to be kept.

    Examples
    --------
    >>> from .estimate import calibrate
    >>> held_means(calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")).mu
    3.0
    """
    return HeldMeans(mu=calibration.mu, panels={row.panel_id: row.mean for row in calibration.panels})


def recompute(
    reads: tuple[Read, ...],
    *,
    direction: Direction,
    panels: Mapping[str, str] | None,
    panel_model: PanelModel,
    variances: Variances | None,
    held: HeldMeans | None,
) -> Calibration:
    """Compute a calibration anew from its parameters; nothing is fitted.

    Parameters
    ----------
    reads : tuple[Read, ...]
        Sorted.
    direction, panel_model : str
        As of the calibration.
    panels : Mapping[str, str] or None
        Application -> panel.
    variances : Variances or None [points^2]
        ``None``: raw means.
    held : HeldMeans or None
        Means to keep; ``None`` estimates them from the reads.

    Raises
    ------
    CalibrationInvalid
        When the scores cannot be solved under the variances.

    Examples
    --------
    >>> from .design import take_reads
    >>> recompute(take_reads([("a", "j", 4), ("b", "j", 2)]), direction="higher", panels=None,
    ...     panel_model="none", variances=None, held=None).mu
    3.0
    """
    design = lay_out(reads, direction=direction, panels=panels, panel_model=panel_model)
    case = CalibrationCase(
        reads=reads, design=design, direction=direction, panel_model=panel_model, panels=panels
    )
    if variances is None:
        return describe_raw(case, "raw means were frozen")
    point = evaluate(design, variances)
    if point is None:
        raise CalibrationInvalid(f"The scores cannot be solved under {variances}: no digits are left.")
    if held is None:
        return describe(case, point, "given", ())
    after = describe(case, _hold(design, point, held, direction), "given", ())
    return replace(after, mu=held.mu)


def _hold(design: Design, point: SolvedModel, held: HeldMeans, direction: Direction) -> SolvedModel:
    """Solve for applications and judges alone, the means being what they were."""
    sign = 1.0 if direction == "higher" else -1.0
    panels = [sign * held.panels[name] for name in design.panels]
    mu = sign * held.mu - design.centre
    levels = np.array(panels) - design.centre
    fixed_panels = design.panel is not None and design.fixed == design.border.shape[1]
    border: Array = levels if fixed_panels else np.array([mu, *(levels - mu)])
    border = border[:, None]
    known = (design.border @ border)[design.of_application, 0]
    _, right = gather(design, (design.values - known)[:, None])
    return replace(point, border=border, of_nodes=point.system.within_blocks(right))
