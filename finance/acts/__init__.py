"""Verbs of the ground floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .accounting import account_history, balance, balance_on, post_entries, trial_balance
    from .closing import close_period
    from .giving import contribute, offer_in_kind, outstanding_pledge, pledge, receive_income, value
    from .opening import open_book, open_earmark, open_fund, register_party
    from .refunding import refund
    from .reporting import position
    from .sealing import prove, seal
    from .spending import charge_fee, pay_reserved, promised, reassign, release, reserve, spend
    from .stating import donor_statement, make_statement
    from .tracing import trace, uses
    from .verifying import Verification, verify
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".accounting": ("account_history", "balance", "balance_on", "post_entries", "trial_balance"),
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
            ".refunding": ("refund",),
            ".reporting": ("position",),
            ".sealing": ("prove", "seal"),
            ".spending": (
                "charge_fee",
                "pay_reserved",
                "promised",
                "reassign",
                "release",
                "reserve",
                "spend",
            ),
            ".stating": ("donor_statement", "make_statement"),
            ".tracing": ("trace", "uses"),
            ".verifying": ("Verification", "verify"),
        },
    )

__all__ = [
    "Verification",
    "account_history",
    "balance",
    "balance_on",
    "charge_fee",
    "close_period",
    "contribute",
    "donor_statement",
    "make_statement",
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
    "prove",
    "reassign",
    "receive_income",
    "refund",
    "register_party",
    "release",
    "reserve",
    "seal",
    "spend",
    "trace",
    "trial_balance",
    "uses",
    "value",
    "verify",
]
