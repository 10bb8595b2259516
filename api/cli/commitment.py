"""``almoner commitment …``: who promised what in public, by when, and what verified facts say of it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.register import PublicCommitment
from .rounds import At, clock_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .standing import On, asked_day
from .writing import DryRun, read_bytes, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Public commitments: entered, and checked by facts."
)
CommitmentFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Public commitment (JSON); - for standard input.")
]
Party = Annotated[str, typer.Option("--party", help="Only what this party promised.")]


@app.command()
def enter(
    file: CommitmentFile,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Enter what a party promised. Example: almoner commitment enter promise.json."""
    promised = PublicCommitment.read(read_bytes(file))
    with writing(db, dry_run=dry_run) as session:
        made = acts.commit_publicly(session, book, promised, clock=clock_of(at, book))
    document: dict[str, Any] = made.model_dump(mode="json", by_alias=True)
    lines = [f"On record: {made.party} promised {made.title!r} by {made.by} ({made.code})."]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def register(
    on: On = None,
    party: Party = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """List commitments with their status. Example: almoner commitment register --on 2028-12-31."""
    day = asked_day(on)
    with reading(db) as session:
        found = acts.public_register(session, book, as_of=day, party=party or None)
    rows = [one.row() for one in found]
    if as_json:
        print_json({"as_of": day.isoformat(), "commitments": rows})
        return
    print_table(
        f"Public commitments of {book} on {day}",
        ("code", "party", "promised", "by", "status", "asked", "reached", "why"),
        [
            (
                row["code"],
                row["party"],
                row["title"],
                row["by"],
                row["status"].replace("_", " "),
                row["wanted"],
                row["reached"],
                row["says"],
            )
            for row in rows
        ],
        right=(5, 6),
    )
