"""Statements of several currencies, shown in one: at dated rates, their difference on a line of its own.

The problem: a fund's history must not change because a rate did. Each statement stays as it is, in its own
currency; translated, its balances use the rates of their days and its movements a third rate, and what that
leaves over is printed as translation difference, never booked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .errors import CurrencyMismatch
from .ledger import LINES
from .money import Money, round_quotient, zero
from .rates import Rate
from .statements import Statement, StatementLine
from .units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRates:
    """At which rates one statement is shown in another currency.

    Attributes
    ----------
    opening, movements, closing : Rate
        From the statement's currency to the reporting one: of the day before the span, for what happened in
        it, and of its last day.
    """

    opening: Rate
    movements: Rate
    closing: Rate

    def __post_init__(self) -> None:
        pairs = {(rate.base, rate.quote) for rate in (self.opening, self.movements, self.closing)}
        if len(pairs) > 1:
            raise CurrencyMismatch("The three rates of a statement are of one pair and direction.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedStatement:
    """Sources and uses of a fund in several currencies, shown in one; nothing of it is booked.

    Attributes
    ----------
    fund : str
        Its code.
    after, through : date or None
        The span ``(after, through]``.
    parts : tuple of Statement
        As the ledger holds them, each in its own currency; these come first.
    opening, closing : Money
        In the reporting currency, at the rates of their days.
    lines : tuple of StatementLine
        At the rates for movements, half-even.
    translation_difference : Money
        What the difference of the rates, and rounding, leaves between opening, movements and closing.
    """

    fund: str
    after: date | None
    through: date | None
    parts: tuple[Statement, ...]
    opening: Money
    closing: Money
    lines: tuple[StatementLine, ...]
    translation_difference: Money

    def _total(self, kind: str) -> Money:
        amounts = (row.amount for row in self.lines if LINES[row.line] == kind)
        return sum(amounts, start=zero(self.opening.unit))

    @property
    def sources(self) -> Money:
        """Sum of all sources."""
        return self._total("source")

    @property
    def uses(self) -> Money:
        """Sum of all uses, refunds taken off."""
        return self._total("use")

    @property
    def difference(self) -> Money:
        """Opening + sources - uses + translation difference - closing; always zero."""
        return self.opening + self.sources - self.uses + self.translation_difference - self.closing


def translate(
    statements: Sequence[Statement], unit: Unit, rates: Mapping[str, StatementRates]
) -> TranslatedStatement:
    """Show the statements of a fund over one span, one per currency, in one reporting currency.

    Parameters
    ----------
    statements : sequence of Statement
        Of one fund and one span, each in another currency.
    unit : Unit
        The reporting currency.
    rates : Mapping of str to StatementRates
        Code of a statement's currency -> its rates; none for the reporting currency itself.

    Raises
    ------
    CurrencyMismatch
        When a rate is missing or of another pair, or two statements are in one currency.
    ValueError
        When the statements are not of one fund and span.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.rates import rate_of
    >>> eur, usd = currency("EUR"), currency("USD")
    >>> first, last = (rate_of(text, eur, usd, date(2026, month, 1), "bank")
    ...                for text, month in (("1.10", 1), ("1.20", 2)))
    >>> held = money("100", "EUR")
    >>> one = Statement(fund="water", after=None, through=None, opening=held, closing=held, lines=(),
    ...                 ledger_closing=held)
    >>> shown = translate([one], usd, {"EUR": StatementRates(opening=first, movements=first, closing=last)})
    >>> shown.opening, shown.translation_difference, shown.closing
    (Money('110.00 USD'), Money('10.00 USD'), Money('120.00 USD'))
    """
    spans = {(one.fund, one.after, one.through) for one in statements}
    if len(spans) != 1:
        raise ValueError("translate statements of one fund over one span")
    if len({one.opening.unit for one in statements}) != len(statements):
        raise CurrencyMismatch("Two statements are in the same currency: give one per currency.")
    ((fund, after, through),) = spans
    opening = closing = zero(unit)
    sums: dict[str, Money] = {}
    for one in statements:
        used = _rates(one, unit, rates)
        opening += _at(one.opening, used.opening if used else None)
        closing += _at(one.closing, used.closing if used else None)
        for row in one.lines:
            sums[row.line] = sums.get(row.line, zero(unit)) + _at(
                row.amount, used.movements if used else None
            )
    lines = tuple(StatementLine(line=line, amount=sums[line]) for line in LINES if sums.get(line))
    moved = zero(unit)
    for row in lines:
        moved = moved + row.amount if LINES[row.line] == "source" else moved - row.amount
    return TranslatedStatement(
        fund=fund,
        after=after,
        through=through,
        parts=tuple(statements),
        opening=opening,
        closing=closing,
        lines=lines,
        translation_difference=closing - opening - moved,
    )


def _rates(one: Statement, unit: Unit, rates: Mapping[str, StatementRates]) -> StatementRates | None:
    own = one.opening.unit
    if own == unit:
        return None
    used = rates.get(own.code)
    if used is None or (used.opening.base, used.opening.quote) != (own, unit):
        raise CurrencyMismatch(
            f"The statement in {own.code} cannot be shown in {unit.code}: give its rates from {own.code} to "
            f"{unit.code}.",
            base=own.code,
            quote=unit.code,
        )
    return used


def _at(amount: Money, rate: Rate | None) -> Money:
    if rate is None:
        return amount
    return Money(minor=round_quotient(amount.minor * rate.num, rate.den, "half_even"), unit=rate.quote)
