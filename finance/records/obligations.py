"""What funds still promise, summed by commitment or agreement."""

from collections.abc import Collection

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from .tables import ACCOUNT, BALANCE


def sum_outstanding(session: Session, book_id: int, paths: Collection[str]) -> dict[str, int]:
    """Return what is left of promises with all that was set apart from them, in minor units.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    paths : collection of str
        Accounts, in full; what waits or is frozen under one of them (``water/agreement/pact:city:frozen:d1``)
        counts for it.

    Returns
    -------
    dict of str to int
        Paths that have something left -> how much.
    """
    left = case((BALANCE.c.normal == 1, BALANCE.c.encumbered_dr), else_=BALANCE.c.encumbered_cr)
    within = (func.substr(ACCOUNT.c.path, 1, len(path) + 1) == f"{path}:" for path in paths)
    rows = session.execute(
        select(ACCOUNT.c.path, left.label("left"))
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.role == "obligation", left != 0)
        .where(or_(ACCOUNT.c.path.in_(list(paths)), *within))
    )
    found: dict[str, int] = {}
    for row in rows:
        root = next(path for path in paths if row.path == path or row.path.startswith(f"{path}:"))
        found[root] = found.get(root, 0) + int(row.left)
    return found
