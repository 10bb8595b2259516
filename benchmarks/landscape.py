"""Time of the actor map: 2,000 actors and 8,000 ties, exact and from pivots.

``python -m benchmarks.landscape --json`` draws an invented map whose actors attach to the well connected,
once with exact betweenness and once from 256 pivots, and says how far the pivots agree: rank correlation, and
how many of the top 50 are shared. ``--quick`` draws 500 actors and 2,000 ties. It ends with 1 when the
pivots' rank correlation is below 0.85 or they share fewer than 30 of the top 50.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

import numpy as np

from almoner.challenges.actor_map import MAP_TIE_KINDS, ActorMap, MapActor, MapTie
from almoner.challenges.landscape import PIVOTS, draw_map

DAY = date(2028, 1, 1)
KINDS = ("hub", "funder", "evaluator", "public_body", "school", "clinic")
GROUPS = 12
TOP = 50
LEAST_CORRELATION, LEAST_SHARED = 0.85, 30


def invent(actors: int, ties: int, seed: int) -> tuple[list[MapActor], list[MapTie]]:
    """Return actors in groups, tied mostly inside them and rather to the well connected.

    Parameters
    ----------
    actors, ties : int [rows]
        How many.
    seed : int [seed]
        The same seed gives the same map.
    """
    chance = np.random.default_rng(seed)
    group = chance.integers(0, GROUPS, actors)
    degree = np.ones(actors)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < ties:
        one = int(chance.integers(0, actors))
        near = degree * np.where(group == group[one], 1.0, 0.03)
        near[one] = 0.0
        other = int(chance.choice(actors, p=near / near.sum()))
        pair = (min(one, other), max(one, other))
        if pair not in pairs:
            pairs[pair] = None
            degree[[one, other]] += 1
    made = [
        MapTie(
            from_actor=f"p{a:05}",
            to_actor=f"p{b:05}",
            kind=MAP_TIE_KINDS[at % len(MAP_TIE_KINDS)],
            since=DAY,
            source=f"row {at}",
        )
        for at, (a, b) in enumerate(pairs)
    ]
    return [MapActor(code=f"p{at:05}", kind=KINDS[at % len(KINDS)]) for at in range(actors)], made


def agreement(exact: ActorMap, near: ActorMap) -> dict[str, float]:
    """Return rank correlation of betweenness, and how many of the top 50 are shared."""
    figures = [np.array([one.betweenness for one in found.places]) for found in (exact, near)]
    ranks = [np.argsort(np.argsort(one, kind="stable"), kind="stable").astype(float) for one in figures]
    tops = [set(np.argsort(-one, kind="stable")[:TOP].tolist()) for one in figures]
    centred = [one - one.mean() for one in ranks]
    correlation = float(centred[0] @ centred[1]) / float(centred[0] @ centred[0])
    return {"rank_correlation": round(correlation, 4), "top_shared": len(tops[0] & tops[1])}


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landscape", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="500 actors, 2,000 ties")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    actors, ties = invent(500, 2_000, asked.seed) if asked.quick else invent(2_000, 8_000, asked.seed)
    seconds, maps = {}, {}
    for name, exact_up_to in (("exact", len(actors)), ("pivots", 0)):
        began = time.process_time()
        maps[name] = draw_map(
            actors,
            ties,
            audience="public",
            as_of=DAY,
            seed=asked.seed,
            exact_up_to=exact_up_to,
            pivots=PIVOTS,
        )
        seconds[name] = round(time.process_time() - began, 2)
    found = agreement(maps["exact"], maps["pivots"])
    report = {
        "landscape": {
            "actors": len(actors),
            "ties": len(ties),
            "exact_cpu_seconds": seconds["exact"],
            "pivots": PIVOTS,
            "pivots_cpu_seconds": seconds["pivots"],
            **found,
            "candidates": len(maps["exact"].candidates),
            "gaps": len(maps["exact"].gaps),
        },
        "versions": {"networkx": version("networkx"), "numpy": version("numpy")},
    }
    print(json.dumps(report, indent=1, sort_keys=True))
    return int(found["rank_correlation"] < LEAST_CORRELATION or found["top_shared"] < LEAST_SHARED)


if __name__ == "__main__":
    sys.exit(main())
