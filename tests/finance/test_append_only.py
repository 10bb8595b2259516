"""Every table of facts only grows; balances and lots move with the end of a transaction and never by hand."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, Table, literal, select, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

REFUSALS = (
    "append-only",
    " has this ",
    "only a txn_end",
    "GENERATED ALWAYS",
    "earmark_scope follows",
    "event waits",
    "is withdrawn",
    "is recused",
)
NEVER_WRITTEN = {  # no facts
    *("almoner_version", "api_key", "balance", "delivery", "draft", "job", "lot", "person", "refresh_token"),
    *(
        "day_total",
        "line_total",
        "brief_draft",
        "page_session",
        "role_grant",
        "throttle",
        "upload",
        "webhook_endpoint",
        "worker_beat",
    ),
}
Cell = Any  # what a column of a reflected table holds


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...


def findings(raw: Raw) -> tuple[str, ...]:
    with Session(raw.engine) as session:
        return tuple(found for book in ("main", "second") for found in acts.verify(session, book).findings)


@contextmanager
def refused(raw: Raw, rule: str = "") -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    assert findings(raw) == ()


def outcomes(raw: Raw, statements: Callable[[Table], list[str]]) -> dict[str, str]:
    """Run statements on each fact table, each alone, and return those that were not refused."""
    accepted: dict[str, str] = {}
    for table in facts(raw):
        for statement in statements(table):
            try:
                with raw.engine.connect() as connection:
                    changed = connection.execute(text(statement)).rowcount
                accepted[statement] = f"{changed} rows"
            except DBAPIError as fault:
                if not any(said in str(fault) for said in REFUSALS):
                    accepted[statement] = str(fault)
    return accepted


def facts(raw: Raw) -> list[Table]:
    return [table for table in raw.tables.tables.values() if table.name not in NEVER_WRITTEN]


def test_every_table_holds_a_row_to_attack(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        empty = [
            table.name
            for table in raw.tables.tables.values()
            if connection.execute(select(literal(1)).select_from(table).limit(1)).first() is None
        ]
    assert empty == []


def test_no_row_of_a_fact_is_ever_changed(raw: Raw) -> None:
    def change(table: Table) -> list[str]:
        return [f"UPDATE {table.name} SET {column.name} = {column.name}" for column in table.c]  # noqa: S608  # reflected names

    assert outcomes(raw, change) == {}
    assert findings(raw) == ()


def test_no_row_of_a_fact_is_ever_deleted(raw: Raw) -> None:
    assert outcomes(raw, lambda table: [f"DELETE FROM {table.name}"]) == {}  # noqa: S608  # reflected names
    assert findings(raw) == ()


def test_no_fact_table_is_ever_emptied_on_postgresql(raw: Raw) -> None:
    if raw.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    for name in [*(table.name for table in facts(raw)), "balance", "day_total", "line_total", "lot"]:
        with refused(raw, "only") as connection:
            connection.execute(text(f"TRUNCATE {name} CASCADE"))


def test_no_fact_is_replaced_on_sqlite(raw: Raw) -> None:
    if raw.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")

    def copy(table: Table) -> list[str]:
        rows = f"INTO {table.name} SELECT * FROM {table.name} WHERE true"  # noqa: S608  # reflected names
        first = next(iter(table.c)).name
        return [f"INSERT OR REPLACE {rows}", f"INSERT {rows} ON CONFLICT DO UPDATE SET {first} = 1"]

    assert outcomes(raw, copy) == {}
    assert findings(raw) == ()


def test_no_table_has_a_hidden_rowid_by_which_another_row_could_be_replaced_on_sqlite(raw: Raw) -> None:
    if raw.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no rowid")
    with raw.engine.connect() as connection:
        listed = connection.execute(text("PRAGMA table_list")).all()
        keys = {
            row.name: [c for c in connection.execute(text(f"PRAGMA table_info({row.name})")) if c.pk]
            for row in listed
        }
    named = {name for name, key in keys.items() if len(key) == 1 and key[0].type == "INTEGER"}
    ours = [row for row in listed if row.type == "table" and row.name in raw.tables.tables]
    hidden = [row.name for row in ours if not row.wr and row.name not in named]
    assert hidden == ["almoner_version"]
    assert [row.name for row in ours if not row.strict] == ["almoner_version"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balance SET settled_cr = settled_cr + 1",
        "UPDATE balance SET floor = NULL",
        "UPDATE balance SET floor = -1000000",
        "UPDATE balance SET settled_cr = settled_cr + 1, version = version + 1",
        "UPDATE balance SET version = 0",
        "DELETE FROM balance",
        "INSERT INTO balance (account_id, normal) VALUES (1, 1)",
        "INSERT INTO balance (account_id, normal) VALUES (999, 1)",
        "UPDATE line_total SET total = total + 1",
        "UPDATE line_total SET total = total + 1, version = version + 1",
        "UPDATE line_total SET line = 'allocation'",
        "UPDATE line_total SET version = 0",
        "DELETE FROM line_total",
        "INSERT INTO line_total (account_id, line, total) VALUES (1, 'allocation', 5)",
        "UPDATE day_total SET total = total + 1",
        "UPDATE day_total SET total = total + 1, version = version + 1",
        "UPDATE day_total SET effective_on = '2031-01-01'",
        "UPDATE day_total SET version = 0",
        "DELETE FROM day_total",
        "INSERT INTO day_total (account_id, effective_on, line, total) VALUES (1, '2031-01-01', 'fee', 5)",
        "UPDATE lot SET remaining = remaining + 1",
        "UPDATE lot SET contribution_id = contribution_id + 1",
        "UPDATE lot SET remaining = 0, version = version + 1",
        "UPDATE lot SET received = received + 1",
        "UPDATE lot SET first_on = '2020-01-01', version = version + 1",
        "DELETE FROM lot",
        "INSERT INTO lot (account_id, contribution_id, remaining) VALUES (1, 1, 5)",
    ],
)
def test_nothing_but_an_end_moves_a_balance_or_a_lot(raw: Raw, statement: str) -> None:
    with refused(raw) as connection:
        connection.execute(text(statement))


def test_an_event_leaf_that_does_not_fit_is_refused_on_postgresql(raw: Raw) -> None:
    if raw.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no SHA-256: verify finds it there")
    with refused(raw) as connection:
        row = {"book_id": raw.find(connection, "book", code="main"), "recorded_at": "2026-01-01T00:00:00Z"}
        raw.put(
            connection, "event", id=uuid.uuid4(), kind="x", canon=1, body=b"{}", leaf_sha256=bytes(32), **row
        )
