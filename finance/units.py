"""Units: what an amount counts, and how many decimal digits it has.

The problem: "10" means nothing without its unit, and two digits are right for most currencies but not
for all. A ``Unit`` carries its code, its kind and its scale; the scale of a currency comes from ISO 4217
(``iso4217.csv``, public domain), that of anything else from whoever registers it.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, get_args

from .errors import UnknownUnit

Kind = Literal["currency", "in_kind", "valued", "outcome"]
KINDS: tuple[str, ...] = get_args(Kind)
MAX_SCALE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of account: a currency, a kind of goods, the value of goods, or an outcome.

    Attributes
    ----------
    code : str
        Short name, for example ``USD``, ``hour`` or ``USD.v`` (a value in dollars, never cash).
    kind : str
        ``currency``, ``in_kind``, ``valued`` or ``outcome``.
    scale : int [digits]
        Decimal digits of one minor unit, 0 to 9.
    base_code : str or None
        The currency in which a ``valued`` unit is expressed.

    Examples
    --------
    >>> Unit(code="hour", kind="in_kind", scale=2)
    Unit(code='hour', kind='in_kind', scale=2, base_code=None)
    """

    code: str
    kind: Kind
    scale: int
    base_code: str | None = None

    def __post_init__(self) -> None:
        if type(self.scale) is not int or not 0 <= self.scale <= MAX_SCALE:
            raise ValueError(
                f"scale of {self.code} is {self.scale!r}: give a whole number from 0 to {MAX_SCALE}"
            )
        if self.kind not in KINDS:
            raise ValueError(f"kind of {self.code} is {self.kind!r}: give one of {', '.join(KINDS)}")
        if (self.kind == "valued") != (self.base_code is not None):
            raise ValueError(f"{self.code}: exactly the valued units name a base currency")


@cache
def _iso_digits() -> dict[str, int]:
    text = files(__package__).joinpath("iso4217.csv").read_text(encoding="utf-8")
    rows = (line.split(",") for line in text.splitlines() if line and not line.startswith("#"))
    return {code: int(digits) for code, digits in rows}


@lru_cache(maxsize=256)
def _near(code: str) -> tuple[str, ...]:
    """Return the currencies whose code looks most like another; a book with a unit of its own asks often."""
    return tuple(get_close_matches(code, _iso_digits(), n=3, cutoff=0.5))


def currency(code: str) -> Unit:
    """Return the unit of an ISO 4217 currency.

    Parameters
    ----------
    code : str
        Three capital letters.

    Raises
    ------
    UnknownUnit
        When ISO 4217 lists no such current code.

    Examples
    --------
    >>> currency("JPY").scale, currency("USD").scale, currency("KWD").scale
    (0, 2, 3)
    """
    digits = _iso_digits()
    if code not in digits:
        near = list(_near(code.upper()))
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UnknownUnit(
            f"{code!r} is not a current ISO 4217 currency.{hint} Register any other unit with its own scale.",
            unit=code,
            near=near,
        )
    return Unit(code=code, kind="currency", scale=digits[code])


@lru_cache(maxsize=256)
def valued(base: Unit) -> Unit:
    """Return the unit in which in-kind gifts are valued in a currency: counted, never spendable.

    Examples
    --------
    >>> valued(currency("USD"))
    Unit(code='USD.v', kind='valued', scale=2, base_code='USD')
    """
    return Unit(code=f"{base.code}.v", kind="valued", scale=base.scale, base_code=base.code)
