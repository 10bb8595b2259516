"""Scoring methods: how the reads of an application become one figure; others can add theirs."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .applying import method_faults, rank_scored, score_totals
    from .method import Scorer, ScoringMethod
    from .registry import find_scoring, list_scoring
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".applying": ("method_faults", "rank_scored", "score_totals"),
            ".method": ("Scorer", "ScoringMethod"),
            ".registry": ("find_scoring", "list_scoring"),
        },
    )

__all__ = [
    "Scorer",
    "ScoringMethod",
    "find_scoring",
    "list_scoring",
    "method_faults",
    "rank_scored",
    "score_totals",
]
