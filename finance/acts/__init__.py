"""Verbs of the ground floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .accounting import account_history, balance, balance_on, draft_entry, post_entries, trial_balance
    from .approving import (
        approve,
        execute,
        needed,
        propose,
        propose_refused,
        propose_reversal,
        reject,
        set_policy,
    )
    from .closing import close_period
    from .counting import counted_match, in_kind_position
    from .exchanging import exchange, find_rate, record_rate
    from .giving import contribute, offer_in_kind, receive_income
    from .implementers import advance, delivery, report_spending
    from .opening import accept_currency, open_book, open_earmark, open_fund, register_party
    from .pledging import (
        lapse,
        list_promise_parts,
        list_promised,
        outstanding_pledge,
        outstanding_receivable,
        pledge,
        sign_pledge,
    )
    from .proposed import draft_proposed, find_proposal, list_proposals
    from .proving import prove
    from .refunding import draft_refund, refund
    from .reporting import fund_currencies, position
    from .returning import return_to_donor
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
    from .tying import end_tie, find_ties, tie
    from .using import expire_in_kind, use_in_kind
    from .valuing import revalue, value
    from .verifying import Verification, verify
    from .windows import move, widen
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".accounting": (
                "account_history",
                "balance",
                "balance_on",
                "draft_entry",
                "post_entries",
                "trial_balance",
            ),
            ".approving": (
                "approve",
                "execute",
                "needed",
                "propose",
                "propose_refused",
                "propose_reversal",
                "reject",
                "set_policy",
            ),
            ".closing": ("close_period",),
            ".counting": ("counted_match", "in_kind_position"),
            ".exchanging": ("exchange", "find_rate", "record_rate"),
            ".giving": ("contribute", "offer_in_kind", "receive_income"),
            ".implementers": ("advance", "delivery", "report_spending"),
            ".opening": ("accept_currency", "open_book", "open_earmark", "open_fund", "register_party"),
            ".pledging": (
                "lapse",
                "list_promise_parts",
                "list_promise_parts",
                "list_promised",
                "outstanding_pledge",
                "outstanding_receivable",
                "pledge",
                "sign_pledge",
            ),
            ".proposed": ("draft_proposed", "find_proposal", "list_proposals"),
            ".proving": ("prove",),
            ".refunding": ("draft_refund", "refund"),
            ".reporting": ("fund_currencies", "position"),
            ".returning": ("return_to_donor",),
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
            ".tying": ("end_tie", "find_ties", "tie"),
            ".using": ("expire_in_kind", "use_in_kind"),
            ".valuing": ("revalue", "value"),
            ".verifying": ("Verification", "verify"),
            ".windows": ("move", "widen"),
        },
    )

__all__ = [
    "Verification",
    "accept_currency",
    "account_history",
    "advance",
    "approve",
    "balance",
    "balance_on",
    "charge_fee",
    "close_period",
    "contribute",
    "counted_match",
    "delivery",
    "donor_statement",
    "draft_entry",
    "draft_pay_reserved",
    "draft_proposed",
    "draft_refund",
    "draft_reserve",
    "draft_spend",
    "end_tie",
    "exchange",
    "execute",
    "expire_in_kind",
    "find_proposal",
    "find_rate",
    "find_ties",
    "fund_currencies",
    "in_kind_position",
    "lapse",
    "list_promise_parts",
    "list_promised",
    "list_proposals",
    "make_statement",
    "move",
    "needed",
    "offer_in_kind",
    "open_book",
    "open_earmark",
    "open_fund",
    "outstanding_pledge",
    "outstanding_receivable",
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
    "record_rate",
    "refund",
    "register_party",
    "reject",
    "release",
    "report_spending",
    "reserve",
    "return_to_donor",
    "revalue",
    "seal",
    "seal_due",
    "set_policy",
    "sign_pledge",
    "spend",
    "tie",
    "trace",
    "trial_balance",
    "use_in_kind",
    "uses",
    "value",
    "verify",
    "widen",
]
