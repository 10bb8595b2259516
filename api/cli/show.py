"""How commands print: one JSON document, or an aligned table for people."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...finance.money import Money, grouped
from ...finance.storage import DEFAULT_URL

Database = Annotated[str, typer.Option("--db", help="Address of the database.", envvar="ALMONER_DB")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Book = Annotated[str, typer.Option("--book", help="Code of the book.", envvar="ALMONER_BOOK")]
SECRETS = Path(os.environ.get("ALMONER_SECRETS_DIR") or "/run/secrets")


def told_database(folder: Path) -> str:
    """Return the address of the database that a folder of secrets holds, else that of the default.

    Parameters
    ----------
    folder : Path
        As the server reads it; see ``settings``.

    Examples
    --------
    >>> told_database(Path("/nowhere"))
    'sqlite:///almoner.db'
    """
    try:
        return (folder / "almoner_db").read_text(encoding="utf-8").strip() or DEFAULT_URL
    except OSError:
        return DEFAULT_URL


DEFAULT_DB = told_database(SECRETS)
DEFAULT_BOOK = "demo"


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=1))


def amount_text(amount: Money) -> str:
    """Write an amount for people: digits in groups of three, and its unit.

    Examples
    --------
    >>> from almoner import money
    >>> amount_text(money("6229.44", "USD"))
    '6,229.44 USD'
    """
    return f"{grouped(amount.text)} {amount.unit.code}"


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """Print a table; the columns at the given positions are aligned right.

    Parameters
    ----------
    title : str
        Above the table.
    columns : sequence of str
        Headings.
    rows : iterable of sequence of str
        Cells.
    right : sequence of int [position]
        Columns of figures.
    """
    out = console()
    if title:
        out.print(title, style="bold")
    table = Table(header_style="bold", box=None, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def console() -> Console:
    """Return standard output as a console; plain when it is no terminal."""
    return Console(file=sys.stdout, highlight=False, markup=False, width=None if sys.stdout.isatty() else 120)


def progress(line: str) -> None:
    """Print a line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)
