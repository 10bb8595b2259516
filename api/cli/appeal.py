"""``almoner appeal …``: filed on a named ground, ruled on by somebody from outside; money waits meanwhile."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.acts import Ruled, Ruling
from ...challenges.appeals import Appeal
from ...challenges.records.appeals import list_appeals
from ...challenges.records.briefs import find_challenge
from .award import award_document
from .rounds import (
    NONE,
    At,
    By,
    ChallengeCode,
    Checker,
    EntryCode,
    PanelOrder,
    TieSeed,
    clock_of,
    fund_of,
    inputs_of,
)
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, amount_text, print_json, print_table
from .writing import DryRun, Reason, read_bytes, reading, show_document, writing

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Appeals: filed, ruled on, listed.")
AppealFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Appeal (JSON): application, ground, statement, remedies.")
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Which of its appeals, from 1.")]
Upheld = Annotated[bool, typer.Option("--upheld/--dismissed", help="Whether the remedy is granted.")]


@app.command()
def file(
    challenge: ChallengeCode,
    file: AppealFile,
    tie_seed: TieSeed = "",
    panel_order: PanelOrder = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """File an appeal; what it would change is held. Example: almoner appeal file clean-water appeal.json."""
    filed, clock = Appeal.read(read_bytes(file)), clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        inputs = inputs_of(session, book, challenge, clock, tie_seed, panel_order)
        frozen = acts.appeal(session, fund, challenge, filed, clock=clock, inputs=inputs)
        stored = find_challenge(session, book, challenge)
        number = next(one.number for one in list_appeals(session, stored.id) if one.appeal == filed)
    document: dict[str, Any] = {
        "challenge": challenge,
        "application": filed.application,
        "number": number,
        "held": [{"prize": prize, "application": who, "part": part} for prize, who, part in frozen.held],
        "would_get": [
            {"prize": prize, "amount": one.amount.text, "unit": one.amount.unit.code}
            for prize, one in frozen.counterfactual
        ],
    }
    lines = [f"Appeal {number} of {filed.application} is filed; {len(frozen.held)} awards are held."]
    lines += [f"- prize {prize}: {who}" for prize, who, _ in frozen.held]
    lines += [
        f"Upheld, it would get {amount_text(one.amount)} of prize {prize}."
        for prize, one in frozen.counterfactual
    ]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def rule(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: EntryCode,
    number: Number,
    upheld: Upheld,
    by: By,
    reason: Reason,
    *,
    checker: Checker = "",
    tie_seed: TieSeed = "",
    panel_order: PanelOrder = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Rule on it. Example: almoner appeal rule W a-1 1 --dismissed --by ombud --reason "No fault".

    Upheld, wrong awards are reversed and the right ones made, which a second person approves: --checker.
    """
    ruling = Ruling(
        application=application, number=number, upheld=upheld, ruled_by=by, checker=checker, reason=reason
    )
    clock = clock_of(at, book)
    with writing(db, dry_run=dry_run) as session:
        fund = fund_of(session, book, challenge)
        inputs = inputs_of(session, book, challenge, clock, tie_seed, panel_order)
        ruled = acts.rule(session, fund, challenge, ruling, clock=clock, inputs=inputs)
    word = "upheld" if upheld else "dismissed"
    document: dict[str, Any] = {
        "challenge": challenge,
        "application": application,
        "number": number,
        "ruling": word,
        **_ruled(ruled),
    }
    lines = [f"Appeal {number} of {application} is {word}; what it held goes on."]
    lines += [_line("reversed", row) for row in document["reversed"]]
    lines += [_line("made", row) for row in document["made"]]
    lines += [_line("paid already, to be recovered", row) for row in document["to_recover"]]
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command("list")
def list_all(
    challenge: ChallengeCode, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """List appeals with their rulings. Example: almoner appeal list clean-water."""
    with reading(db) as session:
        found = list_appeals(session, find_challenge(session, book, challenge).id)
    rows: list[dict[str, Any]] = [
        {
            "application": one.appeal.application,
            "number": one.number,
            "ground": one.appeal.ground,
            "statement": one.appeal.statement,
            "remedies": [remedy.kind for remedy in one.appeal.remedies],
            "ruling": {None: "open", True: "upheld", False: "dismissed"}[one.upheld],
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Appeals in {challenge}",
        ("application", "number", "ground", "asks for", "ruling", "statement"),
        [
            (
                str(row["application"]),
                str(row["number"]),
                str(row["ground"]).replace("_", " "),
                ", ".join(one.replace("_", " ") for one in row["remedies"]),
                str(row["ruling"]),
                str(row["statement"]),
            )
            for row in rows
        ],
        right=(1,),
    )


def _ruled(ruled: Ruled) -> dict[str, Any]:
    return {
        "reversed": [award_document(row) for row in ruled.reversed_awards],
        "made": [award_document(row) for row in ruled.made],
        "to_recover": [award_document(row) for row in ruled.to_recover],
        "waiting": [{"application": one.application_id, "part": one.part} for one in ruled.waiting],
    }


def _line(word: str, row: dict[str, Any]) -> str:
    return f"- {word}: prize {row['prize']}, {row['application']}, {row['amount']} {row['unit']}"
