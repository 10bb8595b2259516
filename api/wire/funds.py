"""What is asked and answered about funds."""

from pydantic import BaseModel

from ...finance.documents import Text, UnitCode
from ...finance.funds import DrawRule, FundPosition
from ..sound import AddressCode
from .base import Asked, Made, Reply


class FundRequest(Asked):
    """A fund to open.

    Attributes
    ----------
    draw_rule : str
        Whose money is spent first: ``pro_rata`` over what each contribution has left, or ``fifo``.
    """

    code: AddressCode
    title: Text
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


class EarmarkReply(BaseModel):
    """The balance under one restriction."""

    earmark: str
    balance: str
    reserved: str
    free: str


class FundReply(Reply):
    """Where a fund stands in one currency.

    Attributes
    ----------
    pledged, receivable : str or None
        What givers promised and signed; None for those who see only what has been paid in.
    """

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
    pledged: str | None
    receivable: str | None
    in_kind: str
    in_kind_unit: str
    earmarks: list[EarmarkReply]

    @classmethod
    def of(cls, title: str, position: FundPosition, *, masked: bool = False) -> "FundReply":
        """Return a position as a reply, without promises where masked."""
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
            pledged=None if masked else position.pledged.text,
            receivable=None if masked else position.receivable.text,
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


class FundCurrencies(Reply):
    """A fund in each currency it holds, its own first; amounts are never added across them."""

    items: list[FundReply]
    next: str | None


class CurrencyRequest(Asked):
    """A currency that a fund may hold beside its own."""

    unit: UnitCode


class CurrencyMade(Made):
    """A currency that a fund holds."""

    fund: str
    unit: str
