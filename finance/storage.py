"""Where the rows live: engines, sessions, the unit of work. SQLite by default, PostgreSQL by address.

The problem: durability and isolation are settings, and a library that leaves them to chance loses money on
some machines. ``open_engine`` sets them for both databases; whoever brings an own engine calls
``prepare_engine`` once. The caller owns the session: acts flush, and only the edge commits, through
``UnitOfWork`` or by hand.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, StaticPool

from .errors import Busy, DatabaseUnreadable, SchemaMissing

__all__ = [
    "DEFAULT_URL",
    "Engine",
    "Session",
    "UnitOfWork",
    "open_engine",
    "prepare_engine",
    "reading_connection",
    "reading_session",
    "require_schema",
    "run_retrying",
]

DEFAULT_URL = "sqlite:///almoner.db"
MEMORY = frozenset({None, "", ":memory:"})  # databases of SQLite that no file holds
SCHEMA_VERSION = "0005"
VERSION_TABLE = "almoner_version"
RETRIABLE = {"40001": "serialization failure", "40P01": "deadlock", "55P03": "lock not available"}  # SQLSTATE
ATTEMPTS = 5
MOMENTARY, LOCK_MS = 8, 3000
Answer = TypeVar("Answer")
_SECRET = re.compile("pass|secret|key|token", re.IGNORECASE)
_READING = "almoner_reading"
_PREPARED: WeakSet[Engine] = (
    WeakSet()
)  # by identity: what SQLAlchemy remembers of a listener outlives its engine


def open_engine(
    url: str = DEFAULT_URL, *, must_exist: bool = False, connections: int = 0, patience_s: int = 0
) -> Engine:
    """Open a database by its address.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE``, ``sqlite://`` (memory) or ``postgresql://USER@HOST/NAME``.
    must_exist : bool
        Refuse a SQLite file that is not there; otherwise an empty one is made.
    connections : int [connections]
        Of a server: its pool holds so many, a few more for a moment, and asks each whether it lives before
        it is used; a lock is waited for three seconds, and no error repeats what was said to the database.
        0 for the settings of a library.
    patience_s : int [s]
        On PostgreSQL, the longest a statement may take; 0 for no limit.

    Raises
    ------
    DatabaseUnreadable
        When the address is malformed, its driver is missing, or nothing answers there. The message never
        shows a password.

    Examples
    --------
    >>> open_engine("sqlite://").dialect.name
    'sqlite'
    """
    shown, parsed = _parse(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    memory = sqlite and parsed.database in MEMORY
    if must_exist and sqlite and not memory and not Path(str(parsed.database)).is_file():
        raise DatabaseUnreadable(
            f"There is no database {shown}. Check the address, or make one with: almoner migrate", url=shown
        )
    options: dict[str, Any] = {}
    if memory:  # one connection for every thread: one session at a time
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    elif connections:
        options = _pool(connections, patience_s, sqlite=sqlite)
    try:
        engine = create_engine(parsed, **options)
    except (ModuleNotFoundError, NoSuchModuleError) as fault:
        raise DatabaseUnreadable(
            f"No driver for {shown}: {fault}. For PostgreSQL install almoner[postgres].", url=shown
        ) from None
    except (ArgumentError, TypeError, ValueError) as fault:
        raise DatabaseUnreadable(f"The options of {shown} are not readable: {fault}.", url=shown) from None
    prepare_engine(engine)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            if sqlite:
                connection.execute(text("SELECT count(*) FROM sqlite_master"))
    except (SQLAlchemyError, sqlite3.Error, Busy, ValueError) as fault:
        cause = getattr(fault, "orig", None) or fault
        engine.dispose()
        raise DatabaseUnreadable(
            f"Cannot open the database {shown}: {_one_line(cause)}. Check its address, and that it runs.",
            url=shown,
        ) from None
    return engine


def _pool(connections: int, patience_s: int, *, sqlite: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"pool_size": connections, "max_overflow": MOMENTARY, "hide_parameters": True}
    if sqlite:
        return options
    waits = f"-c lock_timeout={LOCK_MS} -c statement_timeout={patience_s * 1000}"
    return {**options, "pool_pre_ping": True, "pool_timeout": 10, "connect_args": {"options": waits}}


def _one_line(cause: object) -> str:
    return " ".join(str(cause).split()).rstrip(".?")


def _parse(url: str) -> tuple[str, URL]:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnreadable(
            "The database address is not readable. Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
            url="?",
        ) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise DatabaseUnreadable(
            f"{parsed.get_backend_name()} is not supported. Use sqlite:///FILE or postgresql://USER@HOST/NAME.",
            url=_shown(parsed),
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return _shown(parsed), parsed


def _shown(url: URL) -> str:
    """Write an address without its secrets, which may also stand in the query."""
    hidden = {name: "***" for name in url.query if _SECRET.search(name)}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def prepare_engine(engine: Engine) -> None:
    """Give an engine the settings the ledger relies on; harmless when called twice.

    SQLite: write-ahead log, full synchronisation, foreign keys, and transactions that take the write lock
    at their start. PostgreSQL: READ COMMITTED, its default, is what the posting trigger insists on. On
    both, a lock that is not granted, a deadlock and a serialization failure surface as ``Busy``.

    Parameters
    ----------
    engine : Engine
        The caller's engine. Connections that wait in its pool are opened anew (or set, in memory); one that
        is in use keeps its settings until it is given back.

    Examples
    --------
    >>> prepare_engine(open_engine("sqlite://"))
    """
    if engine in _PREPARED:
        return
    _PREPARED.add(engine)
    event.listen(engine, "handle_error", _name_busy)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_sqlite)
        _renew(engine)
        engine.dialect.do_begin = _begin_immediate  # type: ignore[assignment, method-assign]  # an event on "begin" slows each statement


def _renew(engine: Engine) -> None:
    """Let no connection that was opened before go on without the settings."""
    if engine.url.database not in MEMORY:
        engine.dispose()
        return
    borrowed = engine.raw_connection()
    if borrowed.dbapi_connection is not None:
        _set_sqlite(borrowed.dbapi_connection)
    borrowed.close()


def _set_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry | None = None) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=30000",
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: PoolProxiedConnection) -> None:
    reading = connection.info.pop(_READING, False)
    connection.cursor().execute("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def reading_connection(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads: on SQLite it waits for no writer, and no writer waits for it.

    Parameters
    ----------
    engine : Engine
        Opened by ``open_engine`` or given to ``prepare_engine``.

    Examples
    --------
    >>> with reading_connection(open_engine("sqlite://")) as connection:
    ...     connection.scalar(text("SELECT 1"))
    1
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.info[_READING] = True
        yield connection


@contextmanager
def reading_session(engine: Engine) -> Iterator[Session]:
    """Open a session on a connection that only reads, see ``reading_connection``.

    Parameters
    ----------
    engine : Engine
        Opened by ``open_engine`` or given to ``prepare_engine``.

    Examples
    --------
    >>> with reading_session(open_engine("sqlite://")) as session:
    ...     session.scalar(text("SELECT 1"))
    1
    """
    with reading_connection(engine) as connection, Session(connection, expire_on_commit=False) as session:
        yield session


def _name_busy(context: ExceptionContext) -> None:
    fault = context.original_exception
    state = RETRIABLE.get(str(getattr(fault, "sqlstate", "")), "")
    if isinstance(fault, sqlite3.OperationalError) and "locked" in str(fault):
        state = str(fault)
    if state:
        raise Busy(
            f"Another session is writing ({state}). Roll back, then try the same call with the same key.",
            state=state,
        ) from fault


@contextmanager
def UnitOfWork(owner: Engine | Session) -> Iterator[Session]:  # noqa: N802  # reads as the noun of the glossary
    """Open one session that is committed once, or lend the caller's own.

    Parameters
    ----------
    owner : Engine or Session
        With an engine, a session is opened, committed when the block ends well and rolled back when it
        does not. With a session, that session is lent and stays the caller's: nothing is committed.

    Raises
    ------
    SchemaMissing
        When the database does not hold this version's tables.

    Examples
    --------
    >>> from almoner.api.migrations import upgrade
    >>> engine = open_engine("sqlite://")
    >>> upgrade(engine)
    >>> with UnitOfWork(engine) as session:
    ...     session.in_transaction()
    True
    """
    if isinstance(owner, Session):
        yield owner
        return
    with Session(owner, expire_on_commit=False) as session, session.begin():
        require_schema(session)
        yield session


def run_retrying(
    engine: Engine,
    work: Callable[[Session], Answer],
    *,
    attempts: int = ATTEMPTS,
    pause: Callable[[int], None] | None = None,
) -> Answer:
    """Do work in a unit of work of its own, and again as a whole when another session stood in its way.

    A lock that is not granted, a deadlock and a serialization failure undo the whole unit of work, so the
    whole is done again. That is safe because each act takes a key: what was committed before answers again
    and writes nothing. Every other error is raised at once, a lost connection too: whether it was committed
    is not known then, and the caller asks again with the same keys.

    Parameters
    ----------
    engine : Engine
        Opened by ``open_engine`` or given to ``prepare_engine``.
    work : callable
        Takes the session, posts under the same keys each time it is called, and commits nothing.
    attempts : int [runs]
        How often it is done at most.
    pause : callable or None
        Called after each refused run but the last, with its number from 1; a caller who wants to wait
        between runs sleeps here, as long as it likes. None goes on at once.

    Returns
    -------
    object
        What ``work`` returned in the run that was committed.

    Raises
    ------
    Busy
        When the last run was refused, too; nothing is written then.

    Examples
    --------
    >>> from almoner.api.migrations import upgrade
    >>> engine = open_engine("sqlite://")
    >>> upgrade(engine)
    >>> run_retrying(engine, lambda session: session.in_transaction())
    True
    """
    if attempts < 1:
        raise ValueError(f"work is done at least once, not {attempts} times")
    for number in range(1, attempts):
        try:
            return _run_once(engine, work)
        except Busy:
            if pause is not None:
                pause(number)
    return _run_once(engine, work)


def _run_once(engine: Engine, work: Callable[[Session], Answer]) -> Answer:
    with UnitOfWork(engine) as session:
        return work(session)


def require_schema(session: Session) -> None:
    """Refuse a database that does not hold this version's tables.

    Raises
    ------
    SchemaMissing
        With the version found and the version needed.
    """
    connection = session.connection()
    found = "none"
    try:
        if inspect(connection).has_table(VERSION_TABLE):
            found = str(session.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar())  # noqa: S608  # a constant
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise
        raise SchemaMissing(f"Cannot read the schema version: {fault.orig}.", found="unreadable") from None
    if found != SCHEMA_VERSION:
        raise SchemaMissing(
            f"The database holds schema {found}, this version of almoner needs {SCHEMA_VERSION}. "
            "Run: almoner migrate --db URL",
            found=found,
            needed=SCHEMA_VERSION,
        )
