"""Waterfall: what there was, what came, what went, and what is therefore left."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from .chart import Chart
from .drawing import FAINT, INK, Drawing, Fill, percent
from .figures import bounded, grouped, number, plain

StepKind = Literal["start", "up", "down", "total"]

_SIGNS: Final[dict[StepKind, int]] = {"up": 1, "down": -1}
_FILLS: Final[dict[StepKind, Fill]] = {"start": "dark", "up": "solid", "down": "warm", "total": "dark"}
_ROW: Final = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One step of a waterfall.

    Attributes
    ----------
    label : str
        What it is.
    amount : str or int
        Decimal text; what comes or goes is not negative.
    kind : str
        ``start`` sets the balance, ``up`` adds, ``down`` takes, ``total`` states the balance reached.

    Examples
    --------
    >>> Movement(label="Contributions", amount="10.00", kind="up").amount
    '10.00'
    """

    label: str
    amount: str | int
    kind: StepKind

    def __post_init__(self) -> None:
        if number(self.amount) < 0 and self.kind in _SIGNS:
            raise ValueError(
                f"{self.label!r} goes {self.kind} by {self.amount}: turn the step around instead"
            )

    @property
    def shown(self) -> str:
        """The amount as it is written beside its bar."""
        if self.kind == "down":
            value = number(self.amount)
            return grouped(f"-{self.amount}" if value else self.amount)
        return grouped(self.amount, plus=self.kind == "up")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallWords:
    """The words of a waterfall in the reader's language.

    Attributes
    ----------
    movement, amount, after : str
        Headings of the columns.
    step : str
        Told of a bar.

    Examples
    --------
    >>> WaterfallWords().movement
    'Movement'
    """

    movement: str = "Movement"
    amount: str = "Amount, %(unit)s"
    after: str = "Balance after it, %(unit)s"
    step: str = "%(name)s: %(amount)s, then %(after)s %(unit)s"


def draw_waterfall(
    title: str,
    caption: str,
    unit: str,
    steps: Iterable[Movement],
    words: WaterfallWords | None = None,
) -> Chart:
    """Draw a waterfall of money.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    unit : str
        Of every amount.
    steps : iterable of Movement
        In order.
    words : WaterfallWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: step, amount, balance after it.

    Raises
    ------
    ValueError
        When a ``start`` is not the first step, or a ``total`` is not what the steps before it make.

    Examples
    --------
    >>> chart = draw_waterfall("Fund", "A small fund", "USD", [
    ...     Movement(label="Given", amount="10.00", kind="up"),
    ...     Movement(label="Paid", amount="4.00", kind="down"),
    ...     Movement(label="Left", amount="6.00", kind="total")])
    >>> for row in chart.rows:
    ...     print(row[0], row[2])
    Given 10.00
    Paid 6.00
    Left 6.00
    """
    given, said = bounded(steps), words or WaterfallWords()
    levels = _levels(given)
    texts = [step.amount for step in given]
    shown = [grouped(plain(level, *texts)) for level in levels]
    rows = [(step.label, step.shown, after) for step, after in zip(given, shown, strict=True)]
    header = (said.movement, said.amount % {"unit": unit}, said.after % {"unit": unit})
    paper = Drawing(title, caption, header, rows)
    scale = _Scale([Fraction(0), *levels])
    before = Fraction(0)
    for place, (step, after) in enumerate(zip(given, levels, strict=True)):
        top = _ROW * place
        paper.line((scale.at(Fraction(0)), top + 18), (scale.at(Fraction(0)), top + 36))
        if place and step.kind in _SIGNS:
            paper.line((scale.at(before), top - 8), (scale.at(before), top + 34), stroke=FAINT)
        start = before if step.kind in _SIGNS else Fraction(0)
        is_total = step.kind not in _SIGNS
        left, right = sorted((start, after))
        note = said.step % {"name": step.label, "amount": step.shown, "after": shown[place], "unit": unit}
        paper.bar(scale.at(left), top + 20, scale.span(left, right), 14, _FILLS[step.kind], title=note)
        paper.line((scale.at(after), top + 18), (scale.at(after), top + 36), stroke=INK, thickness=2)
        amount = f"{step.shown} {unit}" if is_total else step.shown
        paper.pair(top + 14, step.label, amount, is_bold=is_total)
        before = after
    return paper.finish(_ROW * len(given))


def _levels(steps: tuple[Movement, ...]) -> list[Fraction]:
    levels: list[Fraction] = []
    level = Fraction(0)
    for place, step in enumerate(steps):
        amount = number(step.amount)
        if step.kind == "start":
            if place:
                raise ValueError(f"{step.label!r} starts after {place} steps: only the first step may")
            level = amount
        elif step.kind == "total" and amount != level:
            reached = plain(level, *(one.amount for one in steps))
            raise ValueError(f"{step.label!r} states {step.amount}, the steps before it make {reached}")
        else:
            level += amount * _SIGNS.get(step.kind, 0)
        levels.append(level)
    return levels


class _Scale:
    """Where a level lies between the edges, with room for half a stroke."""

    def __init__(self, levels: list[Fraction]) -> None:
        self.low, high = min(levels), max(levels)
        self.span_of_all = (high - self.low) or Fraction(1)

    def _part(self, level: Fraction) -> Fraction:
        return Fraction(1, 200) + Fraction(198, 200) * (level - self.low) / self.span_of_all

    def at(self, level: Fraction) -> str:
        return percent(self._part(level))

    def span(self, left: Fraction, right: Fraction) -> str:
        return percent(self._part(right) - self._part(left))
