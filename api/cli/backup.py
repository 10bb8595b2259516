"""``almoner backup``."""

from pathlib import Path
from typing import Annotated

import typer

from ..copies import copy_database
from ..errors import NotCopied
from .show import DEFAULT_DB, AsJson, Database, print_json, progress
from .writing import opened

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the copy goes; nothing may be there.")
    ],
    db: Database = DEFAULT_DB,
    *,
    as_json: AsJson = False,
) -> None:
    """Copy a SQLite database while it is in use, and verify the copy. Example: almoner backup copy.db."""
    with opened(db) as engine:
        if engine.dialect.name != "sqlite":
            raise NotCopied(
                "PostgreSQL is copied by its own tools: pg_dump --format=custom --file FILE ADDRESS. How "
                "it is brought back and verified stands in docs/operations.md."
            )
        source = Path(str(engine.url.database))
    done = copy_database(source, target)
    if as_json:
        print_json({"file": str(done.path), "bytes": done.size, "transactions": done.books, "verified": True})
        return
    books = ", ".join(f"{book}: {rows} transactions" for book, rows in done.books.items()) or "no book"
    progress(f"Copied to {done.path}, {done.size:,} bytes, verified. {books}.")
