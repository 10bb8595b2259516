from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from almoner import currency
from almoner.api.migrations import downgrade, upgrade
from almoner.finance import acts
from almoner.finance.errors import Busy, DatabaseUnreadable, Missing, SchemaMissing, StorageError
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import (
    Engine,
    Session,
    UnitOfWork,
    open_engine,
    prepare_engine,
    require_schema,
)

SECRET = "hunter" + "2"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "not readable"),
        ("almoner.db", "not readable"),
        ("postgresql://u:{secret}@host:port/name", "not readable"),
        ("mysql://u:{secret}@host/name", "mysql is not supported"),
        ("oracle://u:{secret}@host/name?key={secret}", "oracle is not supported"),
        ("postgresql+asyncpg://u:{secret}@host/name", r"No driver for .*almoner\[postgres\]"),
        ("postgresql+nothing://u:{secret}@host/name", "No driver for"),
        ("postgresql://u:{secret}@127.0.0.1:1/name", "Check its address"),
        ("postgresql://u@127.0.0.1:1/name?password={secret}", "Check its address"),
        ("postgresql://u@127.0.0.1:1/name?sslpassword={secret}", "Check its address"),
        ("postgresql://u:{secret}@127.0.0.1:1/name?unheard=of", "Check its address"),
        ("sqlite:///{folder}/none/almoner.db", "unable to open database file"),
        ("sqlite:///{folder}", "unable to open database file"),
        ("sqlite:///{folder}/text.txt", "file is not a database"),
        ("sqlite:///{folder}/x.db?check_same_thread=maybe", "options of .* are not readable"),
        ("sqlite:///{folder}/x.db?timeout=soon", "options of .* are not readable"),
        ("sqlite:///{folder}/\0.db", "Check its address"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_without_its_password(
    tmp_path: Path, url: str, said: str
) -> None:
    (tmp_path / "text.txt").write_text("This is a letter, not a database. " * 50)
    with pytest.raises(DatabaseUnreadable, match=said) as caught:
        open_engine(url.replace("{secret}", SECRET).replace("{folder}", str(tmp_path)))
    assert SECRET not in caught.value.message
    assert SECRET not in str(caught.value.figures)
    assert caught.value.__cause__ is None


def test_a_database_without_tables_or_with_older_ones_is_refused(engine: Engine) -> None:
    downgrade(engine, "0002")
    with pytest.raises(SchemaMissing, match="holds schema 0002, this version") as caught, UnitOfWork(engine):
        pass
    assert caught.value.figures["found"] == "0002"
    downgrade(engine, "base")
    with pytest.raises(SchemaMissing, match="Run: almoner migrate"), UnitOfWork(engine):
        pass
    upgrade(engine)
    with UnitOfWork(engine) as session:
        require_schema(session)


def test_a_database_of_somebody_else_is_refused(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(SchemaMissing, match="holds schema none"), UnitOfWork(engine):
        pass
    engine.dispose()


def test_a_unit_of_work_commits_once_when_the_block_ends_well(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
    with Session(engine) as session:
        assert find_book_id(session, "main")


def test_a_unit_of_work_writes_nothing_when_the_block_fails(engine: Engine) -> None:
    def fail() -> None:
        with UnitOfWork(engine) as session:
            acts.open_book(session, "main", currency("USD"))
            raise KeyError("the caller's own")

    with pytest.raises(KeyError, match="the caller's own"):
        fail()
    with Session(engine) as session, pytest.raises(Missing):
        find_book_id(session, "main")


def test_a_session_that_is_lent_is_neither_committed_nor_closed(engine: Engine) -> None:
    with Session(engine) as owned:
        with UnitOfWork(owned) as session:
            assert session is owned
            acts.open_book(session, "main", currency("USD"))
        assert owned.in_transaction()
        owned.rollback()
        with pytest.raises(Missing):
            find_book_id(owned, "main")


def test_an_engine_of_the_caller_is_prepared_once(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
    for _ in range(2):
        prepare_engine(engine)
    with engine.begin() as connection:
        settings = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS]
        assert settings == list(PRAGMAS.values())
    upgrade(engine)
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
    engine.dispose()


@pytest.mark.parametrize("place", ["file", "memory"])
def test_no_connection_from_before_goes_on_without_the_settings(place: str, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}" if place == "file" else "sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE own (number INTEGER)"))
    prepare_engine(engine)
    with engine.begin() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 30000
        assert connection.execute(text("SELECT count(*) FROM own")).scalar() == 0
    engine.dispose()


PRAGMAS = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000}


@pytest.fixture
def memory() -> Iterator[Engine]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield engine
    engine.dispose()


def test_an_engine_in_the_place_of_one_that_is_gone_is_prepared_too(tmp_path: Path) -> None:
    """What outlives an engine, such as an error that names its dialect, must not pass for the next one."""
    outliving, places, reused = [], set(), 0
    for _ in range(600):
        opened = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
        reused += id(opened) in places
        places.add(id(opened))
        with opened.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
            assert connection.connection.in_transaction
        outliving.append(opened.dialect)
        opened.dispose()
        del opened, connection
    assert reused


def test_a_database_in_memory_lasts_as_long_as_its_engine(memory: Engine) -> None:
    with UnitOfWork(memory) as session:
        acts.open_book(session, "main", currency("USD"))
    with UnitOfWork(memory) as session:
        assert find_book_id(session, "main") == 1


def test_busy_is_an_error_of_storage_that_may_be_retried() -> None:
    assert issubclass(Busy, StorageError)
    assert Busy.code == "storage.busy"
