"""No row is written over, whichever key it shares; no float and no word becomes a whole number."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.records.tables import METADATA
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
PLEDGED = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"
TAKEN = (
    *("append-only", " has this ", "only a txn_end", "_once", "earmark_scope follows", "event waits"),
    *(
        "opens at zero",
        "a balance opens",
        "leaf ",
        "a node ",
        "a checkpoint",
        "moves forward",
        "stands under",
    ),
    *(
        "GENERATED ALWAYS",
        "is fixed",
        "who amends",
        "in its place",
        "is withdrawn",
        "is recused",
        "are frozen",
        "waits for one",
    ),
)
AMONG = {
    "owns": "controls",
    "metric": "cohort",
    "decided": "settled",
    "band": "decided",
    "approved": "accepted",
    "email": "orcid",
    "clause": "lateness",
}  # closed lists
CHECKED_FIRST = {  # keys that come alone break a check of their row first
    ("agreement_move", ("event_id",)),
    ("payout_paid", ("txn_id",)),
    ("identity_mark", ("event_id",)),
    *((table, (key,)) for table in ("award", "judge_read") for key in ("id", "event_id")),
    *((table, (key,)) for table in ("award_step", "award_payment") for key in ("txn_id", "event_id")),
}
FREE_TO_REPLACE = {  # no facts
    *("almoner_version", "api_key", "delivery", "draft", "job", "person", "refresh_token", "role_grant"),
    *("brief_draft", "page_session", "throttle", "upload", "webhook_endpoint", "worker_beat"),
}


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, /, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection, *, book: str = "main") -> uuid.UUID: ...
    def account(self, connection: Connection, path: str, book: str) -> int: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def end(self, connection: Connection, identity: uuid.UUID) -> None: ...


def findings(owner: Engine | Connection) -> tuple[str, ...]:
    with Session(owner) as session:
        return tuple(found for book in ("main", "second") for found in acts.verify(session, book).findings)


@contextmanager
def refused(raw: Raw, rule: str) -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    assert findings(raw.engine) == ()


def sqlite(raw: Raw) -> bool:
    return raw.engine.dialect.name == "sqlite"


# Floats and words where a whole number belongs.

NUMBERS = ("1.5", "1e300", "'abc'", "'1.5'", "x'31'", "NULL")


def numeric(raw: Raw) -> list[tuple[str, str]]:
    """Every whole number of every table that only grows, and the balances."""
    return [
        (table.name, column.name)
        for table in raw.tables.tables.values()
        for column in table.c
        if "INT" in str(column.type).upper() and table.name not in FREE_TO_REPLACE
    ]


def test_sqlite_keeps_no_float_and_no_word_as_a_number(raw: Raw) -> None:
    if not sqlite(raw):
        pytest.skip("PostgreSQL is the next test")
    kept = []
    with raw.engine.connect() as connection:
        for table, column in numeric(raw):
            for said in NUMBERS[:-1]:
                statement = f"INSERT INTO {table} ({column}) VALUES ({said})"  # noqa: S608  # reflected names
                try:
                    connection.execute(text(statement))
                except DBAPIError:
                    continue
                kept.append(statement)
        connection.rollback()
    assert kept == []


def test_postgresql_rounds_a_float_and_the_rounded_leg_still_has_to_balance(raw: Raw) -> None:
    if sqlite(raw):
        pytest.skip("SQLite is the test above")
    with raw.engine.connect() as connection:
        identity = raw.open(connection, PLEDGED)
        expected = raw.account(connection, "water/expected", "main")
        for side in (1, -1):
            connection.execute(
                text(
                    "INSERT INTO posting (txn_id, seq, account_id, layer, side, line, amount)"
                    " VALUES (:txn, :seq, :account, 'S', :side, 'pledge', CAST(:amount AS double precision))"
                ),
                {"txn": identity, "seq": 4 + side, "account": expected, "side": side, "amount": 1.5},
            )
        stored = connection.execute(
            text("SELECT DISTINCT amount FROM posting WHERE txn_id = :txn AND seq > 2"), {"txn": identity}
        )
        assert stored.scalars().all() == [2]  # a cast of PostgreSQL's own: no rule of ours can see 1.5
        raw.end(connection, identity)
        assert connection.execute(text("SELECT why FROM fault")).all() == []
        connection.rollback()
    for said in ("'1.5'", "'abc'", "'1e3'", "1e300", "'NaN'::float8"):
        with refused(raw, "") as connection:
            rows = f"SELECT txn_id, seq, 1, {said} FROM posting"  # noqa: S608  # constants
            connection.execute(text(f"INSERT INTO draw (txn_id, seq, contribution_id, amount) {rows}"))


@pytest.mark.parametrize("bad", [1.5, 2.0, float("nan"), float("inf")])
def test_no_float_is_rounded_on_its_way_through_the_library(raw: Raw, bad: float) -> None:
    with raw.engine.connect() as connection, Session(connection) as session:
        for table in METADATA.sorted_tables:
            for column in table.c:
                if type(column.type).__name__ == "Count":
                    with pytest.raises(Exception, match="is not an exact int"):
                        session.execute(table.insert().values({column.name: bad}))
        connection.rollback()


# Keys that are taken, each alone, in every way a row could be written over.


def unique_keys(raw: Raw) -> dict[tuple[str, tuple[str, ...]], str]:
    """Every unique key of every table with its condition, when it has one; not one that holds another."""
    look, seen = inspect(raw.engine), {}
    for table in raw.tables.tables.values():
        keys = {tuple(column.name for column in table.primary_key.columns): ""}
        keys |= {tuple(map(str, one["column_names"])): "" for one in look.get_unique_constraints(table.name)}
        for one in look.get_indexes(table.name):
            if one["unique"] and not one.get("duplicates_constraint"):
                where = one["dialect_options"].get(f"{raw.engine.dialect.name}_where", "")
                keys.setdefault(tuple(map(str, one["column_names"])), "" if where == "" else f"WHERE {where}")
        for key, where in keys.items():
            free = table.name in FREE_TO_REPLACE or (table.name, key) in CHECKED_FIRST
            if not free and not any(set(other) < set(key) for other in keys):
                seen[table.name, key] = where
    return seen


def other(value: Cell) -> Cell:
    """Make a value that no row has."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value + 10**4
    if isinstance(value, bytes | memoryview):
        return uuid.uuid4().bytes if len(bytes(value)) == 16 else bytes(value)
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return AMONG.get(value, f"{value}x") if isinstance(value, str) else value


def overwriting(
    raw: Raw, connection: Connection, table: str, key: tuple[str, ...], elsewhere: set[str], where: str
) -> list[tuple[str, dict[str, Cell]]]:
    """Write statements whose row shares one key with a row that is there, and no other."""
    filled = " AND ".join(f"{name} IS NOT NULL" for name in key)
    query = f"SELECT * FROM {table} {where or 'WHERE true'} AND {filled} LIMIT 1"  # noqa: S608  # reflected names
    row = connection.execute(text(query)).mappings().first()
    if row is None:
        return []
    values = {name: other(value) if name in elsewhere - set(key) else value for name, value in row.items()}
    ahead = "" if sqlite(raw) else "OVERRIDING SYSTEM VALUE "
    slots = ", ".join(f":{name}" for name in values)
    plain = f"INTO {table} ({', '.join(values)}) {ahead}VALUES ({slots})"
    target = f"ON CONFLICT ({', '.join(key)}) {where}"
    told = [f"INSERT {plain} {target} DO UPDATE SET {name} = excluded.{name}" for name in values]
    told += [f"INSERT OR REPLACE {plain}", f"REPLACE {plain}"] if sqlite(raw) else []
    return [(one, values) for one in told]


def test_no_row_is_written_over_by_way_of_a_key_that_is_taken(raw: Raw) -> None:
    kept, tried, keys = [], 0, unique_keys(raw)
    with raw.engine.connect() as connection:
        for (table, key), where in keys.items():
            elsewhere = {
                name for owner, other_key in keys if owner == table and other_key != key for name in other_key
            }
            for statement, values in overwriting(raw, connection, table, key, elsewhere, where):
                tried += 1
                nested = connection.begin_nested()
                try:
                    connection.execute(text(statement), values)
                except DBAPIError as fault:
                    if not any(said in str(fault.orig) for said in TAKEN):
                        kept.append(f"{statement}: {fault.orig}")
                else:
                    kept.append(f"{statement}: accepted")
                nested.rollback()
        connection.rollback()
    assert kept == []
    assert tried > 200
    assert findings(raw.engine) == ()
