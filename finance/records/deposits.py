"""Rows of contributions as they are listed: what came in, when, and what of it is left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session

from ..contributions import Contribution
from ..errors import Missing
from ..money import Money, zero
from .registry import find_unit
from .tables import ACCOUNT, CONTRIBUTION, DRAW, EARMARK, FUND, LOT, PARTY, POSTING, TXN

RECEIVED = ("contribution", "fund_income", "partner_interest", "in_kind_given")
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
    received, left = _sum_received(session, numbers), _sum_left(session, numbers)
    found = []
    for row in rows:
        unit = find_unit(session, row.unit)
        lines = received.get(row.id, {})
        counted = ("allocation",) if row.kind == "released" else RECEIVED
        minor = sum(lines[name][0] for name in counted if name in lines)
        found.append(
            Deposit(
                number=row.id,
                on=min((lines[name][1] for name in counted if name in lines), default=None),
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


def _sum_received(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, tuple[int, date]]]:
    """Sum what came in by contribution and line, in minor units, each with its first day."""
    rows = session.execute(
        select(
            DRAW.c.contribution_id,
            POSTING.c.line,
            func.sum(-POSTING.c.side * DRAW.c.amount).label("total"),
            func.min(TXN.c.effective_on).label("first"),
        )
        .join(POSTING, and_(POSTING.c.txn_id == DRAW.c.txn_id, POSTING.c.seq == DRAW.c.seq))
        .join(TXN, TXN.c.id == DRAW.c.txn_id)
        .where(DRAW.c.contribution_id.in_(numbers), POSTING.c.line.in_((*RECEIVED, "allocation")))
        .group_by(DRAW.c.contribution_id, POSTING.c.line)
    )
    sums: dict[int, dict[str, tuple[int, date]]] = defaultdict(dict)
    for row in rows:
        sums[row.contribution_id][row.line] = (int(row.total), row.first)
    return sums


def _sum_left(session: Session, numbers: Sequence[int]) -> dict[int, tuple[Money, ...]]:
    rows = session.execute(
        select(LOT.c.contribution_id, ACCOUNT.c.unit, func.sum(LOT.c.remaining).label("total"))
        .join(ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
        .where(LOT.c.contribution_id.in_(numbers))
        .group_by(LOT.c.contribution_id, ACCOUNT.c.unit)
        .order_by(LOT.c.contribution_id, ACCOUNT.c.unit)
    )
    left: dict[int, tuple[Money, ...]] = {}
    for row in rows:
        amount = Money(minor=int(row.total), unit=find_unit(session, row.unit))
        left[row.contribution_id] = (*left.get(row.contribution_id, ()), amount)
    return left
