"""Tables of people: CSV, spreadsheets and DataFrames as columns of text.

The problem: a table comes with a mark, in an old encoding, with numbers that are dates and columns nobody may
see. Only the columns that are asked for are taken; all cells become text, as they stand.
"""

import hashlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...finance.errors import RowsInvalid
from .columns import Coded, RawRows
from .partial_dates import DayOrder
from .pseudonyms import harmless
from .reading import SPREADSHEET, cell_text, choose_columns, plain_text, separator_of, sheet_rows
from .rows import OF

Frame = pd.DataFrame
MAX_ROWS = 1_000_000
FAULTS = "faults"


def read_rows(
    source: bytes | Frame,
    *,
    columns: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
    sheet: str = "",
    header_row: int = 1,
    days: DayOrder = "iso",
) -> RawRows:
    r"""Read a table of people from CSV, XLSX, ODS or a DataFrame.

    Parameters
    ----------
    source : bytes or DataFrame
        The whole file, or the table.
    columns : Mapping of str to str
        Field -> its name in the table: ``person``, ``metric``, ``achieved_on``, ``quantity``, ``period``,
        ``of:SET``. A set whose column is that of ``person`` has the people as members, by their pseudonyms.
    fixed : Mapping of str to str
        Fields that have one value in the whole table, for example ``{"metric": "nights"}``.
    sheet : str
        Of a spreadsheet with several.
    header_row : int [row]
        Where the names of the columns stand.
    days : str
        ``dmy`` or ``mdy`` where the whole table writes 05.03.2027 in that order.

    Raises
    ------
    RowsInvalid
        When it cannot be read, a column is missing or stands twice, or there are too many rows.

    Examples
    --------
    >>> raw = read_rows(b"Client;metric;achieved_on\n7;nights;2027-03-05\n", columns={"person": "Client"})
    >>> raw.cells["person"].listed(), raw.numbers.tolist()
    (['7'], [2])
    """
    columns, fixed = dict(columns or {}), dict(fixed or {})
    if isinstance(source, bytes):
        table, encoding = _file_table(source, sheet, header_row)
        header, body = [str(cell) for cell in table.iloc[0]], table.iloc[1:]
        digest = hashlib.sha256(source).hexdigest()
    else:
        header, body, encoding, header_row = [str(name) for name in source.columns], source, "", 1
        digest = ""
    if len(body) > MAX_ROWS:
        raise RowsInvalid(
            f"The table has {len(body)} rows; at most {MAX_ROWS} are imported at once. Split it."
        )
    found = choose_columns(header, columns, fixed)
    cells = {name: _texts(body.iloc[:, at]) for name, at in found.items()}
    blank = _blank(cells)
    digest = digest or _frame_digest(cells)
    same = [name for name in found if name.startswith(OF) and found[name] == found.get("person")]
    return RawRows(
        cells={name: _coded(column[~blank]) for name, column in cells.items() if name not in same},
        fixed=fixed,
        numbers=(np.arange(len(body), dtype=np.int64) + header_row + 1)[~blank],
        empty=int(blank.sum()),
        ignored=tuple(name for at, name in enumerate(header) if at not in found.values()),
        persons_are=tuple(name[len(OF) :] for name in same),
        days=days,
        encoding=encoding,
        source_sha256=digest,
    )


def read_header(source: bytes, *, sheet: str = "", header_row: int = 1) -> tuple[str, ...]:
    r"""Return the names of the columns of a file, as they stand.

    Parameters
    ----------
    source : bytes
        The whole file, as for ``read_rows``.
    sheet : str
        Of a spreadsheet with several.
    header_row : int [row]
        Where the names of the columns stand.

    Examples
    --------
    >>> read_header(b"Client;Day\n7;2027-03-05\n")
    ('Client', 'Day')
    """
    table, _ = _file_table(source, sheet, header_row)
    return tuple(cell.strip() for cell in _texts(table.iloc[0]))


def fault_table(source: bytes, faults: Mapping[int, str], *, sheet: str = "", header_row: int = 1) -> str:
    r"""Return a file of rows as CSV with one more column that says what is wrong with each row.

    Parameters
    ----------
    source : bytes
        The whole file, as for ``read_rows``.
    faults : Mapping of int to str
        What is wrong, by row as a spreadsheet numbers it.
    sheet : str
        Of a spreadsheet with several.
    header_row : int [row]
        Where the names of the columns stand.

    Examples
    --------
    >>> fault_table(b"person;nights\n7;x\n", {2: "nights: write a number"})
    'person,nights,faults\n7,x,nights: write a number\n'
    """
    table, _ = _file_table(source, sheet, header_row)
    numbers = range(header_row, header_row + len(table))
    told = [FAULTS if number == header_row else faults.get(number, "") for number in numbers]
    cells = [_texts(table.iloc[:, at]).map(harmless) for at in range(table.shape[1])]
    whole = Frame(dict(enumerate([*cells, pd.Series(told, dtype=object)])))
    return str(whole.to_csv(index=False, header=False, lineterminator="\n"))


def _file_table(raw: bytes, sheet: str, header_row: int) -> tuple[Frame, str]:
    """Read a file as text cells, from its header row on."""
    if raw.startswith(SPREADSHEET):
        rows = sheet_rows(raw, sheet)[header_row - 1 :]
        if not rows:
            raise RowsInvalid("The sheet is empty. Name the sheet that holds the rows.")
        return Frame(rows, dtype=object), "spreadsheet"
    text, encoding = plain_text(raw)
    try:
        read = pd.read_csv(
            BytesIO(text),
            sep=separator_of(text),
            header=None,
            skiprows=header_row - 1,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            low_memory=False,
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as fault:
        told = str(fault).removeprefix("Error tokenizing data. C error: ").strip().rstrip(".")
        raise RowsInvalid(
            f"The file cannot be read as a table: {told}. Every row needs as many cells as the header, and "
            "every quote its end; if the header is not in the first row, say where it is."
        ) from None
    return read, encoding


def _texts(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Write the cells of a column as text."""
    plain = column.astype(object).reset_index(drop=True)
    if pd.api.types.infer_dtype(plain, skipna=False) == "string":
        return plain
    return pd.Series([_cell_text(cell) for cell in plain], dtype=object)


def _cell_text(cell: object) -> str:
    """Write a cell of a frame as text; what is missing is empty, numbers of numpy are numbers."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    return cell_text(cell.item() if isinstance(cell, np.generic) else cell)


def _blank(cells: "Mapping[str, pd.Series[Any]]") -> npt.NDArray[np.bool_]:
    """Say which rows have nothing in any column that is read."""
    blank = np.ones(len(next(iter(cells.values()))), dtype=bool)
    for column in cells.values():
        places = np.flatnonzero(blank)
        blank[places] = [not cell.strip() for cell in column.to_numpy()[places]]
    return blank


def _frame_digest(cells: "Mapping[str, pd.Series[Any]]") -> str:
    return hashlib.sha256(Frame(dict(cells)).to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def _coded(column: "pd.Series[Any]") -> Coded:
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return Coded(codes.astype(np.int64), list(distinct))
