"""Leaders: how far each has come from baseline to target, with the interval in which that is sure.

The problem: places without their doubt are read as an order. Each row here has its whole interval, and whom
the evidence cannot tell from the line is marked by shape, not by colour alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import ACCENT, FAINT, INK, MUTED, PAPER, WARM, Drawing, percent
from .figures import bounded, number, rounded

_ROW: Final = 62
_EDGE: Final = Fraction(3, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderMark:
    """Where one stands, as parts of the way from baseline (0) to target (1).

    Attributes
    ----------
    label, note : str
        Who, and what stands below the interval.
    value, low, high : str
        Decimal text: the estimate, and the ends of its interval.
    open : bool
        Whether the evidence cannot tell it from the line.

    Examples
    --------
    >>> LeaderMark(label="Hub", note="1.", value="0.5", low="0.25", high="0.75", open=False).shown
    '50.0 % (25.0 to 75.0)'
    """

    label: str
    note: str
    value: str
    low: str
    high: str
    open: bool

    @property
    def shown(self) -> str:
        """Estimate and interval as they are written."""
        value, low, high = (rounded(number(one) * 100, 1) for one in (self.value, self.low, self.high))
        return f"{value} % ({low} to {high})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderWords:
    """The words of the chart in the reader's language.

    Attributes
    ----------
    who, place, reached, low, high : str
        Headings of the columns.
    baseline, target : str
        The ends of the way.

    Examples
    --------
    >>> LeaderWords().target
    'target'
    """

    who: str = "Who"
    place: str = "Place"
    reached: str = "Reached, %"
    low: str = "At least, %"
    high: str = "At most, %"
    baseline: str = "baseline"
    target: str = "target"


def draw_leaders(
    title: str, caption: str, marks: Iterable[LeaderMark], words: LeaderWords | None = None
) -> Chart:
    """Draw each estimate as a dot on its interval; an open dot where the line cannot be told from it.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    marks : iterable of LeaderMark
        In order.
    words : LeaderWords or None
        Headings and ends; English when None.

    Returns
    -------
    Chart
        Columns: who, place, reached, low, high.

    Examples
    --------
    >>> mark = LeaderMark(label="Hub", note="1", value="0.5", low="0.25", high="0.75", open=True)
    >>> draw_leaders("Leaders", "One", [mark]).rows
    (('Hub', '1', '50.0', '25.0', '75.0'),)
    """
    given, said = bounded(marks), words or LeaderWords()
    rows = [
        (one.label, one.note, *(rounded(number(text) * 100, 1) for text in (one.value, one.low, one.high)))
        for one in given
    ]
    paper = Drawing(title, caption, (said.who, said.place, said.reached, said.low, said.high), rows)
    if not given:
        return paper.finish(0)
    ends = [number(text) for one in given for text in (one.value, one.low, one.high)]
    left, right = min(Fraction(0), *ends), max(Fraction(1), *ends)

    def at(value: Fraction) -> str:
        return percent(_EDGE + (1 - 2 * _EDGE) * (value - left) / (right - left))

    bottom = _ROW * len(given)
    for value, name in ((Fraction(0), said.baseline), (Fraction(1), said.target)):
        paper.line((at(value), 0), (at(value), bottom), stroke=MUTED, dashes="4 3")
        paper.text(
            at(value),
            bottom + 16,
            name,
            size=12,
            fill=MUTED,
            anchor="start" if value == 0 else "end",
            columns=22,
        )
    for place, one in enumerate(given):
        top = _ROW * place
        axis = top + 36
        paper.line(("0%", axis), ("100%", axis), stroke=FAINT)
        low, high = at(number(one.low)), at(number(one.high))
        paper.line((low, axis), (high, axis), stroke=ACCENT, thickness=4)
        for end in (low, high):
            paper.line((end, axis - 6), (end, axis + 6), stroke=ACCENT, thickness=2)
        if one.open:
            paper.dot(at(number(one.value)), axis, 7, fill=PAPER, stroke=WARM)
        else:
            paper.dot(at(number(one.value)), axis, 7, fill=INK)
        paper.pair(top + 18, f"{one.note} {one.label}", f"{rows[place][2]} %", is_bold=True)
    return paper.finish(bottom + 24)
