"""How fast and how near to the best judges are assigned.

The problem: a fast assignment that nobody can prove, or a proof that nobody waits for, helps no round. The
figures are those of rounds as they are held: 500 applications, 259 judges, five reads each, twelve fields,
conflicts and one judge of an organisation; every answer is looked through again for conflicts, small ones are
compared with everything that there is, and planted shortages must be named.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from almoner.challenges.assignment import AssignmentProblem, ReaderMinimum, assign
from almoner.challenges.assignment.aims import cost_aim
from almoner.challenges.assignment.grid import compile_grid
from almoner.challenges.assignment.model import StageLines, build_model
from almoner.finance.allocation.model.highs import Search, run
from benchmarks.judging_brute import best_by_trying, draw_case
from benchmarks.judging_shortages import plant_shortages, said

Figures = dict[str, Any]
APPLICATIONS, JUDGES, ORGANISATIONS, FIELDS = 500, 259, 120, 12
CONFLICTS, SENIORS, SEPARATED, NOISE = 0.03, 0.3, 20, 0.05
SEEDS, SMALL_CASES, SHORTAGES = range(1, 5), 400, 100
QUICK_SEEDS, QUICK_CASES, QUICK_SHORTAGES = range(1, 2), 12, 8
GAP, LIMIT_S, PLAIN_LIMIT_S = 1e-3, 10.0, 60.0
RULES = ("plain", "bound")
AFFINITIES = ("fields", "random")


def large_case(seed: int, *, affinities: str = "fields", rules: str = "plain") -> AssignmentProblem:
    """Return a round of full size.

    Parameters
    ----------
    seed : int [1]
        Of the draw.
    affinities : str
        ``fields``: profiles over twelve fields, or ``random``.
    rules : str
        ``plain``, or ``bound``: also a senior judge for each application and 20 separated pairs.
    """
    rng = np.random.default_rng(seed)
    applications = tuple(f"a{at:03}" for at in range(APPLICATIONS))
    judges = tuple(f"j{at:03}" for at in range(JUDGES))
    home, employer = rng.integers(0, ORGANISATIONS, JUDGES), rng.integers(0, ORGANISATIONS, APPLICATIONS)
    declared = rng.random((APPLICATIONS, JUDGES)) < CONFLICTS
    barred = {
        (applications[row], judges[at]): "conflict:declared" for row, at in np.argwhere(declared).tolist()
    }
    for row, at in np.argwhere(employer[:, None] == home[None, :]).tolist():
        barred[applications[row], judges[at]] = "conflict:same_organisation"
    problem = AssignmentProblem(
        applications=applications,
        judges=judges,
        affinity=_fields(rng) if affinities == "fields" else rng.random((APPLICATIONS, JUDGES)).round(3),
        demand=5,
        load_lo=8,
        load_hi=10,
        organisations=tuple(f"o{at}" for at in home),
        barred=barred,
    )
    return problem if rules == "plain" else _bound(problem, rng)


def _fields(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    experts = rng.dirichlet(np.full(FIELDS, 0.25), JUDGES)
    asked = rng.dirichlet(0.25 * rng.uniform(0.5, 2.0, FIELDS), APPLICATIONS)
    noisy = asked @ experts.T + rng.normal(0, NOISE, (APPLICATIONS, JUDGES))
    return np.asarray(np.clip(noisy, 0, 1).round(3))


def _bound(problem: AssignmentProblem, rng: np.random.Generator) -> AssignmentProblem:
    judges = problem.judges
    senior = frozenset(judges[at] for at in np.flatnonzero(rng.random(JUDGES) < SENIORS))
    apart = [rng.choice(JUDGES, 2, replace=False).tolist() for _ in range(SEPARATED)]
    return replace(
        problem,
        minima=(ReaderMinimum(name="senior", judges=senior),),
        separated=tuple((judges[one], judges[other]) for one, other in apart),
    )


def assignment_figures(*, quick: bool = False) -> Figures:
    """Measure rounds of full size, small ones against everything, and planted shortages.

    Parameters
    ----------
    quick : bool
        Fewer of each.
    """
    shapes = AFFINITIES[:1] if quick else AFFINITIES
    rounds = list(_rounds(QUICK_SEEDS if quick else SEEDS, shapes))
    small = compare_small(QUICK_CASES if quick else SMALL_CASES)
    shortages = compare_shortages(QUICK_SHORTAGES if quick else SHORTAGES)
    made: Figures = {
        "seconds": max(row["seconds"] for row in rounds),
        "cpu_seconds": max(row["cpu_seconds"] for row in rounds),
        "gap": max(row["gap"] for row in rounds),
        "conflicts": sum(row["conflicts"] for row in rounds),
        "small": small,
        "shortages": shortages,
        "rounds": rounds,
    }
    if not quick:
        made["plain_milp"] = plain_milp(large_case(SEEDS[0]))
    made["aims"] = {
        "10 s of processor time": made["cpu_seconds"] <= LIMIT_S,
        "gap of 0.1 %": made["gap"] <= GAP,
        "every stage proven": all(row["state"] == "optimal" for row in rounds),
        "no conflict": made["conflicts"] == 0,
        "small ones are the best": small["equal"] == small["cases"],
        "causes named": shortages["named"] == shortages["cases"],
        "first changes hold": shortages["mended"] == shortages["cases"],
    }
    return made


def _rounds(seeds: range, shapes: tuple[str, ...]) -> Iterator[Figures]:
    for seed in seeds:
        for affinities in shapes:
            for rules in RULES:
                problem = large_case(seed, affinities=affinities, rules=rules)
                yield {"seed": seed, "affinities": affinities, "rules": rules, **measure_round(problem)}


def measure_round(problem: AssignmentProblem, *, limit_s: float = LIMIT_S) -> Figures:
    """Assign one round and look through the answer again.

    Parameters
    ----------
    problem : AssignmentProblem
        Of full size.
    limit_s : float [s]
        Of processor time; one thread, so that the machine's other work does not count.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    answer = assign(problem, seed=1, gap=GAP, limit_s=limit_s, clock=time.process_time)
    return {
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "gap": answer.gap,
        "state": answer.state,
        "pairs": len(answer.pairs),
        "conflicts": sum(pair in problem.barred for pair in answer.pairs),
        "stages": {stage.name: [stage.value, stage.bound] for stage in answer.stages},
        "lambda_2": answer.graph.lambda_2,
        "planned_error": answer.graph.se_within,
    }


def compare_small(cases: int) -> Figures:
    """Compare small assignments with the best of all that there are.

    Parameters
    ----------
    cases : int [problems]
        How many.
    """
    equal = 0
    for seed in range(cases):
        problem = draw_case(seed)
        missing, shortfall, _, cost = best_by_trying(problem)
        answer = assign(problem, seed=1, gap=0.0)
        reached = [stage.value for stage in answer.stages if stage.name != "floor"]
        equal += reached == [missing, shortfall, cost] and answer.state == "optimal"
    return {"cases": cases, "equal": equal}


def compare_shortages(cases: int) -> Figures:
    """Let planted shortages be explained, and make the first change that is proposed.

    Parameters
    ----------
    cases : int [problems]
        How many.
    """
    named = mended = 0
    for planted in plant_shortages(cases):
        shortage = assign(planted.problem, seed=1).shortage
        if shortage is None or not shortage.changes:
            continue
        named += said(planted.cause) in shortage.causes
        mended += assign(shortage.changes[0].applied(planted.problem), seed=1).shortage is None
    return {"cases": cases, "named": named, "mended": mended}


def plain_milp(problem: AssignmentProblem) -> Figures:
    """Solve the last stage alone, without a floor, over all pairs as one mixed-integer problem.

    Parameters
    ----------
    problem : AssignmentProblem
        Of full size.
    """
    cpu = time.process_time()
    grid = compile_grid(problem, seed=1)
    aim = cost_aim(grid)
    model = build_model(grid, grid.allowed, StageLines(missing=0, shortfall=0))
    model = model.with_cost(aim.others(model) | {"x": aim.pair_cost[model.row, model.column]})
    outcome = run(model.matrix, Search(gap=GAP, deadline_s=PLAIN_LIMIT_S))
    return {"cpu_seconds": round(time.process_time() - cpu, 2), "status": outcome.status}
