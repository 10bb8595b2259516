"""Awards: from a result to money, each with a reason that can be recomputed."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .awards import Award, AwardRule, redistribute, total_of, unawarded
    from .dividing import award_by_ask, award_by_ballot, award_by_score
    from .drafting import TermParties, draft_per_unit, draft_race, draft_staged
    from .moving import AwardMove, award_moves
    from .orders import Order, PaidPlace, TieBreak, pay_places, raw_order
    from .placing import award_final, award_finalists, award_in_kind, award_places, award_staged, first_names
    from .posing import award_by_allocation, exclusions, pose
    from .progressing import award_progress
    from .racing import Finish, Race, award_first
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".awards": ("Award", "AwardRule", "redistribute", "total_of", "unawarded"),
            ".dividing": ("award_by_ask", "award_by_ballot", "award_by_score"),
            ".drafting": ("TermParties", "draft_per_unit", "draft_race", "draft_staged"),
            ".moving": ("AwardMove", "award_moves"),
            ".orders": ("Order", "PaidPlace", "TieBreak", "pay_places", "raw_order"),
            ".placing": (
                "award_final",
                "award_finalists",
                "award_in_kind",
                "award_places",
                "award_staged",
                "first_names",
            ),
            ".posing": ("award_by_allocation", "exclusions", "pose"),
            ".progressing": ("award_progress",),
            ".racing": ("Finish", "Race", "award_first"),
        },
    )

__all__ = [
    "Award",
    "AwardMove",
    "AwardRule",
    "Finish",
    "Order",
    "PaidPlace",
    "Race",
    "TermParties",
    "TieBreak",
    "award_by_allocation",
    "award_by_ask",
    "award_by_ballot",
    "award_by_score",
    "award_final",
    "award_finalists",
    "award_first",
    "award_in_kind",
    "award_moves",
    "award_places",
    "award_progress",
    "award_staged",
    "draft_per_unit",
    "draft_race",
    "draft_staged",
    "exclusions",
    "first_names",
    "pay_places",
    "pose",
    "raw_order",
    "redistribute",
    "total_of",
    "unawarded",
]
