"""Somebody else's allocation beside a bound that is known already.

The problem: the answer of a cautious search, of a simple rule or of a committee deserves the same exact
value, gap and certificate as the optimizer's own, without a second solve.
"""

from dataclasses import replace

from .answer import Allocation
from .checking.certificate import relative_gap
from .checking.check import recheck
from .problem import AllocationDocument
from .result import AllocationResult, what_binds, what_is_left


def judged(
    document: AllocationDocument, result: AllocationResult, allocation: Allocation
) -> AllocationResult:
    """Return the result that another allocation of the same problem makes under the same bound.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        An answer to it, with its bound.
    allocation : Allocation
        Another one [minor units].

    Raises
    ------
    AllocationRejected
        When it breaks a rule.

    Examples
    --------
    >>> from .solve import allocate
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> judged(problem, allocate(problem), Allocation(chosen=())).status
    'stopped'
    """
    value = recheck(document, allocation)
    gap = relative_gap(value, result.bound)
    left = what_is_left(document.arrays, allocation)
    return replace(
        result,
        status="within_gap" if gap is not None and gap <= result.asked_gap else "stopped",
        allocation=allocation,
        value=value,
        gap=gap,
        certificate=replace(result.certificate, allocation_sha256=allocation.digest(), value=value),
        tie_band=(),
        left=left,
        binding=what_binds(document.arrays, allocation, left, result.prices),
    )
