"""``almoner evaluate METHOD FILE``: an effect computed from data by a named method."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ...contracts.evaluation.estimate import Estimate
from ...contracts.evaluation.registry import evaluate as evaluate_table
from ...contracts.evaluation.registry import list_methods
from ...contracts.evaluation.tables import read_table
from ...finance.errors import DocumentInvalid
from .show import AsJson, print_json, print_table
from .writing import Out, read_bytes, read_pairs, write_bytes

app = typer.Typer(add_completion=False)
MethodName = Annotated[
    str, typer.Argument(metavar="[METHOD]", help="Name, or NAME/VERSION; without it all are listed.")
]
Data = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Data (CSV); - for standard input.")]
Params = Annotated[
    Path | None, typer.Option("--params", metavar="FILE", help="Parameters of the method (JSON).")
]
ColumnNames = Annotated[
    list[str],
    typer.Option("--column", metavar="FIELD=NAME", help='A column of another name: outcome="Score".'),
]


@app.command()
def evaluate(
    method: MethodName = "",
    file: Data = None,
    params: Params = None,
    column: ColumnNames = [],  # noqa: B006  # typer copies it
    out: Out = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compute an effect and its interval. Example: almoner evaluate did panel.csv --out e.json.

    What --out writes, and --json prints, is what 'almoner determination draft --estimate' takes.
    """
    if not method:
        _show_methods(as_json=as_json)
        return
    if file is None:
        raise DocumentInvalid(f"Give the data: almoner evaluate {method} FILE")
    table = read_table(read_bytes(file), columns=read_pairs(column, "column"))
    found = evaluate_table(method, table, read_bytes(params) if params is not None else "{}")
    if out is not None:
        write_bytes(out, (json.dumps(found.row(), ensure_ascii=False, indent=1) + "\n").encode())
    if as_json:
        print_json(found.row())
    else:
        _show(found)


def _show_methods(*, as_json: bool) -> None:
    known = list_methods()
    if as_json:
        print_json(
            [{"name": one.name, "distribution": one.distribution, "module": one.value} for one in known]
        )
        return
    lines = [(one.name, one.distribution, one.value) for one in known]
    print_table("Methods of evaluation", ("method", "from", "module"), lines)


def _show(found: Estimate) -> None:
    lines = [
        (name.replace("_", " "), str(getattr(found, name)))
        for name in ("value", "standard_error", "low", "high", "level", "sample", "statistic", "data_sha256")
        if getattr(found, name) != ""
    ]
    extra = [(name.replace("_", " "), text) for name, text in {**found.details, **found.diagnostics}.items()]
    print_table(found.method, ("figure", "value"), [*lines, *extra])
