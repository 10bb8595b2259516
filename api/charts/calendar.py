"""Calendar: what has to be used in which month, before it may not be used any more.

The problem: money with a last day of use looks like any other money until the day after. Here it stands in
the month in which it ends, cash apart from gifts in kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import FAINT, MUTED, Drawing, percent
from .figures import bounded, grouped, number

_ACROSS: Final = 3
_CELL: Final = 84
_EDGE: Final = Fraction(1, 100)
_ROOM: Final = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMonth:
    """One month.

    Attributes
    ----------
    label : str
        Its name.
    cash, in_kind : str or int
        Decimal text: money, and value of gifts in kind, whose last day lies in it.

    Examples
    --------
    >>> CalendarMonth(label="May 2026", cash="10.00", in_kind="0.00").cash
    '10.00'
    """

    label: str
    cash: str | int
    in_kind: str | int

    def __post_init__(self) -> None:
        for text in (self.cash, self.in_kind):
            if number(text) < 0:
                raise ValueError(f"{self.label!r} has a negative amount: {text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWords:
    """What a calendar says, in the reader's language.

    Attributes
    ----------
    month, cash, in_kind : str
        Names of the columns of its table; the last two explain the bars.
    """

    month: str
    cash: str
    in_kind: str


def draw_calendar(
    title: str, caption: str, words: CalendarWords, unit: str, months: Iterable[CalendarMonth]
) -> Chart:
    """Draw months side by side, each with what ends in it, all bars on one scale.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : CalendarWords
        In the reader's language.
    unit : str
        Of every amount.
    months : iterable of CalendarMonth
        In order.

    Returns
    -------
    Chart
        Columns: month, cash, gifts in kind.

    Examples
    --------
    >>> words = CalendarWords(month="Month", cash="Cash", in_kind="In kind")
    >>> month = CalendarMonth(label="May 2026", cash="1000.00", in_kind="0.00")
    >>> draw_calendar("Last days", "One month", words, "USD", [month]).rows
    (('May 2026', '1,000.00', '0.00'),)
    """
    given = bounded(months)
    rows = [(one.label, grouped(one.cash), grouped(one.in_kind)) for one in given]
    header = (words.month, f"{words.cash}, {unit}", f"{words.in_kind}, {unit}")
    paper = Drawing(title, caption, header, rows)
    y = paper.key(0, [("solid", words.cash), ("hatch", words.in_kind)]) if given else 0
    amounts = [number(text) for one in given for text in (one.cash, one.in_kind)]
    most = max(amounts, default=Fraction(0)) or Fraction(1)
    step = Fraction(1, _ACROSS)
    for place, one in enumerate(given):
        down, across = divmod(place, _ACROSS)
        _draw(paper, y + _CELL * down, step * across, one, most)
    return paper.finish(y + _CELL * -(-len(given) // _ACROSS))


def _draw(paper: Drawing, y: int, left: Fraction, one: CalendarMonth, most: Fraction) -> None:
    """Draw one month into its field."""
    start, whole = left + _EDGE, Fraction(1, _ACROSS) - 2 * _EDGE
    paper.bar(percent(left), y, percent(whole + _EDGE), _CELL - 8, "none", stroke=FAINT)
    paper.text(percent(start), y + 17, one.label, columns=_ROOM, fill=MUTED)
    lines = ((one.cash, 26, 8, "solid"), (one.in_kind, 52, 6, "hatch"))
    for text, top, height, fill in lines:
        if amount := number(text):
            share = percent((whole - _EDGE) * amount / most)
            paper.text(percent(start), y + top + 10, grouped(text), columns=_ROOM, is_bold=fill == "solid")
            paper.bar(
                percent(start),
                y + top + 13,
                share,
                height,
                "solid" if fill == "solid" else "hatch",
                title=f"{one.label}: {grouped(text)}",
            )
