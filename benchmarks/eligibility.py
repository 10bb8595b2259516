"""Time of eligibility: 10,000 applications against a rule of 30 leaves, and the smallest set of papers.

``python -m benchmarks.eligibility --json`` checks applications whose facts are declared and confirmed, writes
each finding's exact bytes, and looks for the fewest papers of applicants who lack twelve. ``--quick`` takes
1,000. It ends with 1 when checking takes more than 3 seconds of processor time for 10,000, or the same share
of it for fewer.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence

from almoner.challenges import EligibilityRule, FactStatement, check_eligibility, smallest_proofs

LEAVES, OPEN = 30, 12
WHOLE, LIMIT_S = 10_000, 3.0
Facts = dict[str, tuple[FactStatement, ...]]


def make_rule() -> EligibilityRule:
    """Return a rule of 15 pairs of which one must hold; a third of its leaves ask no paper."""
    leaves = [
        {
            "fact": f"fact-{n}",
            "op": ("!=", ">=", "in", "<=")[n % 4],
            "value": (n, 10, list(range(0, 880, 40)), 899)[n % 4],
            "clause": f"{n // 10 + 1}.{n % 10}",
            "evidence_asked": [f"paper-{n}"] if n % 3 else [],
            "cure_days": 10,
        }
        for n in range(LEAVES)
    ]
    pairs = [leaves[n : n + 2] for n in range(0, LEAVES, 2)]
    groups: list[object] = [{"any": pair} for pair in pairs[:8]]
    groups += [{"not": {"all": [{"not": one} for one in pair]}} for pair in pairs[8:]]
    return EligibilityRule.read(json.dumps({"eligibility": {"all": groups}}))


def make_facts(n: int) -> Facts:
    """Return what one invented applicant declares, and what was confirmed of it.

    Parameters
    ----------
    n : int [position]
        Which applicant; the same gives the same.
    """
    facts: Facts = {}
    for k in range(LEAVES):
        value = (7 * n + 13 * k) % 900
        declared = FactStatement(value=value, source="declared")
        confirmed = FactStatement(value=value, source="confirmed", evidence=f"paper-{k}")
        facts[f"fact-{k}"] = (declared,) if (n + k) % 5 == 0 else (declared, confirmed)
    return facts


def measure(applications: int) -> dict[str, object]:
    """Return processor time of checking, of writing findings and of finding the fewest papers.

    Parameters
    ----------
    applications : int [rows]
        How many.
    """
    rule = make_rule().eligibility
    known = [make_facts(n) for n in range(applications)]
    began = time.process_time()
    findings = [check_eligibility(rule, facts) for facts in known]
    checked = time.process_time()
    size = sum(len(found.to_bytes()) for found in findings[:1000])
    written = time.process_time()
    any_of = [
        {"fact": f"f{n}", "op": "=", "value": 1, "clause": "1", "evidence_asked": [f"p{n}", "q"]}
        for n in range(OPEN)
    ]
    hard = EligibilityRule.read(json.dumps({"eligibility": {"all": any_of}})).eligibility
    lacking = check_eligibility(hard, {})
    before = time.process_time()
    proofs = smallest_proofs(hard, lacking)
    found = time.process_time()
    states = [one.status for one in findings]
    return {
        "applications": applications,
        "leaves": LEAVES,
        "seconds": round(checked - began, 3),
        "limit_seconds": round(LIMIT_S * applications / WHOLE, 3),
        "statuses": {state: states.count(state) for state in sorted(set(states))},
        "bytes_of_1000_findings": size,
        "write_1000_seconds": round(written - checked, 3),
        "smallest_of_12_seconds": round(found - before, 3),
        "smallest_papers": 0 if proofs is None else proofs.size,
        "python": platform.python_version(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 when it was too slow."""
    parser = argparse.ArgumentParser(prog="benchmarks.eligibility", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 applications")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(arguments)
    measured = measure(1000 if chosen.quick else WHOLE)
    if chosen.json:
        print(json.dumps(measured, indent=1))
    else:
        for name, value in measured.items():
            print(f"{name:>24} {value}")
    return int(float(str(measured["seconds"])) > float(str(measured["limit_seconds"])))


if __name__ == "__main__":
    sys.exit(main())
