"""What every request and reply has in common: strict on the way in, exact text on the way out.

The problem: a number in JSON is a float to most readers, and a field nobody knows is dropped in silence.
Amounts are decimal text with a unit, unknown fields are refused, and every reply is one schema.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from ...finance.dates import instant_text
from ...finance.documents import DecimalText, UnitCode
from ...finance.money import Money

LONGEST_CURSOR = 1000
Instant = Annotated[datetime, PlainSerializer(instant_text, return_type=str)]


class Wire(BaseModel):
    """A part of a request or of a reply: frozen, and nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=False)


class Asked(Wire):
    """The body of a request."""


class Amount(Wire):
    """An amount as it is written: digits and a unit.

    Examples
    --------
    >>> Amount(amount="12.50", unit="USD").amount
    '12.50'
    """

    amount: DecimalText = Field(examples=["12.50"])
    unit: UnitCode = Field(examples=["USD"])

    @classmethod
    def of(cls, money: Money) -> "Amount":
        """Write an amount with all digits of its unit."""
        return cls(amount=money.text, unit=money.unit.code)


class BalanceMove(Wire):
    """How one balance changes.

    Attributes
    ----------
    before, after : str
        Decimal text in ``unit``.
    """

    account: str
    earmark: str
    unit: str
    before: str
    after: str


class Effects(Wire):
    """What a dry run would have written.

    Attributes
    ----------
    balances : list of BalanceMove
        Settled balances that change.
    events : list of str
        Kinds of the events, in order.
    """

    balances: list[BalanceMove]
    events: list[str]


class Reply(BaseModel):
    """The body of an answer to a read; later versions may add fields."""

    model_config = ConfigDict(frozen=True)


class Made(Reply):
    """The body of an answer to a write; ``effects`` only where ``dry_run`` was asked."""

    effects: Effects | None = None


class Finding(Wire):
    """One place of a request that is wrong."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457): stable code, what happened with figures, what to do.

    Attributes
    ----------
    type : str
        Address of the page that explains the code.
    status : int [HTTP status]
        As sent.
    figures : dict
        The figures of ``detail`` as data.
    errors : list of Finding
        Every wrong place, where the request is malformed.
    request_id : str
        For the log and for a report.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    figures: dict[str, str | int | bool | list[str] | list[dict[str, str]] | None]
    errors: list[Finding]
    request_id: str


class PageQuery(BaseModel):
    """Which page of a list.

    Attributes
    ----------
    limit : int [rows]
        At most 200.
    cursor : str
        ``next`` of the page before; empty for the first.
    """

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] = ""
