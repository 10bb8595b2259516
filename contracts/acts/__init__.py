"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import draft, draw_up, propose, sign, withdraw
    from .amending import approve_amendment, list_amendments, propose_amendment
    from .claiming import attach, check_evidence, claim
    from .determining import determine
    from .ending import close, measure, resume, suspend, terminate
    from .liability import follow_liability
    from .rounds import claim_status, list_claims
    from .vetting import find_conflicts
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("draft", "draw_up", "propose", "sign", "withdraw"),
            ".amending": ("approve_amendment", "list_amendments", "propose_amendment"),
            ".claiming": ("attach", "check_evidence", "claim"),
            ".determining": ("determine",),
            ".ending": ("close", "measure", "resume", "suspend", "terminate"),
            ".liability": ("follow_liability",),
            ".rounds": ("claim_status", "list_claims"),
            ".vetting": ("find_conflicts",),
        },
    )

__all__ = [
    "approve_amendment",
    "attach",
    "check_evidence",
    "claim",
    "claim_status",
    "close",
    "determine",
    "draft",
    "draw_up",
    "find_conflicts",
    "follow_liability",
    "list_amendments",
    "list_claims",
    "measure",
    "propose",
    "propose_amendment",
    "resume",
    "sign",
    "suspend",
    "terminate",
    "withdraw",
]
