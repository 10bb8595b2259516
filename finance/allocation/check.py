"""The exact re-check: whether an allocation keeps every rule, and what it is worth.

The problem: a solver works in floating point and within tolerances, and money does not. Nothing is returned
that this module refuses. It reads the document itself, in whole minor units and exact fractions, and shares
no code with the modules that find allocations.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..errors import AllocationRejected
from .problem import AllocationDocument, AllocationLine
from .rows import BLOCK, AllocationFund, Intervention, rule_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule that an allocation breaks.

    Attributes
    ----------
    rule : str
        Rule id.
    by_minor : int [minor units]
        By how much money; 0 where the rule is not about an amount.
    message : str
        What is broken, with the figures.

    Examples
    --------
    >>> Breach(rule="budget/pool", by_minor=1, message="pool pays 10.01 of 10.00").rule
    'budget/pool'
    """

    rule: str
    by_minor: int
    message: str


def recheck(problem: AllocationDocument, lines: Iterable[AllocationLine]) -> Fraction:
    """Check every rule on an allocation in whole minor units, and return what it is worth.

    Parameters
    ----------
    problem : AllocationDocument
        The rules.
    lines : iterable of AllocationLine
        Who gets how much from which fund [minor units].

    Returns
    -------
    Fraction
        The exact value [value units of the document].

    Raises
    ------
    AllocationRejected
        When a rule is broken; ``figures['rules']`` names all of them, ``figures['findings']`` the amounts.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> recheck(problem, [AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=8000)])
    Fraction(4, 25)
    >>> recheck(problem, [AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=8001)])
    Traceback (most recent call last):
    ...
    almoner.finance.errors.AllocationRejected: The allocation breaks 1 rule: \
budget/pool: pays 80.01 of 80.00 USD.
    """
    held = tuple(lines)
    broken = breaches(problem, held)
    if broken:
        count = f"{len(broken)} rule{'s' if len(broken) != 1 else ''}"
        raise AllocationRejected(
            f"The allocation breaks {count}: {'; '.join(f'{row.rule}: {row.message}' for row in broken)}.",
            rules=[row.rule for row in broken],
            findings=[
                {"rule": row.rule, "by": problem.amount(row.by_minor), "message": row.message}
                for row in broken
            ],
        )
    return _value(problem, _awards(held))


def breaches(problem: AllocationDocument, lines: Sequence[AllocationLine]) -> tuple[Breach, ...]:
    """List every rule that an allocation breaks, with the amount, in the order of the document.

    Parameters
    ----------
    problem : AllocationDocument
        The rules.
    lines : sequence of AllocationLine
        Who gets how much from which fund [minor units].

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "minimum": "50.00", "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}''')
    >>> line = AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=4999)
    >>> [(row.rule, row.by_minor) for row in breaches(problem, [line])]
    [('ticket/w7', 1)]
    """
    misnamed = tuple(_misnamed(problem, lines))
    if misnamed:
        return misnamed
    awards = _awards(lines)
    return (
        *_funds(problem, lines),
        *(breach for row in problem.interventions for breach in _ticket(problem, row, awards)),
        *_limits(problem, awards),
        *_synergies(problem, awards),
    )


def _awards(lines: Iterable[AllocationLine]) -> Counter[str]:
    awards: Counter[str] = Counter()
    for line in lines:
        awards[line.intervention_id] += line.amount_minor
    return awards


def _misnamed(problem: AllocationDocument, lines: Sequence[AllocationLine]) -> Iterator[Breach]:
    known = {row.intervention_id for row in problem.interventions}, {fund.fund_id for fund in problem.funds}
    pairs = Counter((line.intervention_id, line.fund_id) for line in lines)
    for line in lines:
        rule = rule_id("line", line.intervention_id, line.fund_id)
        if line.intervention_id not in known[0]:
            yield Breach(rule=rule, by_minor=0, message=f"{line.intervention_id} is no intervention")
        if line.fund_id not in known[1]:
            yield Breach(rule=rule, by_minor=0, message=f"{line.fund_id} is no fund")
        if line.amount_minor <= 0:
            yield Breach(
                rule=rule, by_minor=-line.amount_minor, message=f"{line.amount_minor} is not positive"
            )
    for pair, count in pairs.items():
        if count > 1:
            yield Breach(rule=rule_id("line", *pair), by_minor=0, message=f"stands {count} times")


def _funds(problem: AllocationDocument, lines: Sequence[AllocationLine]) -> Iterator[Breach]:
    rows = {row.intervention_id: row for row in problem.interventions}
    for fund in problem.funds:
        own = [line for line in lines if line.fund_id == fund.fund_id]
        paid, budget = sum(line.amount_minor for line in own), problem.minor(fund.budget)
        if paid > budget:
            yield Breach(
                rule=rule_id("budget", fund.fund_id),
                by_minor=paid - budget,
                message=f"pays {problem.amount(paid)} of {problem.amount(budget)} {problem.unit}",
            )
        outside = [line for line in own if not _admitted(fund, rows[line.intervention_id])]
        if outside:
            names = ", ".join(sorted(line.intervention_id for line in outside))
            astray = sum(line.amount_minor for line in outside)
            yield Breach(
                rule=rule_id("earmark", fund.fund_id),
                by_minor=astray,
                message=f"pays {problem.amount(astray)} {problem.unit} to {names}, which it does not admit",
            )


def _admitted(fund: AllocationFund, row: Intervention) -> bool:
    return all(row.groups.get(column) in values for column, values in (fund.earmark or {}).items())


def _ticket(problem: AllocationDocument, row: Intervention, awards: Counter[str]) -> Iterator[Breach]:
    award = awards[row.intervention_id]
    fixed = problem.minor(row.fixed)
    least, most = fixed + problem.minor(row.minimum), fixed + problem.minor(row.maximum)
    if award and not least <= award <= most:
        yield Breach(
            rule=rule_id("ticket", row.intervention_id),
            by_minor=max(least - award, award - most),
            message=f"{problem.amount(award)} {problem.unit} is awarded; it takes nothing, or from "
            f"{problem.amount(least)} to {problem.amount(most)}",
        )


def _limits(problem: AllocationDocument, awards: Counter[str]) -> Iterator[Breach]:
    for limit in problem.limits:
        total = sum(
            awards[row.intervention_id]
            for row in problem.interventions
            if row.groups.get(limit.group_kind) == limit.group
        )
        for kind, text, sign in (("floor", limit.floor, 1), ("cap", limit.cap, -1)):
            if text is not None and (short := sign * (problem.minor(text) - total)) > 0:
                yield Breach(
                    rule=rule_id(kind, limit.group_kind, limit.group),
                    by_minor=short,
                    message=f"{problem.amount(total)} is awarded, the {kind} is {text} {problem.unit}",
                )


def _synergies(problem: AllocationDocument, awards: Counter[str]) -> Iterator[Breach]:
    for synergy in problem.synergies:
        funded = [awards[member] > 0 for member in synergy.members]
        if synergy.kind == "needs" and funded[0] and not funded[1]:
            first, second = synergy.members
            yield Breach(
                rule=rule_id("needs", first, second),
                by_minor=0,
                message=f"{first} is funded and {second}, which it needs, is not",
            )
        if synergy.kind == "bundle" and any(funded) and not all(funded):
            missing = ", ".join(
                member for member, is_funded in zip(synergy.members, funded, strict=True) if not is_funded
            )
            yield Breach(
                rule=rule_id("bundle", *sorted(synergy.members)),
                by_minor=0,
                message=f"only a part is funded, without {missing}",
            )


def _value(problem: AllocationDocument, awards: Counter[str]) -> Fraction:
    total = Fraction(0)
    per_minor = Fraction(1, BLOCK * 10**problem.scale)
    for row in problem.interventions:
        working, start = awards[row.intervention_id] - problem.minor(row.fixed), 0
        for segment in row.response:
            end = problem.minor(segment.up_to)
            used = max(0, min(working, end) - start)
            total += Fraction(segment.gain_per_k) * used * per_minor
            start = end
    for synergy in problem.synergies:
        if synergy.value is not None and all(awards[member] > 0 for member in synergy.members):
            total += Fraction(synergy.value)
    return total
