"""Payout bars: what each contract paid, beside what was published, within the most it could cost.

The problem: contracts in several currencies have no common scale. Each bar here has its own, its contract's
maximum liability, and every amount stands beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import INK, MUTED, WARM, Drawing, percent
from .figures import bounded, grouped, number, rounded

_ROW: Final = 92
_EDGE: Final = Fraction(1, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What one contract paid.

    Attributes
    ----------
    label, unit : str
        The contract, and the unit of its amounts.
    maximum, paid, published : str or int
        Decimal text: the most it can cost, what our books paid, what was published.

    Examples
    --------
    >>> Payout(label="Wells", unit="USD", maximum="10.00", paid="4.00", published="4.00").share
    Fraction(2, 5)
    """

    label: str
    unit: str
    maximum: str | int
    paid: str | int
    published: str | int

    def __post_init__(self) -> None:
        for text in (self.maximum, self.paid, self.published):
            if number(text) < 0:
                raise ValueError(f"{self.label!r} has a negative amount: {text}")

    @property
    def share(self) -> Fraction:
        """What was paid of the maximum [1]; zero when the maximum is."""
        most = number(self.maximum)
        return number(self.paid) / most if most else Fraction(0)


def draw_payouts(title: str, caption: str, payouts: Iterable[Payout]) -> Chart:
    """Draw a bar per contract: outline of the maximum, bar of what was paid, tick of what was published.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    payouts : iterable of Payout
        In order.

    Returns
    -------
    Chart
        Columns: contract, unit, maximum, paid, share of the maximum, published.

    Examples
    --------
    >>> payout = Payout(label="Wells", unit="USD", maximum="1000.00", paid="400.00", published="400.00")
    >>> draw_payouts("Payouts", "One contract", [payout]).rows
    (('Wells', 'USD', '1,000.00', '400.00', '40.0 %', '400.00'),)
    """
    given = bounded(payouts)
    rows = [
        (
            one.label,
            one.unit,
            grouped(one.maximum),
            grouped(one.paid),
            f"{rounded(one.share * 100, 1)} %",
            grouped(one.published),
        )
        for one in given
    ]
    paper = Drawing(
        title, caption, ("Contract", "Unit", "Maximum", "Paid", "Paid of maximum", "Published"), rows
    )
    y = 0
    if given:
        y = paper.key(y, [("none", "maximum liability"), ("solid", "paid by our books")])
        paper.line((12, y - 3), (12, y + 13), stroke=WARM, thickness=3)
        paper.text(32, y + 10, "published payment", fill=MUTED)
        y += 32
    for one, row in zip(given, rows, strict=True):
        _draw(paper, y, one, row)
        y += _ROW
    return paper.finish(y)


def _draw(paper: Drawing, y: int, one: Payout, row: tuple[str, ...]) -> None:
    _, unit, maximum, paid, share, published = row
    most = max(number(one.maximum), number(one.paid), number(one.published)) or Fraction(1)
    inner = 1 - 2 * _EDGE

    def at(text: str | int) -> Fraction:
        return _EDGE + inner * number(text) / most

    paper.pair(y + 14, one.label, "", is_bold=True)
    paper.bar(percent(_EDGE), y + 23, percent(at(one.maximum) - _EDGE), 18, "none", stroke=MUTED)
    paper.bar(percent(_EDGE), y + 23, percent(at(one.paid) - _EDGE), 18, "solid", title=f"paid {paid} {unit}")
    paper.line(
        (percent(at(one.published)), y + 19), (percent(at(one.published)), y + 45), stroke=WARM, thickness=3
    )
    paper.pair(y + 58, f"paid {paid} {unit}", share, fill=INK)
    paper.pair(y + 74, f"published {published}", f"of {maximum}", fill=MUTED)
