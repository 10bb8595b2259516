"""Committed: the most that each agreement may cost, what of it is paid, and what is set aside.

The problem: what is promised, what is paid and what will probably be paid stand in three reports. Here they
stand in one bar for each agreement, on the scale of its own maximum, so that currencies never share an axis.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import MUTED, WARM, Drawing, percent
from .figures import bounded, grouped, number

_ROW: Final = 72
_EDGE: Final = Fraction(1, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedRow:
    """Where one agreement stands.

    Attributes
    ----------
    label, unit : str
        Its title, and the unit of its amounts.
    most, paid, aside : str or int
        Decimal text: what it may cost, what was paid, what is still set aside.
    forecast : str or int
        What it will probably cost in all; empty without a forecast.

    Examples
    --------
    >>> CommittedRow(label="Wells", unit="USD", most="10.00", paid="4.00", aside="6.00").forecast
    ''
    """

    label: str
    unit: str
    most: str | int
    paid: str | int
    aside: str | int
    forecast: str | int = ""

    def __post_init__(self) -> None:
        for text in (self.most, self.paid, self.aside):
            if number(text) < 0:
                raise ValueError(f"{self.label!r} has a negative amount: {text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedWords:
    """What a chart of commitments says, in the reader's language.

    Attributes
    ----------
    agreement, unit, most, paid, aside, forecast : str
        Names of the columns of its table; the last four explain the bars.
    """

    agreement: str
    unit: str
    most: str
    paid: str
    aside: str
    forecast: str


def draw_committed(title: str, caption: str, words: CommittedWords, rows: Iterable[CommittedRow]) -> Chart:
    """Draw a bar for each agreement: outline of the most, paid, set aside, and a tick of what is forecast.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : CommittedWords
        In the reader's language.
    rows : iterable of CommittedRow
        In order.

    Returns
    -------
    Chart
        Columns: agreement, unit, most, paid, set aside, forecast.

    Examples
    --------
    >>> words = CommittedWords(
    ...     agreement="Agreement", unit="Unit", most="Most", paid="Paid", aside="Aside", forecast="Mean"
    ... )
    >>> row = CommittedRow(label="Wells", unit="USD", most="10.00", paid="4.00", aside="6.00")
    >>> draw_committed("Agreements", "One", words, [row]).rows
    (('Wells', 'USD', '10.00', '4.00', '6.00', ''),)
    """
    given = bounded(rows)
    table = [
        (
            one.label,
            one.unit,
            grouped(one.most),
            grouped(one.paid),
            grouped(one.aside),
            grouped(one.forecast) if one.forecast != "" else "",
        )
        for one in given
    ]
    header = (words.agreement, words.unit, words.most, words.paid, words.aside, words.forecast)
    paper = Drawing(title, caption, header, table)
    y = _key(paper, words, is_forecast=any(one.forecast != "" for one in given)) if given else 0
    for one in given:
        _draw(paper, y, one, words)
        y += _ROW
    return paper.finish(y)


def _key(paper: Drawing, words: CommittedWords, *, is_forecast: bool) -> int:
    y = paper.key(0, [("solid", words.paid), ("hatch", words.aside), ("none", words.most)])
    if is_forecast:
        paper.line((12, y - 5), (12, y + 11), stroke=WARM, thickness=3)
        paper.text(32, y + 8, words.forecast, fill=MUTED)
        y += 22
    return y + 4


def _draw(paper: Drawing, y: int, one: CommittedRow, words: CommittedWords) -> None:
    paid, aside = number(one.paid), number(one.aside)
    expected = number(one.forecast) if one.forecast != "" else Fraction(0)
    whole = max(number(one.most), paid + aside, expected) or Fraction(1)
    inner = 1 - 2 * _EDGE

    def wide(amount: Fraction) -> Fraction:
        return inner * amount / whole

    paper.pair(y + 14, one.label, f"{grouped(one.most)} {one.unit}", is_bold=True)
    paper.bar(percent(_EDGE), y + 22, percent(wide(number(one.most))), 18, "none", stroke=MUTED)
    paper.bar(percent(_EDGE), y + 22, percent(wide(paid)), 18, "solid", title=grouped(one.paid))
    if aside:
        behind = percent(_EDGE + wide(paid))
        paper.bar(behind, y + 22, percent(wide(aside)), 18, "hatch", title=grouped(one.aside))
    if one.forecast != "":
        place = percent(_EDGE + wide(expected))
        paper.line((place, y + 18), (place, y + 44), stroke=WARM, thickness=3)
    paper.pair(y + 56, f"{words.paid} {grouped(one.paid)}", "", fill=MUTED)
    paper.text("100%", y + 56, f"{words.aside} {grouped(one.aside)}", anchor="end", fill=MUTED, columns=26)
