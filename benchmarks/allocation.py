"""How good and how fast allocations are, against plain HiGHS on the same instances in the same run.

``python -m benchmarks.allocation --json`` makes seeded instances of four families and lets plain HiGHS (base
and aggregated form), PuLP objects, CBC and ``allocate`` solve them in turn, one thread each, to the same gap.
Only ratios of CPU seconds are claimed:

- ``modelling_tax``: build, hand-over and solve through PuLP over plain hand-over and solve of the same model;
- ``speedup``: plain HiGHS (base form) over ours at a certified 1e-4, geometric mean over families and seeds;
  a run of HiGHS without an answer counts as its limit;
- ``small_ratio``: ours over plain HiGHS below 10,000 interventions, the worst;
- ``lumpy``: the gap that is proven after 10 s and after 60 s on ``hard`` with 1,000 interventions;
- ``peak_mib``: memory of a fresh process, from import to result.

Every answer is judged by the referee of the instances and its certificate by the verifier in another process.
``--quick`` ends within a minute; ``--compare FILE`` says which ratios are more than 15 % worse than there.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from importlib.metadata import version
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any

from almoner.finance.allocation.conflict.conflicts import find_conflict
from benchmarks.allocation_columns import (
    GAP,
    Figures,
    document_of,
    middle,
    objects,
    ours,
    peak_mib,
    raw,
    refereed,
    timed,
    verified,
)
from benchmarks.allocation_tax import modelling_tax
from benchmarks.conditions import foreign_load, versions
from benchmarks.instances.conflicts import plant_conflict
from benchmarks.instances.generate import generate
from benchmarks.instances.model import CONFLICTS, FAMILIES, ConflictKind, Family

LARGE = 10_000
SMALL, REPEATS = 100, 5  # interventions up to which each contender runs so often, and the median counts
WORSE = 1.15


def contest(family: Family, size: int, seed: int, *, limit_s: float, others: bool) -> Figures:
    """Let the contenders solve one instance in turn.

    Parameters
    ----------
    family, size, seed : str, int [interventions], int
        The instance.
    limit_s : float [s]
        Wall time of every contender.
    others : bool
        Also PuLP objects and CBC.
    """
    instance = generate(family, size, seed)
    document = document_of(instance)
    times = REPEATS if size <= SMALL else 1
    mine, result = ours(document, deadline_s=limit_s)
    if times > 1:
        mine = middle(lambda: ours(document, deadline_s=limit_s)[0], times)
    row: Figures = {"family": family, "n": size, "seed": seed, "ours": mine}
    row |= {"referee": refereed(instance, result), "verifier": verified(document, result)}
    row["raw_base"] = middle(lambda: raw(instance, "base", limit_s), times)
    row["raw_aggregated"] = raw(instance, "aggregated", limit_s)
    if others:
        row["pulp_objects"] = objects(instance, "HiGHS", limit_s)
        row["cbc"] = objects(instance, "CBC", limit_s)
    theirs = row["raw_base"]
    cost = theirs["cpu_s"] if theirs["value"] is not None else max(limit_s, theirs["cpu_s"])
    row["ratio"] = cost / mine["cpu_s"]
    row["certified"] = mine["gap"] is not None and mine["gap"] <= float(GAP)
    return row


def lumpy(seed: int, *, size: int, limits: Sequence[float]) -> Figures:
    """Return the gap proven on a ``hard`` instance after each of some times.

    Parameters
    ----------
    seed : int
        Of the instance.
    size : int [interventions]
        Of the instance.
    limits : sequence of float [s]
        Wall times, each a run of its own.
    """
    document = document_of(generate("hard", size, seed))
    row: Figures = {"seed": seed, "n": size}
    for limit in limits:
        figures, _ = ours(document, deadline_s=limit)
        row[f"gap_at_{limit:g}_s"] = figures["gap"]
        row[f"cpu_at_{limit:g}_s"] = figures["cpu_s"]
    return row


def conflict(size: int, kind: ConflictKind) -> Figures:
    """Return the time in which a planted conflict is named with its fixes, each of which was tried.

    Parameters
    ----------
    size : int [interventions]
        Of the ``easy`` instance.
    kind : str
        What is planted.
    """
    broken, planted = plant_conflict(generate("easy", size, 1), kind, 1)
    document = document_of(broken)

    def work() -> Figures:
        found = find_conflict(document)
        rules = [] if found is None else list(found.rules)
        return {"rules": rules, "fixes": 0 if found is None else len(found.fixes)}

    return {"kind": kind, "n": size, "planted": list(planted.rules), **timed(work)}


def geometric_mean(ratios: Iterable[float]) -> float | None:
    """Return the geometric mean of ratios, ``None`` of none."""
    logs = [log(ratio) for ratio in ratios]
    return exp(sum(logs) / len(logs)) if logs else None


def summary(rows: Sequence[Figures]) -> Figures:
    """Return the claimed ratios of some contests.

    Parameters
    ----------
    rows : sequence of dict
        Of ``contest``.
    """
    made: Figures = {}
    for size in sorted({row["n"] for row in rows}):
        of_size = [row for row in rows if row["n"] == size]
        if size >= LARGE:
            made[f"speedup_{size // 1000}k"] = geometric_mean(row["ratio"] for row in of_size)
        made[f"certified_{size}"] = f"{sum(row['certified'] for row in of_size)} of {len(of_size)}"
    small = [1 / row["ratio"] for row in rows if row["n"] < LARGE]
    if small:
        made["small_ratio"] = max(small)
        made["small_ratio_median"] = median(small)
    made["certificates_accepted"] = f"{sum(row['verifier']['accepted'] for row in rows)} of {len(rows)}"
    made["violations"] = sum(row["referee"]["violations"] for row in rows)
    made["values_agree"] = all(row["referee"]["value_agrees"] for row in rows)
    return made


def worse(made: Figures, stored: Figures) -> list[str]:
    """Name the ratios that are more than 15 % worse than in a stored run.

    Parameters
    ----------
    made, stored : dict
        Summaries.

    Examples
    --------
    >>> worse({"speedup_10k": 4.0, "small_ratio": 1.0}, {"speedup_10k": 5.0, "small_ratio": 1.0})
    ['speedup_10k: 4.0, was 5.0']
    """
    found = []
    for name, before in stored.items():
        now = made.get(name)
        if not isinstance(now, float) or not isinstance(before, float):
            continue
        bad = before / now > WORSE if name.startswith("speedup") else now / before > WORSE
        if bad:
            found.append(f"{name}: {now}, was {before}")
    return found


def measure(arguments: argparse.Namespace) -> Figures:
    """Run what was asked for.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.
    """
    rows = []
    for size in arguments.sizes:
        for family in arguments.families:
            for seed in arguments.seeds:
                say(f"{family}, {size:,} interventions, seed {seed}")
                limit = arguments.limit if size < 5 * LARGE else 2 * arguments.limit
                others = arguments.others and size <= arguments.others_up_to
                rows.append(contest(family, size, seed, limit_s=limit, others=others))
    made: Figures = {"summary": summary(rows), "runs": rows}
    if arguments.tax:
        say("modelling tax")
        taxes = {f"{size}": modelling_tax(size, repeats=arguments.repeats) for size in arguments.tax}
        made["modelling_tax"] = taxes
        made["summary"]["modelling_tax"] = max(row["tax"] for row in taxes.values())
    if arguments.lumpy:
        made["lumpy"] = [
            lumpy(seed, size=arguments.lumpy_size, limits=arguments.lumpy) for seed in arguments.lumpy_seeds
        ]
    if arguments.conflict:
        say(f"conflicts among {arguments.conflict:,}")
        made["conflicts"] = [conflict(arguments.conflict, kind) for kind in CONFLICTS]
        made["summary"]["conflict_s"] = max(row["cpu_s"] for row in made["conflicts"])
        named = [set(row["rules"]) == set(row["planted"]) for row in made["conflicts"]]
        made["summary"]["conflicts_named"] = f"{sum(named)} of {len(named)}"
    if arguments.peak:
        say(f"memory at {arguments.peak:,}")
        made["peak"] = peak_mib("easy", arguments.peak, arguments.seeds[0], arguments.limit)
        made["summary"]["peak_mib"] = made["peak"]["peak_mib"]
    return made


def solvers() -> Figures:
    """Return the versions of what solves and computes."""
    return {name: version(name) for name in ("highspy", "PuLP", "numpy", "scipy", "pandas")}


def say(text: str) -> None:
    """Print a line of progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def asked(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.allocation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 10_000, 50_000])
    parser.add_argument("--families", nargs="*", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--limit", type=float, default=60.0, help="wall seconds of one run")
    parser.add_argument("--tax", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--lumpy", type=float, nargs="*", default=[10.0, 60.0], help="wall seconds")
    parser.add_argument("--lumpy-size", type=int, default=1000)
    parser.add_argument("--lumpy-seeds", type=int, nargs="*", default=list(range(1, 11)))
    parser.add_argument(
        "--peak", type=int, default=50_000, help="size at which memory is measured, 0 for none"
    )
    parser.add_argument("--conflict", type=int, default=10_000, help="size of planted conflicts, 0 for none")
    parser.add_argument(
        "--others-up-to", type=int, default=1000, help="largest size for PuLP objects and CBC"
    )
    parser.add_argument("--no-others", dest="others", action="store_false")
    parser.add_argument("--compare", type=Path, help="a stored run of the same class of machine")
    arguments = parser.parse_args(words)
    if arguments.quick:
        arguments.sizes, arguments.families, arguments.seeds = [100, 1000], ["easy", "periods"], [1]
        arguments.limit, arguments.tax, arguments.repeats = 5.0, [100, 1000], 3
        arguments.lumpy, arguments.lumpy_seeds, arguments.peak = [5.0], [2], 0
        arguments.others_up_to, arguments.conflict = 100, 1000
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures."""
    arguments = asked(words)
    made = {"benchmark": "allocation", **measure(arguments)}
    made["conditions"] = {
        "versions": {**versions(), **solvers()},
        "threads": 1,
        **foreign_load(0.2),
        "limit_s": arguments.limit,
    }
    if arguments.compare:
        made["worse"] = worse(made["summary"], json.loads(arguments.compare.read_text())["summary"])
    if arguments.json:
        print(json.dumps(made, indent=1, default=plain))
    else:
        for name, figure in made["summary"].items():
            print(f"{name:24} {figure}")
    return int(bool(made.get("worse")))


def plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    """Turn what JSON does not know into what it does."""
    return float(value) if isinstance(value, Fraction) else str(value)


if __name__ == "__main__":
    sys.exit(main())
