"""What findings come to under a shape, worked out from the beginning every time, in plain integers.

Only what a clause earns is asked of the library (``pay`` on the bare terms). Limits, splits, pots, what was
paid before and what is kept back for a dispute are done here, by the words of the language: who comes first
is paid first, what was paid stays paid, what is recovered makes room again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program

from .agreement_shapes import Clause, Leg, Limit, Shape

Key = tuple[str, str, tuple[str, ...]]  # clause, period, members
LegName = tuple[str, str, tuple[str, ...], str, str]  # the same with payer and payee
Result = tuple[str, str, tuple[str, ...], int]  # metric, period, members, value


@lru_cache(maxsize=64)
def compiled(text: bytes) -> Program:
    from almoner.contracts.terms.document import TermDocument  # noqa: PLC0415  # read once for each shape

    return compile_terms(TermDocument.read(text))


def earned(shape: Shape, found: Iterable[tuple[str, Result]], day: date | None) -> dict[Key, int]:
    """What each key earns on findings, in the order in which keys are paid; pending ones are left out."""
    program = compiled(shape.bare.canonical_bytes())
    rows = []
    latest: dict[object, Result] = {}
    for at, (_, result) in enumerate(found):
        latest[at if shape.metric(result[0]).pool == "sum" else result[:3]] = result
    for at, (metric, period, members, value) in enumerate(latest.values()):
        of = tuple((shape.set_name, member) for member in members)
        by_period = len(shape.metric(metric).periods) > 1
        rows.append(
            Observation(metric=metric, value=value, period=period if by_period else "", of=of, id=f"o{at}")
        )
    outturn = pay(program, rows, as_of=day)
    by_clause = {clause.id: clause for clause in program.clauses}
    answer: dict[Key, int] = {}
    for (name, span, place), kept in outturn.keys.items():
        if kept.earned is not None:
            period = "term" if span < 0 else program.periods[span][0]
            answer[name, period, outturn.table.combinations(by_clause[name].each)[place]] = int(kept.earned)
    clauses = [clause.id for clause in shape.clauses]
    spans = ["term", *(name for name, _ in program.periods)]
    listed = list(answer)
    listed.sort(key=lambda key: (spans.index(key[1]), clauses.index(key[0])))
    return {key: answer[key] for key in listed}


def apportion(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share by weight: floors, then one each by largest remainder, equals in order."""
    total = sum(weights.values())
    exact = {name: Fraction(amount * weight, total) for name, weight in weights.items()}
    parts = {name: int(share) for name, share in exact.items()}
    order = sorted(parts, key=lambda name: (parts[name] - exact[name], list(parts).index(name)))
    for name in order[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


@dataclass
class Row:
    """One key after a step."""

    key: Key
    earned: int
    entitled: int
    due: int
    legs: dict[tuple[str, str], int]


@dataclass
class Pass:
    """One walk over all keys; what was obligated and not yet passed again keeps its room."""

    shape: Shape
    before: dict[LegName, int]
    frozen: Mapping[LegName, int]
    done: dict[Key, dict[tuple[str, str], int]] = field(default_factory=dict)
    reserved: dict[Key, int] = field(default_factory=dict)
    over: dict[tuple[str, str], dict[Key, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, amount in self.before.items():
            self.reserved[name[:3]] = self.reserved.get(name[:3], 0) + amount

    def walk(self, wanted: Mapping[Key, int]) -> dict[Key, int]:
        """What each key is entitled to."""
        answer = {}
        for key, amount in wanted.items():
            clause = next(one for one in self.shape.clauses if one.id == key[0])
            free = min(amount, self.reserved.get(key, 0))
            over = self.over.get((clause.payer, clause.payee), {})
            beside = {one: left for one, left in over.items() if one != key}
            passed = self._limited(clause, key, amount, free, beside)
            passed = self._potted(clause, passed, self.reserved.get(key, 0) + sum(beside.values()))
            legs = self._spread(clause, key, passed)
            more = sum(legs.values()) - self.reserved.get(key, 0)
            for one in sorted(beside, key=lambda one: one[0] != key[0]):
                part = max(0, min(more, over[one]))
                over[one], self.reserved[one], more = over[one] - part, self.reserved[one] - part, more - part
            self.reserved[key] = self.reserved.get(key, 0) - min(free, sum(legs.values()))
            self.done[key] = legs
            answer[key] = sum(legs.values())
        return answer

    def _taken(self, inside: Iterable[str], member: tuple[str, ...] | None) -> int:
        """Sum what some clauses have used: passed again, still reserved, and frozen."""
        names = set(inside)

        def counts(key: Key) -> bool:
            return key[0] in names and (member is None or key[2] == member)

        return (
            sum(sum(legs.values()) for key, legs in self.done.items() if counts(key))
            + sum(amount for key, amount in self.reserved.items() if counts(key))
            + sum(amount for name, amount in self.frozen.items() if counts(name[:3]))
        )

    def _limited(self, clause: Clause, key: Key, amount: int, free: int, over: Mapping[Key, int]) -> int:
        for one in self.shape.limits:
            if clause.id in one.clauses:
                same = [
                    left
                    for (name, _, who), left in over.items()
                    if (name, one.each and who) == (key[0], one.each and key[2])
                ]
                amount = min(amount, self._room(one, key) + free + sum(same))
        return amount

    def _room(self, one: Limit, key: Key) -> int:
        return max(0, one.most - self._taken(one.clauses, key[2] if one.each else None))

    def _potted(self, clause: Clause, amount: int, own: int) -> int:
        if clause.payer not in self.shape.pots:
            return amount
        filled = sum(self._paid_in(name.id) for name in self.shape.clauses if name.payee == clause.payer)
        drawn = self._taken([one.id for one in self.shape.clauses if one.payer == clause.payer], None)
        return min(amount, max(0, filled - drawn + own))

    def _paid_in(self, clause: str) -> int:
        return sum(sum(legs.values()) for key, legs in self.done.items() if key[0] == clause)

    def _spread(self, clause: Clause, key: Key, amount: int) -> dict[tuple[str, str], int]:
        if clause.payer not in self.shape.splits:
            return {(clause.payer, clause.payee): amount}
        legs = self.shape.splits[clause.payer]
        own = {leg.party: self.before.get((*key, leg.party, clause.payee), 0) for leg in legs}
        had = sum(own.values())
        if amount <= had:
            back = apportion(had - amount, own) if had else {}
            return {(name, clause.payee): took - back.get(name, 0) for name, took in own.items()}
        planned = self._fill(legs, key, amount)
        kept = {name: max(part, own[name]) for name, part in planned.items()}
        over = sum(kept.values()) - max(sum(planned.values()), had)
        for rank in sorted({leg.rank for leg in legs}, reverse=True):
            spare = {leg.party: kept[leg.party] - own[leg.party] for leg in legs if leg.rank == rank}
            less = min(over, sum(spare.values()))
            for name, part in apportion(less, spare).items() if less else ():
                kept[name] -= part
            over -= less
        return {(name, clause.payee): part for name, part in kept.items()}

    def _fill(self, legs: tuple[Leg, ...], key: Key, rest: int) -> dict[str, int]:
        """Plan a whole amount: by rank, inside a rank by weight, each leg up to its maximum."""
        parts = {leg.party: 0 for leg in legs}
        room = {leg.party: self._leg_room(leg, key) for leg in legs}
        for rank in sorted({leg.rank for leg in legs}):
            while rest:
                open_legs = [leg for leg in legs if leg.rank == rank and room[leg.party] > 0 and leg.weight]
                if not open_legs:
                    break
                for name, part in apportion(rest, {leg.party: leg.weight for leg in open_legs}).items():
                    given = min(part, room[name])
                    parts[name] += given
                    room[name] -= given
                    rest -= given
        return parts

    def _leg_room(self, leg: Leg, key: Key) -> int:
        if leg.most is None:
            return 10**18
        others = sum(
            max(0, amount - self.done.get(name[:3], {}).get(name[3:], 0))
            for name, amount in self.before.items()
            if name[3] == leg.party and name[:3] != key
        )
        passed = sum(
            legs.get(ends, 0) for legs in self.done.values() for ends in legs if ends[0] == leg.party
        )
        kept = sum(amount for name, amount in self.frozen.items() if name[3] == leg.party)
        return leg.most - others - passed - kept


def take_step(
    shape: Shape, before: Mapping[LegName, int], frozen: Mapping[LegName, int], wanted: Mapping[Key, int]
) -> list[Row]:
    """What is due now, when so much was obligated before and so much is kept back."""
    clauses = {clause.id: clause for clause in shape.clauses}
    had: dict[Key, int] = {}
    for name, amount in before.items():
        had[name[:3]] = had.get(name[:3], 0) + amount
    walk = Pass(shape, dict(before), frozen)
    entitled = walk.walk(wanted)
    falling = [
        key
        for key, amount in entitled.items()
        if clauses[key[0]].falls == "recover" and amount < had.get(key, 0)
    ]
    if falling:
        lower = dict(before)
        for key in falling:
            lower = {name: amount for name, amount in lower.items() if name[:3] != key}
            lower |= {(*key, *ends): amount for ends, amount in walk.done[key].items()}
        walk = Pass(shape, lower, frozen)
        entitled = walk.walk(wanted)
    over = _overpaid(clauses, entitled, had)
    if over:
        walk = Pass(shape, walk.before, frozen, over=over)
        entitled = walk.walk(wanted)
    left = {pair: sum(rows.values()) for pair, rows in _overpaid(clauses, entitled, had).items()}
    return [
        _row(clauses[key[0]], key, wanted[key], amount, before, walk.done[key], left)
        for key, amount in entitled.items()
    ]


def _overpaid(
    clauses: Mapping[str, Clause], entitled: Mapping[Key, int], had: Mapping[Key, int]
) -> dict[tuple[str, str], dict[Key, int]]:
    over: dict[tuple[str, str], dict[Key, int]] = {}
    for key, amount in entitled.items():
        clause = clauses[key[0]]
        if clause.falls == "offset" and had.get(key, 0) > amount:
            pair = (clause.payer, clause.payee)
            over.setdefault(pair, {})[key] = had[key] - amount
    return over


def _row(
    clause: Clause,
    key: Key,
    earned_now: int,
    entitled: int,
    before: Mapping[LegName, int],
    legs: Mapping[tuple[str, str], int],
    over: dict[tuple[str, str], int],
) -> Row:
    """What is due on one key: a fall moves only where it is recovered, a rise less what is set off."""
    change = {ends: amount - before.get((*key, *ends), 0) for ends, amount in legs.items()}
    total = sum(change.values())
    if total < 0 and clause.falls != "recover":
        return Row(key, earned_now, entitled, 0, {})
    pair = (clause.payer, clause.payee)
    offset = min(max(0, total), over.get(pair, 0))
    if offset:
        over[pair] -= offset
        change = {pair: total - offset}
    return Row(key, earned_now, entitled, total - offset, {k: v for k, v in change.items() if v})
