"""Standing: one score with its uncertainty beside the line that decides.

The problem: an applicant is told a score to two decimals and a line a tenth above it, and not that three
judges cannot tell the two apart.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

from .chart import Chart, Row
from .drawing import ACCENT, FAINT, INK, MUTED, WARM, Drawing, percent
from .figures import grouped, number, rounded

_EDGE: Final = Fraction(5, 100)
_TWO: Final = 2
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A score and the line.

    Attributes
    ----------
    level : str or int [points]
        Decimal text: the score.
    standard_error : str, int or None [points]
        Of the score; None when it is not known.
    line : str, int or None [points]
        From which on one is inside; None when it is not told.

    Examples
    --------
    >>> Standing(level="3.5", standard_error="0.25", line=None).reach(2)
    (Fraction(3, 1), Fraction(4, 1))
    """

    level: str | int
    standard_error: str | int | None
    line: str | int | None

    def reach(self, errors: int) -> tuple[Fraction, Fraction]:
        """Return the interval of so many standard errors around the score."""
        half = errors * number(self.standard_error or 0)
        return number(self.level) - half, number(self.level) + half


def draw_standing(title: str, caption: str, header: Row, standing: Standing) -> Chart:
    """Draw the score as a dot, one standard error around it thick and two thin, and the line across.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    header : tuple of str
        Names of the columns: what, points, standard error; then what the rows are called: score, line.
    standing : Standing
        The score.

    Examples
    --------
    >>> header = ("What", "Points", "Standard error", "Your score", "The line")
    >>> standing = Standing(level="3.5", standard_error="0.25", line="3.9")
    >>> draw_standing("Score", "Out of 5", header, standing).rows
    (('Your score', '3.50', '0.25'), ('The line', '3.90', ''))
    """
    error = "" if standing.standard_error is None else grouped(rounded(standing.standard_error, 2))
    level = grouped(rounded(standing.level, 2))
    rows: list[Row] = [(header[3], level, error)]
    if standing.line is not None:
        rows.append((header[4], grouped(rounded(standing.line, 2)), ""))
    paper = Drawing(title, caption, header[:3], rows)
    ends = [*standing.reach(_TWO), *([number(standing.line)] if standing.line is not None else [])]
    low, high = floor(min(ends)), ceil(max(ends))
    high = max(high, low + 1)

    def at(value: Fraction | int) -> str:
        return percent(_EDGE + (1 - 2 * _EDGE) * (value - low) / Fraction(high - low))

    paper.pair(18, header[3], f"{level} ± {error}" if error else level, is_bold=True)
    for tick in range(low, high + 1, max(1, -(-(high - low) // _MOST_TICKS))):
        paper.line((at(tick), 34), (at(tick), 84), stroke=FAINT)
        paper.text(at(tick), 102, grouped(tick), anchor="middle", size=12, fill=MUTED)
    thin, thick = standing.reach(_TWO), standing.reach(1)
    paper.line((at(thin[0]), 60), (at(thin[1]), 60), stroke=ACCENT, thickness=2)
    paper.line((at(thick[0]), 60), (at(thick[1]), 60), stroke=ACCENT, thickness=8)
    paper.dot(at(number(standing.level)), 60, 8, fill=INK)
    if standing.line is not None:
        place = at(number(standing.line))
        paper.line((place, 30), (place, 88), stroke=WARM, thickness=3, dashes="6 4")
        paper.pair(128, header[4], rows[1][1], fill=WARM)
    return paper.finish(138 if standing.line is not None else 112)
