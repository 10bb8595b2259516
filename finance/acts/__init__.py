"""Verbs of the ground floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .closing import close_period
    from .counting import counted_match, in_kind_position
    from .giving import contribute, offer_in_kind, outstanding_pledge, pledge, receive_income
    from .opening import open_book, open_earmark, open_fund, register_party
    from .proving import prove
    from .refunding import refund
    from .reporting import donor_statement, make_statement, position, trace
    from .sealing import seal, seal_due
    from .spending import charge_fee, pay_reserved, promised, reassign, release, reserve, spend
    from .using import expire_in_kind, use_in_kind
    from .valuing import revalue, value
    from .verifying import Verification, verify
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".closing": ("close_period",),
            ".counting": ("counted_match", "in_kind_position"),
            ".giving": (
                "contribute",
                "offer_in_kind",
                "outstanding_pledge",
                "pledge",
                "receive_income",
            ),
            ".opening": ("open_book", "open_earmark", "open_fund", "register_party"),
            ".proving": ("prove",),
            ".refunding": ("refund",),
            ".reporting": ("donor_statement", "make_statement", "position", "trace"),
            ".sealing": ("seal", "seal_due"),
            ".spending": (
                "charge_fee",
                "pay_reserved",
                "promised",
                "reassign",
                "release",
                "reserve",
                "spend",
            ),
            ".using": ("expire_in_kind", "use_in_kind"),
            ".valuing": ("revalue", "value"),
            ".verifying": ("Verification", "verify"),
        },
    )

__all__ = [
    "Verification",
    "charge_fee",
    "close_period",
    "contribute",
    "counted_match",
    "donor_statement",
    "expire_in_kind",
    "in_kind_position",
    "make_statement",
    "offer_in_kind",
    "open_book",
    "open_earmark",
    "open_fund",
    "outstanding_pledge",
    "pay_reserved",
    "pledge",
    "position",
    "promised",
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
    "spend",
    "trace",
    "use_in_kind",
    "value",
    "verify",
]
