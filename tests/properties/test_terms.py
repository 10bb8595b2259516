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
Documents = Callable[[], st.SearchStrategy[Plain]]
Logs = Callable[..., st.SearchStrategy[list[Observation]]]
Line = tuple[str, str, int, int, int, tuple[tuple[str, int], ...]]

ASKED = os.environ.get("ALMONER_FUZZ_EXAMPLES")
CAMPAIGN = settings(
    max_examples=int(ASKED or 60),
    derandomize=ASKED is None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("lt", "le", "eq", "ne", "ge", "gt")
}
step = partial(step_at, as_of=None)


def digits_of(kind: str) -> int:
    return int(kind.split(" per ", maxsplit=1)[0].rpartition("/")[2])


def periods_of(document: Plain) -> list[str]:
    return [period["id"] for period in document["calendar"]["periods"]] or ["term"]


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
def test_every_payment_is_what_an_independent_reading_of_the_document_gives(
    documents: Documents, logs: Logs, data: st.DataObject
) -> None:
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
def test_no_result_leaves_its_bounds_and_no_log_costs_more_than_the_maximum(
    documents: Documents, logs: Logs, data: st.DataObject
) -> None:
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
    all_of_them = sum(len(program.periods) if one.by_period else 1 for one in program.metrics.values())
    rest = data.draw(logs(document, most=10))
    for event, answer in accepted(program, rest):
        done.add((event.metric, event.period))
        paid += sum(row.due for row in answer.entitlements)
        for row in answer.entitlements:
            least, most = bounds[row.clause, row.period]
            assert 0 <= row.earned <= most
            assert least <= row.earned or len(done) < all_of_them
            assert 0 <= row.entitled <= most
            assert row.due >= 0 or falls[row.clause] == "recover"
        assert 0 <= paid <= proof.maximum
        assert paid == sum(answer.state.obligated.values())
    if len(done) == all_of_them:
        assert paid >= proof.guaranteed


@CAMPAIGN
@given(st.data())
def test_replaying_a_log_gives_the_same_and_hearing_it_again_pays_nothing(
    documents: Documents, logs: Logs, data: st.DataObject
) -> None:
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
