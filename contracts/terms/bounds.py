"""Reading 3, ``bounds``: the most and the least the terms can cost, proven before anybody signs.

The problem: a funder signs without knowing what may be owed. Every metric declares its domain, so every
node of the program has an interval of values; the clauses' intervals, cut by the limits, bound all that
can ever be paid. A bound is ``attained`` when an input that costs exactly that much was found and paid by
reading 1; otherwise it is ``safe``: nothing can exceed it, and perhaps nothing reaches it.

The proof also refuses terms whose numbers could leave the exact range, or whose amount could turn negative.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import Literal

from ...finance.errors import OutsideDomain, TermError
from ...finance.money import MAX_MINOR, decimal_text, round_quotient
from .compiled import CapLimit, Node, PayClause, Program
from .pay import Determined, State, band_count, compare, param_at, step
from .types import Quantity

MAX_WITNESS_WORK = 20_000  # node evaluations, about a tenth of a second
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseBound:
    """What one clause can pay in one period.

    Attributes
    ----------
    clause, period : str
        The key.
    least, most : int [minor units]
        Before limits.
    """

    clause: str
    period: str
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What terms can cost at most and at least.

    Attributes
    ----------
    maximum : int [minor units]
        Nothing above it is ever paid.
    guaranteed : int [minor units]
        Paid whatever is determined, once everything is determined.
    label : str
        ``attained`` or ``safe``, for the maximum.
    witness : tuple of Determined
        Determinations that cost exactly the maximum, when it is attained.
    clauses : tuple of ClauseBound
        By clause and period, before limits.
    """

    maximum: int
    guaranteed: int
    label: Literal["attained", "safe"]
    witness: tuple[Determined, ...]
    clauses: tuple[ClauseBound, ...]


def prove(program: Program) -> Proof:
    """Bound what a program can cost.

    Parameters
    ----------
    program : Program
        Compiled terms.

    Raises
    ------
    TermError
        When an amount could be negative, a divisor zero, or a number leave the exact range.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> proof = prove(compile_terms(TermDocument.read(EXAMPLE)))
    >>> proof.maximum, proof.label
    (50000000, 'attained')
    """
    rows = []
    for position, clause in enumerate(program.clauses):
        names = [name for name, _ in program.periods]
        for period in names if clause.basis == "period" else names[-1:]:
            least, most = _amount(program, clause, period, position)
            rows.append(ClauseBound(clause=clause.id, period=period, least=least, most=most))
    maximum = _most(program, [(row.clause, row.most) for row in rows])
    guaranteed = _least(program, [(row.clause, row.least) for row in rows])
    witness = _witness(program, maximum)
    label: Literal["attained", "safe"] = "safe" if witness is None else "attained"
    return Proof(
        maximum=maximum, guaranteed=guaranteed, label=label, witness=witness or (), clauses=tuple(rows)
    )


def _amount(program: Program, clause: PayClause, period: str, position: int) -> Interval:
    values: list[Interval] = []
    for node in program.nodes:
        values.append(_interval(program, node, [values[arg] for arg in node.args], period))
        if max(abs(end) for end in values[-1]) > MAX_MINOR:
            raise _refused(node.path, "its values can leave the exact range of 2^62: narrow a domain")
    least, most = values[clause.amount]
    if least < 0:
        shown = decimal_text(least, program.unit.digits)
        raise _refused(
            f"/clauses/{position}/amount",
            f"could be as low as {shown} {program.unit.unit}: a clause only pays, so add a floor with max",
        )
    return least, most


def _refused(path: str, message: str) -> TermError:
    return TermError(
        f"The terms have no bound: {path}: {message}.", findings=[{"path": path, "message": message}]
    )


def _interval(program: Program, node: Node, args: list[Interval], period: str) -> Interval:  # noqa: PLR0911  # one arm per operation
    match node.op:
        case "lit":
            return node.const, node.const
        case "param":
            count = param_at(program, node.name, period)
            return count, count
        case "obs":
            return program.metrics[node.name].low, program.metrics[node.name].high
        case "add":
            return sum(low for low, _ in args), sum(high for _, high in args)
        case "min":
            return min(low for low, _ in args), min(high for _, high in args)
        case "max":
            return max(low for low, _ in args), max(high for _, high in args)
        case "scale":
            return _scaled(program, node, args)
        case "bands":
            return _banded(program, node, args[0])
        case "if":
            test, then, other = args
            reachable = [value for value, can in ((then, test[1]), (other, not test[0])) if can]
            return min(low for low, _ in reachable), max(high for _, high in reachable)
    return _condition(node, args)


def _condition(node: Node, args: list[Interval]) -> Interval:
    """Bound a condition: 0 when it cannot hold, 1 when it must."""
    match node.op:
        case "all":
            return min(low for low, _ in args), min(high for _, high in args)
        case "any":
            return max(low for low, _ in args), max(high for _, high in args)
        case "not":
            return 1 - args[0][1], 1 - args[0][0]
    (a, b), (c, d) = args
    outcomes = {compare(node.name, left, right) for left in (a, b) for right in (c, d)}
    overlap = a <= d and c <= b
    if node.name in {"eq", "ne"} and overlap and not (a == b == c == d):
        outcomes = {True, False}
    return int(outcomes == {True}), int(True in outcomes)


def _scaled(program: Program, node: Node, args: list[Interval]) -> Interval:
    digits = [_digits(program.nodes[arg]) for arg in node.args]
    shift = _digits(node) - digits[0] - digits[1] + (digits[2] if len(args) > 2 else 0)  # noqa: PLR2004  # of, num, den
    divisors: Interval = args[2] if len(args) > 2 else (1, 1)  # noqa: PLR2004  # of, num, den
    if divisors[0] <= 0 <= divisors[1]:
        raise _refused(node.path, "the divisor can be zero: narrow the domain of its metric")
    corners = [
        Fraction(of * by, den) * Fraction(10) ** shift for of in args[0] for by in args[1] for den in divisors
    ]
    counts = [round_quotient(corner.numerator, corner.denominator, node.rounding) for corner in corners]
    return min(counts), max(counts)


def _banded(program: Program, node: Node, arg: Interval) -> Interval:
    low, high = arg
    points = {low, high}
    for edge, _ in node.edges:
        points |= {at for at in (edge - 1, edge, edge + 1) if low <= at <= high}
    counts = [band_count(program, node, at) for at in points]
    return min(counts), max(counts)


def _digits(node: Node) -> int:
    return node.type.digits if isinstance(node.type, Quantity) else 0


def _most(program: Program, amounts: Iterable[tuple[str, int]]) -> int:
    """Sum upper bounds under the limits; one that overlaps others in part caps its clauses one by one."""
    groups = _by_clause(amounts)
    for limit in sorted(program.limits, key=_size):
        named = frozenset(limit.clauses)
        inside = [group for group in groups if group[0] <= named]
        if frozenset().union(*(names for names, _ in inside)) == named:
            groups = [group for group in groups if group not in inside]
            groups.append((named, min(limit.maximum, sum(amount for _, amount in inside))))
        else:
            groups = [
                (names, min(amount, limit.maximum) if names <= named else amount) for names, amount in groups
            ]
    return sum(amount for _, amount in groups)


def _least(program: Program, amounts: Iterable[tuple[str, int]]) -> int:
    """Sum lower bounds under the limits.

    A limit that cut has been paid in full, so the clauses it touches are paid at least its maximum; one that
    did not cut changed nothing, and they are paid at least what they were.
    """
    groups = _by_clause(amounts)
    for limit in sorted(program.limits, key=_size):
        touched = [group for group in groups if group[0] & frozenset(limit.clauses)]
        groups = [group for group in groups if group not in touched]
        names = frozenset().union(*(names for names, _ in touched))
        groups.append((names, min(limit.maximum, sum(amount for _, amount in touched))))
    return sum(amount for _, amount in groups)


def _by_clause(amounts: Iterable[tuple[str, int]]) -> list[tuple[frozenset[str], int]]:
    sums: dict[str, int] = {}
    for clause, amount in amounts:
        sums[clause] = sums.get(clause, 0) + amount
    return [(frozenset({clause}), amount) for clause, amount in sums.items()]


def _size(limit: CapLimit) -> int:
    return len(limit.clauses)


def _witness(program: Program, maximum: int) -> tuple[Determined, ...] | None:
    """Look for determinations that cost the maximum among ends of domains and both sides of band edges."""
    work = len(program.nodes) * len(program.periods) ** 2 * len(program.metrics)
    for events in islice(_candidates(program), max(1, MAX_WITNESS_WORK // work)):
        state, paid = State(), 0
        try:
            for event in events:
                answer = step(program, state, event)
                state, paid = answer.state, paid + sum(row.due for row in answer.entitlements)
        except OutsideDomain:
            continue
        if paid == maximum:
            return events
    return None


def _candidates(program: Program) -> Iterator[tuple[Determined, ...]]:
    edges = sorted({edge + by for node in program.nodes for edge, _ in node.edges for by in (-1, 0, 1)})
    consts = sorted({node.const + by for node in program.nodes if node.op == "lit" for by in (-1, 0, 1)})
    choices = []
    for metric in program.metrics.values():
        inner = [at for at in dict.fromkeys((*edges, *consts)) if metric.low < at < metric.high]
        choices.append((metric.high, metric.low, *inner))
    names = tuple(program.metrics)
    for values in product(*choices):
        events = []
        for position, (period, _) in enumerate(program.periods):
            for name, value in zip(names, values, strict=True):
                summed = program.metrics[name].pool == "sum"
                if not summed or position == 0:
                    events.append(Determined(metric=name, period=period, value=value))
        yield tuple(events)
