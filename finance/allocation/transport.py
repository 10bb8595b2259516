"""Whole minor units from funds to interventions, exactly.

The problem: a solver's amounts are near the right ones, and near is not how money is paid. Here a set of
funded interventions is served in integers: each at least its ticket, no fund beyond its budget, no group
beyond its cap, and when one fund is used up, money already promised elsewhere moves over to another fund that
may pay it (an augmenting path). What cannot be moved in integers is not moved.
"""

import heapq
import itertools
from collections.abc import Iterable, Mapping

from .compile import Ask, CompiledLimit, CompiledProblem
from .problem import AllocationLine


class Flow:
    """Budgets that are being spent on a growing set of interventions.

    Parameters
    ----------
    compiled : CompiledProblem
        Budgets, tickets, caps and who may be paid from where.

    Examples
    --------
    >>> from .problem import AllocationDocument
    >>> from .compile import compile_problem
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "free", "budget": "5"},
    ...     {"fund_id": "north", "budget": "5", "earmark": {"region": ["n"]}}], "interventions": [
    ...   {"intervention_id": "a", "title": "A", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "groups": {"region": "n"}, "maximum": "9", "response": [{"up_to": "9", "gain_per_k": "1"}]},
    ...   {"intervention_id": "b", "title": "B", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "groups": {"region": "s"}, "maximum": "9", "response": [{"up_to": "9", "gain_per_k": "1"}]}]}''')
    >>> pool = Flow(compile_problem(problem))
    >>> pool.push("a", 700), pool.push("b", 700)
    (700, 300)
    >>> [(line.fund_id, line.amount_minor) for line in pool.lines()]
    [('free', 200), ('north', 500), ('free', 300)]
    """

    def __init__(self, compiled: CompiledProblem) -> None:
        self.compiled = compiled
        self.free = dict(compiled.budgets)
        self.paid: dict[str, dict[str, int]] = {}
        self.totals = [0] * len(compiled.limits)
        self._groups: dict[str, list[int]] = {}
        for at, limit in enumerate(compiled.limits):
            for key in limit.members:
                self._groups.setdefault(key, []).append(at)

    def award(self, key: str) -> int:
        """Return what an intervention has so far [minor units]."""
        return sum(self.paid.get(key, {}).values())

    def room(self, key: str) -> int:
        """Return what ticket and caps still allow an intervention, whatever the budgets say [minor units]."""
        room = self.compiled.asks[key].high_minor - self.award(key)
        for at in self._groups.get(key, ()):
            cap = self.compiled.limits[at].cap_minor
            if cap is not None:
                room = min(room, cap - self.totals[at])
        return room

    def spare(self, key: str) -> int:
        """Return what can be taken back without breaking its ticket or a floor that is met [minor units]."""
        spare = self.award(key) - self.compiled.asks[key].low_minor
        for at in self._groups.get(key, ()):
            floor = self.compiled.limits[at].floor_minor
            if floor is not None:
                spare = min(spare, max(0, self.totals[at] - floor))
        return spare

    def push(self, key: str, amount_minor: int) -> int:
        """Give more, as far as ticket, caps and budgets allow; return how much [minor units]."""
        want = min(amount_minor, self.room(key))
        given = 0
        while given < want:
            moved = self._augment(key, want - given)
            if not moved:
                break
            given += moved
        for at in self._groups.get(key, ()):
            self.totals[at] += given
        return given

    def pull(self, key: str, amount_minor: int) -> None:
        """Take an amount back from an intervention [minor units], free money first."""
        for at in self._groups.get(key, ()):
            self.totals[at] -= amount_minor
        own = self.paid[key]
        for fund in [fund for fund in reversed(self.compiled.asks[key].funds) if fund in own]:
            back = min(amount_minor, own[fund])
            self._pay(key, fund, -back)
            self.free[fund] += back
            amount_minor -= back

    def open(self, keys: Iterable[str]) -> bool:
        """Give each of these its least award; when one cannot have it, give none of them any and say so.

        Parameters
        ----------
        keys : iterable of str
            Interventions that have nothing yet.
        """
        opened: list[str] = []
        for key in sorted(keys):
            low = self.compiled.asks[key].low_minor
            if given := self.push(key, low):
                opened.append(key)
            if given < low:
                for done in opened:
                    self.pull(done, self.award(done))
                return False
        return True

    def raise_floors(self) -> bool:
        """Bring groups to their floors, if need be from the least gain elsewhere; say if all are met."""
        for at, limit in enumerate(self.compiled.limits):
            if limit.floor_minor is not None:
                self._raise_floor(at, limit)
        return not any(self.short(at) for at in range(len(self.totals)))

    def short(self, at: int) -> int:
        """Return what the group of a limit lacks to its floor [minor units]."""
        return max(0, (self.compiled.limits[at].floor_minor or 0) - self.totals[at])

    def spend(self) -> None:
        """Give what is left to the highest gains among the funded, until nothing with a gain can be given."""
        asks = self.compiled.asks
        queue = [(-asks[key].step(self.award(key))[1], key) for key in self.paid]
        heapq.heapify(queue)
        while queue:
            gain, key = heapq.heappop(queue)
            if gain == 0:
                break
            width, _ = asks[key].step(self.award(key))
            if self.push(key, width) == width:
                heapq.heappush(queue, (-asks[key].step(self.award(key))[1], key))

    def trim(self) -> None:
        """Take back money that brings nothing and that no rule asks for."""
        for key in sorted(self.paid):
            ask = self.compiled.asks[key]
            idle = self.award(key) - max(ask.low_minor, ask.fixed_minor + _useful(ask))
            if (back := min(idle, self.spare(key))) > 0:
                self.pull(key, back)

    def lines(self) -> tuple[AllocationLine, ...]:
        """Return the payments so far, sorted by intervention and fund."""
        return tuple(
            AllocationLine(intervention_id=key, fund_id=fund, amount_minor=own[fund])
            for key, own in sorted(self.paid.items())
            for fund in sorted(own)
        )

    def _raise_floor(self, at: int, limit: CompiledLimit) -> None:
        members = [key for key in limit.members if key in self.paid]
        self._lift(at, members)
        inside = set(members)
        donors = sorted(
            (key for key in self.paid if key not in inside), key=lambda key: (self._last_gain(key), key)
        )
        for donor in donors:
            take = min(self.short(at), self.spare(donor))
            if take > 0:
                before = self.short(at)
                self.pull(donor, take)
                self._lift(at, members)
                self.push(donor, take - (before - self.short(at)))

    def _lift(self, at: int, members: Iterable[str]) -> None:
        asks = self.compiled.asks
        for key in sorted(members, key=lambda key: (-asks[key].step(self.award(key))[1], key)):
            self.push(key, self.short(at))

    def _last_gain(self, key: str) -> int:
        return self.compiled.asks[key].step(self.award(key) - 1)[1]

    def _pay(self, key: str, fund: str, amount_minor: int) -> None:
        own = self.paid.setdefault(key, {})
        own[fund] = own.get(fund, 0) + amount_minor
        if not own[fund]:
            del own[fund]
        if not own:
            del self.paid[key]

    def _augment(self, key: str, want: int) -> int:
        """Move up to ``want`` to an intervention along one path of funds that take over from each other."""
        steps = self._path(key)
        if not steps:
            return 0
        amount = min(want, self.free[steps[-1][1]])
        for (_, fund), (payee, _) in itertools.pairwise(steps):
            amount = min(amount, self.paid[payee][fund])
        for at, (payee, fund) in enumerate(steps):
            if at:
                self._pay(payee, steps[at - 1][1], -amount)
            self._pay(payee, fund, amount)
        self.free[steps[-1][1]] -= amount
        return amount

    def _path(self, key: str) -> list[tuple[str, str]]:
        """Find the shortest chain (payee, fund that is to pay it) that ends at a fund with money."""
        if not any(self.free.values()):
            return []
        came: dict[str, tuple[str, str | None]] = {}
        layer = list[str]()
        for fund in self.compiled.asks[key].funds:
            came[fund] = (key, None)
            layer.append(fund)
        while layer:
            for fund in layer:
                if self.free[fund]:
                    return _trace(came, fund)
            layer = self._next_layer(layer, came)
        return []

    def _next_layer(self, layer: list[str], came: dict[str, tuple[str, str | None]]) -> list[str]:
        found = list[str]()
        for fund in layer:
            for payee in sorted(self.paid):
                if fund in self.paid[payee]:
                    for other in self.compiled.asks[payee].funds:
                        if other not in came:
                            came[other] = (payee, fund)
                            found.append(other)
        return found


def _trace(came: Mapping[str, tuple[str, str | None]], fund: str) -> list[tuple[str, str]]:
    steps, at = list[tuple[str, str]](), fund
    while True:
        payee, before = came[at]
        steps.append((payee, at))
        if before is None:
            return steps[::-1]
        at = before


def _useful(ask: Ask) -> int:
    return sum(width for width, gain in ask.segments if gain)
