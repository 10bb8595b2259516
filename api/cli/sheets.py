"""How commands show a sheet: as a table, as one JSON document, as a CSV file, as a printed page."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from ...finance.sheets import Sheet, sheet_csv, sheet_document
from ..charts.figures import MINUS
from ..printing import Paper, render_sheet, shown_table
from .show import print_json, print_table, progress

Csv = Annotated[Path | None, typer.Option("--csv", help="Write a CSV file; - for standard output.")]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write a page for printing; - for standard output.")
]
PaperSize = Annotated[Paper, typer.Option("--paper", help="Paper of the page: A4 or Letter.")]
After = Annotated[
    datetime | None,
    typer.Option("--after", formats=["%Y-%m-%d"], help="The day before the first one counted."),
]
Through = Annotated[
    datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last day counted.")
]
STANDARD_OUTPUT = Path("-")


def day_of(instant: datetime | None) -> date | None:
    """Return the day of an option, if it was given."""
    return None if instant is None else instant.date()


def show_sheet(
    sheet: Sheet, *, as_json: bool, csv: Path | None = None, html: Path | None = None, paper: Paper = "A4"
) -> None:
    """Show a sheet: write the files that are asked for, and print it unless they take its place.

    Parameters
    ----------
    sheet : Sheet
        What is shown.
    as_json : bool
        One JSON document on standard output.
    csv, html : Path or None
        Files to write.
    paper : str
        Of the page.
    """
    if csv is not None:
        _write(csv, sheet_csv(sheet))
    if html is not None:
        _write(html, render_sheet(sheet, paper))
    if as_json:
        print_json(sheet_document(sheet))
    elif csv is None and html is None:
        print_sheet(sheet)


def _write(path: Path, text: str) -> None:
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    path.write_bytes(text.encode())
    progress(f"Written: {path}")


def print_sheet(sheet: Sheet) -> None:
    """Print a sheet as aligned tables."""
    about = [f"{name} {value}" for name, value in sheet.about if value]
    print_table(sheet.title, (), ())
    print(", ".join(about))
    for section in sheet.tables:
        if section.rows:
            shown = shown_table(section)
            print_table(
                f"\n{section.name.replace('_', ' ')}",
                [one.replace("_", " ") for one in shown.headings],
                [[cell.replace(MINUS, "-") for cell in row] for row in shown.rows],
                right=shown.figures,
            )
