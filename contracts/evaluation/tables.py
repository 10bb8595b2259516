"""Tables of data: columns by name, read without guessing, in an order of their own, with a digest.

The problem: the same data arrive as a file, as arrays and in another order of rows, and must give the same
estimate and the same digest; and a blank, a comma for a decimal point or a stray ``inf`` must stop the
evaluation instead of moving it. A method lists each ``DataColumn`` it needs; ``prepare`` takes
these alone, refuses what is missing or unreadable by row and column, and sorts the rows by their content.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...finance.errors import EvaluationRefused

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = Mapping[str, Array]
Kind = Literal["number", "truth", "label"]
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
EXACT_INTEGER = 2**53
SHOWN = 5
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ESCAPED = re.compile(r"[\\\t\n\r]")
_TRUTH = {
    "true": True,
    "yes": True,
    "1": True,
    "1.0": True,
    "false": False,
    "no": False,
    "0": False,
    "0.0": False,
}
_WANTED: Mapping[Kind, str] = {
    "number": "a number, with a point for decimals and no separators",
    "truth": "true or false, yes or no, 1 or 0",
    "label": "a text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataColumn:
    """A column that a method uses.

    Attributes
    ----------
    name : str
        As in the table.
    kind : str
        ``number``, ``truth`` or ``label``.
    about : str
        What stands in it.
    required : bool
        Otherwise it may be left out.
    blanks : bool
        Cells of a label may be empty.

    Examples
    --------
    >>> DataColumn(name="outcome", kind="number", about="what was observed").required
    True
    """

    name: str
    kind: Kind
    about: str
    required: bool = True
    blanks: bool = False


def prepare(table: Table, columns: Sequence[DataColumn]) -> dict[str, Array]:
    """Return the columns that are asked for, read as their kinds, rows sorted by their content.

    Parameters
    ----------
    table : dict of str to array
        One-dimensional, of one length; texts, numbers or truths. Other columns are left aside.
    columns : sequence of DataColumn
        What a method uses.

    Raises
    ------
    EvaluationRefused
        A column that is missing, of another length, or not one-dimensional; no rows, or too many; a cell that
        is blank, not finite or of another kind, with its row and column.

    Examples
    --------
    >>> ages = DataColumn(name="age", kind="number", about="in years")
    >>> prepare({"age": np.array(["30", "7.5"]), "name": np.array(["a", "b"])}, [ages])
    {'age': array([ 7.5, 30. ])}
    """
    used = [column for column in columns if column.required or column.name in table]
    missing = [column.name for column in used if column.name not in table]
    if missing:
        raise EvaluationRefused(
            f"The table has no column {', '.join(missing)}; it has {', '.join(sorted(table)) or 'none'}. "
            "Rename a column, or map it when reading the file.",
            reason="columns",
            missing=missing,
            found=sorted(table),
        )
    _require_shape({column.name: np.asarray(table[column.name]) for column in used})
    return _sorted({column.name: _read(np.asarray(table[column.name]), column) for column in used})


def _require_shape(arrays: Mapping[str, Array]) -> None:
    flat = all(array.ndim == 1 for array in arrays.values())
    lengths = {name: str(array.shape[0]) if array.ndim else "0" for name, array in arrays.items()}
    if not flat or len(set(lengths.values())) > 1:
        raise EvaluationRefused(
            f"Columns differ in length or shape: {', '.join(f'{n} {c}' for n, c in lengths.items())}. Give "
            "one value per row in each.",
            reason="shape",
            lengths=[f"{name}: {count}" for name, count in lengths.items()],
        )
    rows = int(next(iter(lengths.values()), "0"))
    if not 0 < rows <= MAX_ROWS:
        raise EvaluationRefused(
            f"The table has {rows} rows: a method takes 1 to {MAX_ROWS}.", reason="rows", rows=rows
        )


def _read(array: Array, column: DataColumn) -> Array:
    if column.kind == "number":
        read, bad = _numbers(array)
    elif column.kind == "truth":
        read, bad = _truths(array)
    else:
        read, bad = _labels(array, blanks=column.blanks)
    if bad.size:
        shown = [f"row {row + 1}: {_shown(array[row])}" for row in bad[:SHOWN]]
        more = f", and {bad.size - SHOWN} more" if bad.size > SHOWN else ""
        raise EvaluationRefused(
            f"Column {column.name} holds {bad.size} cells that are not {_WANTED[column.kind]} "
            f"({'; '.join(shown)}{more}). Complete or correct them, or take the rows out and say why: "
            "nothing is left out silently.",
            reason="cells",
            column=column.name,
            count=int(bad.size),
            cells=shown,
        )
    return read


def _shown(cell: object) -> str:
    text = str(cell).strip()
    return repr(text[:40]) if text and cell is not None else "blank"


def _numbers(array: Array) -> tuple[Array, Array]:
    if array.dtype.kind in "iu":
        inexact = (array > EXACT_INTEGER) | (array < -EXACT_INTEGER)
        return array.astype(np.float64) + 0.0, np.flatnonzero(inexact)
    if array.dtype.kind == "f":
        return array.astype(np.float64) + 0.0, np.flatnonzero(~np.isfinite(array))
    read = np.array([_number(cell) for cell in array.tolist()], dtype=np.float64)
    return read + 0.0, np.flatnonzero(~np.isfinite(read))


def _number(cell: object) -> float:
    if isinstance(cell, bool) or cell is None:
        return float("nan")
    if isinstance(cell, int):
        return float(cell) if abs(cell) <= EXACT_INTEGER else float("nan")
    text = str(cell).strip()
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


def _truths(array: Array) -> tuple[Array, Array]:
    if array.dtype.kind == "b":
        return array, np.empty(0, dtype=np.int64)
    read = [_TRUTH.get(str(cell).strip().casefold()) for cell in array.tolist()]
    bad = np.array([row for row, truth in enumerate(read) if truth is None], dtype=np.int64)
    return np.array([bool(truth) for truth in read], dtype=np.bool_), bad


def _labels(array: Array, *, blanks: bool) -> tuple[Array, Array]:
    cells = array.tolist()
    if array.dtype.kind == "U" and _is_plain(cells):
        read: list[str | None] = [cell.strip() for cell in cells]
    else:
        read = [_label(cell) for cell in cells]
    bad = np.array(
        [row for row, text in enumerate(read) if text is None or (not blanks and not text)], dtype=np.int64
    )
    return np.array([text or "" for text in read], dtype=np.str_), bad


def _is_plain(texts: Sequence[str]) -> bool:
    """Say whether texts are ASCII: these are the same in every normal form."""
    return "".join(texts).isascii()


def _label(cell: object) -> str | None:
    if cell is None or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124  # only NaN differs from itself
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT_INTEGER:
        return str(int(cell))
    return unicodedata.normalize("NFC", str(cell).strip())


def _sorted(table: dict[str, Array]) -> dict[str, Array]:
    if not table:
        return table
    keys = [table[name] for name in sorted(table, reverse=True)]
    order = np.lexsort(keys)
    return {name: table[name][order] for name in sorted(table)}


def data_digest(table: Table) -> str:
    """Return the SHA-256 of a table's content; neither the order of rows nor that of columns matters.

    It is taken over UTF-8 text: a line with the names of the columns, sorted, then one line per row, sorted
    as bytes; cells separated by tabs. Numbers are written as the shortest text that reads back to the same
    double, whole ones without a point; truths as ``true`` and ``false``; texts with JSON's escapes for
    backslash, tab and line ends.

    Parameters
    ----------
    table : dict of str to array
        Prepared, or of numbers, truths and texts.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> first = data_digest({"a": np.array([1.0, 2.5]), "b": np.array(["x", "y"])})
    >>> first == data_digest({"b": np.array(["y", "x"]), "a": np.array([2.5, 1])})
    True
    """
    names = sorted(table)
    cells = [_texts(np.asarray(table[name])) for name in names]
    lines = sorted("\t".join(row).encode() for row in zip(*cells, strict=True))
    digest = hashlib.sha256("\t".join(map(_escaped, names)).encode())
    for line in lines:
        digest.update(b"\n" + line)
    return digest.hexdigest()


def _texts(array: Array) -> list[str]:
    if array.dtype.kind == "b":
        return ["true" if truth else "false" for truth in array.tolist()]
    if array.dtype.kind in "iuf":
        return [repr(number).removesuffix(".0") for number in (array.astype(np.float64) + 0.0).tolist()]
    texts = [str(text) for text in array.tolist()]
    if _is_plain(texts) and not _ESCAPED.search("".join(texts)):
        return texts
    return [_escaped(unicodedata.normalize("NFC", text)) for text in texts]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def read_table(raw: bytes, *, columns: Mapping[str, str] | None = None) -> dict[str, Array]:
    r"""Read a CSV file into columns of text.

    Parameters
    ----------
    raw : bytes
        UTF-8, with or without a byte order mark; comma, semicolon or tab between cells, the first line names
        the columns. Empty lines are passed over.
    columns : dict of str to str or None
        Name that a method uses -> name in the file, for columns named otherwise.

    Raises
    ------
    EvaluationRefused
        Not UTF-8, no rows or too many, a name twice or empty, a row with more or fewer cells than names, or a
        mapped name that the file does not have.

    Examples
    --------
    >>> read_table(b"Nights,arm\n3,yes\n", columns={"outcome": "Nights", "treated": "arm"})
    {'outcome': array(['3'], dtype='<U1'), 'treated': array(['yes'], dtype='<U3')}
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise EvaluationRefused(
            f"The file is not UTF-8 at byte {fault.start}: save it as CSV UTF-8.", reason="encoding"
        ) from None
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=lambda sign: (first.count(sign), -",;\t".index(sign)))
    lines = [row for row in _rows(text, delimiter) if any(cell.strip() for cell in row)]
    if not lines:
        raise EvaluationRefused("The file is empty: the first line names the columns.", reason="rows", rows=0)
    names = _names([cell.strip() for cell in lines[0]], columns or {})
    ragged = [place for place, row in enumerate(lines[1:], start=1) if len(row) != len(names)]
    if ragged:
        place = ragged[0]
        raise EvaluationRefused(
            f"{len(ragged)} rows have more or fewer cells than the first line names: row {place} has "
            f"{len(lines[place])}, not {len(names)}. Look for separators inside texts and quote these.",
            reason="ragged",
            rows=len(ragged),
            first=place,
        )
    cells = zip(*lines[1:], strict=True) if len(lines) > 1 else ((),) * len(names)
    return {name: np.array(column, dtype=np.str_) for name, column in zip(names, cells, strict=True)}


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MAX_ROWS + 1:
                raise EvaluationRefused(
                    f"The file has more than {MAX_ROWS} rows.", reason="rows", rows=len(rows)
                )
    except csv.Error as fault:
        raise EvaluationRefused(
            f"Line {reader.line_num} is not readable as CSV: {fault}. Look for a quotation mark that "
            "is not closed.",
            reason="csv",
            line=reader.line_num,
        ) from None
    return rows


def _names(found: list[str], columns: Mapping[str, str]) -> list[str]:
    absent = sorted(set(columns.values()) - set(found))
    if absent:
        raise EvaluationRefused(
            f"The file has no column {', '.join(absent)}; it has {', '.join(found)}.",
            reason="columns",
            missing=absent,
            found=found,
        )
    new = {theirs: ours for ours, theirs in columns.items()}
    names = [new.get(name, name) for name in found]
    wrong = sorted({name or "(empty)" for name in names if not name or names.count(name) > 1})
    if wrong or len(names) > MAX_COLUMNS:
        raise EvaluationRefused(
            f"Columns need names of their own, {MAX_COLUMNS} at most; found twice or empty: "
            f"{', '.join(wrong) or 'none'}.",
            reason="columns",
            twice=wrong,
        )
    return names
