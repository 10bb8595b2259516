"""What the ledger holds: transactions, legs, lots, balances, and the sums that statements are made of."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from ..accounts import Account
from ..contributions import Contribution
from ..errors import KeyReused, Missing
from ..ledger import Draw, Leg, Source, Transaction
from ..money import Money
from ..units import Unit
from .known import remember, remembered
from .lookups import TakenKey
from .registry import StoredAccount, find_earmark_id, find_fund_id, find_party_id, find_unit, insert_once
from .tables import (
    ACCOUNT,
    BALANCE,
    CONTRIBUTION,
    DAY_TOTAL,
    DRAW,
    EARMARK,
    EVENT,
    FAULT,
    FUND,
    LINE_TOTAL,
    LOT,
    PARTY,
    POSTING,
    TXN,
)

AT_ONCE = 500  # transactions read at once
_BY_KEY = select(TXN.c.id, TXN.c.kind, TXN.c.request_sha256, TXN.c.refusal).where(
    TXN.c.book_id == bindparam("book"),
    TXN.c.client == bindparam("client"),
    TXN.c.idem_key == bindparam("key"),
)
_LOTS = (
    select(CONTRIBUTION.c.id, CONTRIBUTION.c.book_id, CONTRIBUTION.c.code, LOT.c.remaining)
    .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
    .where(LOT.c.account_id == bindparam("account"), LOT.c.remaining > 0)
    .order_by(LOT.c.contribution_id)
)


def find_transaction_by_key(session: Session, book_id: int, client: str, key: str) -> TakenKey | None:
    """Return what a key belongs to, if anything."""
    row = session.execute(_BY_KEY, {"book": book_id, "client": client, "key": key}).one_or_none()
    if row is None:
        return None
    return TakenKey(id=row.id, kind=row.kind, request_sha256=bytes(row.request_sha256), refusal=row.refusal)


def find_transaction(
    session: Session, book_id: int, transaction_id: UUID, *, replayed: bool = False
) -> Transaction:
    """Return a posted transaction with its legs and draws."""
    return find_transactions(session, book_id, [transaction_id], replayed=replayed)[transaction_id]


def find_transactions(
    session: Session, book_id: int, identities: Sequence[UUID], *, replayed: bool = False
) -> dict[UUID, Transaction]:
    """Return posted transactions with their legs and draws, by identity."""
    found: dict[UUID, Transaction] = {}
    for start in range(0, len(identities), AT_ONCE):
        wanted = identities[start : start + AT_ONCE]
        legs = find_legs(session, wanted)
        query = (
            select(TXN, EVENT.c.body)
            .join(EVENT, EVENT.c.id == TXN.c.id)
            .where(TXN.c.id.in_(wanted), TXN.c.book_id + 0 == book_id)  # found by identity, not in the book
        )
        for row in session.execute(query):
            body = json.loads(row.body)
            found[row.id] = Transaction(
                id=row.id,
                kind=row.kind,
                effective_on=row.effective_on,
                recorded_at=row.recorded_at,
                legs=tuple(legs.get(row.id, ())),
                payee=body["payee"],
                note=body["note"],
                source=Source(**body["source"]),
                replayed=replayed,
                refunds=row.refunds_id,
                act=row.act,
                parent=row.parent_id,
                expires_at=row.expires_at,
                corrects=row.corrects_id,
            )
    for identity in identities:
        if identity not in found:
            raise Missing(
                f"There is no transaction {identity} in this book.", what="transaction", code=str(identity)
            )
    return found


def list_due(session: Session, book_id: int, instant: datetime, limit: int) -> tuple[UUID, ...]:
    """Return the holds whose time is over and that nothing has ended, oldest first."""
    end = TXN.alias("ending")
    ended = select(end.c.id).where(end.c.parent_id == TXN.c.id, end.c.act.in_(("post", "void", "expire")))
    query = (
        select(TXN.c.id)
        .where(TXN.c.book_id == book_id, TXN.c.act == "pending", TXN.c.expires_at < instant)
        .where(~ended.exists())
        .order_by(TXN.c.expires_at, TXN.c.id)
        .limit(limit)
    )
    return tuple(session.scalars(query))


def is_resolved(session: Session, hold_id: UUID) -> bool:
    """Tell whether a hold was settled, voided or expired."""
    ended = TXN.c.act.in_(("post", "void", "expire"))
    return session.scalar(select(TXN.c.id).where(TXN.c.parent_id == hold_id, ended).limit(1)) is not None


def find_legs(session: Session, identities: Sequence[UUID]) -> dict[UUID, list[Leg]]:
    """Return the legs of transactions, in order, with their draws."""
    draws: dict[tuple[UUID, int], list[Draw]] = {}
    query = (
        select(DRAW.c.txn_id, DRAW.c.seq, CONTRIBUTION.c.code, DRAW.c.amount)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .where(DRAW.c.txn_id.in_(identities))
        .order_by(DRAW.c.txn_id, DRAW.c.seq, CONTRIBUTION.c.id)
    )
    for row in session.execute(query):
        drawn = Draw(contribution=row.code, minor=row.amount)
        draws.setdefault((row.txn_id, row.seq), []).append(drawn)
    units: dict[str, Unit] = {}
    legs: dict[UUID, list[Leg]] = {}
    ordered = _leg_query().where(POSTING.c.txn_id.in_(identities)).order_by(POSTING.c.txn_id, POSTING.c.seq)
    for row in session.execute(ordered):
        if row.unit not in units:
            units[row.unit] = find_unit(session, row.unit)
        unit = units[row.unit]
        account = Account(
            fund=row.fund,
            path=row.path,
            unit=unit,
            role=row.role,
            earmark=row.earmark,
            normal=row.normal,
            floor=row.floor,
        )
        leg = Leg(
            account=account,
            side=row.side,
            amount=Money(minor=row.amount, unit=unit),
            line=row.line,
            layer=row.layer,
            draws=tuple(draws.get((row.txn_id, row.seq), ())),
        )
        legs.setdefault(row.txn_id, []).append(leg)
    return legs


def _leg_query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            POSTING.c.txn_id,
            POSTING.c.seq,
            POSTING.c.layer,
            POSTING.c.side,
            POSTING.c.line,
            POSTING.c.amount,
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            ACCOUNT.c.role,
            ACCOUNT.c.normal,
            ACCOUNT.c.floor,
            FUND.c.code.label("fund"),
            EARMARK.c.code.label("earmark"),
        )
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
    )


def find_lots(session: Session, account_id: int) -> tuple[tuple[str, int], ...]:
    """Return what each contribution has left in a pool, oldest first."""
    rows = session.execute(_LOTS, {"account": account_id}).all()
    for row in rows:
        remember(session, (CONTRIBUTION.name, row.book_id, row.code), int(row.id))
    return tuple((row.code, row.remaining) for row in rows)


SETTLED = BALANCE.c.normal * (BALANCE.c.settled_dr - BALANCE.c.settled_cr)
PROMISED = case((BALANCE.c.normal == 1, BALANCE.c.encumbered_cr), else_=BALANCE.c.encumbered_dr)
HELD = case((BALANCE.c.normal == 1, BALANCE.c.pending_cr), else_=BALANCE.c.pending_dr)
OUTSTANDING = case((BALANCE.c.normal == 1, BALANCE.c.encumbered_dr), else_=BALANCE.c.encumbered_cr)


def find_free(session: Session, stored: StoredAccount) -> Money:
    """Return what an account can still give: settled less promised and held."""
    found = session.scalar(select(SETTLED - PROMISED - HELD).where(BALANCE.c.account_id == stored.id))
    return Money(minor=int(found or 0), unit=stored.account.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """The counters of one account, turned to its normal side.

    Attributes
    ----------
    account : Account
        Which.
    settled, promised, held, outstanding : Money
        What it has; what of that is promised away; what is held to leave it; and, for an obligation, what it
        still promises.
    """

    account: Account
    settled: Money
    promised: Money
    held: Money
    outstanding: Money

    @property
    def free(self) -> Money:
        """What it can still give: settled less promised and held."""
        return self.settled - self.promised - self.held


def list_balances(
    session: Session, book_id: int, fund: str | None = None, path: str | None = None
) -> tuple[AccountBalance, ...]:
    """Return the balances of a book, of one fund or of one path, by path, unit and earmark."""
    named = {name: value for name, value in (("fund", fund), ("path", path)) if value is not None}
    rows = session.execute(_balances(tuple(named)), {"book": book_id, **named}).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        sorted(
            (balance_of(row, units[row.unit]) for row in rows),
            key=lambda one: (one.account.path, one.account.unit.code, one.account.earmark),
        )
    )


@cache
def _balances(named: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    wanted = {"fund": FUND.c.code, "path": ACCOUNT.c.path}
    return (
        select(
            ACCOUNT.c.path,
            ACCOUNT.c.unit,
            ACCOUNT.c.role,
            ACCOUNT.c.normal,
            ACCOUNT.c.floor,
            FUND.c.code.label("fund"),
            EARMARK.c.code.label("earmark"),
            SETTLED.label("settled"),
            PROMISED.label("promised"),
            HELD.label("held"),
            OUTSTANDING.label("outstanding"),
        )
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(ACCOUNT.c.book_id == bindparam("book"))
        .where(*(wanted[name] == bindparam(name) for name in named))
    )


def balance_of(row: Row[*tuple[Any, ...]], unit: Unit) -> AccountBalance:
    """Read a row of balances."""
    account = Account(
        fund=row.fund,
        path=row.path,
        unit=unit,
        role=row.role,
        earmark=row.earmark,
        normal=row.normal,
        floor=row.floor,
    )
    return AccountBalance(
        account=account,
        settled=Money(minor=int(row.settled), unit=unit),
        promised=Money(minor=int(row.promised), unit=unit),
        held=Money(minor=int(row.held), unit=unit),
        outstanding=Money(minor=int(row.outstanding), unit=unit),
    )


def list_faults(
    session: Session, *, book_id: int | None = None, only: Iterable[UUID] | None = None
) -> tuple[tuple[UUID, str], ...]:
    """Return every transaction that breaks a rule, with the rule; empty when the books are right.

    ``book_id`` and ``only`` narrow it to a book, or to some transactions.
    """
    query = select(FAULT.c.txn_id, FAULT.c.why).order_by(FAULT.c.txn_id, FAULT.c.why)
    if book_id is not None:
        query = query.join(TXN, TXN.c.id == FAULT.c.txn_id).where(TXN.c.book_id == book_id)
    if only is not None:
        query = query.where(FAULT.c.txn_id.in_(tuple(only)))
    return tuple((row.txn_id, row.why) for row in session.execute(query))


def sum_returned(session: Session, payment: UUID) -> dict[tuple[str, str], int]:
    """Return what came back from a payment so far: (earmark, contribution) -> minor units."""
    rows = session.execute(
        select(
            EARMARK.c.code.label("earmark"),
            CONTRIBUTION.c.code.label("contribution"),
            func.sum(-POSTING.c.side * DRAW.c.amount).label("returned"),
        )
        .select_from(TXN)
        .join(DRAW, DRAW.c.txn_id == TXN.c.id)
        .join(POSTING, and_(POSTING.c.txn_id == DRAW.c.txn_id, POSTING.c.seq == DRAW.c.seq))
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .where(TXN.c.refunds_id == payment)
        .group_by(EARMARK.c.code, CONTRIBUTION.c.code)
    )
    return {(row.earmark, row.contribution): int(row.returned) for row in rows}


def keep_contribution(session: Session, book_id: int, contribution: Contribution) -> int:
    """Register a contribution, before its deposit is posted, and return its row number."""
    query = select(CONTRIBUTION).where(
        CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code == contribution.code
    )
    row = session.execute(query).one_or_none()
    wanted: dict[str, object] = {
        "fund_id": find_fund_id(session, book_id, contribution.fund),
        "party_id": find_party_id(session, book_id, contribution.giver),
        "earmark_id": find_earmark_id(session, book_id, contribution.earmark),
        "kind": contribution.kind,
        "unit": contribution.amount.unit.code,
        "released_from": None,
        "consent_sha256": contribution.consent_sha256,
        "available_until": contribution.available_until,
    }
    if contribution.released_from:
        origin = find_contribution_ids(session, [contribution.released_from], book_id)
        wanted["released_from"] = origin[contribution.released_from]
    if row is None:
        insert_once(session, CONTRIBUTION, book_id=book_id, code=contribution.code, **wanted)
        row = session.execute(query).one()
    if any(row._mapping[key] != value for key, value in wanted.items()):  # noqa: SLF001  # SQLAlchemy's public name
        raise KeyReused(
            f"The key {contribution.code!r} already belongs to a contribution with another fund, giver, "
            "earmark, kind, unit or last day. Use a new key.",
            key=contribution.code,
        )
    return int(row.id)


def find_contribution_ids(session: Session, codes: Iterable[str], book_id: int) -> dict[str, int]:
    """Return the row numbers of contributions by code."""
    wanted = {code: remembered(session, (CONTRIBUTION.name, book_id, code)) for code in sorted(set(codes))}
    found = {code: number for code, number in wanted.items() if isinstance(number, int)}
    unknown = [code for code in wanted if code not in found]
    if unknown:
        query = select(CONTRIBUTION.c.code, CONTRIBUTION.c.id).where(CONTRIBUTION.c.code.in_(unknown))
        rows = session.execute(query.where(CONTRIBUTION.c.book_id == book_id))
        found |= {row.code: int(row.id) for row in rows}
    for code in unknown:
        if code not in found:
            raise Missing(f"There is no contribution {code!r} in this book.", what="contribution", code=code)
    return found


def sum_lines(
    session: Session, book_id: int, fund: str, unit: Unit, span: tuple[date | None, date | None]
) -> dict[str, int]:
    """Sum a fund's settled pool postings by line, ``(after, through]``, in minor units, credits positive."""
    if span == (None, None):
        rows = session.execute(_LINE_TOTALS, {"book": book_id, "fund": fund, "unit": unit.code})
        return {row.line: int(row.total) for row in rows}
    named = {name: day for name, day in zip(("after", "through"), span, strict=True) if day is not None}
    asked = {"book": book_id, "fund": fund, "unit": unit.code, **named}
    return {row.line: int(row.total) for row in session.execute(_line_sums(tuple(named)), asked)}


_LINE_TOTALS = (
    select(LINE_TOTAL.c.line, func.sum(LINE_TOTAL.c.total).label("total"))
    .join(ACCOUNT, ACCOUNT.c.id == LINE_TOTAL.c.account_id)
    .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
    .where(ACCOUNT.c.book_id == bindparam("book"), FUND.c.code == bindparam("fund"))
    .where(ACCOUNT.c.unit == bindparam("unit"))
    .group_by(LINE_TOTAL.c.line)
)


@cache
def _line_sums(named: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    days = {
        "after": DAY_TOTAL.c.effective_on > bindparam("after"),
        "through": DAY_TOTAL.c.effective_on <= bindparam("through"),
    }
    return (
        select(DAY_TOTAL.c.line, func.sum(DAY_TOTAL.c.total).label("total"))
        .join(ACCOUNT, ACCOUNT.c.id == DAY_TOTAL.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(
            ACCOUNT.c.book_id == bindparam("book"),
            FUND.c.code == bindparam("fund"),
            ACCOUNT.c.role == "pool",
            ACCOUNT.c.unit == bindparam("unit"),
            *(days[name] for name in named),
        )
        .group_by(DAY_TOTAL.c.line)
    )


_ROOT = CONTRIBUTION.alias("root")


def list_draws(session: Session, book_id: int, where: ColumnElement[bool]) -> Iterator[Row[*tuple[Any, ...]]]:
    """Return draws with their transaction, leg, contribution and giver, oldest transaction first.

    Beside each stands what its lot has left now, read in the same statement, and the contribution that its
    own was released from, or else its own, as ``root``.
    """
    query = (
        select(
            TXN.c.id,
            TXN.c.kind,
            TXN.c.effective_on,
            EVENT.c.body,
            POSTING.c.seq,
            POSTING.c.line,
            POSTING.c.side,
            DRAW.c.amount,
            CONTRIBUTION.c.code,
            _ROOT.c.code.label("root"),
            ACCOUNT.c.unit,
            PARTY.c.code.label("giver"),
            EARMARK.c.code.label("earmark"),
            LOT.c.remaining,
        )
        .join(POSTING, and_(POSTING.c.txn_id == DRAW.c.txn_id, POSTING.c.seq == DRAW.c.seq))
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .join(
            LOT,
            and_(LOT.c.account_id == POSTING.c.account_id, LOT.c.contribution_id == DRAW.c.contribution_id),
            isouter=True,
        )
        .join(TXN, TXN.c.id == DRAW.c.txn_id)
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .join(_ROOT, _ROOT.c.id == func.coalesce(CONTRIBUTION.c.released_from, CONTRIBUTION.c.id))
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .join(FUND, FUND.c.id == CONTRIBUTION.c.fund_id)
        .where(TXN.c.book_id == book_id, where)
        .order_by(TXN.c.effective_on, TXN.c.recorded_at, TXN.c.id, POSTING.c.seq, CONTRIBUTION.c.id)
    )
    return iter(session.execute(query))


def of_giver(fund: str, giver: str) -> ColumnElement[bool]:
    """Condition for ``list_draws``: what one giver gave to one fund, cash and in kind, income left out."""
    return and_(FUND.c.code == fund, PARTY.c.code == giver, CONTRIBUTION.c.kind != "income")


def of_fund(fund: str) -> ColumnElement[bool]:
    """Condition for ``list_draws``: everything that was given to one fund."""
    return FUND.c.code == fund


def of_transaction(transaction_id: UUID) -> ColumnElement[bool]:
    """Condition for ``list_draws``: one transaction."""
    return TXN.c.id == transaction_id


def of_contribution(code: str) -> ColumnElement[bool]:
    """Condition for ``list_draws``: one contribution."""
    return CONTRIBUTION.c.code == code


def count_entries(session: Session, book_id: int) -> tuple[int, int]:
    """Return how many transactions and postings a book holds."""
    transactions = session.scalar(select(func.count()).select_from(TXN).where(TXN.c.book_id == book_id))
    postings = session.scalar(
        select(func.count())
        .select_from(POSTING)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(TXN.c.book_id == book_id)
    )
    return int(transactions or 0), int(postings or 0)
