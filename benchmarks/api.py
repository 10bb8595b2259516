"""The API against a bare handler that runs the same SQL, and against clients that lose their answers.

``python -m benchmarks.api --json [--quick]`` prints ``read_ratio`` and ``write_ratio`` (p50 and p99 of
ours over those of the bare handler, in interleaved rounds of the same run) and what 64 clients with cut
replies and retries left behind: answers by status, payouts against keys, and whether the ledger verifies.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, select

from almoner import currency, money
from almoner.api.migrations import upgrade
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.records.tables import TXN
from almoner.finance.storage import Session, UnitOfWork, open_engine

from .api_server import BOOK, FUND, PAYMENT, READ, WRITE
from .conditions import foreign_load, fsync_rate, versions
from .databases import durable_server, folder, named
from .load import Aim, Seen, closed_loop, percentile, with_faults

GOAL = 1.5
CLIENTS = 64
WARM_S = 0.5
BODY = json.dumps(PAYMENT).encode()
AIMS = {
    "read": (Aim(method="GET", path=READ), Aim(method="GET", path=READ.replace("/v1", "/bare"))),
    "write": (
        Aim(method="POST", path=WRITE, body=BODY, keyed=True),
        Aim(method="POST", path=WRITE.replace("/v1", "/bare"), body=BODY, keyed=True),
    ),
}


def fill(url: str) -> None:
    """Make the tables, a fund and money enough."""
    engine = open_engine(url)
    upgrade(engine)
    usd = currency("USD")
    with UnitOfWork(engine) as session:
        acts.open_book(session, BOOK, usd)
        for code in ("giver", "shelter", "house"):
            acts.register_party(session, BOOK, Party(code=code, name=code.title()))
        fund = acts.open_fund(session, BOOK, FUND, usd, title="Pool")
        acts.contribute(session, fund, "giver", money("100000000.00", usd), key="gift", clock=system_clock)
    engine.dispose()


@contextmanager
def served(url: str) -> Iterator[int]:
    """Serve a database in a process of its own and yield the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "benchmarks.api_server", "--url", url, "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # noqa: S603  # our own module
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("the server of the measurement did not start")
        try:
            statements(port)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server of the measurement did not answer in 60 seconds")


def statements(port: int) -> dict[str, int]:
    """Return how many statements a read and a write run."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/bare/statements")
    counted: dict[str, int] = json.loads(connection.getresponse().read())
    connection.close()
    return counted


def measure(port: int, clients: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Run interleaved rounds of ours and the bare handler and return ratios with all rounds shown."""
    shown: dict[str, Any] = {}
    for kind, (ours, bare) in AIMS.items():
        for aim in (ours, bare):  # connections and prepared statements are there before anything is measured
            closed_loop(port, aim, clients, WARM_S, f"{kind}-warm")
        pairs = []
        for number in range(rounds):
            order = (("ours", ours), ("bare", bare)) if number % 2 == 0 else (("bare", bare), ("ours", ours))
            took = {who: closed_loop(port, aim, clients, seconds, f"{kind}-{number}") for who, aim in order}
            _require_answers(took, kind)
            pairs.append({who: _figures(seen, seconds) for who, seen in took.items()})
        shown[kind] = {"rounds": pairs}
        for share in ("p50_ms", "p99_ms"):
            ratio = statistics.median(one["ours"][share] / one["bare"][share] for one in pairs)
            shown[kind][f"ratio_{share[:3]}"] = round(ratio, 3)
    return shown


def _figures(seen: Seen, seconds: float) -> dict[str, float]:
    return {
        "requests": len(seen.seconds),
        "per_second": round(len(seen.seconds) / seconds, 1),
        "p50_ms": round(percentile(seen.seconds, 0.5), 2),
        "p99_ms": round(percentile(seen.seconds, 0.99), 2),
    }


def _require_answers(took: dict[str, Seen], kind: str) -> None:
    for who, seen in took.items():
        wrong = {status: count for status, count in seen.statuses.items() if status not in {200, 201}}
        if wrong:
            raise SystemExit(f"{who} {kind} answered {wrong}")


def faults(port: int, url: str, clients: int, each: int) -> dict[str, Any]:
    """Cut replies, repeat requests, and count what was paid."""
    before = payments(url)
    seen = with_faults(port, AIMS["write"][0], clients, each, 0.3, "faults")
    paid = payments(url) - before
    engine = open_engine(url)
    with Session(engine) as session:
        verified = acts.verify(session, BOOK).verified
    engine.dispose()
    stated = {status: count for status, count in seen.statuses.items() if status in {409, 429, 503}}
    errors = sum(count for status, count in seen.statuses.items() if status not in {200, 201, 409, 429, 503})
    return {
        "clients": clients,
        "keys": clients * each,
        "cut": seen.cut,
        "answers": {str(status): count for status, count in sorted(seen.statuses.items())},
        "stated_refusals": {str(status): count for status, count in sorted(stated.items())},
        "errors": errors,
        "payouts": paid,
        "double_payouts": paid - clients * each,
        "ledger_verified": verified,
    }


def payments(url: str) -> int:
    """Return how many payments the ledger holds."""
    engine = open_engine(url)
    with Session(engine) as session:
        count = session.scalar(select(func.count()).select_from(TXN).where(TXN.c.kind == PAYMENT["line"]))
    engine.dispose()
    return int(count or 0)


def report(dialect: str, url: str, plan: dict[str, Any]) -> dict[str, Any]:
    """Measure one database."""
    print(f"{dialect}: filling", file=sys.stderr)
    fill(url)
    with served(url) as port:
        print(f"{dialect}: {CLIENTS} clients with cut replies", file=sys.stderr)
        kept = faults(
            port, url, CLIENTS, plan["each"]
        )  # first: what the bare handler writes verifies nowhere
        print(f"{dialect}: {plan['rounds']} rounds of {plan['seconds']} s", file=sys.stderr)
        shown = measure(port, plan["clients"], plan["rounds"], plan["seconds"])
        return {"statements": statements(port), **shown, "faults": kept}


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 when every goal is met, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="within 60 seconds")
    parser.add_argument("--dialect", choices=["postgresql", "sqlite"], action="append")
    asked = parser.parse_args(given)
    plan = {"clients": CLIENTS, "rounds": 5, "seconds": 30.0, "each": 160}
    if asked.quick:
        plan = {"clients": CLIENTS, "rounds": 3, "seconds": 1.1, "each": 3}
    dialects = asked.dialect or ["postgresql", "sqlite"]
    found: dict[str, Any] = {}
    with folder(None) as home:
        if "postgresql" in dialects:
            with durable_server(home) as server:
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    connection.execute("CREATE DATABASE api_bench")
                found["postgresql"] = report("postgresql", named(server.get_uri(), "api_bench"), plan)
        if "sqlite" in dialects:
            found["sqlite"] = report("sqlite", f"sqlite:///{Path(home) / 'api.db'}", plan)
        document = {**summary(found), **found, "plan": plan}
        document["conditions"] = {
            **versions(),
            "cores": os.cpu_count(),
            "fsync_per_second": fsync_rate(home, 0.2),
            "foreign_load": foreign_load(0.2),
        }
    print(json.dumps(document, indent=None if asked.json else 2))
    return 0 if document["met"] else 1


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Return the ratios of the first database, and whether every goal is met on it."""
    first = next(iter(found.values()))
    ratios = {
        f"{kind}_ratio": {"p50": first[kind]["ratio_p50"], "p99": first[kind]["ratio_p99"], "goal": GOAL}
        for kind in AIMS
    }
    fast = all(max(one["p50"], one["p99"]) <= GOAL for one in ratios.values())
    safe = all(
        one["faults"]["errors"] == one["faults"]["double_payouts"] == 0 and one["faults"]["ledger_verified"]
        for one in found.values()
    )
    return {**ratios, "met": fast and safe}


if __name__ == "__main__":
    raise SystemExit(main())
