"""The contenders of the allocation benchmark: plain HiGHS, objects of PuLP, CBC and ours, on one instance.

Every contender gets the same instance and the same gap, on one thread; what is counted is CPU seconds of the
process and of the processes that it started. The instance is in memory already: as a matrix for HiGHS, as a
read document for ours.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pulp

from almoner.finance.allocation import Allocation, AllocationDocument, AllocationResult, allocate
from almoner.finance.allocation.checking import verifier as verifier_script
from almoner.finance.allocation.frames import from_frames
from benchmarks.instances.conflicts import frames
from benchmarks.instances.generate import generate
from benchmarks.instances.matrices import Matrix, matrix, raw_highs
from benchmarks.instances.model import Allocation as Answer
from benchmarks.instances.model import Family, Instance, value, violations

GAP = Fraction(1, 10_000)
Figures = dict[str, Any]


def cpu_s() -> float:
    """Return CPU seconds of this process and of those that it waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(work: Callable[[], Figures]) -> Figures:
    """Run one contender and add its CPU and wall time [s].

    Parameters
    ----------
    work : callable
        Returns the contender's figures.
    """
    cpu, wall = cpu_s(), time.perf_counter()
    found = work()
    return {**found, "cpu_s": cpu_s() - cpu, "wall_s": time.perf_counter() - wall}


def middle(work: Callable[[], Figures], times: int) -> Figures:
    """Run a contender several times and return the run of median CPU time.

    Parameters
    ----------
    work : callable
        Returns figures with ``cpu_s``.
    times : int
        Odd.
    """
    runs = sorted((work() for _ in range(times)), key=lambda run: float(run["cpu_s"]))
    return runs[times // 2]


def document_of(instance: Instance) -> AllocationDocument:
    """Return an instance as a document that has been read and lowered."""
    document = from_frames(frames(instance))
    assert document.arrays.n == instance.n  # noqa: S101 - lowered before any clock runs
    return document


def raw(instance: Instance, form: Any, limit_s: float) -> Figures:  # noqa: ANN401 - one of two words
    """Solve the reference matrix with plain HiGHS.

    Parameters
    ----------
    instance : Instance
        What is solved.
    form : str
        ``base`` or ``aggregated``.
    limit_s : float [s]
        Wall time at which it stops.
    """
    model = matrix(instance, form)
    return timed(lambda: _plain(raw_highs(model, gap=float(GAP), limit_s=limit_s)))


def _plain(found: Figures) -> Figures:
    kept = {name: found[name] for name in ("status", "value", "bound")}
    best, bound = kept["value"], kept["bound"]
    gap = (bound - best) / abs(best) if best and bound is not None else None
    return {**kept, "gap": gap}


def objects(instance: Instance, solver: str, limit_s: float) -> Figures:
    """Write the model as PuLP objects, row by row, and solve it.

    Parameters
    ----------
    instance : Instance
        What is solved.
    solver : str
        ``HiGHS`` or ``CBC``.
    limit_s : float [s]
        Wall time at which it stops.
    """
    model = matrix(instance, "base")
    return timed(lambda: _objects(model, solver, limit_s))


def _objects(model: Matrix, solver: str, limit_s: float) -> Figures:
    problem = pulp.LpProblem("naive", pulp.LpMinimize)
    kinds = ("Continuous", "Integer")
    columns = [
        problem.add_variable(f"x{at}", low, None if np.isinf(high) else high, kinds[int(whole)])
        for at, (low, high, whole) in enumerate(
            zip(model.lb.tolist(), model.ub.tolist(), model.integer.tolist(), strict=True)
        )
    ]
    problem.setObjective(
        pulp.lpSum(-cost * column for cost, column in zip(model.c.tolist(), columns, strict=True) if cost)
    )
    rows = model.A.tocsr()
    for at in range(rows.shape[0]):
        span = slice(rows.indptr[at], rows.indptr[at + 1])
        terms = zip(rows.indices[span].tolist(), rows.data[span].tolist(), strict=True)
        total = pulp.lpSum(factor * columns[column] for column, factor in terms)
        if np.isfinite(model.lo[at]):
            problem.addConstraint(total >= float(model.lo[at]), f"l{at}")
        if np.isfinite(model.hi[at]):
            problem.addConstraint(total <= float(model.hi[at]), f"h{at}")
    options = {"msg": False, "gapRel": float(GAP), "timeLimit": limit_s, "threads": 1}
    cbc = getattr(pulp, "PULP_CBC_CMD", pulp.COIN_CMD)  # PuLP 4 has no CBC of its own
    answer = problem.solve(pulp.HiGHS(**options) if solver == "HiGHS" else cbc(**options))
    if isinstance(answer, int):  # PuLP 3: the number of a word; the rest stands on the problem
        word, has_answer = pulp.LpStatus[answer], problem.sol_status in {1, 2}
    else:
        word, has_answer = answer.status.name, answer.has_solution
    found = problem.objective.value() if has_answer else None
    return {
        "status": word,
        "value": None if found is None else -found,
        "bound": None,
        "gap": None,
    }


def ours(
    document: AllocationDocument, *, deadline_s: float, gap: Fraction = GAP
) -> tuple[Figures, AllocationResult]:
    """Allocate, with rounding, exact re-check and certificate.

    Parameters
    ----------
    document : AllocationDocument
        Read before.
    deadline_s : float [s]
        Wall time at which it stops.
    gap : Fraction [1]
        At which it may stop.
    """
    held: list[AllocationResult] = []

    def work() -> Figures:
        result = allocate(document, gap=gap, deadline_s=deadline_s)
        held.append(result)
        return {
            "status": result.status,
            "value": float(result.value),
            "bound": float(result.bound),
            "gap": None if result.gap is None else float(result.gap),
            "kind": result.certificate.kind,
        }

    return timed(work), held[0]


def refereed(instance: Instance, result: AllocationResult) -> Figures:
    """Judge our answer by the referee of the instances and by the verifier in another process.

    Parameters
    ----------
    instance : Instance
        What was solved.
    result : AllocationResult
        The answer.
    """
    answer = answer_of(instance, result.allocation)
    return {
        "violations": len(violations(instance, answer)),
        "value_agrees": value(instance, answer) == result.value,
    }


def answer_of(instance: Instance, allocation: Allocation) -> Answer:
    """Return our allocation in the arrays of the instance.

    Parameters
    ----------
    instance : Instance
        What was solved.
    allocation : Allocation
        The answer.
    """
    count, periods, funds = instance.n, instance.periods, instance.budget_minor.shape[0]
    flow = np.zeros((count, funds, periods), np.int64)
    for line in allocation.lines:
        flow[int(line.intervention_id[1:]), int(line.fund_id[1:]), line.period] = line.amount_minor
    carry = np.zeros((funds, periods), np.int64)
    for kept in allocation.carried:
        carry[int(kept.fund_id[1:]), kept.period] = kept.amount_minor
    funded = flow.sum(axis=1) > 0
    starts = funded & ~np.concatenate([np.zeros((count, 1), bool), funded[:, :-1]], axis=1)
    work = flow.sum(axis=1) - instance.fixed_minor[:, None] * funded - instance.start_minor[:, None] * starts
    return Answer(work_minor=work, flow_minor=flow, carry_minor=carry)


def verified(document: AllocationDocument, result: AllocationResult) -> Figures:
    """Let the verifier check the three files in a process of its own.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        The answer and its certificate.
    """
    with TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("problem.json", "allocation.json", "certificate.json")]
        answer = (result.allocation.canonical_bytes(), result.certificate.canonical_bytes())
        for file, raw in zip(files, (document.canonical_bytes(), *answer), strict=True):
            file.write_bytes(raw)
        command = [sys.executable, str(verifier_script.__file__), *map(str, files)]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own files
        took = time.perf_counter() - began
        size = files[2].stat().st_size
    return {"accepted": done.returncode == 0, "verifier_s": took, "certificate_bytes": size}


def peak_mib(family: Family, size: int, seed: int, deadline_s: float) -> Figures:
    """Allocate in a fresh process and return its peak memory, from import to result [MiB].

    Parameters
    ----------
    family, size, seed : str, int [interventions], int
        The instance.
    deadline_s : float [s]
        Wall time at which it stops.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "problem.json"
        path.write_bytes(document_of(generate(family, size, seed)).canonical_bytes())
        code = (
            "import resource, sys\n"
            "from pathlib import Path\n"
            "from almoner.finance.allocation import AllocationDocument, allocate\n"
            f"document = AllocationDocument.read(Path({str(path)!r}).read_bytes())\n"
            f"result = allocate(document, deadline_s={deadline_s})\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, result.gap)\n"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    peak, gap = done.stdout.split()
    return {"peak_mib": int(peak), "gap": float(Fraction(gap)) if gap != "None" else None}
