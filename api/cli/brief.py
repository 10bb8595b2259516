"""``almoner brief …``: a challenge as one document, looked over, played, shown and amended."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...challenges import acts
from ...challenges.brief import Brief
from ...challenges.lint import lint
from ...challenges.linting.finding import BriefFinding, Capacity
from ...challenges.schemas import challenge_schemas
from ...challenges.simulation import Assumptions
from ...finance.dates import instant_text
from ...finance.errors import DocumentInvalid
from ...finance.units import currency
from ..problems import DONE, FINDING
from .briefs import brief_document, print_brief, print_report, report_document
from .rounds import (
    NONE,
    At,
    BriefFile,
    By,
    ChallengeCode,
    Checker,
    EntryCode,
    Use,
    brief_of,
    clock_of,
    fund_of,
    read_json,
)
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json
from .waiting import bar
from .writing import DryRun, Reason, read_bytes, read_pairs, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Briefs: looked over, played, shown, amended."
)
PatchFile = Annotated[
    Path, typer.Argument(metavar="PATCH", help="Change (JSON Patch, RFC 6902); - for standard input.")
]
Schema = Annotated[Literal["brief", "application"], typer.Argument(help="Which document.")]
Judges = Annotated[int | None, typer.Option("--judges", min=1, help="How many are at hand.")]
Applications = Annotated[int | None, typer.Option("--applications", min=2, help="How many are expected.")]
Runs = Annotated[int, typer.Option("--runs", min=1, max=10_000, help="How many rounds are played.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same report.")]
Assume = Annotated[
    Path | None,
    typer.Option("--assume", metavar="FILE", help="Other assumptions (JSON); see docs/briefs.md."),
]
Kind = Annotated[Literal["editorial", "material"], typer.Option("--kind", help="Whether it changes a rule.")]
Of = Annotated[int, typer.Option("--of", min=1, help="Version that is amended: the newest.")]


@app.command("lint")
def look_over(
    file: BriefFile,
    judges: Judges = None,
    applications: Applications = None,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> int:
    """Find what is wrong with a brief; exits 1 on an error. Example: almoner brief lint brief.json.

    With --judges and --applications it says whether the reads can be had.
    """
    if (judges is None) != (applications is None):
        raise DocumentInvalid("Give both --judges and --applications, or neither.")
    capacity = None
    if judges is not None and applications is not None:
        capacity = Capacity(judges=judges, applications=applications)
    brief = Brief.read(read_bytes(file))
    found = lint(brief, now=clock_of(at, book)(), capacity=capacity)
    faulty = any(row.severity == "error" for row in found)
    if as_json:
        rows = [_finding(row) for row in found]
        print_json({"challenge": brief.challenge_id, "publishable": not faulty, "findings": rows})
    else:
        _print_findings(brief, found)
    return FINDING if faulty else DONE


@app.command()
def schema(name: Schema = "brief", *, as_json: AsJson = False) -> None:  # noqa: ARG001  # it is JSON either way
    """Print the JSON Schema of a brief or an application. Example: almoner brief schema application."""
    print_json(challenge_schemas()[name])


@app.command()
def show(
    challenge: ChallengeCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show the brief in force: phases, prizes, versions. Example: almoner brief show clean-water."""
    clock = clock_of(at, book)
    with reading(db) as session:
        brief = brief_of(session, book, challenge, clock)
        versions = acts.brief_versions(session, book, challenge)
    document = brief_document(brief, versions)
    if as_json:
        print_json({**document, "brief": brief.model_dump(mode="json", by_alias=True)})
    else:
        print_brief(document)


@app.command()
def amend(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    patch: PatchFile,
    of: Of,
    by: By,
    reason: Reason,
    *,
    kind: Kind = "editorial",
    checker: Checker = "",
    use: Use = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Amend a published brief. Example: almoner brief amend W p.json --of 1 --by desk --reason Typo.

    A material change needs --checker, notice, and the consent of whoever has applied where it hurts them.
    """
    proposed = acts.ProposedAmendment(
        of=of, patch=read_json(patch), reason=reason, kind=kind, maker=by, checker=checker or None
    )
    with writing(db, dry_run=dry_run) as session:
        made = acts.amend_brief(
            session,
            fund_of(session, book, challenge),
            challenge,
            proposed,
            clock=clock_of(at, book),
            use=read_pairs(use, "use"),
        )
        waiting = acts.waiting_notices(session, book, challenge, made.brief.version)
    document = {
        "challenge": challenge,
        "version": made.brief.version,
        "effective_at": instant_text(made.effective_at),
        "to_be_told": list(waiting),
    }
    lines = [f"Version {made.brief.version} of {challenge} counts from {document['effective_at']}."]
    lines += [f"- to be told: {one}" for one in waiting]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def consent(
    challenge: ChallengeCode,
    application: EntryCode,
    patch: PatchFile,
    by: By,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record an applicant's consent to a change. Example: almoner brief consent W a-1 p.json --by ada."""
    with writing(db, dry_run=dry_run) as session:
        acts.consent_to(
            session, book, challenge, application, read_json(patch), signer=by, clock=clock_of(at, book)
        )
    document = {"challenge": challenge, "application": application, "signer": by}
    show_document(
        document, as_json=as_json, dry_run=dry_run, lines=[f"{by} consents to it for {application}."]
    )


@app.command()
def notify(
    challenge: ChallengeCode,
    version: Annotated[int, typer.Argument(help="Version of the brief.", min=1)],
    recipient: Annotated[str, typer.Argument(help="Who was told.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record that somebody was told of a version. Example: almoner brief notify clean-water 2 river-trust."""
    with writing(db, dry_run=dry_run) as session:
        acts.record_notice(session, book, challenge, version, recipient, clock=clock_of(at, book))
        waiting = acts.waiting_notices(session, book, challenge, version)
    document = {"challenge": challenge, "version": version, "told": recipient, "to_be_told": list(waiting)}
    lines = [f"{recipient} was told of version {version}.", *(f"- to be told: {one}" for one in waiting)]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def simulate(
    file: BriefFile,
    applications: Applications = None,
    judges: Judges = None,
    runs: Runs = 100,
    seed: Seed = 1,
    assume: Assume = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Play a design many times. Example: almoner brief simulate brief.json --applications 200."""
    from ...challenges.simulation import simulate_design  # noqa: PLC0415  # heavy; only for whoever plays

    brief = Brief.read(read_bytes(file))
    assumed = _assumed(read_json(assume) if assume is not None else {}, applications, judges)
    with bar(f"Playing {brief.challenge_id}") as shown:
        report = simulate_design(
            brief, assumed, unit=currency(brief.unit), runs=runs, seed=seed, progress=shown
        )
    document = report_document(report, assumed)
    if as_json:
        print_json(document)
    else:
        print_report(brief, document)


def _assumed(content: Any, applications: int | None, judges: int | None) -> Assumptions:  # noqa: ANN401  # JSON
    if not isinstance(content, dict):
        raise DocumentInvalid('Assumptions are one JSON object, like {"applications": 200}.')
    given = {"applications": applications, "judges": judges}
    content = content | {name: count for name, count in given.items() if count is not None}
    if "applications" not in content:
        raise DocumentInvalid("Say how many applications are expected: --applications 200.")
    return Assumptions.read(json.dumps(content))


def _finding(row: BriefFinding) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("severity", "code", "pointer", "message", "fix")}


def _print_findings(brief: Brief, found: tuple[BriefFinding, ...]) -> None:
    if not found:
        print(f"{brief.challenge_id}: nothing was found against it.")
        return
    errors = sum(row.severity == "error" for row in found)
    print(f"{brief.title}: {errors} errors, {len(found) - errors} warnings")
    for row in found:
        print(f"\n{row.severity} {row.code} at {row.pointer}\n  {row.message}\n  {row.fix}")
