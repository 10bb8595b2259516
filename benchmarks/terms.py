"""Speed of the term language: simulation against numpy by hand and against exact payment, in one run.

``python -m benchmarks.terms --json`` takes a rate card of 23 lines under a contract limit, a note of two
classes with bands, a pot and a hurdle over 3 cohorts and 8 periods, and 400 people with a limit each; and
proves the bounds of every deal in the casebook. ``--quick`` takes fewer repetitions. Ratios are of medians of
interleaved repetitions.
"""

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any

import numpy as np

from almoner.contracts.casebook import list_deals, read_terms
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
from almoner.contracts.terms.running.cells import Table
from almoner.contracts.terms.running.engine import carry_out
from almoner.contracts.terms.simulate import Given, run

from . import conditions

Array = Any  # an array of int64
Arrays = dict[str, Array]
PRICES = (220, 220, 220, 220, 220, 220, 220, 220, 1760, 4730, 4730, 660, 2750, 2750, 4730, 110, 220, 330, 660)
CARD = (*PRICES, 2750, 2750, 2750, 2750)  # pounds, 23 lines
CARD_LIMIT = 1_083_550_00
EDGES = (500, 1500, 2000, 2500, 3500, 4000)  # hundredths of a percent
RATES = {"a": (0, 500, 600, 700, 800, 900, 1000), "b": (0, 800, 1050, 1500, 2000, 2500, 3000)}
NOTIONALS = {"a": 750_000_000, "b": 250_000_000}  # cents
PERIODS, COHORTS, PEOPLE = 8, 3, 400
GAIN_LIMIT = 1_500_000_000
PERSON_PRICES = (("starts", "660", "GBP/2 per claim/0"), ("weeks", "75.50", "GBP/2 per week/0"))
FLOOR, TOP = 500, 4000  # hundredths of a percent
HURDLE, HURDLE_RATE = 50_000_000, "0.08"
PARTIES = {"payer": {"role": "outcome_payer"}, "a": {"role": "investor"}, "b": {"role": "investor"}}


def lit(value: str, kind: str) -> dict[str, object]:
    """Write a number."""
    return {"op": "lit", "value": value, "type": kind}


def obs(metric: str) -> dict[str, object]:
    """Write an observation."""
    return {"op": "obs", "metric": metric}


def price_of(metric: str, price: str, kind: str) -> dict[str, object]:
    """Write a number of something times its price."""
    return {"op": "scale", "of": obs(metric), "by": [lit(price, kind)], "as": "GBP/2"}


def counted(title: str, kind: str, most: str, **more: object) -> dict[str, object]:
    """Write a metric that is counted."""
    return {"title": title, "type": kind, "domain": ["0", most], "method": "count"} | more


def document(**parts: object) -> Program:
    """Compile a document of some parts."""
    whole = {
        "schema": "almoner.term/1",
        "title": "Benchmark",
        "rounding": "half_even",
        "parties": PARTIES,
        "calendar": {"starts_on": "2020-01-01", "ends_on": "2023-12-31"},
    }
    return compile_terms(TermDocument.read(json.dumps(whole | parts)))


def rate_card() -> Program:
    """Return 23 lines under a contract limit."""
    lines = [f"line-{at + 1}" for at in range(len(CARD))]
    metrics = {name: counted(name, "claim/0", "500") for name in lines}
    clauses = [
        {
            "op": "pay", "id": f"pay-{name}", "from": "payer", "to": "a", "basis": "once",
            "amount": price_of(name, str(price), "GBP/2 per claim/0"),
        }
        for name, price in zip(lines, CARD, strict=True)
    ]  # fmt: skip
    limit = {"id": "contract", "of": ["*"], "max": f"{CARD_LIMIT // 100}"}
    return document(metrics=metrics, clauses=clauses, limits=[limit])


def note() -> Program:
    """Return two classes of notes: gains by bands into a pot, coupons out of it, then a hurdle."""
    rates = {
        f"rate-{name}": {
            "value": {
                "op": "bands", "of": obs("gain"), "as": "percent/2",
                "edges": [{"at": f"{edge / 100:.2f}", "owner": "above"} for edge in EDGES],
                "rows": [{"base": f"{rate / 100:.2f}"} for rate in RATES[name]],
            }
        }
        for name in RATES
    }  # fmt: skip

    def coupon(name: str) -> dict[str, object]:
        share = {
            "op": "scale", "of": lit(f"{NOTIONALS[name] / 100:.2f}", "AUD/2"),
            "by": [{"op": "figure", "name": f"rate-{name}"}], "over": [lit("600", "percent/0")],
            "as": "AUD/2",
        }  # fmt: skip
        return {"op": "fold", "over": "cohorts", "with": "add", "of": share}

    def out(name: str, to: str, amount: dict[str, object], **more: object) -> dict[str, object]:
        least = {"op": "min", "of": [{"op": "balance", "account": "pot"}, amount]}
        return {"op": "pay", "id": name, "from": "pot", "to": to, "basis": "period", "amount": least} | more

    gain = {
        "op": "bands", "of": obs("gain"), "as": "AUD/2",
        "edges": [{"at": "5", "owner": "above"}, {"at": "40", "owner": "above"}],
        "rows": [{"base": "0"}, {"base": "100000", "slope": "33333.33", "origin": "5"}, {"base": "1500000"}],
    }  # fmt: skip
    return document(
        calendar={"starts_on": "2020-01-01", "ends_on": "2023-12-31", "periods": {"every": "P6M"}},
        sets={"cohorts": {"title": "Cohorts", "members": ["c1", "c2", "c3"]}},
        metrics={
            "gain": {
                "title": "Gain", "type": "percent/2", "domain": ["-100", "100"], "per": ["cohorts", "period"],
                "method": "matched comparison",
            }
        },
        figures=rates,
        accounts={
            "pot": {"title": "Pot", "type": "AUD/2", "kind": "pot", "holder": "a", "residual_to": "payer"},
            "hurdle": {
                "title": "Hurdle", "type": "AUD/2", "kind": "memo", "opens": lit(f"{HURDLE // 100}", "AUD/2"),
                "grows": {"rate": HURDLE_RATE, "compounding": "annual"},
            },
        },
        clauses=[
            {
                "op": "pay", "id": "gain-pay", "from": "payer", "to": "pot", "each": ["cohorts"],
                "basis": "period", "amount": gain,
            },
            out("coupon-a", "a", coupon("a")),
            out("coupon-b", "b", coupon("b")),
            out("return-b", "b", {"op": "balance", "account": "hurdle"}, lowers=["hurdle"]),
        ],
        limits=[{"id": "contract", "of": ["gain-pay"], "max": f"{GAIN_LIMIT // 100}"}],
    )  # fmt: skip


def people() -> Program:
    """Return 400 people with claims, a limit for each and one for all."""
    return document(
        sets={"people": {"title": "People", "most": PEOPLE}},
        metrics={
            "starts": counted("Starts", "claim/0", "9", per=["people"]),
            "weeks": counted("Weeks", "week/0", "99", per=["people"]),
        },
        clauses=[
            {
                "op": "pay", "id": name, "from": "payer", "to": "a", "each": ["people"], "basis": "once",
                "amount": price_of(name, price, kind),
            }
            for name, price, kind in PERSON_PRICES
        ],
        limits=[
            {"id": "person", "of": ["*"], "each": ["people"], "max": "5000"},
            {"id": "contract", "of": ["*"], "max": "1000000"},
        ],
    )  # fmt: skip


def card_by_hand(drawn: Arrays) -> Arrays:
    """Pay the rate card in plain numpy."""
    room = np.full(next(iter(drawn.values())).shape[-1], CARD_LIMIT, dtype=np.int64)
    paid = {}
    for at, price in enumerate(CARD):
        earned = drawn[f"line-{at + 1}"][0, 0] * (price * 100)
        paid[f"pay-line-{at + 1}"] = np.minimum(earned, room)
        room = room - paid[f"pay-line-{at + 1}"]
    return paid | {"paid": CARD_LIMIT - room}


def rounded(num: Array, den: int) -> Array:
    """Round half to even, in plain numpy."""
    quotient = num // den
    twice = 2 * (num - quotient * den)
    return quotient + ((twice > den) | ((twice == den) & (quotient % 2 == 1)))


def grown(balance: Array, factor: Fraction) -> Array:
    """Multiply by a factor of 12 decimals without leaving 64 bits, in plain numpy."""
    num, den = factor.numerator, factor.denominator
    high, low = balance // den, balance % den
    upper, lower = divmod(num, 10**6)
    first = low * upper
    second = (first % den) * 10**6 + low * lower
    quotient = high * num + (first // den) * 10**6 + second // den
    rest = second % den
    return quotient + ((2 * rest > den) | ((2 * rest == den) & (quotient % 2 == 1)))


def note_by_hand(drawn: Arrays, growth: Sequence[Fraction]) -> Arrays:
    """Pay the note in plain numpy."""
    gains = drawn["gain"]
    paths = gains.shape[-1]
    used, pot = np.zeros(paths, dtype=np.int64), np.zeros(paths, dtype=np.int64)
    hurdle = np.full(paths, HURDLE, dtype=np.int64)
    totals = {
        name: np.zeros(paths, dtype=np.int64) for name in ("gain-pay", "coupon-a", "coupon-b", "return-b")
    }
    for period in range(PERIODS):
        hurdle = grown(hurdle, growth[period])
        due = {name: np.zeros(paths, dtype=np.int64) for name in RATES}
        for cohort in range(COHORTS):
            gain = gains[period, cohort]
            slope = rounded(10_000_000 * 100 + 3_333_333 * (gain - FLOOR), 100)
            earned = np.where(gain < FLOOR, 0, np.where(gain < TOP, slope, 150_000_000))
            paid = np.minimum(earned, GAIN_LIMIT - used)
            used, pot = used + paid, pot + paid
            band = np.searchsorted(EDGES, gain, side="right")
            for name, rates in RATES.items():
                due[name] += rounded(NOTIONALS[name] * np.array(rates)[band], 60000)
        for name in RATES:
            paid = np.minimum(pot, due[name])
            pot = pot - paid
            totals[f"coupon-{name}"] += paid
        paid = np.minimum(pot, hurdle)
        pot, hurdle = pot - paid, hurdle - paid
        totals["return-b"] += paid
    totals["gain-pay"] = used
    return totals


@dataclass(frozen=True)
class Task:
    """Terms, outcomes, and the same by hand."""

    name: str
    program: Program
    drawn: Arrays
    by_hand: Callable[[Arrays], Arrays]
    wanted: tuple[Output, ...]


def tasks(paths: int) -> tuple[Task, ...]:
    """Draw outcomes for both terms."""
    chance = np.random.Generator(np.random.Philox(2026))
    card, two = rate_card(), note()
    lines = {f"line-{at + 1}": chance.integers(0, 120, (1, 1, paths)) for at in range(len(CARD))}
    gains = {"gain": chance.integers(-1000, 6000, (PERIODS, COHORTS, paths))}
    growth = next(account.growth for account in two.accounts if account.id == "hurdle")
    card_wanted = (*(Output(f"pay-{name}") for name in lines), Output("paid"))
    note_wanted = tuple(Output(clause.id) for clause in two.clauses)
    return (
        Task("rate_card", card, lines, card_by_hand, card_wanted),
        Task("note", two, gains, lambda drawn: note_by_hand(drawn, growth), note_wanted),
    )


def exact_table(task: Task, path: int) -> Table:
    """Lay out one path for exact payment."""
    cells = {
        name: [[int(cell) for cell in row] for row in array[:, :, path].tolist()]
        for name, array in task.drawn.items()
    }
    return Table(members=dict(task.program.sets), cells=cells)


def compare(task: Task, paths: int, repeats: int, exact_paths: int) -> dict[str, object]:
    """Time the three ways in turn and check that they agree on every path."""
    source = Given(task.drawn)
    times: dict[str, list[float]] = {"simulate": [], "by_hand": [], "exact": []}
    different = 0
    for _ in range(repeats):
        gc.collect()
        began = time.perf_counter()
        ours = run(task.program, source, paths=paths, wanted=task.wanted)
        middle = time.perf_counter()
        hand = task.by_hand(task.drawn)
        times["by_hand"].append(time.perf_counter() - middle)
        times["simulate"].append(middle - began)
        different += sum(int((ours[output] != hand[output.name]).sum()) for output in task.wanted)
        del hand
        tables = [exact_table(task, path) for path in range(exact_paths)]
        began = time.perf_counter()
        paid = [carry_out(task.program, WHOLE_NUMBERS, table) for table in tables]
        times["exact"].append((time.perf_counter() - began) / exact_paths)
        different += sum(
            int(read_output(outturn, output)) != int(ours[output][path])
            for path, outturn in enumerate(paid)
            for output in task.wanted
        )
        del ours, paid, tables
    took = {name: median(rows) for name, rows in times.items()}
    return {
        "numpy_ratio": round(took["simulate"] / took["by_hand"], 3),
        "exact_ratio": round(took["exact"] / (took["simulate"] / paths), 1),
        "simulate_ms": round(took["simulate"] * 1e3, 1),
        "by_hand_ms": round(took["by_hand"] * 1e3, 1),
        "exact_us_per_path": round(took["exact"] * 1e6, 1),
        "differences": different,
    }


def persons(repeats: int) -> dict[str, object]:
    """Pay 400 people exactly, as one step."""
    program = people()
    chance = np.random.Generator(np.random.Philox(7))
    members = tuple(f"m{at + 1}" for at in range(PEOPLE))
    cells = {
        name: [[int(cell) for cell in chance.integers(0, most, PEOPLE)]]
        for name, most in (("starts", 10), ("weeks", 100))
    }
    table = Table(members={"people": members}, cells=cells)
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        carry_out(program, WHOLE_NUMBERS, table)
        took.append(time.perf_counter() - began)
    return {"keys": 2 * PEOPLE, "pay_ms": round(median(took) * 1e3, 1)}


def casebook_bounds(repeats: int) -> dict[str, object]:
    """Prove the bounds of every deal of the casebook; the slowest counts."""
    rows = []
    for deal in list_deals():
        program = compile_terms(read_terms(deal))
        took = []
        for _ in range(repeats):
            began = time.perf_counter()
            prove(program)
            took.append(time.perf_counter() - began)
        rows.append((median(took) * 1e3, len(program.nodes) * len(program.periods), deal))
    largest = max(rows, key=lambda row: row[1])
    slowest = max(rows)
    return {
        "bounds_ms": round(largest[0], 1),
        "largest": largest[2],
        "slowest_ms": round(slowest[0], 1),
        "slowest": slowest[2],
        "all_ms": round(sum(row[0] for row in rows), 1),
    }


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.terms", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="3 repetitions, at most 60 seconds")
    parser.add_argument("--paths", type=int, default=1_000_000)
    asked = parser.parse_args(given)
    repeats = 3 if asked.quick else 7
    found = {task.name: compare(task, asked.paths, repeats, 200) for task in tasks(asked.paths)}
    bounds = casebook_bounds(repeats)
    figures = {
        "numpy_ratio": max(float(str(row["numpy_ratio"])) for row in found.values()),
        "exact_ratio": min(float(str(row["exact_ratio"])) for row in found.values()),
        "bounds_ms": bounds["bounds_ms"],
        "paths": asked.paths,
        "terms": found,
        "persons": persons(repeats),
        "bounds": bounds,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "conditions": {**conditions.versions(), **conditions.foreign_load(0.5)},
    }
    print(json.dumps(figures, indent=1))
    return 0 if all(row["differences"] == 0 for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
