"""Jobs over HTTP: long work is asked for, watched and cancelled; a worker does it."""

import json
from uuid import UUID

from pydantic import BaseModel

from ...contracts.outcomes.document import EXAMPLE as OUTCOMES
from ...contracts.terms.document import EXAMPLE as TERMS
from ...finance.documents import canonical_bytes
from ..door import Call
from ..errors import JobsFull
from ..ids import new_id
from ..operation import Operation
from ..paging import page_of, read_cursor
from ..records import jobs
from ..records.jobs import Job, JobFilter
from ..wire.allocations import AllocationJobRequest, AllocationTask
from ..wire.jobs import (
    JobList,
    JobMade,
    JobQuery,
    JobReply,
    SimulationJobRequest,
    VerificationJobRequest,
    job_fields,
)

AT_ONCE = 4
PROBLEM = {
    "schema": "almoner.allocation/2",
    "unit": "USD",
    "scale": 2,
    "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    "interventions": [{"intervention_id": "w7"}],
    "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}],
}


EXAMPLE = {
    "terms": json.loads(TERMS),
    "outcomes": json.loads(OUTCOMES),
    "paths": 1000,
    "seed": 7,
}


def allocate_by_job(call: Call, body: AllocationJobRequest) -> JobMade:
    """Ask for an allocation and its certificate; that none exists is a result, too."""
    given = {name: getattr(body, name) for name in AllocationJobRequest.model_fields}
    given["problem"] = body.problem.model_copy(update={"gap": body.gap or body.problem.gap})
    return ask_for_job(call, "allocation", AllocationTask.model_construct(**given))


def simulate_by_job(call: Call, body: SimulationJobRequest) -> JobMade:
    """Ask for terms to be paid on many drawn paths."""
    return ask_for_job(call, "simulation", body)


def verify_by_job(call: Call, body: VerificationJobRequest) -> JobMade:
    """Ask for the whole book to be derived again and compared."""
    return ask_for_job(call, "verification", body)


def list_jobs(call: Call, query: JobQuery) -> JobList:
    """List the jobs of the caller's party, without what came of them."""
    after = read_cursor(call, query, "job.list")
    found = jobs.list_jobs(
        call.session,
        call.book_id,
        JobFilter(party=call.own, state=query.state, kind=query.kind, newest=query.newest),
        after=UUID(str(after[0])) if after else None,
        limit=query.limit + 1,
    )
    rows, following = page_of(call, query, found, lambda one: (str(one.id),), name="job.list")
    return JobList(items=[JobReply(**job_fields(one, masked=True)) for one in rows], next=following)


def read_job(call: Call, job: UUID) -> JobReply:
    """Return how far a job is, and what came of it."""
    return JobReply(**job_fields(find_job(call, job), masked=call.access.masked))


def cancel_job(call: Call, job: UUID) -> JobMade:
    """Cancel a job that waits, or ask one that runs to stop; one that ended stays as it is."""
    jobs.ask_to_stop(call.session, job, call.now)
    return JobMade(**job_fields(find_job(call, job)))


def ask_for_job(call: Call, kind: str, body: BaseModel) -> JobMade:
    """Let a worker do something.

    Raises
    ------
    JobsFull
        When the party has as many jobs already as it may have at once.
    """
    if jobs.count_open(call.session, call.book_id, call.party) >= AT_ONCE:
        raise JobsFull(
            f"{call.party} has {AT_ONCE} jobs that have not ended, the most at once. Wait, or cancel one.",
            seconds=AT_ONCE,
            limit=AT_ONCE,
        )
    made = Job(
        id=new_id(call.now),
        book_id=call.book_id,
        kind=kind,
        state="waiting",
        person=call.person,
        party=call.party,
        input=canonical_bytes(body.model_dump(mode="json", by_alias=True)),
        result=None,
        problem=None,
        stage="",
        done=0,
        total=0,
        asked_to_stop=0,
        attempts=0,
        created_at=call.now,
        started_at=None,
        finished_at=None,
        leased_by=None,
        leased_until=None,
        version=1,
    )
    jobs.keep_job(call.session, made)
    call.location = f"/books/{call.book}/jobs/{made.id}"
    return JobMade(**job_fields(made))


def find_job(call: Call, job: UUID) -> Job:
    """Return a job of the book."""
    return jobs.find_job(call.session, call.book_id, job)


def job_owner(call: Call, job: UUID, **_rest: object) -> tuple[str, ...]:
    """Return the party that asked for a job."""
    return (find_job(call, job).party,)


_ALL = "/books/{book}/jobs"
_ONE = _ALL + "/{job}"
OPERATIONS = (
    Operation(
        name="job.allocate",
        method="POST",
        path=_ALL + "/allocations",
        handler=allocate_by_job,
        tag="jobs",
        status=202,
        examples={"one": {"problem": PROBLEM, "deadline_s": 10}},
    ),
    Operation(
        name="job.cancel",
        method="POST",
        path=_ONE + "/cancellation",
        handler=cancel_job,
        tag="jobs",
        status=202,
        owner=job_owner,
    ),
    Operation(name="job.list", method="GET", path=_ALL, handler=list_jobs, tag="jobs", narrows=True),
    Operation(name="job.read", method="GET", path=_ONE, handler=read_job, tag="jobs", owner=job_owner),
    Operation(
        name="job.simulate",
        method="POST",
        path=_ALL + "/simulations",
        handler=simulate_by_job,
        tag="jobs",
        status=202,
        examples={"nights": EXAMPLE},
    ),
    Operation(
        name="job.verify",
        method="POST",
        path=_ALL + "/verifications",
        handler=verify_by_job,
        tag="jobs",
        status=202,
        examples={"book": {}},
    ),
)
