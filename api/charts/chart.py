"""A chart and its table twin.

The problem: who cannot see a drawing, or wants to copy a figure out of it, needs the same numbers as text.
A chart function therefore never returns a drawing alone.
"""

from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, and the figures in it as a table.

    Attributes
    ----------
    title : str
        What is shown.
    caption : str
        How to read it; also the description of the drawing.
    svg : str
        One ``<svg>`` element, safe to place into an HTML page or a file.
    header : tuple of str
        Names of the columns; the first one holds names, the others figures.
    rows : tuple of tuple of str
        The figures, written as in the drawing; unescaped.

    Raises
    ------
    ValueError
        When a row has another number of cells than the header.

    Examples
    --------
    >>> chart = Chart(title="Wells", caption="One", svg="<svg/>", header=("Place", "USD"), rows=(("A", "1"),))
    >>> chart.table
    (('Place', 'USD'), ('A', '1'))
    """

    title: str
    caption: str
    svg: str
    header: Row
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row of {len(row)} cells does not fit a header of {len(self.header)}")

    @property
    def table(self) -> tuple[Row, ...]:
        """The header, then the rows."""
        return (self.header, *self.rows)
