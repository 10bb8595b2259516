"""An allocation put together step by step, within every rule that a single step can break.

The problem: simple rules decide one intervention at a time, and each decision has to respect money that other
decisions need too. ``Builder`` opens and enlarges awards one by one; funds give way to each other along
augmenting paths (``flow.py``), so that nobody is refused for money that only stood in the wrong fund. A step
that would break a rule is not made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import UNSET, ProblemArrays, Ragged
from ..columns import FULL_BP
from ..search.flow import Flow
from ..search.rounding_parts import award_bounds


@dataclass(slots=True)
class Purchase:
    """Units of a resource bought from one fund.

    Attributes
    ----------
    pool : int
        What pays them.
    quantity : int [units]
        How many.

    Examples
    --------
    >>> Purchase(0).quantity
    0
    """

    pool: int
    quantity: int = 0


class Builder:
    """An allocation that is being put together.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.

    Attributes
    ----------
    working : dict of int to int [minor units]
        Working money of every funded cell.
    award : dict of int to int [minor units]
        The same with fixed and start cost.
    purse : list of int [minor units]
        When not empty: what may still be awarded from each of some purses.
    purse_of : list of int
        The purse of every intervention.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "min_minor": 500, "max_minor": 9000}]}''')
    >>> builder = Builder(problem.arrays)
    >>> builder.open([0]), builder.grow(0, 9000), builder.award
    (True, 7500, {0: 8000})
    """

    def __init__(self, arrays: ProblemArrays) -> None:
        self.arrays, self.periods = arrays, arrays.period_count
        self.low = award_bounds(arrays, np.repeat(arrays.fixed, self.periods))[0].tolist()
        self.high = award_bounds(arrays, np.repeat(arrays.fixed + arrays.start, self.periods))[1].tolist()
        self.flow = Flow(
            arrays.budget.ravel().tolist(),
            periods=self.periods,
            carry_limit=arrays.carry_limit.ravel().tolist(),
            fee_bp=np.repeat(arrays.carry_fee_bp, self.periods).tolist(),
        )
        self.working: dict[int, int] = {}
        self.award: dict[int, int] = {}
        self.purse: list[int] = []
        self.purse_of: list[int] = [0] * arrays.n
        self.pools: dict[tuple[tuple[int, ...], int], int] = {}
        self.own_pools: dict[int, int] = {}
        self.purchases: dict[tuple[int, int, int], Purchase] = {}
        self.used: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.money: defaultdict[int, int] = defaultdict(int)
        self.count: defaultdict[int, int] = defaultdict(int)
        self.actor_money: defaultdict[tuple[int, int], Fraction] = defaultdict(Fraction)
        admits_whole = ~arrays.eligible | (arrays.share_num >= arrays.share_den)
        self.is_shared = [all(row) for row in admits_whole.tolist()]
        self.groups = _members_of(arrays.limits.members, arrays.n)
        self.rivals = _members_of(arrays.alternatives, arrays.n)
        self.partners = _members_of(arrays.bonus, arrays.n)
        self.kinds = defaultdict[int, list[tuple[int, int]]](list)
        for (who, what), quantity in zip(arrays.need.tolist(), arrays.need_quantity.tolist(), strict=True):
            self.kinds[who].append((what, quantity))
        self.losses = defaultdict[int, list[tuple[int, int]]](list)
        for (one, two), micro in zip(arrays.overlap.tolist(), arrays.overlap_micro.tolist(), strict=True):
            self.losses[one].append((two, micro))
            self.losses[two].append((one, micro))
        self.parts = defaultdict[int, list[int]](list)
        for row, who in enumerate(arrays.actors.intervention.tolist()):
            self.parts[who].append(row)

    def allowed(self, cell: int) -> list[int]:
        """Return the working amounts that a cell takes: its levels, or its least and most [minor units]."""
        levels = self.arrays.levels.at(cell).tolist()
        low, high = self.low[cell], self.high[cell]
        return sorted(level for level in levels if low <= level <= high) if levels else [low, high]

    def may_open(self, cell: int) -> bool:
        """Tell whether a cell can be funded at all, whatever else is."""
        allowed = self.allowed(cell)
        return (
            bool(self.arrays.open[cell])
            and int(self.arrays.lock[cell // self.periods]) >= 0
            and bool(allowed)
            and allowed[0] <= allowed[-1]
        )

    def needed(self, cell: int) -> int:
        """Return the least award with which a cell could be funded now [minor units]."""
        return int(self.arrays.fixed[cell // self.periods]) + self._start(cell) + self.allowed(cell)[0]

    def open(self, cells: Iterable[int]) -> bool:
        """Fund cells with their least awards, all or none; tell whether any was added."""
        new = [cell for cell in dict.fromkeys(cells) if cell not in self.working]
        if not new or not all(self.may_open(cell) for cell in new):
            return False
        if sum(self.needed(cell) for cell in new) > sum(self.flow.free) + self._startable(new):
            return False
        done: list[int] = []
        for cell in new:
            if not self._open_one(cell):
                for opened in reversed(done):
                    self._close(opened)
                return False
            done.append(cell)
        return True

    def grow(self, cell: int, target: int) -> int:
        """Raise the working money of a funded cell towards a target; return by how much [minor units].

        Parameters
        ----------
        cell : int
            A funded cell.
        target : int [minor units]
            Working money to reach at most.
        """
        before = self.working[cell]
        target = min(target, self.high[cell])
        levels = self.arrays.levels.at(cell).tolist()
        if levels:
            for level in sorted(level for level in levels if before < level <= target):
                if not self._enlarge(cell, level - self.working[cell]):
                    break
        else:
            self._stretch(cell, min(target - before, self.room(cell)))
        return self.working[cell] - before

    def room(self, cell: int) -> int:
        """Return by how much caps of groups, actors and people let an award grow [minor units]."""
        who, period = divmod(cell, self.periods)
        rooms = [
            int(self.arrays.limits.cap[at]) - self.money[at]
            for at in self._limits(cell)
            if self.arrays.limits.cap[at] != UNSET
        ]
        if self.arrays.at_most[who] != UNSET:
            rooms.append(int(self.arrays.at_most[who]) - self.total(who))
        if self.purse:
            rooms.append(self.purse[self.purse_of[who]])
        rooms.extend(self._actor_rooms(who, period))
        return min(rooms, default=2**62)

    def total(self, who: int) -> int:
        """Return the award of an intervention over all periods [minor units]."""
        return sum(self.award.get(cell, 0) for cell in range(who * self.periods, (who + 1) * self.periods))

    def short(self, limit: int) -> int:
        """Return how much a group lacks to its floor [minor units]."""
        return max(0, int(self.arrays.limits.floor[limit]) - self.money[limit])

    def grains(self, cell: int, working: int) -> int:
        """Return what working money in a cell brings [grains]."""
        total = 0
        for width, gain in zip(self.arrays.cap[cell].tolist(), self.arrays.gain[cell].tolist(), strict=True):
            total += min(working, width) * gain
            working -= min(working, width)
        return total

    def together(self, cells: Iterable[int]) -> int:
        """Return what bonuses less overlaps change when these cells join those that are funded [grains]."""
        new = dict.fromkeys(cells)
        micro = 0
        for number, period in sorted(
            {(at, cell % self.periods) for cell in new for at in self.partners[cell // self.periods]}
        ):
            members = [who * self.periods + period for who in self.arrays.bonus.at(number).tolist()]
            if all(member in new or member in self.working for member in members):
                micro += int(self.arrays.bonus_micro[number])
        for cell in new:
            who, period = divmod(cell, self.periods)
            for other, loss in self.losses[who]:
                twin = other * self.periods + period
                if twin in self.working or (twin in new and other < who):
                    micro -= loss
        return micro * self.arrays.minor_per_block

    def _limits(self, cell: int) -> Iterator[int]:
        period = cell % self.periods
        for at in self.groups[cell // self.periods]:
            if self.arrays.limits.period[at] in {UNSET, period}:
                yield at

    def _actor_rooms(self, who: int, period: int) -> Iterator[int]:
        actors = self.arrays.actors
        for row in self.parts[who]:
            actor, share = int(actors.actor[row]), int(actors.share_bp[row])
            if share <= 0:
                continue
            if actors.cap[actor, period] != UNSET:
                left = int(actors.cap[actor, period]) - self.actor_money[actor, period]
                yield max(-1, int((left - len(actors.share_bp)) * FULL_BP / share))

    def _start(self, cell: int) -> int:
        who, period = divmod(cell, self.periods)
        return 0 if period and cell - 1 in self.working else int(self.arrays.start[who])

    def _startable(self, new: list[int]) -> int:
        """Return the start cost of later periods that opening these would set free [minor units]."""
        return sum(
            int(self.arrays.start[cell // self.periods])
            for cell in new
            if (cell + 1) % self.periods and cell + 1 in self.working
        )

    def _open_one(self, cell: int) -> bool:
        who, period = divmod(cell, self.periods)
        amount, least = self.needed(cell), self.allowed(cell)[0]
        limits, most = list(self._limits(cell)), self.arrays.limits.cap_count.tolist()
        full = any(most[at] != UNSET and self.count[at] >= most[at] for at in limits)
        if full or amount > self.room(cell) or self._has_rival(who, period) or not self._stock(who, period):
            return False
        self.working[cell], self.award[cell] = least, 0
        for at in limits:
            self.count[at] += 1
        follower = cell + 1
        if follower % self.periods and follower in self.working and self.arrays.start[who]:
            self._pay(follower, -int(self.arrays.start[who]))
        if not self._pay(cell, amount):
            self._close(cell)
            return False
        return True

    def _close(self, cell: int) -> None:
        """Take a cell out again."""
        who, period = divmod(cell, self.periods)
        self._pay(cell, -self.award[cell])
        del self.working[cell], self.award[cell]
        for at in self._limits(cell):
            self.count[at] -= 1
        for what, quantity in self.kinds[who]:
            self.used[what, period] -= quantity
            self._buy(what, period)
        follower = cell + 1
        if follower % self.periods and follower in self.working and self.arrays.start[who]:
            self._pay(follower, int(self.arrays.start[who]))

    def _has_rival(self, who: int, period: int) -> bool:
        return any(
            other != who and other * self.periods + period in self.working
            for number in self.rivals[who]
            for other in self.arrays.alternatives.at(number).tolist()
        )

    def _stock(self, who: int, period: int) -> bool:
        """Take what an intervention needs from stock, and buy the rest; or leave all as it is."""
        done: list[tuple[int, int]] = []
        for what, quantity in self.kinds[who]:
            self.used[what, period] += quantity
            done.append((what, quantity))
            if not self._buy(what, period):
                for each, number in done:
                    self.used[each, period] -= number
                    self._buy(each, period)
                return False
        return True

    def _buy(self, what: int, period: int) -> bool:
        """Buy what the stock lacks, or give back what it no longer lacks; tell whether that worked."""
        held = {key: one for key, one in self.purchases.items() if key[:2] == (what, period)}
        lack = max(0, self.used[what, period] - int(self.arrays.stock[what, period]))
        change, price = (
            lack - sum(one.quantity for one in held.values()),
            int(self.arrays.price[what, period]),
        )
        for one in reversed(held.values()):
            back = min(one.quantity, max(0, -change))
            self.flow.pull(one.pool, back * price)
            one.quantity -= back
            change += back
        return change <= 0 or (price != UNSET and self._buy_from_one(what, period, change))

    def _buy_from_one(self, what: int, period: int, quantity: int) -> bool:
        """Buy all from the unrestricted fund with most money, or the next that can pay it."""
        price = int(self.arrays.price[what, period])
        funds = np.flatnonzero(self.arrays.unrestricted).tolist()
        for fund in sorted(funds, key=lambda at: (-self.flow.free[at * self.periods + period], at)):
            key = what, period, fund
            if key not in self.purchases:
                self.purchases[key] = Purchase(self.flow.pool([fund * self.periods + period]))
            given = self.flow.push(self.purchases[key].pool, quantity * price)
            if given == quantity * price:
                self.purchases[key].quantity += quantity
                return True
            self.flow.pull(self.purchases[key].pool, given)
        return False

    def pool(self, cell: int) -> int:
        """Return the pool from which a cell is paid, made when first asked for."""
        who, period = divmod(cell, self.periods)
        funds = tuple(np.flatnonzero(self.arrays.eligible[who]).tolist())
        nodes = [fund * self.periods + period for fund in funds]
        if not self.is_shared[who]:
            if cell not in self.own_pools:
                self.own_pools[cell] = self.flow.pool(nodes, {})
            return self.own_pools[cell]
        if (funds, period) not in self.pools:
            self.pools[funds, period] = self.flow.pool(nodes)
        return self.pools[funds, period]

    def _pay(self, cell: int, amount: int) -> bool:
        """Change an award by an amount, all or nothing; less can always be paid."""
        pool = self.pool(cell)
        if cell in self.own_pools:
            if not self._repay(cell, pool, self.award[cell] + amount):
                self._repay(cell, pool, self.award[cell])
                return False
        elif amount < 0:
            self.flow.pull(pool, -amount)
        else:
            given = self.flow.push(pool, amount)
            if given < amount:
                self.flow.pull(pool, given)
                return False
        self._record(cell, amount)
        return True

    def _repay(self, cell: int, pool: int, award: int) -> bool:
        """Pay a whole award again when funds may only pay parts of it."""
        who, period = divmod(cell, self.periods)
        self.flow.pull(pool, self.flow.drawn(pool))
        for fund in np.flatnonzero(self.arrays.eligible[who]).tolist():
            num, den = int(self.arrays.share_num[who, fund]), int(self.arrays.share_den[who, fund])
            self.flow.caps[pool][fund * self.periods + period] = award * num // den
        return self.flow.push(pool, award) == award

    def _record(self, cell: int, amount: int) -> None:
        who, period = divmod(cell, self.periods)
        self.award[cell] += amount
        if self.purse:
            self.purse[self.purse_of[who]] -= amount
        for at in self._limits(cell):
            self.money[at] += amount
        for row in self.parts[who]:
            share = int(self.arrays.actors.share_bp[row])
            if share > 0:
                self.actor_money[int(self.arrays.actors.actor[row]), period] += Fraction(
                    amount * share, FULL_BP
                )

    def _enlarge(self, cell: int, amount: int) -> bool:
        if amount > self.room(cell) or not self._pay(cell, amount):
            return False
        self.working[cell] += amount
        return True

    def _stretch(self, cell: int, amount: int) -> None:
        """Enlarge by as much of an amount as can be paid."""
        if amount <= 0:
            return
        if cell not in self.own_pools:
            given = self.flow.push(self.pool(cell), amount)
            self._record(cell, given)
            self.working[cell] += given
            return
        step = amount
        while step:
            if self._enlarge(cell, step):
                amount -= step
                step = min(step, amount)
            else:
                step //= 2


def _members_of(lists: Ragged, count: int) -> list[list[int]]:
    """Return, for every intervention, the lists that it is in."""
    found: list[list[int]] = [[] for _ in range(count)]
    for number, item in zip(lists.owner().tolist(), lists.items.tolist(), strict=True):
        found[item].append(number)
    return found
