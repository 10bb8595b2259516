"""Random term documents and random logs under them, as strategies."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import strategies as st

from almoner.contracts.terms.observing import Observation

Plain = dict[str, Any]

ROUNDINGS = ("floor", "ceil", "toward_zero", "half_even", "half_away")
RELATIONS = ("lt", "le", "eq", "ne", "ge", "gt")
PERIODS = ({"id": "y1", "ends_on": "2027-12-31"}, {"id": "y2", "ends_on": "2028-12-31"})
DAYS = ("2027-01-01", "2028-03-01", "2028-12-31")
DEPTH = 3


def decimal(count: int, kind: str) -> str:
    digits = digits_of(kind)
    whole, part = divmod(abs(count), 10**digits)
    return f"{'-' if count < 0 else ''}{whole}" + (f".{part:0{digits}d}" if digits else "")


def digits_of(kind: str) -> int:
    return int(kind.split(" per ", maxsplit=1)[0].rpartition("/")[2])


@dataclass
class Maker:
    """Draws well-typed expressions over the metrics and parameters of one document."""

    draw: st.DrawFn
    metrics: Plain
    params: Plain
    windows: tuple[str, ...] = ("to_date",)

    def pick(self, options: Any) -> Any:  # noqa: ANN401  # whatever the options are
        return self.draw(st.sampled_from(list(options)))

    def count(self, low: int = -40, high: int = 90) -> int:
        return self.draw(st.one_of(st.integers(low, high), st.sampled_from([0, 1, -1, 5, 10, 25, 50])))

    def literal(self, kind: str, *, nonzero: bool = False) -> Plain:
        count = self.count()
        return {"op": "lit", "value": decimal(count or int(nonzero), kind), "type": kind}

    def leaf(self, kind: str) -> Plain:
        options: list[Plain] = [self.literal(kind)]
        options += [
            {"op": "param", "name": name} for name, table in self.params.items() if table["type"] == kind
        ]
        options += 3 * [
            self.seen(name, window)
            for name, metric in self.metrics.items()
            for window in self.windows
            if metric["type"] == kind
        ]
        return dict(self.pick(options))

    def seen(self, name: str, window: str) -> Plain:
        by_period = {"window": window} if self.metrics[name]["per"] else {}
        return {"op": "obs", "metric": name, **by_period}

    def kind(self) -> str:
        return str(self.pick(sorted({metric["type"] for metric in self.metrics.values()})))

    def number(self, kind: str, depth: int) -> Plain:
        if depth == 0 or " per " in kind:
            return self.leaf(kind)
        op = self.pick(["leaf", "add", "min", "max", "price", "ratio", "share", "bands", "if"])
        match op:
            case "leaf":
                return self.leaf(kind)
            case "add" | "min" | "max":
                size = self.draw(st.integers(1, 3))
                return {"op": op, "of": [self.number(kind, depth - 1) for _ in range(size)]}
            case "if":
                parts = {name: self.number(kind, depth - 1) for name in ("then", "else")}
                return {"op": "if", "test": self.condition(depth - 1), **parts}
            case "bands":
                return self.bands(kind, depth)
        return self.scale(op, kind, depth)

    def scale(self, op: str, kind: str, depth: int) -> Plain:
        other = self.kind()
        match op:
            case "price":
                parts = {"of": self.number(other, depth - 1), "by": [self.leaf(f"{kind} per {other}")]}
            case "ratio":
                parts = {"of": self.number(kind, depth - 1), "by": [self.leaf("ratio/2")]}
            case _:
                num, den = self.number(other, depth - 1), self.divisor(other, depth)
                parts = {"of": self.number(kind, depth - 1), "by": [num], "over": [den]}
        return {"op": "scale", **parts, "as": kind, **self.rounding()}

    def divisor(self, kind: str, depth: int) -> Plain:
        one = {"op": "lit", "value": decimal(1, kind), "type": kind}
        match self.pick(["literal", "literal", "positive", "negative", "any"]):
            case "literal":
                return self.literal(kind, nonzero=True)
            case "positive":
                return {"op": "max", "of": [self.number(kind, depth - 1), one]}
            case "negative":
                least = {**one, "value": decimal(-1, kind)}
                return {"op": "min", "of": [self.number(kind, depth - 1), least]}
        return self.number(kind, depth - 1)

    def bands(self, kind: str, depth: int) -> Plain:
        other = self.kind()
        counts = sorted(self.draw(st.sets(st.integers(-20, 40), max_size=3)))
        rows = [
            {
                "base": decimal(self.count(), kind),
                "slope": decimal(self.count(-400, 400), "slope/3"),
                "origin": decimal(self.count(), other),
            }
            for _ in range(len(counts) + 1)
        ]
        edges = [{"at": decimal(at, other), "owner": self.pick(["below", "above"])} for at in counts]
        of = self.number(other, depth - 1)
        return {"op": "bands", "of": of, "as": kind, "edges": edges, "rows": rows, **self.rounding()}

    def rounding(self) -> Plain:
        return {"round": self.pick(ROUNDINGS)} if self.draw(st.booleans()) else {}

    def condition(self, depth: int) -> Plain:
        if depth > 0:
            op = self.pick(["cmp", "cmp", "all", "any", "not", "if"])
            if op in {"all", "any"}:
                return {
                    "op": op,
                    "of": [self.condition(depth - 1) for _ in range(self.draw(st.integers(1, 3)))],
                }
            if op == "not":
                return {"op": "not", "of": self.condition(depth - 1)}
            if op == "if":
                return {"op": "if", **{name: self.condition(depth - 1) for name in ("test", "then", "else")}}
        kind = self.kind()
        sides = {side: self.number(kind, max(0, depth - 1)) for side in ("left", "right")}
        return {"op": "cmp", "relation": self.pick(RELATIONS), **sides}


@st.composite
def term_documents(draw: st.DrawFn) -> Plain:
    unit = f"USD/{draw(st.integers(0, 3))}"
    kinds = ["day/0", *draw(st.lists(st.sampled_from([unit, "pp/2", "ratio/2", "day/0"]), max_size=2))]
    periods = PERIODS[: draw(st.integers(0, 2))]
    metrics = {f"m{at}": draw(measures(kind, by_period=bool(periods))) for at, kind in enumerate(kinds)}
    names = draw(st.lists(st.sampled_from([*kinds, unit, f"{unit} per day/0"]), max_size=2))
    params = {f"p{at}": draw(dated(kind)) for at, kind in enumerate(names)}
    clauses = []
    for at in range(draw(st.integers(1, 3))):
        basis = draw(st.sampled_from(["cumulative", "period"])) if periods else "cumulative"
        windows = ("to_date",) if basis == "cumulative" else ("to_date", "period")
        maker = Maker(draw, metrics, params, windows)
        amount = maker.number(unit, DEPTH)
        if at == 0:
            price = maker.leaf(f"{unit} per day/0")
            each = {"op": "scale", "of": maker.seen("m0", maker.pick(windows)), "by": [price], "as": unit}
            amount = {"op": "add", "of": [amount, each]}
        amount = {"op": "max", "of": [amount, {"op": "lit", "value": "0", "type": unit}]}
        falls = draw(st.sampled_from(["offset", "offset", "keep", "recover"]))
        pay = {"op": "pay", "id": f"c{at}", "from": "a", "to": "b", "basis": basis, "on_decrease": falls}
        clauses.append({**pay, "amount": amount})
    used = json.dumps(clauses)
    caps = st.lists(limits(len(clauses), unit), max_size=3, unique_by=lambda one: str(one["id"]))
    return {
        "schema": "almoner.term/1",
        "title": unit,
        "rounding": draw(st.sampled_from(ROUNDINGS)),
        "parties": {"a": {"role": "outcome_payer"}, "b": {"role": "provider"}, "e": {"role": "evaluator"}},
        "calendar": {
            "starts_on": "2027-01-01",
            "ends_on": periods[-1]["ends_on"] if periods else "2028-12-31",
            "periods": list(periods),
        },
        "metrics": {name: metric for name, metric in metrics.items() if f'"{name}"' in used},
        "params": params,
        "clauses": clauses,
        "limits": draw(caps),
    }


@st.composite
def measures(draw: st.DrawFn, kind: str, *, by_period: bool) -> Plain:
    low = draw(st.integers(-30, 5))
    domain = [decimal(low, kind), decimal(low + draw(st.integers(1, 70)), kind)]
    pool = draw(st.sampled_from(["sum", "last"]))
    per = ["period"] if by_period and draw(st.integers(0, 3)) else []
    return {"title": "Drawn", "type": kind, "domain": domain, "per": per, "pool": pool, "method": "drawn"}


@st.composite
def dated(draw: st.DrawFn, kind: str) -> Plain:
    values = draw(st.lists(st.integers(-40, 90), min_size=1, max_size=3))
    rows = [{"from": day, "value": decimal(value, kind)} for day, value in zip(DAYS, values, strict=False)]
    return {"type": kind, "dated": rows}


@st.composite
def limits(draw: st.DrawFn, clauses: int, unit: str) -> Plain:
    names = draw(st.sets(st.integers(0, clauses - 1), min_size=1))
    of = ["*"] if draw(st.booleans()) else [f"c{at}" for at in sorted(names)]
    most = draw(st.one_of(st.integers(0, 300), st.integers(0, 20_000)))
    return {"id": draw(st.sampled_from(["l0", "l1", "l2"])), "of": of, "max": decimal(most, unit)}


def periods_of(document: Plain) -> list[str]:
    return [period["id"] for period in document["calendar"]["periods"]] or ["term"]


@st.composite
def term_logs(draw: st.DrawFn, document: Plain, *, most: int = 6) -> list[Observation]:
    events = []
    for at in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(sorted(document["metrics"])))
        metric = document["metrics"][name]
        low, high = (int(Fraction(end) * 10 ** digits_of(metric["type"])) for end in metric["domain"])
        ends = st.sampled_from([low, high, 0, low - 1, high + 1])
        value = draw(st.one_of(st.integers(low, high), st.integers(low, high), ends))
        period = draw(st.sampled_from(periods_of(document))) if metric["per"] else ""
        events.append(Observation(metric=name, period=period, value=value, id=f"e{at}"))
    return events


@pytest.fixture(scope="session")
def documents() -> Callable[[], st.SearchStrategy[Plain]]:
    """Draw sound terms that pay from one party to another."""
    return term_documents


@pytest.fixture(scope="session")
def logs() -> Callable[..., st.SearchStrategy[list[Observation]]]:
    """Draw observations under a document, some of them outside their domain."""
    return term_logs
