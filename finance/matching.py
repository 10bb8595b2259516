"""Matching: what other people's money brings, up to a ceiling.

The problem: "three to one, at most fifty million, gifts in kind up to a fifth" is computed by hand and by
everybody differently. Here a match is exact: each source has a ratio, every quotient is floored to the minor
unit, gifts in kind count only up to a stated share of the counted total, and the ceiling comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import AmountOutOfRange, CurrencyMismatch
from .money import Money, round_quotient, zero

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSource:
    """Confirmed money of one kind, and how much of it brings one unit of match.

    Attributes
    ----------
    amount : Money
        Confirmed; not negative.
    given, brings : int [dimensionless]
        ``given`` units of this money bring ``brings`` units: 3 and 1 for "three to one".
    """

    amount: Money
    given: int
    brings: int = 1

    def __post_init__(self) -> None:
        if type(self.given) is not int or type(self.brings) is not int or self.given <= 0 or self.brings < 0:
            raise ValueError(f"a ratio of {self.given!r} to {self.brings!r} is not one of whole numbers")
        if self.amount.minor < 0:
            raise AmountOutOfRange(
                f"{self.amount} cannot be matched: it is negative.", amount=str(self.amount)
            )


def matched(sources: Sequence[MatchedSource], ceiling: Money) -> Money:
    """Return what the sources bring together: min(ceiling, sum of floor(amount x brings / given)).

    Parameters
    ----------
    sources : sequence of MatchedSource
        All in the ceiling's unit.
    ceiling : Money
        The most that is matched.

    Raises
    ------
    CurrencyMismatch
        When a source is in another unit than the ceiling.

    Examples
    --------
    A rule of the Global Partnership for Education (multiplier): 90 million at three to one and 10 million at
    one to one, at most 50 million.

    >>> from almoner import money
    >>> matched([MatchedSource(amount=money("90000000.00", "USD"), given=3),
    ...          MatchedSource(amount=money("10000000.00", "USD"), given=1)], money("50000000.00", "USD"))
    Money('40000000.00 USD')
    """
    total = zero(ceiling.unit)
    for source in sources:
        brought = round_quotient(source.amount.minor * source.brings, source.given, "floor")
        total += Money(minor=brought, unit=source.amount.unit)
    return min(total, ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMatch:
    """What a fund can show toward a match: its cash, and what of its gifts in kind counts beside it.

    Attributes
    ----------
    cash : Money
        Deposited, less what went back to the givers.
    in_kind : Money
        Value of the gifts in force, in the valued unit of the same currency.
    most_bp : int [basis points]
        Largest share of gifts in the counted total.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.units import valued
    >>> shown = CountedMatch(cash=money("80.00", "USD"), in_kind=money("30.00", valued(currency("USD"))),
    ...                      most_bp=2000)
    >>> shown.counted_in_kind, shown.total
    (Money('20.00 USD'), Money('100.00 USD'))
    """

    cash: Money
    in_kind: Money
    most_bp: int

    def __post_init__(self) -> None:
        counted_in_kind(self.cash, self.in_kind, self.most_bp)

    @property
    def counted_in_kind(self) -> Money:
        """How much of the gifts counts, see ``counted_in_kind``; a figure for the match, not cash."""
        return counted_in_kind(self.cash, self.in_kind, self.most_bp)

    @property
    def total(self) -> Money:
        """Cash and counted gifts together."""
        return self.cash + self.counted_in_kind


def counted_in_kind(cash: Money, in_kind: Money, most_bp: int) -> Money:
    """Return how much of the value of gifts in kind counts toward a match.

    It counts up to a share of the counted total: min(value, floor(cash x s / (1 - s))).

    Parameters
    ----------
    cash : Money
        Confirmed cash; not negative.
    in_kind : Money
        Value of the gifts, in the valued unit of the same currency; not negative.
    most_bp : int [basis points]
        Largest share of gifts in the counted total, 0 to below 10,000.

    Returns
    -------
    Money
        In the currency: a figure for the match, not cash.

    Raises
    ------
    AmountOutOfRange
        When an amount is negative or the share is not below the whole.
    CurrencyMismatch
        When the gifts are valued in another currency.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.units import valued
    >>> gifts = money("30.00", valued(currency("USD")))
    >>> counted_in_kind(money("80.00", "USD"), gifts, 2000)
    Money('20.00 USD')
    """
    if in_kind.unit.base_code != cash.unit.code or in_kind.unit.scale != cash.unit.scale:
        raise CurrencyMismatch(
            f"{in_kind} is not the value of gifts in {cash.unit.code}: value them in that currency first.",
            in_kind=str(in_kind),
            unit=cash.unit.code,
        )
    if cash.minor < 0 or in_kind.minor < 0 or not 0 <= most_bp < WHOLE_BP:
        raise AmountOutOfRange(
            f"{cash} and {in_kind} at most {most_bp} bp cannot be matched: amounts must not be negative, "
            f"and the share must lie from 0 to below {WHOLE_BP}.",
            cash=str(cash),
            in_kind=str(in_kind),
            most_bp=most_bp,
        )
    most = round_quotient(cash.minor * most_bp, WHOLE_BP - most_bp, "floor")
    return Money(minor=min(in_kind.minor, most), unit=cash.unit)
