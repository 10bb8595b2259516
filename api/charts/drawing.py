"""The paper that charts are drawn on: SVG elements as text.

The problem: a drawing that is scaled as a whole is legible at one width only, and coordinates from floats
differ between machines. Here heights and letters are in pixels and widths in percent, so the drawing fits
360 pixels and a wide page alike with letters of one size; every coordinate is an exact fraction, written with
two decimals. Nothing needs a style sheet, a script, a font or an ``id`` of the page around it.
"""

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from .chart import Chart, Row
from .figures import marked, rounded, shortened

INK: Final = "#1c2530"
MUTED: Final = "#55606d"
FAINT: Final = "#c3cbd3"
PAPER: Final = "#ffffff"
ACCENT: Final = "#0b5a6b"
WARM: Final = "#9a4a0c"

COLUMNS: Final = 48
"""Letters of the usual size that fit side by side on the narrowest page."""

SIZE: Final = 13
BOLD: Final = 14
FONTS: Final = "Inter, Roboto, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

Fill = Literal["solid", "dark", "hatch", "dots", "rungs", "cross", "warm", "none"]
Length = int | str
Anchor = Literal["start", "middle", "end"]

EARMARKED: Final[tuple[Fill, ...]] = ("hatch", "dots", "rungs", "cross")

_PATTERNS: Final[dict[str, tuple[int, str]]] = {
    "hatch": (6, f'<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="{ACCENT}" stroke-width="2"/>'),
    "dots": (6, f'<circle cx="3" cy="3" r="1.8" fill="{ACCENT}"/>'),
    "rungs": (5, f'<path d="M1.5,0 v5" stroke="{ACCENT}" stroke-width="2"/>'),
    "cross": (7, f'<path d="M0,0 l7,7 M7,0 l-7,7" stroke="{ACCENT}" stroke-width="1.2"/>'),
    "warm": (6, f'<path d="M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2" stroke="{WARM}" stroke-width="2"/>'),
}


def percent(part: Fraction) -> str:
    """Write a share of the width.

    Examples
    --------
    >>> percent(Fraction(1, 3))
    '33.33%'
    """
    return f"{rounded(part * 100, 2)}%"


class Drawing:
    """A drawing in the making.

    Parameters
    ----------
    title, caption : str
        Name and description for those who do not see it.
    header, rows : tuple of str, iterable of tuple of str
        The table twin; names inside the drawing are made from it, so equal charts are equal bytes.

    Examples
    --------
    >>> paper = Drawing("Wells", "One well", ("Place", "USD"), [("A & B", "1.00")])
    >>> paper.text(0, 12, "A & B")
    >>> "<text" in paper.finish(20).svg, "A &amp; B" in paper.finish(20).svg
    (True, True)
    """

    def __init__(self, title: str, caption: str, header: Row, rows: Iterable[Row]) -> None:
        self.title, self.caption = title, caption
        self.header, self.rows = header, tuple(rows)
        seed = repr((title, caption, self.header, self.rows)).encode("utf-8", "surrogatepass")
        self._name = "c" + hashlib.sha256(seed).hexdigest()[:12]
        self._parts: list[str] = []
        self._fills: set[str] = set()

    def text(
        self,
        x: Length,
        y: int,
        content: str,
        *,
        columns: int = 0,
        size: int = SIZE,
        fill: str = INK,
        anchor: Anchor = "start",
        is_bold: bool = False,
    ) -> None:
        """Write a line.

        Parameters
        ----------
        x : int [px] or str [percent]
            Where it is anchored.
        y : int [px]
            Its base line.
        content : str
            Any text; what a reader must not lose stands in the table twin as well.
        columns : int [letters]
            Where it is cut, with the whole text as its title; zero never cuts.
        size : int [px]
            Of the letters.
        fill : str
            Colour.
        anchor : str
            ``start``, ``middle`` or ``end``.
        is_bold : bool
            Whether it is set in bold.
        """
        shown = shortened(content, columns) if columns else content
        title = "" if shown == content else f"<title>{marked(content)}</title>"
        weight = ' font-weight="600"' if is_bold else ""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        halo = f' stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        self._parts.append(
            f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{where}{weight}{halo}>'
            f"{title}{marked(shown)}</text>"
        )

    def pair(
        self, y: int, left: str, right: str, *, is_bold: bool = False, fill: str = INK, x: int = 0
    ) -> None:
        """Write a name at the left edge and a figure at the right one; a name that would meet it is cut."""
        room = COLUMNS - len(right) - (2 if right else 0) - (4 if is_bold else 0) - x // 7
        self.text(x, y, left, columns=max(10, room), fill=fill, is_bold=is_bold)
        if right:
            self.text("100%", y, right, anchor="end", fill=fill, is_bold=is_bold)

    def bar(
        self,
        x: Length,
        y: int,
        width: str,
        height: int,
        fill: Fill,
        *,
        title: str = "",
        stroke: str = "",
        dashes: str = "",
    ) -> None:
        """Draw a rectangle; patterns and outlines tell the kinds apart without colour."""
        paint = {"solid": ACCENT, "dark": INK, "none": "none"}.get(fill, f"url(#{self._name}-{fill})")
        if fill in _PATTERNS:
            self._fills.add(fill)
            stroke = stroke or (WARM if fill == "warm" else ACCENT)
        edge = f' stroke="{stroke}"' if stroke else ""
        edge += f' stroke-dasharray="{dashes}"' if dashes else ""
        end = f"><title>{marked(title)}</title></rect>" if title else "/>"
        self._parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{paint}"{edge}{end}'
        )

    def line(
        self,
        start: tuple[Length, int],
        end: tuple[Length, int],
        *,
        stroke: str = FAINT,
        thickness: int = 1,
        dashes: str = "",
    ) -> None:
        """Draw a straight line [px or percent, px]."""
        gaps = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="{stroke}" '
            f'stroke-width="{thickness}"{gaps}/>'
        )

    def dot(self, x: Length, y: int, radius: int, *, fill: str = ACCENT, stroke: str = PAPER) -> None:
        """Draw a circle [px or percent, px, px]."""
        self._parts.append(
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="2"/>'
        )

    def node(
        self, x: Length, y: int, radius: int, fill: Fill, *, thickness: int = 2, title: str = ""
    ) -> None:
        """Draw a circle with a pattern [px or percent, px, px]; a thick edge marks it among the others."""
        if fill in _PATTERNS:
            self._fills.add(fill)
        paint = {"solid": ACCENT, "dark": INK, "none": PAPER}.get(fill, f"url(#{self._name}-{fill})")
        end = f"><title>{marked(title)}</title></circle>" if title else "/>"
        self._parts.append(
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{paint}" stroke="{INK}" '
            f'stroke-width="{thickness}"{end}'
        )

    def key(self, y: int, entries: Iterable[tuple[Fill, str]]) -> int:
        """Explain the fills, one to a line, and return where the next element may begin [px]."""
        for fill, label in entries:
            self.bar(1, y + 1, "22", 12, fill, stroke=MUTED if fill == "none" else "")
            self.text(32, y + 12, label, columns=COLUMNS - 5, fill=MUTED)
            y += 20
        return y + 6

    def finish(self, height: int) -> Chart:
        """Close the drawing at its height [px] and return it with its table twin."""
        if not self.rows:
            self.text(0, 14, "There is nothing to show.", fill=MUTED)
            height = max(height, 24)
        name = self._name
        patterns = "".join(
            f'<pattern id="{name}-{fill}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
            f'<rect width="{size}" height="{size}" fill="{PAPER}"/>{mark}</pattern>'
            for fill, (size, mark) in _PATTERNS.items()
            if fill in self._fills
        )
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="chart" width="100%" '
            f'height="{height}" aria-labelledby="{name}-t {name}-d" font-family="{FONTS}">'
            f'<title id="{name}-t">{marked(self.title)}</title>'
            f'<desc id="{name}-d">{marked(self.caption)}</desc>'
            f"{f'<defs>{patterns}</defs>' if patterns else ''}{''.join(self._parts)}</svg>"
        )
        return Chart(title=self.title, caption=self.caption, svg=svg, header=self.header, rows=self.rows)
