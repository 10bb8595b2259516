"""Questions of the designer: one list of them writes the form, and reads what was typed back into the brief.

The problem: a form and the document it fills drift apart when each is written by itself: a field is shown
and never kept, or kept under another name. Each question here says where in the document its answer stands,
and how it is read. What was not changed is not written, so that a look at a brief alters nothing in it.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from ..forms import LONGEST_NUMBER, Form
from ..places import Content, Path, as_json, look_up, put
from ..words import Words

Kind = Literal[
    "text",
    "area",
    "choice",
    "maybe",
    "yes",
    "truth",
    "day",
    "instant",
    "money",
    "whole",
    "mark",
    "percent",
    "list",
    "wholes",
    "percents",
    "fact",
    "facts",
    "place",
    "json",
]
BASIS = 100
TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
CHECKED: frozenset[Kind] = frozenset({"yes", "truth"})
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a form, and its place in the document.

    Attributes
    ----------
    path : tuple
        Names and positions that lead to the answer.
    kind : str
        ``percent`` stands in the document as basis points, ``list`` as a list of texts, ``fact`` as text,
        number, truth or list, ``facts`` as a list of them; ``place`` as a JSON pointer, where ``*`` is
        everything; ``json`` as one of the options, written as JSON. ``yes`` is there or not, ``truth`` is
        true or false, ``maybe`` may also be left open.
    options : sequence of tuple
        Of a choice: what is kept, and how it is called; an empty one removes the answer. Of a text:
        what is proposed.
    needed : bool
        Nothing is published without it.
    usual : str
        What holds where nothing is written.
    member : str
        Where the answer is one name of a list: the name.
    """

    path: Path
    label: str
    kind: Kind = "text"
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    unit: str = ""
    needed: bool = False
    usual: str = ""
    member: str = ""

    @property
    def name(self) -> str:
        """Return the name of the field.

        Examples
        --------
        >>> Question(path=("phases", 0, "opens_at"), label="Opens").name
        'phases-0-opens_at'
        """
        return "-".join([*(str(part) for part in self.path), *([self.member] if self.member else [])])

    def shown(self, content: Content) -> str:
        """Return the answer as it stands in its field.

        Examples
        --------
        >>> Question(path=("weight_bp",), label="Weight", kind="percent").shown({"weight_bp": 3350})
        '33.5'
        >>> Question(path=("who",), label="Who", kind="list").shown({"who": ["a, b", "c"]})
        'a, b; c'
        """
        value = look_up(content, self.path)
        if value is None:
            return self.usual
        if self.member:
            return "yes" if isinstance(value, list) and self.member in value else ""
        return _said(value, self.kind)

    def offered(self, content: Content) -> list[tuple[str, str]]:
        """Return the options of a choice, with what stands in the document where it is none of them."""
        now = self.shown(content)
        known = [code for code, _ in self.options]
        return [*self.options, *([(now, now)] if now not in known else [])]

    def lacks(self, content: Content) -> bool:
        """Tell whether it is needed, and nothing is written."""
        value = look_up(content, self.path)
        return self.needed and (value in (None, []) or (value == "" and self.kind != "place"))

    def take(self, content: Content, form: Form, before: Content) -> None:
        """Write what was typed into a document, if it was asked and is another thing than was shown.

        Parameters
        ----------
        content : dict
            Into which it is written.
        form : Form
            What was sent.
        before : dict
            The document as it was shown.
        """
        if self.name not in form.fields and self.kind not in CHECKED:
            return
        typed = form.text(self.name)
        if _plain(typed, self.kind) == _plain(self.shown(before), self.kind):
            return
        put(content, self.path, self.joined(content, typed) if self.member else self.read(typed))

    def joined(self, content: Content, typed: str) -> list[str]:
        """Return the list of names with this one, or without it."""
        there = look_up(content, self.path)
        if not isinstance(there, list):
            there = [code for code, _ in self.options]
        others = [one for one in there if one != self.member]
        return [*others, self.member] if typed else others

    def read(self, text: str) -> object:
        """Return what was typed as the document holds it; None for nothing, the text where it is no answer.

        Examples
        --------
        >>> Question(path=("weight_bp",), label="Weight", kind="percent").read("33,5")
        3350
        >>> Question(path=("waivable_by",), label="Who", kind="list").read("chair, almoner")
        ['chair', 'almoner']
        """
        if not text:
            return False if self.kind == "truth" else None
        reader = _READERS.get(self.kind)
        return text if reader is None else reader(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What can be added to a section, or to a group of it.

    Attributes
    ----------
    name : str
        Of its field.
    options : sequence of tuple
        What is added, and how it is called; empty for nothing.
    add : callable
        Adds one of them to a brief.
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    add: Callable[[Content, str], None]

    def take(self, content: Content, form: Form) -> None:
        """Add what was chosen."""
        wanted = form.text(self.name)
        if wanted and wanted in {name for name, _ in self.options}:
            self.add(content, wanted)


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
    said : str
        What it comes to, in words.
    told : sequence of tuple
        Places of the document that its title tells, and nobody changes.
    parts : sequence of Group
        Below it: the anchors of a criterion.
    addition : Addition or None
        What can be added to it.
    folded : bool
        Whether it is closed until somebody opens it.
    """

    title: str
    at: Path = ()
    questions: Sequence[Question] = ()
    removable: bool = False
    note: str = ""
    said: str = ""
    told: Sequence[Path] = ()
    parts: Sequence["Group"] = field(default_factory=tuple)
    addition: Addition | None = None
    folded: bool = False

    def is_open(self, content: Content) -> bool:
        """Tell whether it is to be seen at once: something is still to be written in it."""
        return any(question.lacks(content) for one in self.walk() for question in one.questions)

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
class Asker:
    """Makes the questions about one part of a brief.

    Attributes
    ----------
    at : tuple
        Where the part stands.
    unit : str
        Of amounts.
    """

    words: Words
    at: Path = ()
    unit: str = ""

    def ask(
        self,
        name: str,
        label: str,
        kind: Kind = "text",
        *,
        hint: str = "",
        needed: bool = False,
        usual: str = "",
        options: Sequence[tuple[str, str]] = (),
    ) -> Question:
        """Ask for something; a dot in the name leads one step down."""
        return Question(
            path=(*self.at, *name.split(".")),
            label=label,
            kind=kind,
            hint=hint,
            needed=needed,
            usual=usual,
            options=options,
            unit=self.unit if kind == "money" else "",
        )

    def pick(
        self,
        name: str,
        label: str,
        named: Mapping[str, str],
        *,
        none: str = "",
        hint: str = "",
        needed: bool = False,
        usual: str = "",
    ) -> Question:
        """Ask for one of several; without a usual one, nothing may be chosen as well."""
        options = list(named.items()) if usual else choice(self.words, named, none=none)
        return self.ask(name, label, "choice", hint=hint, needed=needed, usual=usual, options=options)


def fill(form: Form, content: Content, groups: Sequence[Group], more: Sequence[Addition] = ()) -> Content:
    """Return a document with what was typed and added, without what was taken out.

    Parameters
    ----------
    form : Form
        What was sent.
    content : dict
        As it was read.
    groups : sequence of Group
        What was asked.
    more : sequence of Addition
        What could be added, besides what the groups offer.
    """
    filled = copy.deepcopy(content)
    every = [one for group in groups for one in group.walk()]
    for group in every:
        for question in group.questions:
            question.take(filled, form, content)
    for addition in (*more, *(one.addition for one in every if one.addition)):
        addition.take(filled, form)
    taken = [one.at for one in every if one.removable and form.text(one.remove_name)]
    for at in sorted(taken, key=lambda path: [(isinstance(part, str), part) for part in path], reverse=True):
        where: Any = look_up(filled, at[:-1])
        if where is not None:
            del where[at[-1]]
    return filled


def choice(words: Words, named: Mapping[str, str], *, none: str = "") -> list[tuple[str, str]]:
    """Return options of a choice, with a first one for nothing."""
    return [("", none or words._("Choose")), *named.items()]


def _plain(text: str, kind: Kind) -> str:
    """Return a text as a browser sends it from its field, without spaces around it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return (plain if kind == "area" else plain.replace("\n", "")).strip()


def _said(value: Any, kind: Kind) -> str:  # noqa: ANN401  # whatever JSON holds
    match value:
        case True | False:
            return "yes" if value else "no" if kind in {"fact", "facts", "maybe"} else ""
        case list() if kind == "percents":
            return "; ".join(_said(one, "percent") for one in value)
        case list() if not any(isinstance(one, dict | list) for one in value):
            return _line(["" if one is None else _said(one, kind) for one in value])
        case int() if kind == "percent":
            return f"{Decimal(value) / BASIS:f}"
        case dict() | list():
            return as_json(value)
        case _:
            text = as_json(value) if kind == "json" else str(value)
            return EVERYTHING if kind == "place" and not text else text


def _line(texts: list[str]) -> str:
    """Return texts in one line; where one of them has a comma in it, a semicolon stands between."""
    if any("," in one for one in texts):
        return "; ".join(texts) + ("" if len(texts) > 1 else ";")
    return ", ".join(texts)


def _basis_points(text: str) -> object:
    try:
        points = Decimal(text.replace(",", ".").rstrip("% ")) * BASIS
    except InvalidOperation:
        return text
    return int(points) if points.is_finite() and points == points.to_integral_value() else text


def _listed(text: str) -> list[str]:
    mark = ";" if ";" in text else ","
    return [part.strip() for part in text.replace("\n", mark).split(mark) if part.strip()]


def _whole(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else text


def _one_fact(text: str) -> object:
    return int(text) if WHOLE.fullmatch(text) else TRUTHS.get(text.lower(), text)


def _facts(text: str) -> list[object]:
    return [_one_fact(one) for one in _listed(text)]


def _one_of_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


_READERS: Mapping[Kind, Callable[[str], object]] = {
    "yes": lambda _: True,
    "truth": lambda _: True,
    "maybe": lambda text: TRUTHS.get(text, text),
    "whole": _whole,
    "percent": _basis_points,
    "list": _listed,
    "wholes": lambda text: [_whole(one) for one in _listed(text)],
    "percents": lambda text: [_basis_points(one) for one in _listed(text)],
    "fact": lambda text: _facts(text) if "," in text or ";" in text else _one_fact(text),
    "facts": _facts,
    "place": lambda text: "" if text == EVERYTHING else text,
    "json": _one_of_json,
    "money": lambda text: text.replace(" ", "").replace("\u00a0", ""),
}
