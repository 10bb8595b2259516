"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import draft, draw_up, propose, sign, withdraw
    from .amending import approve_amendment, list_amendments, propose_amendment
    from .ending import close, measure, resume, suspend, terminate
    from .liability import follow_liability
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("draft", "draw_up", "propose", "sign", "withdraw"),
            ".amending": ("approve_amendment", "list_amendments", "propose_amendment"),
            ".ending": ("close", "measure", "resume", "suspend", "terminate"),
            ".liability": ("follow_liability",),
        },
    )

__all__ = [
    "approve_amendment",
    "close",
    "draft",
    "draw_up",
    "follow_liability",
    "list_amendments",
    "measure",
    "propose",
    "propose_amendment",
    "resume",
    "sign",
    "suspend",
    "terminate",
    "withdraw",
]
