"""Rows of rates, as conversions refer to them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Missing
from ..rates import Rate
from .tables import FX_RATE


def find_rate_ids(session: Session, rates: Iterable[Rate]) -> dict[Rate, UUID]:
    """Return the row identities of recorded rates.

    Raises
    ------
    Missing
        When a rate is not recorded, or was recorded with other figures.
    """
    found: dict[Rate, UUID] = {}
    for rate in rates:
        if rate in found:
            continue
        row = session.execute(
            select(FX_RATE.c.id, FX_RATE.c.num, FX_RATE.c.den).where(
                FX_RATE.c.base_unit == rate.base.code,
                FX_RATE.c.quote_unit == rate.quote.code,
                FX_RATE.c.as_of == rate.as_of,
                FX_RATE.c.source == rate.source,
            )
        ).one_or_none()
        if row is None or (row.num, row.den) != (rate.num, rate.den):
            raise Missing(
                f"No rate {rate.num}/{rate.den} from {rate.base.code} to {rate.quote.code} of {rate.as_of} "
                f"by {rate.source} is recorded. Record it first.",
                what="rate",
                code=f"{rate.base.code}/{rate.quote.code}",
            )
        found[rate] = row.id
    return found
