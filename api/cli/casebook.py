"""``almoner casebook``."""

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from ...contracts.casebook import ALL_DEALS, CasebookRow, recompute
from ...finance.money import grouped
from ..problems import DONE, FINDING
from .show import AsJson, print_json, print_table

app = typer.Typer(add_completion=False)
Deal = Annotated[str, typer.Option("--deal", help="One deal only, for example denver-sib.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", exists=True, file_okay=False, help="Deals of your own, not the casebook."),
]
MARKS = {True: "✓", False: "✗"}
USES = {"reproduce": "", "at_least": "at least", "refuse": "not"}


@app.command()
def casebook(deal: Deal = ALL_DEALS, folder: Folder = None, *, as_json: AsJson = False) -> int:
    """Recompute published deals and compare. Example: almoner casebook --deal denver-sib."""
    rows = recompute(deal, folder)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _show(rows)
    return DONE if all(row.match for row in rows) else FINDING


def _show(rows: tuple[CasebookRow, ...]) -> None:
    """Print a table for each deal, the reasons of figures that differ, and a count."""
    for deal, group in groupby(rows, key=lambda row: row.deal):
        print_table(
            deal,
            ("", "case", "output", "computed", "published", "basis"),
            [(MARKS[r.match], r.case, r.label, _figure(r.computed), _published(r), r.basis) for r in group],
            right=(3, 4),
        )
        print()
    for row in rows:
        if not row.match:
            print(f"{row.deal}/{row.case}, {row.label}: {row.reason}")
    matched = sum(row.match for row in rows)
    cases = len({(row.deal, row.case) for row in rows})
    deals = len({row.deal for row in rows})
    print(f"{matched} of {len(rows)} figures match. Cases: {cases}. Deals: {deals}.")


def _figure(text: str) -> str:
    return grouped(text) if text.lstrip("-").replace(".", "", 1).isdigit() else text or "-"


def _published(row: CasebookRow) -> str:
    within = "" if row.tolerance == "0" else f" ± {row.tolerance}"
    return f"{USES[row.use]} {_figure(row.published)}{within}".strip()
