"""Schemathesis against a served world: every operation, all phases and checks, as one caller per run.

``python -m benchmarks.fuzz_api --database sqlite --role everybody --examples 20`` serves a filled book on
127.0.0.1, runs the fuzzer over the whole schema with a token, and exits with its code. Without ``--role`` it
runs once per role.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psycopg
import uvicorn
from fastapi import Request

from almoner import currency, money
from almoner.api import Caller, Grant, create_app
from almoner.api.door import Door, Limits
from almoner.api.migrations import upgrade
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, UnitOfWork, open_engine

from .databases import durable_server, folder, named

ROLES = ("funder", "investor", "intermediary", "hub", "evaluator", "judge", "admin")
EVERYBODY = "everybody"
BOOK = "main"


def identify(request: Request) -> Caller | None:
    """Believe a token that names a role; ``everybody`` holds all of them."""
    name = request.headers.get("Authorization", "").removeprefix("Bearer ")
    held = ROLES if name == EVERYBODY else tuple(role for role in ROLES if role == name)
    if not held:
        return None
    grants = tuple(Grant(book="*" if role == "admin" else BOOK, role=role, party="house") for role in held)  # type: ignore[arg-type]  # of the roles above
    return Caller(person=name, grants=grants)


def fill(engine: Engine) -> None:
    """Make a book that examples of the reference find."""
    upgrade(engine)
    usd = currency("USD")
    with UnitOfWork(engine) as session:
        acts.open_book(session, BOOK, usd)
        for code in ("house", "meridian", "giver", "shelter"):
            acts.register_party(session, BOOK, Party(code=code, name=code.title()))
        fund = acts.open_fund(session, BOOK, "pool", usd, title="Pool")
        acts.contribute(session, fund, "giver", money("10000.00", usd), key="gift", clock=system_clock)


@contextmanager
def served(url: str) -> Iterator[str]:
    """Serve a filled database and yield the address."""
    engine = open_engine(url)
    fill(engine)
    limits = Limits(signed_in=0, anonymous=0, uploads=0)
    door = Door(engine=engine, identify=identify, clock=system_clock, secret=bytes(32), limits=limits)
    app = create_app(engine=engine, identify=identify, door=door)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    urlopen(f"{address}/ops/live").close()  # noqa: S310  # our own address
    yield address
    server.should_exit = True
    thread.join(timeout=30)
    engine.dispose()


def fuzz(address: str, role: str, examples: int, more: Sequence[str]) -> int:
    """Run the fuzzer as one caller and return its exit code."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"),
        *(f"{address}/v1/openapi.json", "--max-examples", str(examples), "--no-color"),
        *("-H", f"Authorization: Bearer {role}", *more),
    ]
    print(f"as {role}", file=sys.stderr)
    return subprocess.run(command, check=False, env=os.environ).returncode  # noqa: S603  # the dev extra's own tool


CONFIG = Path(__file__).parent.parent / "schemathesis.toml"


def main(given: Sequence[str] | None = None) -> int:
    """Fuzz each database as each role; 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--role", choices=[*ROLES, EVERYBODY], action="append")
    parser.add_argument("--examples", type=int, default=20, help="per operation")
    asked, more = parser.parse_known_args(given)
    code = 0
    with folder(None) as home:
        for database in asked.database or ["sqlite", "postgresql"]:
            with place(database, home) as url, served(url) as address:
                for role in asked.role or [*ROLES, EVERYBODY]:
                    code = max(code, fuzz(address, role, asked.examples, more))
    return code


@contextmanager
def place(database: str, home: Path) -> Iterator[str]:
    """Yield the address of an empty database."""
    if database == "sqlite":
        yield f"sqlite:///{home / 'fuzz.db'}"
        return
    with durable_server(home) as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE fuzz")
        yield named(server.get_uri(), "fuzz")


if __name__ == "__main__":
    raise SystemExit(main())
