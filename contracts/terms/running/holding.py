"""Holding: what was obligated before keeps its place in limits, in pots and in the legs of splits.

The problem: a run starts from the beginning, but money has moved already. A late result must not be paid out
of what a pot has given to others, nor push a leg of a split beyond its maximum. So each run knows what every
key took before, from whom and for whom; until the key is carried out, that much is kept back from others.
What is frozen, because a finding is disputed, is kept back throughout and granted to nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..program import ClausePlan, Program

Key = tuple[str, int, int]  # clause, period number (-1: whole term), combination of members
Leg = tuple[Key, str, str]  # key, payer, payee
Pair = tuple[str, str]  # payer, payee
Between = tuple[str, str, str]  # payer, payee (parties, splits or pots as the terms name them), unit
Seat = tuple[str, str]  # split, party of one of its legs


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An amount that is kept back for one leg, and granted to nobody.

    Attributes
    ----------
    clause : str
        Whose.
    span : int [period number]
        -1 for the whole term.
    members : tuple of str
        In the order of the clause's sets.
    payer, payee : str
        Who would pay whom.
    amount : int [counts]
        How much.
    """

    clause: str
    span: int
    members: tuple[str, ...]
    payer: str
    payee: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was obligated before a run.

    Attributes
    ----------
    amounts : dict of Key to int [counts]
        By key.
    legs : dict of Leg to int [counts]
        The same by payer and payee.
    kept : tuple of Kept
        What is granted to nobody.
    coming : dict of str to tuple of int [counts]
        What comes into pots, by period, where it is known: what was paid for a later period out of what came
        in later is not kept back before.
    over : dict of Between to (dict of Key to int) [counts]
        What of it proved too much and is to be set off, by payer and payee.
    """

    amounts: Mapping[Key, int] = field(default_factory=dict)
    legs: Mapping[Leg, int] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()
    coming: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    over: Mapping[Between, Mapping[Key, int]] = field(default_factory=dict)


class Holding:
    """What is kept back while terms are carried out.

    Parameters
    ----------
    versions : sequence of Program
        All terms that are in force in some period.
    before : Before
        What was obligated.
    """

    def __init__(self, versions: Sequence[Program], before: Before) -> None:
        self._before = before
        self._versions = [(one, {clause.id: clause for clause in one.clauses}) for one in versions]
        self._moved: dict[Leg, int] = {}
        self._own: dict[Key, dict[Pair, int]] = {}
        self._seats: dict[tuple[Key, Seat], int] = {}
        self._seats_waiting: dict[Seat, int] = {}
        self._pots: dict[tuple[Key, str], int] = {}
        self._pots_waiting: dict[str, list[int]] = {}
        for (key, payer, payee), amount in before.legs.items():
            self._own.setdefault(key, {})[payer, payee] = amount
            for seat in self._all_seats(key[0], payer, payee):
                self._seats[key, seat] = self._seats.get((key, seat), 0) + amount
                self._seats_waiting[seat] = self._seats_waiting.get(seat, 0) + amount
        for key, amount in before.amounts.items():
            for pot in self._payers(key[0]):
                self._pots[key, pot] = amount
                self._wait(pot, self._turn(*key[:2]), max(0, amount))
        for one in before.kept:
            for seat in self._all_seats(one.clause, one.payer, one.payee):
                self._seats_waiting[seat] = self._seats_waiting.get(seat, 0) + one.amount
            self._wait(one.payer, self._turn(one.clause, one.span), one.amount)

    def _payers(self, name: str) -> set[str]:
        return {clauses[name].payer for _, clauses in self._versions if name in clauses}

    def _all_seats(self, name: str, payer: str, payee: str) -> set[Seat]:
        return {
            seat
            for program, clauses in self._versions
            if name in clauses
            for seat in _seats(program, clauses[name], payer, payee)
        }

    def _turn(self, name: str, span: int) -> int:
        """Say in which period a key is paid; to date, it may have been paid from the first on."""
        known = next((clauses[name] for _, clauses in self._versions if name in clauses), None)
        return max(0, known.at if known is not None and known.basis == "once" else span)

    def _wait(self, pot: str, turn: int, amount: int) -> None:
        waiting = self._pots_waiting.setdefault(pot, [0] * len(self._versions[0][0].periods))
        waiting[turn] += amount

    def moved(self, program: Program, clause: ClausePlan, leg: Leg, amount: int) -> None:
        """Count what moves now; that much of what was kept back is free.

        Parameters
        ----------
        program : Program
            The terms in force.
        clause : ClausePlan
            That pays.
        leg : Leg
            Whose key, payer and payee.
        amount : int [counts]
            Negative when it is returned.
        """
        key, payer, payee = leg
        own = self._own.get(key, {})
        if leg[1:] in own:
            own[payer, payee] -= amount
        for seat in _seats(program, clause, payer, payee):
            left = self._seats.get((key, seat), 0)
            self._seats[key, seat] = left - amount
            waiting = max(0, left - amount) - max(0, left)
            self._seats_waiting[seat] = self._seats_waiting.get(seat, 0) + waiting
        if (key, payer) in self._pots:
            left = self._pots[key, payer]
            self._pots[key, payer] = left - amount
            self._wait(payer, self._turn(*key[:2]), max(0, left - amount) - max(0, left))

    def own(self, key: Key) -> dict[Pair, int]:
        """Return what a key took before and has not been granted again in this run, by payer and payee."""
        return {pair: amount for pair, amount in self._own.get(key, {}).items() if amount > 0}

    def others(self, key: Key, seat: Seat) -> int:
        """Return what other keys took before from, or for, a leg, beyond what this run has given them."""
        return self._seats_waiting.get(seat, 0) - max(0, self._seats.get((key, seat), 0))

    def from_pot(
        self, key: Key, pot: str, asked: int, *, held: int, period: int, over: Mapping[Key, int]
    ) -> int:
        """Let a payment out of a pot pass: what others were paid is kept back, its own earlier one is not.

        Parameters
        ----------
        key : Key
            That asks.
        pot : str
            Which.
        asked, held : int [counts]
            What it asks for, and what the pot holds in this run.
        period : int [period number]
            In which it asks.
        over : dict of Key to int [counts]
            What others between the same two were paid too much, which it may take up.
        """
        own = max(0, self._pots.get((key, pot), 0))
        waiting = list(self._pots_waiting.get(pot, ()))
        if own:
            waiting[self._turn(*key[:2])] -= own
        for other, amount in over.items():
            part = min(amount, max(0, self._pots.get((other, pot), 0)))
            own += part
            if part:
                waiting[self._turn(*other[:2])] -= part
        coming = self._before.coming.get(pot, (0,) * len(waiting))
        free = left = held - sum(waiting[: period + 1])
        for later in range(period + 1, len(waiting)):
            left += coming[later] - waiting[later]
            free = min(free, left)
        return max(0, min(asked, max(free, min(own, held))))

    def let_go(self, key: Key, pot: str, amount: int) -> None:
        """Keep less back in a pot for a key that was paid too much: another one has taken it up."""
        if (key, pot) in self._pots:
            left = self._pots[key, pot]
            self._pots[key, pot] = left - amount
            self._wait(pot, self._turn(*key[:2]), max(0, left - amount) - max(0, left))

    def kept_in(self, pot: str) -> int:
        """Return what a pot has given already beyond what this run shows."""
        beyond = sum(max(0, left) for (_, name), left in self._pots.items() if name == pot)
        return beyond + sum(one.amount for one in self._before.kept if one.payer == pot)


def _seats(program: Program, clause: ClausePlan, payer: str, payee: str) -> list[Seat]:
    """Name the legs of splits that a payment concerns."""
    return [
        (split, party)
        for split, party in ((clause.payer, payer), (clause.payee, payee))
        if split in program.splits and any(leg.party == party for leg in program.splits[split].legs)
    ]


def by_party(pairs: Iterable[tuple[Pair, int]], side: int) -> dict[str, int]:
    """Sum amounts by payer or by payee.

    Parameters
    ----------
    pairs : iterable of ((str, str), int) [counts]
        Amounts by payer and payee.
    side : int [0 or 1]
        0 for payers, 1 for payees.

    Examples
    --------
    >>> by_party([(("city", "home"), 3), (("county", "home"), 4)], 1)
    {'home': 7}
    """
    sums: dict[str, int] = {}
    for pair, amount in pairs:
        sums[pair[side]] = sums.get(pair[side], 0) + amount
    return sums
