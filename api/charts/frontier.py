"""Frontiers: what more money would bring, and what less risk would cost.

The problem: one answer hides the choice before it, how much to spend and how much to dare. Each answer is a
dot; a hatched band reaches from it to what nobody can exceed, so what is not decided is seen as well. The
dashed line is the least concave curve above the dots: a dot below it buys less per unit than its neighbours
together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ...finance.allocation.learning.frontier import FrontierPoint, RiskPoint
from ...finance.allocation.problem import AllocationDocument
from .chart import Chart
from .drawing import ACCENT, COLUMNS, FAINT, INK, MUTED, WARM, Drawing, percent
from .figures import bounded, grouped, number, rounded

_TOP: Final = 70
_HEIGHT: Final = 200
_EDGE: Final = Fraction(4, 100)
_BAND: Final = Fraction(2, 100)
_ROW: Final = 40
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierMark:
    """One answer on a frontier.

    Attributes
    ----------
    name : str
        What was asked, such as a part of the budget.
    across : str or int
        Decimal text: budget, or expected outcome.
    height : str, int or None
        Decimal text: what the answer reaches; None where the rules cannot be met.
    bound : str, int or None
        Decimal text: what nobody can exceed.
    envelope : str, int or None
        Decimal text: the least concave curve above all answers.

    Raises
    ------
    ValueError
        When an answer lies above its bound.

    Examples
    --------
    >>> FrontierMark(name="1/2", across="500.00", height="4.0", bound="4.2").envelope is None
    True
    """

    name: str
    across: str | int
    height: str | int | None
    bound: str | int | None = None
    envelope: str | int | None = None

    def __post_init__(self) -> None:
        if self.height is not None and self.bound is not None and number(self.height) > number(self.bound):
            raise ValueError(f"{self.name}: an answer of {self.height} lies above its bound {self.bound}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierWords:
    """What the drawing says, in the reader's language.

    Attributes
    ----------
    asked, most, envelope : str
        Headings of the columns besides the two that are measured.
    best, bound, curve : str
        What a dot, a band and the dashed line mean.
    impossible : str
        Where the rules cannot be met.
    at, under, at_most : str
        What stands below a name, with places for its figures.
    zero : str
        The axis, where no answer lies on it.

    Examples
    --------
    >>> FrontierWords().at % {"across": "5"}
    'at 5'
    """

    asked: str = "Asked"
    most: str = "At most"
    envelope: str = "Envelope"
    best: str = "the best that is known"
    bound: str = "up to what nobody can exceed"
    curve: str = "concave envelope"
    impossible: str = "cannot be met"
    at: str = "at %(across)s"
    under: str = "at %(across)s, envelope %(envelope)s"
    at_most: str = "at most %(most)s"
    zero: str = "zero"


ENGLISH: Final = FrontierWords()


def draw_marks(
    title: str,
    caption: str,
    units: tuple[str, str],
    marks: Iterable[FrontierMark],
    words: FrontierWords = ENGLISH,
) -> Chart:
    """Draw answers over what they cost, with their bounds as bands.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    units : tuple of str
        What is measured across, and what upwards.
    marks : iterable of FrontierMark
        In the order of their table.
    words : FrontierWords
        In the reader's language.

    Returns
    -------
    Chart
        Columns: what was asked, across, reached, at most, envelope.

    Examples
    --------
    >>> marks = [FrontierMark(name="half", across="500.00", height="4.0", bound="4.2", envelope="4.0")]
    >>> draw_marks("Wells", "By budget", ("Budget, USD", "Worth"), marks).rows
    (('half', '500.00', '4.0', '4.2', '4.0'),)
    """
    given = bounded(marks)
    rows = [
        (one.name, grouped(one.across), *(_cell(figure) for figure in (one.height, one.bound, one.envelope)))
        for one in given
    ]
    header = (words.asked, units[0], units[1], words.most, words.envelope)
    paper = Drawing(title, caption, header, rows)
    if not given:
        return paper.finish(0)
    _key(paper, given, words)
    plane = _Plane(given, words.zero)
    _axes(paper, plane, given)
    _curves(paper, plane, given, words)
    y = _TOP + _HEIGHT + 32
    for row in rows:
        name, across, height, most, envelope = row
        paper.pair(y + 14, name, height or words.impossible, is_bold=bool(height))
        below = words.under if envelope else words.at
        under = below % {"across": across, "envelope": envelope}
        paper.pair(y + 30, under, words.at_most % {"most": most} if most else "", fill=MUTED)
        y += _ROW
    return paper.finish(y)


def draw_frontier(document: AllocationDocument, points: Iterable[FrontierPoint]) -> Chart:
    """Draw what more money would bring.

    Parameters
    ----------
    document : AllocationDocument
        The problem, for its unit.
    points : iterable of FrontierPoint
        Of ``budget_frontier``.
    """
    given = bounded(points)
    digits = _digits([figure for one in given for figure in (one.value, one.bound)])
    marks = [
        FrontierMark(
            name=f"{rounded(one.part * 100, 0)} % of the budget",
            across=document.amount(one.budget_minor),
            height=_text(one.value, digits),
            bound=_text(one.bound, digits),
            envelope=_text(one.envelope, digits),
        )
        for one in given
    ]
    caption = (
        "Every dot is the best that is known at a budget; the band above it ends at what nobody can exceed."
    )
    return draw_marks("Outcome by budget", caption, (f"Budget, {document.unit}", "Worth"), marks)


def draw_risk(points: Iterable[RiskPoint]) -> Chart:
    """Draw what less risk would cost: outcome in the worst cases against outcome on average.

    Parameters
    ----------
    points : iterable of RiskPoint
        Of ``risk_frontier``.
    """
    given = bounded(points)
    digits = _digits([figure for one in given for figure in (one.mean, one.cautious)])
    marks = [
        FrontierMark(
            name=f"{rounded(Fraction(one.weight_bp, 100), 0)} % weight on worst cases",
            across=rounded(one.mean, digits),
            height=_text(one.cautious, digits),
        )
        for one in given
    ]
    caption = "Every dot is one answer: further right is more on average, further up more in the worst cases."
    return draw_marks("Outcome and risk", caption, ("Mean outcome", "Mean of the worst cases"), marks)


def _cell(figure: str | int | None) -> str:
    return "" if figure is None else grouped(figure)


def _text(value: Fraction | None, digits: int) -> str | None:
    return None if value is None else rounded(value, digits)


def _digits(values: Sequence[Fraction | None]) -> int:
    """Return how many decimals show six significant digits of the largest figure."""
    most = max((abs(value) for value in values if value is not None), default=Fraction(0))
    return max(0, _DIGITS - len(str(int(most)))) if most else 0


class _Plane:
    """Where an answer lies on the paper."""

    def __init__(self, given: Sequence[FrontierMark], zero: str) -> None:
        self.zero = zero
        across = [number(one.across) for one in given]
        self.left, self.right = min(across), max(across)
        self.texts = {
            number(figure): grouped(figure)
            for one in given
            for figure in (one.height, one.bound, one.envelope)
            if figure is not None
        }
        heights = list(self.texts)
        self.low, self.high = min(heights, default=Fraction(0)), max(heights, default=Fraction(0))
        if self.low >= 0 and self.low * 2 < self.high:
            self.low = Fraction(0)

    def text_of(self, height: Fraction) -> str:
        return self.texts.get(height, self.zero)

    def share(self, across: str | int) -> Fraction:
        part = (number(across) - self.left) / ((self.right - self.left) or Fraction(1))
        return _EDGE + (1 - 2 * _EDGE) * part

    def x(self, across: str | int) -> str:
        return percent(self.share(across))

    def y(self, height: str | int) -> int:
        part = (number(height) - self.low) / ((self.high - self.low) or Fraction(1))
        return _TOP + _HEIGHT - round(part * _HEIGHT)


def _key(paper: Drawing, given: Sequence[FrontierMark], words: FrontierWords) -> None:
    paper.dot(12, 8, 5, fill=INK)
    paper.text(32, 13, words.best, fill=MUTED)
    if any(one.bound is not None for one in given):
        paper.bar(4, 20, "16", 12, "hatch")
        paper.text(32, 31, words.bound, columns=COLUMNS - 5, fill=MUTED)
    if any(one.envelope is not None for one in given):
        paper.line((1, 42), (23, 42), stroke=WARM, thickness=2, dashes="5 3")
        paper.text(32, 47, words.curve, fill=MUTED)


def _axes(paper: Drawing, plane: _Plane, given: Sequence[FrontierMark]) -> None:
    bottom = _TOP + _HEIGHT
    paper.line((percent(_EDGE / 2), bottom), (percent(1 - _EDGE / 2), bottom), stroke=MUTED)
    for share in (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)):
        y = bottom - round(share * _HEIGHT)
        paper.line((percent(_EDGE / 2), y), (percent(1 - _EDGE / 2), y), stroke=FAINT)
    ends = sorted(given, key=lambda one: number(one.across))
    paper.text("0%", bottom + 18, grouped(ends[0].across), size=12, fill=MUTED)
    paper.text("100%", bottom + 18, grouped(ends[-1].across), anchor="end", size=12, fill=MUTED)
    paper.text("0%", _TOP - 4, plane.text_of(plane.high), size=12, fill=MUTED)
    paper.text("0%", bottom - 4, plane.text_of(plane.low), size=12, fill=MUTED)


def _curves(paper: Drawing, plane: _Plane, given: Sequence[FrontierMark], words: FrontierWords) -> None:
    for one in given:
        if one.height is not None and one.bound is not None:
            top, foot = plane.y(one.bound), plane.y(one.height)
            left = percent(plane.share(one.across) - _BAND / 2)
            note = words.at_most % {"most": one.bound}
            paper.bar(left, top, percent(_BAND), max(2, foot - top), "hatch", title=note)
    for heights, stroke, dashes in (
        ([(one.across, one.envelope) for one in given], WARM, "5 3"),
        ([(one.across, one.height) for one in given], ACCENT, ""),
    ):
        placed = [(plane.x(across), plane.y(height)) for across, height in heights if height is not None]
        for start, end in pairwise(placed):
            paper.line(start, end, stroke=stroke, thickness=2, dashes=dashes)
    for one in given:
        if one.height is not None:
            paper.dot(plane.x(one.across), plane.y(one.height), 5, fill=INK)
