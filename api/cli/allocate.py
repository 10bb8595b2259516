"""``almoner allocate``."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from ...finance.allocation import AllocationDocument, allocate, recheck
from ...finance.errors import DocumentInvalid
from ...finance.money import decimal_text, grouped
from .show import AsJson, print_json, print_table, progress

app = typer.Typer(add_completion=False)
Problem = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Allocation problem (JSON).")]
Gap = Annotated[
    str | None, typer.Option("--gap", help="Asked distance to the best possible, for example 1/10000.")
]
Deadline = Annotated[float, typer.Option("--deadline", min=0.1, max=86_400, help="Seconds.")]


@app.command()
def allocate_problem(
    problem: Problem, gap: Gap = None, deadline: Deadline = 60.0, *, as_json: AsJson = False
) -> None:
    """Solve an allocation problem, re-check the answer exactly. Example: almoner allocate p.json."""
    try:
        asked = None if gap is None else Fraction(gap)
    except (ValueError, ZeroDivisionError):
        raise DocumentInvalid(f"{gap!r} is no gap. Write a fraction such as 1/10000.", got=str(gap)) from None
    document = AllocationDocument.read(problem.read_bytes())
    progress(f"Allocating among {len(document.interventions)} interventions, at most {deadline:g} s")
    result = allocate(document, gap=asked, deadline_s=deadline)
    recheck(document, result.lines)
    if as_json:
        print_json(json.loads(result.canonical_bytes()))
        return
    print_table(
        f"Worth {float(result.value):.6f}; no allocation exceeds {float(result.bound):.6f} ({result.status})",
        ("intervention", "fund", result.unit),
        [
            (row.intervention_id, row.fund_id, grouped(decimal_text(row.amount_minor, result.scale)))
            for row in result.lines
        ],
        right=(2,),
    )
    if result.binding:
        print(f"Binding: {', '.join(result.binding)}.")
