"""An answer when the search has none: the best of the simple ones that keep every rule.

The problem: a deadline of a moment, a cancelled search, or a choice that cannot be paid in whole minor units
leaves the search empty-handed, while a lawful answer is plain to see. Simple rules are tried one after the
other, each checked rule by rule, and the most valuable answer is kept: greedy choice first, then plans that
only look for feasibility, then nobody but those who must be funded.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import AllocationError
from .answer import Allocation
from .checking.check import recheck
from .conflict.chains import forced
from .conflict.witness import allocation_of, laid_out, plans
from .simple.baselines import greedy

if TYPE_CHECKING:
    from .problem import AllocationDocument


def simple_answer(
    document: "AllocationDocument", *, is_over: Callable[[], bool] = lambda: False
) -> tuple[Allocation, Fraction] | None:
    """Return the best of the simple answers and its value, or None when none keeps every rule.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    is_over : Callable
        Whether to stop as soon as there is one.

    Examples
    --------
    >>> from .problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> found = simple_answer(problem)
    >>> found[0].award_minor("w7"), str(found[1])
    (8000, '4/25')
    """
    best: tuple[Allocation, Fraction] | None = None
    for allocation in _answers(document):
        if allocation is None:
            continue
        value = recheck(document, allocation)
        if best is None or value > best[1]:
            best = allocation, value
        if value > 0 or is_over():
            break
    return best


def _answers(document: "AllocationDocument") -> Iterator[Allocation | None]:
    try:
        yield greedy(document)
    except AllocationError:
        yield None
    known = forced(document)
    if known.clash is None:
        plan = laid_out(document.arrays, known.on)
        yield None if plan is None else allocation_of(document, plan)
    for plan in plans(document):
        yield allocation_of(document, plan)
