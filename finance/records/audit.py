"""Queries that derive the books again, for verification and for the second side of a statement."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from ..money import Money
from ..units import Unit
from .tables import ACCOUNT, BALANCE, CONTRIBUTION, DELTA, EVENT, FUND, LOT, LOT_DELTA, PARTY, POSTING, TXN

COUNTERS = ("settled_dr", "settled_cr", "pending_dr", "pending_cr", "encumbered_dr", "encumbered_cr")
SUMS = ("sd", "sc", "pd", "pc", "ed", "ec")


def list_moved_balances(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the paths of accounts whose counters are not the sums of their postings."""
    sums = (
        select(DELTA.c.account_id, *(func.sum(DELTA.c[name]).label(name) for name in SUMS))
        .group_by(DELTA.c.account_id)
        .subquery()
    )
    differs = or_(
        *(
            BALANCE.c[counter] != func.coalesce(sums.c[name], 0)
            for counter, name in zip(COUNTERS, SUMS, strict=True)
        )
    )
    query = (
        select(ACCOUNT.c.path)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id, isouter=True)
        .join(sums, sums.c.account_id == ACCOUNT.c.id, isouter=True)
        .where(ACCOUNT.c.book_id == book_id, or_(BALANCE.c.account_id.is_(None), differs))
        .order_by(ACCOUNT.c.path)
    )
    return tuple(session.scalars(query))


def list_moved_lots(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the codes of contributions whose lots are not the sums of their draws."""
    sums = (
        select(
            LOT_DELTA.c.account_id, LOT_DELTA.c.contribution_id, func.sum(LOT_DELTA.c.moved).label("moved")
        )
        .group_by(LOT_DELTA.c.account_id, LOT_DELTA.c.contribution_id)
        .subquery()
    )
    same = (sums.c.account_id == LOT.c.account_id) & (sums.c.contribution_id == LOT.c.contribution_id)
    query = (
        select(CONTRIBUTION.c.code)
        .join(LOT, LOT.c.contribution_id == CONTRIBUTION.c.id)
        .join(sums, same, isouter=True)
        .where(CONTRIBUTION.c.book_id == book_id, LOT.c.remaining != func.coalesce(sums.c.moved, 0))
        .order_by(CONTRIBUTION.c.code)
    )
    return tuple(session.scalars(query))


def list_uncovered(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the funds whose pools and cash differ in any unit."""
    held = func.sum(BALANCE.c.settled_dr - BALANCE.c.settled_cr)
    query = (
        select(FUND.c.code)
        .join(ACCOUNT, ACCOUNT.c.fund_id == FUND.c.id)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.role.in_(("cash", "pool", "holder")))
        .group_by(FUND.c.code, ACCOUNT.c.unit)
        .having(held != 0)
    )
    return tuple(session.scalars(query))


def list_events(session: Session, book_id: int) -> Iterator[Row[*tuple[Any, ...]]]:
    """Return all events of a book, oldest first."""
    query = (
        select(EVENT.c.id, EVENT.c.kind, EVENT.c.body, EVENT.c.leaf_sha256)
        .where(EVENT.c.book_id == book_id)
        .order_by(EVENT.c.recorded_at, EVENT.c.id)
    )
    return iter(session.execute(query).all())


def sum_cash(session: Session, book_id: int, fund: str, unit: Unit, through: date | None) -> Money:
    """Return what a fund had in hand at the end of a day, from the postings of its cash account."""
    query = (
        select(func.coalesce(func.sum(POSTING.c.side * POSTING.c.amount), 0))
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(ACCOUNT.c.book_id == book_id, FUND.c.code == fund, ACCOUNT.c.role == "cash")
        .where(ACCOUNT.c.unit == unit.code, POSTING.c.layer == "S")
    )
    if through is not None:
        query = query.where(TXN.c.effective_on <= through)
    return Money(minor=int(session.scalar(query) or 0), unit=unit)


def sum_lots(session: Session, book_id: int, fund: str, giver: str) -> int:
    """Return what is left of a giver's cash in a fund, in minor units."""
    query = (
        select(func.coalesce(func.sum(LOT.c.remaining), 0))
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .join(FUND, FUND.c.id == CONTRIBUTION.c.fund_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(CONTRIBUTION.c.book_id == book_id, FUND.c.code == fund, PARTY.c.code == giver)
        .where(CONTRIBUTION.c.kind == "cash")
    )
    return int(session.scalar(query) or 0)
