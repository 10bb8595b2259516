"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .appealing import (
        DecisionInputs,
        Ruled,
        Ruling,
        appeal,
        decision_of,
        rule,
    )
    from .checking import (
        ConflictCheck,
        check_conflicts,
        conflicts_of,
    )
    from .closing import (
        announce,
        cancel,
        conclude,
        settle_prize,
    )
    from .deciding import (
        award,
        pay_award,
        tally,
    )
    from .granting import (
        accept_award,
        approve_award,
        commit_award,
        decline_award,
        lapse_award,
        propose_award,
        reverse_award,
    )
    from .judging import (
        score,
        void_read,
    )
    from .making import (
        Which,
    )
    from .mapping import (
        landscape,
    )
    from .promising import (
        commit_publicly,
        public_register,
    )
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
    from .running import (
        cast_ballot,
        publish,
        submit,
    )
    from .standing import (
        attachment,
        earlier_awards,
        goal_course,
        hub_progress,
        leaderboard,
        progress_contenders,
        rate_hubs,
    )
    from .verified import (
        VerifiedResult,
        verified_results,
    )
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".appealing": ("DecisionInputs", "Ruled", "Ruling", "appeal", "decision_of", "rule"),
            ".checking": ("ConflictCheck", "check_conflicts", "conflicts_of"),
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
            ".judging": ("score", "void_read"),
            ".making": ("Which",),
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
                "progress_contenders",
                "rate_hubs",
            ),
            ".verified": ("VerifiedResult", "verified_results"),
        },
    )

__all__ = [
    "ConflictCheck",
    "DecisionInputs",
    "Ruled",
    "Ruling",
    "VerifiedResult",
    "Which",
    "accept_award",
    "actors_of",
    "announce",
    "appeal",
    "approve_award",
    "attachment",
    "award",
    "cancel",
    "cast_ballot",
    "check_conflicts",
    "commit_award",
    "commit_publicly",
    "conclude",
    "conflicts_of",
    "decision_of",
    "declare",
    "declare_interest",
    "declare_mark",
    "decline_award",
    "earlier_awards",
    "goal_course",
    "hub_progress",
    "landscape",
    "lapse_award",
    "leaderboard",
    "override_conflict",
    "pay_award",
    "progress_contenders",
    "propose_award",
    "public_register",
    "publish",
    "rate_hubs",
    "recuse",
    "register_judge",
    "reverse_award",
    "rule",
    "score",
    "settle_prize",
    "submit",
    "tally",
    "undeclared",
    "verified_results",
    "void_read",
]
