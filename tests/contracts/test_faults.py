"""Faults of form: what a newcomer gets wrong first is told in the words of the format."""

import json
from typing import Any

import pytest

from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.contracts.terms.results import EXAMPLE as RESULTS
from almoner.contracts.terms.results import ResultsDocument
from almoner.finance.errors import ResultsInvalid, TermError

LIMIT = ("limits", 0)
AMOUNT = ("clauses", 0, "amount")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ((*AMOUNT, "as"), "USD", "/clauses/0/amount/as: a type is a unit and its digits: USD/2"),
        ((*AMOUNT, "of"), "17", "/clauses/0/amount/of: an object is needed here; a bare number is written"),
        (("clauses", 0, "id"), "Nights", "/clauses/0/id: a name is lower case letters"),
        ((*LIMIT, "max"), "1,000", "/limits/0/max"),
        ((*LIMIT, "cap"), "5", "/limits/0/cap: no field of this name belongs here"),
        (("calendar", "ends_on"), "2027", "/calendar/ends_on: a day is written 2027-12-31"),
        (("calendar", "periods"), {"every": "6M"}, "a length of time is written P6M"),
        (("title",), 7, "has 1 fault: /title: text in quotes is needed here"),
        (
            (*LIMIT, "max"),
            5,
            "has 1 fault: /limits/0/max: a number in quotes or an expression is needed here",
        ),
        ((*LIMIT, "of"), "*", "/limits/0/of: a list is needed here, also for one"),
        (("rounding",), "up", "/rounding: write one of: floor, ceil, toward_zero, half_even, half_away"),
        (AMOUNT, {"op": "multiply"}, "/clauses/0/amount: there is no op 'multiply': say it with scale"),
        (AMOUNT, {"op": "sqrt"}, "/clauses/0/amount: there is no op 'sqrt': write one of lit, param, obs"),
        (AMOUNT, {"value": "5"}, '/clauses/0/amount: an expression says what it does: {"op": …}'),
        (AMOUNT, {"op": "lit", "value": 5, "type": "USD/2"}, "has 1 fault: /clauses/0/amount/value: text in"),
        (
            ("calendar", "periods"),
            {"every": "yearly"},
            "/calendar/periods/every: a length of time is written",
        ),
        (("metrics", "Days"), {}, "/metrics/Days: a name is lower case letters"),
    ],
)
def test_a_fault_of_form_says_what_to_write(place: tuple[Any, ...], value: object, told: str) -> None:
    content = json.loads(EXAMPLE)
    part = content
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    with pytest.raises(TermError) as refused:
        TermDocument.read(json.dumps(content))
    assert told in refused.value.message
    assert "pattern" not in refused.value.message


def test_what_is_left_out_is_named() -> None:
    content = json.loads(EXAMPLE)
    del content["rounding"]
    with pytest.raises(TermError, match="/rounding: this is required, and missing"):
        TermDocument.read(json.dumps(content))


def test_results_say_it_too() -> None:
    with pytest.raises(ResultsInvalid, match="/cases/0/results/0/value: text in quotes is needed here"):
        ResultsDocument.read(RESULTS.replace('"12457"', "12457"))
