"""The language of forms: a part of JSON Schema 2020-12, and what is refused of the rest.

The problem: JSON Schema at large fetches pages from the net, calls itself without end and lets half of its
words be ignored, so a form that looks strict may check nothing. What is admitted here is listed; every other
word is a fault with its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ..finance.documents import Code, DecimalText, UnitCode
from ..finance.findings import Findings, finding, repeated
from .figures import nano
from .patterns import pattern_fault

Node = Mapping[str, Any]
MAX_DEPTH: Final = 8
MAX_FIELDS: Final = 300
MAX_NODES: Final = 2000
FORMATS: Final = ("date", "email", "uri")
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NOTES: Final = frozenset({"title", "description"})
_MARKS: Final = frozenset({"x-public-summary", "x-trait"})
_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset(
        {"minLength", "maxLength", "pattern", "format", "x-max-words", "x-file", "x-money"}
        | {"minimum", "maximum", "enum", "const"}
    ),
    "integer": frozenset({"minimum", "maximum", "enum", "const"}),
    "boolean": frozenset({"enum", "const"}),
}
_PYTHON: Final[Mapping[str, type]] = {"string": str, "integer": int, "boolean": bool}
_COUNTS: Final = ("minItems", "maxItems", "minLength", "maxLength", "x-max-words")
_RANGES: Final = (("minItems", "maxItems"), ("minLength", "maxLength"), ("minimum", "maximum"))
_CODE, _DECIMAL, _UNIT = (TypeAdapter[str](kind) for kind in (Code, DecimalText, UnitCode))
_LEAST_BRANCHES: Final = 2


@dataclass
class _Walk:
    """What has been seen of a schema so far."""

    definitions: Node
    found: Findings = field(default_factory=list)
    fields: int = 0
    nodes: int = 0

    def refuse(self, at: str, message: str) -> None:
        self.found.append(finding(at, message))


def schema_findings(schema: Node, at: str) -> Findings:
    """List everything in a form's schema that is not admitted or contradicts itself.

    Parameters
    ----------
    schema : Mapping
        JSON Schema of the answers.
    at : str
        JSON pointer of the schema in its document.

    Examples
    --------
    >>> schema_findings({"type": "object", "properties": {"why": {"type": "text"}}}, "/schema")
    [{'path': '/schema/properties/why/type', 'message': "'text' is none of array, boolean, integer, \
object, string"}]
    """
    definitions = schema.get("$defs", {})
    walk = _Walk(definitions if isinstance(definitions, Mapping) else {})
    if not isinstance(definitions, Mapping):
        walk.refuse(f"{at}/$defs", "has to be an object")
    if schema.get("$schema", DIALECT) != DIALECT:
        walk.refuse(f"{at}/$schema", f"this is not {DIALECT}")
    if schema.get("type") != "object":
        walk.refuse(f"{at}/type", "the answers of a form are an object")
    root = {name: value for name, value in schema.items() if name not in {"$defs", "$schema"}}
    _visit(walk, root, at, 1)
    if walk.fields > MAX_FIELDS:
        walk.refuse(at, f"more than {MAX_FIELDS} fields")
    return walk.found


def resolved(node: Node, definitions: Node) -> Node:
    """Return a node, or the definition it refers to.

    Parameters
    ----------
    node : Mapping
        Of a schema without findings.
    definitions : Mapping
        The schema's ``$defs``.
    """
    while "$ref" in node:
        node = definitions[str(node["$ref"]).removeprefix("#/$defs/")]
    return node


def discriminator(branches: tuple[Node, ...]) -> str | None:
    """Return the property that tells the branches of a ``oneOf`` apart, if there is one.

    Parameters
    ----------
    branches : tuple of Mapping
        Each an object that requires the property and fixes it to a text of its own.
    """
    tables = [branch.get("properties", {}) for branch in branches]
    for name in tables[0] if tables else ():
        values = [
            table[name].get("const")
            if isinstance(table.get(name), Mapping) and name in branch.get("required", ())
            else None
            for table, branch in zip(tables, branches, strict=True)
        ]
        if all(isinstance(value, str) for value in values) and len(set(values)) == len(values):
            return str(name)
    return None


def questions(schema: Node) -> Iterator[tuple[str, Node, bool]]:
    """Yield each part of a sound schema: pointer in the answers, its node, whether it is required.

    Of one object the required ones come first, in the order they are listed there; the others by name.

    Parameters
    ----------
    schema : Mapping
        Without findings; items of a list stand under ``*``.

    Examples
    --------
    >>> [row[0] for row in questions({"type": "object", "properties": {"sites": {"type": "array",
    ...     "items": {"type": "object", "properties": {"name": {"type": "string"}}}}}})]
    ['/sites', '/sites/*', '/sites/*/name']
    """
    definitions = schema.get("$defs", {})
    todo: list[tuple[str, Node]] = [("", schema)]
    while todo:
        at, node = todo.pop(0)
        node = resolved(node, definitions)
        if "oneOf" in node:
            todo += [(at, branch) for branch in node["oneOf"]]
        elif node.get("type") == "array":
            yield f"{at}/*", resolved(node["items"], definitions), False
            todo.append((f"{at}/*", node["items"]))
        properties, required = node.get("properties", {}), list(node.get("required", ()))
        for name in dict.fromkeys([*required, *sorted(properties)]):
            place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            yield place, resolved(properties[name], definitions), name in required
            todo.append((place, properties[name]))


def _visit(walk: _Walk, node: object, at: str, depth: int) -> None:
    walk.nodes += 1
    if walk.nodes > MAX_NODES or walk.fields > MAX_FIELDS:
        if walk.nodes == MAX_NODES + 1:
            walk.refuse(at, f"more than {MAX_NODES} parts")
        return
    if not isinstance(node, Mapping):
        walk.refuse(at, "has to be an object")
    elif depth > MAX_DEPTH:
        walk.refuse(at, f"nested deeper than {MAX_DEPTH}")
    elif "$ref" in node:
        _visit_reference(walk, node, at, depth)
    elif "oneOf" in node:
        _visit_branches(walk, node, at, depth)
    else:
        _visit_typed(walk, node, at, depth)


def _visit_reference(walk: _Walk, node: Node, at: str, depth: int) -> None:
    target = node["$ref"]
    _only(walk, node, frozenset({"$ref"}), at)
    name = target.removeprefix("#/$defs/") if isinstance(target, str) else ""
    if not isinstance(target, str) or not target.startswith("#/$defs/"):
        walk.refuse(f"{at}/$ref", f"{target!r} leads out of this form; only '#/$defs/…' is admitted")
    elif name not in walk.definitions:
        walk.refuse(f"{at}/$ref", f"there is no definition {name!r}")
    else:
        _visit(walk, walk.definitions[name], at, depth + 1)


def _visit_branches(walk: _Walk, node: Node, at: str, depth: int) -> None:
    _only(walk, node, frozenset({"oneOf"}), at)
    branches = node["oneOf"]
    if not isinstance(branches, list | tuple) or len(branches) < _LEAST_BRANCHES:
        walk.refuse(f"{at}/oneOf", "has to be a list of at least two")
        return
    before = len(walk.found)
    for n, branch in enumerate(branches):
        _visit(walk, branch, f"{at}/oneOf/{n}", depth + 1)
    if len(walk.found) == before:
        plain = tuple(resolved(branch, walk.definitions) for branch in branches)
        if discriminator(plain) is None:
            said = "no required property is fixed to another text ('const') in each branch"
            walk.refuse(f"{at}/oneOf", said)


def _visit_typed(walk: _Walk, node: Node, at: str, depth: int) -> None:
    kind = node.get("type", _implied(node))
    if kind == "number":
        walk.refuse(f"{at}/type", "a bare number loses digits: ask an integer, or a string with x-money")
        return
    if not isinstance(kind, str) or kind not in _BY_TYPE:
        walk.refuse(f"{at}/type", f"{kind!r} is none of {', '.join(sorted(_BY_TYPE))}")
        return
    _only(walk, node, _BY_TYPE[kind] | {"type"}, at)
    _check_words(walk, node, kind, at)
    if kind == "object":
        _visit_object(walk, node, at, depth)
    elif kind == "array":
        if "items" not in node:
            walk.refuse(f"{at}/items", "missing: a list says what its items are")
        else:
            _visit(walk, node["items"], f"{at}/items", depth + 1)


def _implied(node: Node) -> str | None:
    """Return the type of a node that only fixes its value."""
    values = [node["const"]] if "const" in node else node.get("enum", ())
    kinds = {type(value) for value in values} if isinstance(values, list | tuple) else set()
    return next((name for name, kind in _PYTHON.items() if kinds == {kind}), None)


def _visit_object(walk: _Walk, node: Node, at: str, depth: int) -> None:
    properties, required = node.get("properties", {}), node.get("required", ())
    if not isinstance(properties, Mapping):
        walk.refuse(f"{at}/properties", "has to be an object")
        return
    walk.fields += len(properties)
    if node.get("additionalProperties", False) is not False:
        walk.refuse(f"{at}/additionalProperties", "a form is closed: false, or left out")
    if not isinstance(required, list | tuple) or any(not isinstance(name, str) for name in required):
        walk.refuse(f"{at}/required", "has to be a list of texts")
    else:
        for n, name in enumerate(required):
            if name not in properties:
                walk.refuse(f"{at}/required/{n}", f"there is no property {name!r}")
    for name, child in properties.items():
        place = f"{at}/properties/{name.replace('~', '~0').replace('/', '~1')}"
        if not _fits(_CODE, name):
            walk.refuse(place, f"{name!r} is no name: lower case letters, digits and _ . : / -")
        _visit(walk, child, place, depth + 1)


def _only(walk: _Walk, node: Node, admitted: frozenset[str], at: str) -> None:
    for name in node:
        if name not in admitted | _NOTES | _MARKS:
            walk.refuse(
                f"{at}/{name.replace('~', '~0').replace('/', '~1')}", "this keyword is not admitted here"
            )


def _check_words(walk: _Walk, node: Node, kind: str, at: str) -> None:
    """Check each keyword's own value."""
    for name in _COUNTS:
        value = node.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            walk.refuse(f"{at}/{name}", "has to be a whole number from 0")
    for name in ("uniqueItems", "x-public-summary"):
        if not isinstance(node.get(name, False), bool):
            walk.refuse(f"{at}/{name}", "has to be true or false")
    if "x-trait" in node and not _fits(_CODE, node["x-trait"]):
        walk.refuse(f"{at}/x-trait", "has to be the id of a trait")
    _check_values(walk, node, kind, at)
    _check_text(walk, node, at)
    _check_limits(walk, node, kind, at)


def _check_values(walk: _Walk, node: Node, kind: str, at: str) -> None:
    values = node.get("enum", [None])
    if not isinstance(values, list | tuple) or not values:
        walk.refuse(f"{at}/enum", "has to be a list of values")
        return
    for name, value in [("const", node.get("const"))] + [(f"enum/{n}", one) for n, one in enumerate(values)]:
        if name.split("/")[0] in node and type(value) is not _PYTHON.get(kind):
            walk.refuse(f"{at}/{name}", f"{value!r} is no {kind}")
    again = repeated([repr(value) for value in values])
    for n in again:
        walk.refuse(f"{at}/enum/{n}", f"{values[n]!r} stands here a second time")


def _check_text(walk: _Walk, node: Node, at: str) -> None:
    if "pattern" in node:
        pattern = node["pattern"]
        fault = pattern_fault(pattern) if isinstance(pattern, str) else "has to be a text"
        if fault is not None:
            walk.refuse(f"{at}/pattern", fault)
    if "format" in node and node["format"] not in FORMATS:
        walk.refuse(f"{at}/format", f"{node['format']!r} is none of {', '.join(FORMATS)}")
    if "x-money" in node and not _fits(_UNIT, node["x-money"]):
        walk.refuse(f"{at}/x-money", "has to be a unit, for example 'USD'")
    if "x-file" in node:
        _check_file(walk, node["x-file"], f"{at}/x-file")


def _check_file(walk: _Walk, asked: object, at: str) -> None:
    if not isinstance(asked, Mapping) or set(asked) != {"media_types", "max_bytes"}:
        walk.refuse(at, "has to name media_types and max_bytes")
        return
    kinds, most = asked["media_types"], asked["max_bytes"]
    if not isinstance(kinds, list | tuple) or not kinds or any(not isinstance(one, str) for one in kinds):
        walk.refuse(f"{at}/media_types", "has to be a list of texts, for example 'application/pdf'")
    if isinstance(most, bool) or not isinstance(most, int) or most <= 0:
        walk.refuse(f"{at}/max_bytes", "has to be a whole number above 0")


def _check_limits(walk: _Walk, node: Node, kind: str, at: str) -> None:
    """Check that limits are of the right kind and the least is not above the greatest."""
    for name in ("minimum", "maximum"):
        value = node.get(name)
        if value is None and name not in node:
            continue
        if kind == "string":
            if "x-money" not in node:
                walk.refuse(f"{at}/{name}", "a text has it only with x-money")
            elif not _fits(_DECIMAL, value):
                walk.refuse(f"{at}/{name}", "a limit of money is a decimal string")
        elif isinstance(value, bool) or not isinstance(value, int):
            walk.refuse(f"{at}/{name}", "has to be a whole number")
    for least, most in _RANGES:
        lo, hi = (_size(node.get(name)) for name in (least, most))
        if lo is not None and hi is not None and lo > hi:
            walk.refuse(f"{at}/{least}", f"{node[least]} is above {most} {node[most]}")


def _size(value: object) -> int | None:
    if isinstance(value, str):
        return nano(value) if _fits(_DECIMAL, value) else None
    return value if isinstance(value, int) else None


def _fits(kind: TypeAdapter[str], value: object) -> bool:
    try:
        kind.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
