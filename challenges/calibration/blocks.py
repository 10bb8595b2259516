"""The equations of the model, solved block by block at given variances.

The problem: ``y = mu + u_panel + q_application + b_judge + e`` has thousands of unknowns and is solved dozens
of times. In each block the larger side is diagonal and is eliminated, the smaller side is inverted, and one
Schur complement joins the blocks through the border (Henderson's mixed-model equations). Its digits cancel as
the residual variance goes to zero: where a Cholesky factor does not exist the variances are rejected.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .design import Array, Design, Index

NO_ROOM: Final = 1e40  # the ratio that stands for a variance of 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variances:
    """The variances of the model, by the name of the effect.

    Attributes
    ----------
    application, judge, residual : float [points^2]
        Of merit, of severity, of what is left.
    panel : float [points^2]
        Of panel means; 0 without a panel term.

    Examples
    --------
    >>> Variances(application=1.0, judge=0.5, residual=0.5).panel
    0.0
    """

    application: float
    judge: float
    residual: float
    panel: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """One stack at given ridges."""

    larger: Index
    smaller: Index
    linked: Array
    inverse: Array  # of the larger side's diagonal
    small: Array  # inverse of the smaller side's complement
    reach: Array  # linked @ small


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The equations, factored at given variances.

    Attributes
    ----------
    design : Design
        Of the round.
    variances : Variances
        At which it was factored.
    log_determinant : float
        Of the whole matrix.
    common : array
        Inverse of the border's complement.
    spread : array
        Per node and border column, the blocks' answer to the border.
    diagonal : array
        Per node, of the blocks' inverses.
    """

    design: Design
    variances: Variances
    log_determinant: float
    common: Array
    spread: Array
    diagonal: Array
    solved: tuple[_Solved, ...]
    crossing: Array

    def within_blocks(self, right: Array) -> Array:
        """Apply the blocks' inverses to columns over the nodes; the border plays no part.

        Parameters
        ----------
        right : array
            Nodes and one filler row x columns; the filler is 0.
        """
        answer = np.zeros_like(right)
        for part in self.solved:
            large, small = right[part.larger], right[part.smaller]
            scaled = part.inverse[:, :, None] * large
            below = part.small @ (small - part.linked.transpose(0, 2, 1) @ scaled)
            answer[part.smaller] = below
            answer[part.larger] = scaled - part.inverse[:, :, None] * (part.linked @ below)
        answer[-1] = 0.0
        return answer

    def solve(self, of_border: Array, of_nodes: Array) -> tuple[Array, Array]:
        """Solve the whole system for columns on the right.

        Parameters
        ----------
        of_border, of_nodes : array
            Border columns x columns; nodes and one filler row x columns.

        Returns
        -------
        tuple of array
            The same two parts of the answer.
        """
        blocks = self.within_blocks(of_nodes)
        border = self.common @ (of_border - self.crossing.T @ blocks)
        return border, blocks - self.spread @ border


def gather(design: Design, per_read: Array) -> tuple[Array, Array]:
    """Sum columns over reads into border and nodes: ``W'x``.

    Parameters
    ----------
    design : Design
        Of the round.
    per_read : array
        Reads x columns.
    """
    size, nodes, columns = design.size, design.nodes, per_read.shape[1]
    of_nodes = np.zeros((nodes + 1, columns))
    for column in range(columns):
        of_nodes[:size, column] = np.bincount(design.of_application, per_read[:, column], size)
        of_nodes[size:nodes, column] = np.bincount(design.of_judge, per_read[:, column], nodes - size)
    return design.border.T @ of_nodes[:size], of_nodes


def scatter(design: Design, border: Array, of_nodes: Array) -> Array:
    """Give every read its sum of effects: ``W theta``.

    Parameters
    ----------
    design : Design
        Of the round.
    border, of_nodes : array
        The two parts of the unknowns, x columns.
    """
    by_application = design.border @ border + of_nodes[: design.size]
    return by_application[design.of_application] + of_nodes[design.size + design.of_judge]


def factor(design: Design, variances: Variances) -> System | None:
    """Factor the equations; ``None`` where digits do not suffice.

    Parameters
    ----------
    design : Design
        Of the round.
    variances : Variances
        The residual one above 0; that of panels counts only where the design has random panels.
    """
    size, nodes = design.size, design.nodes
    ridge = np.ones(nodes + 1)
    ridge[:size] = ratio(variances, "application")
    ridge[size:nodes] = ratio(variances, "judge")
    weights = design.counts + ridge
    crossing = _crossing(design)
    spread = np.zeros_like(crossing)
    diagonal = np.zeros(nodes + 1)
    log_determinant = 0.0
    solved = []
    try:
        for stack in design.stacks:
            part, logs = _eliminate(stack.larger, stack.smaller, stack.linked, weights)
            solved.append(part)
            log_determinant += logs
            inverse = part.inverse
            diagonal[part.smaller] = np.diagonal(part.small, axis1=1, axis2=2)
            diagonal[part.larger] = inverse + inverse**2 * np.einsum("gab,gab->ga", part.reach, part.linked)
        bare = System(
            design=design, variances=variances, log_determinant=0.0, common=np.zeros((0, 0)), spread=spread,
            diagonal=diagonal, solved=tuple(solved), crossing=crossing,
        )  # fmt: skip
        spread = bare.within_blocks(crossing)
        complement = _border_matrix(design, variances) - crossing.T @ spread
        root = np.linalg.cholesky(complement)
        common: Array = np.asarray(np.linalg.inv(complement), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    log_determinant += 2.0 * float(np.log(np.diagonal(root)).sum())
    diagonal[-1] = 0.0
    return System(
        design=design,
        variances=variances,
        log_determinant=log_determinant,
        common=common,
        spread=spread,
        diagonal=diagonal,
        solved=tuple(solved),
        crossing=crossing,
    )


def _eliminate(larger: Index, smaller: Index, linked: Array, weights: Array) -> tuple[_Solved, float]:
    """Eliminate the larger side of a stack's components and invert what is left of the smaller."""
    large, small = weights[larger], weights[smaller]
    inverse = 1.0 / large
    complement = -(linked.transpose(0, 2, 1) @ (inverse[:, :, None] * linked))
    corner = np.arange(complement.shape[1])
    complement[:, corner, corner] += small
    root = np.linalg.cholesky(complement)
    logs = np.log(large).sum() + 2.0 * np.log(root[:, corner, corner]).sum()
    below: Array = np.asarray(np.linalg.inv(complement), dtype=np.float64)
    part = _Solved(
        larger=larger, smaller=smaller, linked=linked, inverse=inverse, small=below, reach=linked @ below
    )
    return part, float(logs)


def _crossing(design: Design) -> Array:
    """Count the reads of each node per border column."""
    size, nodes = design.size, design.nodes
    crossing = np.zeros((nodes + 1, design.border.shape[1]))
    crossing[:size] = design.counts[:size, None] * design.border
    per_read = design.border[design.of_application]
    np.add.at(crossing, size + design.of_judge, per_read)
    return crossing


def _border_matrix(design: Design, variances: Variances) -> Array:
    matrix = (design.border * design.counts[: design.size, None]).T @ design.border
    random = np.arange(design.fixed, design.border.shape[1])
    if random.size:
        matrix[random, random] += ratio(variances, "panel")
    return matrix


def ratio(variances: Variances, name: str) -> float:
    """Return the residual variance over another one; a variance of 0 leaves its effects no room at all.

    Examples
    --------
    >>> ratio(Variances(application=2.0, judge=0.5, residual=1.0), "judge")
    2.0
    """
    own: float = getattr(variances, name)
    return min(variances.residual / own, NO_ROOM) if own > 0 else NO_ROOM


def merit_rows(system: System) -> Array:
    """Return each application's weights of the border in the spread of its merit, panel included."""
    design = system.design
    rows = -system.spread[: design.size]
    rows[:, design.fixed :] += design.border[:, design.fixed :]
    return rows


def merit_covariance(system: System) -> Array:
    """Return the covariance of the merits, applications x applications [points^2]."""
    design = system.design
    size = design.size
    covariance = np.zeros((size, size))
    for part in system.solved:
        _add_blocks(covariance, part, size)
    rows = merit_rows(system)
    covariance += rows @ system.common @ rows.T
    covariance *= system.variances.residual
    return (covariance + covariance.T) / 2


def _add_blocks(covariance: Array, part: _Solved, size: int) -> None:
    """Write the applications' part of each component's inverse into the big table."""
    for number in range(part.larger.shape[0]):
        larger, smaller = part.larger[number], part.smaller[number]
        if smaller[0] < size:
            real = smaller[smaller < size]
            covariance[np.ix_(real, real)] = part.small[number][: real.size, : real.size]
        else:
            real = larger[larger < size]
            inverse = part.inverse[number][: real.size]
            block = part.reach[number] @ part.linked[number].T
            block = block[: real.size, : real.size] * np.outer(inverse, inverse)
            block[np.arange(real.size), np.arange(real.size)] += inverse
            covariance[np.ix_(real, real)] = block
