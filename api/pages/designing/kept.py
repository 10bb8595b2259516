"""What no form of the designer asks about: shown beside the forms, and kept as it is.

The problem: a document can say more than a form asks, and a form that does not say so looks as if it showed
all that binds. Whatever stands in the brief and in no field is listed, with its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..places import Content, Path
from .patching import escaped, shortly
from .question import Group

LONGEST = 300
DEEPEST = 40
FIXED = frozenset({"schema", "challenge_id", "version", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """A part of a brief that no form asks about.

    Attributes
    ----------
    pointer : str
        Where it stands.
    said : str
        What it holds, shortened.
    """

    pointer: str
    said: str


def kept_parts(content: Content, names: Sequence[str], groups: Sequence[Group]) -> list[KeptPart]:
    """Return the parts of a brief that these groups do not ask about.

    Parameters
    ----------
    content : dict
        The brief.
    names : sequence of str
        First names of its places that belong here.
    groups : sequence of Group
        Everything that is asked about them.

    Examples
    --------
    >>> kept_parts({"phases": [{"id": "apply", "colour": "red"}]}, ["phases"], [])
    [KeptPart(pointer='/phases', said='apply; red')]
    """
    every = [one for group in groups for one in group.walk()]
    asked = {question.path for one in every for question in one.questions}
    asked |= {path for one in every for path in one.told}
    above = {path[:n] for path in asked for n in range(1, len(path))}
    return [
        one
        for name in names
        if name in content and name not in FIXED
        for one in _unasked(content[name], (name,), asked, above)
    ]


def _unasked(value: object, at: Path, asked: set[Path], above: set[Path]) -> Iterator[KeptPart]:
    if at in asked or value is False or value in (None, "", [], {}):
        return
    if at not in above or len(at) > DEEPEST:
        pointer = "".join(f"/{escaped(str(part))}" for part in at)
        said = shortly(value)
        yield KeptPart(pointer=pointer, said=said if len(said) <= LONGEST else f"{said[:LONGEST]}…")
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _unasked(one, (*at, name), asked, above)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _unasked(one, (*at, n), asked, above)
