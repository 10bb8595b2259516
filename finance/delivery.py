"""Delivery: how much of what implementers received they report as spent.

The problem: "disbursed" sounds like "spent", and a rate of the two hides refunds. The delivery rate is what
was reported over what was transferred and not given back.
"""

from dataclasses import dataclass
from fractions import Fraction

from .errors import CurrencyMismatch
from .money import Money, Rounding, round_quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one implementer received from a fund and reported as spent.

    Attributes
    ----------
    fund, implementer : str
        Codes.
    transferred, refunded, reported : Money
        Advanced to it; given back; reported as spent.

    Raises
    ------
    CurrencyMismatch
        When they are in different units.

    Examples
    --------
    >>> from almoner import money
    >>> one = Delivery(fund="water", implementer="hub", transferred=money("100.00", "USD"),
    ...                refunded=money("10.00", "USD"), reported=money("60.00", "USD"))
    >>> one.unreported, one.rate, one.rate_bp()
    (Money('30.00 USD'), Fraction(2, 3), 6667)
    """

    fund: str
    implementer: str
    transferred: Money
    refunded: Money
    reported: Money

    def __post_init__(self) -> None:
        if not self.transferred.unit == self.refunded.unit == self.reported.unit:
            raise CurrencyMismatch(
                f"{self.transferred}, {self.refunded} and {self.reported} are in different units.",
                fund=self.fund,
            )

    @property
    def unreported(self) -> Money:
        """Transferred, neither given back nor reported."""
        return self.transferred - self.refunded - self.reported

    @property
    def rate(self) -> Fraction | None:
        """Reported over transferred less refunded, exactly; None when nothing is left to deliver."""
        net = self.transferred - self.refunded
        return Fraction(self.reported.minor, net.minor) if net else None

    def rate_bp(self, rounding: Rounding = "half_even") -> int | None:
        """Return the rate in basis points, rounded once.

        Parameters
        ----------
        rounding : str
            Named rounding, see ``money.round_quotient``.
        """
        rate = self.rate
        return None if rate is None else round_quotient(rate.numerator * 10_000, rate.denominator, rounding)
