"""How well an assignment ties all reads together, before anybody has read anything.

The problem: judges who share no application with the others cannot be compared with them, whatever the
method; a bridge of one application hardly helps. The report counts the parts, measures how firmly the judges
hang together, and says how exactly two applications will be told apart under planned variances.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .grid import AssignmentGrid, Int, Mask
from .model import Cut, scopes

Float = NDArray[np.float64]
PLANNED = (0.5, 0.3, 0.3)  # variance of quality, of judges' severity and of a single read [points^2]
BLOCK = 512
MOST_JUDGES = 2_000  # their table is inverted


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphReport:
    """How reads tie applications and judges together.

    Attributes
    ----------
    components : int [parts]
        Parts without a read in common; 1 is connected.
    panel_components : tuple of (str, int) [parts]
        Inside each panel.
    lambda_2 : float or None [shared applications]
        Second smallest eigenvalue of the judges' graph, weighted by shared applications: 0 is disconnected,
        the more the firmer; ``None`` above 2,000 judges, as the next two.
    se_within, se_across : float or None [points]
        Planned standard error of a difference, mean over pairs of applications of the same panel, and of
        different ones; 0 where there are none.

    Examples
    --------
    >>> one = GraphReport(components=1, panel_components=(), lambda_2=2.0, se_within=0.5, se_across=0.0)
    >>> one.is_connected
    True
    """

    components: int
    panel_components: tuple[tuple[str, int], ...]
    lambda_2: float | None
    se_within: float | None
    se_across: float | None

    @property
    def is_connected(self) -> bool:
        """Whether all is one, in total and inside each panel."""
        return max([self.components, *(count for _, count in self.panel_components)]) <= 1


def report_graph(
    grid: AssignmentGrid, pairs: Mask, *, planned: tuple[float, float, float] = PLANNED
) -> GraphReport:
    """Report how reads tie applications and judges together.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Which judge reads what.
    planned : tuple of float [points^2]
        Variance of quality, of judges' severity and of a single read.
    """
    is_small = pairs.shape[1] <= MOST_JUDGES
    within, across = planned_errors(pairs, grid.panel, planned) if is_small else (None, None)
    lambda_2 = second_eigenvalue(pairs) if is_small else None
    many = len(grid.panels) > 1
    inside = [(name, count_parts(pairs[grid.panel == at])) for at, name in enumerate(grid.panels)]
    return GraphReport(
        components=count_parts(pairs),
        panel_components=tuple(inside) if many else (),
        lambda_2=_rounded(lambda_2),
        se_within=_rounded(within),
        se_across=_rounded(across),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9)


def parts_of(pairs: Mask) -> Int:
    """Return the part of each application; -1 where nobody reads it.

    Parameters
    ----------
    pairs : bool array
        Which judge reads what.

    Examples
    --------
    >>> parts_of(np.array([[True, False], [False, True], [False, False], [True, False]])).tolist()
    [0, 1, -1, 0]
    """
    n, m = pairs.shape
    row, column = np.nonzero(pairs)
    links = coo_array((np.ones(len(row)), (row, n + column)), shape=(n + m, n + m))
    _, label = connected_components(links, directed=False)
    read = pairs.any(axis=1)
    made = np.full(n, -1, np.int64)
    _, made[read] = np.unique(label[:n][read], return_inverse=True)
    return made


def count_parts(pairs: Mask) -> int:
    """Return how many parts the applications that are read fall into [parts].

    Parameters
    ----------
    pairs : bool array
        Which judge reads what.
    """
    return int(parts_of(pairs).max(initial=-1)) + 1


def find_cuts(grid: AssignmentGrid, pairs: Mask) -> tuple[Cut, ...]:
    """Return the parts that some judge could join with the rest of their scope, and that scope.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Which judge reads what.
    """
    cuts = []
    able = grid.allowed | grid.pinned
    for scope in scopes(grid):
        label = parts_of(pairs[scope])
        _, sizes = np.unique(label[label >= 0], return_counts=True)
        for at in np.argsort(-sizes, kind="stable")[1:].tolist():
            part = scope[label == at]
            rest = np.setdiff1d(scope, part)
            if (able[part].any(axis=0) & able[rest].any(axis=0)).any():
                cuts.append((part, scope))
    return tuple(cuts)


def second_eigenvalue(pairs: Mask) -> float:
    """Return the second smallest eigenvalue of the judges' graph [shared applications].

    Parameters
    ----------
    pairs : bool array
        Which judge reads what.

    Examples
    --------
    >>> round(second_eigenvalue(np.ones((3, 2), np.bool_)), 6)
    6.0
    """
    reading = pairs[:, pairs.any(axis=0)].astype(np.float64)
    shared = reading.T @ reading
    np.fill_diagonal(shared, 0)
    if len(shared) <= 1:
        return 0.0
    values = np.linalg.eigvalsh(np.diag(shared.sum(axis=0)) - shared)
    return max(0.0, float(values[1]))


def planned_errors(pairs: Mask, panel: Int, planned: Sequence[float]) -> tuple[float, float]:
    """Return the planned standard error of a difference, within panels and across [points].

    The model is that of calibration: a free mean, quality of applications and severity of judges by chance.

    Parameters
    ----------
    pairs : bool array
        Which judge reads what.
    panel : int array [1]
        Panel of each application.
    planned : sequence of float [points^2]
        Variance of quality, of judges' severity and of a single read.

    Examples
    --------
    >>> within, _ = planned_errors(np.ones((2, 2), np.bool_), np.zeros(2, np.int64), (0.5, 0.3, 0.3))
    >>> round(within ** 2, 6)
    0.230769
    """
    quality, severity, noise = planned
    reads = pairs[pairs.any(axis=1)].astype(np.float64)
    own = panel[pairs.any(axis=1)]
    if len(reads) <= 1:
        return 0.0, 0.0
    diagonal = 1 / (reads.sum(axis=1) + noise / quality)
    border = np.hstack([reads.sum(axis=1, keepdims=True), reads])
    corner = np.zeros((border.shape[1], border.shape[1]))
    load = reads.sum(axis=0)
    corner[0, 0], corner[0, 1:], corner[1:, 0] = load.sum(), load, load
    corner[1:, 1:] = np.diag(load + noise / severity)
    scaled = diagonal[:, None] * border
    inner = np.linalg.solve(corner - border.T @ scaled, scaled.T)
    spread = diagonal + np.einsum("ij,ji->i", scaled, inner)
    totals, counts = np.zeros(2), np.zeros(2, np.int64)
    for start in range(0, len(reads), BLOCK):
        part = slice(start, start + BLOCK)
        joint = scaled[part] @ inner
        rows = np.arange(len(joint))
        joint[rows, start + rows] += diagonal[part]
        error = np.sqrt(np.maximum(0.0, noise * (spread[part, None] + spread[None, :] - 2 * joint)))
        alike = own[part, None] == own[None, :]
        totals += error[alike].sum(), error[~alike].sum()
        counts += int(alike.sum()) - len(joint), int((~alike).sum())
    means = totals / np.maximum(1, counts)
    return float(means[0]), float(means[1])
