"""What implementers hold of a fund's advances, by what moved it."""

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..units import Unit
from .tables import ACCOUNT, FUND, POSTING, TXN

REPORT = "spending_report"


def sum_advances(session: Session, book_id: int, fund: str, unit: Unit) -> dict[str, dict[str, int]]:
    """Sum the postings on what implementers hold: implementer -> kind of transaction -> minor units.

    A reversal counts with what it reverses.
    """
    undone = TXN.alias("undone")
    kind = func.coalesce(undone.c.kind, TXN.c.kind).label("moved_by")
    prefix = f"{fund}/held/"
    query = (
        select(ACCOUNT.c.path, kind, func.sum(POSTING.c.side * POSTING.c.amount).label("total"))
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .join(undone, undone.c.id == TXN.c.parent_id, isouter=True)
        .where(
            ACCOUNT.c.book_id == book_id,
            FUND.c.code == fund,
            ACCOUNT.c.role == "memo",
            ACCOUNT.c.path.startswith(prefix, autoescape=True),
            ACCOUNT.c.unit == unit.code,
            POSTING.c.layer == "S",
        )
        .group_by(ACCOUNT.c.path, kind)
    )
    sums: dict[str, dict[str, int]] = {}
    for row in session.execute(query):
        held = sums.setdefault(row.path.removeprefix(prefix), defaultdict(int))
        held[row.moved_by] += int(row.total)
    return sums
