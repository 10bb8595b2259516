"""What is asked and answered about funds."""

from pydantic import BaseModel

from ...finance.accounts import UNRESTRICTED
from ...finance.contributions import Contribution
from ...finance.documents import Code, DecimalText, Document, UnitCode
from ...finance.funds import FundPosition


class ContributionRequest(Document):
    """A deposit to book.

    Examples
    --------
    >>> ContributionRequest.read('{"giver": "meridian", "amount": "250.00", "unit": "USD"}').earmark
    'unrestricted'
    """

    giver: Code
    amount: DecimalText
    unit: UnitCode
    earmark: Code = UNRESTRICTED
    note: str = ""


class ContributionReply(BaseModel):
    """A deposit as booked; ``replayed`` says that this key had booked it before."""

    code: str
    fund: str
    giver: str
    earmark: str
    amount: str
    unit: str
    replayed: bool

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
            replayed=made.replayed,
        )


class EarmarkReply(BaseModel):
    """The balance under one restriction."""

    earmark: str
    balance: str
    reserved: str
    free: str


class FundReply(BaseModel):
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
