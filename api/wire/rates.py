"""What is asked and answered about rates and exchanges."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, field_validator

from ...finance.accounts import UNRESTRICTED
from ...finance.documents import Code, DecimalText, Text, UnitCode
from ...finance.ledger import Transaction
from ...finance.rates import MAX_AGE, FxRounding, Rate
from .base import Amount, Asked, Made, PageQuery, Reply
from .booking import BookedRequest

RateText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}(\.[0-9]{1,18})?$")]
Publisher = Annotated[Text, StringConstraints(pattern=r"\S")]


class RateRequest(Asked):
    """A rate to record.

    Attributes
    ----------
    rate : str
        Major units of ``quote`` for one major unit of ``base``, as published.
    source : str
        Who published it.
    confirm : bool
        Take it although it looks like the inverse of the pair's last rate.
    """

    base: UnitCode
    quote: UnitCode
    rate: RateText
    as_of: date
    source: Publisher
    confirm: bool = False

    @field_validator("rate")
    @classmethod
    def _require_positive(cls, text: str) -> str:
        if not text.strip("0."):
            raise ValueError("a rate is positive")
        return text


class RateMade(Made):
    """A rate as recorded; ``num`` / ``den`` is exact, minor units for minor units."""

    base: str
    quote: str
    rate: str
    num: str
    den: str
    as_of: date
    source: str

    @classmethod
    def of(cls, rate: Rate) -> "RateMade":
        """Return a rate as a reply."""
        return cls(**RateReply.of(rate).model_dump())


class RateReply(Reply):
    """A rate; ``num`` / ``den`` is exact, minor units of ``quote`` for one of ``base``.

    Attributes
    ----------
    rate : str
        Between major units: a decimal where it ends, else a fraction.
    """

    base: str
    quote: str
    rate: str
    num: str
    den: str
    as_of: date
    source: str

    @classmethod
    def of(cls, rate: Rate) -> "RateReply":
        """Return a rate as a reply."""
        return cls(
            base=rate.base.code,
            quote=rate.quote.code,
            rate=rate.text,
            num=str(rate.num),
            den=str(rate.den),
            as_of=rate.as_of,
            source=rate.source,
        )


class RateQuery(PageQuery):
    """Which rates: of one pair and direction, oldest first.

    Attributes
    ----------
    source : str or None
        Only those that this source published.
    since : date or None
        Only those of this day and later.
    """

    base_unit: UnitCode
    quote_unit: UnitCode
    source: Text | None = None
    since: date | None = None


class RateList(Reply):
    """A page of rates; ``next`` is the cursor of the page behind it."""

    items: list[RateReply]
    next: str | None


class StandingRateQuery(BaseModel):
    """Which rate: of one pair, direction and source, on a day or last before it.

    Attributes
    ----------
    max_age : int [days]
        How old it may be on that day.
    """

    base_unit: UnitCode
    quote_unit: UnitCode
    source: Text
    on: date
    max_age: Annotated[int, Field(ge=0, le=366)] = MAX_AGE // timedelta(days=1)


class ExchangeRequest(BookedRequest):
    """Money of a fund to sell for another currency, at a recorded rate.

    Attributes
    ----------
    rate_as_of, rate_source : date, str
        Name the recorded rate.
    earmark : str
        Under which restriction the money lies, before and after.
    rounding : str
        How the bought amount is rounded: ``down``, ``up`` or ``half_even``.
    """

    sold: DecimalText
    unit: UnitCode
    into: UnitCode
    rate_as_of: date
    rate_source: Text
    earmark: Code = UNRESTRICTED
    rounding: FxRounding = "half_even"


class ExchangeMade(Made):
    """What was sold and bought."""

    transaction: UUID
    sold: Amount
    bought: Amount
    rate: str
    earmark: str

    @classmethod
    def of(cls, posted: Transaction, rate: Rate, earmark: str) -> "ExchangeMade":
        """Return an exchange as a reply."""
        sides = {leg.line: leg.amount for leg in posted.legs}
        return cls(
            transaction=posted.id,
            sold=Amount.of(sides["fx_sold"]),
            bought=Amount.of(sides["fx_bought"]),
            rate=rate.text,
            earmark=earmark,
        )
