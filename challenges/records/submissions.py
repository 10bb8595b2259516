"""Rows of applications: every submission as received, every withdrawal; nothing is written over."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ..applications import Application
from ..brief import Brief
from ..eligibility import Status, read_finding
from ..lifecycle import Receipt, Submission
from .briefs import StoredChallenge
from .tables import (
    APPLICATION,
    AWARD,
    AWARD_END,
    BRIEF,
    CHALLENGE,
    CHALLENGE_MOVE,
    FINDING,
    SUBMISSION,
    SUBMISSION_PARTY,
    WITHDRAWAL,
)

KNOWN_BRIEFS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The row of an application with the number and status of its newest finding."""

    id: int
    number: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCode:
    """An application by its code, with the status of its newest finding."""

    code: str
    status: Status
    withdrawn: bool


def lock_entries(session: Session, stored: StoredChallenge) -> None:
    """Keep others from writing applications and findings of a challenge until the end of the transaction.

    Which submission is the last one is found before the next one is written; between the two no other may
    come. On SQLite the transaction holds the write lock anyway.
    """
    query = select(CHALLENGE.c.id).where(CHALLENGE.c.id == stored.id)
    session.execute(query.with_for_update(key_share=True))


def find_application_id(session: Session, stored: StoredChallenge, code: str) -> int | None:
    """Return the row number of an application, if it has ever come in."""
    query = select(APPLICATION.c.id).where(
        APPLICATION.c.challenge_id == stored.id, APPLICATION.c.code == code
    )
    return session.scalar(query)


def keep_application(
    session: Session, stored: StoredChallenge, application: Application, event_id: UUID
) -> int:
    """Write that an application came in for the first time, and return its row number."""
    row = session.execute(
        insert(APPLICATION)
        .values(
            challenge_id=stored.id, code=application.application_id, lead=application.lead, event_id=event_id
        )
        .returning(APPLICATION.c.id)
    ).one()
    return int(row.id)


def keep_submission(
    session: Session,
    stored: StoredChallenge,
    application_id: int,
    application: Application,
    receipt: Receipt,
    event_id: UUID,
) -> None:
    """Write one submission as received."""
    body = application.canonical_bytes()
    session.execute(
        insert(SUBMISSION).values(
            application_id=application_id,
            challenge_id=stored.id,
            number=receipt.number,
            phase=receipt.phase,
            version=receipt.version,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            received_at=receipt.received_at,
            event_id=event_id,
        )
    )
    parties = dict.fromkeys([application.lead, *(member.party for member in application.bundle)])
    session.execute(
        insert(SUBMISSION_PARTY),
        [
            {"application_id": application_id, "number": receipt.number, "seq": seq, "party": party}
            for seq, party in enumerate(parties, start=1)
        ],
    )


def list_submissions(
    session: Session, stored: StoredChallenge, *, withdrawn: bool = False
) -> tuple[Submission, ...]:
    """Return the submission that counts of every application of a challenge, in the order they first came.

    Those that were withdrawn are left out unless asked for.
    """
    query = _submissions(stored).where(_is_last(SUBMISSION), _is_last(FINDING))
    rows = session.execute(query.order_by(SUBMISSION.c.application_id))
    found = (_submission(row) for row in rows)
    return tuple(one for one in found if withdrawn or not one.withdrawn)


def list_codes(
    session: Session,
    stored: StoredChallenge,
    *,
    after: str = "",
    limit: int | None = None,
    lead: str | None = None,
    codes: Collection[str] | None = None,
) -> tuple[EntryCode, ...]:
    """Return applications of a challenge behind a code, by code, withdrawn ones too.

    Parameters
    ----------
    session, stored
        Of the challenge.
    after : str
        Code of the last one seen; empty for the first page.
    limit : int or None [rows]
        At most so many; all without it.
    lead : str or None
        Only those that this party leads.
    codes : collection of str or None
        Only these.
    """
    query = (
        select(
            APPLICATION.c.code, FINDING.c.status, WITHDRAWAL.c.application_id.is_not(None).label("withdrawn")
        )
        .join(FINDING, FINDING.c.application_id == APPLICATION.c.id)
        .join(WITHDRAWAL, WITHDRAWAL.c.application_id == APPLICATION.c.id, isouter=True)
        .where(APPLICATION.c.challenge_id == stored.id, APPLICATION.c.code > after, _is_last(FINDING))
    )
    if lead is not None:
        query = query.where(APPLICATION.c.lead == lead)
    if codes is not None:
        query = query.where(APPLICATION.c.code.in_(sorted(codes)))
    rows = session.execute(query.order_by(APPLICATION.c.code).limit(limit))
    return tuple(EntryCode(code=row.code, status=row.status, withdrawn=bool(row.withdrawn)) for row in rows)


def find_submission(
    session: Session, stored: StoredChallenge, code: str, phase: str | None = None
) -> Submission | None:
    """Return the last submission of an application, with its newest finding; withdrawn or not.

    With a phase the last one of that phase: what was answered in an earlier phase stays what it was.
    """
    query = _submissions(stored).where(APPLICATION.c.code == code, _is_last(FINDING))
    if phase is not None:
        query = query.where(SUBMISSION.c.phase == phase)
    row = session.execute(query.order_by(SUBMISSION.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _submission(row)


def require_submission(session: Session, stored: StoredChallenge, code: str) -> Submission:
    """Return the submission of an application that counts, or say that there is none."""
    found = find_submission(session, stored, code)
    if found is None:
        raise Missing(f"There is no application {code!r} in this challenge.", what="application", code=code)
    return found


def find_received(session: Session, stored: StoredChallenge, event_id: UUID) -> Submission | None:
    """Return what one act of submitting brought in, with what was found then."""
    query = _submissions(stored).where(
        SUBMISSION.c.event_id == event_id, FINDING.c.event_id == SUBMISSION.c.event_id
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _submission(row)


def _submissions(stored: StoredChallenge) -> Select[Any]:
    return (
        select(
            APPLICATION.c.code,
            SUBMISSION.c.number,
            SUBMISSION.c.phase,
            SUBMISSION.c.version,
            SUBMISSION.c.body,
            SUBMISSION.c.received_at,
            BRIEF.c.body.label("brief"),
            FINDING.c.body.label("finding"),
            WITHDRAWAL.c.application_id.label("withdrawn"),
        )
        .join(SUBMISSION, SUBMISSION.c.application_id == APPLICATION.c.id)
        .join(FINDING, FINDING.c.application_id == APPLICATION.c.id)
        .join(
            BRIEF,
            and_(BRIEF.c.challenge_id == SUBMISSION.c.challenge_id, BRIEF.c.version == SUBMISSION.c.version),
        )
        .join(WITHDRAWAL, WITHDRAWAL.c.application_id == APPLICATION.c.id, isouter=True)
        .where(APPLICATION.c.challenge_id == stored.id)
    )


def _is_last(table: Table) -> ColumnElement[bool]:
    inner = table.alias()
    newest = (
        select(func.max(inner.c.number))
        .where(inner.c.application_id == table.c.application_id)
        .correlate(table)
        .scalar_subquery()
    )
    return table.c.number == newest


def _submission(row: Row[Any]) -> Submission:
    brief = _read_brief(bytes(row.brief))
    application = Application.read(bytes(row.body))
    receipt = make_receipt(
        brief, application, number=row.number, phase=row.phase, received_at=row.received_at
    )
    return Submission(
        application=application,
        finding=read_finding(bytes(row.finding)),
        receipt=receipt,
        withdrawn=row.withdrawn is not None,
    )


@lru_cache(maxsize=KNOWN_BRIEFS)
def _read_brief(body: bytes) -> Brief:
    return Brief.read(body)


def make_receipt(
    brief: Brief, application: Application, *, number: int, phase: str, received_at: datetime
) -> Receipt:
    """Make the receipt of a submission: the same for the same bytes, count and instant."""
    digest = application.digest()
    return Receipt(
        code=f"{brief.challenge_id}#{application.application_id}#{number}#{digest[:12]}",
        number=number,
        phase=phase,
        version=brief.version,
        sha256=digest,
        received_at=received_at,
        late=received_at >= brief.closes(phase),
    )


def grace_end(brief: Brief, phase: str) -> datetime:
    """Return the first instant at which a phase takes no submission any more, its grace included."""
    return brief.closes(phase) + timedelta(seconds=brief.phase(phase).grace_seconds)


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


def find_leads(session: Session, challenge_id: int, codes: Collection[str]) -> dict[str, str]:
    """Return which party leads each application, by the application's code."""
    query = select(APPLICATION.c.code, APPLICATION.c.lead).where(
        APPLICATION.c.challenge_id == challenge_id, APPLICATION.c.code.in_(codes)
    )
    return {row.code: row.lead for row in session.execute(query)}


def is_withdrawn(session: Session, application_id: int) -> bool:
    """Tell whether an application was withdrawn."""
    query = select(WITHDRAWAL.c.application_id).where(WITHDRAWAL.c.application_id == application_id)
    return session.scalar(query) is not None


def keep_withdrawal(session: Session, application_id: int, reason: str, event_id: UUID) -> None:
    """Write that an application was taken back."""
    session.execute(
        insert(WITHDRAWAL).values(application_id=application_id, reason=reason, event_id=event_id)
    )


def has_award(session: Session, application_id: int) -> bool:
    """Tell whether an award to an application stands."""
    query = (
        select(AWARD.c.id)
        .join(AWARD_END, AWARD_END.c.award_id == AWARD.c.id, isouter=True)
        .where(AWARD.c.application_id == application_id, AWARD_END.c.award_id.is_(None))
        .limit(1)
    )
    return session.scalar(query) is not None


def count_awards_to(session: Session, book_id: int, lead: str) -> int:
    """Return how many awards of a book that stand went to applications of one lead."""
    query = (
        select(func.count())
        .select_from(AWARD)
        .join(APPLICATION, APPLICATION.c.id == AWARD.c.application_id)
        .join(CHALLENGE, CHALLENGE.c.id == AWARD.c.challenge_id)
        .join(AWARD_END, AWARD_END.c.award_id == AWARD.c.id, isouter=True)
        .where(CHALLENGE.c.book_id == book_id, APPLICATION.c.lead == lead, AWARD_END.c.award_id.is_(None))
    )
    return int(session.scalar(query) or 0)


def is_cancelled(session: Session, stored: StoredChallenge) -> bool:
    """Tell whether a challenge was called off."""
    query = select(CHALLENGE_MOVE.c.challenge_id).where(
        CHALLENGE_MOVE.c.challenge_id == stored.id, CHALLENGE_MOVE.c.state == "cancelled"
    )
    return session.scalar(query) is not None
