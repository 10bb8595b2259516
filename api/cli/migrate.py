"""``almoner migrate``."""

import typer

from ...finance.storage import open_engine
from ..migrations import head, upgrade
from .show import DEFAULT_DB, AsJson, Database, print_json, progress

app = typer.Typer(add_completion=False)


@app.command()
def migrate(db: Database = DEFAULT_DB, *, as_json: AsJson = False) -> None:
    """Build or update the tables of a database. Example: almoner migrate --db sqlite:///almoner.db."""
    upgrade(open_engine(db))
    if as_json:
        print_json({"schema": head()})
    else:
        progress(f"The database holds schema {head()}.")
