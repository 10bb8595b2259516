"""Allocations over HTTP: what a job was asked, the same with changes, and a decision that two people make.

The problem: an allocation is a proposal that moves nothing; what a board decided must say which exact bytes
it decided for, why, and who agreed. Proposals and approvals are commands that are kept, as of other acts of
two people: the proposal names the digests of allocation and certificate, and so does the approval.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from ...finance.allocation import AllocationDocument
from ...finance.allocation.conflict.edits import Edit, edited
from ...finance.allocation.reasons.overrides import with_overrides
from ...finance.documents import canonical_bytes
from ...finance.errors import AllocationError, AlreadyExists, Missing, SamePerson
from ...finance.money import decimal_count
from ..door import Call
from ..errors import PreconditionStale
from ..operation import Operation
from ..records.jobs import Job
from ..records.proposed import find_proposed, list_proposed
from ..wire.allocations import (
    AllocationApprovalMade,
    AllocationApprovalRequest,
    AllocationDecisionLine,
    AllocationDecisionList,
    AllocationDecisionMade,
    AllocationDecisionRequest,
    AllocationDone,
    AllocationFund,
    AllocationProblem,
    AllocationTask,
    AllocationVariantRequest,
)
from ..wire.jobs import JobMade
from .jobs import ask_for_job, find_job, job_owner

ONE = "/books/{book}/jobs/{job}"
DECISIONS = ONE + "/decisions"
APPROVALS = DECISIONS + "/{decision}/approvals"


def read_problem(call: Call, job: UUID) -> AllocationProblem:
    """Return what a job of an allocation was asked: the problem with its funds and titles."""
    asked = _asked(_allocation(call, job))
    document = asked.problem
    raw = document.canonical_bytes()
    names = document.interventions.texts("intervention_id")
    return AllocationProblem(
        label=asked.label,
        base=asked.base,
        changes=asked.changes,
        deadline_s=asked.deadline_s,
        gap=document.gap,
        points=asked.points,
        unit=document.unit,
        periods=list(document.arrays.periods),
        funds=_funds(document),
        interventions=dict(zip(names, document.interventions.texts("title"), strict=True)),
        problem=raw.decode(),
        problem_sha256=hashlib.sha256(raw).hexdigest(),
    )


def _funds(document: AllocationDocument) -> list[AllocationFund]:
    table = document.funds
    rows = zip(
        table.texts("fund_id"),
        table.ints("period").tolist(),
        table.ints("budget_minor").tolist(),
        table.columns["unit"],
        strict=True,
    )
    return [
        AllocationFund(
            fund_id=fund, period=period, budget=document.amount(minor), unit=str(unit or document.unit)
        )
        for fund, period, minor, unit in rows
    ]


def vary_allocation(call: Call, job: UUID, body: AllocationVariantRequest) -> JobMade:
    """Ask for an allocation of an earlier problem again: as it was, or with changes.

    A change that the earlier answer offered is applied exactly as it was read; a decision of people is kept
    in the problem with its reason and who asked for it.
    """
    found = _allocation(call, job)
    asked = _asked(found)
    edits = [*_fixed(found, body.fix), *_budgets(asked.problem, body)]
    problem = edited(asked.problem, edits)
    if body.overrides:
        problem = with_overrides(problem, _overrides(call, problem, body))
    problem.verify()
    made = AllocationTask.model_construct(
        problem=problem.model_copy(update={"gap": body.gap or problem.gap}),
        deadline_s=body.deadline_s or asked.deadline_s,
        strategy=asked.strategy,
        label=body.label or asked.label,
        gap=None,
        points=asked.points if body.points is None else body.points,
        base=job,
        changes=list(_changes(found, asked.problem, body)),
    )
    return ask_for_job(call, "allocation", made)


def _fixed(job: Job, number: int | None) -> list[Edit]:
    if number is None:
        return []
    offered = _done(job).fixes
    if number >= len(offered):
        raise Missing(
            f"This answer offers {len(offered)} changes, counted from 0.", what="fix", code=str(number)
        )
    return [one.edit() for one in offered[number].edits]


def _budgets(problem: AllocationDocument, body: AllocationVariantRequest) -> list[Edit]:
    known = {(one.fund_id, one.period) for one in _funds(problem)}
    found = []
    for one in body.budgets:
        if (one.fund_id, one.period) not in known:
            raise Missing(
                f"This problem has no money of {one.fund_id} in period {one.period}, counted from 0.",
                what="fund",
                code=one.fund_id,
            )
        minor = decimal_count(one.budget, problem.scale, "budget")
        key: dict[str, object] = {"fund_id": one.fund_id, "period": one.period}
        found.append(Edit(section="funds", key=key, values={"budget_minor": minor}))
    return found


def _overrides(
    call: Call, problem: AllocationDocument, body: AllocationVariantRequest
) -> list[dict[str, object]]:
    return [
        {
            "override_id": f"{one.kind}-{one.intervention_id}",
            "kind": one.kind,
            "intervention_id": one.intervention_id,
            "amount_minor": None if one.amount is None else decimal_count(one.amount, problem.scale),
            "reason": one.reason,
            "decided_by": f"{call.person} for {call.party}",
        }
        for one in body.overrides
    ]


def _changes(job: Job, problem: AllocationDocument, body: AllocationVariantRequest) -> Iterator[str]:
    """Say what is changed."""
    if body.fix is not None:
        yield _done(job).fixes[body.fix].sentence
    periods = problem.arrays.periods
    now = {(one.fund_id, one.period): Decimal(one.budget) for one in _funds(problem)}
    for one in body.budgets:
        if now.get((one.fund_id, one.period)) == Decimal(one.budget):
            continue
        when = f" in {periods[one.period]}" if len(periods) > 1 else ""
        yield f"Budget of {one.fund_id}{when}: {one.budget}."
    for chosen in body.overrides:
        what = chosen.kind.replace("_", " ")
        amount = f" {chosen.amount} {problem.unit}" if chosen.amount is not None else ""
        yield f"{chosen.intervention_id}: {what}{amount}, because: {chosen.reason}"


def propose_decision(call: Call, job: UUID, body: AllocationDecisionRequest) -> AllocationDecisionMade:
    """Propose to decide for an allocation; it counts once somebody else approves it, and moves no money."""
    done = _lawful(call, job)
    _require_read(done, body.allocation_sha256)
    if body.certificate_sha256 != _digest(done.certificate):
        raise PreconditionStale("This is another certificate than the one you read. Read this one.")
    _require_open(call, job)
    call.location = f"{DECISIONS.format(book=call.book, job=job)}/{call.request_id}"
    return AllocationDecisionMade(
        id=call.request_id,
        job=job,
        maker=call.person,
        allocation_sha256=body.allocation_sha256,
        certificate_sha256=body.certificate_sha256,
        reason=body.reason,
    )


def approve_decision(
    call: Call, job: UUID, decision: UUID, body: AllocationApprovalRequest
) -> AllocationApprovalMade:
    """Approve a decision that somebody else proposed, for exactly the bytes that both have read."""
    _require_read(_lawful(call, job), body.allocation_sha256)
    of = DECISIONS.format(book=call.book, job=job)
    command = find_proposed(call.session, call.book_id, decision, operation="allocation.propose", of=of)
    if command.person == call.person:
        raise SamePerson(
            f"{call.person} proposed this; somebody else approves it.",
            maker=command.person,
            checker=call.person,
        )
    _require_open(call, job)
    return AllocationApprovalMade(
        decision=decision,
        job=job,
        maker=command.person,
        checker=call.person,
        allocation_sha256=body.allocation_sha256,
        approved_at=call.now,
    )


def list_decisions(call: Call, job: UUID) -> AllocationDecisionList:
    """List what was proposed for an allocation, and what was approved, oldest first."""
    return AllocationDecisionList(items=_decisions(call, job))


def _decisions(call: Call, job: UUID) -> list[AllocationDecisionLine]:
    of = DECISIONS.format(book=call.book, job=job)
    found = []
    for one in list_proposed(call.session, call.book_id, operation="allocation.propose", of=of):
        made = AllocationDecisionMade.model_validate_json(one.answer)
        place = APPROVALS.format(book=call.book, job=job, decision=made.id)
        given = list_proposed(call.session, call.book_id, operation="allocation.approve", of=place)
        agreed = AllocationApprovalMade.model_validate_json(given[0].answer) if given else None
        fields = {name: getattr(made, name) for name in ("id", "job", "maker", "reason")}
        found.append(
            AllocationDecisionLine(
                **fields,
                allocation_sha256=made.allocation_sha256,
                certificate_sha256=made.certificate_sha256,
                checker=agreed.checker if agreed else "",
                approved_at=agreed.approved_at if agreed else None,
            )
        )
    return found


def _require_open(call: Call, job: UUID) -> None:
    if any(one.checker for one in _decisions(call, job)):
        raise AlreadyExists("This allocation is approved already. Solve again for another one.", job=str(job))


def _require_read(done: AllocationDone, digest: str) -> None:
    stored = _digest(done.allocation)
    if digest != stored:
        raise PreconditionStale(
            f"You read an allocation with the digest {digest[:12]}…. This one has {stored[:12]}…. Read this "
            "one, and decide for it if it is what you want.",
            read=digest,
            stored=stored,
        )


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _allocation(call: Call, job: UUID) -> Job:
    found = find_job(call, job)
    if found.kind != "allocation":
        raise Missing(f"The job {job} is of the kind {found.kind}, not an allocation.", job=str(job))
    return found


def _asked(job: Job) -> AllocationTask:
    return AllocationTask.model_validate_json(bytes(job.input))


def _done(job: Job) -> AllocationDone:
    if job.result is None:
        raise AllocationError(
            f"The job {job.id} has no answer: it is {job.state}. Wait for it, or ask again."
        )
    return AllocationDone.model_validate_json(bytes(job.result))


def _lawful(call: Call, job: UUID) -> AllocationDone:
    done = _done(_allocation(call, job))
    if not done.allocation:
        raise AllocationError("There is no allocation to decide for: the limits cannot all be kept.")
    return done


_DIGEST = hashlib.sha256(canonical_bytes({})).hexdigest()
OPERATIONS = (
    Operation(
        name="allocation.approve",
        method="POST",
        path=APPROVALS,
        handler=approve_decision,
        tag="jobs",
        status=201,
        owner=job_owner,
        examples={"agreed": {"allocation_sha256": _DIGEST}},
    ),
    Operation(
        name="allocation.decisions",
        method="GET",
        path=DECISIONS,
        handler=list_decisions,
        tag="jobs",
        owner=job_owner,
    ),
    Operation(
        name="allocation.problem",
        method="GET",
        path=f"{ONE}/problem",
        handler=read_problem,
        tag="jobs",
        owner=job_owner,
    ),
    Operation(
        name="allocation.propose",
        method="POST",
        path=DECISIONS,
        handler=propose_decision,
        tag="jobs",
        status=201,
        owner=job_owner,
        examples={
            "board": {
                "allocation_sha256": _DIGEST,
                "certificate_sha256": _DIGEST,
                "reason": "The board agreed on 4 May.",
            }
        },
    ),
    Operation(
        name="allocation.vary",
        method="POST",
        path=f"{ONE}/variants",
        handler=vary_allocation,
        tag="jobs",
        status=202,
        owner=job_owner,
        examples={
            "relaxed": {"fix": 0},
            "budget": {"label": "More", "budgets": [{"fund_id": "pool", "budget": "90.00"}]},
        },
    ),
)
