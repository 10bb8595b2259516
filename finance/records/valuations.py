"""Rows of valuations of gifts in kind."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..contributions import Contribution
from ..errors import AlreadyExists, Missing
from ..in_kind import Valuation
from ..money import Money
from ..units import Unit
from .registry import find_party_id, find_unit, keep_unit
from .tables import CONTRIBUTION, PARTY, UNIT, VALUATION


def keep_valuation(
    session: Session, book_id: int, event_id: UUID, gift: Contribution, valuation: Valuation, value_unit: Unit
) -> None:
    """Write a valuation; the database, too, refuses a giver who values the own gift, and a second valuation.

    Raises
    ------
    AlreadyExists
        When the gift is valued already.
    Missing
        When this giver gave no such gift in kind.
    """
    keep_unit(session, valuation.price.unit)
    known = session.execute(
        select(CONTRIBUTION.c.id, VALUATION.c.id.label("valuation"))
        .join(VALUATION, VALUATION.c.contribution_id == CONTRIBUTION.c.id, isouter=True)
        .where(
            CONTRIBUTION.c.book_id == book_id,
            CONTRIBUTION.c.code == gift.code,
            CONTRIBUTION.c.party_id == find_party_id(session, book_id, gift.giver),
            CONTRIBUTION.c.kind == "in_kind",
            CONTRIBUTION.c.unit == gift.amount.unit.code,
        )
    ).one_or_none()
    if known is None:
        raise Missing(
            f"{gift.giver} gave no {gift.amount.unit.code} in kind as {gift.code!r}.",
            what="gift in kind",
            code=gift.code,
        )
    if known.valuation is not None:
        raise AlreadyExists(
            f"The gift {gift.code!r} is valued already; a valuation stands.", what="valuation", code=gift.code
        )
    session.execute(
        insert(VALUATION).values(
            id=event_id,
            contribution_id=known.id,
            contributor_id=find_party_id(session, book_id, gift.giver),
            unit=gift.amount.unit.code,
            unit_kind=gift.amount.unit.kind,
            value_unit=value_unit.code,
            value_kind=value_unit.kind,
            price_num=valuation.price.minor,
            price_den=10**valuation.price.unit.scale,
            method=valuation.method,
            haircut_bp=valuation.haircut_bp,
            valued_by=find_party_id(session, book_id, valuation.valued_by),
            valued_on=valuation.valued_on,
            evidence_sha256=valuation.evidence_sha256,
        )
    )


def list_valuations(
    session: Session, book_id: int, codes: Iterable[str], through: date | None = None
) -> dict[str, Valuation]:
    """Return the valuations of gifts by the code of the contribution: those in force at the end of a day.

    Without a day, the last one of each gift, expired or not.
    """
    query = (
        select(VALUATION, CONTRIBUTION.c.code, PARTY.c.code.label("valuer"), UNIT.c.base_code)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == VALUATION.c.contribution_id)
        .join(PARTY, PARTY.c.id == VALUATION.c.valued_by)
        .join(UNIT, UNIT.c.code == VALUATION.c.value_unit)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code.in_(sorted(set(codes))))
        .order_by(VALUATION.c.valued_on, VALUATION.c.id)
    )
    if through is not None:
        query = query.where(VALUATION.c.valued_on <= through)
    rows = session.execute(query).all()
    replaced = {row.supersedes_id for row in rows}
    return {
        row.code: Valuation(
            price=Money(minor=row.price_num, unit=find_unit(session, row.base_code)),
            method=row.method,
            haircut_bp=row.haircut_bp,
            valued_by=row.valuer,
            valued_on=row.valued_on,
            evidence_sha256=bytes(row.evidence_sha256),
        )
        for row in rows
        if row.id not in replaced and (through is None or row.expires_on is None or through < row.expires_on)
    }
