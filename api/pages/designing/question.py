"""Questions of the designer: one list of them writes the form, and reads what was typed back into the brief.

The problem: a form and the document it fills drift apart when each is written by itself: a field is shown
and never kept, or kept under another name. Each question here says where in the document its answer stands,
and how it is read.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from ..forms import Form
from ..words import Words

Kind = Literal[
    "text", "area", "choice", "yes", "day", "instant", "money", "whole", "mark", "percent", "list", "fact"
]
Path = tuple[str | int, ...]
Content = dict[str, Any]
BASIS = 100
TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a form, and its place in the document.

    Attributes
    ----------
    path : tuple
        Names and positions that lead to the answer.
    kind : str
        ``percent`` stands in the document as basis points, ``list`` as a list of texts, ``fact`` as text,
        truth or list.
    options : sequence of tuple
        Of a choice: what is kept, and how it is called; an empty one removes the answer.
    needed : bool
        Nothing is published without it.
    """

    path: Path
    label: str
    kind: Kind = "text"
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    unit: str = ""
    needed: bool = False

    @property
    def name(self) -> str:
        """Return the name of the field.

        Examples
        --------
        >>> Question(path=("phases", 0, "opens_at"), label="Opens").name
        'phases-0-opens_at'
        """
        return "-".join(str(part) for part in self.path)

    def shown(self, content: Content) -> str:
        """Return the answer as it stands in its field.

        Examples
        --------
        >>> Question(path=("weight_bp",), label="Weight", kind="percent").shown({"weight_bp": 3350})
        '33.5'
        """
        value = look_up(content, self.path)
        match value:
            case None:
                return ""
            case True | False:
                return "yes" if value else "no" if self.kind == "fact" else ""
            case list():
                return ", ".join(str(one) for one in value)
            case int() if self.kind == "percent":
                return f"{Decimal(value) / BASIS:f}"
            case _:
                return str(value)

    def read(self, text: str) -> object:
        """Return what was typed as the document holds it; None for nothing, the text where it is no answer.

        Examples
        --------
        >>> Question(path=("weight_bp",), label="Weight", kind="percent").read("33,5")
        3350
        >>> Question(path=("waivable_by",), label="Who", kind="list").read("chair, almoner")
        ['chair', 'almoner']
        """
        reader = _READERS.get(self.kind)
        if not text:
            return None
        return text if reader is None else reader(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions that belong together: one prize, one stage, one criterion.

    Attributes
    ----------
    at : tuple
        Where it stands in the document.
    removable : bool
        It is one of a list, and can be taken out.
    note : str
        What is to be known of it.
    parts : sequence of Group
        Below it: the anchors of a criterion.
    """

    title: str
    at: Path = ()
    questions: Sequence[Question] = ()
    removable: bool = False
    note: str = ""
    parts: Sequence["Group"] = field(default_factory=tuple)

    @property
    def remove_name(self) -> str:
        """Return the name of the field that takes it out."""
        return "-".join(["remove", *(str(part) for part in self.at)])

    def walk(self) -> Iterator["Group"]:
        """Return this group and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What can be added to a section.

    Attributes
    ----------
    name : str
        Of its field.
    options : sequence of tuple
        What is added, and how it is called; empty for nothing.
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]]


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


def put(content: Content, path: Path, value: object) -> None:
    """Write a value to a place of a document; None removes what stands there.

    Examples
    --------
    >>> document = {"goal": {"by": "2029-12-31"}}
    >>> put(document, ("goal", "by"), None)
    >>> put(document, ("ask_cap",), "5.00")
    >>> document
    {'goal': {}, 'ask_cap': '5.00'}
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


def fill(form: Form, content: Content, groups: Sequence[Group]) -> Content:
    """Return a document with what was typed, without what was taken out.

    Parameters
    ----------
    form : Form
        What was sent.
    content : dict
        As it was read.
    groups : sequence of Group
        What was asked.
    """
    filled = copy.deepcopy(content)
    every = [one for group in groups for one in group.walk()]
    for group in every:
        for question in group.questions:
            put(filled, question.path, question.read(form.text(question.name)))
    taken = [one.at for one in every if one.removable and form.text(one.remove_name)]
    for at in sorted(taken, key=lambda path: [(isinstance(part, str), part) for part in path], reverse=True):
        where: Any = look_up(filled, at[:-1])
        if where is not None:
            del where[at[-1]]
    return filled


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


def choice(words: Words, named: Mapping[str, str], *, none: str = "") -> list[tuple[str, str]]:
    """Return options of a choice, with a first one for nothing."""
    return [("", none or words._("Choose")), *named.items()]


def _basis_points(text: str) -> object:
    try:
        points = Decimal(text.replace(",", ".").rstrip("% ")) * BASIS
    except InvalidOperation:
        return text
    return int(points) if points.is_finite() and points == points.to_integral_value() else text


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def _whole(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() and len(text) < BASIS else text


def _fact(text: str) -> object:
    return _listed(text) if "," in text else TRUTHS.get(text.lower(), text)


_READERS: Mapping[str, Callable[[str], object]] = {
    "yes": lambda _: True,
    "whole": _whole,
    "percent": _basis_points,
    "list": _listed,
    "fact": _fact,
    "money": lambda text: text.replace(" ", "").replace("\u00a0", ""),
}
