"""The benchmark of the ledger runs, says what it measured, and leaves books that verify."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATHS = ("single", "concurrent8", "hot", "batch1000")
CONTENDERS = {"library", "equal", "bare"}


@pytest.mark.campaign
def test_a_tiny_run_measures_every_path_on_both_databases_and_the_books_verify() -> None:
    tiny = ["--json", "--verify", "--rounds", "1", "--seconds", "30", "--transfers", "4"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger", *tiny],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    for dialect in ("postgresql", "sqlite"):
        measured = document[dialect]
        for path in PATHS:
            assert measured[f"{path}_ratio"] > 0
            assert measured[f"{path}_ratio_bare"] > 0
            assert set(measured["figures"][path]) == CONTENDERS
        assert {name: book["by"] for name, book in measured["books"].items()} == {
            "library": "acts.verify",
            "equal": "acts.verify",
            "bare": "sums",
        }
        assert len({book["transfers"] for book in measured["books"].values()}) == 1
        assert measured["conditions"]["fsync_per_second"]["before"] > 0
    assert document["postgresql"]["conditions"]["settings"]["fsync"] == "on"
    assert document["postgresql"]["conditions"]["settings"]["synchronous_commit"] == "on"
    assert document["conditions"]["clients"] == "8 processes"


def test_a_balance_is_read_in_the_same_time_however_many_postings_it_has() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.balance", "--json", "--postings", "4100"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    for dialect in ("postgresql", "sqlite"):
        assert document[dialect]["postings"] == [4100, 10]
        assert document[dialect]["balance_ratio"] > 0
