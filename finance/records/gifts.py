"""What became of gifts in kind: quantities from the draws, worth from the valuations."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ..accounts import Account, in_kind_pool, memo
from ..errors import Missing
from ..in_kind import GiftPosition, valuation_on
from ..money import Money
from ..units import Unit
from .entries import list_balances
from .registry import find_unit
from .tables import ACCOUNT, CONTRIBUTION, DRAW, EARMARK, FUND, LOT, PARTY, POSTING, TXN
from .valuations import find_valuations

ROOT = CONTRIBUTION.alias("root")  # the gift itself, where its restriction was released since
ROOT_ID = func.coalesce(CONTRIBUTION.c.released_from, CONTRIBUTION.c.id)
CHUNK = 500  # gifts [rows]
VALUE_GIVEN = "value_given/"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftLot:
    """What one gift in kind has left in one pool.

    Attributes
    ----------
    account : Account
        The pool.
    gift : str
        Code of the contribution.
    left : Money
        In the gift's own unit.
    available_until, earmark_until : date or None
        Last day of use of the gift, and of the pool's earmark.
    """

    account: Account
    gift: str
    left: Money
    available_until: date | None
    earmark_until: date | None

    def usable_on(self, day: date) -> bool:
        """Tell whether neither the gift nor the earmark is past its last day."""
        return all(until is None or day <= until for until in (self.available_until, self.earmark_until))


def list_lots(
    session: Session, book_id: int, fund: str, unit: str | None = None, gone_by: date | None = None
) -> tuple[GiftLot, ...]:
    """Return what a fund's gifts in kind have left, oldest first.

    ``unit`` narrows it to one unit, ``gone_by`` to gifts whose last day of use is before that day.
    """
    query = (
        select(
            CONTRIBUTION.c.code,
            LOT.c.remaining,
            ACCOUNT.c.unit,
            EARMARK.c.code.label("earmark"),
            ROOT.c.available_until,
            EARMARK.c.valid_until,
        )
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .join(ROOT, ROOT.c.id == ROOT_ID)
        .join(ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(FUND.c.book_id == book_id, FUND.c.code == fund, ROOT.c.kind == "in_kind", LOT.c.remaining > 0)
        .order_by(CONTRIBUTION.c.id, EARMARK.c.code)
    )
    if unit is not None:
        query = query.where(ACCOUNT.c.unit == unit)
    if gone_by is not None:
        query = query.where(ROOT.c.available_until < gone_by)
    rows = session.execute(query).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        GiftLot(
            account=in_kind_pool(fund, units[row.unit], row.earmark),
            gift=row.code,
            left=Money(minor=row.remaining, unit=units[row.unit]),
            available_until=row.available_until,
            earmark_until=row.valid_until,
        )
        for row in rows
    )


def list_gifts(
    session: Session, book_id: int, fund: str, *, on: date, giver: str | None = None
) -> tuple[GiftPosition, ...]:
    """Return a fund's gifts in kind by the end of a day, of all givers or of one, oldest first."""
    return tuple(
        gift
        for gift in list_offers(session, book_id, fund, on=on)
        if gift.given and (giver is None or gift.giver == giver)
    )


def find_gift(session: Session, book_id: int, fund: str, code: str, *, on: date) -> GiftPosition:
    """Return one gift in kind by the end of a day, also where it came later or went back."""
    for gift in list_offers(session, book_id, fund, on=on, code=code):
        return gift
    raise Missing(f"The fund {fund!r} has no gift in kind {code!r}.", what="gift in kind", code=code)


def list_offers(
    session: Session, book_id: int, fund: str, *, on: date, code: str | None = None
) -> tuple[GiftPosition, ...]:
    """Return the gifts a fund was ever given, or one of them; zero before it came and once it went back."""
    query = (
        select(
            CONTRIBUTION.c.code,
            CONTRIBUTION.c.unit,
            CONTRIBUTION.c.available_until,
            PARTY.c.code.label("giver"),
            EARMARK.c.code.label("earmark"),
        )
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .join(EARMARK, EARMARK.c.id == CONTRIBUTION.c.earmark_id)
        .join(FUND, FUND.c.id == CONTRIBUTION.c.fund_id)
        .where(FUND.c.book_id == book_id, FUND.c.code == fund, CONTRIBUTION.c.kind == "in_kind")
        .order_by(CONTRIBUTION.c.id)
    )
    if code is not None:
        query = query.where(CONTRIBUTION.c.code == code)
    rows = session.execute(query).all()
    moved = _sum_moves(session, book_id, fund, on, code)
    chains = find_valuations(session, book_id, (row.code for row in rows))
    units: dict[str, Unit] = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    gifts = []
    for row in rows:
        lines, unit = moved.get(row.code, {}), units[row.unit]
        given = -lines.get("in_kind_given", 0) - lines.get("donor_refund", 0)
        used, expired = lines.get("in_kind_used", 0), lines.get("in_kind_expired", 0)
        if row.available_until is not None and row.available_until < on:
            expired = given - used
        chain = chains.get(row.code, ())
        gifts.append(
            GiftPosition(
                gift=row.code,
                giver=row.giver,
                earmark=row.earmark,
                given=Money(minor=given, unit=unit),
                used=Money(minor=used, unit=unit),
                expired=Money(minor=expired, unit=unit),
                available_until=row.available_until,
                valuation=valuation_on([one.valuation for one in chain], on),
                last_valuation=chain[-1].id if chain else None,
            )
        )
    return tuple(gifts)


def _sum_moves(
    session: Session, book_id: int, fund: str, on: date, code: str | None
) -> dict[str, dict[str, int]]:
    """Sum the draws on each gift by line, in minor units, debits positive."""
    given = (
        select(CONTRIBUTION.c.id)
        .join(ROOT, ROOT.c.id == ROOT_ID)
        .join(FUND, FUND.c.id == ROOT.c.fund_id)
        .where(FUND.c.book_id == book_id, FUND.c.code == fund, ROOT.c.kind == "in_kind")
    )
    if code is not None:
        given = given.where(ROOT.c.code == code)
    numbers = session.scalars(given).all()
    query = (
        select(
            ROOT.c.code,
            POSTING.c.line,
            func.sum(POSTING.c.side * DRAW.c.amount).label("moved"),
        )
        .select_from(DRAW)
        .join(POSTING, and_(POSTING.c.txn_id == DRAW.c.txn_id, POSTING.c.seq == DRAW.c.seq))
        .join(TXN, TXN.c.id == DRAW.c.txn_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .join(ROOT, ROOT.c.id == ROOT_ID)
        .where(TXN.c.effective_on <= on)
        .group_by(ROOT.c.code, POSTING.c.line)
    )
    moved: dict[str, dict[str, int]] = defaultdict(dict)
    for begin in range(0, len(numbers), CHUNK):
        some = query.where(DRAW.c.contribution_id.in_(numbers[begin : begin + CHUNK]))
        for row in session.execute(some):
            lines = moved[row.code]
            lines[row.line] = lines.get(row.line, 0) + int(row.moved)
    return moved


def sum_memos(session: Session, book_id: int, fund: str, unit: Unit) -> dict[str, Money]:
    """Return the value that the memos count for each gift in a valued unit, from their balances."""
    before = memo(fund, unit, VALUE_GIVEN, -1).path
    return {
        row.account.path.removeprefix(before): row.settled
        for row in list_balances(session, book_id, fund)
        if row.account.unit == unit and row.account.path.startswith(before)
    }


def find_memo(session: Session, book_id: int, account: Account) -> UUID | None:
    """Return the transaction that stands on a gift's memo: the one that was not reversed, if any."""
    undone = TXN.alias("undone")
    query = (
        select(TXN.c.id)
        .join(POSTING, POSTING.c.txn_id == TXN.c.id)
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(undone, and_(undone.c.parent_id == TXN.c.id, undone.c.act == "reverse"), isouter=True)
        .where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.path == account.path)
        .where(ACCOUNT.c.unit == account.unit.code, TXN.c.act == "posted", undone.c.id.is_(None))
        .order_by(TXN.c.id)
    )
    return session.scalars(query).first()
