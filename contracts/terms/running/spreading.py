"""Spreading: one amount over several payers or payees, rank by rank, by weight, within their maxima."""

from collections.abc import Mapping
from itertools import groupby
from math import gcd

from ..program import ClausePlan, LegPlan, SplitPlan
from .cells import Cell
from .evaluation import Evaluation

Parts = list[tuple[str, Cell]]


class Spreading:
    """Splits at work; remembers what each leg took.

    Parameters
    ----------
    evaluation : Evaluation
        Of the run.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._use = evaluation.arithmetic
        self._taken: dict[tuple[str, str], Cell] = {}
        self._terms: dict[int, Cell] = {}
        self._first: Cell = 0

    def take_up(self, evaluation: Evaluation) -> None:
        """Go on under other terms."""
        self._evaluation = evaluation

    def open(self, clause: ClausePlan) -> None:
        """Read weights and maxima of legs as they stand before the clause."""
        splits = self._evaluation.program.splits
        legs = [leg for end in (clause.payer, clause.payee) if end in splits for leg in splits[end].legs]
        nodes = dict.fromkeys(node for leg in legs for node in (leg.weight, leg.maximum) if node >= 0)
        self._terms = {node: self._evaluation.value(node)[0] for node in nodes}

    def undecided(self) -> bool:
        """Say whether a weight or a maximum is pending."""
        return any(cell is None for cell in self._terms.values())

    def spread(self, split: SplitPlan, amount: Cell, times: int) -> tuple[Parts, Cell, Cell]:
        """Spread an amount over legs.

        Parameters
        ----------
        split : SplitPlan
            Which.
        amount : Cell [counts]
            Not negative.
        times : int [members]
            For up to how many members one stands, in proofs: others may come first.

        Returns
        -------
        tuple
            Parts by party, what was taken, and what nobody could take.
        """
        use = self._use
        parts: dict[int, Cell] = dict.fromkeys(range(len(split.legs)), 0)
        rest = amount
        self._first = use.many(amount, times - 1) if times > 1 else 0
        ranked = sorted(enumerate(split.legs), key=lambda pair: pair[1].rank)
        for _, group in groupby(ranked, key=lambda pair: pair[1].rank):
            rest = self._spread_rank(split, list(group), rest, parts)
        for at, part in parts.items():
            key = (split.id, split.legs[at].party)
            self._taken[key] = use.add(self._taken.get(key, 0), use.many(part, times))
        taken = use.most(use.least(amount, use.sub(amount, rest)), 0)
        return [(leg.party, parts[at]) for at, leg in enumerate(split.legs)], taken, rest

    def give_back(self, split: SplitPlan, amount: Cell) -> Parts:
        """Spread what is taken back over legs, by what they took."""
        taken = [self._taken.get((split.id, leg.party), 0) for leg in split.legs]
        parts = self._use.allocate(amount, taken, split.ties, 0)
        for leg, before, part in zip(split.legs, taken, parts, strict=True):
            self._taken[split.id, leg.party] = self._use.sub(before, part)
        return [(leg.party, part) for leg, part in zip(split.legs, parts, strict=True)]

    def shorten(self, name: str, parts: Parts, short: Cell) -> Parts:
        """Leave with the last payers what no payee could take.

        Parameters
        ----------
        name : str
            The split of the payers, or the one payer.
        parts : list of (str, Cell)
            What each gives.
        short : Cell [counts]
            What no payee could take.
        """
        rows = list(parts)
        for at in reversed(range(len(rows))):
            party, given = rows[at]
            less = self._use.least(given, short)
            short = self._use.take(short, less)
            rows[at] = (party, self._use.take(given, less))
            if (name, party) in self._taken:
                self._taken[name, party] = self._use.take(self._taken[name, party], less)
        return rows

    def _spread_rank(
        self, split: SplitPlan, group: list[tuple[int, LegPlan]], rest: Cell, parts: dict[int, Cell]
    ) -> Cell:
        use = self._use
        rooms = {at: self._room(split, leg) for at, leg in group}
        at, leg = group[0]
        weight = self._evaluation.program.nodes[leg.weight]
        if len(group) == 1 and weight.op == "lit" and weight.const:
            part = rest if rooms[at] is None else use.least(rest, rooms[at])
            parts[at] = use.add(parts[at], part)
            return use.take(rest, part)
        weights = _reduced({at: self._terms[leg.weight] for at, leg in group})
        for _ in group:
            shares = use.allocate(
                rest, [self._open(weights[at], rooms[at]) for at, _ in group], split.ties, 0
            )
            for (at, _), share in zip(group, shares, strict=True):
                room = rooms[at]
                part = share if room is None else use.least(share, room)
                parts[at] = use.add(parts[at], part)
                rest = use.take(rest, part)
                rooms[at] = None if room is None else use.take(room, part)
            if all(room is None for room in rooms.values()):
                break
        return rest

    def _open(self, weight: Cell, room: Cell) -> Cell:
        """Count a weight only while its leg has room."""
        if room is None:
            return weight
        return self._use.choose(self._use.compare("gt", room, 0), weight, 0, "/splits")

    def _room(self, split: SplitPlan, leg: LegPlan) -> Cell:
        if leg.maximum < 0:
            return None
        room = self._use.sub(self._terms[leg.maximum], self._taken.get((split.id, leg.party), 0))
        return self._use.most(self._use.sub(room, self._first), 0)


def _reduced(weights: Mapping[int, Cell]) -> dict[int, Cell]:
    """Divide fixed weights by what they have in common, so that products stay small."""
    fixed = {at: weight for at, weight in weights.items() if isinstance(weight, int)}
    common = gcd(*fixed.values()) if len(fixed) == len(weights) else 1
    return {at: weight // common for at, weight in fixed.items()} if common > 1 else dict(weights)
