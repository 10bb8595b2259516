"""Families of terms for random agreements: small enough to be worked out by hand, wide enough to differ.

A shape says what its terms are, and apart from that, in plain rows, which limits, splits and pots stand
around its clauses, so that a model can do those by its own arithmetic. ``bare`` is the same terms with
nothing around the clauses: what each clause earns.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hypothesis import strategies as st

from almoner.contracts.terms.document import TermDocument

Json = dict[str, Any]
USD = "USD/2"
HALVES = ({"id": "h1", "ends_on": "2026-06-30"}, {"id": "h2", "ends_on": "2026-12-31"})
ENDS = {"h1": date(2026, 6, 30), "h2": date(2026, 12, 31), "term": date(2026, 12, 31)}
FALLS = ("recover", "offset", "keep")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What can be claimed: in which periods, for which members, between which values."""

    name: str
    low: int
    high: int
    digits: int = 0
    pool: str = "sum"
    periods: tuple[str, ...] = ("term",)
    members: tuple[str, ...] = ()
    after_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Clause:
    """Who pays whom, and what happens when it was too much."""

    id: str
    payer: str
    payee: str
    falls: str = "recover"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most so much under some clauses; for each member, or for all."""

    id: str
    clauses: tuple[str, ...]
    most: int
    each: bool = False


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One side of a split."""

    party: str
    rank: int = 1
    weight: int = 1
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Terms, and what stands around their clauses."""

    terms: Json
    metrics: tuple[Metric, ...]
    clauses: tuple[Clause, ...]
    limits: tuple[Limit, ...] = ()
    splits: dict[str, tuple[Leg, ...]] = field(default_factory=dict)
    pots: dict[str, str] = field(default_factory=dict)  # pot -> who gets what remains
    funded: dict[str, str] = field(default_factory=dict)  # payer -> fund
    set_name: str = ""

    @property
    def document(self) -> TermDocument:
        return TermDocument.read(json.dumps(self.terms))

    @property
    def bare(self) -> TermDocument:
        """The same clauses with nothing around them: no limits, plain parties at both ends."""
        terms = json.loads(json.dumps(self.terms))
        terms["limits"] = []
        stand_ins = {name: self.splits[name][0].party for name in self.splits} | dict.fromkeys(
            self.pots, "bank"
        )
        for clause in terms["clauses"]:
            for end in ("from", "to"):
                clause[end] = stand_ins.get(clause[end], clause[end])
        for name in ("splits", "accounts"):
            terms.pop(name, None)
        terms["parties"]["bank"] = {"role": "trustee"}
        return TermDocument.read(json.dumps(terms))

    def metric(self, name: str) -> Metric:
        return next(one for one in self.metrics if one.name == name)


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def lit(minor: int, per: str = "") -> Json:
    return {"op": "lit", "value": money(minor), "type": f"{USD} per {per}" if per else USD}


def priced(metric: str, kind: str, minor: int, window: str = "") -> Json:
    seen = {"op": "obs", "metric": metric} | ({"window": window} if window else {})
    return {"op": "scale", "of": seen, "by": [lit(minor, kind)], "as": USD}


def metric_json(metric: Metric, kind: str, *, per: tuple[str, ...] = (), missing: str | None = None) -> Json:
    row: Json = {
        "title": metric.name,
        "type": kind,
        "domain": [str(metric.low), str(metric.high)],
        "per": list(per),
        "pool": metric.pool,
        "method": "register",
    }
    if missing is not None:
        row["on_missing"] = {"use": missing, "after_days": metric.after_days}
    return row


def around(title: str, **parts: object) -> Json:
    return {
        "schema": "almoner.term/1",
        "title": title,
        "rounding": "half_even",
        "parties": {
            "city": {"role": "outcome_payer"},
            "land": {"role": "outcome_payer"},
            "home": {"role": "service_provider"},
            "clinic": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
        **parts,
    }


def pay(clause: Clause, amount: Json, basis: str = "cumulative", **more: object) -> Json:
    return {
        "op": "pay",
        "id": clause.id,
        "from": clause.payer,
        "to": clause.payee,
        "basis": basis,
        "on_decrease": clause.falls,
        "amount": amount,
        **more,
    }


def limit(one: Limit, sets: tuple[str, ...] = ()) -> Json:
    row: Json = {"id": one.id, "of": list(one.clauses), "max": money(one.most)}
    return row | ({"each": list(sets)} if one.each else {})


@st.composite
def rates(draw: st.DrawFn) -> Shape:
    """One price for each night, up to a maximum that may or may not bind."""
    nights = Metric(name="nights", low=0, high=1000)
    clause = Clause(id="nights", payer="city", payee="home", falls=draw(st.sampled_from(FALLS)))
    most = Limit(id="most", clauses=("nights",), most=draw(st.integers(1_000, 340_000)))
    terms = around(
        "Nights",
        metrics={"nights": metric_json(nights, "night/0")},
        clauses=[pay(clause, priced("nights", "night/0", 350))],
        limits=[limit(most)],
    )
    return Shape(
        terms=terms, metrics=(nights,), clauses=(clause,), limits=(most,), funded={"city": "shelter"}
    )


@st.composite
def persons(draw: st.DrawFn) -> Shape:
    """For each person an entry and weeks that last, with a cap for each and one for all."""
    people = ("ada", "ben", "cyd", "dot")
    entry = Metric(name="entry", low=0, high=1, pool="last", members=people)
    weeks = Metric(name="weeks", low=0, high=26, pool="last", members=people)
    falls = draw(st.sampled_from(("recover", "keep")))
    clauses = (
        Clause(id="entry", payer="city", payee="home", falls=falls),
        Clause(id="weeks", payer="city", payee="home", falls="recover"),
    )
    limits = (
        Limit(id="person", clauses=("entry", "weeks"), most=draw(st.integers(50_000, 101_000)), each=True),
        Limit(id="all", clauses=("entry", "weeks"), most=draw(st.integers(60_000, 380_000))),
    )
    terms = around(
        "People",
        sets={"people": {"title": "People", "most": 4}},
        metrics={
            "entry": metric_json(entry, "entry/0", per=("people",)),
            "weeks": metric_json(weeks, "week/0", per=("people",)),
        },
        clauses=[
            pay(clauses[0], priced("entry", "entry/0", 50_000), each=["people"]),
            pay(clauses[1], priced("weeks", "week/0", 2_000), each=["people"]),
        ],
        limits=[limit(limits[0], ("people",)), limit(limits[1])],
    )
    return Shape(
        terms=terms,
        metrics=(entry, weeks),
        clauses=clauses,
        limits=limits,
        funded={"city": "shelter"},
        set_name="people",
    )


@st.composite
def shared(draw: st.DrawFn) -> Shape:
    """Two payers share what each half-year costs: by rank or by weight, each up to its own maximum."""
    nights = Metric(name="nights", low=0, high=900, periods=("h1", "h2"))
    ranked = draw(st.booleans())
    most = [draw(st.none() | st.integers(20_000, 300_000)) for _ in range(2)]
    if most[1] is None and ranked:
        most[0] = most[0] or 150_000
    legs = (
        Leg(party="city", rank=1, weight=draw(st.integers(1, 9)), most=most[0]),
        Leg(party="land", rank=2 if ranked else 1, weight=draw(st.integers(1, 9)), most=most[1]),
    )
    clause = Clause(
        id="stays", payer="payers", payee="home", falls=draw(st.sampled_from(("recover", "keep")))
    )
    all_of_it = Limit(id="all", clauses=("stays",), most=draw(st.integers(100_000, 640_000)))
    rows = []
    for leg in legs:
        row: Json = {"party": leg.party, "weight": str(leg.weight), "rank": leg.rank}
        rows.append(row | ({"max": money(leg.most)} if leg.most is not None else {}))
    calendar = {"starts_on": "2026-01-01", "ends_on": "2026-12-31", "periods": list(HALVES)}
    terms = around(
        "Shared",
        calendar=calendar,
        metrics={"nights": metric_json(nights, "night/0", per=("period",))},
        splits={"payers": {"legs": rows}},
        clauses=[pay(clause, priced("nights", "night/0", 333, "period"), "period")],
        limits=[limit(all_of_it)],
    )
    funded = draw(
        st.sampled_from(
            (
                {"city": "shelter", "land": "harbour"},
                {"city": "shelter", "land": "shelter"},
                {"city": "shelter"},
            )
        )
    )
    return Shape(
        terms=terms,
        metrics=(nights,),
        clauses=(clause,),
        limits=(all_of_it,),
        splits={"payers": legs},
        funded=funded,
    )


@st.composite
def potted(draw: st.DrawFn) -> Shape:
    """Money goes into a pot by one result, and out of it by another; what remains goes to somebody."""
    saved = Metric(name="saved", low=0, high=500, after_days=20)
    placed = Metric(name="placed", low=0, high=80, after_days=20)
    clauses = (
        Clause(id="in", payer="city", payee="kitty"),
        Clause(id="out", payer="kitty", payee="home"),
    )
    most = Limit(id="most", clauses=("in",), most=draw(st.integers(20_000, 150_000)))
    rest = draw(st.sampled_from(("clinic", "home")))
    terms = around(
        "Pot",
        metrics={
            "saved": metric_json(saved, "unit/0", missing="0"),
            "placed": metric_json(placed, "place/0", missing="0"),
        },
        accounts={
            "kitty": {"title": "Kitty", "type": USD, "kind": "pot", "holder": "city", "residual_to": rest}
        },
        clauses=[
            pay(clauses[0], priced("saved", "unit/0", 300)),
            pay(clauses[1], priced("placed", "place/0", 2_100)),
        ],
        limits=[limit(most)],
    )
    return Shape(
        terms=terms,
        metrics=(saved, placed),
        clauses=clauses,
        limits=(most,),
        pots={"kitty": rest},
        funded={"city": "shelter"},
    )


@st.composite
def deemed(draw: st.DrawFn) -> Shape:
    """Bands of an effect that stands in when nobody reports it, beside a grant paid outside the book."""
    effect = Metric(name="effect", low=0, high=50, pool="last", after_days=draw(st.sampled_from((0, 40))))
    visits = Metric(name="visits", low=0, high=200)
    clauses = (
        Clause(id="effect", payer="city", payee="home", falls=draw(st.sampled_from(("recover", "keep")))),
        Clause(id="visits", payer="land", payee="clinic"),
    )
    bands: Json = {
        "op": "bands",
        "of": {"op": "obs", "metric": "effect"},
        "as": USD,
        "edges": [{"at": "10", "owner": "above"}, {"at": "30", "owner": "below"}],
        "rows": [{"base": "0"}, {"base": "400.00", "slope": "25", "origin": "10"}, {"base": "1000.00"}],
    }
    terms = around(
        "Deemed",
        metrics={
            "effect": metric_json(effect, "point/0", missing="15"),
            "visits": metric_json(visits, "visit/0"),
        },
        clauses=[pay(clauses[0], bands, "once"), pay(clauses[1], priced("visits", "visit/0", 1_234))],
    )
    return Shape(terms=terms, metrics=(effect, visits), clauses=clauses, funded={"city": "shelter"})


@st.composite
def paired(draw: st.DrawFn) -> Shape:
    """Two payers, two payees, one maximum over all: whoever is decided first has its room."""
    metrics = tuple(Metric(name=name, low=0, high=300) for name in ("baths", "meals", "beds"))
    clauses = (
        Clause(id="baths", payer="city", payee="home", falls=draw(st.sampled_from(FALLS))),
        Clause(id="meals", payer="city", payee="home", falls=draw(st.sampled_from(FALLS))),
        Clause(id="beds", payer="land", payee="clinic", falls=draw(st.sampled_from(FALLS))),
    )
    limits = (
        Limit(id="city", clauses=("baths", "meals"), most=draw(st.integers(30_000, 160_000))),
        Limit(id="all", clauses=("baths", "meals", "beds"), most=draw(st.integers(50_000, 260_000))),
    )
    prices = (217, 305, 411)
    terms = around(
        "Paired",
        metrics={one.name: metric_json(one, "piece/0") for one in metrics},
        clauses=[
            pay(clause, priced(clause.id, "piece/0", price))
            for clause, price in zip(clauses, prices, strict=True)
        ],
        limits=[limit(one) for one in limits],
    )
    return Shape(
        terms=terms,
        metrics=metrics,
        clauses=clauses,
        limits=limits,
        funded={"city": "shelter", "land": draw(st.sampled_from(("shelter", "harbour")))},
    )


def shapes() -> st.SearchStrategy[Shape]:
    return st.one_of(rates(), persons(), shared(), potted(), deemed(), paired())


def raised(shape: Shape, at: int, most: int) -> Shape:
    """The same shape with another maximum of one limit."""
    terms = json.loads(json.dumps(shape.terms))
    terms["limits"][at]["max"] = money(most)
    limits = list(shape.limits)
    old = limits[at]
    limits[at] = Limit(id=old.id, clauses=old.clauses, most=most, each=old.each)
    return Shape(
        terms=terms,
        metrics=shape.metrics,
        clauses=shape.clauses,
        limits=tuple(limits),
        splits=shape.splits,
        pots=shape.pots,
        funded=shape.funded,
        set_name=shape.set_name,
    )
