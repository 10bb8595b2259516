"""``almoner ledger …``."""

import typer

from ...finance import acts
from ...finance.records import entries, registry
from ...finance.storage import UnitOfWork, open_engine
from ..problems import DONE, FINDING
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, grouped, print_json, print_table, progress

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The ledger: balances and verification.")


@app.command()
def verify(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> int:
    """Derive everything again from the postings; exits 1 on a finding. Example: almoner ledger verify."""
    progress(f"Checking every transaction of {book}")
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        checked = acts.verify(session, book)
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


@app.command()
def balances(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """Print every account that holds something. Example: almoner ledger balances."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
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
