"""The smallest document and observations that still show a difference."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from almoner.contracts.terms.document import TermDocument
from almoner.finance.errors import AlmonerError

from .checking import Finding, wrong_with
from .generator_expressions import Json

Spot = tuple[Any, Any]  # the container, and the key or place in it
Differs = Callable[[TermDocument, Finding], str]


def differs(document: TermDocument, finding: Finding) -> str:
    """What differs; empty when nothing does, or when the document is refused."""
    try:
        return wrong_with(document, finding.members, finding.observations, finding.as_of)
    except (AlmonerError, LookupError, ValueError, StopIteration):  # what was taken away was needed
        return ""


def shrink(
    document: TermDocument, finding: Finding, *, seconds: float = 20, test: Differs = differs
) -> tuple[TermDocument, Finding]:
    """Take parts away as long as the difference stays, for at most so many seconds."""
    ends = time.monotonic() + seconds
    best = slim(json.loads(document.canonical_bytes()))
    smaller = holds(best, finding, test)
    if not smaller:
        return document, finding
    while smaller:
        smaller, spot = False, 0
        while spot < len(listed := ordered(best)) and time.monotonic() < ends:
            found = next((one for one in candidates(best, listed[spot]) if holds(one, finding, test)), None)
            best, smaller = (best, smaller) if found is None else (found, True)
            spot += found is None
    shrunk = TermDocument.read(json.dumps(best))
    return shrunk, simpler(shrunk, finding, test)


def holds(candidate: Json, finding: Finding, test: Differs) -> bool:
    try:
        return bool(test(TermDocument.read(json.dumps(candidate)), finding))
    except AlmonerError:
        return False


def ordered(document: Json) -> list[tuple[Any, ...]]:
    """Places in a document, the outermost first."""
    return sorted(filter(None, paths(document)), key=len)


def candidates(document: Json, path: tuple[Any, ...]) -> Iterator[Json]:
    """Smaller documents: without a part, or with an expression replaced by what is in it."""
    yield changed(document, path, None)
    for inner in inside(at(document, path)):
        yield changed(document, path, inner)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # JSON
    yield path
    for key, inner in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from paths(inner, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401  # JSON
    for key in path:
        node = node[key]
    return node


def inside(node: Any) -> Iterator[Any]:  # noqa: ANN401  # JSON
    """Expressions directly inside an expression."""
    if isinstance(node, dict) and "op" in node:
        for inner in node.values():
            for one in inner if isinstance(inner, list) else [inner]:
                if isinstance(one, dict) and "op" in one:
                    yield one


def changed(document: Json, path: tuple[Any, ...], value: Any) -> Json:  # noqa: ANN401  # JSON
    """A copy with another value at a place, or without it; metrics that are no longer observed go too."""
    copied = copy.deepcopy(document)
    holder = at(copied, path[:-1])
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    text = json.dumps({name: part for name, part in copied.items() if name != "metrics"})
    metrics = copied.get("metrics", {})
    if isinstance(metrics, dict):
        copied["metrics"] = {name: one for name, one in metrics.items() if f'"metric": "{name}"' in text}
    return copied


def slim(node: Any) -> Any:  # noqa: ANN401  # JSON
    """Without empty fields: they are written out again when the document is read."""
    if isinstance(node, dict):
        return {
            name: slim(one) for name, one in node.items() if one not in ("", None, [], {}) or name == "edges"
        }
    return [slim(one) for one in node] if isinstance(node, list) else node


def simpler(document: TermDocument, finding: Finding, test: Differs) -> Finding:
    """Observations that are zero, or false, or not there where that makes no difference."""
    kept = {key: value for key, value in finding.observations.items() if key[0] in document.metrics}
    for key, value in list(kept.items()):
        plain = False if isinstance(value, bool) else value if isinstance(value, str) else Fraction(0)
        trial = replace(finding, observations={**kept, key: plain})
        if value != plain and test(document, trial):
            kept[key] = plain
    least = replace(finding, observations=kept)
    return replace(least, what=test(document, least) or finding.what)


def story(document: TermDocument, finding: Finding) -> Json:
    """A finding as JSON: what differs, the document, and the observations."""
    return {
        "differs": finding.what,
        "document": slim(json.loads(document.canonical_bytes())),
        "members": finding.members,
        "as_of": finding.as_of.isoformat() if finding.as_of else None,
        "observations": [
            {"metric": metric, "period": period, "of": list(members), "value": str(value)}
            for (metric, period, members), value in finding.observations.items()
        ],
    }
