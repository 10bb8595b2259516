"""Sections of the designer about who may enter, and what they are asked."""

from typing import Any

from ..words import Words
from .question import Addition, Content, Group, Path, Question, choice, code_of, look_up

MORE_RULES = "add-eligibility"
MORE_QUESTIONS = "add-forms"
OPERATORS = ("=", "!=", ">=", "<=", ">", "<", "in")


def rule_list(content: Content) -> list[tuple[Path, dict[str, Any]]]:
    """Return the comparisons that all have to hold, each with its place; a plain list or one alone.

    Examples
    --------
    >>> rule_list({"eligibility": {"all": [{"not": {"fact": "lead.kind"}}]}})
    [(('eligibility', 'all', 0, 'not'), {'fact': 'lead.kind'})]
    """
    rules = look_up(content, ("eligibility", "all"))
    if isinstance(rules, list):
        return [_leaf(("eligibility", "all", n), one) for n, one in enumerate(rules)]
    one = content.get("eligibility")
    return [_leaf(("eligibility",), one)] if isinstance(one, dict) else []


def _leaf(at: Path, rule: Any) -> tuple[Path, dict[str, Any]]:  # noqa: ANN401  # a part of a document
    inner = rule.get("not") if isinstance(rule, dict) else None
    if isinstance(inner, dict) and {"all", "any", "not"}.isdisjoint(inner):
        return (*at, "not"), inner
    return at, rule if isinstance(rule, dict) else {}


def rule_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about who may enter."""
    found = []
    for n, (at, rule) in enumerate(rule_list(content)):
        place = at[:-1] if at[-1] == "not" else at
        title = words._("Rule %(number)s", number=n + 1)
        if at[-1] == "not":
            title = words._("Rule %(number)s: this must not be so", number=n + 1)
        nested = not {"all", "any", "not"}.isdisjoint(rule)
        note = words._("It is made of several rules and is kept as it is.") if nested else ""
        asked = [] if nested else _rule_questions(words, at)
        found.append(Group(title=title, at=place, questions=asked, removable=True, note=note))
    return found


def _rule_questions(words: Words, at: Path) -> list[Question]:
    compared = {
        "=": words._("is"),
        "!=": words._("is not"),
        ">=": words._("is at least"),
        "<=": words._("is at most"),
        ">": words._("is more than"),
        "<": words._("is less than"),
        "in": words._("is one of"),
    }
    return [
        Question(
            path=(*at, "fact"),
            label=words._("What is looked at"),
            hint=words._("A fact of the application, as in lead.registered_since_days or lead.kind."),
            needed=True,
        ),
        Question(
            path=(*at, "op"),
            label=words._("How it is compared"),
            kind="choice",
            options=[(one, compared[one]) for one in OPERATORS],
        ),
        Question(
            path=(*at, "value"),
            label=words._("With what"),
            kind="fact",
            hint=words._("A number, a day, a word, yes or no; several separated by commas."),
            needed=True,
        ),
        Question(path=(*at, "clause"), label=words._("Clause of the call"), needed=True),
        Question(
            path=(*at, "evidence_asked"),
            label=words._("Documents that prove it"),
            kind="list",
            hint=words._("Separated by commas; leave it empty where a declaration is enough."),
        ),
        Question(path=(*at, "cure_days"), label=words._("Days to bring what is missing"), kind="whole"),
    ]


def question_list(content: Content) -> dict[str, dict[str, Any]]:
    """Return the questions of the first form, by name."""
    found = look_up(content, ("forms", 0, "schema", "properties"))
    return {name: one for name, one in found.items() if isinstance(one, dict)} if found else {}


def question_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about what applicants are asked."""
    found = []
    for n, (name, node) in enumerate(question_list(content).items()):
        at = ("forms", 0, "schema", "properties", name)
        plain = node.get("type") in {"string", "integer", "boolean"}
        note = "" if plain else words._("It has parts of its own and is kept as it is.")
        title = words._("Question %(number)s: %(kind)s", number=n + 1, kind=_asked(words, node))
        asked = _ask_questions(words, content, at, node)
        found.append(Group(title=title, at=at, questions=asked, removable=True, note=note))
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


def _asked(words: Words, node: dict[str, Any]) -> str:
    kinds = answer_kinds(words)
    if "x-money" in node:
        return kinds["money"]
    if "x-file" in node:
        return kinds["file"]
    if node.get("format") == "date":
        return kinds["day"]
    named = {"integer": "number", "boolean": "truth", "string": "text"}
    kind = named.get(str(node.get("type")), "")
    return kinds[kind] if kind else words._("Several fields")


def _ask_questions(words: Words, content: Content, at: Path, node: dict[str, Any]) -> list[Question]:
    asked = [Question(path=(*at, "title"), label=words._("What is asked"), needed=True)]
    if node.get("type") == "string" and not {"x-money", "x-file", "format"} & set(node):
        asked.append(Question(path=(*at, "x-max-words"), label=words._("Most words"), kind="whole"))
    traits = look_up(content, ("rubric", "traits")) or look_up(content, ("rubrics", 0, "traits")) or []
    named = {str(one.get("id", "")): str(one.get("title", "")) for one in traits}
    asked.append(
        Question(
            path=(*at, "x-trait"),
            label=words._("Criterion that it serves"),
            kind="choice",
            options=choice(words, named, none=words._("None")),
        )
    )
    asked.append(Question(path=(*at, "x-public-summary"), label=words._("The public sees it"), kind="yes"))
    return asked


def more_rules(words: Words) -> Addition:
    """Return what rules can be added."""
    named = {"rule": words._("This has to be so"), "not": words._("This must not be so")}
    return Addition(name=MORE_RULES, label=words._("Add a rule"), options=choice(words, named))


def more_questions(words: Words) -> Addition:
    """Return what questions can be added."""
    return Addition(
        name=MORE_QUESTIONS, label=words._("Add a question"), options=choice(words, answer_kinds(words))
    )


def with_rule(content: Content, kind: str) -> None:
    """Add a rule that has to hold, besides those that are there."""
    leaf: dict[str, Any] = {"op": "="}
    rule = {"not": leaf} if kind == "not" else leaf
    there = content.get("eligibility")
    if isinstance(there, dict) and isinstance(there.get("all"), list):
        there["all"].append(rule)
    else:
        content["eligibility"] = {"all": [*([there] if there else []), rule]}


def with_question(content: Content, kind: str) -> None:
    """Add a question to the first form, which every stage of applications then asks."""
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
    if not content.get("forms"):
        empty: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        content["forms"] = [{"id": "application/1", "schema": empty}]
        for phase in content.get("phases", []):
            if phase.get("kind") == "application":
                phase.setdefault("form", "application/1")
    schema = content["forms"][0]["schema"]
    properties = schema.setdefault("properties", {})
    numbered = f"{len(properties) + 1:02d}"
    name = code_of(f"{numbered} {kind}", list(properties))
    properties[name] = {"title": "", **kinds[kind]}
    schema.setdefault("required", []).append(name)


def without_lost_questions(content: Content) -> None:
    """Take out of the required questions those that are no longer asked."""
    for form in content.get("forms", []):
        schema = form.get("schema", {})
        if "required" in schema:
            schema["required"] = [one for one in schema["required"] if one in schema.get("properties", {})]
    content["forms"] = [one for one in content.get("forms", []) if one.get("schema", {}).get("properties")]
    if not content["forms"]:
        del content["forms"]
        for phase in content.get("phases", []):
            phase.pop("form", None)
    if look_up(content, ("eligibility", "all")) == [] or content.get("eligibility") == {}:
        content.pop("eligibility", None)
