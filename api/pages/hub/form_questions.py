"""The questions that a funder wrote into a brief, as questions of a page.

The problem: a form of a brief is data, and each funder asks something else. What its language admits is
listed in ``challenges.form_schema``; each word of it becomes a kind of field here.
"""

from collections.abc import Mapping
from typing import Any

from ....challenges.form_schema import Node, discriminator, resolved
from ..words import Words
from .questions import Ask, Json, Kind, Options, Several

SHORT = 200
FEW = 5


def form_parts(
    schema: Node, words: Words, *, answers: Mapping[str, Json], files: Options, unit: str
) -> tuple[Ask | Several, ...]:
    """Return the questions of a form.

    Parameters
    ----------
    schema : Mapping
        Of the answers; without findings.
    words : Words
        The reader's.
    answers : mapping
        As they stand: what was chosen decides what is asked next.
    files : sequence of (str, str)
        Digest and name of what was handed in.
    unit : str
        Of the brief.
    """
    reader = _Reader(words, schema.get("$defs", {}), files, unit)
    return tuple(reader.of_object(schema, ("answers",), answers))


class _Reader:
    """Reads a schema with what all its parts need."""

    def __init__(self, words: Words, definitions: Node, files: Options, unit: str) -> None:
        self.words, self.definitions, self.files, self.unit = words, definitions, files, unit

    def of_object(self, node: Node, path: tuple[str, ...], answers: Any) -> list[Ask | Several]:  # noqa: ANN401  # answers of any shape
        found: list[Ask | Several] = []
        for name, child in node.get("properties", {}).items():
            given = answers.get(name) if isinstance(answers, Mapping) else None
            found += self.of_node(resolved(child, self.definitions), (*path, str(name)), given)
        return found

    def of_node(self, node: Node, path: tuple[str, ...], given: Any) -> list[Ask | Several]:  # noqa: ANN401  # an answer of any shape
        if "oneOf" in node:
            return self.of_choice(node, path, given)
        if node.get("type") == "object":
            return self.of_object(node, path, given)
        if node.get("type") == "array":
            return self.of_array(node, path)
        return [self.of_value(node, path)]

    def of_choice(self, node: Node, path: tuple[str, ...], given: Any) -> list[Ask | Several]:  # noqa: ANN401  # an answer of any shape
        """Ask which branch, and of the one that is chosen the rest."""
        branches = tuple(resolved(one, self.definitions) for one in node["oneOf"])
        telling = discriminator(branches) or ""
        by_value = {str(one["properties"][telling]["const"]): one for one in branches}
        options = [(value, str(one.get("title", value))) for value, one in by_value.items()]
        first = Ask(path=(*path, telling), label=_label(node, path), kind="radio", options=options, own=False)
        chosen = by_value.get(str(given.get(telling))) if isinstance(given, Mapping) else None
        if chosen is None:
            return [first]
        rest = {name: child for name, child in chosen["properties"].items() if name != telling}
        return [first, *self.of_object({"properties": rest}, path, given)]

    def of_array(self, node: Node, path: tuple[str, ...]) -> list[Ask | Several]:
        item = resolved(node["items"], self.definitions)
        label, hint = _label(node, path), str(node.get("description", ""))
        if "enum" in item:
            options = [(str(one), str(one)) for one in item["enum"]]
            return [Ask(path=path, label=label, kind="many", hint=hint, options=options, own=False)]
        if item.get("type") == "object":
            asks = [one for one in self.of_object(item, (), {}) if isinstance(one, Ask)]
            return [Several(path=path, title=lambda number: f"{label} {number}", asks=tuple(asks))]
        return [
            Ask(path=path, label=label, kind="lines", hint=hint or self.words._("One a line."), own=False)
        ]

    def of_value(self, node: Node, path: tuple[str, ...]) -> Ask:
        kind, options = self.kind_of(node)
        unit = self.unit if "x-money" in node else ""
        return Ask(
            path=path,
            label=_label(node, path),
            kind=kind,
            hint=self.hint_of(node),
            options=options,
            unit=unit,
            own=False,
            takes=node.get("x-file"),
        )

    def kind_of(self, node: Node) -> tuple[Kind, Options]:
        if node.get("type", "string") != "string":
            return ("yes_no" if node["type"] == "boolean" else "number"), ()
        if "enum" in node or "const" in node:
            values = [str(one) for one in node.get("enum", (node.get("const"),))]
            return ("radio" if len(values) <= FEW else "choice"), [(one, one) for one in values]
        if "x-file" in node:
            return "file", self.files
        long = "x-max-words" in node or int(node.get("maxLength", 0)) > SHORT
        plain: Kind = "day" if node.get("format") == "date" else "area" if long else "text"
        return ("money" if "x-money" in node else plain), ()

    def hint_of(self, node: Node) -> str:
        said = str(node.get("description", ""))
        if "x-file" in node:
            kinds, size = ", ".join(node["x-file"]["media_types"]), str(node["x-file"]["max_bytes"])
            limit = self.words._(
                "A file (%(kinds)s) of at most %(size)s bytes.", kinds=kinds, size=self.words.number(size)
            )
            return f"{said} {limit}".strip()
        most = node.get("x-max-words")
        if most is None:
            return said
        limit = self.words.n("At most %(count)s word.", "At most %(count)s words.", int(most))
        return f"{said} {limit}".strip()


def _label(node: Node, path: tuple[str, ...]) -> str:
    return str(node.get("title") or path[-1].replace("_", " ").capitalize())
