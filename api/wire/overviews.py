"""What is answered about a book as a whole: where its money is, and how far applications came."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ...challenges.records.funnel import Funnel
from ...finance.ledger import LINES
from ...finance.money import Money
from ...finance.records.totals import FundTotal
from .base import Reply

FEWEST = 3
BACK = ("refund",)
PAID = ("transfer", "transfer_to_fund", "payout")
COSTS = ("fee", "bank_charge", "direct_cost")


class MoneyTotal(Reply):
    """Money in one currency; amounts in others are never added to it.

    Attributes
    ----------
    received : str
        All that came in.
    paid, returned : str
        What went to those who do the work, and what of it came back.
    costs : str
        Fees, charges, and costs of the fund itself.
    balance, committed, free : str
        What is there; what of that is promised; and what is not.
    """

    unit: str
    received: str
    paid: str
    returned: str
    costs: str
    balance: str
    committed: str
    free: str

    @classmethod
    def of(cls, totals: Iterable[FundTotal]) -> "MoneyTotal":
        """Add up funds of one currency, at least one."""
        rows = list(totals)
        none = rows[0].balance - rows[0].balance
        return cls.model_validate(_told(rows, none))


class FundTotalLine(MoneyTotal):
    """The same for one fund."""

    code: str
    title: str

    @classmethod
    def of_fund(cls, one: FundTotal) -> "FundTotalLine":
        """Return a fund as a line."""
        told = _told([one], one.balance - one.balance)
        return cls.model_validate({**told, "code": one.code, "title": one.title})


class FunnelReply(Reply):
    """How many applications came how far; None where so few did that it would tell who.

    Attributes
    ----------
    challenges : int [challenges]
        Counted: those whose decision is announced.
    applied, eligible, reviewed : int or None [applications]
        None below three.
    funded, verified, paid : int [applications]
        Awards are public once they are announced.
    """

    challenges: int
    applied: int | None
    eligible: int | None
    reviewed: int | None
    funded: int
    verified: int
    paid: int

    @classmethod
    def of(cls, challenges: int, found: Funnel) -> "FunnelReply":
        """Return counts as a reply."""
        return cls(
            challenges=challenges,
            applied=_enough(found.applied),
            eligible=_enough(found.eligible),
            reviewed=_enough(found.reviewed),
            funded=found.funded,
            verified=found.verified,
            paid=found.paid,
        )


class OverviewReply(Reply):
    """Where the money of a book is, and what it bought, of all that the caller may know of."""

    code: str
    unit: Annotated[str, Field(description="In which the book is kept.")]
    money: list[MoneyTotal]
    funds: list[FundTotalLine]
    funnel: FunnelReply


def _enough(count: int) -> int | None:
    return count if count >= FEWEST or count == 0 else None


def _told(rows: list[FundTotal], none: Money) -> dict[str, object]:
    def summed(names: Iterable[str]) -> Money:
        wanted = set(names)
        return sum(
            (amount for one in rows for line, amount in one.lines.items() if line in wanted), start=none
        )

    sources = [line for line, kind in LINES.items() if kind == "source"]
    return {
        "unit": none.unit.code,
        "received": summed(sources).text,
        "paid": (-summed(PAID)).text,
        "returned": summed(BACK).text,
        "costs": (-summed(COSTS)).text,
        "balance": sum((one.balance for one in rows), start=none).text,
        "committed": sum((one.promised for one in rows), start=none).text,
        "free": sum((one.free for one in rows), start=none).text,
    }
