"""``almoner conflicts``: every reason why a judge must not read an entry, or should rather not."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.conflicts import JudgeConflict
from ...finance.dates import system_clock
from ..problems import DONE, FINDING
from .rounds import NONE, ChallengeCode
from .sheets import day_of
from .show import DEFAULT_DB, AsJson, Database, print_json, print_table, progress
from .writing import reading

app = typer.Typer(
    add_completion=False, help="Conflicts between the judges and the entries of a challenge, with why."
)
BookCode = Annotated[str, typer.Argument(metavar="BOOK", help="Code of the book.")]
On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day that is asked about; today.")
]
Judges = Annotated[list[str], typer.Option("--judge", help="Only of this judge; may be repeated.")]


@app.command()
def conflicts(
    book: BookCode,
    challenge: ChallengeCode,
    on: On = None,
    judge: Judges = NONE,
    db: Database = DEFAULT_DB,
    *,
    as_json: AsJson = False,
) -> int:
    """List conflicts, with why; exits 1 when there are. Example: almoner conflicts demo water."""
    day = day_of(on) or system_clock().date()
    progress(f"Looking for ties between judges and entries of {challenge} as of {day}")
    with reading(db) as session:
        found = acts.conflicts_of(session, book, challenge, as_of=day, judges=judge)
    if as_json:
        rows = [_document(one) for one in found]
        print_json({"challenge": challenge, "as_of": day.isoformat(), "conflicts": rows})
    elif not found:
        print(f"No conflict is known in {challenge} on {day}.")
    else:
        _print(challenge, found)
    return FINDING if found else DONE


def _print(challenge: str, found: tuple[JudgeConflict, ...]) -> None:
    hard = sum(one.level == "hard" for one in found)
    print_table(
        f"Conflicts in {challenge}: {hard} hard, {len(found) - hard} soft",
        ("judge", "application", "through", "kind", "level", "bars from", "rests on"),
        [
            (
                one.judge,
                one.application,
                one.actor,
                one.kind.replace("_", " "),
                one.level,
                one.scope if one.level == "hard" else "",
                "; ".join(one.provenance),
            )
            for one in found
        ],
    )


def _document(one: JudgeConflict) -> dict[str, Any]:
    return {
        "judge": one.judge,
        "application": one.application,
        "actor": one.actor,
        "kind": one.kind,
        "level": one.level,
        "scope": one.scope,
        "provenance": list(one.provenance),
    }
