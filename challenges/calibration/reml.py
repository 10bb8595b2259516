"""The variances of the model, by restricted maximum likelihood.

The problem: how far judges differ decides how much of a score is theirs, and a fixed number of passes of a
slow method stops far from the answer. Average-information steps (Gilmour, Thompson and Cullis, Biometrics 51,
1995) are halved until the likelihood does not fall; where they fail, one step of expectation-maximisation,
which never falls, takes their place. A variance that wants to be below its floor is pinned there and named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .blocks import System, Variances, factor, gather, ratio, scatter
from .design import Array, Design, Truth

FLOOR: Final = 1e-7  # of the variance of the scores
SETTLED: Final = 1e-7  # of the same: no variance moves by more
MAX_STEPS = 500
_HALVINGS = 12
_ROUNDING = 1e-12
_EVEN = 1e-12  # of the greatest information, so that a kind without any goes straight to its floor


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedModel:
    """The model at given variances.

    Attributes
    ----------
    system : System
        The equations.
    border, of_nodes : array [points]
        The unknowns, one column.
    log_likelihood : float
        Restricted, up to its constant.
    residuals : array [points]
        Per read.
    """

    system: System
    border: Array
    of_nodes: Array
    log_likelihood: float
    residuals: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Where the search ended.

    Attributes
    ----------
    point : SolvedModel
        At the last variances.
    boundary : tuple[str, ...]
        Variances that wanted to be below their floor; they are 0 in ``point``.
    path : tuple[float, ...]
        Log-likelihood of every accepted step; it never falls.
    settled : bool
        Whether it stopped by itself.
    """

    point: SolvedModel
    boundary: tuple[str, ...]
    path: tuple[float, ...]
    settled: bool


def names_of(design: Design) -> tuple[str, ...]:
    """Return the names of the variances that the design has, residual last."""
    random = design.border.shape[1] > design.fixed
    return (*(("panel",) if random else ()), "application", "judge", "residual")


def evaluate(design: Design, variances: Variances) -> SolvedModel | None:
    """Solve the model at given variances; ``None`` where digits do not suffice.

    Examples
    --------
    >>> from .design import lay_out, take_reads
    >>> reads = take_reads([("a", "j", 1), ("a", "k", 2), ("b", "j", 3)])
    >>> design = lay_out(reads, direction="higher", panels=None, panel_model="none")
    >>> round(evaluate(design, Variances(application=1.0, judge=0.5, residual=0.5)).log_likelihood, 6)
    -1.657209
    """
    system = factor(design, variances)
    if system is None:
        return None
    border, of_nodes = system.solve(*gather(design, design.values[:, None]))
    residuals = design.values - scatter(design, border, of_nodes)[:, 0]
    free = len(design.values) - design.fixed
    twice = free * np.log(variances.residual) + system.log_determinant
    twice += float(design.values @ residuals) / variances.residual
    for name, count in _counts(design).items():
        twice -= count * np.log(ratio(variances, name))
    if not np.isfinite(twice):
        return None
    return SolvedModel(
        system=system,
        border=border,
        of_nodes=of_nodes,
        log_likelihood=-0.5 * float(twice),
        residuals=residuals,
    )


def fit(design: Design) -> Fit:
    """Find the variances with the greatest restricted likelihood.

    Parameters
    ----------
    design : Design
        With scores that vary.

    Notes
    -----
    It stops where no variance moves by more than 1e-7 of the scores' variance.
    """
    spread = float(design.values @ design.values) / max(len(design.values) - 1, 1)
    names = names_of(design)
    floor = FLOOR * spread
    now = np.full(len(names), spread / len(names))
    point = _at(design, names, now)
    path: list[float] = []
    settled = False
    while point is not None and not settled and len(path) < MAX_STEPS:
        path.append(point.log_likelihood)
        score, expected = _score(point, names), _information(point, names)
        pinned = (now <= floor * (1 + 1e-9)) & (score < 0)
        full = _step(score, expected, pinned)
        target = None if full is None else np.maximum(now + full, floor)
        settled = target is not None and bool(np.abs(target - now).max() <= SETTLED * spread)
        if not settled:
            after, found = _climb(design, names, point, now, target, floor)
            settled = bool(np.abs(after - now).max() <= SETTLED * spread)
            now, point = after, found
    if point is None:
        raise ArithmeticError("the model cannot be solved at equal variances")
    at_floor = (now <= floor * (1 + 1e-9)) & (_score(point, names) < 0)
    boundary = tuple(name for name, low in zip(names, at_floor, strict=True) if low and name != "residual")
    best = replace(point.system.variances, **dict.fromkeys(boundary, 0.0))
    return Fit(
        point=evaluate(design, best) or point,
        boundary=boundary,
        path=(*path, point.log_likelihood),
        settled=settled,
    )


def _climb(
    design: Design, names: tuple[str, ...], point: SolvedModel, now: Array, target: Array | None, floor: float
) -> tuple[Array, SolvedModel]:
    """Go towards the target, half as far while the likelihood falls; else to a floor; else a step of EM."""
    lowest = point.log_likelihood - _ROUNDING * abs(point.log_likelihood)
    for after in _ways(point, names, now, target, floor):
        found = _at(design, names, after)
        if found is not None and found.log_likelihood >= lowest:
            return after, found
    return now, point


def _ways(
    point: SolvedModel, names: tuple[str, ...], now: Array, target: Array | None, floor: float
) -> Iterator[Array]:
    """Yield where to go next, the best first."""
    if target is not None:
        for halving in range(_HALVINGS + 1):
            yield now + (target - now) / 2**halving
    sinking = np.flatnonzero((_score(point, names) < 0) & (now > floor))
    for chosen in (sinking, *sinking[:, None]):  # what EM would need thousands of steps for
        if chosen.size:
            after = now.copy()
            after[chosen] = floor
            yield after
    yield np.maximum(_expectation(point, names), floor)


def _at(design: Design, names: tuple[str, ...], values: Array) -> SolvedModel | None:
    return evaluate(design, Variances(**{name: float(v) for name, v in zip(names, values, strict=True)}))


def _counts(design: Design) -> dict[str, int]:
    counts = {"application": design.size, "judge": len(design.judges)}
    panels = design.border.shape[1] - design.fixed
    return {"panel": panels, **counts} if panels else counts


def _parts(point: SolvedModel) -> dict[str, tuple[Array, float]]:
    """Effects of each kind and the trace of their part of the inverse."""
    system = point.system
    design = system.design
    inverse = system.diagonal + ((system.spread @ system.common) * system.spread).sum(axis=1)
    size, nodes, fixed = design.size, design.nodes, design.fixed
    parts = {
        "application": (point.of_nodes[:size, 0], float(inverse[:size].sum())),
        "judge": (point.of_nodes[size:nodes, 0], float(inverse[size:nodes].sum())),
    }
    if design.border.shape[1] > fixed:
        parts["panel"] = (point.border[fixed:, 0], float(np.diagonal(system.common)[fixed:].sum()))
    return parts


def _score(point: SolvedModel, names: tuple[str, ...]) -> Array:
    """Return the slope of the log-likelihood for each variance."""
    variances = point.system.variances
    residual = variances.residual
    free = len(point.residuals) - point.system.design.fixed
    slopes = {}
    for name, (effects, trace) in _parts(point).items():
        own = getattr(variances, name)
        count = len(effects)
        slopes[name] = -0.5 * (count / own - residual * trace / own**2 - float(effects @ effects) / own**2)
        free -= count - residual / own * trace
    error = float(point.residuals @ point.residuals)
    slopes["residual"] = -0.5 * (free / residual - error / residual**2)
    return np.array([slopes[name] for name in names])


def _information(point: SolvedModel, names: tuple[str, ...]) -> Array:
    """Return the average of observed and expected information."""
    system = point.system
    design, variances = system.design, system.variances
    size = design.size
    columns = []
    for name in names:
        if name == "panel":
            effects = design.border[:, design.fixed :] @ point.border[design.fixed :, 0]
            per_read = effects[design.of_application]
        elif name == "application":
            per_read = point.of_nodes[design.of_application, 0]
        elif name == "judge":
            per_read = point.of_nodes[size + design.of_judge, 0]
        else:
            per_read = point.residuals
        columns.append(per_read / getattr(variances, name))
    table = np.column_stack(columns)
    fitted = scatter(design, *system.solve(*gather(design, table)))
    return 0.5 * table.T @ (table - fitted) / variances.residual


def _step(score: Array, information: Array, pinned: Truth) -> Array | None:
    """Solve for the step of the variances that are not pinned; ``None`` where it has no answer."""
    step = np.zeros(len(score))
    free = ~pinned
    if not free.any():
        return step
    known = information[np.ix_(free, free)]
    known = known + _EVEN * float(np.diagonal(known).max()) * np.eye(len(known))  # effects that are all 0
    try:
        step[free] = np.linalg.solve(known, score[free])
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def _expectation(point: SolvedModel, names: tuple[str, ...]) -> Array:
    """Return the variances after one step of expectation-maximisation."""
    residual = point.system.variances.residual
    after = {
        name: (float(effects @ effects) + residual * trace) / len(effects)
        for name, (effects, trace) in _parts(point).items()
    }
    free = len(point.residuals) - point.system.design.fixed
    after["residual"] = float(point.system.design.values @ point.residuals) / free
    return np.array([after[name] for name in names])
