"""Numbers of the reference interpreter, from docs/terms.md alone: exact fractions of whole units.

Nothing here is taken from the engine. Numbers are whole units as ``Fraction`` (12.50 USD is 25/2), so a fault
in the digits of the engine's counts cannot be repeated here.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from almoner.contracts.terms.document import Every, TermDocument

Number = Fraction
Value = Fraction | bool | str | None


def ceiling(number: Number) -> int:
    return -(-number.numerator // number.denominator)


def floor(number: Number) -> int:
    return number.numerator // number.denominator


def half(number: Number, *, tie_up: Callable[[int], bool]) -> int:
    """The nearest whole number; between two, the upper one where ``tie_up`` of the lower one says so."""
    below = floor(number)
    rest = number - below
    if rest == Fraction(1, 2):
        return below + 1 if tie_up(below) else below
    return below + 1 if rest > Fraction(1, 2) else below


ROUNDINGS: dict[str, Callable[[Number], int]] = {
    "floor": floor,
    "ceil": ceiling,
    "toward_zero": lambda number: floor(number) if number >= 0 else ceiling(number),
    "half_even": lambda number: half(number, tie_up=lambda below: below % 2 == 1),
    "half_away": lambda number: half(number, tie_up=lambda below: below >= 0),
}


def rounded(number: Number, digits: int, rounding: str) -> Number:
    """Round to a number of decimal digits."""
    return Fraction(ROUNDINGS[rounding](number * 10**digits), 10**digits)


def digits_of(type_text: str) -> int:
    """Digits of ``USD/2`` or of ``USD/2 per day/0``."""
    return int(type_text.split(" per ", maxsplit=1)[0].rsplit("/", 1)[1])


def shared(total: Number, weights: Sequence[Number], *, digits: int, ties: str) -> tuple[Number, ...]:
    """Parts of a total by weight: floors, then one unit each; the parts make the total."""
    whole = sum(weights, Fraction(0))
    if whole == 0:
        return tuple(Fraction(0) for _ in weights)
    exact = [total * 10**digits * weight / whole for weight in weights]
    parts = [floor(one) for one in exact]
    left = floor(total * 10**digits) - sum(parts)
    places = [place for place, weight in enumerate(weights) if weight]
    if ties == "largest":
        places.sort(key=lambda place: parts[place] - exact[place])
    for place in places[:left]:
        parts[place] += 1
    return tuple(Fraction(part, 10**digits) for part in parts)


def days_between(start: date, end: date, count: str) -> int:
    """Calendar days, or days of months that all have 30."""
    if count == "actual":
        return (end - start).days
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def growth_factor(rate: str, compounding: str, day_count: str, span: tuple[date, date]) -> Number:
    """By what an account is multiplied over a span of days."""
    if compounding == "annual":
        with localcontext() as context:
            context.prec = 80
            years = Decimal((span[1] - span[0]).days) / Decimal(365)
            power = ((1 + Decimal(rate)).ln() * years).exp()
            return Fraction(power.quantize(Decimal("1e-12"), rounding="ROUND_HALF_EVEN"))
    days = days_between(*span, "30/360" if day_count == "30/360" else "actual")
    year = 365 if day_count == "act/365" else 360
    return 1 + Fraction(rate) * days / year


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


class Calendar:
    """Periods of a document: ids, starts (as ``period_start`` has it) and ends."""

    def __init__(self, document: TermDocument) -> None:
        calendar = document.calendar
        self.start, self.end = date.fromisoformat(calendar.starts_on), date.fromisoformat(calendar.ends_on)
        spans = calendar.periods
        if isinstance(spans, Every):
            rows = [(f"p{number + 1}", end) for number, end in enumerate(self.regular(spans.every))]
        else:
            rows = [(one.id, date.fromisoformat(one.ends_on)) for one in spans] or [("term", self.end)]
        self.eve = self.start if self.bond() else self.start - timedelta(days=1)
        self.ids = tuple(name for name, _ in rows)
        self.ends = tuple(end for _, end in rows)
        self.starts = (self.eve, *self.ends[:-1])

    def bond(self) -> bool:
        """Whether the term ends on an anniversary of its first day."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        return months > 0 and months_later(self.start, months) == self.end

    def regular(self, every: str) -> list[date]:
        count, unit, ends = int(every[1:-1]), every[-1], list[date]()
        while not ends or ends[-1] < self.end:
            steps = (len(ends) + 1) * count
            if unit == "D":
                following = self.start + timedelta(days=steps)
            else:
                following = months_later(self.start, steps * (12 if unit == "Y" else 1))
            ends.append(min(following - timedelta(days=0 if self.bond() else 1), self.end))
        return ends

    def boundary(self, name: str, period: int) -> date:
        named = {
            "term_start": self.eve,
            "term_end": self.end,
            "period_start": self.starts[period],
            "period_end": self.ends[period],
        }
        return named[name] if name in named else date.fromisoformat(name)
