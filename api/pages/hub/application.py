"""An application: how far it is, what is missing, who agreed; checked, handed in, taken back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ....challenges.errors import ApplicationStale
from ....finance.errors import AlmonerError, Missing
from ...problems import problem_of
from ...wire.applications import ApplicationReply, ReceiptReply
from ...wire.base import Finding
from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply
from ...wire.drafts import AccordLine, AccordList, AccordReply, DraftFindings, DraftReply
from ...wire.eligibility import EligibilityReply, FactReply, FindingList, LeafReply
from ...wire.trees import plain_of
from ..application_files import checked
from ..page import Page
from ..rule_lines import rule_lines_of
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Visit
from ..words import Words
from .questions import Section, groups_of
from .writing import Writing, open_writing

PATH = "/books/{book}/hub/challenges/{challenge}/applications/{application}"
HOMES: Mapping[str, str] = {
    "/bundle": "partners",
    "/lead": "partners",
    "/interventions": "work",
    "/needs": "work",
    "/synergies": "work",
    "/budget": "budget",
    "/ask": "budget",
    "/minimum": "budget",
    "/all_or_nothing": "budget",
    "/in_kind": "gifts",
    "/answers": "answers",
    "/files": "answers",
    "/theory_of_change": "why",
    "/facts": "facts",
    "/disclosures": "disclosures",
}
OPTIONAL = frozenset({"gifts", "why"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A section in the list of tasks.

    Attributes
    ----------
    state : str
        ``done``, ``todo``, ``empty`` where it may stay so.
    faults : sequence of Finding
        What is to be put right.
    """

    section: Section
    state: str
    faults: Sequence[Finding]
    address: str


def show_application(visit: Visit) -> View:
    """Show how far an application is, and what came of it."""
    receipt = visit.find(ReceiptReply, "receipt.read")
    if visit.find(DraftReply, "draft.read") is None:
        return _handed_in_only(visit, receipt)
    writing = open_writing(visit)
    found = visit.read(DraftFindings, "draft.check")
    tasks = tasks_of(visit, writing, found.findings)
    changed = receipt is not None and not _is_handed_in(writing, receipt, found)
    more = {
        "writing": writing,
        "tasks": tasks,
        "done": sum(one.state != "todo" for one in tasks),
        "accords": accords_of(visit, writing, complete=found.complete),
        "mine": _mine(visit),
        "receipt": receipt,
        "changed": changed,
        "leaves": _leaves(visit) if receipt else [],
        "files": _files(visit) if receipt else [],
        "checked": None,
        "remaining": remaining(visit.words, writing.ends_at, visit.site.door.clock()),
    }
    return View(title=writing.title, sheets={"tasks": _task_sheet(visit.words, tasks)}, more=more)


def _handed_in_only(visit: Visit, receipt: ReceiptReply | None) -> View:
    """Show an application that was handed in and is written by nobody here."""
    if receipt is None:
        raise Missing("There is no such application.")
    told = visit.read(ApplicationReply, "application.read")
    challenge = visit.read(ChallengeReply, "challenge.read")
    ends = max((one.closes_at for one in challenge.phases if one.is_open), default=None)
    more = {
        "writing": None,
        "challenge": challenge,
        "receipt": receipt,
        "changed": False,
        "leaves": _leaves(visit),
        "files": _files(visit),
        "checked": None,
        "remaining": remaining(visit.words, ends, visit.site.door.clock()),
        "open": ends is not None,
    }
    return View(title=told.application.title or told.code, more=more)


def _is_handed_in(writing: Writing, receipt: ReceiptReply, found: DraftFindings) -> bool:
    return found.sha256 == receipt.sha256 and bool(writing.content)


def _files(visit: Visit) -> list[dict[str, object]]:
    """Return the files of what was handed in."""
    told = visit.find(ApplicationReply, "application.read")
    return [dict(plain_of(one)) for one in (told.application.files or [] if told else ())]


def _leaves(visit: Visit) -> list[tuple[LeafReply, str]]:
    """Return what was found last of each clause, with what the clause asks."""
    listed = visit.find(FindingList, "finding.list", limit=200)
    leaves = listed.items[-1].leaves if listed and listed.items else []
    rule = visit.read(BriefReply, "brief.read").brief.eligibility
    rows = rule_lines_of(visit.words, rule, visit.read(EligibilityReply, "eligibility.read").checklist)
    asked = [row.said for row in rows if row.clause]
    told = asked if len(asked) == len(leaves) else [one.reason for one in leaves]
    return list(zip(leaves, told, strict=True))


def remaining(words: Words, until: datetime | None, now: datetime) -> str:
    """Say how long there is until an instant; empty when it has passed.

    Parameters
    ----------
    words : Words
        The reader's.
    until, now : datetime
        Aware.
    """
    if until is None or until <= now:
        return ""
    left = until - now
    if left.days:
        return words.n("%(count)s day left", "%(count)s days left", left.days)
    hours, rest = divmod(left.seconds, 3600)
    if hours:
        return words.n("%(count)s hour left", "%(count)s hours left", hours)
    return words.n("%(count)s minute left", "%(count)s minutes left", max(rest // 60, 1))


def home_of(pointer: str) -> str:
    """Return the section in which a place of an application is asked.

    Examples
    --------
    >>> home_of("/bundle/0/party"), home_of("/title")
    ('partners', 'about')
    """
    return next((name for start, name in HOMES.items() if pointer.startswith(start)), "about")


def tasks_of(visit: Visit, writing: Writing, findings: Sequence[Finding]) -> list[Task]:
    """Return the sections with what is left to do in each."""
    tasks = []
    for section in writing.sections:
        faults = [one for one in findings if home_of(one.pointer) == section.name]
        groups = groups_of(section, writing.content, more=0)
        said = any(box.value for group in groups for box in group.boxes)
        empty = not said and section.name in OPTIONAL and not faults
        state = "todo" if faults or (not said and not empty) else "empty" if empty else "done"
        if section.name == "facts" and not said:
            state = "todo"
        address = visit.address("hub_section", section=section.name)
        tasks.append(
            Task(
                section=section,
                state=state,
                faults=faults,
                address=f"{address}?faults=yes" if faults and said else address,
            )
        )
    return tasks


def _task_sheet(words: Words, tasks: Sequence[Task]) -> Sheet:
    said = {
        "done": words.p("section", "complete"),
        "todo": words._("to do"),
        "empty": words.p("section", "left empty"),
    }
    return Sheet(
        title=words._("What is to be written"),
        columns=[Column(name=words._("Section")), Column(name=words._("State"))],
        rows=[(one.section.title, said[one.state]) for one in tasks],
        links=[one.address for one in tasks],
    )


def accords_of(visit: Visit, writing: Writing, *, complete: bool) -> Sequence[AccordLine]:
    """Return who has agreed to the draft as it stands; nobody while its parts do not fit together."""
    if not complete and not writing.content.get("bundle"):
        return ()
    try:
        return visit.read(AccordList, "accord.list").items
    except AlmonerError:
        return ()


def _mine(visit: Visit) -> frozenset[str]:
    """Return the parties in whose name the visitor acts as a hub."""
    return frozenset(one.party for one in visit.held() if one.role == "hub")


def show_check(visit: Visit) -> View:
    """Show everything that was written, for a last look before it is handed in."""
    writing = open_writing(visit)
    found = visit.read(DraftFindings, "draft.check")
    more = {
        "writing": writing,
        "tasks": tasks_of(visit, writing, found.findings),
        "findings": found.findings,
        "parts": [(one, _shown(one, writing)) for one in writing.sections],
        "accords": accords_of(visit, writing, complete=found.complete),
        "needed": writing.brief.disclosure_policy.accords == "required",
        "mine": _mine(visit),
        "remaining": remaining(visit.words, writing.ends_at, visit.site.door.clock()),
        "stale": visit.form.was_sent and visit.form.text("revision") != str(writing.draft.revision),
    }
    return View(title=visit.words._("Check your answers"), more=more)


def _shown(section: Section, writing: Writing) -> list[object]:
    return [one for one in groups_of(section, writing.content, more=0) if any(box.value for box in one.boxes)]


def submit(visit: Visit) -> Done:
    """Hand in the application as it was read on the page."""
    draft = visit.read(DraftReply, "draft.read")
    if visit.form.text("revision") != str(draft.revision):
        raise Refused(
            problem_of(
                ApplicationStale(
                    f"{draft.editor} has changed the application since you read it. Look at it again, and "
                    "hand it in then.",
                    application=draft.code,
                    revision=draft.revision,
                )
            )
        )
    content = draft.model_dump(mode="json")["content"]
    visit.write(ReceiptReply, "application.submit", {"application": content})
    return Done(to=visit.address("hub_application"), said="submitted")


def agree(visit: Visit) -> Done:
    """Accept for one's own organisation what the draft says of it."""
    visit.write(AccordReply, "accord.give", {"sha256": visit.form.text("sha256")})
    back = "hub_check" if visit.page == "hub_check" else "hub_application"
    return Done(to=visit.address(back), said="agreed")


def withdraw(visit: Visit) -> Done:
    """Take the application back."""
    visit.write(ReceiptReply, "application.withdraw", {"reason": visit.form.text("reason")})
    return Done(to=visit.address("hub_application"), said="withdrawn")


def reopen(visit: Visit) -> Done:
    """Begin a draft from what was handed in."""
    told = visit.read(ApplicationReply, "application.read").application
    content = told.model_dump(mode="json")
    content["schema"] = "almoner.application/1"
    visit.write(DraftReply, "draft.create", {"code": visit.parts["application"], "content": content})
    return Done(to=visit.address("hub_application"), said="reopened")


def supply(visit: Visit) -> Done:
    """Say a fact again, with the digest of the document that shows it."""
    form = visit.form
    body: dict[str, object] = {"fact": form.text("fact"), "value": _fact_value(form.text("value"))}
    sent = form.files.get("file")
    if sent is not None:
        body["evidence"] = form.text("evidence") or None
        body["evidence_sha256"] = hashlib.sha256(sent.content).hexdigest()
    made = visit.write(FactReply, "fact.supply", body)
    return Done(to=visit.address("hub_application"), said="late" if made.late else "supplied")


def check_file(visit: Visit) -> View:
    """Say whether a file at hand is one of those that were handed in."""
    return checked(visit, show_application)


def _fact_value(text: str) -> object:
    if text in {"yes", "no"}:
        return text == "yes"
    return int(text) if text.lstrip("-").isdecimal() else text


SAID = {
    "begun": lambda words: words._(
        "Your application is begun. Write it section by section; nothing is lost."
    ),
    "submitted": lambda words: words._("Your application is handed in. The receipt is below."),
    "agreed": lambda words: words._("You have agreed for your organisation."),
    "withdrawn": lambda words: words._(
        "The application is taken back. It stays on record and is not judged."
    ),
    "reopened": lambda words: words._(
        "You can change it now. What was handed in counts until you hand in again."
    ),
    "supplied": lambda words: words._("This is on record, and the rule was checked again."),
    "late": lambda words: words._(
        "This is on record. It came after the time to supply it, so it does not count."
    ),
    "saved": lambda words: words._("What you wrote is saved."),
}

PAGES = (
    Page(
        name="hub_application",
        path=PATH,
        show=show_application,
        acts={
            "withdraw": withdraw,
            "reopen": reopen,
            "agree": agree,
            "supply": supply,
            "check-file": check_file,
        },
        said=SAID,
        uploads=True,
    ),
    Page(
        name="hub_check",
        path=f"{PATH}/check",
        show=show_check,
        acts={"submit": submit, "agree": agree},
        said=SAID,
    ),
)
