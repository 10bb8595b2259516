"""The type checker: every kind of fault at its place, all of them at once, and equal parts lowered once."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from almoner.contracts.terms.compiled import MAX_DEPTH, Program

Content = dict[str, Any]
Faults = Callable[[Content], dict[str, str]]
Compiler = Callable[[Content], Program]

NIGHTS = {"op": "obs", "metric": "nights", "window": "to_date"}
PRICE = {"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}
PAID = {"op": "scale", "of": NIGHTS, "by": PRICE, "as": "USD/2"}
USED = {"op": "cmp", "left": NIGHTS, "relation": "ge", "right": NIGHTS}
AMOUNT = "/clauses/0/amount"


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def with_amount(content: Content, amount: Content) -> Content:
    content["clauses"][0]["amount"] = deepcopy(amount)
    return content


def test_the_units_of_a_product_must_give_the_stated_unit(content: Content, faults_of: Faults) -> None:
    wrong = {**PAID, "by": lit("2", "ratio/0")}
    assert faults_of(with_amount(content, wrong)) == {AMOUNT: "night/0 x ratio/0 does not give USD/2"}


QUOTIENTS = [
    ("USD/2", "night/0", "night/0", []),
    ("USD/2", "ratio/4", "ratio/0", []),
    ("USD/2", "night/0", "ratio/0", [f"{AMOUNT}/of/1"]),
    ("night/0", "USD/2", "night/3", []),
    ("USD/2 per night/0", "night/0", "ratio/1", []),
    ("USD/2", "USD/2", "USD/2", []),
    ("USD/2", "USD/2", "EUR/2", [f"{AMOUNT}/of/1"]),
]


@pytest.mark.parametrize(("of", "num", "den", "places"), QUOTIENTS)
def test_a_quotient_cancels_units(
    content: Content, program_of: Compiler, faults_of: Faults, of: str, num: str, den: str, places: list[str]
) -> None:
    share = {"op": "scale", "of": lit("1", of), "num": lit("1", num), "den": lit("1", den), "as": "USD/2"}
    with_amount(content, {"op": "add", "of": [PAID, share]})
    if places:
        assert list(faults_of(content)) == places
    else:
        assert program_of(content).nodes[-1].op == "add"


def test_a_bare_number_in_a_price_changes_no_unit(content: Content, program_of: Compiler) -> None:
    per_part = {
        "op": "scale",
        "of": lit("0.5", "ratio/1"),
        "by": lit("3", "USD/2 per ratio/0"),
        "as": "USD/2",
    }
    assert program_of(with_amount(content, {"op": "add", "of": [PAID, per_part]})).unit.unit == "USD"


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"num": PRICE},
        {"den": PRICE},
        {"by": PRICE, "num": PRICE},
        {"by": PRICE, "num": PRICE, "den": PRICE},
    ],
)
def test_a_scale_has_one_factor_or_a_fraction(content: Content, faults_of: Faults, parts: Content) -> None:
    broken = {"op": "scale", "of": NIGHTS, "as": "USD/2", **parts}
    assert faults_of(with_amount(content, broken)) == {AMOUNT: "give either by, or num and den"}


@pytest.mark.parametrize("op", ["add", "min", "max"])
def test_numbers_of_two_types_do_not_mix(content: Content, faults_of: Faults, op: str) -> None:
    (found,) = faults_of(with_amount(content, {"op": op, "of": [PAID, lit("1.000", "USD/3")]})).items()
    assert found == (AMOUNT, f"{op} of USD/2, USD/3: all must be numbers of one type")


def test_numbers_of_two_types_are_not_compared(content: Content, faults_of: Faults) -> None:
    test = {**USED, "right": lit("3", "day/0")}
    choice = {"op": "if", "test": test, "then": PAID, "else": lit("0")}
    assert list(faults_of(with_amount(content, choice))) == [f"{AMOUNT}/test"]


def test_a_condition_stands_only_where_one_is_asked(content: Content, faults_of: Faults) -> None:
    for amount, place in (
        (USED, AMOUNT),
        ({"op": "add", "of": [USED]}, AMOUNT),
        ({**PAID, "by": USED}, AMOUNT),
        ({"op": "if", "test": NIGHTS, "then": PAID, "else": PAID}, f"{AMOUNT}/test"),
        ({"op": "if", "test": USED, "then": PAID, "else": USED}, AMOUNT),
        ({"op": "if", "test": {"op": "all", "of": [NIGHTS]}, "then": PAID, "else": PAID}, f"{AMOUNT}/test"),
        ({"op": "if", "test": {"op": "not", "of": NIGHTS}, "then": PAID, "else": PAID}, f"{AMOUNT}/test"),
        ({"op": "bands", "of": USED, "as": "USD/2", "edges": [], "rows": [{"base": "0"}]}, f"{AMOUNT}/of"),
    ):
        assert place in faults_of(with_amount(content, amount))


def test_a_pointer_into_a_negation_leads_to_its_part(content: Content, faults_of: Faults) -> None:
    test = {"op": "not", "of": {**USED, "right": {"op": "param", "name": "gone"}}}
    found = faults_of(with_amount(content, {"op": "if", "test": test, "then": PAID, "else": PAID}))
    assert f"{AMOUNT}/test/of/right/name" in found


@pytest.mark.parametrize(
    ("amount", "place", "message"),
    [
        (
            {**PAID, "of": {**NIGHTS, "metric": "days"}},
            f"{AMOUNT}/of/metric",
            "'days' is not among the metrics",
        ),
        (
            {**PAID, "by": {"op": "param", "name": "rate"}},
            f"{AMOUNT}/by/name",
            "'rate' is not among the params",
        ),
        (
            {**PAID, "of": {**NIGHTS, "window": "period"}},
            f"{AMOUNT}/of/window",
            "a period is observed only in a clause",
        ),
        ({**PAID, "by": {**PRICE, "value": "15.123"}}, f"{AMOUNT}/by/value", "has 3 decimal digits"),
    ],
)
def test_a_name_or_a_digit_that_is_not_declared_is_refused(
    content: Content, faults_of: Faults, amount: Content, place: str, message: str
) -> None:
    found = faults_of(with_amount(content, amount))
    assert message in found[place]


def test_parties_of_a_clause_are_declared_and_no_evaluator_is_paid(
    content: Content, faults_of: Faults
) -> None:
    content["clauses"][0].update({"from": "state", "to": "lab"})
    found = faults_of(content)
    assert found["/clauses/0/from"] == "'state' is not among the parties: add it there"
    assert "verifies and can neither pay nor be paid" in found["/clauses/0/to"]
    content["clauses"][0].update({"from": "lab", "to": "home"})
    assert list(faults_of(content)) == ["/clauses/0/from"]


def test_one_document_pays_in_one_currency(content: Content, faults_of: Faults) -> None:
    second = {**content["clauses"][0], "id": "bonus", "amount": lit("10", "EUR/2")}
    content["clauses"].append(second)
    assert "write one document per currency" in faults_of(content)["/clauses/1/amount"]


def test_a_price_is_no_payment(content: Content, faults_of: Faults) -> None:
    found = faults_of(with_amount(content, PRICE))
    assert found[AMOUNT] == "a clause pays money, this is a USD/2 per night"


@pytest.mark.parametrize(
    ("edges", "rows", "place"),
    [
        (["1"], 1, f"{AMOUNT}/rows"),
        (["1"], 3, f"{AMOUNT}/rows"),
        ([], 2, f"{AMOUNT}/rows"),
        (["2", "1"], 3, f"{AMOUNT}/edges"),
        (["1", "1"], 3, f"{AMOUNT}/edges"),
        (["1.5"], 2, f"{AMOUNT}/edges/0/at"),
    ],
)
def test_bands_have_one_row_more_than_rising_edges(
    content: Content, faults_of: Faults, edges: list[str], rows: int, place: str
) -> None:
    bands = {
        "op": "bands",
        "of": NIGHTS,
        "as": "USD/2",
        "edges": [{"at": at, "owner": "above"} for at in edges],
        "rows": [{"base": "0"} for _ in range(rows)],
    }
    assert list(faults_of(with_amount(content, bands))) == [place]


def test_a_row_is_as_exact_as_its_types(content: Content, faults_of: Faults) -> None:
    rows = [{"base": "0.001", "slope": "0.123456789", "origin": "0.5"}]
    bands = {"op": "bands", "of": NIGHTS, "as": "USD/2", "edges": [], "rows": rows}
    assert set(faults_of(with_amount(content, bands))) == {f"{AMOUNT}/rows/0/base", f"{AMOUNT}/rows/0/origin"}


def test_a_metric_that_nothing_observes_is_refused(content: Content, faults_of: Faults) -> None:
    content["metrics"]["meals"] = {**content["metrics"]["nights"], "type": "meal/0"}
    assert list(faults_of(content)) == ["/metrics/meals"]


@pytest.mark.parametrize(
    ("kind", "domain", "places"),
    [
        ("night/0", ["5", "5"], ["/metrics/nights/domain"]),
        ("night/0", ["6", "5"], ["/metrics/nights/domain"]),
        ("night/0", ["0.5", "7.25"], ["/metrics/nights/domain/0", "/metrics/nights/domain/1"]),
    ],
)
def test_a_domain_is_a_span_in_the_digits_of_its_metric(
    content: Content, faults_of: Faults, kind: str, domain: list[str], places: list[str]
) -> None:
    content["metrics"]["nights"].update({"type": kind, "domain": domain})
    assert list(faults_of(content)) == places


def test_a_price_is_no_metric(content: Content, faults_of: Faults) -> None:
    content["metrics"]["nights"]["type"] = "USD/2 per night/0"
    assert "is no type of a metric" in faults_of(content)["/metrics/nights/type"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "give at least one dated value"),
        ([("2026-01-01", "1", "USD/2 per night/0"), ("2026-05-01", "1", "USD/2")], "all of one type"),
        (
            [("2026-05-01", "1", "USD/2 per night/0"), ("2026-01-01", "2", "USD/2 per night/0")],
            "days must rise",
        ),
        (
            [("2026-05-01", "1", "USD/2 per night/0"), ("2026-05-01", "2", "USD/2 per night/0")],
            "days must rise",
        ),
        ([("2028-01-01", "1", "USD/2 per night/0")], "no value before 2028-01-01"),
    ],
)
def test_a_parameter_has_one_value_on_every_day_that_asks_for_one(
    content: Content, faults_of: Faults, rows: list[tuple[str, str, str]], message: str
) -> None:
    content["params"] = {"rate": [{"from": day, "value": value, "type": kind} for day, value, kind in rows]}
    assert message in faults_of(content)["/params/rate"]


def test_a_parameter_says_when_its_day_or_value_is_unreadable(content: Content, faults_of: Faults) -> None:
    content["params"] = {"rate": [{"from": "2026-02-30", "value": "1.234", "type": "USD/2 per night/0"}]}
    assert set(faults_of(content)) == {"/params/rate/0/from", "/params/rate/0/value"}


@pytest.mark.parametrize(
    ("calendar", "places"),
    [
        ({"starts_on": "2027-01-01", "ends_on": "2027-01-01"}, ["/calendar/ends_on"]),
        ({"starts_on": "2027-13-01", "ends_on": "2027-12-31"}, ["/calendar/starts_on"]),
        ({"starts_on": "2027-01-01", "ends_on": "2027-02-29"}, ["/calendar/ends_on"]),
    ],
)
def test_a_calendar_has_real_days_in_order(
    content: Content, faults_of: Faults, calendar: Content, places: list[str]
) -> None:
    content["calendar"] = calendar
    assert list(faults_of(content)) == places


@pytest.mark.parametrize(
    ("periods", "places"),
    [
        ([("a", "2026-06-30"), ("b", "2026-06-30")], ["/calendar/periods/1/ends_on"]),
        ([("a", "2026-06-30"), ("b", "2026-03-31")], ["/calendar/periods/1/ends_on"]),
        ([("a", "2026-01-01")], ["/calendar/periods/0/ends_on"]),
        ([("a", "2028-01-01")], ["/calendar/periods/0/ends_on"]),
        ([("a", "2026-06-31"), ("b", "2026-12-31")], ["/calendar/periods/0/ends_on"]),
        ([("a", "2026-06-30"), ("a", "2026-12-31")], ["/calendar/periods/1/id"]),
    ],
)
def test_periods_follow_each_other_inside_the_term(
    content: Content, faults_of: Faults, periods: list[tuple[str, str]], places: list[str]
) -> None:
    content["calendar"]["periods"] = [{"id": name, "ends_on": day} for name, day in periods]
    assert list(faults_of(content)) == places


def test_paying_by_period_needs_periods(content: Content, faults_of: Faults) -> None:
    content["clauses"][0]["basis"] = "period"
    assert list(faults_of(content)) == ["/clauses/0/basis"]


def test_names_of_clauses_and_limits_stand_once(content: Content, faults_of: Faults) -> None:
    content["clauses"].append(content["clauses"][0])
    content["limits"].append(content["limits"][0])
    assert set(faults_of(content)) == {"/clauses/1/id", "/limits/1/id"}


@pytest.mark.parametrize(
    ("limit", "place"),
    [
        ({"of": ["meals"]}, "/limits/0/of"),
        ({"max": "-0.01"}, "/limits/0/max"),
        ({"max": "1.001"}, "/limits/0/max"),
    ],
)
def test_a_limit_names_clauses_and_an_amount(
    content: Content, faults_of: Faults, limit: Content, place: str
) -> None:
    content["limits"][0].update(limit)
    assert list(faults_of(content)) == [place]


def test_all_faults_of_a_document_are_reported_at_once(content: Content, faults_of: Faults) -> None:
    content["calendar"]["ends_on"] = "2025-01-01"
    content["metrics"]["nights"]["domain"] = ["9", "1"]
    content["clauses"][0].update({"from": "state", "amount": {**PAID, "as": "day/0"}})
    content["limits"][0]["of"] = ["meals"]
    assert set(faults_of(content)) == {
        "/calendar/ends_on",
        "/metrics/nights/domain",
        "/clauses/0/from",
        AMOUNT,
        "/limits/0/of",
    }


def nested(levels: int) -> Content:
    amount: Content = deepcopy(PAID)
    for _ in range(levels):
        amount = {"op": "add", "of": [amount]}
    return amount


def test_nesting_has_a_depth_that_is_allowed_and_one_that_is_not(
    content: Content, program_of: Compiler, faults_of: Faults
) -> None:
    assert len(program_of(with_amount(content, nested(MAX_DEPTH - 1))).nodes) == MAX_DEPTH + 2
    found = faults_of(with_amount(content, nested(MAX_DEPTH)))
    assert any(f"nested deeper than {MAX_DEPTH}" in message for message in found.values())


def test_equal_expressions_share_a_node_and_unequal_ones_do_not(
    content: Content, program_of: Compiler
) -> None:
    twice = {"op": "add", "of": [PAID, PAID, {**PAID, "round": "floor"}]}
    program = program_of(with_amount(content, twice))
    assert [node.op for node in program.nodes] == ["obs", "lit", "scale", "scale", "add"]
    assert program.nodes[-1].args == (2, 2, 3)


def test_every_node_stands_after_what_it_needs(content: Content, program_of: Compiler) -> None:
    nodes = program_of(with_amount(content, nested(20))).nodes
    assert all(arg < at for at, node in enumerate(nodes) for arg in node.args)


def test_the_program_carries_the_digest_of_its_document(content: Content, program_of: Compiler) -> None:
    first = program_of(content)
    content["title"] = "Another title"
    assert first.digest != program_of(content).digest
    assert len(first.digest) == 64


def test_a_hundred_faults_make_one_error_with_all_of_them(content: Content, faults_of: Faults) -> None:
    content["limits"] = [{"id": f"l{at}", "of": ["gone"], "max": "1.00"} for at in range(100)]
    assert len(faults_of(content)) == 100
    assert len(json.dumps(content)) < 10_000
