"""What is asked and answered about contributions, income, and what became of them."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ...finance.accounts import UNRESTRICTED
from ...finance.contributions import ContributionClass
from ...finance.documents import Code
from ...finance.records.deposits import Deposit
from ...finance.statements import Use
from .base import Amount, Made, PageQuery, Reply
from .booking import AmountRequest

ContributionNumber = Annotated[int, Field(ge=1, le=2**62)]


class ContributionRequest(AmountRequest):
    """A deposit to book.

    Attributes
    ----------
    from_pledge : bool
        Take it off what the giver has signed, then off what is only pledged, as far as that goes.

    Examples
    --------
    >>> ContributionRequest(giver="meridian", amount="250.00", unit="USD").earmark
    'unrestricted'
    """

    giver: Code
    earmark: Code = UNRESTRICTED
    from_pledge: bool = False


class IncomeRequest(AmountRequest):
    """Income of the fund itself, to book.

    Attributes
    ----------
    line : str
        ``fund_income``: what it earned; ``partner_interest``: what partners earned on its money.
    """

    payer: Code
    line: Literal["fund_income", "partner_interest"] = "fund_income"


class ContributionMade(Made):
    """A contribution as booked.

    Attributes
    ----------
    number : int [row number]
        In its address.
    """

    number: int
    code: str
    fund: str
    giver: str
    earmark: str
    kind: str
    amount: str
    unit: str
    available_until: date | None


class ContributionReply(Reply):
    """A contribution, and what is left of it.

    Attributes
    ----------
    number : int [row number]
        In its address.
    left : list of Amount
        One per unit: what was exchanged lies in the currency bought.
    released_from : str
        Code of the contribution it was released from; empty unless ``kind`` is ``released``.
    """

    number: int
    code: str
    fund: str
    giver: str
    earmark: str
    kind: str
    on: date | None
    amount: str
    unit: str
    left: list[Amount]
    available_until: date | None
    released_from: str

    @classmethod
    def of(cls, deposit: Deposit) -> "ContributionReply":
        """Return a contribution as a reply."""
        made = deposit.contribution
        return cls(
            number=deposit.number,
            code=made.code,
            fund=made.fund,
            giver=made.giver,
            earmark=made.earmark,
            kind=made.kind,
            on=deposit.on,
            amount=made.amount.text,
            unit=made.amount.unit.code,
            left=[Amount.of(one) for one in deposit.left],
            available_until=made.available_until,
            released_from=made.released_from,
        )


class ContributionQuery(PageQuery):
    """Which contributions.

    Attributes
    ----------
    giver, kind, earmark : str or None
        Only those of this giver, kind, restriction.
    """

    giver: Code | None = None
    kind: ContributionClass | None = None
    earmark: Code | None = None


class ContributionList(Reply):
    """A page of contributions; ``next`` is the cursor of the page behind it."""

    items: list[ContributionReply]
    next: str | None


class UseReply(Reply):
    """Part of a payment that one contribution bore; negative where money came back."""

    transaction: UUID
    kind: str
    line: str
    payee: str
    on: date
    contribution: str
    giver: str
    earmark: str
    amount: str
    unit: str

    @classmethod
    def of(cls, use: Use) -> "UseReply":
        """Return a use as a reply."""
        return cls(
            transaction=use.transaction,
            kind=use.kind,
            line=use.line,
            payee=use.payee,
            on=use.effective_on,
            contribution=use.contribution,
            giver=use.giver,
            earmark=use.earmark,
            amount=use.amount.text,
            unit=use.amount.unit.code,
        )


class UseList(Reply):
    """A page of uses, oldest first; ``next`` is the cursor of the page behind it."""

    items: list[UseReply]
    next: str | None
