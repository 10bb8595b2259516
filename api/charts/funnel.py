"""Funnel: how many came how far, each step under the one before.

The problem: six counts in a row do not say where most are lost. Each bar here stands in the outline of the
step before, so what was lost is the empty part; a count that is withheld is drawn as unknown, never as none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import MUTED, Drawing, percent
from .figures import bounded, grouped, rounded

_ROW: Final = 46
_WIDEST: Final = Fraction(99, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One step.

    Attributes
    ----------
    label : str
        What was reached.
    count : int or None
        How many reached it; None where that is not told.

    Raises
    ------
    ValueError
        When a count is negative.

    Examples
    --------
    >>> FunnelStep(label="applied", count=8).count
    8
    """

    label: str
    count: int | None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 0:
            raise ValueError(f"{self.label!r} counts {self.count}: a count is not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelWords:
    """The words of a funnel in the reader's language.

    Attributes
    ----------
    step, count, share : str
        Headings of the columns.
    withheld : str
        Stands for a count that is not told.

    Examples
    --------
    >>> FunnelWords().withheld
    'fewer than 3'
    """

    step: str = "Step"
    count: str = "How many"
    share: str = "Of the first step"
    withheld: str = "fewer than 3"


def draw_funnel(
    title: str, caption: str, steps: Iterable[FunnelStep], words: FunnelWords | None = None
) -> Chart:
    """Draw a funnel from counts.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    steps : iterable of FunnelStep
        In order; a later one may be larger where the steps do not contain one another.
    words : FunnelWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: step, count, share of the first step.

    Examples
    --------
    >>> steps = [FunnelStep(label="applied", count=8), FunnelStep(label="funded", count=2)]
    >>> draw_funnel("Funnel", "One round", steps).rows
    (('applied', '8', '100.0 %'), ('funded', '2', '25.0 %'))
    """
    given, said = bounded(steps), words or FunnelWords()
    first = given[0].count if given else None
    rows = [(one.label, *_shown(one, first, said)) for one in given]
    paper = Drawing(title, caption, (said.step, said.count, said.share), rows)
    most = max((one.count or 0 for one in given), default=0) or 1
    before: int | None = None
    for place, (one, row) in enumerate(zip(given, rows, strict=True)):
        top = _ROW * place
        paper.pair(top + 14, one.label, f"{row[1]} ({row[2]})" if row[2] else row[1], is_bold=place == 0)
        if before is not None:
            paper.bar("0", top + 21, _width(before, most), 16, "none", stroke=MUTED, dashes="3 3")
        if one.count is None:
            paper.bar("0", top + 21, percent(_WIDEST), 16, "none", stroke=MUTED, dashes="1 5")
        else:
            note = f"{one.label}: {row[1]}"
            paper.bar("0", top + 21, _width(one.count, most), 16, "solid", title=note)
        before = one.count
    return paper.finish(_ROW * len(given))


def _shown(one: FunnelStep, first: int | None, words: FunnelWords) -> tuple[str, str]:
    if one.count is None:
        return words.withheld, ""
    share = f"{rounded(Fraction(100 * one.count, first), 1)} %" if first else ""
    return grouped(one.count), share


def _width(count: int, most: int) -> str:
    return percent(_WIDEST * count / most)
