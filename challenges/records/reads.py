"""Rows of reads: who marked what, which read stands in place of which, and which is void."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..scores import Score
from .briefs import StoredChallenge
from .submissions import Admission
from .tables import APPLICATION, JUDGE_READ, READ_VOID, SCORE


def keep_read(
    session: Session,
    stored: StoredChallenge,
    admission: Admission,
    scores: tuple[Score, ...],
    *,
    phase: str,
    read_at: datetime,
    event_id: UUID,
) -> None:
    """Write one judge's first complete read of one application; the database takes no second one."""
    first = scores[0]
    row = session.execute(
        insert(JUDGE_READ)
        .values(
            challenge_id=stored.id,
            judging="open",
            application_id=admission.id,
            finding_number=admission.number,
            finding="pass",
            phase=phase,
            judge=first.judge_id,
            judge_id=None,
            plan_id=None,
            rubric=first.rubric_id,
            revision=1,
            supersedes_id=None,
            read_at=read_at,
            event_id=event_id,
        )
        .returning(JUDGE_READ.c.id)
    ).one()
    marks = [{"read_id": row.id, "trait": one.trait, "steps": one.steps, "remark": ""} for one in scores]
    session.execute(insert(SCORE), marks)


def list_scores(session: Session, stored: StoredChallenge, phase: str) -> tuple[Score, ...]:
    """Return every score of a phase that stands, by application, judge and trait."""
    later = JUDGE_READ.alias()
    rows = session.execute(
        select(JUDGE_READ.c.judge, JUDGE_READ.c.rubric, SCORE.c.trait, SCORE.c.steps, APPLICATION.c.code)
        .join(APPLICATION, APPLICATION.c.id == JUDGE_READ.c.application_id)
        .join(SCORE, SCORE.c.read_id == JUDGE_READ.c.id)
        .where(JUDGE_READ.c.challenge_id == stored.id, JUDGE_READ.c.phase == phase)
        .where(~select(later.c.id).where(later.c.supersedes_id == JUDGE_READ.c.id).exists())
        .where(~select(READ_VOID.c.read_id).where(READ_VOID.c.read_id == JUDGE_READ.c.id).exists())
        .order_by(APPLICATION.c.id, JUDGE_READ.c.judge, SCORE.c.trait)
    )
    return tuple(
        Score(
            application_id=row.code,
            judge_id=row.judge,
            trait=row.trait,
            rubric_id=row.rubric,
            steps=row.steps,
        )
        for row in rows
    )
