"""Rows of plans: who was to read what, which plan was published, and which entries judges have opened."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from .briefs import StoredChallenge
from .tables import (
    APPLICATION,
    ASSIGNED,
    ENTRY_OPENING,
    JUDGE,
    JUDGE_READ,
    NOTICE,
    PLAN,
    PLAN_PUBLICATION,
    RECUSAL,
)

Pair = tuple[str, str]  # application, judge
REMINDER = "must_finish/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The rows that let a judge read an application: who, and by which published plan."""

    judge_id: int
    plan_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan with its row number, its pairs (application, judge) and whether it was published."""

    id: int
    number: int
    body: bytes
    pairs: tuple[Pair, ...]
    published: bool


def keep_plan(
    session: Session,
    stored: StoredChallenge,
    phase: str,
    *,
    number: int,
    body: bytes,
    pairs: Collection[Pair],
    event_id: UUID,
) -> None:
    """Write a draft of who reads what."""
    row = session.execute(
        insert(PLAN)
        .values(
            challenge_id=stored.id,
            phase=phase,
            number=number,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            event_id=event_id,
        )
        .returning(PLAN.c.id)
    ).one()
    if not pairs:
        return
    applications = _ids(session, stored, {name for name, _ in pairs})
    query = select(JUDGE.c.party, JUDGE.c.id).where(JUDGE.c.challenge_id == stored.id)
    judges = {one.party: one.id for one in session.execute(query)}
    session.execute(
        insert(ASSIGNED),
        [
            {"plan_id": row.id, "application_id": applications[name], "judge_id": judges[judge]}
            for name, judge in sorted(pairs)
        ],
    )


def _ids(session: Session, stored: StoredChallenge, codes: Collection[str]) -> dict[str, int]:
    query = select(APPLICATION.c.code, APPLICATION.c.id).where(APPLICATION.c.challenge_id == stored.id)
    return {row.code: row.id for row in session.execute(query) if row.code in codes}


def find_plan(
    session: Session,
    stored: StoredChallenge,
    phase: str,
    *,
    number: int | None = None,
    published: bool | None = None,
) -> StoredPlan | None:
    """Return a plan of a phase by its number, else the newest; ``None`` without one.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Whose plan.
    phase : str
        Of which phase.
    number : int or None [plans]
        Which one, counted from 1.
    published : bool or None
        Only published ones, only drafts, or either.
    """
    query = (
        select(PLAN.c.id, PLAN.c.number, PLAN.c.body, PLAN_PUBLICATION.c.plan_id.label("published"))
        .outerjoin(PLAN_PUBLICATION, PLAN_PUBLICATION.c.plan_id == PLAN.c.id)
        .where(PLAN.c.challenge_id == stored.id, PLAN.c.phase == phase)
        .order_by(PLAN.c.number.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(PLAN.c.number == number)
    if published is not None:
        column = PLAN_PUBLICATION.c.plan_id
        query = query.where(column.is_not(None) if published else column.is_(None))
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    pairs = session.execute(
        select(APPLICATION.c.code, JUDGE.c.party)
        .select_from(ASSIGNED)
        .join(APPLICATION, APPLICATION.c.id == ASSIGNED.c.application_id)
        .join(JUDGE, JUDGE.c.id == ASSIGNED.c.judge_id)
        .where(ASSIGNED.c.plan_id == row.id)
        .order_by(APPLICATION.c.code, JUDGE.c.party)
    )
    return StoredPlan(
        id=row.id,
        number=row.number,
        body=bytes(row.body),
        pairs=tuple((one.code, one.party) for one in pairs),
        published=row.published is not None,
    )


def keep_publication(
    session: Session, plan: StoredPlan, *, maker: str, checker: str | None, reason: str, event_id: UUID
) -> None:
    """Write that a plan counts from now on."""
    session.execute(
        insert(PLAN_PUBLICATION).values(
            plan_id=plan.id, maker=maker, checker=checker, reason=reason, event_id=event_id
        )
    )


def find_seat(
    session: Session, stored: StoredChallenge, phase: str, application_id: int, judge: str
) -> Seat | None:
    """Return by which rows a judge may read an application: those of the phase's newest published plan."""
    newest = (
        select(func.max(PLAN.c.number))
        .join(PLAN_PUBLICATION, PLAN_PUBLICATION.c.plan_id == PLAN.c.id)
        .where(PLAN.c.challenge_id == stored.id, PLAN.c.phase == phase)
        .scalar_subquery()
    )
    row = session.execute(
        select(ASSIGNED.c.judge_id, ASSIGNED.c.plan_id)
        .join(PLAN, PLAN.c.id == ASSIGNED.c.plan_id)
        .join(JUDGE, JUDGE.c.id == ASSIGNED.c.judge_id)
        .where(PLAN.c.challenge_id == stored.id, PLAN.c.phase == phase, PLAN.c.number == newest)
        .where(ASSIGNED.c.application_id == application_id, JUDGE.c.party == judge)
    ).one_or_none()
    return None if row is None else Seat(judge_id=row.judge_id, plan_id=row.plan_id)


def keep_opening(
    session: Session, seat: Seat, application_id: int, *, opened_at: datetime, event_id: UUID
) -> None:
    """Write that a judge has opened an entry."""
    session.execute(
        insert(ENTRY_OPENING).values(
            plan_id=seat.plan_id,
            application_id=application_id,
            judge_id=seat.judge_id,
            opened_at=opened_at,
            event_id=event_id,
        )
    )


def list_opened(session: Session, stored: StoredChallenge, phase: str) -> tuple[Pair, ...]:
    """Return the pairs (application, judge) of which the entry was opened or read in a phase."""
    opened = (
        select(APPLICATION.c.code, JUDGE.c.party)
        .select_from(ENTRY_OPENING)
        .join(PLAN, PLAN.c.id == ENTRY_OPENING.c.plan_id)
        .join(APPLICATION, APPLICATION.c.id == ENTRY_OPENING.c.application_id)
        .join(JUDGE, JUDGE.c.id == ENTRY_OPENING.c.judge_id)
        .where(PLAN.c.challenge_id == stored.id, PLAN.c.phase == phase)
    )
    read = (
        select(APPLICATION.c.code, JUDGE_READ.c.judge)
        .select_from(JUDGE_READ)
        .join(APPLICATION, APPLICATION.c.id == JUDGE_READ.c.application_id)
        .where(JUDGE_READ.c.challenge_id == stored.id, JUDGE_READ.c.phase == phase)
    )
    pairs = {(row[0], row[1]) for query in (opened, read) for row in session.execute(query)}
    return tuple(sorted(pairs))


def require_plan(session: Session, stored: StoredChallenge, phase: str, number: int | None) -> StoredPlan:
    """Return a plan, see ``find_plan``.

    Raises
    ------
    Missing
        When there is none.
    """
    found = find_plan(session, stored, phase, number=number)
    if found is None:
        raise Missing(
            f"{stored.challenge.code} has no plan {number or ''} of {phase}.", what="plan", code=phase
        )
    return found


def list_recused(session: Session, stored: StoredChallenge) -> tuple[Pair, ...]:
    """Return the pairs (application, judge) of which the judge has stepped back."""
    rows = session.execute(
        select(APPLICATION.c.code, JUDGE.c.party)
        .select_from(RECUSAL)
        .join(APPLICATION, APPLICATION.c.id == RECUSAL.c.application_id)
        .join(JUDGE, JUDGE.c.id == RECUSAL.c.judge_id)
        .where(JUDGE.c.challenge_id == stored.id)
        .order_by(APPLICATION.c.code, JUDGE.c.party)
    )
    return tuple((row.code, row.party) for row in rows)


def keep_reminder(
    session: Session,
    stored: StoredChallenge,
    phase: str,
    judge: str,
    *,
    delivered_at: datetime,
    event_id: UUID,
) -> None:
    """Write that a reader was reminded to finish."""
    session.execute(
        insert(NOTICE).values(
            challenge_id=stored.id,
            subject=f"{REMINDER}{phase}",
            recipient=judge,
            delivered_at=delivered_at,
            event_id=event_id,
        )
    )


def list_reminded(session: Session, stored: StoredChallenge, phase: str) -> tuple[str, ...]:
    """Return the readers who were reminded in a phase."""
    query = select(NOTICE.c.recipient).where(
        NOTICE.c.challenge_id == stored.id, NOTICE.c.subject == f"{REMINDER}{phase}"
    )
    return tuple(session.scalars(query.order_by(NOTICE.c.recipient)))
