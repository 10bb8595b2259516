"""What is asked and answered about jobs: long work, how far it is, and what came of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.terms.document import TermDocument
from ..records.jobs import Job
from .allocations import AllocationDone
from .base import Asked, Instant, Made, PageQuery, Problem, Reply


class SimulationJobRequest(Asked):
    """Terms to pay on many drawn paths.

    Attributes
    ----------
    paths : int [paths]
        How many.
    seed : int [seed]
        The same seed gives the same bytes.
    """

    terms: TermDocument
    outcomes: OutcomesDocument
    paths: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0


class VerificationJobRequest(Asked):
    """A verification of the whole book; there is nothing to choose."""


class SimulationDone(Reply):
    """What comes of terms over many paths.

    Attributes
    ----------
    forecast : str
        The exact bytes of the forecast, a JSON document ``almoner.forecast/1``.
    """

    kind: Literal["simulation"] = "simulation"
    forecast: str


class VerificationDone(Reply):
    """What a verification of the whole book found.

    Attributes
    ----------
    findings : list of str
        Every fault with its place, the first thousand.
    """

    kind: Literal["verification"] = "verification"
    verified: bool
    transactions: int
    postings: int
    findings: list[str]


JobDone = Annotated[AllocationDone | SimulationDone | VerificationDone, Field(discriminator="kind")]
_DONE: TypeAdapter[Any] = TypeAdapter(JobDone)


class JobFields(Reply):
    """What all answers about a job tell.

    Attributes
    ----------
    state : str
        ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
    done, total : int [steps]
        How far it is; ``done`` never falls.
    result : object or None
        What came of it; absent for an administrator.
    problem : Problem or None
        Why it failed.
    """

    id: UUID
    kind: str
    state: str
    party: str
    stage: str
    done: int
    total: int
    stopping: bool
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    version: int
    result: JobDone | None
    problem: Problem | None


def job_fields(job: Job, *, masked: bool = False) -> dict[str, Any]:
    """Return a job as fields of an answer; masked, without what came of it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "party": job.party,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "stopping": bool(job.asked_to_stop),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "version": job.version,
        "result": None if masked or job.result is None else _DONE.validate_json(bytes(job.result)),
        "problem": None if masked or job.problem is None else Problem.model_validate_json(bytes(job.problem)),
    }


class JobReply(JobFields):
    """A job and how far it is."""


class JobMade(Made, JobFields):
    """A job as it was asked for, or asked to stop."""


class JobQuery(PageQuery):
    """Which jobs.

    Attributes
    ----------
    kind : str
        ``allocation``, ``simulation`` or ``verification``; empty for all.
    newest : bool
        The newest first.
    """

    kind: Literal["", "allocation", "simulation", "verification"] = ""
    newest: bool = False
    state: Literal["", "waiting", "running", "done", "failed", "cancelled"] = ""


class JobList(Reply):
    """A page of jobs."""

    items: list[JobReply]
    next: str | None
