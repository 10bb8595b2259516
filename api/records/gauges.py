"""What a monitor is told of the database: what waits, for how long, and when the log was last checked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...finance.records.tables import BOOK, CHECKPOINT
from .deliveries import late_deliveries
from .starting import list_waiting
from .tables import JOB, WORKER_BEAT

Row = tuple[list[str], float]
Family = tuple[str, list[str], list[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures by name: what it tells, the names of its labels, and its rows."""

    families: dict[str, Family]


def read_figures(session: Session, now: datetime) -> Figures:
    """Return what stands in the database.

    Parameters
    ----------
    session : Session
        Of the caller.
    now : datetime
        What ages are told by.
    """
    waiting = list_waiting(session)
    late, since = late_deliveries(session, now)
    beat = session.scalar(select(func.max(WORKER_BEAT.c.beaten_at)))
    return Figures(
        families={
            "events_unsealed": (
                "Events that wait for the sealed log, by book.",
                ["book"],
                [([one.book], float(one.events)) for one in waiting],
            ),
            "sealing_lag_seconds": (
                "Age of the earliest event that waits for the sealed log, by book.",
                ["book"],
                [([one.book], _age(now, one.since)) for one in waiting],
            ),
            "checkpoint_age_seconds": (
                "Age of the last checkpoint, by book.",
                ["book"],
                _ages(session, now),
            ),
            "ledger_verified_age_seconds": (
                "Age of the last verification that ran as a job, by book.",
                ["book"],
                _verified(session, now),
            ),
            "jobs": ("Jobs that wait or run, by state.", ["state"], _jobs(session)),
            "job_lag_seconds": (
                "Age of the earliest job that waits.",
                [],
                [
                    (
                        [],
                        _age(
                            now,
                            session.scalar(
                                select(func.min(JOB.c.created_at)).where(JOB.c.state == "waiting")
                            ),
                        ),
                    )
                ],
            ),
            "deliveries_due": ("Messages of webhooks that are due.", [], [([], float(late))]),
            "delivery_lag_seconds": ("How long the earliest message is due.", [], [([], _age(now, since))]),
            "worker_beat_age_seconds": (
                "Age of the last sign of a worker.",
                [],
                [] if beat is None else [([], _age(now, beat))],
            ),
        }
    )


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _ages(session: Session, now: datetime) -> list[Row]:
    query = (
        select(BOOK.c.code, func.max(CHECKPOINT.c.recorded_at).label("last"))
        .join(CHECKPOINT, CHECKPOINT.c.book_id == BOOK.c.id)
        .group_by(BOOK.c.code)
        .order_by(BOOK.c.code)
    )
    return [([row.code], _age(now, row.last)) for row in session.execute(query)]


def _verified(session: Session, now: datetime) -> list[Row]:
    query = (
        select(BOOK.c.code, func.max(JOB.c.finished_at).label("last"))
        .join(JOB, JOB.c.book_id == BOOK.c.id)
        .where(JOB.c.kind == "verify", JOB.c.state == "done")
        .group_by(BOOK.c.code)
        .order_by(BOOK.c.code)
    )
    return [([row.code], _age(now, row.last)) for row in session.execute(query)]


def _jobs(session: Session) -> list[Row]:
    query = (
        select(JOB.c.state, func.count().label("number"))
        .where(JOB.c.state.in_(("running", "waiting")))
        .group_by(JOB.c.state)
    )
    found = {row.state: float(row.number) for row in session.execute(query)}
    return [([state], found.get(state, 0.0)) for state in ("running", "waiting")]
