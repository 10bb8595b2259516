"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import close, draw_up, sign
    from .verifying import attach, claim, determine, settle
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("close", "draw_up", "sign"),
            ".verifying": ("attach", "claim", "determine", "settle"),
        },
    )

__all__ = ["attach", "claim", "close", "determine", "draw_up", "settle", "sign"]
