"""Writing transactions: all rows of a batch in as few statements as each database needs.

The problem: a statement per row and per table is most of the cost of a posting. PostgreSQL takes the rows of
a batch as arrays, in one statement before the ends and one for the ends; SQLite takes them table by table.
The rows are plain tuples of exact values: amounts come from ``Money``, which holds nothing but ints.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..dates import instant_text

TXN_COLUMNS = (
    *("id", "act", "kind", "idem_key", "request_sha256", "effective_on", "expires_at", "refusal"),
    *("parent_id", "refunds_id", "corrects_id", "proposal_id"),
)
EVENT_COLUMNS = ("id", "kind", "body", "leaf_sha256")
POSTING_COLUMNS = ("txn_id", "seq", "account_id", "layer", "side", "line", "amount")
DRAW_COLUMNS = ("txn_id", "seq", "contribution_id", "amount")
CONVERSION_COLUMNS = ("txn_id", "n", "rate_id", "num", "den", "sold_minor", "bought_minor", "rounding")
ARRAYS = {
    "id": "uuid",
    "act": "text",
    "kind": "text",
    "idem_key": "text",
    "request_sha256": "bytea",
    "effective_on": "date",
    "expires_at": "timestamptz",
    "refusal": "text",
    "parent_id": "uuid",
    "refunds_id": "uuid",
    "corrects_id": "uuid",
    "proposal_id": "uuid",
    "body": "bytea",
    "leaf_sha256": "bytea",
    "txn_id": "uuid",
    "seq": "smallint",
    "account_id": "bigint",
    "layer": "text",
    "side": "smallint",
    "line": "text",
    "amount": "bigint",
    "contribution_id": "bigint",
    "n": "smallint",
    "rate_id": "uuid",
    "num": "bigint",
    "den": "bigint",
    "sold_minor": "bigint",
    "bought_minor": "bigint",
    "rounding": "text",
}
FIXED = {"txn": ("book_id", "client", "recorded_at"), "event": ("book_id", "canon", "recorded_at")}
TABLES = {
    "txn": TXN_COLUMNS,
    "event": EVENT_COLUMNS,
    "posting": POSTING_COLUMNS,
    "draw": DRAW_COLUMNS,
    "fx_conversion": CONVERSION_COLUMNS,
}
RowValues = tuple[Any, ...]


@dataclass(slots=True, kw_only=True)
class Writing:
    """The rows of a batch, table by table, in the order of the columns above.

    Attributes
    ----------
    book_id : int [row number]
        The book of all transactions.
    client : str
        In whose name the keys are taken.
    instant : datetime
        When all is recorded.
    rows : dict of str to list of tuple
        Table -> rows.
    """

    book_id: int
    client: str
    instant: datetime
    rows: dict[str, list[RowValues]] = field(default_factory=lambda: {name: [] for name in TABLES})


def write(connection: Connection, batch: Writing) -> None:
    """Insert a batch with its ends, on which the database checks it and moves the balances."""
    ids = [row[0] for row in batch.rows["txn"]]
    if connection.dialect.name == "postgresql":
        _write_arrays(connection, batch)
        connection.exec_driver_sql("INSERT INTO txn_end (txn_id) SELECT unnest(%s::uuid[])", (ids,))
        return
    for name in TABLES:
        rows = [_plain(row) for row in batch.rows[name]]
        if rows:
            fixed = {
                "book_id": batch.book_id,
                "client": batch.client,
                "recorded_at": instant_text(batch.instant),
                "canon": 1,
            }
            ahead = tuple(fixed[column] for column in FIXED.get(name, ()))
            _insert(connection, _SQLITE[name], [ahead + row for row in rows])
    _insert(connection, "INSERT INTO txn_end (txn_id) VALUES (?)", [(identity.bytes,) for identity in ids])


def _insert(connection: Connection, statement: str, rows: list[RowValues]) -> None:
    connection.exec_driver_sql(statement, rows[0] if len(rows) == 1 else rows)


def _plain(row: RowValues) -> RowValues:
    return tuple(
        value.bytes
        if type(value) is UUID
        else instant_text(value)
        if type(value) is datetime
        else value.isoformat()
        if type(value) is date
        else value
        for value in row
    )


def _sqlite_insert(table: str, columns: Sequence[str]) -> str:
    named = (*FIXED.get(table, ()), *columns)
    return f"INSERT INTO {table} ({', '.join(named)}) VALUES ({', '.join('?' * len(named))})"  # noqa: S608  # constants


_SQLITE = {name: _sqlite_insert(name, columns) for name, columns in TABLES.items()}


def _array_insert(table: str, columns: Sequence[str]) -> str:
    fixed = FIXED.get(table, ())
    arrays = ", ".join(f"%s::{ARRAYS[column]}[]" for column in columns)
    names, taken = ", ".join(columns), ", ".join("%s" for _ in fixed)
    head = f"INSERT INTO {table} ({', '.join((*fixed, names))}) "
    return f"{head}SELECT {', '.join(filter(None, (taken, names)))} FROM unnest({arrays}) AS u ({names})"  # noqa: S608  # constants


_ARRAY = {name: _array_insert(name, columns) for name, columns in TABLES.items()}
_TOGETHER: dict[tuple[str, ...], str] = {}


def _write_arrays(connection: Connection, batch: Writing) -> None:
    """Insert into all tables in one statement; its checks and triggers run at its end."""
    names = tuple(name for name in TABLES if batch.rows[name])
    if names not in _TOGETHER:
        parts = [f"{name}_rows AS ({_ARRAY[name]})" for name in names[:-1]]
        _TOGETHER[names] = f"WITH {', '.join(parts)} {_ARRAY[names[-1]]}"
    fixed: dict[str, list[object]] = {
        "txn": [batch.book_id, batch.client, batch.instant],
        "event": [batch.book_id, 1, batch.instant],
    }
    values: list[object] = []
    for name in names:
        values += fixed.get(name, [])
        values += map(list, zip(*batch.rows[name], strict=True))
    connection.exec_driver_sql(_TOGETHER[names], tuple(values))


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block wrote when it fails, and only that.

    The name may be taken again inside: an inner savepoint hides the outer one until it ends.
    """
    connection.exec_driver_sql("SAVEPOINT almoner")
    try:
        yield
    except BaseException:
        undo(connection)
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT almoner")


def undo(connection: Connection) -> None:
    """Go back to the last savepoint, unless the connection is gone and all is undone anyway."""
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT almoner")
        connection.exec_driver_sql("RELEASE SAVEPOINT almoner")
    except DBAPIError as fault:
        if not fault.connection_invalidated and not connection.invalidated:
            raise
