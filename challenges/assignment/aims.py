"""What each stage of an assignment makes least, in the order of the stages.

The problem: one sum of weights lets a good match outvote a missing read. The stages are kept apart: missing
reads, then readers of a sort and loads, then the lowest floor, then affinity with what is traded for it.
"""

import math
from fractions import Fraction

import numpy as np

from .grid import AssignmentGrid, Int
from .measures import measure
from .model import PoolModel, slice_costs
from .problem import BP
from .stages import Costs, StageAim

KEPT = Fraction(99, 100)  # of the best floor
MARGINS = (0.01 * BP, 0.03 * BP, 0.1 * BP)


def missing_aim(grid: AssignmentGrid) -> StageAim:
    """Stage a: weighted missing reads."""
    weights = grid.weights.astype(np.float64)
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: {"s": weights},
        counted=lambda pairs: float(measure(grid, pairs).missing),
    )


def shortfall_aim(grid: AssignmentGrid) -> StageAim:
    """Stage b: readers of a sort, load below the least and above the most."""
    names = ["e", "o", *(f"t{at}" for at in range(len(grid.sorts)))]
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: dict.fromkeys(names, 1.0),
        counted=lambda pairs: float(measure(grid, pairs).shortfall),
    )


def floor_aim(grid: AssignmentGrid) -> StageAim:
    """Stage c: the lowest floor."""
    return StageAim(
        pair_cost=np.zeros(grid.affinity.shape),
        others=lambda _: {"z": -1.0},
        counted=lambda pairs: -float(measure(grid, pairs).floor),
        step=0.0,
    )


def cost_aim(grid: AssignmentGrid) -> StageAim:
    """Stage d: affinity, even load, changes, soft conflicts."""
    usual, over = slice_costs(grid)

    def others(_: PoolModel) -> Costs:
        return {"y": usual, "o": over}

    return StageAim(
        pair_cost=grid.pair_cost.astype(np.float64),
        others=others,
        counted=lambda pairs: float(measure(grid, pairs).cost - grid.constant),
        margins=MARGINS,
    )


def floor_line(grid: AssignmentGrid, floor: Fraction) -> Int:
    """Return what the affinities of each application must add up to, for 99 % of a floor [bp]."""
    line = KEPT * floor
    return np.array([math.ceil(line * full) for full in grid.full_floor.tolist()], np.int64)
