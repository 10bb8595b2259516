"""Forms compiled: one pydantic model per form, which reads answers strictly.

The problem: walking a schema for each answer is slow and easily forgets a word of it. A form is turned into
a model once; each word of the schema becomes a constraint of a field, and nothing else is accepted.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints, create_model

from ..finance.dates import parse_day
from ..finance.errors import DocumentInvalid, MoneyError, UnknownUnit
from ..finance.money import money
from ..finance.units import Unit, currency
from .figures import nano
from .form_schema import Node, discriminator, resolved

_CLOSED = ConfigDict(frozen=True, extra="forbid", strict=True)
_LIMIT = 2**62
_DECIMAL = r"^-?[0-9]{1,19}(\.[0-9]{1,9})?$"
_DIGEST = r"^[0-9a-f]{64}$"
_MAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
MAX_TEXT = 100_000
Check = Callable[[str], str]


@dataclass(frozen=True)
class _Context:
    definitions: Node
    unit: Unit | None


def answer_model(schema: Node, unit: Unit | None) -> type[BaseModel]:
    """Compile a sound schema to the model of its answers.

    Parameters
    ----------
    schema : Mapping
        Without findings.
    unit : Unit or None
        The brief's unit, for the digits of money.

    Examples
    --------
    >>> model = answer_model({"type": "object", "properties": {"n": {"type": "integer"}}}, None)
    >>> model.model_validate_json('{"n": 3}').model_dump(by_alias=True)
    {'n': 3}
    """
    return _object(schema, _Context(schema.get("$defs", {}), unit))


def _object(node: Node, context: _Context) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    required = node.get("required", ())
    for name, child in node.get("properties", {}).items():
        kind = _kind(child, context)
        made = Field(alias=name) if name in required else Field(default=None, alias=name)
        fields[_attribute(name)] = (kind, made)
    return create_model("Answers", __config__=_CLOSED, **fields)


def _attribute(name: str) -> str:
    """Return a name for Python that no other property has: the same in every branch of a choice."""
    return f"f_{name.encode().hex()}"


def _kind(child: Node, context: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    node = resolved(child, context.definitions)
    if "oneOf" in node:
        return _choice(node, context)
    for name in ("const", "enum"):
        if name in node:
            return _one_of((node[name],) if name == "const" else tuple(node[name]))
    return _BY_TYPE[node["type"]](node, context)


def _one_of(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a type built at run time
    """Return the type of a fixed set of values; a truth value is no number here."""
    if isinstance(values[0], str):
        return Literal[values]

    def check(value: Any) -> Any:  # noqa: ANN401 - one of the values
        if value not in values:
            raise ValueError(f"has to be {' or '.join(json.dumps(one) for one in values)}")
        return value

    return Annotated[type(values[0]), Strict(), AfterValidator(check)]


def _choice(node: Node, context: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    branches = tuple(resolved(branch, context.definitions) for branch in node["oneOf"])
    models = tuple(_object(branch, context) for branch in branches)
    telling = _attribute(discriminator(branches) or "")
    return Annotated[Union[models], Field(discriminator=telling)]  # noqa: UP007 - of a tuple made at run time


def _array(node: Node, context: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    item = _kind(node["items"], context)
    limits = Field(min_length=node.get("minItems", 0), max_length=node.get("maxItems", 10_000))
    kind = Annotated[list[item], limits]  # type: ignore[valid-type]  # the type of the items is made at run time
    return Annotated[kind, AfterValidator(_require_different)] if node.get("uniqueItems") else kind


def _require_different(items: list[Any]) -> list[Any]:
    seen: list[Any] = []
    for n, item in enumerate(items):
        if item in seen:
            raise ValueError(f"item {n} is the same as item {seen.index(item)}")
        seen.append(item)
    return items


def _integer(node: Node, _: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    return Annotated[int, Field(ge=node.get("minimum", -_LIMIT), le=node.get("maximum", _LIMIT), strict=True)]


def _boolean(_: Node, __: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    return Annotated[bool, Strict()]


def _string(node: Node, context: _Context) -> Any:  # noqa: ANN401 - a type built at run time
    pattern = _DECIMAL if "x-money" in node else _DIGEST if "x-file" in node else None
    kind: Any = Annotated[
        str,
        StringConstraints(
            strict=True,
            min_length=node.get("minLength"),
            max_length=node.get("maxLength", MAX_TEXT),
            pattern=pattern,
        ),
    ]
    if "pattern" in node:
        kind = Annotated[kind, StringConstraints(pattern=node["pattern"])]
    for check in _checks(node, context):
        kind = Annotated[kind, AfterValidator(check)]
    return kind


def _checks(node: Node, context: _Context) -> list[Check]:
    checks: list[Check] = []
    if "format" in node:
        checks.append(_FORMATS[node["format"]])
    if "x-max-words" in node:
        checks.append(_words(node["x-max-words"]))
    if "x-money" in node:
        checks.append(_money(node, context.unit))
    return checks


def _words(limit: int) -> Check:
    def check(text: str) -> str:
        count = len(text.split())
        if count > limit:
            raise ValueError(f"{count} words; the limit is {limit}")
        return text

    return check


def _money(node: Node, unit: Unit | None) -> Check:
    least, most = node.get("minimum"), node.get("maximum")
    code = node["x-money"]

    def check(text: str) -> str:
        try:
            money(text, unit if unit is not None and unit.code == code else currency(code))
        except UnknownUnit:
            pass
        except MoneyError as fault:
            raise ValueError(fault.message) from None
        if least is not None and nano(text) < nano(least):
            raise ValueError(f"{text} {code} is below {least}")
        if most is not None and nano(text) > nano(most):
            raise ValueError(f"{text} {code} is above {most}")
        return text

    return check


def _date(text: str) -> str:
    try:
        parse_day(text)
    except DocumentInvalid as fault:
        raise ValueError(fault.message) from None
    return text


def _uri(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(char.isspace() for char in text):
        raise ValueError(f"{text!r} is no address of the web, for example https://example.org/report")
    return text


def _email(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise ValueError(f"{text!r} is no e-mail address, for example office@example.org")
    return text


_FORMATS: Mapping[str, Check] = {"date": _date, "uri": _uri, "email": _email}
_BY_TYPE: Mapping[str, Callable[[Node, _Context], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}
