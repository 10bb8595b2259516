"""Rows of public commitments: one document each, never changed."""

import hashlib
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ...finance.records.registry import find_party_id
from ..register import PublicCommitment
from .tables import PUBLIC_COMMITMENT


def keep_commitment(session: Session, book_id: int, made: PublicCommitment, event_id: UUID) -> None:
    """Write a commitment; the database takes one of each code, by a party of the book."""
    body = made.canonical_bytes()
    session.execute(
        insert(PUBLIC_COMMITMENT).values(
            book_id=book_id,
            code=made.code,
            party_id=find_party_id(session, book_id, made.party),
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            event_id=event_id,
        )
    )


def list_commitments(session: Session, book_id: int) -> tuple[PublicCommitment, ...]:
    """Return the commitments of a book in the order they were recorded."""
    rows = session.scalars(
        select(PUBLIC_COMMITMENT.c.body)
        .where(PUBLIC_COMMITMENT.c.book_id == book_id)
        .order_by(PUBLIC_COMMITMENT.c.id)
    )
    return tuple(PublicCommitment.read(bytes(row)) for row in rows)
