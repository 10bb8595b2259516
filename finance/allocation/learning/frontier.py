"""Frontiers: what more money would bring, and what less risk would cost.

The problem: a budget and an aversion to risk are chosen by people, who need to see the whole curve before
they choose. ``budget_frontier`` answers the same problem at several budgets. What is proven at one budget
also holds at others: an answer stays lawful with more money, and a bound stays true with less, so the curve
never falls and its bounds never cross it. Points are independent problems and run side by side on an
executor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..answer import Allocation
from ..checking.check import recheck
from ..columns import FULL_BP
from ..executor import Executor, gathered
from ..problem import AllocationDocument
from ..result import AllocationResult
from ..solve import allocate
from ..variants import columns_of, problem_of, variant
from .risk import allocate_at_risk

QUARTERS = (0, 2500, 5000, 7500, FULL_BP)
TENTHS = tuple(Fraction(part, 10) for part in range(1, 11))
DEADLINE_S = 60.0
ANSWERED = frozenset({"within_gap", "stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """The best that is known at one budget.

    Attributes
    ----------
    part : Fraction [1]
        Of the budgets in the problem.
    budget_minor : int [minor units]
        All new money of all funds.
    spent_minor : int [minor units]
        What the answer pays, without purchases in kind.
    funded : int [interventions and periods]
        How many are funded.
    value, bound : Fraction or None [value]
        What is reached, and what nobody can exceed; no value when the rules cannot be met with this money.
    envelope : Fraction or None [value]
        The least concave curve above all values, here.
    from_part : Fraction [1]
        The budget at which this answer was found; smaller when no better one was found here.

    Examples
    --------
    >>> FrontierPoint(part=Fraction(1), budget_minor=9, spent_minor=9, funded=1, value=Fraction(2),
    ...   bound=Fraction(2), envelope=Fraction(2), from_part=Fraction(1)).row()["value"]
    '2'
    """

    part: Fraction
    budget_minor: int
    spent_minor: int
    funded: int
    value: Fraction | None
    bound: Fraction | None
    envelope: Fraction | None
    from_part: Fraction

    def row(self) -> dict[str, int | str | None]:
        """Return the point as a row: whole numbers and exact fractions as text."""
        return {
            "part": str(self.part),
            "budget_minor": self.budget_minor,
            "spent_minor": self.spent_minor,
            "funded": self.funded,
            "value": _text(self.value),
            "bound": _text(self.bound),
            "envelope": _text(self.envelope),
            "from_part": str(self.from_part),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """What an answer brings on average and in the worst cases.

    Attributes
    ----------
    weight_bp : int [basis points]
        Weight of the mean of the worst cases when it was chosen.
    mean, cautious : Fraction [value]
        Mean over all cases, and over the worst part of them.
    bound : Fraction [value]
        What nobody can exceed of both, weighted.

    Examples
    --------
    >>> RiskPoint(weight_bp=10_000, mean=Fraction(3), cautious=Fraction(2), bound=Fraction(2)).row()["mean"]
    '3'
    """

    weight_bp: int
    mean: Fraction
    cautious: Fraction
    bound: Fraction

    @property
    def value(self) -> Fraction:
        """Mean and worst cases, weighted [value]."""
        weight = Fraction(self.weight_bp, FULL_BP)
        return (1 - weight) * self.mean + weight * self.cautious

    def row(self) -> dict[str, int | str]:
        """Return the point as a row: whole numbers and exact fractions as text."""
        return {
            "weight_bp": self.weight_bp,
            "mean": str(self.mean),
            "cautious": str(self.cautious),
            "value": str(self.value),
            "bound": str(self.bound),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one solve says; small enough to travel."""

    part: Fraction
    value: Fraction | None
    bound: Fraction | None
    answer: bytes


def budget_frontier(
    document: AllocationDocument,
    parts: Sequence[Fraction] = TENTHS,
    *,
    gap: Fraction | None = None,
    deadline_s: float = DEADLINE_S,
    executor: Executor | None = None,
    progress: Callable[[Fraction], None] | None = None,
) -> tuple[FrontierPoint, ...]:
    """Answer a problem at several budgets, the largest first, whose prices the others start from.

    Parameters
    ----------
    document : AllocationDocument
        The problem; ``with_budget`` says what a part of its budgets is.
    parts : sequence of Fraction [1]
        Of the budgets, in any order.
    gap : Fraction or None [1]
        Relative distance to the bound at which a point is good enough; None as the problem asks.
    deadline_s : float [s]
        For each point.
    executor : Executor or None
        Where the other points are solved; they do not depend on it unless the deadline cuts in.
    progress : callable or None
        Told the part of every budget that is done.

    Returns
    -------
    tuple of FrontierPoint
        By budget, smallest first.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 800000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "min_minor": 300000, "max_minor": 900000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 900000, "gain_micro_per_k": 2000000}]}''')
    >>> [(p.budget_minor, str(p.value)) for p in budget_frontier(problem, [Fraction(1, 4), Fraction(1)])]
    [(200000, '0'), (800000, '16')]
    """
    *less, most = sorted(set(parts))
    told = progress or (lambda _: None)
    result = _result_at(document, most, gap, deadline_s, None)
    told(most)
    shared = (document.canonical_bytes(), gap, deadline_s, _prices_only(result))
    found = [*gathered(_solve_at, shared, less, executor, done=told), _found_at(most, result)]
    return _joined(document, found)


def risk_frontier(
    document: AllocationDocument,
    weights_bp: Sequence[int] = QUARTERS,
    *,
    gap: Fraction | None = None,
    deadline_s: float = DEADLINE_S,
    executor: Executor | None = None,
) -> tuple[RiskPoint, ...]:
    """Answer a problem with several weights on its worst cases.

    Every answer is judged at every weight, so that none is left out that another search has found.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``; its objective says how many cases are drawn and which part of them is
        worst.
    weights_bp : sequence of int [basis points]
        Weights of the mean of the worst cases, beside the mean of all.
    gap : Fraction or None [1]
        Relative distance to the bound; None as the problem asks.
    deadline_s : float [s]
        For each point.
    executor : Executor or None
        Where points are solved; they do not depend on it unless the deadline cuts in.

    Returns
    -------
    tuple of RiskPoint
        By weight, smallest first: the mean never rises, the worst cases never fall.
    """
    given = sorted(set(weights_bp))
    shared = (document.canonical_bytes(), gap, deadline_s)
    found = gathered(_cautious_at, shared, given, executor)
    points = []
    for weight_bp, (_, _, bound) in zip(given, found, strict=True):
        weight = Fraction(weight_bp, FULL_BP)
        mean, cautious = max(
            ((mean, cautious) for mean, cautious, _ in found),
            key=lambda one: ((1 - weight) * one[0] + weight * one[1], one[1], one[0]),
        )
        points.append(RiskPoint(weight_bp=weight_bp, mean=mean, cautious=cautious, bound=bound))
    return tuple(points)


def _cautious_at(
    shared: tuple[bytes, Fraction | None, float], weight_bp: int
) -> tuple[Fraction, Fraction, Fraction]:
    raw, gap, deadline_s = shared
    document = problem_of(raw)
    objective = document.objective.model_copy(update={"mode": "cvar", "weight_bp": weight_bp})
    answer = allocate_at_risk(variant(document, objective=objective), gap=gap, deadline_s=deadline_s)
    return answer.mean, answer.cautious, answer.bound


def with_budget(document: AllocationDocument, part: Fraction) -> AllocationDocument:
    """Return the problem with a part of every budget, rounded down; no other rule changes.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    part : Fraction [1]
        Of each budget; may exceed 1.
    """
    budgets = [
        amount * part.numerator // part.denominator for amount in document.funds.ints("budget_minor").tolist()
    ]
    return variant(document, {"funds": columns_of(document, "funds", budget_minor=budgets)})


def concave_hull(points: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, ...]:
    """Return the least concave curve above points, at their places.

    Parameters
    ----------
    points : sequence of (Fraction, Fraction)
        Places, rising, and heights.

    Examples
    --------
    >>> rows = [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0)), (Fraction(2), Fraction(4))]
    >>> [str(height) for height in concave_hull(rows)]
    ['0', '2', '4']
    """
    hull: list[tuple[Fraction, Fraction]] = []
    for x, y in points:
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (x - hull[-2][0]) <= (y - hull[-2][1]) * (
            hull[-1][0] - hull[-2][0]
        ):
            hull.pop()
        hull.append((x, y))
    heights, at = [], 0
    for x, _ in points:
        while at + 1 < len(hull) - 1 and hull[at + 1][0] <= x:
            at += 1
        heights.append(_between(hull, at, x))
    return tuple(heights)


def _between(hull: Sequence[tuple[Fraction, Fraction]], at: int, x: Fraction) -> Fraction:
    if len(hull) == 1:
        return hull[0][1]
    (left, low), (right, high) = hull[at], hull[at + 1]
    return low + (high - low) * (x - left) / (right - left)


def _result_at(
    document: AllocationDocument,
    part: Fraction,
    gap: Fraction | None,
    deadline_s: float,
    warm: AllocationResult | None,
) -> AllocationResult:
    posed = with_budget(document, part)
    return allocate(posed, gap=gap, deadline_s=deadline_s, warm=warm, raise_infeasible=False)


def _prices_only(result: AllocationResult) -> AllocationResult:
    """Return what the other budgets start from: small enough to travel."""
    return replace(result, allocation=Allocation(chosen=()), tie_band=(), left={})


def _solve_at(shared: tuple[bytes, Fraction | None, float, AllocationResult], part: Fraction) -> _Found:
    raw, gap, deadline_s, warm = shared
    return _found_at(part, _result_at(problem_of(raw), part, gap, deadline_s, warm))


def _found_at(part: Fraction, result: AllocationResult) -> _Found:
    return _Found(
        part=part,
        value=result.value if result.status in ANSWERED else None,
        bound=None if result.status == "infeasible" else result.bound,
        answer=result.allocation.canonical_bytes(),
    )


def _joined(document: AllocationDocument, found: Sequence[_Found]) -> tuple[FrontierPoint, ...]:
    """Let answers serve larger budgets and bounds smaller ones, re-checked exactly."""
    points: list[FrontierPoint] = []
    best: _Found | None = None
    bounds = _falling([one.bound for one in found])
    for one, bound in zip(found, bounds, strict=True):
        if one.value is not None and (best is None or best.value is None or one.value > best.value):
            best = one
        posed = with_budget(document, one.part)
        allocation = Allocation.read(best.answer) if best is not None else None
        points.append(
            FrontierPoint(
                part=one.part,
                budget_minor=int(posed.arrays.budget.sum()),
                spent_minor=0 if allocation is None else sum(line.amount_minor for line in allocation.lines),
                funded=0 if allocation is None else len(allocation.chosen),
                value=None if allocation is None else recheck(posed, allocation),
                bound=None if allocation is None and one.bound is None else bound,
                envelope=None,
                from_part=one.part if best is None else best.part,
            )
        )
    heights = [(Fraction(one.budget_minor), one.value) for one in points if one.value is not None]
    hull = dict(zip([x for x, _ in heights], concave_hull(heights), strict=True))
    return tuple(
        one if one.value is None else replace(one, envelope=hull[Fraction(one.budget_minor)])
        for one in points
    )


def _falling(bounds: Sequence[Fraction | None]) -> list[Fraction | None]:
    """Return for every budget the least bound at it or at a larger one."""
    kept: list[Fraction | None] = []
    least: Fraction | None = None
    for bound in reversed(bounds):
        if bound is not None and (least is None or bound < least):
            least = bound
        kept.append(least)
    return kept[::-1]


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
