"""Faults of form, told so that whoever wrote the document can put them right.

The problem: "String should match pattern" tells a programmer what a checker did, and a lawyer nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Final

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
    (
        "Input should be an object",
        'an object is needed here; a bare number is written {"op": "lit", "value": "17", "type": "day/0"}',
    ),
    ("Input should be a valid string", 'text in quotes is needed here; a number too is written "15.12"'),
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
    return [{**row, "message": _told(row["message"])} for row in findings]


def _told(message: str) -> str:
    return next((plain for start, plain in _TOLD if message.startswith(start)), message.rstrip("."))
