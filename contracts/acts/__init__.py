"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import draft, draw_up, propose, sign, withdraw
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("draft", "draw_up", "propose", "sign", "withdraw"),
        },
    )

__all__ = ["draft", "draw_up", "propose", "sign", "withdraw"]
