"""Pooled funds: what a fund is, and where it stands.

The problem: "how much is left" has four answers that people mix up. A ``FundPosition`` keeps them apart,
and they add up to the minor unit::

    contributions + income + exchanged = fees + other costs + disbursed - refunds + returned + balance
    balance                            = committed + encumbered + held + free

A fund that holds several currencies has a position in each; they are never added up.
"""

from dataclasses import dataclass
from typing import Literal

from .money import Money
from .units import Unit

DrawRule = Literal["pro_rata", "fifo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFund:
    """A fund that pools the money of many givers, kept in one unit, and holds others apart until exchanged.

    Attributes
    ----------
    book, code, title : str
        Its book, its short name, and its name for people.
    unit : Unit
        The currency it keeps.
    draw_rule : str
        Whose money is spent first: ``pro_rata`` over what each contribution has left, or ``fifo``.
    """

    book: str
    code: str
    title: str
    unit: Unit
    draw_rule: DrawRule = "pro_rata"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarmarkPosition:
    """What a fund holds under one earmark.

    Attributes
    ----------
    earmark : str
        Its code.
    balance, reserved, free : Money
        Settled; set aside out of it (committed, encumbered and held); and the difference.
    """

    earmark: str
    balance: Money
    reserved: Money
    free: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FundPosition:
    """Where a fund stands.

    Attributes
    ----------
    fund : str
        Its code.
    contributions, income, fees, other_costs, disbursed, refunds : Money
        Movements since the fund was opened. ``disbursed`` is transfers and payouts, before refunds.
    exchanged : Money
        Bought for other currencies less sold for them; negative when more was sold.
    returned : Money
        Given back to donors.
    balance : Money
        What it owns, see the sum above.
    committed : Money
        Promised to grantees and not yet paid.
    encumbered : Money
        What signed agreements may still cost at most.
    held : Money
        Set aside for payments under way.
    free : Money
        balance - committed - encumbered - held.
    pledged : Money
        Promised to the fund, neither signed nor paid in; not part of the balance.
    receivable : Money
        Signed by donors and not yet paid in; not part of the balance either.
    in_kind : Money
        Value of gifts in kind, in a ``valued`` unit; never part of the balance.
    earmarks : tuple of EarmarkPosition
        The balance by restriction.
    """

    fund: str
    contributions: Money
    income: Money
    exchanged: Money
    fees: Money
    other_costs: Money
    disbursed: Money
    refunds: Money
    returned: Money
    balance: Money
    committed: Money
    encumbered: Money
    held: Money
    free: Money
    pledged: Money
    receivable: Money
    in_kind: Money
    earmarks: tuple[EarmarkPosition, ...]
