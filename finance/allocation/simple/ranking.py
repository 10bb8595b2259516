"""The order in which simple rules look at interventions, and the steps they take in it.

The problem: "best value for money first" is only well defined once it is said which amount counts, what comes
along with an intervention that needs others, and which duties come before any order. All of it is said here,
once for every simple rule.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np

from ...errors import Infeasible
from ..arrays import UNSET
from ..problem import rule_id
from .building import Builder

Heap = list[tuple[Fraction | int, int]]


class Ranking:
    """All cells in order of the value per unit of money of each with all it needs; ties by id.

    Parameters
    ----------
    builder : Builder
        Still empty.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "a"}, {"intervention_id": "b"}],
    ...   "response": [{"intervention_id": "a", "cap_minor": 900, "gain_micro_per_k": 1000000},
    ...     {"intervention_id": "b", "cap_minor": 900, "gain_micro_per_k": 2000000}]}''')
    >>> Ranking(Builder(problem.arrays)).order
    [1, 0]
    """

    def __init__(self, builder: Builder) -> None:
        self.arrays, self.periods = builder.arrays, builder.periods
        self.needs: list[list[int]] = [[] for _ in range(self.arrays.n)]
        for first, second in self.arrays.needs.tolist():
            self.needs[first].append(second)
        self.choices: list[list[list[int]]] = [[] for _ in range(self.arrays.n)]
        for number in range(len(self.arrays.any_of)):
            first, *rest = self.arrays.any_of.at(number).tolist()
            self.choices[first].append(rest)
        can = [cell for cell in range(len(self.arrays.open)) if builder.may_open(cell)]
        self.best = {cell: self._best(builder, cell) for cell in can}
        found = {cell: self._merit(builder, cell) for cell in can}
        self.merits = {cell: merit for cell, merit in found.items() if merit is not None}
        self.order = sorted(self.merits, key=lambda cell: (-self.merits[cell], cell))

    @cached_property
    def place(self) -> dict[int, int]:
        """Position of every cell in the order."""
        return {cell: place for place, cell in enumerate(self.order)}

    def closure(self, builder: Builder, cell: int) -> list[int] | None:
        """Return a cell with all that has to be funded with it, or None when that cannot be.

        Parameters
        ----------
        builder : Builder
            What is funded already; it decides which of several alternatives is taken.
        cell : int [position]
            Intervention and period.
        """
        period, found, waiting = cell % self.periods, dict[int, None](), [cell // self.periods]
        while waiting:
            who = waiting.pop()
            if who in found:
                continue
            if who * self.periods + period not in self.best:
                return None
            found[who] = None
            waiting += self.needs[who]
            for rest in self.choices[who]:
                if any(other in found or other * self.periods + period in builder.working for other in rest):
                    continue
                usable = [other for other in rest if other * self.periods + period in self.best]
                if not usable:
                    return None
                waiting.append(min(usable, key=lambda other: self._preference(other * self.periods + period)))
        return [who * self.periods + period for who in sorted(found)]

    def serve(self, builder: Builder) -> None:
        """Fund what must be funded, then raise groups to floors and decided awards to their amounts.

        Raises
        ------
        Infeasible
            When something that must be funded cannot be paid.
        """
        for cell in np.flatnonzero(self.arrays.must).tolist():
            if not self._open(builder, cell):
                who = self.arrays.intervention_ids[cell // self.periods]
                raise Infeasible(
                    f"{who} must be funded, and this simple rule cannot pay it.", rules=[rule_id("lock", who)]
                )
        for limit in range(len(self.arrays.limits)):
            self._serve_limit(builder, limit)
        for number, least in enumerate(self.arrays.at_least.tolist()):
            cells = [number * self.periods + period for period in range(self.periods)]
            for cell in sorted((cell for cell in cells if cell in self.place), key=self.place.__getitem__):
                if builder.total(number) < least and self._open(builder, cell):
                    builder.grow(cell, builder.working[cell] + least - builder.total(number))

    def add_all(self, builder: Builder) -> None:
        """Fund or enlarge, one after the other, what adds most per unit of money, as long as it can be paid.

        What a cell adds counts synergies with all that is funded by then, and money only for what is not. An
        award is enlarged when its next piece brings more than anything new would.

        Parameters
        ----------
        builder : Builder
            What is funded already.
        """
        usable = set(self.order)
        heap: Heap = [(-self.merits[cell], cell) for cell in self.order if cell not in builder.working]
        heap += self._raised(builder, builder.working)
        heap += [(-gain, cell) for cell in builder.working if (gain := self._piece(builder, cell)[0])]
        heapify(heap)
        while heap:
            key, cell = heappop(heap)
            if cell not in usable:
                continue
            if cell in builder.working:
                self._enlarge(builder, cell, key, heap)
                continue
            new = self._missing(builder, cell)
            merit = self._added(builder, new) if new else Fraction(0)
            if -merit > key:
                heappush(heap, (-merit, cell))
            elif merit > 0 and builder.open(new):
                for one in new:
                    builder.grow(one, self.best[one])
                    heappush(heap, (-self._piece(builder, one)[0], one))
                for raised in self._raised(builder, new):
                    heappush(heap, raised)
            else:
                usable.discard(cell)

    def spend(self, builder: Builder) -> int:
        """Give the money that is left to the highest gains; return how much it was [minor units]."""
        pieces = []
        for cell in builder.working:
            end = 0
            for width, gain in zip(
                self.arrays.cap[cell].tolist(), self.arrays.gain[cell].tolist(), strict=True
            ):
                end += width
                if gain and end > builder.working[cell]:
                    pieces.append((-gain, cell, end))
        return sum(builder.grow(cell, end) for _, cell, end in sorted(pieces))

    def _serve_limit(self, builder: Builder, limit: int) -> None:
        bounds = self.arrays.limits
        count = int(bounds.floor_count[limit])
        if not builder.short(limit) and count == UNSET:
            return
        members, period = set(bounds.members.at(limit).tolist()), int(bounds.period[limit])
        cells = [
            cell
            for cell in self.order
            if cell // self.periods in members and period in {UNSET, cell % self.periods}
        ]
        for cell in cells:
            if builder.short(limit) or builder.count[limit] < count:
                self._open(builder, cell)
        for cell in cells:
            if builder.short(limit) and cell in builder.working:
                builder.grow(cell, builder.working[cell] + builder.short(limit))

    def _open(self, builder: Builder, cell: int) -> bool:
        """Fund a cell whatever it brings; tell whether it is funded."""
        group = self.closure(builder, cell)
        return cell in builder.working or (group is not None and builder.open(group))

    def _enlarge(self, builder: Builder, cell: int, key: Fraction | int, heap: Heap) -> None:
        """Enlarge an award by its next piece unless that brings less than thought; queue what follows."""
        gain, end = self._piece(builder, cell)
        if not gain:
            return
        if -gain > key:
            heappush(heap, (-gain, cell))
        elif builder.grow(cell, end) and builder.working[cell] == end:
            heappush(heap, (-self._piece(builder, cell)[0], cell))

    def _piece(self, builder: Builder, cell: int) -> tuple[Fraction | int, int]:
        """Return the best gain per unit of money of a larger award, and the working money it ends at."""
        held, high, end = builder.working[cell], builder.high[cell], 0
        ends = []
        for width in self.arrays.cap[cell].tolist():
            end += width
            ends.append(min(end, high))
        steps = builder.allowed(cell) if len(self.arrays.levels.at(cell)) else ends
        now = builder.grains(cell, held)
        return max(
            ((Fraction(builder.grains(cell, end) - now, end - held), end) for end in steps if end > held),
            default=(0, held),
        )

    def _missing(self, builder: Builder, cell: int) -> list[int]:
        """Return what would have to be funded for a cell and is not; nothing when it cannot be."""
        return [one for one in self.closure(builder, cell) or () if one not in builder.working]

    def _added(self, builder: Builder, new: Sequence[int]) -> Fraction:
        """Return what cells add per unit of the money they take."""
        cost = sum(
            int(self.arrays.fixed[one // self.periods])
            + int(self.arrays.start[one // self.periods])
            + self.best[one]
            for one in new
        )
        value = sum(builder.grains(one, self.best[one]) for one in new) + builder.together(new)
        return Fraction(value, max(1, cost))

    def _raised(self, builder: Builder, funded: Iterable[int]) -> Heap:
        """Return the heap entries of those who add more now that others are funded."""
        partners = {
            who * self.periods + cell % self.periods
            for cell in funded
            for number in builder.partners[cell // self.periods]
            for who in self.arrays.bonus.at(number).tolist()
        }
        missing = {cell: self._missing(builder, cell) for cell in sorted(partners & self.merits.keys())}
        return [(-self._added(builder, new), cell) for cell, new in missing.items() if new]

    def _best(self, builder: Builder, cell: int) -> int:
        """Return the working amount that brings most per unit of the award, the largest among equals."""
        amounts, end = set(builder.allowed(cell)), 0
        if not len(self.arrays.levels.at(cell)):
            for width in self.arrays.cap[cell].tolist():
                end += width
                if builder.low[cell] < end < builder.high[cell]:
                    amounts.add(end)
        base = int(self.arrays.fixed[cell // self.periods]) + int(self.arrays.start[cell // self.periods])
        return max(
            amounts,
            key=lambda amount: (Fraction(builder.grains(cell, amount), max(1, base + amount)), amount),
        )

    def _merit(self, builder: Builder, cell: int) -> Fraction | None:
        group = self.closure(builder, cell)
        return None if group is None else self._added(builder, group)

    def _preference(self, cell: int) -> tuple[Fraction, int]:
        """Order alternatives by their own value per unit of money; ties by id."""
        held = self.best[cell]
        base = int(self.arrays.fixed[cell // self.periods]) + held
        widths = zip(self.arrays.cap[cell].tolist(), self.arrays.gain[cell].tolist(), strict=True)
        value = 0
        for width, gain in widths:
            value += min(held, width) * gain
            held -= min(held, width)
        return Fraction(-value, max(1, base)), cell
