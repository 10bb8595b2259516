"""The benchmark of learning policies plays every policy in the same worlds, and says what it found."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_tiny_campaign_says_who_regrets_what() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.learning", "--json", "--quick", "--worlds", "2", "--rounds", "2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    document = json.loads(done.stdout)
    assert done.returncode == (0 if all(document["aims"].values()) else 1), done.stderr
    assert (document["worlds"], document["rounds"]) == (2, 2)
    assert set(document["policies"]) == {"information", "draw", "means", "raw_means", "epsilon", "chance"}
    for figures in document["policies"].values():
        assert 0 <= figures["regret"] < 1
    ours = document["policies"]["information"]["regret"]
    for name, beyond in document["regret_beyond_ours"].items():
        assert abs(document["policies"][name]["regret"] - ours - beyond["mean"]) < 1e-4
