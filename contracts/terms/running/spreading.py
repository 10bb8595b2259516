"""Spreading: one amount over several payers or payees, rank by rank, by weight, within their maxima."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from math import gcd

from ..program import ClausePlan, LegPlan, SplitPlan
from .arithmetic import allocate
from .cells import Arithmetic, Cell
from .evaluation import Evaluation
from .holding import Holding, Key, Pair, by_party

Parts = list[tuple[str, Cell]]
Moves = list[tuple[str, str, Cell]]  # payer, payee, amount
Cuts = list[tuple[str, Cell]]  # split, what nobody could take
NO_KEY: Key = ("", 0, 0)


class Spreading:
    """Splits at work; remembers what each leg took.

    Parameters
    ----------
    evaluation : Evaluation
        Of the run.
    holding : Holding or None
        What was obligated before; only in exact runs.
    """

    def __init__(self, evaluation: Evaluation, holding: Holding | None = None) -> None:
        self._evaluation = evaluation
        self._use = evaluation.arithmetic
        self._holding = holding
        self._key = NO_KEY
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

    def share_out(
        self, clause: ClausePlan, ends: Pair, amount: Cell, times: int, key: Key
    ) -> tuple[Moves, Cell, Cuts]:
        """Spread an amount over payers and payees.

        Parameters
        ----------
        clause : ClausePlan
            That pays.
        ends : (str, str)
            Payer and payee: parties, pots or splits.
        amount : Cell [counts]
            Not negative.
        times : int [members]
            For up to how many members one stands, in proofs: others may come first.
        key : Key
            For which it is paid.

        Returns
        -------
        tuple
            Moves; what was taken; what each split cut.
        """
        splits = [self._evaluation.program.splits.get(end) for end in ends]
        if splits == [None, None]:
            return [(*ends, amount)], amount, []
        self._key = key
        own = self._holding.own(key) if self._holding is not None else {}
        if own and amount < sum(own.values()):
            return self._less(clause, ends, amount, own)
        more, cuts, sides = amount, Cuts(), list[Parts]()
        for at, split in enumerate(splits):
            mine = by_party(own.items(), at)
            parts: Parts = [(ends[at], more)]
            if split is not None:
                parts, more, short = self._spread(split, more, times, mine)
                cuts.append((ends[at], short))
                if at:
                    sides[0] = self._shorten(ends[0], sides[0], short)
            elif mine:
                parts = [(ends[at], more - sum(mine.values()) + mine.get(ends[at], 0)), *_gone(parts, mine)]
            sides.append(_beyond(parts, mine))
        kept = [(*pair, part) for pair, part in own.items()]
        return [*kept, *matched(self._use, *sides)], more, cuts

    def _less(
        self, clause: ClausePlan, ends: Pair, amount: int, own: Mapping[Pair, int]
    ) -> tuple[Moves, Cell, Cuts]:
        """Pay again a part of what was paid before.

        To date, as it was paid before: rank by rank, by weight. Else each leg gives back by what it took.
        """
        pairs = list(own)
        over = sum(own.values()) - amount
        splits = [self._evaluation.program.splits.get(end) for end in ends]
        if clause.basis == "cumulative":
            sides: list[Parts] = [
                [(end, amount)] if split is None else self._plan(split, amount, 0)[0]
                for end, split in zip(ends, splits, strict=True)
            ]
            wished = {(giver, taker): part for giver, taker, part in matched(self._use, *sides)}
            parts = [min(wished.get(pair, 0), own[pair]) for pair in pairs]
            lack = [own[pair] - part for pair, part in zip(pairs, parts, strict=True)]
            more = allocate(amount - sum(parts), lack, "largest")
            parts = [part + one for part, one in zip(parts, more, strict=True)]
        else:
            back = allocate(over, list(own.values()), "largest")
            parts = [own[pair] - one for pair, one in zip(pairs, back, strict=True)]
        for at, split in enumerate(splits):
            if split is not None:
                self._take(split, list(by_party(zip(pairs, parts, strict=True), at).items()), 0)
        return [(*pair, part) for pair, part in zip(pairs, parts, strict=True)], amount, []

    def _spread(
        self, split: SplitPlan, amount: Cell, times: int, own: Mapping[str, int]
    ) -> tuple[Parts, Cell, Cell]:
        """Spread an amount over legs; return their parts, what was taken, and what nobody could take.

        Legs keep what they took before: the others have less then, the last ranks first.
        """
        use = self._use
        parts, rest = self._plan(split, amount, times)
        if own:
            gone = _gone(parts, own)
            if gone:
                parts, rest = self._plan(split, amount - sum(part for _, part in gone), times)
            parts = [*_kept(split, parts, own), *gone]
            rest = amount - sum(part for _, part in parts)
        self._take(split, parts, times)
        return parts, use.most(use.least(amount, use.sub(amount, rest)), 0), rest

    def _plan(self, split: SplitPlan, amount: Cell, times: int) -> tuple[Parts, Cell]:
        """Say how an amount goes over legs, and what nobody can take."""
        use = self._use
        parts: dict[int, Cell] = dict.fromkeys(range(len(split.legs)), 0)
        rest = amount
        self._first = use.many(amount, times - 1) if times > 1 else 0
        ranked = sorted(enumerate(split.legs), key=lambda pair: pair[1].rank)
        for _, group in groupby(ranked, key=lambda pair: pair[1].rank):
            rest = self._spread_rank(split, list(group), rest, parts)
        return [(leg.party, parts[at]) for at, leg in enumerate(split.legs)], rest

    def _take(self, split: SplitPlan, parts: Parts, times: int) -> None:
        for party, part in parts:
            key = (split.id, party)
            self._taken[key] = self._use.add(self._taken.get(key, 0), self._use.many(part, times))

    def give_back(self, split: SplitPlan, amount: Cell) -> Parts:
        """Spread what is taken back over legs, by what they took."""
        taken = [self._taken.get((split.id, leg.party), 0) for leg in split.legs]
        parts = self._use.allocate(amount, taken, split.ties, 0)
        for leg, before, part in zip(split.legs, taken, parts, strict=True):
            self._taken[split.id, leg.party] = self._use.sub(before, part)
        return [(leg.party, part) for leg, part in zip(split.legs, parts, strict=True)]

    def _shorten(self, name: str, parts: Parts, short: Cell) -> Parts:
        """Leave with the last payers what no payee could take."""
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
        if self._holding is not None:
            room = room - self._holding.others(self._key, (split.id, leg.party))
        return self._use.most(self._use.sub(room, self._first), 0)


def _kept(split: SplitPlan, parts: Parts, own: Mapping[str, int]) -> Parts:
    """Leave legs what they took before, at the expense of others: the last ranks first, by what they get."""
    total = max(sum(part for _, part in parts), sum(own.get(party, 0) for party, _ in parts))
    kept = [max(part, own.get(party, 0)) for party, part in parts]
    over = sum(kept) - total
    for rank in sorted({leg.rank for leg in split.legs}, reverse=True):
        spare = [
            part - own.get(leg.party, 0) if leg.rank == rank else 0
            for part, leg in zip(kept, split.legs, strict=True)
        ]
        less = allocate(min(over, sum(spare)), spare, "largest")
        kept = [part - one for part, one in zip(kept, less, strict=True)]
        over -= sum(less)
    return [(party, part) for (party, _), part in zip(parts, kept, strict=True)]


def _gone(parts: Parts, own: Mapping[str, int]) -> Parts:
    """Return what parties took before that are no longer named."""
    return [(party, part) for party, part in own.items() if party not in dict(parts)]


def _beyond(parts: Parts, own: Mapping[str, int]) -> Parts:
    """Return what parties get beyond what they took before."""
    return [(party, part - own.get(party, 0)) for party, part in parts] if own else parts


def matched(use: Arithmetic, givers: Parts, takers: Parts) -> Iterator[tuple[str, str, Cell]]:
    """Say who pays whom, when several give and several take: in order."""
    if len(givers) == 1 or len(takers) == 1:
        for giver, given in givers:
            for taker, got in takers:
                yield giver, taker, got if len(givers) == 1 else given
        return
    open_takers = list(takers)
    for giver, given in givers:
        rest = given
        for at, (taker, got) in enumerate(open_takers):
            part = use.least(rest, got)
            yield giver, taker, part
            rest = use.take(rest, part)
            open_takers[at] = (taker, use.take(got, part))


def _reduced(weights: Mapping[int, Cell]) -> dict[int, Cell]:
    """Divide fixed weights by what they have in common, so that products stay small."""
    fixed = {at: weight for at, weight in weights.items() if isinstance(weight, int)}
    common = gcd(*fixed.values()) if len(fixed) == len(weights) else 1
    return {at: weight // common for at, weight in fixed.items()} if common > 1 else dict(weights)
