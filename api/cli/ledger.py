"""``almoner ledger …``."""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ...finance import acts, verifier
from ...finance.dates import system_clock
from ...finance.errors import Busy
from ...finance.log import Checkpoint
from ...finance.money import grouped
from ...finance.records import entries, registry
from ...finance.storage import Engine, UnitOfWork
from ..problems import DONE, FINDING
from .accounts import COMMANDS
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table, progress
from .writing import opened, read_secret, reading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The ledger: entries, balances, verification, log."
)
for command in COMMANDS:
    app.command()(command)


@app.command()
def verify(
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    since: Annotated[
        Path | None, typer.Option("--since", help="File with a checkpoint kept outside; finds a roll-back.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="File with a proof; it alone is checked, without a database."),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Key of the log as its owner published it, for --file.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Derive everything again from the postings; exits 1 on a finding. Example: almoner ledger verify.

    With --file a proof from a page is checked instead: almoner ledger verify --file proof.json --key KEY.
    """
    if file is not None:
        return _check_proof(file, key, as_json=as_json)
    progress(f"Checking every transaction of {book}")
    kept = since.read_text(encoding="utf-8") if since else ""
    with reading(db) as session:
        checked = acts.verify(session, book, since=kept)
    if as_json:
        print_json(
            {
                "book": book,
                "transactions": checked.transactions,
                "postings": checked.postings,
                "unbalanced": checked.unbalanced,
                "verified": checked.verified,
                "findings": list(checked.findings),
            }
        )
    else:
        answer = "nothing found" if checked.verified else f"{len(checked.findings)} findings"
        print(f"{checked.transactions} transactions, {checked.postings} postings: {answer}.")
        for finding in checked.findings:
            print(f"- {finding}")
    return DONE if checked.verified else FINDING


def _check_proof(file: Path, key: str, *, as_json: bool) -> int:
    """Check a proof by itself, and say what it shows."""
    holds, said = True, ""
    try:
        said = verifier.check(json.loads(file.read_text(encoding="utf-8")), key.strip().lower() or None)
    except (verifier.Refusal, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        holds, said = False, f"INVALID: {error}."
    if as_json:
        print_json({"file": str(file), "verified": holds, "says": said})
    else:
        print(said)
    return DONE if holds else FINDING


@app.command()
def balances(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """Print every account that holds something. Example: almoner ledger balances."""
    with reading(db) as session:
        rows = entries.list_balances(session, registry.find_book_id(session, book))
    shown = [
        {
            "account": row.account.path,
            "earmark": row.account.earmark,
            "unit": row.account.unit.code,
            "settled": row.settled.text,
            "promised": (row.promised + row.outstanding).text,
        }
        for row in rows
        if row.settled or row.promised or row.outstanding
    ]
    if as_json:
        print_json(shown)
        return
    print_table(
        f"Balances of {book}",
        ("account", "earmark", "unit", "settled", "promised"),
        [
            (row["account"], row["earmark"], row["unit"], grouped(row["settled"]), grouped(row["promised"]))
            for row in shown
        ],
        right=(3, 4),
    )


@app.command()
def seal(  # one option each
    *,
    name: Annotated[str, typer.Option("--name", help="Who seals; the log is named NAME/BOOK.")],
    key_file: Annotated[Path, typer.Option("--key-file", help="File with the secret key, 64 hex digits.")],
    every: Annotated[float, typer.Option("--every", min=0.1, help="Seconds between two seals.")] = 1.0,
    during: Annotated[float, typer.Option("--for", min=0, help="Seconds to go on; 0 seals once.")] = 0.0,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    as_json: AsJson = False,
) -> None:
    """Seal new events and sign a checkpoint. Example: almoner ledger seal --name example.org --key-file F."""
    secret = read_secret(key_file)
    rounds = 1 + timedelta(seconds=during) // timedelta(seconds=every)
    with opened(db) as engine:
        if during:
            made = keep_sealing(engine, book, name, secret, every_s=every, rounds=rounds)
        else:
            with UnitOfWork(engine) as session:
                made = acts.seal(session, book, clock=system_clock, name=name, secret=secret)
    if as_json:
        said = None if made is None else {"name": made.name, "size": made.size, "root": made.root.hex()}
        print_json({"book": book, "sealed": said, "checkpoint": None if made is None else made.note})
    elif made is None:
        print(f"Nothing new in {book}: the last checkpoint covers every event.")
    else:
        print(f"{made.size} events under one root. Keep this checkpoint where the ledger cannot reach it:\n")
        print(made.note, end="")


def keep_sealing(
    engine: Engine, book: str, name: str, secret: bytes, *, every_s: float, rounds: int
) -> Checkpoint | None:
    """Seal whenever an event waits, a busy database again; return the last checkpoint that was made.

    Parameters
    ----------
    engine : Engine
        Each seal is a transaction of its own.
    book : str
        Code of the book.
    name : str
        Who seals.
    secret : bytes
        Ed25519 secret key, 32 bytes.
    every_s : float [s]
        Between two seals.
    rounds : int [seals]
        At most.

    Raises
    ------
    Busy
        When the last seal found the database busy.
    """
    last, every = None, timedelta(seconds=every_s)
    progress(f"Sealing {book} every {every_s:g} seconds, {rounds} times at most")
    for step in range(rounds):
        time.sleep(every_s if step else 0)
        try:
            with UnitOfWork(engine) as session:
                made = acts.seal_due(session, book, clock=system_clock, name=name, secret=secret, every=every)
        except Busy as fault:
            if step == rounds - 1:
                raise
            progress(fault.message)
            continue
        if made is not None:
            progress(f"{made.size} events sealed, {rounds - step - 1} times to go")
        last = made or last
    return last


@app.command()
def prove(
    event: Annotated[UUID, typer.Argument(help="Identity of the event; for money, the transaction's.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    since: Annotated[
        int | None, typer.Option("--since", min=0, help="Size of the checkpoint the reader keeps; 0 for all.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File for the proof.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the proof that an event is in the log. Example: almoner ledger prove EVENT --out proof.json."""
    with reading(db) as session:
        proof = acts.prove(session, book, event, since=since)
    if out is not None:
        out.write_text(json.dumps(proof, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        progress(f"Proof written to {out}. Check it with: python verifier.py {out} --key {proof['key']}")
    if out is None or as_json:
        print_json(proof)
