"""Earmark grid: which money of a fund may go where.

The problem: a balance says how much there is, and not for what it may be spent. Each row here is the money
under one restriction, each column a use; a filled square says that this money may be used so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import COLUMNS, MUTED, Drawing, percent
from .figures import bounded, grouped, number

_ROW: Final = 58
_LINE: Final = 18
_WIDEST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class EarmarkRow:
    """The money under one restriction.

    Attributes
    ----------
    label : str
        Title of the restriction.
    free : str or int
        Decimal text: what may still be promised.
    until : str
        Last day of use as it is written; empty for none.
    admits : tuple of bool
        Of each use, whether this money may go there.

    Examples
    --------
    >>> EarmarkRow(label="North", free="10.00", until="", admits=(True, False)).admits
    (True, False)
    """

    label: str
    free: str | int
    until: str
    admits: tuple[bool, ...]

    def __post_init__(self) -> None:
        number(self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridWords:
    """What an earmark grid says, in the reader's language.

    Attributes
    ----------
    money, free, until : str
        Names of the first three columns of its table.
    may, may_not : str
        What a square means.
    """

    money: str
    free: str
    until: str
    may: str
    may_not: str


def draw_earmark_grid(
    title: str, caption: str, words: GridWords, uses: Sequence[str], rows: Iterable[EarmarkRow]
) -> Chart:
    """Draw a grid of restrictions and uses.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : GridWords
        In the reader's language.
    uses : sequence of str
        Names of the uses; the first twelve are drawn, the table has all.
    rows : iterable of EarmarkRow
        In order.

    Returns
    -------
    Chart
        Columns: money, free, last day, then one for each use.

    Examples
    --------
    >>> words = GridWords(money="Money", free="Free", until="Until", may="yes", may_not="no")
    >>> row = EarmarkRow(label="North", free="1000.00", until="", admits=(True, False))
    >>> draw_earmark_grid("Grid", "One row", words, ["north", "south"], [row]).rows
    (('North', '1,000.00', '', 'yes', 'no'),)
    """
    given = bounded(rows)
    for one in given:
        if len(one.admits) != len(uses):
            raise ValueError(f"{one.label!r} answers for {len(one.admits)} uses, and there are {len(uses)}")
    table = [
        (
            one.label,
            grouped(one.free),
            one.until,
            *(words.may if admitted else words.may_not for admitted in one.admits),
        )
        for one in given
    ]
    paper = Drawing(title, caption, (words.money, words.free, words.until, *uses), table)
    y = _key(paper, words, uses[:_WIDEST]) if given else 0
    for one in given:
        _draw(paper, y, one)
        y += _ROW
    return paper.finish(y)


def _key(paper: Drawing, words: GridWords, uses: Sequence[str]) -> int:
    """Explain squares and numbers of the columns, and return where the first row begins [px]."""
    y = paper.key(0, [("hatch", words.may), ("none", words.may_not)])
    for place, name in enumerate(uses):
        paper.text(8, y + 12, str(place + 1), anchor="middle", is_bold=True)
        paper.text(32, y + 12, name, columns=COLUMNS - 5, fill=MUTED)
        y += _LINE
    return y + 10


def _draw(paper: Drawing, y: int, one: EarmarkRow) -> None:
    paper.pair(y + 12, one.label, grouped(one.free), is_bold=True)
    shown = one.admits[:_WIDEST]
    step = Fraction(1, max(len(shown), 4))
    for place, admitted in enumerate(shown):
        at, wide = percent(step * place), percent(step * Fraction(9, 10))
        paper.bar(at, y + 20, wide, 22, "hatch" if admitted else "none", stroke=MUTED)
        middle = percent(step * place + step * Fraction(9, 20))
        paper.text(middle, y + 36, str(place + 1), anchor="middle", is_bold=admitted)
