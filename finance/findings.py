"""Findings: what is wrong with a document, and where in its text.

The problem: the checker of a schema names a place by the alternatives it tried (``/amount/scale/by``), and
calls a list too short when it only refused an item of it. Whoever wrote the text needs a JSON pointer (RFC
6901) that leads somewhere.
"""

import json
from collections.abc import Mapping, Sequence

Findings = list[dict[str, str]]


def finding(path: str, message: str) -> dict[str, str]:
    """Make one finding.

    Parameters
    ----------
    path : str
        JSON pointer of the place; empty for the whole document.
    message : str
        What is wrong, with the figures.

    Examples
    --------
    >>> finding("", "empty")
    {'path': '/', 'message': 'empty'}
    """
    return {"path": path or "/", "message": message}


def repeated(names: Sequence[str]) -> list[int]:
    """Return the positions of names that stood earlier in the same list.

    Examples
    --------
    >>> repeated(["a", "b", "a", "a"])
    [2, 3]
    """
    seen: set[str] = set()
    again = []
    for position, name in enumerate(names):
        if name in seen:
            again.append(position)
        seen.add(name)
    return again


def locate(findings: Findings, raw: bytes | str) -> Findings:
    """Turn the places of findings into pointers into a text, and drop what only echoes another finding.

    Parameters
    ----------
    findings : list of dict
        Each with ``path`` and ``message``.
    raw : bytes or str
        The JSON that was read; when it is none, the findings stay as they are.

    Examples
    --------
    >>> locate([{"path": "/amount/lit/value", "message": "Field required"}], '{"amount": {"op": "lit"}}')
    [{'path': '/amount/value', 'message': 'Field required'}]
    """
    try:
        content: object = json.loads(raw)
    except (ValueError, RecursionError):
        return findings
    found = [finding(_pointer(row["path"], content), row["message"]) for row in findings]
    return [row for row in found if not _echoes(row, found)]


def _echoes(row: Mapping[str, str], found: Findings) -> bool:
    inside = f"{row['path'].rstrip('/')}/"
    return "after validation" in row["message"] and any(other["path"].startswith(inside) for other in found)


def _pointer(path: str, content: object) -> str:
    """Drop the parts of a path that name an alternative of the schema and not a place in the text."""
    kept = ""
    parts = path.split("/")[1:]
    for position, part in enumerate(parts):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict) and name in content:
            content = content[name]
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
        elif "[" in name or not (isinstance(content, dict) and position == len(parts) - 1):
            continue
        kept += f"/{part}"
    return kept
