"""Worked payments: what a clause pays at the ends of what can be observed, at every edge and beside it.

The problem: a formula is believed when a reader can put a number in. Where a clause depends on a single
number, its payment is computed by the same engine that pays, at the points where something can change.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Final

from ....finance.money import decimal_text, grouped
from ..document import Metric, Pay, TermDocument
from ..expressions import Bands, Lit, ParamRef
from ..observing import Observation
from ..outputs import Output, read_output
from ..pay import pay
from ..program import Program
from ..types import Quantity, parse_type
from .nouns import unit_words
from .reading import metrics_behind, parts_behind, quantity_of
from .sheet import WordTable

Answer = Callable[[int], "WorkedPoint | None"]

MOST_ROWS: Final = 41
MOST_ANSWERS: Final = 400
ROUND_POINTS: Final = 4
WIDEST_SEARCH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedPoint:
    """One number that could be observed, and what comes of it.

    Attributes
    ----------
    value : int [counts of the metric]
        What is observed.
    earned, paid : int [counts of the payment]
        Before and after limits.
    """

    value: int
    earned: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedClause:
    """The payments of a clause over the one number it depends on.

    Attributes
    ----------
    clause, metric : str
        Ids.
    counted, pays : Quantity
        Types of the number and of the payment.
    points : tuple of WorkedPoint
        By rising number.
    jumps : tuple of (int, int) [counts of the metric]
        Neighbouring numbers between which the payment jumps.
    edges : tuple of int [counts of the metric]
        Numbers that the terms name.
    """

    clause: str
    metric: str
    counted: Quantity
    pays: Quantity
    points: tuple[WorkedPoint, ...]
    jumps: tuple[tuple[int, int], ...]
    edges: tuple[int, ...]

    @property
    def tables(self) -> tuple[WordTable, ...]:
        """The points as a table; limits have a column of their own where they cut.

        Of very many points those that the terms name are shown, evenly thinned, with both ends.
        """
        counted, pays = unit_words(self.counted), unit_words(self.pays)
        shown = self._shown()
        is_cut = any(one.earned != one.paid for one in self.points)
        rows = [
            (
                grouped(decimal_text(one.value, self.counted.digits)),
                *([grouped(decimal_text(one.earned, self.pays.digits))] if is_cut else []),
                grouped(decimal_text(one.paid, self.pays.digits)),
            )
            for one in shown
        ]
        thinned = f" ({len(shown)} of {len(self.points)})"
        more = thinned if len(shown) < len(self.points) else ""
        columns = (counted, *([f"earned, {pays}"] if is_cut else []), f"paid, {pays}")
        return (
            WordTable(
                columns=columns,
                rows=tuple(rows),
                right=tuple(range(len(columns))),
                caption=f"Worked payments, over the term, with nothing else observed{more}:",
            ),
        )

    def _shown(self) -> tuple[WorkedPoint, ...]:
        if len(self.points) <= MOST_ROWS:
            return self.points
        ends = (self.points[0], self.points[-1])
        named = [one for one in self.points if one in ends or one.value in self.edges]
        kept = named[:: -(-len(named) // MOST_ROWS)]
        return tuple(kept if ends[1] in kept else [*kept, ends[1]])


def work(document: TermDocument, program: Program) -> tuple[WorkedClause, ...]:
    """Work out the clauses that depend on a single number of the whole agreement.

    Parameters
    ----------
    document : TermDocument
        The terms.
    program : Program
        Compiled from them.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> worked = work(document, compile_terms(document))[0]
    >>> [(one.value, one.paid) for one in worked.points if one.value in (0, 40000)]
    [(0, 0), (40000, 50000000)]
    """
    return tuple(_clauses(document, program))


def _clauses(document: TermDocument, program: Program) -> Iterator[WorkedClause]:
    for clause in document.clauses:
        if not isinstance(clause, Pay):
            continue
        metric = _only_number(clause, document)
        counted = parse_type(document.metrics[metric].type) if metric else None
        pays = quantity_of(document, clause.amount)
        if not metric or counted is None or pays is None:
            continue
        answer = _answers(program, clause.id, metric)
        edges = _edges(document, clause, metric, counted)
        points = _points(answer, edges, _domain(document.metrics[metric], counted))
        if points:
            yield WorkedClause(
                clause=clause.id,
                metric=metric,
                counted=counted,
                pays=pays,
                points=points,
                jumps=_jumps(answer, points),
                edges=edges,
            )


def _answers(program: Program, clause: str, metric: str) -> Answer:
    @cache
    def answer(value: int) -> WorkedPoint | None:
        measure = program.metrics[metric]
        if not measure.low <= value <= measure.high:
            return None
        outturn = pay(program, [Observation(metric=metric, value=value)])
        earned, paid = (read_output(outturn, Output(f"{clause}{part}")) for part in (".earned", ""))
        return None if earned is None or paid is None else WorkedPoint(value=value, earned=earned, paid=paid)

    return answer


def _only_number(clause: Pay, document: TermDocument) -> str:
    """Return the metric of a clause when there is one only, it is a number, and it has one value."""
    names = metrics_behind(document, clause)
    if len(names) != 1 or clause.each:
        return ""
    metric = document.metrics[names[0]]
    return names[0] if metric.domain is not None and not metric.per and metric.ref is None else ""


def _domain(metric: Metric, counted: Quantity) -> tuple[int, int]:
    low, high = metric.domain or ("0", "0")
    return _count(low, counted), _count(high, counted)


def _count(number: str, counted: Quantity) -> int:
    return int(Fraction(number) * 10**counted.digits)


def _edges(document: TermDocument, clause: Pay, metric: str, counted: Quantity) -> tuple[int, ...]:
    """Return the numbers of the metric's own unit that stand behind a clause, inside its domain."""
    low, high = _domain(document.metrics[metric], counted)
    found: set[int] = set()
    for part in parts_behind(document, clause):
        if isinstance(part, Bands):
            of = quantity_of(document, part.of)
            found |= {_count(edge.at, counted) for edge in part.edges if of and of.unit == counted.unit}
        kind = parse_type(part.type) if isinstance(part, Lit) else None
        if isinstance(part, Lit) and kind and (kind.unit, kind.per) == (counted.unit, counted.per):
            found.add(_count(part.value, counted))
        param = document.params.get(part.name) if isinstance(part, ParamRef) else None
        if (
            param
            and param.value
            and (of := parse_type(param.type))
            and of.unit == counted.unit
            and not of.per
        ):
            found.add(_count(param.value, counted))
    return tuple(sorted(one for one in found if low <= one <= high))


def _points(answer: Answer, edges: Sequence[int], domain: tuple[int, int]) -> tuple[WorkedPoint, ...]:
    low, high = domain
    near = {value for edge in edges for value in (edge - 1, edge, edge + 1)}
    sure = {low, high, *edges}
    kinks = _kinks(answer, sorted(one for one in {low, high, *near} if low <= one <= high))
    near |= {value for kink in kinks for value in (kink - 1, kink, kink + 1)}
    chosen = sure | near
    if len(chosen) + ROUND_POINTS <= MOST_ROWS:
        chosen |= set(_round_points(low, high))
    found = (answer(value) for value in sorted(chosen) if low <= value <= high)
    return tuple(one for one in found if one is not None)


def _round_points(low: int, high: int) -> Iterator[int]:
    """Yield a few round numbers inside a span: equal parts, cut to two digits."""
    for place in range(1, ROUND_POINTS + 1):
        value = low + (high - low) * place // (ROUND_POINTS + 1)
        unit = 10 ** max(0, len(str(abs(value))) - 2)
        if low < value // unit * unit < high:
            yield value // unit * unit


def _kinks(answer: Answer, marks: Sequence[int]) -> list[int]:
    """Return the numbers between marks at which the payment bends, found by halving.

    A payment that bends everywhere, such as one by whole steps, is left without them.
    """
    found: list[int] = []
    asked = 0
    waiting = list(pairwise(marks))
    while waiting and asked < MOST_ANSWERS:
        first, last = waiting.pop()
        middle = (first + last) // 2
        parts = ((first, middle), (middle, last))
        if last - first < 2 or not _bends(answer, first, last):  # noqa: PLR2004  # two neighbours
            continue
        asked += 4
        bent = [part for part in parts if part[1] - part[0] > 1 and _bends(answer, *part)]
        if bent:
            waiting += bent
        else:
            found.append(_sharpest(answer, first, last))
    return sorted(found) if not waiting else []


def _bends(answer: Answer, first: int, last: int) -> bool:
    middle = (first + last) // 2
    values = [answer(one) for one in (first, middle, last)]
    if any(one is None for one in values):
        return False
    start, between, end = (one.paid for one in values if one is not None)
    return abs((between - start) * (last - first) - (end - start) * (middle - first)) > 2 * (last - first)


def _sharpest(answer: Answer, first: int, last: int) -> int:
    """Return where the payment bends most between two numbers so near that rounding hides it from halving."""
    if last - first > WIDEST_SEARCH:
        return (first + last) // 2

    def bend(value: int) -> int:
        before, here, after = (answer(one) for one in (value - 1, value, value + 1))
        return abs(after.paid - 2 * here.paid + before.paid) if before and here and after else 0

    return max(range(first, last + 1), key=bend)


def _jumps(answer: Answer, points: Sequence[WorkedPoint]) -> tuple[tuple[int, int], ...]:
    """Return the neighbouring numbers whose payments differ by more than those beside them."""
    low, high = points[0].value, points[-1].value
    found = []
    for left, right in pairwise(points):
        if right.value != left.value + 1:
            continue
        beside = [(left.value - 1, left.value), (right.value, right.value + 1)]
        slopes = [_step(answer, *pair) for pair in beside if low <= pair[0] and pair[1] <= high]
        if abs(right.paid - left.paid) > max(slopes, default=0) + 2:
            found.append((left.value, right.value))
    return tuple(found)


def _step(answer: Answer, first: int, last: int) -> int:
    one, other = answer(first), answer(last)
    return abs(other.paid - one.paid) if one and other else 0
