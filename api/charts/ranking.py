"""Ranking: mean scores with their uncertainty, which is always drawn.

The problem: two means a tenth of a point apart look like an order, though three judges cannot tell them
apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

from .chart import Chart
from .drawing import ACCENT, FAINT, INK, MUTED, Drawing, percent
from .figures import bounded, grouped, number, rounded

_ROW: Final = 72
_EDGE: Final = Fraction(3, 100)
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingWords:
    """The words of a ranking in the reader's language.

    Attributes
    ----------
    application, rank, mean, reads : str
        Headings of the columns.
    axis : str
        What is measured across.
    unknown : str
        Stands for a standard error that is not known.
    read_once, read : str
        Below a mark, of one read and of more.

    Examples
    --------
    >>> RankingWords().unknown
    'unknown'
    """

    application: str = "Application"
    rank: str = "Rank"
    mean: str = "Mean ± standard error"
    reads: str = "Reads"
    axis: str = "mean score, points"
    unknown: str = "unknown"
    read_once: str = "rank %(rank)s, %(reads)s read"
    read: str = "rank %(rank)s, %(reads)s reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedEntry:
    """Where one application stands.

    Attributes
    ----------
    label : str
        Its name.
    rank : int [place]
        Its place; ties share one.
    mean : str or int
        Decimal text: its mean score.
    standard_error : str, int or None
        Of the mean, in points; ``None`` when it is not known.
    reads : int
        How many judges read it.

    Examples
    --------
    >>> RankedEntry(label="Wells", rank=1, mean="8.2333", standard_error="0.3180", reads=3).shown
    '8.23 ± 0.32'
    """

    label: str
    rank: int
    mean: str | int
    standard_error: str | int | None
    reads: int

    @property
    def shown(self) -> str:
        """Mean and standard error as they are written beside the mark."""
        return self.shown_in(RankingWords())

    def shown_in(self, words: RankingWords) -> str:
        """Return mean and standard error in a language."""
        error = words.unknown if self.standard_error is None else grouped(rounded(self.standard_error, 2))
        return f"{grouped(rounded(self.mean, 2))} ± {error}"

    def reach(self, errors: int) -> tuple[Fraction, Fraction]:
        """Return the interval of so many standard errors around the mean."""
        half = errors * number(self.standard_error or 0)
        return number(self.mean) - half, number(self.mean) + half


def draw_ranking(
    title: str, caption: str, standings: Iterable[RankedEntry], words: RankingWords | None = None
) -> Chart:
    """Draw each mean as a dot, one standard error around it thick and two thin.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    standings : iterable of RankedEntry
        In order.
    words : RankingWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: application, rank, mean ± standard error, reads.

    Examples
    --------
    >>> standing = RankedEntry(label="Wells", rank=1, mean="8.2333", standard_error=None, reads=1)
    >>> draw_ranking("Ranking", "One read", [standing]).rows
    (('Wells', '1', '8.23 ± unknown', '1'),)
    """
    given, said = bounded(standings), words or RankingWords()
    rows = [(one.label, str(one.rank), one.shown_in(said), str(one.reads)) for one in given]
    paper = Drawing(title, caption, (said.application, said.rank, said.mean, said.reads), rows)
    if not given:
        return paper.finish(0)
    ends = [end for one in given for end in one.reach(2)]
    low, high = floor(min(ends)), ceil(max(ends))
    high = max(high, low + 1)
    ticks = range(low, high + 1, max(1, -(-(high - low) // _MOST_TICKS)))

    def at(value: Fraction | int) -> str:
        return percent(_EDGE + (1 - 2 * _EDGE) * (value - low) / Fraction(high - low))

    for place, one in enumerate(given):
        _draw(paper, _ROW * place, one, [at(tick) for tick in ticks], [at(end) for end in _ends(one)], said)
    end = _ROW * len(given)
    for tick in ticks:
        paper.text(at(tick), end + 10, grouped(tick), anchor="middle", size=12, fill=MUTED)
    paper.text("50%", end + 28, said.axis, anchor="middle", size=12, fill=MUTED)
    return paper.finish(end + 36)


def _ends(one: RankedEntry) -> tuple[Fraction, Fraction, Fraction, Fraction, Fraction]:
    return *one.reach(2), *one.reach(1), number(one.mean)


def _draw(
    paper: Drawing,
    y: int,
    one: RankedEntry,
    ticks: Sequence[str],
    ends: Sequence[str],
    words: RankingWords,
) -> None:
    low_2, high_2, low_1, high_1, mean = ends
    axis = y + 34
    paper.line(("0%", axis), ("100%", axis), stroke=FAINT)
    for tick in ticks:
        paper.line((tick, axis - 5), (tick, axis + 5), stroke=FAINT)
    if one.standard_error is None:
        paper.line(("0%", axis), ("100%", axis), stroke=MUTED, dashes="2 4")
    else:
        paper.line((low_2, axis), (high_2, axis), stroke=ACCENT, thickness=2)
        for end in (low_2, high_2):
            paper.line((end, axis - 5), (end, axis + 5), stroke=ACCENT, thickness=2)
        paper.line((low_1, axis), (high_1, axis), stroke=ACCENT, thickness=7)
    paper.dot(mean, axis, 6, fill=INK)
    paper.pair(y + 16, one.label, "", is_bold=True)
    told = words.read_once if one.reads == 1 else words.read
    paper.pair(y + 55, told % {"rank": one.rank, "reads": one.reads}, one.shown_in(words), fill=MUTED)
