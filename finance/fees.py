"""Fees: an exact fraction of a stated base.

The problem: "7 percent" of a transfer of 990,000.00 is 69,300.00 if it is taken of the transfer and 64,766.36
if it is taken of the programme cost inside it. A ``FeeTerm`` therefore names its base, and ``divide`` splits
an amount into what is kept and the fee so that both sum to it. Where the base is the part that is kept, that
part is rounded and the fee is the rest.

Bases and rules of United Nations pass-through funds: 1 percent of each contribution, taken at deposit, and 7
percent of programme cost (public pages of the MPTF Office on administrative arrangements).
"""

from dataclasses import dataclass
from typing import Literal

from .errors import AmountOutOfRange
from .money import Money, Rounding, scale

FeeBase = Literal["gross_deposit", "net_deposit", "programme_cost", "transfer"]
INSIDE: frozenset[FeeBase] = frozenset({"net_deposit", "programme_cost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeShare:
    """An amount divided into what is kept and the fee.

    Attributes
    ----------
    kept, fee : Money
        They sum to the amount that was divided.
    """

    kept: Money
    fee: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTerm:
    """A fee as an exact fraction of a stated base.

    Attributes
    ----------
    num, den : int [dimensionless]
        The fee is ``base * num / den``.
    rounding : str
        Named rounding.
    base : str
        ``gross_deposit`` or ``transfer``: of the whole amount. ``net_deposit`` or ``programme_cost``: of the
        part that is kept, so that kept = amount * den / (den + num).

    Raises
    ------
    TypeError, ValueError
        When the fraction is not one of whole numbers from 0 to 1.

    Examples
    --------
    >>> from almoner import money
    >>> FeeTerm(num=1, den=100).divide(money("1000000.00", "USD")).fee
    Money('10000.00 USD')
    >>> FeeTerm(num=7, den=100, base="programme_cost").divide(money("990000.00", "USD"))
    FeeShare(kept=Money('925233.64 USD'), fee=Money('64766.36 USD'))
    """

    num: int
    den: int
    rounding: Rounding = "half_even"
    base: FeeBase = "gross_deposit"

    def __post_init__(self) -> None:
        if type(self.num) is not int or type(self.den) is not int:
            raise TypeError(f"a fee is a fraction of whole numbers, not {self.num!r}/{self.den!r}")
        if not 0 <= self.num <= self.den or self.den == 0:
            raise ValueError(f"a fee of {self.num}/{self.den} is not a share of its base")

    def divide(self, amount: Money) -> FeeShare:
        """Divide an amount into what is kept and the fee.

        Parameters
        ----------
        amount : Money
            A deposit or a transfer, the fee still in it; not negative.

        Raises
        ------
        AmountOutOfRange
            When the amount is negative.
        """
        if amount.minor < 0:
            raise AmountOutOfRange(
                f"A fee cannot be taken out of {amount}: the amount must not be negative.", amount=str(amount)
            )
        if self.base in INSIDE:
            kept = scale(amount, self.den, self.den + self.num, self.rounding)
            return FeeShare(kept=kept, fee=amount - kept)
        fee = scale(amount, self.num, self.den, self.rounding)
        return FeeShare(kept=amount - fee, fee=fee)
