"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .checking import ConflictCheck, check_conflicts, conflicts_of
    from .deciding import award, conclude, pay_award, tally
    from .judging import score, void_read
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
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".checking": ("ConflictCheck", "check_conflicts", "conflicts_of"),
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
            ".deciding": ("award", "conclude", "pay_award", "tally"),
            ".judging": ("score", "void_read"),
            ".running": ("cast_ballot", "publish", "submit"),
        },
    )

__all__ = [
    "ConflictCheck",
    "actors_of",
    "award",
    "cast_ballot",
    "check_conflicts",
    "conclude",
    "conflicts_of",
    "declare",
    "declare_interest",
    "declare_mark",
    "override_conflict",
    "pay_award",
    "publish",
    "recuse",
    "register_judge",
    "score",
    "submit",
    "tally",
    "undeclared",
    "void_read",
]
