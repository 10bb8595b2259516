"""Before and after: the mean change of the same units.

The problem: a change over time is not an effect (nothing says what would have happened anyway), but it is
often what an agreement pays on; then at least its uncertainty must be right: that of paired differences.
"""

import numpy as np

from .estimate import Estimate
from .intervals import symmetric
from .method import IntervalParams, Method
from .soundness import require_enough, require_once, require_variance
from .tables import DataColumn, Table


class PrePostParams(IntervalParams):
    """Parameters of a comparison before and after: level, and the least number of units."""


def _pre_post(table: Table, params: PrePostParams) -> Estimate:
    """``mean(after - before)``, its standard error ``s_d / sqrt(n)``, t with ``n - 1`` degrees of freedom.

    Student, The probable error of a mean, Biometrika 6 (1908), 1-25.
    """
    if "id" in table:
        require_once(table["id"], "unit")
    change = table["after"] - table["before"]
    count = change.size
    require_enough({"units": count}, params.least)
    require_variance({"change": change}, "changes")
    return symmetric(
        float(np.mean(change)),
        float(np.var(change, ddof=1)) / count,
        level=params.level,
        sample=count,
        statistic="mean paired difference",
        degrees=count - 1,
        details={
            "mean_after": float(np.mean(table["after"])),
            "mean_before": float(np.mean(table["before"])),
        },
    )


PRE_POST = Method(
    name="pre_post",
    version="1",
    params_model=PrePostParams,
    uses=lambda _: (
        DataColumn(name="before", kind="number", about="of a unit, before"),
        DataColumn(name="after", kind="number", about="of the same unit, after"),
        DataColumn(name="id", kind="label", about="the unit, once", required=False),
    ),
    compute=_pre_post,
)
