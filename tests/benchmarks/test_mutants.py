"""A rule taken out of the schema lets an attack through: a sample here, all of them by ``make mutants``."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_rules_taken_out_of_the_schema_are_missed() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.mutants",
            "--dialect",
            "sqlite",
            "--json",
            "--only",
            "fault_child",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["mutants"] > 20
    assert report["survive"] == []
    assert report["cannot_be_built"] == []
