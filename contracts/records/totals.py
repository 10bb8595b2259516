"""What signed agreements may cost at most, have paid and keep aside, summed in the database.

The problem: a desk shows the largest of a thousand agreements, and reading each of them as a portfolio does
runs its terms. These three sums stand in rows, so they are read for those that are shown.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from ...finance.accounts import Promise, obligation
from ...finance.money import Money
from ...finance.records.obligations import sum_outstanding
from ...finance.records.registry import find_book_id
from ...finance.records.tables import FUND
from .settlements import find_units
from .tables import AGREEMENT, AGREEMENT_MOVE, AGREEMENT_SOURCE, PAYOUT, PAYOUT_PAID


class MostOf(NamedTuple):
    """The most that an agreement may cost the funds of its book, in the unit's minor units."""

    agreement: str
    unit: str
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTotal:
    """Where a signed agreement stands in one unit.

    Attributes
    ----------
    most : Money
        The most it may cost, over all payers whose money a fund of the book keeps.
    paid : Money
        By those funds, less what came back.
    aside : Money
        What they still keep for it: what may become due, waits for approval, or is disputed.
    """

    agreement: str
    most: Money
    paid: Money
    aside: Money


def list_most(session: Session, book: str) -> tuple[MostOf, ...]:
    """Return every agreement that was signed by all, by unit, the largest first."""
    signed = select(AGREEMENT_MOVE.c.agreement_id).where(AGREEMENT_MOVE.c.state == "active")
    most = func.sum(AGREEMENT_SOURCE.c.maximum)
    query = (
        select(AGREEMENT.c.code, AGREEMENT_SOURCE.c.unit, most.label("most"))
        .join(AGREEMENT_SOURCE, AGREEMENT_SOURCE.c.agreement_id == AGREEMENT.c.id)
        .where(AGREEMENT.c.book_id == find_book_id(session, book), AGREEMENT.c.id.in_(signed))
        .group_by(AGREEMENT.c.code, AGREEMENT_SOURCE.c.unit)
    )
    found = [MostOf(row.code, row.unit, int(row.most)) for row in session.execute(query)]
    return tuple(sorted(found, key=lambda one: (-one.most, one.agreement, one.unit)))


def sum_agreements(session: Session, book: str, wanted: Collection[MostOf]) -> tuple[AgreementTotal, ...]:
    """Return where some agreements stand, in the order in which they are given."""
    book_id = find_book_id(session, book)
    codes = {one.agreement for one in wanted}
    units = find_units(session, (one.unit for one in wanted))
    paid = _sum_paid(session, book_id, codes)
    aside = _sum_aside(session, book_id, codes)
    return tuple(
        AgreementTotal(
            agreement=one.agreement,
            most=Money(minor=one.most, unit=units[one.unit]),
            paid=Money(minor=paid.get((one.agreement, one.unit), 0), unit=units[one.unit]),
            aside=Money(minor=aside.get((one.agreement, one.unit), 0), unit=units[one.unit]),
        )
        for one in wanted
    )


def _sum_paid(session: Session, book_id: int, codes: Iterable[str]) -> dict[tuple[str, str], int]:
    signed = case((PAYOUT.c.direction == "out", PAYOUT_PAID.c.amount), else_=-PAYOUT_PAID.c.amount)
    query = (
        select(AGREEMENT.c.code, PAYOUT.c.unit, func.sum(signed).label("paid"))
        .join(PAYOUT, PAYOUT.c.agreement_id == AGREEMENT.c.id)
        .join(PAYOUT_PAID, PAYOUT_PAID.c.payout_id == PAYOUT.c.id)
        .where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code.in_(list(codes)), PAYOUT.c.route == "fund")
        .group_by(AGREEMENT.c.code, PAYOUT.c.unit)
    )
    return {(row.code, row.unit): int(row.paid) for row in session.execute(query)}


def _sum_aside(session: Session, book_id: int, codes: Iterable[str]) -> dict[tuple[str, str], int]:
    query = (
        select(
            AGREEMENT.c.code,
            AGREEMENT_SOURCE.c.unit,
            AGREEMENT_SOURCE.c.promise,
            AGREEMENT_SOURCE.c.fund_id,
            FUND.c.code.label("fund"),
        )
        .join(AGREEMENT_SOURCE, AGREEMENT_SOURCE.c.agreement_id == AGREEMENT.c.id)
        .join(FUND, FUND.c.id == AGREEMENT_SOURCE.c.fund_id)
        .where(AGREEMENT.c.book_id == book_id, AGREEMENT.c.code.in_(list(codes)))
    )
    rows = session.execute(query).all()
    units = find_units(session, (row.unit for row in rows))
    paths = {
        obligation(row.fund, units[row.unit], Promise("agreement", row.promise)).path: (row.code, row.unit)
        for row in rows
    }
    sums: dict[tuple[str, str], int] = {}
    for path, amount in sum_outstanding(session, book_id, paths).items():
        sums[paths[path]] = sums.get(paths[path], 0) + amount
    return sums
