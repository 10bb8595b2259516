"""Small allocation problems with every feature, drawn at random, and their best answer by trying everything.

Amounts are a few minor units, so that every allocation can be listed.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import numpy as np

from almoner.finance.allocation.answer import Allocation
from almoner.finance.allocation.arrays import ProblemArrays
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.checking.check_reading import Reading
from almoner.finance.allocation.checking.prices import Multipliers, price_bound
from almoner.finance.allocation.checking.worth import worth
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.search.rounding import round_off
from almoner.finance.errors import DocumentInvalid, RoundingFailed

Plain = dict[str, Any]
Rows = list[Plain]
UNIT = 10**9  # micro value per 1,000 major units: one unit of value for each unit of money (scale 0)


def small(seed: int) -> AllocationDocument:
    """Draw a problem; the same seed gives the same problem."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    while True:
        try:
            return AllocationDocument.from_tables(*_drawn(draw))
        except DocumentInvalid:
            continue


def _drawn(draw: random.Random) -> tuple[Plain, Plain]:
    count, periods = draw.choice([(2, 1), (3, 1), (4, 1), (2, 2)])
    who = [f"i{at}" for at in range(count)]
    head: Plain = {"unit": "points", "scale": 0, "periods": tuple(f"p{t}" for t in range(periods))}
    tables = {
        "interventions": [_intervention(draw, name) for name in who],
        **_money(draw, who, periods),
        **_amounts(draw, who, periods),
        "synergies": _synergies(draw, who),
        "limits": _limits(draw, periods),
        **_others(draw, who, periods),
    }
    shut = _shut(tables)
    tables["tranches"] = [
        row
        for row in tables["tranches"]
        if row["state"] not in {"paid", "committed"} or row["intervention_id"] not in shut
    ]
    if "previous" in tables and draw.random() < 0.7:
        head["objective"] = {"churn_bp": draw.choice([0, 3000, 8000])}
    return head, tables


def _some(draw: random.Random, part: float) -> bool:
    return draw.random() < part


def _intervention(draw: random.Random, name: str) -> Plain:
    return {
        "intervention_id": name,
        "region": draw.choice(["n", "s"]),
        "fixed_minor": draw.choice([0, 0, 1, 2]),
        "start_minor": draw.choice([0, 0, 0, 1, 2]),
        "lock": draw.choice([0] * 8 + [1, -1]),
        "shape": draw.choice(["concave", "free"]),
    }


def _money(draw: random.Random, who: list[str], periods: int) -> Plain:
    names = ["f0", "f1", "f2"][: draw.choice([1, 2, 3])]
    units = {name: draw.choice([None, None, "tokens"]) for name in names}
    fees = {name: draw.choice([0, 0, 3000]) for name in names}
    funds = [
        {
            "fund_id": name,
            "period": t,
            "budget_minor": draw.randint(0, 7),
            "carry_limit_minor": draw.choice([0, 3, 9]),
            "carry_fee_bp": fees[name],
            "unit": units[name],
        }
        for name in names
        for t in range(periods)
    ]
    earmarks: Rows = []
    for name in names[1:]:
        part = {
            "max_share_bp": draw.choice([10_000, 10_000, 5000]),
            "match_bp": draw.choice([None, None, 10_000]),
        }
        if _some(draw, 0.5):
            earmarks.append({"fund_id": name, "column": "region", "value": draw.choice(["n", "s"]), **part})
        elif _some(draw, 0.5):
            earmarks += [
                {"fund_id": name, "intervention_id": one, **part}
                for one in draw.sample(who, draw.randint(1, len(who)))
            ]
    return {
        "funds": funds,
        "earmarks": earmarks,
        "rates": [{"unit": "tokens", "numerator": 3, "denominator": 2}],
    }


def _amounts(draw: random.Random, who: list[str], periods: int) -> Plain:
    metrics = [{"metric_id": "m0", "weight": 1}, {"metric_id": "m1", "weight": 2}][: draw.choice([1, 2])]
    if _some(draw, 0.3):
        metrics[-1]["floor_micro"] = draw.choice([1, 2]) * 10**6
    tickets: Rows = []
    response: Rows = []
    tranches: Rows = []
    for name, t in itertools.product(who, range(periods)):
        if _some(draw, 0.08):
            continue
        caps = [draw.choice([0, 1, 2]) for _ in range(2)]
        most = draw.randint(0, sum(caps))
        if _some(draw, 0.7):
            tickets.append(
                {"intervention_id": name, "period": t, "min_minor": draw.randint(0, most), "max_minor": most}
            )
        for metric in metrics:
            gains = sorted((draw.randint(0, 5) * UNIT for _ in caps), reverse=True)
            response += [
                {
                    "intervention_id": name,
                    "period": t,
                    "segment": at,
                    "cap_minor": cap,
                    "gain_micro_per_k": gain,
                    "metric_id": metric["metric_id"],
                }
                for at, (cap, gain) in enumerate(zip(caps, gains, strict=True))
            ]
        if _some(draw, 0.2):
            states = sorted(draw.choices(range(4), k=2))
            tranches += [
                {
                    "intervention_id": name,
                    "period": t,
                    "ordinal": at,
                    "amount_minor": draw.randint(0, 2),
                    "state": ["paid", "committed", "open", "waiting"][state],
                }
                for at, state in enumerate(states)
            ]
    return {"metrics": metrics, "tickets": tickets, "response": response, "tranches": tranches}


def _synergies(draw: random.Random, who: list[str]) -> Rows:
    rows: Rows = []
    for kind in ("bonus", "intensity", "needs", "any_of", "bundle", "overlap", "alternatives"):
        if _some(draw, 0.35):
            most = 2 if kind in {"needs", "overlap"} else min(3, len(who))
            members = draw.sample(who, draw.randint(2, most))
            valued = kind in {"bonus", "intensity", "overlap"}
            rows.append(
                {"kind": kind, "members": members, "value_micro": draw.randint(0, 5_000_000) if valued else 0}
            )
    return rows


def _limits(draw: random.Random, periods: int) -> Rows:
    rows: Rows = []
    for group, period in itertools.product(["n", "s", "*", "all"], range(-1, periods)):
        if not _some(draw, 0.2):
            continue
        kind = "all" if group == "all" else "region"
        row: Plain = {"group_kind": kind, "group_id": group, "period": period}
        bound = draw.choice(["floor_minor", "cap_minor", "floor_share_bp", "cap_share_bp", "floor_count"])
        bound = draw.choice([bound, "cap_count", "equal_share_bp"])
        most = {"minor": (1, 6), "bp": (500, 9500), "count": (1, 2)}[bound.rsplit("_", 1)[1]]
        rows.append(row | {bound: draw.randint(*most)})
    return rows


def _others(draw: random.Random, who: list[str], periods: int) -> Plain:
    made: Plain = {}
    if _some(draw, 0.4):
        made["resources"] = [
            {
                "resource_id": "beds",
                "period": t,
                "stock": draw.randint(0, 4),
                "price_minor": draw.choice([None, 1, 2]),
            }
            for t in range(periods)
        ]
        made["needs"] = [{"intervention_id": one, "resource_id": "beds", "quantity": 2} for one in who[:2]]
    if _some(draw, 0.4):
        parts = draw.choice([(5000, 5000), (3333, 6667), (None, None)])
        made["actors"] = [
            {"intervention_id": one, "actor_id": name, "share_bp": part, "low_minor": 0, "high_minor": high}
            for one in who[:2]
            for name, part, high in zip("ab", parts, draw.choice([(None, None), (1, 3)]), strict=True)
        ]
        if _some(draw, 0.7):
            made["actor_caps"] = [{"actor_id": "a", "period": 0, "cap_minor": draw.randint(0, 3)}]
    if _some(draw, 0.2):
        made["concentration"] = [{"count": 1, "share_bp": draw.choice([5000, 8000]), "period": -1}]
    if _some(draw, 0.3):
        made["previous"] = [
            {"intervention_id": one, "period": 0, "amount_minor": draw.randint(0, 4)} for one in who[:2]
        ]
    if _some(draw, 0.3):
        kind = draw.choice(["fund", "exclude", "at_least", "at_most"])
        amount = draw.randint(0, 4) if kind.startswith("at") else None
        made["overrides"] = [
            {
                "override_id": "o1",
                "kind": kind,
                "intervention_id": draw.choice(who),
                "amount_minor": amount,
                "reason": "agreed",
                "decided_by": "board",
            }
        ]
    return made


def _shut(made: Plain) -> set[str]:
    locks = {row["intervention_id"]: row["lock"] for row in made["interventions"]}
    for row in made.get("overrides", []):
        if row["kind"] in {"fund", "exclude"}:
            locks[row["intervention_id"]] = -1 if row["kind"] == "exclude" else 1
    return {who for who, lock in locks.items() if lock < 0}


def answers(document: AllocationDocument) -> Iterator[Allocation]:
    """Yield every choice with every amount that tickets allow and funds can pay, best first."""
    arrays = document.arrays
    cells = np.flatnonzero(arrays.open & (arrays.low <= arrays.high)).tolist()
    ranges = [
        [-1, *(arrays.levels.at(cell).tolist() or range(int(arrays.low[cell]), int(arrays.high[cell]) + 1))]
        for cell in cells
    ]
    found = []
    for amounts in itertools.product(*ranges):
        working = np.full(len(arrays.open), -1, np.int64)
        working[cells] = amounts
        found.append((_value(document, arrays, working), working))
    for _, working in sorted(found, key=lambda row: -row[0]):
        try:
            yield exact(arrays, working)
        except RoundingFailed:
            continue


def exact(arrays: ProblemArrays, working: np.ndarray) -> Allocation:
    """Return the allocation with exactly these amounts; -1 is not funded."""
    fixed = replace(arrays, low=np.maximum(working, 0), high=np.maximum(working, 0))
    return round_off(fixed, working >= 0, working.astype(float))


def _value(document: AllocationDocument, arrays: ProblemArrays, working: np.ndarray) -> Fraction:
    names, periods = arrays.intervention_ids, arrays.period_count
    chosen = tuple((names[at // periods], at % periods) for at in np.flatnonzero(working >= 0).tolist())
    reading = Reading(document, Allocation(chosen=chosen))
    for cell in reading.funded:
        at = cell // periods
        due = reading.start[at] if cell in reading.totals.starts else 0
        reading.totals.award[cell] = reading.fixed[at] + due + int(working[cell])
    return worth(reading)


def best(document: AllocationDocument) -> tuple[Allocation, Fraction] | None:
    """Return the best lawful allocation and its value, or nothing when there is none."""
    for allocation in answers(document):
        if not breaches(document, allocation):
            return allocation, recheck(document, allocation)
    return None


def random_prices(arrays: ProblemArrays, seed: int) -> Multipliers:
    """Draw prices for every rule; many are 0."""
    draw = np.random.default_rng(seed)
    scale = {"stock": 2.0, "metric": 2.0, "churn": 2.0}
    money = {"budget", "floor", "cap", "floor_share", "cap_share", "at_least", "at_most", "churn", "actor"}
    made = Multipliers.none(arrays)
    there = {
        "floor": arrays.limits.floor,
        "cap": arrays.limits.cap,
        "floor_share": arrays.limits.floor_bp,
        "cap_share": arrays.limits.cap_bp,
        "floor_count": arrays.limits.floor_count,
        "cap_count": arrays.limits.cap_count,
        "metric": arrays.metric_floor,
        "at_least": arrays.at_least,
        "at_most": arrays.at_most,
        "churn": np.array([arrays.churn_bp]),
        "actor": arrays.actors.cap,
    }
    for field in fields(Multipliers):
        array = getattr(made, field.name)
        unit = 10**12 if field.name in money else 10**9
        drawn = draw.uniform(0, 3 * scale.get(field.name, 1.0) * unit, array.shape).astype(np.int64)
        drawn[draw.random(array.shape) < 0.4] = 0
        if field.name in there:
            drawn[there[field.name] == -1] = 0
        array[...] = drawn
    return made


def lowered_prices(arrays: ProblemArrays, seed: int, steps: int) -> tuple[Multipliers, Fraction]:
    """Lower the bound by changing one price after another, and return the prices and the bound."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    prices = random_prices(arrays, seed)
    bound = price_bound(arrays, prices)
    slots = [
        (field.name, at) for field in fields(Multipliers) for at in range(getattr(prices, field.name).size)
    ]
    for _ in range(steps):
        name, at = draw.choice(slots)
        flat = getattr(prices, name).reshape(-1)
        before = int(flat[at])
        flat[at] = draw.choice(
            [0, before // 2, before * 3 // 2, before + draw.randint(0, 10 ** draw.choice([9, 12]))]
        )
        try:
            now = price_bound(arrays, prices)
        except ValueError:  # there is no such rule
            flat[at] = before
            continue
        if now <= bound:
            bound = now
        else:
            flat[at] = before
    return prices, bound
