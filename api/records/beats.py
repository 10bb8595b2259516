"""Rows of workers: when each last gave a sign of life."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from .tables import WORKER_BEAT


def keep_worker(session: Session, name: str, now: datetime) -> None:
    """Write that a worker lives."""
    query = update(WORKER_BEAT).where(WORKER_BEAT.c.name == name).values(beaten_at=now)
    if session.execute(query.returning(WORKER_BEAT.c.name)).first() is None:
        session.execute(insert(WORKER_BEAT).values(name=name, beaten_at=now))


def end_worker(session: Session, name: str) -> None:
    """Forget a worker that ended as it should."""
    session.execute(delete(WORKER_BEAT).where(WORKER_BEAT.c.name == name))


def list_workers(session: Session) -> dict[str, datetime]:
    """Return when each worker last gave a sign of life."""
    query = select(WORKER_BEAT.c.name, WORKER_BEAT.c.beaten_at).order_by(WORKER_BEAT.c.name)
    return {row.name: row.beaten_at for row in session.execute(query)}
