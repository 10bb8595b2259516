"""Whose money lies in a pool: lots with their givers, and the earmarks that bind them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from ..accounts import Account
from ..earmarks import Earmark
from ..errors import Missing
from ..money import Money
from .known import recall
from .registry import find_account, find_earmark_id, find_unit
from .tables import ACCOUNT, BALANCE, CONTRIBUTION, EARMARK, EARMARK_SCOPE, FUND, LOT, PARTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What is left of one contribution in one pool.

    Attributes
    ----------
    contribution, giver, earmark, kind : str
        Codes; the earmark is the one under which it was given.
    remaining : int [minor units]
        Positive.
    """

    contribution: str
    giver: str
    earmark: str
    kind: str
    remaining: int


def find_draw_rule(session: Session, book_id: int, fund: str) -> str:
    """Return whose money a fund spends first."""
    query = select(FUND.c.draw_rule).where(FUND.c.book_id == book_id, FUND.c.code == fund)
    return str(session.scalars(query).one())


def list_pool_lots(session: Session, book_id: int, account: Account) -> tuple[Lot, ...]:
    """Return the lots of a pool that have something left, oldest contribution first."""
    stored = find_account(session, book_id, account)
    rows = session.execute(
        select(
            CONTRIBUTION.c.code,
            PARTY.c.code.label("giver"),
            EARMARK.c.code.label("earmark"),
            CONTRIBUTION.c.kind,
            LOT.c.remaining,
        )
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .join(EARMARK, EARMARK.c.id == CONTRIBUTION.c.earmark_id)
        .where(LOT.c.account_id == (stored.id if stored else None), LOT.c.remaining > 0)
        .order_by(LOT.c.contribution_id)
    )
    return tuple(
        Lot(
            contribution=row.code,
            giver=row.giver,
            earmark=row.earmark,
            kind=row.kind,
            remaining=row.remaining,
        )
        for row in rows
    )


def find_pool_free(session: Session, book_id: int, account: Account) -> Money:
    """Return what a pool holds less what is promised or held out of it; zero when it is not open."""
    stored = find_account(session, book_id, account)
    settled = BALANCE.c.settled_cr - BALANCE.c.settled_dr
    query = select(settled - BALANCE.c.pending_dr - BALANCE.c.encumbered_dr)
    found = session.scalar(query.where(BALANCE.c.account_id == (stored.id if stored else None)))
    return Money(minor=int(found or 0), unit=account.unit)


def list_fund_units(session: Session, book_id: int, fund: str) -> tuple[str, ...]:
    """Return the codes of the units in which a fund has a cash account, in order."""
    query = (
        select(ACCOUNT.c.unit)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(ACCOUNT.c.book_id == book_id, FUND.c.code == fund, ACCOUNT.c.role == "cash")
        .distinct()
        .order_by(ACCOUNT.c.unit)
    )
    return tuple(session.scalars(query))


_NARROW = EARMARK.alias("narrow")
_WIDER = (
    select(EARMARK.c.terms)
    .join(EARMARK_SCOPE, EARMARK_SCOPE.c.wider_id == EARMARK.c.id)
    .join(_NARROW, _NARROW.c.id == EARMARK_SCOPE.c.narrower_id)
    .where(_NARROW.c.book_id == bindparam("book"), _NARROW.c.code == bindparam("code"))
    .order_by(EARMARK.c.code)
)


def list_wider_earmarks(session: Session, book_id: int, code: str) -> tuple[Earmark, ...]:
    """Return an earmark and all that it narrows: a use must keep every one of them."""
    found = recall(session, ("wider", book_id, code), lambda: _read_wider(session, book_id, code))
    if found is None:
        find_earmark_id(session, book_id, code)
    return found or ()


def _read_wider(session: Session, book_id: int, code: str) -> tuple[Earmark, ...] | None:
    terms = session.scalars(_WIDER, {"book": book_id, "code": code})
    return tuple(Earmark.read(one) for one in terms) or None


def list_admitted_from(session: Session, book_id: int, code: str) -> frozenset[str]:
    """Return the codes of the earmarks whose money may lie under this one: itself and all that it narrows."""
    return frozenset(one.code for one in list_wider_earmarks(session, book_id, code))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContribution:
    """A contribution as it stands in its row.

    Attributes
    ----------
    fund, giver, earmark, unit, kind, root : str
        Codes; ``root`` is the first contribution of a chain of released ones, often itself.
    """

    fund: str
    giver: str
    earmark: str
    unit: str
    kind: str
    root: str


def find_contribution(session: Session, book_id: int, code: str) -> StoredContribution:
    """Return a contribution by its code."""
    first = CONTRIBUTION.alias("first")
    row = session.execute(
        select(
            FUND.c.code.label("fund"),
            PARTY.c.code.label("giver"),
            EARMARK.c.code.label("earmark"),
            CONTRIBUTION.c.unit,
            CONTRIBUTION.c.kind,
            func.coalesce(first.c.code, CONTRIBUTION.c.code).label("root"),
        )
        .join(FUND, FUND.c.id == CONTRIBUTION.c.fund_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .join(EARMARK, EARMARK.c.id == CONTRIBUTION.c.earmark_id)
        .join(first, first.c.id == CONTRIBUTION.c.released_from, isouter=True)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code == code)
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no contribution {code!r} in this book.", what="contribution", code=code)
    return StoredContribution(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name


def list_lots_of(session: Session, book_id: int, code: str) -> tuple[tuple[Account, Money], ...]:
    """Return where what is left of a contribution lies: pools with their amounts, by unit and earmark."""
    rows = session.execute(
        select(
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            ACCOUNT.c.role,
            ACCOUNT.c.normal,
            ACCOUNT.c.floor,
            FUND.c.code.label("fund"),
            EARMARK.c.code.label("earmark"),
            LOT.c.remaining,
        )
        .join(ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code == code, LOT.c.remaining > 0)
        .order_by(ACCOUNT.c.unit, EARMARK.c.code)
    )
    return tuple(_lot_of(session, row) for row in rows.all())


def _lot_of(session: Session, row: Row[*tuple[Any, ...]]) -> tuple[Account, Money]:
    unit = find_unit(session, row.unit)
    account = Account(
        fund=row.fund,
        path=row.path,
        unit=unit,
        role=row.role,
        earmark=row.earmark,
        normal=row.normal,
        floor=row.floor,
    )
    return account, Money(minor=row.remaining, unit=unit)
