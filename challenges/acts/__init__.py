"""Verbs of the challenges floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .admitting import (
        SuppliedFact,
        cure,
        find_again,
        notify,
        supply_fact,
        waive,
    )
    from .applying import (
        accept,
        missing_accords,
        save_draft,
        submit,
        withdraw,
    )
    from .deciding import (
        award,
        conclude,
        pay_award,
        tally,
    )
    from .judging import (
        score,
        void_read,
    )
    from .running import (
        cast_ballot,
        publish,
    )
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
            ".applying": (
                "accept",
                "missing_accords",
                "save_draft",
                "submit",
                "withdraw",
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
            ".running": (
                "cast_ballot",
                "publish",
            ),
        },
    )

__all__ = [
    "SuppliedFact",
    "accept",
    "award",
    "cast_ballot",
    "conclude",
    "cure",
    "find_again",
    "missing_accords",
    "notify",
    "pay_award",
    "publish",
    "save_draft",
    "score",
    "submit",
    "supply_fact",
    "tally",
    "void_read",
    "waive",
    "withdraw",
]
