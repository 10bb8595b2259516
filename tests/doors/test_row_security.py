"""PostgreSQL's second wall, asked in raw SQL under the role the server works as."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from almoner import currency, money
from almoner.api.ids import new_id
from almoner.api.migrations.row_security import (
    APP,
    CHANGED,
    OF_BOOK,
    OF_EVERYBODY,
    OF_PARENT,
    OF_THE_DOOR,
)
from almoner.api.records import grants, persons
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.records import registry
from almoner.finance.storage import Engine, UnitOfWork, open_engine

BOOKS = ("ours", "theirs")
WALLED = tuple(sorted({*OF_BOOK, *OF_PARENT, "book"}))
REFUSED = "42501"  # insufficient_privilege, which is also what a policy answers
VALUES = {"bigint": "-1", "uuid": "gen_random_uuid()", "text": "'nobody'"}
UNGUARDED = text(
    "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = "
    "current_schema()::regnamespace AND NOT (c.relrowsecurity AND EXISTS "
    "(SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)) ORDER BY 1"
)


@pytest.fixture
def walled(postgres_url: str, clock: Clock) -> Iterator[Engine]:
    """Two books of two foundations in one database, each with a fund and a gift."""
    engine = open_engine(postgres_url)
    with UnitOfWork(engine) as session:
        for book in BOOKS:
            acts.open_book(session, book, currency("USD"))
            acts.register_party(session, book, Party(code=f"giver-{book}", name="Giver"))
            fund = acts.open_fund(session, book, f"fund-{book}", currency("USD"), title="Fund")
            gift = money("100.00", "USD")
            acts.contribute(session, fund, f"giver-{book}", gift, key=f"gift-{book}", clock=clock)
            persons.keep_person(session, persons.Person(code=book, name=book, created_at=clock()))
            role = grants.RoleGrant(
                id=new_id(clock()),
                book=book,
                person=book,
                party=f"giver-{book}",
                role="investor",
                valid_from=clock(),
                granted_by="ada",
            )
            grants.keep_grant(session, registry.find_book_id(session, book), role)
    yield engine
    engine.dispose()


@contextmanager
def as_server(engine: Engine, book: str | None = None, *, triggers: bool = True) -> Iterator[Connection]:
    """Begin a transaction as the role of the server, bound to a book; undone at the end.

    Triggers rest where only the policies are asked: they would refuse some of it before.
    """
    with engine.connect() as connection, connection.begin() as transaction:
        number = connection.scalar(text("SELECT id FROM book WHERE code = :code"), {"code": book})
        if number is not None:
            connection.execute(text("SELECT set_config('almoner.book_id', :id, true)"), {"id": str(number)})
        if not triggers:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"SET LOCAL ROLE {APP}"))
        yield connection
        transaction.rollback()


def count(connection: Connection, table: str) -> int:
    return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  # a name of ours


def refused(connection: Connection, statement: str) -> str:
    """Return the state with which the database refuses a statement."""
    point = connection.begin_nested()
    with pytest.raises(ProgrammingError) as error:
        connection.execute(text(statement))
    point.rollback()
    return str(getattr(error.value.orig, "sqlstate", ""))


def test_every_table_has_a_policy_or_is_named_as_one_that_needs_none(walled: Engine) -> None:
    with walled.connect() as connection:
        assert set(connection.scalars(UNGUARDED)) == {*OF_EVERYBODY, *OF_THE_DOOR}
        connection.execute(text("CREATE TABLE forgotten (book_id BIGINT)"))
        assert "forgotten" in set(connection.scalars(UNGUARDED))
        connection.rollback()


def test_no_function_works_with_the_rights_of_its_owner(walled: Engine) -> None:
    with walled.connect() as connection:
        found = text(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace"
        )
        assert connection.scalars(found).all() == []


def test_the_server_cannot_step_over_the_wall(walled: Engine) -> None:
    with walled.connect() as connection:
        told = text("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = :name")
        assert tuple(connection.execute(told, {"name": APP}).one()) == (False, False, False)
    with as_server(walled, "ours") as connection:
        assert refused(connection, "ALTER TABLE fund DISABLE ROW LEVEL SECURITY") == REFUSED
        assert refused(connection, "TRUNCATE posting") == REFUSED
        assert refused(connection, "DELETE FROM event") == REFUSED


def test_without_a_book_the_server_sees_nothing(walled: Engine) -> None:
    with as_server(walled) as connection:
        assert {table: count(connection, table) for table in WALLED} == dict.fromkeys(WALLED, 0)


def test_the_tables_of_the_door_are_closed_to_requests_in_a_book(walled: Engine) -> None:
    with as_server(walled, "ours") as connection:
        for table in OF_THE_DOOR:
            assert refused(connection, f"SELECT * FROM {table}") == REFUSED  # noqa: S608  # a name of ours
        assert refused(connection, "SELECT password_hash FROM person") == REFUSED


def test_each_book_sees_its_own_rows_and_both_together_see_all(walled: Engine) -> None:
    with walled.connect() as connection:
        whole = {table: count(connection, table) for table in WALLED}
    assert {table for table, rows in whole.items() if rows} >= {
        "fund",
        "posting",
        "event",
        "contribution",
        "lot",
    }
    seen = {}
    for book in BOOKS:
        with as_server(walled, book) as connection:
            seen[book] = {table: count(connection, table) for table in WALLED}
            assert connection.scalars(text("SELECT code FROM fund")).all() == [f"fund-{book}"]
            assert connection.scalars(text("SELECT code FROM book")).all() == [book]
    assert {table: seen["ours"][table] + seen["theirs"][table] for table in WALLED} == whole
    assert all(0 <= seen["ours"][table] < rows for table, rows in whole.items() if rows)


def test_rows_of_another_book_cannot_be_written(walled: Engine) -> None:
    with walled.connect() as connection:
        theirs = connection.scalar(text("SELECT id FROM book WHERE code = 'theirs'"))
        kinds = {
            (row.table_name, row.column_name): row.data_type
            for row in connection.execute(
                text("SELECT table_name, column_name, data_type FROM information_schema.columns")
            )
        }
    with as_server(walled, "ours", triggers=False) as connection:
        for table in OF_BOOK:
            insert = f"INSERT INTO {table} (book_id) VALUES ({theirs})"  # noqa: S608  # names of ours
            assert refused(connection, insert) == REFUSED, table
        for table, parent in OF_PARENT.items():
            name, _, column = parent.partition(":")
            column = column or f"{name}_id"
            value = VALUES[kinds[table, column]]
            insert = f"INSERT INTO {table} ({column}) VALUES ({value})"  # noqa: S608  # names of ours
            assert refused(connection, insert) == REFUSED, table


def test_rows_of_another_book_cannot_be_changed_or_locked(walled: Engine) -> None:
    with walled.connect() as connection:
        theirs = connection.scalar(text("SELECT id FROM book WHERE code = 'theirs'"))
    with as_server(walled, "ours") as connection:
        change = "UPDATE role_grant SET version = version + 1"
        assert connection.execute(text(change)).rowcount == 1
        assert connection.execute(text(f"{change} WHERE book_id = {theirs}")).rowcount == 0
        moved = f"UPDATE role_grant SET book_id = {theirs}"  # noqa: S608  # a number of ours
        assert refused(connection, moved) == REFUSED
        for table in CHANGED:
            locked = connection.execute(text(f"SELECT 1 FROM {table} FOR UPDATE")).all()  # noqa: S608  # a name of ours
            assert len(locked) == count(connection, table), table
        assert refused(connection, "UPDATE fund SET title = 'ours now'") == REFUSED


def test_the_binding_ends_with_its_transaction(walled: Engine) -> None:
    with walled.connect() as connection:
        with connection.begin():
            connection.execute(text("SELECT set_config('almoner.book_id', '1', true)"))
            connection.execute(text(f"SET LOCAL ROLE {APP}"))
        with connection.begin():
            connection.execute(text(f"SET LOCAL ROLE {APP}"))
            assert count(connection, "fund") == 0
