"""Claims of a book on which something is still to be found, over all its agreements.

The problem: who verifies for many agreements asks what comes first, and asking each agreement in turn takes
as many queries as there are agreements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from ...finance.records.tables import EVENT, PARTY
from .tables import AGREEMENT, AGREEMENT_DUTY, CLAIM, DECISION, DETERMINATION, DISPUTE, RESOLUTION


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedClaim:
    """A claim nobody has decided yet, or whose decision is disputed.

    Attributes
    ----------
    id : int [row number]
        In the order they were made.
    found : bool
        Whether the party that asks has found something about it already.
    """

    id: int
    agreement: str
    claim: str
    claimed_by: str
    claimed_at: datetime
    disputed: bool
    found: bool


def is_disputed() -> ColumnElement[bool]:
    """Return the condition that a claim is in a dispute that nobody has ended."""
    solved = exists().where(RESOLUTION.c.dispute_id == DISPUTE.c.id)
    return exists().where(DISPUTE.c.claim_id == CLAIM.c.id, ~solved)


def is_undecided() -> ColumnElement[bool]:
    """Return the condition that nothing is decided of a claim, or that the decision is disputed."""
    return or_(~exists().where(DECISION.c.claim_id == CLAIM.c.id), is_disputed())


def list_undecided(
    session: Session,
    book_id: int,
    *,
    after: Sequence[str | int] | None,
    limit: int,
    verifier: str = "",
    claimed_by: str = "",
) -> tuple[UndecidedClaim, ...]:
    """Return some of a book's claims that wait for a finding or a resolution, the oldest first.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    after : sequence or None
        The number of the last that was seen.
    limit : int [rows]
        At most so many.
    verifier : str
        Only those of agreements in which this party verifies or resolves; it is also said whether it has
        found something.
    claimed_by : str
        Only those this party made.
    """
    who = select(PARTY.c.id).where(PARTY.c.book_id == book_id, PARTY.c.code == verifier).scalar_subquery()
    found = exists().where(DETERMINATION.c.claim_id == CLAIM.c.id, DETERMINATION.c.verifier_id == who)
    query = (
        select(
            CLAIM.c.id,
            AGREEMENT.c.code.label("agreement"),
            CLAIM.c.code.label("claim"),
            PARTY.c.code.label("claimed_by"),
            EVENT.c.recorded_at,
            is_disputed().label("disputed"),
            found.label("found"),
        )
        .join(AGREEMENT, AGREEMENT.c.id == CLAIM.c.agreement_id)
        .join(PARTY, PARTY.c.id == CLAIM.c.claimed_by)
        .join(EVENT, EVENT.c.id == CLAIM.c.event_id)
        .where(AGREEMENT.c.book_id == book_id, is_undecided())
    )
    if after is not None:
        query = query.where(CLAIM.c.id > after[0])
    if verifier:
        duty = and_(
            AGREEMENT_DUTY.c.agreement_id == CLAIM.c.agreement_id,
            AGREEMENT_DUTY.c.party_id == who,
            AGREEMENT_DUTY.c.duty != "interested",
        )
        query = query.where(exists().where(duty))
    if claimed_by:
        query = query.where(PARTY.c.code == claimed_by)
    return tuple(
        UndecidedClaim(
            id=row.id,
            agreement=row.agreement,
            claim=row.claim,
            claimed_by=row.claimed_by,
            claimed_at=row.recorded_at,
            disputed=bool(row.disputed),
            found=bool(row.found),
        )
        for row in session.execute(query.order_by(CLAIM.c.id).limit(limit))
    )
