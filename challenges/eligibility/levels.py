"""Three answers instead of two: fail < needs_document < pass (Kleene's strong logic of indeterminacy).

The problem: an applicant who lacks one paper is not the same as an applicant who may not apply. ``all`` is
the least of its answers, ``any`` the greatest, ``not`` swaps fail and pass.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

Status = Literal["fail", "needs_document", "pass"]
LEVELS: Final[Mapping[Status, int]] = {"fail": 0, "needs_document": 1, "pass": 2}
_SWAPPED: Final[Mapping[Status, Status]] = {
    "fail": "pass",
    "needs_document": "needs_document",
    "pass": "fail",
}


def conjunction(statuses: Iterable[Status]) -> Status:
    """Return the least of the statuses: all must hold. Of none, ``pass``.

    Examples
    --------
    >>> conjunction(["pass", "needs_document"]), conjunction(["needs_document", "fail"])
    ('needs_document', 'fail')
    """
    return min(statuses, key=LEVELS.__getitem__, default="pass")


def disjunction(statuses: Iterable[Status]) -> Status:
    """Return the greatest of the statuses: one must hold. Of none, ``fail``.

    Examples
    --------
    >>> disjunction(["fail", "needs_document"]), disjunction(["needs_document", "pass"])
    ('needs_document', 'pass')
    """
    return max(statuses, key=LEVELS.__getitem__, default="fail")


def negation(status: Status) -> Status:
    """Swap fail and pass; what is not known stays not known.

    Examples
    --------
    >>> [negation(status) for status in ("fail", "needs_document", "pass")]
    ['pass', 'needs_document', 'fail']
    """
    return _SWAPPED[status]
