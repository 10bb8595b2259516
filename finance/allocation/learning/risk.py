"""Caution: what to fund when effects are believed, not known.

The problem: a plan that is best on average may rest on a few effects that nobody is sure of. Section
``objective`` of a problem says how cautious an answer must be, on the beliefs of section ``evidence``:

- ``mean``: every gain at its believed mean;
- ``lcb``: every gain some standard deviations below its mean;
- ``cvar``: drawn cases; the mean of the worst part of them counts, beside the mean of all;
- ``chance``: drawn cases; every metric with a goal reaches it in all but the worst part of them, by the mean
  of the worst part (stricter) or, up to 200 cases, by counting them.

Every case is a whole number of millionths of every gain, so what an answer is worth in it is an exact
fraction, and the mean of the worst cases is checked by sorting. A bound holds for the cases that were
drawn, not for all that could have been; ``RiskAnswer.certifies`` says so. It is the smaller of two: the
solver's own, and that of an ordinary problem in which every case counts with a fixed weight. No answer is
worth more in the mean of the worst cases than under any lawful weights, so that second bound comes with the
certificate of that problem.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm
from typing import Literal

import numpy as np

from ...errors import Infeasible, NotProven, RoundingFailed
from ..answer import Allocation
from ..columns import FULL_BP, MICRO
from ..model.compile import compile_model
from ..model.highs import Matrix, Outcome, Search, run
from ..problem import AllocationDocument
from ..result import AllocationResult
from ..search.settle import settle
from ..solve import allocate
from ..tables import NONE, Int
from .cases import GRAIN, Cases, case_outcomes, cases_of, lawful_weights, worst_mean
from .effects import beliefs, with_effects
from .risk_model import CaseModel

DEADLINE_S = 60.0
COUNTED = 200  # cases up to which a chance is counted exactly
TOLERANCE = Fraction(1, 10**6)  # of the solver's bound
TIGHTER = (Fraction(1, 10**6), Fraction(1, 10**4))  # goals are raised when rounding misses them
MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskAnswer:
    """A cautious answer, what it is worth in every case, and what no answer can exceed.

    Attributes
    ----------
    mode : str
        As in the objective.
    allocation : Allocation
        Keeps every rule of the problem, re-checked.
    value, bound : Fraction [value]
        Of the objective: exact, and proven for the drawn cases.
    kind : str
        ``prices`` or ``solver``, as for any result.
    mean, cautious : Fraction [value]
        Mean over all cases, and mean of the worst part; both the value without cases.
    outcomes : tuple of Fraction [value]
        Case by case.
    posed : AllocationDocument
        The ordinary problem whose certificate proves a bound.
    result : AllocationResult
        Its answer.
    weights : tuple of int
        How much each case counts in ``posed``; they sum to their number times ``GRAIN``.
    certifies : str
        What the bound holds for.
    """

    mode: str
    allocation: Allocation
    value: Fraction
    bound: Fraction
    kind: Literal["prices", "solver"]
    mean: Fraction
    cautious: Fraction
    outcomes: tuple[Fraction, ...]
    posed: AllocationDocument
    result: AllocationResult
    weights: tuple[int, ...]
    certifies: str

    @property
    def gap(self) -> Fraction | None:
        """Distance to the bound over the value [1]; None when only the value is zero."""
        if self.value:
            return (self.bound - self.value) / abs(self.value)
        return None if self.bound else Fraction(0)


def allocate_at_risk(
    document: AllocationDocument,
    *,
    gap: Fraction | None = None,
    deadline_s: float = DEADLINE_S,
    clock: Callable[[], float] = time.monotonic,
) -> RiskAnswer:
    """Answer a problem as cautiously as its objective asks.

    Parameters
    ----------
    document : AllocationDocument
        With sections ``evidence`` and ``objective``.
    gap : Fraction or None [1]
        Relative distance to the bound; None as the problem asks.
    deadline_s : float [s]
        For everything.
    clock : callable
        Tells the time [s].

    Raises
    ------
    Infeasible
        When no allocation keeps every rule, or none reaches a goal often enough.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 900000}],
    ...   "interventions": [{"intervention_id": "sure"}, {"intervention_id": "wild"}],
    ...   "tickets": [{"intervention_id": "sure", "max_minor": 900000},
    ...               {"intervention_id": "wild", "max_minor": 900000}],
    ...   "response": [{"intervention_id": "sure", "cap_minor": 900000, "gain_micro_per_k": 1900000},
    ...                {"intervention_id": "wild", "cap_minor": 900000, "gain_micro_per_k": 2000000}],
    ...   "evidence": [{"intervention_id": "sure", "family": "gamma_poisson", "expected_micro": 500000,
    ...                 "total": 5000, "exposure": 10000, "pool": "a"},
    ...                {"intervention_id": "wild", "family": "gamma_poisson", "expected_micro": 500000,
    ...                 "total": 5, "exposure": 10, "pool": "b"}],
    ...   "objective": {"mode": "cvar", "alpha_bp": 1000}}''')
    >>> answer = allocate_at_risk(problem)
    >>> answer.allocation.award_minor("sure"), answer.value == answer.cautious <= answer.bound
    (900000, True)
    """
    known, mode = beliefs(document), document.objective.mode
    if mode in {"mean", "lcb"}:
        below = document.objective.z_milli / MILLI if mode == "lcb" else 0.0
        return _plain(document, known.thetas(-below), mode, gap, deadline_s)
    cases = cases_of(document, known, known.draws(document.objective.seed, document.objective.draws))
    search = _Search(document, cases, gap, deadline_s, clock)
    return search.chance() if mode == "chance" else search.worst(mode, _drawn(document))


def allocate_worst(
    document: AllocationDocument,
    thetas: Int,
    *,
    gap: Fraction | None = None,
    deadline_s: float = DEADLINE_S,
    clock: Callable[[], float] = time.monotonic,
) -> RiskAnswer:
    """Answer a problem for the worst of some given cases.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    thetas : int64 array [cases, rows of evidence] [millionths]
        Effects over expectation, as of ``factor_cases``.
    gap : Fraction or None [1]
        Relative distance to the bound; None as the problem asks.
    deadline_s : float [s]
        For everything.
    clock : callable
        Tells the time [s].
    """
    cases = cases_of(document, beliefs(document), thetas, alpha=Fraction(1, len(thetas)))
    search = _Search(document, cases, gap, deadline_s, clock, weight=Fraction(1))
    return search.worst("worst", f"the worst of {len(thetas)} given cases")


def _plain(
    document: AllocationDocument, thetas: Int, mode: str, gap: Fraction | None, deadline_s: float
) -> RiskAnswer:
    posed = with_effects(document, thetas)
    result = allocate(posed, gap=gap, deadline_s=deadline_s)
    where = "the believed means" if mode == "mean" else "every gain at its lower bound"
    return RiskAnswer(
        mode=mode,
        allocation=result.allocation,
        value=result.value,
        bound=result.bound,
        kind=result.kind,
        mean=result.value,
        cautious=result.value,
        outcomes=(),
        posed=posed,
        result=result,
        weights=(),
        certifies=f"No allocation is worth more with {where}.",
    )


def _drawn(document: AllocationDocument) -> str:
    return f"the {document.objective.draws} cases drawn with seed {document.objective.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posed:
    """An ordinary problem in which every case counts with its weight, and its answer."""

    document: AllocationDocument
    result: AllocationResult
    weights: tuple[int, ...]


class _Search:
    """One cautious solve: candidates, their exact worth, and the smaller of two bounds."""

    def __init__(
        self,
        document: AllocationDocument,
        cases: Cases,
        gap: Fraction | None,
        deadline_s: float,
        clock: Callable[[], float],
        *,
        weight: Fraction | None = None,
    ) -> None:
        self.document, self.cases, self.clock = document, cases, clock
        self.gap = document.asked_gap if gap is None else gap
        self.until = clock() + deadline_s
        self.weight = Fraction(document.objective.weight_bp, FULL_BP) if weight is None else weight
        self.model = compile_model(document.arrays)

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.until - self.clock())

    def worst(self, mode: str, drawn: str) -> RiskAnswer:
        """Maximise mean and worst cases together."""
        shares = self._dual_shares()
        posed = self._posed(lawful_weights(shares, self.cases.alpha))
        solved = self._solve(self._worst_model(relax=False)[0].matrix())
        found = [posed.result.allocation]
        if solved.x is not None:
            found += self._settled(solved)
        best = max(found, key=self._objective)
        certifies = f"No allocation is worth more on {drawn}; other cases are not part of the proof."
        return self._answer(mode, best, self._objective(best), solved, posed, certifies)

    def chance(self) -> RiskAnswer:
        """Maximise the mean under goals that most cases must reach."""
        goals = self._goals()
        posed = self._posed((GRAIN,) * self.cases.count, is_mean=True)
        is_counted = self.cases.count <= COUNTED
        solved, best = self._try_goals(goals, is_counted=False)
        if is_counted:
            counted, better = self._try_goals(goals, is_counted=True)
            if better is not None and (best is None or self._mean(better) > self._mean(best)):
                best = better
            solved = counted
        if best is None:
            if solved.status == "infeasible":
                raise Infeasible(
                    f"No allocation reaches its goals in {_percent(1 - self.cases.alpha)} of the "
                    f"{self.cases.count} cases. Lower a goal, accept more risk, or add money.",
                    rules=[f"goal/{name}" for name in goals],
                    fixes=[],
                    unit=self.document.unit,
                )
            raise NotProven("No allocation that reaches its goals was found before the deadline.", bound="")
        how = "counted one by one" if is_counted else "held by the mean of the worst cases, which is stricter"
        certifies = (
            f"No allocation has a higher mean on {_drawn(self.document)} with these goals {how}; "
            "other cases are not part of the proof."
        )
        return self._answer("chance", best, self._mean(best), solved, posed, certifies)

    def _worst_model(self, *, relax: bool) -> tuple[CaseModel, slice]:
        model = compile_model(self.document.arrays, relax=True) if relax else self.model
        made = CaseModel(model, self.cases)
        return made, made.add_worst(self.weight)

    def _dual_shares(self) -> list[float]:
        """Return how much each case counts where choices may be parts."""
        if not self.weight:
            return [1 / self.cases.count] * self.cases.count
        made, rows = self._worst_model(relax=True)
        outcome = run(made.matrix(), Search(deadline_s=self.left() / 3))
        if outcome.status == "infeasible":
            raise Infeasible(
                "No allocation keeps every rule. Loosen a floor, a ticket or a lock, or add money.",
                rules=[],
                fixes=[],
                unit=self.document.unit,
            )
        if outcome.row_dual is None:
            return [1 / self.cases.count] * self.cases.count
        shares: list[float] = (np.abs(outcome.row_dual[rows]) / float(self.weight)).tolist()
        return shares

    def _posed(self, weights: tuple[int, ...], *, is_mean: bool = False) -> _Posed:
        """Pose the ordinary problem in which every case counts with its weight, and answer it."""
        count, weight = self.cases.count, Fraction(0) if is_mean else self.weight
        shares = [(1 - weight) / count + weight * Fraction(one, count * GRAIN) for one in weights]
        below = lcm(*(share.denominator for share in shares))
        parts = [int(share * below) for share in shares]
        thetas = [
            -(-sum(part * theta for part, theta in zip(parts, column, strict=True)) // below)
            for column in self.cases.thetas.T.tolist()
        ]
        posed = with_effects(self.document, np.array(thetas, np.int64), is_rounded_up=True)
        result = allocate(posed, gap=self.gap, deadline_s=max(1.0, self.left() / 2), clock=self.clock)
        return _Posed(document=posed, result=result, weights=weights)

    def _solve(self, matrix: Matrix) -> Outcome:
        return run(matrix, Search(gap=float(self.gap) / 2, deadline_s=max(0.5, self.left())))

    def _settled(self, solved: Outcome) -> list[Allocation]:
        if solved.x is None:
            return []
        try:
            return [settle(self.document.arrays, self.model, solved.x[: len(self.model.cost)])]
        except RoundingFailed:
            return []

    def _try_goals(self, goals: dict[str, int], *, is_counted: bool) -> tuple[Outcome, Allocation | None]:
        """Solve with goals, raised a little where whole minor units miss them."""
        first = solved = self._solve(self._goal_model(goals, Fraction(0), is_counted=is_counted))
        for more in TIGHTER:
            for allocation in self._settled(solved):
                if all(self._reaches(allocation, name, goal) for name, goal in goals.items()):
                    return first, allocation
            if solved.x is None:
                break
            solved = self._solve(self._goal_model(goals, more, is_counted=is_counted))
        return first, None

    def _goal_model(self, goals: dict[str, int], more: Fraction, *, is_counted: bool) -> Matrix:
        made = CaseModel(self.model, self.cases)
        made.aim_at_mean(Fraction(1))
        for name, goal in goals.items():
            at = self.document.arrays.metric_ids.index(name)
            (made.require_most if is_counted else made.require_worst)(at, ceil(goal * (1 + more)))
        return made.matrix()

    def _reaches(self, allocation: Allocation, name: str, goal: int) -> bool:
        outcomes = case_outcomes(self.document, allocation, self.cases.thetas, name)
        met = sum(outcome >= Fraction(goal, MICRO) for outcome in outcomes)
        return met >= (1 - self.cases.alpha) * self.cases.count

    def _goals(self) -> dict[str, int]:
        table = self.document.metrics
        goals = zip(table.texts("metric_id"), table.ints("goal_micro").tolist(), strict=True)
        return {name: goal for name, goal in goals if goal not in {NONE, 0}}

    def _objective(self, allocation: Allocation) -> Fraction:
        outcomes = case_outcomes(self.document, allocation, self.cases.thetas)
        mean = sum(outcomes, Fraction(0)) / len(outcomes)
        return (1 - self.weight) * mean + self.weight * worst_mean(outcomes, self.cases.alpha)

    def _mean(self, allocation: Allocation) -> Fraction:
        outcomes = case_outcomes(self.document, allocation, self.cases.thetas)
        return sum(outcomes, Fraction(0)) / len(outcomes)

    def _bounds(
        self, result: AllocationResult, solved: Outcome
    ) -> tuple[Fraction, Literal["prices", "solver"]]:
        """Return the smaller bound: of the ordinary problem, or of the solver with its margin."""
        if not np.isfinite(solved.bound):
            return result.bound, result.kind
        own = Fraction(self.model.micro(solved.bound)) / MICRO
        own += abs(own) * TOLERANCE
        return (own, "solver") if own < result.bound else (result.bound, result.kind)

    def _answer(
        self,
        mode: str,
        allocation: Allocation,
        value: Fraction,
        solved: Outcome,
        posed: _Posed,
        certifies: str,
    ) -> RiskAnswer:
        outcomes = case_outcomes(self.document, allocation, self.cases.thetas)
        bound, kind = self._bounds(posed.result, solved)
        return RiskAnswer(
            mode=mode,
            allocation=allocation,
            value=value,
            bound=max(bound, value),
            kind=kind,
            mean=sum(outcomes, Fraction(0)) / len(outcomes),
            cautious=worst_mean(outcomes, self.cases.alpha),
            outcomes=outcomes,
            posed=posed.document,
            result=posed.result,
            weights=posed.weights,
            certifies=certifies,
        )


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):g} %"
