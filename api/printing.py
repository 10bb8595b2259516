"""Sheets as printed pages: one HTML file that a browser prints on A4 or Letter.

The problem: a statement is mailed, signed and filed on paper for longer than any program runs. The page loads
nothing, runs nothing, repeats its headings on every sheet of paper, keeps rows whole, and is the same bytes
for the same figures. Every text is escaped.
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, StrictUndefined

from ..finance.money import Money
from ..finance.sheets import Cell, Section, Sheet, cell_text
from ..finance.turnover import Total
from .charts.figures import clean, grouped

Paper = Literal["A4", "Letter"]


def render_sheet(sheet: Sheet, paper: Paper = "A4") -> str:
    """Return a sheet as an HTML page.

    Parameters
    ----------
    sheet : Sheet
        From ``finance.statement_sheets``.
    paper : str
        ``A4`` or ``Letter``.

    Examples
    --------
    >>> page = render_sheet(Sheet(kind="donor", title="<b>", about=(), sections=()))
    >>> "<b>" in page, "&lt;b&gt;" in page
    (False, True)
    """
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: clean(value) if isinstance(value, str) else value,
    )
    environment.filters |= {"words": words}
    source = files(__package__).joinpath("templates", "sheet.html").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        title=sheet.title,
        paper=paper,
        about=[(name, value) for name, value in sheet.about if value],
        tables=[shown_table(one) for one in sheet.tables if one.rows],
    )


def words(name: str) -> str:
    """Write a name with underscores as words.

    Examples
    --------
    >>> words("remaining_by_earmark")
    'Remaining by earmark'
    """
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A section as people read it: text in every cell, figures grouped.

    Attributes
    ----------
    name : str
        Of the section.
    headings : tuple of str
        Column names, with the unit where all rows share it.
    figures, days, sums : tuple of int [position]
        Which columns hold figures, which hold days, and which rows are sums.
    rows : tuple of tuple of str
        The cells.
    """

    name: str
    headings: tuple[str, ...]
    figures: tuple[int, ...]
    days: tuple[int, ...]
    sums: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


def shown_table(section: Section) -> ShownTable:
    """Return what is shown of a section: no empty column; a unit that all rows share stands in the heading.

    Parameters
    ----------
    section : Section
        With at least one row.

    Examples
    --------
    >>> from almoner import money
    >>> from almoner.finance.sheets import Column
    >>> one = Section(name="lines", columns=(Column("line"), Column("payee"), Column("amount", "amount")),
    ...               rows=(("fee", None, money("1234.50", "USD")),))
    >>> shown_table(one).headings, shown_table(one).rows
    (('line', 'amount, USD'), (('fee', '1,234.50'),))
    """
    units = [section.units(row) for row in section.rows]
    columns: dict[str, list[str]] = {}
    figures, days = [], []
    for place, column in enumerate(section.columns):
        cells = [row[place] for row in section.rows]
        if not column.is_printed or all(cell is None or cell == "" for cell in cells):
            continue
        heading = column.name
        if column.kind == "amount":
            codes = {row[column.unit] for row in units if column.unit in row}
            if len(codes) == 1:
                heading = f"{column.name}, {codes.pop()}"
            else:
                columns.setdefault(column.unit, [row.get(column.unit, "") for row in units])
            figures.append(len(columns))
        elif column.kind == "figure":
            figures.append(len(columns))
        elif column.kind == "day":
            days.append(len(columns))
        columns[heading] = [_shown(cell) for cell in cells]
    return ShownTable(
        name=section.name,
        headings=tuple(columns),
        figures=tuple(figures),
        days=tuple(days),
        sums=section.sums,
        rows=tuple(zip(*columns.values(), strict=True)),
    )


def _shown(cell: Cell) -> str:
    return grouped(cell.text) if isinstance(cell, Money | Total) else cell_text(cell)
