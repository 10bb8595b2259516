"""What is asked and answered about pledges."""

from datetime import date

from ...finance.ageing import PromisePart
from ...finance.contributions import Pledge, Promised
from ...finance.documents import Code
from .base import Made, PageQuery, Reply
from .booking import AmountRequest, Digest


class PledgeRequest(AmountRequest):
    """A promise to a fund.

    Examples
    --------
    >>> PledgeRequest(giver="meridian", amount="1000.00", unit="USD").giver
    'meridian'
    """

    giver: Code


class PledgeSignatureRequest(PledgeRequest):
    """A promise that the giver has signed.

    Attributes
    ----------
    agreement_sha256 : str
        Digest of the signed agreement, 64 hexadecimal digits.
    """

    agreement_sha256: Digest


class PledgeLapseRequest(PledgeRequest):
    """A promise, or a part of it, that will not be paid in.

    Attributes
    ----------
    signed : bool
        Of what the giver has signed; otherwise of what is only pledged.
    """

    signed: bool = False


class PledgeMade(Made):
    """A promise as recorded.

    Attributes
    ----------
    outstanding : str
        All that this giver has promised in that currency, and neither signed nor paid in.
    receivable : str
        All that this giver has signed in that currency and not yet paid in.
    """

    fund: str
    giver: str
    amount: str
    unit: str
    outstanding: str
    receivable: str

    @classmethod
    def of(cls, made: Pledge) -> "PledgeMade":
        """Return a pledge as a reply."""
        return cls(
            fund=made.fund,
            giver=made.giver,
            amount=made.amount.text,
            unit=made.amount.unit.code,
            outstanding=made.outstanding.text,
            receivable=made.receivable.text,
        )


class PledgeReply(Reply):
    """What one giver still owes a fund in one currency."""

    giver: str
    unit: str
    outstanding: str
    receivable: str

    @classmethod
    def of(cls, owed: Promised) -> "PledgeReply":
        """Return what is owed as a reply."""
        return cls(
            giver=owed.giver,
            unit=owed.outstanding.unit.code,
            outstanding=owed.outstanding.text,
            receivable=owed.receivable.text,
        )


class PledgeQuery(PageQuery):
    """Which promises.

    Attributes
    ----------
    giver : str or None
        Only those of this giver.
    """

    giver: Code | None = None


class PledgeList(Reply):
    """A page of promises; ``next`` is the cursor of the page behind it."""

    items: list[PledgeReply]
    next: str | None


class PledgePart(Reply):
    """What is left of what one giver promised, or signed, on one day.

    Attributes
    ----------
    signed : bool
        Whether the giver has signed for it.
    since : date
        That day.
    """

    giver: str
    signed: bool
    since: date
    amount: str
    unit: str

    @classmethod
    def of(cls, part: PromisePart) -> "PledgePart":
        """Return a part as a reply."""
        return cls(
            giver=part.giver,
            signed=part.signed,
            since=part.since,
            amount=part.amount.text,
            unit=part.amount.unit.code,
        )


class PledgePartList(Reply):
    """A page of promises by age, oldest first; ``next`` is the cursor of the page behind it."""

    items: list[PledgePart]
    next: str | None
