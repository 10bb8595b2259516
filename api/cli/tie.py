"""``almoner tie …``: who owns, runs, pays or is related to whom, and what that means for who verifies."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ...contracts.acts import vetting
from ...contracts.independence import Conflict
from ...contracts.records import agreements
from ...finance.acts import tying
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.ties import TIE_KINDS, Tie, TieKind
from ..problems import DONE, FINDING
from .sheets import day_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import AgreementCode, DryRun, reading, show_document, writing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Ties between parties, and who may not verify for them."
)
Kind = Annotated[TieKind, typer.Argument(metavar="KIND", help=f"One of {', '.join(TIE_KINDS)}.")]
From = Annotated[
    str, typer.Argument(metavar="FROM", help="Code of the party that owns, controls, works for …")
]
To = Annotated[str, typer.Argument(metavar="TO", help="Code of the other party.")]
Since = Annotated[
    datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="First day on which it holds.")
]
Until = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Last day on which it holds.")]
On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day that is asked about.")
]
SourceText = Annotated[str, typer.Option("--source", help="Who says so: a register, a declaration.")]
VerifierCode = Annotated[str, typer.Option("--verifier", help="Code of one party; all verifiers without it.")]


@app.command()
def add(
    kind: Kind,
    source: From,
    target: To,
    since: Since,
    told_by: SourceText,
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Declare a tie. Example: almoner tie add owns holding count-lab --since 2026-01-01 --source register."""
    if source == target:
        raise DocumentInvalid(f"A tie joins two parties, and {source} is one.")
    declared = Tie(kind=kind, from_party=source, to_party=target, since=since.date(), source=told_by)
    with writing(db, dry_run=dry_run) as session:
        made = tying.tie(session, book, declared, clock=system_clock)
    show_document(_document(made), as_json=as_json, dry_run=dry_run, lines=[f"On record: {made}."])


@app.command()
def end(
    kind: Kind,
    source: From,
    target: To,
    since: Since,
    on: Until,
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End a tie. Example: almoner tie end owns holding lab --since 2026-01-01 --on 2026-12-31."""
    held = Tie(kind=kind, from_party=source, to_party=target, since=since.date(), source="as declared")
    with writing(db, dry_run=dry_run) as session:
        made = tying.end_tie(session, book, held, on.date(), clock=system_clock)
    show_document(_document(made), as_json=as_json, dry_run=dry_run, lines=[f"On record: {made}."])


@app.command("list")
def list_all(
    on: On = None, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """List ties; with --on those that hold on a day. Example: almoner tie list --on 2027-01-31."""
    with reading(db) as session:
        rows = tying.find_ties(session, book, day_of(on))
    if as_json:
        print_json([_document(one) for one in rows])
        return
    columns = ("from", "tie", "to", "since", "until", "source")
    lines = [
        (
            one.from_party,
            one.kind.replace("_", " "),
            one.to_party,
            one.since.isoformat(),
            one.until.isoformat() if one.until is not None else "",
            one.source,
        )
        for one in rows
    ]
    print_table(f"Ties of {book}", columns, lines)


@app.command()
def check(
    code: AgreementCode,
    verifier: VerifierCode = "",
    on: On = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> int:
    """Find ties of verifiers to the money; exits 1 when there are. Example: almoner tie check pact."""
    day = day_of(on) or system_clock().date()
    with reading(db) as session:
        agreement = agreements.find_agreement(session, book, code).agreement
        asked = [verifier] if verifier else sorted(set(agreement.document.verifying.values()))
        found = [
            one for party in asked for one in vetting.find_conflicts(session, book, agreement, party, day)
        ]
    if as_json:
        print_json(
            {
                "agreement": code,
                "on": day.isoformat(),
                "verifiers": asked,
                "conflicts": [_conflict(one) for one in found],
            }
        )
    else:
        answer = f"{len(found)} ties to the money" if found else "no tie to the money is known"
        print(f"{', '.join(asked) or 'No verifier'} on {day}: {answer}.")
        for one in found:
            told = "inferred" if one.inferred else "declared"
            print(f"- {one.verifier} and {one.other}, {told}: {'; '.join(one.path)}")
    return FINDING if found else DONE


def _conflict(one: Conflict) -> dict[str, Any]:
    return {
        "verifier": one.verifier,
        "other": one.other,
        "path": list(one.path),
        "on": one.on.isoformat(),
        "inferred": one.inferred,
    }


def _document(one: Tie) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "from": one.from_party,
        "to": one.to_party,
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until is not None else None,
        "source": one.source,
    }
