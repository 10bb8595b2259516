"""``almoner fund …``."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ...finance import acts
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.in_kind import GiftPosition
from ...finance.money import Money, grouped, money, zero
from ...finance.records import registry
from ...finance.statement_forms import StatementForm, fill_form, form_sheet, published_form
from ...finance.statement_sheets import donor_sheet, statement_sheet
from ...finance.units import Unit, valued
from ..wire.funds import FundReply
from .accounts import trace
from .sheets import After, Csv, Html, PaperSize, Through, day_of, show_sheet
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import reading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Funds: where they stand, and whose money it is."
)
Code = Annotated[str, typer.Argument(help="Code of the fund.")]
Form = Annotated[str, typer.Option("--form", help="Form to print: NAME/VERSION or a JSON file.")]
Reported = Annotated[
    list[str], typer.Option("--reported", help="A figure from outside, NAME=AMOUNT; may be repeated.")
]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="By the end of this day.")]


@app.command("list")
def list_funds(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the funds of a book. Example: almoner fund list."""
    with reading(db) as session:
        rows = [(fund, acts.position(session, fund)) for fund in registry.list_funds(session, book)]
    if as_json:
        print_json([FundReply.of(fund.title, position).model_dump() for fund, position in rows])
        return
    print_table(
        f"Funds of {book}",
        ("fund", "unit", "balance", "committed", "encumbered", "held", "free"),
        [
            (
                fund.code,
                fund.unit.code,
                *(
                    grouped(one.text)
                    for one in (now.balance, now.committed, now.encumbered, now.held, now.free)
                ),
            )
            for fund, now in rows
        ],
        right=(2, 3, 4, 5, 6),
    )


@app.command()
def show(
    code: Code, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """Show where a fund stands. Example: almoner fund show pool."""
    with reading(db) as session:
        fund = registry.find_fund(session, book, code)
        reply = FundReply.of(fund.title, acts.position(session, fund)).model_dump()
    if as_json:
        print_json(reply)
        return
    lines = [name for name in reply if name not in {"code", "title", "unit", "in_kind_unit", "earmarks"}]
    print_table(
        reply["title"],
        (reply["unit"], "amount"),
        [(one.replace("_", " "), grouped(reply[one])) for one in lines],
        right=(1,),
    )
    print_table(
        "\nBy earmark",
        ("earmark", "balance", "reserved", "free"),
        [
            (row["earmark"], *(grouped(row[name]) for name in ("balance", "reserved", "free")))
            for row in reply["earmarks"]
        ],
        right=(1, 2, 3),
    )


@app.command()
def statement(  # noqa: PLR0913  # one option each
    code: Code,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    after: After = None,
    through: Through = None,
    *,
    form: Form = "",
    reported: Reported = [],  # noqa: B006  # typer copies it
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """Print sources and uses of a fund. Example: almoner fund statement pool --through 2025-12-31.

    In the fund's own form: almoner fund statement pool --form unpbf/1 --reported po_expenditure=535464931
    """
    chosen = _read_form(form) if form else None
    with reading(db) as session:
        fund = registry.find_fund(session, book, code)
        made = acts.make_statement(session, fund, after=day_of(after), through=day_of(through))
    sheet = statement_sheet(made, fund.title)
    if chosen is not None:
        sheet = form_sheet(fill_form(chosen, made, dict(_read_figure(one, fund.unit) for one in reported)))
    show_sheet(sheet, as_json=as_json, csv=csv, html=html, paper=paper)


def _read_form(form: str) -> StatementForm:
    """Read a form by name and version, or from a file."""
    known = re.fullmatch(r"([a-z][a-z0-9_-]*)/(\d{1,4})", form, re.ASCII)
    if known and not Path(form).is_file():
        return published_form(known[1], int(known[2]))
    return StatementForm.read(Path(form).read_bytes())


def _read_figure(text: str, unit: Unit) -> tuple[str, Money]:
    name, sign, amount = text.partition("=")
    if not sign:
        raise DocumentInvalid(
            f"{text!r} is no reported figure. Write NAME=AMOUNT, like spent=100.00.", got=text
        )
    return name, money(amount, unit)


@app.command()
def donor(  # one option each
    code: Code,
    giver: Annotated[str, typer.Argument(help="Code of the donor.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    through: Through = None,
    *,
    csv: Csv = None,
    html: Html = None,
    paper: PaperSize = "A4",
    as_json: AsJson = False,
) -> None:
    """Follow one donor's money. Example: almoner fund donor pool meridian-agency --html statement.html."""
    with reading(db) as session:
        fund = registry.find_fund(session, book, code)
        made = acts.donor_statement(session, fund, giver, through=day_of(through))
    show_sheet(donor_sheet(made), as_json=as_json, csv=csv, html=html, paper=paper)


@app.command("in-kind")
def in_kind(
    code: Code,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    on: On = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List gifts in kind: quantity, value, last day of use. Example: almoner fund in-kind pool."""
    day = on.date() if on else system_clock().date()
    with reading(db) as session:
        fund = registry.find_fund(session, book, code)
        held = acts.in_kind_position(session, fund, on=day)
    rows = [_gift_row(gift) for row in held for gift in row.gifts]
    worth = sum((row.value for row in held), start=zero(valued(fund.unit)))
    if as_json:
        total = {"value": worth.text, "value_unit": worth.unit.code}
        print_json({"fund": code, "on": day.isoformat(), "gifts": rows, **total})
        return
    print_table(
        f"In kind in {code} on {day}",
        ("gift", "giver", "earmark", "until", "unit", "given", "used", "expired", "left", worth.unit.code),
        [
            (
                *(row[name] for name in ("gift", "giver", "earmark", "available_until", "unit")),
                *(grouped(row[name]) for name in ("given", "used", "expired", "left", "value")),
            )
            for row in rows
        ],
        right=(5, 6, 7, 8, 9),
    )
    print_table("", (worth.unit.code, "amount"), [("value counted", grouped(worth.text))], right=(1,))


def _gift_row(gift: GiftPosition) -> dict[str, str]:
    """Describe a gift; its last day and its value are empty where it has none."""
    return {
        "gift": gift.gift,
        "giver": gift.giver,
        "earmark": gift.earmark,
        "available_until": gift.available_until.isoformat() if gift.available_until else "",
        "unit": gift.given.unit.code,
        "given": gift.given.text,
        "used": gift.used.text,
        "expired": gift.expired.text,
        "left": gift.left.text,
        "value": gift.value.text if gift.value is not None else "",
    }


app.command()(trace)
