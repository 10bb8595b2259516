"""Rows of what is being written: revisions of drafts, and the accords of the actors named in them."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ..drafts import Draft
from .briefs import StoredChallenge
from .tables import ACCORD, DRAFT


def _of(stored: StoredChallenge, code: str) -> ColumnElement[bool]:
    return (DRAFT.c.challenge_id == stored.id) & (DRAFT.c.code == code)


def find_draft(
    session: Session, stored: StoredChallenge, code: str, revision: int | None = None
) -> Draft | None:
    """Return a revision of a draft; without a number the newest."""
    query = select(DRAFT).where(_of(stored, code)).order_by(DRAFT.c.revision.desc()).limit(1)
    row = session.execute(
        query if revision is None else query.where(DRAFT.c.revision == revision)
    ).one_or_none()
    return None if row is None else _draft(row)


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        code=row.code,
        revision=row.revision,
        editor=row.editor,
        content=json.loads(row.body),
        saved_at=row.saved_at,
    )


def keep_draft(session: Session, stored: StoredChallenge, draft: Draft) -> None:
    """Write a revision."""
    session.execute(
        insert(DRAFT).values(
            challenge_id=stored.id,
            code=draft.code,
            revision=draft.revision,
            editor=draft.editor,
            body=canonical_bytes(draft.content),
            saved_at=draft.saved_at,
        )
    )


def list_revisions(
    session: Session, stored: StoredChallenge, code: str
) -> tuple[tuple[int, str, datetime], ...]:
    """Return revision, editor and instant of everything kept of a draft, oldest first."""
    query = select(DRAFT.c.revision, DRAFT.c.editor, DRAFT.c.saved_at).where(_of(stored, code))
    rows = session.execute(query.order_by(DRAFT.c.revision))
    return tuple((row.revision, row.editor, row.saved_at) for row in rows)


def list_drafts(session: Session, stored: StoredChallenge) -> tuple[Draft, ...]:
    """Return the newest revision of everything that is being written for a challenge, by code."""
    later = DRAFT.alias("later")
    same = (later.c.challenge_id == DRAFT.c.challenge_id) & (later.c.code == DRAFT.c.code)
    newest = select(func.max(later.c.revision)).where(same).correlate(DRAFT).scalar_subquery()
    query = select(DRAFT).where(DRAFT.c.challenge_id == stored.id, DRAFT.c.revision == newest)
    return tuple(_draft(row) for row in session.execute(query.order_by(DRAFT.c.code)))


def drop_revisions(session: Session, stored: StoredChallenge, code: str, revisions: tuple[int, ...]) -> None:
    """Remove revisions that others stand for."""
    if revisions:
        session.execute(delete(DRAFT).where(_of(stored, code), DRAFT.c.revision.in_(revisions)))


def keep_accord(
    session: Session,
    stored: StoredChallenge,
    code: str,
    *,
    party: str,
    sha256: str,
    signer: str,
    event_id: UUID,
) -> None:
    """Write that an actor accepted."""
    session.execute(
        insert(ACCORD).values(
            challenge_id=stored.id,
            code=code,
            party=party,
            bundle_sha256=bytes.fromhex(sha256),
            signer=signer,
            event_id=event_id,
        )
    )


def list_accords(session: Session, stored: StoredChallenge, code: str) -> tuple[tuple[str, str, str], ...]:
    """Return party, digest and signer of every accord with an application, by party and digest."""
    query = select(ACCORD.c.party, ACCORD.c.bundle_sha256, ACCORD.c.signer)
    rows = session.execute(
        query.where(ACCORD.c.challenge_id == stored.id, ACCORD.c.code == code).order_by(
            ACCORD.c.party, ACCORD.c.bundle_sha256
        )
    )
    return tuple((row.party, bytes(row.bundle_sha256).hex(), row.signer) for row in rows)
