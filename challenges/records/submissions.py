"""Rows of applications: every submission as received, every finding, every withdrawal."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, Table, func, insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import Missing
from ..applications import Application
from ..eligibility import check_eligibility
from ..lifecycle import Submission
from .briefs import StoredChallenge
from .tables import APPLICATION, FINDING, SUBMISSION, WITHDRAWAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The row of an application with the number and status of its newest finding."""

    id: int
    number: int
    status: str


def keep_submission(
    session: Session,
    stored: StoredChallenge,
    submission: Submission,
    *,
    phase: str,
    received_at: datetime,
    event_id: UUID,
) -> None:
    """Write an application as received, with what was found of its eligibility."""
    application = submission.application
    row = session.execute(
        insert(APPLICATION)
        .values(
            challenge_id=stored.id, code=application.application_id, lead=application.lead, event_id=event_id
        )
        .returning(APPLICATION.c.id)
    ).one()
    body = application.canonical_bytes()
    session.execute(
        insert(SUBMISSION).values(
            application_id=row.id,
            challenge_id=stored.id,
            number=1,
            phase=phase,
            version=stored.challenge.brief.version,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            received_at=received_at,
            event_id=event_id,
        )
    )
    session.execute(
        insert(FINDING).values(
            application_id=row.id,
            number=1,
            status=submission.status,
            body=canonical_bytes({"status": submission.status}),
            event_id=event_id,
        )
    )


def list_submissions(session: Session, stored: StoredChallenge) -> tuple[Submission, ...]:
    """Return the newest submission of every application of a challenge, in the order they first came."""
    rule = stored.challenge.brief.eligibility
    newest = _newest(SUBMISSION)
    rows = session.scalars(
        select(SUBMISSION.c.body)
        .where(SUBMISSION.c.challenge_id == stored.id, SUBMISSION.c.number == newest)
        .order_by(SUBMISSION.c.application_id)
    )
    applications = [Application.read(row) for row in rows]
    return tuple(
        Submission(application=one, finding=None if rule is None else check_eligibility(rule, one.facts))
        for one in applications
    )


def _newest(table: Table) -> ScalarSelect[int]:
    inner = table.alias()
    return (
        select(func.max(inner.c.number))
        .where(inner.c.application_id == table.c.application_id)
        .correlate(table)
        .scalar_subquery()
    )


def find_admission(session: Session, challenge_id: int, code: str) -> Admission:
    """Return the row number of an application and its newest finding."""
    row = session.execute(
        select(APPLICATION.c.id, FINDING.c.number, FINDING.c.status)
        .join(FINDING, FINDING.c.application_id == APPLICATION.c.id)
        .where(APPLICATION.c.challenge_id == challenge_id, APPLICATION.c.code == code)
        .order_by(FINDING.c.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no application {code!r} in this challenge.", what="application", code=code)
    return Admission(id=row.id, number=row.number, status=row.status)


def find_application(session: Session, challenge_id: int, code: str) -> Application:
    """Return one application as it was submitted last."""
    admission = find_admission(session, challenge_id, code)
    body = session.scalar(
        select(SUBMISSION.c.body)
        .where(SUBMISSION.c.application_id == admission.id)
        .order_by(SUBMISSION.c.number.desc())
        .limit(1)
    )
    return Application.read(bytes(body or b""))


def is_withdrawn(session: Session, application_id: int) -> bool:
    """Tell whether an application was withdrawn."""
    query = select(WITHDRAWAL.c.application_id).where(WITHDRAWAL.c.application_id == application_id)
    return session.scalar(query) is not None
