"""What a transaction has read and nobody can change: rows of fact tables, remembered until it ends.

The problem: a book, a unit, a fund and a party are looked up by code in every step of an act, a dozen times
in one request, and each look-up is a round trip. Their tables only grow, so a row once read stays true for as
long as the transaction that read it; one that reads inside a savepoint forgets with it.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy.orm import Session, SessionTransaction

Found = TypeVar("Found")
_PLACE = "almoner_known"


def recall(session: Session, what: Hashable, read: Callable[[], Found | None]) -> Found | None:
    """Return what was read before in this transaction, or read it now; what is not there is asked again.

    Parameters
    ----------
    session : Session
        The caller's.
    what : Hashable
        Names the row: its table and its key.
    read : callable
        Reads it; None when it is not there.
    """
    found = remembered(session, what)
    if found is None:
        found = read()
        if found is not None:
            remember(session, what, found)
    return found  # type: ignore[return-value]  # stored below under the same name


def remembered(session: Session, what: Hashable) -> object | None:
    """Return what was read before in this transaction, None when it was not."""
    level = _level(session)
    while level is not None:
        known = vars(level).get(_PLACE)
        if known is not None and what in known:
            found: object = known[what]
            return found
        level = level.parent
    return None


def remember(session: Session, what: Hashable, found: object) -> None:
    """Keep what was read beside something else, as if it had been asked for by ``recall``."""
    level = _level(session)
    if level is not None:
        vars(level).setdefault(_PLACE, {})[what] = found


def _level(session: Session) -> SessionTransaction | None:
    """Return the transaction or savepoint that holds what is remembered, and ends with it."""
    return session.get_nested_transaction() or session.get_transaction()
