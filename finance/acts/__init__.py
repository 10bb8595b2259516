"""Verbs of the ground floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .accounting import account_history, balance, balance_on, post_entries, trial_balance
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
    from .counting import counted_match, in_kind_position
    from .giving import contribute, offer_in_kind, outstanding_pledge, pledge, receive_income
    from .opening import open_book, open_earmark, open_fund, register_party
    from .proving import prove
    from .refunding import draft_refund, refund
    from .reporting import position
    from .sealing import seal, seal_due
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
    from .stating import donor_statement, make_statement
    from .tracing import trace, uses
    from .using import expire_in_kind, use_in_kind
    from .valuing import revalue, value
    from .verifying import Verification, verify
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".accounting": ("account_history", "balance", "balance_on", "post_entries", "trial_balance"),
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
            ".counting": ("counted_match", "in_kind_position"),
            ".giving": ("contribute", "offer_in_kind", "outstanding_pledge", "pledge", "receive_income"),
            ".opening": ("open_book", "open_earmark", "open_fund", "register_party"),
            ".proving": ("prove",),
            ".refunding": ("draft_refund", "refund"),
            ".reporting": ("position",),
            ".sealing": ("seal", "seal_due"),
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
            ".stating": ("donor_statement", "make_statement"),
            ".tracing": ("trace", "uses"),
            ".using": ("expire_in_kind", "use_in_kind"),
            ".valuing": ("revalue", "value"),
            ".verifying": ("Verification", "verify"),
        },
    )

__all__ = [
    "Verification",
    "account_history",
    "approve",
    "balance",
    "balance_on",
    "charge_fee",
    "close_period",
    "contribute",
    "counted_match",
    "donor_statement",
    "draft_pay_reserved",
    "draft_refund",
    "draft_reserve",
    "draft_spend",
    "execute",
    "expire_in_kind",
    "find_proposal",
    "in_kind_position",
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
    "post_entries",
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
    "revalue",
    "seal",
    "seal_due",
    "set_policy",
    "spend",
    "trace",
    "trial_balance",
    "use_in_kind",
    "uses",
    "value",
    "verify",
]
