"""Assignments over HTTP: who reads what, drafted, published by one or by two people, and shown."""

from typing import Annotated

from pydantic import Field

from ...challenges import acts
from ...challenges.acts.recusing import find_conflicted
from ...challenges.errors import AssignmentInvalid
from ...challenges.plans import AssignmentPlan
from ...challenges.records.plans import find_plan
from ...finance.documents import Code
from ...finance.errors import Missing
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.assignments import (
    PlanLine,
    PlanList,
    PlanMade,
    PlanPublicationRequest,
    PlanReply,
    PlanRequest,
    ReminderMade,
    plan_reply,
)
from .rounds import PHASE, round_of

PLANS = PHASE + "/assignments"
ONE = PLANS + "/{number}"
Number = Annotated[int, Field(ge=1, le=1_000_000)]


def plan_assignment(call: Call, challenge: Code, phase: Code, body: PlanRequest) -> PlanMade:
    """Draft who reads what as one joint problem, with its proof; nobody may read by it before it counts."""
    made = acts.plan_assignment(
        call.session, call.book, challenge, phase, body.wishes(), clock=call.clock, maker=call.person
    )
    return _made(call, challenge, made)


def list_assignments(call: Call, challenge: Code, phase: Code, query: PageQuery) -> PlanList:
    """List the plans of a phase without names; drafts only for those who run the round."""
    stored = round_of(call, challenge)
    stored.challenge.brief.phase(phase)
    newest = find_plan(call.session, stored, phase)
    numbers = range(1, 1 + (newest.number if newest else 0))
    page, after = cut(call, query, numbers, lambda one: (one,), name="assignment.list")
    found = [_plan(call, challenge, phase, number) for number in page]
    return PlanList(
        items=[PlanLine.of(one) for one in found if one.published or not call.access.masked], next=after
    )


def read_assignment(call: Call, challenge: Code, phase: Code, number: Number) -> PlanReply:
    """Return a plan: whole, or with the caller's own pairs only."""
    found = _plan(call, challenge, phase, number)
    if not call.access.masked:
        return _reply(call, challenge, found)
    if not found.published:
        raise Missing(f"{challenge} has no published plan {number} of {phase}.", what="plan", code=phase)
    own = set(
        acts.list_to_read(call.session, call.book, challenge, phase, call.party, clock=call.clock)
        if call.party
        else ()
    )
    hidden = {name for name, _ in found.pairs} - own
    return plan_reply(found, only=call.party, masked=True).model_copy(
        update={"pairs": plan_reply(found, only=call.party, hidden=hidden, masked=True).pairs}
    )


def publish_assignment(
    call: Call, challenge: Code, phase: Code, number: Number, body: PlanPublicationRequest
) -> PlanMade:
    """Let a plan count that is proven; from now on judges read what it gives them, and nothing else."""
    made = acts.publish_assignment(
        call.session,
        call.book,
        challenge,
        phase,
        number,
        maker=call.person,
        reason=body.reason,
        clock=call.clock,
    )
    return _made(call, challenge, made)


def approve_assignment(
    call: Call, challenge: Code, phase: Code, number: Number, body: PlanPublicationRequest
) -> PlanMade:
    """Let a plan count, proven or not, as a second person besides the one who drafted it."""
    maker = acts.find_planner(call.session, call.book, challenge, phase, number)
    if not maker:
        raise AssignmentInvalid(
            f"Nobody is on record as drafter of plan {number} of {phase}. Draft it again and approve that.",
            number=number,
        )
    made = acts.publish_assignment(
        call.session,
        call.book,
        challenge,
        phase,
        number,
        maker=maker,
        checker=call.person,
        reason=body.reason,
        clock=call.clock,
    )
    return _made(call, challenge, made)


def send_reminders(call: Call, challenge: Code, phase: Code) -> ReminderMade:
    """Put on record whom to remind now: everybody who has not read all he was given, once."""
    late = acts.remind_readers(call.session, call.book, challenge, phase, clock=call.clock)
    return ReminderMade(phase=phase, readers=list(late))


def _plan(call: Call, challenge: str, phase: str, number: int) -> AssignmentPlan:
    return acts.find_assignment(call.session, call.book, challenge, phase, number=number)


def _reply(call: Call, challenge: str, plan: AssignmentPlan) -> PlanReply:
    """Return a plan without the entries with which the caller is in conflict."""
    stored = round_of(call, challenge)
    phase = stored.challenge.brief.phase(plan.phase)
    barred = find_conflicted(call.session, stored, phase, call.person, clock=call.clock)
    return plan_reply(plan, hidden=barred)


def _made(call: Call, challenge: str, plan: AssignmentPlan) -> PlanMade:
    call.location = f"/books/{call.book}/challenges/{challenge}/phases/{plan.phase}/assignments/{plan.number}"
    return PlanMade(plan=_reply(call, challenge, plan))


_ACCEPTED = {"whole": {}, "short": {"reason": "One judge fell ill; four reads are enough."}}
OPERATIONS = (
    Operation(
        name="assignment.plan",
        method="POST",
        path=PLANS,
        handler=plan_assignment,
        tag="assignments",
        status=201,
        examples={
            "plain": {"seed": 7},
            "by topic": {
                "seed": 7,
                "signals": [{"signal": "topics", "application": "a-1", "judge": "j-1", "fit": "0.9"}],
            },
        },
    ),
    Operation(name="assignment.list", method="GET", path=PLANS, handler=list_assignments, tag="assignments"),
    Operation(name="assignment.read", method="GET", path=ONE, handler=read_assignment, tag="assignments"),
    Operation(
        name="assignment.publish",
        method="POST",
        path=ONE + "/publications",
        handler=publish_assignment,
        tag="assignments",
        status=201,
        examples=_ACCEPTED,
    ),
    Operation(
        name="assignment.approve",
        method="POST",
        path=ONE + "/approvals",
        handler=approve_assignment,
        tag="assignments",
        status=201,
        examples=_ACCEPTED,
    ),
    Operation(
        name="reminder.send",
        method="POST",
        path=PHASE + "/reminders",
        handler=send_reminders,
        tag="assignments",
        status=201,
    ),
)
