"""Term documents: what cannot be read is refused with the place of each fault."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.finance.errors import TermError

Content = dict[str, Any]
Faults = Callable[[Content | str], dict[str, str]]


@pytest.fixture
def bands() -> Content:
    return {
        "op": "bands",
        "of": {"op": "obs", "metric": "nights", "window": "to_date"},
        "as": "USD/2",
        "edges": [{"at": "10", "owner": "above"}],
        "rows": [{"base": "0"}, {"base": "100"}],
    }


def test_an_unknown_operation_is_refused_where_it_stands(content: Content, faults_of: Faults) -> None:
    content["clauses"][0]["amount"]["by"] = [{"op": "multiply", "value": "2"}]
    (found,) = faults_of(content).items()
    assert found[0] == "/clauses/0/amount/by/0"
    assert "multiply" in found[1]


def test_a_condition_without_else_is_refused(content: Content, faults_of: Faults) -> None:
    amount = content["clauses"][0]["amount"]
    test = {"op": "cmp", "left": amount["of"], "relation": "ge", "right": amount["of"]}
    content["clauses"][0]["amount"] = {"op": "if", "test": test, "then": amount}
    (found,) = faults_of(content).items()
    assert found[0] == "/clauses/0/amount/else"
    assert "required" in found[1].lower()


def test_an_edge_without_owner_is_refused(content: Content, bands: Content, faults_of: Faults) -> None:
    del bands["edges"][0]["owner"]
    content["clauses"][0]["amount"] = bands
    assert list(faults_of(content)) == ["/clauses/0/amount/edges/0/owner"]


@pytest.mark.parametrize("name", ["rounding", "schema", "title", "parties", "calendar", "clauses"])
def test_nothing_that_decides_a_payment_has_a_default(content: Content, faults_of: Faults, name: str) -> None:
    del content[name]
    assert list(faults_of(content)) == [f"/{name}"]


@pytest.mark.parametrize("name", ["type", "domain", "method", "title"])
def test_a_metric_declares_everything(content: Content, faults_of: Faults, name: str) -> None:
    del content["metrics"]["nights"][name]
    assert list(faults_of(content)) == [f"/metrics/nights/{name}"]


def test_a_number_outside_a_string_is_refused_before_a_digit_is_lost(
    content: Content, faults_of: Faults
) -> None:
    text = json.dumps(content).replace('"15.12"', "15.12")
    assert "bare decimal number" in faults_of(text)["/"]
    text = json.dumps(content).replace('"15.12"', "15")
    assert list(faults_of(text)) == ["/clauses/0/amount/by/0/value"]


@pytest.mark.parametrize("text", ["1e3", "+5", " 5", "5.", ".5", "1,000", "NaN", "", "0x10", "१२"])
def test_a_number_is_a_plain_decimal(content: Content, faults_of: Faults, text: str) -> None:
    content["limits"][0]["max"] = text
    assert list(faults_of(content)) == ["/limits/0/max"]


def test_a_key_that_stands_twice_is_refused(content: Content, faults_of: Faults) -> None:
    text = json.dumps(content).replace('"max": "500000.00"', '"max": "500000.00", "max": "1.00"')
    assert "max stands twice" in faults_of(text)["/"]


def test_an_unknown_field_is_refused_at_every_depth(content: Content, faults_of: Faults) -> None:
    content["note"] = "x"
    content["metrics"]["nights"]["weight"] = "1"
    content["clauses"][0]["both_ways"] = True
    content["clauses"][0]["amount"]["by"][0]["note"] = "x"
    places = {"/note", "/metrics/nights/weight", "/clauses/0/both_ways", "/clauses/0/amount/by/0/note"}
    assert set(faults_of(content)) == places


@pytest.mark.parametrize(
    "kind", ["day", "day/10", "/0", "day/0 per", "day/-1", "1day/0", "day/0 per day/0 per day/0"]
)
def test_a_type_is_a_code_with_digits(content: Content, faults_of: Faults, kind: str) -> None:
    content["metrics"]["nights"]["type"] = kind
    assert list(faults_of(content)) == ["/metrics/nights/type"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ufeff{}", '{"schema": NaN}'])
def test_text_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(TermError):
        TermDocument.read(text)


@pytest.mark.parametrize("levels", [150, 5_000, 200_000])
def test_nesting_beyond_reading_is_refused_and_crashes_nothing(content: Content, levels: int) -> None:
    text = json.dumps(content)
    inner = json.dumps(content["clauses"][0]["amount"])
    deep = '{"op": "add", "of": [' * levels + inner + "]}" * levels
    with pytest.raises(TermError):
        TermDocument.read(text.replace(inner, deep)).canonical_bytes()


def test_more_parts_than_the_limit_are_refused(content: Content, faults_of: Faults) -> None:
    content["limits"] = [{"id": f"l{at}", "of": ["*"], "max": "1.00"} for at in range(401)]
    assert list(faults_of(content)) == ["/limits"]


def test_the_digest_follows_the_meaning_and_not_the_spelling(content: Content) -> None:
    first = TermDocument.read(json.dumps(content))
    second = TermDocument.read(json.dumps(content, indent=4, sort_keys=True))
    assert first.digest() == second.digest()
    content["clauses"][0]["amount"]["by"][0]["value"] = "15.13"
    assert TermDocument.read(json.dumps(content)).digest() != first.digest()


def test_exact_bytes_read_back_to_the_same_bytes() -> None:
    first = TermDocument.read(EXAMPLE)
    assert TermDocument.read(first.canonical_bytes()).canonical_bytes() == first.canonical_bytes()
    assert first.digest() == "5b6bb4dae397947ff6d0995cfe4ee03bc7dc91b406d37599d58dbad6a7c6b5e5"
