"""The benchmark of outcome rows runs from the file to the payment, and says what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.campaign
def test_a_tiny_run_imports_evaluates_and_settles_on_both_databases() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.settlement", "--json", "--quick", "--rows", "400"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["rows"] == 400
    assert document["peak_memory_mib"] > 0
    for dialect in ("sqlite", "postgresql"):
        measured = document[dialect]
        assert set(measured["seconds"]) == {"library", "equal", "bare"}
        assert set(measured["seconds"]["library"]) == {"import", "evaluate", "settle"}
        assert document["ratio"] >= measured["ratio"] > measured["import_ratio"] > 0
        assert measured["ratio_bare"] > 0
