"""The bound on the remainder: what has come, or can no longer come, lowers what may still be owed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from almoner.contracts.terms.amendment import Amendment, Lineage
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Place
from almoner.contracts.terms.pay import KeyName
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.remaining import remaining

Content = dict[str, Any]
Compiler = Callable[[Content], Program]
Known = dict[Place, int | None]

YEARS = [{"id": "y1", "ends_on": "2026-12-31"}, {"id": "y2", "ends_on": "2027-12-31"}]


@pytest.fixture
def yearly(content: Content) -> Content:
    """Terms of one cent for each of up to 100 nights a year."""
    content["calendar"]["periods"] = YEARS
    content["metrics"]["nights"].update({"per": ["period"], "pool": "last", "domain": ["0", "100"]})
    content["clauses"][0].update({"basis": "period", "amount": priced()})
    content["limits"] = []
    return content


def priced(**more: object) -> Content:
    price = {"op": "lit", "value": "0.01", "type": "USD/2 per night/0"}
    return {"op": "scale", "of": {"op": "obs", "metric": "nights", **more}, "by": [price], "as": "USD/2"}


def left(program: Program, *rows: tuple[int, int | None], metric: str = "nights") -> dict[str, int]:
    known: Known = {(metric, span, ()): value for span, value in rows}
    return {payer: amount for (payer, _), amount in remaining(program, (), known).items()}


def test_a_value_that_stands_counts_as_it_is(yearly: Content, program_of: Compiler) -> None:
    program = program_of(yearly)
    assert left(program) == {"city": 200} == {"city": prove(program).payers["city", "USD"]}
    assert left(program, (0, 30)) == {"city": 130}
    assert left(program, (0, 30), (1, 7)) == {"city": 37}


def test_what_never_comes_is_never_paid(yearly: Content, program_of: Compiler) -> None:
    assert left(program_of(yearly), (0, None)) == {"city": 100}
    assert left(program_of(yearly), (0, None), (1, None)) == {"city": 0}


@pytest.mark.parametrize(("stand_in", "most"), [("20", 120), ("last", 160)])
def test_where_something_stands_in_that_is_paid(
    yearly: Content, program_of: Compiler, stand_in: str, most: int
) -> None:
    yearly["metrics"]["nights"]["on_missing"] = {"use": stand_in, "after_days": 30}
    program = program_of(yearly)
    assert left(program, (1, None)) == ({"city": 120} if stand_in == "20" else {"city": 200})
    assert left(program, (0, 80), (1, None)) == ({"city": 100} if stand_in == "20" else {"city": most})


def test_a_limit_bounds_what_is_left_as_well(yearly: Content, program_of: Compiler) -> None:
    yearly["limits"] = [{"id": "most", "of": ["*"], "max": "1.50"}]
    program = program_of(yearly)
    assert [left(program, *rows)["city"] for rows in ([], [(0, 80)], [(0, 80), (1, 10)])] == [150, 150, 90]


def test_members_of_a_closed_set_are_closed_one_by_one(yearly: Content, program_of: Compiler) -> None:
    yearly["sets"] = {"homes": {"title": "Homes", "members": ["north", "south"]}}
    yearly["metrics"]["nights"]["per"] = ["homes", "period"]
    yearly["clauses"][0]["each"] = ["homes"]
    program = program_of(yearly)
    known: Known = {("nights", 0, ("north",)): 30, ("nights", 1, ("south",)): None}
    assert remaining(program, (), known) == {("city", "USD"): 30 + 100 + 100}


def test_members_of_an_open_set_stay_whole(yearly: Content, program_of: Compiler) -> None:
    yearly["sets"] = {"people": {"title": "People", "most": 3}}
    yearly["metrics"]["nights"]["per"] = ["people", "period"]
    yearly["clauses"][0]["each"] = ["people"]
    program = program_of(yearly)
    known: Known = {("nights", 0, ("ann",)): 30}
    assert remaining(program, (), known) == {("city", "USD"): 600} == prove(program).payers


@pytest.mark.parametrize(
    ("legs", "open_city", "closed_city"),
    [
        ([{"party": "city", "weight": "3"}, {"party": "county", "weight": "1"}], 152, 3 * 40 // 4 + 2),
        ([{"party": "city", "max": "0.50"}, {"party": "county", "rank": 2}], 50, 40),
    ],
)
def test_legs_of_a_split_fall_with_the_whole(
    yearly: Content, program_of: Compiler, legs: list[Content], open_city: int, closed_city: int
) -> None:
    yearly["parties"]["county"] = {"role": "outcome_payer"}
    yearly["splits"] = {"both": {"legs": legs}}
    yearly["clauses"][0]["from"] = "both"
    program = program_of(yearly)
    assert left(program)["city"] == open_city
    assert left(program, (0, 30), (1, 10))["city"] == closed_city


def test_what_a_pot_opens_with_is_its_holders(yearly: Content, program_of: Compiler) -> None:
    opens = {"op": "lit", "type": "USD/2", "value": "0.70"}
    purse = {"title": "Purse", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "city"}
    yearly["accounts"] = {"purse": {**purse, "opens": opens}}
    yearly["clauses"][0]["from"] = "purse"
    program = program_of(yearly)
    assert left(program, (0, 0), (1, 0))["city"] == prove(program).payers["city", "USD"] == 70


def test_what_was_paid_counts_though_less_is_owed_now(yearly: Content, program_of: Compiler) -> None:
    yearly["clauses"][0]["on_decrease"] = "keep"
    program = program_of(yearly)
    known: Known = {("nights", 0, ()): 30}
    paid: dict[KeyName, int] = {("nights", "y1", ()): 90}
    assert remaining(program, (), known, obligated=paid) == {("city", "USD"): 190}


def test_a_condition_that_cannot_hold_any_more_pays_nothing(yearly: Content, program_of: Compiler) -> None:
    enough = {"op": "lit", "value": "50", "type": "night/0"}
    test = {"op": "cmp", "left": {"op": "obs", "metric": "nights"}, "relation": "ge", "right": enough}
    zero = {"op": "lit", "value": "0.00", "type": "USD/2"}
    bonus = {"op": "lit", "value": "5.00", "type": "USD/2"}
    yearly["clauses"][0]["amount"] = {"op": "if", "test": test, "then": bonus, "else": zero}
    program = program_of(yearly)
    assert [left(program, *rows)["city"] for rows in ([], [(0, 49)], [(0, 50)], [(0, 49), (1, 49)])] == [
        1000,
        500,
        1000,
        0,
    ]


def lineage(content: Content, *changes: Content) -> Lineage:
    document = TermDocument.read(json.dumps(content))
    amendment = {
        "schema": "almoner.amendment/1",
        "of": document.digest(),
        "effective_on": "2027-01-01",
        "reason": "agreed",
        "changes": list(changes),
    }
    return Lineage(document, (Amendment.read(json.dumps(amendment)),))


def test_amended_terms_are_bounded_by_payer(yearly: Content) -> None:
    yearly["parties"]["county"] = {"role": "outcome_payer"}
    yearly["clauses"].append({**yearly["clauses"][0], "id": "more", "from": "county", "amount": priced()})
    price = {"op": "replace", "path": "/clauses/0/amount/by/0/value", "value": "0.03"}
    use = lineage(yearly, price)
    known: Known = {("nights", 0, ()): 30}
    assert use.prove().payers == {("city", "USD"): 400, ("county", "USD"): 200}
    bound = remaining(use.overlaid.program, use.overlaid.overlays, known)
    assert bound == {("city", "USD"): 30 + 300, ("county", "USD"): 130}


def test_a_clause_that_changed_hands_counts_for_both_payers(yearly: Content) -> None:
    yearly["parties"]["county"] = {"role": "outcome_payer"}
    use = lineage(yearly, {"op": "replace", "path": "/clauses/0/from", "value": "county"})
    known: Known = {("nights", 0, ()): 30, ("nights", 1, ()): 20}
    bound = remaining(use.overlaid.program, use.overlaid.overlays, known)
    assert bound == {("city", "USD"): 50, ("county", "USD"): 50}
