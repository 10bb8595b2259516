"""Rows of rates: written once, found by day, source and direction."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from ..rates import Rate
from ..units import Unit
from .registry import find_unit, insert_once, keep_unit
from .tables import FX_RATE


def _rates(base: Unit, quote: Unit) -> Select[*tuple[Any, ...]]:
    columns = (
        FX_RATE.c.id,
        FX_RATE.c.base_unit,
        FX_RATE.c.quote_unit,
        FX_RATE.c.num,
        FX_RATE.c.den,
        FX_RATE.c.as_of,
        FX_RATE.c.source,
    )
    return select(*columns).where(FX_RATE.c.base_unit == base.code, FX_RATE.c.quote_unit == quote.code)


def _to_rate(session: Session, row: Row[*tuple[Any, ...]]) -> Rate:
    base, quote = find_unit(session, row.base_unit), find_unit(session, row.quote_unit)
    return Rate(base=base, quote=quote, num=row.num, den=row.den, as_of=row.as_of, source=row.source)


def keep_rate(session: Session, event_id: UUID, rate: Rate) -> None:
    """Write a rate, unless its pair, day and source have one."""
    for unit in (rate.base, rate.quote):
        keep_unit(session, unit)
    insert_once(
        session,
        FX_RATE,
        id=event_id,
        base_unit=rate.base.code,
        base_kind=rate.base.kind,
        quote_unit=rate.quote.code,
        quote_kind=rate.quote.kind,
        num=rate.num,
        den=rate.den,
        as_of=rate.as_of,
        source=rate.source,
    )


def find_same_rate(session: Session, rate: Rate) -> tuple[UUID, Rate] | None:
    """Return the rate of the same pair, day and source, with its identity."""
    query = _rates(rate.base, rate.quote)
    row = session.execute(
        query.where(FX_RATE.c.as_of == rate.as_of, FX_RATE.c.source == rate.source)
    ).one_or_none()
    return None if row is None else (row.id, _to_rate(session, row))


def find_last_rate(session: Session, rate: Rate) -> Rate | None:
    """Return the rate of the same pair last before this one's day, of any source; else the first after it."""
    query = _rates(rate.base, rate.quote)
    before = query.where(FX_RATE.c.as_of <= rate.as_of).order_by(FX_RATE.c.as_of.desc(), FX_RATE.c.source)
    after = query.order_by(FX_RATE.c.as_of, FX_RATE.c.source)
    row = session.execute(before.limit(1)).first() or session.execute(after.limit(1)).first()
    return None if row is None else _to_rate(session, row)


def find_latest_rate(session: Session, base: Unit, quote: Unit, source: str, on: date) -> Rate | None:
    """Return the last rate of a pair, direction and source, of a day or before it."""
    query = _rates(base, quote).where(FX_RATE.c.source == source, FX_RATE.c.as_of <= on)
    row = session.execute(query.order_by(FX_RATE.c.as_of.desc()).limit(1)).first()
    return None if row is None else _to_rate(session, row)


def list_rates(
    session: Session,
    base: Unit,
    quote: Unit,
    *,
    source: str | None,
    since: date | None,
    above: tuple[date, str] | None,
    limit: int,
) -> tuple[Rate, ...]:
    """Return recorded rates of a pair and direction by day and source, the first ones above a day and source.

    Parameters
    ----------
    session : Session
        The caller's.
    base, quote : Unit
        Sold and bought.
    source : str or None
        Only those of this source.
    since : date or None
        Only those of this day and later.
    above : tuple of (date, str) or None
        Day and source of the last one seen.
    limit : int [rows]
        At most so many.
    """
    query = _rates(base, quote).order_by(FX_RATE.c.as_of, FX_RATE.c.source).limit(limit)
    if source is not None:
        query = query.where(FX_RATE.c.source == source)
    if since is not None:
        query = query.where(FX_RATE.c.as_of >= since)
    if above is not None:
        day, name = above
        later = and_(FX_RATE.c.as_of == day, FX_RATE.c.source > name)
        query = query.where(or_(FX_RATE.c.as_of > day, later))
    return tuple(_to_rate(session, row) for row in session.execute(query))
