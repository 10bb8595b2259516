"""From two versions of a document to the changes between them, as an amendment writes them.

The problem: people edit a document, and an amendment is a list of places. Here the list is found: what is the
same stays unnamed, what moved within a list is taken out and put in again.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from .amendment import Put, Removal
from .document import TermDocument

Change = Put | Removal


def changes_between(old: TermDocument, new: TermDocument) -> tuple[Change, ...]:
    """Return the changes that make one document of another, in the order in which they are applied.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> old = TermDocument.read(EXAMPLE)
    >>> new = TermDocument.read(EXAMPLE.replace("500000.00", "600000.00"))
    >>> [(one.op, one.path) for one in changes_between(old, new)]
    [('replace', '/limits/0/max')]
    >>> changes_between(old, old)
    ()
    """
    return tuple(
        _between(old.model_dump(mode="json", by_alias=True), new.model_dump(mode="json", by_alias=True), "")
    )


def _between(old: JsonValue, new: JsonValue, at: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_object(old, new, at)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_list(old, new, at)
    elif old != new or type(old) is not type(new):
        yield Put(op="replace", path=at, value=new)


def _of_object(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue], at: str) -> Iterator[Change]:
    for name in old:
        place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in new:
            yield from _between(old[name], new[name], place)
        else:
            yield Removal(op="remove", path=place)
    for name in new:
        if name not in old:
            place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            yield Put(op="add", path=place, value=new[name])


def _of_list(old: Sequence[JsonValue], new: Sequence[JsonValue], at: str) -> Iterator[Change]:
    """Compare from both ends; what is left in between is compared in pairs, then put in or taken out."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    mine, theirs = old[first : len(old) - last], new[first : len(new) - last]
    pairs = min(len(mine), len(theirs))
    for place in range(pairs):
        yield from _between(mine[place], theirs[place], f"{at}/{first + place}")
    for place in reversed(range(pairs, len(mine))):
        yield Removal(op="remove", path=f"{at}/{first + place}")
    for place in range(pairs, len(theirs)):
        yield Put(op="add", path=f"{at}/{first + place}", value=theirs[place])
