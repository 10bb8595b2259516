"""Gifts in kind: counted in their own unit, valued by somebody else, never spendable as cash.

The problem: an hour of volunteering is worth something, but not to the payroll. A gift keeps its own unit
(hours, doses, square metres); its value is a separate memo in a unit of kind ``valued`` that no rate
converts into money, set by a stated method, by a party other than the giver, less a haircut.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from .errors import AmountOutOfRange
from .money import Money
from .units import Unit, valued

FULL_BP = 10_000
ValuationMethod = Literal["market", "replacement", "cost", "agreed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """What one unit of a gift is worth, on whose word.

    Attributes
    ----------
    price : Money
        Per whole unit of the gift.
    method : str
        ``market``, ``replacement``, ``cost`` or ``agreed``.
    haircut_bp : int [basis points]
        Taken off the value, 0 to 10,000.
    valued_by : str
        Code of the party who valued it; never the giver.
    valued_on : date
        The day of the valuation.
    evidence_sha256 : bytes
        Digest of the paper it rests on.
    """

    price: Money
    method: ValuationMethod
    haircut_bp: int
    valued_by: str
    valued_on: date
    evidence_sha256: bytes

    def __post_init__(self) -> None:
        if type(self.haircut_bp) is not int:
            raise TypeError(f"a haircut is a whole number of basis points, not {self.haircut_bp!r}")
        if not 0 <= self.haircut_bp <= FULL_BP or self.price.minor <= 0:
            raise AmountOutOfRange(
                f"a price of {self.price} with a haircut of {self.haircut_bp} bp is no valuation: "
                "the price must be positive and the haircut lie from 0 to 10000.",
                price=str(self.price),
                haircut_bp=self.haircut_bp,
            )


def value_of(quantity: Money, valuation: Valuation) -> Money:
    """Value a quantity: floor(quantity x price x (10,000 - haircut) / 10,000), in a valued unit.

    Parameters
    ----------
    quantity : Money
        In the gift's own unit.
    valuation : Valuation
        Price per whole unit.

    Examples
    --------
    >>> from datetime import date
    >>> from almoner import money
    >>> hour = Unit(code="hour", kind="in_kind", scale=2)
    >>> by_lab = Valuation(price=money("25.00", "USD"), method="market", haircut_bp=2000, valued_by="lab",
    ...                    valued_on=date(2026, 1, 1), evidence_sha256=bytes(32))
    >>> value_of(money("40.00", hour), by_lab)
    Money('800.00 USD.v')
    """
    whole: int = 10**quantity.unit.scale
    numerator = quantity.minor * valuation.price.minor * (FULL_BP - valuation.haircut_bp)
    return Money(minor=numerator // (whole * FULL_BP), unit=valued(valuation.price.unit))


def in_kind_unit(code: str, scale: int) -> Unit:
    """Return a unit for gifts in kind.

    Parameters
    ----------
    code : str
        For example ``hour``.
    scale : int [digits]
        Decimal digits, 0 to 9.

    Examples
    --------
    >>> in_kind_unit("dose", 0).kind
    'in_kind'
    """
    return Unit(code=code, kind="in_kind", scale=scale)
