"""What is different between two versions of a brief: as steps of a JSON Patch, and as lines to read."""

from collections.abc import Iterator
from typing import Any

from ..places import Content

OWN = ("version", "schema", "challenge_id", "unit", "fund")


def steps_between(before: Content, after: Content) -> list[dict[str, Any]]:
    """Return the steps of a JSON Patch that make one document into another; fixed fields are left out.

    Parameters
    ----------
    before, after : dict
        Documents; what is absent in the second and null in the first is the same.

    Examples
    --------
    >>> steps_between({"goal": {"target": "3"}, "version": 1}, {"goal": {"target": "4"}, "version": 2})
    [{'op': 'replace', 'path': '/goal/target', 'value': '4'}]
    >>> steps_between({"a": ["x"], "b": None}, {"a": ["x", "y"]})
    [{'op': 'replace', 'path': '/a', 'value': ['x', 'y']}]
    """
    kept = {name: value for name, value in before.items() if name not in OWN}
    wanted = {name: value for name, value in after.items() if name not in OWN}
    return list(_steps(kept, wanted, ""))


def _steps(before: object, after: object, at: str) -> Iterator[dict[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _named(before, after, name, f"{at}/{escaped(name)}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for n, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _steps(old, new, f"{at}/{n}")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield {"op": "replace", "path": at, "value": after}


def _named(before: Content, after: Content, name: str, at: str) -> Iterator[dict[str, Any]]:
    if name not in before:
        yield {"op": "add", "path": at, "value": after[name]}
    elif name in after:
        yield from _steps(before[name], after[name], at)
    elif before[name] not in (None, [], False, ""):
        yield {"op": "remove", "path": at}


def escaped(name: str) -> str:
    """Return a name as a JSON pointer writes it.

    Examples
    --------
    >>> escaped("a/b")
    'a~1b'
    """
    return name.replace("~", "~0").replace("/", "~1")


def at_pointer(document: object, pointer: str) -> object:
    """Return what stands at a JSON pointer; None where nothing does.

    Examples
    --------
    >>> at_pointer({"phases": [{"id": "apply"}]}, "/phases/0/id")
    'apply'
    """
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def lines_between(before: Content, after: Content) -> list[tuple[str, str, str]]:
    """Return what is different, to be read: the place, what stands there, and what will.

    Parameters
    ----------
    before, after : dict
        Documents, as for ``steps_between``.

    Examples
    --------
    >>> lines_between({"phases": [{"id": "apply"}]}, {"phases": [{"id": "apply"}, {"id": "panel"}]})
    [('/phases/1', '', 'panel')]
    """
    found = []
    for step in steps_between(before, after):
        place, old, new = step["path"], at_pointer(before, step["path"]), step.get("value")
        if (
            isinstance(old, list)
            and isinstance(new, list)
            and any(isinstance(one, dict) for one in old + new)
        ):
            found += _entries(old, new, place)
        else:
            found.append((place, shortly(old), shortly(new)))
    return found


def _entries(old: list[Any], new: list[Any], place: str) -> list[tuple[str, str, str]]:
    """Compare two lists of different length entry by entry."""
    found = []
    for n in range(max(len(old), len(new))):
        before = old[n] if n < len(old) else None
        after = new[n] if n < len(new) else None
        if isinstance(before, dict) and isinstance(after, dict):
            found += [(f"{place}/{n}{at}", was, will) for at, was, will in lines_between(before, after)]
        elif before != after:
            found.append((f"{place}/{n}", shortly(before), shortly(after)))
    return found


def shortly(value: object) -> str:
    """Return a value of a document as a reader sees it in a line: what it holds, without the names.

    Examples
    --------
    >>> shortly(None), shortly("5.00"), shortly(["a", {"b": 2}]), shortly(True)
    ('', '5.00', 'a; 2', '✓')
    """
    match value:
        case None | False:
            return ""
        case True:
            return "✓"
        case dict():
            return "; ".join(said for said in map(shortly, value.values()) if said)
        case list():
            return "; ".join(said for said in map(shortly, value) if said)
        case _:
            return str(value)
