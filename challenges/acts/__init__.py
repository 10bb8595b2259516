"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .appealing import DecisionInputs, Ruled, Ruling, appeal, decision_of, rule
    from .closing import announce, cancel, conclude, settle_prize
    from .deciding import award, pay_award, tally
    from .entering import Which
    from .judging import score, void_read
    from .promising import (
        accept_award,
        approve_award,
        commit_award,
        decline_award,
        lapse_award,
        propose_award,
        reverse_award,
    )
    from .running import cast_ballot, publish, submit
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".appealing": ("DecisionInputs", "Ruled", "Ruling", "appeal", "decision_of", "rule"),
            ".closing": ("announce", "cancel", "conclude", "settle_prize"),
            ".deciding": ("award", "pay_award", "tally"),
            ".promising": (
                "accept_award",
                "approve_award",
                "commit_award",
                "decline_award",
                "lapse_award",
                "propose_award",
                "reverse_award",
            ),
            ".entering": ("Which",),
            ".judging": ("score", "void_read"),
            ".running": ("cast_ballot", "publish", "submit"),
        },
    )

__all__ = [
    "DecisionInputs",
    "Ruled",
    "Ruling",
    "Which",
    "accept_award",
    "announce",
    "appeal",
    "approve_award",
    "award",
    "cancel",
    "cast_ballot",
    "commit_award",
    "conclude",
    "decision_of",
    "decline_award",
    "lapse_award",
    "pay_award",
    "propose_award",
    "publish",
    "reverse_award",
    "rule",
    "score",
    "settle_prize",
    "submit",
    "tally",
    "void_read",
]
