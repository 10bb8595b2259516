"""Terms against an independent reading: payments agree to the minor unit, and no bound is ever passed.

The reference walks the JSON document itself, in exact fractions of whole units, and knows neither the
compiled program nor its counts. For a larger campaign set ``ALMONER_FUZZ_EXAMPLES=20000``.
"""

import json
import math
import operator
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from almoner.contracts.terms.bounds import Proof, prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import State, Step, pay, replay
from almoner.contracts.terms.pay import step as step_at
from almoner.contracts.terms.program import Program
from almoner.finance.errors import OutsideDomain, TermError

Plain = dict[str, Any]
Value = Fraction | bool | None
Key = tuple[str, str, tuple[str, ...]]
Line = tuple[str, str, int, int, int, tuple[tuple[str, int], ...]]

ASKED = os.environ.get("ALMONER_FUZZ_EXAMPLES")
CAMPAIGN = settings(
    max_examples=int(ASKED or 250),
    derandomize=ASKED is None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
ROUNDINGS = ("floor", "ceil", "toward_zero", "half_even", "half_away")
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("lt", "le", "eq", "ne", "ge", "gt")
}
PERIODS = ({"id": "y1", "ends_on": "2027-12-31"}, {"id": "y2", "ends_on": "2028-12-31"})
DAYS = ("2027-01-01", "2028-03-01", "2028-12-31")
DEPTH = 3
step = partial(step_at, as_of=None)


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
def documents(draw: st.DrawFn) -> Plain:
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
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": list(periods)},
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
def logs(draw: st.DrawFn, document: Plain, *, most: int = 6) -> list[Observation]:
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


@dataclass
class Run:
    """One reading of all observations, period after period, clause after clause."""

    entitled: dict[Key, int] = field(default_factory=dict)
    earned: dict[Key, int] = field(default_factory=dict)
    cuts: dict[Key, list[tuple[str, int]]] = field(default_factory=dict)
    order: list[Key] = field(default_factory=list)
    carried: int = 0


@dataclass
class Reference:
    """A second reading of a term document, straight from the JSON; it remembers what was paid."""

    document: Plain
    observed: list[Observation] = field(default_factory=list)
    paid: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.periods = periods_of(self.document)
        self.falls = {clause["id"]: clause["on_decrease"] for clause in self.document["clauses"]}

    def take(self, event: Observation) -> list[Line]:
        observed = [*self.observed, event]
        self.require_domains(observed)
        run = self.run(observed, dict(self.paid))
        returned = {
            key: run.entitled[key]
            for key in run.earned
            if self.falls[key[0]] == "recover" and run.entitled[key] < self.paid.get(key, 0)
        }
        if returned:
            run = self.run(observed, self.paid | returned)
        self.observed = observed
        return self.settle(run)

    def settle(self, run: Run) -> list[Line]:
        over = sum(
            max(0, self.paid.get(key, 0) - run.entitled[key])
            for key in run.earned
            if self.falls[key[0]] == "offset"
        )
        lines: list[Line] = []
        for key in [one for one in run.order if one in run.earned]:
            change = run.entitled[key] - self.paid.get(key, 0)
            set_off = min(max(0, change), over)
            over -= set_off
            due = change - set_off if change > 0 or self.falls[key[0]] == "recover" else 0
            self.paid[key] = self.paid.get(key, 0) + due
            cuts = tuple((name, cut) for name, cut in run.cuts[key] if cut)
            lines.append((*key[:2], run.earned[key], run.entitled[key], due, cuts))
        return lines

    def run(self, observed: list[Observation], kept: dict[Key, int]) -> Run:
        run = Run()
        limits = self.document["limits"]
        used = {limit["id"]: sum(kept[key] for key in kept if covers(limit, key[0])) for limit in limits}
        for period in self.periods:
            for clause in self.document["clauses"]:
                key = (clause["id"], period if clause["basis"] == "period" else "term", ())
                if key not in run.order:
                    run.order.append(key)
                amount = self.walk(clause["amount"], observed, period)
                if amount is not None:
                    self.earn(run, key, self.minor(amount), kept, used)
        return run

    def earn(self, run: Run, key: Key, amount: int, kept: dict[Key, int], used: dict[str, int]) -> None:
        run.earned[key] = amount
        under = [limit for limit in self.document["limits"] if covers(limit, key[0])]
        more = amount - run.entitled.get(key, 0)
        run.entitled.setdefault(key, 0)
        if more < 0 and self.falls[key[0]] != "keep":
            run.entitled[key] += more
            run.carried -= more if self.falls[key[0]] == "offset" else 0
            for limit in under if self.falls[key[0]] == "recover" else []:
                used[limit["id"]] += more
        more = max(0, more)
        set_off = min(more, run.carried)
        run.carried -= set_off
        more -= set_off
        free = min(more, kept.get(key, 0))
        run.cuts[key] = []
        for limit in under:
            room = max(0, self.minor(Fraction(limit["max"])) - used[limit["id"]]) + free
            run.cuts[key].append((limit["id"], more - min(more, room)))
            more = min(more, room)
        free = min(free, more)
        kept[key] = kept.get(key, 0) - free
        for limit in under:
            used[limit["id"]] += more - free
        run.entitled[key] += more + set_off

    def minor(self, whole: Value) -> int:
        digits = digits_of(self.document["title"])
        scaled = Fraction(whole or 0) * 10**digits
        assert scaled.denominator == 1, "an amount lies between two minor units"
        return int(scaled)

    def require_domains(self, observed: list[Observation]) -> None:
        text = json.dumps(self.document["clauses"])
        for name, metric in self.document["metrics"].items():
            low, high = map(Fraction, metric["domain"])
            known = [self.observe_in(name, observed, period) for period in self.periods]
            values = [value for value in known if value is not None]
            if metric["pool"] == "sum" and f'"metric": "{name}", "window": "to_date"' in text:
                values += [sum(values[: at + 1], start=Fraction(0)) for at in range(len(values))]
            if any(not low <= value <= high for value in values):
                raise OutsideDomain(f"{name} is {values}")

    def observe_in(self, name: str, observed: list[Observation], period: str) -> Fraction | None:
        metric = self.document["metrics"][name]
        unit = Fraction(1, 10 ** digits_of(metric["type"]))
        span = period if metric["per"] else ""
        values = [one.value * unit for one in observed if (one.metric, one.period) == (name, span)]
        if not values:
            return None
        return sum(values, start=Fraction(0)) if metric["pool"] == "sum" else values[-1]

    def observe(self, name: str, window: str, observed: list[Observation], period: str) -> Fraction | None:
        metric = self.document["metrics"][name]
        if window == "period" or not metric["per"]:
            return self.observe_in(name, observed, period)
        spans = self.periods[: self.periods.index(period) + 1]
        values = [self.observe_in(name, observed, span) for span in spans]
        known = [value for value in values if value is not None]
        if metric["pool"] == "last":
            return known[-1] if known else None
        return sum(known, start=Fraction(0)) if len(known) == len(values) else None

    def walk(self, node: Plain, observed: list[Observation], period: str) -> Value:
        match node["op"]:
            case "lit":
                return Fraction(node["value"])
            case "param":
                return self.param(node["name"], period)
            case "obs":
                return self.observe(node["metric"], node.get("window", "period"), observed, period)
        names = ("test", "then", "else", "of", "by", "over", "left", "right")
        inner = [part for name in names if name in node for part in as_list(node[name])]
        parts = [self.walk(part, observed, period) for part in inner]
        if node["op"] in {"all", "any", "not", "if"}:
            return together(node["op"], parts)
        if None in parts:
            return None
        return OPERATIONS[node["op"]](node, [Fraction(one or 0) for one in parts], self.document["rounding"])

    def param(self, name: str, period: str) -> Fraction:
        ends = {one["id"]: one["ends_on"] for one in self.document["calendar"]["periods"]}
        day = ends.get(period, self.document["calendar"]["ends_on"])
        rows = [row for row in self.document["params"][name]["dated"] if row["from"] <= day]
        return Fraction(max(rows, key=lambda row: str(row["from"]))["value"])


def covers(limit: Plain, clause: str) -> bool:
    return limit["of"] == ["*"] or clause in limit["of"]


def as_list(part: Plain | list[Plain]) -> list[Plain]:
    return part if isinstance(part, list) else [part]


def together(op: str, parts: list[Value]) -> Value:
    """Kleene's strong logic: what is not determined stays open until it no longer matters."""
    if op == "if":
        return None if parts[0] is None else parts[1] if parts[0] else parts[2]
    if op == "not":
        return None if parts[0] is None else not parts[0]
    decisive = op == "any"
    if any(part is decisive for part in parts):
        return decisive
    return None if None in parts else not decisive


def scaled(node: Plain, parts: list[Fraction], rounding: str) -> Fraction:
    exact = parts[0] * parts[1] / (parts[2] if "over" in node else 1)
    return rounded(exact, node["as"], node.get("round", rounding))


def banded(node: Plain, parts: list[Fraction], rounding: str) -> Fraction:
    number = parts[0]
    row = node["rows"][0]
    for edge, above in zip(node["edges"], node["rows"][1:], strict=True):
        if number > Fraction(edge["at"]) or (number == Fraction(edge["at"]) and edge["owner"] == "above"):
            row = above
    exact = Fraction(row["base"]) + Fraction(row["slope"]) * (number - Fraction(row["origin"]))
    return rounded(exact, node["as"], node.get("round", rounding))


def rounded(exact: Fraction, kind: str, mode: str) -> Fraction:
    grid = 10 ** digits_of(kind)
    far = math.floor(abs(exact * grid) + Fraction(1, 2))
    modes: dict[str, Callable[[Fraction], int]] = {
        "floor": math.floor,
        "ceil": math.ceil,
        "toward_zero": math.trunc,
        "half_even": round,
        "half_away": lambda value: far if value > 0 else -far,
    }
    return Fraction(modes[mode](exact * grid), grid)


OPERATIONS: dict[str, Callable[[Plain, list[Fraction], str], Value]] = {
    "add": lambda _node, parts, _rounding: sum(parts, start=Fraction(0)),
    "min": lambda _node, parts, _rounding: min(parts),
    "max": lambda _node, parts, _rounding: max(parts),
    "scale": scaled,
    "bands": banded,
    "cmp": lambda node, parts, _rounding: RELATIONS[node["relation"]](*parts),
}


def compiled(document: Plain) -> Program:
    text = json.dumps(document)
    note(text)
    return compile_terms(TermDocument.read(text))


def accepted(program: Program, events: list[Observation]) -> Iterator[tuple[Observation, Step]]:
    """Step through a log, leaving out what the terms refuse."""
    state = State()
    for event in events:
        with suppress(OutsideDomain):
            answer = step(program, state, event)
            state = answer.state
            yield event, answer


def proven(document: Plain) -> tuple[Program, Proof] | None:
    program = compiled(document)
    try:
        return program, prove(program)
    except TermError:
        return None


def require_witness(program: Program, proof: Proof) -> None:
    """Refuse a maximum called attained whose witness costs anything else."""
    assert bool(proof.witness) == (proof.label == "attained")
    if proof.witness:
        assert sum(pay(program, proof.witness).flows.values()) == proof.maximum


@CAMPAIGN
@given(st.data())
def test_every_payment_is_what_an_independent_reading_of_the_document_gives(data: st.DataObject) -> None:
    document = data.draw(documents())
    events = data.draw(logs(document))
    program, reference, state = compiled(document), Reference(document), State()
    note(str(events))
    for event in events:
        try:
            expected = reference.take(event)
        except (OutsideDomain, ZeroDivisionError) as fault:
            refusal = OutsideDomain if isinstance(fault, OutsideDomain) else TermError
            try:
                step(program, state, event)
            except refusal:
                continue
            raise
        answer = step(program, state, event)
        state = answer.state
        given_lines = [
            (row.clause, row.period, row.earned, row.entitled, row.due, row.cuts)
            for row in answer.entitlements
        ]
        assert given_lines == expected
        assert dict(state.obligated) == reference.paid
        assert not any(row.due for row in step(program, state).entitlements)


@CAMPAIGN
@given(st.data())
def test_no_result_leaves_its_bounds_and_no_log_costs_more_than_the_maximum(data: st.DataObject) -> None:
    document = data.draw(documents())
    found = proven(document)
    if found is None:
        return
    program, proof = found
    assert 0 <= proof.guaranteed <= proof.maximum
    require_witness(program, proof)
    bounds = {(row.clause, row.period): (row.least, row.most) for row in proof.clauses}
    falls = {clause["id"]: clause["on_decrease"] for clause in document["clauses"]}
    paid = 0
    done = set()
    rest = data.draw(logs(document, most=10))
    for event, answer in accepted(program, rest):
        done.add((event.metric, event.period))
        paid += sum(row.due for row in answer.entitlements)
        for row in answer.entitlements:
            least, most = bounds[row.clause, row.period]
            assert least <= row.earned <= most
            assert 0 <= row.entitled <= most
            assert row.due >= 0 or falls[row.clause] == "recover"
        assert 0 <= paid <= proof.maximum
        assert paid == sum(answer.state.obligated.values())
    if len(done) == sum(len(program.periods) if one.by_period else 1 for one in program.metrics.values()):
        assert paid >= proof.guaranteed


@CAMPAIGN
@given(st.data())
def test_replaying_a_log_gives_the_same_and_hearing_it_again_pays_nothing(data: st.DataObject) -> None:
    document = data.draw(documents())
    program = compiled(document)
    try:
        steps = list(accepted(program, data.draw(logs(document))))
    except TermError:
        return
    falls = {clause["id"]: clause["on_decrease"] for clause in document["clauses"]}
    before: dict[Key, int] = {}
    for _, answer in steps:
        assert all(
            answer.state.obligated[key] >= paid for key, paid in before.items() if falls[key[0]] != "recover"
        )
        before = dict(answer.state.obligated)
    if steps:
        event, last = steps[-1]
        assert replay(program, tuple(event for event, _ in steps)) == last
        again = replace(event, value=event.value if program.metrics[event.metric].pool == "last" else 0)
        answer = step(program, last.state, event, replace(again, id="again"))
        assert not any(row.due for row in answer.entitlements)
        assert answer.state.obligated == last.state.obligated
