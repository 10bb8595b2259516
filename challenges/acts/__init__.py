"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .admitting import SuppliedFact, cure, find_again, notify, supply_fact, waive
    from .advancing import (
        OpenedSecret,
        PanelChoice,
        advance_phase,
        commit_lottery,
        list_advanced,
        publish_band,
        remind_readers,
    )
    from .appealing import DecisionInputs, Ruled, Ruling, appeal, decision_of, rule
    from .applying import accept, missing_accords, save_draft, submit, withdraw
    from .assigning import find_assignment, plan_assignment, publish_assignment
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
    from .running import cast_ballot, publish
    from .showing import EntryList, EntryRow, list_to_read, open_entry, show_application, show_entries
    from .standing import attachment, earlier_awards, goal_course, hub_progress, leaderboard, rate_hubs
    from .telling import feedback, feedback_packets
    from .verified import VerifiedResult, verified_results
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".admitting": (
                "SuppliedFact",
                "cure",
                "find_again",
                "notify",
                "supply_fact",
                "waive",
            ),
            ".advancing": (
                "OpenedSecret",
                "PanelChoice",
                "advance_phase",
                "commit_lottery",
                "list_advanced",
                "publish_band",
                "remind_readers",
            ),
            ".appealing": (
                "DecisionInputs",
                "Ruled",
                "Ruling",
                "appeal",
                "decision_of",
                "rule",
            ),
            ".applying": (
                "accept",
                "missing_accords",
                "save_draft",
                "submit",
                "withdraw",
            ),
            ".assigning": (
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
            ".closing": (
                "announce",
                "cancel",
                "conclude",
                "settle_prize",
            ),
            ".deciding": (
                "award",
                "pay_award",
                "tally",
            ),
            ".granting": (
                "accept_award",
                "approve_award",
                "commit_award",
                "decline_award",
                "lapse_award",
                "propose_award",
                "reverse_award",
            ),
            ".judging": (
                "score",
                "void_read",
            ),
            ".making": ("Which",),
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
    "ConflictCheck",
    "DecisionInputs",
    "EntryList",
    "EntryRow",
    "FrozenCalibration",
    "OpenedSecret",
    "PanelChoice",
    "Ruled",
    "Ruling",
    "SuppliedFact",
    "VerifiedResult",
    "Which",
    "accept",
    "accept_award",
    "actors_of",
    "advance_phase",
    "announce",
    "appeal",
    "approve_award",
    "attachment",
    "award",
    "calibrate_again",
    "cancel",
    "cast_ballot",
    "check_conflicts",
    "commit_award",
    "commit_lottery",
    "commit_publicly",
    "conclude",
    "conflicts_of",
    "cure",
    "decision_of",
    "declare",
    "declare_interest",
    "declare_mark",
    "decline_award",
    "earlier_awards",
    "feedback",
    "feedback_packets",
    "find_again",
    "find_assignment",
    "freeze_calibration",
    "goal_course",
    "hub_progress",
    "landscape",
    "lapse_award",
    "leaderboard",
    "list_advanced",
    "list_short",
    "list_to_read",
    "missing_accords",
    "notify",
    "open_entry",
    "override_conflict",
    "pay_award",
    "phase_calibrations",
    "plan_assignment",
    "propose_award",
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
    "reverse_award",
    "rule",
    "save_draft",
    "score",
    "settle_prize",
    "show_application",
    "show_entries",
    "show_own_effect",
    "submit",
    "supply_fact",
    "tally",
    "undeclared",
    "verified_results",
    "void_conflicts",
    "void_read",
    "waive",
    "withdraw",
]
