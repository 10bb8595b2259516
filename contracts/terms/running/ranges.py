"""Cells that are intervals: the least and the most each number can be, whatever is observed.

The problem: what cannot overflow, cannot divide by zero and cannot turn negative has to be proven before
anybody signs. Every metric declares its domain; the same engine carries out the terms on whole domains at
once.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import product
from math import prod
from typing import Final, TypeVar

from ....finance.errors import TermError
from ....finance.money import MAX_MINOR, Rounding, decimal_text, round_quotient
from ..program import Measure, Node, Program
from ..types import digits_of
from .arithmetic import RELATIONS, WHOLE_NUMBERS, band_table
from .cells import Cell, Cells, Scaler, Table
from .engine import Outturn, carry_out
from .evaluation import Traced

Interval = tuple[int, int]
Spot = tuple[int, int, int]  # node, period, combination of members
K = TypeVar("K", int, Spot)
ANY_MEMBER: Final = "*"


def pair(cell: Cell) -> Interval:
    """Return a cell as least and most.

    Examples
    --------
    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    return cell if isinstance(cell, tuple) else (int(cell), int(cell))


def hull(cells: Sequence[Cell]) -> Interval:
    """Return the least interval that holds several."""
    ends = [pair(cell) for cell in cells]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _times(left: Interval, right: Interval) -> Interval:
    corners = [one * other for one in left for other in right]
    return min(corners), max(corners)


class Ranges:
    """Arithmetic on intervals; ``peaks`` gathers the size of products before they are divided."""

    def __init__(self) -> None:
        self.peaks: dict[int, int] = {}

    def _peak(self, number: int, *sizes: int) -> None:
        self.peaks[number] = max(self.peaks.get(number, 0), *map(abs, sizes))

    def add(self, left: Cell, right: Cell) -> Interval:
        """Add."""
        (a, b), (c, d) = pair(left), pair(right)
        return a + c, b + d

    def sub(self, left: Cell, right: Cell) -> Interval:
        """Subtract."""
        (a, b), (c, d) = pair(left), pair(right)
        return a - d, b - c

    def since(self, now: Cell, before: Cell) -> Interval:
        """Subtract what was there before, or nothing where it was pending until now."""
        return hull([self.sub(now, before), now])

    def take(self, left: Cell, right: Cell) -> Interval:
        """Subtract what is known not to exceed it: what is left is no less than nothing."""
        low, high = self.sub(left, right)
        return max(low, min(pair(left)[0], 0)), high

    def least(self, left: Cell, right: Cell) -> Interval:
        """Return the smaller."""
        (a, b), (c, d) = pair(left), pair(right)
        return min(a, c), min(b, d)

    def most(self, left: Cell, right: Cell) -> Interval:
        """Return the larger."""
        (a, b), (c, d) = pair(left), pair(right)
        return max(a, c), max(b, d)

    def scale(
        self, node: Scaler, of: Cell, by: Sequence[Cell], over: Sequence[Cell], spare: Cell
    ) -> Interval:
        """Multiply and divide with one rounding."""
        num = _times(reduce(_times, map(pair, (of, *by))), (node.numerator, node.numerator))
        below = _times(reduce(_times, map(pair, over), (1, 1)), (node.denominator, node.denominator))
        self._peak(node.number, *num, *below)
        ends = [end for end in below if end]
        if below[0] <= 0 <= below[1]:
            if spare is None:
                told = "the divisor can be zero: say if_zero, or narrow the domain of its metric"
                raise refused(node.path, told)
            step = node.denominator
            ends += [end for end in (-step, step) if below[0] <= end <= below[1]]
        values: list[Cell] = [] if spare is None or not below[0] <= 0 <= below[1] else [spare]
        for top, bottom in product(num, ends):
            sign = 1 if bottom > 0 else -1
            values.append(round_quotient(sign * top, sign * bottom, node.rounding))
        return hull(values)

    def bands(self, node: Node, number: int, digits: int, of: Cell) -> Interval:
        """Value a number by its band: at the ends, and on both sides of each edge."""
        low, high = pair(of)
        thresholds, bases, slopes, _ = band_table(node, digits)
        largest = max(abs(low), abs(high))
        self._peak(
            number, *(abs(base) + abs(slope) * largest for base, slope in zip(bases, slopes, strict=True))
        )
        points = {low, high}
        for at in thresholds:
            points |= {one for one in (at - 1, at) if low <= one <= high}
        return hull([WHOLE_NUMBERS.bands(node, number, digits, at) for at in points])

    def compare(self, relation: str, left: Cell, right: Cell) -> Interval:
        """Compare: 0 when it cannot hold, 1 when it must."""
        (a, b), (c, d) = pair(left), pair(right)
        outcomes = {RELATIONS[relation](one, other) for one in (a, b) for other in (c, d)}
        if relation in {"eq", "ne"} and a <= d and c <= b and not a == b == c == d:
            outcomes = {True, False}
        return int(outcomes == {True}), int(True in outcomes)

    def conjunction(self, cells: Sequence[Cell]) -> Cell:
        """All hold; with one that is not known yet, only what another settles."""
        ends = [(1, 1), *(pair(cell) for cell in cells if cell is not None)]
        low, high = min(low for low, _ in ends), min(high for _, high in ends)
        return (low, high) if None not in cells else (0, 0) if low == 0 else None

    def disjunction(self, cells: Sequence[Cell]) -> Cell:
        """One holds; with one that is not known yet, only what another settles."""
        ends = [(0, 0), *(pair(cell) for cell in cells if cell is not None)]
        low, high = max(low for low, _ in ends), max(high for _, high in ends)
        return (low, high) if None not in cells else (1, 1) if high == 1 else None

    def invert(self, cell: Cell) -> Interval:
        """Return whether it does not hold."""
        low, high = pair(cell)
        return 1 - high, 1 - low

    def choose(self, test: Cell, then: Cell, other: Cell, path: str) -> Cell:  # noqa: ARG002  # for columns
        """Choose by a condition: whichever branches can be reached; one not known by then pays nothing."""
        low, high = pair(test)
        reached = [value for value, can in ((then, high), (other, not low)) if can]
        known = [0 if value is None else value for value in reached]
        return hull(known) if any(value is not None for value in reached) else None

    def allocate(self, total: Cell, weights: Sequence[Cell], ties: str, times: int) -> Cells:
        """Share a total by weights, to the last unit."""
        least, most = (max(0, end) for end in pair(total))
        ends = [pair(weight) for weight in weights]
        if times:
            return [(0, most) for _ in weights]
        if least == most and all(low == high for low, high in ends):
            return list(WHOLE_NUMBERS.allocate(most, [max(0, low) for low, _ in ends], ties, 0))
        lows, highs = sum(max(0, low) for low, _ in ends), sum(max(0, high) for _, high in ends)
        parts: Cells = []
        for low, high in ends:
            own_low, own_high = max(0, low), max(0, high)
            rest_low, rest_high = lows - own_low, highs - own_high
            floor = least * own_low // (own_low + rest_high) if own_low else 0
            ceiling = 0 if not own_high else -(-most * own_high // (own_high + rest_low)) + 1
            parts.append((floor, min(most, ceiling)))
        return parts

    def rank(self, cells: Sequence[Cell], best: str, times: int) -> Cells:  # noqa: ARG002  # payments use it
        """Rank cells among each other."""
        return [(1, times or len(cells)) for _ in cells]

    def grow(self, cell: Cell, factor: Fraction, rounding: Rounding) -> Interval:
        """Multiply by a fraction, rounded."""
        low, high = (WHOLE_NUMBERS.grow(end, factor, rounding) for end in pair(cell))
        return low, high

    def gather(self, kind: str, cells: Sequence[Cell], times: int) -> Interval:
        """Fold; with ``times``, over none to so many members like the first, the second standing for none."""
        if not times:
            step = {"add": self.add, "min": self.least, "max": self.most}[kind]
            return pair(reduce(step, cells) if cells else 0)
        low, high = pair(cells[0])
        match kind:
            case "add":
                return self.many(cells[0], times)
            case "all":
                return low, 1
            case "any":
                return 0, high
        return hull(cells)

    def not_negative(self, cell: Cell) -> Interval:
        """Return the part that is not negative; the proof refuses the other."""
        return self.most(cell, 0)

    def many(self, cell: Cell, times: int) -> Interval:
        """Return the sum of none to so many cells like this."""
        low, high = pair(cell)
        return (min(0, times * low), max(0, times * high)) if times else (low, high)

    def known(self, cell: Cell) -> Interval:  # noqa: ARG002  # either can be
        """Return either: what is observed may be missing."""
        return 0, 1

    def between(self, low: int, high: int) -> Interval:
        """Return a range."""
        return low, high

    def within(self, cell: Cell, low: int, high: int) -> Interval:
        """Return what lies within ends: what is pooled stays in the domain, or is refused."""
        least, most = pair(cell)
        return max(least, low), min(most, high)

    def most_of(self, new: Cell, old: Cell, ceiling: Cell) -> Interval:
        """Return a sum to date: it never passes both what it was and what is earned."""
        low, high = pair(new)
        return low, min(high, max(pair(old)[1], pair(ceiling)[1]))


def refused(path: str, message: str) -> TermError:
    """Make the refusal of terms that have no bound.

    Parameters
    ----------
    path, message : str
        Where, and what to do.
    """
    return TermError(
        f"The terms have no bound: {path}: {message}.", findings=[{"path": path, "message": message}]
    )


def domains(program: Program, fixed: Mapping[str, int] | None = None) -> Table:
    """Lay out every metric's whole domain; one member stands for all of an open set.

    Parameters
    ----------
    program : Program
        Compiled terms.
    fixed : Mapping of str to int [counts]
        Metrics that are taken at one value.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> domains(compile_terms(TermDocument.read(EXAMPLE))).cells["nights"]
    [[(0, 40000)]]
    """
    members = {name: listed or (ANY_MEMBER,) for name, listed in program.sets.items()}
    times = {name: program.most[name] for name, listed in program.sets.items() if not listed}

    def cells(name: str, measure: Measure) -> list[Cells]:
        spans = range(len(program.periods) if measure.by_period else 1)
        size = prod(len(members[dim]) for dim in measure.dims)
        at = (fixed or {}).get(name)
        return [[(measure.low, measure.high) if at is None else (at, at)] * size for _ in spans]

    return Table(
        members=members,
        times=times,
        cells={name: cells(name, measure) for name, measure in program.metrics.items()},
    )


def spans_of(
    program: Program, table: Table | None = None
) -> tuple[Outturn, dict[int, Interval], dict[int, int], dict[Spot, Interval]]:
    """Carry out terms on whole domains.

    Parameters
    ----------
    program : Program
        Compiled terms.
    table : Table
        Domains that are known better than the terms declare them; the declared ones without it.

    Returns
    -------
    tuple
        The outturn in intervals; each node's least and most; each product's size before division; the least
        and most of what limits read, by node, period and combination of members.

    Raises
    ------
    TermError
        When a divisor can be zero, a shared total negative, or a number leave the exact range of 2^62.
    """
    use = Ranges()
    record: list[Traced] = []
    outturn = carry_out(program, use, table or domains(program), record=record)
    spans = _hulls((row.node, row) for row in record)
    ceilings = {limit.maximum for limit in program.limits}
    spots = _hulls(((row.node, row.period, row.combination), row) for row in record if row.node in ceilings)
    for at, (low, high) in spans.items():
        node = program.nodes[at]
        if max(abs(low), abs(high)) > MAX_MINOR:
            raise refused(node.path, "its values can leave the exact range of 2^62: narrow a domain")
        if node.op == "share" and spans[node.args[0]][0] < 0:
            least = decimal_text(spans[node.args[0]][0], digits_of(node.type))
            raise refused(f"{node.path}/total", f"could be as low as {least}: floor it with max")
        if node.op == "share" and spans[node.args[1]][0] < 0:
            raise refused(f"{node.path}/weight", "can be negative: floor it with max")
        if node.op == "share":
            whole = spans[node.args[1]][1] * program.most[node.name]
            use.peaks[at] = max(1, spans[node.args[0]][1]) * max(1, whole)
    _require_one_way(program, spans)
    for account in program.accounts:
        for cell in (cell for row in outturn.balances[account.id] for cell in row if cell is not None):
            if max(map(abs, pair(cell))) > MAX_MINOR:
                raise refused(account.path, "its balance can leave the exact range of 2^62: narrow a domain")
    _require_small_sums(outturn)
    return outturn, spans, use.peaks, spots


def _require_small_sums(outturn: Outturn) -> None:
    """Whatever is summed over clauses, members and periods fits as well."""
    earned = [kept.earned for kept in outturn.keys.values() if kept.earned is not None]
    named = [outturn.table.multiplicity(clause.each) or 1 for clause in outturn.program.clauses]
    for cells, times in ((earned, max(named, default=1)), (list(outturn.flows.values()), 1)):
        if times * sum(max(map(abs, pair(cell))) for cell in cells) > MAX_MINOR:
            told = "all amounts together can leave the exact range of 2^62: narrow a domain"
            raise refused("/clauses", told)


def _hulls(rows: Iterable[tuple[K, Traced]]) -> dict[K, Interval]:
    """Return the least and most under each key, of what is known."""
    hulls: dict[K, Interval] = {}
    for key, row in rows:
        if row.value is None:
            continue
        low, high = pair(row.value)
        known = hulls.get(key, (low, high))
        hulls[key] = (min(low, known[0]), max(high, known[1]))
    return hulls


def _require_one_way(program: Program, spans: Mapping[int, Interval]) -> None:
    for clause in program.clauses:
        low = spans.get(clause.amount, (0, 0))[0]
        if low < 0 and not clause.two_way:
            shown = decimal_text(low, clause.unit.digits)
            raise refused(
                f"{clause.path}/amount",
                f"could be as low as {shown} {clause.unit.unit}: a clause only pays, so floor it with max, "
                "or say two_way",
            )


@lru_cache(maxsize=64)
def _peaks(key: "_ByDigest") -> dict[int, int]:
    return spans_of(key.program)[2]


class _ByDigest:
    """A program as a key: its digest is its identity."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __hash__(self) -> int:
        return hash(self.program.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.program.digest == self.program.digest


def peaks(program: Program) -> dict[int, int]:
    """Return each product's proven size before division, by node.

    Raises
    ------
    TermError
        When the terms have no bound.
    """
    return _peaks(_ByDigest(program))
