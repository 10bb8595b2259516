"""Assignment: who reads which application, by one joint problem with a proof."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .changes import ProposedChange
    from .draw_report import DrawReport
    from .graph import GraphReport
    from .lacking import ReadShortage
    from .posing import EntryToRead, PairRules, Reader, mix_signals, pose_assignment, rank_bids, unlinked
    from .problem import AssignmentProblem, ReaderMinimum
    from .recheck import recheck_assignment
    from .result import AssignedPair, Assignment, StageResult
    from .shortage import HallCertificate, ShortApplication
    from .solving import assign
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".changes": ("ProposedChange",),
            ".draw_report": ("DrawReport",),
            ".graph": ("GraphReport",),
            ".lacking": ("ReadShortage",),
            ".posing": (
                "EntryToRead",
                "PairRules",
                "Reader",
                "mix_signals",
                "pose_assignment",
                "rank_bids",
                "unlinked",
            ),
            ".problem": ("AssignmentProblem", "ReaderMinimum"),
            ".recheck": ("recheck_assignment",),
            ".result": ("AssignedPair", "Assignment", "StageResult"),
            ".shortage": ("HallCertificate", "ShortApplication"),
            ".solving": ("assign",),
        },
    )

__all__ = [
    "AssignedPair",
    "Assignment",
    "AssignmentProblem",
    "DrawReport",
    "EntryToRead",
    "GraphReport",
    "HallCertificate",
    "PairRules",
    "ProposedChange",
    "ReadShortage",
    "Reader",
    "ReaderMinimum",
    "ShortApplication",
    "StageResult",
    "assign",
    "mix_signals",
    "pose_assignment",
    "rank_bids",
    "recheck_assignment",
    "unlinked",
]
