"""Receipts: what came in under each agreement, and what is still on its way.

The problem: a list of payments does not say which agreement pays and which one keeps one waiting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart, Row
from .drawing import ACCENT, Drawing, percent
from .figures import bounded, grouped, number

_ROW: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one agreement has paid, and what it still owes.

    Attributes
    ----------
    label, unit : str
        The agreement, and the unit of its amounts.
    paid, waiting : str or int
        Decimal text, zero or more.

    Examples
    --------
    >>> Receipt(label="Wells", unit="USD", paid="4.00", waiting="1.00").most
    Fraction(5, 1)
    """

    label: str
    unit: str
    paid: str | int
    waiting: str | int

    def __post_init__(self) -> None:
        for text in (self.paid, self.waiting):
            if number(text) < 0:
                raise ValueError(f"{self.label!r} has a negative amount: {text}")

    @property
    def most(self) -> Fraction:
        """Both together."""
        return number(self.paid) + number(self.waiting)


def draw_receipts(title: str, caption: str, header: Row, receipts: Iterable[Receipt]) -> Chart:
    """Draw a bar per agreement from zero: filled for what was paid, hatched for what is on its way.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    header : tuple of str
        Names of the columns: agreement, unit, paid, on its way; the last two explain the fills.
    receipts : iterable of Receipt
        In order; bars of one unit have one scale.

    Examples
    --------
    >>> one = Receipt(label="Wells", unit="USD", paid="1000.00", waiting="250.00")
    >>> draw_receipts("Paid", "By agreement", ("Agreement", "Unit", "Paid", "On its way"), [one]).rows
    (('Wells', 'USD', '1,000.00', '250.00'),)
    """
    given = bounded(receipts)
    rows = [(one.label, one.unit, grouped(one.paid), grouped(one.waiting)) for one in given]
    paper = Drawing(title, caption, header, rows)
    most = {one.unit: max(other.most for other in given if other.unit == one.unit) for one in given}
    for place, (one, row) in enumerate(zip(given, rows, strict=True)):
        _draw(paper, _ROW * place, one, row, most[one.unit])
    end = paper.key(_ROW * len(given), [("solid", header[2]), ("hatch", header[3])]) if given else 0
    return paper.finish(end)


def _draw(paper: Drawing, y: int, one: Receipt, row: Row, most: Fraction) -> None:
    paper.pair(y + 16, one.label, f"{row[2]} {one.unit}", is_bold=True)
    paid = number(one.paid) / most if most else Fraction(0)
    waiting = number(one.waiting) / most if most else Fraction(0)
    if paid:
        paper.bar("0%", y + 26, percent(paid), 18, "solid", title=f"{row[2]} {one.unit}")
    if waiting:
        paper.bar(percent(paid), y + 26, percent(waiting), 18, "hatch", title=row[3], stroke=ACCENT)
    paper.line(("0%", y + 24), ("0%", y + 46), stroke=ACCENT, thickness=2)
