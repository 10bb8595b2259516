"""Compare every reading of random terms with every other: ``python -m benchmarks.fuzz_terms --minutes 10``.

Each round draws one small and one larger term document and a block of random observations. The columns of the
simulation are compared with the exact arithmetic of payment, in whole numbers, on every path and every figure
(earned, entitled, paid, every cut, every flow, figures, balances), and with payment itself, path by path, on
some. The reference interpreter of ``tests/terms``, which shares no code with them,
is compared on some paths, also with pending values and waiting times. What was proven must hold what came
out, and a maximum said to be attained must be paid on its witness. What differs is shrunk and printed as
JSON; the exit code is then 1.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import numpy as np
from tests.terms.checking import (
    Block,
    Finding,
    Tally,
    check_block,
    check_bounds,
    check_reference,
    check_witness,
    draw_block,
    observations_of,
    one_path,
)
from tests.terms.generator import draw_document, draw_members, draw_observations
from tests.terms.reference import Members
from tests.terms.shrinking import shrink, story

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.program import Program
from almoner.finance.errors import TermError

SMALL, LARGE = 8000, 1000
DAYS = (None, date(2027, 7, 30), date(2027, 7, 31), date(2028, 6, 1))
SHOWN_SECONDS, SHRINK_SECONDS, MOST_STORIES = 5.0, 20.0, 3
SEEN: Counter[str] = Counter()  # in each process: one fault shows often, and is shrunk a few times


@dataclass
class Round:
    """What one seed gave: counts, and findings as JSON."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    stories: list[dict[str, object]] = field(default_factory=list)


def play(seed: int) -> Round:
    """Draw a small and a larger document, and compare.

    Parameters
    ----------
    seed : int [number]
        Names the round for ever.
    """
    done = Round(seed)
    for small, paths in ((True, SMALL), (False, LARGE)):
        drawn = random.Random(2 * seed + small)  # noqa: S311  # no secret
        document = draw_document(drawn, small=small)
        tally = Tally()
        tally.counts["documents"] += 1
        try:
            compare(document, drawn, paths, tally)
        except (ArithmeticError, LookupError, TypeError, ValueError) as crash:
            tally.findings.append(Finding(f"crash {type(crash).__name__}: {crash}", {}, {}))
        done.counts += tally.counts
        for finding in tally.findings[:1]:
            kind = finding.what.split()[0]
            SEEN[kind] += 1
            if SEEN[kind] <= MOST_STORIES:
                shrunk, rest = shrink(document, finding, seconds=SHRINK_SECONDS)
                done.stories.append({"seed": seed, "first": finding.what, **story(shrunk, rest)})
        done.counts["documents with a difference"] += bool(tally.findings)
    return done


def compare(document: TermDocument, drawn: random.Random, paths: int, tally: Tally) -> None:
    """Carry out a document in every way.

    Parameters
    ----------
    document : TermDocument
        Drawn at random.
    drawn : random.Random
        For its observations.
    paths : int [paths]
        Of the block.
    tally : Tally
        Takes counts and findings.
    """
    try:
        program = compile_terms(document)
    except TermError:
        tally.counts["documents refused by the compiler"] += 1
        return
    members = draw_members(drawn, document)
    block = draw_block(np.random.default_rng(drawn.getrandbits(64)), program, members, paths)
    for number in range(3):
        path = one_path(program, members, block, drawn.randrange(paths))
        seen = observations_of(document, path)
        if number == 2:  # noqa: PLR2004  # the third
            seen = draw_observations(drawn, document, members, 0.3)
        check_reference(document, program, members, seen, tally, as_of=drawn.choice(DAYS) if number else None)
    prove_and_compare(document, program, members, block, tally)


def prove_and_compare(
    document: TermDocument, program: Program, members: dict[str, Members], block: Block, tally: Tally
) -> None:
    """Columns against exact payment, both against the proof; without a proof nothing is simulated."""
    try:
        proof = prove(program)
    except TermError:
        tally.counts["documents refused by the proof"] += 1
        return
    paths = next((array.shape[2] for array in block.values()), 1)
    outturn = check_block(document, program, members, block, paths, tally)
    tally.counts[f"proofs, {proof.label}"] += 1
    if told := check_witness(program, proof):
        tally.findings.append(Finding(told, members, {}))
    if outturn is None:
        return
    tally.counts["term-paths within their bounds"] += paths
    for told in check_bounds(program, proof, outturn, complete=True)[:1]:
        tally.counts["documents beyond their bounds"] += 1
        table = one_path(program, members, block, 0)
        tally.findings.append(Finding(f"bounds: {told}", members, observations_of(document, table)))


def rounds(first: int, minutes: float, workers: int) -> Iterator[Round]:
    """Play seeds from the first on until the time is up.

    Parameters
    ----------
    first : int [number]
        The first seed.
    minutes : float [minutes]
        How long.
    workers : int [processes]
        How many at once.
    """
    ends = time.monotonic() + minutes * 60
    seeds = count(first)
    with ProcessPoolExecutor(workers) as pool:
        running = [pool.submit(play, next(seeds)) for _ in range(2 * workers)]
        while running:
            yield running.pop(0).result()
            if time.monotonic() < ends:
                running.append(pool.submit(play, next(seeds)))


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign and say what was compared with what."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    stories: list[dict[str, object]] = []
    began = shown = time.monotonic()
    for done in rounds(given.seed, given.minutes, given.workers):
        counts += done.counts
        counts["rounds"] += 1
        stories += done.stories
        if time.monotonic() - shown > SHOWN_SECONDS:
            shown = time.monotonic()
            compared = counts["term-paths, exact = columns"]
            differ = counts["documents with a difference"]
            told = f"{shown - began:6.0f} s  {compared:,} term-paths, {differ} documents differ"
            print(told, file=sys.stderr, flush=True)
    seconds = round(time.monotonic() - began, 1)
    listed = dict(sorted(counts.items()))
    if given.json:
        report = {"seed": given.seed, "seconds": seconds, "counts": listed, "findings": stories}
        print(json.dumps(report, indent=1))
    else:
        for name, number in listed.items():
            print(f"{number:>15,}  {name}")
        print(f"{seconds:>15,}  seconds")
        for one in stories:
            print(json.dumps(one, indent=1))
    return 1 if counts["documents with a difference"] else 0


if __name__ == "__main__":
    sys.exit(main())
