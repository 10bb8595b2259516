"""``almoner application …``: drafted, checked, accepted by every actor, submitted, withdrawn, shown."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.applications import Application
from ...challenges.drafts import draft_findings
from ...challenges.lifecycle import Submission
from ...challenges.records.briefs import find_challenge
from ...finance.dates import instant_text
from ...finance.errors import DocumentInvalid
from ..problems import DONE, FINDING
from .application_facts import add_facts
from .rounds import (
    ApplicationFile,
    At,
    By,
    ChallengeCode,
    EntryCode,
    Person,
    PhaseCode,
    ViewerKind,
    brief_of,
    clock_of,
    read_json,
)
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import DryRun, Reason, read_bytes, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Applications: drafted, accepted, submitted, shown."
)
BasedOn = Annotated[
    int | None, typer.Option("--based-on", min=1, help="Revision it was written from; none for a first one.")
]
Party = Annotated[str, typer.Argument(metavar="PARTY", help="Actor of the bundle that accepts.")]
ForPhase = Annotated[str, typer.Option("--phase", help="For which phase; the open one without it.")]
Key = Annotated[str, typer.Option("--key", help="Names the request: the same again changes nothing.")]


@app.command()
def draft(
    file: ApplicationFile,
    by: By,
    based_on: BasedOn = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Save a draft, with others' changes kept. Example: almoner application draft a-1.json --by ada.

    The next save names the revision it was written from: --based-on 1. Two values for one field are refused
    with both.
    """
    content = _content(file)
    challenge, code = content["challenge_id"], content["application_id"]
    clock = clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        made = acts.save_draft(
            session, book, challenge, code, content, editor=by, based_on=based_on, clock=clock
        )
        lacking = draft_findings(made.content, brief_of(session, book, challenge, clock))
    document = {
        "application": made.code,
        "revision": made.revision,
        "saved_at": instant_text(made.saved_at),
        "lacking": lacking,
    }
    lines = [f"{made.code} is saved as revision {made.revision}."]
    lines += [f"- {row['path']}: {row['message']}" for row in lacking]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def check(
    file: ApplicationFile,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> int:
    """List what is missing; exits 1 if anything is. Example: almoner application check a-1.json."""
    content, clock = _content(file), clock_of(at, book)
    with reading(db) as session:
        stored = find_challenge(session, book, content["challenge_id"], clock())
        found = draft_findings(content, stored.challenge.brief)
        missing: tuple[str, ...] = ()
        if not found:
            missing = acts.missing_accords(session, stored, Application.read(read_bytes(file)))
    if as_json:
        print_json({"application": content["application_id"], "findings": found, "to_accept": list(missing)})
    elif found:
        print_table("Before submission", ("place", "fault"), [(row["path"], row["message"]) for row in found])
    else:
        print(f"{content['application_id']} is complete.")
        for party in missing:
            print(f"- to accept it: {party}")
    return FINDING if found else DONE


@app.command()
def accept(
    file: ApplicationFile,
    party: Party,
    by: By,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Accept it for one actor, in person. Example: almoner application accept a-1.json river --by ada."""
    application, clock = Application.read(read_bytes(file)), clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        digest = acts.accept(session, book, application, party, signer=by, clock=clock)
        stored = find_challenge(session, book, application.challenge_id, clock())
        missing = acts.missing_accords(session, stored, application)
    document = {
        "application": application.application_id,
        "party": party,
        "signer": by,
        "accepted_sha256": digest,
        "to_accept": list(missing),
    }
    lines = [f"{by} accepts {application.application_id} for {party}: {digest}"]
    lines += [f"- to accept it: {one}" for one in missing]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def submit(
    file: ApplicationFile,
    phase: ForPhase = "",
    key: Key = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Submit it; replaced until the close. Example: almoner application submit a-1.json --key a-1/1."""
    application = Application.read(read_bytes(file))
    with writing(db, dry_run=dry_run) as session:
        made = acts.submit(
            session, book, application, clock=clock_of(at, book), phase=phase or None, key=key or None
        )
    document = _submission(made)
    receipt = made.receipt
    lines = [f"Received {document['application']}: {made.status.replace('_', ' ')}."]
    if receipt is not None:
        lines.append(f"Receipt {receipt.code}, {document['received_at']}{', late' if receipt.late else ''}.")
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def withdraw(
    challenge: ChallengeCode,
    application: EntryCode,
    reason: Reason,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take an application back. Example: almoner application withdraw W a-1 --reason "Partner left"."""
    with writing(db, dry_run=dry_run) as session:
        made = acts.withdraw(session, book, challenge, application, reason=reason, clock=clock_of(at, book))
    lines = [f"{application} is withdrawn; what was received stays on record."]
    show_document(_submission(made), as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def show(
    challenge: ChallengeCode,
    phase: PhaseCode,
    application: EntryCode,
    viewer: ViewerKind = "public",
    person: Person = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show what a viewer may see of it. Example: almoner application show W panel a-1 --viewer chair.

    What the masks of the brief do not show is not there. With --person a conflict hides all of it.
    """
    with reading(db) as session:
        seen = acts.show_application(
            session,
            book,
            challenge,
            phase,
            application,
            viewer=viewer,
            person=person,
            clock=clock_of(at, book),
        )
    show_seen(application, viewer, seen, as_json=as_json)


def show_seen(code: str, viewer: str, seen: dict[str, object], *, as_json: bool) -> None:
    """Print what a viewer sees: one JSON document, or a line for each field."""
    if as_json:
        print_json(seen)
        return
    rows = list(_lines("", seen))
    if not rows:
        print(f"Nothing of {code} is shown to {viewer.replace('_', ' ')} now.")
        return
    print_table(f"{code}, as shown to {viewer.replace('_', ' ')}", ("field", "value"), rows)


def _lines(at: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [row for name, one in value.items() for row in _lines(f"{at}/{name}", one)]
    if isinstance(value, list | tuple):
        return [row for n, one in enumerate(value) for row in _lines(f"{at}/{n}", one)]
    return [] if value is None or value == "" else [(at, _word(value))]


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _submission(made: Submission) -> dict[str, Any]:
    receipt = made.receipt
    return {
        "application": made.application.application_id,
        "status": "withdrawn" if made.withdrawn else made.status,
        "receipt": None if receipt is None else receipt.code,
        "phase": None if receipt is None else receipt.phase,
        "sha256": None if receipt is None else receipt.sha256,
        "received_at": None if receipt is None else instant_text(receipt.received_at),
        "late": None if receipt is None else receipt.late,
        "finding": None if made.finding is None else made.finding.content(),
    }


def _content(file: ApplicationFile) -> dict[str, Any]:
    content = read_json(file)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(name), str) for name in ("challenge_id", "application_id")
    ):
        raise DocumentInvalid(f"{file} names no challenge_id and application_id: a draft needs both.")
    return content


add_facts(app)
