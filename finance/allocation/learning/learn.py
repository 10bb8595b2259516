"""Re-allocation: new results move open money, and never what is promised.

The problem: when outcomes are verified, some interventions turn out better than planned and others worse,
but money is partly paid or encumbered, tranches wait for their determination, and nobody can plan with an
allocation that is turned over every quarter. ``reallocate`` updates beliefs by final determinations,
releases or withholds the next tranche, keeps every encumbered amount in its fund, limits how much open
money may leave its place, answers the rest anew, and says row by row what changed and why. It is a proposal
like every allocation: nothing moves before it is approved.

Encumbered money is kept exact by giving it funds of its own, which admit only what they are promised to; in
the answer they are merged into the funds they came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..answer import Allocation, AllocationLine
from ..checking.check import recheck
from ..columns import MICRO
from ..problem import AllocationDocument
from ..result import AllocationResult
from ..solve import allocate
from ..variants import columns_of, variant
from .effects import OutcomeReport, beliefs, learned
from .held import Held, merged, with_held
from .policies import at_means

Move = Literal["new", "up", "down", "ended", "same"]
THETA_DIGITS = 2
DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardChange:
    """What a re-allocation does to one intervention in one period.

    Attributes
    ----------
    intervention_id : str
        Which one.
    period : int
        Index of the period.
    before_minor, after_minor, held_minor : int [minor units]
        Award before and after, and how much of it is paid or encumbered.
    reasons : tuple of str
        Why, in plain words.

    Examples
    --------
    >>> row = AwardChange(
    ...   intervention_id="w7", period=0, before_minor=500, after_minor=0, held_minor=0, reasons=())
    >>> row.move
    'ended'
    """

    intervention_id: str
    period: int
    before_minor: int
    after_minor: int
    held_minor: int
    reasons: tuple[str, ...]

    @property
    def move(self) -> Move:
        """In which direction the award moves."""
        if self.before_minor == self.after_minor:
            return "same"
        if not self.before_minor:
            return "new"
        if not self.after_minor:
            return "ended"
        return "up" if self.after_minor > self.before_minor else "down"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reallocation:
    """A proposal how open money moves after new results.

    Attributes
    ----------
    document : AllocationDocument
        The rules in force now: new evidence, gains at the believed means, released tranches, what is held.
    posed : AllocationDocument
        The same with held money in funds of its own; what ``result`` answers and its certificate names.
    result : AllocationResult
        The answer to ``posed``.
    allocation : Allocation
        The answer in the real funds; re-checked against ``document``.
    value : Fraction [value]
        What it is worth at the believed means.
    changes : tuple of AwardChange
        Every intervention and period with money before or after.
    released, withheld : tuple of str
        Determinations whose tranche is released, or not although it is final.
    ignored : tuple of str
        Determinations that are not final and changed nothing.
    """

    document: AllocationDocument
    posed: AllocationDocument
    result: AllocationResult
    allocation: Allocation
    value: Fraction
    changes: tuple[AwardChange, ...]
    released: tuple[str, ...]
    withheld: tuple[str, ...]
    ignored: tuple[str, ...]


def reallocate(
    document: AllocationDocument,
    before: Allocation | AllocationResult,
    determinations: Sequence[OutcomeReport],
    *,
    encumbered: Sequence[AllocationLine] | None = None,
    now: int = 0,
    churn_bp: int | None = None,
    gap: Fraction | None = None,
    deadline_s: float = DEADLINE_S,
) -> Reallocation:
    """Propose where open money goes after new results.

    Parameters
    ----------
    document : AllocationDocument
        The problem as it was posed, gains as written for the expected effects.
    before : Allocation or AllocationResult
        What is in force.
    determinations : sequence of OutcomeReport
        New results; only final ones count.
    encumbered : sequence of AllocationLine or None
        What is paid or promised, fund by fund; None reads it off tranches that are paid or committed.
    now : int [periods]
        Index of the first period that is still open; in earlier ones everything stays.
    churn_bp : int or None [basis points]
        Most of the open money that may leave its place; None as the problem says.
    gap, deadline_s : Fraction or None [1], float [s]
        As in ``allocate``.

    Raises
    ------
    Infeasible
        When held money and rules contradict each other.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "p", "budget_minor": 9000}], "interventions": {"intervention_id": ["a", "b"]},
    ...   "response": {"intervention_id": ["a", "b"], "cap_minor": [6000, 6000],
    ...                "gain_micro_per_k": [2000000, 1900000]},
    ...   "evidence": {"intervention_id": ["a", "b"], "family": ["gamma_poisson", "gamma_poisson"],
    ...                "expected_micro": [500000, 500000]}}''')
    >>> before = Allocation.of([AllocationLine(intervention_id=who, fund_id="p", amount_minor=minor)
    ...   for who, minor in (("a", 6000), ("b", 3000))])
    >>> bad = OutcomeReport(determination_id="d1", intervention_id="a", total=20, exposure=100)
    >>> paid = AllocationLine(intervention_id="a", fund_id="p", amount_minor=4000)
    >>> after = reallocate(problem, before, [bad], encumbered=[paid])
    >>> [(row.intervention_id, row.move, row.after_minor) for row in after.changes]
    [('a', 'down', 4000), ('b', 'up', 5000)]
    """
    old = before if isinstance(before, Allocation) else before.allocation
    new, released, withheld = _with_tranches(learned(document, determinations), determinations)
    held = Held.of(new, old, _all_held(document, old, encumbered, now), now)
    rules = _with_churn(with_held(at_means(new), held), old, held, churn_bp)
    posed = held.posed(rules)
    result = allocate(posed, gap=gap, deadline_s=deadline_s)
    allocation = merged(rules, held, result.allocation)
    words = _Effects(document, new).words(determinations, released, withheld)
    return Reallocation(
        document=rules,
        posed=posed,
        result=result,
        allocation=allocation,
        value=recheck(rules, allocation),
        changes=_changes(old, allocation, held, words),
        released=released,
        withheld=withheld,
        ignored=tuple(one.determination_id for one in determinations if not one.is_final),
    )


def _all_held(
    document: AllocationDocument, old: Allocation, encumbered: Sequence[AllocationLine] | None, now: int
) -> list[AllocationLine]:
    """Return what is held in open periods as given or by tranches, and all awards of those that are over."""
    if encumbered is None:
        return held_lines(document, old, now)
    return [*(line for line in encumbered if line.period >= now), *past_lines(old, now)]


def held_lines(document: AllocationDocument, allocation: Allocation, now: int) -> list[AllocationLine]:
    """Return what paid and committed tranches hold, fund by fund in the order of their ids.

    Fixed and start cost of an intervention with such a tranche is held as well. Awards of periods that are
    over are held whole.

    Parameters
    ----------
    document : AllocationDocument
        With section ``tranches``.
    allocation : Allocation
        What is in force.
    now : int [periods]
        Index of the first period that is still open.
    """
    table = document.tranches
    open_money: dict[tuple[str, int], int] = {}
    is_held: set[tuple[str, int]] = set()
    rows = zip(
        table.texts("intervention_id"),
        table.ints("period").tolist(),
        table.ints("amount_minor").tolist(),
        table.texts("state"),
        strict=True,
    )
    paid: dict[tuple[str, int], int] = {}
    for who, period, amount, state in rows:
        if state in {"paid", "committed"}:
            is_held.add((who, period))
            paid[who, period] = paid.get((who, period), 0) + amount
    for cell, award in allocation.awards().items():
        if cell in is_held:
            working = _working(document, allocation, cell, award)
            open_money[cell] = max(0, working - paid[cell])
    found = past_lines(allocation, now)
    for line in sorted(allocation.lines, reverse=True):
        cell = (line.intervention_id, line.period)
        if line.period >= now and cell in is_held:
            given = min(line.amount_minor, open_money[cell])  # the last funds give their money back first
            open_money[cell] -= given
            if line.amount_minor > given:
                found.append(_line(line, line.amount_minor - given))
    return sorted(found)


def past_lines(allocation: Allocation, now: int) -> list[AllocationLine]:
    """Return the awards of periods that are over.

    Parameters
    ----------
    allocation : Allocation
        What is in force.
    now : int [periods]
        Index of the first period that is still open.
    """
    return [line for line in allocation.lines if line.period < now]


def _working(document: AllocationDocument, allocation: Allocation, cell: tuple[str, int], award: int) -> int:
    who, period = cell
    at = document.interventions.texts("intervention_id").index(who)
    begins = (who, period - 1) not in set(allocation.chosen)
    fixed = int(document.interventions.ints("fixed_minor")[at])
    start = int(document.interventions.ints("start_minor")[at]) if begins else 0
    return award - fixed - start


def _line(line: AllocationLine, amount: int) -> AllocationLine:
    return AllocationLine(
        intervention_id=line.intervention_id, period=line.period, fund_id=line.fund_id, amount_minor=amount
    )


def _with_tranches(
    document: AllocationDocument, determinations: Sequence[OutcomeReport]
) -> tuple[AllocationDocument, tuple[str, ...], tuple[str, ...]]:
    """Open tranches whose determination is final and met, in their order; name what was released or not."""
    table = document.tranches
    final = {one.determination_id: one.is_met for one in determinations if one.is_final}
    states = table.texts("state")
    blocked: set[tuple[str, int]] = set()
    released, withheld = [], []
    rows = zip(
        table.texts("intervention_id"),
        table.ints("period").tolist(),
        table.texts("determination_id"),
        strict=True,
    )
    for at, (who, period, determination) in enumerate(rows):
        if states[at] != "waiting":
            continue
        if (who, period) not in blocked and final.get(determination, False):
            states[at] = "open"
            released.append(determination)
        else:
            blocked.add((who, period))
            if determination in final:
                withheld.append(determination)
    if not released:
        return document, (), tuple(withheld)
    opened = variant(document, {"tranches": columns_of(document, "tranches", state=states)})
    return opened, tuple(released), tuple(withheld)


def _with_churn(
    document: AllocationDocument, old: Allocation, held: Held, churn_bp: int | None
) -> AllocationDocument:
    """Let at most a part of the open money leave its place."""
    churn_bp = document.objective.churn_bp if churn_bp is None else churn_bp
    awards = {cell: minor for cell, minor in sorted(old.awards().items()) if cell[1] >= held.now}
    total = sum(awards.values())
    if churn_bp is None or not total:
        return variant(document, objective=document.objective.model_copy(update={"churn_bp": None}))
    open_money = total - sum(held.money.get(cell, 0) for cell in awards)
    rows = [
        {"intervention_id": who, "period": period, "amount_minor": minor}
        for (who, period), minor in awards.items()
    ]
    objective = document.objective.model_copy(update={"churn_bp": churn_bp * open_money // total})
    return variant(document, {"previous": rows}, objective=objective)


def _changes(
    old: Allocation, new: Allocation, held: Held, words: Mapping[str, tuple[str, ...]]
) -> tuple[AwardChange, ...]:
    before, after = old.awards(), new.awards()
    found = []
    for who, period in sorted({*before, *after}):
        cell = (who, period)
        kept = held.money.get(cell, 0)
        reasons = [*words.get(who, ())]
        if kept and after[cell] == kept and after[cell] < before[cell]:
            reasons.append("what is left is paid or encumbered and stays")
        if not reasons and before[cell] != after[cell]:
            reasons.append("its own results are as before; what others bring has changed")
        found.append(
            AwardChange(
                intervention_id=who,
                period=period,
                before_minor=before[cell],
                after_minor=after[cell],
                held_minor=kept,
                reasons=tuple(reasons),
            )
        )
    return tuple(found)


class _Effects:
    """Beliefs before and after, to give reasons."""

    def __init__(self, before: AllocationDocument, after: AllocationDocument) -> None:
        self.after = beliefs(after)
        self.thetas = zip(beliefs(before).thetas().tolist(), self.after.thetas().tolist(), strict=True)

    def words(
        self, determinations: Sequence[OutcomeReport], released: Sequence[str], withheld: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """Return the reasons that new results give, intervention by intervention."""
        found: dict[str, list[str]] = {}
        has_results = {one.intervention_id for one in determinations if one.is_final}
        for (who, metric), (before, after) in zip(self.after.keys, self.thetas, strict=True):
            if who in has_results:
                of = f" on {metric}" if metric else ""
                found.setdefault(who, []).append(
                    f"its effect{of} is now believed to be {_shown(after)} of what was expected, "
                    f"after {_shown(before)}"
                )
        for one in determinations:
            if one.determination_id in released:
                found.setdefault(one.intervention_id, []).append(
                    f"determination {one.determination_id} releases its next tranche"
                )
            elif one.determination_id in withheld:
                found.setdefault(one.intervention_id, []).append(
                    f"determination {one.determination_id} does not release its next tranche"
                )
        return {who: tuple(reasons) for who, reasons in found.items()}


def _shown(theta: int) -> str:
    return f"{theta / MICRO:.{THETA_DIGITS}f}"
