"""Which cells to fund when each has a worth of its own and some help, need or hurt each other.

The problem: bonuses are earned together, some interventions need others, starting costs less when last period was
funded too, and overlaps cost. For fixed prices the best choice is a maximum closure, found by one minimum cut.
The flow behind the cut says how worth is handed from cell to cell so that every cell can be judged alone; these
*transfers* prove the bound in closed form, whoever recomputes it.

Notes
-----
Overlaps make the graph double: every node has a mirror, the choice can come out half (roof duality), and the
bound is that of the linear relaxation. scipy wraps capacities to 32 bits without a word, so they are scaled to
stay below 2**30. What is lost to rounding is in the transfers: the bound counts with the transfers themselves.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from .arrays import ProblemArrays

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BIG = 2**30
ROOM = 2**29
MICRO = 10**6
CHAIN = 4  # needs of needs of locked cells that are followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """Worth handed between cells [value units]; flat, in the order of the links.

    Attributes
    ----------
    needs : float [needs x periods]
        From the first to the second.
    bonus : float [members x periods]
        To each member; those of a bonus add up to it.
    overlap : float [overlaps x periods]
        Paid by both, counted once.
    start : float [cells]
        From a cell to the same intervention a period earlier.
    """

    needs: Floats
    bonus: Floats
    overlap: Floats
    start: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The best choice for these worths, and the bound on every choice.

    Attributes
    ----------
    level : float [cells]
        0, 1/2 or 1.
    bound : float [value units]
    net : float [cells], [value units]
        Worth of each cell after transfers: funded when positive.
    transfers : Transfers
    """

    level: Floats
    bound: float
    net: Floats
    transfers: Transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What ties cells together, period by period.

    Attributes
    ----------
    tail, head : int [needs x periods]
        Cells: the first needs the second.
    bonus_of, bonus_cell : int [members x periods]
        Which bonus node, which cell.
    bonus_worth : float [bonus nodes], [value units]
    first, second : int [overlaps x periods]
    overlap_worth : float [overlaps x periods], [value units]
    locked, closed : bool [cells]
    starts : bool [cells]
        A start in this cell is avoided when the period before is funded.
    """

    tail: Ints
    head: Ints
    bonus_of: Ints
    bonus_cell: Ints
    bonus_worth: Floats
    first: Ints
    second: Ints
    overlap_worth: Floats
    locked: Bools
    closed: Bools
    starts: Bools


def list_links(arrays: ProblemArrays) -> Links:
    """List the links of a problem, cell by cell."""
    periods = len(arrays.periods)
    when = np.arange(periods)
    cells = np.arange(len(arrays.open))

    def spread(members: Ints) -> Ints:
        out: Ints = (members[:, None] * periods + when).ravel()
        return out

    sizes = np.concatenate([np.diff(arrays.bonus_ptr), np.diff(arrays.intensity_ptr)])
    members = np.concatenate([arrays.bonus_members, arrays.intensity_members]).astype(np.int64)
    worth = np.concatenate([arrays.bonus_micro, arrays.intensity_micro]) / MICRO
    of = np.repeat(np.arange(len(sizes)), sizes)
    lock = np.repeat(arrays.lock, periods)
    return Links(
        tail=spread(arrays.needs[:, 0]),
        head=spread(arrays.needs[:, 1]),
        bonus_of=spread(of),
        bonus_cell=spread(members),
        bonus_worth=np.repeat(worth, periods),
        first=spread(arrays.overlap[:, 0]),
        second=spread(arrays.overlap[:, 1]),
        overlap_worth=np.repeat(arrays.overlap_micro / MICRO, periods),
        locked=(lock == 1) & arrays.open,
        closed=(lock == -1) | ~arrays.open,
        starts=(np.repeat(arrays.start, periods) > 0) & (cells % periods > 0),
    )


class Closure:
    """The graph of a problem's links, laid out once; only capacities change from price to price."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.cells = len(links.locked)
        self.bonuses = len(links.bonus_worth)
        self.half = self.cells + self.bonuses
        self.doubled = len(links.first) > 0
        self.nodes = self.half * (2 if self.doubled else 1) + 2
        self.source, self.sink = self.nodes - 2, self.nodes - 1
        started = np.flatnonzero(links.starts)
        cells, gifts = np.arange(self.cells), np.arange(self.bonuses) + self.cells
        ends = {
            "up": (np.full(self.cells, self.source), cells),
            "down": (cells, np.full(self.cells, self.sink)),
            "gift": (np.full(self.bonuses, self.source), gifts),
            "share": (links.bonus_of + self.cells, links.bonus_cell),
            "needs": (links.tail, links.head),
            "start": (started, started - 1),
            "overlap": (links.first, links.second + self.half),
        }
        self.started = started
        self.out = np.zeros(self.cells, bool)  # cells that may have to give
        self.out[links.tail] = True
        self.out[started] = True
        self.out[links.first] = True
        self.out[links.second] = True
        self.fed = np.zeros(self.cells, bool)  # cells that may be given to, bonuses apart
        self.fed[links.head] = True
        self.fed[started - 1] = True
        self.fed[links.first] = True
        self.fed[links.second] = True
        self.lead = np.zeros(self.bonuses, np.int64)  # one member of every bonus
        self.lead[links.bonus_of[::-1]] = np.arange(len(links.bonus_of))[::-1]
        self._lay_out(ends)

    def _mirror(self, nodes: Ints) -> Ints:
        out = nodes + self.half
        out[nodes >= self.half] -= 2 * self.half
        out[nodes == self.source] = self.sink
        out[nodes == self.sink] = self.source
        return out

    def _lay_out(self, ends: dict[str, tuple[Ints, Ints]]) -> None:
        arcs = {name: tail * self.nodes + head for name, (tail, head) in ends.items()}
        if self.doubled:
            for name, (tail, head) in ends.items():
                arcs[name + "'"] = self._mirror(head) * self.nodes + self._mirror(tail)
        forward = np.concatenate(list(arcs.values()))
        backward = forward % self.nodes * self.nodes + forward // self.nodes
        keys = np.unique(np.concatenate([forward, backward]))
        tails, self.heads = keys // self.nodes, (keys % self.nodes).astype(np.int32)
        self.ptr = np.searchsorted(tails, np.arange(self.nodes + 1)).astype(np.int32)
        self.tails = tails.astype(np.int32)
        self.at = {name: np.searchsorted(keys, key) for name, key in arcs.items()}
        self.twice = {name: np.setdiff1d(np.arange(len(key)), np.unique(key, return_index=True)[1]) for name, key in arcs.items()}

    def solve(self, worth: Floats, charge: Floats) -> Cut:
        """Cut the graph.

        Parameters
        ----------
        worth : float [cells], [value units]
            What funding the cell alone brings.
        charge : float [cells], [value units]
            Cost of starting that is saved when the period before is funded; 0 where there is none.
        """
        links = self.links
        up, pledge = np.maximum(worth, 0.0), self._pledge(worth, charge)
        certain = (worth >= 0) & ~self.out & ~links.closed | links.locked & ~self.out
        up[~self.out | links.closed] = 0.0
        up += pledge
        gift, fixed = self._gifts(worth, certain)
        total = float(up.sum() + gift.sum()) * (2 if self.doubled else 1)
        scale = ROOM / total if total > 0 else 1.0
        data = np.zeros(len(self.heads), np.int64)
        down = np.minimum(np.maximum(-worth, 0.0) * scale, BIG).astype(np.int64)
        down[links.closed], down[links.locked] = BIG, 0
        down[certain] = 0
        full = {
            "up": (up * scale).astype(np.int64),
            "down": down,
            "gift": (gift * scale).astype(np.int64),
            "share": np.full(len(links.bonus_of), BIG),
            "needs": np.full(len(links.tail), BIG),
            "start": np.minimum(charge[self.started] * scale, BIG).astype(np.int64),
            "overlap": np.minimum(links.overlap_worth * scale, BIG).astype(np.int64),
        }
        for name, capacity in full.items():
            data[self.at[name]] = capacity
            if self.doubled:
                data[self.at[name + "'"]] = capacity
        flow, reached = self._flow(data)
        return self._read(worth, charge, fixed, flow / scale, self._levels(reached, certain))

    def _pledge(self, worth: Floats, charge: Floats) -> Floats:
        """What locked cells can give beyond their own worth, so that what they need is funded."""
        links = self.links
        if not links.locked.any():
            return np.zeros(self.cells)
        due = np.where(links.locked, 0.0, np.maximum(-worth, 0.0))
        total = due
        for _ in range(CHAIN):
            asked = np.bincount(links.tail, np.minimum(total[links.head], BIG), self.cells)
            total = due + asked
        spent = asked + charge + np.bincount(links.first, links.overlap_worth, self.cells)
        spent += np.bincount(links.second, links.overlap_worth, self.cells)
        out: Floats = np.where(links.locked & self.out, spent, 0.0)
        return out

    def _gifts(self, worth: Floats, certain: Bools) -> tuple[Floats, Floats]:
        """Bonuses that enter the flow, and shares of those that need not: all funded, or one beyond help."""
        links = self.links
        if not self.bonuses:
            return np.zeros(0), np.zeros(0)
        hope = worth + np.bincount(links.bonus_cell, links.bonus_worth[links.bonus_of], self.cells)
        lost = ((hope < 0) & ~self.fed & ~links.locked) | links.closed
        member_lost = lost[links.bonus_cell]
        has_lost = np.bincount(links.bonus_of, member_lost, self.bonuses) > 0
        needy = np.bincount(links.bonus_of, ~certain[links.bonus_cell], self.bonuses) > 0
        outside = has_lost | ~needy
        taker = np.full(self.bonuses, -1)
        order = np.flatnonzero(outside[links.bonus_of] & (member_lost | ~has_lost[links.bonus_of]))[::-1]
        taker[links.bonus_of[order]] = order
        fixed = np.zeros(len(links.bonus_of))
        fixed[taker[taker >= 0]] = links.bonus_worth[taker >= 0]
        return np.where(outside, 0.0, links.bonus_worth), fixed

    def _flow(self, data: Ints) -> tuple[Ints, Bools]:
        """Push as much as possible; return the flow on every arc and the nodes on the source's side."""
        graph = sp.csr_array((data.astype(np.int32), self.heads, self.ptr), shape=(self.nodes, self.nodes))
        flow = maximum_flow(graph, self.source, self.sink).flow.data.astype(np.int64)
        open_arc = data > flow
        ptr = np.concatenate([[0], np.cumsum(open_arc)])[self.ptr]
        rest = sp.csr_array(
            (np.ones(int(ptr[-1]), np.int8), self.heads[open_arc], ptr.astype(np.int32)), shape=graph.shape
        )
        reached = np.zeros(self.nodes, bool)
        reached[breadth_first_order(rest, self.source, return_predecessors=False)] = True
        return flow, reached

    def _levels(self, reached: Bools, certain: Bools) -> Floats:
        level = reached[: self.cells].astype(float)
        if self.doubled:
            level = (level + ~reached[self.half : self.half + self.cells]) / 2
        level[certain | self.links.locked] = 1.0
        if self.links.locked.any():
            for _ in range(CHAIN):  # what is locked brings what it needs
                np.maximum.at(level, self.links.head, level[self.links.tail])
        level[self.links.closed] = 0.0
        return level

    def _mean(self, name: str, flow: Floats) -> Floats:
        moved = np.maximum(flow[self.at[name]], 0.0)
        if self.doubled:
            moved = (moved + np.maximum(flow[self.at[name + "'"]], 0.0)) / 2
        moved[self.twice[name]] = 0.0
        return moved

    def _read(self, worth: Floats, charge: Floats, fixed: Floats, flow: Floats, level: Floats) -> Cut:
        links, cells = self.links, self.cells
        needs, share = self._mean("needs", flow), self._mean("share", flow) + fixed
        moved = self._mean("start", flow)
        overlap = np.minimum(self._mean("overlap", flow), links.overlap_worth)
        if self.bonuses:  # nothing is left over
            rest = links.bonus_worth - np.bincount(links.bonus_of, share, self.bonuses)
            share[self.lead] += rest
        start = np.zeros(cells)
        start[self.started] = np.minimum(moved, charge[self.started])
        net = worth + np.bincount(links.bonus_cell, share, cells) - start
        net += np.bincount(links.head, needs, cells) - np.bincount(links.tail, needs, cells)
        net[self.started - 1] += start[self.started]
        net -= np.bincount(links.first, overlap, cells) + np.bincount(links.second, overlap, cells)
        counted = np.where(links.locked, net, np.maximum(net, 0.0))
        counted[links.closed] = 0.0
        return Cut(
            level=level,
            bound=float(counted.sum() + overlap.sum()),
            net=net,
            transfers=Transfers(needs=needs, bonus=share, overlap=overlap, start=start),
        )
