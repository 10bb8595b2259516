"""One stage of an assignment: the least cost over all allowed pairs, as a bound and as whole pairs.

The problem: each stage is a linear problem over more pairs than need be looked at, then a small search in
whole numbers. The linear problem grows until no absent pair prices in, so that its bound holds for all; the
search keeps what the reduced costs leave open, and says how far from the bound it ends.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...finance.allocation.model.highs import (
    Matrix,
    Outcome,
    Search,
    is_credible,
    new_highs,
    run,
    run_on,
)
from .grid import AssignmentGrid, Mask
from .model import Float, PoolModel, StageLines, build_model, first_pool
from .pricing import PricedPairs, price_pairs

POOL = 60  # best pairs of each application and judge
ROUNDS = 25
SLIGHT = 1e-6  # what a reduced cost may be below zero, relative to the size of costs
NEAR = 1e-6  # relative to the size of a bound: what its rounding may hide
INTERIOR: Mapping[str, Any] = {"solver": "ipm", "run_crossover": "off"}
VERTEX: Mapping[str, Any] = {"solver": "ipm", "run_crossover": "on"}
Costs = dict[str, Float | float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageAim:
    """What a stage makes least.

    Attributes
    ----------
    pair_cost : float array [solver units]
        Of every pair.
    others : Callable
        Costs of the other columns of a model.
    counted : Callable
        The exact cost of whole pairs, in solver units.
    step : float [solver units]
        A better answer is better by at least so much; 0 where any difference is possible.
    margins : sequence of float [solver units]
        Reduced costs beyond which a pair counts as decided, tried in turn.

    Examples
    --------
    >>> StageAim.__slots__[0]
    'pair_cost'
    """

    pair_cost: Float
    others: Callable[[PoolModel], Costs]
    counted: Callable[[Mask], float]
    step: float = 1.0
    margins: Sequence[float] = ()

    def rounded(self, bound: float) -> float:
        """Return a bound raised to the next figure that an answer can have."""
        if not self.step or not math.isfinite(bound):
            return bound
        return math.ceil((bound - NEAR * max(1.0, abs(bound) * NEAR)) / self.step) * self.step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """A stage without whole numbers, bounded over all allowed pairs.

    Attributes
    ----------
    model : PoolModel
        The last model.
    x : float array [1]
        Values of its columns.
    priced : PricedPairs
        All pairs under its duals.

    Examples
    --------
    >>> Relaxed.__slots__[0]
    'model'
    """

    model: PoolModel
    x: Float
    priced: PricedPairs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Whole:
    """A stage in whole pairs.

    Attributes
    ----------
    pairs : bool array
        Which judge reads what.
    value, bound : float [solver units]
        Its cost, and what no assignment undercuts.

    Examples
    --------
    >>> Whole(pairs=np.zeros((1, 1), np.bool_), value=2.0, bound=2.0).is_within(0.0)
    True
    """

    pairs: Mask
    value: float
    bound: float

    def is_within(self, gap: float) -> bool:
        """Whether it is near enough to its bound.

        Parameters
        ----------
        gap : float [1]
            Relative distance.
        """
        return self.value - self.bound <= gap * abs(self.bound)


@dataclass(slots=True)
class StageRun:
    """The tables, the pool so far and the time that is left.

    Attributes
    ----------
    grid : AssignmentGrid
        Tables.
    left : Callable
        Time left [s].
    seed : int [1]
        Of the solver.
    best : int [pairs]
        Of each application and judge, to begin with.

    Examples
    --------
    >>> StageRun.__slots__[0]
    'grid'
    """

    grid: AssignmentGrid
    left: Callable[[], float]
    seed: int
    best: int = POOL
    pool: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.pool = first_pool(self.grid, self.best)

    def relax(
        self, aim: StageAim, lines: StageLines, options: Mapping[str, Any] | None = None
    ) -> Relaxed | None:
        """Solve a stage without whole numbers; None where it has no answer or no time.

        Parameters
        ----------
        aim : StageAim
            What is made least.
        lines : StageLines
            What earlier stages have fixed.
        options : Mapping or None
            Of the solver; an interior point where not given.
        """
        size = float(np.abs(aim.pair_cost).max(initial=1.0))
        for _ in range(ROUNDS):
            if self.left() <= 0:
                return None
            model = self._model(aim, lines, self.pool)
            outcome = self.solve(model.relaxed(), options or INTERIOR)
            if outcome.status == "no_answer":
                outcome = self.solve(model.relaxed(), {})
            if outcome.x is None or outcome.row_dual is None:
                return None
            priced = price_pairs(self.grid, model, outcome.row_dual, pair_cost=aim.pair_cost, lines=lines)
            entering = priced.entering(self.grid, self.pool, below=-SLIGHT * size)
            slack = outcome.objective - priced.bound
            if not entering.any() or slack <= SLIGHT * (1 + abs(priced.bound)):
                return Relaxed(model=model, x=outcome.x, priced=priced)
            self.pool = self.pool | entering
        return None

    def least(
        self,
        aim: StageAim,
        lines: StageLines,
        *,
        gap: float,
        bound: float = -math.inf,
        is_patient: bool = True,
    ) -> Whole | None:
        """Solve a stage in whole pairs; None where it has no answer or no time.

        Parameters
        ----------
        aim : StageAim
            What is made least.
        lines : StageLines
            What earlier stages have fixed.
        gap : float [1]
            Relative distance to the bound that is enough.
        bound : float [solver units]
            A bound from elsewhere.
        is_patient : bool
            Whether to go on where the first search among a few pairs finds nothing.
        """
        relaxed = self.relax(aim, lines)
        if relaxed is None:
            return None
        bound = max(bound, aim.rounded(relaxed.priced.bound))
        best: Whole | None = None
        for margin in (*aim.margins, math.inf):
            found = self._decided(aim, lines, relaxed.priced, margin=margin, bound=bound, gap=gap)
            best = _better(best, found)
            if best is None and not is_patient:
                return None
            if self.left() <= 0 or (best is not None and best.is_within(gap)):
                return best
        return self._proven(aim, lines, relaxed.priced, best, gap=gap) if best is not None else None

    def _decided(
        self,
        aim: StageAim,
        lines: StageLines,
        priced: PricedPairs,
        *,
        margin: float,
        bound: float,
        gap: float,
    ) -> Whole | None:
        """Search among the pairs whose reduced costs leave them open."""
        one = self.grid.pinned | (self.pool & (priced.reduced < -margin))
        pool = one | (self.pool & (priced.reduced <= margin))
        is_part = math.isfinite(margin)
        found = self._search(aim, lines, pool, one=one, bound=bound, gap=gap, is_part=is_part)
        return None if found is None else replace(found, bound=bound)

    def _proven(
        self, aim: StageAim, lines: StageLines, priced: PricedPairs, best: Whole, *, gap: float
    ) -> Whole:
        """Search among all pairs that a better assignment can have; what it proves holds for all of them."""
        spare = best.value - priced.bound
        pool = self.grid.pinned | (self.grid.allowed & (priced.reduced <= spare + SLIGHT * (1 + abs(spare))))
        found = self._search(aim, lines, pool, one=self.grid.pinned, bound=best.bound, gap=gap)
        if found is None:
            return best
        value, pairs = min((best.value, 0), (found.value, 1))
        bound = max(best.bound, min(aim.rounded(found.bound), value))
        return Whole(pairs=(best, found)[pairs].pairs, value=value, bound=bound)

    def _search(
        self,
        aim: StageAim,
        lines: StageLines,
        pool: Mask,
        *,
        one: Mask,
        bound: float,
        gap: float,
        is_part: bool = False,
    ) -> Whole | None:
        model = self._model(aim, lines, pool)
        matrix = model.matrix
        lower = matrix.lower.copy()
        lower[: len(model.row)] = np.maximum(lower[: len(model.row)], one[model.row, model.column])
        search = Search(gap=gap, bound=bound, step=aim.step)
        matrix = replace(matrix, lower=lower)
        outcome = self.look(matrix, search) if is_part else self.solve(matrix, {}, search)
        if outcome.x is None:
            return None
        pairs = model.table(outcome.x, pool.shape)
        return Whole(pairs=pairs, value=aim.counted(pairs), bound=outcome.bound)

    def _model(self, aim: StageAim, lines: StageLines, pool: Mask) -> PoolModel:
        model = build_model(self.grid, pool, lines)
        return model.with_cost(aim.others(model) | {"x": aim.pair_cost[model.row, model.column]})

    def reached(self, lines: StageLines) -> Mask | None:
        """Return any pairs of the pool that keep all lines; None where none were found.

        Parameters
        ----------
        lines : StageLines
            What must be kept.
        """
        model = build_model(self.grid, self.pool, lines).with_cost({})
        outcome = self.look(model.matrix, Search())
        return None if outcome.x is None else model.table(outcome.x, self.pool.shape)

    def look(self, matrix: Matrix, search: Search) -> Outcome:
        """Run the solver once, where nothing rests on its word that there is no answer."""
        limits = replace(search, deadline_s=max(0.0, self.left()), options=self._options({}))
        outcome = run_on(new_highs(limits.options), matrix, limits)
        return outcome if outcome.x is None or is_credible(matrix, outcome) else replace(outcome, x=None)

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {"random_seed": self.seed % 2**31, **options}

    def solve(self, matrix: Matrix, options: Mapping[str, Any], search: Search | None = None) -> Outcome:
        """Run the solver within the time that is left."""
        limits = replace(search or Search(), deadline_s=max(0.0, self.left()))
        return run(matrix, replace(limits, options=self._options(options)))


def _better(one: Whole | None, other: Whole | None) -> Whole | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda whole: whole.value)
