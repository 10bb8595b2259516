"""``almoner ledger …`` on accounts: post, balance, history, statement, trace, uses."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from ...finance import acts
from ...finance.accounts import UNRESTRICTED
from ...finance.dates import system_clock
from ...finance.entries import LedgerEntries
from ...finance.records import registry, turnover
from ...finance.statement_sheets import (
    account_sheet,
    history_sheet,
    posted_sheet,
    shares_sheet,
    trial_sheet,
    uses_sheet,
)
from ...finance.turnover import LAYER_WORDS, HistoryCursor, TurnoverLayer
from .sheets import STANDARD_OUTPUT, After, Csv, Html, PaperSize, Through, day_of, show_sheet
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database
from .writing import reading

AccountPath = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Path of the account, like pool/cash.")]
EarmarkCode = Annotated[str, typer.Option("--earmark", help="Code of its restriction.")]
UnitOption = Annotated[str, typer.Option("--unit", help="Its unit, where there are several.")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Last day counted.")]
LayerWord = Literal["settled", "pending", "encumbered"]
Layer = Annotated[
    LayerWord | None, typer.Option("--layer", help="Settled, or encumbered as an obligation's is by default.")
]
Limit = Annotated[int, typer.Option("--limit", help="At most so many entries.")]


def post(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Entries (JSON); - for standard input.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Post entries on open accounts, all or none. Example: almoner ledger post entries.json.

    The document is almoner.entries/1: entries with key, kind, effective_on and legs (account, earmark, unit,
    side, amount, line).
    """
    raw = sys.stdin.buffer.read() if file == STANDARD_OUTPUT else file.read_bytes()
    document = LedgerEntries.read(raw)
    with reading(db) as session:
        posted = acts.post_entries(session, book, document, clock=system_clock)
    keys = [one.key for one in document.entries]
    show_sheet(posted_sheet(book, zip(keys, posted, strict=True)), as_json=as_json)


def balance(  # one option each
    account: AccountPath,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    earmark: EarmarkCode = UNRESTRICTED,
    unit: UnitOption = "",
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Say what an account holds. Example: almoner ledger balance pool/cash --on 2025-12-31."""
    with reading(db) as session:
        found = turnover.find_turnover(
            session,
            registry.find_book_id(session, book),
            account,
            unit=unit or None,
            earmark=earmark,
            on=day_of(on),
        )
    show_sheet(account_sheet(found.turnover, day_of(on)), as_json=as_json)


def history(  # noqa: PLR0913  # one option each
    account: AccountPath,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    earmark: EarmarkCode = UNRESTRICTED,
    unit: UnitOption = "",
    layer: Layer = None,
    after: After = None,
    through: Through = None,
    limit: Limit = 1000,
    start: Annotated[str, typer.Option("--start", help="Where the page before ended: its 'following'.")] = "",
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """Print the postings of an account. Example: almoner ledger history pool/cash --through 2025-12-31."""
    cursor = HistoryCursor.read(start) if start else None
    with reading(db) as session:
        book_id = registry.find_book_id(session, book)
        found = turnover.find_turnover(session, book_id, account, unit=unit or None, earmark=earmark)
        known = found.turnover.account
        made = acts.account_history(
            session,
            book,
            known,
            layer=_layer(layer, is_promise=known.role == "obligation"),
            after=day_of(after),
            through=day_of(through),
            start=cursor,
            limit=limit,
        )
    show_sheet(history_sheet(made), as_json=as_json, csv=csv, html=html, paper=paper)


def _layer(word: LayerWord | None, *, is_promise: bool) -> TurnoverLayer:
    if word is None:
        return "E" if is_promise else "S"
    return next(layer for layer, known in LAYER_WORDS.items() if known == word)


def statement(  # one option each
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    on: On = None,
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """Print the trial balance of a book. Example: almoner ledger statement --csv trial.csv."""
    with reading(db) as session:
        made = acts.trial_balance(session, book, on=day_of(on))
    show_sheet(trial_sheet(made), as_json=as_json, csv=csv, html=html, paper=paper)


def trace(
    transaction: Annotated[UUID, typer.Argument(help="Identity of the payment.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Say whose money a payment was. Example: almoner ledger trace 01a67499-4280-79a8-9689-4c5e2b1853c1."""
    with reading(db) as session:
        shares = acts.trace(session, book, transaction)
    show_sheet(shares_sheet(transaction, shares), as_json=as_json, csv=csv)


def uses(
    contribution: Annotated[str, typer.Argument(help="Code of the contribution: the key of its deposit.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a contribution. Example: almoner ledger uses gift-1."""
    with reading(db) as session:
        found = acts.uses(session, book, contribution)
    show_sheet(uses_sheet(contribution, found), as_json=as_json, csv=csv)


COMMANDS = (post, balance, history, statement, trace, uses)
