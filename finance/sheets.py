"""Sheets: one table form for every statement, so that each is rendered by the same few functions.

The problem: four statements times five renderings are twenty places in which a figure can lose its unit. Each
statement becomes a ``Sheet`` once: sections with named columns, whose amounts are exact and carry their unit.
``sheet_document`` gives JSON values, ``sheet_csv`` a table for spreadsheets, ``frames.sheet_frame`` a
DataFrame; the doors print the same sheet as text and as a page.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .money import Money
from .turnover import Total

Cell = str | date | Money | Total | None
ColumnKind = Literal["text", "day", "amount", "figure"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a section.

    Attributes
    ----------
    name : str
        In lower case with underscores, the same in JSON, CSV and DataFrame.
    kind : str
        ``text``, ``day``, ``amount``, or ``figure`` for decimal text without a unit.
    unit : str
        For an amount: the name of the column that holds its unit.
    is_printed : bool
        False for what programs need and people do not.
    """

    name: str
    kind: ColumnKind = "text"
    unit: str = "unit"
    is_printed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of a sheet.

    Attributes
    ----------
    name : str
        Its name.
    columns : tuple of Column
        In order.
    rows : tuple of tuple of Cell
        One cell per column; None where there is nothing to say.
    sums : tuple of int [position]
        Rows that are sums of others, printed as such.

    Raises
    ------
    ValueError
        When a row has other cells than columns, or one row gives two units under one name.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sums: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: {len(row)} cells for {len(self.columns)} columns")
            self.units(row)

    def units(self, row: Iterable[Cell]) -> dict[str, str]:
        """Return the unit codes of one row by the names of their columns.

        Raises
        ------
        ValueError
            When one name would hold two units.
        """
        found: dict[str, str] = {}
        for column, cell in zip(self.columns, row, strict=True):
            if column.kind == "amount" and isinstance(cell, Money | Total):
                code = found.setdefault(column.unit, cell.unit.code)
                if code != cell.unit.code:
                    raise ValueError(f"{self.name}: {code} and {cell.unit.code} in one row as {column.unit}")
        return found

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """The names of the columns that hold units, in order of first use."""
        return tuple(dict.fromkeys(one.unit for one in self.columns if one.kind == "amount"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    r"""A statement as tables, ready to be rendered.

    Attributes
    ----------
    kind : str
        Which statement: ``source_and_use``, ``donor``, ``trial_balance``, ``account_history`` and so on.
    title : str
        For people.
    about : tuple of (str, str or None)
        What it is about: fund, span, unit.
    sections : tuple of Section
        Its tables.
    totals : tuple of (str, Money)
        Single figures by name.

    Examples
    --------
    >>> from almoner import money
    >>> one = Sheet(kind="source_and_use", title="Wells", about=(("fund", "water"),), totals=(),
    ...             sections=(Section(name="lines", columns=(Column("line"), Column("amount", "amount")),
    ...                               rows=(("contribution", money("5.00", "USD")),)),))
    >>> sheet_document(one)["lines"]
    [{'line': 'contribution', 'amount': '5.00', 'unit': 'USD'}]
    >>> print(sheet_csv(one).replace("\r", ""), end="")
    section,line,amount,unit
    lines,contribution,5.00,USD
    """

    kind: str
    title: str
    about: tuple[tuple[str, str | None], ...]
    sections: tuple[Section, ...]
    totals: tuple[tuple[str, Money], ...] = ()

    @property
    def tables(self) -> tuple[Section, ...]:
        """The sections, with the totals as the last of them."""
        if not self.totals:
            return self.sections
        columns = (Column("item"), Column("amount", "amount"))
        return (*self.sections, Section(name="totals", columns=columns, rows=self.totals))


def cell_text(cell: Cell) -> str:
    """Write a cell as plain text: amounts as decimal strings, days as ISO text, nothing as nothing.

    Examples
    --------
    >>> from almoner import money
    >>> cell_text(money("5", "USD")), cell_text(date(2026, 1, 31)), cell_text(None)
    ('5.00', '2026-01-31', '')
    """
    if isinstance(cell, Money | Total):
        return cell.text
    return cell.isoformat() if isinstance(cell, date) else cell or ""


def sheet_document(sheet: Sheet) -> dict[str, object]:
    """Return a sheet as JSON values: amounts are decimal strings with their unit beside them.

    Parameters
    ----------
    sheet : Sheet
        Any.

    Returns
    -------
    dict
        ``kind``, ``title``, what it is about, each section as a list of rows, each total by its name.
    """
    document: dict[str, object] = {"kind": sheet.kind, "title": sheet.title, **dict(sheet.about)}
    for section in sheet.sections:
        document[section.name] = [
            {
                **{
                    column.name: None if cell is None else cell_text(cell)
                    for column, cell in zip(section.columns, row, strict=True)
                },
                **section.units(row),
            }
            for row in section.rows
        ]
    return document | {name: amount.text for name, amount in sheet.totals}


def flat_columns(sheet: Sheet) -> tuple[str, ...]:
    """Return the columns of a sheet as one table: the section, all columns, each unit behind its amounts.

    Examples
    --------
    >>> columns = (Column("account"), Column("debits", "amount"), Column("credits", "amount"))
    >>> empty = Section(name="settled", columns=columns, rows=())
    >>> flat_columns(Sheet(kind="trial_balance", title="", about=(), sections=(empty,)))
    ('section', 'account', 'debits', 'credits', 'unit')
    """
    names = ["section"]
    for section in sheet.tables:
        names += [one.name for one in section.columns if one.name not in names]
        names += [unit for unit in section.unit_columns if unit not in names]
    return tuple(names)


def sheet_csv(sheet: Sheet) -> str:
    r"""Write a sheet as one table of comma-separated values (RFC 4180): CR LF, quotes where needed.

    A text that a spreadsheet would run as a formula begins with an apostrophe; amounts and days never do.

    Parameters
    ----------
    sheet : Sheet
        Any; its sections stand below each other, named in the first column.
    """
    names = flat_columns(sheet)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for section in sheet.tables:
        for row in section.rows:
            cells = {"section": section.name, **section.units(row)}
            for column, cell in zip(section.columns, row, strict=True):
                cells[column.name] = _inert(cell) if isinstance(cell, str) else cell_text(cell)
            writer.writerow([cells.get(name, "") for name in names])
    return out.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def table_of(
    name: str, columns: tuple[Column, ...], items: Iterable[object], cells: Callable[..., tuple[Cell, ...]]
) -> Section:
    """Make a section with one row per item.

    Parameters
    ----------
    name : str
        Of the section.
    columns : tuple of Column
        In order.
    items : iterable
        One per row.
    cells : callable
        Gives the cells of an item.

    Examples
    --------
    >>> table_of("names", (Column("name"),), ["a", "b"], lambda name: (name,)).rows
    (('a',), ('b',))
    """
    return Section(name=name, columns=columns, rows=tuple(cells(item) for item in items))
