"""Rows of promises to funds: how each grew and shrank, and what is signed and not paid in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..money import Money
from .registry import find_unit
from .tables import ACCOUNT, BALANCE, FUND, POSTING, TXN


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMove:
    """One change of what a giver has promised or signed.

    Attributes
    ----------
    path : str
        Of its account.
    amount : Money
        Below zero where it shrank.
    """

    path: str
    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """What one giver has signed and not paid in to one fund."""

    fund: str
    giver: str
    amount: Money


def list_promise_moves(
    session: Session, book_id: int, fund: str, paths: Collection[str]
) -> tuple[PromiseMove, ...]:
    """Return how promises to a fund changed, by the day each change counts for.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    fund : str
        Its code.
    paths : collection of str
        Accounts, in full.
    """
    rows = session.execute(
        select(
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            ACCOUNT.c.normal,
            POSTING.c.side,
            POSTING.c.amount,
            TXN.c.effective_on,
        )
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(POSTING, POSTING.c.account_id == ACCOUNT.c.id)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(ACCOUNT.c.book_id == book_id, FUND.c.code == fund, ACCOUNT.c.path.in_(list(paths)))
        .where(POSTING.c.layer == "S")
        .order_by(TXN.c.effective_on, TXN.c.recorded_at, POSTING.c.seq)
    ).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        PromiseMove(
            path=row.path,
            on=row.effective_on,
            amount=Money(minor=row.amount * row.side * row.normal, unit=units[row.unit]),
        )
        for row in rows
    )


def list_receivables(session: Session, book_id: int) -> tuple[Receivable, ...]:
    """Return what givers have signed and not paid in, by fund and giver."""
    owed = (BALANCE.c.settled_dr - BALANCE.c.settled_cr).label("owed")
    rows = session.execute(
        select(FUND.c.code, ACCOUNT.c.path, ACCOUNT.c.unit, owed)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.role == "memo", owed > 0)
        .where(ACCOUNT.c.path.like("%/receivable/%"))
        .order_by(FUND.c.code, ACCOUNT.c.path, ACCOUNT.c.unit)
    ).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        Receivable(
            fund=row.code,
            giver=row.path.removeprefix(f"{row.code}/receivable/"),
            amount=Money(minor=row.owed, unit=units[row.unit]),
        )
        for row in rows
        if row.path.startswith(f"{row.code}/receivable/")
    )
