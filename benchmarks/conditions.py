"""Under which conditions a figure was taken."""

import os
import platform
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path

import psycopg

from almoner.finance.storage import open_engine

SETTINGS = (
    *("server_version", "fsync", "synchronous_commit", "wal_sync_method", "full_page_writes"),
    *("shared_buffers", "transaction_isolation", "autovacuum"),
)


def fsync_rate(folder: Path, seconds: float) -> int:
    """Return how often per second the disk makes 8 KiB durable."""
    path = folder / "fsync-probe"
    sync = getattr(os, "fdatasync", os.fsync)
    times = 0
    with path.open("wb", buffering=0) as file:
        file.write(bytes(8192 * 64))
        os.fsync(file.fileno())
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            file.seek(8192 * (times % 64))
            file.write(os.urandom(8192))
            sync(file.fileno())
            times += 1
        took = time.monotonic() - began
    path.unlink()
    return round(times / took)


def _ticks() -> tuple[int, int] | None:
    """Return busy and all ticks of the processors since the start, where the kernel says."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    numbers = [int(word) for word in stat.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return sum(numbers) - numbers[3] - numbers[4], sum(numbers)


def foreign_load(seconds: float) -> dict[str, object]:
    """Return the load of the machine while the benchmark itself rests."""
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    share = None
    if before and after and after[1] > before[1]:
        share = round((after[0] - before[0]) / (after[1] - before[1]), 3)
    return {"loadavg": [round(one, 2) for one in os.getloadavg()], "busy_share_at_rest": share}


def versions() -> dict[str, str]:
    """Return what was measured with what."""
    names = ("almoner", "SQLAlchemy", "psycopg")
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libpq": str(psycopg.pq.version()),
        "psycopg_implementation": psycopg.pq.__impl__,
        **{name.lower(): version(name) for name in names},
    }


def sqlite_settings(url: str) -> dict[str, str]:
    """Return the settings of a connection of ``open_engine``; the baselines set the same."""
    engine = open_engine(url)
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "cache_size")
        read = {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in names}
    engine.dispose()
    return {**read, "synchronous_means": "2 is FULL", "isolation": "serializable (BEGIN IMMEDIATE)"}


def postgres_settings(address: str) -> dict[str, str]:
    """Return the server's settings that decide about durability and isolation."""
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY (%s)", (list(SETTINGS),)
        ).fetchall()
    return {str(name): str(value) for name, value in rows}
