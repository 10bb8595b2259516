"""Payoff: what one clause pays over the number it depends on.

The problem: a cap, a floor, a threshold and a cliff are four numbers in a text, and one look at a line.
A jump is drawn as the text reads: a full circle where the edge belongs, an open one where it does not.
Where a cap is reached early, the level rest of the line is cut short, and the axis shows the break.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import ACCENT, COLUMNS, FAINT, MUTED, PAPER, WARM, Anchor, Drawing, percent
from .figures import bounded, grouped, number

_TOP: Final = 26
_HEIGHT: Final = 190
_EDGE: Final = Fraction(3, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffPoint:
    """One number that could be observed, and its payment.

    Attributes
    ----------
    value, amount : str or int
        Decimal text.

    Examples
    --------
    >>> PayoffPoint(value="10", amount="151.20").amount
    '151.20'
    """

    value: str | int
    amount: str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffStretch:
    """A piece of the line without a jump.

    Attributes
    ----------
    points : tuple of PayoffPoint
        By rising value, at least one.
    opens, closes : str
        What its first and its last point are: ``end`` of the line, ``in`` (the edge belongs to this piece) or
        ``out`` (it belongs to the neighbour).

    Raises
    ------
    ValueError
        When there is no point, or values fall.

    Examples
    --------
    >>> PayoffStretch(points=(PayoffPoint(value=0, amount="0.00"),)).opens
    'end'
    """

    points: tuple[PayoffPoint, ...]
    opens: str = "end"
    closes: str = "end"

    def __post_init__(self) -> None:
        values = [number(one.value) for one in self.points]
        if not values or values != sorted(values):
            given = [one.value for one in self.points]
            raise ValueError(f"a stretch needs points by rising value, not {given}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffWords:
    """The words of a payoff in the reader's language.

    Attributes
    ----------
    observed, paid, edge : str
        Headings of the columns.
    including, excluding : str
        Whether an edge belongs to its piece.
    most, least : str
        At the dashed lines.
    axis : str
        What is measured across.

    Examples
    --------
    >>> PayoffWords().edge
    'Edge'
    """

    observed: str = "Observed, %(unit)s"
    paid: str = "Paid, %(unit)s"
    edge: str = "Edge"
    including: str = "including"
    excluding: str = "up to, excluding"
    most: str = "most %(amount)s %(unit)s"
    least: str = "least %(amount)s %(unit)s"
    axis: str = "observed, %(unit)s"


def draw_payoff(
    title: str,
    caption: str,
    units: tuple[str, str],
    stretches: Iterable[PayoffStretch],
    words: PayoffWords | None = None,
) -> Chart:
    """Draw a payment over the number it depends on.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    units : tuple of str
        Of the number, and of the payment.
    stretches : iterable of PayoffStretch
        From left to right; between two of them the payment jumps.
    words : PayoffWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: number, payment, and whether an edge belongs to it.

    Examples
    --------
    >>> points = (PayoffPoint(value=0, amount="0.00"), PayoffPoint(value=9, amount="5.00"))
    >>> line = PayoffStretch(points=points)
    >>> draw_payoff("Wells", "One clause", ("wells", "USD"), [line]).rows
    (('0', '0.00', ''), ('9', '5.00', ''))
    """
    given, said = bounded(stretches), words or PayoffWords()
    marks = {"end": "", "in": said.including, "out": said.excluding}
    rows = [
        (grouped(one.value), grouped(one.amount), marks[_kind(line, place)])
        for line in given
        for place, one in enumerate(line.points)
    ]
    header = (said.observed % {"unit": units[0]}, said.paid % {"unit": units[1]}, said.edge)
    paper = Drawing(title, caption, header, rows)
    if not given:
        return paper.finish(0)
    scale = _Plane([one for line in given for one in line.points])
    _axes(paper, scale, given, units, said)
    for line, after in zip(given, [*given[1:], None], strict=True):
        _stretch(paper, scale, line, after)
    for line in given:
        _circles(paper, scale, line)
    if scale.broken:
        _break(paper, scale.y(scale.bend.amount))
        _break(paper, scale.y(0))
    return paper.finish(_TOP + _HEIGHT + 44)


def _break(paper: Drawing, y: int) -> None:
    """Show that a level line goes on for longer than it is drawn."""
    for part in (Fraction(90, 100), Fraction(915, 1000)):
        paper.line((percent(part), y + 7), (percent(part + _EDGE / 2), y - 7), stroke=MUTED, thickness=2)


def _kind(line: PayoffStretch, place: int) -> str:
    kinds = [line.opens] if place == 0 else []
    kinds += [line.closes] if place == len(line.points) - 1 else []
    return next((kind for kind in ("in", "out") if kind in kinds), "end")


class _Plane:
    """Where a point lies on the paper."""

    def __init__(self, points: Sequence[PayoffPoint]) -> None:
        values = [number(one.value) for one in points]
        amounts = [number(one.amount) for one in points]
        self.left, self.right = min(values), max(values)
        end = self.right
        last_other = max((place for place, one in enumerate(amounts) if one != amounts[-1]), default=-1)
        self.bend = points[last_other + 1]
        if last_other >= 0 and values[last_other + 1] > self.left:
            self.right = min(end, values[last_other + 1] * 3 / 2 - self.left / 2)
        self.broken = self.right < end
        self.low, self.high = min(Fraction(0), *amounts), max(Fraction(0), *amounts)

    def x(self, value: str | int) -> str:
        part = (min(number(value), self.right) - self.left) / ((self.right - self.left) or Fraction(1))
        return percent(_EDGE + (1 - 2 * _EDGE) * part)

    def y(self, amount: str | int) -> int:
        part = (number(amount) - self.low) / ((self.high - self.low) or Fraction(1))
        return _TOP + _HEIGHT - round(part * _HEIGHT)


def _axes(
    paper: Drawing,
    scale: _Plane,
    given: Sequence[PayoffStretch],
    units: tuple[str, str],
    words: PayoffWords,
) -> None:
    points = [one for line in given for one in line.points]
    most = max(points, key=lambda one: number(one.amount))
    least = min(points, key=lambda one: number(one.amount))
    left, right = percent(_EDGE), percent(1 - _EDGE)
    paper.line((left, scale.y(0)), (right, scale.y(0)))
    lower = words.least if number(least.amount) != number(most.amount) else ""
    rising = number(points[0].amount) < number(points[-1].amount)
    for one, told, at_end in ((most, words.most, not rising), (least, lower, rising)):
        y = scale.y(one.amount)
        paper.line((left, y), (right, y), stroke=MUTED, dashes="4 3")
        if told:
            text = told % {"amount": grouped(one.amount), "unit": units[1]}
            where = "100%" if at_end else "0%"
            anchor: Anchor = "end" if at_end else "start"
            paper.text(
                where,
                y - (10 if scale.broken and at_end else 6),
                text,
                columns=COLUMNS,
                size=12,
                fill=MUTED,
                anchor=anchor,
            )
    end = _TOP + _HEIGHT + 18
    paper.text("0%", end, grouped(points[0].value), size=12, fill=MUTED)
    paper.text("100%", end, grouped(points[-1].value), anchor="end", size=12, fill=MUTED)
    if scale.broken:
        paper.text(
            scale.x(scale.bend.value), end, grouped(scale.bend.value), anchor="middle", size=12, fill=MUTED
        )
    text = words.axis % {"unit": units[0]}
    paper.text("50%", end + 18, text, columns=COLUMNS, anchor="middle", size=12, fill=MUTED)


def _stretch(paper: Drawing, scale: _Plane, line: PayoffStretch, after: PayoffStretch | None) -> None:
    for first, last in zip(line.points, line.points[1:], strict=False):
        start, end = ((scale.x(one.value), scale.y(one.amount)) for one in (first, last))
        paper.line(start, end, stroke=ACCENT, thickness=3)
    if after is not None:
        last, first = line.points[-1], after.points[0]
        start, end = ((scale.x(one.value), scale.y(one.amount)) for one in (last, first))
        paper.line(start, end, stroke=FAINT, dashes="2 4")


def _circles(paper: Drawing, scale: _Plane, line: PayoffStretch) -> None:
    for place in dict.fromkeys((0, len(line.points) - 1)):
        kind, one = _kind(line, place), line.points[place]
        where = (scale.x(one.value), scale.y(one.amount))
        if kind != "end":
            paper.dot(*where, 5, fill=WARM if kind == "in" else PAPER, stroke=WARM)
        elif len(line.points) == 1:
            paper.dot(*where, 4)
