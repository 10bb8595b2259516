"""Rows of calibrations and of who went on: frozen at the close, numbered, never rewritten."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.log import Checkpoint
from ...finance.records.registry import find_book_id
from ...finance.records.tables import CHECKPOINT
from .briefs import StoredChallenge
from .tables import ADVANCEMENT, CALIBRATION


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedBody:
    """Exact bytes as they were kept, with their number in the phase and their SHA-256."""

    number: int
    body: bytes
    sha256: str


def count_calibrations(session: Session, stored: StoredChallenge, phase: str) -> int:
    """Return how many calibrations of a phase there are [calibrations]; the first one froze its scores."""
    query = select(func.count()).select_from(CALIBRATION)
    return (
        session.scalar(query.where(CALIBRATION.c.challenge_id == stored.id, CALIBRATION.c.phase == phase))
        or 0
    )


def keep_calibration(
    session: Session, stored: StoredChallenge, phase: str, *, number: int, body: bytes, event_id: UUID
) -> NumberedBody:
    """Write a calibration under the next number."""
    digest = hashlib.sha256(body)
    session.execute(
        insert(CALIBRATION).values(
            challenge_id=stored.id,
            phase=phase,
            number=number,
            body=body,
            body_sha256=digest.digest(),
            event_id=event_id,
        )
    )
    return NumberedBody(number=number, body=body, sha256=digest.hexdigest())


def list_calibrations(session: Session, stored: StoredChallenge, phase: str) -> tuple[NumberedBody, ...]:
    """Return every calibration of a phase, oldest first."""
    rows = session.execute(
        select(CALIBRATION.c.number, CALIBRATION.c.body, CALIBRATION.c.body_sha256)
        .where(CALIBRATION.c.challenge_id == stored.id, CALIBRATION.c.phase == phase)
        .order_by(CALIBRATION.c.number)
    )
    return tuple(
        NumberedBody(number=row.number, body=bytes(row.body), sha256=bytes(row.body_sha256).hex())
        for row in rows
    )


def find_calibration(
    session: Session, stored: StoredChallenge, phase: str, number: int | None = None
) -> NumberedBody:
    """Return a calibration of a phase by its number, else the newest.

    Raises
    ------
    Missing
        When there is none: the scores are not frozen.
    """
    known = list_calibrations(session, stored, phase)
    wanted = [one for one in known if number in {None, one.number}]
    if not wanted:
        raise Missing(
            f"There is no calibration {'' if number is None else f'{number} '}of {phase} in "
            f"{stored.challenge.code}: freeze its scores first, after the close.",
            what="calibration",
            code=phase,
        )
    return wanted[-1]


def keep_advancement(
    session: Session,
    stored: StoredChallenge,
    phase: str,
    *,
    number: int,
    kind: str,
    body: bytes,
    event_id: UUID,
) -> None:
    """Write the band around the line, or who goes on."""
    session.execute(
        insert(ADVANCEMENT).values(
            challenge_id=stored.id,
            phase=phase,
            number=number,
            kind=kind,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            event_id=event_id,
        )
    )


def list_advancements(
    session: Session, stored: StoredChallenge, phase: str, kind: str
) -> tuple[NumberedBody, ...]:
    """Return the bands or the decisions of a phase, oldest first."""
    rows = session.execute(
        select(ADVANCEMENT.c.number, ADVANCEMENT.c.body, ADVANCEMENT.c.body_sha256)
        .where(ADVANCEMENT.c.challenge_id == stored.id, ADVANCEMENT.c.phase == phase)
        .where(ADVANCEMENT.c.kind == kind)
        .order_by(ADVANCEMENT.c.number)
    )
    return tuple(
        NumberedBody(number=row.number, body=bytes(row.body), sha256=bytes(row.body_sha256).hex())
        for row in rows
    )


def count_advancements(session: Session, stored: StoredChallenge, phase: str) -> int:
    """Return how many bands and decisions of a phase are kept [rows]."""
    query = select(func.count()).select_from(ADVANCEMENT)
    return (
        session.scalar(query.where(ADVANCEMENT.c.challenge_id == stored.id, ADVANCEMENT.c.phase == phase))
        or 0
    )


def find_root_after(session: Session, stored: StoredChallenge, instant: datetime) -> str | None:
    """Return the root of the first checkpoint of the log after an instant, in hexadecimal digits, if any."""
    book_id = find_book_id(session, stored.challenge.book)
    note = session.scalar(
        select(CHECKPOINT.c.note)
        .where(CHECKPOINT.c.book_id == book_id, CHECKPOINT.c.recorded_at > instant)
        .order_by(CHECKPOINT.c.size)
        .limit(1)
    )
    return None if note is None else Checkpoint.read(note).root.hex()
