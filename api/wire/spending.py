"""What is asked and answered about money that goes out, comes back, or moves between windows."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from ...finance.accounts import UNRESTRICTED
from ...finance.delivery import Delivery
from ...finance.documents import Code, UnitCode
from ...finance.earmarks import Consent
from ...finance.fees import FeeTerm
from .base import Amount, Made, PageQuery, Reply, Wire
from .booking import AmountRequest, BookedRequest, ContributionCode, UseRequest

SignatureText = Annotated[str, Field(pattern=r"^([0-9a-f]{128})?$")]


def signature_of(text: str) -> bytes | None:
    """Return a signature from its hexadecimal digits; None where there are none.

    Examples
    --------
    >>> signature_of(""), len(signature_of("00" * 64))
    (None, 64)
    """
    return bytes.fromhex(text) if text else None


class DisbursementRequest(UseRequest):
    """A payment out of what is free: a transfer, a cost or a charge of the fund itself."""

    payee: Code = Field(examples=["hub-a"])
    line: Literal["transfer", "transfer_to_fund", "direct_cost", "bank_charge"] = "transfer"


class FeeShareText(Wire):
    """A fee as an exact share of a stated base.

    Attributes
    ----------
    num, den : int [dimensionless]
        The fee is base times ``num`` over ``den``.

    Examples
    --------
    >>> FeeShareText(num=1, den=100).term.base
    'gross_deposit'
    """

    num: Annotated[int, Field(ge=0, le=10**9)]
    den: Annotated[int, Field(ge=1, le=10**9)]
    base: Literal["gross_deposit", "net_deposit", "programme_cost", "transfer"] = "gross_deposit"

    @model_validator(mode="after")
    def _require_share(self) -> Self:
        if self.num > self.den:
            raise ValueError(f"a fee of {self.num}/{self.den} is more than its base")
        return self

    @property
    def term(self) -> FeeTerm:
        """Return the fee as the fund knows it."""
        return FeeTerm(num=self.num, den=self.den, base=self.base)


class FeeRequest(BookedRequest):
    """A fee on one deposit: a share of it, or the amount where only that is printed."""

    contribution: ContributionCode
    agent: Code = Field(examples=["almoner"])
    share: FeeShareText | None = None
    amount: Amount | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.share is None) == (self.amount is None):
            raise ValueError("give the share or the amount of the fee, not both")
        return self


class RefundRequest(AmountRequest):
    """Money that comes back from an earlier payment."""

    payment: UUID
    payer: Code = Field(examples=["hub-a"])


class DonorReturnRequest(AmountRequest):
    """Unused money that goes back to the donor who gave it."""

    giver: Code = Field(examples=["meridian"])
    earmark: Code = UNRESTRICTED


class AdvanceRequest(UseRequest):
    """A transfer to an implementer, who is to report how it was spent."""

    implementer: Code = Field(examples=["hub-a"])


class SpendingReportRequest(AmountRequest):
    """What an implementer reports as spent out of its advances."""

    implementer: Code = Field(examples=["hub-a"])


class MoveRequest(AmountRequest):
    """Money that moves from one window of a fund to another."""

    given: Code = Field(examples=["unrestricted"])
    taken: Code = Field(examples=["north"])

    @model_validator(mode="after")
    def _require_two(self) -> Self:
        if self.given == self.taken:
            raise ValueError("money does not move to where it is: name two earmarks")
        return self


class ConsentRequest(BookedRequest):
    """A donor's consent that what is left of a contribution may be used under another earmark.

    Attributes
    ----------
    signature : str
        Ed25519 over the consent's canonical bytes, 128 hexadecimal digits; needed when the giver has a key.
    """

    consent: Consent
    signature: SignatureText = ""


class ConsentMade(Made):
    """The contribution that what was left became."""

    code: str
    fund: str
    giver: str
    earmark: str
    amount: str
    unit: str
    released_from: str
    consent_sha256: str


class DeliveryQuery(PageQuery):
    """In which currency; the fund's own when empty."""

    unit: UnitCode | Literal[""] = ""


class DeliveryLine(Reply):
    """What one implementer received and reported as spent.

    Attributes
    ----------
    rate_bp : int or None [basis points]
        Reported over transferred less refunded, rounded; None when nothing is left to deliver.
    """

    implementer: str
    transferred: str
    refunded: str
    reported: str
    unreported: str
    unit: str
    rate_bp: int | None

    @classmethod
    def of(cls, one: Delivery) -> Self:
        """Return a delivery as a reply."""
        return cls(
            implementer=one.implementer,
            transferred=one.transferred.text,
            refunded=one.refunded.text,
            reported=one.reported.text,
            unreported=one.unreported.text,
            unit=one.transferred.unit.code,
            rate_bp=one.rate_bp(),
        )


class DeliveryList(Reply):
    """A page of implementers with what they delivered."""

    items: list[DeliveryLine]
    next: str | None
