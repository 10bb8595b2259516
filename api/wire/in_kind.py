"""What is asked and answered about gifts in kind: offered, valued, used, written off, counted."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from ...finance.accounts import UNRESTRICTED
from ...finance.documents import Code, DecimalText, UnitCode
from ...finance.in_kind import FULL_BP, GiftPosition, InKindPosition, Valuation, ValuationMethod
from ...finance.ledger import Transaction
from ...finance.matching import WHOLE_BP, CountedMatch
from ...finance.money import Money
from .base import Amount, Made, PageQuery, Reply
from .booking import AmountRequest, BookedRequest, Digest, UseRequest


class OfferRequest(AmountRequest):
    """A gift in kind, in its own unit.

    Attributes
    ----------
    available_until : date or None
        Last day on which it may be used; None for no end.

    Examples
    --------
    >>> OfferRequest(giver="guild", amount="40.00", unit="hour").earmark
    'unrestricted'
    """

    giver: Code
    earmark: Code = UNRESTRICTED
    available_until: date | None = None


class ValuationRequest(BookedRequest):
    """What one unit of a gift is worth, on the word of the party in whose name it is sent.

    Attributes
    ----------
    price : str
        Per whole unit of the gift, in the fund's currency.
    haircut_bp : int [basis points]
        Taken off the value, 0 to 10,000.
    valued_on : date
        The valuation is in force from this day on.
    expires_on : date or None
        The first day on which it is no longer in force.
    evidence_sha256 : str
        Digest of the paper it rests on.
    supersedes : UUID or None
        The valuation that stands, ``last_valuation`` of the gift; None for the first.
    """

    price: DecimalText
    unit: UnitCode
    method: ValuationMethod
    haircut_bp: Annotated[int, Field(ge=0, le=FULL_BP)] = 0
    valued_on: date
    expires_on: date | None = None
    evidence_sha256: Digest
    supersedes: UUID | None = None


class ValuationMade(Made):
    """What a gift is worth now.

    Attributes
    ----------
    value : str
        Of what is counted of the gift, in ``unit``, a unit of value that is never cash.
    valuation : UUID
        Names it, where a later one supersedes it.
    """

    gift: int
    value: str
    unit: str
    valued_by: str
    valuation: UUID


class InKindUseRequest(UseRequest):
    """Gifts in kind to draw down.

    Attributes
    ----------
    use : dict of str to str
        What it is for, by column; decides which earmarks it may draw on.
    """

    payee: Code


class ExpiryRequest(BookedRequest):
    """A day by whose end to write off what is past its last day; ``on`` None for the day of the request."""


class TakenReply(Reply):
    """How much of one gift a transaction took."""

    contribution: str
    amount: str
    unit: str


class InKindTaken(Made):
    """Gifts drawn down or written off; without a transaction where there was nothing to write off."""

    transaction: UUID | None
    on: date | None
    taken: list[TakenReply]

    @classmethod
    def of(cls, posted: Transaction | None) -> "InKindTaken":
        """Return a transaction on gifts as a reply."""
        if posted is None:
            return cls(transaction=None, on=None, taken=[])
        taken = [
            TakenReply(
                contribution=draw.contribution,
                amount=Money(minor=draw.minor, unit=leg.amount.unit).text,
                unit=leg.amount.unit.code,
            )
            for leg in posted.legs
            for draw in leg.draws
        ]
        return cls(transaction=posted.id, on=posted.effective_on, taken=taken)


class ValuationReply(Reply):
    """A valuation in force.

    Attributes
    ----------
    haircut_bp : int [basis points]
        Taken off the value.
    """

    price: Amount
    method: str
    haircut_bp: int
    valued_by: str
    valued_on: date
    expires_on: date | None
    evidence_sha256: str

    @classmethod
    def of(cls, valuation: Valuation) -> "ValuationReply":
        """Return a valuation as a reply."""
        return cls(
            price=Amount.of(valuation.price),
            method=valuation.method,
            haircut_bp=valuation.haircut_bp,
            valued_by=valuation.valued_by,
            valued_on=valuation.valued_on,
            expires_on=valuation.expires_on,
            evidence_sha256=valuation.evidence_sha256.hex(),
        )


class GiftReply(Reply):
    """What became of one gift in kind by the end of a day: given = used + expired + left.

    Attributes
    ----------
    gift : str
        Code of the contribution.
    number : int [row number]
        In the address of its valuations.
    giver : str or None
        None where it is not shown.
    value : Amount or None
        Of what is counted; None while no valuation is in force.
    """

    number: int
    gift: str
    giver: str | None
    earmark: str
    unit: str
    given: str
    used: str
    expired: str
    left: str
    available_until: date | None
    value: Amount | None
    valuation: ValuationReply | None
    last_valuation: UUID | None

    @classmethod
    def of(cls, gift: GiftPosition, number: int, *, masked: bool = False) -> "GiftReply":
        """Return a gift with its row number as a reply; masked, without its giver."""
        return cls(
            number=number,
            gift=gift.gift,
            giver=None if masked else gift.giver,
            earmark=gift.earmark,
            unit=gift.given.unit.code,
            given=gift.given.text,
            used=gift.used.text,
            expired=gift.expired.text,
            left=gift.left.text,
            available_until=gift.available_until,
            value=None if gift.value is None else Amount.of(gift.value),
            valuation=None if gift.valuation is None else ValuationReply.of(gift.valuation),
            last_valuation=gift.last_valuation,
        )


class GiftQuery(PageQuery):
    """Which gifts in kind, and by the end of which day; today's when ``on`` is None."""

    on: date | None = None
    giver: Code | None = None


class GiftList(Reply):
    """A page of gifts in kind; ``next`` is the cursor of the page behind it."""

    items: list[GiftReply]
    next: str | None


class InKindReply(Reply):
    """A fund's gifts in kind of one unit under one earmark: given = used + expired + left."""

    unit: str
    earmark: str
    given: str
    used: str
    expired: str
    left: str
    value: Amount

    @classmethod
    def of(cls, row: InKindPosition) -> "InKindReply":
        """Return a position in kind as a reply."""
        return cls(
            unit=row.unit.code,
            earmark=row.earmark,
            given=row.given.text,
            used=row.used.text,
            expired=row.expired.text,
            left=row.left.text,
            value=Amount.of(row.value),
        )


class InKindQuery(PageQuery):
    """By the end of which day; today's when ``on`` is None."""

    on: date | None = None


class InKindList(Reply):
    """A page of positions in kind; ``next`` is the cursor of the page behind it."""

    items: list[InKindReply]
    next: str | None


class MatchQuery(BaseModel):
    """How much of gifts may count toward a match, and by the end of which day.

    Attributes
    ----------
    most_bp : int [basis points]
        Largest share of gifts in the counted total, 0 to below 10,000.
    on : date or None
        Today when None.
    """

    most_bp: Annotated[int, Field(ge=0, lt=WHOLE_BP)]
    on: date | None = None


class MatchReply(Reply):
    """What a fund can show toward a match; ``counted_in_kind`` is a figure for the match, not cash.

    Attributes
    ----------
    most_bp : int [basis points]
        Largest share of gifts in the counted total.
    """

    fund: str
    on: date
    unit: str
    most_bp: int
    cash: str
    in_kind: str
    counted_in_kind: str
    total: str

    @classmethod
    def of(cls, fund: str, on: date, match: CountedMatch) -> "MatchReply":
        """Return a counted match as a reply."""
        return cls(
            fund=fund,
            on=on,
            unit=match.cash.unit.code,
            most_bp=match.most_bp,
            cash=match.cash.text,
            in_kind=match.in_kind.text,
            counted_in_kind=match.counted_in_kind.text,
            total=match.total.text,
        )
