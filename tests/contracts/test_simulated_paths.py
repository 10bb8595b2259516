"""Paths of a simulation, paid one by one, and pots, splits and several units in a forecast."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.forecast import Forecast, Frequency, forecast
from almoner.contracts.forecast.report import amount_figures
from almoner.contracts.outcomes.check import is_open
from almoner.contracts.outcomes.document import OutcomesDocument
from almoner.contracts.outcomes.paths import case_of
from almoner.contracts.outcomes.source import OutcomeSource
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import read_case
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Measure, Program
from almoner.contracts.terms.simulate import BLOCK, run
from almoner.contracts.terms.types import Label, Quantity
from almoner.finance.money import decimal_text

Content = dict[str, Any]
PEOPLE = {"title": "People housed", "type": "person/0", "domain": ["0", "3"], "method": "register"}
OBSERVED = {"op": "obs", "metric": "people"}
PARTIES = {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"}}


def terms(parts: Content) -> Program:
    content = {"schema": "almoner.term/1", "title": "Test", "rounding": "half_even", "parties": PARTIES}
    return compile_terms(TermDocument.read(json.dumps(content | parts)))


def outcomes(models: Content, **more: object) -> OutcomesDocument:
    content = {"schema": "almoner.outcomes/1", "title": "Test", "models": models}
    return OutcomesDocument.read(json.dumps(content | more))


def found(of: Forecast, what: str, name: str) -> Frequency:
    return next(one for one in of.frequencies if (one.what, one.name) == (what, name))


RICH: Content = {
    "sets": {"cohorts": {"title": "C", "members": ["c1", "c2"]}, "people": {"title": "P", "most": 5}},
    "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}},
    "metrics": {
        "nights": PEOPLE | {"type": "night/1", "domain": ["0", "400"], "per": ["period"], "pool": "sum"},
        "cut": PEOPLE | {"type": "percent/2", "domain": ["-50", "100"], "per": ["cohorts", "period"]},
        "days": PEOPLE | {"type": "day/0", "domain": ["0", "365"], "per": ["people"]},
        "done": {"title": "Done", "type": "truth", "method": "audit"},
        "choice": {
            "title": "Choice",
            "type": "label",
            "values": ["stop", "go"],
            "method": "vote",
            "by": "city",
        },
    },
    "clauses": [
        {
            "op": "pay",
            "id": "nights",
            "from": "city",
            "to": "home",
            "basis": "cumulative",
            "when": {"op": "is", "metric": "choice", "value": "go"},
            "amount": {
                "op": "scale",
                "of": {"op": "obs", "metric": "nights", "window": "to_date"},
                "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per night/1"}],
                "as": "USD/2",
            },
        },
        {
            "op": "pay",
            "id": "cut",
            "from": "city",
            "to": "home",
            "basis": "period",
            "each": ["cohorts"],
            "amount": {
                "op": "bands",
                "of": {"op": "obs", "metric": "cut"},
                "as": "USD/2",
                "edges": [{"at": "10", "owner": "above"}, {"at": "30", "owner": "below"}],
                "rows": [{"base": "0"}, {"base": "0", "slope": "33.333", "origin": "10"}, {"base": "900.00"}],
            },
        },
        {
            "op": "pay",
            "id": "stay",
            "from": "city",
            "to": "home",
            "basis": "once",
            "each": ["people"],
            "when": {"op": "obs", "metric": "done"},
            "amount": {
                "op": "scale",
                "of": {"op": "obs", "metric": "days"},
                "by": [{"op": "lit", "value": "1.37", "type": "USD/2 per day/0"}],
                "as": "USD/2",
            },
        },
    ],
    "limits": [
        {"id": "each", "of": ["stay"], "each": ["people"], "max": "300.00"},
        {"id": "all", "of": ["*"], "max": "4000.00"},
    ],
}
RICH_MODELS: Content = {
    "nights": {"law": {"kind": "normal", "mean": "120", "sd": "60"}, "noise": "3.5"},
    "cut": {"law": {"kind": "beta", "low": "-20", "high": "60", "mean": "20", "strength": "5"}},
    "days": {"law": {"kind": "beta_binomial", "n": "365", "mean": "0.6", "strength": "4"}},
    "done": {"law": {"kind": "bernoulli", "p": "0.8"}},
    "choice": {"law": {"kind": "categorical", "weights": {"stop": "1", "go": "4"}}},
}


def test_every_path_is_paid_to_the_cent_as_results_are() -> None:
    program = terms(RICH)
    common = [{"over": ["period"], "share": "0.3"}, {"over": ["people"], "share": "0.2"}]
    document = outcomes(RICH_MODELS, members={"people": "4"}, common=common)
    source = OutcomeSource(program, document, seed=5)
    names = ["paid", "earned", "lost_to_cap", "from:city", "to:home", "nights", "cut", "stay", "limit:all"]
    wanted = [Output(name) for name in names] + [Output("paid", period="p1")]
    drawn = run(program, source, paths=BLOCK + 20, wanted=wanted)
    for path in (*range(40), BLOCK - 1, BLOCK, BLOCK + 19):
        case = case_of(program, source, path)
        outturn = pay(program, read_case(program, case), members=case.members)
        for output in wanted:
            assert read_output(outturn, output) == int(drawn[output][path]), (path, output)
    assert (drawn[Output("limit:all")] > 0).any()
    assert (drawn[Output("limit:all")] == 0).any()


def test_a_forecast_sums_what_a_simulation_pays() -> None:
    program = terms(RICH)
    document = outcomes(RICH_MODELS, members={"people": ["m2", "m1"]})
    made = forecast(program, document, paths=5000, seed=5)
    wanted = [Output("paid"), Output("from:city", period="p2"), Output("limit:all"), Output("cut")]
    drawn = run(program, OutcomeSource(program, document, seed=5), paths=5000, wanted=wanted)
    assert made.spread("paid").figures == amount_figures(drawn[wanted[0]], 2)
    assert made.spread("pays", party="city", when="2028").figures == amount_figures(drawn[wanted[1]], 2)
    cut = drawn[wanted[2]]
    assert found(made, "limit cuts", "all").mean == amount_figures(cut, 2)["mean"]
    assert found(made, "limit cuts", "all").share == f"{(cut > 0).mean():.6f}"
    assert found(made, "clause pays", "cut").mean == amount_figures(drawn[wanted[3]], 2)["mean"]


FUND: Content = {
    "parties": {
        "bank": {"role": "investor"},
        "aid": {"role": "outcome_payer"},
        "city": {"role": "outcome_payer"},
        "home": {"role": "service_provider"},
    },
    "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}},
    "metrics": {"people": PEOPLE | {"per": ["period"], "domain": ["0", "30"]}},
    "accounts": {
        "pool": {"title": "Pool", "type": "USD/2", "kind": "pot", "holder": "bank", "residual_to": "bank"}
    },
    "splits": {
        "payers": {"legs": [{"party": "city", "rank": 1, "max": "70.00"}, {"party": "aid", "rank": 2}]}
    },
    "limits": [],
    "clauses": [
        {
            "op": "pay",
            "id": "lay-in",
            "from": "bank",
            "to": "pool",
            "basis": "once",
            "at": "p1",
            "amount": {"op": "lit", "value": "200.00", "type": "USD/2"},
        },
        {
            "op": "pay",
            "id": "work",
            "from": "pool",
            "to": "home",
            "basis": "period",
            "amount": {
                "op": "scale",
                "of": OBSERVED,
                "by": [{"op": "lit", "value": "8.00", "type": "USD/2 per person/0"}],
                "as": "USD/2",
            },
        },
        {
            "op": "pay",
            "id": "reward",
            "from": "payers",
            "to": "bank",
            "basis": "period",
            "amount": {
                "op": "scale",
                "of": OBSERVED,
                "by": [{"op": "lit", "value": "11.00", "type": "USD/2 per person/0"}],
                "as": "USD/2",
            },
        },
        {
            "op": "pay",
            "id": "bonus",
            "from": "aid",
            "to": "home",
            "basis": "period",
            "amount": {
                "op": "scale",
                "of": OBSERVED,
                "by": [{"op": "lit", "value": "3", "type": "hour/0 per person/0"}],
                "as": "hour/0",
            },
        },
    ],
}


def test_pots_splits_and_several_units_are_told_apart() -> None:
    program = terms(FUND)
    document = outcomes({"people": {"law": {"kind": "binomial", "n": "30", "p": "0.5"}}})
    made = forecast(program, document, paths=3000, seed=2)
    wanted = [Output("paid:USD"), Output("paid:hour"), Output("from:city"), Output("bonus", period="p2")]
    wanted += [Output("from:bank"), Output("to:bank"), Output("reward"), Output("work"), Output("net:bank")]
    drawn = run(program, OutcomeSource(program, document, seed=2), paths=3000, wanted=wanted)

    def figures(at: int, digits: int = 2, *, is_gain: bool = False) -> dict[str, str]:
        return amount_figures(drawn[wanted[at]], digits, is_gain=is_gain)

    assert made.spread("paid", unit="USD").figures == figures(0)
    assert made.spread("paid", unit="hour").figures == figures(1, 0)
    assert made.spread("pays", party="city").figures == figures(2)
    assert made.spread("pays", party="aid", unit="hour", when="2028").figures == figures(3, 0)
    assert made.spread("pays", party="bank").figures == figures(4)
    assert made.spread("receives", party="bank").figures == figures(5, is_gain=True)
    assert found(made, "clause pays", "reward").mean == figures(6)["mean"]
    assert found(made, "clause pays", "work").mean == figures(7)["mean"]
    assert made.spread("net", party="bank").figures == figures(8, is_gain=True)
    assert found(made, "limit cuts", "account:pool").share != "0.000000"
    assert made.maxima.keys() == {"USD", "hour"}


CASEBOOK = sorted(
    path
    for path in (Path(__file__).parents[2] / "examples" / "casebook").glob("*.json")
    if not path.name.endswith(".results.json")
)


def broad(measure: Measure) -> Content:
    """Spread a metric over its whole domain."""
    if isinstance(measure.type, Label):
        return {"kind": "categorical", "weights": dict.fromkeys(measure.labels, "1")}
    if not isinstance(measure.type, Quantity):
        return {"kind": "bernoulli", "p": "0.7"}
    low, high = (decimal_text(end, measure.type.digits) for end in (measure.low, measure.high))
    if low == high:
        return {"kind": "fixed", "value": low}
    return {"kind": "beta", "low": low, "high": high, "a": "1", "b": "2"}


def test_the_casebook_is_there() -> None:
    assert len(CASEBOOK) >= 15


@pytest.mark.parametrize("path", CASEBOOK, ids=lambda path: path.stem)
def test_every_deal_of_the_casebook_is_forecast_within_its_bounds_and_paid_alike(path: Path) -> None:
    program = compile_terms(TermDocument.read(path.read_bytes()))
    models = {name: {"law": broad(measure)} for name, measure in program.metrics.items()}
    members = {name: str(min(3, most)) for name, most in program.most.items() if is_open(program, name)}
    document = outcomes(models, members=members)
    made = forecast(program, document, paths=1000, seed=1)
    digits = {clause.unit.unit: clause.unit.digits for clause in program.clauses if clause.basis != "note"}
    source = OutcomeSource(program, document, seed=1)
    wanted = [Output(f"paid:{unit}") for unit in digits]
    totals = run(program, source, paths=1000, wanted=wanted)
    for output, unit in zip(wanted, digits, strict=True):
        figures = made.spread("paid", unit=unit).figures
        assert figures == amount_figures(totals[output], digits[unit])
        assert Decimal(figures["most"]) <= Decimal(made.maxima[unit])
    sides = [f"{side}:{party}" for side in ("from", "to") for party in program.parties]
    wanted += [Output(f"{side}:{unit}") for side in sides for unit in digits]
    wanted += [Output(f"limit:{limit.id}") for limit in program.limits]
    drawn = run(program, source, paths=1000, wanted=wanted)
    for at in range(0, 1000, 125):
        case = case_of(program, source, at)
        outturn = pay(program, read_case(program, case), members=case.members)
        exact = {output: read_output(outturn, output) for output in wanted}
        assert exact == {output: int(values[at]) for output, values in drawn.items()}
