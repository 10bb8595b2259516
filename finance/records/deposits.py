"""Rows of contributions as they are listed: what came in, when, and what of it is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from ..contributions import Contribution
from ..errors import Missing
from ..money import Money, zero
from .registry import find_unit
from .tables import ACCOUNT, CONTRIBUTION, EARMARK, FUND, LOT, PARTY

ROOT = CONTRIBUTION.alias("root")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A contribution as it stands in the books.

    Attributes
    ----------
    number : int [row number]
        Its row.
    on : date or None
        The day it counts for.
    contribution : Contribution
        What came in, less what of the booking was undone.
    left : tuple of Money
        What is left of it, one per unit: what was exchanged lies in the currency bought.
    """

    number: int
    on: date | None
    contribution: Contribution
    left: tuple[Money, ...]


def list_deposits(
    session: Session,
    book_id: int,
    fund: str,
    *,
    above: int,
    limit: int,
    giver: str | None = None,
    kind: str | None = None,
    earmark: str | None = None,
) -> tuple[Deposit, ...]:
    """Return contributions to a fund in the order they were booked, from the first above a row number.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    fund : str
        Code of the fund.
    above : int [row number]
        Of the last one seen; 0 for the first page.
    limit : int [rows]
        At most so many.
    giver, kind, earmark : str or None
        Only those of this giver, kind, restriction.
    """
    query = _contributions().where(FUND.c.book_id == book_id, FUND.c.code == fund, CONTRIBUTION.c.id > above)
    for column, wanted in ((PARTY.c.code, giver), (CONTRIBUTION.c.kind, kind), (EARMARK.c.code, earmark)):
        if wanted is not None:
            query = query.where(column == wanted)
    rows = session.execute(query.order_by(CONTRIBUTION.c.id).limit(limit)).all()
    return _deposits(session, rows)


def find_deposit(session: Session, book_id: int, fund: str, number: int) -> Deposit:
    """Return one contribution to a fund.

    Raises
    ------
    Missing
        When the fund has none of that number.
    """
    query = _contributions().where(FUND.c.book_id == book_id, FUND.c.code == fund)
    rows = session.execute(query.where(CONTRIBUTION.c.id == number)).all()
    for deposit in _deposits(session, rows):
        return deposit
    raise Missing(f"The fund {fund} has no contribution {number}.", what="contribution", code=str(number))


def _contributions() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CONTRIBUTION.c.id,
            CONTRIBUTION.c.code,
            CONTRIBUTION.c.kind,
            CONTRIBUTION.c.unit,
            CONTRIBUTION.c.available_until,
            CONTRIBUTION.c.consent_sha256,
            FUND.c.code.label("fund"),
            PARTY.c.code.label("giver"),
            EARMARK.c.code.label("earmark"),
            ROOT.c.code.label("released_from"),
        )
        .join(FUND, FUND.c.id == CONTRIBUTION.c.fund_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .join(EARMARK, EARMARK.c.id == CONTRIBUTION.c.earmark_id)
        .join(ROOT, ROOT.c.id == CONTRIBUTION.c.released_from, isouter=True)
    )


def _deposits(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[Deposit, ...]:
    numbers = [row.id for row in rows]
    received, left = _received(session, numbers), _sum_left(session, numbers)
    found = []
    for row in rows:
        unit = find_unit(session, row.unit)
        minor, first = received.get(row.id, (0, None))
        found.append(
            Deposit(
                number=row.id,
                on=first,
                contribution=Contribution(
                    code=row.code,
                    fund=row.fund,
                    giver=row.giver,
                    earmark=row.earmark,
                    amount=Money(minor=minor, unit=unit),
                    kind=row.kind,
                    available_until=row.available_until,
                    released_from=row.released_from or "",
                    consent_sha256=row.consent_sha256,
                ),
                left=left.get(row.id, (zero(unit),)),
            )
        )
    return tuple(found)


def _received(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, date | None]]:
    """Return what came in by contribution, in minor units, less what of it was undone, and its first day."""
    rows = session.execute(
        _lots(func.sum(LOT.c.received).label("total"), func.min(LOT.c.first_on).label("first"))
        .where(CONTRIBUTION.c.id.in_(numbers))
        .group_by(CONTRIBUTION.c.id)
    )
    return {row.id: (int(row.total), row.first) for row in rows}


def _lots(*columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Select from the lots of contributions, which lie in the pools of their fund."""
    return (
        select(CONTRIBUTION.c.id, *columns)
        .join(ACCOUNT, and_(ACCOUNT.c.fund_id == CONTRIBUTION.c.fund_id, ACCOUNT.c.role == "pool"))
        .join(LOT, and_(LOT.c.account_id == ACCOUNT.c.id, LOT.c.contribution_id == CONTRIBUTION.c.id))
    )


def _sum_left(session: Session, numbers: Sequence[int]) -> dict[int, tuple[Money, ...]]:
    rows = session.execute(
        _lots(ACCOUNT.c.unit, func.sum(LOT.c.remaining).label("total"))
        .where(CONTRIBUTION.c.id.in_(numbers))
        .group_by(CONTRIBUTION.c.id, ACCOUNT.c.unit)
        .order_by(CONTRIBUTION.c.id, ACCOUNT.c.unit)
    )
    left: dict[int, tuple[Money, ...]] = {}
    for row in rows:
        amount = Money(minor=int(row.total), unit=find_unit(session, row.unit))
        left[row.id] = (*left.get(row.id, ()), amount)
    return left
