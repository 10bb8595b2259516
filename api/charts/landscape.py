"""Landscape: who works with whom, actors on a ring by group, and a line for each tie.

The problem: a graph that is laid out by forces looks different on each machine, and its labels lie on top of
each other. Here actors stand on a ring, those of one group beside each other, with numbers that a list below
explains; kinds are told by patterns, money by solid lines. More actors than fit are left to the table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import cos, pi, sin
from typing import Final

from .chart import Chart
from .drawing import COLUMNS, INK, MUTED, Drawing, Fill, percent
from .figures import bounded

MOST_DRAWN: Final = 24
_FILLS: Final[tuple[Fill, ...]] = ("solid", "hatch", "dots", "rungs", "cross", "warm", "none")
_HALF: Final = 150
_RADIUS: Final = 13
_ROW: Final = 22
_FINE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LandscapeMark:
    """One actor.

    Attributes
    ----------
    code, label, kind : str
        As ties name it; its name; what it is.
    group : int [place]
        Those of one group stand together.
    ties : int [actors]
        To how many others it is tied; those with most are drawn.
    marked : bool
        Whether it has a thick edge: it already connects others.
    """

    code: str
    label: str
    kind: str
    group: int
    ties: int
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LandscapeLine:
    """One tie between two actors; money is a solid line, others are dashed."""

    one: str
    other: str
    money: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LandscapeWords:
    """What the map says, in the reader's language.

    Attributes
    ----------
    header : sequence of str
        Number, actor, kind, group, ties.
    money, other, marked : str
        What a solid line, a dashed one and a thick edge mean.
    """

    header: Sequence[str]
    money: str
    other: str
    marked: str


def draw_landscape(
    title: str,
    caption: str,
    words: LandscapeWords,
    marks: Iterable[LandscapeMark],
    lines: Iterable[LandscapeLine],
) -> Chart:
    """Draw actors on a ring and their ties; of many actors, the twenty-four with most ties.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    words : LandscapeWords
        In the reader's language.
    marks : iterable of LandscapeMark
        Actors, each once.
    lines : iterable of LandscapeLine
        Ties; those of actors that are not drawn are left out.

    Returns
    -------
    Chart
        Columns: number on the map, actor, kind, group, ties; all actors, those drawn first.

    Examples
    --------
    >>> words = LandscapeWords(header=("No.", "Actor", "Kind", "Group", "Tied to"), money="money",
    ...     other="other", marked="connects")
    >>> mark = LandscapeMark(code="a", label="Hub A", kind="hub", group=1, ties=0)
    >>> draw_landscape("Who", "One actor", words, [mark], []).rows
    (('1', 'Hub A', 'hub', '1', '0'),)
    """
    given = bounded(marks)
    ranked = sorted(given, key=lambda one: (-one.ties, one.code))
    drawn = sorted(ranked[:MOST_DRAWN], key=lambda one: (one.group, one.kind, one.code))
    numbers = {one.code: place for place, one in enumerate(drawn, start=1)}
    rows = [
        (str(numbers.get(one.code, "")), one.label, one.kind, str(one.group), str(one.ties))
        for one in (*drawn, *ranked[MOST_DRAWN:])
    ]
    paper = Drawing(title, caption, tuple(words.header), rows)
    if not given:
        return paper.finish(0)
    kinds = sorted({one.kind for one in drawn})
    fills = {kind: _FILLS[place % len(_FILLS)] for place, kind in enumerate(kinds)}
    y = paper.key(0, [(fills[kind], kind) for kind in kinds])
    y = _explained(paper, y, words)
    middle = y + _HALF + _RADIUS + 6
    spots = {one.code: _spot(place, len(drawn), middle) for place, one in enumerate(drawn)}
    _ties(paper, spots, lines)
    for one in drawn:
        x, height = spots[one.code]
        paper.node(
            percent(x), height, _RADIUS, fills[one.kind], thickness=4 if one.marked else 2, title=one.label
        )
        paper.text(percent(x), height + 5, str(numbers[one.code]), anchor="middle", is_bold=True, size=14)
    y = middle + _HALF + _RADIUS + 28
    for one in drawn:
        paper.pair(y, f"{numbers[one.code]}. {one.label}", str(one.ties), is_bold=one.marked)
        y += _ROW
    return paper.finish(y)


def _explained(paper: Drawing, y: int, words: LandscapeWords) -> int:
    for dashes, thickness, said in (("", 3, words.money), ("4 3", 1, words.other)):
        paper.line((1, y + 6), (23, y + 6), stroke=INK, thickness=thickness, dashes=dashes)
        paper.text(32, y + 11, said, columns=COLUMNS - 5, fill=MUTED)
        y += 20
    paper.node(12, y + 7, 7, "none", thickness=4)
    paper.text(32, y + 12, words.marked, columns=COLUMNS - 5, fill=MUTED)
    return y + 26


def _spot(place: int, count: int, middle: int) -> tuple[Fraction, int]:
    """Return where an actor stands on the ring, from the top, clockwise."""
    angle = 2 * pi * place / count - pi / 2
    across = Fraction(round(cos(angle) * _FINE), _FINE)
    return Fraction(1, 2) + across * Fraction(42, 100), middle + round(sin(angle) * _HALF)


def _ties(paper: Drawing, spots: dict[str, tuple[Fraction, int]], lines: Iterable[LandscapeLine]) -> None:
    pairs: dict[tuple[str, str], bool] = {}
    for line in lines:
        if line.one in spots and line.other in spots and line.one != line.other:
            pair = min(line.one, line.other), max(line.one, line.other)
            pairs[pair] = pairs.get(pair, False) or line.money
    for (one, other), money in sorted(pairs.items()):
        ends = [(percent(spots[code][0]), spots[code][1]) for code in (one, other)]
        paper.line(ends[0], ends[1], stroke=INK, thickness=3 if money else 1, dashes="" if money else "4 3")
