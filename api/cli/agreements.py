"""``almoner contract list``: the agreements of a book."""

from ...contracts.records import agreements, findings
from ...finance.money import decimal_text, grouped
from ...finance.storage import UnitOfWork, open_engine
from .show import print_json, print_table


def show_agreements(db: str, book: str, *, as_json: bool) -> None:
    """Print the agreements of a book."""
    with UnitOfWork(open_engine(db, must_exist=True)) as session:
        stored = [
            agreements.find_agreement(session, book, code)
            for code in agreements.list_agreements(session, book)
        ]
        settled = [findings.list_settlements(session, one.agreement, one.id) for one in stored]
    rows = [
        {
            "code": one.agreement.code,
            "fund": one.agreement.fund,
            "state": one.agreement.state,
            "unit": one.agreement.maximum.unit.code,
            "max_liability": one.agreement.maximum.text,
            "paid": decimal_text(sum(row.due.minor for row in paid), one.agreement.maximum.unit.scale),
        }
        for one, paid in zip(stored, settled, strict=True)
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Agreements of {book}",
        ("agreement", "fund", "state", "unit", "most", "paid"),
        [
            (r["code"], r["fund"], r["state"], r["unit"], grouped(r["max_liability"]), grouped(r["paid"]))
            for r in rows
        ],
        right=(4, 5),
    )
