"""A bounded soak on both databases; and the soak's own checks find what is planted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = """
import dataclasses, json, sys, time
from pathlib import Path
from benchmarks import databases
from benchmarks.soak_audit import Acknowledged, audit, compare
from benchmarks.soak_places import now, opened
from benchmarks.soak_plan import CYCLE, Plan
from benchmarks.soak_worker import Client, Job
from benchmarks.workload import BOOK
from almoner.finance.storage import UnitOfWork, open_engine

plan, found = Plan(seed=3, lanes=1, batch=20), {}
with databases.folder(None) as home, opened("sqlite", home, plan) as database:
    job = Job(
        plan=plan, lane=0, url=database.url, written=home / "0.txt", stop=home / "stop", began=now(),
        deadline=time.monotonic() + 60,
    )
    class Once(Client):
        def _do_lost(self, chunk):
            self._do_batch(chunk)
            job.stop.touch()
    Once(job).run()
    lines = job.written.read_text().splitlines()
    key, identity = next(line.split() for line in lines if line.startswith("0.1.m"))
    with UnitOfWork(open_engine(database.url)) as session:
        def look(name, *more, change=None):
            told = Acknowledged()
            told.read([*lines, *more])
            ledger = audit(plan, told.steps)
            if change:
                change(ledger, told)
            made = compare(session, BOOK, ledger, told)
            found[name] = [len(made.lost), len(made.doubled), len(made.differing), len(told.findings)]
        look("clean")
        look("acknowledged and not there", "0.0.ghost " + "0" * 32)
        look("answered with two identities", f"{key} " + "f" * 32)
        look("step done twice", "= 3 0 0 0 0 0")
        look("reported by a client", "! something")
        look("acknowledged with another identity", change=lambda _, told: told.ids.update({key: "f" * 32}))
        look("posted and not asked for", change=lambda ledger, told: ledger.acts.pop(key))
        look("other act", change=lambda ledger, _: ledger.acts.update({key: "reverse"}))
        look("other balance", change=lambda ledger, _: ledger.move("lane-0/pool", "lane-0/cash", 1))
        look("other gift", change=lambda ledger, _: ledger.lots.update({"0.0.c0": 1}))
        look("never acknowledged", change=lambda _, told: told.ids.pop(key))
print(json.dumps(found))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )


@pytest.mark.parametrize(("dialect", "crashes"), [("sqlite", 0), ("postgresql", 1)])
def test_two_thousand_transfers_survive_kills_lost_replies_and_a_crash(dialect: str, crashes: int) -> None:
    asked = ["--minutes", "3", "--transfers", "2000", "--kills", "2", "--crashes", str(crashes), "--json"]
    done = run("-m", "benchmarks.soak", *asked, "--databases", dialect)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    figures = document[dialect]
    assert figures["findings"] == []
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert document["in_all"]["transfers"] == figures["transfers"] >= 2000
    assert (figures["kills"], figures["recoveries"]) == (2, crashes)
    assert figures["replayed"] > 100
    assert figures["refused"] > 20
    assert figures["lost_replies"] > 0
    assert figures["reconnected"] >= crashes
    assert figures["log"] == figures["verified"]["transactions"]
    if dialect == "postgresql":
        assert figures["settings"]["fsync"] == figures["settings"]["synchronous_commit"] == "on"


@pytest.mark.campaign
def test_a_soak_that_is_too_slow_ends_in_time_and_says_so() -> None:
    asked = ["--minutes", "0.1", "--transfers", "100000", "--kills", "1", "--databases", "sqlite"]
    done = run("-m", "benchmarks.soak", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The time was over after" in done.stderr


def test_the_audit_of_a_soak_finds_what_is_planted() -> None:
    done = run("-c", PLANTED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("clean") == [0, 0, 0, 0]
    assert found == {
        "acknowledged and not there": [1, 0, 0, 0],
        "answered with two identities": [0, 0, 0, 1],
        "step done twice": [0, 0, 0, 1],
        "reported by a client": [0, 0, 0, 1],
        "acknowledged with another identity": [1, 0, 0, 0],
        "posted and not asked for": [0, 1, 0, 0],
        "other act": [0, 0, 1, 0],
        "other balance": [0, 0, 2, 0],
        "other gift": [0, 0, 1, 0],
        "never acknowledged": [0, 0, 1, 0],
    }
