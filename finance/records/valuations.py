"""Rows of valuations of gifts in kind."""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ..contributions import Contribution
from ..in_kind import Valuation
from ..units import Unit
from .entries import find_contribution_ids
from .registry import find_party_id, keep_unit
from .tables import VALUATION


def keep_valuation(
    session: Session, book_id: int, event_id: UUID, gift: Contribution, valuation: Valuation, value_unit: Unit
) -> None:
    """Write a valuation; the database refuses a giver who values the own gift, and a second valuation."""
    keep_unit(session, valuation.price.unit)
    session.execute(
        insert(VALUATION).values(
            id=event_id,
            contribution_id=find_contribution_ids(session, {gift.code}, book_id)[gift.code],
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
