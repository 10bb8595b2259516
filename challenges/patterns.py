"""Patterns of a form: regular expressions that no text can make slow.

The problem: ``(a+)+$`` looks harmless and takes longer than the age of the world on thirty letters, so one
question of one form can stop a server or the browser of everybody who fills it in. Admitted is what every
matcher reads in linear time: no reference back, no look around, no repetition inside a repetition.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter
from pydantic_core import SchemaError

MAX_PATTERN: Final = 500
MAX_REPEATS: Final = 1000
_COUNTED: Final = re.compile(r"\{([0-9]{1,6})(,([0-9]{0,6}))?\}", re.ASCII)


@dataclass
class _Reader:
    """Where a pattern has been read to; ``inside`` tells of each open group whether it repeats something."""

    pattern: str
    at: int = 0
    inside: list[bool] = field(default_factory=lambda: [False])
    atom_repeats: bool | None = None  # of what a quantifier would apply to; None: there is nothing


def pattern_fault(pattern: str) -> str | None:
    r"""Say what is wrong with a pattern, if anything is.

    Parameters
    ----------
    pattern : str
        Regular expression, found anywhere in the text unless ``^`` and ``$`` tie it down.

    Examples
    --------
    >>> pattern_fault("^[A-Z]{2}[0-9]{4}$")
    >>> pattern_fault("^(a+)+$")
    'a repetition inside a repetition at character 6: some texts would take for ever'
    >>> pattern_fault(r"(a)\1")
    'a reference back at character 4: it has no linear-time matcher'
    """
    if len(pattern) > MAX_PATTERN:
        return f"{len(pattern)} characters; the limit is {MAX_PATTERN}"
    reader = _Reader(pattern)
    while reader.at < len(pattern):
        fault = _step(reader)
        if fault is not None:
            return fault
    if len(reader.inside) > 1:
        return "a group is not closed"
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError as broken:
        reason = str(broken).strip().splitlines()[-1].strip()
        return f"it cannot be read: {reason.removeprefix('error: ')}"
    return None


def _step(reader: _Reader) -> str | None:
    char = reader.pattern[reader.at]
    if char == "\\":
        return _escape(reader)
    if char == "[":
        return _set(reader)
    if char == "(":
        return _open(reader)
    if char == ")":
        return _close(reader)
    if char in "*+?{":
        return _quantify(reader, char)
    reader.at += 1
    reader.atom_repeats = None if char in "|^$" else False
    return None


def _escape(reader: _Reader) -> str | None:
    following = reader.pattern[reader.at + 1 : reader.at + 2]
    if following in set("123456789k"):
        return f"a reference back at character {reader.at + 1}: it has no linear-time matcher"
    reader.at += 2
    reader.atom_repeats = None if following in set("bB") else False
    return None


def _set(reader: _Reader) -> str | None:
    start, text = reader.at, reader.pattern
    reader.at += 2 if text[start + 1 : start + 2] == "^" else 1
    while reader.at < len(text) and text[reader.at] != "]":
        if text[reader.at] == "[":
            return f"a set inside a set at character {reader.at + 1}: write \\["
        reader.at += 2 if text[reader.at] == "\\" else 1
    if reader.at >= len(text):
        return f"the set that begins at character {start + 1} is not closed"
    reader.at += 1
    reader.atom_repeats = False
    return None


def _open(reader: _Reader) -> str | None:
    special = reader.pattern[reader.at + 1 : reader.at + 2] == "?"
    plain = reader.pattern[reader.at + 1 : reader.at + 3] == "?:"
    if special and not plain:
        return f"a special group at character {reader.at + 1}: only (?: is admitted"
    reader.at += 3 if plain else 1
    reader.inside.append(False)
    reader.atom_repeats = None
    return None


def _close(reader: _Reader) -> str | None:
    if len(reader.inside) == 1:
        return f"a group is closed at character {reader.at + 1} that was not opened"
    repeats = reader.inside.pop()
    reader.inside[-1] = reader.inside[-1] or repeats
    reader.atom_repeats = repeats
    reader.at += 1
    return None


def _quantify(reader: _Reader, char: str) -> str | None:
    place = reader.at + 1
    if reader.atom_repeats is None:
        return f"there is nothing to repeat at character {place}"
    many, length = True, 1
    if char == "?":
        many = False
    elif char == "{":
        counted = _COUNTED.match(reader.pattern, reader.at)
        if counted is None:
            return f"a bare {{ at character {place}: write \\{{"
        most = int(counted[3] or counted[1])
        if most > MAX_REPEATS:
            return f"{most} repetitions at character {place}; the limit is {MAX_REPEATS}"
        many, length = most > 1 or bool(counted[2] and not counted[3]), counted.end() - counted.start()
    if many and reader.atom_repeats:
        return f"a repetition inside a repetition at character {place}: some texts would take for ever"
    reader.at += length
    if reader.pattern[reader.at : reader.at + 1] == "?":
        reader.at += 1
    reader.inside[-1] = True
    reader.atom_repeats = None
    return None
