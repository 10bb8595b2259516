"""Spread: how far payments may lie apart, as a band with its quantiles, and as a count of paths.

The problem: a mean hides the year in which everything is due at once. Each row here is drawn from its 5th to
its 95th hundredth, thick where half of all paths lie, with a mark for the middle and one for the most; below,
how many paths end in which span.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import ACCENT, FAINT, INK, MUTED, WARM, Drawing, percent
from .figures import bounded, grouped, number, rounded

_ROW: Final = 96
_SPAN: Final = 40
_EDGE: Final = Fraction(1, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutSpread:
    """One band: what may be paid in one year, by one party, or in all.

    Attributes
    ----------
    label : str
        Of what.
    p5, p25, p50, p75, p95, most : str or int
        Decimal text: quantiles over the paths, and the largest value.

    Examples
    --------
    >>> PayoutSpread(label="2027", p5="0", p25="1", p50="2", p75="3", p95="4", most="9").p50
    '2'
    """

    label: str
    p5: str | int
    p25: str | int
    p50: str | int
    p75: str | int
    p95: str | int
    most: str | int

    def __post_init__(self) -> None:
        marks = [number(one) for one in self.marks]
        if marks != sorted(marks):
            raise ValueError(
                f"the quantiles of {self.label!r} do not rise: {', '.join(map(str, self.marks))}"
            )

    @property
    def marks(self) -> tuple[str | int, ...]:
        """The six figures, smallest first."""
        return self.p5, self.p25, self.p50, self.p75, self.p95, self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutSpan:
    """Which share of the paths ends from ``low`` to ``high``.

    Examples
    --------
    >>> PayoutSpan(low="0.00", high="9.99", share="0.25").shown
    '25.0 %'
    """

    low: str | int
    high: str | int
    share: str | int

    @property
    def shown(self) -> str:
        """The share as it is written beside its bar."""
        return f"{rounded(number(self.share) * 100, 1)} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadWords:
    """The words of a spread in the reader's language.

    Attributes
    ----------
    what, quantile, middle, most, share : str
        Headings of the columns.
    paths : str
        Name of the rows that count paths.
    outer, inner, top : str
        What the marks mean.
    middle_at, most_at, half, nine : str
        Below a band.
    span, ends_there : str
        Beside the bar of a span, and told of it.

    Examples
    --------
    >>> SpreadWords().paths
    'paths'
    """

    what: str = "What"
    quantile: str = "%(share)s, %(unit)s"
    middle: str = "Middle, %(unit)s"
    most: str = "Most, %(unit)s"
    share: str = "Share of paths"
    paths: str = "paths"
    outer: str = "nine of ten paths"
    inner: str = "every second path, and the middle"
    top: str = "the most on any path"
    middle_at: str = "middle %(amount)s"
    most_at: str = "most %(amount)s"
    half: str = "half of all %(low)s to %(high)s"
    nine: str = "nine of ten %(low)s to %(high)s"
    span: str = "%(low)s to %(high)s"
    ends_there: str = "%(share)s of the paths"


def draw_spread(
    title: str,
    caption: str,
    unit: str,
    spreads: Iterable[PayoutSpread],
    spans: Iterable[PayoutSpan] = (),
    words: SpreadWords | None = None,
) -> Chart:
    """Draw bands on one scale, and below them the paths by what they pay.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    unit : str
        Of every amount.
    spreads : iterable of PayoutSpread
        In order: years make a fan.
    spans : iterable of PayoutSpan
        A histogram, in order.
    words : SpreadWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: name, 5 %, 25 %, middle, 75 %, 95 %, most, share of paths; a span has its ends under 5 % and
        most.

    Examples
    --------
    >>> row = PayoutSpread(label="2027", p5="0", p25="1", p50="2", p75="3", p95="4", most="9")
    >>> draw_spread("Payouts", "One year", "USD", [row]).rows
    (('2027', '0', '1', '2', '3', '4', '9', ''),)
    """
    bands, counts, said = bounded(spreads), bounded(spans), words or SpreadWords()
    rows = [(one.label, *(grouped(mark) for mark in one.marks), "") for one in bands]
    rows += [(said.paths, grouped(one.low), "", "", "", "", grouped(one.high), one.shown) for one in counts]
    paper = Drawing(title, caption, _header(said, unit), rows)
    y = _key(paper, said) if rows else 0
    ends = [number(mark) for one in bands for mark in one.marks]
    low, high = min([*ends, Fraction(0)]), max([*ends, Fraction(0)])
    width = (high - low) or Fraction(1)
    for one, row in zip(bands, rows, strict=False):
        places = [percent(_EDGE + (1 - 2 * _EDGE) * (number(mark) - low) / width) for mark in one.marks]
        _draw_band(paper, y, row, places, said)
        y += _ROW
    most = max((number(one.share) for one in counts), default=Fraction(0)) or Fraction(1)
    for span in counts:
        text = said.span % {"low": grouped(span.low), "high": grouped(span.high)}
        paper.pair(y + 12, text, span.shown, fill=MUTED)
        part = percent((1 - 2 * _EDGE) * number(span.share) / most)
        note = said.ends_there % {"share": span.shown}
        paper.bar(percent(_EDGE), y + 18, part, 12, "solid", title=note)
        y += _SPAN
    return paper.finish(y)


def _header(words: SpreadWords, unit: str) -> tuple[str, ...]:
    low, lower, upper, high = (
        words.quantile % {"share": f"{share} %", "unit": unit} for share in (5, 25, 75, 95)
    )
    middle, most = words.middle % {"unit": unit}, words.most % {"unit": unit}
    return (words.what, low, lower, middle, upper, high, most, words.share)


def _key(paper: Drawing, words: SpreadWords) -> int:
    """Explain the marks and return where the first row begins [px]."""
    paper.line((1, 6), (23, 6), stroke=ACCENT, thickness=2)
    paper.text(32, 11, words.outer, fill=MUTED)
    paper.line((1, 26), (23, 26), stroke=ACCENT, thickness=8)
    paper.text(32, 31, words.inner, fill=MUTED)
    paper.dot(12, 26, 6, fill=INK)
    paper.line((12, 40), (12, 52), stroke=WARM, thickness=3)
    paper.text(32, 51, words.top, fill=MUTED)
    return 66


def _draw_band(paper: Drawing, y: int, row: Sequence[str], places: Sequence[str], words: SpreadWords) -> None:
    label, p5, p25, p50, p75, p95, most, _ = row
    axis = y + 32
    paper.pair(y + 14, label, "", is_bold=True)
    paper.line(("0%", axis), ("100%", axis), stroke=FAINT)
    paper.line((places[0], axis), (places[4], axis), stroke=ACCENT, thickness=2)
    paper.line((places[1], axis), (places[3], axis), stroke=ACCENT, thickness=8)
    paper.line((places[5], axis - 9), (places[5], axis + 9), stroke=WARM, thickness=3)
    paper.dot(places[2], axis, 6, fill=INK)
    paper.pair(y + 56, words.middle_at % {"amount": p50}, words.most_at % {"amount": most}, fill=INK)
    paper.pair(y + 71, words.half % {"low": p25, "high": p75}, "", fill=MUTED)
    paper.pair(y + 86, words.nine % {"low": p5, "high": p95}, "", fill=MUTED)
