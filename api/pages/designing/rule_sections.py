"""Section of the designer about who may enter: rules, and rules made of rules."""

from functools import partial
from typing import Any

from ..places import Content, Path, look_up
from ..rule_words import DEEPEST, LISTS, comparisons, joins, opened, rule_said
from ..words import Words
from .question import Addition, Asker, Group, Question, choice

MORE_RULES = "add-eligibility"
ROOT: Path = ("eligibility",)
JOIN = "join"


def rule_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about who may enter."""
    root = look_up(content, ROOT)
    if not isinstance(root, dict) or not root:
        return []
    join, place, inner = opened(root, ROOT)
    if join not in joins(words):
        return [_rule_group(words, ROOT, root, "1", 1)]
    together = Group(
        title=words._("How the rules count together"),
        questions=(_join(words, ROOT, join),),
        said="" if join == "all" else rule_said(words, root),
    )
    return [together, *_within(words, place, inner, "", 1)]


def _within(words: Words, place: Path, inner: Content, before: str, deep: int) -> list[Group]:
    listed = inner[str(place[-1])]
    return [
        _rule_group(words, (*place, n), one, f"{before}{n + 1}", deep + 1)
        for n, one in enumerate(listed)
        if isinstance(one, dict)
    ]


def _rule_group(words: Words, at: Path, rule: Content, number: str, deep: int) -> Group:
    """Return one rule; where it is made of several, these are its parts."""
    join, place, inner = opened(rule, at)
    titles = {
        "is": words._("Rule %(number)s", number=number),
        "not": words._("Rule %(number)s: this must not be so", number=number),
        "all": words._("Rule %(number)s: all of these", number=number),
        "any": words._("Rule %(number)s: at least one of these", number=number),
        "none": words._("Rule %(number)s: none of these", number=number),
        "not all": words._("Rule %(number)s: not all of these together", number=number),
        "twice": words._("Rule %(number)s: this must not be so", number=number),
    }
    said = rule_said(words, rule)
    if deep > DEEPEST:
        return Group(title=titles[join], at=at, said=said, removable=True)
    if join == "twice":
        part = _rule_group(words, place, inner, f"{number}.1", deep + 1)
        return Group(title=titles[join], at=at, said=said, parts=(part,), removable=True)
    if join in {"is", "not"}:
        more = Group(
            title=words._("Documents, and how it counts"),
            questions=[*_proof_questions(words, place), _denied(words, at, join)],
            folded=True,
        )
        asked = _rule_questions(words, place)
        return Group(title=titles[join], at=at, questions=asked, said=said, parts=(more,), removable=True)
    return Group(
        title=titles[join],
        at=at,
        questions=(_join(words, at, join),),
        said=said,
        parts=_within(words, place, inner, f"{number}.", deep),
        addition=_more_within(words, place, deep),
        removable=True,
    )


def _join(words: Words, at: Path, join: str) -> Question:
    return Asker(words=words, at=at).pick(JOIN, words._("How they count"), joins(words), usual=join)


def _denied(words: Words, at: Path, join: str) -> Question:
    named = {"is": words._("This has to be so"), "not": words._("This must not be so")}
    return Asker(words=words, at=at).pick(JOIN, words._("How it counts"), named, usual=join)


def _rule_questions(words: Words, at: Path) -> list[Question]:
    ask = Asker(words=words, at=at)
    return [
        ask.ask(
            "fact",
            words._("What is looked at"),
            hint=words._("A fact of the application, as in lead.registered_since_days or lead.kind."),
            needed=True,
        ),
        ask.pick("op", words._("How it is compared"), comparisons(words), usual="="),
        ask.ask(
            "value",
            words._("With what"),
            "fact",
            hint=words._("A number, a day, a word, yes or no; several separated by commas."),
            needed=True,
        ),
        ask.ask("clause", words._("Clause of the call"), needed=True),
    ]


def _proof_questions(words: Words, at: Path) -> list[Question]:
    ask = Asker(words=words, at=at)
    return [
        ask.ask(
            "evidence_asked",
            words._("Documents that prove it"),
            "list",
            hint=words._("Separated by commas; leave it empty where a declaration is enough."),
        ),
        ask.ask("cure_days", words._("Days to bring what is missing"), "whole", usual="0"),
        ask.ask(
            "waivable_by",
            words._("Who may waive it"),
            "list",
            hint=words._("Short names, separated by commas; a second person is always needed."),
        ),
    ]


def _kinds(words: Words, *, single: bool) -> dict[str, str]:
    named = {"rule": words._("This has to be so"), "not": words._("This must not be so")}
    if single:
        return named
    return {
        **named,
        "any": words._("Several rules, of which one is enough"),
        "all": words._("Several rules that belong together"),
        "none": words._("Several rules, of which none may be so"),
    }


def more_rules(words: Words) -> Addition:
    """Return what rules can be added."""
    options = choice(words, _kinds(words, single=False))
    return Addition(name=MORE_RULES, label=words._("Add a rule"), options=options, add=with_rule)


def _more_within(words: Words, place: Path, deep: int) -> Addition:
    return Addition(
        name="-".join(("add", *(str(part) for part in place))),
        label=words._("Add a rule here"),
        options=choice(words, _kinds(words, single=deep >= DEEPEST - 2)),
        add=partial(_with_rule_at, place),
    )


def _fresh(kind: str) -> Content:
    """Return a rule to be filled in; of several, two."""
    made: dict[str, Content] = {
        "rule": {"op": "="},
        "not": {"not": {"op": "="}},
        "any": {"any": [{"op": "="}, {"op": "="}]},
        "all": {"all": [{"op": "="}, {"op": "="}]},
        "none": {"not": {"any": [{"op": "="}, {"op": "="}]}},
    }
    return made[kind]


def _with_rule_at(place: Path, content: Content, kind: str) -> None:
    look_up(content, place).append(_fresh(kind))


def with_rule(content: Content, kind: str) -> None:
    """Add a rule beside those that are there."""
    there = look_up(content, ROOT)
    if isinstance(there, dict) and there:
        _, place, _ = opened(there, ROOT)
        if place[-1] in LISTS:
            _with_rule_at(place, content, kind)
            return
    content["eligibility"] = {"all": [*([there] if there else []), _fresh(kind)]}


def settle_rules(content: Content) -> None:
    """Write how rules count where that was chosen in words, and take out lists that have become empty."""
    if "eligibility" not in content:
        return
    settled = _settled(content["eligibility"])
    if settled is None:
        content.pop("eligibility")
    else:
        content["eligibility"] = settled


def _settled(rule: Any, deep: int = 0) -> Any:  # noqa: ANN401  # a part of a document
    """Return a rule with its join; None where nothing is left of it."""
    if not isinstance(rule, dict) or deep > DEEPEST:
        return rule
    wanted = rule.pop(JOIN, None)
    for name in LISTS:
        if isinstance(rule.get(name), list):
            kept = [_settled(one, deep + 1) for one in rule[name]]
            rule[name] = [one for one in kept if one is not None]
            if not rule[name]:
                return None
    if isinstance(rule.get("not"), dict):
        rule["not"] = _settled(rule["not"], deep + 1)
        if rule["not"] is None:
            return None
    if rule.get("op") == "in" and isinstance(rule.get("value"), str | int):
        rule["value"] = [rule["value"]]
    return _joined(rule, wanted) if wanted else rule or None


def _joined(rule: Content, wanted: str) -> Content:
    join, place, inner = opened(rule, ())
    if place and place[-1] in LISTS:
        listed = inner[str(place[-1])]
        made: dict[str, Content] = {
            "all": {"all": listed},
            "any": {"any": listed},
            "none": {"not": {"any": listed}},
            "not all": {"not": {"all": listed}},
        }
        return made.get(wanted, rule)
    return {"is": inner, "not": {"not": inner}}.get(wanted, rule) if join in {"is", "not"} else rule
