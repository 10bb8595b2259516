"""Set-based look-ups of the posting path: keys and accounts of a whole batch, one statement each.

Each statement goes by key whatever the statistics say: PostgreSQL probes one index per wanted row, SQLite
joins in the order written.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from ..accounts import Account
from ..errors import AlreadyExists, Missing
from .registry import StoredAccount

_KEYS = {
    "postgresql": (
        "SELECT b.id, t.idem_key, t.id, t.kind, t.request_sha256, t.refusal FROM book b "
        "LEFT JOIN txn t ON t.book_id = b.id AND t.client = %s AND t.idem_key = ANY (%s) WHERE b.code = %s"
    ),
    "sqlite": (
        "SELECT b.id, t.idem_key, t.id, t.kind, t.request_sha256, t.refusal FROM book b LEFT JOIN txn t "
        "ON t.book_id = b.id AND t.client = ? AND t.idem_key IN (SELECT value FROM json_each(?)) "
        "WHERE b.code = ?"
    ),
}
_FOUND = (
    "a.id, a.fund_id, a.earmark_id, f.code, a.role, a.normal, a.floor, "
    "b.normal * (b.settled_dr - b.settled_cr) - CASE b.normal WHEN 1 THEN b.pending_cr + b.encumbered_cr "
    "ELSE b.pending_dr + b.encumbered_dr END"
)
_ACCOUNTS = {
    "postgresql": (
        "SELECT u.n, x.* FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY "  # noqa: S608  # constants
        f"AS u (path, unit, earmark, n) CROSS JOIN LATERAL (SELECT {_FOUND} FROM account a "
        "JOIN fund f ON f.id = a.fund_id JOIN balance b ON b.account_id = a.id "
        "WHERE a.book_id = %s AND a.path = u.path AND a.unit = u.unit AND a.earmark_id = "
        "(SELECT e.id FROM earmark e WHERE e.book_id = %s AND e.code = u.earmark) LIMIT 1) x"
    ),
    "sqlite": (
        f"SELECT j.key + 1, {_FOUND} FROM json_each(?) j CROSS JOIN earmark e CROSS JOIN account a "  # noqa: S608  # constants
        "CROSS JOIN fund f CROSS JOIN balance b "
        "WHERE e.book_id = ? AND e.code = json_extract(j.value, '$[2]') "
        "AND a.book_id = ? AND a.path = json_extract(j.value, '$[0]') "
        "AND a.unit = json_extract(j.value, '$[1]') AND a.earmark_id = e.id "
        "AND f.id = a.fund_id AND b.account_id = a.id"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenKey:
    """What an idempotency key belongs to.

    Attributes
    ----------
    id : UUID
        The transaction.
    kind : str
        Its kind.
    request_sha256 : bytes
        Digest of the request that took the key.
    refusal : str or None
        The refusal that was the answer, as JSON.
    """

    id: UUID
    kind: str
    request_sha256: bytes
    refusal: str | None = None


def find_keys(
    connection: Connection, book: str, client: str, keys: Sequence[str]
) -> tuple[int, dict[str, TakenKey]]:
    """Return the row number of a book, and what each key that is taken belongs to.

    Raises
    ------
    Missing
        When there is no such book.
    """
    postgresql = connection.dialect.name == "postgresql"
    asked: object = list(keys) if postgresql else json.dumps(keys)
    rows = connection.exec_driver_sql(_KEYS[connection.dialect.name], (client, asked, book)).all()
    if not rows:
        raise Missing(f"There is no book {book!r} in this database.", what="book", code=book)
    taken = {
        key: TakenKey(
            id=identity if postgresql else UUID(bytes=identity),
            kind=kind,
            request_sha256=bytes(digest),
            refusal=refusal,
        )
        for _, key, identity, kind, digest, refusal in rows
        if key is not None
    }
    return int(rows[0][0]), taken


def find_accounts(
    connection: Connection, book_id: int, accounts: Iterable[Account]
) -> dict[Account, tuple[StoredAccount, int]]:
    """Return the accounts that are open, each with what it can still give in minor units.

    Raises
    ------
    AlreadyExists
        When a path belongs to an account of another fund, role, side or floor.
    """
    wanted = tuple(accounts)
    names = [(one.path, one.unit.code, one.earmark) for one in wanted]
    if connection.dialect.name == "postgresql":
        values = (*map(list, zip(*names, strict=True)), book_id, book_id) if names else ([], [], [], 0, 0)
    else:
        values = (json.dumps(names), book_id, book_id)
    found: dict[Account, tuple[StoredAccount, int]] = {}
    for n, row_id, fund_id, earmark_id, fund, role, normal, floor, free in connection.exec_driver_sql(
        _ACCOUNTS[connection.dialect.name], values
    ):
        account = wanted[n - 1]
        if (fund, role, normal, floor) != (account.fund, account.role, account.normal, account.floor):
            raise AlreadyExists(
                f"The account {account.path!r} exists with another fund, role, side or floor: choose "
                "another.",
                what="account",
                code=account.path,
            )
        stored = StoredAccount(id=row_id, fund_id=fund_id, earmark_id=earmark_id, account=account)
        found[account] = (stored, int(free))
    return found
