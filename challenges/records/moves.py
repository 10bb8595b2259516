"""Rows of moves: what somebody has done with a challenge as a whole, and when."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...finance.dates import as_utc
from ...finance.records.tables import EVENT
from ..lifecycle import Move
from .tables import BRIEF, CHALLENGE_MOVE

_ORDER = ("published", "decided", "settled", "cancelled")


def list_dated_moves(session: Session, challenge_id: int) -> tuple[Move, ...]:
    """Return every move of a published challenge, oldest first; the first is its publication."""
    published = session.scalar(
        select(func.min(BRIEF.c.effective_at)).where(BRIEF.c.challenge_id == challenge_id)
    )
    rows = session.execute(
        select(CHALLENGE_MOVE.c.state, CHALLENGE_MOVE.c.reason, EVENT.c.recorded_at)
        .join(EVENT, EVENT.c.id == CHALLENGE_MOVE.c.event_id)
        .where(CHALLENGE_MOVE.c.challenge_id == challenge_id)
    )
    later = [
        Move(to=row.state, at=as_utc(row.recorded_at), reason=row.reason or "not stated") for row in rows
    ]
    first = [] if published is None else [Move(to="published", at=as_utc(published))]
    return (*first, *sorted(later, key=lambda move: (move.at, _ORDER.index(move.to))))
