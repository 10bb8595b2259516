"""What a server asks of its database before the first request, and while it serves."""

from dataclasses import dataclass
from datetime import datetime
from threading import local

from sqlalchemy import event, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from ...finance.records.tables import BOOK, EVENT, UNSEALED
from ...finance.storage import Engine
from ..errors import SettingsInvalid

_ROLE = text("SELECT set_config('role', 'almoner_app', true)")


def require_role(session: Session) -> None:
    """Refuse a database on which this user may not work as ``almoner_app``; SQLite has no roles.

    Raises
    ------
    SettingsInvalid
        With what to run.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    point = session.begin_nested()
    try:
        session.execute(_ROLE)
    except ProgrammingError:
        point.rollback()
        raise SettingsInvalid(
            "The database does not let this user work as the role almoner_app. As an "
            "administrator of the server run: CREATE ROLE almoner_app NOLOGIN NOBYPASSRLS, almoner migrate, "
            "and GRANT almoner_app to the user; or set ALMONER_ROW_SECURITY=false."
        ) from None
    point.rollback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits in a book to be sealed.

    Attributes
    ----------
    events : int [events]
        Not in the sealed log yet.
    since : datetime or None
        When the earliest of them was recorded.
    """

    book: str
    events: int
    since: datetime | None


def list_waiting(session: Session) -> tuple[Waiting, ...]:
    """Return what waits to be sealed, of every book."""
    query = (
        select(
            BOOK.c.code, func.count(EVENT.c.id).label("events"), func.min(EVENT.c.recorded_at).label("since")
        )
        .outerjoin(UNSEALED, UNSEALED.c.book_id == BOOK.c.id)
        .outerjoin(EVENT, EVENT.c.id == UNSEALED.c.event_id)
        .group_by(BOOK.c.code)
        .order_by(BOOK.c.code)
    )
    return tuple(
        Waiting(book=row.code, events=int(row.events), since=row.since) for row in session.execute(query)
    )


class Statements:
    """Counts the statements of each thread, from one look to the next."""

    def __init__(self, engine: Engine) -> None:
        self._counted = local()
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_told: object) -> None:
        self._counted.number = getattr(self._counted, "number", 0) + 1

    def take(self) -> int:
        """Return how many statements this thread sent since it last asked."""
        number = int(getattr(self._counted, "number", 0))
        self._counted.number = 0
        return number


def pool_in_use(engine: Engine) -> int:
    """Return how many connections are lent now; 0 where there is but one for all."""
    lent = getattr(engine.pool, "checkedout", None)
    return int(lent()) if lent is not None else 0
