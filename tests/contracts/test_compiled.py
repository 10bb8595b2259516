"""The checker of terms: each kind of fault at its place with its reason, all of them at once, nothing twice.

``tests/data/term_faults.json`` holds sound terms that use every part of the language, and rows that change
them: what is put where (JSON pointer; ``-`` appends), and every fault that must come of it.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.lowering.core import MAX_DEPTH
from almoner.contracts.terms.program import Program
from almoner.finance.errors import TermError

Content = dict[str, Any]
Faults = Callable[[Content], dict[str, str]]
Compiler = Callable[[Content], Program]

FAULTS = json.loads((Path(__file__).parents[1] / "data" / "term_faults.json").read_bytes())
ROWS = {row["name"]: row for row in FAULTS["rows"]}
NIGHTS = {"op": "obs", "metric": "nights"}
PRICE = {"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}
PAID = {"op": "scale", "of": NIGHTS, "by": [PRICE], "as": "USD/2"}
AMOUNT = "/clauses/0/amount"


def put(content: Any, pointer: str, value: object) -> None:  # noqa: ANN401  # decoded JSON
    """Put a value at a place of a document."""
    *way, last = pointer.split("/")[1:]
    for part in way:
        content = content[int(part)] if isinstance(content, list) else content[part]
    if last == "-":
        content.append(deepcopy(value))
    else:
        content[int(last) if isinstance(content, list) else last] = deepcopy(value)


def test_the_terms_that_the_rows_change_are_sound(program_of: Compiler) -> None:
    program = program_of(FAULTS["base"])
    assert [clause.id for clause in program.clauses] == ["rent", "grant", "step"]
    assert len(ROWS) == len(FAULTS["rows"]) >= 130


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_is_named_at_its_place_with_its_reason(name: str) -> None:
    content = deepcopy(FAULTS["base"])
    for pointer, value in ROWS[name]["changes"].items():
        put(content, pointer, value)
    with pytest.raises(TermError) as caught:
        compile_terms(TermDocument.read(json.dumps(content)))
    assert caught.value.code == "terms.invalid"
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    rows = [[row["path"], row["message"]] for row in found if isinstance(row, dict)]
    assert rows == ROWS[name]["faults"]
    assert all(path in str(caught.value) and message in str(caught.value) for path, message in rows)


SOUND: list[tuple[str, object]] = [
    ("/calendar/periods", {"every": "P6M"}),
    ("/calendar/periods", []),
    ("/calendar/periods/0/ends_on", "2026-01-01"),
    ("/params/price", {"type": "USD/2 per night/0", "per": "period", "values": {"y1": "1", "y2": "2"}}),
    ("/params/price", {"type": "USD/2 per night/0", "dated": [{"from": "2026-12-31", "value": "2"}]}),
    ("/metrics/stay/on_missing", {"use": "90", "after_days": 5}),
    ("/metrics/nights/on_missing", {"use": "last"}),
    ("/metrics/grade/on_missing", {"use": "poor"}),
    ("/metrics/nights/by", "city"),
    ("/splits/both/legs/1/max", "5.00"),
    ("/splits/both/legs/1/weight", "0.000000001"),
    ("/limits/0/each", ["period"]),
    ("/limits/0/max", {"op": "lit", "value": "5", "type": "USD/2"}),
    ("/clauses/0/when", {"op": "obs", "metric": "audit"}),
    ("/clauses/1/at", "y1"),
    ("/accounts/score/grows", {"rate": "-0.99", "compounding": "period"}),
    ("/clauses/0/amount/by/0", {"op": "param", "name": "price", "at": {"period": "y1"}}),
    ("/clauses/2/amount", {"op": "paid", "clauses": ["rent", "grant"], "window": "before"}),
    ("/limits/0/max", {"op": "paid", "clauses": ["rent"], "window": "before"}),
]


@pytest.mark.parametrize(("pointer", "value"), SOUND)
def test_what_is_close_to_a_fault_and_none_is_taken(
    program_of: Compiler, pointer: str, value: object
) -> None:
    content = deepcopy(FAULTS["base"])
    put(content, pointer, value)
    assert program_of(content).digest != program_of(FAULTS["base"]).digest


QUOTIENTS = [
    ("USD/2", "night/0", "night/0", True),
    ("USD/2", "ratio/4", "ratio/0", True),
    ("USD/2", "night/0", "ratio/0", False),
    ("night/0", "USD/2", "night/3", True),
    ("USD/2 per night/0", "night/0", "ratio/1", True),
    ("USD/2", "USD/2", "USD/2", True),
    ("USD/2", "USD/2", "EUR/2", False),
    ("ratio/1", "USD/2 per ratio/0", "ratio/0", True),
]


@pytest.mark.parametrize(("of", "by", "over", "sound"), QUOTIENTS)
def test_a_quotient_cancels_units(
    content: Content, program_of: Compiler, faults_of: Faults, of: str, by: str, over: str, *, sound: bool
) -> None:
    parts = [{"op": "lit", "value": "1", "type": kind} for kind in (of, by, over)]
    quotient = {"op": "scale", "of": parts[0], "by": [parts[1]], "over": [parts[2]], "as": "USD/2"}
    content["figures"] = {"x": {"value": quotient}}
    if sound:
        assert str(program_of(content).nodes[program_of(content).figures[0].node].type) == "USD/2"
    else:
        assert list(faults_of(content)) == ["/figures/x/value"]


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


def test_a_hundred_faults_make_one_error_with_all_of_them(content: Content, faults_of: Faults) -> None:
    content["limits"] = [{"id": f"l{at}", "of": ["nights"], "max": "-1.00"} for at in range(100)]
    assert len(faults_of(content)) == 100


def test_a_fault_in_a_figure_is_told_once_however_often_it_is_read(
    content: Content, faults_of: Faults
) -> None:
    content["figures"] = {"x": {"value": {**PAID, "as": "day/0"}}}
    read = {"op": "figure", "name": "x"}
    content["clauses"][0]["amount"] = {"op": "add", "of": [PAID, {**PAID, "of": NIGHTS}]}
    content["figures"]["y"] = {"value": {"op": "add", "of": [read, read]}}
    assert list(faults_of(content)) == ["/figures/x/value"]


def nested(levels: int) -> Content:
    amount: Content = deepcopy(PAID)
    for _ in range(levels):
        amount = {"op": "add", "of": [amount]}
    return amount


def test_nesting_has_a_depth_that_is_allowed_and_one_that_is_not(
    content: Content, program_of: Compiler, faults_of: Faults
) -> None:
    content["clauses"][0]["amount"] = nested(MAX_DEPTH - 1)
    assert len(program_of(content).nodes) == MAX_DEPTH + 3
    content["clauses"][0]["amount"] = nested(MAX_DEPTH)
    found = faults_of(content)
    assert f"nested deeper than {MAX_DEPTH}: name parts as figures" in found.values()


def test_equal_expressions_share_a_node_and_unequal_ones_do_not(
    content: Content, program_of: Compiler
) -> None:
    content["clauses"][0]["amount"] = {"op": "add", "of": [PAID, PAID, {**PAID, "round": "floor"}]}
    content["limits"] = []
    program = program_of(content)
    assert [node.op for node in program.nodes] == ["obs", "lit", "scale", "scale", "add"]
    assert program.nodes[-1].args == (2, 2, 3)


def test_every_node_stands_after_what_it_needs(content: Content, program_of: Compiler) -> None:
    content["clauses"][0]["amount"] = nested(20)
    for program in (program_of(content), program_of(FAULTS["base"])):
        assert all(arg < at for at, node in enumerate(program.nodes) for arg in node.args)


def test_the_program_carries_the_digest_of_its_document(content: Content, program_of: Compiler) -> None:
    first = program_of(content)
    content["title"] = "Another title"
    assert first.digest != program_of(content).digest
    assert len(first.digest) == 64


def test_where_a_clause_stands_in_the_published_text_is_kept(content: Content, program_of: Compiler) -> None:
    content["clauses"][0]["source"] = {"document": "Contract 7", "clause": "4.2"}
    assert program_of(content).clauses[0].source == "Contract 7, 4.2"
    content["clauses"][0]["source"] = {"document": "Contract 7"}
    assert program_of(content).clauses[0].source == "Contract 7"
