"""Prices under which nobody wants more than there is: the least bound that prices can prove.

The problem: any prices give a bound; good ones give one that no allocation misses by much, and tell which
choices are open at all. The bound is convex in the prices, so every call of the oracle says on which side
of it better prices lie. A small linear program over all that was said proposes the next prices, inside a
box around the best ones so far; its multipliers average the choices made on the way into the relaxation's
solution.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..model.small_lp import SmallLP
from .oracle import Oracle, Reply

Floats = NDArray[np.float64]
Codes = NDArray[np.int16]
FIRST_BOX = 0.15  # of a typical price
GROW, SHRINK, WIDEN = 1.5, 0.6, 4.0
SERIOUS = 0.1  # part of the predicted gain that must come true for the box to move and grow
KEPT = 240  # cuts
HALVES = 3  # levels 0, 1/2, 1
ACTIVE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What the search for prices found.

    Attributes
    ----------
    bound : float [value units]
        The least bound seen.
    prices : float [prices]
        Where it was seen.
    reply : Reply
        What the oracle said there.
    level : float [cells]
        How much of each cell the relaxation funds, 0 to 1.
    working : float [cells], [1,000 major units]
        Its working money when funded.
    calls : int [calls]
        Of the oracle.
    is_converged : bool
        Whether the program over the cuts promised nothing better.
    """

    bound: float
    prices: Floats
    reply: Reply
    level: Floats
    working: Floats
    calls: int
    is_converged: bool


def first_prices(oracle: Oracle) -> tuple[Floats, Floats]:
    """Return prices to start from, and what a large step is for each of them.

    All funds pooled, the best cells first: the price of money is what the last one paid for brings.
    """
    arrays, menu = oracle.arrays, oracle.menu
    cost = menu.money[-1] + oracle.fixed
    is_paid = (cost > 0) & ~oracle.links.closed
    rate = np.zeros(len(cost))
    rate[is_paid] = menu.value[-1][is_paid] / cost[is_paid]
    order = np.argsort(-rate, kind="stable")
    last = int(np.searchsorted(np.cumsum(np.where(is_paid, cost, 0.0)[order]), oracle.budget.sum()))
    money = float(rate[order[min(last, len(order) - 1)]])
    typical = float(rate[is_paid].mean()) if is_paid.any() else 1.0
    unit = max(money, 0.1 * typical, 1e-6)
    head = oracle.funds * oracle.periods
    prices = np.zeros(oracle.size)
    prices[:head] = money
    step = np.full(oracle.size, unit)
    counts = np.diff(oracle.rows.count.indptr)
    weight = abs(oracle.rows.count).sum(axis=1) / np.maximum(counts, 1)
    award = float(cost[is_paid].mean()) if is_paid.any() else 1.0
    step[head:][counts > 0] = (unit * award / np.maximum(weight, 1e-9))[counts > 0]
    for row in np.flatnonzero(np.diff(oracle.rows.metric.indptr)).tolist():
        metric = int(oracle.rows.metric.indices[oracle.rows.metric.indptr[row]])
        step[head + row] = float(arrays.metric_weight[metric]) or 1.0
    return prices, step


@dataclass(slots=True)
class _Memory:
    """Choices made on the way, one code per cell and call."""

    oracle: Oracle
    codes: list[Codes] = field(default_factory=list)

    def add(self, reply: Reply) -> None:
        code = reply.choice * HALVES + np.rint(2 * reply.level).astype(np.int64)
        self.codes.append(code.astype(np.int16))

    def drop(self, gone: NDArray[np.bool_]) -> None:
        self.codes = [code for code, is_gone in zip(self.codes, gone.tolist(), strict=True) if not is_gone]

    def mean(self, weights: Floats) -> tuple[Floats, Floats]:
        """Average the choices: level, and working money where funded."""
        cells = np.arange(len(self.oracle.owner))
        level, money = np.zeros(len(cells)), np.zeros(len(cells))
        total = float(weights.sum()) or 1.0
        for code, weight in zip(self.codes, weights.tolist(), strict=True):
            if weight > ACTIVE:
                part = (code % HALVES) * (weight / total / 2)
                level += part
                money += part * self.oracle.menu.money[code // HALVES, cells]
        funded = level > ACTIVE
        money[funded] /= level[funded]
        return level, money


class PriceSearch:
    """The loop: ask, add a cut, propose."""

    def __init__(self, oracle: Oracle, start: Floats, step: Floats) -> None:
        self.oracle, self.step = oracle, step
        self.prices = np.arange(oracle.size)
        cost, lower = np.append(np.zeros(oracle.size), 1.0), np.append(np.zeros(oracle.size), -np.inf)
        self.master = SmallLP(cost=cost, lower=lower, options={"presolve": "off"})
        self.memory = _Memory(oracle)
        self.proposal = self.centre = start
        self.box = FIRST_BOX
        self.bound = np.inf
        self.predicted = np.inf
        self.calls = 0
        self.weights = np.zeros(0)
        self.best: tuple[Floats, Reply] | None = None

    def ask(self) -> None:
        """Ask at the proposal; move the centre when the bound fell enough."""
        at = self.proposal
        reply = self.oracle.ask(at)
        self.calls += 1
        self.memory.add(reply)
        cut = np.append(-reply.slope, 1.0)[None]
        self.master.add_rows(cut, low=reply.bound - float(reply.slope @ at))
        fell = self.bound - reply.bound
        if fell > 0:
            if self.best is not None:
                self.box *= GROW if fell > SERIOUS * self.predicted else 1.0
            self.bound, self.centre, self.best = reply.bound, at, (at, reply)
        elif fell < 0:
            self.box *= SHRINK

    def propose(self, tolerance: float) -> bool:
        """Propose the next prices; return whether nothing better is promised anywhere near."""
        for width in (self.box, self.box * WIDEN, self.box * WIDEN**4):
            around = width * self.step
            lower = np.maximum(self.centre - around, 0.0)
            self.master.change_bounds(self.prices, lower, self.centre + around)
            answer = self.master.solve()
            if answer.x is None or answer.row_dual is None:
                return True
            self.weights = np.maximum(answer.row_dual, 0.0)
            self.proposal = np.maximum(answer.x[:-1], 0.0)
            self.predicted = max(0.0, self.bound - float(answer.x[-1]))
            self.box = width
            if self.predicted >= tolerance * abs(self.bound):
                self._forget()
                return False
        return True

    def _forget(self) -> None:
        """Drop the oldest cuts that carry no weight once there are too many."""
        spare = len(self.memory.codes) - KEPT
        if spare <= 0:
            return
        idle = np.flatnonzero(self.weights <= ACTIVE)[:spare]
        gone = np.zeros(len(self.memory.codes), bool)
        gone[idle] = True
        self.master.delete_rows(idle)
        self.memory.drop(gone)
        self.weights = self.weights[~gone]

    def found(self, *, is_converged: bool) -> Pricing:
        """Return the best prices, and the average choice."""
        prices, reply = self.best or (self.proposal, self.oracle.ask(self.proposal))
        level, working = self.memory.mean(self.weights)
        return Pricing(
            bound=self.bound,
            prices=prices,
            reply=reply,
            level=level,
            working=working,
            calls=self.calls,
            is_converged=is_converged,
        )


def find_prices(
    oracle: Oracle,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-6,
    calls: int = 300,
    stop: Callable[[float], bool] = lambda _: False,
) -> Pricing:
    """Search for the prices with the least bound.

    Parameters
    ----------
    oracle : Oracle
        The problem.
    start : float [prices], optional
        Earlier prices.
    tolerance : float [1]
        Relative gain below which the search ends.
    calls : int [calls]
        At most so many calls of the oracle.
    stop : Callable
        Told the bound after each call; true ends the search.
    """
    first, step = first_prices(oracle)
    search = PriceSearch(oracle, first if start is None else np.maximum(start, 0.0), step)
    is_converged = False
    while search.calls < calls and not is_converged:
        search.ask()
        is_over = stop(search.bound)
        is_converged = search.propose(tolerance)
        if is_over:
            break
    return search.found(is_converged=is_converged)
