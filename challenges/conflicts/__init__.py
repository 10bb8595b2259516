"""Conflicts of interest: who is who, what ties whom to whom, and which judge must not read what."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .finding import Contender, JudgeConflict, barred_pairs, find_conflicts
    from .identity import Aliases, Mark, alias_sets
    from .inference import JointWork, MoneyFlow, infer_from_mail, infer_from_money, infer_from_work
    from .interests import Interest, interest_of_tie
    from .policy import AMERICA_COMPETES, ConflictPolicy, conflict_policy
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".finding": ("Contender", "JudgeConflict", "barred_pairs", "find_conflicts"),
            ".identity": ("Aliases", "Mark", "alias_sets"),
            ".inference": (
                "JointWork",
                "MoneyFlow",
                "infer_from_mail",
                "infer_from_money",
                "infer_from_work",
            ),
            ".interests": ("Interest", "interest_of_tie"),
            ".policy": ("AMERICA_COMPETES", "ConflictPolicy", "conflict_policy"),
        },
    )

__all__ = [
    "AMERICA_COMPETES",
    "Aliases",
    "ConflictPolicy",
    "Contender",
    "Interest",
    "JointWork",
    "JudgeConflict",
    "Mark",
    "MoneyFlow",
    "alias_sets",
    "barred_pairs",
    "conflict_policy",
    "find_conflicts",
    "infer_from_mail",
    "infer_from_money",
    "infer_from_work",
    "interest_of_tie",
]
