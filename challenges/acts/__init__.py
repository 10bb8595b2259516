"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .checking import ConflictCheck, check_conflicts, conflicts_of
    from .deciding import award, conclude, pay_award, tally
    from .judging import score, void_read
    from .mapping import landscape
    from .promising import commit_publicly, public_register
    from .registering import (
        actors_of,
        declare,
        declare_interest,
        declare_mark,
        override_conflict,
        recuse,
        register_judge,
        undeclared,
    )
    from .running import cast_ballot, publish, submit
    from .standing import attachment, earlier_awards, goal_course, hub_progress, leaderboard, rate_hubs
    from .verified import VerifiedResult, verified_results
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".checking": ("ConflictCheck", "check_conflicts", "conflicts_of"),
            ".deciding": ("award", "conclude", "pay_award", "tally"),
            ".judging": ("score", "void_read"),
            ".mapping": ("landscape",),
            ".promising": ("commit_publicly", "public_register"),
            ".registering": (
                "actors_of",
                "declare",
                "declare_interest",
                "declare_mark",
                "override_conflict",
                "recuse",
                "register_judge",
                "undeclared",
            ),
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
    "ConflictCheck",
    "VerifiedResult",
    "actors_of",
    "attachment",
    "award",
    "cast_ballot",
    "check_conflicts",
    "commit_publicly",
    "conclude",
    "conflicts_of",
    "declare",
    "declare_interest",
    "declare_mark",
    "earlier_awards",
    "goal_course",
    "hub_progress",
    "landscape",
    "leaderboard",
    "override_conflict",
    "pay_award",
    "public_register",
    "publish",
    "rate_hubs",
    "recuse",
    "register_judge",
    "score",
    "submit",
    "tally",
    "undeclared",
    "verified_results",
    "void_read",
]
