"""What went in and out of accounts: counters, what was posted after a day, and single postings in order.

Each figure is read in one statement, so that a transaction posted meanwhile by another session is counted
wholly or not at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from ..accounts import UNRESTRICTED, Account
from ..errors import Missing
from ..turnover import LAYER_WORDS, AccountTurnover, HistoryCursor, TurnoverLayer, moved_turnover
from ..units import Unit
from .registry import find_unit
from .tables import ACCOUNT, BALANCE, DAY_TOTAL, EARMARK, EVENT, FUND, LINE_TOTAL, POSTING, TXN

COUNTERS = (
    BALANCE.c.settled_dr,
    BALANCE.c.settled_cr,
    BALANCE.c.pending_dr,
    BALANCE.c.pending_cr,
    BALANCE.c.encumbered_dr,
    BALANCE.c.encumbered_cr,
)
SUMS = tuple((layer, side) for layer in ("S", "P", "E") for side in (1, -1))
Span = tuple[date | None, date | None]
MAX_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account that is open, with its row number and its counters.

    Attributes
    ----------
    id : int [row number]
        Its row.
    turnover : AccountTurnover
        Its counters on the day that was asked for.
    """

    id: int
    turnover: AccountTurnover


def list_turnovers(
    session: Session,
    book_id: int,
    *,
    on: date | None = None,
    path: str | None = None,
    unit: str | None = None,
    earmark: str | None = None,
) -> tuple[FoundAccount, ...]:
    """Return accounts with their counters at the end of a day, by path, unit and earmark.

    The counters of the balance row are read; what was posted for later days is taken off, found by day. So a
    balance of today costs one row, and one of a recent day the transactions since.
    """
    query = (
        select(
            ACCOUNT.c.id,
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            ACCOUNT.c.role,
            ACCOUNT.c.normal,
            ACCOUNT.c.floor,
            FUND.c.code.label("fund"),
            EARMARK.c.code.label("earmark"),
            *COUNTERS,
        )
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id, isouter=True)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(ACCOUNT.c.book_id == book_id)
    )
    for column, wanted in ((ACCOUNT.c.path, path), (ACCOUNT.c.unit, unit), (EARMARK.c.code, earmark)):
        if wanted is not None:
            query = query.where(column == wanted)
    if on is not None:
        later = _sum_later(book_id, on, path)
        query = query.join(later, later.c.account_id == ACCOUNT.c.id, isouter=True)
        query = query.add_columns(*(func.coalesce(later.c[_name(*one)], 0) for one in SUMS))
    units: dict[str, Unit] = {}
    found = []
    for row in session.execute(query).all():
        if row.unit not in units:
            units[row.unit] = find_unit(session, row.unit)
        first = len(row) - len(COUNTERS) * (1 if on is None else 2)
        counters = row[first : first + len(COUNTERS)]
        turnover = moved_turnover(
            _account(row, units[row.unit]), counters, row[first + len(COUNTERS) :] or _NONE
        )
        found.append(FoundAccount(id=row.id, turnover=turnover))
    return tuple(sorted(found, key=_by_identity))


def find_turnover(  # an account by its whole identity, on a day
    session: Session,
    book_id: int,
    path: str,
    *,
    unit: str | None = None,
    earmark: str = UNRESTRICTED,
    on: date | None = None,
) -> FoundAccount:
    """Return one account by path, earmark and unit; the unit may be left out where there is only one.

    Raises
    ------
    Missing
        When it is not open, or the unit is not said and there are several; the message lists what is there.
    """
    there = list_turnovers(session, book_id, path=path, on=on)
    fitting = [
        one
        for one in there
        if one.turnover.account.earmark == earmark and unit in {None, one.turnover.account.unit.code}
    ]
    if len(fitting) == 1:
        return fitting[0]
    listed = [
        f"{one.turnover.account.path} {one.turnover.account.unit.code} {one.turnover.account.earmark}"
        for one in (fitting or there)[:MAX_LISTED]
    ]
    asked = f"{path!r}{f' in {unit}' if unit else ''} under earmark {earmark!r}"
    found = f"{len(fitting)} accounts" if fitting else "no account"
    hint = f"Name one of (path, unit, earmark): {'; '.join(listed)}." if listed else "Check its path."
    raise Missing(f"There is {found} {asked} in this book. {hint}", what="account", code=path, open=listed)


_NONE = (0,) * len(COUNTERS)


def _by_identity(one: FoundAccount) -> tuple[str, str, str]:
    account = one.turnover.account
    return account.path, account.unit.code, account.earmark


def _account(row: Row[*tuple[Any, ...]], unit: Unit) -> Account:
    return Account(
        fund=row.fund or "",
        path=row.path,
        unit=unit,
        role=row.role,
        earmark=row.earmark,
        normal=row.normal,
        floor=row.floor,
    )


def _name(layer: str, side: int) -> str:
    return f"{layer.lower()}{'d' if side == 1 else 'c'}"


def _sum_later(book_id: int, day: date, path: str | None) -> Subquery:
    query = (
        select(
            POSTING.c.account_id,
            *(
                func.sum(
                    case((and_(POSTING.c.layer == layer, POSTING.c.side == side), POSTING.c.amount), else_=0)
                ).label(_name(layer, side))
                for layer, side in SUMS
            ),
        )
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(TXN.c.book_id == book_id, TXN.c.effective_on > day)
        .group_by(POSTING.c.account_id)
    )
    if path is not None:
        at = select(ACCOUNT.c.id).where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.path == path)
        query = query.where(POSTING.c.account_id.in_(at))
    return query.subquery()


def list_history(  # one account, one layer, one span, one page
    session: Session,
    book_id: int,
    account_id: int,
    layer: TurnoverLayer,
    span: Span,
    *,
    start: HistoryCursor | None,
    limit: int,
) -> tuple[int, Sequence[Row[*tuple[Any, ...]]]]:
    """Return a page of an account's postings, oldest day first, and the debits less credits before it.

    The sum before the page is the balance row less all that comes from the page's beginning on, in the same
    statement.
    """
    after, through = span
    page = _history(book_id, account_id, layer)
    beginning: list[ColumnElement[bool]] = []
    if after is not None:
        beginning.append(TXN.c.effective_on > after)
    if start is not None:
        beginning.append(_behind(start))
    if through is not None:
        page = page.where(TXN.c.effective_on <= through)
    rows = (
        page.where(*beginning)
        .order_by(TXN.c.effective_on, TXN.c.id, POSTING.c.seq)
        .limit(limit)
        .subquery("page")
    )
    before = _before(book_id, account_id, layer, beginning) if beginning else literal_column("0")
    query = (
        select(before.label("before"), *rows.c)
        .select_from(BALANCE)
        .join(rows, BALANCE.c.account_id == account_id, isouter=True)
        .where(BALANCE.c.account_id == account_id)
        .order_by(rows.c.effective_on, rows.c.id, rows.c.seq)
    )
    found = session.execute(query).all()
    return int(found[0].before), [row for row in found if row.id is not None]


def _before(
    book_id: int, account_id: int, layer: TurnoverLayer, beginning: list[ColumnElement[bool]]
) -> ColumnElement[int]:
    """Sum what stands before a beginning: the balance row less all that comes from there on."""
    rest = (
        select(func.coalesce(func.sum(POSTING.c.side * POSTING.c.amount), 0))
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(TXN.c.book_id == book_id, POSTING.c.account_id == account_id, POSTING.c.layer == layer)
        .where(*beginning)
        .scalar_subquery()
    )
    held = COUNTERS[2 * list(LAYER_WORDS).index(layer) :]
    return held[0] - held[1] - rest


def _history(book_id: int, account_id: int, layer: TurnoverLayer) -> Select[*tuple[Any, ...]]:
    return (
        select(
            TXN.c.id,
            TXN.c.kind,
            TXN.c.effective_on,
            EVENT.c.body,
            POSTING.c.seq,
            POSTING.c.line,
            POSTING.c.side,
            POSTING.c.amount,
        )
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .where(TXN.c.book_id == book_id, POSTING.c.account_id == account_id, POSTING.c.layer == layer)
    )


def _behind(start: HistoryCursor) -> ColumnElement[bool]:
    place = tuple_(TXN.c.effective_on, TXN.c.id)
    here = (start.day, start.transaction)
    return or_(place > here, and_(place == here, POSTING.c.seq > start.seq))


def sum_movements(
    session: Session, book_id: int, fund: str, unit: Unit, span: Span
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Sum a fund's settled cash and pool postings up to the end of a span.

    Yields
    ------
    Row
        ``role`` (cash or pool), ``line``, ``earlier`` (1 before the span, 0 inside) and ``total`` in minor
        units, credits positive. Without a span cash is one sum, without a line.
    """
    asked = {"book": book_id, "fund": fund, "unit": unit.code}
    if span == (None, None):
        return iter(session.execute(_ALL_MOVED, asked).all())
    after, through = span
    query = _moved_by_day(date.min if after is None else after)
    if through is not None:
        query = query.where(DAY_TOTAL.c.effective_on <= through)
    return iter(session.execute(query, asked).all())


def _of_fund(*roles: str) -> ColumnElement[bool]:
    return and_(
        ACCOUNT.c.book_id == bindparam("book"),
        FUND.c.code == bindparam("fund"),
        ACCOUNT.c.unit == bindparam("unit"),
        ACCOUNT.c.role.in_(roles),
    )


_ALL_MOVED = union_all(
    select(
        ACCOUNT.c.role,
        LINE_TOTAL.c.line,
        literal_column("0").label("earlier"),
        func.sum(LINE_TOTAL.c.total).label("total"),
    )
    .join(ACCOUNT, ACCOUNT.c.id == LINE_TOTAL.c.account_id)
    .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
    .where(_of_fund("pool"))
    .group_by(ACCOUNT.c.role, LINE_TOTAL.c.line),
    select(
        ACCOUNT.c.role,
        literal_column("''"),
        literal_column("0"),
        func.sum(BALANCE.c.settled_cr - BALANCE.c.settled_dr),
    )
    .join(ACCOUNT, ACCOUNT.c.id == BALANCE.c.account_id)
    .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
    .where(_of_fund("cash"))
    .group_by(ACCOUNT.c.role),
)


def _moved_by_day(first: date) -> Select[*tuple[Any, ...]]:
    earlier = case((DAY_TOTAL.c.effective_on <= first, literal_column("1")), else_=literal_column("0"))
    return (
        select(
            ACCOUNT.c.role,
            DAY_TOTAL.c.line,
            earlier.label("earlier"),
            func.sum(DAY_TOTAL.c.total).label("total"),
        )
        .join(ACCOUNT, ACCOUNT.c.id == DAY_TOTAL.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(_of_fund("cash", "pool"))
        .group_by(ACCOUNT.c.role, DAY_TOTAL.c.line, earlier)
    )
