"""Rooms: what limits still let through, for each span and each of their members."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..program import ClausePlan, LimitPlan
from .cells import Arithmetic, Cell
from .evaluation import Evaluation
from .holding import Before, Key

Room = tuple[str, int, int]  # limit, period number (-1: whole term), combination of its members
WHOLE = -1
NOTHING: Mapping[Key, int] = MappingProxyType({})


class Rooms:
    """Limits at work: first come, first served; what was obligated before keeps its room.

    Parameters
    ----------
    evaluation : Evaluation
        Of the run.
    before : Before
        What was obligated before, and what is granted to nobody.
    with_cuts : bool
        Whether to work out what each limit cuts.
    """

    def __init__(self, evaluation: Evaluation, before: Before, *, with_cuts: bool) -> None:
        self._evaluation = evaluation
        self._use: Arithmetic = evaluation.arithmetic
        self._reserved = {key: amount for key, amount in before.amounts.items() if amount > 0}
        self._nobodys = before.kept
        self._with_cuts = with_cuts
        self._used: dict[Room, Cell] = {}
        self._left: dict[Room, Cell] = {}
        self._amended = False
        self._limits = _limits_of(evaluation)
        self._clauses = {one.id: one for one in evaluation.program.clauses}

    def take_up(self, evaluation: Evaluation) -> None:
        """Go on under other terms: maxima can change, so what was used is always kept."""
        self._evaluation = evaluation
        self._limits = _limits_of(evaluation)
        self._clauses = {one.id: one for one in evaluation.program.clauses}
        self._amended = True

    def open(self, clause: ClausePlan) -> None:
        """Work out what is let through now: the maximum less what was used and what is reserved."""
        for limit in self._limits[clause.id]:
            if not self._moves(limit) and (limit.id, self._span(limit), 0) in self._left:
                continue
            maxima = self._evaluation.over(limit.maximum, limit.each)
            span = self._span(limit)
            fresh = any((limit.id, span, at) not in self._used for at in range(len(maxima)))
            held = self._held_back(limit) if fresh else {}
            for at, most in enumerate(maxima):
                room = (limit.id, span, at)
                self._used.setdefault(room, held.get(at, 0))
                left = None if most is None else self._use.sub(most, self._used[room])
                self._left[room] = left if left is None or self._moves(limit) else self._use.most(left, 0)

    def undecided(self, clause: ClausePlan, place: int) -> bool:
        """Say whether a maximum is pending."""
        return any(self._left[self._room(one, clause, place)] is None for one in self._limits[clause.id])

    def share(self, clause: ClausePlan, wanted: Sequence[Cell]) -> list[list[tuple[str, Cell]]]:
        """Let members share the room of pro rata limits by what they earned, or the limit before left of it.

        Returns
        -------
        list of list
            For each member, what each such limit lets through.
        """
        shares: list[list[tuple[str, Cell]]] = [[] for _ in wanted]
        known = [at for at, want in enumerate(wanted) if want is not None]
        wants = [self._use.most(wanted[at], 0) for at in known]
        before = [self._reserved.get(self._key(clause, at), 0) for at in known]
        for limit in self._limits[clause.id]:
            room = self._left[limit.id, self._span(limit), 0] if limit.pro_rata else None
            if room is None or not known:
                continue
            left = self._open(limit, room)
            if any(before):
                wants = self._share_rest(wants, before, left)
            else:
                given = self._use.least(self._use.gather("add", wants, 0), left)
                times = self._evaluation.table.multiplicity(clause.each)
                wants = list(self._use.allocate(given, wants, "largest", times))
            for at, part in zip(known, wants, strict=True):
                shares[at].append((limit.id, part))
        return shares

    def _key(self, clause: ClausePlan, place: int) -> Key:
        return clause.id, self._evaluation.period if clause.basis == "period" else WHOLE, place

    def _share_rest(self, wants: Sequence[Cell], before: Sequence[int], room: Cell) -> list[Cell]:
        """Leave members what they were given before; share what room is left by what they lack."""
        kept = [self._use.least(want, given) for want, given in zip(wants, before, strict=True)]
        lack = [self._use.take(want, given) for want, given in zip(wants, kept, strict=True)]
        more = self._use.least(self._use.gather("add", lack, 0), self._use.most(room, 0))
        parts = self._use.allocate(more, lack, "largest", 0)
        return [self._use.add(given, part) for given, part in zip(kept, parts, strict=True)]

    def limit(
        self, clause: ClausePlan, key: Key, asked: Cell, over: Mapping[Key, int] = NOTHING
    ) -> tuple[Cell, list[tuple[str, Cell]]]:
        """Cut an amount by every limit in listed order.

        Parameters
        ----------
        clause : ClausePlan
            That asks.
        key : Key
            For which it asks; what was obligated for it before passes freely.
        asked : Cell [counts]
            Not negative.
        over : dict of Key to int [counts]
            What others between the same two were paid too much; that of the same clause it may take up.

        Returns
        -------
        tuple of Cell and list
            What passes, and what each limit cut.
        """
        granted = self._reserved.get(key, 0)
        free: Cell = self._use.least(asked, granted) if granted else 0
        cuts = []
        for one in self._limits[clause.id]:
            if one.pro_rata:
                continue
            left = self._left[self._room(one, clause, key[2])]
            room = self._others(clause, one, asked, self._open(one, left))
            if granted and self._remembers(one, clause):
                room = self._use.add(room, free)
            if over:
                room = self._use.add(room, self._beside(one, key, over))
            passed = self._use.least(asked, room)
            if self._with_cuts:
                cuts.append((one.id, self._use.take(asked, passed)))
            asked = passed
        if granted:
            self._give_back(clause, key, self._use.least(asked, free))
        return asked, cuts

    def _give_back(self, clause: ClausePlan, key: Key, granted: int) -> None:
        """Take back the reservation of what passes now, before it is counted as used."""
        self._reserved[key] -= granted
        for limit in self._limits[clause.id]:
            if self._remembers(limit, clause):
                self._take_away(limit, clause, key[2], self._use.sub(0, granted))

    def _beside(self, limit: LimitPlan, key: Key, over: Mapping[Key, int]) -> int:
        """Sum what the same clause was paid too much under the same room."""
        total = 0
        for (name, span, place), amount in over.items():
            clause = self._remembered(limit, name, span) if name == key[0] else None
            if clause is not None:
                members = self._evaluation.mapping(limit.each, clause.each)
                total += amount if members[place] == members[key[2]] else 0
        return total

    def let_go(self, key: Key, amount: int) -> None:
        """Reserve less for a key that was paid too much: another one has taken it up."""
        self._reserved[key] -= amount
        for limit in self._limits.get(key[0], ()):
            clause = self._remembered(limit, *key[:2])
            if clause is not None and self._room(limit, clause, key[2]) in self._left:
                self._take_away(limit, clause, key[2], -amount)

    def use(self, clause: ClausePlan, place: int, amount: Cell, *, returned: bool = False) -> None:
        """Take room away for what is paid; give it back for what is negative."""
        for limit in self._limits[clause.id]:
            if returned and limit.by_period:  # what was paid in an earlier period took no room of this one
                continue
            self._take_away(limit, clause, place, amount)

    def _take_away(self, limit: LimitPlan, clause: ClausePlan, place: int, amount: Cell) -> None:
        room = self._room(limit, clause, place)
        outer = [dim for dim in clause.each if dim not in limit.each]
        many = self._use.many(amount, self._evaluation.table.multiplicity(outer))
        if self._moves(limit):
            self._used[room] = self._use.add(self._used[room], many)
        if self._left[room] is not None:
            less = self._use.sub if self._moves(limit) else self._use.take
            self._left[room] = less(self._left[room], many)

    def _others(self, clause: ClausePlan, limit: LimitPlan, asked: Cell, left: Cell) -> Cell:
        """Return what is left when one member stands for many, as in proofs: others may come first."""
        times = self._evaluation.table.multiplicity([dim for dim in clause.each if dim not in limit.each])
        if times <= 1:
            return left
        return self._use.most(self._use.sub(left, self._use.many(asked, times - 1)), 0)

    def _open(self, limit: LimitPlan, left: Cell) -> Cell:
        """Return what is left; a maximum that fell below what was paid leaves nothing, not less."""
        return self._use.most(left, 0) if self._moves(limit) else left

    def _moves(self, limit: LimitPlan) -> bool:
        """Say whether a maximum can change while the limit is at work: then what was used is kept as well."""
        node = self._evaluation.program.nodes[limit.maximum]
        return self._amended or node.live or (node.varies and not limit.by_period)

    def _remembers(self, limit: LimitPlan, clause: ClausePlan) -> bool:
        """Say whether a limit keeps room for what a clause obligated: to date, the period is not known."""
        return (
            not limit.by_period or clause.basis != "cumulative" or len(self._evaluation.program.periods) == 1
        )

    def _span(self, limit: LimitPlan) -> int:
        return self._evaluation.period if limit.by_period else WHOLE

    def _room(self, limit: LimitPlan, clause: ClausePlan, place: int) -> Room:
        return limit.id, self._span(limit), self._evaluation.mapping(limit.each, clause.each)[place]

    def _held_back(self, limit: LimitPlan) -> dict[int, int]:
        """Sum what was obligated before under each part of a limit, where it is known for which period."""
        held: dict[int, int] = {}
        for (name, period, place), amount in self._reserved.items():
            clause = self._remembered(limit, name, period)
            if clause is not None:
                at = self._evaluation.mapping(limit.each, clause.each)[place]
                held[at] = held.get(at, 0) + amount
        combos = self._evaluation.table.combinations(limit.each) if self._nobodys else ()
        places = {combo: at for at, combo in enumerate(combos)}
        for one in self._nobodys:
            clause = self._remembered(limit, one.clause, one.span)
            if clause is None:
                continue
            members = dict(zip(clause.each, one.members, strict=True))
            part = places.get(tuple(members.get(dim, "") for dim in limit.each))
            if part is not None:
                held[part] = held.get(part, 0) + one.amount
        return held

    def _remembered(self, limit: LimitPlan, name: str, period: int) -> ClausePlan | None:
        """Return a clause whose amount of a period is known to count under a limit now."""
        clause = self._clauses.get(name)
        if clause is None or name not in limit.clauses or not self._remembers(limit, clause):
            return None
        when = clause.at if clause.basis == "once" else period
        inside = not limit.by_period or when in {self._span(limit), WHOLE}
        return clause if inside else None


def _limits_of(evaluation: Evaluation) -> dict[str, list[LimitPlan]]:
    program = evaluation.program
    return {
        clause.id: [one for one in program.limits if clause.id in one.clauses] for clause in program.clauses
    }
