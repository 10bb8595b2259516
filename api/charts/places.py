"""Places: where each application may stand, and which of them the line cannot tell apart.

The problem: a list from 1 to n looks certain. Scores of a few judges let an application stand anywhere in a
range, and those around the line are equal as far as anybody can tell: the range and the band are drawn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from .chart import Chart
from .drawing import ACCENT, FAINT, INK, MUTED, PAPER, WARM, Drawing, Fill, percent
from .figures import bounded, number, rounded

At = Callable[[Fraction | int], Fraction]
Standing = Literal["sure", "band", "out"]
FILLS: Final[Mapping[Standing, Fill]] = {"sure": "solid", "band": "warm", "out": "none"}
_ROW: Final = 46
_EDGE: Final = Fraction(3, 100)
_MOST_TICKS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMark:
    """Where one application may stand.

    Attributes
    ----------
    label : str
        Its name.
    expected : str
        Decimal text: the place it is expected on.
    low, high : int [place]
        In nine of ten draws it stands between.
    standing : str
        ``sure`` inside the line, in the ``band`` around it, or ``out``.
    """

    label: str
    expected: str
    low: int
    high: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTexts:
    """What the drawing says, in the reader's language.

    Attributes
    ----------
    header : sequence of str
        Application, expected place, range, standing.
    standings : mapping of str to str
        What each standing is called.
    axis : str
        Below the places.
    """

    title: str
    caption: str
    header: Sequence[str]
    standings: Mapping[Standing, str]
    axis: str


def draw_places(texts: PlaceTexts, marks: Iterable[PlaceMark], line: int = 0) -> Chart:
    """Draw the range of places of each application, first place at the start, and the line.

    Parameters
    ----------
    texts : PlaceTexts
        What it says.
    marks : iterable of PlaceMark
        In order.
    line : int [places]
        How many go on; 0 where no line is drawn.

    Returns
    -------
    Chart
        One row per application.

    Examples
    --------
    >>> texts = PlaceTexts(title="Places", caption="", header=("Entry", "Expected", "Range", "Standing"),
    ...     standings={"sure": "in", "band": "tied", "out": "out"}, axis="place")
    >>> mark = PlaceMark(label="Wells", expected="1.27", low=1, high=2, standing="sure")
    >>> row = draw_places(texts, [mark], 1).rows[0]
    >>> row[0], row[1], row[3]
    ('Wells', '1.3', 'in')
    """
    given = bounded(marks)
    rows = [_cells(texts, one) for one in given]
    paper = Drawing(texts.title, texts.caption, tuple(texts.header), rows)
    if not given:
        return paper.finish(0)
    most = max(*(one.high for one in given), len(given), line + 1, 2)
    top = paper.key(4, [(FILLS[one], said) for one, said in texts.standings.items()])

    def at(place: Fraction | int) -> Fraction:
        return _EDGE + (1 - 2 * _EDGE) * (Fraction(place) - Fraction(1, 2)) / most

    end = top + _ROW * len(given)
    for n, (one, row) in enumerate(zip(given, rows, strict=True)):
        _draw(paper, top + _ROW * n, one, row, at)
    if line:
        where = percent(at(line + Fraction(1, 2)))
        paper.line((where, top), (where, end + 4), stroke=INK, thickness=2, dashes="6 4")
    step = max(1, -(-most // _MOST_TICKS))
    for tick in range(1, most + 1, step):
        paper.text(percent(at(tick)), end + 18, str(tick), anchor="middle", size=12, fill=MUTED)
    paper.text("50%", end + 36, texts.axis, anchor="middle", size=12, fill=MUTED)
    return paper.finish(end + 44)


def _cells(texts: PlaceTexts, one: PlaceMark) -> tuple[str, str, str, str]:
    return one.label, rounded(one.expected, 1), f"{one.low}\u2013{one.high}", texts.standings[one.standing]


def _draw(paper: Drawing, y: int, one: PlaceMark, row: Sequence[str], at: At) -> None:
    half = Fraction(1, 2)
    low, high = at(one.low - half), at(one.high + half)
    paper.pair(y + 14, row[0], f"{row[1]} ({row[2]})", is_bold=one.standing == "sure")
    paper.line(("0%", y + 31), ("100%", y + 31), stroke=FAINT)
    edge = {"sure": ACCENT, "band": WARM, "out": MUTED}[one.standing]
    paper.bar(percent(low), y + 23, percent(high - low), 16, FILLS[one.standing], stroke=edge)
    paper.dot(percent(at(number(one.expected))), y + 31, 6, fill=INK, stroke=PAPER)
