"""Schemathesis against a served world: every operation, all phases and checks, as one caller per run.

``python -m benchmarks.fuzz_api --database sqlite --role everybody --examples 20`` serves a filled book on
127.0.0.1, runs the fuzzer over the whole schema with a token, and exits with its code. Without ``--role`` it
runs once per role.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from urllib.request import urlopen

import psycopg
import uvicorn
from fastapi import Request

from almoner.api import Caller, Grant, create_app
from almoner.api.door import Door, Hooks, Limits
from almoner.api.identity import Role
from almoner.api.outbound import read_url
from almoner.api.polling import Streams
from almoner.api.routes import OPERATIONS
from almoner.api.vault import Vault
from almoner.finance.storage import open_engine

from .databases import durable_server, folder, named
from .fuzz_world import Calendar, fill

PARTIES: Mapping[Role, str] = {
    "funder": "foundation",
    "investor": "investor",
    "intermediary": "almoner",
    "hub": "hub-a",
    "evaluator": "lab",
    "judge": "jana",
    "admin": "",
}
EVERYBODY = "everybody"
BOOK = "main"
TAGS = sorted({one.tag for one in OPERATIONS})
USUALLY = 0.9


def identify(request: Request) -> Caller | None:
    """Believe a token that names a role; ``everybody`` holds all of them."""
    name = request.headers.get("Authorization", "").removeprefix("Bearer ")
    held = [(one, party) for one, party in PARTIES.items() if name in {one, EVERYBODY}]
    if not held:
        return None
    grants = tuple(Grant(book="*" if one == "admin" else BOOK, role=one, party=party) for one, party in held)
    return Caller(person=name, grants=grants)


@contextmanager
def served(url: str) -> Iterator[tuple[str, Mapping[str, Sequence[str | int]]]]:
    """Serve a filled database; yield the address, and the path parts that find something."""
    engine, calendar = open_engine(url), Calendar()
    parts = fill(engine, calendar)
    door = Door(
        engine=engine,
        identify=identify,
        clock=calendar,
        secret=bytes(32),
        people_key=bytes(32),
        hooks=Hooks(vault=Vault(keys=(bytes(32),)), check=read_url),
        limits=Limits(signed_in=0, anonymous=0, uploads=0),
        streams=Streams(comment_s=0.2, most=1000),
    )
    app = create_app(engine=engine, identify=identify, clock=calendar, door=door)
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
    yield address, parts
    server.should_exit = True
    thread.join(timeout=30)
    engine.dispose()


def configured(home: Path, parts: Mapping[str, Sequence[str | int]]) -> Path:
    """Write the settings of a run: those of every run, and what usually stands in the path."""
    dictionaries = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in parts.items()]
    bound = [
        f'"path.{name}" = {{dictionary = "{name}", probability = {USUALLY}}}'
        for name, values in parts.items()
    ]
    HOOKS["FUZZ_PARTS"] = json.dumps(parts)
    written = home / "schemathesis.toml"
    written.write_text("\n".join([CONFIG.read_text(), *dictionaries, "[parameters]", *bound]))
    return written


def fuzz(address: str, role: str, tag: str, examples: int, more: Sequence[str], settings: Path) -> int:
    """Run the fuzzer over one noun as one caller and return its exit code."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings), "run"),
        *(f"{address}/v1/openapi.json", "--max-examples", str(examples), "--no-color"),
        *("-H", f"Authorization: Bearer {role}", "--include-tag", tag, *more),
    ]
    print(f"{tag} as {role}", flush=True)
    return subprocess.run(command, check=False, env=os.environ | HOOKS).returncode  # noqa: S603  # the dev extra's own tool


HOOKS = {"SCHEMATHESIS_HOOKS": "benchmarks.fuzz_hooks"}
CONFIG = Path(__file__).parent.parent / "schemathesis.toml"


def main(given: Sequence[str] | None = None) -> int:
    """Fuzz each database as each role; 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--role", choices=[*PARTIES, EVERYBODY], action="append")
    parser.add_argument("--tag", choices=TAGS, action="append")
    parser.add_argument("--examples", type=int, default=20, help="per operation")
    asked, more = parser.parse_known_args(given)
    code = 0
    with folder(None) as home:
        for database in asked.database or ["sqlite", "postgresql"]:
            with place(database, home) as url, served(url) as (address, parts):
                settings = configured(home, parts)
                for role, tag in product(asked.role or [*PARTIES, EVERYBODY], asked.tag or TAGS):
                    code = max(code, fuzz(address, role, tag, asked.examples, more, settings))
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
