"""Rows of jobs: what waits, who works on it and until when, how far it is, and how it ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from .tables import JOB, PERSON

AnyRow = Row[*tuple[Any, ...]]
ENDS = ("done", "failed", "cancelled")
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Long work that somebody asked for.

    Attributes
    ----------
    state : str
        ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
    stage : str
        What it is at.
    done, total : int [steps]
        How far; the steps are those of its kind.
    asked_to_stop : int [1 for yes]
        Somebody wants it to end.
    attempts : int [runs]
        How often it was begun.
    leased_by, leased_until : str, datetime or None
        Which worker has it, and how long without a sign of life.
    """

    id: UUID
    book_id: int
    kind: str
    state: str
    person: str
    party: str
    input: bytes
    result: bytes | None
    problem: bytes | None
    stage: str
    done: int
    total: int
    asked_to_stop: int
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    leased_by: str | None
    leased_until: datetime | None
    version: int

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will come of it."""
        return self.state in ENDS

    @classmethod
    def of(cls, row: AnyRow) -> "Job":
        """Read a row."""
        return cls(**{str(name): value for name, value in row._mapping.items()})  # noqa: SLF001  # public by documentation


def keep_job(session: Session, job: Job) -> None:
    """Write a job that waits."""
    session.execute(insert(JOB).values(**{name: getattr(job, name) for name in Job.__dataclass_fields__}))


def find_job(session: Session, book_id: int, job: UUID) -> Job:
    """Return a job of a book.

    Raises
    ------
    Missing
        When there is none.
    """
    found = session.execute(select(JOB).where(JOB.c.book_id == book_id, JOB.c.id == job)).one_or_none()
    if found is None:
        raise Missing(f"There is no job {job} in this book.", job=str(job))
    return Job.of(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs of a book are listed; what is empty admits all.

    Attributes
    ----------
    party : str or None
        Whose.
    newest : bool
        The newest first, not the oldest.
    """

    party: str | None = None
    state: str = ""
    kind: str = ""
    newest: bool = False


def list_jobs(
    session: Session, book_id: int, wanted: JobFilter, *, after: UUID | None, limit: int
) -> tuple[Job, ...]:
    """Return jobs of a book, in the order in which they were asked.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    wanted : JobFilter
        Which.
    after : UUID or None
        The last one seen.
    limit : int [rows]
        At most.
    """
    order = JOB.c.id.desc() if wanted.newest else JOB.c.id
    query = select(JOB).where(JOB.c.book_id == book_id).order_by(order).limit(limit)
    if wanted.party is not None:
        query = query.where(JOB.c.party == wanted.party)
    named = ((JOB.c.state, wanted.state), (JOB.c.kind, wanted.kind))
    query = query.where(*(column == value for column, value in named if value))
    if after is not None:
        query = query.where(JOB.c.id < after if wanted.newest else JOB.c.id > after)
    return tuple(Job.of(row) for row in session.execute(query))


def count_open(session: Session, book_id: int, party: str) -> int:
    """Return how many jobs of a party have not ended."""
    query = select(JOB.c.id).where(JOB.c.book_id == book_id, JOB.c.party == party)
    return len(session.scalars(query.where(JOB.c.state.in_(("waiting", "running")))).all())


def take_job(
    session: Session, worker: str, now: datetime, until: datetime, kinds: Collection[str]
) -> Job | None:
    """Take the job that waits longest, or that its worker left behind; nobody else takes it meanwhile.

    Parameters
    ----------
    session : Session
        The caller's; it commits before the work begins.
    worker : str
        Who takes it.
    now, until : datetime
        When, and how long without a sign of life.
    kinds : collection of str
        Which this worker can do.
    """
    row = JOB.c
    left = and_(row.state == "running", row.leased_until < now)
    query = (
        select(JOB)
        .where(or_(row.state == "waiting", left), row.kind.in_(sorted(kinds)))
        .order_by(row.created_at, row.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    changes: dict[str, Any] = {"leased_by": worker, "leased_until": until, "state": "running"}
    changes |= {"attempts": found.attempts + 1, "started_at": found.started_at or now}
    session.execute(update(JOB).where(row.id == found.id).values(version=row.version + 1, **changes))
    return Job.of(session.execute(select(JOB).where(row.id == found.id)).one())


def keep_beat(
    session: Session, job: UUID, worker: str, until: datetime, progress: tuple[str, int, int] | None
) -> bool | None:
    """Give a sign of life, and tell how far it is when that is new.

    Parameters
    ----------
    session : Session
        The caller's.
    job : UUID
        Which.
    worker : str
        Who works on it.
    until : datetime
        How long without another sign.
    progress : tuple or None
        Stage, steps done and steps in all; None for nothing new.

    Returns
    -------
    bool or None
        Whether somebody asked it to stop; None when another worker has it by now.
    """
    row = JOB.c
    values: dict[str, Any] = {"leased_until": until}
    if progress is not None:
        values |= dict(zip(("stage", "done", "total"), progress, strict=True), version=row.version + 1)
    held = (row.id == job, row.leased_by == worker, row.state == "running")
    query = update(JOB).where(*held).values(**values).returning(row.asked_to_stop)
    stopped = session.scalar(query)
    return None if stopped is None else bool(stopped)


def end_job(session: Session, job: UUID, worker: str, now: datetime, **ending: object) -> bool:
    """Write how a job ended; False when another worker has it, or it ended already."""
    row = JOB.c
    held = (row.id == job, row.leased_by == worker, row.state == "running")
    values = {"finished_at": now, "leased_by": None, "leased_until": None, **ending}
    query = update(JOB).where(*held).values(version=row.version + 1, **values).returning(row.id)
    return session.scalar(query) is not None


def give_back(session: Session, job: UUID, worker: str) -> None:
    """Let a job wait again that this worker will not go on with; the run does not count."""
    row = JOB.c
    query = update(JOB).where(row.id == job, row.leased_by == worker, row.state == "running")
    free: dict[str, Any] = {"state": "waiting", "leased_by": None, "leased_until": None}
    session.execute(query.values(version=row.version + 1, attempts=row.attempts - 1, **free))


def ask_to_stop(session: Session, job: UUID, now: datetime) -> None:
    """Cancel a job that waits, and ask one that runs to stop; one that ended stays as it is."""
    row = JOB.c
    waiting = update(JOB).where(row.id == job, row.state == "waiting")
    session.execute(waiting.values(state="cancelled", finished_at=now, version=row.version + 1))
    running = update(JOB).where(row.id == job, row.state == "running", row.asked_to_stop == 0)
    session.execute(running.values(asked_to_stop=1, version=row.version + 1))


def list_versions(session: Session, jobs: Collection[UUID]) -> dict[UUID, int]:
    """Return the version of each of some jobs, in one query."""
    query = select(JOB.c.id, JOB.c.version).where(JOB.c.id.in_(sorted(jobs)))
    return {row.id: row.version for row in session.execute(query)}


def is_known(session: Session, person: str) -> bool:
    """Tell whether a person is in our own table, and not brought by the host."""
    return session.scalar(select(PERSON.c.id).where(PERSON.c.code == person)) is not None
