"""Scenario rows: what an allocation is worth in every drawn case, on top of its model.

The problem: a cautious objective looks at hundreds of cases at once, and a model with a copy of every gain
for every case cannot be solved. Each intervention's outcome becomes one column here, so that a case is one
row with one entry for each intervention that has evidence. The mean of the worst cases is linear in those
rows (Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2, 2000, 21-41);
a goal that must be reached in most cases is either enforced by that mean, which is stricter, or counted
exactly.
"""

from fractions import Fraction
from math import ceil

import numpy as np
import scipy.sparse as sp

from ..model.compile import CompiledModel
from ..model.highs import Matrix
from ..search.settle import matrix_of
from ..tables import Int
from .cases import Cases
from .chance import Floats

NOWHERE = -1


class CaseModel:
    """A model with outcomes by case, under construction.

    Examples
    --------
    >>> from ..model.compile import compile_model
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}], "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> zero = np.zeros(1, np.int64)
    >>> cases = Cases(thetas=np.array([[0], [2_000_000]]), who=zero, metric=zero, alpha=Fraction(1, 2))
    >>> model = CaseModel(compile_model(problem.arrays), cases)
    >>> rows = model.add_worst(Fraction(1, 2))
    >>> rows.stop - rows.start, model.matrix().matrix.shape[0] == rows.stop
    (2, True)
    """

    def __init__(self, model: CompiledModel, cases: Cases) -> None:
        self.model, self.cases = model, cases
        self.base = matrix_of(model)
        self.width = self.base.matrix.shape[1]
        self.cost = [self.base.cost.copy()]
        self.lower, self.upper = [self.base.lower], [self.base.upper]
        self.integer = [self.base.integer]
        self.low, self.high = [self.base.row_lower], [self.base.row_upper]
        self.entries: list[tuple[Int, Int, Floats]] = []
        self.height = self.base.matrix.shape[0]
        lay = model.layout
        self.outcome = self._outcomes(lay.arrays.metric_weight)
        self.rest = self._rest()

    def matrix(self) -> Matrix:
        """Return everything as the solver takes it."""
        added = [np.concatenate(part) for part in zip(*self.entries, strict=True)]
        below = sp.csc_matrix(
            (added[2], (added[0] - self.base.matrix.shape[0], added[1])),
            shape=(self.height - self.base.matrix.shape[0], self.width),
        )
        wider = self.width - self.base.matrix.shape[1]
        above = sp.hstack([self.base.matrix, sp.csc_matrix((self.base.matrix.shape[0], wider))])
        return Matrix(
            matrix=sp.csc_matrix(sp.vstack([above, below])),
            cost=np.concatenate(self.cost),
            lower=np.concatenate(self.lower),
            upper=np.concatenate(self.upper),
            integer=np.concatenate(self.integer),
            row_lower=np.concatenate(self.low),
            row_upper=np.concatenate(self.high),
        )

    def aim_at_mean(self, weight: Fraction) -> None:
        """Let the mean over all cases count with this weight, instead of the model's own value [1]."""
        self.cost[0][:] = 0.0
        self._price(self.outcome, -float(weight) * self.cases.part.mean(axis=0))
        self._price(np.array([self.rest]), np.array([-float(weight)]))

    def add_worst(self, weight: Fraction) -> slice:
        """Let the mean of the worst cases count with a weight, and the mean of all with the rest.

        Parameters
        ----------
        weight : Fraction [1]
            From 0 to 1.

        Returns
        -------
        slice
            The rows of the cases; their duals are how much each case counts.
        """
        self.aim_at_mean(1 - weight)
        eta = self._column(1, cost=-float(weight), lower=-np.inf)
        share = 1 / (float(self.cases.alpha) * self.cases.count)
        short = self._column(self.cases.count, cost=float(weight) * share)
        return self._cases(self.cases.part, self.outcome, self.rest, eta, short)

    def require_worst(self, metric: int, goal_micro: int) -> None:
        """Require that the mean of the worst cases of one metric reaches a goal.

        Parameters
        ----------
        metric : int
            Position of the metric.
        goal_micro : int [micro outcome]
            Least mean of the worst cases.
        """
        outcome, rest, part = self._of_metric(metric)
        eta = self._column(1, lower=-np.inf)
        short = self._column(self.cases.count)
        self._cases(part, outcome, rest, eta, short)
        share = 1 / (float(self.cases.alpha) * self.cases.count)
        row = self._rows(1, low=self._units(goal_micro))
        self._put(np.repeat(row, 1), eta, np.ones(1))
        self._put(np.repeat(row, len(short)), short, np.full(len(short), -share))

    def require_most(self, metric: int, goal_micro: int) -> None:
        """Require that one metric reaches a goal in all but the worst part of the cases, counted one by one.

        Parameters
        ----------
        metric : int
            Position of the metric.
        goal_micro : int [micro outcome]
            What a case must reach to count.
        """
        outcome, rest, part = self._of_metric(metric)
        met = self._column(self.cases.count, upper=1.0, is_whole=True)
        rows = self._rows(self.cases.count, low=0.0)
        self._put_cases(rows, part, outcome, rest)
        self._put(rows, met, np.full(len(met), -self._units(goal_micro)))
        row = self._rows(1, low=float(ceil((1 - self.cases.alpha) * self.cases.count)))
        self._put(np.repeat(row, len(met)), met, np.ones(len(met)))

    def _units(self, micro: int) -> float:
        return float(self.model.layout.units.values(np.array([micro]))[0])

    def _of_metric(self, metric: int) -> tuple[Int, int, Floats]:
        """Return columns and effects of one metric, without weights and without synergies."""
        weight = np.zeros_like(self.model.layout.arrays.metric_weight)
        weight[metric] = 1
        outcome = self._outcomes(weight)
        lay = self.model.layout
        rest = self._column(1)
        row = self._rows(1, low=0.0, high=0.0)
        gain = lay.metric_gain[metric].astype(np.float64)
        for at in np.flatnonzero(self.cases.metric == metric).tolist():
            gain[lay.who == self.cases.who[at]] = 0
        wide = lay.money >= 0
        self._put(
            np.repeat(row, int(wide.sum())), lay.money[wide], lay.units.gains(gain[wide].astype(np.int64))
        )
        self._put(row, rest, -np.ones(1))
        return outcome, int(rest[0]), self.cases.part

    def _outcomes(self, weight: Int) -> Int:
        """Add a column for what every row of evidence is worth at the expected effect."""
        lay = self.model.layout
        count = len(self.cases.who)
        outcome = self._column(count)
        rows = self._rows(count, low=0.0, high=0.0)
        for at in range(count):
            cells = np.flatnonzero(lay.who == self.cases.who[at])
            metric = int(self.cases.metric[at])
            money = lay.money[cells]
            gain = lay.metric_gain[metric][cells] * weight[metric]
            held = (money >= 0) & (gain > 0)
            self._put(np.repeat(rows[[at]], int(held.sum())), money[held], lay.units.gains(gain[held]))
        self._put(rows, outcome, -np.ones(count))
        return outcome

    def _rest(self) -> int:
        """Add a column for everything without evidence: other gains, and what choices bring each other."""
        lay = self.model.layout
        known = np.zeros(self.base.matrix.shape[1])
        for at in range(len(self.cases.who)):
            cells = np.flatnonzero(lay.who == self.cases.who[at])
            metric = int(self.cases.metric[at])
            money, gain = lay.money[cells], lay.metric_gain[metric][cells]
            held = money >= 0
            known[money[held]] += lay.units.gains(gain[held] * lay.arrays.metric_weight[metric])
        worth = -self.base.cost - known
        worth[np.abs(worth) <= np.abs(known) * 1e-12] = 0.0
        rest = self._column(1, lower=-np.inf)
        row = self._rows(1, low=0.0, high=0.0)
        named = np.flatnonzero(worth).astype(np.int64)
        self._put(np.repeat(row, len(named)), named, worth[named])
        self._put(row, rest, -np.ones(1))
        return int(rest[0])

    def _cases(self, part: Floats, outcome: Int, rest: int, eta: Int, short: Int) -> slice:
        """Add the rows ``short >= eta - outcome`` of every case."""
        rows = self._rows(self.cases.count, low=0.0)
        self._put_cases(rows, part, outcome, rest)
        self._put(rows, np.repeat(eta, len(rows)), -np.ones(len(rows)))
        self._put(rows, short, np.ones(len(rows)))
        return slice(int(rows[0]), int(rows[-1]) + 1)

    def _put_cases(self, rows: Int, part: Floats, outcome: Int, rest: int) -> None:
        self._put(np.repeat(rows, len(outcome)), np.tile(outcome, len(rows)), part.ravel())
        self._put(rows, np.full(len(rows), rest), np.ones(len(rows)))

    def _column(
        self,
        count: int,
        *,
        cost: float = 0.0,
        lower: float = 0.0,
        upper: float = np.inf,
        is_whole: bool = False,
    ) -> Int:
        begin = self.width
        self.width += count
        self.cost.append(np.full(count, cost))
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        self.integer.append(np.full(count, is_whole))
        return np.arange(begin, self.width, dtype=np.int64)

    def _rows(self, count: int, *, low: float = -np.inf, high: float = np.inf) -> Int:
        begin = self.height
        self.height += count
        self.low.append(np.full(count, low))
        self.high.append(np.full(count, high))
        return np.arange(begin, self.height, dtype=np.int64)

    def _put(self, row: Int, column: Int, value: Floats) -> None:
        self.entries.append((row, column, value))

    def _price(self, columns: Int, cost: Floats) -> None:
        for column, price in zip(columns.tolist(), cost.tolist(), strict=True):
            at = column
            for block in self.cost:
                if at < len(block):
                    block[at] = price
                    break
                at -= len(block)
