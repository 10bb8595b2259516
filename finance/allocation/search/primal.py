"""From prices to an allocation: decide what the prices decide, solve the rest, grow until it is proved.

The problem: prices prove a bound, but what they would buy breaks budgets by a little. The choices that
prices leave open are few; with all others decided they are solved exactly, and when the answer is not near
enough to the bound, more of them are opened. What the bound excludes for good (flip it, and the answer is
worse than the one known) never comes back; when everything else is open, the solver's own bound holds for
the whole problem.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..model.compile import CompiledModel
from ..model.highs import Outcome, Search, run
from .core import CoreModel, Folding
from .covers import with_covers
from .dual import Pricing
from .merging import merge_tickets
from .oracle import Oracle
from .timing import SearchShares

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FIRST = 60  # open choices of the first small model
LEAST = 12
COVERED = 5000  # cells up to which the whole model gets rows for covers
TINY, LUMPY = 400, 0.05  # cells up to which so many parts in the relaxation mean: no small models
HALF = 0.5
GROWTH = 2
LOOSE = 2  # loose segments for each open choice
MICRO = 10**6
FRACTION = 0.01
NEEDS_DEPTH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """When to stop, and whom to tell.

    Attributes
    ----------
    gap : float [1]
        Relative gap to reach.
    left : Callable
        Seconds that are left.
    cancel : Callable
        Whether to stop at once.
    tell : Callable
        Told value, bound [value units] and stage of every step forward.
    options : Mapping
        Of the solver.
    """

    gap: float
    left: Callable[[], float]
    cancel: Callable[[], bool]
    tell: Callable[[float, float, str], None]
    options: Mapping[str, object] = field(default_factory=dict)

    def is_over(self) -> bool:
        """Whether the time is up or the search is cancelled."""
        return self.left() <= 0 or self.cancel()


@dataclass(slots=True, kw_only=True)
class SearchStanding:
    """The best answer and the best bound so far.

    Attributes
    ----------
    x : float [columns] or None, [solver units]
        Values of the whole model.
    value, bound : float [value units]
    step : float [value units]
        A better answer is worth at least so much more; 0 where any difference is possible.
    is_price_bound : bool
        Whether prices prove the bound; otherwise it rests on the solver's search.
    is_infeasible : bool
        Whether the solver found that nothing keeps every rule.
    """

    bound: float
    x: Floats | None = None
    value: float = -np.inf
    step: float = 0.0
    is_price_bound: bool = True
    is_infeasible: bool = False

    @property
    def slack(self) -> float:
        """What a better answer can lose and still be one [value units]."""
        return self.bound - self.value - self.step

    def is_near(self, gap: float) -> bool:
        """Whether the value is within the gap of the bound, or no better one lies between."""
        return self.x is not None and (self.bound - self.value <= gap * abs(self.value) or self.slack < 0)


@dataclass(slots=True, kw_only=True)
class PrimalSearch:
    """The growing of small models, from prices to a proved answer."""

    oracle: Oracle
    model: CompiledModel
    pricing: Pricing
    limits: SearchLimits
    standing: SearchStanding
    folding: Folding = field(init=False)
    level: Floats = field(init=False)
    working: Floats = field(init=False)
    net: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.folding = Folding(self.model)
        cells = self.model.layout.cells
        per_unit = self.model.units.money / self.oracle.arrays.minor_per_block
        self.net = self.pricing.reply.net[cells]
        self.level = self.rounded()[cells]
        own = self.oracle.menu.money[self.pricing.reply.choice, np.arange(len(self.oracle.owner))]
        held = self.pricing.level > FRACTION
        arrays = self.oracle.arrays
        money = np.where(held, self.pricing.working, own)
        money = np.clip(money, arrays.low / arrays.minor_per_block, arrays.high / arrays.minor_per_block)
        self.working = money[cells] / per_unit

    def rounded(self) -> Floats:
        """Round the relaxation's choice, with all that it needs."""
        links = self.oracle.links
        level = (self.pricing.level >= 1 / 2).astype(float)
        level[links.locked] = 1.0
        level[links.closed] = 0.0
        for _ in range(NEEDS_DEPTH):
            lacking = (level[links.tail] > level[links.head]) & ~links.closed[links.head]
            if not lacking.any():
                break
            level[links.head[lacking]] = 1.0
        return level

    def decided(self) -> Bools:
        """Cells whose other choice cannot be part of a better answer."""
        slack = self.pricing.bound - self.standing.value - self.standing.step
        out: Bools = np.abs(self.net) > slack + 1e-9 * abs(self.pricing.bound)
        return out

    def run(self) -> None:
        """Grow until the gap is reached, all is open, or the time is up."""
        cells = len(self.net)
        count = max(LEAST, min(FIRST, cells // 6))
        shares = SearchShares.of(self.model, self.limits.left())
        if cells <= TINY and self.parts().sum() > LUMPY * cells:
            count = cells
        while not self.limits.is_over() and not self.standing.is_near(self.limits.gap):
            undecided = ~self.decided() if self.standing.x is not None else np.ones(cells, bool)
            nearly_all = count >= shares.nearly_all * int(undecided.sum())
            if nearly_all or shares.is_time_for_all(self.limits.left()):
                self.finish(undecided)
                return
            self.step(count, undecided, shares)
            count *= GROWTH

    def parts(self) -> Bools:
        """Cells that the relaxation funds in part."""
        level = self.pricing.level[self.model.layout.cells]
        out: Bools = (level > FRACTION) & (level < 1 - FRACTION)
        return out

    def step(self, count: int, undecided: Bools, shares: SearchShares) -> None:
        """Solve a small model with so many open choices, in its share of the time."""
        core = self.folding.fold(self.level, self.working, self.opened(count, undecided), self.loose(count))
        if core is None:
            return
        outcome = self.solve(core, shares.of_one(self.limits.left()), HALF, options=shares.options)
        self.take(core, outcome, "core")

    def opened(self, count: int, undecided: Bools) -> Bools:
        """Choose the cells that prices decide least: those in parts first, then by worth for their money."""
        arrays = self.oracle.arrays
        cells = self.model.layout.cells
        size = (arrays.high[cells] + self.model.layout.fixed) / arrays.minor_per_block
        score = np.abs(self.net) / np.maximum(size, 1e-6)
        score[self.parts()] = -1.0
        score[~undecided] = np.inf
        out = np.zeros(len(score), bool)
        out[np.argsort(score, kind="stable")[:count]] = True
        return out & undecided

    def loose(self, count: int) -> Bools:
        """Choose the segments of decided cells whose gain is nearest to their price."""
        lay = self.model.layout
        price = self.pricing.reply.unit_price[lay.cells]
        away = np.abs(lay.gain / MICRO - price[:, None])
        away[(lay.cap == 0) | (self.level[:, None] == 0)] = np.inf
        number = min(LOOSE * count, away.size) - 1
        reach = np.partition(away.ravel(), number)[number]
        out: Bools = (away <= reach) & np.isfinite(away)
        return out

    def solve(
        self,
        core: CoreModel,
        deadline_s: float,
        part: float = 1.0,
        *,
        options: Mapping[str, object] | None = None,
        progress: Callable[[float, float], None] | None = None,
    ) -> Outcome:
        """Hand a small model to the solver, tickets merged, with the known answer and a part of the gap."""
        limits = self.limits
        merged = merge_tickets(self.model, core.matrix, core.columns)
        search = Search(
            gap=limits.gap * part,
            deadline_s=deadline_s,
            bound=self.model.objective(self.standing.bound * MICRO),
            start=None if self.standing.x is None else merged.part(self.standing.x[core.columns]),
            cancel=limits.cancel,
            progress=progress,
            step=self.standing.step * MICRO / self.model.units.value,
            options={**limits.options, **(options or {})},
        )
        outcome = run(merged.matrix, search)
        return outcome if outcome.x is None else replace(outcome, x=merged.whole(outcome.x))

    def take(self, core: CoreModel, outcome: Outcome, stage: str) -> None:
        """Keep an answer that is better than the one known."""
        if outcome.x is None:
            return
        value = self.model.micro(outcome.objective) / MICRO
        if value <= self.standing.value:
            return
        x = core.whole(outcome.x)
        x[self.model.integer] = np.rint(x[self.model.integer])
        self.standing.x, self.standing.value = x, value
        lay = self.model.layout
        self.level = np.rint(x[lay.y])
        spent = np.where(lay.money >= 0, x[lay.money], 0.0).sum(axis=1)
        self.working = np.where(self.level > 0, spent, self.working)
        self.limits.tell(value, self.standing.bound, stage)

    def told(self, objective: float, bound: float) -> None:
        """Pass on how far a search over everything that is open has come."""
        value = max(self.standing.value, self.model.micro(objective) / MICRO)
        self.limits.tell(value, max(value, self.model.micro(bound) / MICRO), "search")

    def finish(self, undecided: Bools) -> None:
        """Solve everything that is not excluded; the solver's bound then holds for the whole problem."""
        if len(self.net) <= COVERED and not self.model.integer.all():
            self.folding = Folding(with_covers(self.model))
        everything = np.ones(self.folding.cap.shape, bool)
        must = self.model.lower[self.model.layout.y] > 0  # locked, whatever it is worth
        prior = np.where((self.net > 0) | must, 1.0, 0.0)
        level = np.where(undecided, self.level, prior)
        core = self.folding.fold(level, self.working, undecided, everything)
        if core is None:
            core = self.folding.fold(level, self.working, np.ones(len(level), bool), everything)
        if core is None:
            return
        outcome = self.solve(core, self.limits.left(), progress=self.told)
        self.take(core, outcome, "search")
        if outcome.status == "infeasible" and self.standing.x is None:
            self.standing.is_infeasible = True
            return
        if outcome.status == "infeasible":
            outcome = replace(outcome, status="solved")
        proved = self.model.micro(outcome.bound) / MICRO
        if not np.isfinite(proved):  # it stopped before it had a bound
            return
        proved = max(proved, self.standing.value)
        if outcome.status in {"solved", "stopped"} and proved < self.standing.bound:
            self.standing.bound, self.standing.is_price_bound = proved, False
            self.limits.tell(self.standing.value, proved, "search")
