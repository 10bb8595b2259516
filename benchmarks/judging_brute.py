"""The best assignment of a small problem by trying everything, with nothing shared with the solver.

The problem: a certified optimum is only as good as its certificate. Cases of six applications and five judges
are small enough to try every set of readers of every application, counting loads as they fill.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from almoner.challenges.assignment import AssignmentProblem, ReaderMinimum

BP = 10_000
RARE, SOMETIMES, OFTEN = 0.1, 0.3, 0.4
KEPT = Fraction(99, 100)
Loads = tuple[int, ...]
Figures = tuple[int, int, Fraction, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """One set of readers of one application: loads, missing reads, missing sorts, floor and cost."""

    loads: Loads
    missing: int
    lacking: int
    share: Fraction
    cost: int


def draw_case(seed: int) -> AssignmentProblem:
    """Return a small problem drawn by chance; most can be filled, some cannot.

    Parameters
    ----------
    seed : int [1]
        Of the draw.
    """
    rng = random.Random(seed)  # noqa: S311 - a case, not a secret
    applications, judges = tuple(f"a{at}" for at in range(6)), tuple(f"j{at}" for at in range(5))
    affinity = np.array([[rng.randrange(101) / 100 for _ in judges] for _ in applications])
    pairs = [(one, two) for one in applications for two in judges]
    barred = {pair: "conflict:drawn" for pair in pairs if rng.random() < rng.choice((0.0, RARE, SOMETIMES))}
    low, high = rng.choice(((0, 2), (0, 3), (1, 2), (1, 3), (2, 3)))
    previous = tuple(pair for pair in pairs if rng.random() < SOMETIMES) if rng.random() < SOMETIMES else ()
    pins = tuple(pair for pair in pairs[:1] if pair not in barred and rng.random() < SOMETIMES)
    senior = ReaderMinimum(name="senior", judges=frozenset(rng.sample(judges, 2)))
    return AssignmentProblem(
        applications=applications,
        judges=judges,
        affinity=affinity,
        demand=tuple(rng.choice((1, 2, 2)) for _ in applications),
        weights=tuple(rng.choice((1, 1, 2)) for _ in applications),
        load_lo=low,
        load_hi=high,
        overload=rng.choice((0, 0, 1)),
        barred=barred,
        soft={pair: 0.4 for pair in pairs if rng.random() < RARE},
        organisations=tuple(rng.choice(("x", "y", "")) for _ in judges),
        minima=(senior,) if rng.random() < OFTEN else (),
        separated=(("j0", "j1"), ("j1", "j2")) if rng.random() < SOMETIMES else (),
        pins=pins,
        previous=previous,
        floor=rng.choice(("absolute", "relative")),
        connect=False,
    )


def best_by_trying(problem: AssignmentProblem) -> Figures:
    """Return the best missing reads, shortfall, floor that is reached, and cost [bp].

    Parameters
    ----------
    problem : AssignmentProblem
        With the same loads for all judges, one cap, and none of the rules for panels.
    """
    menus = [list(_choices(problem, at)) for at in range(len(problem.applications))]
    best = min(_filled(problem, menus, Fraction(0)))[:2]
    shares = sorted({choice.share for menu in menus for choice in menu} | {Fraction(1)})
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high + 1) // 2
        reached = min(_filled(problem, menus, shares[middle]), default=(np.inf, 0, 0))[:2]
        low, high = (middle, high) if reached == best else (low, middle - 1)
    kept = [row for row in _filled(problem, menus, KEPT * shares[low]) if row[:2] == best]
    return best[0], best[1], shares[low], min(row[2] for row in kept)


def _choices(problem: AssignmentProblem, at: int) -> Iterator[Choice]:
    application = problem.applications[at]
    demand, weight = (figures[at] for figures in (problem.demand, problem.weights))  # type: ignore[index] # drawn
    bp = {judge: round(problem.affinity[at, place] * BP) for place, judge in enumerate(problem.judges)}
    free = [judge for judge in problem.judges if (application, judge) not in problem.barred]
    full = demand * BP if problem.floor == "absolute" else sum(sorted(bp[j] for j in free)[-demand:])
    fixed = {judge for one, judge in problem.pins if one == application}
    for size in range(demand + 1):
        for readers in combinations(free, size):
            if not fixed <= set(readers) or not _is_lawful(problem, readers):
                continue
            lacking = sum(1 for minimum in problem.minima if not minimum.judges & set(readers))
            cost = sum(_extra(problem, (application, judge)) - bp[judge] for judge in readers)
            reached = sum(bp[judge] for judge in readers) + BP * (demand - size)
            yield Choice(
                loads=tuple(int(judge in readers) for judge in problem.judges),
                missing=weight * (demand - size),
                lacking=lacking,
                share=min(Fraction(1), Fraction(reached, full)) if full else Fraction(1),
                cost=cost,
            )


def _is_lawful(problem: AssignmentProblem, readers: tuple[str, ...]) -> bool:
    own = [problem.organisations[problem.judges.index(judge)] for judge in readers]
    named = [name for name in own if name]
    apart = any(one in readers and other in readers for one, other in problem.separated)
    return len(named) == len(set(named)) and not apart


def _extra(problem: AssignmentProblem, pair: tuple[str, str]) -> int:
    soft = round(problem.soft.get(pair, 0.0) * problem.soft_cost * BP)
    move = round(problem.move_cost * BP) if problem.previous else 0
    return soft + (-move if pair in problem.previous else move)


def _filled(
    problem: AssignmentProblem, menus: list[list[Choice]], line: Fraction
) -> set[tuple[int, int, int]]:
    """Return missing reads, shortfall and cost of what can be had with every floor above a line."""
    low, high, over = problem.load_lo, problem.load_hi, problem.overload
    if not (isinstance(low, int) and isinstance(high, int) and isinstance(over, int)):
        raise TypeError("The cases give one load for all judges.")
    held: dict[tuple[Loads, int, int], int] = {((0,) * len(problem.judges), 0, 0): 0}
    for menu in menus:
        grown: dict[tuple[Loads, int, int], int] = {}
        for (loads, missing, lacking), cost in held.items():
            for choice in menu:
                total = tuple(map(sum, zip(loads, choice.loads, strict=True)))
                if choice.share < line or max(total) > high + over:
                    continue
                key = (total, missing + choice.missing, lacking + choice.lacking)
                grown[key] = min(grown.get(key, 10**9), cost + choice.cost)
        held = grown
    moved = round(problem.move_cost * BP) * len(problem.previous)
    uneven = round(problem.load_cost * BP)
    return {
        (
            missing,
            lacking + sum(max(0, low - load) + max(0, load - high) for load in loads),
            cost + moved + uneven * sum(max(0, load - low) ** 2 for load in loads),
        )
        for (loads, missing, lacking), cost in held.items()
    }
