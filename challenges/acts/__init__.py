"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .deciding import award, conclude, pay_award, tally
    from .judging import score, void_read
    from .running import cast_ballot, publish, submit
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".deciding": ("award", "conclude", "pay_award", "tally"),
            ".judging": ("score", "void_read"),
            ".running": ("cast_ballot", "publish", "submit"),
        },
    )

__all__ = [
    "award",
    "cast_ballot",
    "conclude",
    "pay_award",
    "publish",
    "score",
    "submit",
    "tally",
    "void_read",
]
