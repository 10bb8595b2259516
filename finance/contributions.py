"""Pledges and contributions: what was promised, and what came.

The problem: a pledge is not money, and a fund that spends pledges fails. A ``Pledge`` is a memo; only a
``Contribution`` that was deposited raises what a fund may promise.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from .money import Money

ContributionClass = Literal["cash", "in_kind", "income", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """A promise to a fund; nothing spendable.

    Attributes
    ----------
    fund, giver : str
        Codes.
    amount : Money
        Promised by this act.
    outstanding : Money
        All that this giver has promised in that currency, and neither signed nor paid in.
    receivable : Money
        All that this giver has signed in that currency and not yet paid in.
    """

    fund: str
    giver: str
    amount: Money
    outstanding: Money
    receivable: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What one giver still owes a fund in one currency.

    Attributes
    ----------
    giver : str
        Code.
    outstanding : Money
        Promised, neither signed nor paid in.
    receivable : Money
        Signed and not yet paid in.
    """

    giver: str
    outstanding: Money
    receivable: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Money or goods that came in under one restriction.

    Attributes
    ----------
    code : str
        Unique in the book.
    fund, giver, earmark : str
        Codes.
    amount : Money
        As deposited, before fees.
    kind : str
        ``cash``, ``in_kind``, ``income``, or ``released``: the rest of another that its giver widened.
    available_until : date or None
        Last day on which a gift in kind may be used; None for no end.
    replayed : bool
        True when the same deposit had been booked before.
    released_from : str
        Code of the contribution it was released from; empty unless ``released``.
    consent_sha256 : bytes or None
        Digest of the giver's consent, 32 bytes; None unless ``released``.
    """

    code: str
    fund: str
    giver: str
    earmark: str
    amount: Money
    kind: ContributionClass
    available_until: date | None = None
    replayed: bool = False
    released_from: str = ""
    consent_sha256: bytes | None = None
