"""What ``allocate`` returns: an allocation, what it is worth, what none can exceed, and why.

The problem: an answer without its bound cannot be judged, and a bound without its proof cannot be believed. A
result holds all three, and figures that people ask for: prices, what is left, what binds, what is undecided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ..documents import canonical_bytes
from ..money import decimal_text
from .answer import Allocation
from .arrays import ProblemArrays
from .checking.certificate import Certificate
from .problem import rule_id

Status = Literal["within_gap", "stopped", "infeasible", "no_answer"]
FULL_BP = 10_000
PERCENT_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step forward of a solve; values never fall and bounds never rise.

    Attributes
    ----------
    value, bound : float or None [value units]
        Best answer and best bound so far.
    stage : str
        ``prices``, ``core`` or ``search``.
    spent_s : float [s]
        Since the start.

    Examples
    --------
    >>> Progress(value=99.0, bound=100.0, stage="core", spent_s=0.5).sentence()
    'worth 99, at most 1.010 % from the best possible'
    >>> Progress(value=None, bound=100.0, stage="prices", spent_s=0.1).sentence()
    'nothing can be worth more than 100'
    """

    value: float | None
    bound: float | None
    stage: str
    spent_s: float

    @property
    def gap(self) -> float | None:
        """Relative distance from value to bound [1]; None where it is not known."""
        if self.value is None or self.bound is None or self.value == 0:
            return None
        return max(0.0, (self.bound - self.value) / abs(self.value))

    def sentence(self) -> str:
        """Say how far the solve is."""
        if self.value is None:
            return (
                "no bound yet" if self.bound is None else f"nothing can be worth more than {self.bound:.6g}"
            )
        if self.gap is None:
            return f"worth {self.value:.6g}"
        far = 100 * self.gap
        return f"worth {self.value:.6g}, at most {far:.{PERCENT_DIGITS}f} % from the best possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationResult:
    """An allocation that keeps every rule, what it is worth, and what no allocation can exceed.

    Attributes
    ----------
    status : str
        ``within_gap``; ``stopped``: a lawful answer with a valid bound, further from it than asked;
        ``infeasible``: nothing keeps every rule; ``no_answer``: none was found in time.
    problem_sha256, unit, scale : str, str, int [digits]
        Of the problem.
    allocation : Allocation
        What is given; empty without an answer.
    value, bound : Fraction [value units]
        Exact value of the allocation; upper bound on the value of any lawful one.
    gap, asked_gap : Fraction [1]
        Distance from value to bound over the value, None when only the value is zero; and what was asked.
    kind : str
        ``prices``: the bound is proved by prices; ``solver``: it rests on the solver's search.
    price_bound : Fraction [value units]
        What prices alone prove.
    prices : Mapping of str to Fraction
        Rule -> what 1,000 more major units (of a count or stock: one more) bring at most; without zeros.
    certificate : Certificate
        The proof, for whoever wants to check it.
    tie_band : tuple of (str, int)
        Interventions and periods whose choice could flip within the gap that is left.
    left : Mapping of (str, int) to int [minor units]
        What stays in each fund and period: new money and what was kept, less payments and what is kept on.
    binding : tuple of str
        Rules about money that are met exactly or have a price, sorted.
    timings : Mapping of str to float [s]
        Time of each stage.
    strategy : str
        Who chose.

    Examples
    --------
    >>> from .problem import AllocationDocument
    >>> from .solve import allocate
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> result = allocate(problem)
    >>> result.status, result.value, result.award_minor("w7"), result.binding, dict(result.prices)
    ('within_gap', Fraction(4, 25), 8000, ('budget/pool/0',), {'budget/pool/0': Fraction(2, 1)})
    """

    status: Status
    problem_sha256: str
    unit: str
    scale: int
    allocation: Allocation
    value: Fraction
    bound: Fraction
    gap: Fraction | None
    asked_gap: Fraction
    kind: Literal["prices", "solver"]
    price_bound: Fraction
    prices: Mapping[str, Fraction]
    certificate: Certificate
    tie_band: tuple[tuple[str, int], ...]
    left: Mapping[tuple[str, int], int]
    binding: tuple[str, ...]
    timings: Mapping[str, float]
    strategy: str

    def award_minor(self, intervention_id: str, period: int | None = None) -> int:
        """Return what an intervention gets from all funds, in one period or in all [minor units]."""
        return self.allocation.award_minor(intervention_id, period)

    @property
    def funded(self) -> tuple[str, ...]:
        """Interventions that are funded in some period, sorted."""
        return tuple(sorted({who for who, _ in self.allocation.chosen}))

    def canonical_bytes(self) -> bytes:
        """Write the result as canonical JSON: amounts as decimal strings, values as fractions."""
        return canonical_bytes(
            {
                "schema": "almoner.allocation-result/2",
                "status": self.status,
                "problem_sha256": self.problem_sha256,
                "allocation_sha256": self.allocation.digest(),
                "unit": self.unit,
                "scale": self.scale,
                "value": str(self.value),
                "bound": str(self.bound),
                "gap": None if self.gap is None else str(self.gap),
                "asked_gap": str(self.asked_gap),
                "kind": self.kind,
                "price_bound": str(self.price_bound),
                "prices": {rule: str(price) for rule, price in sorted(self.prices.items())},
                "tie_band": [[who, period] for who, period in self.tie_band],
                "left": [
                    [fund, period, decimal_text(minor, self.scale)]
                    for (fund, period), minor in sorted(self.left.items())
                ],
                "binding": list(self.binding),
                "strategy": self.strategy,
            }
        )


def what_is_left(arrays: ProblemArrays, allocation: Allocation) -> dict[tuple[str, int], int]:
    """Return what stays in each fund and period [minor units].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    allocation : Allocation
        What is given.
    """
    left = {
        (fund, period): int(arrays.budget[at, period])
        for at, fund in enumerate(arrays.fund_ids)
        for period in range(arrays.period_count)
    }
    fee = dict(zip(arrays.fund_ids, arrays.carry_fee_bp.tolist(), strict=True))
    for line in allocation.lines:
        left[line.fund_id, line.period] -= line.amount_minor
    for purchase in allocation.bought:
        left[purchase.fund_id, purchase.period] -= purchase.amount_minor
    for kept in allocation.carried:
        left[kept.fund_id, kept.period] -= kept.amount_minor
        left[kept.fund_id, kept.period + 1] += kept.amount_minor * (FULL_BP - fee[kept.fund_id]) // FULL_BP
    return left


def what_binds(
    arrays: ProblemArrays,
    allocation: Allocation,
    left: Mapping[tuple[str, int], int],
    prices: Mapping[str, Fraction],
) -> tuple[str, ...]:
    """Return the rules about money that are met exactly or have a price, and earmarks that hold money back.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    allocation : Allocation
        What is given.
    left : Mapping of (str, int) to int [minor units]
        What stays in each fund and period.
    prices : Mapping of str to Fraction [value units per 1,000 major units]
        By rule.
    """
    found = {rule for rule in prices if rule.split("/")[0] in {"budget", "floor", "cap"}}
    found |= {rule_id("budget", *place) for place, minor in left.items() if not minor}
    awards, limits = allocation.awards(), arrays.limits
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    paid = [[0] * arrays.n for _ in range(arrays.period_count)]
    for (who, period), minor in awards.items():
        paid[period][place[who]] += minor
    for at in range(len(limits)):
        period = int(limits.period[at])
        members = limits.members.at(at).tolist()
        columns = paid if period < 0 else [paid[period]]
        total = sum(column[who] for column in columns for who in members)
        tail = (limits.kind[at], limits.group[at], "all" if period < 0 else period)
        found |= {
            rule_id(kind, *tail)
            for kind, bound in (("floor", int(limits.floor[at])), ("cap", int(limits.cap[at])))
            if bound == total and (kind == "cap" or bound > 0)
        }
    found |= {rule_id("earmark", arrays.fund_ids[fund]) for fund in _holding_back(arrays, allocation, left)}
    return tuple(sorted(found))


def _holding_back(
    arrays: ProblemArrays, allocation: Allocation, left: Mapping[tuple[str, int], int]
) -> list[int]:
    """Return the funds that keep money which somebody whom they do not admit could use."""
    periods = arrays.period_count
    awards = np.zeros((arrays.n, periods), np.int64)
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    for (who, period), minor in allocation.awards().items():
        awards[place[who], period] = minor
    reached = np.cumsum(arrays.cap, axis=1)
    working = np.maximum(awards - arrays.fixed[:, None], 0).ravel()
    more = ((arrays.gain > 0) & (arrays.cap > 0) & (working[:, None] < reached)).any(axis=1)
    valued = np.zeros(arrays.n, bool)
    valued[arrays.bonus.items[(arrays.bonus_micro > 0)[arrays.bonus.owner()]]] = True
    idle = np.ones(arrays.n * periods, bool)
    idle[[place[who] * periods + period for who, period in allocation.chosen]] = False
    could = (more | (idle & np.repeat(valued, periods))) & arrays.open & np.repeat(arrays.lock >= 0, periods)
    wanting = could.reshape(arrays.n, periods)
    return [
        fund
        for fund, name in enumerate(arrays.fund_ids)
        if any(
            left[name, period] and bool((wanting[:, period] & ~arrays.eligible[:, fund]).any())
            for period in range(periods)
        )
    ]
