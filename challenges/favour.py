"""Which of two rules is the kinder: whether a change can only help those who are in already.

The problem: "we only clarified the rules" is said of changes that shut people out. A change of a bar or a
prize after the first submission is either one that no applicant can lose by, and this module can show it,
or it needs the consent of every submitter. What cannot be shown is taken as a loss.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..finance.errors import AlmonerError
from .eligibility import AllOf, AnyOf, Leaf, Not
from .figures import nano
from .phases import Advances, Phase
from .prizes import AnyPrize
from .rubric import Rubric

Tree = AllOf | AnyOf | Not | Leaf
_UPWARD: Final = frozenset({">", ">="})
_DOWNWARD: Final = frozenset({"<", "<="})
_MORE_IS_BETTER: Final = frozenset(
    {"amount", "amounts", "each", "grand", "ceiling", "cash_cost", "price", "n", "winners"}
)
_WORDS: Final = frozenset({"description", "criteria"})


def implies(first: Tree, second: Tree) -> bool:
    """Tell whether everybody who meets one rule meets another, as far as their shape shows it.

    Parameters
    ----------
    first, second : AllOf, AnyOf, Not or Leaf
        Two rules. ``False`` means: not shown.

    Examples
    --------
    >>> strict, kind = (Leaf(fact="lead.age_days", op=">=", value=days, clause="1") for days in (730, 365))
    >>> implies(strict, kind), implies(kind, strict)
    (True, False)
    """
    if isinstance(second, AllOf):
        return all(implies(first, child) for child in second.rules)
    if isinstance(first, AnyOf):
        return all(implies(child, second) for child in first.rules)
    if isinstance(first, AllOf) and any(implies(child, second) for child in first.rules):
        return True
    if isinstance(second, AnyOf):
        return any(implies(first, child) for child in second.rules)
    if isinstance(first, Not) and isinstance(second, Not):
        return implies(second.rule, first.rule)
    return isinstance(first, Leaf) and isinstance(second, Leaf) and _leaf_implies(first, second)


def _leaf_implies(first: Leaf, second: Leaf) -> bool:
    if first.fact != second.fact:
        return False
    if first.op == second.op and _options(first) == _options(second):
        return True
    if first.op in {"=", "in"} and second.op in {"=", "in"}:
        return set(_options(first)) <= set(_options(second))
    ways = (_UPWARD, _DOWNWARD)
    way = next((one for one in ways if first.op in one and second.op in one), None)
    left, right = _number(first), _number(second)
    if way is None or left is None or right is None:
        return False
    if left == right:
        return first.op == second.op or "=" not in first.op
    return (left > right) is (way is _UPWARD)


def _options(leaf: Leaf) -> tuple[object, ...]:
    """Return what a fact may be, each with its kind: a truth value is no number."""
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return tuple((type(value), value) for value in values)


def _number(leaf: Leaf) -> int | None:
    try:
        return None if isinstance(leaf.value, bool | tuple) else nano(str(leaf.value))
    except AlmonerError:
        return None


def leaves(rule: Tree | None) -> Iterator[Leaf]:
    """Yield every leaf of a rule.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not, Leaf or None
        The tree.
    """
    if isinstance(rule, Leaf):
        yield rule
    elif isinstance(rule, Not):
        yield from leaves(rule.rule)
    elif rule is not None:
        for child in rule.rules:
            yield from leaves(child)


def no_stricter(before: Tree | None, after: Tree | None) -> bool:
    """Tell whether a rule of eligibility has certainly not become stricter, nor its proof harder.

    Parameters
    ----------
    before, after : AllOf, AnyOf, Not, Leaf or None
        ``None`` lets everybody in.
    """
    if after is None:
        return True
    if before is None or not implies(before, after):
        return False
    known: dict[str, list[Leaf]] = {}
    for leaf in leaves(before):
        known.setdefault(leaf.fact, []).append(leaf)
    for leaf in leaves(after):
        old = known.get(leaf.fact, [])
        if leaf.cure_days < max((one.cure_days for one in old), default=0):
            return False
        asked = {kind for one in old for kind in one.evidence_asked}
        if not set(leaf.evidence_asked) <= asked:
            return False
    return True


def no_lower(before: Sequence[AnyPrize], after: Sequence[AnyPrize]) -> bool:
    """Tell whether every prize is still there and worth at least as much.

    Parameters
    ----------
    before, after : Sequence of Prize
        Compared in order within their kind and phase; new ones may be added behind.
    """
    offered: dict[tuple[str, str], list[AnyPrize]] = {}
    for prize in after:
        offered.setdefault((prize.kind, prize.phase), []).append(prize)
    for prize in before:
        rest = offered.get((prize.kind, prize.phase), [])
        if not rest or not _worth_as_much(_plain(prize), _plain(rest.pop(0)), ""):
            return False
    return True


def _plain(prize: AnyPrize) -> object:
    return prize.model_dump(mode="json", by_alias=True)


def _worth_as_much(before: object, after: object, name: str) -> bool:
    if before == after or name in _WORDS:
        return True
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(
            _worth_as_much(before[key], after[key], str(key)) for key in before
        )
    if isinstance(before, list) and isinstance(after, list):
        longer = len(after) >= len(before) if name == "amounts" else len(after) == len(before)
        return longer and all(_worth_as_much(*pair, name) for pair in zip(before, after, strict=False))
    if name in _MORE_IS_BETTER and isinstance(before, str) and isinstance(after, str):
        return nano(after) >= nano(before)
    return name in _MORE_IS_BETTER and isinstance(before, int) and isinstance(after, int) and after >= before


def no_harder(before: Phase, after: Phase, old: Rubric | None, new: Rubric | None) -> bool:
    """Tell whether a phase lets at least those through whom it let through before.

    Parameters
    ----------
    before, after : Phase
        The same phase in two versions.
    old, new : Rubric or None
        By which each is judged.
    """
    if after.must_finish and not before.must_finish:
        return False
    direction = old.scale.direction if old is not None else "higher"
    return _advances_no_harder(before.advances, after.advances, direction) and _marks_no_harder(old, new)


def _advances_no_harder(before: Advances | None, after: Advances | None, direction: str) -> bool:
    if after is None or after == before:
        return True
    if after.rule == "all_eligible":
        return before is not None
    if before is None or (before.rule, before.tie) != (after.rule, after.tie):
        return False
    if before.n is not None and after.n is not None:
        return after.n >= before.n
    if before.line is None or after.line is None:
        return False
    return _no_further(before.line, after.line, direction)


def _marks_no_harder(old: Rubric | None, new: Rubric | None) -> bool:
    """Compare pass marks; weights and anchors change who wins and raise nobody's bar."""
    if old is None or new is None:
        return True
    known = {trait.id: trait.pass_mark for trait in old.traits}
    pairs = [(old.pass_mark, new.pass_mark)]
    pairs += [(known.get(trait.id), trait.pass_mark) for trait in new.traits]
    direction = old.scale.direction
    return all(mark is None or (was is not None and _no_further(was, mark, direction)) for was, mark in pairs)


def _no_further(before: str, after: str, direction: str) -> bool:
    higher = nano(after) > nano(before)
    return nano(after) == nano(before) or higher is (direction == "lower")
