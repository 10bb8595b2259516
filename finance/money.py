"""Money: an exact whole number of minor units, with its unit.

The problem: floats lose cents, and a bare number can be added to a number of another currency. ``Money``
counts minor units as an ``int`` within int64, adds and compares only inside one unit, and has no product
or quotient: the one multiplication there is, ``scale``, names its rounding, and the one division,
``split``, gives every last unit to somebody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, get_args

from .errors import AmountOutOfRange, CurrencyMismatch, TooPrecise
from .units import Unit, currency

MAX_MINOR = 2**62 - 1
_GROUP = 3
Rounding = Literal["floor", "ceil", "toward_zero", "half_even", "half_away"]
_TEXT = re.compile(r"(-?)(\d{1,19})(?:\.(\d{1,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in one unit, exact to the minor unit.

    Attributes
    ----------
    minor : int [minor units]
        Whole number, ``abs(minor) < 2**62``.
    unit : Unit
        What is counted.

    Raises
    ------
    TypeError
        When ``minor`` is not exactly an ``int`` (a bool or a float is refused).
    AmountOutOfRange
        When ``minor`` does not fit.

    Examples
    --------
    >>> money("10.25", "USD") + money("0.75", "USD")
    Money('11.00 USD')
    >>> money("1", "USD") + money("1", "EUR")
    Traceback (most recent call last):
    ...
    almoner.finance.errors.CurrencyMismatch: 1.00 USD and 1.00 EUR are in different units: convert one first.
    """

    minor: int
    unit: Unit

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are an int, not {type(self.minor).__name__}: {self.minor!r}")
        if not -MAX_MINOR <= self.minor <= MAX_MINOR:
            raise AmountOutOfRange(
                f"{self.minor} minor units of {self.unit.code} do not fit: the limit is {MAX_MINOR}.",
                minor=str(self.minor),
                limit=str(MAX_MINOR),
                unit=self.unit.code,
            )

    def __repr__(self) -> str:
        """Show amount and unit, as written."""
        return f"Money('{self}')"

    def __str__(self) -> str:
        """Write the amount with all its digits and the unit code."""
        return f"{self.text} {self.unit.code}"

    @property
    def text(self) -> str:
        """The amount as a plain decimal string, without separators or unit."""
        return decimal_text(self.minor, self.unit.scale)

    def _same(self, other: Self) -> int:
        if self.unit != other.unit:
            raise CurrencyMismatch(
                f"{self} and {other} are in different units: convert one first.",
                left=str(self),
                right=str(other),
            )
        return other.minor

    def __add__(self, other: Self) -> "Money":
        """Add an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(minor=self.minor + self._same(other), unit=self.unit)

    def __sub__(self, other: Self) -> "Money":
        """Subtract an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(minor=self.minor - self._same(other), unit=self.unit)

    def __neg__(self) -> "Money":
        """Turn the sign."""
        return Money(minor=-self.minor, unit=self.unit)

    def __lt__(self, other: Self) -> bool:
        """Compare with an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        """Compare with an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        """Compare with an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor > self._same(other)

    def __ge__(self, other: Self) -> bool:
        """Compare with an amount of the same unit."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        """Tell whether the amount differs from zero."""
        return self.minor != 0


def decimal_text(count: int, scale: int) -> str:
    """Write a count of 10**-scale as a plain decimal string.

    Parameters
    ----------
    count : int [10**-scale]
        May be negative.
    scale : int [digits]
        Decimal digits written.

    Examples
    --------
    >>> decimal_text(-105, 2), decimal_text(7, 0)
    ('-1.05', '7')
    """
    sign, digits = ("-" if count < 0 else ""), str(abs(count)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def grouped(amount: str) -> str:
    """Write a decimal string with thousands separators.

    Examples
    --------
    >>> grouped("1234567.80"), grouped("-950")
    ('1,234,567.80', '-950')
    """
    sign, plain = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    whole, point, part = plain.partition(".")
    head = len(whole) % _GROUP or _GROUP
    groups = [whole[:head], *(whole[at : at + _GROUP] for at in range(head, len(whole), _GROUP))]
    return f"{sign}{','.join(groups)}{point}{part}"


def decimal_count(text: str, scale: int, what: str = "amount") -> int:
    """Read a plain decimal string as a count of 10**-scale, exactly.

    Parameters
    ----------
    text : str
        Digits with at most one point; no exponent, separators, spaces or plus sign.
    scale : int [digits]
        How many decimal digits the unit has.
    what : str
        What is read, for the message.

    Raises
    ------
    TooPrecise
        When the text is no plain decimal or has more digits than the unit.

    Examples
    --------
    >>> decimal_count("15.12", 2), decimal_count("-3", 2)
    (1512, -300)
    """
    match = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise TooPrecise(
            f"{text!r} is not a plain decimal {what}. Write digits with at most one point, like 1234.50.",
            got=str(text),
        )
    sign, whole, part = match[1], match[2], (match[3] or "")
    used = len(part.rstrip("0"))
    if used > scale:
        raise TooPrecise(
            f"{text} has {used} decimal digits, this {what} has {scale}. Round it first, and say how.",
            got=text,
            digits=scale,
        )
    count = int(whole + part[:scale].ljust(scale, "0"))
    return -count if sign else count


def money(amount: str, unit: Unit | str) -> Money:
    """Read an amount written as a decimal string.

    Parameters
    ----------
    amount : str
        Decimal string; a float or a number is refused, since it may already have lost digits.
    unit : Unit or str
        The unit, or an ISO 4217 code.

    Raises
    ------
    UnknownUnit, TooPrecise, AmountOutOfRange
        When the code, the digits or the size do not fit.

    Examples
    --------
    >>> money("250000.00", "USD").minor
    25000000
    """
    known = currency(unit) if isinstance(unit, str) else unit
    return Money(minor=decimal_count(amount, known.scale, f"amount in {known.code}"), unit=known)


def zero(unit: Unit) -> Money:
    """Return nothing, in a unit.

    Examples
    --------
    >>> zero(currency("USD"))
    Money('0.00 USD')
    """
    return Money(minor=0, unit=unit)


def round_quotient(num: int, den: int, rounding: Rounding) -> int:
    """Round the exact quotient ``num / den`` to a whole number.

    Parameters
    ----------
    num, den : int [any common unit]
        Dividend and positive divisor.
    rounding : str
        ``floor``, ``ceil``, ``toward_zero``, ``half_even`` or ``half_away``; ``half_even`` looks at the
        parity of the whole quotient.

    Raises
    ------
    ValueError
        When the divisor is not positive or the rounding has no such name.

    Examples
    --------
    >>> [round_quotient(n, 2, "half_even") for n in (-3, -1, 1, 3, 5)]
    [-2, 0, 0, 2, 2]
    """
    if den <= 0:
        raise ValueError(f"divisor is {den}: it must be positive")
    quotient, rest = divmod(num, den)
    match rounding:
        case "floor":
            up = False
        case "ceil":
            up = rest > 0
        case "toward_zero":
            up = rest > 0 and quotient < 0
        case "half_even":
            up = 2 * rest > den or (2 * rest == den and quotient % 2 == 1)
        case "half_away":
            up = 2 * rest > den or (2 * rest == den and quotient >= 0)
        case _:
            raise ValueError(f"rounding {rounding!r} is unknown: use one of {', '.join(get_args(Rounding))}")
    return quotient + up


def scale(amount: Money, num: int, den: int, rounding: Rounding) -> Money:
    """Multiply an amount by the exact fraction ``num / den`` and round once.

    Parameters
    ----------
    amount : Money
        What is scaled.
    num, den : int [dimensionless]
        Numerator and positive denominator.
    rounding : str
        Named rounding, see ``round_quotient``.

    Examples
    --------
    >>> scale(money("100.00", "USD"), 1, 3, "half_even")
    Money('33.33 USD')
    """
    return Money(minor=round_quotient(amount.minor * num, den, rounding), unit=amount.unit)


def split(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Divide an amount by weights so that the parts sum to it exactly (largest remainder).

    Each part is floored, then one minor unit each goes to the largest remainders, ties by position.

    Parameters
    ----------
    amount : Money
        Not negative.
    weights : Sequence[int] [any common unit]
        Not negative, at least one positive.

    Raises
    ------
    AmountOutOfRange
        When the amount or a weight is negative, or every weight is zero.

    Examples
    --------
    >>> split(money("1.00", "USD"), [1, 1, 1])
    (Money('0.34 USD'), Money('0.33 USD'), Money('0.33 USD'))
    """
    total = sum(weights)
    if amount.minor < 0 or total <= 0 or min(weights) < 0:
        raise AmountOutOfRange(
            f"{amount} cannot be split by weights {list(weights)}: "
            "the amount and the weights must not be negative, and one weight must be positive.",
            amount=str(amount),
        )
    floors = [amount.minor * weight // total for weight in weights]
    rests = [amount.minor * weight % total for weight in weights]
    left = amount.minor - sum(floors)
    for position in sorted(range(len(weights)), key=lambda at: (-rests[at], at))[:left]:
        floors[position] += 1
    return tuple(Money(minor=part, unit=amount.unit) for part in floors)
