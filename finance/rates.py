"""Rates between currencies: dated, sourced, directed; and conversions that round where it is said.

The problem: a rate stored upside down, or applied to history, changes what everybody is owed. A ``Rate`` goes
from minor units of one currency to minor units of another, as a fraction, on a day, from a named source; a
``Conversion`` records what was sold and bought at it, and the database computes the rounding again. There is
no inverse and no cross rate: a rate that is needed is recorded.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import gcd
from typing import Literal, get_args

from .errors import AmountOutOfRange, CurrencyMismatch, RateSuspicious, TooPrecise
from .money import MAX_MINOR, Money, Rounding, decimal_count, round_quotient
from .units import Unit

FxRounding = Literal["down", "up", "half_even"]
Beneficiary = Literal["book", "counterparty", "nobody"]
MAX_TERM = 2**31 - 1
MAX_RATE_DIGITS = 18
MAX_AGE = timedelta(days=7)
_ROUNDINGS: dict[FxRounding, Rounding] = {"down": "floor", "up": "ceil", "half_even": "half_even"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many minor units of one currency one minor unit of another buys, on a day, says a source.

    Attributes
    ----------
    base, quote : Unit
        Sold and bought.
    num, den : int
        Minor units of ``quote`` per minor unit of ``base``, as a fraction; both below 2^31.
    as_of : date
        The day of the rate.
    source : str
        Who published it.

    Raises
    ------
    CurrencyMismatch
        When a unit is no currency, or both are the same.
    TypeError, ValueError
        When the fraction, the day or the source is not one.

    Examples
    --------
    >>> from almoner import currency
    >>> euro = rate_of("1.0850", currency("EUR"), currency("USD"), date(2026, 1, 15), "central bank")
    >>> euro.num, euro.den, str(euro)
    (217, 200, '1 EUR = 1.085 USD on 2026-01-15 (central bank)')
    """

    base: Unit
    quote: Unit
    num: int
    den: int
    as_of: date
    source: str

    def __post_init__(self) -> None:
        for unit in (self.base, self.quote):
            if unit.kind != "currency":
                raise CurrencyMismatch(
                    f"{unit.code} is a unit of kind {unit.kind}: rates are between currencies only.",
                    unit=unit.code,
                )
        if self.base.code == self.quote.code:
            raise CurrencyMismatch(f"A rate from {self.base.code} to itself is no rate.", unit=self.base.code)
        if type(self.num) is not int or type(self.den) is not int:
            raise TypeError(f"a rate is a fraction of whole numbers, not {self.num!r}/{self.den!r}")
        if not (1 <= self.num <= MAX_TERM and 1 <= self.den <= MAX_TERM):
            raise ValueError(f"{self.num}/{self.den} is no rate: both are whole numbers from 1 to {MAX_TERM}")
        if type(self.as_of) is not date:
            raise TypeError(f"a rate is of a day, a date, not {self.as_of!r}")
        if not isinstance(self.source, str) or not self.source.strip():
            raise ValueError("a rate names its source")

    def __str__(self) -> str:
        """Write the rate between major units, as it is published."""
        return f"1 {self.base.code} = {self.text} {self.quote.code} on {self.as_of} ({self.source})"

    @property
    def fraction(self) -> Fraction:
        """Minor units of the quote per minor unit of the base, exactly."""
        return Fraction(self.num, self.den)

    @property
    def major(self) -> Fraction:
        """Major units of the quote per major unit of the base, exactly."""
        return Fraction(self.num * 10**self.base.scale, self.den * 10**self.quote.scale)

    @property
    def text(self) -> str:
        """The rate between major units: as a decimal where it ends, else as a fraction."""
        num, den, digits = self.major.numerator, self.major.denominator, 0
        while den > 1 and digits <= MAX_RATE_DIGITS:
            num, digits = num * 10, digits + 1
            num, den = num // gcd(num, den), den // gcd(num, den)
        if den > 1:
            return f"{self.major.numerator}/{self.major.denominator}"
        whole = str(num).rjust(digits + 1, "0")
        return f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole


def rate_of(text: str, base: Unit, quote: Unit, as_of: date, source: str) -> Rate:
    """Read a rate as it is published, a decimal between major units, and make it exact between minor units.

    Parameters
    ----------
    text : str
        Major units of ``quote`` for one major unit of ``base``: digits with at most one point.
    base, quote : Unit
        Sold and bought.
    as_of : date
        The day of the rate.
    source : str
        Who published it.

    Raises
    ------
    TooPrecise
        When the text is no plain decimal, or needs a fraction of more than 31 bits.
    CurrencyMismatch, TypeError, ValueError
        As for ``Rate``; also when the rate is not positive.

    Examples
    --------
    >>> from almoner import currency
    >>> day = date(2026, 1, 15)
    >>> yen = rate_of("157.35", currency("USD"), currency("JPY"), day, "central bank")
    >>> (yen.num, yen.den)
    (3147, 2000)
    """
    count = decimal_count(text, MAX_RATE_DIGITS, "rate")
    if count <= 0:
        raise ValueError(f"{text} is no rate: it must be positive")
    exact = Fraction(count * 10**quote.scale, 10 ** (MAX_RATE_DIGITS + base.scale))
    if max(exact.numerator, exact.denominator) > MAX_TERM:
        raise TooPrecise(
            f"{text} {quote.code} for one {base.code} needs {exact.numerator}/{exact.denominator}, a "
            f"fraction whose parts must be at most {MAX_TERM}. Write the rate with fewer digits.",
            got=text,
            limit=MAX_TERM,
        )
    return Rate(
        base=base, quote=quote, num=exact.numerator, den=exact.denominator, as_of=as_of, source=source
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a transaction sold and bought at a rate.

    Attributes
    ----------
    rate : Rate
        At which.
    sold, bought : Money
        In the rate's base and quote; both positive.
    rounding : str
        ``down`` benefits the counterparty, ``up`` the book; ``half_even`` neither on average.

    Raises
    ------
    CurrencyMismatch
        When an amount is not in its side's currency.
    AmountOutOfRange
        When ``bought`` is not exactly what ``sold`` buys at the rate, rounded as named.
    ValueError
        When the rounding has no such name.
    """

    rate: Rate
    sold: Money
    bought: Money
    rounding: FxRounding

    def __post_init__(self) -> None:
        if self.rounding not in get_args(FxRounding):
            raise ValueError(f"rounding is {self.rounding!r}: use one of {', '.join(get_args(FxRounding))}")
        if (self.sold.unit, self.bought.unit) != (self.rate.base, self.rate.quote):
            raise CurrencyMismatch(
                f"{self.sold} for {self.bought} does not follow {self.rate}. Rates have one direction.",
                sold=str(self.sold),
                bought=str(self.bought),
            )
        due = _bought_minor(self.sold, self.rate, self.rounding)
        if self.bought.minor != due:
            raise AmountOutOfRange(
                f"{self.sold} buys {Money(minor=due, unit=self.rate.quote)} at {self.rate} rounded "
                f"{self.rounding}, not {self.bought}.",
                sold=str(self.sold),
                bought=str(self.bought),
            )


def _bought_minor(sold: Money, rate: Rate, rounding: FxRounding) -> int:
    minor = round_quotient(sold.minor * rate.num, rate.den, _ROUNDINGS[rounding])
    if sold.minor <= 0 or not 1 <= minor <= MAX_MINOR:
        raise AmountOutOfRange(
            f"{sold} cannot be sold at {rate}: it buys {minor} minor units of {rate.quote.code}; "
            f"what is sold and bought must lie between 1 and {MAX_MINOR}.",
            sold=str(sold),
            limit=str(MAX_MINOR),
        )
    return minor


def convert(amount: Money, rate: Rate, rounding: FxRounding = "half_even") -> Conversion:
    """Sell an amount at a rate, rounded once.

    Parameters
    ----------
    amount : Money
        What is sold, in the rate's base; positive.
    rate : Rate
        At which.
    rounding : str
        ``down``, ``up`` or ``half_even``; ``half_even`` looks at the parity of the whole quotient.

    Raises
    ------
    CurrencyMismatch
        When the amount is not in the rate's base.
    AmountOutOfRange
        When the amount is not positive, or buys nothing or more than is stored exactly.

    Examples
    --------
    >>> from almoner import currency, money
    >>> euro = rate_of("1.0850", currency("EUR"), currency("USD"), date(2026, 1, 15), "central bank")
    >>> convert(money("0.50", "EUR"), euro).bought
    Money('0.54 USD')
    """
    if amount.unit != rate.base:
        raise CurrencyMismatch(
            f"{amount} cannot be sold at {rate}: the rate sells {rate.base.code}. Give one that sells it.",
            amount=str(amount),
            base=rate.base.code,
            quote=rate.quote.code,
        )
    if rounding not in get_args(FxRounding):
        raise ValueError(f"rounding is {rounding!r}: use one of {', '.join(get_args(FxRounding))}")
    bought = Money(minor=_bought_minor(amount, rate, rounding), unit=rate.quote)
    return Conversion(rate=rate, sold=amount, bought=bought, rounding=rounding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """What the rounding of a conversion moved.

    Attributes
    ----------
    exact : Fraction
        Minor units of the bought currency, between -1 and 1; positive when more was bought than due.
    beneficiary : str
        ``book`` when positive, ``counterparty`` when negative, ``nobody`` when the conversion was exact.
    """

    exact: Fraction
    beneficiary: Beneficiary


def residue(conversion: Conversion) -> Residue:
    """Say how much the rounding of a conversion moved, and to whom.

    Examples
    --------
    >>> from almoner import currency, money
    >>> euro = rate_of("1.0850", currency("EUR"), currency("USD"), date(2026, 1, 15), "central bank")
    >>> residue(convert(money("0.50", "EUR"), euro))
    Residue(exact=Fraction(-1, 4), beneficiary='counterparty')
    """
    exact = conversion.bought.minor - conversion.sold.minor * conversion.rate.fraction
    beneficiary: Beneficiary = "book" if exact > 0 else "counterparty" if exact < 0 else "nobody"
    return Residue(exact=exact, beneficiary=beneficiary)


def require_direction(rate: Rate, last: Rate) -> None:
    """Refuse a rate that lies nearer to the inverse of the last one of its pair than to that one itself.

    Both are compared as they are published, between major units: that is where a rate is turned upside down.
    Between minor units, dollars to yen near 100 would look like parity. The comparison is exact.

    Parameters
    ----------
    rate : Rate
        The new one.
    last : Rate
        The last one of the same pair.

    Raises
    ------
    RateSuspicious
        With both rates.

    Examples
    --------
    >>> from almoner import currency
    >>> usd, yen, day = currency("USD"), currency("JPY"), date(2026, 1, 15)
    >>> require_direction(rate_of("99", usd, yen, day, "bank"), rate_of("101", usd, yen, day, "bank"))
    """
    if (rate.base, rate.quote) != (last.base, last.quote):
        raise CurrencyMismatch(
            f"{rate} and {last} are rates of different pairs or directions.", rate=str(rate), last=str(last)
        )
    (a, b), (c, d) = rate.major.as_integer_ratio(), last.major.as_integer_ratio()
    near, far = sorted((a * d, b * c)), sorted((a * c, b * d))
    if near[1] * far[0] > far[1] * near[0]:
        raise RateSuspicious(
            f"{rate} is nearer to the inverse of the last rate, {last}, than to it. "
            "Check its direction; confirm it if it is right.",
            rate=rate.text,
            last=last.text,
            base=rate.base.code,
            quote=rate.quote.code,
        )
