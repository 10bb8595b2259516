"""JSON Patch (RFC 6902): a change of a document as a list of small steps, each with its place.

The problem: a new version of a document, put beside the old one, does not say what was meant to change. A
patch does, and it fails as a whole when one of its steps finds something else than its author saw.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from .errors import AmendmentRefused

Json = Any
_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "add": frozenset({"path", "value"}),
    "replace": frozenset({"path", "value"}),
    "test": frozenset({"path", "value"}),
    "remove": frozenset({"path"}),
    "move": frozenset({"path", "from"}),
    "copy": frozenset({"path", "from"}),
}


def apply_patch(document: Mapping[str, object], patch: Sequence[Mapping[str, object]]) -> dict[str, Json]:
    """Return a patched copy of a document.

    Parameters
    ----------
    document : Mapping
        JSON, of dicts and lists; unchanged.
    patch : Sequence of Mapping
        Operations ``add``, ``remove``, ``replace``, ``move``, ``copy`` and ``test``, in order.

    Raises
    ------
    AmendmentRefused
        When an operation is malformed, a place does not exist, or a test fails; nothing is changed then.

    Examples
    --------
    >>> apply_patch({"a": [1, 2]}, [{"op": "test", "path": "/a/0", "value": 1},
    ...     {"op": "add", "path": "/a/-", "value": 3}, {"op": "move", "from": "/a/0", "path": "/b"}])
    {'a': [2, 3], 'b': 1}
    >>> apply_patch({"a": 1}, [{"op": "remove", "path": "/b"}])
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.AmendmentRefused: Step 0 of the patch cannot be done: there is nothing at /b.
    """
    content: Json = deepcopy(dict(document))
    for n, step in enumerate(patch):
        try:
            content = _apply(content, step)
        except (LookupError, ValueError) as fault:
            said = fault.args[0]
            raise AmendmentRefused(f"Step {n} of the patch cannot be done: {said}.", step=n) from None
    if not isinstance(content, dict):
        raise AmendmentRefused("The patch leaves no document.", step=len(patch))
    return content


def _apply(content: Json, step: Mapping[str, object]) -> Json:
    name = step.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        raise ValueError(f"{name!r} is none of {', '.join(sorted(_NEEDS))}")
    if missing := sorted(_NEEDS[name] - set(step)):
        raise ValueError(f"{name} needs {', '.join(missing)}")
    path = _parts(step["path"])
    if name == "remove":
        return _without(content, path)
    if name == "test":
        if not _same(_at(content, path), step["value"]):
            raise ValueError(f"{step['path']} holds {_at(content, path)!r}, not {step['value']!r}")
        return content
    if name == "replace":
        _at(content, path)
        return _with(content, path, step["value"], instead=True)
    if name == "add":
        return _with(content, path, step["value"])
    source = _parts(step["from"])
    value = deepcopy(_at(content, source))
    if name == "move":
        if path[: len(source)] == source and path != source:
            raise ValueError(f"{step['from']} cannot move into itself")
        content = _without(content, source)
    return _with(content, path, value)


def _parts(pointer: object) -> list[str]:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _shown(path: Sequence[str]) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def _at(content: Json, path: Sequence[str]) -> Json:
    for depth, part in enumerate(path):
        if isinstance(content, dict) and part in content:
            content = content[part]
        elif isinstance(content, list) and (place := _place(part, len(content) - 1)) is not None:
            content = content[place]
        else:
            raise LookupError(f"there is nothing at {_shown(path[: depth + 1])}")
    return content


def _place(part: str, last: int) -> int | None:
    plain = part.isascii() and part.isdecimal() and str(int(part)) == part
    return int(part) if plain and int(part) <= last else None


def _with(content: Json, path: Sequence[str], value: object, *, instead: bool = False) -> Json:
    """Put a value at a place, before or instead of what stands there."""
    value = deepcopy(value)
    if not path:
        return value
    parent, last = _at(content, path[:-1]), path[-1]
    place = (len(parent) if last == "-" else _place(last, len(parent))) if isinstance(parent, list) else None
    if isinstance(parent, dict):
        parent[last] = value
    elif place is None:
        raise LookupError(f"{_shown(path)} is no place in {_kind(parent)}")
    else:
        parent[place : place + instead] = [value]
    return content


def _kind(value: Json) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else "a plain value"


def _without(content: Json, path: Sequence[str]) -> Json:
    _at(content, path)
    if not path:
        return None
    parent, last = _at(content, path[:-1]), path[-1]
    if isinstance(parent, list):
        del parent[int(last)]
    else:
        del parent[last]
    return content


def _same(left: Json, right: object) -> bool:
    """Compare as JSON does: a truth value is no number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)
