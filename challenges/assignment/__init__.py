"""Assignment: who reads which application, by one joint problem with a proof."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .problem import AssignmentProblem, ReaderMinimum
    from .recheck import recheck_assignment
    from .result import AssignedPair, Assignment, StageResult
    from .solving import assign
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".problem": ("AssignmentProblem", "ReaderMinimum"),
            ".recheck": ("recheck_assignment",),
            ".result": ("AssignedPair", "Assignment", "StageResult"),
            ".solving": ("assign",),
        },
    )

__all__ = [
    "AssignedPair",
    "Assignment",
    "AssignmentProblem",
    "ReaderMinimum",
    "StageResult",
    "assign",
    "recheck_assignment",
]
