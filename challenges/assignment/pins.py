"""Fixed pairs that must not be, or cannot all be, are refused before anything is solved.

The problem: a pin treated as a large bonus is dropped in silence where it meets a conflict, or overrides one.
Here a pin is a bound, and a pin that breaks a rule is an error with its pair and its rule.
"""

import numpy as np

from ..errors import PinRefused
from .grid import AssignmentGrid, Int


def require_pins(grid: AssignmentGrid) -> None:
    """Refuse pins that meet a bar or contradict each other.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.

    Raises
    ------
    PinRefused
        With the pair and the rule.
    """
    pinned = grid.pinned
    for row, column in np.argwhere(pinned & ~grid.allowed).tolist():
        _refuse(grid, row, column, grid.reasons[int(grid.why[row, column]) - 1])
    for row in np.flatnonzero(pinned.sum(axis=1) > grid.demand).tolist():
        _refuse(grid, row, int(np.flatnonzero(pinned[row])[-1]), "demand")
    for column in np.flatnonzero(pinned.sum(axis=0) > grid.most).tolist():
        _refuse(grid, int(np.flatnonzero(pinned[:, column])[-1]), column, "load")
    for at in range(len(grid.organisations)):
        _at_most(grid, np.flatnonzero(grid.organisation == at), grid.cap[:, at], "organisation")
    for clique in grid.cliques:
        _at_most(grid, clique, np.ones(len(grid.demand), np.int64), "separation")


def _at_most(grid: AssignmentGrid, judges: Int, cap: Int, rule: str) -> None:
    part = grid.pinned[:, judges]
    for row in np.flatnonzero(part.sum(axis=1) > cap).tolist():
        _refuse(grid, row, int(judges[np.flatnonzero(part[row])[-1]]), rule)


def _refuse(grid: AssignmentGrid, row: int, column: int, kind: str) -> None:
    application, judge = grid.applications[row], grid.judges[column]
    raise PinRefused(
        f"The pin of {judge} on {application} breaks a rule ({kind}); remove the pin or what it breaks.",
        application=application,
        judge=judge,
        kind=kind,
    )
