"""From somebody's choice and amounts to an allocation that keeps every rule, or to a refusal.

The problem: whoever proposes how money should be divided, a simple rule, another program, a committee, says
who gets how much, and not which fund pays it, what is kept for the next period, or who gets the odd minor
unit. Here a ``Proposal`` becomes a whole ``Allocation``, checked rule by rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ...errors import AllocationRejected, Infeasible, RoundingFailed
from ..answer import Allocation, AllocationLine, Bought, Carried
from ..checking.check import breaches
from ..problem import AllocationDocument
from ..search.rounding_parts import share_out
from ..sharing.attribution import whole_units
from .building import Builder

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Who should get how much.

    Attributes
    ----------
    awards : Mapping of (str, int) to Fraction or int [minor units]
        Intervention and index of the period -> whole award, fixed and start cost included; 0 for what is
        funded in kind only. Whoever is not named gets nothing.

    Examples
    --------
    >>> Proposal(awards={("w7", 0): Fraction(25_001, 3)}).awards["w7", 0]
    Fraction(25001, 3)
    """

    awards: Mapping[tuple[str, int], Fraction | int]


def place(document: AllocationDocument, proposal: Proposal) -> Allocation:
    """Make a proposal whole: minor units by largest remainder, each from a fund that may pay it, all checked.

    Parameters
    ----------
    document : AllocationDocument
        The rules.
    proposal : Proposal
        Who gets how much; amounts that are not whole are rounded so that their sum changes by less than 1.

    Raises
    ------
    AllocationRejected
        When somebody cannot be given what is proposed, or the whole breaks a rule.

    Examples
    --------
    >>> document = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000},
    ...     {"intervention_id": "w8", "max_minor": 9000}]}''')
    >>> halves = Proposal(awards={("w7", 0): Fraction(7999, 2), ("w8", 0): Fraction(7999, 2)})
    >>> [line.amount_minor for line in place(document, halves).lines]
    [4000, 3999]
    """
    arrays = document.arrays
    at = {name: number * arrays.period_count for number, name in enumerate(arrays.intervention_ids)}
    strangers = sorted({who for who, _ in proposal.awards} - set(at))
    astray = sorted(
        f"{who} in period {period}"
        for who, period in proposal.awards
        if not 0 <= period < arrays.period_count
    )
    if strangers or astray:
        raise AllocationRejected(
            f"The problem has no {', '.join(strangers or astray)}: correct the proposal."
        )
    asked = {at[who] + period: Fraction(amount) for (who, period), amount in proposal.awards.items()}
    cells = sorted(asked)
    total = sum(asked.values(), Fraction(0))
    amounts = whole_units(total.numerator // total.denominator, [asked[cell] for cell in cells])
    builder = Builder(arrays)
    for cell, amount in zip(cells, amounts, strict=True):
        builder.open([cell])
        if cell in builder.working:
            builder.grow(cell, builder.working[cell] + amount - builder.award[cell])
    missed = [
        f"{arrays.intervention_ids[cell // arrays.period_count]} should get {document.amount(amount)}, can "
        f"get {document.amount(builder.award[cell]) if cell in builder.award else 'nothing'}"
        for cell, amount in zip(cells, amounts, strict=True)
        if builder.award.get(cell) != amount
    ]
    if missed:
        raise AllocationRejected(
            f"The proposal cannot be paid within the rules: {'; '.join(missed[:SHOWN])}"
            f"{f'; and {len(missed) - SHOWN} more' if len(missed) > SHOWN else ''}.",
            missed=missed,
        )
    try:
        allocation = assemble(builder)
    except RoundingFailed as fault:
        raise AllocationRejected(fault.message, rules=fault.figures["rules"]) from fault
    if broken := breaches(document, allocation):
        shown = "; ".join(f"{row.rule}: {row.message}" for row in broken[:SHOWN])
        raise AllocationRejected(f"The proposal breaks {shown}.", rules=[row.rule for row in broken])
    return allocation


def finished(document: AllocationDocument, builder: Builder) -> Allocation:
    """Return what a simple rule has built, if it keeps every rule.

    Raises
    ------
    Infeasible
        When it misses one, such as a floor; ``figures['rules']`` names them.
    """
    try:
        allocation = assemble(builder)
    except RoundingFailed as fault:
        raise Infeasible(
            f"This simple rule cannot part its awards: {fault.message}", rules=fault.figures["rules"]
        ) from fault
    if broken := breaches(document, allocation):
        shown = "; ".join(f"{row.rule}: {row.message}" for row in broken[:SHOWN])
        raise Infeasible(
            f"This simple rule misses {shown}; another allocation may not.",
            rules=[row.rule for row in broken],
        )
    return allocation


def assemble(builder: Builder) -> Allocation:
    """Write down what a builder holds, line by line."""
    arrays, periods = builder.arrays, builder.periods
    builder.flow.settle()
    names = arrays.intervention_ids
    return Allocation(
        chosen=tuple((names[cell // periods], cell % periods) for cell in sorted(builder.working)),
        lines=tuple(sorted(_lines(builder))),
        carried=tuple(
            sorted(
                Carried(fund_id=arrays.fund_ids[node // periods], period=node % periods, amount_minor=kept)
                for node, kept in enumerate(builder.flow.kept)
                if kept
            )
        ),
        bought=tuple(sorted(_bought(builder))),
        parts=tuple(sorted(share_out(arrays, builder.award))),
    )


def _lines(builder: Builder) -> Iterator[AllocationLine]:
    """Fill awards in order of their ids from their funds in order of theirs."""
    periods = builder.periods
    left = [dict(sorted(paid.items())) for paid in builder.flow.paid]
    for cell in sorted(builder.award):
        held, due = left[builder.pool(cell)], builder.award[cell]
        for node in list(held):
            amount = min(due, held[node])
            held[node] -= amount
            due -= amount
            if amount:
                yield AllocationLine(
                    intervention_id=builder.arrays.intervention_ids[cell // periods],
                    period=cell % periods,
                    fund_id=builder.arrays.fund_ids[node // periods],
                    amount_minor=amount,
                )


def _bought(builder: Builder) -> Iterator[Bought]:
    for (what, period, fund), purchase in builder.purchases.items():
        if purchase.quantity:
            yield Bought(
                resource_id=builder.arrays.resource_ids[what],
                period=period,
                fund_id=builder.arrays.fund_ids[fund],
                quantity=purchase.quantity,
                amount_minor=builder.flow.drawn(purchase.pool),
            )
