"""What the fuzzer has to be told about bodies that hold themselves, and about what is there.

The problem: it lists every way through a schema before its first body, and a term holds expressions that hold
expressions, so the list has no end within a lifetime. Here requests get schemas of their own in which what
holds itself does so once, and the search for places to break goes twelve steps deep; replies are held against
the whole schema. A contract alone makes tens of thousands of cases, and eight operations take one: each large
document is broken in one operation, and is its valid example in the others.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import schemathesis
import schemathesis.cli
from schemathesis.cli.commands.run.handlers.base import EventHandler
from schemathesis.engine.events import EngineEvent, ScenarioFinished
from schemathesis.specs.openapi.negative import mutations

mutations.MAX_WALK_DEPTH = 12
AT = "#/components/schemas/"
BROKEN_IN = {
    "AgreementDocument": "AgreementRequest",
    "AllocationDocument": "AllocationJobRequest",
    "Brief": "BriefLintRequest",
    "OutcomesDocument": "AgreementSimulationRequest",
    "TermDocument": "TermsLintRequest",
}
"""The one request in which a document is anything but its example."""
KEY = "Idempotency-Key"
WHOLE, STRIDE = int(os.environ.get("FUZZ_WHOLE", "400")), 100
"""Of the cases that the schema of one operation gives: the first so many, then each so manieth."""
STREAMS, FEW_STREAMS = ("/events", "/stream"), 8
"""A stream of a job that waits has no end: each is listened to until the patience of the fuzzer is over."""
REPEATED = 8
RUN = os.getpid()
DRAWN: Counter[str] = Counter()
Json = dict[str, Any]


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: Json) -> None:  # noqa: ARG001  # the fuzzer names both
    """Give every request schemas of its own that end, and every path part what is there."""
    schemas = raw_schema["components"]["schemas"]
    circles = _circles(schemas)
    shown = _shown(raw_schema)
    for name, schema in list(schemas.items()):
        whole = _settled(name, schema, shown)
        schemas[f"Asked{name}"] = _ended(whole, circles, circles.get(name, frozenset()))
    there = json.loads(os.environ.get("FUZZ_PARTS", "{}"))
    for operation in (one for item in raw_schema["paths"].values() for one in item.values()):
        for part in operation.get("parameters", ()):
            if part["in"] == "path" and part["name"] in there:
                part["schema"] = part["schema"] | {"examples": there[part["name"]]}
        body = operation.get("requestBody")
        if body is not None:
            operation["requestBody"] = _ended(_settled("", body, shown), circles, frozenset())


def _shown(document: Json) -> Json:
    """Return an example of each large document, from the examples of the requests that hold it."""
    schemas = document["components"]["schemas"]
    found: Json = {}
    for operation in (one for item in document["paths"].values() for one in item.values()):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        request = schemas.get(content.get("schema", {}).get("$ref", "").removeprefix(AT), {})
        for part, schema in request.get("properties", {}).items():
            name = schema.get("$ref", "").removeprefix(AT)
            for example in content.get("examples", {}).values():
                if name in BROKEN_IN and part in example["value"]:
                    found.setdefault(name, example["value"][part])
    return found


def _settled(within: str, node: Any, shown: Json) -> Any:  # noqa: ANN401  # any part of a schema
    """Put its example in the place of a large document, except in the request where it is broken."""
    if isinstance(node, list):
        return [_settled(within, one, shown) for one in node]
    if not isinstance(node, dict):
        return node
    name = node["$ref"].removeprefix(AT) if isinstance(node.get("$ref"), str) else ""
    if name in shown and BROKEN_IN[name] != within:
        return {"enum": [shown[name]]}
    return {
        key: part if key in {"example", "examples"} else _settled(within, part, shown)
        for key, part in node.items()
    }


def _circles(schemas: Json) -> dict[str, frozenset[str]]:
    """Return those that hold each other, by the name of each."""
    held = nx.DiGraph((name, part) for name, schema in schemas.items() for part in _held(schema))
    around = (frozenset(ring) for ring in nx.strongly_connected_components(held))
    return {name: ring for ring in around for name in ring if len(ring) > 1 or held.has_edge(name, name)}


def _held(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(AT)
        for part in node.values():
            yield from _held(part)
    elif isinstance(node, list):
        for part in node:
            yield from _held(part)


def _ended(node: Any, circles: dict[str, frozenset[str]], within: frozenset[str]) -> Any:  # noqa: ANN401  # any part of a schema
    """Copy a part of a schema: refer to the request's own, and drop each choice that would go round again."""
    if isinstance(node, list):
        return [_ended(one, circles, within) for one in node]
    if not isinstance(node, dict):
        return node
    made = {}
    for name, part in node.items():
        if name == "$ref" and isinstance(part, str):
            made[name] = f"{AT}Asked{part.removeprefix(AT)}"
        elif name in {"anyOf", "oneOf"} and isinstance(part, list):
            kept = [one for one in part if one.get("$ref", "").removeprefix(AT) not in within]
            made[name] = _ended(kept, circles, within)
        elif name not in {"discriminator", "example", "examples"}:
            made[name] = _ended(part, circles, within)
        elif name != "discriminator":
            made[name] = part
    return made


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Send the first cases of a body in coverage, and few of the rest: a contract makes 60,000."""
    if case.meta is None or case.meta.phase.name.value != "coverage" or context.operation is None:
        return True
    label = context.operation.label
    DRAWN[label] += 1
    if label.endswith(STREAMS):
        return DRAWN[label] <= FEW_STREAMS
    return DRAWN[label] <= WHOLE or DRAWN[label] % STRIDE == 0


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: Json) -> None:  # noqa: ARG001  # the fuzzer names all three
    """Give most writes a key of their own: drawn ones are alike, and only the first one acts."""
    kept = case.headers.get(KEY)
    if kept is None or case.meta is None or re.fullmatch("[!-~]{1,255}", kept) is None:
        return
    if case.meta.generation.mode.is_negative and case.meta.phase.data.parameter_location == "header":
        return
    DRAWN[KEY] += 1
    if DRAWN[KEY] % REPEATED:
        case.headers[KEY] = f"fuzz-{RUN}-{DRAWN[KEY]}"


@schemathesis.cli.handler()
class Tally(EventHandler[Any]):
    """Writes one line per operation and phase: its cases, failures and answers."""

    def handle_event(self, ctx: object, event: EngineEvent) -> None:  # noqa: ARG002  # the fuzzer hands over both
        """Write what a finished scenario sent, for each operation in it."""
        told = os.environ.get("FUZZ_TALLY")
        if not told or not isinstance(event, ScenarioFinished):
            return
        lines: dict[str, Json] = {}
        record = event.recorder
        failing = set(record.failing_case_ids())
        for identity, node in record.cases.items():
            label = node.value.operation.label
            line = lines.setdefault(label, {"cases": 0, "failures": 0, "answers": Counter()})
            answer = record.interactions.get(identity)
            line["cases"] += 1
            line["failures"] += identity in failing
            status = answer.response.status_code if answer and answer.response else 0
            line["answers"][str(status)] += 1
        with Path(told).open("a", encoding="utf-8") as file:
            file.writelines(
                json.dumps({"phase": event.phase.value, "operation": label, **line}) + "\n"
                for label, line in lines.items()
            )
