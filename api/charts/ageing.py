"""Ageing: how long promises to a fund have waited for the money, oldest last.

The problem: a promise of last week and one of three years ago are the same figure in a balance. Here what is
promised and not paid in stands by its age, signed promises apart from others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import Drawing, percent
from .figures import bounded, grouped, number, plain

_ROW: Final = 52
_EDGE: Final = Fraction(1, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """What has waited about equally long.

    Attributes
    ----------
    label : str
        How long.
    signed, pledged : str or int
        Decimal text: what givers have signed, and what they have only promised.

    Examples
    --------
    >>> AgeBand(label="to 30 days", signed="5.00", pledged="2.50").total
    '7.50'
    """

    label: str
    signed: str | int
    pledged: str | int

    def __post_init__(self) -> None:
        for text in (self.signed, self.pledged):
            if number(text) < 0:
                raise ValueError(f"{self.label!r} has a negative promise: {text}")

    @property
    def total(self) -> str:
        """Both together."""
        return plain(number(self.signed) + number(self.pledged), self.signed, self.pledged)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingWords:
    """What a chart of ages says, in the reader's language.

    Attributes
    ----------
    age, signed, pledged, total : str
        Names of the columns of its table; the middle two explain the bars.
    """

    age: str
    signed: str
    pledged: str
    total: str


def draw_ageing(title: str, caption: str, words: AgeingWords, unit: str, bands: Iterable[AgeBand]) -> Chart:
    """Draw promises by age: a bar for each age, signed ones first.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : AgeingWords
        In the reader's language.
    unit : str
        Of every amount.
    bands : iterable of AgeBand
        Youngest first.

    Returns
    -------
    Chart
        Columns: age, signed, promised, both.

    Examples
    --------
    >>> words = AgeingWords(age="Age", signed="Signed", pledged="Promised", total="Together")
    >>> band = AgeBand(label="to 30 days", signed="1000.00", pledged="0.00")
    >>> draw_ageing("Ages", "One band", words, "USD", [band]).rows
    (('to 30 days', '1,000.00', '0.00', '1,000.00'),)
    """
    given = bounded(bands)
    rows = [(one.label, grouped(one.signed), grouped(one.pledged), grouped(one.total)) for one in given]
    header = (words.age, *(f"{name}, {unit}" for name in (words.signed, words.pledged, words.total)))
    paper = Drawing(title, caption, header, rows)
    y = paper.key(0, [("solid", words.signed), ("hatch", words.pledged)]) if given else 0
    most = max((number(one.total) for one in given), default=Fraction(0)) or Fraction(1)
    inner = 1 - 2 * _EDGE
    for one in given:
        signed, pledged = (inner * number(text) / most for text in (one.signed, one.pledged))
        paper.pair(y + 14, one.label, f"{grouped(one.total)} {unit}", is_bold=True)
        paper.line((percent(_EDGE), y + 20), (percent(_EDGE), y + 42))
        paper.bar(percent(_EDGE), y + 22, percent(signed), 18, "solid", title=grouped(one.signed))
        if pledged:
            paper.bar(
                percent(_EDGE + signed), y + 22, percent(pledged), 18, "hatch", title=grouped(one.pledged)
            )
        y += _ROW
    return paper.finish(y)
