"""``almoner fund …``."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from ...finance import acts
from ...finance.dates import system_clock
from ...finance.in_kind import GiftPosition
from ...finance.money import zero
from ...finance.records import registry
from ...finance.storage import UnitOfWork, open_engine
from ...finance.units import valued
from ..wire.funds import FundReply
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, grouped, print_json, print_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Funds: where they stand, and whose money it is."
)
Code = Annotated[str, typer.Argument(help="Code of the fund.")]
Through = Annotated[
    datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last day of the statement.")
]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="By the end of this day.")]


@app.command("list")
def list_funds(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the funds of a book. Example: almoner fund list."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        rows = [(fund, acts.position(session, fund)) for fund in registry.list_funds(session, book)]
    if as_json:
        print_json([FundReply.of(fund.title, position).model_dump() for fund, position in rows])
        return
    print_table(
        f"Funds of {book}",
        ("fund", "unit", "balance", "committed", "encumbered", "free"),
        [
            (
                fund.code,
                fund.unit.code,
                *(grouped(one.text) for one in (now.balance, now.committed, now.encumbered, now.free)),
            )
            for fund, now in rows
        ],
        right=(2, 3, 4, 5),
    )


@app.command()
def show(
    code: Code, db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False
) -> None:
    """Show where a fund stands. Example: almoner fund show pool."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
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
def statement(
    code: Code,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    through: Through = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print sources and uses of a fund. Example: almoner fund statement pool --through 2025-12-31."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        fund = registry.find_fund(session, book, code)
        made = acts.make_statement(session, fund, through=through.date() if through else None)
    lines = [(row.line, row.amount.text) for row in made.lines]
    ends = {"opening": made.opening, "sources": made.sources, "uses": made.uses, "closing": made.closing}
    ends["difference"] = made.difference
    if as_json:
        totals = {name: amount.text for name, amount in ends.items()}
        print_json({"fund": code, "unit": fund.unit.code, "lines": dict(lines), **totals})
        return
    rows = lines + [(name, amount.text) for name, amount in ends.items()]
    print_table(
        fund.title,
        (fund.unit.code, "amount"),
        [(one.replace("_", " "), grouped(two)) for one, two in rows],
        right=(1,),
    )


@app.command()
def donor(
    code: Code,
    giver: Annotated[str, typer.Argument(help="Code of the donor.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Follow one donor's money. Example: almoner fund donor pool meridian-agency."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        made = acts.donor_statement(session, registry.find_fund(session, book, code), giver)
    uses = [
        {"line": use.line, "payee": use.payee, "on": use.effective_on.isoformat(), "amount": use.amount.text}
        | {"transaction": str(use.transaction)}
        for use in made.uses
    ]
    ends = {
        "pledged": made.pledged,
        "deposited": made.deposited,
        "used": made.used,
        "remaining": made.remaining,
    }
    ends["difference"] = made.difference
    totals = {name: amount.text for name, amount in ends.items()}
    if as_json:
        print_json({"fund": code, "giver": giver, "unit": made.deposited.unit.code, "uses": uses, **totals})
        return
    print_table(
        f"{giver} in {code}",
        ("on", "line", "payee", "amount", "transaction"),
        [(use["on"], use["line"], use["payee"], grouped(use["amount"]), use["transaction"]) for use in uses],
        right=(3,),
    )
    print_table(
        "",
        (made.deposited.unit.code, "amount"),
        [(one, grouped(two)) for one, two in totals.items()],
        right=(1,),
    )


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
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
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


@app.command()
def trace(
    transaction: Annotated[UUID, typer.Argument(help="Identity of the payment.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Say whose money a payment was. Example: almoner fund trace 01a67499-4280-79a8-9689-4c5e2b1853c1."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        uses = acts.trace(session, book, transaction)
    rows = [
        {"giver": use.giver, "contribution": use.contribution, "line": use.line, "payee": use.payee}
        | {"amount": use.amount.text, "unit": use.amount.unit.code}
        for use in uses
    ]
    if as_json:
        print_json({"transaction": str(transaction), "shares": rows})
        return
    print_table(
        f"Transaction {transaction}",
        ("giver", "contribution", "line", "payee", "unit", "amount"),
        [
            (
                row["giver"],
                row["contribution"],
                row["line"],
                row["payee"],
                row["unit"],
                grouped(row["amount"]),
            )
            for row in rows
        ],
        right=(5,),
    )
