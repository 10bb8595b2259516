"""Rules of eligibility in words, of a brief that is read and of one that is still being written.

The problem: a rule inside a rule is easily built and easily misread. Each is said again as a sentence, with
the same words for whoever writes it and whoever has to fit it.
"""

from ...challenges.eligibility.rules import AllOf, Leaf, Not, RuleTree
from .places import Content, Path
from .words import Words

LISTS = ("all", "any")
DEEPEST = 8
OPEN = "…"


def comparisons(words: Words) -> dict[str, str]:
    """Return how a fact is compared, in words."""
    return {
        "=": words._("is"),
        "!=": words._("is not"),
        ">=": words._("is at least"),
        "<=": words._("is at most"),
        ">": words._("is more than"),
        "<": words._("is less than"),
        "in": words._("is one of"),
    }


def joins(words: Words) -> dict[str, str]:
    """Return how the rules of a list count together, in words."""
    return {
        "all": words._("All of these have to be so"),
        "any": words._("At least one of these has to be so"),
        "none": words._("None of these may be so"),
        "not all": words._("These must not all be so together"),
    }


def opened(rule: Content, at: Path) -> tuple[str, Path, Content]:
    """Return how a rule counts, and the place and the rule behind a ``not``.

    Parameters
    ----------
    rule : dict
        As a brief holds it.
    at : tuple
        Where it stands.

    Returns
    -------
    tuple
        ``is`` or ``not`` of a comparison; a key of ``joins`` of a list, with the place of the list; ``twice``
        of what is denied twice.

    Examples
    --------
    >>> opened({"not": {"any": [{"fact": "lead.kind"}]}}, ("eligibility",))[:2]
    ('none', ('eligibility', 'not', 'any'))
    """
    inner, denied, place = rule, False, at
    if not any(isinstance(rule.get(name), list) for name in LISTS) and isinstance(rule.get("not"), dict):
        inner, denied, place = rule["not"], True, (*at, "not")
    if isinstance(inner.get("all"), list):
        return ("not all" if denied else "all"), (*place, "all"), inner
    if isinstance(inner.get("any"), list):
        return ("none" if denied else "any"), (*place, "any"), inner
    if denied and isinstance(inner.get("not"), dict):
        return "twice", place, inner
    return ("not" if denied else "is"), place, inner


def rule_lines(words: Words, rule: RuleTree | None) -> list[str]:
    """Return the rules of eligibility, one sentence each."""
    if rule is None:
        return [words._("Everybody may enter.")]
    node = rule.model_dump(mode="json", by_alias=True)
    listed = node.get("all", [node])
    return [rule_said(words, one) for one in listed]


def denials(words: Words) -> dict[str, str]:
    """Return what has to be so where a comparison must not hold, in words."""
    return {
        "=": words._("is not"),
        "!=": words._("is"),
        ">=": words._("is less than"),
        "<=": words._("is more than"),
        ">": words._("is at most"),
        "<": words._("is at least"),
        "in": words._("is none of"),
    }


def checklist_said(words: Words, rule: RuleTree | None) -> list[str]:
    """Return the lines of a rule as ``checklist`` lists them, in the reader's language.

    Parameters
    ----------
    words : Words
        The language.
    rule : AllOf, AnyOf, Not, Leaf or None
        The tree.
    """
    said: list[str] = []
    todo: list[tuple[RuleTree, bool]] = [] if rule is None else [(rule, False)]
    while todo:
        node, denied = todo.pop()
        if isinstance(node, Leaf):
            compared = (denials if denied else comparisons)(words)[node.op]
            value = list(node.value) if isinstance(node.value, tuple) else node.value
            places = {"fact": node.fact, "compared": compared, "value": _shown(words, value)}
            said.append(words._("%(fact)s %(compared)s %(value)s", **places))
        elif isinstance(node, Not):
            todo.append((node.rule, not denied))
        else:
            every = isinstance(node, AllOf) != denied
            said.append(words._("All of these:") if every else words._("One of these is enough:"))
            todo += [(child, denied) for child in reversed(node.rules)]
    return said


def rule_said(words: Words, rule: Content, deep: int = 0) -> str:
    """Return a rule as a sentence.

    Parameters
    ----------
    words : Words
        The language.
    rule : dict
        As a brief holds it; what is not written yet is left open.
    deep : int [levels]
        How far it stands inside others.
    """
    if deep > DEEPEST:
        return OPEN
    join, _, inner = opened(rule, ())
    if join in {"is", "not"}:
        said = _compared(words, inner)
        return words._("This must not be so: %(rule)s", rule=said) if join == "not" else said
    if join == "twice":
        inside = rule_said(words, inner, deep + 1)
        return words._("This must not be so: %(rule)s", rule=words._("(%(rule)s)", rule=inside))
    listed = inner["all" if "all" in inner else "any"]
    parts = [rule_said(words, one, deep + 1) for one in listed if isinstance(one, dict)]
    said = words._("%(how)s: %(rules)s", how=joins(words)[join], rules="; ".join(parts) or OPEN)
    return words._("(%(rule)s)", rule=said) if deep else said


def _compared(words: Words, leaf: Content) -> str:
    places = {
        "fact": leaf.get("fact") or OPEN,
        "compared": comparisons(words).get(str(leaf.get("op")), OPEN),
        "value": _shown(words, leaf.get("value")),
        "clause": leaf.get("clause") or OPEN,
    }
    asked = leaf.get("evidence_asked")
    if not isinstance(asked, list) or not asked:
        return words._("%(fact)s %(compared)s %(value)s (clause %(clause)s)", **places)
    documents = ", ".join(str(one) for one in asked)
    days = leaf.get("cure_days")
    if not isinstance(days, int) or isinstance(days, bool):
        days = 0
    return words.n(
        "%(fact)s %(compared)s %(value)s (clause %(clause)s; documents: %(asked)s, within %(count)s day)",
        "%(fact)s %(compared)s %(value)s (clause %(clause)s; documents: %(asked)s, within %(count)s days)",
        days,
        asked=documents,
        **places,
    )


def _shown(words: Words, value: object) -> str:
    return ", ".join(_value(words, one) for one in value) if isinstance(value, list) else _value(words, value)


def _value(words: Words, value: object) -> str:
    if value is None:
        return OPEN
    if isinstance(value, bool):
        return words._("yes") if value else words._("no")
    return str(value)
