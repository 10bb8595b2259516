"""Which cells to fund when each has a worth of its own and some help, need or hurt each other.

The problem: bonuses are earned together, some interventions need others, starting costs less when the
period before was funded too, and overlaps cost. For fixed prices the best choice is a maximum closure,
found by one minimum cut. The flow behind the cut says how worth is handed from cell to cell so that every
cell can be judged alone; these *transfers* prove the bound in closed form, whoever recomputes it.

Notes
-----
Overlaps make the graph double: every node has a mirror, the choice can come out half (roof duality), and
the bound is that of the linear relaxation. scipy wraps capacities to 32 bits without a word, so they are
scaled to stay below 2**30. What is lost to rounding is in the transfers: the bound counts with them as they
are.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from ..arrays import ProblemArrays

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BIG = 2**30
ROOM = 2**29
MICRO = 10**6
FINEST, TINY = 1e-6, 1e-12  # of the largest worth, and at all: what a unit of flow resolves
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
class ClosureCut:
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
class CellLinks:
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


def list_links(arrays: ProblemArrays) -> CellLinks:
    """List the links of a problem, cell by cell."""
    periods = arrays.period_count
    when = np.arange(periods)
    cells = np.arange(len(arrays.open))

    def spread(members: Ints) -> Ints:
        out: Ints = (members[:, None] * periods + when).ravel()
        return out

    sizes = np.concatenate([np.diff(arrays.bonus.ptr), np.diff(arrays.intensity.ptr)])
    members = np.concatenate([arrays.bonus.items, arrays.intensity.items])
    worth = np.concatenate([arrays.bonus_micro, arrays.intensity_micro]) / MICRO
    of = np.repeat(np.arange(len(sizes)), sizes)
    lock = np.repeat(arrays.lock, periods)
    return CellLinks(
        tail=spread(arrays.needs[:, 0]),
        head=spread(arrays.needs[:, 1]),
        bonus_of=spread(of),
        bonus_cell=spread(members),
        bonus_worth=np.repeat(worth, periods),
        first=spread(arrays.overlap[:, 0]),
        second=spread(arrays.overlap[:, 1]),
        overlap_worth=np.repeat(arrays.overlap_micro / MICRO, periods),
        locked=arrays.must & (lock >= 0),
        closed=(lock == -1) | ~arrays.open,
        starts=(np.repeat(arrays.start, periods) > 0) & (cells % periods > 0),
    )


class Closure:
    """The graph of a problem's links, laid out once; only capacities change from price to price.

    The transfers of the last call are the flow that the next one starts from: little remains to be pushed.
    """

    def __init__(self, links: CellLinks) -> None:
        self.links = links
        self.cells = len(links.locked)
        self.bonuses = len(links.bonus_worth)
        self.half = self.cells + self.bonuses
        self.doubled = len(links.first) > 0
        self.nodes = self.half * (2 if self.doubled else 1) + 2
        self.source, self.sink = self.nodes - 2, self.nodes - 1
        self.started = np.flatnonzero(links.starts)
        cells = np.arange(self.cells)
        self.lead = np.zeros(self.bonuses, np.int64)  # one member of every bonus
        self.lead[links.bonus_of[::-1]] = np.arange(len(links.bonus_of))[::-1]
        self.needing = np.zeros(self.cells, bool)
        self.needing[links.tail] = True
        self.needed = np.zeros(self.cells, bool)
        self.needed[links.head] = True
        self._lay_out(
            {
                "up": (np.full(self.cells, self.source), cells),
                "down": (cells, np.full(self.cells, self.sink)),
                "share": (links.bonus_of + self.cells, links.bonus_cell),
                "needs": (links.tail, links.head),
                "start": (self.started, self.started - 1),
                "overlap": (links.first, links.second + self.half),
            }
        )
        sizes = np.bincount(links.bonus_of, minlength=self.bonuses)
        self.last = Transfers(
            needs=np.zeros(len(links.tail)),
            bonus=(links.bonus_worth / np.maximum(sizes, 1))[links.bonus_of],
            overlap=np.zeros(len(links.first)),
            start=np.zeros(self.cells),
        )

    def _mirror(self, nodes: Ints) -> Ints:
        out = np.where(nodes < self.half, nodes + self.half, nodes - self.half)
        out[nodes == self.source] = self.sink
        out[nodes == self.sink] = self.source
        return out

    def _lay_out(self, ends: dict[str, tuple[Ints, Ints]]) -> None:
        arcs = {name: tail * self.nodes + head for name, (tail, head) in ends.items()}
        if self.doubled:
            for name, (tail, head) in ends.items():
                arcs[name + "'"] = self._mirror(head) * self.nodes + self._mirror(tail)
        back = {name: key % self.nodes * self.nodes + key // self.nodes for name, key in arcs.items()}
        keys = np.unique(np.concatenate([*arcs.values(), *back.values()]))
        self.heads = (keys % self.nodes).astype(np.int32)
        self.ptr = np.searchsorted(keys // self.nodes, np.arange(self.nodes + 1)).astype(np.int32)
        self.at = {name: np.searchsorted(keys, key) for name, key in arcs.items()}
        self.back = {name: np.searchsorted(keys, key) for name, key in back.items()}
        self.twice = np.setdiff1d(
            np.arange(len(arcs["needs"])), np.unique(arcs["needs"], return_index=True)[1]
        )
        mate = dict(zip(arcs["needs"].tolist(), range(len(arcs["needs"])), strict=True))
        self.mate = np.array([mate.get(key, -1) for key in back["needs"].tolist()], np.int64)

    def solve(self, worth: Floats, charge: Floats) -> ClosureCut:
        """Cut the graph.

        Parameters
        ----------
        worth : float [cells], [value units]
            What funding the cell alone brings.
        charge : float [cells], [value units]
            Cost of starting that is saved when the period before is funded; 0 where there is none.
        """
        links, last = self.links, self.last
        last = Transfers(
            needs=last.needs,
            bonus=last.bonus,
            overlap=last.overlap,
            start=np.minimum(last.start, charge),
        )
        net = self.net(worth, last)
        up, down = self._ends(net, charge, last)
        total = float(up.sum() + (down[down < BIG].sum() if self.doubled else 0.0))
        scale = ROOM / max(total, FINEST * float(np.abs(net).max(initial=0.0)), TINY)
        room = {  # what more an arc can carry, and what it can take back
            "up": (up, None),
            "down": (down, None),
            "share": (np.full(len(last.bonus), np.inf), last.bonus),
            "needs": (np.full(len(last.needs), np.inf), last.needs),
            "start": ((charge - last.start)[self.started], last.start[self.started]),
            "overlap": (links.overlap_worth - last.overlap, last.overlap),
        }
        data = np.zeros(len(self.heads), np.int64)
        for name, (ahead, behind) in room.items():
            for key in (name, name + "'") if self.doubled else (name,):
                data[self.at[key]] += np.minimum(ahead * scale, BIG).astype(np.int64)
                if behind is not None:
                    data[self.back[key]] += np.minimum(behind * scale, BIG).astype(np.int64)
        np.minimum(data, BIG, out=data)
        flow = self._push(data)
        moved = self._moved(flow, scale, last, charge)
        self.last = moved
        net = self.net(worth, moved)
        counted = np.where(links.locked, net, np.maximum(net, 0.0))
        counted[links.closed] = 0.0
        return ClosureCut(
            level=self._levels(data, flow, net, scale),
            bound=float(counted.sum() + moved.overlap.sum()),
            net=net,
            transfers=moved,
        )

    def net(self, worth: Floats, moved: Transfers) -> Floats:
        """Return what each cell is worth after transfers [value units]."""
        links, cells = self.links, self.cells
        net: Floats = worth - moved.start
        net[self.started - 1] += moved.start[self.started]
        if self.bonuses:
            net += np.bincount(links.bonus_cell, moved.bonus, cells)
        if len(links.tail):
            net += np.bincount(links.head, moved.needs, cells) - np.bincount(links.tail, moved.needs, cells)
        if self.doubled:
            net -= np.bincount(links.first, moved.overlap, cells)
            net -= np.bincount(links.second, moved.overlap, cells)
        return net

    def _ends(self, net: Floats, charge: Floats, last: Transfers) -> tuple[Floats, Floats]:
        """Return what a cell can give and take: no more than its links could carry."""
        links, cells = self.links, self.cells
        give = np.bincount(links.bonus_cell, last.bonus, cells) + charge - last.start
        give += np.bincount(links.head, last.needs, cells)
        give[self.started - 1] += last.start[self.started]
        take = np.full(cells, np.inf)
        if self.doubled:
            clash = np.bincount(links.first, links.overlap_worth, cells)
            clash += np.bincount(links.second, links.overlap_worth, cells)
            give += clash
            others = (links.bonus_worth[links.bonus_of] - last.bonus) if self.bonuses else np.zeros(0)
            take = np.bincount(links.bonus_cell, others, cells) + clash + last.start
            take += np.bincount(links.tail, last.needs, cells)
            take[self.started - 1] += (charge - last.start)[self.started]
            take[self.needed] = np.inf
        back = give.copy()
        give[self.needing] = np.inf
        up = np.minimum(np.maximum(net, 0.0), give)
        down = np.minimum(np.maximum(-net, 0.0), take)
        up[links.closed], down[links.closed] = 0.0, BIG
        if links.locked.any():
            up = np.where(links.locked, back + self._pledge(net, back), up)
            down = np.where(links.locked, 0.0, down)
        return up, down

    def _pledge(self, net: Floats, back: Floats) -> Floats:
        """Return what locked cells can give beyond their own worth, so that what they need is funded."""
        links = self.links
        due = np.where(links.locked, 0.0, np.maximum(-net, 0.0) + back)
        asked = np.zeros(self.cells)
        for _ in range(CHAIN):
            total = due + asked
            asked = np.asarray(np.bincount(links.tail, np.minimum(total[links.head], BIG), self.cells), float)
        clash = np.bincount(links.first, links.overlap_worth, self.cells)
        clash += np.bincount(links.second, links.overlap_worth, self.cells)
        out: Floats = np.where(links.locked, asked + clash, 0.0)
        return out

    def _push(self, data: Ints) -> Ints:
        """Push as much as possible; return the flow on every arc."""
        shape = (self.nodes, self.nodes)
        graph = sp.csr_array((data.astype(np.int32), self.heads, self.ptr), shape=shape)
        return np.asarray(maximum_flow(graph, self.source, self.sink).flow.data, np.int64)

    def _moved(self, flow: Ints, scale: float, last: Transfers, charge: Floats) -> Transfers:
        """Add what was pushed to the transfers of before."""
        links = self.links

        def pushed(name: str) -> Floats:
            out: Floats = flow[self.at[name]] / scale
            return (out + flow[self.at[name + "'"]] / scale) / 2 if self.doubled else out

        needs = last.needs + pushed("needs")
        paired = self.mate >= 0
        needs[paired] -= last.needs[self.mate[paired]]
        needs[self.twice] = 0.0
        share = np.maximum(last.bonus + pushed("share"), 0.0)
        if self.bonuses:  # they add up to the bonus
            given = np.bincount(links.bonus_of, share, self.bonuses)
            share *= (links.bonus_worth / np.maximum(given, 1e-300))[links.bonus_of]
        start = last.start.copy()
        start[self.started] += pushed("start")
        return Transfers(
            needs=np.maximum(needs, 0.0),
            bonus=share,
            overlap=np.clip(last.overlap + pushed("overlap"), 0.0, links.overlap_worth),
            start=np.clip(start, 0.0, charge),
        )

    def _levels(self, data: Ints, flow: Ints, net: Floats, scale: float) -> Floats:
        """Fund what is worth something, and all that it reaches in what is left of the graph."""
        links = self.links
        rest = data - flow
        least = 2.0 / scale
        rest[self.at["up"]] = ((net > least) | links.locked) & ~links.closed
        if self.doubled:
            rest[self.at["down'"]] = ((net < -least) | links.closed) & ~links.locked
        is_open = rest > 0
        ptr = np.concatenate([[0], np.cumsum(is_open)])[self.ptr]
        graph = sp.csr_array(
            (np.ones(int(ptr[-1]), np.int8), self.heads[is_open], ptr.astype(np.int32)),
            shape=(self.nodes, self.nodes),
        )
        reached = np.zeros(self.nodes, bool)
        reached[breadth_first_order(graph, self.source, return_predecessors=False)] = True
        level = reached[: self.cells].astype(float)
        if self.doubled:
            level = (level + ~reached[self.half : self.half + self.cells]) / 2
        level[links.locked] = 1.0
        level[links.closed] = 0.0
        return level
