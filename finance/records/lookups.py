"""The look-up of the posting path: book, keys and accounts of a whole batch, in one statement.

The statement goes by key whatever the statistics say: PostgreSQL probes one index per wanted row, SQLite
joins in the order written.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Connection

from ..accounts import Account
from ..errors import AlreadyExists, Missing

_FREE = (
    "b.normal * (b.settled_dr - b.settled_cr) - CASE b.normal WHEN 1 THEN b.pending_cr + b.encumbered_cr "
    "ELSE b.pending_dr + b.encumbered_dr END"
)
# Columns: book; position of the account, 0 for a key, -1 for the book alone; of a key: key, kind, refusal,
# digest, identity; of an account: fund, role, its row, its side, its floor and what it can give.
_POSTGRESQL = (
    "SELECT json_build_array(k.id, -1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) "  # noqa: S608  # constants
    "FROM book k WHERE k.code = %s UNION ALL "
    "SELECT json_build_array(k.id, 0, t.idem_key, t.kind, t.refusal, encode(t.request_sha256, 'hex'), t.id, "
    "NULL, NULL, NULL, NULL) FROM book k CROSS JOIN {keys} AS y (key) CROSS JOIN LATERAL "
    "(SELECT * FROM txn o WHERE o.book_id = k.id AND o.client = %s AND o.idem_key = y.key LIMIT 1) t "
    "WHERE k.code = %s UNION ALL "
    "SELECT json_build_array(k.id, u.n, f.code, x.role, NULL, NULL, NULL, x.id, x.normal, x.floor, x.free) "
    "FROM book k CROSS JOIN {accounts} AS u (path, unit, earmark, n) "
    f"CROSS JOIN LATERAL (SELECT a.id, a.fund_id, a.role, a.normal, a.floor, {_FREE} AS free "
    "FROM account a JOIN balance b ON b.account_id = a.id WHERE a.book_id = k.id AND a.path = u.path "
    "AND a.unit = u.unit AND a.earmark_id = "
    "(SELECT e.id FROM earmark e WHERE e.book_id = k.id AND e.code = u.earmark) LIMIT 1) x "
    "JOIN fund f ON f.id = x.fund_id WHERE k.code = %s"
)
_MANY = _POSTGRESQL.format(
    keys="unnest(%s::text[])",
    accounts="unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY",
)
FEW = 8  # keys, and accounts, up to which each is a parameter: the server then plans the statement once
_SQLITE = (
    "SELECT k.id, -1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM book k WHERE k.code = ?1 "  # noqa: S608  # constants
    "UNION ALL SELECT k.id, 0, t.idem_key, t.kind, t.refusal, t.request_sha256, t.id, NULL, NULL, NULL, NULL "
    "FROM book k CROSS JOIN json_each(?2) y CROSS JOIN txn t WHERE k.code = ?1 AND t.book_id = k.id "
    "AND t.client = ?3 AND t.idem_key = y.value "
    "UNION ALL SELECT k.id, j.key + 1, f.code, a.role, NULL, NULL, NULL, a.id, a.normal, a.floor, "
    f"{_FREE} FROM book k CROSS JOIN json_each(?4) j CROSS JOIN earmark e CROSS JOIN account a "
    "CROSS JOIN fund f CROSS JOIN balance b "
    "WHERE k.code = ?1 AND e.book_id = k.id AND e.code = json_extract(j.value, '$[2]') "
    "AND a.book_id = k.id AND a.path = json_extract(j.value, '$[0]') "
    "AND a.unit = json_extract(j.value, '$[1]') AND a.earmark_id = e.id "
    "AND f.id = a.fund_id AND b.account_id = a.id"
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """An account as a posting needs it.

    Attributes
    ----------
    id : int [row number]
        Its row.
    free : int [minor units]
        What it can still give.
    """

    id: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What a batch finds before it writes.

    Attributes
    ----------
    book_id : int [row number]
        The book.
    taken : dict of str to TakenKey
        The keys that belong to something.
    accounts : dict of Account to OpenAccount
        The accounts that are open.
    """

    book_id: int
    taken: dict[str, TakenKey]
    accounts: dict[Account, OpenAccount]


def look_up(
    connection: Connection, book: str, client: str, keys: Sequence[str], accounts: Iterable[Account] = ()
) -> LookUp:
    """Find a book, and what is there of the keys and accounts of a batch.

    Raises
    ------
    Missing
        When there is no such book.
    AlreadyExists
        When a path belongs to an account of another fund, role, side or floor.
    """
    wanted = tuple(accounts)
    names = [(one.path, one.unit.code, one.earmark) for one in wanted]
    asked: tuple[str, tuple[object, ...]]
    if connection.dialect.name == "sqlite":
        asked = (_SQLITE, (book, json.dumps(keys), client, json.dumps(names)))
    elif 0 < len(keys) <= FEW and 0 < len(names) <= FEW:
        values = (value for n, name in enumerate(names, start=1) for value in (*name, n))
        asked = (_few(len(keys), len(names)), (book, *keys, client, book, *values, book))
    else:
        columns = map(list, zip(*names, strict=True)) if names else ([], [], [])
        asked = (_MANY, (book, list(keys), client, book, *columns, book))
    rows = connection.exec_driver_sql(*asked).all()
    if connection.dialect.name == "postgresql":  # one column: to describe eleven takes longer than to look up
        rows = [row[0] for row in rows]
    if not rows:
        raise Missing(f"There is no book {book!r} in this database.", what="book", code=book)
    taken: dict[str, TakenKey] = {}
    found: dict[Account, OpenAccount] = {}
    for _, n, code, kind, refusal, digest, identity, row_id, normal, floor, free in rows:
        if n > 0:
            account = wanted[n - 1]
            if (code, kind, normal, floor) != (account.fund, account.role, account.normal, account.floor):
                raise AlreadyExists(
                    f"The account {account.path!r} exists with another fund, role, side or floor: "
                    "choose another.",
                    what="account",
                    code=account.path,
                )
            found[account] = OpenAccount(id=row_id, free=free)
        elif n == 0:
            sqlite = isinstance(identity, bytes)
            known = UUID(bytes=identity) if sqlite else UUID(identity)
            said = bytes(digest) if sqlite else bytes.fromhex(digest)
            taken[code] = TakenKey(id=known, kind=kind, request_sha256=said, refusal=refusal)
    return LookUp(book_id=rows[0][0], taken=taken, accounts=found)


@cache
def _few(keys: int, accounts: int) -> str:
    return _POSTGRESQL.format(
        keys=f"(VALUES {', '.join(['(%s)'] * keys)})",
        accounts=f"(VALUES {', '.join(['(%s, %s, %s, %s::int)'] * accounts)})",
    )
