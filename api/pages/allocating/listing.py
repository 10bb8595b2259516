"""All allocations of a party: which run, what came of them, and a new one from a file or the example."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ....finance.dates import instant_text
from ...wire.allocations import AllocationDone
from ...wire.jobs import JobList, JobMade, JobReply
from ..page import Page
from ..states import job_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from .figures import GAPS, compared, require_keeper

MOST = 20
MOST_COMPARED = 6
OPEN = ("waiting", "running")


def show_allocations(visit: Visit) -> View:
    """Show the jobs of the party and what came of the newest."""
    words = visit.words
    require_keeper(visit)
    jobs = visit.read(
        JobList,
        "job.list",
        kind="allocation",
        newest=True,
        limit=MOST,
        cursor=visit.query.get("jobs", ""),
    )
    answers = _answers(visit, jobs)
    labels = dict(answers)
    return View(
        title=words._("Allocations"),
        sheets={"jobs": _jobs(visit, jobs, labels), "compared": compared(visit, answers)},
        more={
            "runs": sum(one.state in OPEN for one in jobs.items),
            "possible": sum(bool(one.allocation) for _, one in answers),
            "impossible": sum(not one.allocation for _, one in answers),
            "later": jobs.next,
            "gaps": [("", words._("As the problem says")), *((gap, gap) for gap in GAPS)],
        },
    )


def _answers(visit: Visit, jobs: JobList) -> list[tuple[str, AllocationDone]]:
    found = []
    for one in [job for job in jobs.items if job.state == "done"][:MOST_COMPARED]:
        reply = visit.read(JobReply, "job.read", job=str(one.id))
        if isinstance(reply.result, AllocationDone):
            found.append((str(one.id), reply.result))
    return found


def _jobs(visit: Visit, jobs: JobList, answers: Mapping[str, AllocationDone]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("All that was asked"),
        columns=[
            Column(name=words._("Asked"), kind="instant"),
            Column(name=words._("Name")),
            Column(name=words._("Stands")),
            Column(name=words._("Ended"), kind="instant"),
        ],
        rows=[
            (
                instant_text(one.created_at),
                answers[str(one.id)].label if str(one.id) in answers else "",
                job_state(words, one.state),
                instant_text(one.finished_at) if one.finished_at else "",
            )
            for one in jobs.items
        ],
        links=[visit.address("desk_allocation", job=str(one.id)) for one in jobs.items],
        empty=words._("Nothing was asked yet. Begin with a file of your own, or with the example below."),
    )


def begin(visit: Visit) -> Done:
    """Ask for an allocation of a problem in a file."""
    sent = visit.form.files.get("problem")
    try:
        problem = json.loads(sent.content) if sent and sent.content else None
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        said = visit.words._("Choose a file with an allocation problem. It is a JSON document, one object.")
        raise visit.wrong("problem", said)
    return _asked(visit, problem)


def begin_example(visit: Visit) -> Done:
    """Ask for an allocation of the example that is shipped."""
    raw = files(__package__).joinpath("winter.json").read_text(encoding="utf-8")
    return _asked(visit, json.loads(raw))


def _asked(visit: Visit, problem: Mapping[str, Any]) -> Done:
    form = visit.form
    body = {
        "problem": problem,
        "label": form.text("label"),
        "deadline_s": form.whole("deadline_s", "60"),
        "gap": form.text("gap") or None,
        "points": 10 if form.text("points") else 0,
    }
    made = visit.write(JobMade, "job.allocate", body)
    return Done(to=visit.address("desk_allocation", job=str(made.id)), said="asked")


PAGES = (
    Page(
        name="desk_allocations",
        path="/books/{book}/desk/allocations",
        show=show_allocations,
        acts={"begin": begin, "begin-example": begin_example},
        uploads=True,
    ),
)
