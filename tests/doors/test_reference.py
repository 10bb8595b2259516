"""The reference: complete, typed, exact in its figures, and never less than what was published before."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from almoner.api import create_app
from almoner.api.reading import read_body
from almoner.api.reference_changes import taken_away
from almoner.api.reference_file import main, served, written
from almoner.api.routes import OPERATIONS
from almoner.finance.storage import open_engine

Json = Any
FILE = Path(__file__).parents[2] / "docs" / "schemas" / "openapi.json"
# Facts and answers of applicants, columns of a problem, figures of a refusal: a text or a whole number.
OPEN_VALUES = {
    "AllocationDocument",
    "AllocationEdit",
    "Application",
    "FactLine",
    "FactRequest",
    "JsonTree",
    "Leaf",
    "LeafReply",
    "Problem",
    "QuizLine",
    "QuizRequest",
}
# JSON by nature: a form is a JSON Schema, and answers are what it asks for; a patch puts any part of a brief.
OPEN_OBJECTS = {"Form", "Application", "JsonValue"}


@pytest.fixture(scope="module")
def reference() -> Json:
    """The document as it is served."""
    return served()


@pytest.fixture(scope="module")
def operations(reference: Json) -> list[Json]:
    return [one for item in reference["paths"].values() for one in item.values()]


def parts(node: Json) -> Iterator[Json]:
    """Return every object of a schema, but not what its examples hold."""
    if isinstance(node, dict):
        yield node
        for name, part in node.items():
            if name not in {"example", "examples", "default", "enum", "const"}:
                yield from parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from parts(part)


def test_every_operation_says_what_it_is(operations: list[Json]) -> None:
    assert {one.name.replace(".", "_").replace("-", "_") for one in OPERATIONS} <= {
        one["operationId"] for one in operations
    }
    assert len({one["operationId"] for one in operations}) == len(operations)
    for one in operations:
        assert one["summary"], one["operationId"]
        assert len(one["tags"]) == 1, one["operationId"]


def test_every_refusal_is_a_problem_document(reference: Json, operations: list[Json]) -> None:
    refusals = reference["components"]["responses"]
    for one in operations:
        told = {status: answer for status, answer in one["responses"].items() if status >= "400"}
        if one["operationId"].startswith(("live", "ready", "ops", "metrics", "problem")):
            continue
        assert told, one["operationId"]
        for status, answer in told.items():
            assert answer == {"$ref": f"#/components/responses/Problem{status}"}, one["operationId"]
            assert "application/problem+json" in refusals[f"Problem{status}"]["content"]


def test_every_body_has_an_example_and_every_example_is_read() -> None:
    for one in OPERATIONS:
        if one.uploads or one.shape.body is None:
            continue
        assert one.examples, one.name
        for example in one.examples.values():
            read_body(one, json.dumps(example).encode(), "application/json")


def test_names_of_schemas_are_those_of_the_classes(reference: Json) -> None:
    odd = [name for name in reference["components"]["schemas"] if "__" in name or "-" in name]
    assert odd == []


def test_no_figure_is_a_float_and_no_object_is_untyped(reference: Json) -> None:
    for name, schema in reference["components"]["schemas"].items():
        for part in parts(schema):
            assert part.get("type") != "number", name
            kinds = {one.get("type") for one in part.get("anyOf", part.get("oneOf", ()))}
            assert name in OPEN_VALUES or not {"string", "integer"} <= kinds, name
            untyped = part.get("additionalProperties") is True or (
                part.get("type") == "object"
                and not part.keys() & {"properties", "additionalProperties", "patternProperties"}
            )
            assert name in OPEN_OBJECTS or not untyped, name


def test_what_is_published_is_what_is_served(reference: Json) -> None:
    published = FILE.read_text(encoding="utf-8")
    gone = taken_away(json.loads(published), reference)
    assert not gone, "taken away from clients: " + "; ".join(gone)
    assert published == written(reference), "run: make reference"


def test_the_document_is_served_the_same_each_time() -> None:
    engine = open_engine("sqlite://")
    app: FastAPI = create_app(engine=engine)
    client = TestClient(app)
    first, second = (client.get("/v1/openapi.json").content for _ in range(2))
    assert first == second
    engine.dispose()


def _change(name: str, reference: Json) -> None:
    schemas = reference["components"]["schemas"]
    request, reply = schemas["FundRequest"], schemas["FundReply"]
    match name:
        case "operation":
            del reference["paths"]["/v1/books/{book}/funds"]["post"]
        case "duty":
            request["required"] = [*request["required"], "unit"]
            request["properties"]["why"] = {"type": "string"}
            request["required"].append("why")
        case "field":
            del reply["properties"]["free"]
        case "type":
            reply["properties"]["free"] = {"type": "integer"}
        case "limit":
            request["properties"]["title"] = {"type": "string", "maxLength": 3}
        case "parameter":
            listed = reference["paths"]["/v1/books/{book}/funds"]["get"]
            listed["parameters"] = [one for one in listed["parameters"] if one["name"] != "limit"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("operation", "POST /v1/books/{book}/funds is gone"),
        ("duty", "FundRequest/why has to be sent now"),
        ("field", "FundReply/free is gone"),
        ("type", "FundReply/free was string and is integer"),
        ("limit", "FundRequest/title: maxLength was"),
        ("parameter", "GET /v1/books/{book}/funds: limit is no longer taken"),
    ],
)
def test_what_is_taken_away_is_named(reference: Json, name: str, told: str) -> None:
    changed = copy.deepcopy(reference)
    _change(name, changed)
    found = taken_away(reference, changed)
    assert any(one.startswith(told) for one in found), found
    assert len(found) <= 2


def test_a_reply_that_tells_more_takes_nothing_away(reference: Json) -> None:
    changed = copy.deepcopy(reference)
    changed["components"]["schemas"]["FundReply"]["properties"]["colour"] = {"type": "string"}
    changed["paths"]["/v1/new"] = {"get": {"responses": {}}}
    assert taken_away(reference, changed) == ()


def test_the_file_is_not_written_over_what_clients_rely_on(reference: Json, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    more = copy.deepcopy(reference)
    more["paths"]["/v1/gone"] = {"get": {"responses": {}}}
    file.write_text(written(more), encoding="utf-8")
    assert main(["--file", str(file)]) == 1
    assert "/v1/gone" in file.read_text(encoding="utf-8")
    assert main(["--file", str(file), "--meant"]) == 0
    assert file.read_text(encoding="utf-8") == written(reference)
