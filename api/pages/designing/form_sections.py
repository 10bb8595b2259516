"""Section of the designer about what applicants are asked."""

from functools import partial
from typing import Any

from ..places import Content, Path, code_of, list_at, look_up, rows_of
from ..words import Words
from .question import Addition, Asker, Group, Question, choice

MORE_QUESTIONS = "add-forms"
MORE_FORMS = "form"
DEEPEST = 8
SCALARS = frozenset({"string", "integer", "boolean"})


def question_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about what applicants are asked, of every form."""
    forms = rows_of(content, ("forms",))
    found: list[Group] = []
    for at, form in forms:
        schema = form.get("schema")
        if not isinstance(schema, dict):
            continue
        reader = _FormReader(words, content)
        if len(forms) > 1:
            name = str(form.get("id", ""))
            found.append(reader.head(at, name, words._("Form %(name)s", name=name)))
        else:
            found.append(reader.head(at, str(form.get("id", "")), words._("The form")))
        found += reader.within((*at, "schema"), schema, "", 1)
        found += reader.shared((*at, "schema"), schema)
    return found


def answer_kinds(words: Words) -> dict[str, str]:
    """Return what kinds of answer can be asked for."""
    return {
        "text": words._("Text"),
        "number": words._("Whole number"),
        "money": words._("Amount of money"),
        "day": words._("Day"),
        "truth": words._("Yes or no"),
        "file": words._("File"),
    }


def _asked(words: Words, node: Content) -> str:
    kinds = answer_kinds(words)
    if "x-money" in node:
        return kinds["money"]
    if "x-file" in node:
        return kinds["file"]
    if node.get("format") == "date":
        return kinds["day"]
    if "const" in node:
        return words._("Always the same: %(value)s", value=str(node["const"]))
    named = {"integer": "number", "boolean": "truth", "string": "text"}
    kind = named.get(str(node.get("type")), "")
    if kind:
        return kinds[kind]
    return words._("A list") if node.get("type") == "array" else words._("Several fields")


class _FormReader:
    """Makes the questions about the parts of a form."""

    def __init__(self, words: Words, content: Content) -> None:
        self.words, self.content = words, content
        rubrics = [look_up(content, ("rubric",)), *(one for _, one in rows_of(content, ("rubrics",)))]
        traits = [one for rubric in rubrics for _, one in rows_of(rubric, ("traits",))]
        self.traits = {str(one.get("id", "")): str(one.get("title", "")) for one in traits}

    def head(self, at: Path, name: str, title: str) -> Group:
        """Ask what the form is called, and offer questions to add."""
        ask = Asker(words=self.words, at=at)
        schema = (*at, "schema")
        first = at == ("forms", 0)
        return Group(
            title=title,
            at=at,
            questions=(ask.ask("id", self.words._("Short name"), usual=name, needed=True),),
            told=tuple((*schema, one) for one in ("type", "$schema", "additionalProperties")),
            addition=None if first else _more_to(self.words, at),
            folded=first,
        )

    def within(self, at: Path, node: Content, before: str, deep: int) -> list[Group]:
        """Return a group for each property of an object."""
        properties = node.get("properties")
        listed = properties.items() if isinstance(properties, dict) else ()
        return [
            self.of_node((*at, "properties", name), one, f"{before}{n + 1}", deep, of=(at, name))
            for n, (name, one) in enumerate(listed)
            if isinstance(one, dict)
        ]

    def of_node(
        self, at: Path, node: Content, number: str, deep: int, of: tuple[Path, str] | None = None
    ) -> Group:
        """Return the questions about one part of a form, and below it those about its own parts."""
        words = self.words
        title = words._("Question %(number)s: %(kind)s", number=number, kind=_asked(words, node))
        if deep > DEEPEST or "$ref" in node or "oneOf" in node:
            note = words._("It has parts of its own and is kept as it is.")
            asked = [] if "$ref" in node else self.about(at, of)
            return Group(title=title, at=at, questions=asked, note=note, removable=of is not None)
        asked = [*self.about(at, of), *self.limits(at, node)]
        if node.get("type", "string") in SCALARS:
            asked += self.marks(at)
        parts = self.within(at, node, f"{number}.", deep + 1)
        items = node.get("items")
        if isinstance(items, dict):
            parts.append(self.of_node((*at, "items"), items, f"{number}.1", deep + 1))
        told = [(*at, one) for one in ("type", "format", "const", "additionalProperties")]
        return Group(title=title, at=at, questions=asked, told=told, parts=parts, removable=of is not None)

    def shared(self, at: Path, schema: Content) -> list[Group]:
        """Return the parts of a form that it uses at several places."""
        named = schema.get("$defs")
        listed = named.items() if isinstance(named, dict) else ()
        return [
            Group(
                title=self.words._("A part that is used by its name: %(name)s", name=str(name)),
                parts=(self.of_node((*at, "$defs", name), one, "1", 2),),
                folded=True,
            )
            for name, one in listed
            if isinstance(one, dict)
        ]

    def about(self, at: Path, of: tuple[Path, str] | None) -> list[Question]:
        """Ask what is asked, and whether it has to be answered."""
        words, ask = self.words, Asker(words=self.words, at=at)
        asked = [
            ask.ask(
                "title",
                words._("What is asked"),
                needed=of is not None and len(at) == len(("forms", 0, "schema", "properties", "")),
            ),
            ask.ask("description", words._("What helps to answer it")),
        ]
        if of is not None:
            home, name = of
            label = words._("It has to be answered")
            asked.append(Question(path=(*home, "required"), label=label, kind="truth", member=name))
        return asked

    def limits(self, at: Path, node: Content) -> list[Question]:
        """Ask how long, how many and how large an answer may be."""
        words, ask = self.words, Asker(words=self.words, at=at)
        least, most = words._("At least"), words._("At most")
        money = "x-money" in node
        if node.get("type") == "array":
            return [
                ask.ask("minItems", words._("Fewest in the list"), "whole"),
                ask.ask("maxItems", words._("Most in the list"), "whole"),
                ask.ask("uniqueItems", words._("Each only once"), "yes"),
            ]
        if node.get("type") == "integer":
            both = [ask.ask("minimum", least, "fact"), ask.ask("maximum", most, "fact")]
            return [*both, *self.values(ask, node, "facts")]
        if money:
            unit = ask.ask("x-money", words._("Unit of the amount"), needed=True)
            return [unit, ask.ask("minimum", least), ask.ask("maximum", most)]
        if "x-file" in node:
            return self.file(ask)
        if node.get("type") == "string" and "format" not in node:
            return [*self.texts(ask, node), *self.values(ask, node, "list")]
        return []

    def file(self, ask: Asker) -> list[Question]:
        """Ask which files are taken."""
        words = self.words
        return [
            ask.ask(
                "x-file.media_types",
                words._("Kinds of file"),
                "list",
                hint=words._("Media types separated by commas, as in application/pdf, image/png."),
                needed=True,
            ),
            ask.ask("x-file.max_bytes", words._("Most bytes"), "whole", needed=True),
        ]

    def texts(self, ask: Asker, node: Content) -> list[Question]:
        """Ask how long a text may be."""
        words = self.words
        asked = [
            ask.ask("x-max-words", words._("Most words"), "whole"),
            ask.ask("minLength", words._("Fewest characters"), "whole"),
            ask.ask("maxLength", words._("Most characters"), "whole"),
        ]
        if "pattern" in node:
            asked.append(ask.ask("pattern", words._("Pattern that it has to fit")))
        return asked

    def values(self, ask: Asker, node: Content, kind: Any) -> list[Question]:  # noqa: ANN401  # of a question
        """Ask between which values is chosen."""
        label = self.words._("One of these only")
        hint = self.words._("Separated by commas; leave it empty where anything may be written.")
        return [] if "const" in node else [ask.ask("enum", label, kind, hint=hint)]

    def marks(self, at: Path) -> list[Question]:
        """Ask what an answer serves, and who sees it."""
        words, ask = self.words, Asker(words=self.words, at=at)
        return [
            ask.pick("x-trait", words._("Criterion that it serves"), self.traits, none=words._("None")),
            ask.ask("x-public-summary", words._("The public sees it"), "yes"),
        ]


def more_questions(words: Words) -> Addition:
    """Return what can be added: a question to the first form, or another form."""
    named = {**answer_kinds(words), MORE_FORMS: words._("Another form, for another stage")}
    label, options = words._("Add a question"), choice(words, named)
    return Addition(name=MORE_QUESTIONS, label=label, options=options, add=with_question)


def _more_to(words: Words, at: Path) -> Addition:
    name, label = "-".join(("add", *(str(part) for part in at))), words._("Add a question to this form")
    options = choice(words, answer_kinds(words))
    return Addition(name=name, label=label, options=options, add=partial(_with_question_at, at))


def with_question(content: Content, kind: str) -> None:
    """Add a question to the first form, which every stage of applications then asks; or another form."""
    forms = list_at(content, ("forms",))
    if not forms:
        forms.append(_empty("application/1"))
        for _, phase in rows_of(content, ("phases",)):
            if phase.get("kind") == "application":
                phase["form"] = phase.get("form") or "application/1"
    elif kind == MORE_FORMS:
        forms.append(_empty(code_of("form", [str(one.get("id")) for _, one in rows_of(content, ("forms",))])))
        _with_question_at(("forms", len(forms) - 1), content, "text")
    if kind != MORE_FORMS:
        _with_question_at(("forms", 0), content, kind)


def _empty(name: str) -> Content:
    return {"id": name, "schema": {"type": "object", "properties": {}, "required": []}}


def _with_question_at(at: Path, content: Content, kind: str) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": "string", "x-max-words": 300},
        "number": {"type": "integer", "minimum": 0},
        "money": {"type": "string", "x-money": content.get("unit", "USD")},
        "day": {"type": "string", "format": "date"},
        "truth": {"type": "boolean"},
        "file": {
            "type": "string",
            "x-file": {"media_types": ["application/pdf"], "max_bytes": 5_000_000},
        },
    }
    schema = look_up(content, (*at, "schema"))
    properties = schema.setdefault("properties", {})
    numbered = f"{len(properties) + 1:02d}"
    name = code_of(f"{numbered} {kind}", list(properties))
    properties[name] = {"title": "", **kinds[kind]}
    schema.setdefault("required", []).append(name)


def drop_lost_questions(content: Content, before: Content) -> None:
    """Take out of the required questions those that are no longer asked, and forms that have become empty."""
    gone = []
    for at, form in rows_of(content, ("forms",)):
        schema = form.get("schema")
        if not isinstance(schema, dict):
            continue
        _forget(schema)
        had = look_up(before, (*at, "schema", "properties"))
        if had and not schema.get("properties"):
            gone.append((at, str(form.get("id"))))
    for at, name in reversed(gone):
        content["forms"].pop(int(at[-1]))
        for _, phase in rows_of(content, ("phases",)):
            if phase.get("form") == name:
                phase.pop("form")
    if gone and not content["forms"]:
        content.pop("forms")


def _forget(node: Any, deep: int = 0) -> None:  # noqa: ANN401  # a part of a document
    """Drop names of required properties that are not there."""
    if not isinstance(node, dict) or deep > DEEPEST:
        return
    properties = node.get("properties")
    if isinstance(properties, dict) and isinstance(node.get("required"), list):
        node["required"] = [one for one in node["required"] if one in properties]
    for one in [*(properties.values() if isinstance(properties, dict) else ()), node.get("items")]:
        _forget(one, deep + 1)
