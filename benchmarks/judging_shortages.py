"""Assignments with a shortage that was planted: what it is told to be must be what it is.

The problem: an explanation can be true and beside the point. Every problem here can be filled; then one cause
takes reads away, and the explanation must name it and propose a change that brings all of them back.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from almoner.challenges.assignment import AssignmentProblem

CAUSES = ("conflict", "language", "load", "organisation", "separation", "closed", "panel", "soft")
APPLICATIONS, JUDGES, DEMAND = 24, 12, 3


@dataclass(frozen=True, slots=True)
class PlantedShortage:
    """A problem, and what takes its reads away."""

    cause: str
    problem: AssignmentProblem


def plant_shortages(count: int, first: int = 0) -> Iterator[PlantedShortage]:
    """Plant shortages, every cause in turn.

    Parameters
    ----------
    count, first : int [problems], int [1]
        How many, from which seed on.
    """
    for seed in range(first, first + count):
        cause = CAUSES[seed % len(CAUSES)]
        yield PlantedShortage(cause, _PLANT[cause](_sound(seed), random.Random(seed)))  # noqa: S311 - a case


def _sound(seed: int) -> AssignmentProblem:
    """Return a problem with room for every read."""
    rng = np.random.default_rng(seed)
    return AssignmentProblem(
        applications=tuple(f"a{at:02}" for at in range(APPLICATIONS)),
        judges=tuple(f"j{at:02}" for at in range(JUDGES)),
        affinity=rng.random((APPLICATIONS, JUDGES)).round(2),
        demand=DEMAND,
        load_hi=9,
        connect=False,
    )


def _barred(problem: AssignmentProblem, rng: random.Random, reason: str, left: int) -> AssignmentProblem:
    """Leave one application fewer judges than it asks for."""
    application = rng.choice(problem.applications)
    out = rng.sample(problem.judges, JUDGES - left)
    return replace(problem, barred={(application, judge): reason for judge in out})


def _conflict(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    return _barred(problem, rng, "conflict:financial", rng.randrange(DEMAND))


def _language(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    return _barred(problem, rng, "language", rng.randrange(DEMAND))


def _panel(problem: AssignmentProblem, _: random.Random) -> AssignmentProblem:
    small, large = "east", "west"
    panels = [small if at % 4 == 0 else large for at in range(APPLICATIONS)]
    own = [small] * 2 + [large] * (JUDGES - 2)
    return replace(problem, panels=panels, judge_panels=own, within_panels=True)


def _soft(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    return _barred(problem, rng, "soft:collaborator", DEMAND - 1)


def _load(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    """Let a field of nine be read by few judges, who can give less than it needs."""
    field = rng.sample(problem.applications, 9)
    readers = rng.sample(problem.judges, 4)
    others = [judge for judge in problem.judges if judge not in readers]
    barred = {(application, judge): "field" for application in field for judge in others}
    high = [6 if judge in readers else 9 for judge in problem.judges]
    return replace(problem, barred=barred, load_hi=tuple(high))


def _organisation(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    application = rng.choice(problem.applications)
    same = rng.sample(range(JUDGES), 4)
    out = [judge for at, judge in enumerate(problem.judges) if at not in same]
    keep = out[: DEMAND - 2]
    barred = {(application, judge): "language" for judge in out[DEMAND - 2 :] if judge not in keep}
    own = ["harbour" if at in same else "" for at in range(JUDGES)]
    return replace(problem, barred=barred, organisations=own)


def _separation(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    application = rng.choice(problem.applications)
    kept = rng.sample(problem.judges, DEMAND)
    barred = {(application, judge): "language" for judge in problem.judges if judge not in kept}
    return replace(problem, barred=barred, separated=((kept[0], kept[1]),))


def _closed(problem: AssignmentProblem, rng: random.Random) -> AssignmentProblem:
    gone = rng.sample(problem.judges, JUDGES - DEMAND + 1)
    return replace(problem, closed=dict.fromkeys(gone, "recused"), load_hi=APPLICATIONS)


_PLANT = {
    "conflict": _conflict,
    "language": _language,
    "load": _load,
    "organisation": _organisation,
    "separation": _separation,
    "closed": _closed,
    "panel": _panel,
    "soft": _soft,
}
SAID = {"conflict": "conflict:financial", "closed": "recused", "soft": "soft:collaborator"}


def said(cause: str) -> str:
    """Return the word by which an explanation names a planted cause."""
    return SAID.get(cause, cause)
