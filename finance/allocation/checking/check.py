"""The exact re-check: whether an allocation keeps every rule, and what it is worth.

The problem: a solver works in floating point and within tolerances, and money does not. Nothing is returned
that this module refuses. It reads the document itself, in whole minor units and exact fractions, and shares
no code with the modules that find allocations.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from operator import attrgetter
from typing import Any

from ...errors import AllocationRejected
from ..answer import Allocation
from ..faults import period_count
from ..problem import AllocationDocument, rule_id
from .check_money import money_breaches
from .check_reading import Breach, Reading
from .check_rules import choice_breaches
from .worth import worth

SHOWN = 20
HOMES = {
    "intervention_id": "interventions",
    "fund_id": "funds",
    "resource_id": "resources",
    "actor_id": "actors",
}
FORMS = (
    ("lines", "line", ("intervention_id", "period", "fund_id")),
    ("carried", "carry", ("fund_id", "period")),
    ("bought", "bought", ("resource_id", "period", "fund_id")),
    ("parts", "part", ("intervention_id", "period", "actor_id")),
)


def recheck(document: AllocationDocument, allocation: Allocation) -> Fraction:
    """Check every rule on an allocation in whole minor units, and return what it is worth.

    Parameters
    ----------
    document : AllocationDocument
        The rules.
    allocation : Allocation
        What is given [minor units].

    Returns
    -------
    Fraction
        The exact value [value units].

    Raises
    ------
    AllocationRejected
        When a rule is broken; ``figures['rules']`` names all of them, ``figures['findings']`` the amounts.

    Examples
    --------
    >>> from ..answer import AllocationLine
    >>> document = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> def given(minor):
    ...     return Allocation.of([AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=minor)])
    >>> recheck(document, given(8000))
    Fraction(4, 25)
    >>> recheck(document, given(8001))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.AllocationRejected: The allocation breaks 1 rule: \
budget/pool/0: pays 80.01 USD of 80.00 USD.
    """
    broken = _misnamed(document, allocation)
    if not broken:
        reading = Reading(document, allocation)
        broken = _broken(reading)
        if not broken:
            return worth(reading)
    count = f"{len(broken)} rule{'s' if len(broken) != 1 else ''}"
    more = f"; and {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
    shown = "; ".join(f"{row.rule}: {row.message}" for row in broken[:SHOWN])
    raise AllocationRejected(
        f"The allocation breaks {count}: {shown}{more}.",
        rules=[row.rule for row in broken],
        findings=[
            {"rule": row.rule, "by": document.amount(row.by_minor), "message": row.message} for row in broken
        ],
    )


def breaches(document: AllocationDocument, allocation: Allocation) -> tuple[Breach, ...]:
    """List every rule that an allocation breaks, with the amount.

    Parameters
    ----------
    document : AllocationDocument
        The rules.
    allocation : Allocation
        What is given [minor units].

    Returns
    -------
    tuple of Breach
        Names that do not exist alone, or else every broken rule; empty when all are kept.

    Examples
    --------
    >>> from ..answer import AllocationLine
    >>> document = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "min_minor": 5000, "max_minor": 9000}]}''')
    >>> line = AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=4999)
    >>> [(row.rule, row.by_minor) for row in breaches(document, Allocation.of([line]))]
    [('ticket/w7/0', 1)]
    """
    return _misnamed(document, allocation) or _broken(Reading(document, allocation))


def _broken(reading: Reading) -> tuple[Breach, ...]:
    return (*money_breaches(reading), *choice_breaches(reading))


def _misnamed(document: AllocationDocument, allocation: Allocation) -> tuple[Breach, ...]:
    """List rows that name what does not exist, stand twice, are not positive or pay who is not funded."""
    return (*_of_chosen(document, allocation), *_of_amounts(document, allocation))


def _of_chosen(document: AllocationDocument, allocation: Allocation) -> Iterator[Breach]:
    known, periods = set(document.interventions.texts("intervention_id")), period_count(document)
    for (who, period), count in Counter(allocation.chosen).items():
        rule = rule_id("chosen", who, period)
        if who not in known:
            yield Breach(rule=rule, by_minor=0, message=f"{who} is no intervention")
        if not 0 <= period < periods:
            message = f"there is no period {period}; there are {periods}, counted from 0"
            yield Breach(rule=rule, by_minor=0, message=message)
        if count > 1:
            yield Breach(rule=rule, by_minor=0, message=f"stands {count} times")


def _of_amounts(document: AllocationDocument, allocation: Allocation) -> Iterator[Breach]:
    chosen, periods = set(allocation.chosen), period_count(document)
    known = {column: set(document.table(name).texts(column)) for column, name in HOMES.items()}
    for table, kind, columns in FORMS:
        taken = attrgetter(*columns)
        counts = Counter[tuple[Any, ...]]()
        for row in getattr(allocation, table):
            parts = taken(row)
            counts[parts] += 1
            for column, part in zip(columns, parts, strict=True):
                if column == "period" and not 0 <= part < periods:
                    message = f"there is no period {part}; there are {periods}, counted from 0"
                    yield Breach(rule=rule_id(kind, *parts), by_minor=0, message=message)
                elif column in known and part not in known[column]:
                    message = f"{part} is not in {HOMES[column]}"
                    yield Breach(rule=rule_id(kind, *parts), by_minor=0, message=message)
            if columns[0] == "intervention_id" and parts[:2] not in chosen:
                message = f"{parts[0]} is not funded in period {parts[1]}"
                yield Breach(rule=rule_id(kind, *parts), by_minor=row.amount_minor, message=message)
            if row.amount_minor <= 0:
                message = f"{row.amount_minor} is not positive"
                yield Breach(rule=rule_id(kind, *parts), by_minor=-row.amount_minor, message=message)
        for parts, count in counts.items():
            if count > 1:
                yield Breach(rule=rule_id(kind, *parts), by_minor=0, message=f"stands {count} times")
