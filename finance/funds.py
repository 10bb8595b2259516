"""Pooled funds: what a fund is, and where it stands.

The problem: "how much is left" has four answers that people mix up. A ``FundPosition`` keeps them apart,
and they add up to the minor unit::

    contributions + income = fees + other costs + disbursed - refunds + balance
    balance                = committed + encumbered + free
"""

from dataclasses import dataclass
from typing import Literal

from .money import Money
from .units import Unit

DrawRule = Literal["pro_rata", "fifo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFund:
    """A fund that pools the money of many givers in one unit.

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
        Settled; promised out of it (committed and encumbered); and the difference.
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
    balance : Money
        What it owns: contributions + income - fees - other_costs - disbursed + refunds.
    committed : Money
        Promised to grantees and not yet paid.
    encumbered : Money
        What signed agreements may still cost at most.
    free : Money
        balance - committed - encumbered.
    pledged : Money
        Promised to the fund and not yet paid in; not part of the balance.
    in_kind : Money
        Value of gifts in kind, in a ``valued`` unit; never part of the balance.
    earmarks : tuple of EarmarkPosition
        The balance by restriction.
    """

    fund: str
    contributions: Money
    income: Money
    fees: Money
    other_costs: Money
    disbursed: Money
    refunds: Money
    balance: Money
    committed: Money
    encumbered: Money
    free: Money
    pledged: Money
    in_kind: Money
    earmarks: tuple[EarmarkPosition, ...]
