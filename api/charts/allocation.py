"""Allocation: what each intervention asked for, what each fund gives it, and what stays unfunded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import EARMARKED, INK, MUTED, WARM, Drawing, Fill, percent
from .figures import bounded, grouped, number, plain

_EDGE: Final = Fraction(1, 200)
_LINE: Final = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """One fund that money can come from.

    Attributes
    ----------
    code, label : str
        As the awards name it; how the key explains it.
    is_earmarked : bool
        Whether its money is tied; tied money is drawn with a pattern, free money solid.

    Examples
    --------
    >>> Purse(code="north", label="north: the northern district only", is_earmarked=True).code
    'north'
    """

    code: str
    label: str
    is_earmarked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One intervention in an allocation.

    Attributes
    ----------
    label : str
        Its name.
    ask : str or int
        Decimal text: the most it can use.
    awards : tuple of (str, str or int)
        Fund code and amount, each fund once.
    minimum : str, int or None
        The least it can work with.

    Examples
    --------
    >>> Candidate(label="Wells", ask="90.00", awards=(("pool", "60.00"),)).unfunded
    '30.00'
    """

    label: str
    ask: str | int
    awards: tuple[tuple[str, str | int], ...] = ()
    minimum: str | int | None = None

    @property
    def unfunded(self) -> str:
        """What the awards leave of the ask, not below zero."""
        texts = [self.ask, *(amount for _, amount in self.awards)]
        return plain(max(number(self.ask) - sum(map(number, texts[1:])), Fraction(0)), *texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationWords:
    """What the drawing says, in the reader's language.

    Attributes
    ----------
    intervention, asked, minimum, unfunded : str
        Headings of the columns; the unit follows what was asked.
    source : str
        Heading of what a fund gives, with a place for its code.
    ask_line : str
        What was asked, beside a bar, with places for amount and unit.
    not_funded : str
        In the key.

    Examples
    --------
    >>> AllocationWords().source % {"fund": "pool"}
    'From pool'
    """

    intervention: str = "Intervention"
    asked: str = "Asked"
    minimum: str = "Minimum"
    source: str = "From %(fund)s"
    ask_line: str = "asked %(amount)s %(unit)s"
    unfunded: str = "Not funded"
    not_funded: str = "asked for and not funded"


ENGLISH: Final = AllocationWords()


def draw_allocation(
    title: str,
    caption: str,
    unit: str,
    purses: Sequence[Purse],
    candidates: Iterable[Candidate],
    *,
    words: AllocationWords = ENGLISH,
) -> Chart:
    """Draw who gets how much of the ask, and from which fund.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    unit : str
        Of every amount.
    purses : sequence of Purse
        Every fund that an award names; segments stand in this order.
    candidates : iterable of Candidate
        In order.
    words : AllocationWords
        In the reader's language.

    Returns
    -------
    Chart
        Columns: intervention, asked, minimum, one per fund, not funded.

    Raises
    ------
    KeyError
        When an award names a fund that is not among the purses.

    Examples
    --------
    >>> chart = draw_allocation("Awards", "One", "USD", [Purse(code="pool", label="pool")], [
    ...     Candidate(label="Wells", ask="90.00", awards=(("pool", "60.00"),))])
    >>> chart.header
    ('Intervention', 'Asked, USD', 'Minimum', 'From pool', 'Not funded')
    >>> chart.rows
    (('Wells', '90.00', '', '60.00', '30.00'),)
    """
    given, fills = bounded(candidates), _fills(purses)
    rows = []
    for one in given:
        awards = dict(one.awards)
        if awards.keys() - fills.keys():
            raise KeyError(
                f"{one.label!r} is paid by a fund that is not drawn: {sorted(awards.keys() - fills.keys())}"
            )
        per_fund = [grouped(awards[code]) if code in awards else "" for code in fills]
        least = "" if one.minimum is None else grouped(one.minimum)
        rest = grouped(one.unfunded) if number(one.unfunded) else ""
        rows.append((one.label, grouped(one.ask), least, *per_fund, rest))
    names = [words.source % {"fund": purse.code} for purse in purses]
    header = (words.intervention, f"{words.asked}, {unit}", words.minimum, *names, words.unfunded)
    paper = Drawing(title, caption, header, rows)
    most = max((max(number(one.ask), _total(one)) for one in given), default=Fraction(0)) or Fraction(1)
    y = 0
    if given:
        y = paper.key(y, [(fills[purse.code], purse.label) for purse in purses])
        paper.bar(1, y - 5, "22", 12, "none", stroke=MUTED, dashes="4 3")
        paper.text(32, y + 6, words.not_funded, fill=MUTED)
        y += 28
    for one in given:
        y = _draw(paper, y, one, unit, fills, most, words)
    return paper.finish(y)


def _fills(purses: Sequence[Purse]) -> dict[str, Fill]:
    fills: dict[str, Fill] = {}
    tied = 0
    for purse in purses:
        fills[purse.code] = EARMARKED[tied % len(EARMARKED)] if purse.is_earmarked else "solid"
        tied += purse.is_earmarked
    return fills


def _total(one: Candidate) -> Fraction:
    return sum((number(amount) for _, amount in one.awards), start=Fraction(0))


def _draw(  # all of it is drawn
    paper: Drawing,
    y: int,
    one: Candidate,
    unit: str,
    fills: dict[str, Fill],
    most: Fraction,
    words: AllocationWords,
) -> int:
    """Draw one intervention and return where the next begins [px]."""
    inner = 1 - 2 * _EDGE
    paper.pair(y + 14, one.label, "", is_bold=True)
    if number(one.ask):
        ask = percent(inner * number(one.ask) / most)
        paper.bar(percent(_EDGE), y + 23, ask, 18, "none", stroke=MUTED, dashes="4 3")
    start, awards = _EDGE, dict(one.awards)
    left = []
    for code, fill in fills.items():
        if code in awards:
            part = inner * number(awards[code]) / most
            amount = grouped(awards[code])
            paper.bar(percent(start), y + 23, percent(part), 18, fill, title=f"{code} {amount}")
            start += part
            left.append(f"{code} {amount}")
    if number(one.unfunded):
        left.append(f"{words.unfunded.lower()} {grouped(one.unfunded)}")
    right = [words.ask_line % {"amount": grouped(one.ask), "unit": unit}]
    if one.minimum is not None:
        place = percent(_EDGE + inner * number(one.minimum) / most)
        paper.line((place, y + 19), (place, y + 45), stroke=WARM, thickness=2)
        right.append(f"{words.minimum.lower()} {grouped(one.minimum)}")
    lines = max(len(left), len(right))
    for place_of_line in range(lines):
        name = left[place_of_line] if place_of_line < len(left) else ""
        figure = right[place_of_line] if place_of_line < len(right) else ""
        paper.pair(y + 58 + _LINE * place_of_line, name, figure, fill=INK if place_of_line == 0 else MUTED)
    return y + 58 + _LINE * lines + 8
