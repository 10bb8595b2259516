"""Overlays: each period carried out under the terms that are in force in it.

The problem: amended terms must not re-open what has passed, and what has passed is remembered by the engine
under the ids of clauses, limits, accounts and splits. Every version of the terms follows all periods in
step, so that sums over periods and earlier values are its own; only the version in force earns and pays.
"""

from collections.abc import Sequence

from ..program import ClausePlan, FigurePlan, Program
from .cells import Arithmetic, Cell, Cells, Table
from .engine import KeyOutcome, Outturn, Run
from .evaluation import Evaluation, Traced
from .holding import Before
from .rooms import WHOLE


def carry_out_amended(
    program: Program,
    overlays: Sequence[Program],
    arithmetic: Arithmetic,
    table: Table,
    *,
    prior: Before | None = None,
    figures: frozenset[str] | None = None,
    cuts: bool = True,
    record: list[Traced] | None = None,
) -> Outturn:
    """Carry out amended terms on what was observed.

    Parameters
    ----------
    program : Program
        The newest terms, with all parts that any period's terms name.
    overlays : sequence of Program
        Terms of each period.
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
        Takes every operation of the terms in force.

    Examples
    --------
    >>> from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> table = Table(members={}, cells={"nights": [[12457]]})
    >>> carry_out_amended(program, [program], WHOLE_NUMBERS, table).flows
    {('nights', 'city', 'home', 0): 18834984}
    """
    run = _Amended(program, overlays, arithmetic, table, prior, cuts=cuts, record=record)
    return run.all_periods(figures)


class _Amended(Run):
    """State of one run under changing terms."""

    def __init__(
        self,
        program: Program,
        overlays: Sequence[Program],
        use: Arithmetic,
        table: Table,
        prior: Before | None,
        *,
        cuts: bool,
        record: list[Traced] | None,
    ) -> None:
        super().__init__(
            program, use, table, prior, cuts=cuts, versions=list({id(one): one for one in overlays}.values())
        )
        self.overlays = tuple(overlays)
        self.record = record
        self.rebased: dict[tuple[str, int], Cell] = {}
        self.ahead: dict[str, Cells] = {}
        self.evaluations = {id(one): Evaluation(one, use, table, self.books) for one in self.overlays}
        self.take_up(self.overlays[0])

    def take_up(self, terms: Program) -> None:
        """Go on under the terms of a period."""
        self.evaluation.record = None
        self.program = terms
        self.evaluation = self.evaluations[id(terms)]
        self.evaluation.record = self.record.append if self.record is not None else None
        self.rooms.take_up(self.evaluation)
        self.spreading.take_up(self.evaluation)

    def open_accounts(self, evaluation: Evaluation) -> None:
        """Open the accounts of all terms; where several name one, those of the earliest."""
        super().open_accounts(evaluation)
        for other in self.evaluations.values():
            super().open_accounts(other)

    def open_period(self, period: int) -> None:
        """Take up the terms of a period, then let accounts grow."""
        if self.overlays[period] is not self.program:
            self.take_up(self.overlays[period])
        super().open_period(period)

    def figure(self, figure: FigurePlan) -> Cells:
        """Return a figure as it stands now; pending where the terms in force do not know it."""
        known = next((one for one in self.program.figures if one.id == figure.id), None)
        if known is not None:
            return super().figure(known)
        dims = self.outturn.program.nodes[figure.node].dims
        return [None] * len(self.table.combinations(dims))

    def amounts(self, clause: ClausePlan) -> Cells:
        """Return what a clause comes to; a cumulative one goes on from what was earned, down to zero."""
        amounts = super().amounts(clause)
        following = self.following()
        if clause.basis == "cumulative" and following is not None:
            later = next((one for one in following.program.clauses if one.id == clause.id), None)
            if later is not None:
                self.ahead[clause.id] = following.over(later.amount, later.each)
        if clause.basis != "cumulative" or not self.rebased:
            return amounts
        total = [
            self._plus(amount, self.rebased.get((clause.id, at), 0)) for at, amount in enumerate(amounts)
        ]
        if clause.two_way:
            return total
        return [None if amount is None else self.use.most(amount, 0) for amount in total]

    def end_period(self) -> None:
        """Let all terms still to come remember the period."""
        following = self.following()
        if following is not None:
            self.rebase(following)
        for one in dict.fromkeys(map(id, self.overlays[self.period :])):
            self.evaluations[one].end_period()

    def following(self) -> Evaluation | None:
        """Return the terms of the next period, where they are others."""
        left = self.overlays[self.period :]
        return None if len(left) == 1 or left[1] is left[0] else self.evaluations[id(left[1])]

    def rebase(self, following: Evaluation) -> None:
        """Note what was earned to date beyond what the following terms would have owed to date."""
        for clause in following.program.clauses:
            if clause.basis == "cumulative":
                known = self.ahead.pop(clause.id, None) or following.over(clause.amount, clause.each)
                for place, now in enumerate(known):
                    kept = self.outturn.keys.get((clause.id, WHOLE, place), KeyOutcome())
                    was = 0 if kept.earned is None else kept.earned
                    self.rebased[clause.id, place] = 0 if now is None else self.use.sub(was, now)
