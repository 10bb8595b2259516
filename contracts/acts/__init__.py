"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import draft, draw_up, propose, sign, withdraw
    from .claiming import attach, check_evidence, claim
    from .determining import determine
    from .rounds import claim_status, list_claims
    from .vetting import find_conflicts
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("draft", "draw_up", "propose", "sign", "withdraw"),
            ".claiming": ("attach", "check_evidence", "claim"),
            ".determining": ("determine",),
            ".rounds": ("claim_status", "list_claims"),
            ".vetting": ("find_conflicts",),
        },
    )

__all__ = [
    "attach",
    "check_evidence",
    "claim",
    "claim_status",
    "determine",
    "draft",
    "draw_up",
    "find_conflicts",
    "list_claims",
    "propose",
    "sign",
    "withdraw",
]
