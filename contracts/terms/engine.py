"""The engine: clauses carried out in order, period after period, whatever a cell is.

The problem: a payment, its simulation and its bound are one calculation. The stages stand here once: growth of
accounts, then for each clause: earn, set off, limit, take from the pot, spread over payers and payees, move
accounts. Pending amounts pay nothing. ``prior`` is what was obligated before: its room under limits is kept
for it, so a late result never takes back what was paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from .evaluation import Arithmetic, Books, Cell, Cells, Evaluation, Table, Traced
from .program import AccountPlan, ClausePlan, LegPlan, LimitPlan, Program, SplitPlan

Key = tuple[str, int, int]  # clause, period number (-1: whole term), combination of members
WHOLE = -1


@dataclass(slots=True)
class KeyOutcome:
    """What one clause comes to for one period and one combination of members.

    Attributes
    ----------
    earned : Cell [counts of the clause's unit]
        Before limits; None while pending.
    entitled : Cell [counts]
        After limits, to date.
    paid : Cell [counts]
        What flowed: entitled, less what was set off, plus what was not taken back.
    cuts : dict of str to Cell
        What each limit, pot or split cut.
    """

    earned: Cell = None
    entitled: Cell = 0
    paid: Cell = 0
    cuts: dict[str, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Outturn:
    """All that comes of terms and observations.

    Attributes
    ----------
    keys : dict of Key to KeyOutcome
        By clause, period and combination of members.
    flows : dict of (clause, payer, payee, period number) to Cell
        Money moved; pots stand under their own names.
    figures : dict of str to list
        By period, by combination.
    balances : dict of str to list
        Accounts at the end of each period, by combination.
    paid : dict of str to list
        Clause -> by period -> by combination: what flowed in it.
    """

    program: Program
    table: Table
    keys: dict[Key, KeyOutcome] = field(default_factory=dict)
    flows: dict[tuple[str, str, str, int], Cell] = field(default_factory=dict)
    figures: dict[str, list[Cells]] = field(default_factory=dict)
    balances: dict[str, list[Cells]] = field(default_factory=dict)
    paid: dict[str, list[Cells]] = field(default_factory=dict)


@dataclass(slots=True)
class Rooms:
    """What limits still let through: limit, period number or -1, combination of its members -> cell."""

    left: dict[tuple[str, int, int], Cell] = field(default_factory=dict)
    used: dict[tuple[str, int, int], Cell] = field(default_factory=dict)


def carry_out(
    program: Program,
    arithmetic: Arithmetic,
    table: Table,
    *,
    prior: Mapping[Key, int] | None = None,
    figures: frozenset[str] | None = None,
    record: list[Traced] | None = None,
) -> Outturn:
    """Carry out terms on what was observed.

    Parameters
    ----------
    program : Program
        Compiled terms.
    arithmetic : Arithmetic
        Of the cells in the table.
    table : Table
        What was observed.
    prior : Mapping of Key to int [counts]
        What was obligated before.
    figures : frozenset of str
        Figures to report; all without it.
    record : list of Traced
        Takes every operation that was carried out.

    Examples
    --------
    >>> from almoner.contracts.terms.arithmetic import WHOLE_NUMBERS
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> outturn = carry_out(program, WHOLE_NUMBERS, Table(members={}, cells={"nights": [[12457]]}))
    >>> outturn.keys["nights", WHOLE, 0].paid
    18834984
    """
    run = _Run(program, arithmetic, table, dict(prior or {}))
    run.evaluation.record = record.append if record is not None else None
    for period in range(len(program.periods)):
        run.open_period(period)
        for clause in program.clauses:
            if clause.basis != "once" or clause.at == period:
                run.clause(clause)
        if period == len(program.periods) - 1:
            run.residuals()
        run.close_period(figures)
    return run.outturn


class _Run:
    """State of one run."""

    def __init__(self, program: Program, use: Arithmetic, table: Table, reserved: dict[Key, int]) -> None:
        self.program = program
        self.use = use
        self.table = table
        self.reserved = reserved
        self.books = Books()
        self.evaluation = Evaluation(program, use, table, self.books)
        self.outturn = Outturn(program, table)
        self.period = 0
        self.rooms = Rooms()
        self.carried: dict[tuple[str, str], Cell] = {}
        self.taken: dict[tuple[str, int], Cell] = {}
        self.accounts = {account.id: account for account in program.accounts}
        self.limits: dict[str, list[LimitPlan]] = {
            clause.id: [one for one in program.limits if clause.id in one.clauses]
            for clause in program.clauses
        }
        self.combos = {clause.id: table.combinations(clause.each) for clause in program.clauses}
        for clause in program.clauses:
            zeros: Cells = [0] * len(self.combos[clause.id])
            for what in ("paid", "earned"):
                self.books.totals[what, clause.id] = list(zeros)
                self.books.before[what, clause.id] = list(zeros)

    def open_period(self, period: int) -> None:
        """Let accounts grow, then add to them."""
        self.period = period
        balances = self.books.balances
        for account in self.program.accounts:
            if period == 0:
                size = len(self.table.combinations(account.each))
                balances[account.id] = (
                    self.evaluation.over(account.opens, account.each) if account.opens >= 0 else [0] * size
                )
            if account.growth:
                factor = account.growth[period]
                balances[account.id] = [
                    None if cell is None else self.use.grow(cell, factor, account.rounding)
                    for cell in balances[account.id]
                ]
        for account in self.program.accounts:
            if account.adds >= 0:
                added = self.evaluation.over(account.adds, account.each)
                balances[account.id] = [
                    self._plus(cell, more) for cell, more in zip(balances[account.id], added, strict=True)
                ]

    def _plus(self, cell: Cell, more: Cell) -> Cell:
        return None if cell is None or more is None else self.use.add(cell, more)

    def close_period(self, figures: frozenset[str] | None) -> None:
        """Report figures, balances and what was paid in this period, then step on."""
        out = self.outturn
        for figure in self.program.figures:
            if figures is None or figure.id in figures:
                out.figures.setdefault(figure.id, []).append(self.evaluation.value(figure.node))
        for name, cells in self.books.balances.items():
            out.balances.setdefault(name, []).append(list(cells))
        self.evaluation.end_period()
        for clause in self.program.clauses:
            now, before = self.books.totals["paid", clause.id], self.books.before["paid", clause.id]
            paid = [self.use.sub(new, old) for new, old in zip(now, before, strict=True)]
            out.paid.setdefault(clause.id, []).append(paid)
            for what in ("paid", "earned"):
                self.books.before[what, clause.id] = list(self.books.totals[what, clause.id])

    def clause(self, clause: ClausePlan) -> None:
        """Carry out one clause for all its members: amounts of all first, then one after the other."""
        amounts = self.evaluation.over(clause.amount, clause.each)
        if clause.basis == "note":
            for place, amount in enumerate(amounts):
                if amount is not None:
                    self._move_accounts(clause, place, amount)
                    self._add_total("paid", clause.id, place, amount)
                    self._add_total("earned", clause.id, place, amount)
            return
        for limit in self.limits[clause.id]:
            self._open_rooms(limit)
        wanted = [self._earn(clause, place, amount) for place, amount in enumerate(amounts)]
        shares = self._share_rooms(clause, wanted)
        for place, want in enumerate(wanted):
            if want is not None:
                self._settle(clause, place, want, shares)

    def _key(self, clause: ClausePlan, place: int) -> Key:
        return clause.id, self.period if clause.basis == "period" else WHOLE, place

    def _earn(self, clause: ClausePlan, place: int, amount: Cell) -> Cell:
        """Note what is earned; return what more is owed than before (less, when negative)."""
        key = self._key(clause, place)
        kept = self.outturn.keys.setdefault(key, KeyOutcome())
        if amount is None:
            return None
        total = self.books.totals["earned", clause.id]
        gained = (
            amount if kept.earned is None or clause.basis == "period" else self.use.sub(amount, kept.earned)
        )
        total[place] = self.use.add(total[place], gained)
        kept.earned = amount
        return self.use.sub(amount, kept.entitled)

    def _settle(self, clause: ClausePlan, place: int, want: Cell, shares: dict[int, Cell]) -> None:
        kept = self.outturn.keys[self._key(clause, place)]
        kept.cuts = {}
        more = self.use.most(want, 0)
        less = self.use.least(want, 0)
        if clause.two_way:
            self._flow_back(clause, place, kept, less)
        elif clause.basis == "cumulative":
            self._decrease(clause, place, kept, less)
        if place in shares:
            first = [one.id for one in self.limits[clause.id] if one.pro_rata][0]
            self._note_cut(kept, first, self.use.sub(more, shares[place]))
            more = shares[place]
        pair = (clause.payer, clause.payee)
        offset: Cell = 0
        if pair in self.carried:
            offset = self.use.least(more, self.carried[pair])
            self.carried[pair] = self.use.sub(self.carried[pair], offset)
            more = self.use.sub(more, offset)
        more = self._limited(clause, place, more, kept)
        more = self._from_pot(clause, more, kept)
        more = self._pay(clause, place, more, kept)
        self._use_rooms(clause, place, more)
        entitled = self.use.add(kept.entitled, self.use.add(more, offset))
        kept.entitled = self.use.most_of(entitled, kept.entitled, kept.earned)
        self._settle_total(clause, place, kept)

    def _flow_back(self, clause: ClausePlan, place: int, kept: KeyOutcome, less: Cell) -> None:
        payer, payee = self._ends(clause, place)
        self._flow(clause, place, payer, payee, less)
        kept.entitled = self.use.add(kept.entitled, less)
        kept.paid = self.use.add(kept.paid, less)

    def _decrease(self, clause: ClausePlan, place: int, kept: KeyOutcome, less: Cell) -> None:
        """What is owed fell: set it off later, take it back now, or leave it."""
        if clause.on_decrease == "keep":
            return
        kept.entitled = self.use.add(kept.entitled, less)
        over = self.use.sub(0, less)
        if clause.on_decrease == "offset":
            pair = (clause.payer, clause.payee)
            self.carried[pair] = self.use.add(self.carried.get(pair, 0), over)
            return
        kept.paid = self.use.add(kept.paid, less)
        for payer, back in self._returned(clause.payer, over, self._ends(clause, place)[0]):
            for payee, part in self._returned(clause.payee, back, self._ends(clause, place)[1]):
                self._flow(clause, place, payer, payee, self.use.sub(0, part))
        self._use_rooms(clause, place, less)

    def _returned(self, name: str, amount: Cell, alone: str) -> list[tuple[str, Cell]]:
        """Spread what is taken back over legs, by what they took."""
        split = self.program.splits.get(name)
        if split is None:
            return [(alone, amount)]
        taken = [self.taken.get((name, at), 0) for at in range(len(split.legs))]
        parts = self.use.allocate(amount, taken, split.ties, 0)
        for at, part in enumerate(parts):
            self.taken[name, at] = self.use.sub(taken[at], part)
        return [(leg.party, part) for leg, part in zip(split.legs, parts, strict=True)]

    def _ends(self, clause: ClausePlan, place: int) -> tuple[str, str]:
        combo = dict(zip(clause.each, self.combos[clause.id][place], strict=True))
        return combo.get(clause.payer, clause.payer), combo.get(clause.payee, clause.payee)

    def _open_rooms(self, limit: LimitPlan) -> None:
        """Work out what a limit lets through now: its maximum less what was used and what is reserved."""
        maxima = self.evaluation.over(limit.maximum, limit.each)
        span = self.period if limit.by_period else WHOLE
        for at, most in enumerate(maxima):
            key = (limit.id, span, at)
            if key not in self.rooms.used:
                self.rooms.used[key] = self._reserved(limit, span, at)
            self.rooms.left[key] = None if most is None else self.use.sub(most, self.rooms.used[key])

    def _reserved(self, limit: LimitPlan, span: int, at: int) -> int:
        """Sum what was obligated before under a limit, as far as it is known for which period."""
        total = 0
        if not self.reserved:
            return total
        for clause in self.program.clauses:
            if clause.id not in limit.clauses or not self._remembers(limit, clause):
                continue
            if clause.basis == "once" and span not in {WHOLE, clause.at}:
                continue
            places = self.evaluation.mapping(limit.each, clause.each)
            total += sum(
                amount
                for (name, period, place), amount in self.reserved.items()
                if name == clause.id and places[place] == at and (span == WHOLE or period in {span, WHOLE})
            )
        return total

    def _remembers(self, limit: LimitPlan, clause: ClausePlan) -> bool:
        """Say whether a limit keeps room for what a clause obligated: to date, the period is not known."""
        return not limit.by_period or clause.basis != "cumulative" or len(self.program.periods) == 1

    def _share_rooms(self, clause: ClausePlan, wanted: Sequence[Cell]) -> dict[int, Cell]:
        """Let members share the room of a pro rata limit by what they earned."""
        limit = next((one for one in self.limits[clause.id] if one.pro_rata), None)
        if limit is None:
            return {}
        known = [at for at, want in enumerate(wanted) if want is not None]
        wants = [self.use.most(wanted[at], 0) for at in known]
        room = self.rooms.left[limit.id, self.period if limit.by_period else WHOLE, 0]
        if room is None or not known:
            return {}
        before = [self.reserved.get(self._key(clause, at), 0) for at in known]
        if any(before):
            return dict(zip(known, self._share_rest(wants, before, room), strict=True))
        total = self.use.gather("add", wants, 0)
        given = self.use.least(total, self.use.most(room, 0))
        parts = self.use.allocate(given, wants, "largest", self.table.multiplicity(clause.each))
        return dict(zip(known, parts, strict=True))

    def _share_rest(self, wants: Sequence[Cell], before: Sequence[int], room: Cell) -> Cells:
        """Leave members what they were given before; share what room is left by what they lack."""
        kept = [self.use.least(want, given) for want, given in zip(wants, before, strict=True)]
        lack = [self.use.sub(want, given) for want, given in zip(wants, kept, strict=True)]
        more = self.use.least(self.use.gather("add", lack, 0), self.use.most(room, 0))
        parts = self.use.allocate(more, lack, "largest", 0)
        return [self.use.add(given, part) for given, part in zip(kept, parts, strict=True)]

    def _limited(self, clause: ClausePlan, place: int, more: Cell, kept: KeyOutcome) -> Cell:
        key = self._key(clause, place)
        granted = self.reserved.get(key, 0)
        free = self.use.least(more, granted) if granted else 0
        asked = more
        for limit in self.limits[clause.id]:
            room = self.rooms.left[self._room(limit, clause, place)]
            if limit.pro_rata and room is not None:
                continue
            known = room is not None
            room = self.use.most(room, 0) if known else 0
            if granted and self._remembers(limit, clause):
                room = self.use.add(room, free)
            passed = self.use.least(asked, room)
            if known:
                self._note_cut(kept, limit.id, self.use.sub(asked, passed))
            asked = passed
        if granted:
            self._release(clause, place, key, self.use.least(asked, free))
        return asked

    def _release(self, clause: ClausePlan, place: int, key: Key, used: int) -> None:
        """Take back the reservation of what is now paid, before it is counted as used."""
        self.reserved[key] -= used
        for limit in self.limits[clause.id]:
            if not self._remembers(limit, clause):
                continue
            room = self._room(limit, clause, place)
            self.rooms.used[room] = self.use.sub(self.rooms.used[room], used)
            if self.rooms.left[room] is not None:
                self.rooms.left[room] = self.use.add(self.rooms.left[room], used)

    def _room(self, limit: LimitPlan, clause: ClausePlan, place: int) -> tuple[str, int, int]:
        span = self.period if limit.by_period else WHOLE
        return limit.id, span, self.evaluation.mapping(limit.each, clause.each)[place]

    def _note_cut(self, kept: KeyOutcome, name: str, cut: Cell) -> None:
        kept.cuts[name] = self.use.add(kept.cuts.get(name, 0), cut)

    def _use_rooms(self, clause: ClausePlan, place: int, amount: Cell) -> None:
        limits = self.limits[clause.id]
        for limit in limits:
            room = self._room(limit, clause, place)
            times = self.table.multiplicity([dim for dim in clause.each if dim not in limit.each])
            many = self.use.many(amount, times)
            self.rooms.used[room] = self.use.add(self.rooms.used[room], many)
            if self.rooms.left[room] is not None:
                self.rooms.left[room] = self.use.sub(self.rooms.left[room], many)

    def _from_pot(self, clause: ClausePlan, more: Cell, kept: KeyOutcome) -> Cell:
        if clause.payer not in self.accounts:
            return more
        held = self.books.balances[clause.payer][0]
        if held is None:
            return 0
        passed = self.use.least(more, self.use.most(held, 0))
        self._note_cut(kept, f"account:{clause.payer}", self.use.sub(more, passed))
        return passed

    def _pay(self, clause: ClausePlan, place: int, more: Cell, kept: KeyOutcome) -> Cell:
        """Spread an amount over payers and payees, move it, and return what was taken."""
        payer, payee = self._ends(clause, place)
        givers: list[tuple[str, Cell]] = [(payer, more)]
        if payer in self.program.splits:
            givers, more = self._spread(self.program.splits[payer], more, kept)
        takers: list[tuple[str, Cell]] = [(payee, more)]
        if payee in self.program.splits:
            takers, taken = self._spread(self.program.splits[payee], more, kept)
            if len(givers) > 1:
                givers = self._shortened(givers, self.use.sub(more, taken))
            else:
                givers = [(givers[0][0], taken)]
            more = taken
        kept.paid = self.use.most_of(self.use.add(kept.paid, more), kept.paid, kept.earned)
        if len(givers) == 1 or len(takers) == 1:
            for giver, given in givers:
                for taker, got in takers:
                    self._flow(clause, place, giver, taker, got if len(givers) == 1 else given)
            return more
        for giver, given in givers:
            rest = given
            for at, (taker, got) in enumerate(takers):
                part = self.use.least(rest, got)
                self._flow(clause, place, giver, taker, part)
                rest = self.use.sub(rest, part)
                takers[at] = (taker, self.use.sub(got, part))
        return more

    def _shortened(self, givers: list[tuple[str, Cell]], short: Cell) -> list[tuple[str, Cell]]:
        """Take from the last payers what no payee could take."""
        rows = []
        for name, given in reversed(givers):
            less = self.use.least(given, short)
            short = self.use.sub(short, less)
            rows.append((name, self.use.sub(given, less)))
        return rows[::-1]

    def _spread(
        self, split: SplitPlan, amount: Cell, kept: KeyOutcome
    ) -> tuple[list[tuple[str, Cell]], Cell]:
        """Spread an amount over legs: rank by rank, by weight over those with room."""
        parts: dict[int, Cell] = dict.fromkeys(range(len(split.legs)), 0)
        rest = amount
        ranked = sorted(enumerate(split.legs), key=lambda pair: pair[1].rank)
        for _, group in groupby(ranked, key=lambda pair: pair[1].rank):
            rest = self._spread_rank(split, list(group), rest, parts)
        self._note_cut(kept, f"split:{split.id}", rest)
        for at, part in parts.items():
            self.taken[split.id, at] = self.use.add(self.taken.get((split.id, at), 0), part)
        taken = self.use.most(self.use.least(amount, self.use.sub(amount, rest)), 0)
        return [(leg.party, parts[at]) for at, leg in enumerate(split.legs)], taken

    def _spread_rank(
        self, split: SplitPlan, group: list[tuple[int, LegPlan]], rest: Cell, parts: dict[int, Cell]
    ) -> Cell:
        rooms = {at: self._leg_room(split, at, leg) for at, leg in group}
        if len(group) == 1:
            at = group[0][0]
            part = rest if rooms[at] is None else self.use.least(rest, rooms[at])
            parts[at] = self.use.add(parts[at], part)
            return self.use.sub(rest, part)
        weights = {at: self.evaluation.value(leg.weight)[0] for at, leg in group}
        if any(weight is None for weight in weights.values()):
            return rest
        for _ in group:
            open_weights = [
                weights[at] if rooms[at] is None else self.use.choose(
                    self.use.compare("gt", rooms[at], 0), weights[at], 0, "/splits"
                )
                for at, _ in group
            ]  # fmt: skip
            shares = self.use.allocate(rest, open_weights, split.ties, 0)
            for (at, _), share in zip(group, shares, strict=True):
                room = rooms[at]
                part = share if room is None else self.use.least(share, room)
                parts[at] = self.use.add(parts[at], part)
                rest = self.use.sub(rest, part)
                if room is not None:
                    rooms[at] = self.use.sub(room, part)
            if all(room is None for room in rooms.values()):
                break
        return rest

    def _leg_room(self, split: SplitPlan, at: int, leg: LegPlan) -> Cell:
        if leg.maximum < 0:
            return None
        most = self.evaluation.value(leg.maximum)[0]
        room = self.use.sub(0 if most is None else most, self.taken.get((split.id, at), 0))
        return self.use.most(room, 0)

    def _flow(self, clause: ClausePlan, place: int, payer: str, payee: str, amount: Cell) -> None:
        key = (clause.id, payer, payee, self.period)
        many = self.use.many(amount, self.table.multiplicity(clause.each))
        flows = self.outturn.flows
        flows[key] = self.use.add(flows[key], many) if key in flows else many
        self._add_total("paid", clause.id, place, amount)
        for name, sign in ((payer, -1), (payee, 1)):
            if name in self.accounts:
                self._move(name, 0, many, sign, covered=sign < 0)
        self._move_accounts(clause, place, amount)

    def _add_total(self, what: str, clause: str, place: int, amount: Cell) -> None:
        cells = self.books.totals[what, clause]
        cells[place] = self.use.add(cells[place], amount)

    def _settle_total(self, clause: ClausePlan, place: int, kept: KeyOutcome) -> None:
        """A clause that is not by period has one key, and its total is what that key was paid."""
        if clause.basis != "period":
            self.books.totals["paid", clause.id][place] = kept.paid

    def _move_accounts(self, clause: ClausePlan, place: int, amount: Cell) -> None:
        for names, sign in ((clause.raises, 1), (clause.lowers, -1)):
            for name in names:
                dims = self.accounts[name].each
                times = self.table.multiplicity([dim for dim in clause.each if dim not in dims])
                at = self.evaluation.mapping(dims, clause.each)[place]
                covered = sign < 0 and takes_at_most(self.program, clause, self.accounts[name])
                self._move(name, at, self.use.many(amount, times), sign, covered=covered)

    def _move(self, name: str, at: int, amount: Cell, sign: int, *, covered: bool = False) -> None:
        cells = self.books.balances[name]
        if cells[at] is None:
            return
        if sign > 0:
            cells[at] = self.use.add(cells[at], amount)
        else:
            cells[at] = (self.use.take if covered else self.use.sub)(cells[at], amount)

    def residuals(self) -> None:
        """Hand what pots still hold to whom the document names."""
        for account in self.program.accounts:
            if not account.pot:
                continue
            held = self.books.balances[account.id][0]
            if held is not None:
                rest = self.use.most(held, 0)
                self.outturn.flows[f"residual:{account.id}", account.id, account.residual_to, self.period] = (
                    rest
                )
                self._move(account.id, 0, rest, -1, covered=True)


def takes_at_most(program: Program, clause: ClausePlan, account: AccountPlan) -> bool:
    """Say whether the form of a clause shows that it never takes more than an account has.

    Parameters
    ----------
    program : Program
        Compiled terms.
    clause : ClausePlan
        That lowers the account.
    account : AccountPlan
        Kept for the same members as the clause.
    """
    if clause.each != account.each or clause.basis == "cumulative":
        return False

    def covered(at: int) -> bool:
        node = program.nodes[at]
        match node.op:
            case "balance":
                return node.name == account.id
            case "lit":
                return node.const <= 0
            case "min":
                return any(map(covered, node.args))
            case "max":
                return all(map(covered, node.args))
            case "if":
                return all(map(covered, node.args[1:]))
        return False

    return covered(clause.amount)
