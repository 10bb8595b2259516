"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .appealing import DecisionInputs, Ruled, Ruling, appeal, decision_of, rule
    from .closing import announce, cancel, conclude, settle_prize
    from .deciding import award, pay_award, tally
    from .granting import (
        accept_award,
        approve_award,
        commit_award,
        decline_award,
        lapse_award,
        propose_award,
        reverse_award,
    )
    from .judging import score, void_read
    from .making import Which
    from .mapping import landscape
    from .promising import commit_publicly, public_register
    from .running import cast_ballot, publish, submit
    from .standing import attachment, earlier_awards, goal_course, hub_progress, leaderboard, rate_hubs
    from .verified import VerifiedResult, verified_results
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".appealing": ("DecisionInputs", "Ruled", "Ruling", "appeal", "decision_of", "rule"),
            ".closing": ("announce", "cancel", "conclude", "settle_prize"),
            ".deciding": ("award", "pay_award", "tally"),
            ".granting": (
                "accept_award",
                "approve_award",
                "commit_award",
                "decline_award",
                "lapse_award",
                "propose_award",
                "reverse_award",
            ),
            ".making": ("Which",),
            ".judging": ("score", "void_read"),
            ".mapping": ("landscape",),
            ".promising": ("commit_publicly", "public_register"),
            ".running": ("cast_ballot", "publish", "submit"),
            ".standing": (
                "attachment",
                "earlier_awards",
                "goal_course",
                "hub_progress",
                "leaderboard",
                "rate_hubs",
            ),
            ".verified": ("VerifiedResult", "verified_results"),
        },
    )

__all__ = [
    "DecisionInputs",
    "Ruled",
    "Ruling",
    "VerifiedResult",
    "Which",
    "accept_award",
    "announce",
    "appeal",
    "approve_award",
    "attachment",
    "award",
    "cancel",
    "cast_ballot",
    "commit_award",
    "commit_publicly",
    "conclude",
    "decision_of",
    "decline_award",
    "earlier_awards",
    "goal_course",
    "hub_progress",
    "landscape",
    "lapse_award",
    "leaderboard",
    "pay_award",
    "propose_award",
    "public_register",
    "publish",
    "rate_hubs",
    "reverse_award",
    "rule",
    "score",
    "settle_prize",
    "submit",
    "tally",
    "verified_results",
    "void_read",
]
