"""What a transaction has read and nobody can change: rows of fact tables, remembered until it ends.

The problem: a book, a unit, a fund and a party are looked up by code in every step of an act, a dozen times
in one request, and each look-up is a round trip. Their tables only grow, so a row once read stays true for as
long as the transaction that read it; one that reads inside a savepoint forgets with it.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakKeyDictionary

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
    levels: WeakKeyDictionary[SessionTransaction, dict[Hashable, object]]
    levels = session.info.setdefault(_PLACE, WeakKeyDictionary())
    above = _level(session)
    while above is not None:
        known = levels.get(above)
        if known is not None and what in known:
            return known[what]  # type: ignore[return-value]  # stored below under the same name
        above = above.parent
    found = read()
    level = _level(session)
    if found is not None and level is not None:
        levels.setdefault(level, {})[what] = found
    return found


def _level(session: Session) -> SessionTransaction | None:
    return session.get_nested_transaction() or session.get_transaction()
