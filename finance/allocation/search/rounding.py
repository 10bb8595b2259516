"""From a choice and a solver's amounts to an allocation in whole minor units.

The problem: a solver's amounts miss every rule by a little, and rounding each of them breaks floors and
budgets by a few units more. Here amounts are rounded down, floors are topped up from the highest gains,
caps and budgets give back the lowest, what is left over goes to the highest gain, and every unit comes from
a fund that may pay it: money is conserved to the unit, by fund and period.
"""

import heapq
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...errors import RoundingFailed
from ..answer import Allocation, AllocationLine, Bought, Carried
from ..arrays import UNSET, ProblemArrays
from ..problem import rule_id
from .flow import Flow
from .rounding_parts import award_bounds, share_out
from .rounding_rows import AmountRows

ROUNDS = 4
SHOWN = 5
NEAR = 0.01  # of a minor unit: solvers end a little below whole amounts


def round_off(
    arrays: ProblemArrays,
    chosen: NDArray[np.bool_],
    working: NDArray[np.float64],
    carry: NDArray[np.float64] | None = None,
) -> Allocation:
    """Make whole amounts of a solver's, for the same choice.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    chosen : bool array [cells]
        Who is funded; rules about the choice alone are taken as kept.
    working : float array [cells]
        Working money [minor units], roughly within the rules.
    carry : float array [funds x periods], optional
        What each fund keeps for the next period [minor units]; found here when absent.

    Returns
    -------
    Allocation
        Whole amounts that keep every rule about money.

    Raises
    ------
    RoundingFailed
        When a rule cannot be kept; ``figures['rules']`` names the rules to be tightened.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> round_off(problem.arrays, np.array([True]), np.array([7998.6])).lines[0].amount_minor
    8000
    """
    return _Rounding(arrays, chosen, working, carry).made()


class _Rounding:
    """One choice on its way to whole amounts."""

    def __init__(
        self,
        arrays: ProblemArrays,
        chosen: NDArray[np.bool_],
        working: NDArray[np.float64],
        carry: NDArray[np.float64] | None,
    ) -> None:
        self.arrays = arrays
        self.periods = arrays.period_count
        self.cells: list[int] = np.flatnonzero(chosen).tolist()
        base = _base(arrays, chosen)
        low, high = award_bounds(arrays, base)
        amounts = np.clip(np.floor(np.asarray(working, float) + NEAR).astype(np.int64), low, high)
        for cell in self.cells:
            levels = arrays.levels.at(cell)
            if len(levels):
                low[cell] = high[cell] = amounts[cell] = levels[np.abs(levels - working[cell]).argmin()]
            if low[cell] > high[cell]:
                who = arrays.intervention_ids[cell // self.periods]
                raise _failed([rule_id("ticket", who, cell % self.periods)])
        held = {cell: int(amounts[cell]) for cell in self.cells}
        self.rows = AmountRows(arrays, held, {cell: int(base[cell]) for cell in self.cells}, low, high)
        self.flow = Flow(
            arrays.budget.ravel().tolist(),
            periods=self.periods,
            carry_limit=arrays.carry_limit.ravel().tolist(),
            fee_bp=np.repeat(arrays.carry_fee_bp, self.periods).tolist(),
        )
        if carry is not None:
            for node, kept in enumerate(np.floor(np.asarray(carry, float) + NEAR).ravel().tolist()):
                self.flow.keep(node, int(kept))
        self.bought = self._buy()
        self.pool_of, self.shared = self._pools()

    def made(self) -> Allocation:
        """Round, and return the allocation."""
        self._serve()
        self._trim_idle()
        self._repair()
        self._spend()
        self.flow.settle()
        awards = {cell: self.rows.award(cell) for cell in self.cells}
        names, periods = self.arrays.intervention_ids, self.periods
        return Allocation(
            chosen=tuple((names[cell // periods], cell % periods) for cell in self.cells),
            lines=tuple(sorted(self._lines(awards))),
            carried=tuple(
                Carried(
                    fund_id=self.arrays.fund_ids[node // periods], period=node % periods, amount_minor=kept
                )
                for node, kept in enumerate(self.flow.kept)
                if kept
            ),
            bought=tuple(sorted(self.bought)),
            parts=tuple(sorted(share_out(self.arrays, awards))),
        )

    def _buy(self) -> list[Bought]:
        """Buy what the stocks lack, whole units, from the unrestricted funds with the most money."""
        arrays, made = self.arrays, list[Bought]()
        used = np.zeros_like(arrays.stock)
        chosen = np.zeros(len(arrays.open), np.int64)
        chosen[self.cells] = 1
        for (at, thing), quantity in zip(arrays.need.tolist(), arrays.need_quantity.tolist(), strict=True):
            used[thing] += quantity * chosen[at * self.periods : (at + 1) * self.periods]
        free, periods = self.flow.free, self.periods
        for thing, period in np.argwhere(used > arrays.stock).tolist():
            lack, price = (
                int(used[thing, period] - arrays.stock[thing, period]),
                int(arrays.price[thing, period]),
            )
            payers = [f * periods + period for f in np.flatnonzero(arrays.unrestricted).tolist()]
            for node in sorted(payers, key=lambda node: -free[node]) if price != UNSET else ():
                units = min(lack, free[node] // price if price else lack)
                if units:
                    free[node] -= units * price
                    lack -= units
                    made.append(
                        Bought(
                            resource_id=arrays.resource_ids[thing],
                            period=period,
                            fund_id=arrays.fund_ids[node // periods],
                            quantity=units,
                            amount_minor=units * price,
                        )
                    )
            if lack:
                raise _failed([rule_id("stock", arrays.resource_ids[thing], period)])
        return made

    def _pools(self) -> tuple[dict[int, int], frozenset[int]]:
        """Put cells that the same funds may pay into one pool; cells with shares of their own stand alone."""
        arrays, periods = self.arrays, self.periods
        partial = (arrays.share_num < arrays.share_den) & arrays.eligible
        has_share = np.asarray(partial.any(axis=1), bool)
        packed = np.packbits(arrays.eligible, axis=1)
        keys = [row.tobytes() for row in packed]
        known = dict[tuple[bytes, int], int]()
        pool_of, shared = dict[int, int](), set[int]()
        for cell in self.cells:
            at, period = divmod(cell, periods)
            key = keys[at], period
            if not has_share[at] and key in known:
                pool_of[cell] = known[key]
                continue
            funds: list[int] = np.flatnonzero(arrays.eligible[at]).tolist()
            pool_of[cell] = self.flow.pool([f * periods + period for f in funds])
            if has_share[at]:
                shared.add(cell)
            else:
                known[key] = pool_of[cell]
        return pool_of, frozenset(shared)

    def _caps(self, cell: int, award: int) -> dict[int, int]:
        """Return the most that each fund may pay of an award [minor units]."""
        arrays, (at, period) = self.arrays, divmod(cell, self.periods)
        num, den = arrays.share_num[at].tolist(), arrays.share_den[at].tolist()
        nodes = self.flow.nodes[self.pool_of[cell]]
        return {node: num[f] * award // den[f] for node in nodes for f in [(node - period) // self.periods]}

    def _serve(self) -> None:
        """Pay every award; where funds do not reach, take back the lowest gains."""
        demand = dict[int, int]()
        for cell in self.cells:
            pool = self.pool_of[cell]
            if cell in self.shared:
                self.flow.caps[pool] = self._caps(cell, self.rows.award(cell))
            demand[pool] = demand.get(pool, 0) + self.rows.award(cell)
        for pool in sorted(demand, key=lambda pool: (len(self.flow.nodes[pool]), pool)):
            demand[pool] -= self.flow.push(pool, demand[pool])
        for pool, lack in sorted(demand.items()):
            if lack:
                self._take_back(pool, lack)

    def _take_back(self, pool: int, lack: int) -> None:
        """Serve a pool that lacks money from the lowest gains that it can reach."""
        wanted = self.flow.reach(pool)
        for cell in self._donors(wanted, pool):
            own = self.pool_of[cell] == pool
            while lack and (step := min(lack, self.rows.spare(cell))):
                if own and cell in self.shared:
                    break
                self.rows.move(cell, -step)
                if own:
                    lack -= step
                else:
                    self._give_back(cell, step, wanted)
                    lack -= self.flow.push(pool, step)
            if not lack:
                return
        raise _failed(self._budgets(wanted or set(self.flow.nodes[pool])))

    def _budgets(self, nodes: Iterable[int]) -> list[str]:
        names, periods = self.arrays.fund_ids, self.periods
        return [rule_id("budget", names[node // periods], node % periods) for node in sorted(nodes)]

    def _donors(self, wanted: set[int], pool: int = -1) -> Iterator[int]:
        """Yield cells that hold money of these nodes, lowest gain first."""
        paid = self.flow.paid
        near = {one for one in set(self.pool_of.values()) if one == pool or wanted & paid[one].keys()}
        held = [(self.rows.down(cell).gain, cell) for cell in self.cells if self.pool_of[cell] in near]
        yield from (cell for _, cell in sorted(held))

    def _give_back(self, cell: int, step: int, wanted: set[int]) -> None:
        """Take money of an award out of the funds' payments, its rows having moved already."""
        pool = self.pool_of[cell]
        if cell not in self.shared:
            self.flow.pull(pool, step, wanted)
            return
        caps = self._caps(cell, self.rows.award(cell))
        over = {node for node, paid in self.flow.paid[pool].items() if paid > caps.get(node, paid)}
        self.flow.caps[pool] = caps
        self.flow.pull(pool, step, over)
        self._fit(cell)

    def _fit(self, cell: int) -> None:
        """Bring what each fund pays of an award within its share."""
        pool = self.pool_of[cell]
        caps, paid = self.flow.caps[pool], self.flow.paid[pool]
        for node in sorted(paid):
            excess = paid.get(node, 0) - caps.get(node, paid.get(node, 0))
            if excess > 0:
                self.flow.pull(pool, excess, {node})
                if self.flow.push(pool, excess) < excess:
                    fund = self.arrays.fund_ids[node // self.periods]
                    raise _failed(
                        [rule_id("share", fund, self.arrays.intervention_ids[cell // self.periods])]
                    )

    def _give(self, cell: int, amount: int) -> int:
        """Raise an award as far as the funds reach, and return by how much [minor units]."""
        pool = self.pool_of[cell]
        if cell not in self.shared:
            got = self.flow.push(pool, amount)
        else:
            got = amount
            before = self.rows.award(cell)
            while got:
                self.flow.caps[pool] = self._caps(cell, before + got)
                pushed = self.flow.push(pool, got)
                if pushed == got:
                    break
                self.flow.caps[pool] = self._caps(cell, before)
                caps, paid = self.flow.caps[pool], self.flow.paid[pool]
                self.flow.pull(pool, pushed, {node for node in paid if paid[node] > caps[node]})
                self._fit(cell)
                got //= 2
        if got:
            self.rows.move(cell, got)
        return got

    def _take(self, cell: int, amount: int, wanted: set[int] | None = None) -> None:
        self.rows.move(cell, -amount)
        self._give_back(cell, amount, wanted or set())

    def _trim_idle(self) -> None:
        """Take back money that brings nothing and that no rule asks for."""
        idle = self._idle()
        for cell in idle:
            while not self.rows.down(cell).gain and (step := self.rows.spare(cell)):
                self._take(cell, step)

    def _idle(self) -> list[int]:
        """Return cells whose last unit brings nothing."""
        cells = np.array(self.cells, np.int64)
        working = np.array([self.rows.working[cell] for cell in self.cells], np.int64)
        caps = self.arrays.cap[cells]
        useful = np.where(self.arrays.gain[cells] > 0, np.cumsum(caps, axis=1), 0).max(axis=1, initial=0)
        is_idle = working > np.maximum(useful, self.rows.low[cells])
        found: list[int] = cells[is_idle].tolist()
        return found

    def _repair(self) -> None:
        """Bring every rule about amounts back within its bound."""
        for _ in range(ROUNDS):
            short = self.rows.short()
            if not short:
                return
            for row in short:
                steps = (self._raise, self._lower) if self.rows.is_floor[row] else (self._lower, self._raise)
                for step in steps:
                    if self.rows.slack[row] < 0:
                        step(row)
            self.rows.refresh()
        if short := self.rows.short():
            raise _failed([self.rows.rules[row] for row in short])

    def _raise(self, row: int) -> None:
        """Give more to those whose awards help a rule, highest gain first; if need be from others."""
        rows = self.rows
        helping = [cell for cell in rows.cells(row) if rows.weights(cell, 1).get(row, 0) < 0]
        helping.sort(key=lambda cell: (-rows.up(cell).gain, cell))
        for cell in helping:
            while rows.slack[row] < 0 and self._lift(row, cell, -1):
                pass
        for cell in helping:
            if rows.slack[row] >= 0:
                return
            if rows.room(cell, row):
                self._feed(row, cell)

    def _lift(self, row: int, cell: int, most: int) -> int:
        """Raise one award for a rule by what it lacks, at most by an amount unless it is -1."""
        weight = -self.rows.weights(cell, 1).get(row, 0)
        if weight <= 0 or self.rows.slack[row] >= 0:
            return 0
        want = min(-(self.rows.slack[row] // weight), self.rows.room(cell, row))
        want = want if most < 0 else min(want, most)
        return self._give(cell, want) if want else 0

    def _feed(self, row: int, cell: int) -> None:
        """Raise one award with money from the lowest gains that a rule does not need."""
        rows = self.rows
        wanted = self.flow.reach(self.pool_of[cell])
        for donor in self._donors(wanted, self.pool_of[cell]):
            if rows.slack[row] >= 0 or not rows.room(cell, row):
                return
            if donor == cell or rows.weights(donor, -1).get(row, 0) < 0:
                continue
            weight = -rows.weights(cell, 1).get(row, 0)
            lack = -(rows.slack[row] // weight) if weight > 0 else 0
            step = min(lack, rows.room(cell, row), rows.spare(donor, row))
            if step:
                self._take(donor, step, wanted)
                given = self._lift(row, cell, step)
                if given < step and (back := min(step - given, rows.room(donor, row))):
                    self._give(donor, back)

    def _lower(self, row: int) -> None:
        """Take from those whose awards weigh on a rule, lowest gain first."""
        rows = self.rows
        weighing = [cell for cell in rows.cells(row) if rows.weights(cell, -1).get(row, 0) > 0]
        for cell in sorted(weighing, key=lambda cell: (rows.down(cell).gain, cell)):
            while rows.slack[row] < 0:
                weight = rows.weights(cell, -1).get(row, 0)
                step = min(-(rows.slack[row] // weight), rows.spare(cell, row)) if weight > 0 else 0
                if not step:
                    break
                self._take(cell, step)

    def _spend(self) -> None:
        """Give what is left to the highest gains, until nothing with a gain can be given."""
        queue = [(-gain, cell) for cell in self.cells if (gain := self.rows.up(cell).gain)]
        heapq.heapify(queue)
        while queue:
            gain, cell = heapq.heappop(queue)
            if self.flow.is_dry(self.pool_of[cell]):
                continue
            piece = self.rows.up(cell)
            step = min(piece.room, self.rows.room(cell))
            given = self._give(cell, step) if step else 0
            if given and given == piece.room and (after := self.rows.up(cell).gain):
                heapq.heappush(queue, (-after, cell))
            elif given and given == step:  # a weight changes here, or a row is full
                heapq.heappush(queue, (gain, cell))

    def _lines(self, awards: dict[int, int]) -> Iterator[AllocationLine]:
        """Fill awards in their order from funds in their order, pool by pool."""
        left = [dict(sorted(paid.items())) for paid in self.flow.paid]
        arrays, periods = self.arrays, self.periods
        for cell in self.cells:
            need, own = awards[cell], left[self.pool_of[cell]]
            while need:
                node = next(iter(own))
                amount = min(need, own[node])
                need -= amount
                own[node] -= amount
                if not own[node]:
                    del own[node]
                yield AllocationLine(
                    intervention_id=arrays.intervention_ids[cell // periods],
                    period=cell % periods,
                    fund_id=arrays.fund_ids[node // periods],
                    amount_minor=amount,
                )


def _base(arrays: ProblemArrays, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return fixed cost, and start cost where a run begins, of every cell [minor units]."""
    periods = arrays.period_count
    table = np.asarray(chosen, bool).reshape(-1, periods)
    begins = table.copy()
    begins[:, 1:] &= ~table[:, :-1]
    base = arrays.fixed[:, None] + np.where(begins, arrays.start[:, None], 0)
    flat: NDArray[np.int64] = base.ravel()
    return flat


def _failed(rules: list[str]) -> RoundingFailed:
    more = f" and {len(rules) - SHOWN} more" if len(rules) > SHOWN else ""
    shown = ", ".join(rules[:SHOWN]) + more
    return RoundingFailed(
        f"No whole amounts near the solver's keep {shown}. "
        "Solve the money again with these rules tightened by one minor unit for each of their members.",
        rules=rules,
    )
