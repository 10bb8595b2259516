"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .deciding import award, conclude, pay_award, tally
    from .judging import score, void_read
    from .mapping import landscape
    from .promising import commit_publicly, public_register
    from .running import cast_ballot, publish, submit
    from .standing import attachment, earlier_awards, goal_course, hub_progress, leaderboard, rate_hubs
    from .verified import VerifiedResult, verified_results
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".deciding": ("award", "conclude", "pay_award", "tally"),
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
    "VerifiedResult",
    "attachment",
    "award",
    "cast_ballot",
    "commit_publicly",
    "conclude",
    "earlier_awards",
    "goal_course",
    "hub_progress",
    "landscape",
    "leaderboard",
    "pay_award",
    "public_register",
    "publish",
    "rate_hubs",
    "score",
    "submit",
    "tally",
    "verified_results",
    "void_read",
]
