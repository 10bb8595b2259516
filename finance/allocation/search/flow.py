"""Whole minor units from funds to those who may draw on them.

The problem: a solver's amounts are near the right ones, and near is not how money is paid. Here money moves
in integers: from a fund in a period (a **node**) to a **pool**, all awards that the same funds may pay.
When a fund is used up, what it pays elsewhere moves over to another fund that may pay it too, or money is
kept from an earlier period, along one augmenting path. What cannot be moved in whole units is not moved.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..columns import FULL_BP


@dataclass(frozen=True, slots=True)
class Detour:
    """One step of an augmenting path: a node that takes something over.

    Attributes
    ----------
    node : int
        The node that pays from now on.
    before : int
        The node before it on the path, -1 for the first.
    pool : int
        Pool whose payment moves from ``before`` to ``node``; -1 when money is kept instead.

    Examples
    --------
    >>> Detour(node=1, before=0, pool=3).pool
    3
    """

    node: int
    before: int
    pool: int


class Flow:
    """Money that is being drawn from nodes by pools.

    Parameters
    ----------
    supply : sequence of int [minor units]
        What every node has by itself; node ``k = f * periods + t``.
    periods : int [periods]
        Periods in a row of nodes; 1 where nothing is kept.
    carry_limit : sequence of int [minor units]
        By node: most that may be kept for the next one; empty for none.
    fee_bp : sequence of int [basis points]
        By node: part of what is kept that is lost.

    Examples
    --------
    >>> flow = Flow([500, 500])
    >>> both, first = flow.pool([0, 1]), flow.pool([0])
    >>> flow.push(both, 700), flow.push(first, 700), flow.paid[both], flow.paid[first]
    (700, 300, {0: 200, 1: 500}, {0: 300})
    """

    def __init__(
        self,
        supply: Sequence[int],
        *,
        periods: int = 1,
        carry_limit: Sequence[int] = (),
        fee_bp: Sequence[int] = (),
    ) -> None:
        self.periods = periods
        self.free = list(supply)
        self.limit = list(carry_limit) or [0] * len(supply)
        self.fee = list(fee_bp) or [0] * len(supply)
        self.kept = [0] * len(supply)
        self.nodes: list[list[int]] = []
        self.caps: list[dict[int, int]] = []
        self.paid: list[dict[int, int]] = []
        self.served: list[set[int]] = [set() for _ in supply]
        self.dry = set[int]()

    def pool(self, nodes: Sequence[int], caps: dict[int, int] | None = None) -> int:
        """Add a pool that may draw on these nodes, at most so much on each, and return its number."""
        self.nodes.append(list(nodes))
        self.caps.append({} if caps is None else caps)
        self.paid.append({})
        return len(self.nodes) - 1

    def drawn(self, pool: int) -> int:
        """Return what a pool has [minor units]."""
        return sum(self.paid[pool].values())

    def keep(self, node: int, amount: int) -> None:
        """Keep money for the next period, as far as it is there and allowed [minor units]."""
        amount = min(amount, self.limit[node] - self.kept[node], self.free[node])
        if amount > 0:
            arrived = self._arrives(node, self.kept[node] + amount) - self._arrives(node, self.kept[node])
            self.free[node] -= amount
            self.kept[node] += amount
            self.free[node + 1] += arrived

    def push(self, pool: int, want: int) -> int:
        """Draw up to an amount for a pool, and return how much it was [minor units]."""
        given = 0
        while given < want and not self.is_dry(pool):
            path = self._path(pool)
            if not path:
                break
            moved = self._along(pool, path, want - given)
            if not moved:
                break
            given += moved
        return given

    def is_dry(self, pool: int) -> bool:
        """Say whether it is known that a pool can draw nothing more."""
        return all(node in self.dry for node in self.nodes[pool])

    def pull(self, pool: int, amount: int, wanted: frozenset[int] | set[int] = frozenset()) -> None:
        """Give back money of a pool, first to the nodes that want it [minor units]."""
        own = self.paid[pool]
        for node in sorted(own, key=lambda node: (node not in wanted, -node)):
            back = min(amount, own[node])
            self._pay(pool, node, -back)
            self.free[node] += back
            amount -= back
        self.dry.clear()

    def reach(self, pool: int) -> set[int]:
        """Return the nodes that a pool can draw on, directly or when others give way."""
        return set(self._search(pool)[0])

    def settle(self) -> None:
        """Keep no more than later periods use."""
        for node in sorted(range(len(self.kept)), key=lambda node: -(node % self.periods)):
            if self.kept[node] and self.free[node + 1]:
                used = self._arrives(node, self.kept[node]) - self.free[node + 1]
                gross = self._gross(node, max(0, used))
                arrived = self._arrives(node, self.kept[node]) - self._arrives(node, gross)
                self.free[node + 1] -= arrived
                self.free[node] += self.kept[node] - gross
                self.kept[node] = gross

    def _arrives(self, node: int, amount: int) -> int:
        return amount * (FULL_BP - self.fee[node]) // FULL_BP

    def _gross(self, node: int, arriving: int) -> int:
        """Return the least that must be kept for so much to arrive."""
        part = FULL_BP - self.fee[node]
        return -(-arriving * FULL_BP // part) if part else 0

    def _pay(self, pool: int, node: int, amount: int) -> None:
        own = self.paid[pool]
        own[node] = own.get(node, 0) + amount
        if own[node]:
            self.served[node].add(pool)
        else:
            del own[node]
            self.served[node].discard(pool)

    def _room(self, pool: int, node: int) -> int | None:
        """Return what a pool may still draw on a node, None for any amount."""
        cap = self.caps[pool].get(node)
        return None if cap is None else cap - self.paid[pool].get(node, 0)

    def _search(self, pool: int) -> tuple[dict[int, Detour], int]:
        """Look for a node with free money, nearest first; -1 when there is none."""
        came: dict[int, Detour] = {}
        queue = deque[int]()
        for node in self.nodes[pool]:
            if self._room(pool, node) != 0:
                came[node] = Detour(node, -1, pool)
                queue.append(node)
        while queue:
            node = queue.popleft()
            if self.free[node]:
                return came, node
            for step in self._next(node, came):
                came[step.node] = step
                queue.append(step.node)
        return came, -1

    def _next(self, node: int, came: dict[int, Detour]) -> list[Detour]:
        found: dict[int, Detour] = {}
        for pool in sorted(self.served[node]):
            if len(found) + len(came) == len(self.free):
                break
            for other in self.nodes[pool]:
                if other not in came and other not in found and self._room(pool, other) != 0:
                    found[other] = Detour(other, node, pool)
        before, after = node - 1, node + 1
        if node % self.periods and before not in came and self._may_keep(before):
            found.setdefault(before, Detour(before, node, -1))
        if self.kept[node] and after not in came:
            found.setdefault(after, Detour(after, node, -1))
        return list(found.values())

    def _may_keep(self, node: int) -> bool:
        return self.kept[node] < self.limit[node] and self.fee[node] < FULL_BP

    def _path(self, pool: int) -> list[Detour]:
        came, end = self._search(pool)
        if end < 0:
            self.dry |= set(came)
            return []
        steps = [came[end]]
        while steps[-1].before >= 0:
            steps.append(came[steps[-1].before])
        return steps[::-1]

    def _along(self, pool: int, path: list[Detour], want: int) -> int:
        """Move as much as one path carries, and return how much that was."""
        amounts = self._amounts(pool, path, want)
        while isinstance(amounts, Fraction):  # a step carries less: as much less is wanted
            want = min(want - 1, int(want * amounts))
            amounts = self._amounts(pool, path, want)
        if not want:
            return 0
        for step, asked, given in zip(path, [want, *amounts], amounts, strict=False):
            if step.before < 0:
                self._pay(pool, step.node, given)
            elif step.pool >= 0:
                self._pay(step.pool, step.before, -given)
                self._pay(step.pool, step.node, given)
            elif step.node < step.before:
                self.kept[step.node] += given
            else:
                self.kept[step.before] -= asked
        self.free[path[-1].node] -= amounts[-1]
        return want

    def _amounts(self, pool: int, path: list[Detour], want: int) -> list[int] | Fraction:
        """Return what every node on a path gives for an amount, or the part that a step can carry."""
        amounts, amount = list[int](), want
        for step in path:
            asked = amount
            if step.before < 0:
                room = self._room(pool, step.node)
                most = asked if room is None else room
            elif step.pool >= 0:
                room, most = self._room(step.pool, step.node), self.paid[step.pool][step.before]
                most = most if room is None else min(most, room)
            elif step.node < step.before:
                kept = self.kept[step.node]
                amount = self._gross(step.node, self._arrives(step.node, kept) + asked) - kept
                asked, most = amount, self.limit[step.node] - kept
            else:
                kept = most = self.kept[step.before]
                left = max(0, kept - asked)
                amount = self._arrives(step.before, kept) - self._arrives(step.before, left)
            if asked > most:
                return Fraction(most, asked)
            amounts.append(amount)
        free = self.free[path[-1].node]
        return amounts if amount <= free else Fraction(free, amount)
