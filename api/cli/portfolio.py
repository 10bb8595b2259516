"""``almoner portfolio``: where all signed agreements of a book stand together."""

from pathlib import Path
from typing import Annotated

import typer

from ...contracts.acts import viewing
from ...contracts.outcomes.document import OutcomesDocument
from ...contracts.portfolio_rows import portfolio_sheet
from .sheets import Csv, Html, PaperSize, show_sheet
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, progress
from .writing import read_bytes, read_pairs, reading

app = typer.Typer(add_completion=False)
Outcomes = Annotated[
    list[str],
    typer.Option(
        "--outcomes", metavar="AGREEMENT=FILE", help="Outcome models, for a forecast; may be repeated."
    ),
]
Paths = Annotated[int, typer.Option("--paths", min=1, max=1_000_000, help="Drawn for each forecast.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same forecast.")]


@app.command()
def portfolio(  # one option each
    outcomes: Outcomes = [],  # noqa: B006  # typer copies it
    paths: Paths = viewing.PATHS,
    seed: Seed = 0,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """Show liability, earned, paid, set aside and remaining of all agreements. Example: almoner portfolio.

    With --outcomes pact=models.json: mean and P95 of what each payer will pay, beside its liability.
    """
    models = {
        code: OutcomesDocument.read(read_bytes(Path(file)))
        for code, file in read_pairs(outcomes, "outcome model").items()
    }
    if models:
        progress(f"Forecasting {len(models)} agreements, {paths:,} paths each")
    with reading(db) as session:
        rows = viewing.portfolio(session, book, outcomes=models, paths=paths, seed=seed)
    show_sheet(portfolio_sheet(book, rows), as_json=as_json, csv=csv, html=html, paper=paper)
