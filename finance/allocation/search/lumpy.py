"""Asks of middle size that come whole or not at all: straight to the search over everything.

The problem: some hundred all-or-nothing asks under tight caps leave a gap between prices and what can be
given. Small models of what prices leave open are then as hard as the whole, and their answers far from the
best. With tickets merged the whole is small enough to be searched at once, from the answer of a small model.
Where there is no money at all, only choices, small models are easy again and come first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .primal import FRACTION, TINY, PrimalSearch

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST_CELLS = 5_000  # above it prices leave so little open that growing models are enough
PARTS = 0.01  # of the cells: so many in parts mean that asks are lumpy
FIRST_CHOICES, FIRST_NODES, FIRST_GAP = 60, 100, 10
QUIET = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
}


@dataclass(slots=True, kw_only=True)
class LumpySearch(PrimalSearch):
    """The search for problems of middle size: a small model, then everything."""

    def run(self) -> None:
        """Find a first answer, then solve what nothing excludes."""
        is_lumpy = self.parts().sum() > PARTS * len(self.net) and not self.model.integer.all()
        if not is_lumpy or not TINY < len(self.net) <= MOST_CELLS:
            PrimalSearch.run(self)
            return
        self.begin()
        if not self.limits.is_over() and not self.standing.is_near(self.limits.gap):
            undecided = ~self.decided() if self.standing.x is not None else np.ones(len(self.net), bool)
            self.finish(undecided)

    def begin(self) -> None:
        """Solve a small model of what prices decide least."""
        opened = self.nearest(np.ones(len(self.net), bool), self.doubt(), FIRST_CHOICES)
        everything = np.ones(self.folding.cap.shape, bool)
        core = self.folding.fold(self.level, self.working, opened | self.parts(), everything)
        if core is not None:
            options = QUIET | {"mip_max_nodes": FIRST_NODES}
            self.take(core, self.solve(core, self.limits.left(), FIRST_GAP, options=options), "core")

    def doubt(self) -> Floats:
        """Return how clearly prices decide each cell [value units], given the partners it funds."""
        links, level = self.oracle.links, self.pricing.level
        worth = self.pricing.reply.worth.copy()
        size = len(links.bonus_worth)
        total = np.bincount(links.bonus_of, level[links.bonus_cell], size)
        count = np.bincount(links.bonus_of, minlength=size)
        others = total[links.bonus_of] - level[links.bonus_cell] - count[links.bonus_of] + 2
        np.add.at(worth, links.bonus_cell, links.bonus_worth[links.bonus_of] * np.clip(others, 0.0, 1.0))
        for one, other in ((links.first, links.second), (links.second, links.first)):
            np.add.at(worth, one, -links.overlap_worth * level[other])
        alone = worth.copy()
        leans = (level[links.head] < 1 - FRACTION) | (level[links.tail] > 0)
        np.add.at(worth, links.head, np.maximum(alone[links.tail], 0.0) * leans)
        lacks = level[links.head] < 1 - FRACTION
        np.add.at(worth, links.tail, np.minimum(alone[links.head], 0.0) * lacks)
        return np.abs(worth[self.model.layout.cells])

    def nearest(self, inside: Bools, doubt: Floats, count: int) -> Bools:
        """Return the cells inside that are decided least."""
        cells = np.flatnonzero(inside)
        chosen = cells[np.argsort(doubt[cells], kind="stable")[:count]]
        out = np.zeros(len(inside), bool)
        out[chosen] = True
        return out
