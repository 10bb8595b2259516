"""Questions of a form page: each is a place in a document, how it is asked, and how the answer is kept.

The problem: a page, its saving and its check each know the fields of a document on their own, and a new
field is forgotten in one of them. A section is a list of questions; what is shown, what is typed and what
is written are all read off it. What is typed is kept as it is: only the operations say what is wrong.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ..forms import Form

Json = object
Kind = Literal[
    "text",
    "area",
    "money",
    "number",
    "day",
    "choice",
    "radio",
    "yes_no",
    "lines",
    "many",
    "share",
    "stated",
    "given",
    "file",
]
Options = Sequence[tuple[str, str]]
BASIS = 100
MOST_ROWS = 500
TRUTH = {"yes": True, "no": False}
SPACES = re.compile(r"[\s\u00a0\u202f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question.

    Attributes
    ----------
    path : tuple of str
        Where its answer stands: in the document, or in a row of it.
    kind : str
        How it is asked. ``share``: percent of a whole, kept in basis points. ``lines``: a list of texts, one
        a line. ``many``: some of the options. ``stated``: a list of texts, or that there is nothing;
        ``given``: the same with an amount behind each. ``file``: the digest of a file.
    options : sequence of (str, str)
        Values with what they are called; of a text, what is proposed.
    own : bool
        Label and hint are words of the pages, not of whoever wrote the form.
    takes : mapping or None
        Of a file: which kinds, and how long.
    """

    path: tuple[str, ...]
    label: str
    kind: Kind = "text"
    hint: str = ""
    options: Options = ()
    unit: str = ""
    own: bool = True
    takes: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Rows of the same questions.

    Attributes
    ----------
    path : tuple of str
        Of the list.
    title : callable
        Takes the number of a row, from 1, and returns what it is called.
    rows : sequence of str
        Where each row belongs to a name: these names, under ``key``; else as many as there are, and one more.
    """

    path: tuple[str, ...]
    title: Callable[[str], str]
    asks: tuple[Ask, ...]
    key: str = ""
    rows: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of questions."""

    name: str
    title: str
    hint: str
    parts: tuple[Ask | Several, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A question as it is shown: with a name and what stands in it.

    Attributes
    ----------
    name : str
        Of the field: its place in the document, joined by ``-``.
    value : str
        As text; of several, one a line.
    theirs : str or None
        What somebody else has put there since, where that is another thing.
    """

    name: str
    ask: Ask
    value: str
    theirs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions that are shown together; a row has a title, and a name under which it is removed."""

    title: str = ""
    row: str = ""
    boxes: tuple[Box, ...] = field(default_factory=tuple)


def groups_of(section: Section, content: Mapping[str, Json], *, more: int = 1) -> tuple[Group, ...]:
    """Return a section with the answers of a document.

    Parameters
    ----------
    section : Section
        Which.
    content : mapping
        The document, some fields still missing.
    more : int [rows]
        Empty rows behind those that are there.

    Examples
    --------
    >>> title = Ask(path=("title",), label="Title")
    >>> section = Section(name="about", title="About", hint="", parts=(title,))
    >>> groups_of(section, {"title": "Wells"})[0].boxes[0].value
    'Wells'
    """
    found: list[Group] = []
    for part in section.parts:
        if isinstance(part, Ask):
            made = Box(name="-".join(part.path), ask=part, value=text_of(part, _at(content, part.path)))
            found.append(Group(boxes=(made,)))
        else:
            found += _rows(part, content, more)
    return tuple(found)


def _rows(part: Several, content: Mapping[str, Json], more: int) -> list[Group]:
    rows = _list(_at(content, part.path))
    titled = [(part.title(str(n + 1)), row) for n, row in enumerate(rows)]
    if part.key:
        by_key = {str(row.get(part.key)): row for row in rows}
        titled = [(title, by_key.get(name, {})) for name, title in part.rows]
    else:
        titled += [(part.title(str(len(rows) + n + 1)), {}) for n in range(more)]
    return [
        Group(
            title=title,
            row="-".join((*part.path, str(n))) if not part.key else "",
            boxes=tuple(
                Box(
                    name="-".join((*part.path, str(n), *ask.path)),
                    ask=ask,
                    value=text_of(ask, _at(row, ask.path)),
                )
                for ask in part.asks
            ),
        )
        for n, (title, row) in enumerate(titled)
    ]


def written(section: Section, content: Mapping[str, Json], form: Form) -> dict[str, Json]:
    """Return a document with what was typed in one section; other fields stay as they are.

    Parameters
    ----------
    section : Section
        That was shown.
    content : mapping
        The document as it stands.
    form : Form
        What was sent.

    Examples
    --------
    >>> title = Ask(path=("title",), label="Title")
    >>> section = Section(name="about", title="About", hint="", parts=(title,))
    >>> written(section, {"title": "Wells", "ask": "9"}, Form(fields={"title": ["Deep wells"]}))
    {'title': 'Deep wells', 'ask': '9'}
    """
    made = dict(content)
    for part in section.parts:
        if isinstance(part, Ask):
            _put(made, part.path, value_of(part, form, "-".join(part.path)))
        else:
            kept = _typed_rows(part, content, form)
            _put(made, part.path, kept or None)
    return made


def _typed_rows(part: Several, content: Mapping[str, Json], form: Form) -> list[Json]:
    start = "-".join(part.path)
    numbers = _numbers(start, form)
    before = _list(_at(content, part.path))
    by_key = {str(row.get(part.key)): row for row in before} if part.key else {}
    asked = {ask.path[0] for ask in part.asks}
    rows: list[Json] = []
    for n in numbers:
        typed: dict[str, Json] = {}
        for ask in part.asks:
            _put(typed, ask.path, value_of(ask, form, f"{start}-{n}-{'-'.join(ask.path)}"))
        if part.key and n < len(part.rows):
            name = part.rows[n][0]
            old = by_key.get(name, {})
            rows += [{**_without(old, asked), part.key: name, **typed}] if typed else []
        elif typed and not form.text(f"{start}-{n}-remove"):
            old = before[n] if n < len(before) else {}
            rows.append({**_without(old, asked), **typed})
    return rows


def _numbers(start: str, form: Form) -> list[int]:
    found = {
        int(match[1])
        for name in form.fields
        if (match := re.match(rf"{re.escape(start)}-(\d{{1,3}})-", name))
    }
    return sorted(found)[:MOST_ROWS]


def _without(row: Mapping[str, Json], names: set[str]) -> dict[str, Json]:
    return {name: value for name, value in row.items() if name not in names}


def text_of(ask: Ask, value: Json) -> str:
    """Return an answer as text for its field.

    Examples
    --------
    >>> text_of(Ask(path=("share_bp",), label="Share", kind="share"), 3350)
    '33.5'
    """
    if value is None:
        return ""
    if ask.kind == "share" and isinstance(value, int):
        whole, part = divmod(value, BASIS)
        return f"{whole}.{part:02}".rstrip("0").rstrip(".")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "\n".join(_line_of(one) for one in value)
    return str(value)


def value_of(ask: Ask, form: Form, name: str) -> Json:
    """Return what was typed as the document keeps it; None for nothing.

    What is no number stays text, so that nothing typed is lost and the check can say what is wrong.

    Examples
    --------
    >>> value_of(Ask(path=("n",), label="Number", kind="number"), Form(fields={"n": ["1 200"]}), "n")
    1200
    """
    reader = _READERS.get(ask.kind, _read_text)
    return reader(form, name)


def _read_text(form: Form, name: str) -> Json:
    return form.text(name) or None


def _read_many(form: Form, name: str) -> Json:
    return [one for one in form.all(name) if one] or None


def _read_lines(form: Form, name: str) -> Json:
    return [*_lines(form.text(name))] or None


def _read_stated(form: Form, name: str) -> Json:
    return _read_lines(form, name) or ("none" if form.text(f"{name}-none") else None)


def _read_given(form: Form, name: str) -> Json:
    lines: list[Json] = [_given(one) for one in _lines(form.text(name))]
    return lines or ("none" if form.text(f"{name}-none") else None)


def _read_truth(form: Form, name: str) -> Json:
    return TRUTH.get(form.text(name))


def _read_amount(form: Form, name: str) -> Json:
    return SPACES.sub("", form.text(name)) or None


def _read_number(form: Form, name: str) -> Json:
    plain = SPACES.sub("", form.text(name))
    return int(plain) if re.fullmatch(r"-?\d{1,18}", plain) else form.text(name) or None


def _read_share(form: Form, name: str) -> Json:
    return _basis_points(form.text(name))


_READERS: Mapping[Kind, Callable[[Form, str], Json]] = {
    "many": _read_many,
    "lines": _read_lines,
    "stated": _read_stated,
    "given": _read_given,
    "yes_no": _read_truth,
    "money": _read_amount,
    "number": _read_number,
    "share": _read_share,
}


def _basis_points(text: str) -> Json:
    match = re.fullmatch(r"(\d{1,3})(?:\.(\d{1,2}))?", text.removesuffix("%").strip())
    if match is None:
        return text or None
    return int(match[1]) * BASIS + int((match[2] or "").ljust(2, "0"))


def _line_of(one: Json) -> str:
    if isinstance(one, Mapping):
        return "; ".join(str(part) for part in one.values())
    return str(one)


def _given(line: str) -> dict[str, str]:
    name, mark, amount = line.rpartition(";")
    return {"name": name.strip(), "amount": amount.strip()} if mark else {"name": line}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def compare(
    shown: Sequence[Group], base: Sequence[Group], theirs: Sequence[Group]
) -> tuple[tuple[Group, ...], int]:
    """Return a section put together from two changes of one version, and how many fields differ in both.

    What only somebody else changed is theirs, what only the reader changed is the reader's; where both
    changed a field to other values, it holds the reader's and shows theirs beside it.

    Parameters
    ----------
    shown, base, theirs : sequence of Group
        What was typed, what it was typed into, what is stored by now.
    """
    old, new = _values(base), _values(theirs)
    both = 0
    merged = []
    for group in shown:
        boxes = []
        for box in group.boxes:
            before, now = old.get(box.name, ""), new.get(box.name, "")
            if now in (before, box.value):
                boxes.append(box)
            elif box.value == before:
                boxes.append(replace(box, value=now))
            else:
                both += 1
                boxes.append(replace(box, theirs=now))
        merged.append(replace(group, boxes=tuple(boxes)))
    known = {box.name for group in shown for box in group.boxes}
    added = [group for group in theirs if group.boxes and group.boxes[0].name not in known]
    return (*merged, *added), both


def _values(groups: Sequence[Group]) -> dict[str, str]:
    return {box.name: box.value for group in groups for box in group.boxes}


def _at(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(target: dict[str, Json], path: Sequence[str], value: Json) -> None:
    """Write a value at a path; None takes it away, and objects that are empty then."""
    name, rest = path[0], path[1:]
    if not rest:
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value
        return
    inner = target.get(name)
    held = dict(inner) if isinstance(inner, Mapping) else {}
    _put(held, rest, value)
    if held:
        target[name] = held
    else:
        target.pop(name, None)


def _list(value: Json) -> list[Mapping[str, Json]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def typed_of(groups: Sequence[Group]) -> Form:
    """Return what a form would send that shows these groups.

    Parameters
    ----------
    groups : sequence of Group
        With their values.
    """
    fields: dict[str, list[str]] = {}
    for box in (one for group in groups for one in group.boxes):
        if box.ask.kind in {"stated", "given"} and box.value == "none":
            fields |= {box.name: [""], f"{box.name}-none": ["yes"]}
        else:
            fields[box.name] = box.value.split("\n") if box.ask.kind == "many" else [box.value]
    return Form(fields=fields)
