"""Rows of amendments: versions of a brief, what has happened by then, notices and consents."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session

from ..amendments import Amended, AmendmentFacts, BriefVersion
from ..brief import Brief
from .tables import APPLICATION, BRIEF, DRAFT, JUDGE_READ, NOTICE, SUBMISSION, WITHDRAWAL


def keep_version(
    session: Session, challenge_id: int, amended: Amended, *, maker: str, checker: str | None, event_id: UUID
) -> None:
    """Write the next version of a brief."""
    body = amended.brief.canonical_bytes()
    session.execute(
        insert(BRIEF).values(
            challenge_id=challenge_id,
            version=amended.brief.version,
            kind=amended.kind,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            reason=amended.reason,
            maker=maker,
            checker=checker,
            effective_at=amended.effective_at,
            event_id=event_id,
        )
    )


def list_versions(session: Session, challenge_id: int) -> tuple[BriefVersion, ...]:
    """Return every version of a brief, oldest first."""
    query = select(BRIEF.c.body, BRIEF.c.effective_at).where(BRIEF.c.challenge_id == challenge_id)
    return tuple(
        BriefVersion(brief=Brief.read(bytes(row.body)), effective_at=row.effective_at)
        for row in session.execute(query.order_by(BRIEF.c.version))
    )


def find_facts(session: Session, challenge_id: int, consent: str) -> AmendmentFacts:
    """Return what has happened in a challenge, and who has consented under a subject."""
    ours = APPLICATION.c.challenge_id == challenge_id
    stays = ~exists().where(WITHDRAWAL.c.application_id == APPLICATION.c.id)
    holders = set(session.scalars(select(APPLICATION.c.lead).where(ours, stays)))
    holders |= set(session.scalars(select(DRAFT.c.editor).where(DRAFT.c.challenge_id == challenge_id)))
    return AmendmentFacts(
        first_submission=session.scalar(
            select(func.min(SUBMISSION.c.received_at)).where(SUBMISSION.c.challenge_id == challenge_id)
        ),
        first_score=session.scalar(
            select(func.min(JUDGE_READ.c.read_at)).where(JUDGE_READ.c.challenge_id == challenge_id)
        ),
        submitters=frozenset(session.scalars(select(APPLICATION.c.code).where(ours, stays))),
        consents=frozenset(list_notices(session, challenge_id, consent)),
        holders=frozenset(holders),
    )


def keep_notice(
    session: Session, challenge_id: int, *, subject: str, recipient: str, at: datetime, event_id: UUID
) -> None:
    """Write that somebody was told of something, or has answered it."""
    session.execute(
        insert(NOTICE).values(
            challenge_id=challenge_id,
            subject=subject,
            recipient=recipient,
            delivered_at=at,
            event_id=event_id,
        )
    )


def list_notices(session: Session, challenge_id: int, subject: str) -> Collection[str]:
    """Return who was told of something, by name."""
    query = select(NOTICE.c.recipient).where(
        NOTICE.c.challenge_id == challenge_id, NOTICE.c.subject == subject
    )
    return tuple(session.scalars(query.order_by(NOTICE.c.recipient)))
