"""``almoner cohort …``: who is referred, who is eligible, with whom they are compared."""

from pathlib import Path
from typing import Annotated

import typer

from ...contracts.acts import defining
from ...contracts.measurement.definitions import CohortDefinition
from ...finance.dates import system_clock
from .definitions import list_definitions, say_defined, show_definition
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database
from .writing import DryRun, read_bytes, reading, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Cohorts: who is referred, eligible, compared."
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="Definition (JSON); - for standard input.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="CODE/VERSION.")]


@app.command()
def define(
    file: File,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Define a cohort; other content is its next version. Example: almoner cohort define leavers.json."""
    document = CohortDefinition.read(read_bytes(file))
    with writing(db, dry_run=dry_run) as session:
        made = defining.define_cohort(session, book, document, clock=system_clock)
    say_defined(made, as_json=as_json, dry_run=dry_run)


@app.command("list")
def list_all(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the cohorts of a book, all versions. Example: almoner cohort list."""
    with reading(db) as session:
        rows = defining.list_cohorts(session, book)
    list_definitions(f"Cohorts of {book}", rows, ("size",), as_json=as_json)


@app.command()
def show(
    name: Name, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """Show what a cohort says. Example: almoner cohort show leavers/1."""
    with reading(db) as session:
        found = defining.find_cohort(session, book, name)
    show_definition(found, as_json=as_json)
