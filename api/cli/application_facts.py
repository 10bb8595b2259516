"""``almoner application fact|notify|cure|waive``: what is found of an application, and what puts it right."""

from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from ...challenges import acts
from ...challenges.admissions import Waiver
from ...challenges.eligibility import FactStatement, Finding
from .rounds import At, By, ChallengeCode, Checker, EntryCode, clock_of, read_fact
from .sheets import day_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database
from .writing import DryRun, Reason, show_document, writing

FactName = Annotated[str, typer.Argument(metavar="FACT", help="Path of the fact, like lead.kind.")]
FactText = Annotated[str, typer.Argument(metavar="VALUE", help="Yes, no, a number or a text.")]
Source = Annotated[
    Literal["declared", "recorded", "confirmed"], typer.Option("--source", help="How it is known.")
]
Evidence = Annotated[str, typer.Option("--evidence", help="Kind of document, for what is confirmed.")]
Digest = Annotated[str, typer.Option("--sha256", help="Digest of the document.")]
Expires = Annotated[
    datetime | None,
    typer.Option("--expires", formats=["%Y-%m-%d"], help="First day on which it no longer holds."),
]
Clause = Annotated[str, typer.Option("--clause", help="Clause of the rule.")]
Effect = Annotated[
    Literal["lateness", "clause"],
    typer.Option("--effect", help="Let late evidence count, or let the clause pass."),
]


def add_facts(app: typer.Typer) -> None:
    """Add these commands to those of applications."""
    for command in (fact, notify, cure, waive):
        app.command()(command)


def fact(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    name: FactName,
    value: FactText,
    by: By,
    *,
    source: Source = "declared",
    evidence: Evidence = "",
    sha256: Digest = "",
    expires: Expires = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Supply a fact. Example: almoner application fact W a-1 lead.kind ngo --by desk --source confirmed.

    What comes after the time to cure is kept, does not count without a waiver, and exits 4.
    """
    statement = FactStatement(
        value=read_fact(value), source=source, evidence=evidence or None, expires_on=day_of(expires)
    )
    with writing(db, dry_run=dry_run) as session:
        supplied = acts.supply_fact(
            session,
            book,
            challenge,
            application,
            name,
            statement,
            stated_by=by,
            clock=clock_of(at, book),
            evidence_sha256=sha256 or None,
        )
    _say(application, supplied.require_in_time(), as_json=as_json, dry_run=dry_run)


def notify(
    challenge: ChallengeCode,
    application: EntryCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record that the finding was told; the time to cure runs. Example: almoner application notify W a-1."""
    with writing(db, dry_run=dry_run) as session:
        found = acts.notify(session, book, challenge, application, clock=clock_of(at, book))
    _say(application, found, as_json=as_json, dry_run=dry_run)


def cure(
    challenge: ChallengeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Check again all that lack a document. Example: almoner application cure clean-water."""
    with writing(db, dry_run=dry_run) as session:
        found = acts.cure(session, book, challenge, clock=clock_of(at, book))
    lines = [f"{len(found)} applications were checked again.", *(f"- {a}: {b}" for a, b in found.items())]
    document = {"challenge": challenge, "checked": dict(found)}
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


def waive(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    clause: Clause,
    reason: Reason,
    by: By,
    checker: Checker,
    effect: Effect = "lateness",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Waive a clause. Example: almoner application waive W a-1 --clause 2.1 --by a --checker b."""
    waiver = Waiver(clause=clause, effect=effect, reason=reason, maker=by, checker=checker)
    with writing(db, dry_run=dry_run) as session:
        found = acts.waive(session, book, challenge, application, waiver, clock=clock_of(at, book))
    _say(application, found, as_json=as_json, dry_run=dry_run)


def _say(code: str, found: Finding | None, *, as_json: bool, dry_run: bool) -> None:
    status = "pass" if found is None else found.status
    document: dict[str, Any] = {
        "application": code,
        "status": status,
        "finding": None if found is None else found.content(),
    }
    lines = [f"{code}: {status.replace('_', ' ')}."]
    lines += [f"- {row.reason}" for row in (() if found is None else found.leaves) if row.status != "pass"]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)
