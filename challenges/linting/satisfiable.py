"""Whether a rule of eligibility can be met by anybody at all.

The problem: "at least 730 days old, and founded this year" reads well clause by clause. A rule is turned into
its alternatives, each a list of leaves that must hold or must not; an alternative is possible when every fact
has a value that fits all of its leaves.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ...finance.dates import parse_day
from ...finance.errors import AlmonerError
from ..eligibility import AllOf, AnyOf, FactValue, Leaf, Not, check_eligibility
from ..figures import nano

Tree = AllOf | AnyOf | Not | Leaf
Literals = tuple[tuple[Leaf, bool], ...]
MAX_TRIALS: Final = 200_000  # of a value against a leaf, at about 2 microseconds
_NANO: Final = Decimal(10) ** -9


def satisfiable(rule: Tree) -> bool | None:
    """Tell whether some facts pass a rule; ``None`` when it has too many alternatives to try.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.

    Examples
    --------
    >>> old, young = (Leaf(fact="age", op=op, value=730, clause="1") for op in (">=", "<"))
    >>> satisfiable(AllOf.model_construct(rules=(old, young)))
    False
    >>> satisfiable(AnyOf.model_construct(rules=(old, young)))
    True
    """
    left = MAX_TRIALS
    for alternative in _alternatives(rule, holds=True):
        left -= len(alternative) ** 2 + 1
        if left < 0:
            return None
        if _possible(alternative):
            return True
    return False


def _alternatives(rule: Tree, *, holds: bool) -> Iterator[Literals]:
    """Yield each list of leaves that together decide a rule, one at a time."""
    if isinstance(rule, Leaf):
        yield ((rule, holds),)
    elif isinstance(rule, Not):
        yield from _alternatives(rule.rule, holds=not holds)
    elif isinstance(rule, AllOf) is holds:
        yield from _together(rule.rules, holds=holds)
    else:
        for child in rule.rules:
            yield from _alternatives(child, holds=holds)


def _together(rules: tuple[Tree, ...], *, holds: bool) -> Iterator[Literals]:
    if not rules:
        yield ()
        return
    for first in _alternatives(rules[0], holds=holds):
        for rest in _together(rules[1:], holds=holds):
            yield first + rest


def _possible(literals: Literals) -> bool:
    facts: dict[str, list[tuple[Leaf, bool]]] = {}
    for leaf, holds in literals:
        facts.setdefault(leaf.fact, []).append((leaf, holds))
    return all(_fits_somewhere(rows) for rows in facts.values())


def _fits_somewhere(rows: list[tuple[Leaf, bool]]) -> bool:
    """Try every value at, between and beside those that the leaves name."""
    candidates = list(dict.fromkeys(_candidates(leaf for leaf, _ in rows)))
    return any(all(_fits(leaf, value, holds=holds) for leaf, holds in rows) for _, value in candidates)


def _fits(leaf: Leaf, value: FactValue, *, holds: bool) -> bool:
    return check_eligibility(leaf, {leaf.fact: value}).status == ("pass" if holds else "fail")


def _candidates(leaves: Iterable[Leaf]) -> Iterator[tuple[str, FactValue]]:
    """Yield values with the name of their kind, since a truth value is no number."""
    numbers: set[Decimal] = set()
    days: set[date] = set()
    for leaf in leaves:
        for value in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
            yield type(value).__name__, value
            if isinstance(value, bool):
                yield "bool", not value
            elif (number := _number(value)) is not None:
                numbers.add(number)
            elif (day := _day(str(value))) is not None:
                days.add(day)
            else:
                yield "str", f"{value} or another"
    for number in _beside(numbers):
        yield "number", f"{number:f}"
    for day in days:
        yield from (("day", (day + timedelta(days=step)).isoformat()) for step in (-1, 1))


def _beside(numbers: set[Decimal]) -> Iterator[Decimal]:
    ordered = sorted(numbers)
    for low, high in pairwise(ordered):
        yield ((low + high) / 2).quantize(_NANO)
    if ordered:
        yield ordered[0] - 1
        yield ordered[-1] + 1


def _number(value: FactValue) -> Decimal | None:
    try:
        nano(str(value))
    except AlmonerError:
        return None
    return Decimal(str(value))


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except AlmonerError:
        return None
