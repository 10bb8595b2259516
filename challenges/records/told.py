"""What an event on record says, found by the name under which it was recorded."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...finance.posting import named_id
from ...finance.records.tables import EVENT


def read_told(session: Session, book: str, kind: str, key: str) -> dict[str, Any] | None:
    """Return the content of an event; None where there is none of this name.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    kind, key : str
        As it was recorded.
    """
    body = session.scalar(select(EVENT.c.body).where(EVENT.c.id == named_id(book, kind, key)))
    return None if body is None else dict(json.loads(body))
