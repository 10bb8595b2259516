"""Types of the term language: what a number counts, and in which digits.

The problem: a price per day times a number of days is money, a price per day times a percentage is
nothing, and only a checker that knows the units can tell. A type is written ``CODE/DIGITS`` (a count of
``10**-DIGITS``) or ``CODE/DIGITS per CODE/DIGITS`` for a price or rate; ``ratio/DIGITS`` has no unit.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TYPE = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)/([0-9])(?: per ([A-Za-z][A-Za-z0-9._-]*)/[0-9])?")
RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Quantity:
    """The type of a number.

    Attributes
    ----------
    unit : str
        What is counted; ``ratio`` for a bare number.
    digits : int [digits]
        Decimal digits of one count.
    per : str
        For a price or rate, per one whole unit of what; empty otherwise.

    Examples
    --------
    >>> parse_type("USD/2 per day/0")
    Quantity(unit='USD', digits=2, per='day')
    """

    unit: str
    digits: int
    per: str = ""

    def __str__(self) -> str:
        return f"{self.unit}/{self.digits}" + (f" per {self.per}" if self.per else "")

    def powers(self) -> dict[str, int]:
        """Return the unit as exponents, a bare number as none."""
        powers = {self.unit: 1}
        if self.per:
            powers[self.per] = powers.get(self.per, 0) - 1
        return {unit: power for unit, power in powers.items() if power and unit != RATIO}


@dataclass(frozen=True, slots=True)
class Truth:
    """The type of a condition."""

    def __str__(self) -> str:
        return "condition"


@dataclass(frozen=True, slots=True)
class Label:
    """The type of one of several named values."""

    def __str__(self) -> str:
        return "label"


Type = Quantity | Truth | Label
BARE = Quantity(RATIO, 0)


def parse_type(text: str) -> Quantity | None:
    """Read a type; None when the text is none.

    Examples
    --------
    >>> parse_type("day/0").powers(), parse_type("days") is None
    ({'day': 1}, True)
    """
    match = _TYPE.fullmatch(text)
    return None if match is None else Quantity(unit=match[1], digits=int(match[2]), per=match[3] or "")


def digits_of(kind: Type) -> int:
    """Return the decimal digits of a type; a condition or label has none.

    Examples
    --------
    >>> digits_of(Quantity("USD", 2)), digits_of(Truth())
    (2, 0)
    """
    return kind.digits if isinstance(kind, Quantity) else 0


def product_powers(*factors: tuple[Quantity, int]) -> dict[str, int]:
    """Multiply units, each raised to a power of +1 or -1.

    Examples
    --------
    >>> product_powers((Quantity("USD", 2, "day"), 1), (Quantity("day", 0), 1))
    {'USD': 1}
    """
    total: dict[str, int] = {}
    for factor, sign in factors:
        for unit, power in factor.powers().items():
            total[unit] = total.get(unit, 0) + sign * power
    return {unit: power for unit, power in total.items() if power}


def same_unit(kinds: Iterable[Type]) -> str:
    """Say what to write where types differ in their digits only; nothing where they differ in more.

    Examples
    --------
    >>> same_unit([Quantity("percent", 0), Quantity("percent", 2)])
    'Only the digits differ: write params and literals in percent/2, or widen with a scale without by'
    """
    listed = list(kinds)
    numbers = [kind for kind in listed if isinstance(kind, Quantity)]
    if len(numbers) < len(listed) or len({(kind.unit, kind.per) for kind in numbers}) != 1:
        return ""
    finest = max(numbers, key=lambda kind: kind.digits)
    return f"Only the digits differ: write params and literals in {finest}, or widen with a scale without by"


def gives(powers: Mapping[str, int]) -> str:
    """Say what unit a product has.

    Examples
    --------
    >>> gives({"USD": 1, "day": -1}), gives({})
    (', but USD per day', ', but a bare number')
    """
    over = [unit for unit, power in powers.items() for _ in range(-power)]
    of = [unit for unit, power in powers.items() for _ in range(power)]
    if not over and not of:
        return ", but a bare number"
    return f", but {' x '.join(of) or '1'}" + (f" per {' per '.join(over)}" if over else "")
