"""Applications over HTTP: handed in, listed and read through the masks of the brief, taken back."""

import hashlib
from collections.abc import Collection

from ...challenges import acts
from ...challenges.applications import Application
from ...challenges.brief import Brief
from ...challenges.records.briefs import find_challenge
from ...challenges.records.drafts import find_draft
from ...challenges.records.submissions import EntryCode, list_codes, require_submission
from ...finance.documents import Code
from ...finance.errors import AlreadyExists, EvidenceTampered, Missing
from ..door import MIB, NOT_HERE, Call
from ..operation import Operation
from ..paging import page_of, read_cursor
from ..wire.applications import (
    ApplicationLine,
    ApplicationList,
    ApplicationListQuery,
    ApplicationQuery,
    ApplicationReply,
    ApplicationRequest,
    ApplicationSeen,
    FileFound,
    ReceiptReply,
    WithdrawalRequest,
)
from ..wire.trees import plain_of
from .brief_examples import APPLICATION
from .entrants import bundle_of, eyes_of, find_entry, lead_of, require_given, viewer_of

HERE = "/books/{book}/challenges/{challenge}/applications"
ONE = f"{HERE}/{{application}}"
FILE_BYTES = 20 * MIB


def submit(call: Call, challenge: Code, body: ApplicationRequest) -> ReceiptReply:
    """Hand in an application led by one's own party; until the close the last one counts."""
    application = Application.read(body.application.canonical_bytes())
    if application.challenge_id != challenge:
        raise Missing(
            f"This application is for {application.challenge_id}, not {challenge}: send it there.",
            what="challenge",
            code=application.challenge_id,
        )
    require_free_code(call, challenge, application.application_id)
    made = acts.submit(call.session, call.book, application, clock=call.clock, phase=body.phase, key=call.key)
    call.location = f"/books/{call.book}/challenges/{challenge}/applications/{application.application_id}"
    return ReceiptReply.of(made)


def require_free_code(call: Call, challenge: str, code: str) -> None:
    """Refuse a code that another hub's application or draft has, without telling whose.

    Raises
    ------
    AlreadyExists
        When it is taken.
    """
    submitted = find_entry(call, challenge, code)
    draft = find_draft(call.session, find_challenge(call.session, call.book, challenge, call.now), code)
    leads = {
        None if submitted is None else submitted.lead,
        None if draft is None else draft.content.get("lead"),
    }
    if leads - {None, call.party}:
        raise AlreadyExists(
            f"The code {code!r} is taken in {challenge}. Take another one.", what="application", code=code
        )


def list_applications(call: Call, challenge: Code, query: ApplicationListQuery) -> ApplicationList:
    """List applications: one's own, those one is given to read, or all, without what is in conflict.

    Titles, leads and amounts are there as far as the brief shows them in the phase.
    """
    stored = find_challenge(call.session, call.book, challenge, call.now)
    phase = phase_of(call, stored.challenge.brief, query.phase)
    cursor = read_cursor(call, query, "application.list")
    found: Collection[EntryCode] = list_codes(
        call.session,
        stored,
        after=str(cursor[0]) if cursor else "",
        limit=query.limit + 1,
        lead=call.own,
    )
    page, after = page_of(call, query, list(found), lambda one: (one.code,), name="application.list")
    if call.access.role == "judge":
        given = set(
            acts.list_to_read(call.session, call.book, challenge, phase, call.party, clock=call.clock)
        )
        page = [one for one in page if one.code in given]
    views = acts.show_applications(
        call.session,
        call.book,
        challenge,
        phase,
        [one.code for one in page],
        viewer=viewer_of(call),
        person=eyes_of(call),
        clock=call.clock,
    )
    lines = [_line(call, one, views[one.code]) for one in page if one.code in views]
    return ApplicationList(items=lines, next=after)


def _line(call: Call, entry: EntryCode, view: dict[str, object]) -> ApplicationLine:
    shown = ApplicationSeen.of(view.get("application", {}))
    return ApplicationLine(
        code=entry.code,
        withdrawn=entry.withdrawn,
        status=None if call.access.role == "judge" else entry.status,
        title=shown.title,
        lead=shown.lead,
        ask=shown.ask,
        unit=shown.unit,
    )


def read_application(
    call: Call, challenge: Code, application: Code, query: ApplicationQuery
) -> ApplicationReply:
    """Return an application: one's own whole, another as far as the brief shows it in the phase.

    Of an application with which one is in conflict nothing is shown.
    """
    stored = find_challenge(call.session, call.book, challenge, call.now)
    phase = phase_of(call, stored.challenge.brief, query.phase)
    if call.access.role == "judge":
        require_given(call, challenge, phase, application)
    found = require_submission(call.session, stored, application)
    if call.own is not None:
        seen: object = found.application.model_dump(mode="json")
    else:
        seen = acts.show_application(
            call.session,
            call.book,
            challenge,
            phase,
            application,
            viewer=viewer_of(call),
            person=eyes_of(call),
            clock=call.clock,
        ).get("application", {})
    return ApplicationReply(
        code=application,
        phase=phase,
        seen_as=viewer_of(call),
        withdrawn=found.withdrawn,
        application=ApplicationSeen.of(seen),
    )


def check_file(call: Call, challenge: Code, application: Code, query: ApplicationQuery) -> FileFound:
    """Say which file of an application a content is, of those that one may see; it is not kept."""
    seen = read_application(call, challenge, application, query).application.files or []
    digest = hashlib.sha256(call.content).hexdigest()
    for row in seen:
        if plain_of(row).get("sha256") == digest:
            return FileFound(application=application, file=row)
    raise EvidenceTampered(
        f"This content has the digest {digest}. Of the files of {application} that you may see none has it: "
        "it was changed, or is another file.",
        found=digest,
        application=application,
    )


def withdraw(call: Call, challenge: Code, application: Code, body: WithdrawalRequest) -> ReceiptReply:
    """Take an application back: it stays on record and is judged no more."""
    made = acts.withdraw(
        call.session, call.book, challenge, application, reason=body.reason, clock=call.clock
    )
    return ReceiptReply.of(made)


def read_receipt(call: Call, challenge: Code, application: Code) -> ReceiptReply:
    """Return the receipt of what was handed in last, and what was found of it."""
    stored = find_challenge(call.session, call.book, challenge, call.now)
    return ReceiptReply.of(require_submission(call.session, stored, application))


def phase_of(call: Call, brief: Brief, asked: str | None) -> str:
    """Return the phase in which something is looked at.

    Only a phase that has opened: rules of a later one do not show anything before.

    Raises
    ------
    Missing
        When there is no such phase, or it has not opened.
    """
    opened = [one.id for one in brief.phases if brief.opens(one) <= call.now]
    if asked is not None:
        wanted = brief.phase(asked).id
        if wanted not in opened:
            raise Missing(NOT_HERE)
        return wanted
    current = brief.phase_at(call.now)
    return current.id if current is not None else [brief.phases[0].id, *opened][-1]


def _submitting(_call: Call, body: ApplicationRequest, **_: object) -> Collection[str]:
    return (body.application.lead,)


OPERATIONS = (
    Operation(
        name="application.submit",
        method="POST",
        path=HERE,
        handler=submit,
        tag="applications",
        status=201,
        owner=_submitting,
        examples={"wells": {"application": APPLICATION}},
    ),
    Operation(
        name="application.list",
        method="GET",
        path=HERE,
        handler=list_applications,
        tag="applications",
        narrows=True,
    ),
    Operation(
        name="application.read",
        method="GET",
        path=ONE,
        handler=read_application,
        tag="applications",
        owner=bundle_of,
    ),
    Operation(
        name="application.check-file",
        method="POST",
        path=f"{ONE}/file-checks",
        handler=check_file,
        tag="applications",
        keyed=False,
        uploads=FILE_BYTES,
        owner=bundle_of,
    ),
    Operation(
        name="receipt.read",
        method="GET",
        path=f"{ONE}/receipt",
        handler=read_receipt,
        tag="applications",
        owner=bundle_of,
    ),
    Operation(
        name="application.withdraw",
        method="POST",
        path=f"{ONE}/withdrawals",
        handler=withdraw,
        tag="applications",
        status=201,
        owner=lead_of,
        examples={"late": {"reason": "A partner has left."}},
    ),
)
