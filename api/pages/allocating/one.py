"""One allocation: how far it is, what came of it and why, what must change, what two people decide."""

import hashlib
from typing import Any

from ....finance.errors import Missing
from ...wire.allocations import (
    AllocationApprovalMade,
    AllocationDecisionLine,
    AllocationDecisionList,
    AllocationDecisionMade,
    AllocationDone,
    AllocationFund,
    AllocationProblem,
)
from ...wire.jobs import JobList, JobMade, JobReply
from ..funders.telling import decimal_typed
from ..page import Page
from ..states import job_state
from ..view import Attachment, Done, Shown, View
from ..visit import Visit
from ..words import Words
from .answering import award_chart, frontier_chart, line_sheet, price_sheet, reason_sheet
from .figures import (
    GAPS,
    compared,
    decimal_of,
    decimal_up,
    require_keeper,
    share_up,
    stage_of,
    status_of,
)

MOST_FUNDS = 40
MOST_BESIDE = 4
FILES = ("problem", "allocation", "certificate")


def show_allocation(visit: Visit) -> Shown:
    """Show one allocation as it stands."""
    words = visit.words
    require_keeper(visit)
    job = visit.read(JobReply, "job.read")
    if job.kind != "allocation":
        raise Missing("Nothing is here.")
    if visit.query.get("part") == "live_progress":
        return View(title="", more=_progress(words, job))
    problem = visit.read(AllocationProblem, "allocation.problem")
    done = job.result if isinstance(job.result, AllocationDone) else None
    wanted = visit.query.get("file", "")
    if wanted in FILES:
        return _file(wanted, problem, done)
    more = {
        **_progress(words, job),
        "asked": problem,
        "funds": problem.funds[:MOST_FUNDS],
        "place": _places(words, problem),
        "gaps": [("", words._("As before")), *((gap, gap) for gap in GAPS)],
        "answer": done,
        "lawful": done is not None and bool(done.allocation),
        "people": [(code, title or code) for code, title in problem.interventions.items()],
    }
    title = problem.label or words._("Allocation")
    if done is None:
        return View(title=title, more=more)
    return _answered(visit, title, job, done, more)


def _progress(words: Words, job: JobReply) -> dict[str, Any]:
    return {
        "job": job,
        "open": job.state in {"waiting", "running"},
        "state": job_state(words, job.state),
        "stage": stage_of(words, job.stage),
    }


def _places(words: Words, problem: AllocationProblem) -> dict[int, str]:
    """Name the budgets of a problem, by their place in it."""

    def said(one: AllocationFund) -> str:
        if len(problem.periods) < 2:  # noqa: PLR2004  # one period needs no name
            return words._("Budget of %(fund)s", fund=one.fund_id)
        return words._(
            "Budget of %(fund)s in %(period)s", fund=one.fund_id, period=problem.periods[one.period]
        )

    return {place: said(one) for place, one in enumerate(problem.funds[:MOST_FUNDS])}


def _answered(visit: Visit, title: str, job: JobReply, done: AllocationDone, more: dict[str, Any]) -> View:
    words = visit.words
    beside = _beside(visit, job, done)
    sheets = {}
    charts = {}
    if done.allocation:
        sheets = {
            "result": reason_sheet(visit, done),
            "lines": line_sheet(visit, done),
            "prices": price_sheet(visit, done),
        }
        charts["awards"] = award_chart(visit, done)
        if done.frontier:
            charts["frontier"] = frontier_chart(visit, done)
    sheets["compared"] = compared(visit, beside, str(job.id))
    about = visit.query.get("about", "")
    return View(
        title=title,
        sheets=sheets,
        charts=charts,
        more={
            **more,
            "status": status_of(words, done),
            "worth": decimal_of(done.value),
            "bound": decimal_up(done.bound),
            "gap": share_up(done.gap),
            "funded": sum(one.funded for one in done.reasons),
            "about": next((one for one in done.reasons if one.intervention_id == about), None),
            "digests": {
                "allocation": _digest(done.allocation),
                "certificate": _digest(done.certificate),
            },
            "decisions": _decisions(visit) if done.allocation else [],
            "me": visit.caller.person if visit.caller else "",
        },
    )


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _decisions(visit: Visit) -> list[AllocationDecisionLine]:
    return visit.read(AllocationDecisionList, "allocation.decisions").items


def _beside(visit: Visit, job: JobReply, done: AllocationDone) -> list[tuple[str, AllocationDone]]:
    """Return this answer, the one it came from, and the newest others."""
    listed = visit.read(
        JobList, "job.list", kind="allocation", state="done", newest=True, limit=2 * MOST_BESIDE
    )
    wanted = [str(done.base)] if done.base else []
    wanted += [str(one.id) for one in listed.items]
    found = [(str(job.id), done)]
    for code in dict.fromkeys(one for one in wanted if one != str(job.id)):
        if len(found) > MOST_BESIDE:
            break
        other = visit.find(JobReply, "job.read", job=code)
        if other is not None and isinstance(other.result, AllocationDone):
            found.append((code, other.result))
    return found


def _file(wanted: str, problem: AllocationProblem, done: AllocationDone | None) -> Attachment:
    contents = {
        "problem": problem.problem,
        "allocation": done.allocation if done else "",
        "certificate": done.certificate if done else "",
    }
    if not contents[wanted]:
        raise Missing("There is no such file.")
    return Attachment(name=f"{wanted}.json", media_type="application/json", content=contents[wanted].encode())


def _again(visit: Visit, body: dict[str, Any]) -> Done:
    made = visit.write(JobMade, "allocation.vary", body)
    return Done(to=visit.address("desk_allocation", job=str(made.id)), said="asked")


def retry(visit: Visit) -> Done:
    """Ask the same again."""
    return _again(visit, {})


def relax(visit: Visit) -> Done:
    """Apply one of the changes that make it possible, and solve again."""
    return _again(visit, {"fix": visit.form.whole("fix", "none")})


def solve_with(visit: Visit) -> Done:
    """Solve again with other limits."""
    form, words = visit.form, visit.words
    problem = visit.read(AllocationProblem, "allocation.problem")
    budgets = [
        {
            "fund_id": one.fund_id,
            "period": one.period,
            "budget": decimal_typed(words, form.text(f"budgets-{place}-budget")),
        }
        for place, one in enumerate(problem.funds[:MOST_FUNDS])
    ]
    return _again(
        visit,
        {
            "label": form.text("label"),
            "deadline_s": form.whole("deadline_s", str(problem.deadline_s)),
            "gap": form.text("gap") or None,
            "points": 10 if form.text("points") else 0,
            "budgets": budgets,
        },
    )


def override(visit: Visit) -> Done:
    """Bind the answer by a decision of people, and solve again."""
    form = visit.form
    amount = decimal_typed(visit.words, form.text("overrides-0-amount"))
    kind = form.text("overrides-0-kind")
    one = {
        "intervention_id": form.text("overrides-0-intervention_id"),
        "kind": kind,
        "amount": amount if kind in {"at_least", "at_most"} else None,
        "reason": form.text("overrides-0-reason"),
    }
    return _again(visit, {"overrides": [one]})


def cancel(visit: Visit) -> Done:
    """Cancel what waits, or ask what runs to stop."""
    visit.write(JobMade, "job.cancel")
    return Done(to=visit.address("desk_allocation"), said="cancelled")


def propose(visit: Visit) -> Done:
    """Propose to decide for this allocation."""
    form = visit.form
    body = {
        "allocation_sha256": form.text("allocation_sha256"),
        "certificate_sha256": form.text("certificate_sha256"),
        "reason": form.text("reason"),
    }
    visit.write(AllocationDecisionMade, "allocation.propose", body)
    return Done(to=visit.address("desk_allocation"), said="proposed")


def approve(visit: Visit) -> Done:
    """Approve a decision that somebody else proposed."""
    form = visit.form
    visit.write(
        AllocationApprovalMade,
        "allocation.approve",
        {"allocation_sha256": form.text("allocation_sha256")},
        decision=form.text("decision"),
    )
    return Done(to=visit.address("desk_allocation"), said="approved")


PAGES = (
    Page(
        name="desk_allocation",
        path="/books/{book}/desk/allocations/{job}",
        show=show_allocation,
        acts={
            "retry": retry,
            "relax": relax,
            "solve-with": solve_with,
            "override": override,
            "cancel": cancel,
            "propose": propose,
            "approve": approve,
        },
        said={
            "asked": lambda words: words._("It is being solved. This page tells how far it is."),
            "cancelled": lambda words: words._("It stops. Nothing was changed."),
            "proposed": lambda words: words._("The decision is proposed. Somebody else approves it."),
            "approved": lambda words: words._("The decision counts. No money has moved."),
        },
    ),
)
