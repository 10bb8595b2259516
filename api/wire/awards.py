"""What is asked and answered about awards: proposed, approved, accepted, paid; and how a challenge ends."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...challenges.awarding import Award
from ...challenges.awarding.awards import AwardRule
from ...challenges.records.awards import PrizeEnd, StoredAward
from ...finance.documents import Code, DecimalText
from ...finance.money import Money
from .base import Asked, Instant, Made, Reply
from .rounds import Reason

Part = Literal["whole", "finalist", "grand"]
Prize = Annotated[int, Field(ge=0, le=999)]


class AwardRequest(Asked):
    """An award to propose; it takes no money before somebody else approves it.

    Attributes
    ----------
    prize : int [position]
        Which prize of the brief, counted from 0.
    amount : str
        Decimal text in the unit of the challenge.
    rank : int or None [place]
        Where the rule goes by ranks.

    Examples
    --------
    >>> AwardRequest(prize=0, application="a-1", amount="9.00", reason="Rank 1.").part
    'whole'
    """

    prize: Prize
    application: Code
    amount: DecimalText
    rule: AwardRule = "discretionary"
    rank: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    reason: Reason
    part: Part = "whole"

    @model_validator(mode="after")
    def _require_value(self) -> "AwardRequest":
        worth = Decimal(self.amount)
        if worth < 0 or (worth == 0 and self.rule != "in_kind"):
            raise ValueError("an award is worth something; zero only for a prize in kind")
        return self


class AwardPaymentRequest(Asked):
    """A payment out of an award to the lead of its application.

    Attributes
    ----------
    amount : str or None
        Part of it, as decimal text; the whole award without it.
    on : date or None
        The day it counts for.
    """

    amount: DecimalText | None = None
    on: date | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


class AwardReply(Reply):
    """An award and how far it has come.

    Attributes
    ----------
    prize : int [position]
        Which prize of the brief, counted from 0.
    number : int [awards]
        1, or more where it stands in place of an ended one.
    amount, paid : str
        Decimal text in ``unit``.
    state : str
        ``proposed``, ``approved``, ``accepted``, ``committed``, ``held``, or how it ended.
    maker : str
        Who proposed it; empty when the rule of the brief did, and where it is masked.
    rank : int or None [place]
        Where the rule goes by ranks.
    led_by : str or None
        What the party that leads the application is called; None before the decision is announced.
    """

    prize: int
    application: str
    part: str
    number: int
    amount: str
    paid: str
    unit: str
    state: str
    maker: str
    rule: str
    rank: int | None
    reason: str
    led_by: str | None = None

    @classmethod
    def of(cls, row: StoredAward, *, masked: bool = False, led_by: str | None = None) -> "AwardReply":
        """Return a stored award as a reply."""
        return cls(
            prize=row.prize,
            application=row.award.application_id,
            part=row.award.part,
            number=row.number,
            amount=row.award.amount.text,
            paid=row.paid.text,
            unit=row.award.amount.unit.code,
            state=row.state,
            maker="" if masked else row.maker,
            rule=row.award.rule,
            rank=row.award.rank,
            reason=row.award.reason,
            led_by=led_by,
        )


class AwardMade(Made):
    """An award after a step."""

    award: AwardReply


class AwardPaid(AwardMade):
    """An award after a payment, and the transaction that paid it."""

    transaction: str


class AwardList(Reply):
    """A page of awards; ``next`` is the cursor of the page behind it."""

    items: list[AwardReply]
    next: str | None


class DecidedAward(Reply):
    """An award as the rules of the brief give it.

    Attributes
    ----------
    prize : int [position]
        Which prize of the brief, counted from 0.
    rank : int or None [place]
        Where the rule goes by ranks.
    """

    prize: int
    application: str
    part: str
    amount: str
    unit: str
    rule: str
    rank: int | None
    reason: str

    @classmethod
    def of(cls, prize: int, award: Award) -> "DecidedAward":
        """Return an award as a reply."""
        return cls(
            prize=prize,
            application=award.application_id,
            part=award.part,
            amount=award.amount.text,
            unit=award.amount.unit.code,
            rule=award.rule,
            rank=award.rank,
            reason=award.reason,
        )


class DecisionReply(Made):
    """What the rules of the brief give, for every prize whose phase has closed."""

    challenge: str
    awards: list[DecidedAward]


class AnnouncementMade(Made):
    """A decision as announced.

    Attributes
    ----------
    appeals_until : datetime
        The first instant at which none can be filed.
    """

    challenge: str
    announced_at: Instant
    appeals_until: Instant


class PrizeSettled(Made):
    """A settled prize.

    Attributes
    ----------
    prize : int [position]
        Which prize of the brief, counted from 0.
    rest, released : str
        What nobody won, and what of it is free again; decimal text in ``unit``.
    """

    challenge: str
    prize: int
    rest: str
    released: str
    unit: str

    @classmethod
    def of(cls, challenge: str, end: PrizeEnd) -> "PrizeSettled":
        """Return the end of a prize as a reply."""
        return cls(
            challenge=challenge,
            prize=end.prize,
            rest=end.rest.text,
            released=end.released.text,
            unit=end.rest.unit.code,
        )


class MoneyFreed(Made):
    """What the end of a challenge made free again, as decimal text in ``unit``."""

    challenge: str
    released: str
    unit: str

    @classmethod
    def of(cls, challenge: str, released: Money) -> "MoneyFreed":
        """Return what was released as a reply."""
        return cls(challenge=challenge, released=released.text, unit=released.unit.code)
