"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .advancing import (
        OpenedSecret,
        PanelChoice,
        advance_phase,
        commit_lottery,
        list_advanced,
        publish_band,
        remind_readers,
    )
    from .assigning import AssignmentPlan, PlanWishes, find_assignment, plan_assignment, publish_assignment
    from .calibrating import (
        FrozenCalibration,
        calibrate_again,
        freeze_calibration,
        list_short,
        phase_calibrations,
        rank_phase,
        recompute_without_void,
        show_own_effect,
        void_conflicts,
    )
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
    from .showing import EntryList, EntryRow, list_to_read, open_entry, show_application, show_entries
    from .standing import attachment, earlier_awards, goal_course, hub_progress, leaderboard, rate_hubs
    from .telling import feedback, feedback_packets
    from .verified import VerifiedResult, verified_results
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".advancing": (
                "OpenedSecret",
                "PanelChoice",
                "advance_phase",
                "commit_lottery",
                "list_advanced",
                "publish_band",
                "remind_readers",
            ),
            ".assigning": (
                "AssignmentPlan",
                "PlanWishes",
                "find_assignment",
                "plan_assignment",
                "publish_assignment",
            ),
            ".calibrating": (
                "FrozenCalibration",
                "calibrate_again",
                "freeze_calibration",
                "list_short",
                "phase_calibrations",
                "rank_phase",
                "recompute_without_void",
                "show_own_effect",
                "void_conflicts",
            ),
            ".checking": (
                "ConflictCheck",
                "check_conflicts",
                "conflicts_of",
            ),
            ".deciding": (
                "award",
                "conclude",
                "pay_award",
                "tally",
            ),
            ".judging": (
                "score",
                "void_read",
            ),
            ".mapping": ("landscape",),
            ".promising": (
                "commit_publicly",
                "public_register",
            ),
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
            ".running": (
                "cast_ballot",
                "publish",
                "submit",
            ),
            ".showing": (
                "EntryList",
                "EntryRow",
                "list_to_read",
                "open_entry",
                "show_application",
                "show_entries",
            ),
            ".standing": (
                "attachment",
                "earlier_awards",
                "goal_course",
                "hub_progress",
                "leaderboard",
                "rate_hubs",
            ),
            ".telling": (
                "feedback",
                "feedback_packets",
            ),
            ".verified": (
                "VerifiedResult",
                "verified_results",
            ),
        },
    )

__all__ = [
    "AssignmentPlan",
    "ConflictCheck",
    "EntryList",
    "EntryRow",
    "FrozenCalibration",
    "OpenedSecret",
    "PanelChoice",
    "PlanWishes",
    "VerifiedResult",
    "actors_of",
    "advance_phase",
    "attachment",
    "award",
    "calibrate_again",
    "cast_ballot",
    "check_conflicts",
    "commit_lottery",
    "commit_publicly",
    "conclude",
    "conflicts_of",
    "declare",
    "declare_interest",
    "declare_mark",
    "earlier_awards",
    "feedback",
    "feedback_packets",
    "find_assignment",
    "freeze_calibration",
    "goal_course",
    "hub_progress",
    "landscape",
    "leaderboard",
    "list_advanced",
    "list_short",
    "list_to_read",
    "open_entry",
    "override_conflict",
    "pay_award",
    "phase_calibrations",
    "plan_assignment",
    "public_register",
    "publish",
    "publish_assignment",
    "publish_band",
    "rank_phase",
    "rate_hubs",
    "recompute_without_void",
    "recuse",
    "register_judge",
    "remind_readers",
    "score",
    "show_application",
    "show_entries",
    "show_own_effect",
    "submit",
    "tally",
    "undeclared",
    "verified_results",
    "void_conflicts",
    "void_read",
]
