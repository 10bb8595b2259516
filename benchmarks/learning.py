"""Regret of policies that learn against those that do not, in simulated worlds.

``python -m benchmarks.learning --json`` lets every policy decide for 20 rounds in 100 worlds; ``--quick``
in 8 worlds for 10 rounds. Regret is stated in parts of what the clairvoyant could have had at most.
Differences are taken world by world, with the same luck. It ends with 1 when a figure is outside its aim:
the learning policy below greedy on raw means, random exploration and equal chances; promised within 2 % of
realised; stated 90 % intervals over 90 +- 2 % of the truths, and two standard errors of so few truths in a
quick run.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from almoner.finance.allocation.learning.simulation import POLICIES, PolicyRun, simulate, summarise

OURS = "information"
BEATEN = ("raw_means", "epsilon", "chance")
PROMISE, COVERAGE, MARGIN = 0.02, 0.90, 0.02


def differences(runs: Sequence[PolicyRun], other: str) -> dict[str, float]:
    """Return by how much more another policy regrets, world by world, with its standard error."""
    own = {run.world: run for run in runs if run.policy == OURS}
    found = np.array(
        [
            float((run.regret - own[run.world].regret) / (run.clairvoyant * len(run.realised)))
            for run in runs
            if run.policy == other
        ]
    )
    return {
        "mean": round(float(found.mean()), 5),
        "error": round(float(found.std(ddof=1) / np.sqrt(len(found))), 5),
        "worlds_won": int((found > 0).sum()),
    }


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="8 worlds, 10 rounds, at most 60 seconds")
    parser.add_argument("--worlds", type=int, default=0, help="default 100")
    parser.add_argument("--rounds", type=int, default=0, help="default 20")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 for none beside this one")
    asked = parser.parse_args(given)
    worlds = asked.worlds or (8 if asked.quick else 100)
    rounds = asked.rounds or (10 if asked.quick else 20)
    began = time.process_time()
    if asked.workers:
        with ProcessPoolExecutor(asked.workers) as pool:
            runs = simulate(worlds=worlds, rounds=rounds, seed=asked.seed, executor=pool)
    else:
        runs = simulate(worlds=worlds, rounds=rounds, seed=asked.seed)
    found = {one.policy: one for one in summarise(runs)}
    ours = found[OURS]
    truths = sum(run.stated for run in runs if run.policy == OURS)
    chance = float(np.sqrt(COVERAGE * (1 - COVERAGE) / truths))
    aims = {
        **{f"below {name}": ours.regret < found[name].regret for name in BEATEN},
        "promised as realised": abs(ours.over_promise) <= PROMISE,
        "coverage": abs(ours.coverage - COVERAGE) <= MARGIN + (2 * chance if asked.quick else 0),
    }
    document = {
        "worlds": worlds,
        "rounds": rounds,
        "seed": asked.seed,
        "policies": {name: _rounded(asdict(one)) for name, one in found.items()},
        "regret_beyond_ours": {name: differences(runs, name) for name in POLICIES if name != OURS},
        "aims": aims,
        "cpu_s": round(time.process_time() - began, 1),
        "versions": {name: version(name) for name in ("almoner", "numpy", "scipy", "highspy")},
    }
    print(json.dumps(document, indent=1))
    return 0 if all(aims.values()) else 1


def _rounded(figures: dict[str, float | str]) -> dict[str, float | str]:
    return {
        name: round(value, 5) if isinstance(value, float) else value
        for name, value in figures.items()
        if name != "policy"
    }


if __name__ == "__main__":
    sys.exit(main())
