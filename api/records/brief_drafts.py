"""Rows of briefs that are being written: one each, until it is published, proposed or thrown away."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import AlreadyExists, Missing
from ..errors import PreconditionStale
from .tables import BRIEF_DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefDraft:
    """A brief as far as it is written.

    Attributes
    ----------
    revision : int [revision]
        Counted from 1.
    editor : str
        Who saved it last.
    content : mapping
        Fields of a brief, some missing.
    """

    code: str
    revision: int
    editor: str
    content: Mapping[str, object]
    saved_at: datetime


def list_brief_drafts(session: Session, book_id: int) -> tuple[BriefDraft, ...]:
    """Return the briefs of a book that are being written, by code."""
    row = BRIEF_DRAFT.c
    query = select(BRIEF_DRAFT).where(row.book_id == book_id).order_by(row.code)
    return tuple(
        BriefDraft(
            code=one.code,
            revision=one.revision,
            editor=one.editor,
            content=json.loads(one.body),
            saved_at=one.saved_at,
        )
        for one in session.execute(query)
    )


def find_brief_draft(session: Session, book_id: int, code: str) -> BriefDraft:
    """Return a brief that is being written.

    Raises
    ------
    Missing
        When there is none of that name.
    """
    row = BRIEF_DRAFT.c
    one = session.execute(select(BRIEF_DRAFT).where(row.book_id == book_id, row.code == code)).one_or_none()
    if one is None:
        raise Missing(f"No brief {code!r} is being written here.", what="draft", code=code)
    return BriefDraft(
        code=one.code,
        revision=one.revision,
        editor=one.editor,
        content=json.loads(one.body),
        saved_at=one.saved_at,
    )


def begin_brief_draft(session: Session, book_id: int, draft: BriefDraft) -> None:
    """Write a brief that is begun.

    Raises
    ------
    AlreadyExists
        When one of that name is being written.
    """
    row = BRIEF_DRAFT.c
    taken = select(row.code).where(row.book_id == book_id, row.code == draft.code)
    if session.execute(taken).first():
        raise AlreadyExists(
            f"A brief {draft.code!r} is being written already. Open it, or take another name.",
            what="draft",
            code=draft.code,
        )
    session.execute(insert(BRIEF_DRAFT).values(book_id=book_id, **_columns(draft)))


def save_brief_draft(session: Session, book_id: int, draft: BriefDraft) -> None:
    """Write the next revision in place of the one before it.

    Raises
    ------
    PreconditionStale
        When somebody else wrote it meanwhile.
    """
    row = BRIEF_DRAFT.c
    same = (row.book_id == book_id, row.code == draft.code, row.revision == draft.revision - 1)
    written = session.execute(
        update(BRIEF_DRAFT).where(*same).values(**_columns(draft)).returning(row.revision)
    )
    if written.first() is None:
        raise PreconditionStale(f"Somebody else saved {draft.code} meanwhile. Look at it again.")


def drop_brief_draft(session: Session, book_id: int, code: str) -> None:
    """Remove what is being written under a name, if anything."""
    row = BRIEF_DRAFT.c
    session.execute(delete(BRIEF_DRAFT).where(row.book_id == book_id, row.code == code))


def _columns(draft: BriefDraft) -> dict[str, object]:
    return {
        "code": draft.code,
        "revision": draft.revision,
        "editor": draft.editor,
        "body": canonical_bytes(draft.content),
        "saved_at": draft.saved_at,
    }
