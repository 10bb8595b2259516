"""Rows of reads: who marked what, which read stands in place of which, and which is void."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from ...finance.dates import as_utc
from ...finance.errors import Missing
from ..scores import Score
from .briefs import StoredChallenge
from .plans import Seat
from .submissions import Admission
from .tables import APPLICATION, CHALLENGE, JUDGE_READ, READ_VOID, SCORE


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRead:
    """One judge's complete read of one application, as the database keeps it.

    Attributes
    ----------
    id : int [row]
        Of the read.
    application, judge, phase, rubric : str
        What was read, by whom, when and under which rubric.
    revision : int [reads]
        1 for the judge's first read of it, 2 for the one in its place, and so on.
    read_at : datetime
        When it came in.
    scores : tuple[Score, ...]
        By trait.
    void : str or None
        Why it does not count; ``None`` when it does.
    superseded : bool
        Whether a later read stands in its place.
    """

    id: int
    application: str
    judge: str
    phase: str
    rubric: str
    revision: int
    read_at: datetime
    scores: tuple[Score, ...]
    void: str | None
    superseded: bool

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return self.void is None and not self.superseded


def lock_scoring(session: Session, stored: StoredChallenge, application_id: int) -> None:
    """Keep others from scoring the same application, and from freezing the scores, until the end.

    Which read is the last one is found before the next one is written; between the two no other may come.
    On SQLite the transaction holds the write lock anyway.
    """
    session.execute(select(CHALLENGE.c.id).where(CHALLENGE.c.id == stored.id).with_for_update(read=True))
    mine = select(APPLICATION.c.id).where(APPLICATION.c.id == application_id)
    session.execute(mine.with_for_update(key_share=True))


def lock_scores(session: Session, stored: StoredChallenge) -> None:
    """Keep everybody from scoring in a challenge until the end of the transaction."""
    query = select(CHALLENGE.c.id).where(CHALLENGE.c.id == stored.id)
    session.execute(query.with_for_update(key_share=True))


def keep_read(
    session: Session,
    stored: StoredChallenge,
    admission: Admission,
    scores: tuple[Score, ...],
    *,
    phase: str,
    seat: Seat | None,
    last: StoredRead | None,
    read_at: datetime,
    event_id: UUID,
) -> None:
    """Write one judge's complete read of one application, in place of the last one if there is one."""
    first = scores[0]
    row = session.execute(
        insert(JUDGE_READ)
        .values(
            challenge_id=stored.id,
            judging=stored.judging,
            application_id=admission.id,
            finding_number=admission.number,
            finding="pass",
            phase=phase,
            judge=first.judge_id,
            judge_id=None if seat is None else seat.judge_id,
            plan_id=None if seat is None else seat.plan_id,
            rubric=first.rubric_id,
            revision=1 if last is None else last.revision + 1,
            supersedes_id=None if last is None else last.id,
            read_at=read_at,
            event_id=event_id,
        )
        .returning(JUDGE_READ.c.id)
    ).one()
    marks = [
        {"read_id": row.id, "trait": one.trait, "steps": one.steps, "remark": one.comment} for one in scores
    ]
    session.execute(insert(SCORE), marks)


def keep_void(session: Session, read: StoredRead, reason: str, event_id: UUID) -> None:
    """Write that a read does not count; it stays on record."""
    session.execute(insert(READ_VOID).values(read_id=read.id, reason=reason, event_id=event_id))


def list_reads(session: Session, stored: StoredChallenge, phase: str) -> tuple[StoredRead, ...]:
    """Return every read of a phase, superseded and void ones too, by application, judge and revision."""
    return _reads(session, JUDGE_READ.c.challenge_id == stored.id, JUDGE_READ.c.phase == phase)


def find_last_read(session: Session, application_id: int, phase: str, judge: str) -> StoredRead | None:
    """Return the newest read of an application by a judge in a phase, void or not; ``None`` without one."""
    reads = _reads(
        session,
        JUDGE_READ.c.application_id == application_id,
        JUDGE_READ.c.phase == phase,
        JUDGE_READ.c.judge == judge,
    )
    return reads[-1] if reads else None


def require_read(session: Session, application_id: int, phase: str, judge: str, code: str) -> StoredRead:
    """Return the read of an application by a judge that counts.

    Raises
    ------
    Missing
        When the judge has not read it, or the read is void.
    """
    found = find_last_read(session, application_id, phase, judge)
    if found is None or not found.stands:
        raise Missing(
            f"There is no read of {code} by {judge} in {phase} that counts.",
            what="read",
            code=f"{code}#{judge}",
        )
    return found


def _reads(session: Session, *wanted: ColumnElement[bool]) -> tuple[StoredRead, ...]:
    later = JUDGE_READ.alias()
    rows = session.execute(
        select(
            JUDGE_READ,
            APPLICATION.c.code,
            READ_VOID.c.reason.label("void"),
            select(later.c.id).where(later.c.supersedes_id == JUDGE_READ.c.id).exists().label("superseded"),
            SCORE.c.trait,
            SCORE.c.steps,
            SCORE.c.remark,
        )
        .join(APPLICATION, APPLICATION.c.id == JUDGE_READ.c.application_id)
        .join(SCORE, SCORE.c.read_id == JUDGE_READ.c.id)
        .outerjoin(READ_VOID, READ_VOID.c.read_id == JUDGE_READ.c.id)
        .where(*wanted)
        .order_by(APPLICATION.c.code, JUDGE_READ.c.judge, JUDGE_READ.c.revision, SCORE.c.trait)
    ).all()
    scores: dict[int, list[Score]] = {}
    for row in rows:
        score = Score(
            application_id=row.code,
            judge_id=row.judge,
            trait=row.trait,
            rubric_id=row.rubric,
            steps=row.steps,
            comment=row.remark,
        )
        scores.setdefault(row.id, []).append(score)
    firsts = {row.id: row for row in rows}
    return tuple(
        StoredRead(
            id=row.id,
            application=row.code,
            judge=row.judge,
            phase=row.phase,
            rubric=row.rubric,
            revision=row.revision,
            read_at=as_utc(row.read_at),
            scores=tuple(scores[row.id]),
            void=row.void,
            superseded=bool(row.superseded),
        )
        for row in firsts.values()
    )


def list_scores(session: Session, stored: StoredChallenge, phase: str) -> tuple[Score, ...]:
    """Return every score of a phase that counts, by application, judge and trait."""
    return tuple(score for read in list_reads(session, stored, phase) if read.stands for score in read.scores)
