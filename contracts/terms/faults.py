"""Faults of form, told so that whoever wrote the document can put them right.

The problem: "String should match pattern" tells a programmer what a checker did, and a lawyer nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

_OBJECT: Final = (
    'an object is needed here; a bare number is written {"op": "lit", "value": "17", "type": "day/0"}'
)
_QUOTED: Final = 'text in quotes is needed here; a number too is written "15.12"'
_EITHER: Final = 'a number in quotes or an expression is needed here: "15.12", or {"op": …}'
_TRUTHS: Final = ("write one of: truth", "write one of: true, false")
_CHOICE: Final = re.compile(r"Input should be ('.*')$")
_NO_OP: Final = re.compile(r"Input tag '([^']*)' found using 'op' .* expected tags: (.*)$")
_OTHER_OPS: Final = {
    "scale": ("mul", "multiply", "times", "div", "divide", "quotient", "product", "percent", "round"),
    "add, or fold over a set": ("sum", "plus", "total", "count"),
    "sub": ("minus", "subtract", "less", "diff", "difference"),
    "cmp with a relation": ("eq", "ne", "lt", "le", "gt", "ge", "=", "==", "<", "<=", ">", ">=", "compare"),
    "all": ("and",),
    "any": ("or",),
    "min, or a limit": ("cap", "ceiling", "most"),
    "max": ("floor", "least"),
    "lit": ("const", "number", "value", "literal"),
    "obs": ("metric", "observed", "input"),
    "bands": ("lookup", "table", "steps", "piecewise", "interpolate"),
}
_TOLD: Final = (
    (
        "String should match pattern '^[A-Za-z][A-Za-z0-9._-]",
        "a type is a unit and its digits: USD/2, day/0, ratio/4, or USD/2 per day/0",
    ),
    (
        "String should match pattern '^[a-z0-9]",
        "a name is lower case letters, digits and _ . : / -, at most 80 of them",
    ),
    ("String should match pattern '^-?[0-9]", "a number is digits with at most one point: 1234.50"),
    ("String should match pattern '^[0-9]{4}", "a day is written 2027-12-31"),
    ("String should match pattern '^P", "a length of time is written P6M, P1Y or P30D"),
    ("Input should be an object", _OBJECT),
    ("Input should be a valid string", _QUOTED),
    ("Input should be a valid array", "a list is needed here, also for one: [ … ]"),
    ("Unable to extract tag using discriminator 'op'", 'an expression says what it does: {"op": …}'),
    ("Extra inputs are not permitted", "no field of this name belongs here: take it out, or correct it"),
    ("Field required", "this is required, and missing"),
)


def plainly(findings: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Say faults of form in the words of the format; all others stay as they are.

    Parameters
    ----------
    findings : iterable of Mapping[str, str]
        Each with ``path`` and ``message``.

    Examples
    --------
    >>> plainly([{"path": "/rounding", "message": "Field required"}])
    [{'path': '/rounding', 'message': 'this is required, and missing'}]
    """
    told: dict[str, list[str]] = {}
    for row in findings:
        told.setdefault(row["path"], []).append(_told(row["message"]))
    return [{"path": path, "message": one} for path, all_of in told.items() for one in _one_story(all_of)]


def _one_story(told: list[str]) -> list[str]:
    """Keep of what each alternative of a place asks for only what helps."""
    if {_OBJECT, _QUOTED} <= set(told):
        return [_EITHER]
    return [one for one in told if one not in _TRUTHS] or told


def _told(message: str) -> str:
    if choice := _CHOICE.match(message):
        return f"write one of: {choice[1].replace(' or ', ', ').replace(chr(39), '')}"
    if strange := _NO_OP.match(message):
        hint = next((op for op, others in _OTHER_OPS.items() if strange[1].lower() in others), "")
        known = strange[2].rstrip(".").replace("'", "")
        return f"there is no op {strange[1]!r}: " + (
            f"say it with {hint}" if hint else f"write one of {known}"
        )
    return next((plain for start, plain in _TOLD if message.startswith(start)), message.rstrip("."))
