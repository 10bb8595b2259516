"""Reading 3: bounds hold for every value of the domain, are as tight as they say, or are refused."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import permutations, product
from time import perf_counter
from typing import Any

import pytest

from almoner.contracts.terms.bounds import Proof, prove
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import replay
from almoner.contracts.terms.program import Program
from almoner.finance.errors import TermError

Content = dict[str, Any]
Compiler = Callable[[Content], Program]

X = {"op": "obs", "metric": "x"}
Y = {"op": "obs", "metric": "y"}
LOW, HIGH = -4, 5


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def compare(relation: str, left: Content, right: Content) -> Content:
    return {"op": "cmp", "left": left, "relation": relation, "right": right}


def choice(test: Content) -> Content:
    return {"op": "if", "test": test, "then": lit("2"), "else": lit("1")}


@pytest.fixture
def shifted(content: Content, program_of: Compiler) -> Callable[[Content], Program]:
    """Compile terms that pay 1,000.00 USD more than an expression over x and y, both from -0.04 to 0.05."""

    def compiled(amount: Content) -> Program:
        metric = {
            "title": "Drawn",
            "type": "USD/2",
            "domain": ["-0.04", "0.05"],
            "pool": "last",
            "method": "none",
        }
        text = json.dumps(amount)
        content["metrics"] = {name: metric for name in ("x", "y") if f'"{name}"' in text}
        content["clauses"][0]["amount"] = {"op": "add", "of": [lit("1000"), deepcopy(amount)]}
        return program_of({**content, "limits": []})

    return compiled


def every_result(program: Program) -> list[int]:
    names = list(program.metrics)
    values = product(range(LOW, HIGH + 1), repeat=len(names))
    logs = [
        tuple(Observation(metric=name, value=value) for name, value in zip(names, row, strict=True))
        for row in values
    ]
    return [replay(program, log).entitlements[0].earned for log in logs]


def share(num: Content, den: Content, rounding: str = "half_even") -> Content:
    return {"op": "scale", "of": X, "by": [num], "over": [den], "as": "USD/2", "round": rounding}


def bands(of: Content, edges: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]]) -> Content:
    return {
        "op": "bands",
        "of": of,
        "as": "USD/2",
        "edges": [{"at": at, "owner": owner} for at, owner in edges],
        "rows": [{"base": base, "slope": slope} for base, slope in rows],
    }


TIGHT: dict[str, Content] = {
    "lit": {"op": "max", "of": [X, lit("0.02")]},
    "add": {"op": "add", "of": [X, Y, lit("-0.5")]},
    "min": {"op": "min", "of": [X, Y, lit("0.03")]},
    "max": {"op": "max", "of": [X, Y, lit("-0.01")]},
    "scale by a negative factor": {"op": "scale", "of": X, "by": [lit("-3.5", "ratio/1")], "as": "USD/2"},
    "product of both signs": {"op": "scale", "of": X, "by": [Y], "over": [lit("0.01")], "as": "USD/2"},
    "share of a negative divisor": share(lit("7"), lit("-2"), "floor"),
    "share of a positive divisor": share(lit("7"), lit("2"), "ceil"),
    "moving divisor": share(lit("1"), {"op": "add", "of": [Y, lit("0.05")]}, "toward_zero"),
    "moving negative divisor": share(lit("1"), {"op": "add", "of": [Y, lit("-0.06")]}, "half_away"),
    "falling band": bands(X, [], [("0", "-2.5")]),
    "peak between edges": bands(
        X, [("0", "above"), ("0.03", "below")], [("0", "0"), ("9", "2"), ("0", "-1")]
    ),
    "spike on an edge": bands(
        X, [("0.01", "above"), ("0.02", "above")], [("0", "0"), ("3", "0"), ("0", "0")]
    ),
    "drop at an edge": bands(X, [("0.02", "above")], [("0", "2"), ("-9", "0")]),
    "jump after an edge": bands(X, [("0.01", "below")], [("0", "0"), ("5", "-1")]),
    "valley": bands(X, [("0", "above")], [("0", "-1"), ("0", "1")]),
    "if": choice(compare("ge", X, Y)),
    "if that always holds": choice(compare("le", X, lit("0.05"))),
    "if that never holds": choice(compare("gt", X, lit("0.05"))),
    "equal": choice(compare("eq", X, lit("0"))),
    "never equal": choice(compare("eq", X, lit("0.06"))),
    "unequal": choice(compare("ne", X, lit("0"))),
    "always unequal": choice(compare("ne", X, lit("-0.05"))),
    "all": choice({"op": "all", "of": [compare("ge", X, lit("-0.04")), compare("lt", Y, lit("0"))]}),
    "any": choice({"op": "any", "of": [compare("gt", X, lit("0.05")), compare("lt", Y, lit("0"))]}),
    "any that always holds": choice(
        {"op": "any", "of": [compare("le", X, lit("0.05")), compare("lt", Y, X)]}
    ),
    "not": choice({"op": "not", "of": compare("ge", X, lit("-0.04"))}),
    "condition of a condition": choice(
        {
            "op": "if",
            "test": compare("lt", X, Y),
            "then": compare("lt", X, lit("0")),
            "else": compare("lt", Y, X),
        }
    ),
}


@pytest.mark.parametrize("name", TIGHT)
def test_the_bounds_of_an_operation_are_its_least_and_its_greatest_result(
    shifted: Callable[[Content], Program], name: str
) -> None:
    program = shifted(TIGHT[name])
    proof = prove(program)
    results = every_result(program)
    (bound,) = proof.clauses
    assert (bound.least, bound.most) == (min(results), max(results))
    assert (proof.guaranteed, proof.maximum) == (min(results), max(results))


def test_a_bound_that_may_be_too_wide_is_called_safe(shifted: Callable[[Content], Program]) -> None:
    minus = {"op": "scale", "of": X, "by": [lit("-1", "ratio/0")], "as": "USD/2"}
    program = shifted({"op": "add", "of": [X, minus]})
    proof = prove(program)
    assert (proof.label, proof.witness) == ("safe", ())
    assert (proof.guaranteed, proof.maximum) == (99_991, 100_009)
    assert set(every_result(program)) == {100_000}


def test_an_attained_maximum_comes_with_the_results_that_cost_it(
    shifted: Callable[[Content], Program],
) -> None:
    program = shifted(TIGHT["spike on an edge"])
    proof = prove(program)
    assert proof.label == "attained"
    assert sum(replay(program, proof.witness).state.obligated.values()) == proof.maximum == 100_300


@pytest.fixture
def refusal_of(shifted: Callable[[Content], Program]) -> Callable[[Content], tuple[str, str]]:
    """Prove terms that have no bound; give place and message."""

    def refusal(amount: Content) -> tuple[str, str]:
        with pytest.raises(TermError) as caught:
            prove(shifted(amount))
        found = caught.value.figures["findings"]
        assert isinstance(found, list)
        (row,) = found
        assert isinstance(row, dict)
        return row["path"], row["message"]

    return refusal


Refusal = Callable[[Content], tuple[str, str]]


def test_an_amount_that_could_be_negative_is_refused(refusal_of: Refusal) -> None:
    path, message = refusal_of({"op": "add", "of": [X, lit("-1000")]})
    assert path == "/clauses/0/amount"
    assert "-0.04 USD" in message


@pytest.mark.parametrize(
    "den", [X, lit("0"), {"op": "add", "of": [X, lit("0.04")]}, {"op": "add", "of": [X, lit("-0.05")]}]
)
def test_a_divisor_that_could_be_zero_is_refused(refusal_of: Refusal, den: Content) -> None:
    path, message = refusal_of(share(lit("1"), den))
    assert path == "/clauses/0/amount/of/1"
    assert "divisor can be zero" in message


HUGE = [
    {"op": "scale", "of": X, "by": [lit("9999999999999999999", "ratio/0")], "as": "USD/2"},
    {"op": "add", "of": [X, lit("46116860184273879.04")]},
    {"op": "min", "of": [X, lit("9999999999999999999")]},
    bands(X, [], [("0", "999999999999999999")]),
    choice(compare("lt", X, lit("46116860184273879.04"))),
]


@pytest.mark.parametrize("amount", HUGE)
def test_a_number_that_could_leave_the_exact_range_is_refused(refusal_of: Refusal, amount: Content) -> None:
    assert "exact range" in refusal_of(amount)[1]


def test_the_largest_exact_number_is_no_overflow(shifted: Callable[[Content], Program]) -> None:
    most = 2**62 - 1 - 100_000
    program = shifted(
        {"op": "min", "of": [lit(f"{most // 100}.{most % 100:02}"), {"op": "max", "of": [X, lit("0")]}]}
    )
    assert prove(program).maximum == 100_005


def test_a_domain_that_leaves_the_exact_range_is_refused(content: Content, program_of: Compiler) -> None:
    content["metrics"]["nights"]["domain"] = ["0", "4611686018427387904"]
    with pytest.raises(TermError, match="exact range"):
        prove(program_of(content))


@pytest.fixture
def fixed(content: Content, program_of: Compiler) -> Callable[..., tuple[Program, Proof]]:
    """Prove clauses that pay fixed amounts as soon as anything is determined, under limits."""

    def proven(amounts: dict[str, int], limits: Sequence[tuple[Sequence[str], int]]) -> tuple[Program, Proof]:
        clause = content["clauses"][0]
        seen = {
            "op": "scale",
            "of": clause["amount"]["of"],
            "by": [lit("0", "USD/2 per night/0")],
            "as": "USD/2",
        }
        clauses = [
            {**clause, "id": name, "amount": {"op": "add", "of": [seen, lit(f"{amount}.00")]}}
            for name, amount in amounts.items()
        ]
        caps = [{"id": f"l{at}", "of": list(of), "max": f"{most}.00"} for at, (of, most) in enumerate(limits)]
        program = program_of({**content, "clauses": clauses, "limits": caps})
        return program, prove(program)

    return proven


CAPS = [
    ([(["a"], 10), (["*"], 25)], 25, 25),
    ([(["*"], 100), (["a"], 10)], 50, 50),
    ([(["*"], 25), (["a"], 10), (["a", "b"], 20)], 25, 25),
    ([(["a", "b"], 10), (["b", "c"], 10)], 20, 10),
    ([(["a"], 0), (["b"], 0), (["c"], 0)], 0, 0),
    ([(["*"], 0)], 0, 0),
]


@pytest.mark.parametrize(("limits", "most", "least"), CAPS)
def test_limits_bound_both_ends_whatever_their_order(
    fixed: Callable[..., tuple[Program, Proof]],
    limits: list[tuple[list[str], int]],
    most: int,
    least: int,
) -> None:
    for order in permutations({"a": 20, "b": 20, "c": 20}.items()):
        for listed in permutations(limits):
            program, proof = fixed(dict(order), listed)
            paid = sum(replay(program, (Observation(metric="nights", value=1),)).state.obligated.values())
            assert proof.guaranteed <= paid <= proof.maximum
            assert (proof.maximum, proof.guaranteed) == (most * 100, least * 100)


def test_a_guarantee_under_crossing_limits_holds_for_the_worst_order_of_clauses(
    fixed: Callable[..., tuple[Program, Proof]],
) -> None:
    program, proof = fixed({"b": 20, "a": 20, "c": 20}, [(["a", "b"], 10), (["b", "c"], 10)])
    paid = replay(program, (Observation(metric="nights", value=1),)).state.obligated
    assert sum(paid.values()) == proof.guaranteed == 1000
    assert (proof.maximum, proof.label) == (2000, "safe")


def test_each_period_adds_its_own_maximum_and_minimum(content: Content, program_of: Compiler) -> None:
    content["calendar"]["periods"] = [
        {"id": "y1", "ends_on": "2026-12-31"},
        {"id": "y2", "ends_on": "2027-12-31"},
    ]
    content["metrics"]["nights"].update({"pool": "last", "domain": ["10", "40"], "per": ["period"]})
    kind = "USD/2 per night/0"
    rows = [{"from": "2026-01-01", "value": "2"}, {"from": "2027-06-30", "value": "1"}]
    content["params"] = {"price": {"type": kind, "dated": rows}}
    content["clauses"][0]["basis"] = "period"
    content["clauses"][0]["amount"]["by"] = [{"op": "param", "name": "price"}]
    proof = prove(program_of(content))
    assert [(row.period, row.least, row.most) for row in proof.clauses] == [
        ("y1", 2000, 8000),
        ("y2", 1000, 4000),
    ]
    assert (proof.maximum, proof.guaranteed, proof.label) == (12_000, 3000, "attained")


def test_the_search_for_a_witness_ends_soon_however_many_metrics_there_are(
    content: Content, program_of: Compiler
) -> None:
    metric = {**content["metrics"]["nights"], "pool": "last"}
    names = [f"m{at}" for at in range(12)]
    content["metrics"] = dict.fromkeys(names, metric)
    clause = content["clauses"][0]
    content["clauses"] = []
    for name in names:
        seen = {"op": "obs", "metric": name}
        minus = {"op": "scale", "of": seen, "by": [lit("-1", "ratio/0")], "as": "night/0"}
        rest = {"op": "add", "of": [lit("40000", "night/0"), minus]}
        amount = {**clause["amount"], "of": {"op": "min", "of": [seen, rest]}}
        content["clauses"].append({**clause, "id": name, "amount": amount})
    program = program_of({**content, "limits": []})
    start = perf_counter()
    proof = prove(program)
    assert perf_counter() - start < 5
    assert proof.label == "safe"


SPLIT_LEGS: tuple[tuple[list[Content], list[int]], ...] = (
    ([{"party": "a", "weight": "70"}, {"party": "b", "weight": "30"}], [140_002, 60_002]),
    ([{"party": "a", "weight": "1", "max": "500"}, {"party": "b"}], [50_000, 200_000]),
    ([{"party": "a", "rank": 1, "max": "500"}, {"party": "b", "rank": 2}], [50_000, 200_000]),
    ([{"party": "a", "weight": "0"}, {"party": "b", "weight": "0"}], [200_000, 200_000]),
)


@pytest.mark.parametrize(("legs", "most"), SPLIT_LEGS, ids=lambda value: str(value)[:30])
def test_a_leg_gives_its_maximum_or_its_share_and_a_unit_for_each_payment(
    legs: list[Content], most: list[int], program_of: Compiler
) -> None:
    price = {"op": "lit", "value": "10", "type": "USD/2 per x/0"}
    amount = {"op": "scale", "of": {"op": "obs", "metric": "n"}, "by": [price], "as": "USD/2"}
    program = program_of(
        {
            "schema": "almoner.term/1",
            "title": "Two payers",
            "rounding": "half_even",
            "parties": {"a": {"role": "outcome_payer"}, "b": {"role": "outcome_payer"}, "c": {"role": "hub"}},
            "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}},
            "metrics": {
                "n": {
                    "title": "N",
                    "type": "x/0",
                    "domain": ["0", "100"],
                    "per": ["period"],
                    "method": "count",
                }
            },
            "splits": {"payers": {"legs": legs}},
            "clauses": [
                {"op": "pay", "id": "k", "from": "payers", "to": "c", "basis": "period", "amount": amount}
            ],
        }
    )
    assert [prove(program).payers[party, "USD"] for party in ("a", "b")] == most


def test_a_limit_over_all_bounds_a_payer_that_pays_alone_and_in_a_split(program_of: Compiler) -> None:
    def worth(metric: str) -> Content:
        price = {"op": "lit", "value": "10", "type": "USD/2 per x/0"}
        return {"op": "scale", "of": {"op": "obs", "metric": metric}, "by": [price], "as": "USD/2"}

    metric = {"title": "N", "type": "x/0", "domain": ["0", "100"], "method": "count"}
    program = program_of(
        {
            "schema": "almoner.term/1",
            "title": "Alone and together",
            "rounding": "half_even",
            "parties": {"a": {"role": "outcome_payer"}, "b": {"role": "outcome_payer"}, "c": {"role": "hub"}},
            "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
            "metrics": {"n": metric, "m": metric},
            "splits": {"both": {"legs": [{"party": "a", "max": "600"}, {"party": "b", "max": "300"}]}},
            "clauses": [
                {
                    "op": "pay",
                    "id": "shared",
                    "from": "both",
                    "to": "c",
                    "basis": "once",
                    "amount": worth("n"),
                },
                {"op": "pay", "id": "alone", "from": "a", "to": "c", "basis": "once", "amount": worth("m")},
            ],
            "limits": [{"id": "most", "of": ["*"], "max": "900"}],
        }
    )
    assert prove(program).payers == {("a", "USD"): 90_000, ("b", "USD"): 30_000}
