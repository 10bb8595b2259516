"""Fan: how far the payments of each year may lie apart.

The problem: one line of expected payments hides the year in which everything falls due at once. Each year
here is a column from its 5th to its 95th hundredth, with the half of all cases in the middle drawn darker.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import FAINT, INK, MUTED, Drawing, percent
from .figures import bounded, grouped, number, rounded

_HIGH: Final = 200
_TOP: Final = 12
_TICKS: Final = 4
_MOST_YEARS: Final = 10
_START: Final = Fraction(22, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class FanYear:
    """What may be paid in one year.

    Attributes
    ----------
    label : str
        The year.
    p5, p25, p50, p75, p95 : str or int
        Decimal text: so much or less in that share of all cases.

    Examples
    --------
    >>> FanYear(label="2027", p5="0", p25="1", p50="2", p75="3", p95="4").marks
    ('0', '1', '2', '3', '4')
    """

    label: str
    p5: str | int
    p25: str | int
    p50: str | int
    p75: str | int
    p95: str | int

    def __post_init__(self) -> None:
        marks = [number(one) for one in self.marks]
        if marks != sorted(marks):
            raise ValueError(
                f"the quantiles of {self.label!r} do not rise: {', '.join(map(str, self.marks))}"
            )

    @property
    def marks(self) -> tuple[str | int, ...]:
        """The five figures, smallest first."""
        return self.p5, self.p25, self.p50, self.p75, self.p95


@dataclass(frozen=True, slots=True, kw_only=True)
class FanWords:
    """What a fan says, in the reader's language.

    Attributes
    ----------
    year : str
        Name of the first column of its table.
    outer, inner, middle : str
        What the light and the dark part of a column and its line mean.
    """

    year: str
    outer: str
    inner: str
    middle: str


def draw_fan(title: str, caption: str, words: FanWords, unit: str, years: Iterable[FanYear]) -> Chart:
    """Draw years side by side, all on one scale that starts at zero.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : FanWords
        In the reader's language.
    unit : str
        Of every amount.
    years : iterable of FanYear
        In order; the first ten are drawn, the table has all.

    Returns
    -------
    Chart
        Columns: year, 5 %, 25 %, 50 %, 75 %, 95 %.

    Examples
    --------
    >>> words = FanWords(year="Year", outer="nine of ten", inner="every second", middle="middle")
    >>> year = FanYear(label="2027", p5="0", p25="1", p50="2", p75="3", p95="4")
    >>> draw_fan("Payments", "One year", words, "USD", [year]).rows
    (('2027', '0', '1', '2', '3', '4'),)
    """
    given = bounded(years)
    rows = [(one.label, *(grouped(mark) for mark in one.marks)) for one in given]
    header = (words.year, *(f"{share} %, {unit}" for share in (5, 25, 50, 75, 95)))
    paper = Drawing(title, caption, header, rows)
    if not given:
        return paper.finish(0)
    y = paper.key(0, [("dots", words.outer), ("hatch", words.inner)])
    paper.line((1, y + 2), (23, y + 2), stroke=INK, thickness=3)
    paper.text(32, y + 7, words.middle, fill=MUTED)
    y += 24 + _TOP
    shown = given[:_MOST_YEARS]
    most = _round_up(max(number(one.p95) for one in shown))
    _scale(paper, y, most)
    step = (1 - _START) / max(len(shown), 3)
    for place, one in enumerate(shown):
        _draw(paper, y, _START + step * place, step, one, most)
    return paper.finish(y + _HIGH + 26)


def _round_up(most: Fraction) -> Fraction:
    """Return the end of the scale: one, two, four or eight times a power of ten."""
    end = Fraction(1)
    while end < most:
        end *= 10
    for part in (Fraction(1, 5), Fraction(2, 5), Fraction(4, 5)):
        if end * part >= most > 0:
            return end * part
    return end


def _scale(paper: Drawing, y: int, most: Fraction) -> None:
    for tick in range(_TICKS + 1):
        at = y + _HIGH - _HIGH * tick // _TICKS
        paper.line(("22%", at), ("100%", at), stroke=FAINT if tick else MUTED)
        text = grouped(rounded(most * tick / _TICKS, 0 if most >= _TICKS else 2))
        paper.text("20.5%", at + 4, text, anchor="end", size=11, fill=MUTED, columns=13)


def _draw(paper: Drawing, y: int, left: Fraction, step: Fraction, one: FanYear, most: Fraction) -> None:
    p5, p25, p50, p75, p95 = (
        y + _HIGH - round(Fraction(_HIGH) * number(mark) / most) if most else y + _HIGH for mark in one.marks
    )
    start, wide = left + step / 6, step * Fraction(2, 3)
    told = f"{one.label}: {' / '.join(grouped(mark) for mark in one.marks)}"
    paper.bar(percent(start), p95, percent(wide), max(1, p5 - p95), "dots", title=told)
    inner = percent(start + wide / 6), percent(wide * Fraction(2, 3))
    paper.bar(inner[0], p75, inner[1], max(1, p25 - p75), "hatch", title=told)
    paper.line((percent(start), p50), (percent(start + wide), p50), stroke=INK, thickness=3)
    paper.text(percent(start + wide / 2), y + _HIGH + 18, one.label, anchor="middle", columns=8)
