"""The reference interpreter of term documents: slow, plain, and written from docs/terms.md alone.

``interpret(document, observations, members)`` walks the document itself, never the compiled program, and
shares no code with the engine. Where the two differ, one of them is wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from almoner.contracts.terms.document import PERIOD, Note, Pay, PaymentLimit, TermDocument

from .reference_expressions import Observations, Place, Reader, Tree, added
from .reference_values import Number, Value, digits_of, growth_factor, rounded, shared

Members = tuple[str, ...]
ZERO = Fraction(0)
ENDLESS = Fraction(10**30)


@dataclass
class Outcome:
    """What comes of terms: amounts in whole units; None is pending.

    Attributes
    ----------
    earned : by clause, period ("" for amounts to date and those paid once), members
    cuts : by limit (or ``split:NAME``, ``account:NAME``), then as ``earned``; for amounts to date, the last
    paid : by clause, period, members
    flows : by clause, payer, payee, period; what flows back is negative
    figures : by figure, period, members
    balances : by account, period, members, after the period's clauses
    """

    earned: dict[tuple[str, str, Members], Value] = field(default_factory=dict)
    cuts: dict[tuple[str, str, str, Members], Number] = field(default_factory=dict)
    paid: dict[tuple[str, str, Members], Number] = field(default_factory=lambda: defaultdict(Fraction))
    flows: dict[tuple[str, str, str, str], Number] = field(default_factory=lambda: defaultdict(Fraction))
    figures: dict[tuple[str, str, Members], Value] = field(default_factory=dict)
    balances: dict[tuple[str, str, Members], Value] = field(default_factory=dict)


@dataclass
class Due:
    """What one member of a clause is to be paid in a period, as it passes the stages."""

    place: Place
    members: Members
    left: Number
    cuts: dict[str, Number] = field(default_factory=dict)

    def cut(self, name: str, room: Number) -> None:
        """Let at most ``room`` through."""
        self.cuts[name] = max(self.left - room, ZERO)
        self.left -= self.cuts[name]


Maxima = list[tuple[PaymentLimit, dict[Members, Value]]]


class Interpreter(Reader):
    """Carries out clauses period after period, and remembers."""

    def __init__(
        self,
        document: TermDocument,
        observations: Observations,
        members: Mapping[str, Members] | None = None,
        as_of: date | None = None,
    ) -> None:
        super().__init__(document, observations, members, as_of)
        self.out = Outcome()
        self.now = 0
        self.held: dict[tuple[str, Members], Value] = {}
        self.earned: dict[tuple[str, int, Members], Number] = {}
        self.waits: dict[tuple[str, int, Members], bool] = {}
        self.met: dict[tuple[str, str, Members], Number] = defaultdict(Fraction)
        self.credit: dict[tuple[str, str, str], Number] = defaultdict(Fraction)
        self.overpaid: dict[tuple[str, str, Members], Number] = defaultdict(Fraction)
        self.used: dict[tuple[str, Members], Number] = defaultdict(Fraction)
        self.given: dict[tuple[str, int], Number] = defaultdict(Fraction)
        self.spreads: dict[str, list[tuple[Value, Value]]] = {}
        self.units = {one.id: self.type_of(one.amount) for one in document.clauses}

    def run(self) -> Outcome:
        for name, account in self.document.accounts.items():
            for place in self.places(account.each, 0):
                opens = ZERO if account.opens is None else self.value(account.opens, place)
                self.held[name, self.key(account.each, place)] = opens
        for period in range(len(self.calendar.ids)):
            self.now = period
            self.grow(period)
            for clause in self.document.clauses:
                if isinstance(clause, Note):
                    self.note(clause, period)
                else:
                    self.pay(clause, period)
            if period == len(self.calendar.ids) - 1:
                self.clear(period)
            self.report(period)
        return self.out

    def key(self, names: Iterable[str], place: Place) -> Members:
        return tuple(place.members[name] for name in self.ordered(names))

    def balance(self, account: str, place: Place) -> Value:
        """The account now; in an earlier period, as that left it."""
        members = self.key(self.document.accounts[account].each, place)
        if place.period < self.now:
            return self.out.balances[account, self.calendar.ids[place.period], members]
        return self.held[account, members]

    def paid(self, expression: Tree, place: Place) -> Value:
        """What clauses paid or earned in a window; pending while one of them is."""
        numbers = {name: number for number, name in enumerate(self.calendar.ids)}
        rows: dict[tuple[str, int, Members], Number] = self.earned
        if expression.what == "paid":
            rows = {
                (name, numbers[period], who): amount for (name, period, who), amount in self.out.paid.items()
            }
        clauses = {one.id: one for one in self.document.clauses}
        first = place.period if expression.window == "period" else 0
        last = place.period - 1 if expression.window == "before" else place.period
        if self.is_waiting(expression, place, first, last):
            return None
        return added(
            amount
            for (name, period, members), amount in rows.items()
            if name in expression.clauses
            and first <= period <= last
            and self.matches(
                expression.each, place, dict(zip(self.ordered(clauses[name].each), members, strict=True))
            )
        )

    def is_waiting(self, expression: Tree, place: Place, first: int, last: int) -> bool:
        """Whether a named clause is pending: of amounts to date the latest word counts."""
        clauses = {one.id: one for one in self.document.clauses}
        latest: dict[tuple[str, int, Members], bool] = {}
        for (name, period, members), pending in self.waits.items():
            clause = clauses[name]
            by_set = dict(zip(self.ordered(clause.each), members, strict=True))
            if name in expression.clauses and self.matches(expression.each, place, by_set):
                to_date = isinstance(clause, Pay) and clause.basis == "cumulative"
                if first <= period <= last:
                    latest[name, 0 if to_date else period, members] = pending
        return any(latest.values())

    def matches(self, names: Iterable[str], place: Place, members: Mapping[str, str]) -> bool:
        return all(members[name] == place.members[name] for name in names)

    def grow(self, period: int) -> None:
        """Growth, then additions, at the period's end and before its clauses."""
        span = (self.calendar.starts[period], self.calendar.ends[period])
        for name, account in self.document.accounts.items():
            rounding, digits = account.round or self.document.rounding, digits_of(account.type)
            for place in self.places(account.each, period):
                key = (name, self.key(account.each, place))
                before = self.held[key]
                if account.grows is not None and isinstance(before, Fraction):
                    growth = account.grows
                    factor = growth_factor(growth.rate, growth.compounding, growth.day_count, span)
                    self.held[key] = rounded(before * factor, digits, rounding)
        more = [
            ((name, self.key(account.each, place)), self.value(account.adds, place))
            for name, account in self.document.accounts.items()
            if account.adds is not None
            for place in self.places(account.each, period)
        ]
        for key, value in more:
            self.held[key] = added([self.held[key], value])

    def change(self, account: str, place: Place, amount: Number) -> None:
        key = (account, self.key(self.document.accounts[account].each, place))
        self.held[key] = added([self.held[key], amount])

    def note(self, clause: Note, period: int) -> None:
        amounts = [(place, self.value(clause.amount, place)) for place in self.places(clause.each, period)]
        for place, amount in amounts:
            members = self.key(clause.each, place)
            self.waits[clause.id, period, members] = amount is None
            if isinstance(amount, Fraction):
                self.out.paid[clause.id, self.calendar.ids[period], members] += amount
                self.earned[clause.id, period, members] = amount
                self.book(clause, place, amount)

    def entitled(self, clause: Pay, place: Place) -> Value:
        """The amount; zero where ``when`` does not hold."""
        holds = True if clause.when is None else self.value(clause.when, place)
        if holds is None:
            return None
        return self.value(clause.amount, place) if holds else ZERO

    def pay(self, clause: Pay, period: int) -> None:
        """One clause in one period: what every member is due, then limits and payment member by member."""
        at = clause.at or self.calendar.ids[-1]
        if clause.basis == "once" and self.calendar.ids[period] != at:
            return
        dues = [one for place in self.places(clause.each, period) if (one := self.due(clause, place))]
        maxima = self.maxima(clause, period)
        self.spreads = {name: self.spread_terms(name, period) for name in (clause.from_, clause.to)}
        for limit, most in maxima:
            if limit.cut == "pro_rata":
                self.pro_rata(clause, limit, most[()], dues)
        for due in dues:
            if due.left < 0:
                self.decrease(clause, due)
            elif not self.is_stuck(clause, due, maxima):
                self.settle(clause, due, maxima)

    def is_stuck(self, clause: Pay, due: Due, maxima: Maxima) -> bool:
        """Whether a maximum, a weight or a pot that decides about it is pending."""
        if any(rows[self.key(limit.each, due.place)] is None for limit, rows in maxima):
            return True
        if clause.from_ in self.document.accounts and self.held[clause.from_, ()] is None:
            return True
        return any(
            weight is None or most is None for terms in self.spreads.values() for weight, most in terms
        )

    def due(self, clause: Pay, place: Place) -> Due | None:
        """What is to be paid now; None while it is pending."""
        key = (clause.id, self.span(clause, place), self.key(clause.each, place))
        amount = self.entitled(clause, place)
        self.waits[clause.id, place.period, key[2]] = amount is None
        if not isinstance(amount, Fraction):
            self.out.earned.setdefault(key, None)
            return None
        self.out.earned[key] = amount
        self.out.cuts = {cut: amount for cut, amount in self.out.cuts.items() if cut[1:] != key}
        self.earned[clause.id, place.period, key[2]] = amount - self.earned_before(clause, key[2])
        return Due(place, key[2], amount - self.met[key])

    def earned_before(self, clause: Pay, members: Members) -> Number:
        """For an amount to date: what was earned already."""
        if clause.basis != "cumulative":
            return ZERO
        rows = [
            amount for (name, _, who), amount in self.earned.items() if (name, who) == (clause.id, members)
        ]
        return sum(rows, ZERO)

    def span(self, clause: Pay, place: Place) -> str:
        """Amounts by period stand by period; those to date, and those paid once, for the whole term."""
        return self.calendar.ids[place.period] if clause.basis == "period" else ""

    def maxima(self, clause: Pay, period: int) -> Maxima:
        """Limits of a clause, with their maxima as they stand before it."""
        found = []
        for limit in self.document.limits:
            named = clause.id in limit.of or ("*" in limit.of and limit.unit in {"", self.units[clause.id]})
            if named:
                places = self.places([name for name in limit.each if name != PERIOD], period)
                rows = {self.key(limit.each, one): self.number(limit.max, one) for one in places}
                found.append((limit, rows))
        return found

    def counted(self, limit: PaymentLimit, place: Place) -> tuple[str, Members]:
        """What a limit counts together: by member, and by period where it says so."""
        period = self.calendar.ids[place.period] if PERIOD in limit.each else ""
        return limit.id, (period, *self.key(limit.each, place))

    def pro_rata(self, clause: Pay, limit: PaymentLimit, most: Value, dues: list[Due]) -> None:
        """Members share the room by what they are due."""
        forward = [due for due in dues if due.left > 0]
        if most is None or not forward:
            return
        assert isinstance(most, Fraction)
        room = max(most - self.used[self.counted(limit, forward[0].place)], ZERO)
        total = min(room, sum((due.left for due in forward), ZERO))
        digits = digits_of(self.units[clause.id])
        parts = shared(total, [due.left for due in forward], digits=digits, ties="largest")
        for due, part in zip(forward, parts, strict=True):
            due.cut(limit.id, part)

    def settle(self, clause: Pay, due: Due, maxima: Maxima) -> None:
        """Set off, limit, fund, pay, and remember."""
        payer, payee = self.ends(clause, due.place)
        pair = (payer, payee, self.units[clause.id])
        key = (clause.id, self.span(clause, due.place), due.members)
        own = min(self.credit[pair], self.overpaid[key], due.left)
        self.overpaid[key] -= own
        self.credit[pair] -= own
        due.left -= own
        for limit, rows in maxima:
            most = rows[self.key(limit.each, due.place)]
            if limit.cut == "in_order" and isinstance(most, Fraction):
                due.cut(limit.id, max(most - self.used[self.counted(limit, due.place)], ZERO))
        others = min(self.credit[pair], due.left)
        self.credit[pair] -= others
        due.left -= others
        held = self.held.get((payer, ())) if payer in self.document.accounts else None
        if isinstance(held, Fraction):
            due.cut(f"account:{payer}", max(held, ZERO))
        sources = self.parts(clause, due, payer)
        drawn = due.left
        targets = self.parts(clause, due, payee)
        sources = self.put_back(payer, sources, drawn - due.left)
        self.met[key] += due.left + own + others
        for limit, _ in maxima:
            self.used[self.counted(limit, due.place)] += due.left + others
        for source, target, amount in matched(sources, targets):
            self.flow(clause, due, source, target, amount)
        for name, cut in due.cuts.items():
            self.out.cuts[name, clause.id, self.span(clause, due.place), due.members] = cut

    def parts(self, clause: Pay, due: Due, name: str) -> list[tuple[str, Number]]:
        """Who pays or gets an amount: one party, or the legs of a split, which remember it."""
        if name not in self.document.splits:
            return [(name, due.left)]
        parts = self.spread(clause, name, due.left)
        due.cut(f"split:{name}", sum(parts, ZERO))
        for number, part in enumerate(parts):
            self.given[name, number] += part
        legs = self.document.splits[name].legs
        return [(leg.party, part) for leg, part in zip(legs, parts, strict=True)]

    def put_back(
        self, name: str, sources: list[tuple[str, Number]], short: Number
    ) -> list[tuple[str, Number]]:
        """What no payee could take stays with the last payers."""
        rows = list(sources)
        for number in reversed(range(len(rows))):
            party, given = rows[number]
            kept = min(given, short)
            short -= kept
            rows[number] = (party, given - kept)
            if name in self.document.splits:
                self.given[name, number] -= kept
        return rows

    def decrease(self, clause: Pay, due: Due) -> None:
        """What is owed fell below what was paid, or an amount flows the other way."""
        payer, payee = self.ends(clause, due.place)
        key = (clause.id, self.span(clause, due.place), due.members)
        if clause.two_way:
            self.flow(clause, due, payer, payee, due.left)
        elif clause.on_decrease == "keep":
            return
        elif clause.on_decrease == "offset":
            self.credit[payer, payee, self.units[clause.id]] -= due.left
            self.overpaid[key] -= due.left
        else:
            for giver, amount in self.returned(clause, payer, -due.left):
                for taker, part in self.returned(clause, payee, amount):
                    self.flow(clause, due, giver, taker, -part)
            for limit, _ in self.maxima(clause, due.place.period):
                if PERIOD not in limit.each:
                    self.used[self.counted(limit, due.place)] += due.left
        self.met[key] += due.left

    def returned(self, clause: Pay, name: str, amount: Number) -> list[tuple[str, Number]]:
        """What is taken back goes over the legs of a split by what they took."""
        if name not in self.document.splits:
            return [(name, amount)]
        split = self.document.splits[name]
        taken = [self.given[name, number] for number in range(len(split.legs))]
        parts = shared(amount, taken, digits=digits_of(self.units[clause.id]), ties=split.ties)
        for number, part in enumerate(parts):
            self.given[name, number] -= part
        return [(leg.party, part) for leg, part in zip(split.legs, parts, strict=True)]

    def flow(self, clause: Pay, due: Due, payer: str, payee: str, amount: Number) -> None:
        """Write down what was paid, and change accounts by it; what flows back is negative."""
        period = self.calendar.ids[due.place.period]
        self.out.flows[clause.id, payer, payee, period] += amount
        self.out.paid[clause.id, period, due.members] += amount
        for name, change in ((payer, -amount), (payee, amount)):
            if name in self.document.accounts:
                self.change(name, due.place, change)
        self.book(clause, due.place, amount)

    def book(self, clause: Pay | Note, place: Place, amount: Number) -> None:
        for name in clause.raises:
            self.change(name, place, amount)
        for name in clause.lowers:
            self.change(name, place, -amount)

    def ends(self, clause: Pay, place: Place) -> tuple[str, str]:
        """Payer and payee; of a set, the member."""
        payer, payee = (place.members[one] if one in self.sets else one for one in (clause.from_, clause.to))
        return payer, payee

    def spread_terms(self, name: str, period: int) -> list[tuple[Value, Value]]:
        """Weight and maximum of each leg as they stand before the clause."""
        split = self.document.splits.get(name)
        place = Place(period)
        return [
            (self.number(leg.weight, place), ENDLESS if leg.max is None else self.number(leg.max, place))
            for leg in (split.legs if split else ())
        ]

    def spread(self, clause: Pay, name: str, amount: Number) -> list[Number]:
        """By rank; inside a rank by weight over those with room, again and again."""
        split, terms = self.document.splits[name], self.spreads[name]
        given = [ZERO for _ in split.legs]
        digits = digits_of(self.units[clause.id])

        def room(number: int) -> Number:
            most = terms[number][1]
            assert isinstance(most, Fraction)
            return max(most - self.given[name, number] - given[number], ZERO)

        for rank in sorted({leg.rank for leg in split.legs}):
            while amount > 0:
                able = [n for n, leg in enumerate(split.legs) if leg.rank == rank and room(n) > 0]
                weights = [weight for n in able if isinstance(weight := terms[n][0], Fraction)]
                parts = shared(amount, weights, digits=digits, ties=split.ties)
                taken = ZERO
                for number, part in zip(able, parts, strict=True):
                    possible = min(part, room(number))
                    given[number] += possible
                    taken += possible
                amount -= taken
                if taken == 0:
                    break
        return given

    def clear(self, period: int) -> None:
        """What remains in pots after the last clause goes to its taker."""
        name_of = self.calendar.ids[period]
        for name, account in self.document.accounts.items():
            rest = self.held[name, ()] if account.kind == "pot" else None
            if isinstance(rest, Fraction) and rest > 0:
                self.out.flows[f"residual:{name}", name, account.residual_to, name_of] += rest
                self.held[name, ()] = ZERO

    def report(self, period: int) -> None:
        for (name, members), amount in self.held.items():
            self.out.balances[name, self.calendar.ids[period], members] = amount
        for name, figure in self.document.figures.items():
            dims = self.ordered(self.ranges(figure.value))
            for place in self.places(dims, period):
                key = (name, self.calendar.ids[period], self.key(dims, place))
                self.out.figures[key] = self.value(figure.value, place)


def matched(
    sources: list[tuple[str, Number]], targets: list[tuple[str, Number]]
) -> list[tuple[str, str, Number]]:
    """Who pays whom when several pay several: the first payer's money goes to the first payee, and so on."""
    found, given, got = [], [amount for _, amount in sources], [amount for _, amount in targets]
    for at, (source, _) in enumerate(sources):
        for to, (target, _) in enumerate(targets):
            amount = min(given[at], got[to], key=abs)
            if amount:
                found.append((source, target, amount))
            given[at] -= amount
            got[to] -= amount
    return found


def interpret(
    document: TermDocument,
    observations: Observations,
    members: Mapping[str, Members] | None = None,
    as_of: date | None = None,
) -> Outcome:
    """What comes of a term document on what was observed."""
    return Interpreter(document, observations, members, as_of).run()
