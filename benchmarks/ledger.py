"""Speed of the ledger: the library against raw drivers, as a ratio in the same run.

``python -m benchmarks.ledger --json --quick`` prints a document with, per database, the library's
throughput divided by the throughput of raw psycopg or sqlite3 on the same schema (``single_ratio`` ...) and
on the same tables without views and triggers (``single_ratio_bare`` ...), the absolute figures, and the
conditions under which they were taken. Each ratio is the median of the ratios of rounds in which the
contenders took turns, in alternating order.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from . import conditions, databases
from .clients import Clients, Done, Task
from .databases import Place
from .workload import PATHS, Chart

CLIENTS = 8
ACCOUNTS = 1000
PRELOAD = 3000  # transfers in each database before the first round
WARM = 6  # more than psycopg sees before it prepares a statement
QUICK = 48.0  # seconds, after which --quick begins no further round
UNLIMITED = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how often is measured."""

    rounds: int
    seconds: float
    batch: int
    limit: int
    preload: int
    chart: Chart
    began: float
    deadline: float


@dataclass(slots=True)
class Slices:
    """All that one contender did on one path."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu: float = 0.0
    transfers: int = 0

    def add(self, done: Sequence[Done], start: float) -> None:
        """Add one round; its rate is the sum of the rates of its clients, so that no late one distorts it."""
        moved = sum(one.transfers for one in done)
        self.rates.append(sum(one.transfers / (one.ended - start) for one in done))
        self.latencies += [latency for one in done for latency in one.latencies]
        self.cpu += sum(one.cpu for one in done)
        self.transfers += moved

    def summary(self) -> dict[str, object]:
        """Return the absolute figures."""
        cuts = quantiles(self.latencies, n=100) if len(self.latencies) > 1 else self.latencies * 99
        return {
            "transfers_per_second": round(median(self.rates), 1),
            "p50_us": round(cuts[49] * 1e6),
            "p99_us": round(cuts[98] * 1e6),
            "commits": len(self.latencies),
            "client_cpu_us_per_transfer": round(self.cpu / self.transfers * 1e6),
        }


Measured = dict[str, dict[str, Slices]]


def say(message: str) -> None:
    """Report progress, beside the document."""
    print(message, file=sys.stderr, flush=True)


def measure_once(
    clients: Clients, plan: Plan, place: Place, path: str, number: int
) -> tuple[list[Done], float]:
    """Let the clients of one path write into one contender's database; round 0 only warms up."""
    start = time.monotonic() + 0.01
    warm = number == 0
    tasks = [
        Task(
            place=place,
            path=path,
            number=number,
            client=client,
            chart=plan.chart,
            batch=min(plan.batch, WARM) if warm else plan.batch,
            limit=min(WARM, plan.limit) if warm else plan.limit,
            start=start,
            stop=start + (60.0 if warm else plan.seconds),
        )
        for client in range(CLIENTS if path in {"concurrent8", "hot"} else 1)
    ]
    return clients.do(tasks), start


def measure(clients: Clients, plan: Plan, places: Sequence[Place]) -> tuple[Measured, dict[str, int]]:
    """Measure all paths in rounds; the contenders change their order every round."""
    measured: Measured = {path: {place.contender: Slices() for place in places} for path in PATHS}
    written: dict[str, int] = defaultdict(int)
    longest = 0.0
    for number in range(plan.limit <= WARM, plan.rounds + 1):  # round 0 warms up
        began = time.monotonic()
        if number > 1 and began + longest > plan.deadline:
            say(f"  stopped after {number - 1} of {plan.rounds} rounds: the time is up")
            break
        for path in PATHS:
            for place in places if number % 2 else tuple(reversed(places)):
                done, start = measure_once(clients, plan, place, path, number)
                written[place.contender] += sum(one.transfers for one in done)
                if number:
                    measured[path][place.contender].add(done, start)
        longest = max(longest, (time.monotonic() - began) * (number > 0))
        say(f"  round {number} of {plan.rounds}: {time.monotonic() - began:.1f} s")
    return measured, written


def ratios(measured: Measured) -> dict[str, object]:
    """Return the median, and beside it the range, of the ratios of the rounds."""
    medians: dict[str, object] = {}
    ranges: dict[str, object] = {}
    pairs = {"": ("library", "equal"), "_bare": ("library", "bare"), "_equal_to_bare": ("equal", "bare")}
    for ending, (ours, baseline) in pairs.items():
        for path in PATHS:
            rates = zip(measured[path][ours].rates, measured[path][baseline].rates, strict=True)
            found = [one / other for one, other in rates]
            medians[f"{path}_ratio{ending}"] = round(median(found), 3)
            ranges[f"{path}_ratio{ending}"] = [round(min(found), 3), round(max(found), 3)]
    return {**medians, "ranges": ranges}


def report(
    clients: Clients, plan: Plan, home: Path, opened: AbstractContextManager[tuple[Place, ...]], *, full: bool
) -> dict[str, object]:
    """Measure one database and check the books of every contender."""
    with opened as places:
        postgresql = places[0].dialect == "postgresql"
        say(f"{places[0].dialect}, ready after {time.monotonic() - plan.began:.1f} s")
        settings = conditions.postgres_settings if postgresql else conditions.sqlite_settings
        rate = conditions.fsync_rate(home, min(0.2, plan.seconds))
        load = conditions.foreign_load(min(0.2, plan.seconds))
        measured, written = measure(clients, plan, places)
        books = {
            place.contender: databases.check(place, plan.preload + written[place.contender], full=full)
            for place in places
        }
        return {
            **ratios(measured),
            "figures": {
                path: {name: one.summary() for name, one in by_contender.items()}
                for path, by_contender in measured.items()
            },
            "books": books,
            "conditions": {
                "rounds": len(measured["single"]["library"].rates),
                "seconds_per_round_and_contender": plan.seconds,
                "transfers_per_batch": plan.batch,
                "transfers_before": plan.preload,
                "rate": "sum of the clients' own rates; median of the rounds",
                "settings": settings(places[0].url),
                "fsync_per_second": {
                    "before": rate,
                    "after": conditions.fsync_rate(home, min(0.2, plan.seconds)),
                },
                "foreign_load": {"before": load, "after": conditions.foreign_load(min(0.2, plan.seconds))},
            },
        }


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the whole document, not the ratios alone")
    parser.add_argument("--quick", action="store_true", help="3 short rounds, at most 60 seconds")
    parser.add_argument("--rounds", type=int, default=0, help="default 9")
    parser.add_argument("--seconds", type=float, default=0.0, help="per round, path and contender; default 2")
    parser.add_argument("--transfers", type=int, default=0, help="at most, per round, client and contender")
    parser.add_argument("--funds", type=int, default=1, help="over which the 1,000 accounts are spread")
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; default: the temporary one")
    parser.add_argument("--verify", action="store_true", help="derive every event again at the end; slow")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    began = time.monotonic()
    asked = arguments(given)
    chart = Chart(ACCOUNTS, asked.funds)
    document: dict[str, object] = {}
    with Clients(CLIENTS) as clients, databases.folder(asked.folder) as home:
        for position, dialect in enumerate(asked.databases, start=1):
            share = 0.6 if position < len(asked.databases) else 1.0  # the server needs time to start
            plan = Plan(
                rounds=asked.rounds or (3 if asked.quick else 9),
                seconds=asked.seconds or (0.3 if asked.quick else 2.0),
                batch=min(1000, asked.transfers or 1000),
                limit=asked.transfers or UNLIMITED,
                preload=min(PRELOAD, asked.transfers or PRELOAD),
                chart=chart,
                began=began,
                deadline=began + QUICK * share if asked.quick else float("inf"),
            )
            opened = databases.postgres if dialect == "postgresql" else databases.sqlite
            document[dialect] = report(
                clients, plan, home, opened(home, chart, plan.preload), full=asked.verify
            )
    document["conditions"] = {
        "accounts": ACCOUNTS,
        "funds": asked.funds,
        "clients": f"{CLIENTS} processes",
        "processors": os.cpu_count(),
        "versions": conditions.versions(),
        "seconds_in_all": round(time.monotonic() - began, 1),
    }
    print(json.dumps(document if asked.json else _short(document), indent=2))
    return 0


def _short(document: dict[str, object]) -> dict[str, object]:
    """Keep what fits on a screen."""
    return {
        name: {key: value for key, value in part.items() if "ratio" in key or key == "conditions"}
        if isinstance(part, dict) and "figures" in part
        else part
        for name, part in document.items()
    }


if __name__ == "__main__":
    sys.exit(main())
