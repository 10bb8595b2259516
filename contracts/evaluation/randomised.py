"""Randomised difference: what being offered a programme by lot changed, with an interval.

The problem: one trial is reported as a difference, as percentage points or as "30 % fewer", with people or
whole schools drawn by lot, and each of these needs another interval. All rows count in the arm they were
drawn into, whatever happened afterwards (intention to treat). ``scale`` says what is stated:

``mean``
    ``T - C``; Welch's t interval, or with clusters CR2.
``proportion``
    ``T - C`` of a truth; Newcombe's interval of score intervals, or with clusters CR2.
``relative_reduction``
    ``1 - T / C``; Fieller's interval, refused where the control mean is not distinguishable from zero.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from statsmodels.stats.proportion import confint_proportions_2indep

from ...finance.errors import EvaluationRefused
from .clusters import Arm, arm_by_clusters, arm_by_rows, degrees_of_difference
from .estimate import Estimate, decimal_text
from .intervals import quantile, symmetric
from .method import IntervalParams, Method
from .soundness import require_enough, require_error, require_once, require_variance
from .tables import DataColumn, Table


class RctParams(IntervalParams):
    """Parameters of a randomised difference.

    Attributes
    ----------
    scale : str
        ``mean``, ``proportion`` or ``relative_reduction``.
    clustered : bool
        Whether whole clusters were drawn; then a column ``cluster`` names them.
    least_clusters : int [clusters]
        In each arm.
    """

    scale: Literal["mean", "proportion", "relative_reduction"] = "mean"
    clustered: bool = False
    least_clusters: Annotated[int, Field(ge=2, le=1_000_000)] = 2


@dataclass(frozen=True, slots=True)
class Arms:
    """The two arms of a trial.

    Attributes
    ----------
    treated, control : Arm
        Mean, variance of the mean, and what its degrees of freedom follow from.
    """

    treated: Arm
    control: Arm

    @property
    def sample(self) -> int:
        """Rows in both."""
        return self.treated.rows + self.control.rows

    def details(self) -> dict[str, float]:
        """Return both means."""
        return {"mean_control": self.control.mean, "mean_treated": self.treated.mean}

    def diagnostics(self) -> dict[str, str]:
        """Return the sizes."""
        sizes = {"control": str(self.control.rows), "treated": str(self.treated.rows)}
        if self.treated.clusters:
            sizes |= {
                "clusters_control": str(self.control.clusters),
                "clusters_treated": str(self.treated.clusters),
            }
        return sizes


def _columns(params: RctParams) -> tuple[DataColumn, ...]:
    kind: Literal["truth", "number"] = "truth" if params.scale == "proportion" else "number"
    columns = (
        DataColumn(name="outcome", kind=kind, about="of a unit"),
        DataColumn(name="treated", kind="truth", about="the arm it was drawn into"),
    )
    drawn = DataColumn(name="cluster", kind="label", about="what was drawn by lot as a whole")
    unit = DataColumn(name="id", kind="label", about="the unit, once", required=False)
    return (*columns, drawn if params.clustered else unit)


def _rct_difference(table: Table, params: RctParams) -> Estimate:
    if "id" in table:
        require_once(table["id"], "unit")
    arms = _arms(table, params)
    if params.clustered:
        said = "All clusters of an arm have the same mean."
        require_error(arms.treated.variance + arms.control.variance, table["outcome"], said)
    if params.scale == "relative_reduction":
        return _relative_reduction(arms, params.level)
    if params.scale == "proportion" and not params.clustered:
        return _proportions(table, arms, params.level)
    return symmetric(
        arms.treated.mean - arms.control.mean,
        arms.treated.variance + arms.control.variance,
        level=params.level,
        sample=arms.sample,
        statistic="difference in means" if params.scale == "mean" else "difference in proportions",
        degrees=degrees_of_difference(arms.treated, arms.control),
        details=arms.details(),
        diagnostics=arms.diagnostics(),
    )


def _arms(table: Table, params: RctParams) -> Arms:
    treated, outcome = table["treated"], table["outcome"].astype(np.float64)
    parts = {"treated": outcome[treated], "control": outcome[~treated]}
    require_enough({name: values.size for name, values in parts.items()}, params.least)
    if params.scale != "proportion" or params.clustered:
        require_variance(parts, "outcomes")
    if not params.clustered:
        return Arms(arm_by_rows(parts["treated"]), arm_by_rows(parts["control"]))
    cluster = table["cluster"]
    drawn = {"treated": np.unique(cluster[treated]), "control": np.unique(cluster[~treated])}
    both = np.intersect1d(drawn["treated"], drawn["control"])
    if both.size:
        raise EvaluationRefused(
            f"{both.size} clusters have rows in both arms, so they were not drawn as a whole. Name what was "
            "drawn in the column cluster, or set clustered to false if single rows were drawn.",
            reason="mixed_clusters",
            clusters=int(both.size),
        )
    require_enough({name: found.size for name, found in drawn.items()}, params.least_clusters, "clusters")
    return Arms(
        arm_by_clusters(parts["treated"], cluster[treated]),
        arm_by_clusters(parts["control"], cluster[~treated]),
    )


def _proportions(table: Table, arms: Arms, level: str) -> Estimate:
    """Newcombe's method 10 (Statistics in Medicine 17, 1998, 873-890).

    From the Wilson score limits ``l, u`` of each proportion ``p``: from ``d - sqrt((p1 - l1)^2 + (u2 -
    p2)^2)`` to ``d + sqrt((u1 - p1)^2 + (p2 - l2)^2)``. The standard error is ``sqrt(p1 q1 / n1 + p2 q2 /
    n2)``; the interval does not rest on it, and holds where nobody or everybody has the outcome.
    """
    treated, control = arms.treated, arms.control
    hits = {
        name: int(table["outcome"][table["treated"] == (name == "treated")].sum())
        for name in ("treated", "control")
    }
    low, high = confint_proportions_2indep(
        hits["treated"],
        treated.rows,
        hits["control"],
        control.rows,
        method="newcomb",
        compare="diff",
        alpha=1 - float(level),
    )
    shares = (
        treated.mean * (1 - treated.mean) / treated.rows,
        control.mean * (1 - control.mean) / control.rows,
    )
    return Estimate(
        value=decimal_text(treated.mean - control.mean),
        standard_error=decimal_text(sqrt(sum(shares))),
        low=decimal_text(float(low)),
        high=decimal_text(float(high)),
        level=level,
        sample=arms.sample,
        statistic="difference in proportions",
        details={name: decimal_text(mean) for name, mean in arms.details().items()},
        diagnostics={**arms.diagnostics(), "law": "Newcombe"},
    )


def _relative_reduction(arms: Arms, level: str) -> Estimate:
    """``1 - T / C`` with Fieller's interval (Journal of the Royal Statistical Society B 16, 1954, 175-185).

    The limits of the ratio are those ``r`` at which ``(T - r C)^2 = t^2 (v_T + r^2 v_C)``. With
    ``g = t^2 v_C / C^2`` they are ``(R -+ t / |C| sqrt((1 - g) v_T + R^2 v_C)) / (1 - g)``; where ``g`` is
    not below 1 the control mean is not distinguishable from zero and the limits are no interval. Degrees of
    freedom are Satterthwaite's for ``T - R C`` (Tamhane and Logan, Biometrics 60, 2004, 482-489). The
    standard error is by the delta method, ``sqrt(v_T + R^2 v_C) / |C|``.
    """
    treated, control = arms.treated, arms.control
    if control.mean == 0:
        raise _indistinct(control, inf, level)
    ratio = treated.mean / control.mean
    degrees = degrees_of_difference(treated, control, ratio)
    t = quantile(level, degrees)
    g = t**2 * control.variance / control.mean**2
    if g >= 1:
        raise _indistinct(control, g, level)
    spread = t / abs(control.mean) * sqrt((1 - g) * treated.variance + ratio**2 * control.variance)
    return Estimate(
        value=decimal_text(1 - ratio),
        standard_error=decimal_text(sqrt(treated.variance + ratio**2 * control.variance) / abs(control.mean)),
        low=decimal_text(1 - (ratio + spread) / (1 - g)),
        high=decimal_text(1 - (ratio - spread) / (1 - g)),
        level=level,
        sample=arms.sample,
        statistic="relative reduction",
        details={name: decimal_text(mean) for name, mean in arms.details().items()},
        diagnostics={
            **arms.diagnostics(),
            "degrees_of_freedom": decimal_text(degrees),
            "g": decimal_text(g),
            "law": "Fieller",
        },
    )


def _indistinct(control: Arm, g: float, level: str) -> EvaluationRefused:
    mean, error = decimal_text(control.mean), decimal_text(sqrt(control.variance))
    return EvaluationRefused(
        f"The control mean {mean} (standard error {error}) is not distinguishable from zero at level "
        f"{level}, so no relative change has an interval. State the difference instead "
        "(scale mean), or observe more.",
        reason="control_near_zero",
        control_mean=mean,
        standard_error=error,
        g="infinite" if g == inf else decimal_text(g),
    )


RCT_DIFFERENCE = Method(
    name="rct_difference",
    version="1",
    params_model=RctParams,
    uses=_columns,
    compute=_rct_difference,
)
