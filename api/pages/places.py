"""Places of a document that is being written: what stands there, and how it is put there.

The problem: a draft may lack anything and hold anything; whoever reads it must not stumble over either.
"""

import json
from collections.abc import Sequence
from typing import Any

Path = tuple[str | int, ...]
Content = dict[str, Any]


def look_up(content: object, path: Path) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return what stands at a place of a document; None where nothing does.

    Examples
    --------
    >>> look_up({"phases": [{"id": "apply"}]}, ("phases", 0, "id"))
    'apply'
    """
    found: Any = content
    for part in path:
        if isinstance(part, int):
            found = found[part] if isinstance(found, list) and part < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def rows_of(content: object, path: Path) -> list[tuple[Path, Content]]:
    """Return the rows of a list in a document, each with its place; what is no object is left out.

    Examples
    --------
    >>> rows_of({"prizes": [{"kind": "grand"}, 3]}, ("prizes",))
    [(('prizes', 0), {'kind': 'grand'})]
    """
    found = look_up(content, path)
    listed = found if isinstance(found, list) else []
    return [((*path, n), one) for n, one in enumerate(listed) if isinstance(one, dict)]


def list_at(content: Content, path: Path) -> list[Any]:
    """Return the list at a place of a document, to be added to; an empty one is made where none stands."""
    if not isinstance(look_up(content, path), list):
        put(content, path, [])
    found: list[Any] = look_up(content, path)
    return found


def put(content: Content, path: Path, value: object) -> None:
    """Write a value to a place of a document; None removes what stands there.

    Examples
    --------
    >>> document = {"goal": {"by": "2029-12-31"}}
    >>> put(document, ("goal", "by"), None)
    >>> put(document, ("ask_cap",), "5.00")
    >>> document
    {'ask_cap': '5.00'}
    """
    *above, last = path
    place: Any = content
    for part in above:
        if isinstance(part, int):
            place = place[part]
        else:
            if not isinstance(place.get(part), dict | list):
                if value is None:
                    return
                place[part] = {}
            place = place[part]
    if value is not None:
        place[last] = value
    elif isinstance(place, dict):
        place.pop(last, None)
        if not place and above and isinstance(above[-1], str):
            put(content, tuple(above), None)


def code_of(title: str, taken: Sequence[str]) -> str:
    """Return a short name made from a title, taken by nothing else.

    Examples
    --------
    >>> code_of("Où se trouve l'eau ?", ["ou-se-trouve-l-eau"])
    'o-se-trouve-l-eau'
    >>> code_of("Reach", ["reach"])
    'reach-2'
    """
    letters = "".join(one if one.isascii() and one.isalnum() else " " for one in title.lower())
    base = "-".join(letters.split())[:40].strip("-") or "item"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def parsed(text: str) -> Content:
    """Return a document from JSON text; an empty one for anything else."""
    try:
        found = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def as_json(value: object) -> str:
    """Return a value as the option of a choice holds it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
