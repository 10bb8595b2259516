"""What every intervention brings beyond the prices of the rules that it uses, and at which price it would do.

The problem: "not funded" is no reason, and a solver has none. The prices of an answer give one to everybody
at once: what money costs where the intervention is, what it would bring at its best, what it gives to and
takes from others, and the price of money at which it would just be funded.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..answer import Allocation
from ..arrays import Bool, ProblemArrays
from ..conflict.policy_space import Floats
from ..search.oracle import Oracle, Reply
from ..tables import Int

if TYPE_CHECKING:
    from ..problem import AllocationDocument
    from ..result import AllocationResult

MICRO = 10**6
NANO = 10**9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """The prices of an answer, seen from every cell.

    Attributes
    ----------
    oracle : Oracle
        The problem laid out for pricing.
    prices : float64 array
        Of every rule.
    reply : Reply
        What the oracle says at these prices.
    unit_price : float64 array [J] [value units per 1,000 major units]
        Price of money where the cell is.
    chosen : bool array [J]
        Who is funded.
    net : float64 array [J] [value units]
        What the proof says that a cell brings: after all that cells hand to each other.
    extra : float64 array [J] [value units]
        What does not depend on its amount while the others stay as they are: synergies with who is funded,
        what is needed besides and not funded yet, counts, stocks, starts.
    margin : float64 array [J] [value units]
        What the cell brings beyond the prices at its best amount, with ``extra``.
    break_even : float64 array [J] [value units per 1,000 major units]
        The price of money at which ``margin`` is nothing; infinite where no money is needed.
    slack : float [value units]
        Distance between bound and value: choices nearer to nothing than this are not decided.
    """

    oracle: Oracle
    prices: Floats
    reply: Reply
    unit_price: Floats
    chosen: Bool
    net: Floats
    extra: Floats
    margin: Floats
    break_even: Floats
    slack: float

    @property
    def cost(self) -> Floats:
        """Money of every choice on the menu, with fixed cost [choices, J] [1,000 major units]."""
        return np.asarray(self.oracle.menu.money + self.oracle.fixed)

    @property
    def worth(self) -> Floats:
        """Value of every choice on the menu [choices, J] [value units]."""
        others = self.oracle.split(self.prices)[1]
        return _worth(self.oracle, others)

    def is_decided(self, cell: int) -> bool:
        """Return whether the proof excludes the other choice for a cell."""
        return bool(abs(self.net[cell]) > self.slack * (1 + 1e-9))

    def parts(self, cell: int) -> list[tuple[str, float]]:
        """Return what each rule adds to the price of money in a cell, the dearest first.

        Parameters
        ----------
        cell : int [cell]
            Position of intervention and period.

        Returns
        -------
        list of (str, float)
            Rule id and value units per 1,000 major units; floors are below zero.
        """
        oracle = self.oracle
        funds, others = oracle.split(self.prices)
        period = cell % oracle.periods
        _, mix = oracle.unit_prices(self.prices)
        own = mix[oracle.classes.of[cell // oracle.periods], :, period]
        found = [
            (oracle.names[fund * oracle.periods + period], float(part * funds[fund, period]))
            for fund, part in enumerate(own.tolist())
            if part
        ]
        column = oracle.rows.money[:, [cell]].toarray().ravel() + oracle.rows.total[:, period]
        head = oracle.funds * oracle.periods
        used = np.flatnonzero(column * others).tolist()
        found += [(oracle.names[head + row], float(column[row] * others[row])) for row in used]
        return sorted(found, key=lambda part: (-part[1], part[0]))


def margins_of(document: "AllocationDocument", result: "AllocationResult") -> Margins:
    """See the prices of an answer from every cell.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    """
    arrays, oracle = document.arrays, Oracle(document.arrays)
    prices = np.array([float(result.prices.get(name, 0)) for name in oracle.names])
    reply = oracle.ask(prices)
    others = oracle.split(prices)[1]
    chosen = chosen_cells(arrays, result.allocation)
    cost, worth = oracle.menu.money + oracle.fixed, _worth(oracle, others)
    best = (worth - reply.unit_price * cost).max(axis=0)
    alone = np.where(oracle.links.closed, -np.inf, reply.worth)
    apart = alone - best  # counts, stocks, first starts
    extra = apart + _starts(oracle, reply, chosen) + _joint(arrays, chosen) + _missing(arrays, chosen, alone)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(cost > 0, (worth + extra) / cost, np.where(worth + extra >= 0, np.inf, -np.inf))
    return Margins(
        oracle=oracle,
        prices=prices,
        reply=reply,
        unit_price=reply.unit_price,
        chosen=chosen,
        net=reply.net,
        extra=extra,
        margin=best + extra,
        break_even=root.max(axis=0),
        slack=float(max(result.price_bound - result.value, Fraction(0))),
    )


def chosen_cells(arrays: ProblemArrays, allocation: Allocation) -> Bool:
    """Return which cells an allocation funds [J].

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    allocation : Allocation
        What is given.
    """
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    found = np.zeros(len(arrays.open), bool)
    found[[place[who] * arrays.period_count + period for who, period in allocation.chosen]] = True
    return found


def _starts(oracle: Oracle, reply: Reply, chosen: Bool) -> Floats:
    """Return what a later start costs a cell, and what it spares the period after [J]."""
    periods = oracle.periods
    fee = np.maximum(oracle.start * reply.unit_price, 0.0).reshape(-1, periods)
    funded = chosen.reshape(-1, periods)
    found = np.zeros_like(fee)
    found[:, 1:] -= np.where(funded[:, :-1], 0.0, fee[:, 1:])
    found[:, :-1] += np.where(funded[:, 1:], fee[:, 1:], 0.0)
    return found.ravel()


def _joint(arrays: ProblemArrays, chosen: Bool) -> Floats:
    """Return what synergies with those who are funded bring a cell [J] [value units]."""
    periods = arrays.period_count
    found = np.zeros(len(chosen))
    for lists, micro in ((arrays.bonus, arrays.bonus_micro), (arrays.intensity, arrays.intensity_micro)):
        owner, sizes = lists.owner(), np.diff(lists.ptr)
        for period in range(periods):
            cells = lists.items * periods + period
            funded = np.bincount(owner, chosen[cells], len(lists))
            is_full = funded[owner] - chosen[cells] == sizes[owner] - 1
            np.add.at(found, cells[is_full], micro[owner][is_full] / MICRO)
    for period in range(periods):
        first, second = (arrays.overlap * periods + period).T
        np.subtract.at(found, first, np.where(chosen[second], arrays.overlap_micro / MICRO, 0.0))
        np.subtract.at(found, second, np.where(chosen[first], arrays.overlap_micro / MICRO, 0.0))
    return found


def missing_needs(arrays: ProblemArrays, chosen: Bool, cell: int, alone: Floats) -> list[int]:
    """Return the cells that would have to be funded besides a cell, because it needs them.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    chosen : bool array [J]
        Who is funded.
    cell : int [cell]
        Position of intervention and period.
    alone : float64 array [J] [value units]
        What every cell brings by itself: of a choice, the best is taken.
    """
    periods = arrays.period_count
    period = cell % periods
    found: list[int] = []
    waiting = [cell]
    while waiting:
        who = waiting.pop() // periods
        wanted = (arrays.needs[arrays.needs[:, 0] == who, 1] * periods + period).tolist()
        for at in range(len(arrays.any_of)):
            first, *rest = (arrays.any_of.at(at) * periods + period).tolist()
            if first == who * periods + period and not chosen[rest].any():
                wanted.append(max(rest, key=lambda each: float(alone[each])))
        fresh = [each for each in wanted if not chosen[each] and each not in {cell, *found}]
        found += fresh
        waiting += fresh
    return found


def _missing(arrays: ProblemArrays, chosen: Bool, alone: Floats) -> Floats:
    """Return what those bring, or cost, whom a cell needs and who are not funded [J] [value units]."""
    found = np.zeros(len(chosen))
    firsts = [arrays.needs[:, 0], arrays.any_of.items[arrays.any_of.ptr[:-1]]]
    periods = arrays.period_count
    for who in np.unique(np.concatenate(firsts)).tolist():
        for cell in range(who * periods, (who + 1) * periods):
            found[cell] = sum(float(alone[other]) for other in missing_needs(arrays, chosen, cell, alone))
    return found


def _worth(oracle: Oracle, others: Floats) -> Floats:
    worth = oracle.menu.value.copy()
    weights = -(others @ oracle._by_metric)  # noqa: SLF001 - weights added by metric floors
    for weight, table in zip(weights.tolist(), oracle.menu.metric, strict=True):
        worth += weight * table
    return worth


def exact_break_even(arrays: ProblemArrays, cell: int, extra: float) -> Fraction | None:
    """Return the price of money at which a cell would just be funded, as an exact fraction.

    What a cell brings beyond the price falls along straight lines, one for each breakpoint of its response;
    the price sought is where the last of them reaches nothing.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    cell : int [cell]
        Position of intervention and period.
    extra : float [value units]
        What does not depend on the amount; taken to the nearest billionth.

    Returns
    -------
    Fraction or None
        Value units per 1,000 major units; None where no money is needed.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7", "fixed_minor": 1000}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> exact_break_even(problem.arrays, 0, 0.0)
    Fraction(9, 5)
    """
    block = arrays.minor_per_block
    fixed = int(arrays.fixed[cell // arrays.period_count])
    given = Fraction(round(extra * NANO), NANO)
    roots = [
        (arrays.fraction(grains) + given) * block / (fixed + amount)
        for amount, grains in breakpoints(arrays, cell)
        if fixed + amount
    ]
    return max(roots, default=None)


def breakpoints(arrays: ProblemArrays, cell: int, *, below: bool = False) -> list[tuple[int, int]]:
    """Return amounts that can be best for a cell, and their value in whole grains.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    cell : int [cell]
        Position of intervention and period.
    below : bool
        Whether amounts under the least one are listed too.

    Returns
    -------
    list of (int, int)
        Working money [minor units] and gain times money [grains].
    """
    widths, gains = arrays.cap[cell].tolist(), arrays.gain[cell].tolist()
    ends = np.concatenate([[0], np.cumsum(arrays.cap[cell])])
    levels: Int = arrays.levels.at(cell)
    if len(levels):
        amounts = sorted(int(level) for level in levels)
    else:
        low, high = int(arrays.low[cell]), int(arrays.high[cell])
        amounts = sorted({min(max(int(end), 0 if below else low), high) for end in ends} | {low})
    found = []
    for amount in amounts:
        left, grains = amount, 0
        for width, gain in zip(widths, gains, strict=True):
            taken = min(left, width)
            grains += taken * gain
            left -= taken
        found.append((amount, grains))
    return found
