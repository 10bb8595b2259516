"""Judging: how fast and how well judges are assigned and scores are calibrated.

``python -m benchmarks.judging --json`` prints one document; ``--quick`` ends within a minute. It ends with 1
when a figure is outside its aim.

- ``assignment``: seconds and certified gap of rounds of 500 applications, 259 judges and five reads, four
  kinds and four seeds; small ones against everything that there is; planted shortages;
- ``calibration``: CPU seconds for 2,500 scores with expected ranks, with intervals, and for making every
  award's decision again without each judge;
- ``simulation``: Kendall's tau with the truth and the share of the true top found, for raw means, judges'
  z-scores, a literal two-step formula, the two-way model and the model with panels, in ten settings
  (``--quick``: three of them and fewer runs).
"""

import argparse
import json
import sys
from collections.abc import Sequence

from benchmarks.judging_assignment import assignment_figures
from benchmarks.judging_calibration import calibration_figures, simulation_figures


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="at most 60 seconds")
    parser.add_argument("--runs", type=int, default=0, help="rounds of each setting; default 200")
    asked = parser.parse_args(given)
    document = {
        "assignment": assignment_figures(quick=asked.quick),
        "calibration": calibration_figures(),
        "simulation": simulation_figures(quick=asked.quick, runs=asked.runs),
    }
    print(json.dumps(document, indent=1))
    return 0 if all(met for part in document.values() for met in part["aims"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
