"""Writing transactions: all rows of a batch in as few statements as each database needs.

The problem: a statement per row and per table is most of the cost of a posting. PostgreSQL takes a batch in
one call of ``almoner_write``, each column an array; SQLite takes it table by table, inside a savepoint. Both
leave nothing behind when they refuse. The rows are plain tuples of exact values: amounts come from ``Money``,
which holds nothing but ints.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..dates import instant_text

TABLES = {
    "txn": (
        *("id", "kind", "idem_key", "request_sha256", "effective_on", "act", "expires_at", "refusal"),
        *("parent_id", "refunds_id", "corrects_id", "proposal_id", "book_id", "client", "recorded_at"),
    ),
    "event": ("id", "kind", "canon", "body", "leaf_sha256", "book_id", "recorded_at"),
    "posting": ("txn_id", "seq", "account_id", "layer", "side", "line", "amount"),
    "draw": ("txn_id", "seq", "contribution_id", "amount"),
    "fx_conversion": ("txn_id", "n", "rate_id", "num", "den", "sold_minor", "bought_minor", "rounding"),
}
RowValues = tuple[Any, ...]
FEW = 12  # rows that are bound value by value; more are bound as lists


class WriteRefused(Exception):  # it never leaves the posting path
    """The database refused a batch and holds nothing of it; ``reason`` is the rule or constraint it named."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Writing:
    """The rows of a batch, table by table, as the driver takes them.

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

    __slots__ = ("book_id", "client", "instant", "recorded", "rows", "sqlite")

    def __init__(self, *, sqlite: bool, book_id: int, client: str, instant: datetime) -> None:
        self.sqlite, self.book_id, self.client, self.instant = sqlite, book_id, client, instant
        self.recorded = instant_text(instant)
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
    """Insert a batch with its ends, on which the database checks it and moves the balances.

    Raises
    ------
    WriteRefused
        On PostgreSQL; nothing of the batch is there then. On SQLite the error of the database is raised, and
        the caller goes back to a savepoint.
    """
    if not batch.sqlite:
        columns = _columns(batch)
        few = sum(map(len, batch.rows.values())) <= FEW
        reason = connection.exec_driver_sql(*(_spelled(columns) if few else (_CALL, columns))).scalar()
        if reason is not None:
            raise WriteRefused(str(reason))
        return
    recorded = (batch.book_id, batch.recorded)
    same = {"txn": (batch.book_id, batch.client, batch.recorded), "event": recorded}
    for name, rows in batch.rows.items():
        if rows:
            behind = same.get(name)
            _insert(connection, _SQLITE[name], [row + behind for row in rows] if behind else rows)
    ends = [(row[0],) for row in batch.rows["txn"]]
    _insert(connection, "INSERT INTO txn_end (txn_id) VALUES (?)", ends)


def _insert(connection: Connection, statement: str, rows: list[RowValues]) -> None:
    connection.exec_driver_sql(statement, rows[0] if len(rows) == 1 else rows)


def _sqlite_insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # constants


_SQLITE = {name: _sqlite_insert(name, columns) for name, columns in TABLES.items()}
_ARRAYS = (
    *("uuid", "text", "text", "bytea", "date", "bytea"),
    *("text", "timestamptz", "text", "uuid", "uuid", "uuid", "uuid"),
    *("uuid", "smallint", "bigint", "text", "smallint", "text", "bigint"),
    *("uuid", "smallint", "bigint", "bigint"),
    *("uuid", "smallint", "uuid", "bigint", "bigint", "bigint", "bigint", "text"),
)
_CALL = f"SELECT almoner_write(%s, %s, %s, {', '.join(f'%s::{name}[]' for name in _ARRAYS)})"
_HEAD = 3  # book, client and instant come before the columns


def _spelled(columns: RowValues) -> tuple[str, RowValues]:
    """Return the call of a small batch: each value a parameter, which the driver binds sooner than a list."""
    counts = tuple(None if column is None else len(column) for column in columns[_HEAD:])
    values = chain.from_iterable(column for column in columns[_HEAD:] if column is not None)
    return _call(counts), (*columns[:_HEAD], *values)


@cache
def _call(counts: tuple[int | None, ...]) -> str:
    spelled = (
        "NULL" if count is None else f"ARRAY[{', '.join(['%s'] * count)}]::{name}[]"
        for count, name in zip(counts, _ARRAYS, strict=True)
    )
    return f"SELECT almoner_write(%s, %s, %s, {', '.join(spelled)})"


_NONE: dict[str, tuple[None, ...]] = {name: (None,) * len(columns) for name, columns in TABLES.items()}


def _columns(batch: Writing) -> RowValues:
    """Return the arguments of ``almoner_write``; a column of nothing but defaults is null."""
    ids, kinds, keys, digests, days, acts, *rest = map(list, zip(*batch.rows["txn"], strict=True))
    bodies = [row[3] for row in batch.rows["event"]]
    links = [column if any(one is not None for one in column) else None for column in rest]
    plain = all(act == "posted" for act in acts)
    legs = _transposed(batch, "posting")
    if legs[3] is not None and all(layer == "S" for layer in legs[3]):
        legs[3] = None
    return (
        *(batch.book_id, batch.client, batch.instant),
        *(ids, kinds, keys, digests, days, bodies, None if plain else acts, *links),
        *(*legs, *_transposed(batch, "draw"), *_transposed(batch, "fx_conversion")),
    )


def _transposed(batch: Writing, table: str) -> list[list[Any] | None]:
    rows = batch.rows[table]
    return [list(column) for column in zip(*rows, strict=True)] if rows else list(_NONE[table])


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block wrote when it fails, and only that.

    The name may be taken again inside: an inner savepoint hides the outer one until it ends.
    """
    connection.exec_driver_sql("SAVEPOINT almoner")
    try:
        yield
    except BaseException:
        _undo(connection)
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT almoner")


def _undo(connection: Connection) -> None:
    """Go back to the last savepoint, unless the connection is gone and all is undone anyway."""
    if connection.invalidated:
        return
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT almoner")
        connection.exec_driver_sql("RELEASE SAVEPOINT almoner")
    except DBAPIError as fault:
        if not fault.connection_invalidated and not connection.invalidated:
            raise
