"""What jobs do: each kind takes the request as it was asked, tells how far it is, and stops when asked to.

The problem: a job may be begun again by another worker when the first one is gone, so each kind only
computes, or writes under keys of its own; what came of it is written once, by whoever holds the lease.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from ..contracts.forecast import forecast
from ..contracts.terms.compiled import compile_terms
from ..finance import acts
from ..finance.allocation import (
    AllocationDocument,
    AllocationResult,
    allocate,
    allocate_at_risk,
    allocate_in_order,
    judged,
    recheck,
)
from ..finance.allocation.result import Progress
from ..finance.errors import DocumentInvalid, Infeasible
from ..finance.storage import Engine, UnitOfWork
from .allocation_answers import done_of, frontier_of, impossible_of
from .wire.allocations import AllocationDone, AllocationTask
from .wire.jobs import (
    SimulationDone,
    SimulationJobRequest,
    VerificationDone,
)

STAGES = ("prices", "core", "search")
MOST_FINDINGS = 1000


class Stopped(Exception):
    """Somebody asked the job to stop, or its worker ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the work of a job is given.

    Attributes
    ----------
    content : bytes
        The request.
    tell : callable
        Takes stage, steps done and steps in all.
    stopped : callable
        Whether to stop now.
    """

    engine: Engine
    book: str
    content: bytes
    tell: Callable[[str, int, int], None]
    stopped: Callable[[], bool]

    def go_on(self) -> None:
        """Raise ``Stopped`` when it is to stop."""
        if self.stopped():
            raise Stopped


def find_allocation(task: Task) -> AllocationDone:
    """Find an allocation; that there is none is a result, too, with the limits that conflict."""
    asked = AllocationTask.model_validate_json(task.content)
    document = asked.problem
    task.tell("reading", 0, len(STAGES) + 1)

    def told(progress: Progress) -> None:
        step = STAGES.index(progress.stage) + 1 if progress.stage in STAGES else 0
        task.tell(progress.stage, step, len(STAGES) + 1)

    try:
        posed, result = _solved(document, asked, task, told)
    except Infeasible as why:
        return impossible_of(document, why, asked)
    task.go_on()
    recheck(posed, result.allocation)
    found = done_of(posed, result, asked)
    if not asked.points:
        return found
    task.tell("budgets", len(STAGES) + 1, len(STAGES) + 1)
    return found.model_copy(update={"frontier": frontier_of(document, asked.points, float(asked.deadline_s))})


def _solved(
    document: AllocationDocument,
    asked: AllocationTask,
    task: Task,
    told: Callable[[Progress], None],
) -> tuple[AllocationDocument, AllocationResult]:
    """Answer a problem as its objective asks: what was posed, and the answer."""
    goal = document.objective
    if asked.strategy == "auto" and goal.order:
        last = allocate_in_order(document, deadline_s=float(asked.deadline_s), progress=told)[-1]
        return last.posed, last.result
    if asked.strategy == "auto" and (goal.mode != "mean" or document.evidence.count):
        risk = allocate_at_risk(document, deadline_s=float(asked.deadline_s))
        if risk.allocation != risk.result.allocation:
            return risk.posed, judged(risk.posed, risk.result, risk.allocation)
        return risk.posed, risk.result
    if goal.order or goal.mode != "mean" or document.evidence.count:
        raise DocumentInvalid(
            f"The strategy {asked.strategy} counts gains as written; this problem has evidence, a cautious "
            "objective or metrics in an order. Leave the strategy out, or take these sections out.",
            got=asked.strategy,
        )
    result = allocate(
        document,
        deadline_s=float(asked.deadline_s),
        strategy=asked.strategy,
        cancel=task.stopped,
        progress=told,
    )
    return document, result


def simulate_terms(task: Task) -> SimulationDone:
    """Pay terms on many drawn paths."""
    asked = SimulationJobRequest.model_validate_json(task.content)

    def told(done: int) -> None:
        task.tell("paths", done, asked.paths)
        task.go_on()

    task.tell("reading", 0, asked.paths)
    program = compile_terms(asked.terms)
    found = forecast(program, asked.outcomes, paths=asked.paths, seed=asked.seed, progress=told)
    return SimulationDone(forecast=found.to_json().decode())


def verify_book(task: Task) -> VerificationDone:
    """Derive the whole book again and compare."""
    task.tell("verifying", 0, 1)
    with UnitOfWork(task.engine) as session:
        found = acts.verify(session, task.book)
    return VerificationDone(
        verified=found.verified,
        transactions=found.transactions,
        postings=found.postings,
        findings=list(found.findings[:MOST_FINDINGS]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: the operation that asks for it, whose rule it keeps to, and its work."""

    operation: str
    work: Callable[[Task], BaseModel]


KINDS: Mapping[str, Kind] = {
    "allocation": Kind(operation="job.allocate", work=find_allocation),
    "simulation": Kind(operation="job.simulate", work=simulate_terms),
    "verification": Kind(operation="job.verify", work=verify_book),
}
