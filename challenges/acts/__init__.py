"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .deciding import award, conclude, pay_award, tally
    from .running import cast_ballot, publish, score, submit
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".deciding": ("award", "conclude", "pay_award", "tally"),
            ".running": ("cast_ballot", "publish", "score", "submit"),
        },
    )

__all__ = ["award", "cast_ballot", "conclude", "pay_award", "publish", "score", "submit", "tally"]
