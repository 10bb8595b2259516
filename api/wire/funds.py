"""What is asked and answered about funds."""

from pydantic import BaseModel

from ...finance.accounts import UNRESTRICTED
from ...finance.contributions import Contribution
from ...finance.documents import Code, DecimalText, UnitCode
from ...finance.funds import DrawRule, FundPosition
from .base import Asked, Made, Reply


class FundRequest(Asked):
    """A fund to open."""

    code: Code
    title: str
    unit: UnitCode
    draw_rule: DrawRule = "pro_rata"


class FundMade(Made):
    """A fund as it was opened."""

    code: str
    title: str
    unit: str


class FundLine(Reply):
    """A fund in a list."""

    code: str
    title: str
    unit: str


class FundList(Reply):
    """A page of funds; ``next`` is the cursor of the page behind it."""

    items: list[FundLine]
    next: str | None


class ContributionRequest(Asked):
    """A deposit to book.

    Examples
    --------
    >>> ContributionRequest(giver="meridian", amount="250.00", unit="USD").earmark
    'unrestricted'
    """

    giver: Code
    amount: DecimalText
    unit: UnitCode
    earmark: Code = UNRESTRICTED
    note: str = ""


class ContributionReply(Made):
    """A deposit as booked."""

    code: str
    fund: str
    giver: str
    earmark: str
    amount: str
    unit: str

    @classmethod
    def of(cls, made: Contribution) -> "ContributionReply":
        """Return a contribution as a reply."""
        return cls(
            code=made.code,
            fund=made.fund,
            giver=made.giver,
            earmark=made.earmark,
            amount=made.amount.text,
            unit=made.amount.unit.code,
        )


class EarmarkReply(BaseModel):
    """The balance under one restriction."""

    earmark: str
    balance: str
    reserved: str
    free: str


class FundReply(Reply):
    """Where a fund stands."""

    code: str
    title: str
    unit: str
    contributions: str
    income: str
    exchanged: str
    fees: str
    other_costs: str
    disbursed: str
    refunds: str
    returned: str
    balance: str
    committed: str
    encumbered: str
    held: str
    free: str
    pledged: str
    receivable: str
    in_kind: str
    in_kind_unit: str
    earmarks: list[EarmarkReply]

    @classmethod
    def of(cls, title: str, position: FundPosition) -> "FundReply":
        """Return a position as a reply."""
        return cls(
            code=position.fund,
            title=title,
            unit=position.balance.unit.code,
            contributions=position.contributions.text,
            income=position.income.text,
            exchanged=position.exchanged.text,
            fees=position.fees.text,
            other_costs=position.other_costs.text,
            disbursed=position.disbursed.text,
            refunds=position.refunds.text,
            returned=position.returned.text,
            balance=position.balance.text,
            committed=position.committed.text,
            encumbered=position.encumbered.text,
            held=position.held.text,
            free=position.free.text,
            pledged=position.pledged.text,
            receivable=position.receivable.text,
            in_kind=position.in_kind.text,
            in_kind_unit=position.in_kind.unit.code,
            earmarks=[
                EarmarkReply(
                    earmark=row.earmark,
                    balance=row.balance.text,
                    reserved=row.reserved.text,
                    free=row.free.text,
                )
                for row in position.earmarks
            ],
        )
