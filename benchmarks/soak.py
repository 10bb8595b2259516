"""A soak of the ledger: transfers with duplicates, lost replies and kills; nothing is lost, nothing doubled.

``python -m benchmarks.soak --minutes 5 --transfers 1000000`` lets client processes post into fresh, durable
databases, one after the other, while it kills clients and crashes the PostgreSQL server. At the end every
acknowledged transaction must be there once, with the identity that was acknowledged; every key once; every
balance and every gift as an audit without database has them; ``acts.verify`` clean; the log sealed, and the
continuation of its first checkpoint. Any finding is printed and the exit code is 1. A machine that does not
reach the number of transfers within the minutes is no finding: the run ends in time, says so, and exits 0
when the books are right. The minutes bound the posting; sealing, verifying and auditing come after.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from almoner.finance import acts
from almoner.finance.log import Checkpoint
from almoner.finance.storage import UnitOfWork, open_engine

from . import conditions, databases
from .soak_audit import FIGURES, Acknowledged, audit, compare
from .soak_places import Database, now, opened, prove_growth
from .soak_plan import Plan
from .soak_worker import Job, serve
from .workload import BOOK

KILLED = -9
FEWEST = 100  # transfers of a soak that had the time to seal
GRACE = 60.0  # seconds past the limit that a chunk under way may take
TICK = 0.02
EARLY = 0.04  # share of the way after which the log is sealed for the first time


def say(message: str) -> None:
    """Report progress, beside the figures."""
    print(f"{time.monotonic():.1f} {message}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one database is to take.

    Attributes
    ----------
    transfers, kills, crashes : int
        Transfers to reach; clients to kill, and servers to crash, on the way.
    seconds : float
        For the posting.
    """

    transfers: int
    kills: int
    crashes: int
    seconds: float


class Crew:
    """The clients of one database, and what is done to them."""

    def __init__(self, database: Database, plan: Plan, home: Path, target: Target) -> None:
        self.database, self.plan, self.home, self.target = database, plan, home, target
        self.start_time = time.monotonic()
        self.deadline = self.start_time + target.seconds
        self.began = now()
        self.stop = home / "stop"
        self.kills = 0
        self.recoveries: list[float] = []
        self.faults: list[str] = []
        self.early: Checkpoint | None = None
        self.read = [0] * plan.lanes
        self.moved = 0
        self.processes = [self.start(lane) for lane in range(plan.lanes)]

    def written(self, lane: int) -> Path:
        """Return the file of what a lane was told is done."""
        return self.home / f"lane-{lane}.txt"

    def start(self, lane: int) -> BaseProcess:
        """Start a client, or start it again."""
        job = Job(
            plan=self.plan,
            lane=lane,
            url=self.database.url,
            written=self.written(lane),
            stop=self.stop,
            began=self.began,
            deadline=self.deadline + GRACE,
        )
        process = get_context("spawn").Process(target=serve, args=(job,), daemon=True)
        process.start()
        return process

    def kill(self, lane: int) -> None:
        """Kill a client where it stands, and start it again."""
        process = self.processes[lane]
        process.kill()
        process.join()
        self.kills += process.exitcode == KILLED
        self._require_end(lane, KILLED)
        self.processes[lane] = self.start(lane)

    def count(self) -> int:
        """Return the transfers of all chunks that are done."""
        for lane, at in enumerate(self.read):
            if not self.written(lane).exists():
                continue
            with self.written(lane).open("rb") as file:
                file.seek(at)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self.read[lane] += len(whole)
            done = [int(line.split()[1]) for line in whole.splitlines() if line.startswith(b"=")]
            self.moved += sum(map(self.plan.size, done))
        return self.moved

    def work(self, dice: random.Random) -> None:
        """Let them post, and disturb them, until the target or the time is reached."""
        target, due, at_work = self.target, self._disturbances(), 0
        while not self.faults:
            late = (time.monotonic() - self.start_time) / target.seconds
            share = max(self.count() / target.transfers, late)
            if late >= 1 or (share >= 1 and not due):
                break
            if due and share >= due[0][0] and self.moved > at_work:  # somebody works again since the last
                self._disturb(due.pop(0)[1], dice)
                at_work = self.count()
            for lane, process in enumerate(self.processes):
                if process.exitcode is not None:
                    self._require_end(lane, None)
            time.sleep(TICK)
        self.stop.touch()
        for lane, process in enumerate(self.processes):
            process.join(max(1.0, self.deadline + GRACE + TICK - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()
            self._require_end(lane, 0)

    def _disturbances(self) -> list[tuple[float, str]]:
        """Return what happens after which share of the way."""
        target = self.target
        due = [((number + 1) / (target.kills + 1), "client") for number in range(target.kills)]
        due += [
            ((number + 1) / (target.crashes + 1), ("kill", "immediate")[number % 2])
            for number in range(target.crashes)
        ]
        return sorted([(EARLY, "seal"), *due])

    def _disturb(self, what: str, dice: random.Random) -> None:
        say(f"  {what}")
        time.sleep(dice.random() * 0.3)  # into the middle of something
        if what == "client":
            self.kill(dice.randrange(self.plan.lanes))
        elif what == "seal":
            self.early = self.database.seal()
            self.database.analyze()
        else:
            self.recoveries.append(self.database.crash(what))
            say(f"  the server was ended ({what}) and answers again after {self.recoveries[-1]:.1f} s")

    def _require_end(self, lane: int, code: int | None) -> None:
        found = self.processes[lane].exitcode
        if found != code:
            self.faults.append(f"client {lane} ended with {found}, not {code}")


def soak(dialect: str, home: Path, plan: Plan, target: Target) -> dict[str, object]:
    """Soak one database and say what was found."""
    home.mkdir()
    home.chmod(0o755)
    dice = random.Random(f"{plan.seed}/{dialect}")  # noqa: S311  # a workload, no secret
    with opened(dialect, home, plan) as database:
        settings = conditions.postgres_settings if database.server else conditions.sqlite_settings
        set_to = settings(database.url)
        say(
            f"{dialect}: {target.transfers} transfers in at most {target.seconds:.0f} s, {plan.lanes} clients"
        )
        crew = Crew(database, plan, home, target)
        crew.work(dice)
        seconds = time.monotonic() - crew.start_time
        say(f"  {crew.count()} transfers in {seconds:.1f} s; sealing, verifying, auditing")
        figures, findings = _examine(crew)
        moved = int(str(figures["transfers"]))
        return {
            "target": target.transfers,
            "reached": moved >= target.transfers,
            "seconds_of_posting": round(seconds, 1),
            "per_second": round(moved / seconds),
            "kills": crew.kills,
            "recoveries": len(crew.recoveries),
            "seconds_of_recovery": [round(one, 1) for one in crew.recoveries],
            **figures,
            "findings": crew.faults + findings,
            "settings": set_to,
        }


def _examine(crew: Crew) -> tuple[dict[str, object], list[str]]:
    """Seal, verify and audit what is there."""
    times = [time.monotonic()]
    last = crew.database.seal()
    times.append(time.monotonic())
    engine = open_engine(crew.database.url)
    with UnitOfWork(engine) as session:
        verified = acts.verify(session, BOOK)
        times.append(time.monotonic())
        told = Acknowledged()
        for lane in range(crew.plan.lanes):
            path = crew.written(lane)
            told.read(path.read_text(encoding="ascii").splitlines() if path.exists() else ())
        compared = compare(session, BOOK, audit(crew.plan, told.steps), told)
    engine.dispose()
    times.append(time.monotonic())
    sealing, verifying, auditing = (round(two - one, 1) for one, two in pairwise(times))
    unsealed = ["the log was not sealed on the way"] if compared.transfers >= FEWEST else []
    growth = prove_growth(crew.database, crew.early) if crew.early else unsealed
    figures: dict[str, object] = {
        "transfers": compared.transfers,
        "lost": len(compared.lost),
        "doubled": len(compared.doubled),
        **{name: told.counted[name] for name in FIGURES},
        "verified": {"transactions": verified.transactions, "postings": verified.postings},
        "seconds_of_sealing": sealing,
        "seconds_of_verify": verifying,
        "seconds_of_audit": auditing,
        "log": last.size if last else 0,
    }
    findings = told.findings + compared.findings + growth
    return figures, findings + [f"verify: {one}" for one in verified.findings]


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="of posting, in all; default 5")
    parser.add_argument("--transfers", type=int, default=1_000_000, help="in all, shared evenly")
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    parser.add_argument("--clients", type=int, default=min(4, max(2, os.cpu_count() or 2)))
    parser.add_argument("--kills", type=int, default=12, help="of clients, per database")
    parser.add_argument("--crashes", type=int, default=2, help="of the PostgreSQL server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="on the disk to write to; default: the temporary one")
    parser.add_argument("--json", action="store_true", help="print one document")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Soak each database, print the figures, and return 1 when anything was found."""
    asked = arguments(given)
    left, document = asked.minutes * 60.0, dict[str, dict[str, object]]()
    share = -(-asked.transfers // len(asked.databases))
    plan = Plan(seed=asked.seed, lanes=asked.clients, batch=min(1000, max(20, share // (24 * asked.clients))))
    with databases.folder(asked.folder) as home:
        for position, dialect in enumerate(asked.databases):
            target = Target(
                transfers=share,
                kills=asked.kills,
                crashes=asked.crashes if dialect == "postgresql" else 0,
                seconds=left / (len(asked.databases) - position),
            )
            document[dialect] = soak(dialect, home / dialect, plan, target)
            left -= float(str(document[dialect]["seconds_of_posting"]))
            if not asked.json:
                _print(dialect, document[dialect])
    return _conclude(asked, document)


def _conclude(asked: argparse.Namespace, document: dict[str, dict[str, object]]) -> int:
    parts = document.values()
    moved = sum(int(str(one["transfers"])) for one in parts)
    found = sum(len(list(map(str, one["findings"]))) for one in parts if isinstance(one["findings"], list))
    posting = sum(float(str(one["seconds_of_posting"])) for one in parts)
    whole = {
        "transfers": moved,
        "reached": moved >= asked.transfers,
        "seconds_of_posting": round(posting, 1),
        "findings": found,
        "seed": asked.seed,
        "processors": os.cpu_count(),
    }
    if asked.json:
        print(json.dumps({**document, "in_all": whole, "versions": conditions.versions()}, indent=2))
    else:
        print(f"in all: {moved} transfers in {posting:.1f} s of posting, {found} findings")
    if not whole["reached"]:
        say(
            f"The time was over after {moved} of {asked.transfers} transfers: "
            "give more minutes or processors."
        )
    return 1 if found else 0


def _print(dialect: str, figures: dict[str, object]) -> None:
    print(dialect)
    for name, figure in figures.items():
        if name not in {"settings", "findings"}:
            print(f"  {name.replace('_', ' ')}: {figure}")
    for one in figures["findings"] if isinstance(figures["findings"], list) else ():
        print(f"  FOUND: {one}")


if __name__ == "__main__":
    sys.exit(main())
