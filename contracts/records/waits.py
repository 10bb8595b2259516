"""Rows of payouts that wait: for one proposal, and for another once that was rejected."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, or_, select
from sqlalchemy.orm import Session

from .tables import PAYOUT, PAYOUT_VOID, PAYOUT_WAIT


def find_waiting_payout(session: Session, proposal_id: UUID) -> UUID | None:
    """Return the payout that waits for a proposal, None where none does."""
    return session.scalar(select(PAYOUT_WAIT.c.payout_id).where(PAYOUT_WAIT.c.proposal_id == proposal_id))


def is_followed(session: Session, proposal_id: UUID) -> bool:
    """Tell whether the payout of a proposal waits for a later one, or was given up."""
    later = PAYOUT_WAIT.alias()
    query = (
        select(PAYOUT_WAIT.c.payout_id)
        .outerjoin(later, (later.c.payout_id == PAYOUT_WAIT.c.payout_id) & (later.c.n > PAYOUT_WAIT.c.n))
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT_WAIT.c.payout_id)
        .where(PAYOUT_WAIT.c.proposal_id == proposal_id)
        .where(or_(later.c.n.is_not(None), PAYOUT_VOID.c.payout_id.is_not(None)))
    )
    return session.scalar(query) is not None


def keep_wait(session: Session, payout_id: UUID, proposal_id: UUID) -> None:
    """Write that a payout waits for the approval of a proposal, in the place of one that was rejected."""
    before = select(func.count()).select_from(PAYOUT_WAIT).where(PAYOUT_WAIT.c.payout_id == payout_id)
    number = 1 + (session.scalar(before) or 0)
    session.execute(insert(PAYOUT_WAIT).values(payout_id=payout_id, n=number, proposal_id=proposal_id))


def newest_wait() -> ColumnElement[bool]:
    """Return the condition that a payout's row meets the last proposal it waits or waited for."""
    later = PAYOUT_WAIT.alias()
    last = (
        select(func.max(later.c.n))
        .where(later.c.payout_id == PAYOUT.c.id)
        .correlate(PAYOUT)
        .scalar_subquery()
    )
    return (PAYOUT_WAIT.c.payout_id == PAYOUT.c.id) & (PAYOUT_WAIT.c.n == last)
