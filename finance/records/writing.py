"""Writing transactions: all rows of a batch in as few statements as each database needs.

The problem: a statement per row and per table is most of the cost of a posting. PostgreSQL takes the rows of
a batch as arrays, in one statement before the ends and one for the ends; SQLite takes them table by table.
The rows are plain tuples of exact values: amounts come from ``Money``, which holds nothing but ints.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import chain
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
FEW = 40  # rows that are written value by value; more are written as arrays


class Writing:
    """The rows of a batch, table by table, in the order of the columns above, as the driver takes them.

    Parameters
    ----------
    sqlite : bool
        SQLite's driver takes bytes for identities and text for days and instants.
    book_id : int [row number]
        The book of all transactions.
    client : str
        In whose name the keys are taken.
    instant : datetime
        When all is recorded.
    """

    __slots__ = ("book_id", "client", "instant", "rows", "sqlite")

    def __init__(self, *, sqlite: bool, book_id: int, client: str, instant: datetime) -> None:
        self.sqlite, self.book_id, self.client, self.instant = sqlite, book_id, client, instant
        self.rows: dict[str, list[RowValues]] = {name: [] for name in TABLES}

    def key(self, identity: UUID | None) -> UUID | bytes | None:
        """Return an identity as the driver takes it."""
        return identity.bytes if self.sqlite and identity is not None else identity

    def time(self, instant: datetime | None) -> datetime | str | None:
        """Return an instant as the driver takes it."""
        return instant_text(instant) if self.sqlite and instant is not None else instant

    def day(self, day: date) -> date | str:
        """Return a day as the driver takes it."""
        return day.isoformat() if self.sqlite else day


def write(connection: Connection, batch: Writing) -> None:
    """Insert a batch with its ends, on which the database checks it and moves the balances."""
    ids = [row[0] for row in batch.rows["txn"]]
    if batch.sqlite:
        for name in TABLES:
            if batch.rows[name]:
                _insert(connection, _SQLITE[name], _whole(batch, name))
        _insert(connection, "INSERT INTO txn_end (txn_id) VALUES (?)", [(identity,) for identity in ids])
    elif sum(map(len, batch.rows.values())) <= FEW:
        connection.exec_driver_sql(*_few_rows(batch))
        ended = ", ".join(["(%s)"] * len(ids))
        connection.exec_driver_sql(f"INSERT INTO txn_end (txn_id) VALUES {ended}", tuple(ids))  # noqa: S608  # placeholders
    else:
        connection.exec_driver_sql(*_arrays(batch))
        connection.exec_driver_sql("INSERT INTO txn_end (txn_id) SELECT unnest(%s::uuid[])", (ids,))


def _whole(batch: Writing, table: str) -> list[RowValues]:
    """Return the rows of a table with the values that are the same in all of them ahead."""
    recorded = batch.time(batch.instant)
    same = {"book_id": batch.book_id, "client": batch.client, "recorded_at": recorded, "canon": 1}
    ahead = tuple(same[column] for column in FIXED.get(table, ()))
    return [ahead + row for row in batch.rows[table]] if ahead else batch.rows[table]


def _insert(connection: Connection, statement: str, rows: list[RowValues]) -> None:
    connection.exec_driver_sql(statement, rows[0] if len(rows) == 1 else rows)


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
_FEW: dict[tuple[int, ...], str] = {}


def _together(parts: Sequence[tuple[str, str]]) -> str:
    """Make one statement of inserts into several tables; their checks and triggers run at its end."""
    ahead = ", ".join(f"{name}_rows AS ({insert})" for name, insert in parts[:-1])
    return f"WITH {ahead} {parts[-1][1]}" if ahead else parts[-1][1]


def _arrays(batch: Writing) -> tuple[str, RowValues]:
    """Return the statement of a large batch, each column an array, and its values."""
    names = tuple(name for name in TABLES if batch.rows[name])
    if names not in _TOGETHER:
        _TOGETHER[names] = _together([(name, _ARRAY[name]) for name in names])
    fixed: dict[str, list[object]] = {
        "txn": [batch.book_id, batch.client, batch.instant],
        "event": [batch.book_id, 1, batch.instant],
    }
    values: list[object] = []
    for name in names:
        values += fixed.get(name, [])
        values += map(list, zip(*batch.rows[name], strict=True))
    return _TOGETHER[names], tuple(values)


def _few_rows(batch: Writing) -> tuple[str, RowValues]:
    """Return the statement of a small batch, each value a parameter, and its values."""
    counts = tuple(len(batch.rows[name]) for name in TABLES)
    if counts not in _FEW:
        parts = []
        for (name, columns), count in zip(TABLES.items(), counts, strict=True):
            if count:
                named = (*FIXED.get(name, ()), *columns)
                row = f"({', '.join(['%s'] * len(named))})"
                rows = ", ".join([row] * count)
                parts.append((name, f"INSERT INTO {name} ({', '.join(named)}) VALUES {rows}"))  # noqa: S608  # constants
        _FEW[counts] = _together(parts)
    return _FEW[counts], tuple(chain.from_iterable(chain(*(_whole(batch, name) for name in TABLES))))


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
    if connection.invalidated:
        return
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT almoner")
        connection.exec_driver_sql("RELEASE SAVEPOINT almoner")
    except DBAPIError as fault:
        if not fault.connection_invalidated and not connection.invalidated:
            raise
