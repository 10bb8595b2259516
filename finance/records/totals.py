"""Where all funds of a book stand, in one look.

The problem: whoever asks where the money of a book is asks of every fund at once, and a question per fund
grows with their number. Two statements answer here: what is there now from the balances, and what came and
went from the postings.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, case, func, literal, literal_column, select
from sqlalchemy.orm import Session

from ..money import Money
from ..units import Unit
from .entries import HELD, OUTSTANDING, PROMISED, SETTLED, AccountBalance, balance_of
from .registry import find_unit
from .tables import ACCOUNT, BALANCE, EARMARK, FUND, LINE_TOTAL

MANY = ("agreement", "commitment", "pledged", "receivable")


@dataclass(frozen=True, slots=True, kw_only=True)
class FundTotal:
    """A fund in one of its currencies.

    Attributes
    ----------
    code, title : str
        Of the fund.
    lines : mapping of str to Money
        What came (positive) and went (negative) by line of the statement.
    balance, promised, free : Money
        What it has; what of that is promised or held; and what is not.
    """

    code: str
    title: str
    lines: Mapping[str, Money]
    balance: Money
    promised: Money

    @property
    def free(self) -> Money:
        """What it can still promise."""
        return self.balance - self.promised


def list_fund_totals(session: Session, book_id: int) -> tuple[FundTotal, ...]:
    """Return every fund of a book in each currency it holds, by code and currency, an empty one too."""
    lines = _lines(session, book_id)
    unit_code = func.coalesce(ACCOUNT.c.unit, FUND.c.unit)
    cash = and_(ACCOUNT.c.fund_id == FUND.c.id, ACCOUNT.c.path == FUND.c.code + "/pool")
    query = (
        select(
            FUND.c.code,
            FUND.c.title,
            unit_code.label("unit"),
            func.coalesce(func.sum(BALANCE.c.settled_cr - BALANCE.c.settled_dr), 0).label("balance"),
            func.coalesce(func.sum(BALANCE.c.encumbered_dr + BALANCE.c.pending_dr), 0).label("promised"),
        )
        .outerjoin(ACCOUNT, cash)
        .outerjoin(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .where(FUND.c.book_id == book_id)
        .group_by(FUND.c.code, FUND.c.title, unit_code)
        .order_by(FUND.c.code, unit_code)
    )
    found = []
    for row in session.execute(query):
        unit = find_unit(session, row.unit)
        found.append(
            FundTotal(
                code=row.code,
                title=row.title,
                lines={
                    line: Money(minor=total, unit=unit)
                    for line, total in lines.get((row.code, row.unit), {}).items()
                },
                balance=Money(minor=int(row.balance), unit=unit),
                promised=Money(minor=int(row.promised), unit=unit),
            )
        )
    return tuple(found)


def sum_balances(
    session: Session, book_id: int, fund: str, unit: Unit, worth: Unit
) -> tuple[AccountBalance, ...]:
    """Return a fund's balances in two units, accounts of agreements, commitments and promises as one each.

    There is one such account for every agreement and every giver; the sum of a kind stands at its beginning,
    ``FUND/agreement/``.
    """
    path = case(
        *((ACCOUNT.c.path.like(f"{fund}/{kind}/%"), f"{fund}/{kind}/") for kind in MANY),
        else_=ACCOUNT.c.path,
    ).label("path")
    parts = (SETTLED, PROMISED, HELD, OUTSTANDING)
    summed = (
        func.sum(part).label(name)
        for part, name in zip(parts, ("settled", "promised", "held", "outstanding"), strict=True)
    )
    named = (path, *ACCOUNT.c["unit", "role", "normal", "floor"], EARMARK.c.code.label("earmark"))
    query = (
        select(*named, literal(fund).label("fund"), *summed)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(ACCOUNT.c.book_id == book_id, FUND.c.code == fund, ACCOUNT.c.unit.in_((unit.code, worth.code)))
        .group_by(*(literal_column(str(n)) for n in range(1, len(named) + 1)))
    )
    units = {one.code: one for one in (unit, worth)}
    found = (balance_of(row, units[row.unit]) for row in session.execute(query))
    return tuple(
        sorted(found, key=lambda one: (one.account.path, one.account.unit.code, one.account.earmark))
    )


def _lines(session: Session, book_id: int) -> dict[tuple[str, str], dict[str, int]]:
    """Return settled sums by fund and currency, and by line; credits positive."""
    query = (
        select(
            FUND.c.code,
            ACCOUNT.c.unit,
            LINE_TOTAL.c.line,
            func.sum(LINE_TOTAL.c.total).label("total"),
        )
        .join(ACCOUNT, ACCOUNT.c.id == LINE_TOTAL.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(ACCOUNT.c.book_id == book_id)
        .group_by(FUND.c.code, ACCOUNT.c.unit, LINE_TOTAL.c.line)
    )
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.code, row.unit][row.line] = int(row.total)
    return found
