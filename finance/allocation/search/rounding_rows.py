"""Rules about amounts while awards are being rounded: how much room each award has up and down.

The problem: a minor unit more here can be one too many there. Every rule about money is a row ``sum of
weight * award <= right-hand side`` in whole numbers; its slack follows each unit that moves. Floors of
metrics, churn and concentration change their weights with the award, so steps end where a weight changes.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..arrays import UNSET, ProblemArrays
from ..columns import FULL_BP
from ..problem import period_label, rule_id
from ..tables import Int

Weights = dict[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of a response, upwards or downwards.

    Attributes
    ----------
    room : int [minor units]
        To its end.
    gain : int [micro value per 1,000 major units]
        What money in it brings.
    metrics : tuple of int [micro outcome per 1,000 major units]
        The same for every metric.

    Examples
    --------
    >>> Piece(5, 2, ()).room
    5
    """

    room: int
    gain: int
    metrics: tuple[int, ...]


class AmountRows:
    """The rules about amounts, for one choice of cells, as they stand.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    working : dict of int
        Working money of every chosen cell [minor units].
    base : dict of int
        Fixed and start cost of every chosen cell [minor units].
    low, high : int array [cells] [minor units]
        Bounds of working money; equal where a tranche fixes it.
    """

    def __init__(
        self, arrays: ProblemArrays, working: dict[int, int], base: dict[int, int], low: Int, high: Int
    ) -> None:
        self.arrays = arrays
        self.low = low
        self.high = high
        self.working = working
        self.base = base
        self.rules: list[str] = []
        self.slack: list[int] = []
        self.is_floor: list[bool] = []
        self.own = defaultdict[int, Weights](dict)
        self.everywhere: list[Weights] = [{} for _ in arrays.periods]
        self.members: list[list[int]] = []
        self._limits()
        self._single()
        self._actors()
        self._metrics = self._metric_rows()
        self._churn = self._churn_row()
        self._top = self._concentration_rows()

    def award(self, cell: int) -> int:
        """Return the award of a chosen cell [minor units]."""
        return self.base[cell] + self.working[cell]

    def up(self, cell: int) -> Piece:
        """Return the piece of the response in which the next unit falls."""
        return self._piece(cell, self.working[cell], 1)

    def down(self, cell: int) -> Piece:
        """Return the piece of the response in which the last unit lies."""
        return self._piece(cell, self.working[cell], -1)

    def room(self, cell: int, skip: int = -1) -> int:
        """Return how much one step may add to a cell, whatever funds have [minor units].

        Parameters
        ----------
        cell : int
            A chosen cell.
        skip : int
            A row that does not count.
        """
        return self._most(cell, self.up(cell), 1, skip)

    def spare(self, cell: int, skip: int = -1) -> int:
        """Return how much one step may take from a cell [minor units].

        Parameters
        ----------
        cell : int
            A chosen cell.
        skip : int
            A row that does not count.
        """
        return self._most(cell, self.down(cell), -1, skip)

    def weights(self, cell: int, sign: int) -> Weights:
        """Return how the next unit up (1) or down (-1) weighs in every row that it touches."""
        found = dict(self.everywhere[cell % self.arrays.period_count])
        for row, weight in self.own.get(cell, {}).items():
            found[row] = found.get(row, 0) + weight
        if self._metrics:
            piece = self.up(cell) if sign > 0 else self.down(cell)
            for row, metric in self._metrics:
                found[row] = -piece.metrics[metric]
        if self._churn >= 0:
            before, award = int(self.arrays.previous[cell]), self.award(cell)
            if award < before or (award == before and sign < 0):
                found[self._churn] = -FULL_BP
        for row, period, share, top, _ in self._top:
            if period in {-1, cell % self.arrays.period_count}:
                found[row] = (FULL_BP if cell // self.arrays.period_count in top else 0) - share
        return found

    def move(self, cell: int, amount: int) -> None:
        """Add an amount to a cell, or take it away when it is negative, within one piece [minor units]."""
        for row, weight in self.weights(cell, 1 if amount > 0 else -1).items():
            self.slack[row] -= weight * amount
        self.working[cell] += amount
        periods = self.arrays.period_count
        for _, period, _, _, awards in self._top:
            if period in {-1, cell % periods}:
                awards[cell // periods] += amount

    def short(self) -> list[int]:
        """Return the rows that are broken."""
        return [row for row, slack in enumerate(self.slack) if slack < 0]

    def cells(self, row: int) -> Iterable[int]:
        """Return the chosen cells whose awards weigh in a row."""
        own = self.members[row]
        return own or sorted(self.working)

    def _most(self, cell: int, piece: Piece, sign: int, skip: int) -> int:
        most = min(piece.room, self._step(cell, sign))
        for row, weight in self.weights(cell, sign).items():
            if row != skip and weight * sign > 0:
                most = min(most, max(0, self.slack[row]) // abs(weight))
        return most

    def _step(self, cell: int, sign: int) -> int:
        """Return how far the weights of a cell stay what they are [minor units]."""
        step, award = int(self.high[cell]), self.award(cell)
        before = int(self.arrays.previous[cell])
        if self._churn >= 0 and (before - award) * sign > 0:
            step = abs(before - award)
        periods = self.arrays.period_count
        for _, period, _, top, awards in self._top:
            if period in {-1, cell % periods}:
                at = cell // periods
                is_in, edge = at in top, min((awards[one] for one in top), default=0)
                if is_in == (sign < 0):  # neither may cross the smallest of the largest
                    step = min(step, max(0, (awards[at] - edge) * -sign))
        return step

    def refresh(self) -> None:
        """Look again which awards are the largest."""
        self._top = [
            (row, period, share, *self._largest(len(top), period)) for row, period, share, top, _ in self._top
        ]

    def _piece(self, cell: int, working: int, sign: int) -> Piece:
        arrays = self.arrays
        low, high = int(self.low[cell]), int(self.high[cell])
        end = 0
        caps = arrays.cap[cell].tolist()
        for at, cap in enumerate(caps):
            begin, end = end, end + cap
            if (begin <= working < end) if sign > 0 else (begin < working <= end):
                room = min(end, high) - working if sign > 0 else working - max(begin, low)
                gain, metrics = arrays.gain[cell, at], arrays.metric_gain[:, cell, at]
                if room > 0:
                    return Piece(room, int(gain), tuple(metrics.tolist()))
        return Piece(0, 0, (0,) * len(arrays.metric_ids))

    def _add(self, rule: str, rhs: int, cells: Iterable[int], weight: int, *, is_floor: bool = False) -> int:
        row = len(self.rules)
        held = [cell for cell in cells if cell in self.working]
        self.rules.append(rule)
        self.is_floor.append(is_floor)
        self.members.append(held)
        for cell in held:
            self.own[cell][row] = weight
        self.slack.append(rhs - weight * sum(self.award(cell) for cell in held))
        return row

    def _spread(self, row: int, period: int, weight: int) -> None:
        """Let every award of a period weigh in a row, beside what its members weigh."""
        periods = self.arrays.period_count
        self.members[row] = []
        for t in range(periods):
            if period in {-1, t}:
                self.everywhere[t][row] = weight
        spent = sum(self.award(cell) for cell in self.working if period in {-1, cell % periods})
        self.slack[row] -= weight * spent

    def _limits(self) -> None:
        limits, periods = self.arrays.limits, self.arrays.period_count
        for at in range(len(limits)):
            period = int(limits.period[at])
            when = range(periods) if period < 0 else [period]
            cells = [i * periods + t for i in limits.members.at(at).tolist() for t in when]
            tail = (limits.kind[at], limits.group[at], period_label(period))
            if (floor := int(limits.floor[at])) > 0:
                self._add(rule_id("floor", *tail), -floor, cells, -1, is_floor=True)
            if (cap := int(limits.cap[at])) != UNSET:
                self._add(rule_id("cap", *tail), cap, cells, 1)
            if (part := int(limits.floor_bp[at])) > 0:
                row = self._add(rule_id("floor-share", *tail), 0, cells, -FULL_BP, is_floor=True)
                self._spread(row, period, part)
            if (part := int(limits.cap_bp[at])) != UNSET:
                row = self._add(rule_id("cap-share", *tail), 0, cells, FULL_BP)
                self._spread(row, period, -part)

    def _single(self) -> None:
        """Add overrides of single awards."""
        arrays, periods = self.arrays, self.arrays.period_count
        for at, amount in enumerate(arrays.at_least.tolist()):
            cells = range(at * periods, (at + 1) * periods)
            who = arrays.intervention_ids[at]
            if amount != UNSET:
                self._add(rule_id("at-least", who), -amount, cells, -1, is_floor=True)
            if (most := int(arrays.at_most[at])) != UNSET:
                self._add(rule_id("at-most", who), most, cells, 1)

    def _actors(self) -> None:
        """Add what actors can take on of awards that are parted by shares."""
        actors, periods = self.arrays.actors, self.arrays.period_count
        rows: dict[tuple[int, int], int] = {}
        parts = zip(
            actors.intervention.tolist(), actors.actor.tolist(), actors.share_bp.tolist(), strict=True
        )
        for at, actor, share in parts:
            for t in range(periods):
                cap, cell = int(actors.cap[actor, t]), at * periods + t
                if UNSET in {share, cap} or cell not in self.working:
                    continue
                if (actor, t) not in rows:
                    rule = rule_id("actor", actors.ids[actor], t)
                    rows[actor, t] = self._add(rule, cap * FULL_BP, [], 1)
                row = rows[actor, t]
                self.own[cell][row] = share
                self.members[row].append(cell)
                self.slack[row] -= share * self.award(cell)

    def _metric_rows(self) -> list[tuple[int, int]]:
        arrays, found = self.arrays, list[tuple[int, int]]()
        for at, floor in enumerate(arrays.metric_floor.tolist()):
            if floor > 0:
                rule = rule_id("metric", arrays.metric_ids[at])
                row = self._add(rule, -floor * arrays.minor_per_block, [], 0, is_floor=True)
                for cell, left in self.working.items():
                    money = left
                    for cap, gain in zip(
                        arrays.cap[cell].tolist(), arrays.metric_gain[at, cell].tolist(), strict=True
                    ):
                        self.slack[row] += gain * min(cap, money)
                        money -= min(cap, money)
                found.append((row, at))
        return found

    def _churn_row(self) -> int:
        arrays = self.arrays
        if arrays.churn_bp == UNSET:
            return -1
        earlier = {cell: int(arrays.previous[cell]) for cell in range(len(arrays.previous))}
        row = self._add(
            rule_id("churn"), arrays.churn_bp * sum(max(0, one) for one in earlier.values()), [], 0
        )
        for cell, before in earlier.items():
            award = self.award(cell) if cell in self.working else 0
            self.slack[row] -= FULL_BP * max(0, before - award)
        return row

    def _concentration_rows(self) -> list[tuple[int, int, int, set[int], dict[int, int]]]:
        found = list[tuple[int, int, int, set[int], dict[int, int]]]()
        for count, share, period in self.arrays.concentration.tolist():
            top, awards = self._largest(count, period)
            rhs = share * sum(awards.values()) - FULL_BP * sum(awards[one] for one in top)
            row = self._add(rule_id("concentration", count, period_label(period)), rhs, [], 0)
            found.append((row, period, share, top, awards))
        return found

    def _largest(self, count: int, period: int) -> tuple[set[int], dict[int, int]]:
        awards, periods = dict[int, int](), self.arrays.period_count
        for cell in self.working:
            if period in {-1, cell % periods}:
                awards[cell // periods] = awards.get(cell // periods, 0) + self.award(cell)
        return set(heapq.nlargest(count, sorted(awards), key=awards.__getitem__)), awards
