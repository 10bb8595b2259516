"""``almoner contract list``: the agreements of a book."""

from ...contracts import acts
from ...contracts.records import agreements
from ...contracts.settlement import Payout
from ...finance.money import Money, grouped, zero
from ...finance.storage import UnitOfWork, open_engine
from .show import print_json, print_table


def show_agreements(db: str, book: str, *, as_json: bool) -> None:
    """Print the agreements of a book, payer by payer."""
    rows: list[dict[str, str]] = []
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        for code in agreements.list_agreements(session, book):
            stands = agreements.find_agreement(session, book, code).agreement
            payouts = acts.list_payouts(session, book, code) if stands.sources else ()
            rows += [
                {
                    "code": code,
                    "state": stands.state,
                    "payer": one.payer,
                    "fund": one.fund,
                    "unit": one.maximum.unit.code,
                    "max_liability": one.maximum.text,
                    "paid": _paid(payouts, one.payer, zero(one.maximum.unit)).text,
                }
                for one in stands.sources
            ] or [dict.fromkeys(FIELDS, "") | {"code": code, "state": stands.state}]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Agreements of {book}",
        ("agreement", "state", "payer", "fund", "unit", "most", "paid"),
        [
            tuple(grouped(row[name]) if name in AMOUNTS and row[name] else row[name] for name in FIELDS)
            for row in rows
        ],
        right=(5, 6),
    )


FIELDS = ("code", "state", "payer", "fund", "unit", "max_liability", "paid")
AMOUNTS = ("max_liability", "paid")


def _paid(payouts: tuple[Payout, ...], payer: str, nothing: Money) -> Money:
    """Sum what went out of a payer's fund, less what came back."""
    rows = [one for one in payouts if one.payer == payer and one.route != "outside"]
    return sum((one.done if one.direction == "out" else -one.done for one in rows), start=nothing)
