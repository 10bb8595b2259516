"""Verbs of the ground floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .approving import (
        approve,
        execute,
        find_proposal,
        list_proposals,
        needed,
        propose,
        propose_refused,
        propose_reversal,
        set_policy,
    )
    from .closing import close_period
    from .giving import contribute, offer_in_kind, outstanding_pledge, pledge, receive_income, value
    from .opening import open_book, open_earmark, open_fund, register_party
    from .refunding import draft_refund, refund
    from .reporting import donor_statement, make_statement, position, trace
    from .sealing import prove, seal
    from .spending import (
        charge_fee,
        draft_pay_reserved,
        draft_reserve,
        draft_spend,
        pay_reserved,
        promised,
        reassign,
        release,
        reserve,
        spend,
    )
    from .verifying import Verification, verify
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".approving": (
                "approve",
                "execute",
                "find_proposal",
                "list_proposals",
                "needed",
                "propose",
                "propose_refused",
                "propose_reversal",
                "set_policy",
            ),
            ".closing": ("close_period",),
            ".giving": (
                "contribute",
                "offer_in_kind",
                "outstanding_pledge",
                "pledge",
                "receive_income",
                "value",
            ),
            ".opening": ("open_book", "open_earmark", "open_fund", "register_party"),
            ".refunding": ("draft_refund", "refund"),
            ".reporting": ("donor_statement", "make_statement", "position", "trace"),
            ".sealing": ("prove", "seal"),
            ".spending": (
                "charge_fee",
                "draft_pay_reserved",
                "draft_reserve",
                "draft_spend",
                "pay_reserved",
                "promised",
                "reassign",
                "release",
                "reserve",
                "spend",
            ),
            ".verifying": ("Verification", "verify"),
        },
    )

__all__ = [
    "Verification",
    "approve",
    "charge_fee",
    "close_period",
    "contribute",
    "donor_statement",
    "draft_pay_reserved",
    "draft_refund",
    "draft_reserve",
    "draft_spend",
    "execute",
    "find_proposal",
    "list_proposals",
    "make_statement",
    "needed",
    "offer_in_kind",
    "open_book",
    "open_earmark",
    "open_fund",
    "outstanding_pledge",
    "pay_reserved",
    "pledge",
    "position",
    "promised",
    "propose",
    "propose_refused",
    "propose_reversal",
    "prove",
    "reassign",
    "receive_income",
    "refund",
    "register_party",
    "release",
    "reserve",
    "seal",
    "set_policy",
    "spend",
    "trace",
    "value",
    "verify",
]
