"""The engine: clauses carried out in order, period after period, whatever a cell is.

The problem: a payment, its simulation and its bound are one calculation. The stages stand here once: growth
of accounts, then for each clause: earn, set off, limit, take from the pot, spread over payers and payees,
move accounts. Pending amounts pay nothing. ``prior`` is what was obligated before: its room under limits is
kept for it, so a late result never takes back what was paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..program import AccountPlan, ClausePlan, FigurePlan, Program
from .cells import Arithmetic, Cell, Cells, Table
from .evaluation import Books, Evaluation, Traced
from .holding import Before, Holding, Key, Leg
from .overpaid import Overpaid
from .rooms import WHOLE, Rooms
from .spreading import Parts, Spreading


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
    peak : Cell [counts]
        The most that ``paid`` ever came to, of an amount to date.
    overpaid : Cell [counts]
        What was paid too much and is not set off yet by the clause itself.
    cuts : dict of str to Cell
        What each limit, pot or split cut.
    """

    earned: Cell = None
    entitled: Cell = 0
    paid: Cell = 0
    peak: Cell = 0
    overpaid: Cell = 0
    cuts: dict[str, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Outturn:
    """All that comes of terms and observations.

    Attributes
    ----------
    keys : dict of Key to KeyOutcome
        By clause, period and combination of members.
    listed : dict of str to list of Key
        Keys by clause, in order.
    flows : dict of (clause, payer, payee, period number) to Cell
        Money moved; pots stand under their own names.
    figures : dict of str to list
        By period, by combination.
    balances : dict of str to list
        Accounts at the end of each period, by combination.
    paid : dict of str to list
        Clause -> by period -> by combination: what flowed in it.
    legs : dict of (Key, payer, payee) to int [counts]
        What flowed for each key from whom to whom; only where what was obligated before is given.
    """

    program: Program
    table: Table
    keys: dict[Key, KeyOutcome] = field(default_factory=dict)
    listed: dict[str, list[Key]] = field(default_factory=dict)
    flows: dict[tuple[str, str, str, int], Cell] = field(default_factory=dict)
    figures: dict[str, list[Cells]] = field(default_factory=dict)
    balances: dict[str, list[Cells]] = field(default_factory=dict)
    paid: dict[str, list[Cells]] = field(default_factory=dict)
    legs: dict[Leg, int] = field(default_factory=dict)


def carry_out(
    program: Program,
    arithmetic: Arithmetic,
    table: Table,
    *,
    prior: Before | None = None,
    figures: frozenset[str] | None = None,
    cuts: bool = True,
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
    prior : Before
        What was obligated before; with it, legs are reported.
    figures : frozenset of str
        Figures to report; all without it.
    cuts : bool
        Whether to work out what limits, pots and splits cut.
    record : list of Traced
        Takes every operation that was carried out.

    Examples
    --------
    >>> from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> outturn = carry_out(program, WHOLE_NUMBERS, Table(members={}, cells={"nights": [[12457]]}))
    >>> outturn.keys["nights", WHOLE, 0].paid
    18834984
    """
    run = Run(program, arithmetic, table, prior, cuts=cuts)
    run.evaluation.record = record.append if record is not None else None
    return run.all_periods(figures)


class Run:
    """State of one run.

    Parameters
    ----------
    program : Program
        Compiled terms.
    use : Arithmetic
        Of the cells in the table.
    table : Table
        What was observed.
    prior : Before or None
        What was obligated before.
    cuts : bool
        Whether to work out what limits, pots and splits cut.
    versions : sequence of Program
        All terms that are in force in some period, where they were amended.
    """

    def __init__(
        self,
        program: Program,
        use: Arithmetic,
        table: Table,
        prior: Before | None,
        *,
        cuts: bool,
        versions: Sequence[Program] = (),
    ) -> None:
        self.program = program
        self.use = use
        self.table = table
        self.books = Books()
        self.evaluation = Evaluation(program, use, table, self.books)
        self.outturn = Outturn(program, table)
        self.period = 0
        self.cuts = cuts
        self.holding = None if prior is None else Holding(versions or [program], prior)
        self.overpaid = Overpaid(prior or Before())
        self.rooms = Rooms(self.evaluation, prior or Before(), with_cuts=cuts)
        self.spreading = Spreading(self.evaluation, self.holding)
        self.carried: dict[tuple[str, str, str], Cell] = {}
        self.accounts = {account.id: account for account in program.accounts}
        self.combos = {clause.id: table.combinations(clause.each) for clause in program.clauses}
        for clause in program.clauses:
            zeros: Cells = [0] * len(self.combos[clause.id])
            for what in ("paid", "earned"):
                self.books.totals[what, clause.id] = list(zeros)
                self.books.before[what, clause.id] = list(zeros)
                self.books.now[what, clause.id] = list(zeros)
            self.books.pending[clause.id] = self.books.left_pending[clause.id] = [False] * len(zeros)

    def all_periods(self, figures: frozenset[str] | None) -> Outturn:
        """Carry out period after period."""
        self.open_accounts(self.evaluation)
        last = len(self.outturn.program.periods) - 1
        for period in range(last + 1):
            self.open_period(period)
            for clause in self.program.clauses:
                if clause.basis != "once" or clause.at == period:
                    self.clause(clause)
            if period == last:
                self.residuals()
            self.close_period(figures)
        return self.outturn

    def open_accounts(self, evaluation: Evaluation) -> None:
        """Open the accounts of terms, but those that are open."""
        for account in evaluation.program.accounts:
            size = len(self.table.combinations(account.each))
            opening = evaluation.over(account.opens, account.each) if account.opens >= 0 else [0] * size
            self.books.balances.setdefault(account.id, opening)

    def open_period(self, period: int) -> None:
        """Let accounts grow, then add to them."""
        self.period = period
        balances = self.books.balances
        for account in self.program.accounts:
            if account.growth:
                factor = account.growth[period]
                balances[account.id] = [
                    None if cell is None else self.use.grow(cell, factor, account.rounding)
                    for cell in balances[account.id]
                ]
        adding = [account for account in self.program.accounts if account.adds >= 0]
        added = [self.evaluation.over(account.adds, account.each) for account in adding]
        for account, more in zip(adding, added, strict=True):
            balances[account.id] = [
                self._plus(cell, one) for cell, one in zip(balances[account.id], more, strict=True)
            ]

    def _plus(self, cell: Cell, more: Cell) -> Cell:
        return None if cell is None or more is None else self.use.add(cell, more)

    def close_period(self, figures: frozenset[str] | None) -> None:
        """Report figures, balances and what was paid in this period, then step on."""
        out = self.outturn
        for figure in out.program.figures:
            if figures is None or figure.id in figures:
                out.figures.setdefault(figure.id, []).append(self.figure(figure))
        for name, cells in self.books.balances.items():
            out.balances.setdefault(name, []).append(list(cells))
        self.end_period()
        for clause in out.program.clauses:
            out.paid.setdefault(clause.id, []).append(self.books.now["paid", clause.id])
            for what in ("paid", "earned"):
                totals = self.books.totals[what, clause.id]
                self.books.before[what, clause.id] = list(totals)
                self.books.now[what, clause.id] = [0] * len(totals)
            self.books.close_pending(clause)

    def end_period(self) -> None:
        """Remember what later periods ask for."""
        self.evaluation.end_period()

    def figure(self, figure: FigurePlan) -> Cells:
        """Return a figure as it stands now."""
        return self.evaluation.value(figure.node)

    def amounts(self, clause: ClausePlan) -> Cells:
        """Return what a clause comes to, for all its members."""
        return self.evaluation.over(clause.amount, clause.each)

    def clause(self, clause: ClausePlan) -> None:
        """Carry out one clause for all its members: amounts of all first, then one after the other."""
        amounts = self.amounts(clause)
        self.books.pending[clause.id] = [amount is None for amount in amounts]
        if clause.basis == "note":
            for place, amount in enumerate(amounts):
                if amount is not None:
                    self._move_accounts(clause, place, amount)
                    self._add_total("paid", clause.id, place, amount)
                    self._add_total("earned", clause.id, place, amount)
            return
        self.rooms.open(clause)
        self.spreading.open(clause)
        wanted = [self._earn(clause, place, amount) for place, amount in enumerate(amounts)]
        shares = self.rooms.share(clause, wanted)
        for place, want in enumerate(wanted):
            if want is not None:
                self._settle(clause, place, want, shares[place])

    def _key(self, clause: ClausePlan, place: int) -> Key:
        return clause.id, self.period if clause.basis == "period" else WHOLE, place

    def _earn(self, clause: ClausePlan, place: int, amount: Cell) -> Cell:
        """Note what is earned; return what more is owed than before (less, when negative)."""
        key = self._key(clause, place)
        if key not in self.outturn.keys:
            self.outturn.keys[key] = KeyOutcome()
            self.outturn.listed.setdefault(clause.id, []).append(key)
        kept = self.outturn.keys[key]
        if amount is None:
            return None
        fresh = kept.earned is None or clause.basis == "period"
        gained = amount if fresh else self.use.since(amount, kept.earned)
        self._add_total("earned", clause.id, place, gained)
        if clause.basis == "cumulative":
            self.books.totals["earned", clause.id][place] = amount
        kept.earned = amount
        return self.use.since(amount, kept.entitled) if self.period else amount

    def _settle(self, clause: ClausePlan, place: int, want: Cell, shares: list[tuple[str, Cell]]) -> None:
        """Pay more, or less, than before: set off, limit, take from the pot, spread."""
        key = self._key(clause, place)
        kept = self.outturn.keys[key]
        kept.cuts = {}
        falls = clause.two_way or clause.basis == "cumulative"
        more = self.use.most(want, 0) if falls else self.use.not_negative(want)
        if clause.two_way:
            self._flow_back(clause, place, kept, self.use.least(want, 0))
        elif falls and self.period:
            self._decrease(clause, place, kept, self.use.least(want, 0))
        if self._undecided(clause, place):
            return
        for limit, part in shares:
            self._note_cut(kept, limit, self.use.take(more, part))
            more = part
        own = self._set_off(clause, place, more, kept.overpaid)
        if clause.basis == "cumulative":
            kept.overpaid = self.use.take(kept.overpaid, own)
        pair = (*self._ends(clause, place), clause.unit.unit)
        over = self.overpaid.beside(pair, key)
        more, cuts = self.rooms.limit(clause, key, self.use.take(more, own), over)
        for name, cut in cuts:
            self._note_cut(kept, name, cut)
        others = self._set_off(clause, place, more, None)
        more = self._from_pot(clause, key, self.use.take(more, others), over)
        more = self.use.add(self._pay(clause, place, more, kept), others)
        self.rooms.use(clause, place, more)
        entitled = self.use.add(kept.entitled, self.use.add(more, own))
        kept.entitled = self.use.most_of(entitled, kept.entitled, kept.earned)
        if over and self.holding is not None:
            for other, part in self.overpaid.take(pair, key, kept.entitled).items():
                self.rooms.let_go(other, part)
                self.holding.let_go(other, clause.payer, part)
        if clause.basis != "period":
            self.books.totals["paid", clause.id][place] = kept.paid

    def _undecided(self, clause: ClausePlan, place: int) -> bool:
        """Say whether a maximum, a weight or a pot that decides about a payment is pending."""
        empty = clause.payer in self.accounts and self.books.balances[clause.payer][0] is None
        return empty or self.rooms.undecided(clause, place) or self.spreading.undecided()

    def _set_off(self, clause: ClausePlan, place: int, more: Cell, most: Cell) -> Cell:
        """Return how much of a payment was paid already, by an earlier one that proved too much.

        First, before limits, what the clause itself was paid too much: that counts under its limits already.
        Then, after them, what others between the two were.
        """
        pair = (*self._ends(clause, place), clause.unit.unit)
        if pair not in self.carried:
            return 0
        kept = [dim for dim in clause.each if dim not in {clause.payer, clause.payee}]
        offset = self.use.least(more, self._others(kept, more, self.carried[pair]))
        if most is not None:
            offset = self.use.least(offset, most)
        self.carried[pair] = self.use.take(self.carried[pair], offset)
        return offset

    def _others(self, dims: Sequence[str], asked: Cell, left: Cell) -> Cell:
        """Return what is left when one member stands for many, as in proofs: others may have come first."""
        times = self.table.multiplicity(dims)
        if times <= 1:
            return left
        return self.use.most(self.use.sub(left, self.use.many(asked, times - 1)), 0)

    def _flow_back(self, clause: ClausePlan, place: int, kept: KeyOutcome, less: Cell) -> None:
        payer, payee = self._ends(clause, place)
        self._flow(clause, place, payer, payee, less)
        kept.entitled = self.use.add(kept.entitled, less)
        kept.paid = self.use.add(kept.paid, less)

    def _decrease(self, clause: ClausePlan, place: int, kept: KeyOutcome, less: Cell) -> None:
        """Set off later what is no longer owed, take it back now, or leave it."""
        if clause.on_decrease == "keep":
            return
        kept.entitled = self.use.add(kept.entitled, less)
        over = self.use.sub(0, less)
        if clause.on_decrease == "offset":
            pair = (*self._ends(clause, place), clause.unit.unit)
            self.carried[pair] = self.use.add(self.carried.get(pair, 0), over)
            kept.overpaid = self.use.add(kept.overpaid, over)
            return
        kept.paid = self.use.add(kept.paid, less)
        payer, payee = self._ends(clause, place)
        for giver, back in self._returned(payer, over):
            for taker, part in self._returned(payee, back):
                self._flow(clause, place, giver, taker, self.use.sub(0, part))
        self.rooms.use(clause, place, less, returned=True)

    def _returned(self, name: str, amount: Cell) -> Parts:
        split = self.program.splits.get(name)
        return [(name, amount)] if split is None else self.spreading.give_back(split, amount)

    def _ends(self, clause: ClausePlan, place: int) -> tuple[str, str]:
        combo = dict(zip(clause.each, self.combos[clause.id][place], strict=True))
        return combo.get(clause.payer, clause.payer), combo.get(clause.payee, clause.payee)

    def _note_cut(self, kept: KeyOutcome, name: str, cut: Cell) -> None:
        kept.cuts[name] = self.use.add(kept.cuts.get(name, 0), cut)

    def _from_pot(self, clause: ClausePlan, key: Key, more: Cell, over: Mapping[Key, int]) -> Cell:
        if clause.payer not in self.accounts:
            return more
        held = self.books.balances[clause.payer][0]
        if self.holding is not None:
            passed: Cell = self.holding.from_pot(
                key, clause.payer, more, held=held, period=self.period, over=over
            )
        else:
            passed = self.use.least(more, self._others(clause.each, more, self.use.most(held, 0)))
        if self.cuts:
            cut = self.use.take(more, passed)
            self._note_cut(self.outturn.keys[key], f"account:{clause.payer}", cut)
        return passed

    def _pay(self, clause: ClausePlan, place: int, more: Cell, kept: KeyOutcome) -> Cell:
        """Spread an amount over payers and payees, move it, and return what was taken."""
        key, times = self._key(clause, place), self.table.multiplicity(clause.each)
        moves, more, cuts = self.spreading.share_out(clause, self._ends(clause, place), more, times, key)
        for split, short in cuts:
            self._note_cut(kept, f"split:{split}", short)
        kept.paid = self.use.most_of(self.use.add(kept.paid, more), kept.paid, kept.earned)
        if clause.basis == "cumulative":
            kept.peak = self.use.most(kept.peak, kept.paid)
        for giver, taker, part in moves:
            self._flow(clause, place, giver, taker, part)
        return more

    def _flow(self, clause: ClausePlan, place: int, payer: str, payee: str, amount: Cell) -> None:
        key = (clause.id, payer, payee, self.period)
        many = self.use.many(amount, self.table.multiplicity(clause.each))
        flows = self.outturn.flows
        flows[key] = self.use.add(flows[key], many) if key in flows else many
        self._add_total("paid", clause.id, place, amount)
        if self.holding is not None:
            leg = (self._key(clause, place), payer, payee)
            self.outturn.legs[leg] = self.outturn.legs.get(leg, 0) + amount
            self.holding.moved(self.program, clause, leg, amount)
        for name, sign in ((payer, -1), (payee, 1)):
            if name in self.accounts:
                self._move(name, 0, many, sign, covered=sign < 0)
        self._move_accounts(clause, place, amount)

    def _add_total(self, what: str, clause: str, place: int, amount: Cell) -> None:
        for books in (self.books.totals, self.books.now):
            cells = books[what, clause]
            cells[place] = self.use.add(cells[place], amount)

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
        for account in self.outturn.program.accounts:
            if not account.pot:
                continue
            held = self.books.balances[account.id][0]
            if held is not None:
                kept = self.holding.kept_in(account.id) if self.holding is not None else 0
                rest = self.use.most(self.use.sub(held, kept) if kept else held, 0)
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
    if set(clause.each) != set(account.each) or clause.basis == "cumulative":
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
