"""Queries that derive the books again, for verification."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, and_, func, or_, select
from sqlalchemy.orm import Session

from ..earmarks import Earmark
from ..errors import DocumentInvalid
from .tables import (
    ACCOUNT,
    BALANCE,
    CONTRIBUTION,
    DAY_DELTA,
    DAY_TOTAL,
    DELTA,
    DRAW,
    EARMARK,
    EARMARK_SCOPE,
    EVENT,
    FUND,
    FX_CONVERSION,
    FX_RATE,
    LINE_DELTA,
    LINE_TOTAL,
    LOT,
    LOT_DELTA,
    POSTING,
    TXN,
    TXN_END,
)

AT_ONCE = 2000  # rows read at once
AnyRow = Row[*tuple[Any, ...]]
COUNTERS = ("settled_dr", "settled_cr", "pending_dr", "pending_cr", "encumbered_dr", "encumbered_cr")
SUMS = ("sd", "sc", "pd", "pc", "ed", "ec")


def list_moved_balances(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the paths of accounts whose counters are not their postings' sums, or whose floor was moved."""
    sums = (
        select(DELTA.c.account_id, *(func.sum(DELTA.c[name]).label(name) for name in SUMS))
        .group_by(DELTA.c.account_id)
        .subquery()
    )
    differs = or_(
        *(
            BALANCE.c[counter] != func.coalesce(sums.c[name], 0)
            for counter, name in zip(COUNTERS, SUMS, strict=True)
        ),
        BALANCE.c.normal != ACCOUNT.c.normal,
        BALANCE.c.floor.is_distinct_from(ACCOUNT.c.floor),
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
            LOT_DELTA.c.account_id,
            LOT_DELTA.c.contribution_id,
            func.sum(LOT_DELTA.c.moved).label("moved"),
            func.sum(LOT_DELTA.c.received).label("received"),
            func.min(LOT_DELTA.c.first_on).label("first_on"),
        )
        .group_by(LOT_DELTA.c.account_id, LOT_DELTA.c.contribution_id)
        .subquery()
    )
    same = (sums.c.account_id == LOT.c.account_id) & (sums.c.contribution_id == LOT.c.contribution_id)
    wrong = or_(
        LOT.c.remaining != func.coalesce(sums.c.moved, 0),
        LOT.c.received != func.coalesce(sums.c.received, 0),
        LOT.c.first_on.is_distinct_from(sums.c.first_on),
    )
    differs = (
        select(CONTRIBUTION.c.code)
        .join(LOT, LOT.c.contribution_id == CONTRIBUTION.c.id)
        .join(sums, same, isouter=True)
        .where(CONTRIBUTION.c.book_id == book_id, wrong)
    )
    gone = (
        select(CONTRIBUTION.c.code)
        .join(sums, sums.c.contribution_id == CONTRIBUTION.c.id)
        .join(LOT, same, isouter=True)
        .where(CONTRIBUTION.c.book_id == book_id, LOT.c.account_id.is_(None))
    )
    return tuple(sorted({*session.scalars(differs), *session.scalars(gone)}))


def list_moved_lines(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the lines, with their account, whose totals are not the sums of their postings."""
    return _list_moved(session, book_id, LINE_TOTAL, LINE_DELTA, ("line",))


def list_moved_days(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the days and lines, with their account, whose totals are not the sums of their postings."""
    return _list_moved(session, book_id, DAY_TOTAL, DAY_DELTA, ("effective_on", "line"))


def _list_moved(  # which totals, from what, by what
    session: Session, book_id: int, totals: Table, deltas: Table, by: tuple[str, ...]
) -> tuple[str, ...]:
    sums = (
        select(*deltas.c["account_id", *by], func.sum(deltas.c.moved).label("moved"))
        .group_by(*deltas.c["account_id", *by])
        .subquery()
    )
    same = and_(*(sums.c[name] == totals.c[name] for name in ("account_id", *by)))
    differs = (
        select(ACCOUNT.c.path, *totals.c[by])
        .join(totals, totals.c.account_id == ACCOUNT.c.id)
        .join(sums, same, isouter=True)
        .where(ACCOUNT.c.book_id == book_id, totals.c.total != func.coalesce(sums.c.moved, 0))
    )
    gone = (
        select(ACCOUNT.c.path, *sums.c[by])
        .join(sums, sums.c.account_id == ACCOUNT.c.id)
        .join(totals, same, isouter=True)
        .where(ACCOUNT.c.book_id == book_id, totals.c.account_id.is_(None))
    )
    rows = {tuple(map(str, row)) for query in (differs, gone) for row in session.execute(query)}
    return tuple(", ".join(row) for row in sorted(rows))


def list_unfinished(session: Session, book_id: int) -> tuple[UUID, ...]:
    """Return the transactions that lack their event or their end."""
    query = (
        select(TXN.c.id)
        .join(EVENT, EVENT.c.id == TXN.c.id, isouter=True)
        .join(TXN_END, TXN_END.c.txn_id == TXN.c.id, isouter=True)
        .where(TXN.c.book_id == book_id, or_(EVENT.c.id.is_(None), TXN_END.c.txn_id.is_(None)))
        .order_by(TXN.c.id)
    )
    return tuple(session.scalars(query))


def list_changed_earmarks(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the earmarks whose terms do not fit their digest, or whose scope is not what they narrow."""
    rows = session.execute(select(EARMARK).where(EARMARK.c.book_id == book_id).order_by(EARMARK.c.code)).all()
    wider = {row.id: row.wider_id for row in rows}
    scope: dict[int, set[int]] = {row.id: set() for row in rows}
    for row in session.execute(select(EARMARK_SCOPE).where(EARMARK_SCOPE.c.narrower_id.in_(wider))):
        scope[row.narrower_id].add(row.wider_id)
    changed = []
    for row in rows:
        chain: set[int] = set()
        step: int | None = row.id
        while step is not None and step not in chain:
            chain.add(step)
            step = wider.get(step)
        digest = hashlib.sha256(bytes(row.terms)).digest()
        if (
            digest != bytes(row.terms_sha256)
            or chain != scope[row.id]
            or not _ends(row.terms, row.valid_until)
        ):
            changed.append(str(row.code))
    return tuple(changed)


def _ends(terms: bytes, last_day: date | None) -> bool:
    """Tell whether the terms of an earmark are readable and end on a day."""
    try:
        return Earmark.read(terms).valid_until == last_day
    except DocumentInvalid:
        return False


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


def stream_events(session: Session, book_id: int) -> Iterator[AnyRow]:
    """Yield all events of a book with what their transactions say, by identity."""
    said = (TXN.c.act, TXN.c.client, TXN.c.idem_key, TXN.c.request_sha256, TXN.c.effective_on, TXN.c.refusal)
    links = (TXN.c.expires_at, TXN.c.parent_id, TXN.c.refunds_id, TXN.c.corrects_id, TXN.c.proposal_id)
    query = (
        select(
            EVENT.c.id,
            EVENT.c.kind,
            EVENT.c.body,
            EVENT.c.leaf_sha256,
            EVENT.c.recorded_at.label("told_at"),
            TXN.c.kind.label("transaction"),
            TXN.c.recorded_at,
            *said,
            *links,
        )
        .join(TXN, TXN.c.id == EVENT.c.id, isouter=True)
        .where(EVENT.c.book_id == book_id)
        .order_by(EVENT.c.id)
    )
    return _stream(session, query)


def stream_postings(session: Session, book_id: int) -> Iterator[AnyRow]:
    """Yield all postings of a book, by transaction and place."""
    query = (
        select(POSTING)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(TXN.c.book_id == book_id)
        .order_by(POSTING.c.txn_id, POSTING.c.seq)
    )
    return _stream(session, query)


def stream_draws(session: Session, book_id: int) -> Iterator[AnyRow]:
    """Yield all draws of a book, by transaction and place."""
    query = (
        select(DRAW)
        .join(TXN, TXN.c.id == DRAW.c.txn_id)
        .where(TXN.c.book_id == book_id)
        .order_by(DRAW.c.txn_id, DRAW.c.seq)
    )
    return _stream(session, query)


def stream_conversions(session: Session, book_id: int) -> Iterator[AnyRow]:
    """Yield all conversions of a book with their rates, by transaction and place."""
    rate = (FX_RATE.c.base_unit, FX_RATE.c.quote_unit, FX_RATE.c.as_of, FX_RATE.c.source)
    query = (
        select(FX_CONVERSION, *rate)
        .join(TXN, TXN.c.id == FX_CONVERSION.c.txn_id)
        .join(FX_RATE, FX_RATE.c.id == FX_CONVERSION.c.rate_id)
        .where(TXN.c.book_id == book_id)
        .order_by(FX_CONVERSION.c.txn_id, FX_CONVERSION.c.n)
    )
    return _stream(session, query)


def stream_rates(session: Session, book_id: int) -> Iterator[AnyRow]:
    """Yield the rates that a book recorded, each with its event's bytes."""
    query = (
        select(FX_RATE, EVENT.c.body)
        .join(EVENT, EVENT.c.id == FX_RATE.c.id)
        .where(EVENT.c.book_id == book_id)
        .order_by(FX_RATE.c.id)
    )
    return _stream(session, query)


def _stream(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[AnyRow]:
    """Read rows as they are needed, through a cursor on the server where there is one."""
    options = {"stream_results": True, "yield_per": AT_ONCE}
    with session.execute(query, execution_options=options) as rows:
        yield from rows


def name_accounts(session: Session, book_id: int) -> dict[int, tuple[str, str, str]]:
    """Return path, unit and earmark of each account of a book."""
    query = (
        select(ACCOUNT.c.id, ACCOUNT.c.path, ACCOUNT.c.unit, EARMARK.c.code)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(ACCOUNT.c.book_id == book_id)
    )
    return {row.id: (row.path, row.unit, row.code) for row in session.execute(query)}


def name_contributions(session: Session, book_id: int) -> dict[int, str]:
    """Return the code of each contribution of a book."""
    query = select(CONTRIBUTION.c.id, CONTRIBUTION.c.code).where(CONTRIBUTION.c.book_id == book_id)
    return {row.id: row.code for row in session.execute(query)}
