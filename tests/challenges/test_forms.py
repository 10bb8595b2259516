"""Forms: a closed part of JSON Schema, compiled once; every fault of schema and answers has its place."""

import json
import time
from typing import Any

import pytest

from almoner.challenges import Form
from almoner.challenges.errors import AnswersInvalid
from almoner.challenges.forms import answer_findings, check_answers
from almoner.challenges.patterns import pattern_fault
from almoner.finance.errors import DocumentInvalid
from almoner.finance.units import currency

Content = dict[str, Any]
DIGEST = "ab" * 32


def file(most: int, kinds: object) -> Content:
    asked = {"max_bytes": most, "media_types": kinds}
    return {"type": "string", "x-file": {name: value for name, value in asked.items() if value is not None}}


def form(**properties: Content) -> Form:
    return read({"type": "object", "properties": properties})


def read(schema: Content) -> Form:
    return Form.read(json.dumps({"id": "application/2", "schema": schema}))


def faults(schema: Content) -> dict[str, str]:
    with pytest.raises(DocumentInvalid) as refused:
        read(schema)
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return {row["path"].removeprefix("/schema"): row["message"] for row in rows if isinstance(row, dict)}


def one(node: Content) -> dict[str, str]:
    return {
        path.removeprefix("/properties/q"): said
        for path, said in faults({"type": "object", "properties": {"q": node}}).items()
    }


@pytest.mark.parametrize(
    ("node", "place", "said"),
    [
        ({"type": "text"}, "/type", "none of array, boolean"),
        ({"type": ["string", "integer"]}, "/type", "none of"),
        ({"type": "number"}, "/type", "bare number loses digits"),
        ({}, "/type", "None is none of"),
        ({"$ref": "https://example.org/schema.json"}, "/$ref", "leads out of this form"),
        ({"$ref": "#/properties/q"}, "/$ref", "leads out of this form"),
        ({"$ref": "#/$defs/site"}, "/$ref", "no definition 'site'"),
        ({"type": "string", "if": {}}, "/if", "not admitted"),
        ({"type": "string", "minItems": 1}, "/minItems", "not admitted"),
        ({"type": "integer", "multipleOf": 5}, "/multipleOf", "not admitted"),
        ({"type": "string", "minLength": -1}, "/minLength", "whole number from 0"),
        ({"type": "string", "maxLength": True}, "/maxLength", "whole number from 0"),
        ({"type": "string", "minLength": 9, "maxLength": 3}, "/minLength", "9 is above maxLength 3"),
        ({"type": "integer", "minimum": 9, "maximum": 3}, "/minimum", "9 is above maximum 3"),
        ({"type": "integer", "minimum": "1"}, "/minimum", "whole number"),
        ({"type": "string", "minimum": "1"}, "/minimum", "only with x-money"),
        ({"type": "string", "x-money": "USD", "maximum": 5}, "/maximum", "decimal string"),
        ({"type": "string", "x-money": "USD", "minimum": "10", "maximum": "9.5"}, "/minimum", "10 is above"),
        ({"type": "string", "x-money": "U S D"}, "/x-money", "for example 'USD'"),
        ({"type": "string", "pattern": "(a+)+"}, "/pattern", "repetition inside a repetition"),
        ({"type": "string", "pattern": 5}, "/pattern", "has to be a text"),
        ({"type": "string", "format": "hostname"}, "/format", "none of date, email, uri"),
        ({"type": "string", "enum": []}, "/enum", "list of values"),
        ({"type": "string", "enum": ["a", 1]}, "/enum/1", "1 is no string"),
        ({"type": "integer", "enum": [1, True]}, "/enum/1", "True is no integer"),
        ({"type": "string", "enum": ["a", "a"]}, "/enum/1", "second time"),
        ({"type": "integer", "const": "a"}, "/const", "'a' is no integer"),
        ({"type": "array"}, "/items", "missing"),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": 1}, "/uniqueItems", "true or false"),
        ({"type": "object", "properties": []}, "/properties", "object"),
        ({"type": "object", "required": ["x"]}, "/required/0", "no property 'x'"),
        ({"type": "object", "required": "x"}, "/required", "list of texts"),
        ({"type": "object", "additionalProperties": {}}, "/additionalProperties", "closed"),
        ({"type": "object", "properties": {"A B": {"type": "string"}}}, "/properties/A B", "no name"),
        ({"type": "object", "properties": {"a": 5}}, "/properties/a", "has to be an object"),
        ({"oneOf": [{"type": "string"}]}, "/oneOf", "at least two"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "/oneOf", "no required property"),
        ({"type": "string", "x-file": {"max_bytes": 5}}, "/x-file", "media_types and max_bytes"),
        (
            {"type": "string", "x-file": {"max_bytes": 0, "media_types": ["a/b"]}},
            "/x-file/max_bytes",
            "above 0",
        ),
        ({"type": "string", "x-file": {"max_bytes": 9, "media_types": "a/b"}}, "/x-file/media_types", "list"),
        ({"type": "string", "x-trait": "Big Trait"}, "/x-trait", "id of a trait"),
    ],
)
def test_what_no_form_may_say_is_refused_at_its_place(node: Content, place: str, said: str) -> None:
    assert said in one(node)[place]


def test_branches_must_differ_in_the_required_property_that_tells_them_apart() -> None:
    def branch(kind: str, required: list[str]) -> Content:
        return {"type": "object", "properties": {"kind": {"const": kind}}, "required": required}

    assert form(q={"oneOf": [branch("a", ["kind"]), branch("b", ["kind"])]}).asks()
    for branches in ([branch("a", ["kind"])] * 2, [branch("a", ["kind"]), branch("b", [])]):
        assert set(one({"oneOf": branches})) == {"/oneOf"}


def test_depth_and_number_of_fields_have_a_limit_even_through_definitions() -> None:
    node: Content = {"type": "string"}
    for _ in range(7):
        node = {"type": "object", "properties": {"q": node}}
    assert len(read(node).asks()) == 7
    assert "nested deeper than 8" in str(faults({"type": "object", "properties": {"q": node}}))
    many = {f"q{n}": {"type": "string"} for n in range(301)}
    assert "more than 300 fields" in str(faults({"type": "object", "properties": many}))
    many.pop("q300")
    assert len(read({"type": "object", "properties": many}).asks()) == 300
    circle = {"loop": {"type": "object", "properties": {"q": {"$ref": "#/$defs/loop"}}}}
    assert "nested deeper than 8" in str(
        faults({"type": "object", "$defs": circle, "properties": {"q": {"$ref": "#/$defs/loop"}}})
    )


def test_a_definition_that_multiplies_itself_is_refused_in_no_time() -> None:
    bomb = {
        f"d{n}": {"type": "object", "properties": {f"q{m}": {"$ref": f"#/$defs/d{n + 1}"} for m in range(40)}}
        for n in range(7)
    }
    start = time.process_time()
    found = faults({"type": "object", "$defs": bomb, "properties": {"q": {"$ref": "#/$defs/d0"}}})
    assert "more than 300 fields" in str(found)
    assert len(found) < 400
    assert time.process_time() - start < 2


NESTED = ["(a+)+", "(a*)*b", "(a|b+)*", "((ab)+c)+", "(a{1,3}){2,}", "a{1001}", "a**"]
SPECIAL = [r"(a)\1", r"\k<n>", "(?=a)", "(?<n>a)", "(?i)a", "[[:alpha:]]", "x" * 501]
BROKEN = ["+a", "(", ")", "[a", "a{", "{2}", "a{,2}", "^*", r"a\b+"]


@pytest.mark.parametrize("pattern", [*NESTED, *SPECIAL, *BROKEN])
def test_a_pattern_outside_the_linear_subset_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}-[0-9]{4}$",
        "(?:ab|cd)+",
        "a+?b*",
        r"\d{1,3}",
        r"[^\]a]+",
        "(a+)?b",
        r"\(x\)",
        "a{3}",
    ],
)
def test_an_ordinary_pattern_is_taken(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    ("node", "answer", "said"),
    [
        ({"type": "string", "maxLength": 3}, "four", "at most 3 characters"),
        ({"type": "string"}, 5, "valid string"),
        ({"type": "string"}, None, "valid string"),
        ({"type": "string", "pattern": "^[A-Z]+$"}, "abc", "match pattern"),
        ({"type": "string", "x-max-words": 2}, "one two three", "3 words; the limit is 2"),
        ({"type": "string", "format": "date"}, "2027-02-30", "is not a day"),
        ({"type": "string", "format": "uri"}, "javascript:alert(1)", "no address"),
        ({"type": "string", "format": "uri"}, "https://[broken", "no address"),
        ({"type": "string", "format": "email"}, "at example.org", "no e-mail"),
        ({"type": "string", "x-money": "USD"}, "0.001", "decimal digits"),
        ({"type": "string", "x-money": "USD"}, "1e3", "match pattern"),
        ({"type": "string", "x-money": "USD"}, 5, "valid string"),
        ({"type": "string", "x-money": "USD", "minimum": "1.00"}, "0.99", "below 1.00"),
        ({"type": "string", "x-money": "USD", "maximum": "9.00"}, "10.00", "above 9.00"),
        ({"type": "integer", "minimum": 3}, 2, "greater than or equal to 3"),
        ({"type": "integer"}, True, "valid integer"),
        ({"type": "integer"}, "5", "valid integer"),
        ({"type": "integer"}, 2**63, "less than or equal"),
        ({"type": "boolean"}, 1, "valid boolean"),
        ({"enum": ["a", "b"]}, "c", "'a' or 'b'"),
        ({"const": True}, 1, "valid boolean"),
        ({"const": 1}, True, "valid integer"),
        ({"enum": [1, 2]}, 3, "1 or 2"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["a"], "at least 2 items"),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a", "a"], "same as item 0"),
        ({"type": "string", "x-file": {"media_types": ["application/pdf"], "max_bytes": 9}}, "a", "pattern"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_its_place(
    node: Content, answer: object, said: str
) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        check_answers(form(q=node), {"q": answer}, currency("USD"))
    [row] = answer_findings(form(q=node), {"q": answer}, currency("USD"))
    assert refused.value.figures["findings"] == [row]
    assert row["path"] == "/q"
    assert said in row["message"]


@pytest.mark.parametrize(
    ("node", "answer"),
    [
        ({"type": "string", "format": "date"}, "2028-02-29"),
        ({"type": "string", "format": "uri"}, "https://example.org/a?b=c"),
        ({"type": "string", "format": "email"}, "a.b+c@mail.example.org"),
        ({"type": "string", "x-money": "USD", "maximum": "9.00"}, "9.00"),
        ({"type": "string", "x-money": "WELL"}, "0.125"),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, [1, 2]),
        ({"type": "string"}, ""),
    ],
)
def test_an_answer_that_fits_is_taken(node: Content, answer: object) -> None:
    check_answers(form(q=node), {"q": answer}, currency("USD"))


def test_all_faults_come_at_once_and_unknown_questions_are_faults() -> None:
    asked = read(
        {
            "type": "object",
            "required": ["why", "when"],
            "properties": {
                "why": {"type": "string", "maxLength": 2},
                "when": {"type": "string", "format": "date"},
                "sites": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"n": {"type": "integer"}}},
                },
            },
        }
    )
    given = {"why": "long", "sites": [{"n": 1}, {"n": "2"}], "secret": "x"}
    assert {row["path"] for row in answer_findings(asked, given)} == {
        "/why",
        "/when",
        "/sites/1/n",
        "/secret",
    }
    assert answer_findings(asked, {"why": "ab", "when": "2027-01-01"}) == []


def test_a_conditional_section_is_told_by_its_constant() -> None:
    def branch(kind: str, name: str) -> Content:
        properties = {"kind": {"const": kind}, name: {"type": "integer"}}
        return {"type": "object", "properties": properties, "required": ["kind", name]}

    asked = form(site={"oneOf": [branch("well", "depth"), branch("tank", "litres")]})
    check_answers(asked, {"site": {"kind": "tank", "litres": 5}})
    assert [row["path"] for row in answer_findings(asked, {"site": {"kind": "well", "litres": 5}})] == [
        "/site/depth",
        "/site/litres",
    ]
    assert [row["path"] for row in answer_findings(asked, {"site": {"kind": "pond"}})] == ["/site"]


def test_a_file_is_named_by_its_digest_and_has_to_be_there_in_kind_and_size() -> None:
    node = {"type": "string", "x-file": {"media_types": ["application/pdf"], "max_bytes": 100}}
    asked = form(plans={"type": "array", "items": node})
    given = {"plans": [DIGEST]}
    assert answer_findings(asked, given) == []
    assert answer_findings(asked, given, files={DIGEST: ("application/pdf", 100)}) == []
    for files, said in (
        ({}, "handed in"),
        ({DIGEST: ("text/html", 5)}, "text/html"),
        ({DIGEST: ("application/pdf", 101)}, "101 bytes"),
    ):
        [row] = answer_findings(asked, given, files=files)
        assert row["path"] == "/plans/0"
        assert said in row["message"]


def test_money_takes_the_digits_of_the_brief_s_unit() -> None:
    asked = form(ask={"type": "string", "x-money": "JPY"})
    assert answer_findings(asked, {"ask": "5"}, currency("JPY")) == []
    assert "digits" in answer_findings(asked, {"ask": "5.5"}, currency("JPY"))[0]["message"]


def test_a_form_survives_its_bytes_and_shows_only_what_is_marked_public() -> None:
    asked = form(why={"type": "string", "x-public-summary": True}, phone={"type": "string"})
    again = Form.read(asked.canonical_bytes())
    assert (again, hash(again), again.digest()) == (asked, hash(asked), asked.digest())
    assert again.compile() is asked.compile()
    assert asked.public_summary({"why": "wells", "phone": "5"}) == {"why": "wells"}


def test_questions_come_in_the_order_of_required_and_then_by_name() -> None:
    asked = read(
        {
            "type": "object",
            "required": ["why", "ask"],
            "properties": {name: {"type": "string"} for name in ("zone", "ask", "area", "why")},
        }
    )
    assert [pointer for pointer, _, _ in asked.asks()] == ["/why", "/ask", "/area", "/zone"]
