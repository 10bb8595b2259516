"""Values of expressions, by walking the tree of the document: the reference reading, from docs/terms.md."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from almoner.contracts.terms.document import PERIOD, TermDocument
from almoner.finance.documents import Document

from .reference_values import (
    Calendar,
    Number,
    Value,
    days_between,
    digits_of,
    rounded,
    shared,
)

Tree = Any  # an expression of the document: one of many models, told apart by ``op``
Key = tuple[str, str, tuple[str, ...]]
Observations = Mapping[Key, Value]
FIXED_TYPES = {"rank": "ratio/0", "position": "ratio/0", "days": "day/0"} | dict.fromkeys(
    ("cmp", "all", "any", "not", "is", "known"), "truth"
)
RELATIONS: dict[str, Callable[[Number, Number], bool]] = {
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
}


@dataclass(frozen=True)
class Place:
    """In which period, and for which member of each set, an expression is read."""

    period: int
    members: Mapping[str, str] = field(default_factory=dict)

    def moved(self, period: int) -> "Place":
        return Place(period, self.members)

    def of(self, name: str, member: str) -> "Place":
        return Place(self.period, {**self.members, name: member})


class Reader:
    """Reads expressions; what was paid, and accounts, come from the stages, which override two readings."""

    def __init__(
        self,
        document: TermDocument,
        observations: Observations,
        members: Mapping[str, tuple[str, ...]] | None = None,
        as_of: date | None = None,
    ) -> None:
        self.document, self.observations, self.as_of = document, observations, as_of
        self.calendar = Calendar(document)
        self.sets = {
            name: tuple((members or {}).get(name, ())) if one.most else one.members
            for name, one in document.sets.items()
        }

    def balance(self, account: str, place: Place) -> Value:
        raise NotImplementedError

    def paid(self, expression: Tree, place: Place) -> Value:
        raise NotImplementedError

    def value(self, expression: Tree, place: Place) -> Value:
        """The value of an expression at a place; None while it is pending."""
        return OPS[expression.op](self, expression, place)

    def number(self, text_or_expression: Tree, place: Place) -> Value:
        if isinstance(text_or_expression, str):
            return Fraction(text_or_expression)
        return self.value(text_or_expression, place)

    def moved(self, expression: Tree, place: Place) -> Place | None:
        """The place that ``at`` names; none for a period that has not come."""
        for name, member in expression.at.items():
            if name == PERIOD:
                period = self.calendar.ids.index(member)
                if period > place.period:
                    return None
                place = place.moved(period)
            else:
                place = place.of(name, member)
        return place

    def observed(self, metric: str, window: str, place: Place) -> Value:
        one = self.document.metrics[metric]
        if PERIOD not in one.per or window == "period":
            return self.standing(metric, place)
        known = [self.standing(metric, place.moved(period)) for period in range(place.period + 1)]
        if one.pool == "sum":
            return added(known)
        return next((value for value in reversed(known) if value is not None), None)

    def standing(self, metric: str, place: Place) -> Value:
        """What was observed, or what stands in for it."""
        one = self.document.metrics[metric]
        by_period = PERIOD in one.per
        period = self.calendar.ids[place.period] if by_period else ""
        members = tuple(place.members[name] for name in one.per if name != PERIOD)
        found = self.observations.get((metric, period, members))
        if found is not None or one.on_missing is None:
            return found
        end = self.calendar.ends[place.period] if by_period else self.calendar.end
        if self.as_of is not None and self.as_of <= end + timedelta(days=one.on_missing.after_days):
            return None
        if one.on_missing.use == "last":
            earlier = by_period and place.period > 0
            return self.standing(metric, place.moved(place.period - 1)) if earlier else None
        return read_value(one.on_missing.use, one.type)

    def param(self, name: str, place: Place) -> Number:
        table = self.document.params[name]
        if table.value is not None:
            return Fraction(table.value)
        if table.dated:
            end = self.calendar.ends[place.period].isoformat()
            return Fraction(next(one.value for one in reversed(table.dated) if one.from_ <= end))
        member = self.calendar.ids[place.period] if table.per == PERIOD else place.members[table.per]
        return Fraction(table.values[member])

    def over(self, name: str, place: Place) -> Iterator[Place]:
        """Every member of a set, or every period so far."""
        if name == PERIOD:
            return (place.moved(period) for period in range(place.period + 1))
        return (place.of(name, member) for member in self.sets[name])

    def places(self, names: Iterable[str], period: int) -> Iterator[Place]:
        """Every combination of members, the last set as named running fastest."""
        listed = tuple(names)
        for members in itertools.product(*(self.sets[name] for name in listed)):
            yield Place(period, dict(zip(listed, members, strict=True)))

    def ranges(self, expression: Tree) -> frozenset[str]:
        """Sets for each member of which an expression has a value of its own."""
        inner = frozenset[str]().union(*(self.ranges(one) for one in children(expression)))
        if expression.op == "fold":
            return inner - {expression.over}
        return (inner | self.own_ranges(expression)) - set(getattr(expression, "at", ())) - {PERIOD, ""}

    def own_ranges(self, expression: Tree) -> frozenset[str]:
        """Sets that an expression names itself."""
        document = self.document
        named: dict[str, Callable[[], Iterable[str]]] = {
            "param": lambda: [document.params[expression.name].per],
            "obs": lambda: document.metrics[expression.metric].per,
            "is": lambda: document.metrics[expression.metric].per,
            "known": lambda: document.metrics[expression.metric].per,
            "figure": lambda: self.ranges(document.figures[expression.name].value),
            "balance": lambda: document.accounts[expression.account].each,
            "paid": lambda: expression.each,
            "position": lambda: [expression.of],
            "share": lambda: [expression.over],
            "rank": lambda: [expression.over],
        }
        return frozenset(named.get(expression.op, tuple)())

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Sets in the order of the document."""
        wanted = set(names)
        return tuple(name for name in self.document.sets if name in wanted)

    def type_of(self, expression: Tree) -> str:
        """The type of a number's expression, or ``truth``."""
        document = self.document
        if expression.op in FIXED_TYPES:
            return FIXED_TYPES[expression.op]
        named: dict[str, Callable[[], str]] = {
            "lit": lambda: expression.type,
            "scale": lambda: expression.as_,
            "bands": lambda: expression.as_,
            "param": lambda: document.params[expression.name].type,
            "obs": lambda: document.metrics[expression.metric].type,
            "figure": lambda: self.type_of(document.figures[expression.name].value),
            "balance": lambda: document.accounts[expression.account].type,
            "paid": lambda: self.type_of(
                next(one.amount for one in document.clauses if one.id == expression.clauses[0])
            ),
            "if": lambda: self.type_of(expression.then),
        }
        return named.get(expression.op, lambda: self.type_of(children(expression)[0]))()


def read_value(text: str, type_text: str) -> Value:
    if type_text == "truth":
        return text == "true"
    return text if type_text == "label" else Fraction(text)


def children(expression: Tree) -> list[Tree]:
    """Expressions directly inside one."""
    found: list[Tree] = []
    for name in type(expression).model_fields:
        inside = getattr(expression, name)
        found += [one for one in (inside if isinstance(inside, tuple) else (inside,)) if is_expression(one)]
    return found


def is_expression(value: object) -> bool:
    return isinstance(value, Document) and hasattr(value, "op")


def added(values: Iterable[Value]) -> Value:
    total = Fraction(0)
    for value in values:
        if value is None:
            return None
        assert isinstance(value, Fraction)
        total += value
    return total


def jointly(op: str, values: Iterable[Value]) -> Value:
    """``all`` or ``any``: one value settles it, else one pending leaves it pending."""
    settling = op == "any"
    seen = list(values)
    if settling in seen:
        return settling
    return None if None in seen else not settling


def combined(op: str, values: Iterable[Value]) -> Value:
    """``add``, ``min``, ``max``, ``all`` or ``any`` of values, of which the first three need one known."""
    if op in {"all", "any"}:
        return jointly(op, values)
    seen = list(values)
    if op == "add":
        return added(seen)
    if None in seen:
        return None
    numbers = [one for one in seen if isinstance(one, Fraction)]
    return min(numbers) if op == "min" else max(numbers)


def _several(reader: Reader, node: Tree, place: Place) -> Value:
    return combined(node.op, [reader.value(one, place) for one in node.of])


def _less(reader: Reader, node: Tree, place: Place) -> Value:
    of, less = reader.value(node.of, place), reader.value(node.less, place)
    return of - less if isinstance(of, Fraction) and isinstance(less, Fraction) else None


def _scale(reader: Reader, node: Tree, place: Place) -> Value:
    factors = [reader.value(one, place) for one in (node.of, *node.by)]
    divisors = [reader.value(one, place) for one in node.over]
    if None in factors or None in divisors:
        return None
    spare = None if node.if_zero is None else reader.value(node.if_zero, place)
    if node.if_zero is not None and spare is None:
        return None
    if Fraction(0) in divisors:
        return spare
    result = Fraction(1)
    for factor in factors:
        result *= factor  # type: ignore[operator]  # numbers
    for divisor in divisors:
        result /= divisor  # type: ignore[operator]  # numbers
    return rounded(result, digits_of(node.as_), node.round or reader.document.rounding)


def _bands(reader: Reader, node: Tree, place: Place) -> Value:
    number = reader.value(node.of, place)
    if not isinstance(number, Fraction):
        return None
    above = [
        number > Fraction(edge.at) or (number == Fraction(edge.at) and edge.owner == "above")
        for edge in node.edges
    ]
    row = node.rows[sum(above)]
    exact = Fraction(row.base) + Fraction(row.slope) * (number - Fraction(row.origin))
    return rounded(exact, digits_of(node.as_), node.round or reader.document.rounding)


def _compare(reader: Reader, node: Tree, place: Place) -> Value:
    left, right = reader.value(node.left, place), reader.value(node.right, place)
    if left is None or right is None:
        return None
    return RELATIONS[node.relation](left, right)  # type: ignore[arg-type]  # numbers


def _negation(reader: Reader, node: Tree, place: Place) -> Value:
    inner = reader.value(node.of, place)
    return None if inner is None else not inner


def _if(reader: Reader, node: Tree, place: Place) -> Value:
    test = reader.value(node.test, place)
    if test is None:
        return None
    return reader.value(node.then if test else node.else_, place)


def _fold(reader: Reader, node: Tree, place: Place) -> Value:
    values = [reader.value(node.of, one) for one in reader.over(node.over, place)]
    if not values and node.with_ in {"min", "max"}:
        return reader.value(node.empty, place)
    return combined(node.with_, values)


def _share(reader: Reader, node: Tree, place: Place) -> Value:
    total = reader.value(node.total, place)
    weights = [reader.value(node.weight, one) for one in reader.over(node.over, place)]
    if total is None or None in weights:
        return None
    assert isinstance(total, Fraction)
    known = [one for one in weights if isinstance(one, Fraction)]
    parts = shared(total, known, digits=digits_of(reader.type_of(node.total)), ties=node.ties)
    return parts[reader.sets[node.over].index(place.members[node.over])]


def _rank(reader: Reader, node: Tree, place: Place) -> Value:
    values = [reader.value(node.of, one) for one in reader.over(node.over, place)]
    if None in values:
        return None
    own = reader.value(node.of, place)
    better = RELATIONS["gt" if node.best == "highest" else "lt"]
    return Fraction(1 + sum(better(one, own) for one in values))  # type: ignore[arg-type]  # numbers


def _position(reader: Reader, node: Tree, place: Place) -> Value:
    if node.of == PERIOD:
        return Fraction(place.period + 1)
    return Fraction(reader.sets[node.of].index(place.members[node.of]) + 1)


def _days(reader: Reader, node: Tree, place: Place) -> Value:
    start, end = (reader.calendar.boundary(name, place.period) for name in (node.from_, node.to))
    return Fraction(days_between(start, end, node.count))


def _previous(reader: Reader, node: Tree, place: Place) -> Value:
    if place.period == 0:
        return reader.value(node.first, place)
    return reader.value(node.of, place.moved(place.period - 1))


def _obs(reader: Reader, node: Tree, place: Place) -> Value:
    there = reader.moved(node, place)
    return None if there is None else reader.observed(node.metric, node.window, there)


def _param(reader: Reader, node: Tree, place: Place) -> Value:
    there = reader.moved(node, place)
    return None if there is None else reader.param(node.name, there)


def _is(reader: Reader, node: Tree, place: Place) -> Value:
    label = _obs(reader, node, place)
    return None if label is None else label == node.value


def _figure(reader: Reader, node: Tree, place: Place) -> Value:
    there = reader.moved(node, place)
    return None if there is None else reader.value(reader.document.figures[node.name].value, there)


OPS: dict[str, Callable[[Reader, Tree, Place], Value]] = {
    "lit": lambda _reader, node, _place: read_value(node.value, node.type),
    "param": _param,
    "obs": _obs,
    "is": _is,
    "known": lambda reader, node, place: _obs(reader, node, place) is not None,
    "figure": _figure,
    "balance": lambda reader, node, place: reader.balance(node.account, place),
    "paid": lambda reader, node, place: reader.paid(node, place),
    "add": _several,
    "min": _several,
    "max": _several,
    "all": _several,
    "any": _several,
    "sub": _less,
    "scale": _scale,
    "bands": _bands,
    "cmp": _compare,
    "not": _negation,
    "if": _if,
    "fold": _fold,
    "share": _share,
    "rank": _rank,
    "position": _position,
    "days": _days,
    "previous": _previous,
}
