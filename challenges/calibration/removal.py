"""Reads taken out of a solved model, without solving it again.

The problem: "would this award survive without judge 17" is asked for every judge and every read of a winner,
some hundreds of times. Taking k reads out changes the equations by a matrix of rank k, so merits and their
covariance follow from the solved model by a system of k unknowns (Woodbury). Variances stay as they were.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import CalibrationInvalid
from .blocks import gather, scatter
from .design import Array, Index, lay_out
from .reml import SolvedModel, evaluate
from .result import Calibration

_SINGULAR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovableReads:
    """A calibration, solved once so that reads can be taken out.

    Attributes
    ----------
    point : SolvedModel
        All reads.
    values, covariance : array [points, points^2]
        Of the merits.

    Examples
    --------
    >>> from .blocks import Variances
    >>> from .estimate import calibrate
    >>> known = Variances(application=1.0, judge=0.5, residual=0.5)
    >>> scores = [("a", "j", 4), ("a", "k", 3), ("b", "j", 2), ("b", "k", 5)]
    >>> solved = removable(calibrate(scores, direction="higher", variances=known))
    >>> values, _ = solved.without(np.array([3]))
    >>> values.round(4).tolist()
    [0.6087, -0.6087]
    >>> calibrate(scores[:3], direction="higher", variances=known).values.round(4).tolist()
    [0.6087, -0.6087]
    """

    point: SolvedModel
    values: Array
    covariance: Array

    def without(self, rows: Index) -> tuple[Array, Array] | None:
        """Return merits and covariance without some reads; ``None`` where a mean is left without any.

        An application that loses all its reads stays, with what is known of an application nobody read.

        Parameters
        ----------
        rows : array [index]
            Of the reads, in the order of the calibration.
        """
        system = self.point.system
        design = system.design
        columns = np.arange(len(rows))
        marked = np.zeros((len(design.values), len(rows)))
        marked[rows, columns] = 1.0
        border, of_nodes = system.solve(*gather(design, marked))
        reach = of_nodes[: design.size] + design.border[:, design.fixed :] @ border[design.fixed :]
        left = np.eye(len(rows)) - scatter(design, border, of_nodes)[rows]
        left = (left + left.T) / 2
        if float(np.linalg.eigvalsh(left)[0]) < _SINGULAR:
            return None
        values = self.values - reach @ np.linalg.solve(left, self.point.residuals[rows])
        covariance = self.covariance + system.variances.residual * reach @ np.linalg.solve(left, reach.T)
        return values, covariance


def removable(calibration: Calibration) -> RemovableReads:
    """Solve a calibration so that reads can be taken out.

    Parameters
    ----------
    calibration : Calibration
        Not raw.

    Raises
    ------
    CalibrationInvalid
        When it is raw.
    """
    if calibration.variances is None or calibration.covariance is None:
        raise CalibrationInvalid(f"Raw means are not solved: {calibration.reason}.")
    design = lay_out(
        calibration.reads,
        direction=calibration.direction,
        panels=calibration.panel_of,
        panel_model=calibration.panel_model,
    )
    point = evaluate(design, calibration.variances)
    if point is None:
        raise CalibrationInvalid("The calibration cannot be solved again: no digits are left.")
    return RemovableReads(point=point, values=calibration.values, covariance=calibration.covariance)
