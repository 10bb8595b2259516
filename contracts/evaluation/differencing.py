"""Difference in differences: how much more the treated changed than the others did.

The problem: what would have happened anyway is read off a comparison group; rows of one site, school or
person move together, so rows are no independent observations. Errors are therefore clustered.
"""

from typing import Annotated

import numpy as np
from pydantic import Field
from statsmodels.regression.linear_model import OLS

from .estimate import Estimate
from .intervals import symmetric
from .method import IntervalParams, Method
from .soundness import require_enough, require_error, require_variance
from .tables import Array, DataColumn, Table

INTERACTION = 3


class DidParams(IntervalParams):
    """Parameters of a difference in differences.

    Attributes
    ----------
    least_clusters : int [clusters]
        In each of the two groups; fewer are refused. With fewer than about ten in each the interval is too
        narrow (Cameron and Miller 2015).
    """

    least_clusters: Annotated[int, Field(ge=2, le=1_000_000)] = 2


def _did(table: Table, params: DidParams) -> Estimate:
    """``(T1 - T0) - (C1 - C0)``, by least squares with cluster-robust errors.

    The estimate is the coefficient of ``treated x after`` in a regression on a constant, ``treated``,
    ``after`` and their product. Its variance is the sandwich over clusters (Liang and Zeger, Biometrika 73,
    1986) times ``G / (G - 1) x (N - 1) / (N - K)``; t has ``G - 1`` degrees of freedom (Cameron and Miller,
    Journal of Human Resources 50, 2015, sections II.B and VI.D).
    """
    outcome, treated, after = table["outcome"], table["treated"], table["after"]
    cells = {
        f"{who} {when}": outcome[(treated == (who == "treated")) & (after == (when == "after"))]
        for who in ("treated", "control")
        for when in ("before", "after")
    }
    require_enough({name: values.size for name, values in cells.items()}, params.least)
    require_variance(cells, "outcomes")
    groups = {"treated": table["cluster"][treated], "control": table["cluster"][~treated]}
    clusters = {name: int(np.unique(found).size) for name, found in groups.items()}
    require_enough(clusters, params.least_clusters, "clusters")
    value, variance, count = _regression(outcome, treated, after, table["cluster"])
    require_error(variance, outcome, "All clusters changed by the same.")
    return symmetric(
        value,
        variance,
        level=params.level,
        sample=outcome.size,
        statistic="difference in differences",
        degrees=count - 1,
        details={name.replace(" ", "_"): float(np.mean(values)) for name, values in cells.items()},
        diagnostics={
            "clusters": str(count),
            "clusters_control": str(clusters["control"]),
            "clusters_treated": str(clusters["treated"]),
        },
    )


def _regression(outcome: Array, treated: Array, after: Array, cluster: Array) -> tuple[float, float, int]:
    """Coefficient of the product, its variance, and the number of clusters."""
    names, which = np.unique(cluster, return_inverse=True)
    one, two = treated.astype(np.float64), after.astype(np.float64)
    design = np.column_stack([np.ones(outcome.size), one, two, one * two])
    fit = OLS(outcome, design).fit(cov_type="cluster", cov_kwds={"groups": which}, use_t=True)
    return float(fit.params[INTERACTION]), float(fit.cov_params()[INTERACTION, INTERACTION]), names.size


DID = Method(
    name="did",
    version="1",
    params_model=DidParams,
    uses=lambda _: (
        DataColumn(name="outcome", kind="number", about="of a unit at one time"),
        DataColumn(name="treated", kind="truth", about="whether the unit is of the treated group"),
        DataColumn(name="after", kind="truth", about="whether it was observed after the start"),
        DataColumn(
            name="cluster", kind="label", about="what moves together: site, school, or the unit itself"
        ),
    ),
    compute=_did,
)
